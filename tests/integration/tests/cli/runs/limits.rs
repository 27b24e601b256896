//! Limits from a plan to the report and the journal: of agents and of the portions of a wave as
//! they are measured, of agents as they have shown what they do, and of shared resources.

use serde_json::Value;

use super::support::{AGENTS, journal, moment, run, sandbox};
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

/// Two agents of which one can do nothing.
const GOOD_AND_BAD: &str = r#"
[agents.bad]
command = "false"
capabilities = ["agent.prompt"]

[agents.good]
command = "sh"
output = "json"
usage = { usd = "/usd" }
capabilities = ["agent.prompt"]
"#;

/// Five tasks for whoever `who` says.
fn five(top: &str, who: &str) -> String {
    let top = format!("name = 'five'\nstrategy = 'parallel'\n{top}\n");
    let task = format!(
        "retry = {{ max = 0 }}\ncapability = 'agent.prompt'\n{who}\n\
         prompt = 'echo \"{{% raw %}}{{\\\"usd\\\": 0.5}}{{% endraw %}}\"'\n"
    );
    let tasks = (0..5).map(|at| format!("[[task]]\nid = 't{at}'\n{task}"));
    top + &tasks.collect::<String>()
}

/// Who did the tasks of the newest run, and how many.
fn done_by(sandbox: &Sandbox) -> Vec<(String, usize)> {
    let lines = journal(sandbox, &["latest"]);
    let of = |agent: &str| {
        let started = lines.iter().filter(|line| line["type"] == "started");
        started.filter(|line| line["agent"] == agent).count()
    };
    let agents = ["bad", "good"].map(|agent| (agent.to_owned(), of(agent)));
    agents.into_iter().filter(|(_, count)| *count > 0).collect()
}

#[test]
fn what_asks_for_a_quality_goes_to_who_has_shown_it() {
    let sandbox = sandbox();
    sandbox.user_config(GOOD_AND_BAD);
    let cheapest = "placement = 'cheapest'\n[defaults]\nquality = 0.5";
    // Nothing is known yet, which the report says.
    run(&sandbox, &five(cheapest, ""), &["--quiet"]);
    let text = sandbox.run(["report", "latest"]).ended(0).stdout;
    assert!(
        text.contains("nothing was recorded before this run"),
        "{text}"
    );
    run(&sandbox, &five("", "agent = 'bad'"), &["--quiet"]).ended(1);
    run(&sandbox, &five("", "agent = 'good'"), &["--quiet"]).ended(0);
    run(&sandbox, &five(cheapest, ""), &["--quiet"]).ended(0);
    assert_eq!(done_by(&sandbox), [("good".to_owned(), 5)]);
    let report = sandbox.run(["report", "latest", "--format", "json"]);
    let report = report.ended(0).json();
    let outcomes = report["outcomes"].as_array().unwrap();
    assert_eq!(outcomes.len(), 1);
    assert_eq!(outcomes[0]["agent"], "good");
    assert_eq!(outcomes[0]["capability"], "agent.prompt");
    assert_eq!(outcomes[0]["succeeded"], 5);
    assert_eq!(outcomes[0]["spent"]["usd"], 2.5);
    assert_eq!(report["spent"]["usd"], 2.5);
    assert!(outcomes[0]["before"]["succeeded"].as_u64().unwrap() >= 5);
    assert!(outcomes[0]["success_at_least"].as_f64().unwrap() > 0.5);
    // The control: where nobody asks for a quality, the other one is tried.
    run(&sandbox, &five("placement = 'cheapest'", ""), &["--quiet"]).ended(1);
    assert_eq!(done_by(&sandbox).len(), 2);
    let text = sandbox.run(["report", "latest"]).ended(0).stdout;
    assert!(text.contains("| bad | agent.prompt | 0 | "), "{text}");
    let ran = run(&sandbox, &five("[defaults]\nquality = 0.5", ""), &[]).ended(3);
    let expected = "`quality` says nothing without `placement = \"cheapest\"`";
    assert!(ran.stderr.contains(expected), "{ran}");
    let ran = run(
        &sandbox,
        &five("placement = 'cheapest'", "quality = 2"),
        &[],
    )
    .ended(3);
    assert!(
        ran.stderr
            .contains("`quality` must be a number from 0 to 1"),
        "{ran}"
    );
}

/// Three tasks of which two want the one device.
fn contending(resources: &str, wants: &str) -> String {
    let task = |id: &str, wants: &str| {
        format!("[[task]]\nid = '{id}'\nresources = {{ {wants} }}\nprompt = 'echo'\n")
    };
    let top = "name = 'shared'\nstrategy = 'parallel'\ndefaults = { agent = 'shell' }\n";
    let limits = format!("[limits.resources]\n{resources}\n");
    let tasks = task("first", wants) + &task("second", wants) + &task("free", "memory = 1");
    format!("{top}{limits}{tasks}")
}

#[test]
fn two_tasks_that_want_the_one_device_are_done_one_after_the_other() {
    let sandbox = sandbox();
    let resources = "gpu = 1\nmemory = 8\ntokens = { per_minute = 100 }";
    let plan = contending(resources, "gpu = 1, memory = 3, tokens = 20");
    run(&sandbox, &plan, &["--quiet"]).ended(0);
    let lines = journal(&sandbox, &["latest"]);
    let end = moment(&lines, "completed", "first");
    assert!(moment(&lines, "started", "second") > end, "{lines:#?}");
    // The control: with a device for each, both are begun before one has ended.
    let plan = contending(
        &resources.replace("gpu = 1", "gpu = 2"),
        "gpu = 1, memory = 3",
    );
    run(&sandbox, &plan, &["--quiet"]).ended(0);
    let lines = journal(&sandbox, &["latest"]);
    let end = moment(&lines, "completed", "first");
    assert!(moment(&lines, "started", "second") < end, "{lines:#?}");
}

#[test]
fn what_can_never_be_granted_is_a_mistake_of_the_plan() {
    let sandbox = sandbox();
    for (resources, wants, expected) in [
        (
            "gpu = 1\nmemory = 1",
            "gpu = 2",
            "2 of `gpu` are wanted, but `limits.resources` has 1",
        ),
        (
            "gpu = 1\nmemory = 1",
            "gpus = 1",
            "there is no resource `gpus` in `limits.resources`",
        ),
        ("gpu = 1\nmemory = 1", "gpus = 1", "did you mean `gpu`?"),
        (
            "gpu = 0\nmemory = 1",
            "memory = 1",
            "`limits.resources.gpu` must be",
        ),
        (
            "gpu = { hourly = 3 }\nmemory = 1",
            "memory = 1",
            "a table with `per_minute` alone",
        ),
        ("memory = 1", "memory = -1", "`resources.memory` must be"),
        (
            "memory = 1",
            "memory = 1, 'a b' = 1",
            "must be letters, digits",
        ),
    ] {
        let ran = run(&sandbox, &contending(resources, wants), &[]).ended(3);
        assert!(ran.stderr.contains(expected), "{expected}: {ran}");
    }
}
