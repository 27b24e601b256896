//! Plans that are carried out, and what comes of them.

use serde_json::{Value, json};

use super::support::{pairs, pipe, run, sandbox, statuses, steady, wait_for};
use crate::support::{Plugin, Sandbox, assert_golden};

/// A writer that waits for its reader: neither ends unless both are at work.
const TWO_AT_ONCE: &str = r#"
name = "two"
strategy = "parallel"
defaults = { agent = "shell" }

[[task]]
id = "speaker"
prompt = "echo hello > pipe && echo said"

[[task]]
id = "listener"
prompt = "cat pipe"
"#;

#[test]
fn two_agents_work_at_once() {
    let sandbox = sandbox();
    pipe(&sandbox, "pipe");
    let ran = run(&sandbox, TWO_AT_ONCE, &["--format", "json"]).ended(0);
    let results = ran.json();
    assert_eq!(results["tasks"][0]["result"], "hello");
    assert_eq!(results["tasks"][1]["result"], "said");
    assert_eq!(ran.stderr, "");
}

#[test]
fn one_at_a_time_two_that_wait_for_each_other_never_end() {
    // The control of the test above: the same plan within a limit of one.
    let sandbox = sandbox();
    pipe(&sandbox, "pipe");
    let once = "defaults = { timeout_seconds = 1, retry = { max = 0 },";
    let plan = TWO_AT_ONCE.replace("defaults = {", once);
    let ran = run(&sandbox, &plan, &["--concurrency", "1"]).ended(1);
    assert!(ran.stdout.contains("Task exceeded 1s timeout"), "{ran}");
}

#[test]
fn three_waves_with_nine_agents_build_on_one_another() {
    let sandbox = sandbox();
    let names = [
        "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
    ];
    let agents: Vec<String> = names
        .iter()
        .map(|name| format!("[agents.{name}]\ncommand = \"cat\"\n"))
        .collect();
    sandbox.user_config(&agents.concat());
    let mut plan = "name = 'nine'\nstrategy = 'waves'\n".to_owned();
    for (at, name) in names.iter().enumerate() {
        let wave = ["discovery", "implementation", "validation"][at / 3];
        let before = match at.checked_sub(3) {
            Some(before) => format!("after ({{{{ results.{}.output }}}})", names[before]),
            None => "begin".to_owned(),
        };
        plan.push_str(&format!(
            "[[task]]\nid = '{name}'\nwave = '{wave}'\nagent = '{name}'\nprompt = '{name} {before}'\n"
        ));
    }
    let results = run(&sandbox, &plan, &["--format", "json"]).ended(0).json();
    let tasks = results["tasks"].as_array().unwrap();
    let of = |id: &str| tasks.iter().find(|task| task["task_id"] == id).unwrap();
    assert_eq!(tasks.len(), 9);
    assert_eq!(of("nine")["result"], "nine after (six after (three begin))");
    assert_eq!(of("nine")["agent_context"]["agent"], "nine");
    assert_eq!(of("nine")["agent_context"]["stage"], "validation");
}

#[test]
fn every_task_has_a_result_and_they_are_in_order() {
    let sandbox = sandbox();
    let plan = r#"
name = "mixed"
defaults = { agent = "shell" }

[[task]]
id = "zebra"
prompt = "echo fine"

[[task]]
id = "late"
prompt = "read line < never"
timeout_seconds = 0.2
retry = { max = 0 }

[[task]]
id = "broken"
prompt = "echo no luck >&2; exit 3"

[[task]]
id = "after"
needs = ["broken"]
prompt = "echo never said"

[[task]]
id = "idle"
prompt = "echo never said"
when = "results.zebra.output == 'sad'"
"#;
    pipe(&sandbox, "never");
    let ran = run(&sandbox, plan, &["--format", "json"]).ended(1);
    let expected = [
        ("after", "skipped"),
        ("broken", "failed"),
        ("idle", "skipped"),
        ("late", "timeout"),
        ("zebra", "completed"),
    ];
    assert_eq!(statuses(&ran.json()), pairs(&expected));
    let tasks = ran.json()["tasks"].as_array().unwrap().clone();
    for task in &tasks {
        let has_error = task["error"].is_string();
        assert_eq!(has_error, task["status"] != "completed", "{task}");
    }
    assert_eq!(tasks[1]["error"], "the program exited with code 3: no luck");
    assert_eq!(tasks[3]["error"], "Task exceeded 0.2s timeout");
    assert!(ran.stderr.contains("error: 2 of 5 tasks failed\n"), "{ran}");
    assert!(
        ran.stderr.contains("--retry-failed` tries again\n"),
        "{ran}"
    );
}

