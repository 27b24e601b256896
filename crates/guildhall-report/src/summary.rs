//! What the findings add up to.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{FailedAgent, Finding, Said, Severity, Skipped};

/// How many files [`Summary::top_files`] lists at the most.
pub const TOP_FILES: usize = 10;

/// Counts and totals of a [`crate::Document`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(default)]
pub struct Summary {
    /// All findings.
    pub findings: usize,
    /// Findings by severity; every severity is present.
    pub by_severity: SeverityCounts,
    /// Findings by rule id.
    pub by_rule: BTreeMap<String, usize>,
    /// Different files that have a finding.
    pub files_with_findings: usize,
    /// The files to look at first: see [`TopFile::weight`] for the order.
    pub top_files: Vec<TopFile>,
    /// Estimated minutes to mend everything.
    pub remediation_minutes: u64,
    /// All that was not examined.
    pub skipped: usize,
    /// What was not examined, by code.
    pub skipped_by_code: BTreeMap<String, usize>,
    /// Findings that the code's author has suppressed; they count nowhere else.
    #[serde(skip_serializing_if = "is_zero")]
    pub suppressed: usize,
    /// Suppressions that suppress nothing.
    #[serde(skip_serializing_if = "is_zero")]
    pub unused_suppressions: usize,
    /// Agents that brought no report.
    pub failed_agents: Vec<FailedAgent>,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Findings by severity, most severe first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(default)]
pub struct SeverityCounts {
    /// Number of [`Severity::Critical`] findings.
    pub critical: usize,
    /// Number of [`Severity::Major`] findings.
    pub major: usize,
    /// Number of [`Severity::Minor`] findings.
    pub minor: usize,
    /// Number of [`Severity::Info`] findings.
    pub info: usize,
}

/// A file with findings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct TopFile {
    /// Path, written as in [`crate::Location::path`].
    pub path: String,
    /// Findings in the file.
    pub findings: usize,
    /// Estimated minutes to mend them.
    pub remediation_minutes: u64,
    /// The worst severity among them.
    pub worst: Severity,
    /// The order of the files, heaviest first: the sum over the file's findings
    /// of 30 for critical, 10 for major, 3 for minor and 1 for info (each step
    /// about three times the last). Equal weights are ordered by minutes, most
    /// first, then by path.
    pub weight: u64,
}

impl SeverityCounts {
    /// Every severity with its count, most severe first.
    pub fn worst_first(&self) -> [(Severity, usize); 4] {
        [
            (Severity::Critical, self.critical),
            (Severity::Major, self.major),
            (Severity::Minor, self.minor),
            (Severity::Info, self.info),
        ]
    }

    pub(crate) fn count(&mut self, severity: Severity) {
        match severity {
            Severity::Critical => self.critical += 1,
            Severity::Major => self.major += 1,
            Severity::Minor => self.minor += 1,
            Severity::Info => self.info += 1,
        }
    }
}

