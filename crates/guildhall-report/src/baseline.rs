//! The baseline: what was found at one time, so that only what is new fails from then on.
//!
//! It is a ratchet: [`Baseline::prune`] takes out what is mended and never puts anything
//! in. Its file has one line for each identity, sorted, so that a review shows what a
//! change accepts.

mod read;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};

use crate::matching::{Counted, Identity, Pairing, identity, identity_of, pair};
use crate::{Absent, Document, Finding, FindingState, Fingerprint, Held, Said, Since};

/// Name and version of the file that a [`Baseline`] is written to.
pub const BASELINE_SCHEMA: &str = "guildhall.baseline/1";

/// The findings of one time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct Baseline {
    /// [`BASELINE_SCHEMA`].
    pub schema: String,
    /// What has written it.
    pub tool: BaselineTool,
    /// The findings, each identity once, ordered by path, rule, agent, subject and
    /// fingerprints.
    pub findings: Vec<BaselineRow>,
}

/// What has written a baseline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct BaselineTool {
    /// `guildhall`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// Findings that share one identity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Schema)]
pub struct BaselineRow {
    /// The file; none where they are about no file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Id of the rule.
    pub rule: String,
    /// Id of the agent.
    pub agent: String,
    /// What they are about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// By what they are known.
    pub fingerprint: Fingerprint,
    /// By what they are known after a move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Fingerprint>,
    /// How many there are, at least 1.
    pub count: u64,
}

/// How a baseline and a document differ: what writing it anew would change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BaselineChanges {
    /// Findings that are not in it, by rule.
    pub added: BTreeMap<String, u64>,
    /// Findings in it that are found no more or are suppressed now, by rule.
    pub removed: BTreeMap<String, u64>,
    /// Findings in it that are elsewhere now.
    pub moved: u64,
    /// Findings in it that nobody looked for: of agents that took no part, and in files
    /// that were not examined; by agent.
    pub unexamined: BTreeMap<String, u64>,
}

impl Baseline {
    /// A baseline of all findings of `document`.
    ///
    /// ```
    /// use guildhall_report::{Baseline, Finding, Location, Part, Report, RunInfo, Severity, merge};
    ///
    /// let place = Location::at("src/a.rs", 3, 1);
    /// let finding = Finding::new("long-function", Severity::Minor, place, "it is long");
    /// let report = Report {
    ///     findings: vec![finding.with_identity(&["parse"], 0)],
    ///     ..Report::default()
    /// };
    /// let mut document = merge(vec![Part::new("scanner", "1.0.0", report)], RunInfo::default());
    /// let baseline = Baseline::of(&document);
    /// assert_eq!(Baseline::parse(&baseline.to_text()), Ok(baseline.clone()));
    /// document.hold_against(&baseline, "guildhall-baseline.json");
    /// assert_eq!(document.new_at_or_over(Severity::Info), 0);
    /// ```
    #[must_use]
    pub fn of(document: &Document) -> Self {
        let rows = document.findings.iter().map(|finding| row(finding, 1));
        Self::with_rows(&document.run.host_version, rows)
    }

