//! `guildhall incident respond`: who does what, and what is written down of it.

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};

use super::json;
use super::kept::at;
use super::suspects::history;
use crate::runs::support::{pipe, start, wait_for};
use crate::support::{Plugin, Sandbox, git};

const RUNBOOK: &str = "---\ntitle: The lock is stuck\nsymptoms:\n  - lock cannot be taken, descriptor stays open\n---\nWait.\n";

/// An incident about a repository, with an agent whose work is a line for the shell.
fn sandbox(text: &str, agent: &str) -> Sandbox {
    let sandbox = Sandbox::new(&[Plugin::Responder, Plugin::Swarm]);
    history(&sandbox);
    sandbox.write("docs/runbooks/lock.md", RUNBOOK);
    let config = format!("[agents.coder]\ncommand = \"sh\"\nargs = [\"-c\", '''{agent}''']\n");
    sandbox.user_config(&config);
    at(
        &sandbox,
        "18:05",
        &["assess", "--text", text, "--repo", ".", "--open"],
    )
    .ended(0);
    sandbox
}

const STUCK: &str =
    "The lock cannot be taken, the descriptor stays open at src/lock.rs:3, for many users.";

fn kinds(sandbox: &Sandbox) -> Vec<String> {
    let incident = json(sandbox, &["show", "last"])["incident"].clone();
    let rows = incident["timeline"].as_array().unwrap().iter();
    rows.map(|row| row["kind"].as_str().unwrap().to_owned())
        .collect()
}

fn set(sandbox: &Sandbox, level: &str) {
    at(
        sandbox,
        "18:06",
        &["severity", "last", level, "--because", "so it is"],
    )
    .ended(0);
}

fn roles(response: &Value) -> Vec<&str> {
    let tasks = response["plan"]["task"].as_array().unwrap().iter();
    tasks.map(|task| task["id"].as_str().unwrap()).collect()
}

#[test]
fn sev2_assembles_a_swarm_and_sev3_does_not() {
    let sandbox = sandbox(STUCK, "cat");
    let respond = ["respond", "last", "--agent", "coder"];
    for (level, mode, tasks) in [
        (
            "sev1",
            "swarm",
            &["assemble", "suspects", "patch", "conclude"][..],
        ),
        (
            "sev2",
            "swarm",
            &["assemble", "suspects", "patch", "conclude"],
        ),
        ("sev3", "standard", &["assemble", "suspects", "conclude"]),
        ("sev4", "standard", &["assemble", "suspects", "conclude"]),
    ] {
        set(&sandbox, level);
        let response = json(&sandbox, &respond)["incident"].clone();
        assert_eq!(response["mode"], mode, "{level}");
        assert_eq!(roles(&response), tasks, "{level}");
        assert_eq!(response["runbooks"][0]["path"], "docs/runbooks/lock.md");
    }
    // What could be tried is tried where it is configured, and not where that is switched off.
    let commands =
        "[plugins.config.incident-responder]\nreproduce = [\"true\"]\ntest = [\"true\"]\n";
    sandbox.user_config(commands);
    let response = json(&sandbox, &["respond", "last"])["incident"].clone();
    assert_eq!(
        roles(&response),
        ["assemble", "suspects", "validate", "conclude"]
    );
    let off = "[plugins.config.incident-responder.respond]\nauto-create-hotfix = false\n";
    sandbox.user_config(&format!("{commands}{off}"));
    let response = json(&sandbox, &["respond", "last"])["incident"].clone();
    assert_eq!(roles(&response), ["assemble", "suspects", "conclude"]);
    // All of these were dry runs.
    assert!(!kinds(&sandbox).contains(&"response-started".to_owned()));
    let runs = sandbox.run(["runs", "--format", "json"]).ended(0).json();
    assert_eq!(runs["runs"], json!([]));
}

#[test]
fn what_is_exposed_brings_security_in_and_what_nobody_knows_is_a_swarm() {
    let sandbox = sandbox("A bug leaked customer emails to everybody.", "cat");
    let respond = ["respond", "last", "--agent", "coder"];
    let response = json(&sandbox, &respond)["incident"].clone();
    assert_eq!(response["severity"], "sev1");
    let tasks = ["assemble", "suspects", "patch", "security", "conclude"];
    assert_eq!(roles(&response), tasks);
    at(
        &sandbox,
        "18:05",
        &["assess", "--text", "Something is odd.", "--open"],
    )
    .ended(0);
    let response = json(&sandbox, &["respond", "last"])["incident"].clone();
    assert_eq!(
        (&response["severity"], &response["mode"]),
        (&Value::Null, &json!("swarm"))
    );
    let missing = response["missing"][0].as_str().unwrap();
    assert!(missing.contains("--agent"), "{missing}");
}

