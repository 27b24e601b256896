//! `guildhall resolve` where agents disagree: decisions, what is learned, contradictions.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::{Plugin, Sandbox, assert_golden, commit, git};

/// A function that is easy to follow.
const SIMPLE: &str =
    "//! Parses.\n\npub fn parse(a: u32) -> u32 {\n    if a > 3 { 1 } else { 0 }\n}\n";

fn sandbox() -> Sandbox {
    Sandbox::new(&[Plugin::Resolver])
}

/// The generator against the reviewer, who says what can be measured.
fn example() -> Value {
    json!({
        "question": "merge PR 12 or split parse() first?",
        "type": "design",
        "topic": "complexity",
        "context": "The release is on Friday.",
        "options": [
            {"id": "keep", "label": "merge as it is"},
            {"id": "split", "label": "split first"},
        ],
        "subject": {"files": ["src/parse.rs"], "item": "parse"},
        "positions": [
            {"agent": "codegen", "option": "keep", "confidence": 0.8, "rationale": "readable"},
            {
                "agent": "reviewer", "option": "split", "confidence": 0.9,
                "rationale": "too complex",
                "premises": [{
                    "id": "p1", "text": "cognitive complexity of parse > 15",
                    "measure": {
                        "file": "src/parse.rs", "item": "parse", "value": "cognitive", "over": 15,
                    },
                }],
            },
        ],
    })
}

fn write(sandbox: &Sandbox, question: &Value) {
    sandbox.write("question.json", question.to_string());
}

/// The one decision on `question.json`, and the exit code.
fn decided(sandbox: &Sandbox, more: &[&str]) -> (Value, Option<i32>) {
    let arguments = ["resolve", "decide", "question.json", "--format", "json"];
    let ran = sandbox.run([&arguments[..], more].concat());
    let report: Value = serde_json::from_str(&ran.stdout).expect("a report was printed");
    (report["decisions"][0].clone(), ran.code)
}

#[test]
fn without_a_scanner_the_sources_example_is_not_decided_by_confidence() {
    let sandbox = sandbox();
    write(&sandbox, &example());
    for format in ["text", "json"] {
        let ran = sandbox.run(["resolve", "decide", "question.json", "--format", format]);
        let name = format!("resolve-decide-open.{format}");
        assert_golden(&name, &sandbox.filtered(&ran.ended(1).stdout));
    }
    let (decision, _) = decided(&sandbox, &[]);
    assert_eq!(decision["verdict"], "escalate");
    assert_eq!(decision["option"], Value::Null);
    assert_eq!(decision["attempts"][0]["id"], "p1");
    // What was not tried is asked for.
    let (decision, _) = decided(&sandbox, &["--no-measure"]);
    assert_eq!(decision["verdict"], "needs-evidence");
    assert_eq!(decision["wanted"][0]["id"], "p1");
    assert_eq!(decision["escalation"]["on_silence"], "stay-blocked");
}

#[test]
fn with_a_scanner_the_complexity_is_measured_and_decides() {
    let sandbox = Sandbox::new(&[Plugin::Resolver, Plugin::Scanner]);
    sandbox.write("src/parse.rs", SIMPLE);
    write(&sandbox, &example());
    let ran = sandbox.run(["resolve", "decide", "question.json"]).ended(0);
    assert_golden("resolve-decide.text", &sandbox.filtered(&ran.stdout));
    let (decision, code) = decided(&sandbox, &["--no-store"]);
    assert_eq!((code, &decision["option"]), (Some(0), &json!("keep")));
    assert_eq!(decision["checks_made"][0]["seen"], "cognitive 2, limit 15");
    assert_eq!(decision["probabilities"]["keep"], 0.96);
    let (again, _) = decided(&sandbox, &["--no-store"]);
    assert_eq!(decision, again);
    // And the other way round where it is complex.
    let hard = "        if a > 1 { if a > 2 { if a > 3 { if a > 4 { if a > 5 { n += 1; } } } } }\n";
    let complex = format!(
        "//! Parses.\n\npub fn parse(a: u32) -> u32 {{\n    let mut n = 0;\n    for _ in 0..a {{\n{}    }}\n    n\n}}\n",
        hard.repeat(3)
    );
    sandbox.write("src/parse.rs", complex);
    let (decision, _) = decided(&sandbox, &["--no-store"]);
    assert_eq!(decision["option"], "split");
}

