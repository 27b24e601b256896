//! `guildhall incident watch`: whether the symptom is seen again.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use serde_json::Value;

use super::sandbox;
use crate::support::{Ran, Sandbox, assert_golden};

const SYMPTOM: &str = "2026-11-21T18:02:00Z ERROR pool: connection 17 to 10.0.0.3 was refused";

/// An incident of that symptom, mitigated at eight.
fn mitigated() -> Sandbox {
    let sandbox = sandbox();
    sandbox.write("app.log", format!("{SYMPTOM}\n"));
    let at = |time: &str, arguments: &[&str]| {
        let moment = format!("2026-11-21T{time}:00Z");
        let all = [&["incident"], arguments, &["--at", &moment]].concat();
        sandbox.run(all).ended(0);
    };
    at("18:05", &["assess", "app.log", "--open"]);
    at(
        "18:06",
        &[
            "severity",
            "1",
            "sev3",
            "--because",
            "few are reached",
            "--by",
            "ada",
        ],
    );
    at(
        "20:00",
        &["mitigate", "1", "--because", "restarted", "--by", "ada"],
    );
    sandbox
}

fn watch(sandbox: &Sandbox, arguments: &[&str]) -> Ran {
    let moment = ["--at", "2026-11-22T08:00:00Z", "--by", "ada"];
    sandbox.run(
        [
            &["incident", "watch", "1", "--log", "app.log"],
            arguments,
            &moment,
        ]
        .concat(),
    )
}

fn shown(sandbox: &Sandbox) -> Value {
    let ran = sandbox.run(["incident", "show", "1", "--format", "json"]);
    ran.ended(0).json()["incident"].clone()
}

fn append(sandbox: &Sandbox, line: &str) {
    let path = sandbox.work().join("app.log");
    let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
    writeln!(file, "{line}").unwrap();
}

#[test]
fn a_return_reopens_the_incident_with_the_lines_and_what_is_older_does_not() {
    let sandbox = mitigated();
    append(
        &sandbox,
        "2026-11-22T07:00:00Z INFO pool: connection 4 to 10.0.0.9 was closed",
    );
    let quiet = watch(&sandbox, &["--format", "json"]).ended(0).json();
    assert_eq!(
        (&quiet["watch"]["seen"], &quiet["watch"]["older"]),
        (&0.into(), &1.into())
    );
    assert_eq!(shown(&sandbox)["status"], "mitigated");
    append(
        &sandbox,
        "2026-11-22T07:30:00Z ERROR pool: connection 4 to 10.0.0.9 was refused",
    );
    let ran = watch(&sandbox, &[]).ended(1);
    assert_golden("incident-watch.text", &sandbox.filtered(&ran.stdout));
    let incident = shown(&sandbox);
    assert_eq!(
        (&incident["status"], &incident["recurrences"]),
        (&"open".into(), &1.into())
    );
    let rows = incident["timeline"].as_array().unwrap();
    let last = rows.last().unwrap();
    assert_eq!(last["kind"], "recurred");
    let cited = &last["evidence"][0];
    let mut evidence = incident["evidence"].as_array().unwrap().iter();
    let line = evidence.find(|one| &one["id"] == cited).unwrap();
    assert_eq!(
        (&line["source"], &line["locator"]),
        (&"app.log".into(), &"3".into())
    );
    // It is open now: that it goes on is no further return.
    watch(&sandbox, &[]).ended(1);
    assert_eq!(shown(&sandbox)["recurrences"], 1);
}

/// Whether the process that works for this one has a file open and has read all of it.
fn has_read(process: u32, file: &Path) -> bool {
    let children = fs::read_to_string(format!("/proc/{process}/task/{process}/children"));
    let children = children.unwrap_or_default();
    let length = fs::metadata(file).unwrap().len();
    children.split_whitespace().any(|child| {
        let open = fs::read_dir(format!("/proc/{child}/fd"));
        let mut open = open.into_iter().flatten().flatten();
        open.any(|entry| {
            let is_it = fs::read_link(entry.path()).is_ok_and(|it| it == file);
            let number = entry.file_name().into_string().unwrap_or_default();
            is_it && position(child, &number) == Some(length)
        })
    })
}

/// How far a process has read a file that it has open.
fn position(process: &str, number: &str) -> Option<u64> {
    let told = fs::read_to_string(format!("/proc/{process}/fdinfo/{number}")).ok()?;
    told.lines()
        .find_map(|line| line.strip_prefix("pos:"))
        .and_then(|position| position.trim().parse().ok())
}

#[test]
fn a_log_is_followed_as_it_grows_and_over_its_rotation() {
    let sandbox = mitigated();
    let rotated = sandbox.work().join("app.log.1");
    let log = sandbox.work().join("app.log");
    let arguments = [
        "incident",
        "watch",
        "1",
        "--log",
        "app.log",
        "--seconds",
        "600",
        "--every",
        "1",
    ];
    let mut command = sandbox.command(arguments);
    let mut watching = command
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // After its first look it holds the file open.
    while !has_read(watching.id(), &log) {
        assert!(watching.try_wait().unwrap().is_none(), "it watches no more");
        std::thread::yield_now();
    }
    // What is written between that look and the rotation is in the old file alone.
    append(
        &sandbox,
        "2026-11-22T09:00:00Z ERROR pool: connection 5 to 10.0.0.1 was refused",
    );
    fs::rename(&log, &rotated).unwrap();
    fs::write(&log, "a new file\n").unwrap();
    let ran = Ran::of(watching.wait_with_output().unwrap());
    ran.ended(1);
    assert_eq!(shown(&sandbox)["status"], "open");
}

#[test]
fn what_cannot_be_watched_is_refused_with_what_to_do() {
    let sandbox = mitigated();
    let refused = |arguments: &[&str], text: &str| {
        let ran = sandbox.run([&["incident", "watch"], arguments].concat());
        assert_eq!(ran.code, Some(3), "{ran}");
        assert!(ran.stderr.contains(text), "{ran}");
    };
    refused(&["1", "--log", "none.log"], "none.log cannot be read");
    refused(&["1", "--log", "."], "it is no file");
    refused(&["1", "--log", "/dev/stdin"], "it is no file");
    refused(&["9", "--log", "app.log"], "there is no incident");
    refused(
        &["1", "--log", "app.log", "--since", "yesterday"],
        "is not understood",
    );
    sandbox.write("zip.log", [0x1f, 0x8b, 0, 0]);
    refused(&["1", "--log", "zip.log"], "zip.log is not read");
    let told = ["incident", "assess", "--text", "broken", "--open"];
    sandbox.run(told).ended(0);
    refused(&["2", "--log", "app.log"], "--matching");
    let found = [
        "incident",
        "watch",
        "2",
        "--log",
        "app.log",
        "--matching",
        "was refused",
        "--since",
        "2026-11-01T00:00:00Z",
    ];
    sandbox.run(found).ended(1);
}
