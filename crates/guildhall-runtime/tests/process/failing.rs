//! Programs that fail, each in its own way.

use guildhall_core::{Agent as _, AgentError, ErrorCode};
use guildhall_runtime::process::{ProcessAgent, ProcessAgentConfig, ProcessSettings};
use serde_json::{Value, json};

use crate::support::{Bench, HELPER, script};

async fn failed(config: Value) -> AgentError {
    let bench = Bench::new();
    let error = bench.run(config, json!("prompt")).await.unwrap_err();
    assert_eq!(bench.left_behind(), Vec::<String>::new());
    error
}

#[tokio::test]
async fn an_exit_code_is_told_with_the_last_lines_of_standard_error() {
    let text = "for i in 1 2 3 4 5 6 7; do echo line $i >&2; done; exit 3";
    let error = failed(script(text, json!({"retry-exit-codes": [75]}))).await;
    assert_eq!(error.code, "exit-status");
    assert_eq!(
        error.message,
        "the program exited with code 3: line 3\nline 4\nline 5\nline 6\nline 7"
    );
    assert!(!error.retryable);
    assert_eq!(error.extra["exit"], json!({"code": 3}));
    assert!(
        error.extra["stderr"]
            .as_str()
            .unwrap()
            .starts_with("line 1\n")
    );
}

#[tokio::test]
async fn some_exit_codes_are_worth_another_try_and_some_are_no_failure() {
    let more = json!({"retry-exit-codes": [75], "success-exit-codes": [0, 2]});
    let error = failed(script("exit 75", more.clone())).await;
    assert!(error.retryable);
    assert!(
        Bench::new()
            .run(script("exit 2", more), json!(""))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_crash_names_the_signal() {
    let error = failed(script("echo oops >&2; kill -SEGV $$", json!({}))).await;
    assert_eq!(error.code, "killed-by-signal");
    assert_eq!(
        error.message,
        "the program was ended by signal 11 (SIGSEGV): oops"
    );
    assert_eq!(error.extra["exit"], json!({"signal": 11}));
}

#[tokio::test]
async fn a_program_that_is_missing_is_named_with_the_path() {
    let mut bench = Bench::new();
    bench
        .environment
        .insert("PATH".into(), "/nowhere:/usr/bin".into());
    let config = json!({"command": "no-such-program"});
    let error = bench.run(config, json!("")).await.unwrap_err();
    assert!(error.is(ErrorCode::Unavailable));
    assert!(error.message.contains("\"no-such-program\""), "{error}");
    assert!(error.message.contains("/nowhere:/usr/bin"), "{error}");
    let error = failed(json!({"command": "/no/such/program"})).await;
    assert!(
        error.message.contains("/no/such/program does not exist"),
        "{error}"
    );
}

#[tokio::test]
async fn a_file_that_is_no_program_is_named_with_the_reason() {
    use std::os::unix::fs::PermissionsExt as _;

    let bench = Bench::new();
    let file = bench.outside().join("script");
    std::fs::write(&file, "#!/no/such/shell\n").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    let error = bench
        .run(json!({"command": file}), json!(""))
        .await
        .unwrap_err();
    assert!(error.is(ErrorCode::Unavailable));
    assert!(
        error.message.contains("could not be started: No such file"),
        "{error}"
    );
}

#[tokio::test]
async fn nonsense_where_json_was_promised_is_shown() {
    for kind in ["json", "json-lines"] {
        let config = script("echo I am sorry, Ada", json!({"output": kind}));
        let error = failed(config).await;
        assert!(error.is(ErrorCode::InvalidOutput));
        assert!(error.message.contains("\"I am sorry, Ada\""), "{error}");
    }
}

#[tokio::test]
async fn a_flood_is_ended() {
    for (stream, name) in [("", "standard output"), (" >&2", "standard error")] {
        let config = script(&format!("yes{stream}"), json!({"max-output-mib": 1}));
        let error = failed(config).await;
        assert_eq!(error.code, "output-too-large");
        assert_eq!(
            error.message,
            format!("the program wrote more than 1 MiB to {name}")
        );
    }
}

#[tokio::test]
async fn what_fits_exactly_is_no_flood() {
    let config = script("head -c 1048576 /dev/zero", json!({"max-output-mib": 1}));
    assert!(Bench::new().run(config, json!("")).await.is_ok());
    let config = script("head -c 1048577 /dev/zero", json!({"max-output-mib": 1}));
    assert_eq!(failed(config).await.code, "output-too-large");
}

#[tokio::test]
async fn a_zero_byte_in_an_argument_is_refused() {
    let config = json!({"command": "echo", "args": ["{prompt}"]});
    let error = Bench::new().run(config, json!("a\0b")).await.unwrap_err();
    assert!(error.is(ErrorCode::Unavailable));
    assert!(error.message.contains("nul byte"), "{error}");
}

#[tokio::test]
async fn a_launcher_that_is_none_is_a_failure_and_no_hang() {
    let bench = Bench::new();
    let id: guildhall_core::AgentId = "tested".parse().unwrap();
    for launcher in ["/bin/true", "/no/such/launcher"] {
        let config = json!({"command": HELPER});
        let agent = ProcessAgent::new(
            id.clone(),
            ProcessAgentConfig::from_json(&id, config).unwrap(),
            ProcessSettings {
                launcher: Some(launcher.into()),
                ..Default::default()
            },
        );
        let task = bench.task(&agent, json!(""));
        let ctx = bench.context(&task, None);
        let result = guildhall_core::Agent::execute(&agent, task, &ctx).await;
        assert!(result.is_err());
        assert_eq!(bench.left_behind(), Vec::<String>::new());
    }
}

/// It would start itself, which would start itself, and so on.
#[tokio::test]
async fn a_program_that_is_no_launcher_and_names_none_starts_nothing() {
    let bench = Bench::new();
    let id = "tested".parse().unwrap();
    let config = script("echo began >> ../began", json!({}));
    let config = ProcessAgentConfig::from_json(&id, config).unwrap();
    let agent = ProcessAgent::new(id, config, ProcessSettings::default());
    let task = bench.task(&agent, json!("prompt"));
    let ctx = bench.context(&task, None);
    let error = agent.execute(task, &ctx).await.unwrap_err();
    assert!(error.message.contains("run_if_launcher()"), "{error}");
    assert!(!error.retryable);
    assert_eq!(bench.left_behind(), Vec::<String>::new());
}