#[test]
fn what_is_measured_is_what_stands_at_the_commit() {
    let sandbox = Sandbox::new(&[Plugin::Resolver, Plugin::Scanner]);
    git(&sandbox, &["init", "--quiet"]);
    sandbox.write("src/parse.rs", SIMPLE);
    commit(&sandbox, "one");
    let mut question = example();
    question["subject"]["commit"] = json!(git(&sandbox, &["rev-parse", "HEAD"]));
    sandbox.write("src/parse.rs", "//! Nothing is here any more.\n");
    write(&sandbox, &question);
    let (decision, _) = decided(&sandbox, &[]);
    assert_eq!(decision["checks_made"][0]["seen"], "cognitive 2, limit 15");
    let kept = std::fs::read_to_string(sandbox.work().join("src/parse.rs")).unwrap();
    assert_eq!(kept, "//! Nothing is here any more.\n");
    question["subject"]["commit"] = json!("0123456789012345678901234567890123456789");
    write(&sandbox, &question);
    let (decision, code) = decided(&sandbox, &[]);
    assert_eq!(code, Some(1));
    assert!(decision["checks_made"].as_array().unwrap().is_empty());
    assert_eq!(decision["attempts"][0]["id"], "p1");
}

#[test]
fn commands_run_only_when_the_user_says_so() {
    let sandbox = sandbox();
    let mut question = example();
    question["positions"][1]["premises"] = json!([]);
    question["checks"] = json!([{
        "id": "tests", "command": ["sh", "-c", "touch ran; exit 3"], "price": 0.3,
        "pass": "keep", "fail": "split",
    }]);
    write(&sandbox, &question);
    let (decision, code) = decided(&sandbox, &[]);
    assert_eq!(
        (code, &decision["verdict"]),
        (Some(1), &json!("needs-evidence"))
    );
    assert_eq!(decision["wanted"][0]["id"], "tests");
    assert!(!sandbox.work().join("ran").exists());
    let (decision, code) = decided(&sandbox, &["--run-checks"]);
    assert_eq!((code, &decision["option"]), (Some(0), &json!("split")));
    assert_eq!(decision["checks_made"][0]["exit"], 3);
    assert_eq!(
        decision["checks_made"][0]["what"],
        "sh -c touch ran; exit 3"
    );
    assert!(sandbox.work().join("ran").exists());
}

#[test]
fn a_check_that_hangs_or_is_not_there_is_an_attempt_and_no_evidence() {
    let sandbox = sandbox();
    let mut question = example();
    question["positions"][1]["premises"] = json!([]);
    for (command, words) in [
        (json!(["sh", "-c", "sleep 600"]), "did not end within 1 s"),
        (
            json!(["no-such-program-anywhere"]),
            "no-such-program-anywhere",
        ),
    ] {
        question["checks"] = json!([{
            "id": "tests", "command": command, "timeout_seconds": 1, "pass": "keep",
        }]);
        write(&sandbox, &question);
        let (decision, code) = decided(&sandbox, &["--run-checks"]);
        assert_eq!(code, Some(1));
        let why = decision["attempts"][0]["failed"].as_str().unwrap();
        assert!(why.contains(words), "{why}");
        assert_eq!(decision["probabilities"]["keep"], 0.5);
        let tried = &decision["escalation"]["attempted_resolutions"][0];
        assert_eq!(tried["action"], "tests");
    }
}

