//! The SARIF output against the official schema.
//!
//! The schema is not kept here: it is read from the source of the `serde-sarif`
//! package, which this crate depends on for no target at all. It is therefore
//! downloaded and never built.

#![expect(
    clippy::unwrap_used,
    reason = "in a test a panic is the report, in its helpers too"
)]

use std::path::PathBuf;
use std::process::Command;

use guildhall_report::{
    AgentFailure, Baseline, Document, FailedAgent, Format, Part, Report, RunInfo, Style, merge,
    render,
};
use serde_json::{Value, json};

#[test]
fn what_is_rendered_is_valid_sarif() {
    let schema = official_schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for document in [Document::default(), everything(), hostile(), failure()] {
        let log = sarif(&document);
        let errors: Vec<_> = validator.iter_errors(&log).map(|e| e.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new());
    }
}

/// Without this, a schema that accepts everything would pass the test above.
#[test]
fn the_schema_refuses_what_is_not_sarif() {
    let schema = official_schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let valid = sarif(&everything());
    for (pointer, wrong) in [
        ("/runs/0/results/0/level", json!("fatal")),
        ("/runs/0/results/0/ruleIndex", json!("0")),
        ("/runs/0/columnKind", json!("bytes")),
        ("/runs/0/tool/driver", json!({})),
    ] {
        let mut log = valid.clone();
        *log.pointer_mut(pointer).expect(pointer) = wrong;
        assert!(!validator.is_valid(&log), "{pointer}");
    }
}

fn sarif(document: &Document) -> Value {
    let mut out = Vec::new();
    render(document, Format::Sarif, &Style::default(), &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

fn official_schema() -> Value {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .output()
        .expect("cargo runs, since it runs this test");
    assert!(
        metadata.status.success(),
        "cargo metadata failed (offline? `cargo fetch` once gets what it needs): {}",
        String::from_utf8_lossy(&metadata.stderr)
    );
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages
        .iter()
        .find(|package| package["name"] == "serde-sarif");
    let manifest = package.unwrap()["manifest_path"].as_str().unwrap();
    let schema = PathBuf::from(manifest)
        .with_file_name("src")
        .join("schema.json");
    let mut schema: Value = serde_json::from_slice(&std::fs::read(schema).unwrap()).unwrap();
    // The pattern of the two `language` properties has a bracket too many, which
    // strict readers of regular expressions refuse. We write neither property.
    for owner in ["run", "toolComponent"] {
        let language = schema.pointer_mut(&format!("/definitions/{owner}/properties/language"));
        language.unwrap().as_object_mut().unwrap().remove("pattern");
    }
    schema
}

fn everything() -> Document {
    let position = |line: u32| json!({"line": line, "column": 5});
    let finding = json!({
        "rule": "cognitive-complexity", "severity": "critical", "subject": "parse",
        "location": {"path": "src/a b.rs", "start": position(3), "end": position(9)},
        "message": "cognitive complexity is 48", "reason": "It is hard to follow.",
        "value": 48, "threshold": 25.5, "remediation_minutes": 30, "fingerprint": "00ff",
        "related": [{"path": "src/b.rs"}],
    });
    let rule = json!({
        "id": "cognitive-complexity", "title": "Hard to follow", "what": "Counts.", "why": "So.",
        "example": "a", "better": "b", "measured": "m", "severity": "major", "threshold": 25,
        "setting": "s",
    });
    let skipped = json!({"path": "x.rs", "code": "unparsable", "reason": "expected an item"});
    let nowhere = json!({
        "rule": "decision", "severity": "info", "message": "m", "reason": "r",
        "fingerprint": "00", "confidence": 0.75, "evidence": ["a commit"],
    });
    let suppressed = json!({
        "finding": finding, "reason": "so be it", "location": {"path": "src/a b.rs"},
        "since": "2026-01-31", "author": "Ada",
    });
    let unused = json!({"rules": ["x"], "reason": "r", "location": {"path": "b.rs"}});
    let before = report(json!({"findings": [finding, nowhere, nowhere, nowhere]}));
    let mut document = report(json!({
        "rules": [rule], "findings": [finding, nowhere], "skipped": [skipped],
        "suppressed": [suppressed], "unused_suppressions": [unused],
    }));
    document.hold_against(&Baseline::of(&before), "before");
    document
}

fn hostile() -> Document {
    let finding = json!({
        "rule": "", "severity": "info", "message": "", "reason": "\u{0}\u{1b}\u{202e}",
        "location": {
            "path": r"//bad\xFF:\u{1b}|%?#.rs", "start": {"line": 0, "column": 0},
            "end": {"line": 0, "column": 0},
        },
        "fingerprint": "",
    });
    report(json!({"findings": [finding], "skipped": [{"path": "", "code": "", "reason": ""}]}))
}

fn failure() -> Document {
    let run = RunInfo {
        failures: vec![AgentFailure {
            failed: FailedAgent {
                agent: "broken".to_owned(),
                capability: "guildhall.scan".to_owned(),
                code: "panicked".to_owned(),
                message: "oh".to_owned(),
            },
            duration_ms: Some(1.0),
        }],
        ..RunInfo::default()
    };
    merge(Vec::new(), run)
}

fn report(report: Value) -> Document {
    let report: Report = serde_json::from_value(report).unwrap();
    let part = Part::new("one", "1.0.0", report);
    merge(vec![part], RunInfo::default())
}
