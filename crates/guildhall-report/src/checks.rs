//! What is wrong with an agent's report: mended where that is possible, and told.

use std::collections::{BTreeMap, BTreeSet};

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};

use crate::{Finding, Fingerprint, Report};

/// Something that an agent should report otherwise. The host finds it when it puts the
/// reports together; it is for the author of the agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[non_exhaustive]
pub struct Problem {
    /// A stable code: `bad-fingerprint` or `bad-confidence`.
    pub code: String,
    /// What is wrong, what was done about it, and what would be right.
    pub message: String,
}

/// Mends `report` and says what was wrong with it.
pub(crate) fn mend(report: &mut Report) -> Vec<Problem> {
    for finding in of_all(report) {
        // What is new is for the host to say.
        finding.state = None;
        let content = &mut finding.content_fingerprint;
        *content = content.take().filter(Fingerprint::is_valid);
    }
    let problems = [fingerprints(of_all(report)), confidences(of_all(report))];
    problems.into_iter().flatten().collect()
}

/// The findings, and those that are suppressed.
fn of_all(report: &mut Report) -> impl Iterator<Item = &mut Finding> {
    let suppressed = report.suppressed.iter_mut();
    let suppressed = suppressed.map(|suppressed| &mut suppressed.finding);
    report.findings.iter_mut().chain(suppressed)
}

/// Gives each finding without a usable fingerprint one that is as stable as can be made
/// of the rest of it.
fn fingerprints<'a>(findings: impl Iterator<Item = &'a mut Finding>) -> Option<Problem> {
    let mut namesakes: BTreeMap<Fingerprint, u32> = BTreeMap::new();
    let mut rules = BTreeSet::new();
    let mut count = 0;
    let bad = |finding: &&mut Finding| !finding.fingerprint.is_valid();
    for finding in findings.filter(bad) {
        let ordinal = namesakes.entry(stand_in(finding, 0)).or_default();
        finding.fingerprint = stand_in(finding, *ordinal);
        *ordinal += 1;
        rules.insert(finding.rule.as_str());
        count += 1;
    }
    (count > 0).then(|| Problem {
        code: "bad-fingerprint".to_owned(),
        message: format!(
            "{count} of its findings had no fingerprint of lower-case hexadecimal digits and were \
             given one; rules: {}; make it with `Finding::with_identity`",
            rules.into_iter().collect::<Vec<_>>().join(", ")
        ),
    })
}

/// Takes away what is no confidence.
fn confidences<'a>(findings: impl Iterator<Item = &'a mut Finding>) -> Option<Problem> {
    let mut count = 0;
    for finding in findings {
        let given = finding.confidence;
        if given.is_some_and(|given| !(0.0..=1.0).contains(&given)) {
            finding.confidence = None;
            count += 1;
        }
    }
    (count > 0).then(|| Problem {
        code: "bad-confidence".to_owned(),
        message: format!(
            "the confidence of {count} of its findings was left out: it is a number from 0 to 1"
        ),
    })
}

/// A malformed fingerprint still names the finding; without any, the subject does, and
/// only then the message, which may hold measured values.
fn stand_in(finding: &Finding, ordinal: u32) -> Fingerprint {
    let subject = finding.subject.as_deref();
    let name = match finding.fingerprint.as_str() {
        "" => subject.unwrap_or(&finding.message),
        given => given,
    };
    Fingerprint::of(
        &[&finding.rule, finding.path().unwrap_or_default(), name],
        ordinal,
    )
}

#[cfg(test)]
mod tests {
    use crate::samples::finding;
    use crate::{Part, RunInfo, Severity, merge};

    use super::*;

    fn without_fingerprint(line: u32) -> Finding {
        let mut finding = finding("a.rs", line, "r", Severity::Info);
        finding.fingerprint = Fingerprint::default();
        finding
    }

    #[test]
    fn a_finding_without_a_fingerprint_gets_one_and_its_agent_is_told() {
        let report = Report {
            findings: vec![without_fingerprint(1), without_fingerprint(9)],
            ..Report::default()
        };
        let document = merge(
            vec![Part::new("sloppy", "1.0.0", report)],
            RunInfo::default(),
        );
        let [first, second] = &document.findings[..] else {
            panic!("{:?}", document.findings);
        };
        assert!(first.fingerprint.is_valid() && second.fingerprint.is_valid());
        assert_ne!(first.fingerprint, second.fingerprint, "namesakes");
        assert_eq!(document.problems.len(), 1);
        assert_eq!(document.problems[0].agent, "sloppy");
        assert_eq!(document.problems[0].item.code, "bad-fingerprint");
        assert!(
            document.problems[0]
                .item
                .message
                .contains("2 of its findings")
        );
    }

    #[test]
    fn a_confidence_that_is_none_is_left_out() {
        let confident =
            |confidence| finding("a.rs", 1, "r", Severity::Info).with_confidence(confidence);
        let mut findings = [0.0, 1.0, 80.0, f64::NAN].map(confident);
        assert!(confidences(findings.iter_mut()).is_some());
        let kept = findings.each_ref().map(|finding| finding.confidence);
        assert_eq!(kept, [Some(0.0), Some(1.0), None, None]);
        assert_eq!(confidences(findings.iter_mut()), None);
    }

    #[test]
    fn what_is_new_is_not_for_an_agent_to_say() {
        let mut boasting = finding("a.rs", 1, "r", Severity::Info);
        boasting.state = Some(crate::FindingState::Known);
        boasting.content_fingerprint = serde_json::from_str("\"no digits\"").ok();
        assert!(boasting.content_fingerprint.is_some());
        let suppressed = crate::Suppressed::new(boasting.clone(), "so be it");
        let mut report = Report {
            findings: vec![boasting],
            suppressed: vec![suppressed],
            ..Report::default()
        };
        assert_eq!(mend(&mut report), []);
        for finding in of_all(&mut report) {
            assert_eq!(
                (finding.state, finding.content_fingerprint.as_ref()),
                (None, None)
            );
        }
    }

    #[test]
    fn a_stand_in_survives_edits_elsewhere() {
        let mut before = [without_fingerprint(1)];
        let mut after = [without_fingerprint(40)];
        assert!(
            fingerprints(before.iter_mut()).is_some() && fingerprints(after.iter_mut()).is_some()
        );
        assert_eq!(before[0].fingerprint, after[0].fingerprint);
    }

    #[test]
    fn a_proper_fingerprint_is_left_alone() {
        let mut findings = [finding("a.rs", 1, "r", Severity::Info)];
        let given = findings[0].fingerprint.clone();
        assert_eq!(fingerprints(findings.iter_mut()), None);
        assert_eq!(findings[0].fingerprint, given);
    }
}
