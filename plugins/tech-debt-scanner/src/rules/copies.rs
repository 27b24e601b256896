//! What the rules on copied code have in common: the copies of a family become one finding
//! each, but for the first.
//!
//! One finding a copy, all with the fingerprint of what they have in common: so a copy that
//! is added is one new finding, and nothing else is, wherever it and the others lie. Only the
//! first of them lists all places, so that a piece of code with a thousand copies does not
//! list a million.

use guildhall_report::{Finding, Fingerprint, Location, Rule, Severity};

use crate::settings::Settings;

/// The least threshold: fewer tokens are alike by chance.
pub(crate) const LEAST: u32 = 10;

/// A rule on copied code.
#[derive(Debug)]
pub(crate) struct CopyRule {
    pub(crate) id: &'static str,
    /// Tokens of the shortest copy that is found, unless the settings say otherwise.
    pub(crate) default: u32,
    /// How lines relate to others: "repeat".
    pub(super) relation: &'static str,
    /// How bad a copy outside of tests is, of its tokens and the threshold.
    pub(super) severity: fn(u32, u32) -> Severity,
    /// Minutes to begin with, and the lines for each of which there is one more.
    pub(super) minutes: (u32, u32),
    /// Why it matters.
    pub(super) reason: &'static str,
}

/// One place of a family.
#[derive(Debug)]
pub(crate) struct Copy {
    pub(crate) location: Location,
    /// Whether most of it is test code.
    pub(crate) test: bool,
    /// Whether no other family tells of most of it.
    pub(crate) new: bool,
}

impl CopyRule {
    /// Adds a finding for each copy but the one that the others are held against. `essence`
    /// is what the family is known by.
    pub(crate) fn check(
        &self,
        copies: &[Copy],
        tokens: u32,
        essence: &str,
        settings: &Settings,
        findings: &mut Vec<Finding>,
    ) {
        let Some(threshold) = settings.threshold(self.id) else {
            return;
        };
        // What another family tells of already is not told again, but can be what the
        // others are held against.
        let model = copies.iter().position(|copy| !copy.new).unwrap_or(0);
        let severity = match copies.iter().all(|copy| copy.test) {
            true => Severity::Info,
            false => (self.severity)(tokens, threshold),
        };
        let fingerprint = Fingerprint::of(&[self.id, essence], 0);
        let others = |own: usize| {
            let others = copies.iter().enumerate().filter(move |(at, _)| *at != own);
            others.map(|(_, copy)| copy.location.clone())
        };
        let told = (0..copies.len()).filter(|at| *at != model && copies[*at].new);
        for (count, at) in told.enumerate() {
            let location = &copies[at].location;
            let related = match count {
                0 => others(at).collect(),
                _ => vec![copies[model].location.clone()],
            };
            let message = self.message(location, &copies[model].location, copies.len());
            let finding = Finding::new(self.id, severity, location.clone(), message)
                .with_reason(self.reason)
                .with_value(f64::from(tokens))
                .with_threshold(f64::from(threshold))
                .with_remediation_minutes(self.minutes_for(lines(location)))
                .with_related(related)
                .with_fingerprint(fingerprint.clone());
            findings.push(finding);
        }
    }

    /// `rule` with how it measures, the threshold and the remediation.
    pub(super) fn documented(&self, rule: Rule, measured: &str) -> Rule {
        let (start, each) = self.minutes;
        let setting = format!("scan.rules.{}.threshold", self.id);
        rule.with_measured(format!(
            "{measured}\n\nEach copy but the first is a finding, with the first and the others \
             as related places. All have the same fingerprint, which depends on nothing but \
             what is copied, so that one more copy is one new finding. Copies of which all are \
             test code are for information.\n\nThe threshold is the length of the shortest \
             copy that is found, at least {LEAST}.\n\nRemediation: {start} minutes a copy and \
             1 for each {each} lines of it."
        ))
        .with_threshold(f64::from(self.default), setting)
    }

    fn message(&self, own: &Location, other: &Location, copies: usize) -> String {
        let (path, relation) = (&other.path, self.relation);
        let lines = match lines(own) {
            1 => "tokens of 1 line".to_owned(),
            lines => format!("{lines} lines"),
        };
        let place = match (other.start, other.end) {
            (Some(start), Some(end)) => format!("{path}:{}-{}", start.line, end.line),
            _ => path.clone(),
        };
        match copies {
            2 => format!("{lines} {relation} {place}"),
            _ => format!("{lines} {relation} {place}; there are {copies} copies"),
        }
    }

    fn minutes_for(&self, lines: u32) -> u32 {
        let (start, each) = self.minutes;
        start.saturating_add(lines / each)
    }
}

fn lines(location: &Location) -> u32 {
    match (location.start, location.end) {
        (Some(start), Some(end)) => end.line.saturating_sub(start.line) + 1,
        _ => 1,
    }
}
