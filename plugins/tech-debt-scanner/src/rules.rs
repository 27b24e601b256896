//! The rules, one file each: id, documentation, default threshold with its reason,
//! and the finding.
//!
//! To add a rule, write its file with `ID`, `rule()` and a `check` function, and add
//! it to [`all`] and to the place in [`crate::analyse`] that has what it looks at.
//!
//! # Severity
//!
//! A value is held against the threshold: above it the finding is minor, from twice
//! the threshold major, from four times critical. Rules that differ say so.

pub(crate) mod cognitive_complexity;
pub(crate) mod cyclomatic_complexity;
pub(crate) mod debt_comment;
pub(crate) mod deep_nesting;
pub(crate) mod large_file;
pub(crate) mod long_function;
mod measured;
pub(crate) mod too_many_parameters;

use guildhall_report::{Finding, Rule};

pub(crate) use measured::Site;

use crate::settings::Settings;

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

/// Adds what the rules on functions find at one function.
pub(crate) fn check_function(site: &Site<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
    findings.extend(cognitive_complexity::check(site, settings));
    findings.extend(cyclomatic_complexity::check(site, settings));
    findings.extend(deep_nesting::check(site, settings));
    findings.extend(long_function::check(site, settings));
    findings.extend(too_many_parameters::check(site, settings));
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
            assert_eq!(
                rule.threshold.is_some(),
                rule.setting.is_some(),
                "{}",
                rule.id
            );
        }
    }
}