#[test]
fn every_field_of_the_input_is_read_and_every_field_of_the_output_is_there() {
    let sandbox = sandbox();
    let mut question = example();
    question["severity"] = json!("high");
    question["subject"]["commit"] = json!("c1");
    question["positions"][1]["premises"] = json!([]);
    question["positions"][0]["evidence"] = json!(["e1"]);
    question["evidence"] = json!([
        {"id": "e1", "class": "review", "hash": "h1", "commit": "c1", "supports": "keep"},
        {"id": "e2", "class": "test-result", "hash": "h2", "commit": "c1", "supports": "keep", "by": "ci"},
        {"id": "e3", "class": "test-result", "hash": "h3", "commit": "c0", "supports": "split", "by": "ci"},
    ]);
    question["policies"] = json!([
        {"kind": "veto", "by": "security", "option": "keep", "reason": "it was not audited"},
    ]);
    write(&sandbox, &question);
    let (decision, code) = decided(&sandbox, &["--no-store"]);
    assert_eq!((code, &decision["verdict"]), (Some(1), &json!("escalate")));
    assert_eq!(decision["escalated"], true);
    assert_eq!(
        (&decision["type"], &decision["severity"]),
        (&json!("design"), &json!("high"))
    );
    assert_eq!(decision["leaning"], "keep");
    assert!(
        decision["rationale"]
            .as_str()
            .unwrap()
            .contains("security has a veto")
    );
    let ask = &decision["escalation"];
    assert_eq!(
        (&ask["severity"], &ask["options"][1]["id"]),
        (&json!("high"), &json!("split"))
    );
    assert_eq!(ask["context"]["context"], "The release is on Friday.");
    assert_eq!(ask["context"]["said"][1]["rationale"], "too complex");
    assert_eq!(decision["dissent"][0]["agent"], "reviewer");
    assert!(
        decision["actions"][0]["closed_by"]
            .as_str()
            .unwrap()
            .contains("resolve learn")
    );
    assert_eq!(decision["policies"][0]["holds"], true);
    assert_eq!(decision["inputs"].as_str().unwrap().len(), 64);
    let lines = decision["ledger"]["lines"].as_array().unwrap();
    let stale = lines.iter().find(|line| line["who"] == "e3").unwrap();
    assert!(stale["struck"].as_str().unwrap().contains("another commit"));
    // The lines add up to the printed number, to the last digit.
    let sum = |option: &str| -> i64 {
        let scores = lines
            .iter()
            .filter_map(|line| line["scores"][option].as_i64());
        scores.sum()
    };
    for option in ["keep", "split"] {
        assert_eq!(json!(sum(option)), decision["ledger"]["totals"][option]);
    }
    let nats = (sum("keep") - sum("split")) as f64 / 1e9;
    let probability = decision["probabilities"]["keep"].as_f64().unwrap();
    assert!((1.0 / (1.0 + (-nats).exp()) - probability).abs() < 1e-9);
}

