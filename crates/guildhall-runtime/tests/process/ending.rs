//! How programs are ended, with all that they started.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use guildhall_core::{Agent as _, AgentError, ErrorCode};
use guildhall_runtime::process::wait_until_free;
use serde_json::{Value, json};

use crate::support::{Bench, PATIENCE, hear, is_alive, output, script};

/// A script that leaves a process behind which hides from its group, its session and
/// its parent, ignores requests to end, and says its id to the pipe.
fn daemon(pipe: &std::path::Path) -> String {
    format!(
        "setsid sh -c '(trap \"\" TERM HUP INT; echo $$ > /dev/null; sh -c \"trap \\\"\\\" TERM; echo \\$\\$ > {}; while :; do sleep 5; done\" &)' < /dev/null > /dev/null 2>&1",
        pipe.display()
    )
}

/// Runs the script, withdraws the task when the script says so, and gives the error and
/// what was said.
async fn cancelled(bench: &Bench, text: &str, more: Value) -> (AgentError, String) {
    let pipe = bench.pipe("ready");
    let text = text.replace("PIPE", &pipe.to_string_lossy());
    let ready = async {
        let said = hear(&pipe).await;
        bench.cancel.cancel();
        said
    };
    let (result, said) = tokio::join!(bench.run(script(&text, more), json!("")), ready);
    (result.unwrap_err(), said)
}

#[tokio::test]
async fn a_task_that_takes_too_long_is_ended_and_the_limit_is_named() {
    let bench = Bench::new();
    let config = script("exec sleep 1000", json!({"timeout-seconds": 0.3}));
    let error = bench.run(config, json!("")).await.unwrap_err();
    assert!(error.is(ErrorCode::DeadlineExceeded));
    assert_eq!(error.message, "Task exceeded 0.3s timeout");
    let config = script("exec sleep 1000", json!({"timeout-seconds": 1}));
    let error = bench.run(config, json!("")).await.unwrap_err();
    assert_eq!(error.message, "Task exceeded 1s timeout");
    assert_eq!(bench.left_behind(), Vec::<String>::new());
}

#[tokio::test]
async fn the_callers_deadline_counts_where_it_is_earlier() {
    let bench = Bench::new();
    let agent = bench.agent(script("exec sleep 1000", json!({})));
    let task = bench.task(&agent, json!(""));
    let deadline = Instant::now() + Duration::from_millis(200);
    let ctx = bench.context(&task, Some(deadline));
    let error = agent.execute(task, &ctx).await.unwrap_err();
    assert!(error.is(ErrorCode::DeadlineExceeded));
    assert!(error.message.starts_with("Task exceeded 0.1"), "{error}");
}

#[tokio::test]
async fn a_task_that_is_withdrawn_is_ended() {
    let bench = Bench::new();
    let (error, pid) = cancelled(&bench, "echo $$ > PIPE; exec sleep 1000", json!({})).await;
    assert!(error.is(ErrorCode::Cancelled));
    assert!(!is_alive(&pid));
    assert_eq!(bench.left_behind(), Vec::<String>::new());
}

#[tokio::test]
async fn a_program_may_tidy_up_before_it_ends_and_start_others_for_that() {
    let bench = Bench::new();
    let text = "trap 'sleep 0.1 && echo tidy > tidied; exit 0' TERM; echo ready > PIPE; while :; do sleep 0.01; done";
    let more = json!({"workspace": "shared", "grace-seconds": 60});
    let (error, _) = cancelled(&bench, text, more).await;
    assert!(error.is(ErrorCode::Cancelled));
    assert_eq!(
        std::fs::read(bench.work().join("tidied")).unwrap(),
        b"tidy\n"
    );
}

#[tokio::test]
async fn a_program_that_ignores_requests_is_ended_by_force() {
    let bench = Bench::new();
    let text = "trap '' TERM HUP INT; echo $$ > PIPE; while :; do sleep 1; done";
    let (error, pid) = cancelled(&bench, text, json!({})).await;
    assert!(error.is(ErrorCode::Cancelled));
    assert!(!is_alive(&pid));
}

