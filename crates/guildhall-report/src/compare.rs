//! What changed from one document to the next.

use crate::matching::{Counted, Identity, identity, pair};
use crate::{Document, Finding, Said};

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
    /// Findings that were there before in another file or under another name, as they were
    /// and as they are.
    pub moved: Vec<(&'a Said<Finding>, &'a Said<Finding>)>,
}

/// Compares the findings of two documents: one is the same where agent, rule and
/// fingerprint are. What is left over then has moved where agent, rule and content
/// fingerprint are the same. Of findings that share all of these, such as verbatim copies
/// of a piece of code, as many are the same as both documents have: a third copy is new.
///
/// ```
/// use guildhall_report::{Finding, Location, Part, Report, RunInfo, Severity, compare, merge};
///
/// let document = |path: &str, line: u32, name: &str| {
///     let place = Location::at(path, line, 1);
///     let finding = Finding::new("long-function", Severity::Minor, place, "it is long");
///     let findings = vec![finding.with_identity(&[name], 0).with_content(&[name])];
///     let report = Report { findings, ..Report::default() };
///     merge(vec![Part::new("scanner", "1.0.0", report)], RunInfo::default())
/// };
/// let before = document("src/a.rs", 3, "parse");
/// let further_down = document("src/a.rs", 90, "parse");
/// assert_eq!(compare(&before, &further_down).same.len(), 1);
/// let elsewhere = document("src/b.rs", 3, "parse");
/// assert_eq!(compare(&before, &elsewhere).moved.len(), 1);
/// let renamed = document("src/a.rs", 3, "read");
/// let changes = compare(&before, &renamed);
/// assert_eq!((changes.new.len(), changes.gone.len()), (1, 1));
/// ```
pub fn compare<'a>(before: &'a Document, after: &'a Document) -> Comparison<'a> {
    let earlier: Vec<Counted<'_>> = before.findings.iter().map(once).collect();
    let later: Vec<Identity<'_>> = after.findings.iter().map(identity).collect();
    let pairing = pair(&earlier, &later);
    let mut comparison = Comparison::default();
    for (finding, matched) in after.findings.iter().zip(pairing.matches) {
        match matched {
            None => comparison.new.push(finding),
            Some(it) if it.moved => {
                comparison
                    .moved
                    .push((&before.findings[it.before], finding));
            }
            Some(it) => comparison.same.push((&before.findings[it.before], finding)),
        }
    }
    let left = before.findings.iter().zip(pairing.left);
    let gone = left.filter(|(_, left)| *left > 0);
    comparison.gone = gone.map(|(finding, _)| finding).collect();
    comparison
}

fn once(finding: &Said<Finding>) -> Counted<'_> {
    Counted {
        identity: identity(finding),
        count: 1,
    }
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