#[test]
fn what_makes_no_sense_is_refused_with_its_place() {
    let sandbox = sandbox();
    let wrong = |pointer: &str, value: Value| {
        let mut question = example();
        match question.pointer_mut(pointer) {
            Some(place) => *place = value,
            None => {
                let name = pointer.trim_start_matches('/').to_owned();
                question.as_object_mut().unwrap().insert(name, value);
            }
        }
        question.to_string()
    };
    let evidence = json!([{"id": "e", "class": "review", "supports": "keep"}]);
    for (content, words) in [
        (
            String::new(),
            "question.json is not understood: it is empty",
        ),
        ("not JSON".to_owned(), "it is no such JSON"),
        ("[]".to_owned(), "it is an empty list"),
        (
            "{\"question\": \"what?\"}".to_owned(),
            "missing field `options`",
        ),
        (
            wrong("/positions/0/option", json!("drop")),
            "/positions/0/option: there is no option `drop`; there are keep, split",
        ),
        (
            wrong("/positions/0/confidence", json!(1.2)),
            "/positions/0/confidence: 1.2 is no confidence",
        ),
        (
            wrong("/positions/0/confidence", json!(-0.1)),
            "/positions/0/confidence",
        ),
        (
            wrong("/positions/1/agent", json!("codegen")),
            "agent `codegen` stands there twice",
        ),
        (wrong("/evidence", evidence), "missing field `hash`"),
        (
            wrong("/costs", json!({"wrong": -3})),
            "/costs/wrong: -3 is no cost",
        ),
        (wrong("/sevrity", json!("high")), "unknown field `sevrity`"),
        (
            wrong("/severity", json!("terrible")),
            "unknown variant `terrible`",
        ),
    ] {
        sandbox.write("question.json", content);
        let ran = sandbox.run(["resolve", "decide", "question.json"]);
        assert!(ran.stderr.contains(words), "{words}: {ran}");
        assert!(ran.code.is_some_and(|code| code > 1), "{ran}");
    }
    for (arguments, words) in [
        (vec!["resolve", "decide"], "`path` is missing"),
        (
            vec!["resolve", "decide", "none.json"],
            "none.json cannot be read",
        ),
        (vec!["resolve", "decide", "."], ". cannot be read"),
        (vec!["resolve", "decide", "--optoin", "x"], "--optoin"),
        (vec!["resolve", "learn"], "`path` or `id` with `truth`"),
        (
            vec!["resolve", "learn", "--id", "c-1", "--truth", "keep"],
            "no decision `c-1` is kept",
        ),
        (
            vec!["resolve", "explain", "c-1"],
            "no decision `c-1` is kept",
        ),
        (vec!["resolve", "detect"], "`path` is missing"),
    ] {
        let ran = sandbox.run(arguments);
        assert!(ran.stderr.contains(words), "{words}: {ran}");
        assert!(ran.code.is_some_and(|code| code > 1), "{ran}");
    }
}

#[test]
fn settings_are_checked_and_can_only_forbid() {
    let sandbox = Sandbox::new(&[Plugin::Resolver, Plugin::Scanner]);
    sandbox.write("src/parse.rs", SIMPLE);
    write(&sandbox, &example());
    let configured = |text: &str| {
        sandbox.user_config(&format!("[plugins.config.conflict-resolver]\n{text}\n"));
        sandbox.run(["resolve", "decide", "question.json", "--no-store"])
    };
    assert_eq!(configured("escalation_threshold = 0.7").code, Some(0));
    for text in ["auto_resolve = false", "escalation_threshold = 0.97"] {
        assert_eq!(configured(text).code, Some(1), "{text}");
    }
    for (text, words) in [
        (
            "escalation_threshold = 1.7",
            "`escalation_threshold` is 1.7",
        ),
        ("cost_ask = 0.0", "`cost_ask` is 0"),
        ("threshold = 0.7", "threshold"),
    ] {
        let ran = configured(text);
        assert!(ran.stderr.contains(words), "{ran}");
        assert_ne!(ran.code, Some(0), "{ran}");
    }
}