#[test]
fn results_are_printed_for_people() {
    let sandbox = sandbox();
    let plan = r#"
name = "people"
strategy = "sequential"
defaults = { agent = "shell" }

[[task]]
id = "greet"
prompt = "echo hello; echo and more"

[[task]]
id = "fail"
prompt = "exit 3"

[[task]]
id = "rest"
prompt = "echo rest"
"#;
    let ran = run(&sandbox, plan, &["--quiet"]).ended(1);
    let again = sandbox.run(["results", "latest"]).ended(0);
    assert_eq!(ran.stdout, again.stdout);
    assert_golden("run.text", &without_times(&steady(&ran.to_string())));
    let one = sandbox.run(["results", "people", "greet"]).ended(0);
    assert_golden("results-task.text", &without_times(&one.to_string()));
}

/// Durations replaced; they are the only ones with a unit here.
fn without_times(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let Some(at) = line.find(" ms") else {
            return line.to_owned();
        };
        let number = line[..at].trim_end_matches(|it: char| it.is_ascii_digit());
        format!("{} N{}", number.trim_end(), &line[at..])
    });
    let lines: Vec<String> = lines.collect();
    lines.join("\n") + "\n"
}

#[test]
fn a_plan_in_json_is_read_from_standard_input_and_from_a_file() {
    let sandbox = sandbox();
    let plan = json!({
        "name": "json",
        "task": [{"id": "a", "agent": "shell", "prompt": "echo fine"}],
    });
    let plan = plan.to_string();
    let ran = run(&sandbox, &plan, &["--format", "json"]).ended(0);
    assert_eq!(ran.json()["tasks"][0]["result"], "fine");
    sandbox.write("plan.json", &plan);
    sandbox.run(["run", "plan.json"]).ended(0);
}

#[test]
fn results_go_to_a_file_that_appears_whole() {
    let sandbox = sandbox();
    let plan = "name = 'p'\n[[task]]\nid = 'a'\nagent = 'shell'\nprompt = 'ls'\n";
    let ran = run(&sandbox, plan, &["--format", "json", "-o", "out.json"]).ended(0);
    assert_eq!(ran.stdout, "");
    let text = std::fs::read_to_string(sandbox.work().join("out.json")).unwrap();
    let results: Value = serde_json::from_str(&text).unwrap();
    let listed = results["tasks"][0]["result"].as_str().unwrap();
    assert!(
        !listed.contains("out.json\n"),
        "it was there too early: {listed}"
    );
}

#[test]
fn instructions_stand_before_every_prompt_and_the_folder_is_the_one_that_is_named() {
    let sandbox = sandbox();
    sandbox.write("rules.txt", "echo be kind");
    sandbox.write("elsewhere/here.txt", "");
    let plan = "name = 'p'\n[[task]]\nid = 'a'\nagent = 'shell'\nprompt = 'ls'\n";
    let more = [
        "--instructions",
        "rules.txt",
        "--folder",
        "elsewhere",
        "--format",
        "json",
    ];
    let ran = run(&sandbox, plan, &more).ended(0);
    assert_eq!(ran.json()["tasks"][0]["result"], "be kind\nhere.txt");
}

#[test]
fn parameters_are_put_in() {
    let sandbox = sandbox();
    let plan = r#"
name = "p"
[parameters.what]
description = "what to say"
[parameters.times]
default = 1
[[task]]
id = "a"
agent = "shell"
prompt = "echo '{{ param.what }} {{ param.times }}'"
"#;
    let more = ["--set", "what=a=b", "--set", "times=3", "--format", "json"];
    let ran = run(&sandbox, plan, &more).ended(0);
    assert_eq!(ran.json()["tasks"][0]["result"], "a=b 3");
}

