//! Workflow commands as GitHub's runner takes them apart.

use proptest::prelude::*;

use crate::samples::{self, finding};
use crate::{Document, Finding, Format, Part, Report, RunInfo, Severity, merge};

fn github(findings: Vec<Finding>) -> String {
    let report = Report {
        findings,
        ..Report::default()
    };
    let document = merge(vec![Part::new("one", "1.0.0", report)], RunInfo::default());
    samples::rendered(&document, Format::Github)
}

#[test]
fn a_finding_is_a_command_at_its_lines() {
    let mut plain = finding("src/a.rs", 3, "r", Severity::Minor);
    plain.location = Some(crate::Location::at("src/a.rs", 3, 5));
    let text = github(vec![finding("src/b.rs", 3, "r", Severity::Critical), plain]);
    let expected = "\
::error file=src/b.rs,line=3,endLine=4,title=r::the function is hard to follow (parse). Nested branches must be held in mind together.
::warning file=src/a.rs,line=3,col=5,title=r::the function is hard to follow (parse). Nested branches must be held in mind together.
guildhall: 2 findings in 2 files: 1 critical, 1 minor
";
    assert_eq!(text, expected);
}

#[test]
fn what_github_would_drop_is_counted() {
    let many = (1..=25).map(|line| finding("a.rs", line, "r", Severity::Major));
    let few = (1..=3).map(|line| finding("a.rs", line, "s", Severity::Info));
    let text = github(many.chain(few).collect());
    assert_eq!(text.matches("::error ").count(), 10);
    assert_eq!(text.matches("::notice ").count(), 3);
    assert!(
        text.contains("guildhall: 15 more annotations left out"),
        "{text}"
    );
}

#[test]
fn an_empty_document_says_so() {
    let text = samples::rendered(&Document::default(), Format::Github);
    assert_eq!(text, "guildhall: 0 findings\n");
}

/// The command, its properties and its text, as the runner reads a line.
fn read(line: &str) -> (String, Vec<(String, String)>, String) {
    let (head, text) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
    let (command, properties) = head.split_once(' ').unwrap();
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap();
        let value = value.replace("%3A", ":").replace("%2C", ",");
        (name.to_owned(), plain(&value))
    };
    let properties = properties.split(',').map(pair).collect();
    (command.to_owned(), properties, plain(text))
}

fn plain(text: &str) -> String {
    text.replace("%0D", "\r")
        .replace("%0A", "\n")
        .replace("%25", "%")
}

proptest! {
    #[test]
    fn any_text_comes_out_as_it_went_in(path in any::<String>(), rule in any::<String>(), message in any::<String>()) {
        let mut one = finding(&path, 7, &rule, Severity::Minor).with_reason("");
        one.message = message.clone();
        one.subject = None;
        let text = github(vec![one]);
        let lines: Vec<&str> = text.lines().collect();
        prop_assert_eq!(lines.len(), 2, "{}", text);
        let shown = |text: &str| guildhall_core::shown::visible(text).into_owned();
        let (command, properties, said) = read(lines[0]);
        prop_assert_eq!(command, "warning");
        let expected = [("file", shown(&path)), ("line", "7".to_owned()), ("endLine", "8".to_owned()), ("title", shown(&rule))];
        let expected: Vec<(String, String)> = expected.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        prop_assert_eq!(properties, expected);
        prop_assert_eq!(said, shown(&message));
        prop_assert!(!lines[1].starts_with("::"));
    }
}
