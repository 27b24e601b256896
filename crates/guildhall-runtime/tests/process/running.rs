//! What goes into a program and what comes out of it.

use guildhall_core::ErrorCode;
use serde_json::{Value, json};

use crate::support::{Bench, enforcement, merge, output, script};

/// The output of a program that succeeds.
async fn succeeded(config: Value, input: Value) -> Value {
    output(&Bench::new().run(config, input).await.unwrap())
}

#[tokio::test]
async fn a_prompt_goes_in_and_text_comes_out() {
    assert_eq!(
        succeeded(json!({"command": "cat"}), json!("hello\n")).await,
        "hello"
    );
}

#[tokio::test]
async fn an_argument_is_never_split_nor_read_by_a_shell() {
    let prompt = "a  b; $(touch spilled) `id` * 'q' \"d\" \\ {model}";
    let config = json!({
        "command": "sh",
        "args": ["-c", "printf '%s|' \"$@\"; ls", "sh", "-p={prompt}", "end"],
        "stdin": "none",
    });
    let said = succeeded(config, json!(prompt)).await;
    assert_eq!(said, format!("-p={prompt}|end|"));
}

#[tokio::test]
async fn every_placeholder_is_filled() {
    let config = json!({
        "command": "sh",
        "args": [
            "-c",
            "printf '%s\\n' \"$@\"; cat \"$1\"; echo; cat \"$2\"; echo; pwd",
            "sh", "{prompt-file}", "{input-file}", "{model}", "{tools}", "{workspace}", "{task}",
            "{run}", "{attempt}", "{idempotency-key}",
        ],
        "model": "small",
        "tools": ["Read", "Grep"],
        "tools-separator": " ",
        "stdin": "none",
    });
    let input = json!({"prompt": "do it", "input": [1], "model": "large"});
    let text = succeeded(config, input.clone()).await;
    let lines: Vec<&str> = text.as_str().unwrap().lines().collect();
    let folder = lines[4];
    assert_eq!(lines[2..4], ["large", "Read Grep"]);
    assert_eq!(lines[5..9], ["task.a", "run-1", "1", "key-1"]);
    assert_eq!(lines[9], "do it");
    assert_eq!(serde_json::from_str::<Value>(lines[10]).unwrap(), input);
    assert_eq!(lines[11], folder);
}

#[tokio::test]
async fn the_environment_says_which_attempt_it_is() {
    let said = succeeded(
        script(
            "echo $GUILDHALL_RUN $GUILDHALL_TASK $GUILDHALL_ATTEMPT $GUILDHALL_IDEMPOTENCY_KEY; test \"$GUILDHALL_WORKSPACE\" = \"$(pwd)\"",
            json!({}),
        ),
        json!(""),
    );
    assert_eq!(said.await, "run-1 task.a 1 key-1");
}

#[tokio::test]
async fn a_model_that_nobody_names_is_an_error_and_not_an_empty_argument() {
    let config = json!({"command": "echo", "args": ["{model}"]});
    let error = Bench::new().run(config, json!("x")).await.unwrap_err();
    assert!(error.is(ErrorCode::InvalidInput));
    assert!(error.message.contains("{model}"), "{error}");
}

#[tokio::test]
async fn json_goes_in_and_a_part_of_the_json_comes_out() {
    let config = json!({
        "command": "cat", "stdin": "json", "output": "json", "output-pointer": "/input/0",
    });
    let input = json!({"prompt": "p", "input": [{"n": 1}]});
    assert_eq!(succeeded(config.clone(), input).await, json!({"n": 1}));
    let error = Bench::new().run(config, json!({"a": 1})).await.unwrap_err();
    assert!(error.is(ErrorCode::InvalidOutput));
    assert!(error.message.contains("nothing at /input/0"), "{error}");
}

#[tokio::test]
async fn the_last_line_that_is_json_counts_and_says_what_was_used() {
    let lines = r#"echo 'starting'
        echo '{"result": "early", "use": {"n": 1}}'
        echo '{"result": "final", "use": {"n": 42}, "cost": 0.5}'
        echo done"#;
    let more = json!({
        "output": "json-lines",
        "output-pointer": "/result",
        "usage": {"tokens": "/use/n", "usd": "/cost"},
    });
    let outcome = Bench::new()
        .run(script(lines, more), json!(""))
        .await
        .unwrap();
    assert_eq!(output(&outcome), "final");
    assert_eq!(outcome.extra["usage"], json!({"tokens": 42, "usd": 0.5}));
    assert_eq!(outcome.extra["exit"], json!({"code": 0}));
}

