//! The journal of a run as lines of JSON: all of it, or what is about a task or an agent.

use std::fs;

use serde_json::Value;

use super::support::{journal, lines_of_json, run, sandbox};
use crate::support::Sandbox;

/// Two waves and two agents; one attempt fails.
const PLAN: &str = r#"
name = "p"
strategy = "waves"
defaults = { agent = "shell" }

[[task]]
id = "a"
wave = "one"
kind = "review"
prompt = "echo a"

[[task]]
id = "again"
wave = "one"
retry = { max = 1, base_seconds = 0.01, on = "any" }
prompt = "test -e once || { touch once; exit 1; }"

[[task]]
id = "b"
wave = "two"
agent = "echo"
prompt = "b"
"#;

/// A sandbox in which the plan above was carried out.
fn carried_out() -> Sandbox {
    let sandbox = sandbox();
    run(&sandbox, PLAN, &["-q"]).ended(0);
    sandbox
}

fn types(lines: &[Value]) -> Vec<&str> {
    lines
        .iter()
        .map(|line| line["type"].as_str().unwrap())
        .collect()
}

#[test]
fn the_journal_is_printed_as_lines_of_json() {
    let sandbox = carried_out();
    let all = journal(&sandbox, &["p"]);
    let types = types(&all);
    assert_eq!(types.first(), Some(&"created"));
    assert_eq!(types.last(), Some(&"ended"));
    let waves: Vec<&Value> = all
        .iter()
        .filter(|line| line["type"] == "wave_spawn")
        .map(|line| &line["wave_name"])
        .collect();
    assert_eq!(waves, ["one", "two"]);
    assert!(
        all.iter()
            .any(|line| line["type"] == "added" && line["kind"] == "review")
    );
    // Every event is there, once and in order.
    let numbers: Vec<u64> = all.iter().filter_map(|line| line["seq"].as_u64()).collect();
    let expected: Vec<u64> = (1..).take(numbers.len()).collect();
    assert_eq!(numbers, expected);
    let runs = sandbox.run(["runs", "--format", "json"]).ended(0).json();
    assert!(all.iter().all(|line| line["run"] == runs["runs"][0]["run"]));
    sandbox.run(["log", "nowhere"]).ended(3);
}

#[test]
fn what_is_about_a_task_is_chosen_and_nothing_else() {
    let sandbox = carried_out();
    let of_again = journal(&sandbox, &["p", "--task", "again"]);
    let expected = ["started", "attempt_failed", "started", "completed"];
    assert_eq!(types(&of_again), expected);
    assert!(of_again.iter().all(|line| line["task"] == "again"));
    assert_eq!(of_again[2]["attempt"], 2);
    assert!(journal(&sandbox, &["p", "--task", "nothing"]).is_empty());
}

#[test]
fn what_an_agent_did_is_chosen_and_nothing_else() {
    let sandbox = carried_out();
    let of_echo = journal(&sandbox, &["p", "--agent", "echo"]);
    assert_eq!(types(&of_echo), ["started", "completed"]);
    assert!(of_echo.iter().all(|line| line["task"] == "b"));
    assert_eq!(of_echo[0]["agent"], "echo");
    assert_eq!(of_echo[1]["receipt"]["agent"], "echo");
    let of_shell = journal(&sandbox, &["p", "--agent", "shell"]);
    let started = types(&of_shell)
        .iter()
        .filter(|it| **it == "started")
        .count();
    assert_eq!(started, 3, "one for `a`, two for `again`");
    assert!(of_shell.iter().all(|line| line["task"] != "b"));
    // Both at once: what the one did for the other.
    let both = journal(&sandbox, &["p", "--agent", "shell", "--task", "b"]);
    assert!(both.is_empty(), "{both:?}");
    let both = journal(&sandbox, &["p", "--agent", "shell", "--task", "a"]);
    assert_eq!(types(&both), ["started", "completed"]);
    assert!(journal(&sandbox, &["p", "--agent", "nobody"]).is_empty());
}

#[test]
fn the_lines_go_to_a_file_that_appears_whole() {
    let sandbox = carried_out();
    let ran = sandbox
        .run(["log", "p", "--agent", "echo", "--output", "log.jsonl"])
        .ended(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
    let text = fs::read_to_string(sandbox.work().join("log.jsonl")).unwrap();
    assert_eq!(
        lines_of_json(&text),
        journal(&sandbox, &["p", "--agent", "echo"])
    );
    assert_eq!(left(&sandbox), ["log.jsonl", "once"]);
}

#[test]
fn a_command_that_fails_leaves_no_file_and_replaces_none() {
    let sandbox = carried_out();
    for arguments in [
        ["log", "nowhere"],
        ["results", "nowhere"],
        ["report", "nowhere"],
    ] {
        let ran = sandbox.run([&arguments[..], &["-o", "new.jsonl"]].concat());
        assert!(ran.ended(3).stderr.contains("there is no run nowhere"));
        assert_eq!(left(&sandbox), ["once"]);
    }
    sandbox.write("log.jsonl", "of last week\n");
    sandbox.run(["log", "nowhere", "-o", "log.jsonl"]).ended(3);
    let kept = fs::read_to_string(sandbox.work().join("log.jsonl")).unwrap();
    assert_eq!(kept, "of last week\n");
    // The control: the command that does not fail replaces it.
    sandbox.run(["log", "p", "-o", "log.jsonl"]).ended(0);
    let new = fs::read_to_string(sandbox.work().join("log.jsonl")).unwrap();
    assert_eq!(lines_of_json(&new), journal(&sandbox, &["p"]));
}

/// What lies in the work folder.
fn left(sandbox: &Sandbox) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(sandbox.work())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
