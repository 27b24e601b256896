//! Files that can panic in many places.

use guildhall_report::{Finding, Location, Rule, Severity};

use super::limit::severity;
use crate::facts::FileFacts;
use crate::settings::Settings;
use crate::tree::Tree;

const ID: &str = "panic-density";

/// Of the 1,258 files of six public repositories (ripgrep, tokio, nushell, rust-analyzer,
/// bevy, deno; November 2026) that can panic more than once in 1,000 lines, 27 are above
/// this.
const DEFAULT: u32 = 25;

/// A smaller file counts as one of so many lines of code, or a single `unwrap` in a file of
/// ten lines would come first.
const LEAST_LINES: u32 = 400;

const REASON: &str = "Each of these ends the thread, or the program, when an assumption of the \
                      author turns out wrong, and no caller can do anything about it.";

pub(super) fn rule() -> Rule {
    Rule::new(
        ID,
        Severity::Minor,
        "File can panic in many places",
        "Reports files in which `unwrap`, `expect`, `panic!`, `unreachable!`, `todo!` and \
         `unimplemented!` are dense outside of tests.",
        "One `unwrap` is a decision. Dense ones are a habit: errors were not thought of where \
         they arise, and the program ends where it could have told what is wrong.",
    )
    .with_example(
        "fn port(text: &str) -> u16 {\n    let part = text.split(':').next_back().unwrap();\n    \
         if part.is_empty() { panic!(\"no port\") }\n    part.parse().unwrap()\n}",
        "fn port(text: &str) -> Result<u16, PortError> {\n    let part = text.split(':').next_back();\n    \
         part.ok_or(PortError::Missing)?.parse().map_err(PortError::NotANumber)\n}",
    )
    .with_language("rust")
    .with_measured(format!(
        "The number of them in 1,000 lines of code, both without tests; a file of fewer than \
         {LEAST_LINES} such lines counts as one of {LEAST_LINES}. Tests are functions marked as \
         such, all with `cfg(test)`, files of such modules, and what is in folders for tests; \
         examples, benchmarks and build scripts are left out. Not counted: `expect` whose \
         argument is no message (parsers have such a method), `unwrap` and `expect` of `lock()`, \
         `read()` and `write()` without arguments (a poisoned lock) and of `write!` (into a \
         string), and what stands in the arguments of macros. The formula is ours; clippy's \
         `unwrap_used` and `expect_used` name each place.\n\nRemediation: 10 minutes for each."
    ))
    .with_threshold(f64::from(DEFAULT), format!("scan.rules.{ID}.threshold"))
}

/// Panics in 1,000 lines of code.
fn density(facts: &FileFacts) -> u32 {
    let lines = facts.lines.code.saturating_sub(facts.smells.test_lines);
    facts.smells.panics.all().saturating_mul(1000) / lines.max(LEAST_LINES)
}

/// The files in which panics are dense.
pub(super) fn check(tree: &Tree, settings: &Settings) -> Vec<Finding> {
    let Some(threshold) = settings.threshold(ID) else {
        return Vec::new();
    };
    let sources = tree.files.iter().enumerate();
    let sources = sources.filter(|(at, _)| tree.crates.is_source(*at));
    let found = sources.filter_map(|(_, file)| {
        let panics = file.facts.smells.panics;
        let value = density(&file.facts);
        (value > threshold).then(|| {
            let message = format!(
                "{} places can panic, {value} in 1,000 lines of code, more than {threshold}",
                panics.all()
            );
            let evidence = [
                ("unwrap", panics.unwrap),
                ("expect", panics.expect),
                ("panic!", panics.panic),
                ("unreachable!", panics.unreachable),
                ("todo! or unimplemented!", panics.unfinished),
            ];
            let evidence = evidence.iter().filter(|(_, count)| *count > 0);
            let evidence = evidence.map(|(what, count)| format!("{count} {what}"));
            let at = Location::at(file.name.as_str(), panics.first, 1);
            Finding::new(ID, severity(value, threshold), at, message)
                .with_reason(REASON)
                .with_value(f64::from(value))
                .with_threshold(f64::from(threshold))
                .with_remediation_minutes(panics.all().saturating_mul(10))
                .with_evidence(evidence.collect())
                .with_identity(&[], 0)
                .with_content(&[&file.content_text()])
        })
    });
    found.collect()
}
