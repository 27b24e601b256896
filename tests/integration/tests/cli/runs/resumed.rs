//! Runs that are paused, interrupted, killed, cancelled and tried again.

use std::fs;

use rustix::process::{Pid, Signal, kill_process_group};

use super::support::{pairs, pipe, results, run, run_named_in, sandbox, start, statuses, wait_for};
use crate::support::{Ran, Sandbox, commit, git};

/// A task that tells that it has begun and then hangs, unless there is a file `go`.
const HANGS: &str = r#"
name = "hangs"
defaults = { agent = "shell" }

[[task]]
id = "first"
prompt = "echo first"

[[task]]
id = "hangs"
needs = ["first"]
prompt = "if [ -e go ]; then echo done; else echo x > begun; read x < never; fi"
"#;

/// A sandbox in which the plan above is `hangs.toml`.
fn hanging() -> Sandbox {
    let sandbox = sandbox();
    pipe(&sandbox, "begun");
    pipe(&sandbox, "never");
    sandbox.write("hangs.toml", HANGS);
    sandbox
}

#[test]
fn a_used_up_budget_pauses_and_a_larger_one_goes_on() {
    let sandbox = sandbox();
    let plan = r#"
name = "costly"
strategy = "sequential"
budget = { usd = 0.7 }
defaults = { agent = "json", reserve = { usd = 0.5 }, capability = "json.run" }

[[task]]
id = "one"
prompt = "echo '{ \"usd\": 0.5 }'"

[[task]]
id = "two"
prompt = "echo '{ \"usd\": 0.5 }'"
"#;
    let plan = plan
        .replace("'{ ", "'{% raw %}{")
        .replace(" }'", "}{% endraw %}'");
    let ran = run(&sandbox, &plan, &[]).ended(6);
    assert!(
        ran.stdout.contains("the budget of 0.70 US dollars"),
        "{ran}"
    );
    assert_eq!(
        results(&sandbox),
        pairs(&[("one", "completed"), ("two", "pending")])
    );
    let id = run_named_in(&ran.stderr);
    // Without more it is paused again.
    sandbox.run(["run", "--resume", &id]).ended(6);
    let ran = sandbox.run([
        "run",
        "--resume",
        &id,
        "--budget-usd",
        "2",
        "--format",
        "json",
    ]);
    let tasks = ran.ended(0).json();
    assert_eq!(
        statuses(&tasks),
        pairs(&[("one", "completed"), ("two", "completed")])
    );
    assert_eq!(tasks["tasks"][0]["agent_context"]["attempts"], 1, "{tasks}");
}

#[test]
fn an_interrupt_pauses_with_130_and_the_run_goes_on_later() {
    let sandbox = hanging();
    let child = start(&sandbox, &["run", "hangs.toml"]);
    assert_eq!(wait_for(&sandbox, "begun"), "x\n");
    kill_process_group(Pid::from_child(&child), Signal::INT).unwrap();
    let ran = Ran::of(child.wait_with_output().unwrap()).ended(130);
    assert!(
        ran.stderr
            .contains("error: interrupted; the run is paused\n"),
        "{ran}"
    );
    let id = run_named_in(&ran.stderr);
    assert_eq!(
        results(&sandbox),
        pairs(&[("first", "completed"), ("hangs", "pending")])
    );
    sandbox.write("go", "");
    let ran = sandbox
        .run(["run", "--resume", &id, "--format", "json"])
        .ended(0);
    let tasks = ran.json();
    assert_eq!(tasks["tasks"][1]["result"], "done");
    assert_eq!(tasks["tasks"][0]["agent_context"]["attempts"], 1, "{tasks}");
}

#[test]
fn a_killed_run_goes_on_and_does_nothing_twice_that_completed() {
    let sandbox = hanging();
    let plan = HANGS.replace("echo first", "echo once >> log; echo first");
    sandbox.write("hangs.toml", plan);
    let mut child = start(&sandbox, &["run", "hangs.toml"]);
    assert_eq!(wait_for(&sandbox, "begun"), "x\n");
    kill_process_group(Pid::from_child(&child), Signal::KILL).unwrap();
    child.wait().unwrap();
    for command in [&["runs"][..], &["results", "hangs"], &["report", "hangs"]] {
        let told = sandbox.run(command).ended(0);
        assert!(told.stdout.contains("interrupted"), "{told}");
    }
    sandbox.write("go", "");
    sandbox.run(["run", "--resume", "hangs"]).ended(0);
    assert_eq!(
        fs::read_to_string(sandbox.work().join("log")).unwrap(),
        "once\n"
    );
}

