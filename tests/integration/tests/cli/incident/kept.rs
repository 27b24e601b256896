//! Incidents that are kept: opened, told again, set, noted, closed, reopened, listed.

use super::{json, sandbox};
use crate::support::{Ran, Sandbox};

pub(super) const ALERT: &str = r#"{
  "version": "4", "status": "firing", "groupLabels": {"alertname": "SlowCheckout"},
  "commonLabels": {"alertname": "SlowCheckout", "service": "checkout"},
  "commonAnnotations": {"summary": "checkout fails for many customers"},
  "alerts": [{"status": "firing", "labels": {"alertname": "SlowCheckout"}, "annotations": {},
    "startsAt": "2026-11-21T18:02:00Z", "endsAt": "0001-01-01T00:00:00Z"}]
}"#;

/// Runs `guildhall incident` at a time of that day.
pub(super) fn at(sandbox: &Sandbox, time: &str, arguments: &[&str]) -> Ran {
    let moment = format!("2026-11-21T{time}:00Z");
    let all = [&["incident"], arguments, &["--at", &moment]].concat();
    sandbox.run(all)
}

#[test]
fn what_is_told_again_goes_to_the_incident_that_is_open() {
    let sandbox = sandbox();
    sandbox.write("alert.json", ALERT);
    let opened = at(&sandbox, "18:05", &["assess", "alert.json", "--open"]).ended(0);
    assert!(opened.stdout.contains("It is kept as INC-0001"), "{opened}");
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
    let told: Vec<(&str, u64)> = list["incidents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["id"].as_str().unwrap(), one["told"].as_u64().unwrap()))
        .collect();
    let all = [("INC-0001", 2), ("INC-0002", 1), ("INC-0003", 1)];
    assert_eq!(told.len(), all.len(), "{told:?}");
    assert!(all.iter().all(|one| told.contains(one)), "{told:?}");
}

#[test]
fn what_nobody_knows_the_severity_of_is_listed_first() {
    let sandbox = sandbox();
    sandbox.write("alert.json", ALERT);
    at(&sandbox, "18:05", &["assess", "alert.json", "--open"]).ended(0);
    let odd = ["assess", "--text", "Something is odd.", "--open"];
    let opened = at(&sandbox, "18:10", &odd).ended(0);
    assert!(opened.stdout.contains("INC-0002 unknown"), "{opened}");
    let list = json(&sandbox, &["list"])["incidents"].clone();
    assert_eq!(
        (&list[0]["id"], &list[0]["severity"]),
        (&"INC-0002".into(), &serde_json::Value::Null)
    );
    // A person's word stands beside what the rubric assumes.
    let say = [
        "severity",
        "2",
        "sev4",
        "--because",
        "nobody sees it",
        "--by",
        "ada",
    ];
    let said = at(&sandbox, "18:11", &say).ended(0);
    assert!(said.stdout.contains("ada says sev4"), "{said}");
    assert!(said.stdout.contains("the rubric assumes sev3"), "{said}");
    let list = json(&sandbox, &["list"])["incidents"].clone();
    assert_eq!(list[1]["severity"], "sev4");
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

#[test]
fn that_an_alert_is_over_reopens_nothing_and_opens_nothing_that_is_known() {
    let sandbox = sandbox();
    sandbox.write("alert.json", ALERT);
    let over = ALERT
        .replace("firing", "resolved")
        .replace("0001-01-01T00:00:00Z", "2026-11-21T18:40:00Z");
    sandbox.write("over.json", over);
    at(&sandbox, "18:05", &["assess", "alert.json", "--open"]).ended(0);
    let status = || json(&sandbox, &["show", "1"])["incident"]["status"].clone();
    for (time, resolution) in [("18:41", "fixed"), ("18:43", "false-alarm")] {
        let close = ["close", "1", "--resolution", resolution];
        at(&sandbox, time, &close).ended(0);
        let told = at(&sandbox, "18:45", &["assess", "over.json", "--open"]).ended(0);
        assert!(told.stdout.contains("it is over. It is sev2"), "{told}");
        assert_eq!(status(), "closed");
        let all = json(&sandbox, &["list", "--all"])["incidents"].clone();
        assert_eq!(all.as_array().unwrap().len(), 1, "{all}");
        let reopen = ["reopen", "1", "--because", "to close it in another way"];
        at(&sandbox, "18:46", &reopen).ended(0);
    }
    // The control: that it fires again reopens what is closed.
    at(&sandbox, "18:47", &["close", "1", "--resolution", "fixed"]).ended(0);
    at(&sandbox, "18:50", &["assess", "alert.json", "--open"]).ended(0);
    assert_eq!(status(), "open");
}
