//! The placement of a plan reaches the choice among agents.

use guildhall_coordination::RunEvent;
use guildhall_runtime::Runtime;

use crate::support::{Worker, Working, create, runtime};

/// Four tasks at once, and one after each of two of them. Each is done when the test opens
/// its gate.
const TASKS: &str = r#"
    [defaults]
    capability = "test.work"
    [[task]]
    id = "t0"
    input = { do = "gate", gate = "t0" }
    [[task]]
    id = "t1"
    input = { do = "gate", gate = "t1" }
    [[task]]
    id = "t2"
    input = { do = "gate", gate = "t2" }
    [[task]]
    id = "t3"
    input = { do = "gate", gate = "t3" }
    [[task]]
    id = "t4"
    needs = ["t2"]
    input = { do = "gate", gate = "t4" }
    [[task]]
    id = "t5"
    needs = ["t1"]
    input = { do = "gate", gate = "t5" }
"#;

/// The initials of the agents that were asked, one after the other. Ada has four places,
/// Bob two and the highest priority, Cyd one and the lowest price.
async fn asked(placement: &str) -> String {
    let workers = [
        Worker::with_standing("ada", 4, 5, 0.3),
        Worker::with_standing("bob", 2, 9, 0.2),
        Worker::with_standing("cyd", 1, 1, 0.1),
    ];
    let [ada, bob, cyd] = workers.clone();
    let runtime = runtime(vec![ada, bob, cyd]).await;
    let plan = format!("version = 1\nname = \"placed\"\n{placement}\n{TASKS}");
    let run = create(&runtime, &plan).await;
    let mut working = Working::on(&runtime, run);
    let started = |event: &RunEvent| matches!(event, RunEvent::Started(_));
    for (begun, gate) in [(4, "t2"), (5, "t1"), (6, "t0")] {
        working.until(begun, started).await;
        for worker in &workers {
            worker.open(gate);
        }
    }
    for gate in ["t3", "t4", "t5"] {
        for worker in &workers {
            worker.open(gate);
        }
    }
    working.ended().await;
    initials(&runtime, run).await
}

async fn initials(runtime: &Runtime, run: guildhall_coordination::RunId) -> String {
    let events = runtime.events(run).await.unwrap();
    let started = events.iter().filter_map(|recorded| match &recorded.event {
        RunEvent::Started(started) => Some(&started.agent.as_str()[..1]),
        _ => None,
    });
    started.collect()
}

/// The scheduling core's own tests say why each is as it is. No two are alike, so that a
/// plan whose placement got lost, or became another one, is found.
#[tokio::test(flavor = "multi_thread")]
async fn the_placement_of_a_plan_decides_who_is_asked() {
    for (placement, expected) in [
        ("", "abcaba"),
        ("placement = \"pull\"", "abcaba"),
        ("placement = \"round-robin\"", "abcabc"),
        ("placement = \"least-loaded\"", "abcacb"),
        ("placement = \"priority\"", "bbaaab"),
        ("placement = \"cheapest\"", "cbbabb"),
    ] {
        assert_eq!(asked(placement).await, expected, "{placement}");
    }
}
