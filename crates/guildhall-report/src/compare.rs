//! What changed from one document to the next.

use std::collections::{BTreeMap, VecDeque};

use crate::{Document, Finding, Fingerprint, Said};

/// What changed from one document to the next, each in the order of its document.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Comparison<'a> {
    /// Findings that were not there before.
    pub new: Vec<&'a Said<Finding>>,
    /// Findings that are there no more.
    pub gone: Vec<&'a Said<Finding>>,
    /// Findings that were there before, as they were and as they are: values, lines and
    /// severities may have changed.
    pub same: Vec<(&'a Said<Finding>, &'a Said<Finding>)>,
}

/// Compares the findings of two documents: one is the same where agent, rule and
/// fingerprint are. Of findings that share all three, such as verbatim copies of a piece
/// of code, as many are the same as both documents have.
///
/// ```
/// use guildhall_report::{Finding, Location, Part, Report, RunInfo, Severity, compare, merge};
///
/// let document = |line: u32, name: &str| {
///     let place = Location::at("src/a.rs", line, 1);
///     let finding = Finding::new("long-function", Severity::Minor, place, "it is long");
///     let findings = vec![finding.with_identity(&[name], 0)];
///     let report = Report { findings, ..Report::default() };
///     merge(vec![Part::new("scanner", "1.0.0", report)], RunInfo::default())
/// };
/// let before = document(3, "parse");
/// let moved = document(90, "parse");
/// assert_eq!(compare(&before, &moved).same.len(), 1);
/// let renamed = document(3, "read");
/// let changes = compare(&before, &renamed);
/// assert_eq!((changes.new.len(), changes.gone.len()), (1, 1));
/// ```
pub fn compare<'a>(before: &'a Document, after: &'a Document) -> Comparison<'a> {
    let mut known: BTreeMap<Identity<'_>, VecDeque<&Said<Finding>>> = BTreeMap::new();
    for finding in &before.findings {
        let namesakes = known.entry(identity(finding)).or_default();
        namesakes.push_back(finding);
    }
    let mut comparison = Comparison::default();
    for finding in &after.findings {
        let namesakes = known.get_mut(&identity(finding));
        match namesakes.and_then(VecDeque::pop_front) {
            Some(earlier) => comparison.same.push((earlier, finding)),
            None => comparison.new.push(finding),
        }
    }
    // The last of the namesakes are those that nothing was found for.
    for finding in before.findings.iter().rev() {
        let left = known.get_mut(&identity(finding));
        comparison.gone.extend(left.and_then(VecDeque::pop_back));
    }
    comparison.gone.reverse();
    comparison
}

type Identity<'a> = (&'a str, &'a str, &'a Fingerprint);

fn identity(finding: &Said<Finding>) -> Identity<'_> {
    (
        &finding.agent,
        &finding.item.rule,
        &finding.item.fingerprint,
    )
}

#[cfg(test)]
mod tests {
    use crate::samples::finding;
    use crate::{Part, Report, RunInfo, Severity, merge};

    use super::*;

    fn document(agent: &str, findings: Vec<Finding>) -> Document {
        let report = Report {
            findings,
            ..Report::default()
        };
        merge(vec![Part::new(agent, "1.0.0", report)], RunInfo::default())
    }

    #[test]
    fn a_finding_is_known_by_its_fingerprint_and_not_by_its_line() {
        let old = [1, 2, 3].map(|line| finding("a.rs", line, "r", Severity::Info));
        let mut moved = old[1].clone();
        moved.location = None;
        let added = finding("b.rs", 9, "r", Severity::Info);
        let before = document("one", old.to_vec());
        let after = document("one", vec![moved, added]);
        let changes = compare(&before, &after);
        let prints = |findings: &[&Said<Finding>]| -> Vec<String> {
            let prints = findings
                .iter()
                .map(|finding| finding.fingerprint.to_string());
            prints.collect()
        };
        assert_eq!(prints(&changes.new), ["0009"]);
        assert_eq!(prints(&changes.gone), ["0001", "0003"]);
        assert_eq!(changes.same.len(), 1);
        assert!(changes.same[0].0.location.is_some() && changes.same[0].1.location.is_none());
    }

    #[test]
    fn copies_are_matched_one_by_one() {
        let copies = |count| vec![finding("a.rs", 1, "r", Severity::Info); count];
        let (three, two) = (document("one", copies(3)), document("one", copies(2)));
        let fewer = compare(&three, &two);
        assert_eq!(
            (fewer.same.len(), fewer.gone.len(), fewer.new.len()),
            (2, 1, 0)
        );
        let more = compare(&two, &three);
        assert_eq!(
            (more.same.len(), more.gone.len(), more.new.len()),
            (2, 0, 1)
        );
    }

    #[test]
    fn what_another_agent_says_is_another_finding() {
        let findings = vec![finding("a.rs", 1, "r", Severity::Info)];
        let (one, two) = (document("one", findings.clone()), document("two", findings));
        assert_eq!(compare(&one, &two).new.len(), 1);
    }
}
