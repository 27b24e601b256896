//! Programs and scratch workspaces of an agent.

use std::fs;
use std::process::Stdio;

use serde_json::json;

use crate::support::{Plugin, Sandbox, commit, git};

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new(&[Plugin::Workbench]);
    git(&sandbox, &["init", "--quiet"]);
    sandbox.write("limit", "10\n");
    commit(&sandbox, "first");
    sandbox.write("limit", "20\n");
    commit(&sandbox, "second");
    // What nobody has committed stays as it is.
    sandbox.write("limit", "mine\n");
    sandbox
}

/// What a user sees of the checkout and the repository.
fn state(sandbox: &Sandbox) -> Vec<String> {
    [
        ["status", "--porcelain", "--branch"].as_slice(),
        &["diff"],
        &["worktree", "list"],
        &["for-each-ref", "refs/heads", "refs/tags"],
    ]
    .map(|arguments| git(sandbox, arguments))
    .into()
}

/// What is left in the folder of workspaces, locks of ours excepted.
fn left_behind(sandbox: &Sandbox) -> usize {
    let entries = fs::read_dir(sandbox.root().join("state/runs/workspaces"));
    let names = entries
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().file_name());
    names
        .filter(|name| !name.to_string_lossy().starts_with('.'))
        .count()
}

#[test]
fn an_agent_tries_a_script_at_several_commits_beside_the_checkout() {
    let sandbox = sandbox();
    let before = state(&sandbox);
    let script = "cat limit; echo 30 > limit; test -e built || echo anew; touch built; exit 3";
    let arguments = [
        "bench", "try", script, ".", "--at", "HEAD~1", "--at", "HEAD",
    ];
    let tried = sandbox
        .run(
            arguments
                .into_iter()
                .chain(["--message", "raise the limit"]),
        )
        .ended(0)
        .json();
    let of = |at: usize, key: &str| tried[at][key].clone();
    assert_eq!(
        [of(0, "output"), of(1, "output")],
        [json!("10\nanew\n"), json!("20\nanew\n")]
    );
    assert_eq!([of(0, "code"), of(1, "code")], [json!(3), json!(3)]);
    assert_eq!(of(0, "commit"), git(&sandbox, &["rev-parse", "HEAD~1"]));
    let patch = of(1, "patch");
    assert!(patch.as_str().unwrap().contains("-20\n+30\n"), "{patch}");
    assert_eq!(state(&sandbox), before);
    assert_eq!(left_behind(&sandbox), 0);
}

#[test]
fn what_hangs_is_ended_with_all_that_it_has_started() {
    let sandbox = sandbox();
    let script = "setsid sleep 1000 & echo $!; trap '' TERM; while :; do sleep 1; done";
    let tried = sandbox
        .run(["bench", "try", script, "--seconds", "1"])
        .ended(0)
        .json();
    assert_eq!(
        (&tried[0]["timed_out"], &tried[0]["code"]),
        (&json!(true), &json!(null))
    );
    let pid = tried[0]["output"].as_str().unwrap().trim();
    let process = std::path::PathBuf::from(format!("/proc/{pid}"));
    assert!(!process.exists(), "{pid} still lives");
}

#[test]
fn what_a_killed_host_left_is_swept() {
    let sandbox = sandbox();
    let before = state(&sandbox);
    let pipe = sandbox.root().join("pipe");
    let made = std::process::Command::new("mkfifo")
        .arg(&pipe)
        .status()
        .unwrap();
    assert!(made.success());
    // It says its parent's parent: the process that loads plugins is a child of the first.
    let script = format!("echo begun > {}; sleep 1000", pipe.display());
    let mut command = sandbox.command(["bench", "try", &script]);
    let mut host = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    assert_eq!(fs::read_to_string(&pipe).unwrap(), "begun\n");
    assert_eq!(left_behind(&sandbox), 1);
    for child in children(host.id()) {
        let killed = std::process::Command::new("kill")
            .args(["-9", &child])
            .status();
        assert!(killed.unwrap().success());
    }
    host.wait().unwrap();
    assert_ne!(state(&sandbox), before, "its worktree is known still");
    // Its supervisor may hold the folder for a moment yet.
    while left_behind(&sandbox) > 0 {
        sandbox.run(["bench", "try", "true"]).ended(0);
    }
    assert_eq!(state(&sandbox), before);
}

fn children(parent: u32) -> Vec<String> {
    let listed = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"));
    let listed = listed.unwrap();
    listed.split_whitespace().map(str::to_owned).collect()
}