    /// How many findings it has.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.findings
            .iter()
            .fold(0, |sum, row| sum.saturating_add(row.count))
    }

    /// What differs between it and `document`.
    #[must_use]
    pub fn changes(&self, document: &Document) -> BaselineChanges {
        let held = Holding::of(self, document);
        let mut changes = BaselineChanges::default();
        for (finding, matched) in document.findings.iter().zip(&held.pairing.matches) {
            match matched {
                None => *changes.added.entry(finding.rule.clone()).or_default() += 1,
                Some(matched) => changes.moved += u64::from(matched.moved),
            }
        }
        for (row, left) in self.findings.iter().zip(&held.pairing.left) {
            let counts = if held.is_examined(row) {
                changes.removed.entry(row.rule.clone())
            } else {
                changes.unexamined.entry(row.agent.clone())
            };
            if *left > 0 {
                *counts.or_default() += left;
            }
        }
        changes.removed.retain(|_, count| *count > 0);
        changes.unexamined.retain(|_, count| *count > 0);
        changes
    }

    /// The same without what is found no more in `document`: rows are dropped, counts
    /// become smaller, rows of what moved name the new place. Nothing is added, and rows
    /// of agents that brought no report, or of files that were not examined, stay.
    #[must_use]
    pub fn prune(&self, document: &Document) -> Self {
        let held = Holding::of(self, document);
        let found = document.findings.iter().zip(&held.pairing.matches);
        let found = found.filter(|(_, matched)| matched.is_some());
        let found = found.map(|(finding, _)| row(finding, 1));
        let rows = self.findings.iter().zip(&held.pairing.left);
        let unexamined = rows.filter(|(row, _)| !held.is_examined(row));
        let unexamined = unexamined.filter(|(_, left)| **left > 0);
        let unexamined = unexamined.map(|(row, left)| BaselineRow {
            count: *left,
            ..row.clone()
        });
        Self::with_rows(&document.run.host_version, found.chain(unexamined))
    }

    fn with_rows(version: &str, rows: impl Iterator<Item = BaselineRow>) -> Self {
        Self {
            schema: BASELINE_SCHEMA.to_owned(),
            tool: BaselineTool {
                name: "guildhall".to_owned(),
                version: version.to_owned(),
            },
            findings: together(rows, u64::saturating_add),
        }
    }
}

impl BaselineChanges {
    /// Those that pruning makes.
    #[must_use]
    pub fn removals(self) -> Self {
        Self {
            removed: self.removed,
            moved: self.moved,
            ..Self::default()
        }
    }
}

impl Document {
    /// Says of each finding whether it is in `baseline`, and counts what is there no more;
    /// `source` names the baseline for a person.
    pub fn hold_against(&mut self, baseline: &Baseline, source: impl Into<String>) {
        let held = Holding::of(baseline, self);
        let matches = held.pairing.matches.clone();
        let mut result = held.result(source.into());
        for (finding, matched) in self.findings.iter_mut().zip(matches) {
            let (state, count) = match matched {
                None => (FindingState::New, &mut result.new),
                Some(it) if it.moved => (FindingState::Moved, &mut result.moved),
                Some(_) => (FindingState::Known, &mut result.known),
            };
            *count += 1;
            finding.item.state = Some(state);
        }
        self.baseline = Some(result);
    }

    /// Keeps the findings that `is_touched` and counts the others in `since`. A finding
    /// about no file stays only where a baseline tells that it is new.
    pub fn narrow_to(&mut self, since: Since, is_touched: impl Fn(&Finding) -> bool) {
        let before = self.findings.len();
        self.findings.retain(|finding| match finding.location {
            Some(_) => is_touched(finding),
            None => finding.state == Some(FindingState::New),
        });
        let left_out = before - self.findings.len();
        self.since = Some(Since { left_out, ..since });
        self.sum_up();
    }
}

/// A baseline against a document.
struct Holding<'a> {
    baseline: &'a Baseline,
    pairing: Pairing,
    /// For each row, how many are suppressed now.
    suppressed: Vec<u64>,
    examined: BTreeSet<&'a str>,
    /// What agents have not examined: files, and folders with all in them.
    skipped: BTreeSet<(&'a str, &'a str)>,
}

impl<'a> Holding<'a> {
    fn of(baseline: &'a Baseline, document: &'a Document) -> Self {
        let before: Vec<Counted<'_>> = baseline.findings.iter().map(counted).collect();
        let after: Vec<Identity<'_>> = document.findings.iter().map(identity).collect();
        let pairing = pair(&before, &after);
        let left = pairing.left.iter().zip(&before);
        let left: Vec<Counted<'_>> = left
            .map(|(left, one)| Counted {
                count: *left,
                ..*one
            })
            .collect();
        let suppressed = document.suppressed.iter();
        let suppressed: Vec<Identity<'_>> = suppressed
            .map(|said| identity_of(&said.agent, &said.item.finding))
            .collect();
        let then = pair(&left, &suppressed).left;
        let suppressed = pairing.left.iter().zip(then).map(|(all, rest)| all - rest);
        let failed = document.summary.failed_agents.iter();
        let failed: BTreeSet<&str> = failed.map(|failed| failed.agent.as_str()).collect();
        let skipped = document.skipped.iter();
        let skipped = skipped.map(|said| (said.agent.as_str(), said.path.as_str()));
        let examined = document.agents().difference(&failed).copied().collect();
        Self {
            baseline,
            suppressed: suppressed.collect(),
            pairing,
            examined,
            skipped: skipped.collect(),
        }
    }

