//! `guildhall diff`: two reports side by side.

use std::fs;

use guildhall_schema::Schema;

use super::*;

/// A sandbox with the reports of two scans, `before.json` and `after.json`.
fn reports() -> Sandbox {
    let sandbox = repository();
    sandbox.write("moved.rs", "fn moved() {}\n");
    fs::write(
        sandbox.root().join("before.json"),
        scan(&sandbox, &[]).stdout,
    )
    .unwrap();
    let work = sandbox.work();
    fs::rename(work.join("moved.rs"), work.join("there.rs")).unwrap();
    sandbox.write(
        "a.rs",
        "// SPDX-License-Identifier: MIT\n// FIXME: soon\n// FIXME: new\n",
    );
    fs::write(
        sandbox.root().join("after.json"),
        scan(&sandbox, &[]).stdout,
    )
    .unwrap();
    sandbox
}

const BOTH: [&str; 3] = ["diff", "../before.json", "../after.json"];

#[test]
fn what_is_new_gone_and_moved_is_told() {
    let sandbox = reports();
    let ran = sandbox.run(BOTH).ended(1);
    let first = ran.stdout.lines().next().unwrap();
    assert_eq!(first, "1 new finding, 1 gone, 1 moved, 1 as before");
    assert!(
        ran.stdout
            .contains("a.rs:3:4 minor debt-comment  FIXME: new"),
        "{ran}"
    );
    assert!(
        ran.stdout
            .contains("there.rs:1:1 missing-licence  was at moved.rs:1:1"),
        "{ran}"
    );
    let json = sandbox
        .run([&BOTH[..], &["--format", "json"]].concat())
        .ended(1);
    let schema = sandbox.run(["schema", "diff"]).ended(0).json();
    assert!(
        Schema::compile(&schema).unwrap().is_valid(&json.json()),
        "{json}"
    );
    assert_eq!(json.json()["by_rule"]["missing-licence"]["moved"], 1);
    let markdown = sandbox
        .run([&BOTH[..], &["--format", "markdown"]].concat())
        .ended(1);
    assert!(
        markdown
            .stdout
            .starts_with("### Guildhall: 1 new finding, 1 gone"),
        "{markdown}"
    );
}

#[test]
fn the_gate_is_that_of_a_scan_with_a_baseline() {
    let sandbox = reports();
    for (severity, code) in [("info", 1), ("minor", 1), ("major", 0), ("never", 0)] {
        sandbox
            .run([&BOTH[..], &["--fail-on", severity]].concat())
            .ended(code);
    }
    sandbox
        .run(["diff", "../before.json", "../before.json"])
        .ended(0);
}

#[test]
fn one_report_may_come_from_standard_input() {
    let sandbox = reports();
    let before = fs::read_to_string(sandbox.root().join("before.json")).unwrap();
    sandbox
        .run_with_input(&["diff", "-", "../after.json"], &before)
        .ended(1);
    let ran = sandbox.run(["diff", "-", "-"]).ended(2);
    assert!(
        ran.stderr
            .contains("both reports cannot come from standard input"),
        "{ran}"
    );
}

#[test]
fn what_is_no_report_is_refused_with_its_name() {
    let sandbox = reports();
    for (text, said) in [
        ("", "bad.json:1:0: not JSON"),
        ("{}", "bad.json is no report of a scan"),
        ("[1]", "bad.json is no report of a scan"),
        (
            "{\"schema\": \"guildhall.report/9\"}",
            "bad.json is a report of another version",
        ),
        (
            "{\"schema\": \"guildhall.report/1\", \"findings\": 7}",
            "bad.json is a damaged report",
        ),
    ] {
        sandbox.write("bad.json", text);
        let ran = sandbox.run(["diff", "../before.json", "bad.json"]).ended(3);
        assert!(ran.stderr.contains(said), "{said:?} is missing: {ran}");
        assert_eq!(ran.stdout, "");
    }
    let ran = sandbox
        .run(["diff", "../before.json", "nowhere.json"])
        .ended(3);
    assert!(
        ran.stderr
            .starts_with("error: nowhere.json cannot be read: "),
        "{ran}"
    );
}