#[test]
fn what_a_killed_run_left_in_a_worktree_is_saved_and_removed_when_it_goes_on() {
    let sandbox = hanging();
    sandbox.user_config("[agents.shell]\ncommand = \"sh\"\nworkspace = \"worktree\"\n");
    let work = sandbox.work();
    let work = work.to_str().unwrap();
    let plan = HANGS
        .replace(
            "echo x > begun",
            &format!("echo half > half.txt; echo x > {work}/begun"),
        )
        .replace("read x < never", &format!("read x < {work}/never"))
        .replace("-e go", &format!("-e {work}/go"));
    sandbox.write("hangs.toml", plan);
    sandbox.write(".gitignore", "begun\nnever\n");
    git(&sandbox, &["init", "--quiet", "--initial-branch=main"]);
    commit(&sandbox, "first");
    let mut child = start(&sandbox, &["run", "hangs.toml"]);
    assert_eq!(wait_for(&sandbox, "begun"), "x\n");
    let workspaces = sandbox.root().join("state/runs/workspaces");
    let left = || {
        let entries = fs::read_dir(&workspaces).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths.filter(|path| path.is_dir()).collect::<Vec<_>>()
    };
    assert!(!left().is_empty());
    kill_process_group(Pid::from_child(&child), Signal::KILL).unwrap();
    child.wait().unwrap();
    // Whoever still ends has ended when nobody has the folders any more.
    for folder in left() {
        let lock = fs::File::open(folder.join("in-use.lock")).unwrap();
        lock.lock().unwrap();
    }
    let saved = "refs/guildhall";
    assert_eq!(git(&sandbox, &["for-each-ref", saved]), "");
    sandbox.write("go", "");
    sandbox.run(["run", "--resume", "hangs"]).ended(0);
    assert_eq!(left(), Vec::<std::path::PathBuf>::new());
    assert_eq!(git(&sandbox, &["worktree", "list"]).lines().count(), 1);
    let references = git(&sandbox, &["for-each-ref", "--format=%(refname)", saved]);
    let [reference] = references.lines().collect::<Vec<_>>()[..] else {
        panic!("{references}");
    };
    let half = git(&sandbox, &["show", &format!("{reference}:half.txt")]);
    assert_eq!(half.trim(), "half");
}

#[test]
fn a_second_process_cancels_a_run() {
    let sandbox = hanging();
    let child = start(&sandbox, &["run", "hangs.toml"]);
    assert_eq!(wait_for(&sandbox, "begun"), "x\n");
    let busy = sandbox.run(["run", "--resume", "hangs"]).ended(3);
    assert!(
        busy.stderr.contains("another process works on run"),
        "{busy}"
    );
    let ran = sandbox
        .run(["cancel", "hangs", "--reason", "not needed"])
        .ended(0);
    assert!(ran.stdout.ends_with(" is being cancelled\n"), "{ran}");
    let ran = Ran::of(child.wait_with_output().unwrap()).ended(1);
    assert!(
        ran.stderr.contains("error: the run was cancelled\n"),
        "{ran}"
    );
    let tasks = sandbox
        .run(["results", "hangs", "--format", "json"])
        .ended(0)
        .json();
    assert_eq!(
        statuses(&tasks),
        pairs(&[("first", "completed"), ("hangs", "cancelled")])
    );
    assert_eq!(tasks["tasks"][1]["error"], "not needed");
    let again = sandbox.run(["cancel", "hangs"]).ended(3);
    assert!(again.stderr.contains("has ended (cancelled)"), "{again}");
}

#[test]
fn one_task_is_cancelled_and_the_rest_goes_on() {
    let sandbox = hanging();
    let plan = format!(
        "{HANGS}\n[[task]]\nid = 'last'\nneeds = [{{ task = 'hangs', on = 'ended' }}]\nprompt = 'echo last'\n"
    );
    sandbox.write("hangs.toml", plan);
    let child = start(&sandbox, &["run", "hangs.toml", "--format", "json"]);
    assert_eq!(wait_for(&sandbox, "begun"), "x\n");
    sandbox.run(["cancel", "hangs", "hangs"]).ended(0);
    let ran = Ran::of(child.wait_with_output().unwrap());
    let expected = [
        ("first", "completed"),
        ("hangs", "cancelled"),
        ("last", "completed"),
    ];
    assert_eq!(statuses(&ran.json()), pairs(&expected));
}

#[test]
fn a_failed_task_is_tried_again_with_what_was_skipped_for_its_sake() {
    let sandbox = sandbox();
    let plan = r#"
name = "mend"
defaults = { agent = "shell" }

[[task]]
id = "build"
prompt = "test -e mended && echo built"

[[task]]
id = "ship"
needs = ["build"]
prompt = "echo shipped"
"#;
    let ran = run(&sandbox, plan, &[]).ended(1);
    let id = run_named_in(&ran.stderr);
    let ended = sandbox.run(["run", "--resume", &id]).ended(3);
    assert!(
        ended.stderr.contains("--retry-failed` tries again"),
        "{ended}"
    );
    sandbox
        .run(["run", "--resume", &id, "--retry-failed"])
        .ended(1);
    sandbox.write("mended", "");
    sandbox
        .run(["run", "--resume", &id, "--retry", "build"])
        .ended(0);
    assert_eq!(
        results(&sandbox),
        pairs(&[("build", "completed"), ("ship", "completed")])
    );
    let again = sandbox
        .run(["run", "--resume", &id, "--retry", "build"])
        .ended(3);
    assert!(again.stderr.contains("the task is completed"), "{again}");
}

