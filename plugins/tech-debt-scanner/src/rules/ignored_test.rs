//! Tests that do not run.

use guildhall_report::{Finding, Location, Rule, Severity};

use super::Ordinals;
use crate::settings::Settings;
use crate::tree::Tree;

const ID: &str = "ignored-test";

pub(super) fn rule() -> Rule {
    Rule::new(
        ID,
        Severity::Minor,
        "Test does not run",
        "Reports tests with `#[ignore]`: minor, and for information where the attribute says why.",
        "A test that is switched off guards nothing and still looks as if it did. Without a \
         reason nobody knows when it may run again.",
    )
    .with_example(
        "#[test]\n#[ignore]\nfn a_large_order_is_shipped() {\n    assert!(ship(1_000_000));\n}",
        "#[test]\nfn an_order_of_the_largest_size_is_shipped() {\n    assert!(ship(1_000));\n}",
    )
    .with_language("rust")
    .with_measured(
        "Functions with an attribute whose last name is `test` (`tokio::test` too), `rstest`, \
         `test_case` or `bench`, and with `ignore`. `cfg_attr(..., ignore)` switches a test off \
         in some configurations only and is not counted.\n\nRemediation: 30 minutes.",
    )
}

/// The tests that do not run.
pub(super) fn check(tree: &Tree, settings: &Settings) -> Vec<Finding> {
    if !settings.enabled(ID) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for file in &tree.files {
        let mut ordinals = Ordinals::default();
        for test in &file.facts.smells.ignored {
            let (severity, message) = match &test.reason {
                Some(reason) => {
                    let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
                    (Severity::Info, format!("this test does not run: {reason}"))
                }
                None => (
                    Severity::Minor,
                    "this test does not run, and nobody says why".to_owned(),
                ),
            };
            let at = Location::at(file.name.as_str(), test.at.line, test.at.column);
            let finding = Finding::new(ID, severity, at, message)
                .with_subject(test.name.as_str())
                .with_reason("It guards nothing as long as it is ignored.")
                .with_remediation_minutes(30)
                .with_identity(&[&test.name], ordinals.next(test.name.as_str()))
                .with_content(&[&test.name]);
            findings.push(finding);
        }
    }
    findings
}
