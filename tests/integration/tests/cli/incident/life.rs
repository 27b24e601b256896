//! The whole life of an incident, from the alert to what is learnt of it.

use serde_json::json;

use super::kept::{ALERT, at};
use super::{json, sandbox};
use crate::support::{Sandbox, assert_golden};

/// An incident that was told twice, set, mitigated, closed, seen again and closed.
fn lived() -> Sandbox {
    let sandbox = sandbox();
    sandbox.write("alert.json", ALERT);
    let open = ["assess", "alert.json", "--open"];
    at(&sandbox, "18:05", &open).ended(0);
    at(&sandbox, "18:06", &open).ended(0);
    let by = ["--by", "ada", "--because"];
    let said = |time: &str, what: &[&str], why: &str| {
        at(&sandbox, time, &[what, &by, &[why]].concat()).ended(0);
    };
    said(
        "18:09",
        &["severity", "1", "sev2"],
        "all of the shops in Spain wait",
    );
    at(
        &sandbox,
        "18:12",
        &[
            "note",
            "last",
            "the pool of connections is empty",
            "--by",
            "ada",
        ],
    )
    .ended(0);
    said(
        "18:35",
        &["mitigate", "INC-0001"],
        "a second pool was started",
    );
    said(
        "19:05",
        &["close", "1", "--resolution", "fixed"],
        "the pool grows by itself",
    );
    let again = at(&sandbox, "20:05", &open).ended(0);
    assert!(again.stdout.contains("is back"), "{again}");
    said(
        "20:25",
        &["close", "1", "--resolution", "fixed"],
        "the pool has no limit now",
    );
    sandbox
}

#[test]
fn from_alert_to_postmortem() {
    let sandbox = lived();
    for (command, format, golden) in [
        ("show", "text", "incident-show.text"),
        ("postmortem", "text", "incident-postmortem.text"),
        ("postmortem", "markdown", "incident-postmortem.md"),
    ] {
        let ran = sandbox
            .run(["incident", command, "1", "--format", format])
            .ended(0);
        assert_golden(golden, &sandbox.filtered(&ran.stdout));
    }
}

#[test]
fn every_row_of_a_timeline_cites_evidence_that_is_there() {
    let sandbox = lived();
    let postmortem = json(&sandbox, &["postmortem", "1"])["incident"].clone();
    let known: Vec<&serde_json::Value> = postmortem["evidence"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["id"])
        .collect();
    let rows = postmortem["timeline"].as_array().unwrap();
    assert_eq!(rows.len(), 10, "{postmortem:#}");
    let learnt = &postmortem["postmortem"];
    let parts = ["summary", "factors", "well", "badly", "actions"];
    let statements = parts
        .iter()
        .flat_map(|part| learnt[part].as_array().unwrap());
    for cited in rows.iter().chain(statements) {
        let evidence = cited["evidence"].as_array().unwrap();
        assert!(!evidence.is_empty(), "{cited}");
        assert!(evidence.iter().all(|id| known.contains(&id)), "{cited}");
        assert_eq!(cited.get("owner"), None, "nobody said who: {cited}");
    }
    let told: Vec<&str> = learnt["badly"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["text"].as_str().unwrap())
        .collect();
    assert!(
        told.iter().any(|text| text.starts_with("Seen again")),
        "{told:?}"
    );
}

#[test]
fn its_times_are_measured_with_the_time_after_it_came_back() {
    let sandbox = lived();
    let metrics = ["metrics", "--at", "2026-11-22T00:00:00Z"];
    let measured = json(&sandbox, &metrics)["metrics"]["per"]["sev2"].clone();
    assert_eq!(measured["mttd"]["values_ms"], json!([3 * 60_000]));
    assert_eq!(measured["mtta"]["values_ms"], json!([4 * 60_000]));
    // An hour, and twenty minutes after an hour in which it was over.
    assert_eq!(measured["mttr"]["values_ms"], json!([80 * 60_000]));
    assert_eq!(
        (&measured["reopened"], &measured["recurred"]),
        (&json!(1), &json!(1))
    );
    let ran = sandbox.run([&["incident"], &metrics[..]].concat()).ended(0);
    assert_golden("incident-metrics.text", &sandbox.filtered(&ran.stdout));
}

#[test]
fn what_cannot_be_is_refused_and_nothing_is_kept_of_it() {
    let sandbox = lived();
    let because = ["--because", "x"];
    for (arguments, words) in [
        (&["show", "9"][..], "there is no incident \"INC-0009\""),
        (&["show", "nine"], "there is no incident \"nine\""),
        (
            &["close", "1", "--resolution", "gone"],
            "INC-0001 is closed",
        ),
        (
            &["mitigate", "1", "--because", "x"],
            "INC-0001 is closed already",
        ),
        (
            &["severity", "1", "sev3", "--because", "x"],
            "INC-0001 is closed",
        ),
        (&["reopen", "1", "--because", "  "], "`because` is empty"),
        (&["note", "1", " "], "`text` is empty"),
        (
            &["note", "1", "x", "--at", "2026-11-21T18:04:59Z"],
            "`at` is before INC-0001 was opened",
        ),
        (
            &["note", "1", "x", "--at", "noon"],
            "`at` is not understood",
        ),
        (&["respond", "1"], "INC-0001 is closed"),
        (
            &["assess", "--text", "x", "--open", "--severity", "sev3"],
            "`because` is missing",
        ),
        (
            &["assess", "--text", "x", "--open", "--because", "x"],
            "`severity` is missing",
        ),
        (
            &["assess", "--text", "x", "--open", "--repo", "nowhere"],
            "nowhere cannot be read",
        ),
        (
            &["metrics", "--since", "monday"],
            "`since` is not understood",
        ),
    ] {
        let ran = sandbox.run([&["incident"], arguments].concat());
        assert_ne!(ran.code, Some(0), "{arguments:?}");
        assert_eq!(ran.stdout, "", "{arguments:?}");
        assert!(ran.stderr.contains(words), "{arguments:?}: {ran}");
    }
    let all = json(&sandbox, &["list", "--all", "--export"])["incidents"].clone();
    assert_eq!(all.as_array().unwrap().len(), 1);
    assert_eq!(all[0]["version"], 10);
    // The control: what can be is done.
    sandbox
        .run([&["incident", "reopen", "1"], &because[..]].concat())
        .ended(0);
}