#[test]
fn outcomes_change_reliabilities_and_own_decisions_do_not() {
    let sandbox = sandbox();
    let mut table = "item,topic,good,bad,truth\n".to_owned();
    for at in 0..150 {
        let truth = at % 2;
        let good = if at % 25 == 3 { 1 - truth } else { truth };
        writeln!(table, "t{at},sql,{good},{},{truth}", at % 3 % 2).unwrap();
    }
    sandbox.write("known.csv", &table);
    sandbox.write(
        "question.json",
        json!({
            "id": "new", "question": "is it real?", "topic": "sql", "fixed_options": true,
            "options": [{"id": "0"}, {"id": "1"}],
            "positions": [{"agent": "good", "option": "1"}, {"agent": "bad", "option": "0"}],
        })
        .to_string(),
    );
    let (before, code) = decided(&sandbox, &[]);
    assert_eq!(
        (code, &before["probabilities"]["1"]),
        (Some(1), &json!(0.5))
    );
    sandbox.run(["resolve", "learn", "known.csv"]).ended(0);
    let (after, _) = decided(&sandbox, &[]);
    assert!(
        after["probabilities"]["1"].as_f64().unwrap() > 0.8,
        "{after}"
    );
    assert_eq!(after["gate"]["outcomes"], 150);
    // Deciding again and again teaches nothing.
    let (again, _) = decided(&sandbox, &[]);
    assert_eq!(after, again);
    // The same outcomes are the same.
    sandbox.run(["resolve", "learn", "known.csv"]).ended(0);
    assert_eq!(decided(&sandbox, &[]).0, after);
    let ran = sandbox.run([
        "resolve", "learn", "--id", "new", "--truth", "1", "--by", "revert",
    ]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert_eq!(decided(&sandbox, &[]).0["gate"]["outcomes"], 151);
    for by in ["resolver", "decision"] {
        let ran = sandbox.run([
            "resolve", "learn", "--id", "new", "--truth", "1", "--by", by,
        ]);
        assert_eq!(ran.code, Some(2), "{ran}");
    }
    let explained = || {
        let ran = sandbox.run(["resolve", "explain", "new", "--format", "json"]);
        ran.ended(0).json()
    };
    assert_eq!(explained()["unchanged"], true);
    sandbox.write(
        "more.csv",
        "item,topic,good,truth\nm1,sql,1,1\nm2,sql,0,0\n",
    );
    sandbox.run(["resolve", "learn", "more.csv"]).ended(0);
    // Explained by what is known now, it says that more is known than then.
    let report = explained();
    assert_eq!(report["unchanged"], false);
    assert!(
        report["texts"][0]["body"]
            .as_str()
            .unwrap()
            .contains("`1` was right")
    );
}

#[test]
fn damaged_outcomes_are_named_and_the_others_count() {
    let sandbox = sandbox();
    let good = json!({
        "id": "a", "topic": "t", "options": ["x", "y"], "truth": "x", "by": "check",
        "said": [{"agent": "one", "option": "x"}],
    });
    let mut own = good.clone();
    own["id"] = json!("b");
    own["by"] = json!("resolver");
    let mut strange = good.clone();
    strange["truth"] = json!("z");
    sandbox.write(
        "known.jsonl",
        format!("{good}\n{{\"id\": \n{own}\n{strange}\n"),
    );
    let ran = sandbox
        .run(["resolve", "learn", "known.jsonl", "--format", "json"])
        .ended(0);
    let report = ran.json();
    let skipped = report["skipped"].as_array().unwrap();
    let places: Vec<&str> = skipped
        .iter()
        .filter_map(|it| it["path"].as_str())
        .collect();
    assert_eq!(
        places,
        [
            "known.jsonl: line 2",
            "known.jsonl: line 3",
            "known.jsonl: line 4"
        ]
    );
    assert_eq!(report["figures"][0]["value"], 1.0);
    // What is decided by a file rests on all of it, so that nothing in it may be damaged.
    write(&sandbox, &example());
    let ran = sandbox.run([
        "resolve",
        "decide",
        "question.json",
        "--outcomes",
        "known.jsonl",
    ]);
    assert!(
        ran.stderr.contains("known.jsonl: line 2 is not understood"),
        "{ran}"
    );
    sandbox.write("known.csv", "item,topic,a,truth\nx,y,1\n");
    let ran = sandbox.run(["resolve", "learn", "known.csv"]);
    assert_ne!(ran.code, Some(0), "{ran}");
}

#[test]
fn who_told_an_outcome_can_correct_it_and_who_knows_less_is_told_so() {
    let sandbox = sandbox();
    write(&sandbox, &example());
    let (decision, _) = decided(&sandbox, &[]);
    let id = decision["id"].as_str().unwrap();
    let tell = |truth: &str, by: &str| {
        let told = ["--id", id, "--truth", truth, "--by", by];
        let learn = ["resolve", "learn", "--format", "json"];
        let ran = sandbox.run([&learn[..], &told[..]].concat());
        let report = ran.ended(0).json();
        let figures = report["figures"].as_array().unwrap();
        let of = |id: &str| Some(figures.iter().find(|it| it["id"] == id)?["value"].clone());
        (of("outranked"), of("all"))
    };
    let is_known = |option: &str| {
        let ran = sandbox.run(["resolve", "explain", id, "--format", "json"]);
        let body = ran.ended(0).json()["texts"][0]["body"].to_string();
        body.contains(&format!("`{option}` was right"))
    };
    assert_eq!(tell("keep", "human"), (None, Some(json!(1))));
    assert!(is_known("keep"));
    assert_eq!(tell("split", "human"), (None, Some(json!(1))));
    assert!(is_known("split"));
    assert_eq!(tell("keep", "check"), (Some(json!(1)), Some(json!(1))));
    assert!(is_known("split"));
}

#[test]
fn stats_count_total_active_resolved_and_escalated() {
    let sandbox = Sandbox::new(&[Plugin::Resolver, Plugin::Scanner]);
    sandbox.write("src/parse.rs", SIMPLE);
    let named = |id: &str, kind: &str, has_premise: bool| {
        let mut question = example();
        question["id"] = json!(id);
        question["type"] = json!(kind);
        if !has_premise {
            question["positions"][1]["premises"] = json!([]);
        }
        write(&sandbox, &question);
        decided(&sandbox, &[]).0["verdict"].clone()
    };
    assert_eq!(named("a", "design", true), "decide");
    assert_eq!(named("b", "design", false), "escalate");
    assert_eq!(named("c", "priority", false), "escalate");
    assert_eq!(named("d", "priority", true), "decide");
    for (id, truth, by) in [("b", "split", "human"), ("d", "split", "revert")] {
        let learn = ["resolve", "learn", "--id", id, "--truth", truth, "--by", by];
        sandbox.run(learn).ended(0);
    }
    for format in ["text", "json"] {
        let ran = sandbox
            .run(["resolve", "stats", "--format", format])
            .ended(0);
        let name = format!("resolve-stats.{format}");
        assert_golden(&name, &sandbox.filtered(&ran.stdout));
    }
    let stats = sandbox.run(["resolve", "stats", "--format", "json"]).json();
    let conflicts = &stats["conflicts"];
    for (key, count) in [
        ("total", 4),
        ("active", 1),
        ("resolved", 3),
        ("escalated", 2),
        ("decided_alone", 2),
        ("decided_wrong", 1),
        ("reverted", 1),
    ] {
        assert_eq!(conflicts[key], json!(count), "{key}");
    }
    assert_eq!(conflicts["escalation_rate"], 0.5);
    assert_eq!(
        conflicts["by_type"]["design"],
        json!({"total": 2, "active": 0, "escalated": 1})
    );
}

#[test]
fn many_questions_are_decided_in_one_go_from_standard_input() {
    let sandbox = sandbox();
    let mut lines = String::new();
    for at in 0..300 {
        let mut question = example();
        question["id"] = json!(format!("q{at}"));
        writeln!(lines, "{question}").unwrap();
    }
    let arguments = [
        "resolve",
        "decide",
        "-",
        "--brief",
        "--no-store",
        "--format",
        "json",
    ];
    let ran = sandbox.run_with_input(&arguments, &lines);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let decisions = report["decisions"].as_array().unwrap();
    assert_eq!((decisions.len(), ran.code), (300, Some(1)));
    assert_eq!(decisions[299]["id"], "q299");
    assert!(decisions[0].get("ledger").is_none());
    let ran = sandbox.run_with_input(&arguments, "");
    assert!(
        ran.stderr.contains("- is not understood: it is empty"),
        "{ran}"
    );
}

#[test]
fn two_that_learn_at_once_lose_nothing() {
    let sandbox = sandbox();
    let mut children = Vec::new();
    for part in 0..4 {
        let mut table = "item,topic,one,truth\n".to_owned();
        for at in 0..50 {
            writeln!(table, "p{part}-{at},t,{},{}", at % 2, at % 2).unwrap();
        }
        let file = format!("part{part}.csv");
        sandbox.write(&file, &table);
        let mut command = sandbox.command(["resolve", "learn", &file]);
        command.stdout(std::process::Stdio::null());
        children.push(command.spawn().unwrap());
    }
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let stats = sandbox
        .run(["resolve", "stats", "--format", "json"])
        .ended(0)
        .json();
    let one = &stats["conflicts"]["reliability"][0];
    assert_eq!((&one["agent"], &one["all"]), (&json!("one"), &json!(200)));
}

#[test]
fn contradictions_in_reports_become_questions_that_can_be_decided() {
    let sandbox = sandbox();
    let rule = json!({
        "id": "sql-injection", "title": "t", "what": "w", "why": "w", "severity": "major",
    });
    let finding = json!({
        "rule": "sql-injection", "severity": "major", "message": "text reaches a query",
        "reason": "r", "fingerprint": "0011223344556677",
        "location": {"path": "src/db.rs", "start": {"line": 4, "column": 1}, "end": {"line": 9, "column": 1}},
    });
    let report = |findings: Value, skipped: Value| {
        json!({"rules": [rule], "findings": findings, "skipped": skipped}).to_string()
    };
    sandbox.write("one.json", report(json!([finding]), json!([])));
    sandbox.write("two.json", report(json!([]), json!([])));
    for format in ["text", "json"] {
        let arguments = [
            "resolve", "detect", "one.json", "two.json", "--format", format,
        ];
        let ran = sandbox.run(arguments).ended(1);
        assert_golden(
            &format!("resolve-detect.{format}"),
            &sandbox.filtered(&ran.stdout),
        );
    }
    let detected = sandbox.run([
        "resolve", "detect", "one.json", "two.json", "--format", "json",
    ]);
    // What was found goes straight on to be decided.
    let ran = sandbox.run_with_input(
        &["resolve", "decide", "-", "--format", "json"],
        &detected.stdout,
    );
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["decisions"][0]["verdict"], "escalate");
    assert_eq!(report["decisions"][0]["dissent"], json!([]));

    // Whoever has not looked contradicts nobody.
    let skipped = json!([{"path": "src/db.rs", "code": "too-large", "reason": "too large"}]);
    sandbox.write(
        "two.json",
        json!({"rules": [rule], "findings": [], "skipped": skipped}).to_string(),
    );
    let ran = sandbox
        .run(["resolve", "detect", "one.json", "two.json"])
        .ended(0);
    assert!(ran.stdout.contains("Met."), "{ran}");
    let again = sandbox.run_with_input(
        &["resolve", "decide", "-"],
        &sandbox
            .run([
                "resolve", "detect", "one.json", "two.json", "--format", "json",
            ])
            .stdout,
    );
    assert!(again.stderr.contains("it holds no questions"), "{again}");

    for (name, content, words) in [
        ("list.json", "[]", "it is no report: expected an object"),
        ("torn.json", "{\"findings\": [", "it is not JSON"),
        (
            "other.json",
            "{\"a\": 1}",
            "it has neither findings, plans nor a review",
        ),
        (
            "review.json",
            "{\"review\": {\"of\": \"PR 1\", \"verdict\": \"good\"}}",
            "/review/verdict",
        ),
    ] {
        sandbox.write(name, content);
        let ran = sandbox.run(["resolve", "detect", name]);
        assert!(ran.stderr.contains(words), "{words}: {ran}");
    }
}

