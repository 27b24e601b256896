//! Two reports side by side: what is new, gone, moved, and how the figures went.

use std::collections::BTreeMap;

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};

use crate::{Document, Figure, Finding, Location, Said, Severity, SeverityCounts, compare};

/// Name and version of the document that a [`Diff`] serialises to.
pub const DIFF_SCHEMA: &str = "guildhall.diff/1";

/// What changed from one report to the next. [`crate::render_diff`] writes it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Schema)]
#[serde(default)]
pub struct Diff {
    /// [`DIFF_SCHEMA`].
    pub schema: String,
    /// Findings that were not there before, in the order of the later report.
    pub new: Vec<Said<Finding>>,
    /// Findings that are there no more, in the order of the earlier report.
    pub gone: Vec<Said<Finding>>,
    /// Findings that are in another place now, in the order of the later report.
    pub moved: Vec<Moved>,
    /// How many are where they were.
    pub same: usize,
    /// What is new, by severity.
    pub new_by_severity: SeverityCounts,
    /// What is gone, by severity.
    pub gone_by_severity: SeverityCounts,
    /// All counts by rule.
    pub by_rule: BTreeMap<String, RuleChanges>,
    /// Figures that both reports have, as they are, each with its number before.
    pub figures: Vec<Said<Figure>>,
    /// Agents that brought no report to either side: what is new or gone of theirs says
    /// nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failed_agents: Vec<String>,
}

/// A finding that is in another place now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct Moved {
    /// Where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Location>,
    /// As it is.
    pub finding: Said<Finding>,
}

/// What changed in the findings of one rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct RuleChanges {
    /// Not there before.
    pub new: usize,
    /// There no more.
    pub gone: usize,
    /// In another place.
    pub moved: usize,
    /// Where they were.
    pub same: usize,
}

impl Diff {
    /// What changed from `before` to `after`.
    ///
    /// ```
    /// use guildhall_report::{Diff, Document};
    /// let diff = Diff::of(&Document::default(), &Document::default());
    /// assert!(diff.new.is_empty() && diff.gone.is_empty());
    /// ```
    #[must_use]
    pub fn of(before: &Document, after: &Document) -> Self {
        let changes = compare(before, after);
        let mut diff = Self {
            schema: DIFF_SCHEMA.to_owned(),
            new: changes.new.iter().copied().cloned().collect(),
            gone: changes.gone.iter().copied().cloned().collect(),
            same: changes.same.len(),
            figures: figures(before, after),
            failed_agents: failed(before, after),
            ..Self::default()
        };
        for finding in &changes.new {
            diff.new_by_severity.count(finding.severity);
            diff.rule(finding).new += 1;
        }
        for finding in &changes.gone {
            diff.gone_by_severity.count(finding.severity);
            diff.rule(finding).gone += 1;
        }
        for (earlier, finding) in &changes.moved {
            diff.rule(finding).moved += 1;
            diff.moved.push(Moved {
                from: earlier.location.clone(),
                finding: (*finding).clone(),
            });
        }
        for (_, finding) in &changes.same {
            diff.rule(finding).same += 1;
        }
        diff
    }

    /// How many new findings are of this severity or worse.
    #[must_use]
    pub fn new_at_or_over(&self, severity: Severity) -> usize {
        let reaches = |finding: &&Said<Finding>| finding.severity >= severity;
        self.new.iter().filter(reaches).count()
    }

    fn rule(&mut self, finding: &Finding) -> &mut RuleChanges {
        self.by_rule.entry(finding.rule.clone()).or_default()
    }
}

/// The figures of `after` that `before` has as well, with the number there.
fn figures(before: &Document, after: &Document) -> Vec<Said<Figure>> {
    let earlier: BTreeMap<(&str, &str), f64> = before
        .figures
        .iter()
        .map(|said| ((said.agent.as_str(), said.id.as_str()), said.value))
        .collect();
    let both = after.figures.iter().filter_map(|said| {
        let number = earlier.get(&(said.agent.as_str(), said.id.as_str()))?;
        let mut said = said.clone();
        said.item.before = Some(*number);
        Some(said)
    });
    both.collect()
}

fn failed(before: &Document, after: &Document) -> Vec<String> {
    let all = [before, after].into_iter();
    let failed = all.flat_map(|document| &document.summary.failed_agents);
    let mut agents: Vec<String> = failed.map(|failed| failed.agent.clone()).collect();
    agents.sort();
    agents.dedup();
    agents
}

