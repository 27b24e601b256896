//! Every form in which something is told, with samples written for this.

use proptest::prelude::*;

use super::*;

const ALERT: &str = r#"{
  "version": "4", "status": "firing", "groupLabels": {"alertname": "SlowCheckout"},
  "commonLabels": {"alertname": "SlowCheckout", "service": "checkout", "scope": "eu"},
  "commonAnnotations": {"summary": "checkout: p99 latency above 2 s"},
  "alerts": [
    {"status": "firing", "labels": {"alertname": "SlowCheckout", "service": "checkout"},
     "annotations": {"description": "many customers in Europe"},
     "startsAt": "2026-11-21T18:02:00Z", "endsAt": "0001-01-01T00:00:00Z"},
    {"status": "firing", "labels": {"alertname": "SlowCheckout", "service": "checkout"},
     "annotations": {}, "startsAt": "2026-11-21T18:01:00Z", "endsAt": "0001-01-01T00:00:00Z"}
  ]
}"#;

const EVENT: &str = r#"{
  "event_id": "0123456789abcdef", "timestamp": 1795284120.5, "level": "error",
  "release": "shop@1.4.0", "tags": [["service", "shop"], ["region", "eu"]],
  "exception": {"values": [
    {"type": "KeyError", "value": "inner"},
    {"type": "RuntimeError", "value": "no basket", "stacktrace": {"frames": [
      {"filename": "/usr/lib/python3/json.py", "lineno": 3, "function": "loads"},
      {"filename": "shop/views.py", "lineno": 20, "function": "show", "in_app": true},
      {"filename": "shop/basket.py", "lineno": 7, "function": "load"},
      {"filename": "vendor/x.py", "lineno": 1, "in_app": false}]}}
  ]}
}"#;

const RECORDS: &str = r#"{"resourceLogs": [{
  "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
  "scopeLogs": [{"logRecords": [
    {"timeUnixNano": "1795284120000000000", "severityNumber": 9, "body": {"stringValue": "ready"}},
    {"timeUnixNano": 1795284180000000000, "severityNumber": 17,
     "body": {"stringValue": "no connection left"},
     "attributes": [{"key": "exception.stacktrace",
       "value": {"stringValue": "boom\n    at open (/srv/shop/store.js:31:7)"}}]}
  ]}]}]}"#;

const PANICKED: &str = "\
starting
thread 'main' (4711) panicked at src/lock.rs:88:5:
could not acquire lock 17
stack backtrace:
   0: rust_begin_unwind
             at /rustc/1234/library/std/src/panicking.rs:689:5
   1: shop::lock::acquire
             at ./src/lock.rs:88:5
   2: shop::main
             at ./src/main.rs:4:13
";

