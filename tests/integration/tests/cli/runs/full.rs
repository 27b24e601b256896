//! A disk without room for the store: nothing that completed is lost or done again.
//!
//! A limit on the size of files stands in for the disk, for it needs no rights. Ignoring
//! the signal that goes with it makes it an error, as a full disk is.

use std::collections::BTreeMap;
use std::fs;

use super::support::{run_named_in, sandbox, statuses};
use crate::support::{Ran, Sandbox};

/// Tasks of the plan below.
const TASKS: usize = 60;

/// Tasks that each note that they were done, and whose results, which stand in the journal,
/// are more than the limit together.
fn plan() -> String {
    let mut plan =
        "name = 'p'\nstrategy = 'sequential'\ndefaults = { agent = 'shell' }\n".to_owned();
    for number in 0..TASKS {
        let id = format!("t{number:02}");
        plan.push_str(&format!(
            "[[task]]\nid = '{id}'\nprompt = 'echo {id} >> done; echo {id}; seq 2600'\n"
        ));
    }
    plan
}

/// Runs the program where no file can be larger than `limit`, in blocks of 512 or of 1024
/// bytes, as the shell has it.
fn limited(sandbox: &Sandbox, limit: &str, arguments: &[&str]) -> Ran {
    let plain = sandbox.command(arguments);
    let script = format!("trap '' XFSZ; ulimit -f {limit}; exec \"$@\"");
    let mut command = std::process::Command::new("sh");
    command
        .args(["-c", &script, "sh"])
        .arg(plain.get_program())
        .args(plain.get_args())
        .current_dir(sandbox.work())
        .env_clear()
        .stdin(std::process::Stdio::null());
    for (name, value) in plain.get_envs() {
        command.env(name, value.unwrap());
    }
    Ran::of(command.output().unwrap())
}

/// How often each task was done.
fn done(sandbox: &Sandbox) -> BTreeMap<String, usize> {
    let mut done = BTreeMap::new();
    for line in fs::read_to_string(sandbox.work().join("done"))
        .unwrap()
        .lines()
    {
        *done.entry(line.to_owned()).or_insert(0) += 1;
    }
    done
}

#[test]
fn a_run_whose_store_is_full_goes_on_when_there_is_room() {
    let sandbox = sandbox();
    sandbox.write("plan.toml", plan());
    let ran = limited(&sandbox, "600", &["run", "plan.toml"]).ended(74);
    assert_eq!(ran.stdout, "", "what is not kept is not told as a result");
    let store = sandbox.root().join("state/runs/store.sqlite");
    let told = format!("error: {} cannot ", store.display());
    assert!(ran.stderr.contains(&told), "{ran}");
    let id = run_named_in(&ran.stderr);
    // What was told as completed is there.
    let list = sandbox.run(["runs", "--format", "json"]).ended(0).json();
    assert_eq!(list["runs"][0]["status"], "interrupted");
    let before = sandbox.run(["results", &id, "--format", "json"]).ended(0);
    let before: Vec<String> = statuses(&before.json())
        .into_iter()
        .filter(|(_, status)| status == "completed")
        .map(|(id, _)| id)
        .collect();
    assert!((1..TASKS).contains(&before.len()), "{before:?}");
    let resumed = ["run", "--resume", &id, "--format", "json"];
    let results = sandbox.run(resumed).ended(0).json();
    let tasks = results["tasks"].as_array().unwrap();
    assert_eq!(tasks.len(), TASKS);
    for task in tasks {
        let id = task["task_id"].as_str().unwrap();
        let result = task["result"].as_str().unwrap();
        assert!(result.starts_with(&format!("{id}\n1\n2\n")), "{id}");
        assert!(result.ends_with("\n2600"), "{id}");
    }
    let done = done(&sandbox);
    assert_eq!(done.len(), TASKS);
    for id in before {
        assert_eq!(done[&id], 1, "{id} had completed");
    }
    // The one in flight, whose result could not be kept, may have been done again.
    assert!(done.values().sum::<usize>() <= TASKS + 1, "{done:?}");
}

#[test]
fn with_room_the_same_run_completes() {
    // The control of the test above.
    let sandbox = sandbox();
    sandbox.write("plan.toml", plan());
    limited(&sandbox, "unlimited", &["run", "plan.toml"]).ended(0);
    let done = done(&sandbox);
    assert_eq!(done.len(), TASKS);
    assert!(done.values().all(|times| *times == 1), "{done:?}");
}

#[test]
fn without_room_for_the_plan_no_run_is_begun() {
    let sandbox = sandbox();
    sandbox.write("plan.toml", plan());
    let ran = limited(&sandbox, "0", &["run", "plan.toml"]).ended(74);
    assert!(ran.stderr.contains("error: "), "{ran}");
    assert!(!ran.stderr.contains("--resume"), "there is no run: {ran}");
    assert!(!sandbox.work().join("done").exists());
    let list = sandbox.run(["runs"]).ended(0).stdout;
    assert!(list.starts_with("There are no runs yet."), "{list}");
    sandbox.run(["run", "plan.toml", "--check"]).ended(0);
}
