//! How risky a migration is, and why: a sum of reasons that have names.

use crate::plan::{Reason, Risk, RiskLevel};

/// More files than these are many to change at once.
const MANY_FILES: usize = 20;

/// More packages than these are many to change at once.
const MANY_PACKAGES: usize = 3;

/// From this sum of weights on the risk is medium, and high.
const LEVELS: (u32, u32) = (2, 3);

/// What the risk of a migration depends on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RiskFacts {
    /// Files that must change.
    pub must_files: usize,
    /// Packages that stay on the old version, each `NAME holds NAME`.
    pub blockers: Vec<String>,
    /// Packages of the project in the largest step that cannot be cut.
    pub packages_in_step: usize,
    /// Features that the project asks for and that are gone, as `crate/feature`.
    pub features_gone: Vec<String>,
    /// The oldest Rust that the new versions need and that the project promises, where the
    /// first is newer.
    pub newer_rust: Option<(String, String)>,
    /// Places of which it is not known whether they must change, and files that were not read.
    pub unresolved: usize,
    /// All places that were found, those included.
    pub places: usize,
    /// Published packages of the project whose public API shows the crate.
    pub published: Vec<String>,
    /// Whether nothing in the public API explains what breaks.
    pub is_opaque: bool,
    /// Packages of the project that must change and have no test.
    pub untested: Vec<String>,
}

/// Weighs the facts: the sum of the weights of all reasons is low below 2, medium at 2, and
/// high above.
///
/// ```
/// use migration_planner::plan::RiskLevel;
/// use migration_planner::risk::{RiskFacts, risk};
///
/// let facts = RiskFacts { must_files: 21, ..RiskFacts::default() };
/// assert_eq!(risk(&facts).level, RiskLevel::Medium);
/// assert_eq!(risk(&RiskFacts::default()).level, RiskLevel::Low);
/// ```
pub fn risk(facts: &RiskFacts) -> Risk {
    let mut reasons = reasons(facts);
    // The order in which they stand here among those of one weight.
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.weight));
    let sum: u32 = reasons.iter().map(|reason| reason.weight).sum();
    let level = match sum {
        sum if sum >= LEVELS.1 => RiskLevel::High,
        sum if sum >= LEVELS.0 => RiskLevel::Medium,
        _ => RiskLevel::Low,
    };
    Risk { level, reasons }
}

fn reasons(facts: &RiskFacts) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let mut add = |weight: u32, text: String| reasons.push(Reason { text, weight });
    if facts.is_opaque {
        let text = "nothing in the public API explains what breaks: either little does, or only a build shows it";
        add(1, text.to_owned());
    }
    if facts.must_files > MANY_FILES {
        add(2, format!("{} files must change", facts.must_files));
    }
    if !facts.blockers.is_empty() {
        add(
            2,
            format!("stays on the old version: {}", facts.blockers.join(", ")),
        );
    }
    if facts.packages_in_step > MANY_PACKAGES {
        add(
            2,
            format!("{} packages change in one step", facts.packages_in_step),
        );
    }
    if let Some((needed, promised)) = &facts.newer_rust {
        add(
            2,
            format!("Rust {needed} is needed, and {promised} is promised"),
        );
    }
    if !facts.published.is_empty() {
        add(
            2,
            format!("shown in a published API: {}", facts.published.join(", ")),
        );
    }
    if !facts.features_gone.is_empty() {
        add(
            1,
            format!("features that are gone: {}", facts.features_gone.join(", ")),
        );
    }
    if facts.unresolved * 10 > facts.places {
        let (unknown, all) = (facts.unresolved, facts.places);
        add(
            1,
            format!("{unknown} of {all} places could not be resolved"),
        );
    }
    if !facts.untested.is_empty() {
        add(
            1,
            format!(
                "no tests in what must change: {}",
                facts.untested.join(", ")
            ),
        );
    }
    reasons
}
