//! What later tasks are given of earlier ones: through a pipeline, and shortened.

use std::fs;

use serde_json::{Value, json};

use super::support::{
    AGENTS, changed, example, journal, moment, outputs, pairs, pipe, run, sandbox, statuses, task,
};
use crate::support::Sandbox;

#[test]
fn each_item_passes_through_every_stage_in_order() {
    let sandbox = sandbox();
    let ran = run(&sandbox, &example("pipeline"), &["--format", "json"]).ended(0);
    let expected = [
        ("all", json!("hello ADA, hello GRACE")),
        ("upper", json!(["hello ADA", "hello GRACE"])),
        ("upper/0/greet", json!("hello ADA")),
        ("upper/0/upper", json!("ADA")),
        ("upper/1/greet", json!("hello GRACE")),
        ("upper/1/upper", json!("GRACE")),
    ];
    let results = ran.json();
    let expected: Vec<(&str, &Value)> = expected.iter().map(|(id, it)| (*id, it)).collect();
    assert_eq!(outputs(&results), expected);
    let journal = journal(&sandbox, &["pipeline"]);
    for item in ["upper/0", "upper/1"] {
        let upper = moment(&journal, "completed", &format!("{item}/upper"));
        let greet = moment(&journal, "started", &format!("{item}/greet"));
        assert!(upper < greet, "{item}");
        let greeted = moment(&journal, "completed", &format!("{item}/greet"));
        assert!(greeted < moment(&journal, "started", "all"), "{item}");
    }
}

/// The first item waits in the first stage until the second one is in the second.
const OVERTAKEN: &str = r#"
name = "overtaken"
strategy = "pipeline"
defaults = { agent = "shell", timeout_seconds = 30, retry = { max = 0 } }

[[stage]]
name = "read"

[[stage]]
name = "write"

[[task]]
id = "read"
stage = "read"
for_each = ["slow", "fast"]
prompt = "test {{ item }} = fast || cat pipe"

[[task]]
id = "write"
stage = "write"
prompt = "test {{ item }} = slow || echo overtaken > pipe"
"#;

#[test]
fn an_item_is_in_the_second_stage_while_another_is_in_the_first() {
    let sandbox = sandbox();
    pipe(&sandbox, "pipe");
    let ran = run(&sandbox, OVERTAKEN, &["--format", "json"]).ended(0);
    assert_eq!(task(&ran.json(), "read/0/read")["result"], "overtaken");
}

#[test]
fn a_stage_that_collects_waits_for_all_items() {
    // The control of the test above: the same tasks, where the second stage waits.
    let sandbox = sandbox();
    pipe(&sandbox, "pipe");
    let plan = changed(
        OVERTAKEN,
        "name = \"write\"\n",
        "name = \"write\"\ncollect = true\n",
    );
    let plan = changed(&plan, "timeout_seconds = 30", "timeout_seconds = 1");
    let plan = changed(&plan, "test {{ item }} = slow || ", "");
    let ran = run(&sandbox, &plan, &["--format", "json"]).ended(1);
    assert_eq!(task(&ran.json(), "read/0")["status"], "timeout", "{ran}");
    let journal = journal(&sandbox, &["overtaken"]);
    let late = moment(&journal, "failed", "read/0");
    assert!(late < moment(&journal, "started", "write"));
}

#[test]
fn an_item_that_fails_holds_up_no_other() {
    let sandbox = sandbox();
    let plan = changed(
        &example("pipeline"),
        "\"ada\", \"grace\"",
        "\"ada\", \"bad\", \"grace\"",
    );
    let plan = changed(
        &plan,
        "prompt = \"echo '{{ item }}'",
        "prompt = \"test {{ item }} != bad && echo '{{ item }}'",
    );
    let ran = run(&sandbox, &plan, &["--format", "json", "-q"]).ended(1);
    let expected = [
        ("all", "completed"),
        ("upper", "failed"),
        ("upper/0/greet", "completed"),
        ("upper/0/upper", "completed"),
        ("upper/1/greet", "skipped"),
        ("upper/1/upper", "failed"),
        ("upper/2/greet", "completed"),
        ("upper/2/upper", "completed"),
    ];
    let results = ran.json();
    assert_eq!(statuses(&results), pairs(&expected));
    // Where one is missing the others keep their places.
    assert_eq!(
        task(&results, "upper")["result"],
        json!(["hello ADA", null, "hello GRACE"])
    );
    assert_eq!(
        task(&results, "upper/1/greet")["error"],
        "upper/1/upper, which it needs, is failed"
    );
}

/// Two waves; `use` repeats what it is given of the first.
const WAVES: &str = r#"
name = "shortened"
strategy = "waves"

[compaction]
tokens = 20
reducer = { capability = "text.shorten@^1" }

[[task]]
id = "long"
wave = "find"
agent = "shell"
prompt = "seq 200"

