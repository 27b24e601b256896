//! `guildhall trend`: points as they are asked for, formats, and what cannot be told.

use std::process::Command;

use serde_json::Value;

use crate::support::{Plugin, Sandbox};

/// Runs git in the work folder at this day of January 2024.
fn git(sandbox: &Sandbox, day: i64, arguments: &[&str]) {
    let date = format!("{} +0000", 1_704_067_200 + (day - 1) * 86_400);
    let output = Command::new("git")
        .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org"])
        .args(arguments)
        .current_dir(sandbox.work())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_DATE", &date)
        .env("GIT_COMMITTER_DATE", &date)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {errors}");
}

/// Two commits a week apart, the first of them a release.
fn repository() -> Sandbox {
    let sandbox = Sandbox::new(&[Plugin::Scanner, Plugin::Auditor]);
    git(&sandbox, 1, &["init", "--quiet", "--initial-branch=main"]);
    sandbox.write("a.rs", "fn a() {}\n");
    git(&sandbox, 1, &["add", "--all"]);
    git(&sandbox, 1, &["commit", "--quiet", "--message=one"]);
    git(&sandbox, 1, &["tag", "v1.0.0"]);
    sandbox.write("a.rs", "fn a(b: bool) {\n    if b {}\n}\n");
    git(
        &sandbox,
        8,
        &["commit", "--quiet", "--all", "--message=two"],
    );
    sandbox
}

/// Date and name of each point.
fn points(report: &Value) -> Vec<String> {
    let tables = report["tables"].as_array().unwrap();
    let table = tables.iter().find(|table| table["id"] == "points").unwrap();
    let rows = table["rows"].as_array().unwrap().iter();
    let said = |row: &Value| format!("{} {}", row[1].as_str().unwrap(), row[2].as_str().unwrap());
    rows.map(said).collect()
}

#[test]
fn points_are_releases_dates_or_names() {
    let sandbox = repository();
    let expected = ["2024-01-01 v1.0.0", "2024-01-08 HEAD"];
    for arguments in [
        &["--releases"][..],
        &["--releases=1"],
        &["--releases", "--tag-prefix", "v"],
    ] {
        let arguments = [&["trend", "--format", "json"], arguments].concat();
        assert_eq!(points(&sandbox.run(arguments).ended(0).json()), expected);
    }
    for arguments in [
        &["--every", "week", "--count", "2"][..],
        &["--every", "7 days", "--since", "2024-01-01"],
    ] {
        let arguments = [&["trend", ".", "--format", "json"], arguments].concat();
        let expected = ["2024-01-01 ", "2024-01-08 HEAD"];
        assert_eq!(points(&sandbox.run(arguments).ended(0).json()), expected);
    }
    let ran = sandbox.run(["trend", "--refs", "main,v1.0.0", "--format", "json"]);
    let expected = ["2024-01-08 main", "2024-01-01 v1.0.0"];
    assert_eq!(points(&ran.ended(0).json()), expected);
}

#[test]
fn a_line_is_ascii_unless_the_locale_has_more() {
    let sandbox = repository();
    let plain = sandbox.run(["trend", "--releases"]).ended(0).stdout;
    assert!(plain.contains("first to last"), "{plain}");
    let mut lines = plain.lines();
    let line = lines.find(|line| line.starts_with("lines with code  .@"));
    assert!(
        line.is_some_and(|line| line.ends_with("1     3   +200%")),
        "{plain}"
    );
    assert!(plain.is_ascii(), "{plain}");
    let mut command = sandbox.command(["trend", "--releases"]);
    let output = command.env("LANG", "C.UTF-8").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("lines with code  ▁█"), "{text}");
}

#[test]
fn the_page_has_lines_over_dates_and_two_runs_are_the_same_bytes() {
    let sandbox = repository();
    let page = || {
        sandbox
            .run(["trend", "--releases", "--format", "html"])
            .ended(0)
            .stdout
    };
    let first = page();
    for part in [
        "What changed most",
        "class=\"line s0\"",
        "2024-01-",
        "v1.0.0: 2024-01-01, 1",
    ] {
        assert!(first.contains(part), "{part}");
    }
    let json = |threads: &str| {
        let ran = sandbox.run(["trend", "--threads", threads, "--format", "json"]);
        let mut report = ran.ended(0).json();
        report.as_object_mut().unwrap().remove("run");
        report
    };
    assert_eq!(json("1"), json("4"));
}

#[test]
fn what_cannot_be_told_is_said_with_its_mend() {
    let sandbox = repository();
    for (arguments, code, said) in [
        (&["--every", "fortnight"][..], 2, "2 weeks"),
        (&["--since", "2024-02-30"], 2, "is no day"),
        (&["--count", "0"], 2, "1..=1000"),
        (
            &["--refs", "main", "--every", "day"],
            2,
            "cannot be used with",
        ),
        (&["--tag-prefix", "v"], 2, "--releases"),
        (&["--refs", "no-such"], 3, "`no-such` is no commit"),
        (&["no/such/folder"], 3, "no/such/folder"),
    ] {
        let ran = sandbox.run([&["trend"], arguments].concat()).ended(code);
        assert!(ran.stderr.contains(said), "{arguments:?}: {ran}");
    }
    let plain = Sandbox::new(&[Plugin::Scanner]);
    let ran = plain.run(["trend"]).ended(3);
    assert!(ran.stderr.contains("no git repository"), "{ran}");
    // The auditor takes part in scans only.
    let auditor = Sandbox::new(&[Plugin::Auditor]);
    let ran = auditor.run(["trend"]).ended(4);
    assert!(ran.stderr.contains("no trend can be told"), "{ran}");
}