#[tokio::test]
async fn a_program_that_stopped_itself_is_ended_too() {
    let bench = Bench::new();
    let text = "echo $$ > PIPE; kill -STOP $$; sleep 1000";
    let (error, pid) = cancelled(&bench, text, json!({"grace-seconds": 60})).await;
    assert!(error.is(ErrorCode::Cancelled));
    assert!(!is_alive(&pid));
}

#[tokio::test]
async fn what_a_program_leaves_behind_is_ended_however_it_hides() {
    let bench = Bench::new();
    let pipe = bench.pipe("pid");
    let text = format!("{}; echo done", daemon(&pipe));
    let (outcome, pid) = tokio::join!(bench.run(script(&text, json!({})), json!("")), hear(&pipe));
    assert_eq!(output(&outcome.unwrap()), "done");
    assert!(!is_alive(&pid), "{pid} still lives");
}

/// The control of the test above: without a supervisor the process stays.
#[tokio::test]
async fn the_same_program_leaves_a_process_behind_when_it_is_run_plainly() {
    let bench = Bench::new();
    let pipe = bench.pipe("pid");
    let mut plain = Command::new("sh");
    plain.args(["-c", &daemon(&pipe)]).stdin(Stdio::null());
    let mut plain = plain.spawn().unwrap();
    let pid = hear(&pipe).await;
    assert!(plain.wait().unwrap().success());
    let was_alive = is_alive(&pid);
    let pid = rustix::process::Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    assert!(was_alive);
}

#[tokio::test]
async fn a_program_that_signals_its_whole_group_spares_its_supervisor() {
    let error = Bench::new()
        .run(script("kill -KILL 0", json!({})), json!(""))
        .await
        .unwrap_err();
    assert_eq!(error.message, "the program was ended by signal 9 (SIGKILL)");
}

#[tokio::test]
async fn processes_that_start_others_while_they_are_ended_are_all_ended() {
    let bench = Bench::new();
    let pipe = bench.pipe("ready");
    // Each request to end starts two more.
    let text = format!(
        "cat > again <<'END'\ntrap 'sh ./again & sh ./again &' TERM\nwhile :; do sleep 0.02; done\nEND\nsh ./again & echo ready > {}; wait",
        pipe.display()
    );
    let lock = bench.attempt().lock_file();
    let ready = async {
        hear(&pipe).await;
        bench.cancel.cancel();
    };
    let (result, ()) = tokio::join!(bench.run(script(&text, json!({})), json!("")), ready);
    let error = result.unwrap_err();
    assert!(error.is(ErrorCode::Cancelled));
    assert!(
        !error.extra["exit"]
            .as_object()
            .unwrap()
            .contains_key("survivors")
    );
    assert!(!lock.exists());
}

#[tokio::test]
async fn a_future_that_is_dropped_leaves_nothing_behind() {
    let bench = Bench::new();
    let pipe = bench.pipe("pid");
    let text = format!("echo $$ > {}; exec sleep 1000", pipe.display());
    let agent = bench.agent(script(&text, json!({})));
    let task = bench.task(&agent, json!(""));
    let ctx = bench.context(&task, None);
    let pid = tokio::select! {
        result = agent.execute(task, &ctx) => panic!("ended early: {result:?}"),
        pid = hear(&pipe) => pid,
    };
    wait_until_free(&bench.attempt().lock_file(), PATIENCE)
        .await
        .unwrap();
    assert!(!is_alive(&pid));
    // The rest of the attempt goes on by itself.
    let cleared = async {
        while !bench.left_behind().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, cleared).await.unwrap();
}

#[tokio::test]
async fn a_task_that_was_withdrawn_before_is_not_started() {
    let bench = Bench::new();
    bench.cancel.cancel();
    let config = script("touch made", json!({"workspace": "shared"}));
    let error = bench.run(config, json!("")).await.unwrap_err();
    assert!(error.is(ErrorCode::Cancelled));
    assert!(!bench.work().join("made").exists());
}
