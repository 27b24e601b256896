//! The rules, one file each: id, documentation, default threshold with its reason,
//! and the finding.
//!
//! To add a rule on a measured value, write its file with `LIMIT` and `rule()`, and add
//! both to [`LIMITS`] and [`all`]. A rule of another kind has a `check` function, which
//! [`check`] calls with a file, or with the whole tree. Rules look at facts only: what a
//! rule needs to know of a file's text is found out by [`crate::analyse`]. Only what is
//! copied is told from the texts, by [`crate::duplicates`].
//!
//! # Severity
//!
//! A value is held against the threshold: above it the finding is minor, from twice
//! the threshold major, from four times critical. Rules that differ say so.

mod cognitive_complexity;
pub(crate) mod copies;
mod cyclomatic_complexity;
mod debt_comment;
mod deep_nesting;
mod deprecated_use;
pub(crate) mod diverging_copy;
pub(crate) mod duplicate_code;
mod duplicate_dependency;
mod few_tests;
mod god_module;
mod ignored_test;
mod large_file;
mod limit;
mod lint_suppression;
mod long_function;
mod missing_docs;
mod module_cycle;
mod panic_density;
pub(crate) mod renamed_duplicate;
mod scattered_match;
mod too_many_parameters;

pub(crate) use duplicate_dependency::{duplicates, way_said};
pub(crate) use few_tests::{Tested, tested};
pub(crate) use limit::LIST;
pub(crate) use missing_docs::exported;

use std::borrow::Cow;
use std::collections::HashMap;

use guildhall_report::{Finding, Rule};

use copies::CopyRule;
use limit::{Ease, Limit};

use crate::settings::Settings;
use crate::tree::Tree;

/// All rules, ordered by id.
pub(crate) fn all() -> Vec<Rule> {
    vec![
        cognitive_complexity::rule(),
        cyclomatic_complexity::rule(),
        debt_comment::rule(),
        deep_nesting::rule(),
        deprecated_use::rule(),
        diverging_copy::rule(),
        duplicate_code::rule(),
        duplicate_dependency::rule(),
        few_tests::rule(),
        god_module::rule(),
        ignored_test::rule(),
        large_file::rule(),
        lint_suppression::rule(),
        long_function::rule(),
        missing_docs::rule(),
        module_cycle::rule(),
        panic_density::rule(),
        renamed_duplicate::rule(),
        scattered_match::rule(),
        too_many_parameters::rule(),
    ]
}

/// The rules on measured values.
const LIMITS: [&Limit; 6] = [
    &cognitive_complexity::LIMIT,
    &cyclomatic_complexity::LIMIT,
    &deep_nesting::LIMIT,
    &large_file::LIMIT,
    &long_function::LIMIT,
    &too_many_parameters::LIMIT,
];

/// The rules on copied code.
const COPIES: [&CopyRule; 2] = [&duplicate_code::RULE, &renamed_duplicate::RULE];

/// The rules that look at a whole tree.
const ON_TREES: [fn(&Tree, &Settings) -> Vec<Finding>; 10] = [
    deprecated_use::check,
    duplicate_dependency::check,
    few_tests::check,
    god_module::check,
    ignored_test::check,
    lint_suppression::check,
    missing_docs::check,
    module_cycle::check,
    panic_density::check,
    scattered_match::check,
];

/// The least threshold that a rule can be given.
pub(crate) fn least_threshold(rule: &str) -> u32 {
    match COPIES.iter().any(|copies| copies.id == rule) {
        true => copies::LEAST,
        false => 1,
    }
}

/// What the rules find in a tree, in order, with the copies that were found in it.
pub(crate) fn check(tree: &Tree, copies: Vec<Finding>, settings: &Settings) -> Vec<Finding> {
    let mut findings = copies;
    let usual = tree.usual_density();
    for (at, file) in tree.files.iter().enumerate() {
        let ease = Ease::of(tree, at, usual);
        for site in limit::sites(file) {
            let found = |limit: &&Limit| {
                let finding = limit.check_function(&site, settings)?;
                Some(ease.lower(limit, finding))
            };
            findings.extend(LIMITS.iter().filter_map(found));
        }
        let found = |limit: &&Limit| Some(ease.lower(limit, limit.check_file(file, settings)?));
        findings.extend(LIMITS.iter().filter_map(found));
        findings.extend(debt_comment::check(file, settings));
    }
    findings.extend(ON_TREES.iter().flat_map(|check| check(tree, settings)));
    sort(&mut findings);
    findings
}

/// Whether a rule holds a value of functions against a threshold.
pub(crate) fn is_on_functions(rule: &str) -> bool {
    LIMITS
        .iter()
        .any(|limit| limit.id == rule && limit.is_on_functions())
}

/// By place, and by rule where places are equal.
fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        let range = |finding: &Finding| finding.location.as_ref().map(|at| (at.start, at.end));
        let places = a.path().cmp(&b.path());
        let places = places.then_with(|| range(a).cmp(&range(b)));
        places.then_with(|| a.rule.cmp(&b.rule))
    });
}

/// Numbers things that have the same name, from nought, in the order in which they come.
#[derive(Debug, Default)]
struct Ordinals<'a>(HashMap<Cow<'a, str>, u32>);

impl<'a> Ordinals<'a> {
    /// How often `name` came before.
    fn next(&mut self, name: impl Into<Cow<'a, str>>) -> u32 {
        let next = self.0.entry(name.into()).or_default();
        let ordinal = *next;
        *next += 1;
        ordinal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_ordered_and_documented() {
        let rules = all();
        assert!(rules.is_sorted_by(|a, b| a.id < b.id));
        for rule in rules {
            assert!(
                rule.example.is_some() && rule.better.is_some(),
                "{}",
                rule.id
            );
            assert!(rule.measured.is_some(), "{}", rule.id);
            let limit = LIMITS.iter().find(|limit| limit.id == rule.id);
            let copies = COPIES.iter().find(|copies| copies.id == rule.id);
            let default = limit.map(|limit| limit.default);
            let default = default
                .or(copies.map(|copies| copies.default))
                .map(f64::from);
            if default.is_some() {
                assert_eq!(rule.threshold, default, "{} is in both lists", rule.id);
            }
            assert_eq!(
                rule.threshold.is_some(),
                rule.setting.is_some(),
                "{}",
                rule.id
            );
        }
    }
}