#[test]
fn reviews_and_plans_that_contradict_each_other_are_found() {
    let sandbox = sandbox();
    let review = |agent: &str, verdict: &str| {
        json!({"agent": agent, "report": {
            "review": {"of": "PR 12", "verdict": verdict, "rationale": "as it looks"},
        }})
    };
    sandbox.write("a.json", review("a", "approve").to_string());
    sandbox.write("b.json", review("b", "request-changes").to_string());
    let ran = sandbox
        .run(["resolve", "detect", "a.json", "b.json", "--format", "json"])
        .ended(1);
    let asked = &ran.json()["questions"][0];
    assert_eq!(asked["question"], "is PR 12 good as it is?");
    assert_eq!(asked["positions"][1]["option"], "request-changes");
    let plan = |first: &str, second: &str| {
        let item = |id: &str, after: &[&str]| json!({"id": id, "title": id, "reason": "r", "after": after});
        json!({"plans": [{"id": "p", "title": "p", "items": [item(first, &[]), item(second, &[first])]}]})
    };
    sandbox.write("one.json", plan("build", "ship").to_string());
    sandbox.write("two.json", plan("ship", "build").to_string());
    let ran = sandbox
        .run([
            "resolve", "detect", "one.json", "two.json", "--format", "json",
        ])
        .ended(1);
    assert_eq!(ran.json()["kinds"], json!(["order"]));
}

