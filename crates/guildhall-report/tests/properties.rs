//! What holds for every report: merging and rendering never panic, and the
//! document survives a round trip through JSON, fields of the future included.

use guildhall_report::{
    Baseline, Document, Finding, Format, Part, Report, RunInfo, Said, Style, merge, render,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Words of all kinds: plain ones (so that ids meet each other) and hostile ones.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ab]",
        "[a-c]{1,2}(/[a-c]{1,3}){0,3}\\.rs",
        any::<String>(),
        Just("</script>\u{1b}[0m|`\"'\\xFF".to_owned()),
    ]
}

/// Eighths are exact in decimal, so they survive every parser.
fn number() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i32>().prop_map(|n| json!(n)),
        any::<i32>().prop_map(|n| json!(f64::from(n) / 8.0)),
    ]
}

fn optional<T: Into<Value> + std::fmt::Debug>(
    strategy: impl Strategy<Value = T>,
) -> impl Strategy<Value = Value> {
    prop::option::of(strategy).prop_map(|value| value.map_or(Value::Null, Into::into))
}

fn severity() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["info", "minor", "major", "critical"])
}

fn location() -> impl Strategy<Value = Value> {
    let position = || prop::option::of((any::<u32>(), any::<u32>()));
    (word(), position(), position()).prop_map(|(path, start, end)| {
        let position = |at: Option<(u32, u32)>| at.map(|at| json!({"line": at.0, "column": at.1}));
        json!({"path": path, "start": position(start), "end": position(end)})
    })
}

fn finding() -> impl Strategy<Value = Value> {
    let words = (word(), word(), word(), word(), word());
    let numbers = (
        optional(number()),
        optional(number()),
        any::<u32>(),
        optional(number()),
    );
    let related = prop::collection::vec(location(), 0..2);
    let location = optional(location());
    (words, severity(), location, numbers, related, extra()).prop_map(
        |(
            (rule, subject, message, reason, fingerprint),
            severity,
            location,
            numbers,
            related,
            extra,
        )| {
            let mut finding = extra;
            let known = json!({
                "rule": rule, "subject": subject, "message": message, "reason": reason,
                "fingerprint": fingerprint, "severity": severity, "location": location,
                "value": numbers.0, "threshold": numbers.1, "remediation_minutes": numbers.2,
                "related": related, "confidence": numbers.3, "evidence": [message],
            });
            finding.extend(known.as_object().cloned().unwrap_or_default());
            Value::Object(finding)
        },
    )
}

/// Fields that this version does not know.
fn extra() -> impl Strategy<Value = Map<String, Value>> {
    let name = "future_[a-z]{1,3}";
    prop::collection::vec((name, word().prop_map(Value::from)), 0..2)
        .prop_map(|fields| fields.into_iter().collect())
}

fn visuals() -> impl Strategy<Value = Value> {
    let points = prop::collection::vec((word(), number(), number()), 0..6);
    let kind = prop::sample::select(vec!["bar", "line", "scatter", "treemap", "sankey"]);
    let scale = prop::sample::select(vec!["number", "duration", "date", "moon"]);
    let edges = prop::collection::vec((word(), word()), 0..6);
    let events = prop::collection::vec((word(), number(), optional(number())), 0..4);
    let cells = prop::collection::vec(optional(number()), 0..4);
    (points, (kind, scale), edges, events, cells, word()).prop_map(
        |(points, (kind, scale), edges, events, cells, word)| {
            let nodes: Vec<_> = edges.iter().map(|edge| json!({"id": edge.0, "label": edge.1})).collect();
            let edges: Vec<_> = edges.iter().map(|edge| json!({"from": edge.0, "to": edge.1})).collect();
            let events: Vec<_> = events
                .iter()
                .map(|(lane, start, end)| json!({"lane": lane, "label": word, "start_ms": start, "end_ms": end}))
                .collect();
            json!({
                "figures": [{"id": word, "label": word, "value": 1, "before": 2, "unit": word}],
                "charts": [{"id": word, "title": word, "kind": kind, "x_scale": scale, "x_label": word, "y_label": word,
                            "series": [{"name": word, "points": points}]}],
                "graphs": [{"id": word, "title": word, "nodes": nodes, "edges": edges}],
                "timelines": [{"id": word, "title": word, "scale": scale, "events": events}],
                "tables": [{"id": word, "title": word, "rows": [cells],
                            "columns": [{"title": word, "kind": "number"}, {"title": word, "kind": "stars"}]}],
                "texts": [{"id": word, "title": word, "body": word}],
                "plans": [{"id": word, "title": word, "items": [
                    {"id": word, "title": word, "reason": word, "after": [word], "effort_minutes": [1, 2]}]}],
            })
        },
    )
}

fn agent_report() -> impl Strategy<Value = Part> {
    let findings = prop::collection::vec(finding(), 0..5);
    (word(), findings, visuals(), extra(), word()).prop_map(
        |(agent, findings, visuals, extra, code)| {
            let mut report = extra;
            report.extend(visuals.as_object().cloned().unwrap_or_default());
            report.insert("findings".to_owned(), Value::Array(findings.clone()));
            report.insert(
                "skipped".to_owned(),
                json!([{"path": code, "code": code, "reason": code}]),
            );
            let suppressed = findings
                .iter()
                .map(|one| json!({"finding": one, "reason": code}));
            report.insert("suppressed".to_owned(), suppressed.collect());
            report.insert(
                "unused_suppressions".to_owned(),
                json!([{"rules": [code], "reason": code, "location": {"path": code}}]),
            );
            report.insert("run".to_owned(), json!({code: 1}));
            let report: Report =
                serde_json::from_value(Value::Object(report)).expect("a valid report");
            Part::new(agent, "1.0.0", report)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_document_survives_a_round_trip(parts in prop::collection::vec(agent_report(), 0..3)) {
        let document = merge(parts.clone(), RunInfo::default());
        let json = serde_json::to_string(&document).unwrap();
        let back: Document = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(&back, &document);
        prop_assert_eq!(serde_json::to_string(&back).unwrap(), json);
        for finding in parts.iter().flat_map(|part| &part.report.findings) {
            let kept = |other: &Said<Finding>| other.extra == finding.extra;
            prop_assert!(document.findings.iter().any(kept));
        }
    }

    #[test]
    fn every_format_renders_every_report(parts in prop::collection::vec(agent_report(), 0..3)) {
        let before = merge(parts[parts.len() / 2..].to_vec(), RunInfo::default());
        let mut document = merge(parts, RunInfo::default());
        document.hold_against(&Baseline::of(&before), "before");
        for format in Format::ALL {
            let mut out = Vec::new();
            render(&document, format, &Style::default(), &mut out).unwrap();
            let text = String::from_utf8(out).unwrap();
            let control = text.chars().find(|c| c.is_control() && *c != '\n');
            prop_assert_eq!(control, None, "{}", format);
            prop_assert!(!text.contains("NaN\""), "{}", format);
        }
    }
}
