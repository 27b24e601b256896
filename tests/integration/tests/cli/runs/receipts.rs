//! Receipts: shown, signed, checked, repeated, and refused where they were changed.

use std::fs;

use serde_json::{Value, json};

use super::support::{changed, run};
use crate::support::{Plugin, Ran, Sandbox};

/// An agent that says of one capability that the same input gives the same output; what it
/// gives is in a file, so that a test can make it lie.
const AGENTS: &str = r#"
[agents.teller]
command = "sh"
args = ["-c", "cat answer; exec cat"]
workspace = "shared"

[[agents.teller.capabilities]]
name = "tell.always"
version = "1.2.0"
input = true
output = true
cacheable = true

[[agents.teller.capabilities]]
name = "tell.once"
version = "1.0.0"
input = true
output = true
"#;

const PLAN: &str = r#"
name = "told"

[[task]]
id = "first"
capability = "tell.once"
prompt = "one"

[[task]]
id = "second"
capability = "tell.always"
needs = ["first"]
prompt = "{{ results.first.output }} and two"
"#;

/// A sandbox in which the plan above was carried out.
fn carried_out() -> Sandbox {
    let sandbox = Sandbox::new(&[Plugin::Swarm]);
    sandbox.user_config(AGENTS);
    fs::write(sandbox.work().join("answer"), "the answer to ").unwrap();
    run(&sandbox, PLAN, &["-q"]).ended(0);
    sandbox
}

/// The signed receipts, in a file.
fn signed(sandbox: &Sandbox, more: &[&str]) -> Value {
    let arguments = [&["receipt", "told", "--format", "json"], more].concat();
    let receipts = sandbox.run(arguments).ended(0).json();
    write(sandbox, &receipts);
    receipts
}

fn write(sandbox: &Sandbox, receipts: &Value) {
    fs::write(sandbox.work().join("receipts.json"), receipts.to_string()).unwrap();
}

fn verify(sandbox: &Sandbox, more: &[&str]) -> Ran {
    let arguments = [&["verify", "receipts.json", "--format", "json"], more].concat();
    sandbox.run(arguments)
}

/// The verdicts, with their tasks.
fn verdicts(verified: &Value) -> Vec<(&str, &str)> {
    let verdicts = verified["verdicts"].as_array().unwrap().iter();
    verdicts
        .map(|it| {
            let task = it["task"].as_str().unwrap_or_default();
            (task, it["verdict"].as_str().unwrap())
        })
        .collect()
}

#[test]
fn a_person_sees_who_did_what_from_what_and_when() {
    let sandbox = carried_out();
    let shown = sandbox.run(["receipt", "told"]).ended(0).stdout;
    for part in [
        "first\n  agent   teller",
        "  asked   tell.always 1.2.0\n",
        "  exit    code 0\n",
        #[cfg(target_os = "linux")]
        "  processor_ms ",
        "signed by\n",
    ] {
        assert!(shown.contains(part), "{part:?} is not in {shown}");
    }
    assert!(
        shown.lines().all(|line| line.chars().count() <= 80),
        "{shown}"
    );
    let one = sandbox.run(["receipt", "told", "second"]).ended(0).stdout;
    assert!(
        one.starts_with("second\n") && !one.contains("first"),
        "{one}"
    );
}

#[test]
fn what_gives_the_same_again_is_repeated_and_the_rest_is_not() {
    let sandbox = carried_out();
    signed(&sandbox, &[]);
    let verified = verify(&sandbox, &[]).ended(0).json();
    let expected = [("first", "not_repeatable"), ("second", "same")];
    assert_eq!(verdicts(&verified), expected);
    let why = verified["verdicts"][0]["why"].as_str().unwrap();
    assert!(why.contains("tell.once does not declare"), "{why}");
}

#[test]
fn an_agent_whose_word_does_not_hold_is_found_out() {
    let sandbox = carried_out();
    signed(&sandbox, &[]);
    fs::write(sandbox.work().join("answer"), "something else than ").unwrap();
    let verified = verify(&sandbox, &[]).ended(1).json();
    assert_eq!(verdicts(&verified)[1], ("second", "different"));
    let unrepeated = verify(&sandbox, &["--no-repeat"]).ended(0).json();
    assert_eq!(verdicts(&unrepeated)[1], ("second", "signed"));
}

#[test]
fn an_agent_that_is_another_one_now_is_not_asked() {
    let sandbox = carried_out();
    signed(&sandbox, &[]);
    sandbox.user_config(&changed(AGENTS, "exec cat", "exec cat -"));
    let verified = verify(&sandbox, &[]).ended(0).json();
    assert_eq!(verdicts(&verified)[1], ("second", "not_repeatable"));
    let why = verified["verdicts"][1]["why"].as_str().unwrap();
    assert!(why.contains("agent teller is another one here"), "{why}");
}

#[test]
fn a_changed_receipt_is_not_valid_and_hides_no_other() {
    let sandbox = carried_out();
    let mut receipts = signed(&sandbox, &[]);
    let payload = receipts["receipts"][0]["payload"].as_str().unwrap();
    // One bit of its last whole group.
    let at = payload.len() - 8;
    let other = if payload.as_bytes()[at] == b'A' {
        "B"
    } else {
        "A"
    };
    let mut payload = payload.to_owned();
    payload.replace_range(at..=at, other);
    receipts["receipts"][0]["payload"] = json!(payload);
    write(&sandbox, &receipts);
    let verified = verify(&sandbox, &[]).ended(1).json();
    assert_eq!(verdicts(&verified), [("", "invalid"), ("second", "same")]);
    let text = sandbox.run(["verify", "receipts.json"]).ended(1).stdout;
    assert!(text.contains("a receipt: not valid\n"), "{text}");
    assert!(
        text.contains("it was changed after it was signed"),
        "{text}"
    );
    assert!(text.ends_with("1 of 2 receipts hold\n"), "{text}");
}

#[test]
fn another_installation_must_be_told_whose_word_to_trust() {
    let sandbox = carried_out();
    let receipts = signed(&sandbox, &[]);
    let key = sandbox.run(["receipt", "--public-key"]).ended(0).stdout;
    let other = carried_out();
    write(&other, &receipts);
    let verified = verify(&other, &[]).ended(1).json();
    let expected = [("first", "unknown_signer"), ("second", "unknown_signer")];
    assert_eq!(verdicts(&verified), expected);
    let verified = verify(&other, &["--key", key.trim()]).ended(0).json();
    assert_eq!(verdicts(&verified)[1], ("second", "same"));
}

#[test]
fn without_its_input_the_work_is_not_repeated() {
    let sandbox = carried_out();
    signed(&sandbox, &["--without-input"]);
    let verified = verify(&sandbox, &[]).ended(0).json();
    assert_eq!(verdicts(&verified)[1], ("second", "not_repeatable"));
}

#[test]
fn what_is_wrong_on_the_command_line_is_told() {
    let sandbox = carried_out();
    let said = sandbox.run(["receipt", "told", "third"]).ended(3).stderr;
    assert!(said.contains("has no task third"), "{said}");
    sandbox.run(["receipt"]).ended(2);
    write(&sandbox, &json!({"no": "receipts"}));
    let said = verify(&sandbox, &[]).ended(3).stderr;
    assert!(said.contains("receipts.json has no receipts"), "{said}");
    let said = verify(&sandbox, &["--key", "12"]).ended(3).stderr;
    assert!(said.contains("has no receipts"), "{said}");
    signed(&sandbox, &[]);
    let said = verify(&sandbox, &["--key", "12"]).ended(2).stderr;
    assert!(said.contains("64 hexadecimal digits"), "{said}");
}