#[test]
fn a_swarm_hands_on_and_asks_a_person_and_it_is_written_down() {
    let sandbox = sandbox(
        STUCK,
        "cat > /dev/null; echo mended {{ }} > src/lock.rs; echo done",
    );
    set(&sandbox, "sev1");
    let respond = ["incident", "respond", "last", "--agent", "coder", "--run"];
    let ran = sandbox
        .run([&respond[..], &["--format", "json"]].concat())
        .ended(0);
    assert_eq!(ran.json()["tasks"][2]["result"], "done");
    let kinds = kinds(&sandbox);
    let last = [
        "response-started",
        "suspects-ranked",
        "handed-off",
        "escalated",
    ];
    assert!(kinds.ends_with(&last.map(str::to_owned)), "{kinds:?}");
    let shown = json(&sandbox, &["show", "last"])["incident"]["timeline"].clone();
    let asked = shown.as_array().unwrap().last().unwrap()["what"].to_string();
    assert!(
        asked.contains("it is sev1, which nothing is deployed for"),
        "{asked}"
    );
    // The checkout is as it was: the agent worked beside it.
    let there = std::fs::read_to_string(sandbox.work().join("src/lock.rs")).unwrap();
    assert!(!there.contains("mended"), "{there}");
}

#[test]
fn a_response_that_was_killed_goes_on_and_writes_nothing_down_twice() {
    let place = "cat > /dev/null; cd ..; if [ -e go ]; then echo done; fi";
    let sandbox = sandbox(STUCK, place);
    set(&sandbox, "sev2");
    let root = sandbox.root().display().to_string();
    pipe(&sandbox, "../begun");
    pipe(&sandbox, "../never");
    let agent = format!(
        "cat > /dev/null; if [ -e {root}/go ]; then echo done; else echo x > {root}/begun; read x < {root}/never; fi"
    );
    sandbox.user_config(&format!(
        "[agents.coder]\ncommand = \"sh\"\nargs = [\"-c\", '''{agent}''']\n"
    ));
    let mut child = start(
        &sandbox,
        &["incident", "respond", "last", "--agent", "coder", "--run"],
    );
    assert_eq!(wait_for(&sandbox, "../begun"), "x\n");
    kill_process_group(Pid::from_child(&child), Signal::KILL).unwrap();
    child.wait().unwrap();
    let once = |kind: &str| kinds(&sandbox).iter().filter(|it| *it == kind).count();
    assert_eq!((once("response-started"), once("escalated")), (1, 0));
    std::fs::write(sandbox.root().join("go"), "").unwrap();
    sandbox.run(["run", "--resume", "latest"]).ended(0);
    assert_eq!((once("response-started"), once("suspects-ranked")), (1, 1));
    assert_eq!((once("handed-off"), once("escalated")), (1, 1));
}

/// An incident about a repository in which a fix can be told from what is no fix.
fn with_commands(agent: &str) -> Sandbox {
    let sandbox = sandbox(STUCK, agent);
    let commands = "[plugins.config.incident-responder]\n\
                    reproduce = [\"grep -q mended src/lock.rs\"]\ntest = [\"true\"]\n";
    let agent = format!("[agents.coder]\ncommand = \"sh\"\nargs = [\"-c\", '''{agent}''']\n");
    sandbox.user_config(&format!("{agent}{commands}"));
    set(&sandbox, "sev2");
    sandbox
}

#[test]
fn the_fix_of_an_agent_is_tried_as_a_revert_is_without_anybody_asking() {
    let sandbox = with_commands("cat > /dev/null; echo mended >> src/lock.rs; echo done");
    let respond = ["incident", "respond", "last", "--agent", "coder", "--run"];
    sandbox.run(respond).ended(0);
    let shown = json(&sandbox, &["show", "last"])["incident"].clone();
    let candidates = shown["candidates"].as_array().unwrap();
    let fix = candidates.last().unwrap();
    assert_eq!(fix["candidate"]["kind"], "patch", "{shown:#}");
    assert_eq!(fix["validation"]["passed"], true, "{shown:#}");
    let branch = fix["candidate"]["branch"].as_str().unwrap();
    let fixed = git(&sandbox, &["show", &format!("{branch}:src/lock.rs")]);
    assert!(fixed.ends_with("mended"), "{fixed}");
    // Taking the suspects back mends nothing here, and a person is told that.
    let reverts = candidates
        .iter()
        .filter(|one| one["candidate"]["kind"] == "revert");
    let passed: Vec<&Value> = reverts.map(|one| &one["validation"]["passed"]).collect();
    assert!(
        !passed.is_empty() && passed.iter().all(|it| **it == false),
        "{passed:?}"
    );
    let there = std::fs::read_to_string(sandbox.work().join("src/lock.rs")).unwrap();
    assert!(!there.contains("mended"), "{there}");
}

#[test]
fn a_fix_that_mends_nothing_or_is_none_is_not_validated_whatever_the_agent_says() {
    for (agent, because) in [
        (
            "cat > /dev/null; echo broken >> src/lock.rs; echo mended",
            "still fails",
        ),
        ("cat > /dev/null; echo all is well", "it changes nothing"),
    ] {
        let sandbox = with_commands(agent);
        let respond = ["incident", "respond", "last", "--agent", "coder", "--run"];
        sandbox.run(respond).ended(0);
        let shown = json(&sandbox, &["show", "last"])["incident"].clone();
        let fix = shown["candidates"].as_array().unwrap().last().unwrap();
        assert_eq!(fix["candidate"]["kind"], "patch", "{shown:#}");
        assert_eq!(fix["validation"]["passed"], false, "{shown:#}");
        let told = fix["validation"]["because"].as_str().unwrap();
        assert!(told.contains(because), "{told}");
        let rows = shown["timeline"].as_array().unwrap();
        let asked = rows.last().unwrap()["what"].as_str().unwrap();
        assert!(
            asked.starts_with("a person is asked") && asked.contains("trial: "),
            "{asked}"
        );
    }
}
