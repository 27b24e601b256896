//! Incidents and what may happen to them: several processes at once, a sudden end, bad input.

use std::fs;

use rustix::process::{Pid, Signal, kill_process_group};

use super::kept::{ALERT, at};
use super::{json, sandbox};
use crate::runs::support::start;
use crate::support::{Ran, Sandbox};

fn texts(sandbox: &Sandbox) -> Vec<String> {
    let incident = json(sandbox, &["show", "1"])["incident"].clone();
    let rows = incident["timeline"].as_array().unwrap().clone();
    let notes = rows.iter().filter(|row| row["kind"] == "noted");
    let what = notes.map(|row| row["what"].as_str().unwrap().replace("noted: ", ""));
    let mut texts: Vec<String> = what.collect();
    texts.sort();
    texts
}

#[test]
fn two_processes_at_once_lose_nothing_of_each_other() {
    let sandbox = sandbox();
    at(
        &sandbox,
        "18:05",
        &["assess", "--text", "The mailer is down.", "--open"],
    )
    .ended(0);
    let all: Vec<String> = (0..8).map(|number| format!("note {number}")).collect();
    let started = all
        .iter()
        .map(|text| start(&sandbox, &["incident", "note", "1", text]));
    let started: Vec<_> = started.collect();
    for child in started {
        Ran::of(child.wait_with_output().unwrap()).ended(0);
    }
    assert_eq!(texts(&sandbox), all);
}

#[test]
fn one_alert_that_several_processes_tell_at_once_is_one_incident() {
    let sandbox = sandbox();
    sandbox.write("alert.json", ALERT);
    let open = [
        "incident",
        "assess",
        "alert.json",
        "--open",
        "--at",
        "2026-11-21T18:05:00Z",
    ];
    let started: Vec<_> = (0..6).map(|_| start(&sandbox, &open)).collect();
    for child in started {
        Ran::of(child.wait_with_output().unwrap()).ended(0);
    }
    let incidents = json(&sandbox, &["list"])["incidents"].clone();
    assert_eq!(incidents.as_array().unwrap().len(), 1, "{incidents}");
    assert_eq!(incidents[0]["told"], 6);
}

#[test]
fn what_was_acknowledged_before_a_sudden_end_is_there_and_nothing_is_damaged() {
    let sandbox = sandbox();
    at(
        &sandbox,
        "18:05",
        &["assess", "--text", "The mailer is down.", "--open"],
    )
    .ended(0);
    let mut acknowledged = Vec::new();
    for number in 0..6 {
        let (kept, killed) = (format!("kept {number}"), format!("killed {number}"));
        let mut child = start(&sandbox, &["incident", "note", "1", &killed]);
        let other = start(&sandbox, &["incident", "note", "1", &kept]);
        Ran::of(other.wait_with_output().unwrap()).ended(0);
        // Wherever the first one is by now.
        let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
        if child.wait().unwrap().success() {
            acknowledged.push(killed);
        }
        acknowledged.push(kept);
    }
    let there = texts(&sandbox);
    let mut once = there.clone();
    once.dedup();
    assert_eq!(once, there, "nothing is there twice");
    assert!(
        acknowledged.iter().all(|text| there.contains(text)),
        "{there:?}"
    );
    at(&sandbox, "18:30", &["close", "1", "--resolution", "gone"]).ended(0);
}

#[test]
fn a_webhook_that_is_cut_off_anywhere_is_refused_and_nothing_is_kept() {
    let sandbox = sandbox();
    let whole = ALERT.trim_end();
    for part in 1..8 {
        let end = whole.floor_char_boundary(whole.len() * part / 8);
        sandbox.write("torn.json", &whole[..end]);
        let ran = at(&sandbox, "18:05", &["assess", "torn.json", "--open"]);
        assert_ne!(ran.code, Some(0), "{end}: {ran}");
        assert!(
            ran.stderr.contains("torn.json is not understood"),
            "{end}: {ran}"
        );
    }
    assert_eq!(
        json(&sandbox, &["list", "--all"])["incidents"],
        serde_json::json!([])
    );
    sandbox.write("torn.json", whole);
    at(&sandbox, "18:05", &["assess", "torn.json", "--open"]).ended(0);
}

#[test]
fn a_log_that_is_no_utf_8_is_kept_and_shown() {
    let sandbox = sandbox();
    let mut log = b"2026-11-21 18:00:00 ERROR disk \xff\xfe is full\n".to_vec();
    log.extend([0xc3, b'\n']);
    fs::write(sandbox.work().join("app.log"), log).unwrap();
    let ran = at(
        &sandbox,
        "18:05",
        &["assess", "app.log", "--open", "--format", "json"],
    )
    .ended(0);
    assert_eq!(
        ran.skipped(),
        [("app.log".to_owned(), "not-utf8".to_owned())]
    );
    let shown = sandbox.run(["incident", "show", "last"]).ended(0);
    assert!(shown.stdout.contains("is full"), "{shown}");
}
