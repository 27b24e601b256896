//! From the reports of many agents to the one document that the host prints.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::said::say;
use crate::{
    ActionPlan, Chart, FailedAgent, Figure, Finding, FindingState, Graph, Held, Position, Problem,
    Prose, Report, ReportOutcome, Rule, RunInfo, Said, Severity, Since, Skipped, Summary,
    Suppressed, Table, Timeline, UnusedSuppression, checks,
};

/// Name and version of the document that a [`Document`] serialises to.
pub const SCHEMA: &str = "guildhall.report/1";

/// The report of one agent, as the host received it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Schema)]
pub struct Part {
    /// Id of the agent's plugin.
    pub agent: String,
    /// Version of the agent's plugin.
    pub agent_version: String,
    /// What it reported.
    pub report: Report,
}

impl Part {
    /// What `agent` of this version reported.
    pub fn new(agent: impl Into<String>, agent_version: impl Into<String>, report: Report) -> Self {
        Self {
            agent: agent.into(),
            agent_version: agent_version.into(),
            report,
        }
    }
}

/// The document that the host prints.
///
/// Everything outside `run` is the same from run to run on the same input, byte
/// for byte.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Schema)]
#[serde(default)]
pub struct Document {
    /// [`SCHEMA`].
    pub schema: String,
    /// Titles of the agents' reports, by agent.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub titles: BTreeMap<String, String>,
    /// Whether what the agents were asked for was reached, by agent; where two reports of one
    /// agent differ, that it was not.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub outcomes: BTreeMap<String, ReportOutcome>,
    /// All findings, ordered by path, start, rule, fingerprint and agent; those without a
    /// path come first.
    pub findings: Vec<Said<Finding>>,
    /// What the code's authors have suppressed, in the order of its findings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suppressed: Vec<Said<Suppressed>>,
    /// Suppressions that suppress nothing, ordered by path, start and agent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unused_suppressions: Vec<Said<UnusedSuppression>>,
    /// What came of holding the findings against a baseline; none where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Held>,
    /// To which change the findings were narrowed; none where they were not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Since>,
    /// All that was not examined, ordered by path, code, reason and agent.
    pub skipped: Vec<Said<Skipped>>,
    /// What the findings add up to.
    pub summary: Summary,
    /// The rules, ordered by id and agent.
    pub rules: Vec<Said<Rule>>,
    /// Texts with a title, by agent, then in the agent's order (as all that follow).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<Said<Prose>>,
    /// Key figures.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<Said<Figure>>,
    /// Tables.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<Said<Table>>,
    /// Sequences of events.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub timelines: Vec<Said<Timeline>>,
    /// Nodes and edges.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub graphs: Vec<Said<Graph>>,
    /// Charts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub charts: Vec<Said<Chart>>,
    /// Plans of action.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub plans: Vec<Said<ActionPlan>>,
    /// What agents should report otherwise, by agent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Said<Problem>>,
    /// Fields of the agents' reports that this version does not know, by agent.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub extensions: BTreeMap<String, Map<String, Value>>,
    /// All that may differ from run to run.
    pub run: RunInfo,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Puts the reports of all agents together.
///
/// What is wrong with a report, such as a finding without a fingerprint, is mended and
/// stands in [`Document::problems`]. The order of `parts` does not matter, except that two reports of one agent
/// keep theirs. Whatever an agent says about who it is is replaced by the id
/// under which the host knows it. Two equal findings stay two findings: verbatim
/// copies of a piece of code share a fingerprint.
pub fn merge(mut parts: Vec<Part>, mut run: RunInfo) -> Document {
    parts.sort_by(|a, b| (&a.agent, &a.agent_version).cmp(&(&b.agent, &b.agent_version)));
    let failed = move_failures(&mut run);
    let mut document = Document {
        schema: SCHEMA.to_owned(),
        run,
        ..Document::default()
    };
    for part in parts {
        document.add(part);
    }
    document.findings.sort_by(finding_order);
    document.suppressed.sort_by(suppressed_order);
    document
        .unused_suppressions
        .sort_by(|a, b| unused_key(a).cmp(&unused_key(b)));
    document
        .skipped
        .sort_by(|a, b| skipped_key(a).cmp(&skipped_key(b)));
    document
        .rules
        .sort_by(|a, b| (&a.item.id, &a.agent).cmp(&(&b.item.id, &b.agent)));
    document.rules.dedup();
    document.summary.failed_agents = failed;
    document.sum_up();
    document
}

impl Document {
    /// How many findings are of this severity or worse.
    pub fn at_or_over(&self, severity: Severity) -> usize {
        let reaches = |finding: &&Said<Finding>| finding.severity >= severity;
        self.findings.iter().filter(reaches).count()
    }

