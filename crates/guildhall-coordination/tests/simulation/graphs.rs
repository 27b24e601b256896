//! The runs that are simulated.

use guildhall_coordination::{
    Budget, Call, Expansion, Items, Limits, Need, NeedOn, Priority, Random, RetryPolicy,
    RunSettings, SingleRules, Source, Spend, Stage, StageWhen, TaskIndex, TaskSpec, WaveSize, Work,
};
use serde_json::{Value, json};

/// Tasks of a graph, children aside.
const TASKS: u32 = 50;

/// The form of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Chain,
    Parallel,
    Stages,
    Graph,
    MapReduce,
    Race,
    /// Nothing waits for anything but money.
    Budget,
}

impl Shape {
    pub(crate) const ALL: [Self; 7] = [
        Self::Chain,
        Self::Parallel,
        Self::Stages,
        Self::Graph,
        Self::MapReduce,
        Self::Race,
        Self::Budget,
    ];
}

/// The settings and tasks of a run of this form.
pub(crate) fn make(shape: Shape, random: &mut Random) -> (RunSettings, Vec<TaskSpec>) {
    let mut settings = RunSettings {
        name: format!("{shape:?}"),
        limits: Limits {
            concurrency: 1 + number(random, 7),
            tags: vec![("scarce".into(), 1 + number(random, 1))],
            ..Limits::default()
        },
        seed: random.next_u64(),
        ..RunSettings::default()
    };
    if shape == Shape::Budget || random.per_mille(150) {
        settings.budget = budget(random);
    }
    let mut tasks: Vec<TaskSpec> = (0..TASKS).map(|at| task(at, random)).collect();
    match shape {
        Shape::Parallel | Shape::Budget => {}
        Shape::Chain => {
            for at in 1..TASKS {
                tasks[at as usize].needs.push(need(at - 1, random));
            }
        }
        Shape::Stages => {
            let stages = 2 + number(random, 6);
            settings.stages = (0..stages).map(|at| stage(at, random)).collect();
            for task in &mut tasks {
                task.stage = Some(number(random, stages - 1));
            }
        }
        Shape::Graph => {
            for at in 1..TASKS {
                for _ in 0..number(random, 3) {
                    let other = number(random, at - 1);
                    let need = need(other, random);
                    let needs = &mut tasks[at as usize].needs;
                    if needs.iter().all(|known| known.task != need.task) {
                        needs.push(need);
                    }
                }
            }
        }
        Shape::MapReduce => {
            for at in (0..TASKS - 1).step_by(5) {
                expand(&mut tasks[at as usize], random);
                tasks[at as usize + 1].needs.push(Need {
                    task: TaskIndex(at),
                    on: NeedOn::Ended,
                });
            }
        }
        Shape::Race => {
            let mut first = 0;
            let mut before: Vec<Need> = Vec::new();
            while first < TASKS {
                let next = TASKS.min(first + 1 + number(random, 5));
                for task in &mut tasks[first as usize..next as usize] {
                    task.race = Some(format!("race-{first}"));
                    // Each race begins when the one before it has ended.
                    task.needs.clone_from(&before);
                }
                before = (first..next)
                    .map(|task| Need {
                        task: TaskIndex(task),
                        on: NeedOn::Ended,
                    })
                    .collect();
                first = next;
            }
        }
    }
    (settings, tasks)
}

fn number(random: &mut Random, most: u32) -> u32 {
    u32::try_from(random.up_to(most.into())).unwrap()
}

/// Enough for some of the tasks, in quarters of a dollar, whose sums are exact.
fn budget(random: &mut Random) -> Budget {
    Budget {
        usd: Some(f64::from(8 + number(random, 32)) / 4.0),
        ..Budget::default()
    }
}

fn need(task: u32, random: &mut Random) -> Need {
    let on = if random.per_mille(700) {
        NeedOn::Ended
    } else {
        NeedOn::Completed
    };
    Need {
        task: TaskIndex(task),
        on,
    }
}

fn stage(at: u32, random: &mut Random) -> Stage {
    let when = match random.up_to(9) {
        0 => StageWhen::AllCompleted,
        1 => StageWhen::AnyCompleted,
        _ => StageWhen::Always,
    };
    let size = match random.up_to(5) {
        0 => Some(WaveSize::Fixed(1 + random.up_to(3) as u32)),
        1 => Some(WaveSize::Auto {
            target_ms: random.up_to(2_000),
        }),
        _ => None,
    };
    Stage {
        name: format!("stage {at}"),
        when,
        deadline_ms: random.per_mille(300).then(|| 200 + random.up_to(1_800)),
        size,
    }
}

fn task(at: u32, random: &mut Random) -> TaskSpec {
    let priority = match random.up_to(5) {
        0 => Priority::Low,
        1 => Priority::High,
        2 => Priority::Critical,
        _ => Priority::Normal,
    };
    let key = format!("task-{at}").parse().unwrap();
    let call = Call {
        capability: Some("sim.work".parse().unwrap()),
        ..Call::default()
    };
    TaskSpec {
        priority,
        timeout_ms: 10_000,
        retry: RetryPolicy {
            max: number(random, 3),
            base_ms: 50,
            cap_ms: 400,
            ..RetryPolicy::default()
        },
        tags: random
            .per_mille(200)
            .then(|| "scarce".to_owned())
            .into_iter()
            .collect(),
        preemptible: random.per_mille(300),
        reserve: Spend {
            usd: f64::from(1 + number(random, 3)) / 4.0,
            tokens: 0,
        },
        ..TaskSpec::new(key, Work::Call(call))
    }
}

fn expand(spec: &mut TaskSpec, random: &mut Random) {
    let items: Vec<Value> = (0..random.up_to(6)).map(|item| json!(item)).collect();
    let template = Box::new(spec.clone());
    spec.work = Work::Expand(Expansion {
        source: Source::Items {
            items: Items::Given(items),
            template,
            then: Vec::new(),
            batch: 1,
        },
        most: 100,
        single: SingleRules::default(),
        refused_kinds: Vec::new(),
    });
}