#[test]
fn a_failed_task_is_tried_again_with_another_prompt_or_input() {
    let sandbox = sandbox();
    let plan = r#"
name = "adjust"
[[task]]
id = "prompted"
agent = "shell"
prompt = "exit 1"
[[task]]
id = "fed"
agent = "shell"
input = "exit 1"
"#;
    run(&sandbox, plan, &[]).ended(1);
    sandbox.write("prompt.txt", "echo better");
    sandbox.write("input.json", "\"echo fed\"");
    let ran = sandbox.run([
        "run",
        "--resume",
        "adjust",
        "--retry-prompt",
        "prompted=prompt.txt",
        "--retry-input",
        "fed=input.json",
        "--format",
        "json",
    ]);
    let results = ran.ended(0).json();
    assert_eq!(results["tasks"][0]["result"], "fed");
    assert_eq!(results["tasks"][1]["result"], "better");
}

#[test]
fn an_agent_that_is_another_now_is_told_and_accepted_only_on_request() {
    let sandbox = hanging();
    let child = start(&sandbox, &["run", "hangs.toml"]);
    assert_eq!(wait_for(&sandbox, "begun"), "x\n");
    kill_process_group(Pid::from_child(&child), Signal::INT).unwrap();
    child.wait_with_output().unwrap();
    sandbox.write("go", "");
    let other = super::support::AGENTS.replace("command = \"sh\"", "command = \"bash\"");
    sandbox.user_config(&other);
    let ran = sandbox.run(["run", "--resume", "hangs"]).ended(3);
    assert!(
        ran.stderr.contains("agent shell 1.0.0 has other content"),
        "{ran}"
    );
    assert!(ran.stderr.contains("`--accept-changes`"), "{ran}");
    sandbox
        .run(["run", "--resume", "hangs", "--accept-changes"])
        .ended(0);
}

#[test]
fn runs_are_found_by_id_name_and_latest() {
    let sandbox = sandbox();
    let plan = |name: &str| {
        format!("name = '{name}'\n[[task]]\nid = 'a'\nagent = 'shell'\nprompt = 'echo {name}'\n")
    };
    run(&sandbox, &plan("alpha"), &[]).ended(0);
    run(&sandbox, &plan("beta"), &[]).ended(0);
    let of = |text: &str| {
        let ran = sandbox.run(["results", text, "--format", "json"]).ended(0);
        ran.json()["name"].as_str().unwrap().to_owned()
    };
    assert_eq!(of("alpha"), "alpha");
    assert_eq!(of("latest"), "beta");
    let list = sandbox.run(["runs", "--format", "json"]).ended(0).json();
    let id = list["runs"][1]["run"].as_str().unwrap().to_owned();
    assert_eq!(of(&id), "alpha");
    assert_eq!(of(&id[28..]), "alpha");
    run(&sandbox, &plan("alpha"), &[]).ended(0);
    let ran = sandbox.run(["results", "alpha"]).ended(3);
    assert!(
        ran.stderr.contains("\"alpha\" could be any of 2 runs"),
        "{ran}"
    );
    assert!(ran.stderr.contains(&id), "{ran}");
    let ran = sandbox.run(["results", "gamma"]).ended(3);
    assert!(ran.stderr.contains("there is no run gamma"), "{ran}");
}

#[test]
fn a_second_interrupt_waits_for_nobody() {
    let sandbox = sandbox();
    pipe(&sandbox, "begun");
    pipe(&sandbox, "never");
    sandbox.user_config(
        "[agents.stubborn]\ncommand = \"sh\"\nworkspace = \"shared\"\ngrace-seconds = 600\n",
    );
    let plan = "name = 'p'\n[[task]]\nid = 'a'\nagent = 'stubborn'\n\
                prompt = 'trap \"\" TERM; echo x > begun; read x < never'\n";
    sandbox.write("plan.toml", plan);
    let child = start(&sandbox, &["run", "-q", "plan.toml", "-o", "out.txt"]);
    assert_eq!(wait_for(&sandbox, "begun"), "x\n");
    let group = Pid::from_child(&child);
    kill_process_group(group, Signal::INT).unwrap();
    // The first one has arrived when the journal says so.
    let status = || {
        let list = sandbox.run(["runs", "--format", "json"]).ended(0).json();
        list["runs"][0]["status"].as_str().unwrap().to_owned()
    };
    while status() == "running" {}
    assert_eq!(status(), "paused");
    kill_process_group(group, Signal::INT).unwrap();
    Ran::of(child.wait_with_output().unwrap()).failed(130, "");
    let mut names: Vec<String> = fs::read_dir(sandbox.work())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["begun", "never", "plan.toml"]);
}
