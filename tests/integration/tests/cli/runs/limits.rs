//! Limits that follow what is measured, from a plan to the report and the journal: of agents,
//! and of the portions of a wave.

use serde_json::Value;

use super::support::{AGENTS, journal, run, sandbox};
use crate::support::Sandbox;

/// One task that gives no answer in time, then one that does.
fn plan(limits: &str) -> String {
    format!(
        "name = 'slow'\ndefaults = {{ agent = 'shell' }}\nlimits = {{ {limits} }}\n\
         [[task]]\nid = 'hangs'\ntimeout_seconds = 0.2\nretry = {{ max = 0 }}\nprompt = 'while :; do :; done'\n\
         [[task]]\nid = 'answers'\nneeds = [{{ task = 'hangs', on = 'ended' }}]\nprompt = 'echo'\n"
    )
}

/// The figures of the one agent of the newest run.
fn figures(sandbox: &Sandbox) -> Value {
    let report = sandbox.run(["report", "latest", "--format", "json"]);
    report.ended(0).json()["agents"][0].clone()
}

#[test]
fn a_limit_of_an_agent_is_in_the_report() {
    let sandbox = sandbox();
    run(&sandbox, &plan("adaptive_agents = true"), &["--quiet"]).ended(1);
    assert_eq!(figures(&sandbox)["limit"], 1);
    let text = sandbox.run(["report", "latest"]).ended(0).stdout;
    let line = "\n- `shell` is given at most 1 at once, as its answers have it\n";
    assert!(text.ends_with(line), "{text}");
}

#[test]
fn an_agent_has_a_limit_of_its_own_where_plan_or_configuration_ask_for_it() {
    let sandbox = sandbox();
    run(&sandbox, &plan(""), &["--quiet"]).ended(1);
    assert!(figures(&sandbox)["limit"].is_null());
    sandbox.user_config(&format!("{AGENTS}\n[run]\nadaptive-agents = true\n"));
    run(&sandbox, &plan(""), &["--quiet"]).ended(1);
    assert_eq!(figures(&sandbox)["limit"], 1);
    run(&sandbox, &plan("adaptive_agents = false"), &["--quiet"]).ended(1);
    assert!(figures(&sandbox)["limit"].is_null());
}

#[test]
fn a_limit_that_is_no_switch_is_told_with_its_line() {
    let sandbox = sandbox();
    let ran = run(&sandbox, &plan("adaptive_agents = 3"), &[]).ended(3);
    assert!(ran.stderr.contains(":3:"), "{ran}");
    assert!(
        ran.stderr.contains("`limits.adaptive_agents` must be"),
        "{ran}"
    );
    sandbox.user_config("[run]\nadaptive-agents = \"yes\"\n");
    let ran = run(&sandbox, &plan(""), &[]).ended(2);
    assert!(
        ran.stderr.contains("`run.adaptive-agents` must be"),
        "{ran}"
    );
}

/// A wave of nine tasks of which the fifth fails.
fn nine(wave: &str) -> String {
    let items: Vec<String> = (0..9).map(|at| at.to_string()).collect();
    format!(
        "name = 'nine'\nstrategy = 'waves'\nlimits = {{ concurrency = 8 }}\n\
         defaults = {{ agent = 'shell', retry = {{ max = 0 }} }}\n\
         [[wave]]\nname = 'all'\n{wave}\n\
         [[task]]\nid = 't'\nwave = 'all'\nfor_each = [{}]\nprompt = 'test {{{{ item }}}} != 4'\n",
        items.join(", ")
    )
}

/// Tasks that were under way at once at the most, as the journal of the newest run has it.
fn most_under_way(sandbox: &Sandbox) -> usize {
    let (mut under_way, mut most) = (0_usize, 0);
    for line in journal(sandbox, &["latest"]) {
        match line["type"].as_str().unwrap() {
            "started" => under_way += 1,
            "attempt_failed" => under_way -= 1,
            // A task that became others has no attempt.
            "completed" if line["attempt"].is_number() => under_way -= 1,
            _ => {}
        }
        most = most.max(under_way);
    }
    most
}

#[test]
fn a_wave_of_a_given_size_never_has_more_under_way() {
    let sandbox = sandbox();
    run(&sandbox, &nine("size = 2"), &["--quiet"]).ended(1);
    assert_eq!(most_under_way(&sandbox), 2);
    run(&sandbox, &nine("size = 'auto'"), &["--quiet"]).ended(1);
    assert_eq!(most_under_way(&sandbox), 8);
    let report = sandbox.run(["report", "latest", "--format", "json"]);
    let tasks = &report.ended(0).json()["tasks"];
    assert_eq!(
        (&tasks["completed"], &tasks["failed"]),
        (&8.into(), &1.into())
    );
    let ran = run(&sandbox, &nine("target_seconds = 9"), &[]).ended(3);
    let expected = "`target_seconds` says nothing without `size = \"auto\"`";
    assert!(ran.stderr.contains(expected), "{ran}");
}
