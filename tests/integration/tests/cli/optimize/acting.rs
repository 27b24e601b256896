//! `guildhall optimize apply` and `watch`: a running run is given places, by another process.

use std::fmt::Write as _;
use std::fs;
use std::process::{Child, Stdio};

use serde_json::Value;

use crate::support::{Plugin, Ran, Sandbox};

/// Tasks of a load, and the places that the user allows for it.
const TASKS: usize = 40;
const ALLOWED: u64 = 8;

/// A pool of programs of which the plan allows one at once and the user eight.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new(&[Plugin::Optimizer, Plugin::Swarm]);
    sandbox.user_config(&format!(
        "[run.control]\nmax-places = {ALLOWED}\n\
         [agents.worker]\ncommand = \"sh\"\nargs = [\"-c\", \"{{prompt}}\"]\n\
         workspace = \"shared\"\nmax-concurrent-tasks = {ALLOWED}\n"
    ));
    sandbox
}

/// A plan of scripts, of which one is done at once.
fn plan(name: &str, scripts: impl IntoIterator<Item = String>) -> String {
    let mut plan =
        format!("name = \"{name}\"\n[limits]\nconcurrency = 8\nagents = {{ worker = 1 }}\n");
    for (task, script) in scripts.into_iter().enumerate() {
        let _ = write!(
            plan,
            "[[task]]\nid = \"t{task}\"\nagent = \"worker\"\nprompt = \"{script}\"\n"
        );
    }
    plan
}

/// Begins a run beside the test, which goes on when its first attempt has begun.
fn begin(sandbox: &Sandbox, name: &str, plan: &str) -> Child {
    sandbox.write("plan.toml", plan);
    let mut command = sandbox.command(["run", "plan.toml"]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped());
    let child = child.spawn().unwrap();
    let is_begun = || {
        let log = sandbox.run(["log", name]);
        log.stdout.contains("\"type\":\"started\"")
    };
    while !is_begun() {
        std::thread::yield_now();
    }
    child
}

fn ended(child: Child) {
    let ran = Ran::of(child.wait_with_output().unwrap());
    ran.ended(0);
}

/// What `status` says of the only agent of a run, with a promise.
fn worker(sandbox: &Sandbox, run: &str, wait: f64) -> Value {
    let wait = wait.to_string();
    let asked = [
        "optimize", "status", "--run", run, "--wait", &wait, "--json",
    ];
    sandbox.run(asked).ended(0).json()["agents"][0].clone()
}

/// Attempts that were at work at once at the most, by the run's journal.
fn most_at_once(sandbox: &Sandbox, run: &str) -> usize {
    let log = sandbox.run(["log", run]).ended(0).stdout;
    let (mut now, mut most) = (0_usize, 0);
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        match line["type"].as_str() {
            Some("started") => now += 1,
            Some("completed" | "attempt_failed") => now -= 1,
            _ => {}
        }
        most = most.max(now);
    }
    most
}

fn changes(sandbox: &Sandbox, run: &str) -> Vec<Value> {
    let log = sandbox.run(["log", run]).ended(0).stdout;
    let lines = log.lines().map(|line| serde_json::from_str(line).unwrap());
    let is_change = |line: &Value| line["type"] == "limits_changed";
    lines.filter(is_change).collect()
}

#[test]
fn a_pool_of_programs_is_scaled_under_load_and_keeps_its_promise() {
    let sandbox = sandbox();
    let load = || (0..TASKS).map(|_| "sleep 0.4".to_owned());
    // The control: one at a time, so that half of the tasks wait longer than half of them take.
    sandbox.write("plan.toml", plan("alone", load()));
    sandbox.run(["run", "plan.toml"]).ended(0);
    assert_eq!(most_at_once(&sandbox, "alone"), 1);
    let wait = worker(&sandbox, "alone", 1.0)["wait"]["p50"]
        .as_f64()
        .unwrap();
    let alone = worker(&sandbox, "alone", wait)["late_share"]
        .as_f64()
        .unwrap();
    assert!(alone > 0.05, "without the loop {alone} are late");

    let run = begin(&sandbox, "watched", &plan("watched", load()));
    let wait_of = wait.to_string();
    let watch = [
        "optimize", "watch", "--run", "watched", "--every", "0.1s", "--wait", &wait_of,
    ];
    let watched = sandbox.run([&watch[..], &["--commit", "--json"]].concat());
    ended(run);
    let report = watched.ended(0).json();
    assert_eq!(report["ended"], "the run is completed", "{report}");
    // More were at work at once, and never more than the user allows.
    let most = most_at_once(&sandbox, "watched") as u64;
    assert!(most > 1 && most <= ALLOWED, "{most} at once: {report}");
    let late = worker(&sandbox, "watched", wait)["late_share"]
        .as_f64()
        .unwrap();
    assert!(
        late <= 0.05,
        "with the loop {late} are late, {alone} without: {report}"
    );
    // Every action stands in the journal, with who took it and why.
    let changes = changes(&sandbox, "watched");
    assert_eq!(changes.len(), report["actions"].as_array().unwrap().len());
    assert!(!changes.is_empty());
    for change in &changes {
        assert_eq!(change["by"], "resource-optimizer");
        assert!(change["why"].as_str().unwrap().contains("wait"), "{change}");
        assert!(change["to"].as_u64() <= Some(ALLOWED), "{change}");
    }
}

