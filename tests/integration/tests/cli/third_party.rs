//! An agent that the host has never heard of takes part like any other.

use serde_json::{Value, json};

use crate::support::{Plugin, Sandbox, assert_golden};

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new(&[Plugin::Scanner, Plugin::Auditor]);
    sandbox.write("src/a.rs", "// FIXME: soon\n");
    sandbox.write("src/b.rs", "// SPDX-License-Identifier: MIT\n");
    sandbox
}

#[test]
fn its_findings_are_merged_and_attributed() {
    let report = sandbox().run(["scan", "--format", "json"]).ended(0).json();
    let findings: Vec<Value> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| json!([one["agent"], one["rule"], one["location"]["path"]]))
        .collect();
    let expected = [
        json!(["licence-auditor", "missing-licence", "src/a.rs"]),
        json!(["tech-debt-scanner", "debt-comment", "src/a.rs"]),
    ];
    assert_eq!(findings, expected);
    assert_eq!(
        report["run"]["agents"]["licence-auditor"]["version"],
        "3.1.4"
    );
    assert_eq!(report["summary"]["by_severity"]["major"], 1);
    assert_eq!(report["summary"]["by_severity"]["minor"], 1);
}

#[test]
fn its_findings_count_for_the_gate() {
    sandbox().run(["scan", "--fail-on", "major"]).ended(1);
    let alone = Sandbox::new(&[Plugin::Scanner]);
    alone.write("src/a.rs", "// FIXME: soon\n");
    alone.run(["scan", "--fail-on", "major"]).ended(0);
}

#[test]
fn text_and_sarif_name_both() {
    let sandbox = sandbox();
    let ran = sandbox.run(["scan"]).ended(0);
    assert_golden("third-party.text", &sandbox.filtered(&ran.to_string()));
    let sarif = sandbox.run(["scan", "--format", "sarif"]).ended(0).json();
    let tools: Vec<&Value> = sarif["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| &run["tool"]["driver"]["name"])
        .collect();
    assert_eq!(tools, ["licence-auditor", "tech-debt-scanner"]);
}

#[test]
fn its_rule_is_explained_and_its_command_runs() {
    let sandbox = sandbox();
    let ran = sandbox.run(["explain", "missing-licence"]).ended(0);
    assert!(
        ran.stdout
            .contains("\nfrom licence-auditor, usually major\n"),
        "{ran}"
    );
    let ran = sandbox
        .run([
            "licences",
            "check",
            "--root",
            sandbox.work().to_str().unwrap(),
        ])
        .ended(0);
    assert!(
        ran.stdout.contains("src/a.rs:1:1 major missing-licence"),
        "{ran}"
    );
    assert!(!ran.stdout.contains("debt-comment"), "{ran}");
}
