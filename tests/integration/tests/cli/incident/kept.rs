//! Incidents that are kept: opened, told again, set, noted, closed, reopened, listed.

use super::sandbox;
use crate::support::{Ran, Sandbox};

const ALERT: &str = r#"{
  "version": "4", "status": "firing", "groupLabels": {"alertname": "SlowCheckout"},
  "commonLabels": {"alertname": "SlowCheckout", "service": "checkout"},
  "commonAnnotations": {"summary": "checkout: p99 latency above 2 s for many customers"},
  "alerts": [{"status": "firing", "labels": {"alertname": "SlowCheckout"}, "annotations": {},
    "startsAt": "2026-11-21T18:02:00Z", "endsAt": "0001-01-01T00:00:00Z"}]
}"#;

/// Runs `guildhall incident` at a time of that day.
fn at(sandbox: &Sandbox, time: &str, arguments: &[&str]) -> Ran {
    let moment = format!("2026-11-21T{time}:00Z");
    let all = [&["incident"], arguments, &["--at", &moment]].concat();
    sandbox.run(all)
}

fn json(sandbox: &Sandbox, arguments: &[&str]) -> serde_json::Value {
    let all = [&["incident"], arguments, &["--format", "json"]].concat();
    sandbox.run(all).ended(0).json()
}

#[test]
fn what_is_told_again_goes_to_the_incident_that_is_open() {
    let sandbox = sandbox();
    sandbox.write("alert.json", ALERT);
    let opened = at(&sandbox, "18:05", &["assess", "alert.json", "--open"]).ended(0);
    assert!(opened.stdout.contains("INC-0001 sev2"), "{opened}");
    let again = at(&sandbox, "18:15", &["assess", "alert.json", "--open"]).ended(0);
    assert!(again.stdout.contains("told again"), "{again}");
    assert!(
        again.stdout.contains("the same alertmanager key"),
        "{again}"
    );
    let other = ["assess", "--text", "The mailer sends nothing.", "--open"];
    at(&sandbox, "18:20", &other).ended(0);
    let separate = ["assess", "alert.json", "--open", "--separate"];
    at(&sandbox, "18:25", &separate).ended(0);
    let list = json(&sandbox, &["list"]);
    let told: Vec<_> = list["incidents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["id"].as_str().unwrap(),
                one["severity"].as_str(),
                one["told"].as_u64().unwrap(),
            )
        })
        .collect();
    // What is not known comes first, for it may be the worst.
    let expected = [
        ("INC-0002", Some("sev3"), 1),
        ("INC-0001", Some("sev2"), 2),
        ("INC-0003", Some("sev2"), 1),
    ];
    assert_eq!(told.len(), 3);
    assert!(
        told.contains(&expected[1]) && told.contains(&expected[2]),
        "{told:?}"
    );
}

#[test]
fn nothing_is_kept_that_is_not_to_be() {
    let sandbox = sandbox();
    sandbox.write("alert.json", ALERT);
    at(&sandbox, "18:05", &["assess", "alert.json"]).ended(0);
    assert_eq!(
        json(&sandbox, &["list", "--all"])["incidents"],
        serde_json::json!([])
    );
    for key in ["severity", "because", "by", "repo"] {
        let option = format!("--{key}");
        let value = if key == "severity" { "sev3" } else { "x" };
        let ran = at(&sandbox, "18:05", &["assess", "alert.json", &option, value]);
        assert_ne!(ran.code, Some(0));
        assert!(
            ran.stderr
                .contains(&format!("`{key}` is about an incident that is kept")),
            "{ran}"
        );
    }
}
