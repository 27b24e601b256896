//! The examples in the documentation of the rules do what they say.

use guildhall_report::{Report, Rule};
use serde_json::json;
use tech_debt_scanner::rules;

use crate::support::Folder;

/// Begins the name of a file in an example of several.
const FILE: &str = "# file: ";

#[test]
fn each_example_is_found_and_its_better_form_is_not() {
    // What needs a history has its own test: `divergence`.
    for rule in rules().iter().filter(|rule| rule.id != "diverging-copy") {
        let (example, better) = (rule.example.as_deref(), rule.better.as_deref());
        let (example, better) = (example.unwrap(), better.unwrap());
        // Examples are short, so they are held against the largest value at which the
        // better form passes.
        let threshold = rule
            .threshold
            .map(|_| worst(rule, &scanned(rule, better, Some(least(rule)))));
        assert_eq!(
            found(rule, &scanned(rule, better, threshold)),
            0,
            "{}",
            rule.id
        );
        assert_eq!(
            found(rule, &scanned(rule, example, threshold)),
            1,
            "{}",
            rule.id
        );
    }
}

/// What is found in `code`, of which every line must be understood: a file, or several that
/// begin with their names.
fn scanned(rule: &Rule, code: &str, threshold: Option<u32>) -> Report {
    let folder = Folder::new();
    for (name, text) in files(code) {
        folder.write(name, text);
    }
    let settings = match threshold {
        Some(threshold) => json!({ &rule.id: {"threshold": threshold} }),
        None => json!({}),
    };
    let report = folder.scan_with(settings).unwrap();
    assert_eq!(report.skipped, [], "{}: {code}", rule.id);
    report
}

/// Names and texts of the files of an example.
fn files(code: &str) -> Vec<(&str, &str)> {
    let Some(all) = code.strip_prefix(FILE) else {
        return vec![("example.rs", code)];
    };
    let next = format!("\n{FILE}");
    let parts = all.split(next.as_str());
    parts
        .map(|part| part.split_once('\n').unwrap_or((part, "")))
        .collect()
}

fn found(rule: &Rule, report: &Report) -> usize {
    let own = report
        .findings
        .iter()
        .filter(|finding| finding.rule == rule.id);
    own.count()
}

/// The largest value, and at least the least threshold that makes sense for an example.
fn worst(rule: &Rule, report: &Report) -> u32 {
    let own = report
        .findings
        .iter()
        .filter(|finding| finding.rule == rule.id);
    let values = own.filter_map(|finding| finding.value);
    values.fold(f64::from(least(rule)), f64::max) as u32
}

fn least(rule: &Rule) -> u32 {
    match rule.id.as_str() {
        "duplicate-code" => 20,
        "renamed-duplicate" => 40,
        _ => 1,
    }
}
