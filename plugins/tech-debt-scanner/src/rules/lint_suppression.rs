//! Lints that are switched off for more than one place, without a word why.

use std::collections::BTreeSet;

use guildhall_report::{Finding, Location, Rule, Severity};

use crate::facts::File;
use crate::rust::{Reach, Silenced};
use crate::settings::Settings;
use crate::tree::Tree;

const ID: &str = "lint-suppression";

/// Groups that are on unless they are switched off, by themselves or in the compiler.
const GROUPS: [&str; 12] = [
    "warnings",
    "unused",
    "future_incompatible",
    "nonstandard_style",
    "clippy",
    "clippy::all",
    "clippy::complexity",
    "clippy::correctness",
    "clippy::perf",
    "clippy::style",
    "clippy::suspicious",
    "rustdoc::all",
];

/// Lints behind which defects hide, so that it matters where they are off for a whole file.
/// Lints on style, names and documentation are not among them, nor those that
/// procedural macros often make necessary.
const TELLING: [&str; 19] = [
    "dead_code",
    "deprecated",
    "unconditional_recursion",
    "unreachable_code",
    "unreachable_patterns",
    "unsafe_op_in_unsafe_fn",
    "static_mut_refs",
    "improper_ctypes",
    "improper_ctypes_definitions",
    "unused_must_use",
    "unused_unsafe",
    "unused_variables",
    "clippy::await_holding_lock",
    "clippy::await_holding_refcell_ref",
    "clippy::missing_safety_doc",
    "clippy::not_unsafe_ptr_arg_deref",
    "clippy::undocumented_unsafe_blocks",
    "clippy::let_underscore_future",
    "clippy::mem_forget",
];

pub(super) fn rule() -> Rule {
    Rule::new(
        ID,
        Severity::Minor,
        "Lints are switched off broadly",
        "Reports files in which an attribute switches off a whole group of lints, or, for all of \
         the file, a lint behind which defects hide, and gives no reason. A reason is \
         `reason = \"...\"` in the attribute, or a comment beside or above it.",
        "What is switched off for a file or by the group also hides what is written there \
         tomorrow, and without a reason nobody dares to switch it on again.",
    )
    .with_example(
        "#![allow(dead_code, unused_must_use)]\n\nfn old() {}",
        "#[expect(dead_code, reason = \"used by the next release's importer\")]\nfn old() {}",
    )
    .with_language("rust")
    .with_measured(
        "By syntax; one finding a file. On a single item a named lint is no finding, in tests \
         nothing is. Lints on style, names and documentation are left to their authors: only \
         groups and lints such as `dead_code` or `unused_must_use` count for a whole file or \
         module. `cfg_attr` is not looked into. The table of suppressed lints counts all, by \
         lint.\n\nRemediation: 15 minutes for each lint and attribute.",
    )
}

/// The files that switch off broadly.
pub(super) fn check(tree: &Tree, settings: &Settings) -> Vec<Finding> {
    if !settings.enabled(ID) {
        return Vec::new();
    }
    let files = tree.files.iter().enumerate();
    let sources = files.filter(|(at, _)| tree.crates.is_source(*at));
    let found = sources.filter_map(|(_, file)| {
        let all = file.facts.smells.silenced.iter();
        let broad: Vec<&Silenced> = all.filter(|one| is_broad(one)).collect();
        finding(file, &broad)
    });
    found.collect()
}

fn is_broad(suppression: &Silenced) -> bool {
    let lint = suppression.lint.as_str();
    let reaches_far = suppression.reach != Reach::Item;
    let is_broad = match reaches_far {
        true => is_group(lint) || TELLING.contains(&lint),
        // On one item the group says no more than the one lint of it that is meant.
        false => is_group(lint) && lint != "unused",
    };
    is_broad && !suppression.has_reason && !suppression.is_test && !suppression.is_expected
}

fn is_group(lint: &str) -> bool {
    GROUPS.contains(&lint)
}

fn finding(file: &File, broad: &[&Silenced]) -> Option<Finding> {
    let first = broad.first()?;
    let path = file.name.as_str();
    let lints: BTreeSet<&str> = broad.iter().map(|one| one.lint.as_str()).collect();
    let lints: Vec<String> = lints.iter().map(|lint| format!("`{lint}`")).collect();
    let has_group = broad.iter().any(|one| is_group(&one.lint));
    let message = match has_group {
        true => format!(
            "lints are switched off by the group without a reason: {}",
            lints.join(", ")
        ),
        false => format!(
            "lints are off for all of it without a reason: {}",
            lints.join(", ")
        ),
    };
    let others = broad
        .iter()
        .skip(1)
        .map(|one| Location::at(path, one.line, 1));
    let minutes = u32::try_from(broad.len())
        .unwrap_or(u32::MAX)
        .saturating_mul(15);
    let severity = if has_group {
        Severity::Major
    } else {
        Severity::Minor
    };
    let at = Location::at(path, first.line, 1);
    Some(
        Finding::new(ID, severity, at, message)
            .with_reason("What these lints find is hidden here, also in code that is yet to come.")
            .with_remediation_minutes(minutes)
            .with_related(others.collect())
            .with_identity(&[], 0)
            .with_content(&[&file.content_text()]),
    )
}
