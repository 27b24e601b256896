//! The graphs that are measured.

use guildhall_coordination::{
    Call, Compiled, Durability, Limits, Need, NeedOn, RunSettings, TaskIndex, TaskSpec, Work,
};
use serde_json::json;

/// `count` tasks in layers of `width`, each needing the whole layer before it; without
/// needs where `width` is `count`.
pub(crate) fn layers(count: u32, width: u32, concurrency: u32, durability: Durability) -> Compiled {
    let tasks = (0..count).map(|at| {
        let layer = at / width;
        let before = layer
            .checked_sub(1)
            .map(|before| before * width..layer * width);
        let needs = before.into_iter().flatten().map(|task| Need {
            task: TaskIndex(task),
            on: NeedOn::Completed,
        });
        task(at, needs.collect())
    });
    let settings = RunSettings {
        name: "bench".into(),
        limits: Limits {
            concurrency,
            ..Limits::default()
        },
        durability,
        ..RunSettings::default()
    };
    Compiled {
        settings,
        tasks: tasks.collect(),
    }
}

fn task(at: u32, needs: Vec<Need>) -> TaskSpec {
    let key = format!("task-{at}").parse().expect("a key");
    let call = Call {
        capability: Some("bench.echo".parse().expect("a capability")),
        input: json!({"text": "x"}),
        ..Call::default()
    };
    TaskSpec {
        needs,
        ..TaskSpec::new(key, Work::Call(call))
    }
}
