//! JUnit XML as an independent parser reads it.

use proptest::prelude::*;
use roxmltree::{Document as Xml, Node};

use crate::samples::{self, finding};
use crate::{AgentFailure, Document, Finding, Format, Part, Report, RunInfo, Severity, merge};

fn junit(document: &Document) -> String {
    samples::rendered(document, Format::Junit)
}

fn document(report: Report) -> Document {
    let run = RunInfo {
        failures: vec![AgentFailure {
            failed: samples::failed_agent(),
            duration_ms: None,
        }],
        ..RunInfo::default()
    };
    merge(vec![Part::new("one", "1.0.0", report)], run)
}

fn all<'a>(xml: &'a Xml<'_>, name: &str) -> Vec<Node<'a, 'a>> {
    let named = |node: &Node<'_, '_>| node.has_tag_name(name);
    xml.descendants().filter(named).collect()
}

/// The number in an attribute.
fn number(node: Node<'_, '_>, name: &str) -> usize {
    node.attribute(name).unwrap().parse().unwrap()
}

#[test]
fn a_suite_is_an_agent_and_a_case_a_rule_in_a_file() {
    let findings = vec![
        finding("a.rs", 1, "r", Severity::Minor),
        finding("a.rs", 9, "r", Severity::Critical),
        finding("b.rs", 1, "r", Severity::Info),
    ];
    let report = Report {
        findings,
        skipped: vec![samples::skipped("x.rs", "unparsable")],
        rules: vec![samples::rule("quiet")],
        ..Report::default()
    };
    let text = junit(&document(report));
    let xml = Xml::parse(&text).unwrap();
    let suites = all(&xml, "testsuite");
    let names: Vec<_> = suites
        .iter()
        .map(|suite| suite.attribute("name").unwrap())
        .collect();
    assert_eq!(names, ["broken", "one"]);
    let cases: Vec<_> = all(&xml, "testcase")
        .iter()
        .map(|case| {
            (
                case.attribute("classname").unwrap(),
                case.attribute("name").unwrap(),
            )
        })
        .collect();
    let expected = [
        ("agent", "guildhall.scan"),
        ("r", "a.rs"),
        ("r", "b.rs"),
        ("quiet", "all files"),
        ("not examined", "x.rs"),
    ];
    assert_eq!(cases, expected);
    let failure = all(&xml, "failure")[0];
    assert_eq!(failure.attribute("type"), Some("critical"));
    assert_eq!(
        failure.attribute("message"),
        Some("2 findings: the function is hard to follow")
    );
    assert_eq!(failure.text().unwrap().lines().count(), 2);
    assert!(
        failure
            .text()
            .unwrap()
            .starts_with("a.rs:1:5 minor: the function")
    );
    assert_eq!(all(&xml, "error")[0].attribute("type"), Some("panicked"));
}

#[test]
fn every_count_is_that_of_the_elements() {
    let text = junit(&document(samples::agent_report().report));
    let xml = Xml::parse(&text).unwrap();
    for holder in [all(&xml, "testsuites"), all(&xml, "testsuite")].concat() {
        let elements = |name: &str| {
            holder
                .descendants()
                .filter(|it| it.has_tag_name(name))
                .count()
        };
        assert_eq!(number(holder, "tests"), elements("testcase"));
        assert_eq!(number(holder, "failures"), elements("failure"));
        assert_eq!(number(holder, "errors"), elements("error"));
        if holder.has_tag_name("testsuite") {
            assert_eq!(number(holder, "skipped"), elements("skipped"));
        }
    }
    assert!(!all(&xml, "failure").is_empty() && !all(&xml, "skipped").is_empty());
}

#[test]
fn hostile_text_is_text() {
    let text = junit(&samples::hostile());
    let xml = Xml::parse(&text).unwrap();
    assert!(all(&xml, "img").is_empty() && all(&xml, "script").is_empty());
    assert!(!all(&xml, "failure").is_empty());
}

#[test]
fn an_empty_document_is_valid() {
    assert_eq!(
        all(
            &Xml::parse(&junit(&Document::default())).unwrap(),
            "testsuites"
        )
        .len(),
        1
    );
}

proptest! {
    #[test]
    fn any_text_gives_xml_that_can_be_read(message in any::<String>(), path in any::<String>(), rule in any::<String>(), bad in prop::sample::select(vec!['\u{0}', '\u{FFFE}', '\u{FFFF}', '\u{1b}', ']'])) {
        let mut one: Finding = finding(&path, 1, &rule, Severity::Minor);
        one.message = format!("{message}{bad}]]>");
        let report = Report { findings: vec![one], ..Report::default() };
        let text = junit(&document(report));
        let xml = Xml::parse(&text);
        prop_assert!(xml.is_ok(), "{:?}: {}", xml.err(), text);
        let xml = xml.unwrap();
        let case = all(&xml, "failure")[0].parent().unwrap();
        let shown = guildhall_core::shown::visible(&rule);
        let writable = shown.replace('\u{FFFE}', "\\u{fffe}").replace('\u{FFFF}', "\\u{ffff}");
        prop_assert_eq!(case.attribute("classname"), Some(writable.as_str()));
    }
}
