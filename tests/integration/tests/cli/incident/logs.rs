//! `guildhall incident logs`: templates, and how they differ from before.

use std::fmt::Write as _;

use serde_json::json;

use super::{content, sandbox};
use crate::support::{Sandbox, assert_golden};

/// Requests and heartbeats for an hour; what else was said is `extra`, at a minute each.
fn log(hour: u32, heartbeats: bool, extra: &[(u32, &str)]) -> String {
    let mut log = String::new();
    for minute in 0..60 {
        let at = format!("2026-11-21 {hour:02}:{minute:02}");
        for request in 0..3 {
            let id = minute * 3 + request;
            let _ = writeln!(
                log,
                "{at}:0{request} INFO [worker-{request}] web.Request: served /item/{id} in {id} ms"
            );
        }
        if heartbeats {
            let _ = writeln!(log, "{at}:30 DEBUG web.Health: heartbeat sent");
        }
        for (_, text) in extra.iter().filter(|(of, _)| *of == minute) {
            let _ = writeln!(log, "{at}:40 {text}");
        }
    }
    log
}

fn with_logs() -> Sandbox {
    let sandbox = sandbox();
    let retry = (20, "WARN  web.Store: retrying after timeout");
    sandbox.write("before.log", log(17, true, &[retry, retry]));
    let mut extra = vec![(41, "ERROR web.Store: pool 3 has no connection left")];
    extra.extend((0..40).map(|_| retry));
    extra.extend([(45, "INFO web.Store: pool 3 was opened again")]);
    sandbox.write("now.log", log(18, false, &extra));
    sandbox
}

#[test]
fn what_is_new_gone_or_more_than_usual_is_told() {
    let sandbox = with_logs();
    let ran = sandbox.run(["incident", "logs", "now.log", "--baseline", "before.log"]);
    let shown = sandbox.filtered(&ran.ended(0).stdout);
    assert_golden("incident-logs.text", &without_run(&shown));
}

#[test]
fn a_moment_parts_one_log_into_before_and_now() {
    let sandbox = with_logs();
    let whole = content(&sandbox.work().join("before.log")).unwrap()
        + &content(&sandbox.work().join("now.log")).unwrap();
    sandbox.write("whole.log", whole);
    let tables = |arguments: &[&str]| {
        let all = [&["incident", "logs", "--format", "json"], arguments].concat();
        let report = sandbox.run(all).ended(0).json();
        (report["tables"].clone(), report["figures"].clone())
    };
    let (mut parted, figures) = tables(&["whole.log", "--since", "2026-11-21T18:00:00Z"]);
    // Behind the 242 lines of before: a line has its number in the file.
    for (table, column) in [(0, 5), (1, 3)] {
        for row in parted[table]["rows"].as_array_mut().unwrap() {
            let line = row[column].as_u64();
            row[column] = line.map_or(json!(null), |line| json!(line - 242));
        }
    }
    let (compared, expected) = tables(&["now.log", "--baseline", "before.log"]);
    assert_eq!((parted, figures), (compared, expected));
}

#[test]
fn every_line_is_assigned_and_no_file_is_overwritten() {
    let sandbox = sandbox();
    sandbox.write("a.log", "disk 1 is full\nready\ndisk 2 is full\n");
    let arguments = [
        "incident",
        "logs",
        "a.log",
        "--messages-only",
        "--assignments",
        "groups",
    ];
    sandbox.run(arguments).ended(0);
    let groups = sandbox.work().join("groups");
    assert_eq!(content(&groups).as_deref(), Some("1\n2\n1\n"));
    let ran = sandbox.run(arguments).ended(4);
    assert!(
        ran.stderr.contains("groups cannot be written: File exists"),
        "{ran}"
    );
    assert_eq!(content(&groups).as_deref(), Some("1\n2\n1\n"));
}

#[test]
fn what_is_no_log_is_refused_with_what_to_do() {
    let sandbox = sandbox();
    sandbox.write("a.gz", b"\x1f\x8b\x08\0");
    sandbox.write("a.log", "ready\n");
    for (arguments, words) in [
        (
            &["no-such.log"][..],
            "no-such.log cannot be read: No such file",
        ),
        (&["."], ". cannot be read: "),
        (
            &["a.gz"],
            "a.gz is not read: it is compressed; decompress it first",
        ),
        (
            &["a.log", "--since", "noon"],
            "`since` is not understood: \"noon\" is no moment",
        ),
        (
            &[
                "a.log",
                "--since",
                "2026-11-21T18:00:00Z",
                "--baseline",
                "a.log",
            ],
            "take one of the two out",
        ),
        (
            &["/dev/stdin", "--assignments", "groups"],
            "`assignments` needs a log that can be read twice",
        ),
    ] {
        let ran = sandbox.run([&["incident", "logs"], arguments].concat());
        assert!(ran.stderr.contains(words), "{arguments:?}: {ran}");
        assert_eq!(ran.stdout, "", "{arguments:?}");
    }
}

#[test]
fn bytes_that_are_no_text_and_endless_lines_are_read_and_told() {
    let sandbox = sandbox();
    let long = [vec![b'x'; 100_000], b"\n\xff\xfe broke\nready\n".to_vec()].concat();
    sandbox.write("odd.log", long);
    let ran = sandbox
        .run(["incident", "logs", "odd.log", "--format", "json"])
        .ended(0);
    let codes: Vec<String> = ran.skipped().into_iter().map(|(_, code)| code).collect();
    assert_eq!(codes, ["long-line", "not-utf8"]);
    assert_eq!(ran.json()["figures"][0]["value"], json!(3));
}

/// Without what differs from run to run.
fn without_run(shown: &str) -> String {
    let lines = shown.lines().filter(|line| !line.contains("lines_per_s"));
    lines.map(|line| format!("{line}\n")).collect()
}
