//! What the tests of plans share.

use guildhall_coordination::{Call, Compiled, Need, Plan, PlanFormat, TaskKey, TaskSpec, Work};
use serde_json::Value;

/// The plan of this TOML, which begins after its name and with a capability for all.
pub(crate) fn plan(rest: &str) -> Plan {
    toml(&format!(
        "name = \"p\"\ndefaults = {{ capability = \"x.y\" }}\n{rest}"
    ))
}

/// The plan of this TOML.
pub(crate) fn toml(text: &str) -> Plan {
    match Plan::parse(text, PlanFormat::Toml, "p.toml") {
        Ok(plan) => plan,
        Err(error) => panic!("{error}"),
    }
}

/// What is told of the plan of this TOML, which begins as in [`plan`].
pub(crate) fn told(rest: &str) -> String {
    let text = format!("name = \"p\"\ndefaults = {{ capability = \"x.y\" }}\n{rest}");
    match Plan::parse(&text, PlanFormat::Toml, "p.toml") {
        Ok(_) => "nothing".to_owned(),
        Err(error) => error.to_string(),
    }
}

/// The tasks of a run of the plan of this TOML, which begins as in [`plan`].
pub(crate) fn compiled(rest: &str) -> Compiled {
    plan(rest).compile()
}

/// Each task with what it needs, as `c <- a b?`, where `?` stands for a need that is met
/// however the task ended, and with its stage.
pub(crate) fn shape(tasks: &[TaskSpec]) -> Vec<String> {
    let need = |need: &Need| {
        let mark = match need.on {
            guildhall_coordination::NeedOn::Completed => "",
            guildhall_coordination::NeedOn::Ended => "?",
        };
        format!(" {}{mark}", tasks[need.task.at()].key)
    };
    let line = |task: &TaskSpec| {
        let stage = task
            .stage
            .map_or(String::new(), |stage| format!("@{stage}"));
        let needs: String = task.needs.iter().map(need).collect();
        let arrow = if needs.is_empty() { "" } else { " <-" };
        format!("{}{stage}{arrow}{needs}", task.key)
    };
    tasks.iter().map(line).collect()
}

/// A task with nothing but a key.
pub(crate) fn task(key: &str) -> TaskSpec {
    let key = TaskKey::new(key).unwrap();
    TaskSpec::new(key, Work::Call(Call::default()))
}

/// The call of a task that is one.
pub(crate) fn call(task: &TaskSpec) -> &Call {
    match &task.work {
        Work::Call(call) => call,
        Work::Expand(_) => panic!("{} is an expansion", task.key),
    }
}

/// `text` as JSON.
pub(crate) fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}
