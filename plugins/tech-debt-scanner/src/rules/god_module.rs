//! Files on which many depend and which depend on many.

use std::collections::BTreeSet;

use guildhall_report::{Finding, Location, Rule, Severity};

use super::limit::structural;
use crate::settings::Settings;
use crate::tree::Tree;

const ID: &str = "god-module";

/// Of the 7,147 files of six public repositories (ripgrep, tokio, nushell, rust-analyzer,
/// bevy, deno; November 2026) 44 are above this.
const DEFAULT: u32 = 20;

pub(super) fn rule() -> Rule {
    Rule::new(
        ID,
        Severity::Minor,
        "Module uses many and is used by many",
        "Reports files that many other files of the tree use and that themselves use many: both \
         numbers are above the threshold.",
        "A change anywhere around such a file reaches it, and a change of it reaches everything \
         around. It is where unrelated things meet, so it is changed often and by everybody.",
    )
    .with_example(
        "mod a { use crate::hub::send; pub fn f() {} }\nmod b { use crate::hub::send; pub fn f() {} }\n\
         mod hub { use crate::{a, b}; pub fn send() { a::f(); b::f() } }",
        "mod a { use crate::send::send; pub fn f() {} }\nmod b { use crate::send::send; pub fn f() {} }\n\
         mod send { pub fn send() {} }",
    )
    .with_language("rust")
    .with_measured(
        "The smaller of two numbers: the other files that use something of this one (fan-in), and \
         the other files of which this one uses something (fan-out). An inline \
         module that is no test counts as a file. `use` and written paths count, `pub use` and tests do not; \
         re-exports are followed to the module that has the item. After S. Henry and D. Kafura, \
         Software Structure Metrics Based on Information Flow (1981), who multiply the two: the \
         smaller one does not take a file that only collects for one that does both. It \
         is minor, and major from four times the threshold.\n\nRemediation: 60 minutes and 10 for each above the threshold.",
    )
    .with_threshold(f64::from(DEFAULT), format!("scan.rules.{ID}.threshold"))
}

/// By module, those that use it and those that it uses.
type Fans = Vec<(BTreeSet<usize>, BTreeSet<usize>)>;

/// The modules that use many and are used by many.
pub(super) fn check(tree: &Tree, settings: &Settings) -> Vec<Finding> {
    let Some(threshold) = settings.threshold(ID) else {
        return Vec::new();
    };
    let modules = &tree.crates.modules;
    let fans = fans(tree);
    let mut findings = Vec::new();
    for (module, (into, out)) in fans.iter().enumerate() {
        let [into, out] = [into, out].map(|set| u32::try_from(set.len()).unwrap_or(u32::MAX));
        let value = into.min(out);
        if value <= threshold {
            continue;
        }
        let path = modules.path_of(module);
        let file = &tree.files[modules.modules()[module].file];
        let message =
            format!("{into} modules use it and it uses {out}, both more than {threshold}");
        let minutes = (value - threshold).saturating_mul(10).saturating_add(60);
        findings.push(
            Finding::new(
                ID,
                structural(value, threshold),
                Location::file(file.name.as_str()),
                message,
            )
            .with_subject(path.as_str())
            .with_reason(
                "A change on either side reaches it, and a change of it reaches both sides.",
            )
            .with_value(f64::from(value))
            .with_threshold(f64::from(threshold))
            .with_remediation_minutes(minutes)
            .with_identity(&[&path], 0)
            .with_content(&[&file.content_text(), &modules.modules()[module].name]),
        );
    }
    findings
}

/// By module, those that use it and those that it uses.
fn fans(tree: &Tree) -> Fans {
    let modules = &tree.crates.modules;
    let mut fans = vec![(BTreeSet::new(), BTreeSet::new()); modules.modules().len()];
    for dependency in modules.dependencies() {
        let file = modules.modules()[dependency.from].file;
        if dependency.is_test || dependency.is_reexport || !tree.crates.is_source(file) {
            continue;
        }
        fans[dependency.to].0.insert(dependency.from);
        fans[dependency.from].1.insert(dependency.to);
    }
    fans
}
