//! The rules, one file each: id, documentation, default threshold with its reason,
//! and the finding.
//!
//! To add a rule on a measured value, write its file with `LIMIT` and `rule()`, and add
//! both to [`LIMITS`] and [`all`]. A rule of another kind has a `check` function, which is
//! called where what it looks at is known: in [`crate::analyse`] for one file, in
//! [`check_tree`] for all of them.
//!
//! # Severity
//!
//! A value is held against the threshold: above it the finding is minor, from twice
//! the threshold major, from four times critical. Rules that differ say so.

mod cognitive_complexity;
mod cyclomatic_complexity;
pub(crate) mod debt_comment;
mod deep_nesting;
mod large_file;
mod limit;
mod long_function;
mod too_many_parameters;

use guildhall_report::{Finding, Rule};

use limit::Limit;
pub(crate) use limit::Site;

use crate::settings::Settings;
use crate::tally::Tally;

/// All rules, ordered by id.
pub(crate) fn all() -> Vec<Rule> {
    vec![
        cognitive_complexity::rule(),
        cyclomatic_complexity::rule(),
        debt_comment::rule(),
        deep_nesting::rule(),
        large_file::rule(),
        long_function::rule(),
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

/// Adds what the rules on functions find at one function.
pub(crate) fn check_function(site: &Site<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
    let found = |limit: &&Limit| limit.check_function(site, settings);
    findings.extend(LIMITS.iter().filter_map(found));
}

/// What the rules find that look at the whole tree, when all of its files are known.
pub(crate) fn check_tree(tally: &Tally, settings: &Settings) -> Vec<Finding> {
    let on_file = |file| {
        LIMITS
            .iter()
            .filter_map(move |limit| limit.check_file(file, settings))
    };
    tally.files.iter().flat_map(on_file).collect()
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
            let default = limit.map(|limit| f64::from(limit.default));
            assert_eq!(rule.threshold, default, "{} is in both lists", rule.id);
            assert_eq!(
                rule.threshold.is_some(),
                rule.setting.is_some(),
                "{}",
                rule.id
            );
        }
    }
}
