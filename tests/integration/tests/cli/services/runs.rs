//! Answers that are runs.

use serde_json::json;

use crate::support::{Plugin, Sandbox};

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new(&[Plugin::Workbench, Plugin::Swarm]);
    sandbox.user_config(
        "[agents.shell]\ncommand = \"sh\"\nargs = [\"-c\", \"{prompt}\"]\nworkspace = \"shared\"\n",
    );
    sandbox
}

#[test]
fn a_plan_that_is_handed_over_is_carried_out_as_a_run() {
    let sandbox = sandbox();
    let order = [
        "bench",
        "order",
        "pwd > where",
        "--format",
        "json",
        "--set",
        "who=Ada",
    ];
    let results = sandbox.run(order).ended(0).json();
    assert_eq!(
        (&results["name"], &results["status"]),
        (&json!("ordered"), &json!("completed"))
    );
    assert_eq!(results["tasks"][1]["result"], "done for Ada");
    assert!(sandbox.work().join("where").exists());
    // It is a run like any other.
    let runs = sandbox.run(["runs", "--format", "json"]).ended(0).json();
    assert_eq!(runs["runs"][0]["name"], "ordered");
    sandbox.run(["results", "latest"]).ended(0);
}

#[test]
fn a_run_that_fails_ends_as_guildhall_run_does_and_can_be_resumed() {
    let sandbox = sandbox();
    let failed = sandbox.run(["bench", "order", "test -e mended"]).ended(1);
    assert!(failed.stderr.contains("--retry-failed"), "{failed}");
    sandbox.write("mended", "");
    sandbox
        .run(["run", "--resume", "latest", "--retry-failed"])
        .ended(0);
}

#[test]
fn the_run_works_where_the_agent_says_and_else_where_the_user_says() {
    let sandbox = sandbox();
    for folder in ["theirs", "mine"] {
        sandbox.write(&format!("{folder}/file"), "");
    }
    let order = ["bench", "order", "touch here", "--folder-of-run", "theirs"];
    sandbox.run(order).ended(0);
    assert!(sandbox.work().join("theirs/here").exists());
    sandbox
        .run(order.into_iter().chain(["--folder", "mine"]))
        .ended(0);
    assert!(sandbox.work().join("mine/here").exists());
}

#[test]
fn a_plan_is_checked_before_anything_is_begun() {
    let sandbox = sandbox();
    let checked = sandbox
        .run(["bench", "order", "touch here", "--check"])
        .ended(0);
    assert!(checked.stdout.contains("2 tasks"), "{checked}");
    sandbox.user_config("");
    let missing = sandbox.run(["bench", "order", "touch here"]).ended(4);
    assert!(
        missing.stderr.contains("the plan of workbench"),
        "{missing}"
    );
    assert!(!sandbox.work().join("here").exists());
    sandbox
        .run(["bench", "order", "x", "--format", "markdown"])
        .ended(2);
}

#[test]
fn an_answer_without_a_plan_is_printed_and_nothing_runs() {
    let sandbox = sandbox();
    let said = sandbox.run(["bench", "order"]).ended(0);
    assert_eq!(said.stdout, "name a script\n");
    let runs = sandbox.run(["runs", "--format", "json"]).ended(0).json();
    assert_eq!(runs["runs"], json!([]));
}