/// Two programs that report, and a plan that has what they contradict each other about decided.
const REPORTERS: &str = r#"
[agents.one]
command = "cat"
args = ["[WORK]/one.json"]
output = "json"
capabilities = ["agent.prompt"]

[agents.two]
command = "cat"
args = ["[WORK]/two.json"]
output = "json"
capabilities = ["agent.prompt"]
"#;

#[test]
fn a_conflict_of_a_run_is_resolved_or_escalated() {
    let sandbox = Sandbox::new(&[Plugin::Resolver, Plugin::Swarm]);
    sandbox.user_config(&REPORTERS.replace("[WORK]", sandbox.work().to_str().unwrap()));
    let guide = include_str!("../../../../docs/conflict-resolver.md");
    let (_, plan) = guide.split_once("```toml\nname = \"conflict\"").unwrap();
    let (plan, _) = plan.split_once("```").unwrap();
    sandbox.write("conflict.toml", format!("name = \"conflict\"{plan}"));
    let rule = json!({
        "id": "sql-injection", "title": "t", "what": "w", "why": "w", "severity": "major",
    });
    let finding = json!({
        "rule": "sql-injection", "severity": "major", "message": "text reaches a query",
        "reason": "r", "fingerprint": "0011223344556677", "location": {"path": "src/db.rs"},
    });
    let report = |agent: &str, findings: Value| {
        json!({"agent": agent, "report": {
            "rules": [rule], "findings": findings, "skipped": [],
        }})
    };
    sandbox.write("one.json", report("one", json!([finding])).to_string());
    sandbox.write("two.json", report("two", json!([])).to_string());
    let verdict = || {
        let ran = sandbox
            .run(["run", "conflict.toml", "--format", "json"])
            .ended(0);
        let decisions = find(&ran.json(), "decisions").expect("something was decided");
        decisions[0]["verdict"].clone()
    };
    assert_eq!(verdict(), "escalate");
    let mut table = "item,topic,one,two,truth\n".to_owned();
    for at in 0..200 {
        let truth = if at % 2 == 0 { "defect" } else { "no-defect" };
        let two = if at % 3 == 0 { "defect" } else { "no-defect" };
        writeln!(table, "t{at},sql-injection,{truth},{two},{truth}").unwrap();
    }
    sandbox.write("known.csv", &table);
    sandbox.run(["resolve", "learn", "known.csv"]).ended(0);
    assert_eq!(verdict(), "decide");
}

/// The first value under a key, wherever it stands.
fn find(value: &Value, key: &str) -> Option<Value> {
    match value {
        Value::Object(fields) => fields
            .get(key)
            .cloned()
            .or_else(|| fields.values().find_map(|inner| find(inner, key))),
        Value::Array(items) => items.iter().find_map(|inner| find(inner, key)),
        _ => None,
    }
}