    /// Whether the row's agent has reported, and has examined the row's file: what could
    /// not be looked at is not mended.
    fn is_examined(&self, row: &BaselineRow) -> bool {
        let is_skipped = |path: &str| self.skipped.contains(&(row.agent.as_str(), path));
        let path = row.path.as_deref().unwrap_or_default();
        let ends = path.match_indices('/').map(|(end, _)| end);
        let mut with_folders = ends.chain([path.len()]).map(|end| &path[..end]);
        let was_seen = !is_skipped(".") && !with_folders.any(is_skipped);
        self.examined.contains(row.agent.as_str()) && was_seen
    }

    /// The counts of what is there no more.
    fn result(&self, source: String) -> Held {
        let mut result = Held {
            source,
            ..Held::default()
        };
        let rows = self.baseline.findings.iter();
        let counts = self.pairing.left.iter().zip(&self.suppressed);
        for (row, (left, suppressed)) in rows.zip(counts) {
            if !self.is_examined(row) {
                result.unexamined = result.unexamined.saturating_add(*left);
                continue;
            }
            let gone = left - suppressed;
            result.suppressed = result.suppressed.saturating_add(*suppressed);
            result.gone = result.gone.saturating_add(gone);
            if gone > 0 {
                result.absent.push(absent(row, gone));
            }
        }
        result
    }
}

fn counted(row: &BaselineRow) -> Counted<'_> {
    Counted {
        identity: Identity {
            agent: &row.agent,
            rule: &row.rule,
            fingerprint: &row.fingerprint,
            content: row.content.as_ref(),
        },
        count: row.count,
    }
}

fn absent(row: &BaselineRow, count: u64) -> Absent {
    Absent {
        agent: row.agent.clone(),
        rule: row.rule.clone(),
        path: row.path.clone(),
        subject: row.subject.clone(),
        fingerprint: row.fingerprint.clone(),
        count,
    }
}

fn row(finding: &Said<Finding>, count: u64) -> BaselineRow {
    BaselineRow {
        path: finding.path().map(str::to_owned),
        rule: finding.rule.clone(),
        agent: finding.agent.clone(),
        subject: finding.subject.clone(),
        fingerprint: finding.fingerprint.clone(),
        content: finding.content_fingerprint.clone(),
        count,
    }
}

/// One row for each identity, in order; the first of several by path and subject gives
/// those two, and `join` the count.
fn together(
    rows: impl Iterator<Item = BaselineRow>,
    join: impl Fn(u64, u64) -> u64,
) -> Vec<BaselineRow> {
    type Key = (String, String, Fingerprint, Option<Fingerprint>);
    let mut by_identity: BTreeMap<Key, BaselineRow> = BTreeMap::new();
    for row in rows {
        let key = (
            row.agent.clone(),
            row.rule.clone(),
            row.fingerprint.clone(),
            row.content.clone(),
        );
        match by_identity.get_mut(&key) {
            Some(known) => {
                let count = join(known.count, row.count);
                let first = (&row.path, &row.subject) < (&known.path, &known.subject);
                if first {
                    *known = row;
                }
                known.count = count;
            }
            None => drop(by_identity.insert(key, row)),
        }
    }
    let mut rows: Vec<BaselineRow> = by_identity.into_values().collect();
    rows.sort();
    rows
}

#[cfg(test)]
mod tests;