#[tokio::test]
async fn usage_is_found_in_standard_error_too_and_counts_for_failures() {
    let more = json!({"usage-pattern": "used (?<tokens>[0-9]+)"});
    let config = script("echo used 1 >&2; echo used 17 >&2; exit 3", more);
    let error = Bench::new().run(config, json!("")).await.unwrap_err();
    assert_eq!(error.code, "exit-status");
    assert_eq!(error.extra["usage"], json!({"tokens": 17}));
}

#[tokio::test]
async fn the_output_can_be_a_file() {
    let in_workspace = script(
        "mkdir out; echo noise; echo '[7]' > out/result.json",
        json!({"output": "json", "output-file": "out/result.json"}),
    );
    assert_eq!(succeeded(in_workspace, json!("")).await, json!([7]));
    let in_private = json!({
        "command": "sh", "args": ["-c", "echo noise; echo text > \"$1\"", "sh", "{output-file}"],
    });
    assert_eq!(succeeded(in_private, json!("")).await, "text");
}

#[tokio::test]
async fn an_output_file_that_leads_elsewhere_is_not_read() {
    let bench = Bench::new();
    let secret = bench.outside().join("secret");
    std::fs::write(&secret, "private").unwrap();
    let cases = [
        (format!("ln -s {} result", secret.display()), "leads out"),
        ("mkfifo result".to_owned(), "not an ordinary file"),
        ("mkdir result".to_owned(), "not an ordinary file"),
        ("true".to_owned(), "cannot be read"),
    ];
    for (text, expected) in cases {
        let config = script(&text, json!({"output-file": "result"}));
        let error = bench.run(config, json!("")).await.unwrap_err();
        assert!(error.is(ErrorCode::InvalidOutput));
        assert!(error.message.contains(expected), "{error}");
    }
}

#[tokio::test]
async fn only_the_listed_variables_are_passed_on() {
    let mut bench = Bench::new();
    bench.environment.insert("LISTED".into(), "yes".into());
    bench.environment.insert("HIDDEN".into(), "no".into());
    let text = "echo ${LISTED-unset} ${HIDDEN-unset} ${SET-unset}";
    let more = json!({"env": ["PATH", "LISTED", "ABSENT"], "set-env": {"SET": "set"}});
    let outcome = bench.run(script(text, more), json!("")).await.unwrap();
    assert_eq!(output(&outcome), "yes unset set");
    let outcome = bench.run(script(text, json!({})), json!("")).await.unwrap();
    assert_eq!(output(&outcome), "unset unset unset");
}

