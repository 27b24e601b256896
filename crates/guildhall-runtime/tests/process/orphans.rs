//! What happens to programs whose host or supervisor is killed.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use guildhall_core::{Agent as _, ErrorCode};
use guildhall_runtime::RuntimeError;
use guildhall_runtime::process::wait_until_free;
use guildhall_runtime::workspace;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::support::{Bench, HELPER, PATIENCE, hear, is_alive, script, sweep_what_was_left};

/// A script whose children hide in sessions of their own and ignore requests; it says
/// the ids of all.
fn family(pipe: &Path) -> String {
    let pipe = pipe.display();
    format!(
        "trap '' TERM HUP; setsid sh -c 'trap \"\" TERM HUP; sleep 1000 & echo $$ $! > ids; mv ids said; while :; do sleep 1; done' & \
         while ! test -e said; do sleep 0.01; done; echo $$ $(cat said) > {pipe}; wait"
    )
}

/// A host in a process of its own that runs the script.
fn host(bench: &Bench, text: &str) -> Child {
    host_of(bench, script(text, json!({})))
}

fn host_of(bench: &Bench, config: serde_json::Value) -> Child {
    let attempt = serde_json::to_string(&bench.attempt()).unwrap();
    Command::new(HELPER)
        .args(["run", &config.to_string(), "\"\"", &attempt])
        .stdin(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test]
async fn a_killed_host_leaves_no_process_and_no_lock() {
    let bench = Bench::new();
    let pipe = bench.pipe("pids");
    let mut host = host(&bench, &family(&pipe));
    let pids = hear(&pipe).await;
    let lock = bench.attempt().lock_file();
    let busy = wait_until_free(&lock, Duration::ZERO).await.unwrap_err();
    assert!(matches!(busy, RuntimeError::StillRunning { .. }), "{busy}");
    assert!(busy.to_string().starts_with("process "), "{busy}");
    assert_eq!(bench.left_behind().len(), 1);

    // As kill -9.
    host.kill().unwrap();
    host.wait().unwrap();
    wait_until_free(&lock, PATIENCE).await.unwrap();
    let pids: Vec<&str> = pids.split_whitespace().collect();
    assert_eq!(pids.len(), 3);
    for pid in pids {
        assert!(!is_alive(pid), "{pid} still lives");
    }
    // What the host could not remove any more, the next one sweeps away.
    let swept = sweep_what_was_left(&bench.attempt().workspaces()).await;
    assert!(swept.kept.is_empty());
    assert_eq!(bench.left_behind(), Vec::<String>::new());
}

#[tokio::test]
async fn a_folder_whose_processes_still_live_is_not_swept() {
    let bench = Bench::new();
    let pipe = bench.pipe("pids");
    let mut host = host(&bench, &family(&pipe));
    hear(&pipe).await;
    let swept = workspace::sweep(&bench.attempt().workspaces())
        .await
        .unwrap();
    assert!(swept.removed.is_empty() && swept.kept.is_empty());
    assert_eq!(bench.left_behind().len(), 1);
    host.kill().unwrap();
    host.wait().unwrap();
    wait_until_free(&bench.attempt().lock_file(), PATIENCE)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_folder_is_not_swept_between_the_hosts_death_and_the_programs() {
    let bench = Bench::new();
    let [ready, asked, go] = ["ready", "asked", "go"].map(|name| bench.pipe(name));
    // Asked to end, it says so and waits until it may. Nobody reads what it complains of.
    let text = format!(
        "exec 2> /dev/null; trap 'echo asked > {}; cat {} > tidied; exit' TERM; echo ready > {}; while :; do sleep 0.01; done",
        asked.display(),
        go.display(),
        ready.display()
    );
    let mut host = host_of(&bench, script(&text, json!({"grace-seconds": 600})));
    hear(&ready).await;
    host.kill().unwrap();
    host.wait().unwrap();
    hear(&asked).await;
    let workspaces = bench.attempt().workspaces();
    let swept = workspace::sweep(&workspaces).await.unwrap();
    assert!(swept.removed.is_empty() && swept.kept.is_empty());
    assert_eq!(bench.left_behind().len(), 1);
    std::fs::write(&go, "go").unwrap();
    wait_until_free(&bench.attempt().lock_file(), PATIENCE)
        .await
        .unwrap();
}

#[tokio::test]
async fn an_attempt_is_not_started_again_while_its_processes_live() {
    let bench = Bench::new();
    let pipe = bench.pipe("pid");
    let text = format!("echo $$ > {}; exec sleep 1000", pipe.display());
    let first = bench.run(script(&text, json!({})), json!(""));
    let again = async {
        hear(&pipe).await;
        let config = script("touch made", json!({"workspace": "shared"}));
        let error = bench.run(config, json!("")).await.unwrap_err();
        let lock = bench.attempt().lock_file();
        let busy = wait_until_free(&lock, Duration::from_millis(1)).await;
        bench.cancel.cancel();
        wait_until_free(&lock, PATIENCE).await.unwrap();
        (error, busy)
    };
    let (first, (again, busy)) = tokio::join!(first, again);
    assert!(first.unwrap_err().is(ErrorCode::Cancelled));
    assert_eq!(again.code, "attempt-still-running");
    assert!(again.retryable);
    assert!(!bench.work().join("made").exists());
    assert!(busy.is_err());
}

#[tokio::test]
async fn a_killed_supervisor_takes_the_program_with_it_and_the_lock_tells_of_the_rest() {
    let bench = Bench::new();
    let pipe = bench.pipe("pids");
    let agent = bench.agent(script(&family(&pipe), json!({})));
    let task = bench.task(&agent, json!(""));
    let ctx = bench.context(&task, None);
    let kill = async {
        let pids = hear(&pipe).await;
        let lock = std::fs::read_to_string(bench.attempt().lock_file()).unwrap();
        let supervisor = lock.strip_prefix("process ").unwrap().parse().unwrap();
        kill_process(Pid::from_raw(supervisor).unwrap(), Signal::KILL).unwrap();
        pids
    };
    let (result, pids) = tokio::join!(agent.execute(task, &ctx), kill);
    let error = result.unwrap_err();
    assert!(error.message.contains("supervisor ended"), "{error}");
    let pids: Vec<&str> = pids.split_whitespace().collect();
    // The others have nobody left to end them, but whoever comes next is told.
    let lock = bench.attempt().lock_file();
    assert!(wait_until_free(&lock, Duration::ZERO).await.is_err());
    for pid in &pids[1..] {
        let pid = Pid::from_raw(pid.parse().unwrap()).unwrap();
        let _ = kill_process(pid, Signal::KILL);
    }
    wait_until_free(&lock, PATIENCE).await.unwrap();
}

#[tokio::test]
async fn a_lock_that_nobody_made_is_free() {
    let bench = Bench::new();
    let lock = bench.attempt().lock_file();
    wait_until_free(&lock, Duration::ZERO).await.unwrap();
}
