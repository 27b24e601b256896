//! `guildhall incident assess`: the severity of what was told, with its reasons.

use super::sandbox;
use crate::support::{Sandbox, assert_golden};

const ALERT: &str = r#"{
  "version": "4", "status": "firing", "groupLabels": {"alertname": "SlowCheckout"},
  "commonLabels": {"alertname": "SlowCheckout", "service": "checkout", "scope": "eu"},
  "commonAnnotations": {"summary": "checkout: p99 latency above 2 s for many customers"},
  "alerts": [{"status": "firing", "labels": {"alertname": "SlowCheckout"}, "annotations": {},
    "startsAt": "2026-11-21T18:02:00Z", "endsAt": "0001-01-01T00:00:00Z"}]
}"#;

const AT: [&str; 2] = ["--at", "2026-11-21T22:14:00Z"];

fn assessed(sandbox: &Sandbox, arguments: &[&str]) -> serde_json::Value {
    let all = [&["incident", "assess", "--format", "json"], arguments, &AT].concat();
    sandbox.run(all).ended(0).json()["incident"].clone()
}

#[test]
fn an_alert_is_judged_with_every_reason() {
    let sandbox = sandbox();
    sandbox.write("alert.json", ALERT);
    for (format, golden) in [
        ("text", "incident-assess.text"),
        ("json", "incident-assess.json"),
        ("markdown", "incident-assess.md"),
    ] {
        let arguments = ["incident", "assess", "alert.json", "--format", format];
        let ran = sandbox.run([&arguments[..], &AT].concat()).ended(0);
        assert_golden(golden, &sandbox.filtered(&ran.stdout));
    }
}

#[test]
fn what_a_person_gives_goes_before_what_the_alert_says() {
    let sandbox = sandbox();
    sandbox.write("alert.json", ALERT);
    let incident = assessed(&sandbox, &["alert.json"]);
    assert_eq!(incident["severity"], "sev2");
    let incident = assessed(
        &sandbox,
        &["alert.json", "--reach", "few", "--minutes", "10"],
    );
    assert_eq!(incident["severity"], "sev3");
    let incident = assessed(&sandbox, &["alert.json", "--exposed"]);
    assert_eq!(incident["severity"], "sev1");
    assert_eq!(
        incident["assessment"]["gates"],
        serde_json::json!(["exposure"])
    );
}

#[test]
fn the_rubric_and_labels_can_be_set_and_a_slip_is_told() {
    let sandbox = sandbox();
    sandbox.write("alert.json", ALERT);
    sandbox.user_config(
        "[plugins.config.incident-responder.severity]\npoints = { sev1 = 20, sev2 = 15, sev3 = 5 }\n\
         [plugins.config.incident-responder.labels]\n\"scope=eu\" = { depth = \"down\" }\n",
    );
    let incident = assessed(&sandbox, &["alert.json"]);
    assert_eq!(incident["severity"], "sev3");
    let terms = &incident["assessment"]["terms"];
    assert_eq!(terms[1]["value"], "down");
    assert_eq!(terms[1]["because"], "scope=eu");
    sandbox.user_config("[plugins.config.incident-responder.severity]\npoint = 3\n");
    let ran = sandbox.run(["incident", "assess", "alert.json"]);
    assert_ne!(ran.code, Some(0));
    assert!(ran.stderr.contains("point"), "{ran}");
}

#[test]
fn words_alone_are_judged_and_what_is_assumed_is_told() {
    let sandbox = sandbox();
    let text = "A migration deleted the orders table of all customers.";
    let incident = assessed(&sandbox, &["--text", text]);
    assert_eq!(incident["severity"], "sev1");
    assert_eq!(incident["kept"], false);
    let ran = sandbox
        .run(["incident", "assess", "--text", "Something is odd."])
        .ended(0);
    assert!(ran.stdout.contains("Nobody says"), "{ran}");
}

#[test]
fn what_is_not_understood_is_refused_with_the_place() {
    let sandbox = sandbox();
    sandbox.write("empty.json", "{\"version\": \"4\", \"alerts\": []}");
    sandbox.write("torn.json", &ALERT[..200]);
    sandbox.write("other.json", "{\"a\": 1}");
    for (arguments, words) in [
        (
            &[][..],
            "`path` is missing; give a file, or say what is wrong with `text`",
        ),
        (&["none.json"], "none.json cannot be read"),
        (&["empty.json"], "/alerts: there is no alert"),
        (
            &["torn.json"],
            "torn.json is not understood: it is not JSON",
        ),
        (&["other.json"], "its form is not known"),
        (&["--text", "a", "--at", "noon"], "`at` is not understood"),
        (&["--text", "a", "--minutes", "-1"], "`minutes` is negative"),
    ] {
        let ran = sandbox.run([&["incident", "assess"], arguments].concat());
        assert_ne!(ran.code, Some(0), "{arguments:?}");
        assert_eq!(ran.stdout, "", "{arguments:?}");
        assert!(ran.stderr.contains(words), "{arguments:?}: {ran}");
    }
}