#[test]
fn without_a_word_of_the_user_the_plan_is_the_bound_and_without_commit_nothing_is_done() {
    let sandbox = sandbox();
    let gate = || ["true".to_owned(), wait_for_go()].into_iter();
    let run = begin(&sandbox, "dry", &plan("dry", gate()));
    let watch = ["optimize", "watch", "--run", "dry", "--every", "0.1s"];
    let dry = sandbox.run([&watch[..], &["--wait", "0", "--until", "0.5s", "--json"]].concat());
    let report = dry.ended(0).json();
    assert_eq!(report["committed"], false);
    assert!(changes(&sandbox, "dry").is_empty());
    go(&sandbox);
    ended(run);
}

/// A script that ends when the test lets it.
fn wait_for_go() -> String {
    "until [ -e go ]; do sleep 0.02; done".to_owned()
}

fn go(sandbox: &Sandbox) {
    fs::write(sandbox.work().join("go"), "").unwrap();
}

#[test]
fn what_is_recommended_is_applied_and_undone() {
    let sandbox = sandbox();
    let scripts = (0..12).map(|_| "true".to_owned());
    let scripts = scripts.chain([wait_for_go()]);
    let run = begin(&sandbox, "gated", &plan("gated", scripts));
    while worker(&sandbox, "gated", 0.0)["completed"].as_u64() < Some(12) {
        std::thread::yield_now();
    }
    let apply = ["optimize", "apply", "--run", "gated", "--wait", "0"];
    let dry = sandbox.run(apply).ended(0);
    assert!(dry.stdout.contains("This is a dry run"), "{dry}");
    assert!(changes(&sandbox, "gated").is_empty());
    let done = sandbox.run([&apply[..], &["--commit", "--json"]].concat());
    let done = done.ended(0).json();
    let change = &done["changes"][0];
    assert_eq!(change["change"]["from"], 1, "{done}");
    assert!(change["change"]["to"].as_u64() > Some(1), "{done}");
    assert_eq!(changes(&sandbox, "gated").len(), 1);
    let id = change["id"].as_str().unwrap();
    let undone = sandbox.run(["optimize", "apply", "--undo", id, "--json"]);
    let undone = undone.ended(0).json();
    assert_eq!(undone["changes"][0]["change"]["to"], 1, "{undone}");
    assert_eq!(undone["changes"][0]["undoes"], id);
    let again = sandbox.run(["optimize", "apply", "--undo", id]).ended(4);
    assert!(
        again.stderr.contains("somebody has changed them"),
        "{again}"
    );
    go(&sandbox);
    ended(run);
    let over = sandbox.run([&apply[..], &["--commit"]].concat()).ended(3);
    assert!(over.stderr.contains("which is completed"), "{over}");
}

#[test]
fn bad_requests_are_refused_with_what_to_do() {
    let sandbox = sandbox();
    let none = sandbox.run(["optimize", "apply"]).ended(3);
    assert!(none.stderr.contains("there is no run \"latest\""), "{none}");
    sandbox.write("plan.toml", plan("over", ["true".to_owned()]));
    sandbox.run(["run", "plan.toml"]).ended(0);
    for (arguments, words) in [
        (vec!["watch"], "nobody works on the run over"),
        (vec!["watch", "--run", "none"], "there is no run \"none\""),
        (vec!["watch", "--every", "0s"], "`every` is \"0s\""),
        (vec!["watch", "--every", "0.01s"], "`every` is 0.01 s"),
        (vec!["watch", "--until", "soon"], "`until` is \"soon\""),
        (vec!["watch", "--wait=-1"], "`wait` is -1"),
        (vec!["watch", "--boot=-1"], "`boot` is -1"),
        (vec!["apply"], "which is completed"),
        (vec!["apply", "--undo", "x-1"], "there is no change \"x-1\""),
        (
            vec!["apply", "places-x", "--undo", "x-1"],
            "`undo` names a change",
        ),
    ] {
        let ran = sandbox
            .run([&["optimize"], &arguments[..]].concat())
            .ended(3);
        assert!(ran.stderr.contains(words), "{arguments:?}: {ran}");
    }
    assert!(changes(&sandbox, "over").is_empty());
}