    /// How many findings of this severity or worse are not in the baseline; all that there
    /// are where there is none.
    pub fn new_at_or_over(&self, severity: Severity) -> usize {
        let counts = |finding: &&Said<Finding>| is_new(finding) && finding.severity >= severity;
        self.findings.iter().filter(counts).count()
    }

    /// The document with its new findings only, as formats for people show it; itself
    /// where there is no baseline. The counts of the rest stay in [`Document::baseline`].
    pub fn only_new(&self) -> Cow<'_, Self> {
        if self.baseline.is_none() || self.findings.iter().all(is_new) {
            return Cow::Borrowed(self);
        }
        let mut shown = self.clone();
        shown.findings.retain(is_new);
        shown.sum_up();
        Cow::Owned(shown)
    }

    /// Counts everything anew; the failed agents stay.
    pub(crate) fn sum_up(&mut self) {
        let failed = std::mem::take(&mut self.summary.failed_agents);
        let extra = std::mem::take(&mut self.summary.extra);
        self.summary = Summary::of(&self.findings, &self.skipped, failed);
        self.summary.suppressed = self.suppressed.len();
        self.summary.unused_suppressions = self.unused_suppressions.len();
        self.summary.extra = extra;
    }

    /// The findings that matter most first: by severity, then by how many times
    /// the value exceeds its threshold, then in the order of the document.
    pub fn most_important(&self) -> Vec<&Said<Finding>> {
        let mut findings: Vec<&Said<Finding>> = self.findings.iter().collect();
        findings.sort_by(|a, b| {
            let by_severity = b.severity.cmp(&a.severity);
            by_severity.then_with(|| excess(b).total_cmp(&excess(a)))
        });
        findings
    }

    /// The agents that did not reach what they were asked for, each with the reason, by id.
    pub fn unmet(&self) -> impl Iterator<Item = (&str, &str)> {
        let outcomes = self.outcomes.iter();
        outcomes.filter_map(|(agent, outcome)| Some((agent.as_str(), outcome.reason()?)))
    }

    /// Every agent that reported or failed, by id.
    pub fn agents(&self) -> BTreeSet<&str> {
        let findings = self.findings.iter().map(|said| said.agent.as_str());
        let skipped = self.skipped.iter().map(|said| said.agent.as_str());
        let failed = self.summary.failed_agents.iter();
        let called = self.run.agents.keys().map(String::as_str);
        let rules = self.rules.iter().map(|said| said.agent.as_str());
        let suppressed = self.suppressed.iter().map(|said| said.agent.as_str());
        let unused = self.unused_suppressions.iter();
        findings
            .chain(rules)
            .chain(suppressed)
            .chain(unused.map(|said| said.agent.as_str()))
            .chain(skipped)
            .chain(failed.map(|failed| failed.agent.as_str()))
            .chain(called)
            .collect()
    }

    fn add(&mut self, part: Part) {
        let Part {
            agent,
            agent_version,
            mut report,
        } = part;
        let problems = checks::mend(&mut report).into_iter();
        self.problems.extend(problems.map(|item| Said {
            agent: agent.clone(),
            item,
        }));
        if let Some(title) = report.title {
            self.titles.insert(agent.clone(), title);
        }
        if let Some(outcome) = report.outcome {
            let known = self.outcomes.entry(agent.clone());
            let known = known.or_insert_with(|| outcome.clone());
            if known.reason().is_none() {
                *known = outcome;
            }
        }
        say(&mut self.findings, &agent, report.findings);
        say(&mut self.suppressed, &agent, report.suppressed);
        let unused = report.unused_suppressions;
        say(&mut self.unused_suppressions, &agent, unused);
        say(&mut self.skipped, &agent, report.skipped);
        say(&mut self.rules, &agent, report.rules);
        say(&mut self.texts, &agent, report.texts);
        say(&mut self.figures, &agent, report.figures);
        say(&mut self.tables, &agent, report.tables);
        say(&mut self.timelines, &agent, report.timelines);
        say(&mut self.graphs, &agent, report.graphs);
        say(&mut self.charts, &agent, report.charts);
        say(&mut self.plans, &agent, report.plans);
        if !report.extra.is_empty() {
            let extension = self.extensions.entry(agent.clone()).or_default();
            extension.extend(report.extra);
        }
        let entry = self.run.agents.entry(agent).or_default();
        entry.version = Some(agent_version);
        entry.facts.extend(report.run);
    }
}