impl Summary {
    /// Adds up findings and what was skipped.
    pub(crate) fn of(
        findings: &[Said<Finding>],
        skipped: &[Said<Skipped>],
        mut failed_agents: Vec<FailedAgent>,
    ) -> Self {
        let mut summary = Self {
            findings: findings.len(),
            skipped: skipped.len(),
            ..Self::default()
        };
        for finding in findings {
            summary.by_severity.count(finding.severity);
            *summary.by_rule.entry(finding.rule.clone()).or_default() += 1;
            summary.remediation_minutes += minutes(finding);
        }
        for item in skipped {
            *summary
                .skipped_by_code
                .entry(item.code.clone())
                .or_default() += 1;
        }
        let files = files(findings);
        summary.files_with_findings = files.len();
        summary.top_files = files.into_iter().take(TOP_FILES).collect();
        failed_agents.sort();
        summary.failed_agents = failed_agents;
        summary
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// All files with findings, heaviest first.
fn files(findings: &[Said<Finding>]) -> Vec<TopFile> {
    let mut by_path: BTreeMap<&str, TopFile> = BTreeMap::new();
    for finding in findings {
        let Some(path) = finding.path() else {
            continue;
        };
        let file = by_path.entry(path).or_insert_with(|| TopFile {
            path: path.to_owned(),
            findings: 0,
            remediation_minutes: 0,
            worst: Severity::Info,
            weight: 0,
        });
        file.findings += 1;
        file.remediation_minutes += minutes(finding);
        file.worst = file.worst.max(finding.severity);
        file.weight += weight(finding.severity);
    }
    let mut files: Vec<TopFile> = by_path.into_values().collect();
    // The sort is stable, so equal files stay ordered by path.
    files.sort_by_key(|file| Reverse((file.weight, file.remediation_minutes)));
    files
}

fn weight(severity: Severity) -> u64 {
    match severity {
        Severity::Critical => 30,
        Severity::Major => 10,
        Severity::Minor => 3,
        Severity::Info => 1,
    }
}

fn minutes(finding: &Finding) -> u64 {
    u64::from(finding.remediation_minutes.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use crate::samples;

    use super::*;

    fn finding(path: &str, line: u32, rule: &str, severity: Severity) -> Said<Finding> {
        said(samples::finding(path, line, rule, severity))
    }

    fn said<T>(item: T) -> Said<T> {
        let agent = "one".to_owned();
        Said { agent, item }
    }

    #[test]
    fn findings_about_no_file_are_counted_and_name_none() {
        let mut decision = finding("", 1, "r", Severity::Major);
        decision.item.location = None;
        let summary = Summary::of(&[decision], &[], Vec::new());
        assert_eq!((summary.findings, summary.files_with_findings), (1, 0));
        assert!(summary.top_files.is_empty());
        assert_eq!(summary.remediation_minutes, 10);
    }

    #[test]
    fn files_are_ordered_by_weight_then_minutes_then_path() {
        let mut findings = vec![
            finding("minor.rs", 1, "r", Severity::Minor),
            finding("minor.rs", 2, "r", Severity::Minor),
            finding("b.rs", 1, "r", Severity::Major),
            finding("a.rs", 1, "r", Severity::Major),
            finding("slow.rs", 1, "r", Severity::Major),
            finding("worst.rs", 1, "r", Severity::Critical),
        ];
        findings[4].item.remediation_minutes = Some(500);
        let summary = Summary::of(&findings, &[], Vec::new());
        let paths: Vec<_> = summary.top_files.iter().map(|f| f.path.as_str()).collect();
        assert_eq!(paths, ["worst.rs", "slow.rs", "a.rs", "b.rs", "minor.rs"]);
        assert_eq!(summary.top_files[4].weight, 6);
    }

    #[test]
    fn only_ten_files_are_listed_but_all_are_counted() {
        let findings: Vec<_> = (0..25)
            .map(|n| finding(&format!("{n:02}.rs"), 1, "r", Severity::Info))
            .collect();
        let summary = Summary::of(&findings, &[], Vec::new());
        assert_eq!(summary.top_files.len(), 10);
        assert_eq!(summary.files_with_findings, 25);
    }

    #[test]
    fn totals_cover_severity_rule_minutes_and_skipped() {
        let findings = [
            finding("a.rs", 1, "one", Severity::Critical),
            finding("a.rs", 2, "two", Severity::Info),
            finding("a.rs", 3, "two", Severity::Info),
        ];
        let skipped = [said(samples::skipped("x.rs", "unparsable"))];
        let summary = Summary::of(&findings, &skipped, Vec::new());
        assert_eq!(summary.by_severity.critical, 1);
        assert_eq!(summary.by_severity.info, 2);
        assert_eq!(summary.by_rule["two"], 2);
        assert_eq!(summary.remediation_minutes, 30);
        assert_eq!(summary.skipped_by_code["unparsable"], 1);
    }
}
