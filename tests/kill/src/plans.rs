//! The plans of the runs: several shapes, each full of chance.

use std::collections::BTreeSet;

use guildhall_coordination::Random;
use serde_json::{Value, json};

use crate::work::Work;

/// Attempts at once.
pub const WIDTH: u32 = 10;

/// Longer than any run takes: what lasts so long ends because it is ended.
pub const ENDLESS_MS: u64 = 3_600_000;

/// The form of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Each task needs up to three earlier ones.
    Graph,
    /// Waves, one after the other.
    Waves,
    /// A list, a task for each of its items, and one that puts them together.
    MapReduce,
    /// Races, one after the other, of which one task completes each.
    Races,
    /// Items that pass through three stages on their own.
    Pipeline,
    /// One race of all tasks, of which only one comes to its end by itself.
    ScatterGather,
}

impl Shape {
    /// Every form.
    pub const ALL: [Self; 6] = [
        Self::Graph,
        Self::Waves,
        Self::MapReduce,
        Self::Races,
        Self::Pipeline,
        Self::ScatterGather,
    ];
}

/// A plan of this form.
pub fn plan(shape: Shape, durability: &str, random: &mut Random) -> Value {
    let mut plan = match shape {
        Shape::Graph => graph(random),
        Shape::Waves => waves(random),
        Shape::MapReduce => map_reduce(random),
        Shape::Races => races(random),
        Shape::Pipeline => pipeline(random),
        Shape::ScatterGather => scatter_gather(random),
    };
    plan["name"] = json!(format!("{shape:?}").to_lowercase());
    plan["durability"] = json!(durability);
    plan["limits"] = json!({ "concurrency": WIDTH });
    plan["defaults"] = json!({
        "retry": { "max": 3, "base_seconds": 0.01, "cap_seconds": 0.05 },
    });
    plan
}

fn graph(random: &mut Random) -> Value {
    let tasks = (0..30 + random.up_to(30)).map(|at| {
        let mut task = task(&format!("t{at}"), random);
        let needs: BTreeSet<String> = match at.checked_sub(1) {
            Some(last) => (0..random.up_to(3))
                .map(|_| format!("t{}", random.up_to(last)))
                .collect(),
            None => BTreeSet::new(),
        };
        if let Some(first) = needs.first() {
            task["input"]["given"] = json!(format!("{{{{ results.{first}.output.items }}}}"));
        }
        task["needs"] = json!(needs);
        task
    });
    let tasks: Vec<Value> = tasks.collect();
    json!({ "strategy": "graph", "task": tasks })
}

fn waves(random: &mut Random) -> Value {
    let mut tasks = Vec::new();
    for wave in 0..3 + random.up_to(1) {
        for at in 0..8 + random.up_to(6) {
            let mut task = task(&format!("w{wave}-{at}"), random);
            task["wave"] = json!(format!("wave-{wave}"));
            tasks.push(task);
        }
    }
    json!({ "strategy": "waves", "task": tasks })
}

fn map_reduce(random: &mut Random) -> Value {
    let mut list = task("list", random);
    list["stage"] = json!("map");
    list["input"]["items"] = json!(25 + random.up_to(20));
    let mut each = task("each", random);
    each["for_each"] = json!("list#/items");
    let mut all = task("all", random);
    all["input"]["given"] = json!("{{ results.each.output | length }}");
    all["stage"] = json!("reduce");
    json!({ "strategy": "map-reduce", "task": [list, each, all] })
}

fn races(random: &mut Random) -> Value {
    let mut tasks: Vec<Value> = Vec::new();
    for race in 0..5 {
        let before: Vec<Value> = (0..6)
            .filter(|_| race > 0)
            .map(|at| json!({ "task": format!("r{}-{at}", race - 1), "on": "ended" }))
            .collect();
        for at in 0..6 {
            let mut task = task(&format!("r{race}-{at}"), random);
            task["race"] = json!(format!("race-{race}"));
            task["needs"] = json!(before);
            tasks.push(task);
        }
    }
    json!({ "strategy": "graph", "task": tasks })
}

fn pipeline(random: &mut Random) -> Value {
    let items: Vec<u64> = (0..10 + random.up_to(5)).collect();
    let stages = ["draft", "proof", "print", "bind"];
    let tasks: Vec<Value> = stages
        .iter()
        .map(|stage| {
            let mut task = task(stage, random);
            task["stage"] = json!(stage);
            task
        })
        .collect();
    let mut plan = json!({ "strategy": "pipeline", "task": tasks });
    plan["stage"] = stages
        .iter()
        .map(|stage| json!({ "name": stage }))
        .collect();
    plan["stage"][3]["collect"] = json!(true);
    plan["task"][0]["for_each"] = json!(items);
    plan
}

/// No more tasks than may be at work at once, so that the one that wins never waits.
fn scatter_gather(random: &mut Random) -> Value {
    let ways = 5 + random.up_to(u64::from(WIDTH) - 5);
    let winner = random.up_to(ways - 1);
    let tasks = (0..ways).map(|at| {
        let mut task = task(&format!("way-{at}"), random);
        if at == winner {
            // Long enough for some kills to come before it wins, short enough for some to
            // come while the others are being ended.
            task["capability"] = json!("effect.program");
            task["input"]["ms"] = json!(20 + random.up_to(100));
        } else {
            task["input"]["ms"] = json!(ENDLESS_MS);
        }
        task
    });
    let tasks: Vec<Value> = tasks.collect();
    json!({ "strategy": "scatter-gather", "task": tasks })
}

/// A task with work that is left to chance: a program's or the plugin's.
fn task(id: &str, random: &mut Random) -> Value {
    let capability = match random.up_to(9) {
        0..=5 => "effect.program",
        6 => "effect.stubborn",
        _ => "effect.plugin",
    };
    // A stubborn one may still be at it when its run is resumed.
    let most = if capability == "effect.stubborn" {
        400
    } else {
        25
    };
    let work = Work {
        ms: 5 + random.up_to(most),
        is_held: false,
        fails_first: random.per_mille(80),
        deep: random.per_mille(150),
        padding: if random.per_mille(120) { 20_000 } else { 0 },
        items: 0,
        given: Value::Null,
    };
    json!({ "id": id, "capability": capability, "input": work })
}