/// Value over threshold. Findings without both come last among their severity,
/// which is why they count as 0.
fn excess(finding: &Finding) -> f64 {
    match (finding.value, finding.threshold) {
        (Some(value), Some(threshold)) if threshold > 0.0 && value.is_finite() => value / threshold,
        _ => 0.0,
    }
}

fn is_new(finding: &Said<Finding>) -> bool {
    !matches!(
        finding.state,
        Some(FindingState::Known | FindingState::Moved)
    )
}

fn suppressed_order(a: &Said<Suppressed>, b: &Said<Suppressed>) -> Ordering {
    findings_in_order(&a.item.finding, &b.item.finding).then_with(|| a.agent.cmp(&b.agent))
}

fn unused_key(said: &Said<UnusedSuppression>) -> (&str, Option<Position>, &str, &[String]) {
    let at = &said.item.location;
    (&at.path, at.start, &said.agent, &said.item.rules)
}

fn finding_order(a: &Said<Finding>, b: &Said<Finding>) -> Ordering {
    findings_in_order(a, b).then_with(|| a.agent.cmp(&b.agent))
}

fn findings_in_order(a: &Finding, b: &Finding) -> Ordering {
    let place = |finding: &Finding| finding.location.as_ref().and_then(|at| at.start);
    a.path()
        .cmp(&b.path())
        .then_with(|| place(a).cmp(&place(b)))
        .then_with(|| a.rule.cmp(&b.rule))
        .then_with(|| a.fingerprint.cmp(&b.fingerprint))
}

fn skipped_key(skipped: &Said<Skipped>) -> [&str; 4] {
    let Skipped {
        path, code, reason, ..
    } = &skipped.item;
    [path, code, reason, &skipped.agent]
}

