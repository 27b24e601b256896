//! What is done of a plan: what a maintainer sees who comes back to a migration later.

use std::fs;

use serde_json::json;

use super::run::{ready, run};
use crate::support::{Plugin, Ran, Sandbox};

fn check(sandbox: &Sandbox, more: &[&str]) -> Ran {
    let arguments = ["migrate", "check", "../plan.json", "--format", "json"];
    run(sandbox, &[&arguments[..], more].concat())
}

/// The states of the steps.
fn states(ran: &Ran) -> Vec<(String, String)> {
    let value: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let steps = value["migration-check"]["steps"].as_array().unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    steps
        .iter()
        .map(|step| (text(&step["step"]), text(&step["state"])))
        .collect()
}

fn pairs(states: [(&str, &str); 2]) -> Vec<(String, String)> {
    states
        .map(|(step, state)| (step.to_owned(), state.to_owned()))
        .into()
}

fn replace(sandbox: &Sandbox, file: &str, from: &str, to: &str) {
    let text = fs::read_to_string(sandbox.work().join(file)).unwrap();
    assert!(text.contains(from), "{file}: {from}");
    sandbox.write(file, text.replace(from, to));
}

/// Does the whole migration.
fn migrate(sandbox: &Sandbox) {
    replace(sandbox, "till/src/lib.rs", "coins::value", "coins::worth");
    replace(sandbox, "till/src/lib.rs", "put(5)", "put(5, 1)");
    replace(sandbox, "till/src/melt.rs", "    coins::old::melt();\n", "");
    replace(sandbox, "till/Cargo.toml", "\"1.4\"", "\"2\"");
    replace(
        sandbox,
        "Cargo.lock",
        "version = \"1.4.0\"",
        "version = \"2.0.0\"",
    );
}

#[test]
fn a_check_says_which_steps_are_open_begun_and_done() {
    let sandbox = ready();
    let first = check(&sandbox, &[]).ended(0);
    assert_eq!(
        states(&first),
        pairs([("prepare-1", "open"), ("bump-1", "open")])
    );
    replace(&sandbox, "till/src/lib.rs", "coins::value", "coins::worth");
    let second = check(&sandbox, &[]).ended(0);
    assert_eq!(
        states(&second),
        pairs([("prepare-1", "done"), ("bump-1", "begun")])
    );
    replace(&sandbox, "till/src/lib.rs", "coins::worth", "coins::value");
    migrate(&sandbox);
    let third = check(&sandbox, &["--verify"]).ended(0);
    assert_eq!(
        states(&third),
        pairs([("prepare-1", "done"), ("bump-1", "done")])
    );
    let text = run(&sandbox, &["migrate", "check", "../plan.json"])
        .ended(0)
        .stdout;
    assert!(text.contains("2 of 2 steps done"), "{text}");
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
}

#[test]
fn a_broken_step_is_said_by_check() {
    let sandbox = ready();
    migrate(&sandbox);
    replace(&sandbox, "till/src/lib.rs", "put(5, 1)", "put(5)");
    // By its text alone it is done.
    check(&sandbox, &[]).ended(0);
    let ran = check(&sandbox, &["--verify"]).ended(1);
    let broken = ran.json()["migration-check"]["broken"].clone();
    assert!(
        broken[0]["what"].as_str().unwrap().contains("E0061"),
        "{broken}"
    );
}

#[test]
fn what_has_drifted_since_the_plan_was_made_is_told() {
    let drifted = |change: &dyn Fn(&Sandbox)| {
        let sandbox = ready();
        change(&sandbox);
        let ran = check(&sandbox, &[]).ended(1);
        ran.json()["migration-check"]["drifted"].clone()
    };
    let more = drifted(&|sandbox| {
        replace(
            sandbox,
            "till/src/lib.rs",
            "coins::value(&purse)",
            "coins::value(&purse) + coins::value(&purse)",
        );
    });
    assert_eq!(more[0]["of"], "till/src/lib.rs");
    assert!(
        more[0]["what"]
            .as_str()
            .unwrap()
            .contains("`value` stands there 2 times"),
        "{more}"
    );
    let gone =
        drifted(&|sandbox| fs::remove_file(sandbox.work().join("till/src/melt.rs")).unwrap());
    assert_eq!(
        gone,
        json!([{"of": "till/src/melt.rs", "what": "it is gone, and bump-1 is not begun"}])
    );
    let other = drifted(&|sandbox| {
        replace(
            sandbox,
            "Cargo.lock",
            "version = \"1.4.0\"",
            "version = \"3.0.0\"",
        );
    });
    assert_eq!(
        other[0]["what"],
        "it is at 3.0.0, and the plan is from 1.4.0 to 2.0.0"
    );
}

#[test]
fn a_check_of_nothing_is_refused() {
    let sandbox = Sandbox::new(&[Plugin::Planner]);
    sandbox.write("empty.json", "{}");
    for arguments in [
        &["none.json"][..],
        &["empty.json"],
        &["empty.json", "nowhere"],
        &[],
    ] {
        let ran = sandbox.run([&["migrate", "check"][..], arguments].concat());
        let code = if arguments.is_empty() { 2 } else { 3 };
        assert_eq!(ran.code, Some(code), "{arguments:?}: {ran}");
    }
}