#[tokio::test]
async fn secrets_are_taken_out_of_outputs_and_errors() {
    let mut bench = Bench::new();
    bench
        .environment
        .insert("SERVICE_TOKEN".into(), "open-sesame-now".into());
    let more = json!({
        "env": ["PATH", "SERVICE_TOKEN"],
        "set-env": {"PLAIN": "named-secret"},
        "secrets": ["PLAIN"],
    });
    let text = "echo $SERVICE_TOKEN and $PLAIN";
    let outcome = bench.run(script(text, more.clone()), json!("")).await;
    assert_eq!(output(&outcome.unwrap()), "*** and ***");
    let text = "echo bad $SERVICE_TOKEN >&2; exit 1";
    let error = bench
        .run(script(text, more.clone()), json!(""))
        .await
        .unwrap_err();
    assert!(error.message.ends_with("bad ***"), "{error}");
    let whole = serde_json::to_string(&error).unwrap();
    assert!(!whole.contains("sesame"), "{whole}");
    let mut json_output = script(r#"echo "{\"$PLAIN\": [\"$SERVICE_TOKEN\"]}""#, more);
    merge(&mut json_output, json!({"output": "json"}));
    let outcome = bench.run(json_output, json!("")).await.unwrap();
    assert_eq!(output(&outcome), json!({"***": ["***"]}));
}

#[tokio::test]
async fn a_huge_prompt_goes_in_whole() {
    let prompt = "x".repeat(32 << 20);
    let said = succeeded(json!({"command": "wc", "args": ["-c"]}), json!(prompt)).await;
    assert_eq!(said.as_str().unwrap().trim(), (32 << 20).to_string());
}

#[tokio::test]
async fn a_program_that_never_reads_a_huge_prompt_holds_nobody_up() {
    let prompt = "x".repeat(32 << 20);
    assert_eq!(
        succeeded(script("echo ok", json!({})), json!(prompt)).await,
        "ok"
    );
}

#[tokio::test]
async fn a_prompt_that_is_too_long_for_an_argument_is_refused_with_the_mend() {
    let config = json!({"command": "echo", "args": ["{prompt}"]});
    let error = Bench::new()
        .run(config, json!("x".repeat(200_000)))
        .await
        .unwrap_err();
    assert!(error.is(ErrorCode::InvalidInput));
    assert!(error.help.unwrap().contains("{prompt-file}"));
}

#[tokio::test]
async fn bytes_that_are_no_text_are_replaced() {
    let said = succeeded(script(r"printf 'a\377\300b'", json!({})), json!("")).await;
    assert_eq!(said, "a\u{fffd}\u{fffd}b");
}

#[tokio::test]
async fn a_temporary_workspace_is_empty_private_and_gone_afterwards() {
    let bench = Bench::new();
    let text = "pwd; ls -A | wc -l; stat -c %a .. ; mkdir -p a/b; touch a/b/c; chmod 0 a/b";
    let outcome = bench.run(script(text, json!({})), json!("")).await.unwrap();
    let said = output(&outcome);
    let lines: Vec<&str> = said.as_str().unwrap().lines().map(str::trim).collect();
    assert_eq!(lines[1..], ["0", "700"]);
    assert!(!std::path::Path::new(lines[0]).exists());
    assert_eq!(bench.left_behind(), Vec::<String>::new());
    assert_eq!(outcome.extra["workspace"], json!({"kind": "temporary"}));
}

#[tokio::test]
async fn a_shared_workspace_is_the_folder_of_the_run() {
    let bench = Bench::new();
    let more = json!({"workspace": "shared"});
    bench
        .run(script("echo 1 > made", more), json!(""))
        .await
        .unwrap();
    assert_eq!(std::fs::read(bench.work().join("made")).unwrap(), b"1\n");
    assert_eq!(bench.left_behind(), Vec::<String>::new());
    // The task's own word counts for more than the configuration's.
    let order = json!({"prompt": "", "workspace": "shared"});
    let config = script("cat made", json!({"workspace": "temporary"}));
    assert_eq!(output(&bench.run(config, order).await.unwrap()), "1");
}

#[tokio::test]
async fn tools_are_said_to_be_a_request_only() {
    let bench = Bench::new();
    let told = json!({"command": "echo", "args": ["{tools}"]});
    let order = json!({"prompt": "", "tools": ["Read", "Grep"]});
    let outcome = bench.run(told, order.clone()).await.unwrap();
    assert_eq!(output(&outcome), "Read,Grep");
    let (is_enforced, by) = enforcement(&outcome, "tools").unwrap();
    assert!(!is_enforced && by.starts_with("passed on"), "{by}");
    let outcome = bench.run(json!({"command": "true"}), order).await.unwrap();
    let (is_enforced, by) = enforcement(&outcome, "tools").unwrap();
    assert!(!is_enforced && by.starts_with("not passed on"), "{by}");
    let outcome = bench
        .run(json!({"command": "true"}), json!(""))
        .await
        .unwrap();
    assert_eq!(enforcement(&outcome, "tools"), None);
}

#[tokio::test]
async fn a_task_outside_of_a_run_works_in_a_temporary_place() {
    let bench = Bench::new();
    let agent = bench.agent(json!({"command": "pwd"}));
    let mut task = bench.task(&agent, json!(""));
    task.extra.clear();
    let ctx = bench.context(&task, None);
    let outcome = guildhall_core::Agent::execute(&agent, task, &ctx)
        .await
        .unwrap();
    let folder = output(&outcome);
    assert!(folder.as_str().unwrap().starts_with('/'));
    assert!(!std::path::Path::new(folder.as_str().unwrap()).exists());
}