/// Takes the failures out of `run`, leaving each agent's duration behind.
fn move_failures(run: &mut RunInfo) -> Vec<FailedAgent> {
    let failures = std::mem::take(&mut run.failures);
    let mut failed = Vec::with_capacity(failures.len());
    for failure in failures {
        let entry = run.agents.entry(failure.failed.agent.clone()).or_default();
        entry.duration_ms = failure.duration_ms.or(entry.duration_ms);
        failed.push(failure.failed);
    }
    failed
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::AgentFailure;
    use crate::samples::{self, finding};

    use super::*;

    fn part(agent: &str, findings: Vec<Finding>) -> Part {
        let report = Report {
            findings,
            ..Report::default()
        };
        Part::new(agent, "1.0.0", report)
    }

    #[test]
    fn findings_are_ordered_and_named_whatever_the_order_of_the_parts() {
        let mut spoofed = finding("a.rs", 1, "r", Severity::Info);
        spoofed.extra.insert("agent".into(), json!("someone-else"));
        let one = part(
            "one",
            vec![finding("b.rs", 1, "r", Severity::Info), spoofed],
        );
        let two = part("two", vec![finding("a.rs", 1, "r", Severity::Info)]);
        let forward = merge(vec![one.clone(), two.clone()], RunInfo::default());
        let backward = merge(vec![two, one], RunInfo::default());
        assert_eq!(forward, backward);
        let order: Vec<_> = forward
            .findings
            .iter()
            .map(|f| (f.path().unwrap(), f.agent.as_str()))
            .collect();
        assert_eq!(order, [("a.rs", "one"), ("a.rs", "two"), ("b.rs", "one")]);
    }

    #[test]
    fn positions_are_ordered_as_numbers() {
        let findings = vec![
            finding("a.rs", 10, "r", Severity::Info),
            finding("a.rs", 9, "r", Severity::Info),
        ];
        let document = merge(vec![part("one", findings)], RunInfo::default());
        let findings = document.findings.iter();
        let lines: Vec<_> = findings
            .map(|f| f.location.as_ref().unwrap().start)
            .collect();
        let at = |line| Some(Position { line, column: 5 });
        assert_eq!(lines, [at(9), at(10)]);
    }

    #[test]
    fn verbatim_copies_are_two_findings() {
        let copy = finding("a.rs", 1, "r", Severity::Info);
        let document = merge(
            vec![part("one", vec![copy.clone(), copy])],
            RunInfo::default(),
        );
        assert_eq!(document.summary.findings, 2);
    }

    #[test]
    fn a_failure_is_split_into_its_stable_part_and_its_duration() {
        let failed = samples::failed_agent();
        let run = RunInfo {
            failures: vec![AgentFailure {
                failed: failed.clone(),
                duration_ms: Some(17.0),
            }],
            ..RunInfo::default()
        };
        let document = merge(Vec::new(), run);
        assert_eq!(document.summary.failed_agents, [failed]);
        assert_eq!(document.run.agents["broken"].duration_ms, Some(17.0));
        assert!(document.run.failures.is_empty());
        assert_eq!(
            document.agents().into_iter().collect::<Vec<_>>(),
            ["broken"]
        );
    }

    #[test]
    fn runs_differ_in_run_only() {
        let document = |seconds: u32| {
            let mut part = samples::agent_report();
            part.report.run.insert("parse_ms".into(), json!(seconds));
            let run = RunInfo {
                host_version: format!("0.{seconds}.0"),
                root: format!("/home/{seconds}"),
                started_at: Some(format!("2026-01-01T00:00:{seconds:02}Z")),
                duration_ms: Some(f64::from(seconds)),
                threads: Some(seconds),
                failures: vec![AgentFailure {
                    failed: samples::failed_agent(),
                    duration_ms: Some(f64::from(seconds)),
                }],
                ..RunInfo::default()
            };
            let mut document = serde_json::to_value(merge(vec![part], run)).unwrap();
            let run = document.as_object_mut().unwrap().remove("run");
            (document.to_string(), run)
        };
        let (first, first_run) = document(1);
        let (second, second_run) = document(2);
        assert_eq!(first, second);
        assert_ne!(first_run, second_run);
    }

    #[test]
    fn the_document_has_the_promised_keys_in_order() {
        let document = samples::merged();
        let json = serde_json::to_string(&document).unwrap();
        let mut last = 0;
        for key in [
            "schema",
            "findings",
            "skipped",
            "summary",
            "rules",
            "texts",
            "figures",
            "tables",
            "timelines",
            "graphs",
            "charts",
            "plans",
            "run",
        ] {
            let marker = format!("\"{key}\":");
            let at = last + json[last..].find(&marker).expect(key);
            assert!(at > last, "{key} is out of order");
            last = at;
        }
        let value: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value["schema"], "guildhall.report/1");
        assert_eq!(value["figures"][0]["agent"], "tech-debt");
        assert_eq!(value["rules"][0]["agent"], "tech-debt");
        assert_eq!(value["run"]["agents"]["tech-debt"]["version"], "1.2.3");
    }

    #[test]
    fn unknown_fields_survive() {
        let mut part = part("one", vec![finding("a.rs", 1, "r", Severity::Info)]);
        part.report.extra.insert("novel".into(), json!([1]));
        part.report.findings[0]
            .extra
            .insert("mood".into(), json!(0.5));
        let mut document = serde_json::to_value(merge(vec![part], RunInfo::default())).unwrap();
        assert_eq!(document["extensions"]["one"]["novel"], json!([1]));
        assert_eq!(document["findings"][0]["mood"], 0.5);
        document["from-the-future"] = json!({"a": null});
        document["run"]["host_mood"] = json!("sunny");
        document["summary"]["trend"] = json!(-1);
        let back: Document = serde_json::from_value(document.clone()).unwrap();
        assert_eq!(serde_json::to_value(back).unwrap(), document);
    }

    #[test]
    fn the_gate_counts_from_its_severity_up() {
        let findings = [
            Severity::Info,
            Severity::Minor,
            Severity::Major,
            Severity::Critical,
        ]
        .map(|severity| finding("a.rs", 1, "r", severity));
        let document = merge(vec![part("one", findings.to_vec())], RunInfo::default());
        assert_eq!(document.at_or_over(Severity::Info), 4);
        assert_eq!(document.at_or_over(Severity::Major), 2);
        assert_eq!(document.at_or_over(Severity::Critical), 1);
    }

    #[test]
    fn importance_is_severity_then_excess() {
        let with = |rule: &str, severity, value| {
            let mut finding = finding("a.rs", 1, rule, severity);
            finding.value = value;
            finding.threshold = Some(10.0);
            finding
        };
        let findings = vec![
            with("a-none", Severity::Major, None),
            with("b-nan", Severity::Major, Some(f64::NAN)),
            with("c-twice", Severity::Major, Some(20.0)),
            with("d-thrice", Severity::Major, Some(30.0)),
            with("e-critical", Severity::Critical, Some(11.0)),
        ];
        let document = merge(vec![part("one", findings)], RunInfo::default());
        let rules: Vec<_> = document
            .most_important()
            .iter()
            .map(|f| f.rule.clone())
            .collect();
        assert_eq!(
            rules,
            ["e-critical", "d-thrice", "c-twice", "a-none", "b-nan"]
        );
    }
}