const TRACEBACK: &str = "\
Traceback (most recent call last):
  File \"shop/main.py\", line 4, in <module>
    run()
  File \"shop/store.py\", line 9, in run
    raise StoreError(\"disk is full\")
shop.store.StoreError: disk is full
";

const TESTS: &str = "\
running 2 tests
test lock::acquires ... FAILED
test lock::releases ... ok

failures:

---- lock::acquires stdout ----
thread 'lock::acquires' panicked at src/lock.rs:88:5:
could not acquire lock
";

fn told(text: &str) -> Intake {
    read("a-file", text.as_bytes(), None).unwrap()
}

fn refused(text: &str) -> String {
    read("a-file", text.as_bytes(), None)
        .unwrap_err()
        .to_string()
}

/// The frames as text.
fn places(intake: &Intake) -> Vec<String> {
    let place = |frame: &crate::Frame| format!("{}:{}", frame.path, frame.line.unwrap_or(0));
    intake.symptom.frames.iter().map(place).collect()
}

#[test]
fn an_alert_is_read() {
    let intake = told(ALERT);
    assert_eq!(intake.kind, IntakeKind::Alertmanager);
    assert_eq!(intake.symptom.title, "checkout: p99 latency above 2 s");
    assert_eq!(intake.symptom.systems, ["checkout"]);
    assert_eq!(
        intake.symptom.since.unwrap().to_string(),
        "2026-11-21T18:01:00Z"
    );
    assert_eq!(intake.until, None);
    assert!(intake.labels.contains(&"scope=eu".to_owned()));
    assert!(intake.symptom.text.contains("many customers in Europe"));
    assert_eq!(intake.evidence[0].locator, "/commonAnnotations/summary");
    let over = ALERT
        .replace(
            "\"status\": \"firing\", \"group",
            "\"status\": \"resolved\", \"group",
        )
        .replace("0001-01-01T00:00:00Z", "2026-11-21T19:00:00Z");
    assert_eq!(
        told(&over).until.unwrap().to_string(),
        "2026-11-21T19:00:00Z"
    );
}

#[test]
fn an_event_is_read_alone_and_within_a_webhook() {
    let wrapped = format!(r#"{{"action": "created", "data": {{"event": {EVENT}}}}}"#);
    for text in [EVENT, &wrapped] {
        let intake = told(text);
        assert_eq!(intake.kind, IntakeKind::Sentry);
        assert_eq!(intake.symptom.title, "RuntimeError: no basket");
        assert_eq!(places(&intake), ["shop/basket.py:7", "shop/views.py:20"]);
        assert_eq!(
            intake.symptom.release.first_bad.as_deref(),
            Some("shop@1.4.0")
        );
        assert_eq!(
            intake.symptom.since.unwrap().to_string(),
            "2026-11-21T18:02:00.500Z"
        );
        assert_eq!(intake.symptom.systems, ["shop"]);
    }
    let place = &told(&wrapped).evidence[0].locator;
    assert_eq!(place, "/data/event/exception/values/1/type");
}

#[test]
fn of_log_records_the_worst_is_what_is_wrong() {
    let intake = told(RECORDS);
    assert_eq!(intake.kind, IntakeKind::Otlp);
    assert_eq!(intake.symptom.title, "no connection left");
    assert_eq!(
        intake.symptom.since.unwrap().to_string(),
        "2026-11-21T18:03:00Z"
    );
    assert_eq!(places(&intake), ["/srv/shop/store.js:31"]);
    assert_eq!(intake.symptom.systems, ["shop"]);
}

#[test]
fn panics_and_tracebacks_are_read_with_their_frames() {
    let intake = told(PANICKED);
    assert_eq!(intake.kind, IntakeKind::Panic);
    assert_eq!(intake.symptom.title, "could not acquire lock 17");
    assert_eq!(places(&intake), ["src/lock.rs:88", "src/main.rs:4"]);
    let lines: Vec<&str> = intake
        .evidence
        .iter()
        .map(|one| one.locator.as_str())
        .collect();
    assert_eq!(lines, ["2", "3"]);
    let intake = told(TRACEBACK);
    assert_eq!(intake.symptom.title, "shop.store.StoreError: disk is full");
    assert_eq!(places(&intake), ["shop/store.py:9", "shop/main.py:4"]);
}

#[test]
fn failing_tests_are_named() {
    let intake = told(TESTS);
    assert_eq!(intake.kind, IntakeKind::Test);
    assert_eq!(intake.symptom.title, "the test lock::acquires fails");
    assert_eq!(places(&intake), ["src/lock.rs:88"]);
    for (text, name) in [
        (
            "FAILED tests/test_a.py::test_b - assert 1",
            "tests/test_a.py::test_b",
        ),
        ("--- FAIL: TestLock (0.00s)\n", "TestLock"),
        ("not ok 3 - reads a file\n", "reads a file"),
    ] {
        let intake = told(text);
        assert_eq!(intake.symptom.title, format!("the test {name} fails"));
    }
}

#[test]
fn of_a_log_what_failed_first_is_what_is_wrong() {
    let intake = told(
        "\
2026-11-21 18:00:00 INFO app: ready
2026-11-21 18:02:00 ERROR app: disk 1 is full
2026-11-21 18:03:00 ERROR app: disk 2 is full
",
    );
    assert_eq!(intake.kind, IntakeKind::Log);
    assert_eq!(intake.symptom.title, "app: disk 1 is full");
    assert_eq!(
        intake.symptom.since.unwrap().to_string(),
        "2026-11-21T18:02:00Z"
    );
    assert_eq!(intake.evidence[0].locator, "2");
    let json = r#"{"level":"info","msg":"ready"}
{"level":"error","msg":"disk is full"}
"#;
    assert_eq!(told(json).symptom.title, "disk is full");
}

#[test]
fn what_a_form_of_our_own_says_of_the_impact_is_taken_over() {
    let intake = told(
        r#"{"title": "it broke", "systems": ["b", "a"], "last_good": "v1.2",
        "facts": {"reach": "many", "depth": "down", "minutes": 12, "data": "delayed"}}"#,
    );
    let facts = &intake.facts;
    assert_eq!(facts.reach.as_ref().unwrap().place, "/facts/reach");
    assert_eq!(facts.minutes.as_ref().unwrap().value, 12.0);
    assert_eq!(intake.symptom.systems, ["a", "b"]);
    assert_eq!(intake.symptom.release.last_good.as_deref(), Some("v1.2"));
}

#[test]
fn the_same_alert_twice_has_one_key_and_another_one_another() {
    let later = ALERT.replace("18:02:00Z", "19:02:00Z");
    assert_eq!(told(ALERT).key, told(&later).key);
    assert_ne!(
        told(ALERT).key,
        told(&ALERT.replace("SlowCheckout", "Down")).key
    );
    let other = PANICKED.replace("lock 17", "lock 18");
    assert_eq!(told(PANICKED).key, told(&other).key);
    assert_eq!(told(ALERT).key.len(), 16);
}

#[test]
fn what_is_not_understood_is_refused_with_the_place() {
    for (text, words) in [
        (
            "{}",
            "its form is not known: looked for an Alertmanager webhook",
        ),
        (
            r#"{"version": "3", "alerts": []}"#,
            "/version: expected the version \"4\"",
        ),
        (
            r#"{"version": "4", "alerts": []}"#,
            "/alerts: there is no alert",
        ),
        (
            r#"{"version": "4", "alerts": [{}]}"#,
            "/alerts/0/labels/alertname: expected a name",
        ),
        (
            &ALERT.replace("2026-11-21T18:02", "soon"),
            "/alerts/0/startsAt: ",
        ),
        (r#"{"event_id": "1"}"#, "/exception: expected an exception"),
        (
            r#"{"resourceLogs": []}"#,
            "/resourceLogs: there is no log record",
        ),
        (
            &RECORDS.replace("1795284180000000000", "-1"),
            "expected nanoseconds since 1970",
        ),
        (
            &RECORDS.replace("1795284180000000000", "9e30"),
            "expected nanoseconds since 1970",
        ),
        (
            r#"{"title": "a", "facts": {"reach": "everyone"}}"#,
            "/facts/reach: unknown variant",
        ),
        (
            r#"{"title": "a", "systems": "b"}"#,
            "/systems: invalid type",
        ),
        (r#"{"title": "#, "it is not JSON: "),
    ] {
        let said = refused(text);
        assert!(said.contains(words), "{text}: {said}");
    }
    assert!(refused("\0").contains("no text"));
}

#[test]
fn every_prefix_of_an_alert_is_refused_or_read() {
    for whole in [ALERT, EVENT, RECORDS, PANICKED, TRACEBACK, TESTS] {
        for end in 0..whole.len() {
            let read = read("a-file", &whole.as_bytes()[..end], None);
            let is_whole = whole[end..].trim().is_empty();
            let is_json = whole.starts_with('{');
            assert!(
                !is_json || end == 0 || is_whole == read.is_ok(),
                "{}",
                &whole[..end]
            );
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read("a-file", bytes.as_slice(), None);
    }

    #[test]
    fn any_json_is_refused_or_read(
        keys in prop::collection::vec(prop::sample::select(vec![
            "version", "alerts", "event_id", "exception", "values", "resourceLogs", "scopeLogs",
            "logRecords", "title", "text", "facts", "labels", "startsAt", "body", "tags",
        ]), 1..6),
        leaf in prop::sample::select(vec!["1", "\"4\"", "null", "[]", "[{}]", "-1e400", "{}"]),
    ) {
        let nested = keys.iter().rev().fold(leaf.to_owned(), |json, key| {
            format!(r#"{{"{key}": {json}, "title": "a", "version": "4"}}"#)
        });
        let _ = read("a-file", nested.as_bytes(), None);
        let listed = keys.iter().rev().fold(leaf.to_owned(), |json, key| {
            format!(r#"{{"{key}": [{json}]}}"#)
        });
        let _ = read("a-file", listed.as_bytes(), None);
    }
}

#[test]
fn all_alerts_of_a_group_that_fire_count_and_those_that_are_over_do_not() {
    let alert = |status: &str, service: &str, starts: &str| {
        serde_json::json!({
            "status": status,
            "labels": {"alertname": "Down", "service": service},
            "annotations": {"description": format!("{service} is down")},
            "startsAt": starts,
        })
    };
    let group = |status: &str| {
        let alerts = [
            alert("resolved", "blog", "2026-11-21T08:00:00Z"),
            alert(status, "cart", "2026-11-21T18:00:00Z"),
            alert(status, "checkout", "2026-11-21T17:00:00Z"),
        ];
        let json = serde_json::json!({"version": "4", "status": status, "alerts": alerts});
        read("a", json.to_string().as_bytes(), None).unwrap()
    };
    let firing = group("firing");
    assert_eq!(firing.symptom.systems, ["cart", "checkout"]);
    assert_eq!(firing.symptom.title, "cart is down");
    assert_eq!(firing.symptom.text, "cart is down\ncheckout is down");
    let since = firing.symptom.since.unwrap().to_string();
    assert_eq!(since, "2026-11-21T17:00:00Z");
    assert!(firing.labels.contains(&"service=checkout".to_owned()));
    let over = group("resolved");
    assert_eq!(
        over.symptom.systems,
        ["blog", "cart", "checkout"],
        "the control"
    );
}
