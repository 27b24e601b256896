//! Limits: each is kept where the outcome says so, and its control shows that the same
//! program does the forbidden thing without it.

use guildhall_core::{AgentError, Outcome};
use serde_json::{Value, json};

use crate::support::{Bench, HELPER, enforcement, merge, script};

/// Runs the same script without and with limits.
async fn compared(
    bench: &Bench,
    text: &str,
    limits: Value,
) -> (Outcome, Result<Outcome, AgentError>) {
    let free = bench.run(script(text, json!({})), json!("")).await.unwrap();
    let limited = script(text, json!({"limits": limits}));
    (free, bench.run(limited, json!("")).await)
}

fn says_enforced(error: &AgentError, limit: &str) -> bool {
    let entries = error.extra["enforcement"].as_array().unwrap();
    entries
        .iter()
        .any(|entry| entry["limit"] == limit && entry["enforced"] == true)
}

/// A program that got through is excused only where the outcome says that this system
/// cannot keep the limit.
fn excused(outcome: &Outcome, limit: &str) {
    let (is_enforced, by) = enforcement(outcome, limit).unwrap();
    let cannot = [
        "this kernel has no Landlock",
        "Landlock is switched off",
        "cannot do it",
        "cannot do all of it",
        "this system has no means",
    ];
    let is_known = cannot.iter().any(|words| by.contains(words));
    assert!(!is_enforced && is_known, "{limit}: {by}");
}

#[tokio::test]
async fn processor_time_is_limited() {
    let config = script(
        "while :; do :; done",
        json!({"limits": {"cpu-seconds": 1}, "timeout-seconds": 120}),
    );
    let error = Bench::new().run(config, json!("")).await.unwrap_err();
    assert_eq!(error.code, "killed-by-signal");
    assert!(error.message.contains("SIGXCPU"), "{error}");
    assert!(error.help.as_ref().unwrap().contains("cpu-seconds"));
    assert!(says_enforced(&error, "cpu-seconds"));
}

#[tokio::test]
async fn memory_is_limited() {
    let text = "x=$(head -c 60000000 /dev/zero | tr '\\0' a); test ${#x} -eq 60000000";
    let (_, limited) = compared(&Bench::new(), text, json!({"memory-mib": 40})).await;
    assert!(says_enforced(&limited.unwrap_err(), "memory-mib"));
}

#[tokio::test]
async fn the_size_of_files_is_limited() {
    let text = "head -c 3000000 /dev/zero > big && echo done";
    let (_, limited) = compared(&Bench::new(), text, json!({"file-size-mib": 1})).await;
    assert!(says_enforced(&limited.unwrap_err(), "file-size-mib"));
}

#[tokio::test]
async fn open_files_are_limited() {
    let text = "test $(ulimit -n) -ne 20";
    let (_, limited) = compared(&Bench::new(), text, json!({"open-files": 20})).await;
    assert!(says_enforced(&limited.unwrap_err(), "open-files"));
}

#[tokio::test]
async fn processes_are_limited() {
    let text = "for i in 1 2 3 4 5 6 7 8; do sleep 0.5 & done; wait";
    let (_, limited) = compared(&Bench::new(), text, json!({"processes": 5})).await;
    let error = limited.unwrap_err();
    assert_eq!(error.code, "too-many-processes");
    assert!(error.message.contains("more than 5"), "{error}");
    assert!(says_enforced(&error, "processes"));
}