#[cfg(test)]
mod tests {
    use crate::samples::{self, finding};
    use crate::{Part, Report, RunInfo, Style, merge, render_diff};

    use super::*;

    fn report(findings: Vec<Finding>, lines: f64) -> Document {
        let report = Report {
            findings,
            figures: vec![Figure::new("lines", "lines of code", lines)],
            ..Report::default()
        };
        merge(vec![Part::new("one", "1.0.0", report)], RunInfo::default())
    }

    fn diff() -> Diff {
        let named = |path: &str, line, severity| {
            finding(path, line, "long", severity).with_content(&[&line.to_string()])
        };
        let mut moved = named("new/b.rs", 2, Severity::Minor);
        moved.fingerprint = "abcd".parse().unwrap();
        let before = vec![
            named("a.rs", 1, Severity::Major),
            named("b.rs", 2, Severity::Minor),
            named("c.rs", 3, Severity::Info),
        ];
        let after = vec![
            moved,
            named("c.rs", 3, Severity::Info),
            named("d.rs", 4, Severity::Critical),
        ];
        Diff::of(&report(before, 1200.0), &report(after, 1500.0))
    }

    fn rendered(diff: &Diff, format: crate::DiffFormat) -> String {
        let mut out = Vec::new();
        render_diff(diff, format, &Style::default(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn everything_is_counted_by_rule_and_severity() {
        let diff = diff();
        assert_eq!(
            (diff.new.len(), diff.gone.len(), diff.moved.len(), diff.same),
            (1, 1, 1, 1)
        );
        assert_eq!(
            (diff.new_by_severity.critical, diff.gone_by_severity.major),
            (1, 1)
        );
        let long = diff.by_rule["long"];
        assert_eq!((long.new, long.gone, long.moved, long.same), (1, 1, 1, 1));
        assert_eq!(diff.figures[0].before, Some(1200.0));
        assert_eq!(diff.new_at_or_over(Severity::Critical), 1);
    }

    #[test]
    fn text_reads_exactly_like_this() {
        let expected = "\
1 new finding, 1 gone, 1 moved, 1 as before

New: 1 critical
d.rs:4:5 critical long  the function is hard to follow (parse)

Gone: 1 major
a.rs:1:5 major long  the function is hard to follow (parse)

Moved
new/b.rs:2:5 long  was at b.rs:2:5

By rule
rule  new  gone  moved  as before
long    1     1      1          1

Key figures
lines of code  1,500 (before: 1,200)
";
        assert_eq!(rendered(&diff(), crate::DiffFormat::Text), expected);
    }

    #[test]
    fn what_is_the_same_has_nothing_to_say() {
        let one = report(vec![finding("a.rs", 1, "r", Severity::Info)], 3.0);
        let diff = Diff::of(&one, &one);
        let text = rendered(&diff, crate::DiffFormat::Text);
        assert_eq!(text, "No new findings, 0 gone, 0 moved, 1 as before\n");
        let markdown = rendered(&diff, crate::DiffFormat::Markdown);
        assert_eq!(
            markdown,
            "### Guildhall: no new findings, 0 gone, 0 moved, 1 as before\n"
        );
    }

    #[test]
    fn json_is_read_back_and_markdown_says_the_same() {
        let diff = diff();
        let json = rendered(&diff, crate::DiffFormat::Json);
        assert_eq!(serde_json::from_str::<Diff>(&json).unwrap(), diff);
        let markdown = rendered(&diff, crate::DiffFormat::Markdown);
        for part in [
            "1 new finding",
            "`d.rs:4:5`",
            "`a.rs:1:5`",
            "`new/b.rs:2:5`",
            "`b.rs:2:5`",
            "| `long` | 1 | 1 | 1 | 1 |",
            "1,500",
        ] {
            assert!(markdown.contains(part), "{part}: {markdown}");
        }
    }

    #[test]
    fn hostile_reports_steer_nothing() {
        let diff = Diff::of(&Document::default(), &samples::hostile());
        for format in crate::DiffFormat::ALL {
            let text = rendered(&diff, format);
            let control = |c: &char| c.is_control() && *c != '\n';
            assert_eq!(text.chars().find(control), None, "{format}");
            let is_markdown = format == crate::DiffFormat::Markdown;
            assert!(!is_markdown || !text.contains("<img"), "{format}");
        }
    }
}