[[task]]
id = "brief"
wave = "find"
agent = "shell"
prompt = "echo hello"

[[task]]
id = "use"
wave = "use"
agent = "echo"
prompt = "{{ results.long.output }} and {{ results.brief.output }}"

[[task]]
id = "judge"
wave = "use"
agent = "echo"
when = "results.long.output | length > 600"
prompt = "it is long"
"#;

/// A sandbox with an agent that shortens texts, by this script.
fn shortening(script: &str) -> Sandbox {
    let sandbox = sandbox();
    sandbox.user_config(&format!(
        "{AGENTS}\n[agents.shortener]\ncommand = 'sh'\nargs = ['-c', '''{script}''']\n\
         workspace = 'shared'\ncapabilities = ['text.shorten']\n"
    ));
    sandbox
}

/// What `seq 200` prints.
fn whole() -> String {
    let lines: Vec<String> = (1..=200).map(|number| number.to_string()).collect();
    lines.join("\n")
}

#[test]
fn a_reducing_agent_shortens_what_the_next_wave_is_given() {
    let sandbox = shortening("cat >> asked; echo in short");
    let ran = run(&sandbox, WAVES, &["--format", "json"]).ended(0);
    let results = ran.json();
    assert_eq!(task(&results, "use")["result"], "in short and hello");
    // The agent was asked once, for the one result that is too long, and with all of it.
    let asked = fs::read(sandbox.work().join("asked")).unwrap();
    let asked: Value = serde_json::from_slice(&asked).unwrap();
    assert_eq!(asked, json!({"text": whole(), "tokens": 20}));
    // What is kept, printed and judged by is the whole.
    assert_eq!(task(&results, "long")["result"], whole());
    assert_eq!(task(&results, "judge")["result"], "it is long");
    let ran = sandbox.run(["results", "shortened", "long"]).ended(0);
    assert!(ran.stdout.ends_with(&format!("\n\n{}\n", whole())), "{ran}");
    let ran = sandbox.run(["results", "shortened", "long", "--format", "json"]);
    assert_eq!(ran.ended(0).json()["result"], whole());
}

#[test]
fn without_a_reducer_the_next_wave_is_given_the_whole() {
    // The control of the test above.
    let sandbox = shortening("cat >> asked; echo in short");
    let (before, rest) = WAVES.split_once("[compaction]").unwrap();
    let (_, after) = rest.split_once("\n\n").unwrap();
    let plan = format!("{before}{after}");
    let ran = run(&sandbox, &plan, &["--format", "json"]).ended(0);
    let given = format!("{} and hello", whole());
    assert_eq!(task(&ran.json(), "use")["result"], given);
    assert!(!sandbox.work().join("asked").exists());
}

#[test]
fn a_reducing_agent_that_fails_fails_the_task_that_needs_it_and_nothing_else() {
    let sandbox = shortening("echo no words >&2; exit 3");
    let ran = run(&sandbox, WAVES, &["--format", "json", "-q"]).ended(1);
    let expected = [
        ("brief", "completed"),
        ("judge", "completed"),
        ("long", "completed"),
        ("use", "failed"),
    ];
    let results = ran.json();
    assert_eq!(statuses(&results), pairs(&expected));
    let error = task(&results, "use")["error"].as_str().unwrap();
    assert!(error.contains("no words"), "{error}");
    assert_eq!(task(&results, "long")["result"], whole());
    // With one that works the same run is brought to its end.
    let working = "cat > asked; echo in short";
    let config = sandbox.root().join("config/config.toml");
    let text = fs::read_to_string(&config).unwrap();
    let text = changed(&text, "echo no words >&2; exit 3", working);
    sandbox.user_config(&text);
    let resumed = ["run", "--resume", "shortened", "--retry-failed"];
    let more = ["--accept-changes", "--format", "json"];
    let ran = sandbox.run([&resumed[..], &more].concat()).ended(0);
    assert_eq!(task(&ran.json(), "use")["result"], "in short and hello");
}

#[test]
fn the_example_hands_on_about_200_bytes_and_keeps_all() {
    let sandbox = sandbox();
    let length = |plan: &str| {
        let ran = run(&sandbox, plan, &["--format", "json"]).ended(0);
        let results = ran.json();
        let kept = task(&results, "long")["result"].as_str().unwrap().len();
        assert_eq!(
            kept, 3892,
            "what `seq 1000` prints, without the last line end"
        );
        let given = task(&results, "length")["result"].as_str().unwrap();
        given.trim().parse::<usize>().unwrap()
    };
    let plan = example("compaction");
    let given = length(&plan);
    assert!((150..=210).contains(&given), "{given}");
    // The control: where a result may take more, all of it is handed on.
    assert_eq!(
        length(&changed(&plan, "tokens = 50", "tokens = 5000")),
        3893
    );
}