#[tokio::test]
async fn writing_is_limited_to_the_workspace() {
    let bench = Bench::new();
    let outside = bench.outside();
    let text = format!(
        "echo 1 > inside; echo 2 > $TMPDIR/temporary || exit 9; echo null > /dev/null || exit 8; echo 3 > {}/written",
        outside.display()
    );
    let limits = json!({"write": ["workspace"]});
    let more = json!({"set-env": {"TMPDIR": outside}});
    let free = bench.run(script(&text, more), json!("")).await;
    assert!(free.is_ok());
    std::fs::remove_file(outside.join("written")).unwrap();
    let limited = bench
        .run(script(&text, json!({"limits": limits})), json!(""))
        .await;
    match limited {
        Ok(outcome) => excused(&outcome, "write"),
        Err(error) => {
            assert!(says_enforced(&error, "write"), "{error:?}");
            assert!(!outside.join("written").exists());
            assert!(error.message.contains("Permission denied"), "{error}");
            assert!(error.message.contains("code 2"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_folder_that_is_named_may_be_written() {
    let bench = Bench::new();
    let outside = bench.outside();
    let text = format!(
        "echo 3 > {0}/written && mv {0}/written moved",
        outside.display()
    );
    let limits = json!({"write": ["workspace", outside], "read": ["workspace", "system"]});
    let config = script(&text, json!({"limits": limits}));
    bench.run(config, json!("")).await.unwrap();
}

#[tokio::test]
async fn reading_is_limited_to_what_is_named() {
    let bench = Bench::new();
    let outside = bench.outside();
    std::fs::write(outside.join("private"), "secret").unwrap();
    let text = format!("echo a > own; cat own; cat {}/private", outside.display());
    let limits = json!({"read": ["workspace", "system"]});
    let (_, limited) = compared(&bench, &text, limits).await;
    match limited {
        Ok(outcome) => excused(&outcome, "read"),
        Err(error) => {
            assert!(says_enforced(&error, "read"));
            assert!(
                error.message.contains("private: Permission denied"),
                "{error}"
            );
        }
    }
}

#[tokio::test]
async fn a_limited_program_may_still_link_files_between_folders_of_its_workspace() {
    let text = "mkdir a b; echo 1 > a/f; ln a/f b/f; cat b/f";
    for limits in [
        json!({"write": ["workspace"]}),
        json!({"read": ["workspace", "system"]}),
        json!({"network": false}),
        json!({"write": ["workspace"], "read": ["workspace", "system"], "network": false}),
    ] {
        let (_, limited) = compared(&Bench::new(), text, limits).await;
        assert!(limited.is_ok(), "{limited:?}");
    }
}

#[tokio::test]
async fn the_network_is_closed_as_far_as_the_outcome_says() {
    let bench = Bench::new();
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap().to_string();
    let mut config = json!({"command": HELPER, "args": ["connect", address]});
    bench.run(config.clone(), json!("")).await.unwrap();
    merge(&mut config, json!({"limits": {"network": false}}));
    match bench.run(config, json!("")).await {
        Ok(outcome) => excused(&outcome, "network: TCP"),
        Err(error) => {
            assert!(error.message.contains("Permission denied"), "{error}");
            assert!(says_enforced(&error, "network: TCP"));
            // Nobody is told that all of the network is closed.
            assert!(!says_enforced(&error, "network"));
            assert!(!says_enforced(&error, "network: other than TCP"));
        }
    }
}

#[tokio::test]
async fn a_limited_program_cannot_signal_what_is_outside() {
    let mut other = std::process::Command::new("sleep")
        .arg("1000")
        .spawn()
        .unwrap();
    let text = format!("kill -0 {}", other.id());
    let limits = json!({"write": ["workspace"]});
    let (_, limited) = compared(&Bench::new(), &text, limits).await;
    other.kill().unwrap();
    other.wait().unwrap();
    match limited {
        // Kernels before 6.12 cannot do it.
        Ok(outcome) => {
            let (_, by) = enforcement(&outcome, "write").unwrap();
            let version = by.rsplit(' ').next().unwrap().parse::<u32>();
            assert!(version.is_ok_and(|version| version < 6), "{by}");
        }
        Err(error) => assert!(error.message.contains("not permitted"), "{error}"),
    }
}

#[tokio::test]
async fn nothing_is_said_of_limits_that_nobody_set() {
    let outcome = Bench::new()
        .run(json!({"command": "true"}), json!(""))
        .await
        .unwrap();
    let entries = outcome.extra["enforcement"].as_array().unwrap();
    let limits: Vec<&Value> = entries.iter().map(|entry| &entry["limit"]).collect();
    assert_eq!(limits, ["process-tree"]);
    #[cfg(target_os = "linux")]
    assert!(enforcement(&outcome, "process-tree").unwrap().0);
}