#[test]
fn git_and_cargo_are_agents_like_any_other() {
    let sandbox = Sandbox::new(&[Plugin::Swarm]);
    sandbox.user_config(
        "[agents.git]\ncommand = \"git\"\nargs = [\"{prompt}\"]\nstdin = \"none\"\n\
         [agents.cargo]\ncommand = \"cargo\"\nargs = [\"{prompt}\"]\nstdin = \"none\"\n\
         env = [\"PATH\", \"HOME\", \"RUSTUP_HOME\", \"CARGO_HOME\"]\n",
    );
    let plan = "name = 'versions'\nstrategy = 'parallel'\n\
                [[task]]\nid = 'git'\nagent = 'git'\nprompt = '--version'\n\
                [[task]]\nid = 'cargo'\nagent = 'cargo'\nprompt = '--version'\n";
    sandbox.write("plan.toml", plan);
    let mut command = sandbox.command(["run", "plan.toml", "--format", "json"]);
    // The toolchain is the tester's.
    for name in ["RUSTUP_HOME", "CARGO_HOME", "HOME"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    let ran = crate::support::Ran::of(command.output().unwrap()).ended(0);
    let results = ran.json();
    let said = |at: usize| results["tasks"][at]["result"].as_str().unwrap().to_owned();
    assert!(said(0).starts_with("cargo 1."), "{ran}");
    assert!(said(1).starts_with("git version "), "{ran}");
}

#[test]
fn another_coordinator_is_an_equal() {
    let sandbox = Sandbox::new(&[Plugin::Swarm, Plugin::Fifo]);
    sandbox.user_config(super::support::AGENTS);
    let plan = "name = 'p'\n[[task]]\nid = 'a'\nagent = 'shell'\nprompt = 'echo fine'\n";
    for coordinator in ["swarm-coordinator", "example-fifo-coordinator"] {
        run(&sandbox, plan, &["--coordinator", coordinator]).ended(0);
        let ran = run(&sandbox, plan, &["--coordinator", coordinator, "--check"]).ended(0);
        let said = format!("It is coordinated by {coordinator}.\n");
        assert!(ran.stdout.ends_with(&said), "{ran}");
    }
}

#[test]
fn an_agent_that_declares_a_prompt_takes_the_tasks_that_name_none() {
    let sandbox = sandbox();
    let plan = "name = 'p'\n[[task]]\nid = 'a'\ncapability = 'agent.prompt@^1'\nprompt = 'hello'\n";
    let ran = run(&sandbox, plan, &["--format", "json"]).ended(0);
    assert_eq!(ran.json()["tasks"][0]["result"], "hello");
    assert_eq!(ran.json()["tasks"][0]["agent_context"]["agent"], "echo");
}

#[test]
fn the_configuration_has_defaults_for_what_a_plan_leaves_open() {
    let sandbox = sandbox();
    // A project's own file may say it, and nobody has to trust it.
    sandbox.write(
        "guildhall.toml",
        "[run]\nconcurrency = 3\ntimeout-seconds = 0.2\n",
    );
    pipe(&sandbox, "never");
    let silent = "name = 'p'\n[[task]]\nid = 'a'\nagent = 'shell'\nprompt = 'read x < never'\nretry = { max = 0 }\n";
    let ran = run(&sandbox, silent, &["--check"]).ended(0);
    assert!(ran.stdout.contains("up to 3 at once"), "{ran}");
    let ran = run(&sandbox, silent, &[]).ended(1);
    assert!(ran.stdout.contains("Task exceeded 0.2s timeout"), "{ran}");
    // What the plan says counts, and what the command line says counts most.
    let said = format!("limits = {{ concurrency = 7 }}\n{silent}");
    let ran = run(&sandbox, &said, &["--check"]).ended(0);
    assert!(ran.stdout.contains("up to 7 at once"), "{ran}");
    let ran = run(&sandbox, &said, &["--check", "--concurrency", "9"]).ended(0);
    assert!(ran.stdout.contains("up to 9 at once"), "{ran}");
}

#[test]
fn what_an_agent_says_of_itself_while_it_works_goes_nowhere_but_to_the_log() {
    let sandbox = sandbox();
    pipe(&sandbox, "begun");
    let plan = "name = 'p'\n[[task]]\nid = 'a'\nagent = 'shell'\nprompt = 'echo noise >&2; echo x > begun'\n";
    sandbox.write("plan.toml", plan);
    let child = super::support::start(&sandbox, &["run", "plan.toml"]);
    assert_eq!(wait_for(&sandbox, "begun"), "x\n");
    let ran = crate::support::Ran::of(child.wait_with_output().unwrap()).ended(0);
    assert_eq!(ran.stderr, "");
}
