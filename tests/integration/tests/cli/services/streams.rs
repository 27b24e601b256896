//! Durable streams of an agent.

use std::fs;

use serde_json::json;

use crate::support::{Plugin, Sandbox};

#[test]
fn what_an_agent_keeps_is_there_in_the_next_process() {
    let sandbox = Sandbox::new(&[Plugin::Workbench]);
    sandbox.run(["bench", "note", "saw", "sharpen it"]).ended(0);
    sandbox.run(["bench", "note", "hammer", "find it"]).ended(0);
    let notes = sandbox
        .run(["bench", "note", "saw", "oil it"])
        .ended(0)
        .json();
    let expected = json!({"texts": ["sharpen it", "oil it"], "about": ["hammer", "saw"]});
    assert_eq!(notes, expected);
    // It is no run.
    let runs = sandbox.run(["runs", "--format", "json"]).ended(0).json();
    assert_eq!(runs["runs"], json!([]));
}

#[test]
fn of_many_processes_that_write_at_once_none_loses_a_note() {
    let sandbox = Sandbox::new(&[Plugin::Workbench]);
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let sandbox = &sandbox;
            scope.spawn(move || {
                for number in 0..3 {
                    let text = format!("{writer} {number}");
                    sandbox.run(["bench", "note", "list", &text]).ended(0);
                }
            });
        }
    });
    let notes = sandbox.run(["bench", "note", "list"]).ended(0).json();
    let mut texts: Vec<&str> = notes["texts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|text| text.as_str().unwrap())
        .collect();
    texts.sort_unstable();
    let all = (0..4).flat_map(|writer| (0..3).map(move |number| format!("{writer} {number}")));
    assert_eq!(texts, all.collect::<Vec<_>>());
}

#[test]
fn an_attempt_of_a_run_is_offered_the_same() {
    let sandbox = Sandbox::new(&[Plugin::Workbench, Plugin::Swarm]);
    let plan = r#"
name = "notes"

[[task]]
id = "note"
capability = "bench.note"
input = { about = "saw", text = "noted in a run" }
"#;
    let plan = sandbox.write("plan.toml", plan);
    sandbox.run(["run", plan.to_str().unwrap()]).ended(0);
    let notes = sandbox.run(["bench", "note", "saw"]).ended(0).json();
    assert_eq!(notes["texts"], json!(["noted in a run"]));
}

#[test]
fn a_command_that_asks_for_nothing_opens_no_store() {
    let sandbox = Sandbox::new(&[Plugin::Workbench, Plugin::Auditor]);
    sandbox.write("a.rs", "fn main() {}\n");
    sandbox
        .run(["bench", "check", "--wanted", "saw", "--present", "saw"])
        .ended(0);
    sandbox.run(["scan", "--no-record"]).ended(0);
    let runs = sandbox.root().join("state/runs");
    assert!(
        !runs.exists(),
        "{:?}",
        fs::read_dir(runs).unwrap().collect::<Vec<_>>()
    );
    sandbox.run(["bench", "note", "saw"]).ended(0);
    assert!(runs.exists());
}
