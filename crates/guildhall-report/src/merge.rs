//! From the reports of many agents to the one document that the host prints.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    Chart, FailedAgent, Figure, Finding, Graph, Plan, Report, Rule, RunInfo, Severity, Skipped,
    Summary, Table, Timeline,
};

/// Name and version of the document that a [`Merged`] serialises to.
pub const SCHEMA: &str = "guildhall.report/1";

/// The report of one agent, as the host received it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Schema)]
pub struct AgentReport {
    /// Id of the agent's plugin.
    pub agent: String,
    /// Version of the agent's plugin.
    pub agent_version: String,
    /// What it reported.
    pub report: Report,
}

/// Something together with the agent that says so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct Said<T> {
    /// Id of the agent.
    pub agent: String,
    /// What it says.
    #[serde(flatten)]
    pub item: T,
}

/// The document that the host prints.
///
/// Everything outside `run` is the same from run to run on the same input, byte
/// for byte.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Schema)]
#[serde(default)]
pub struct Merged {
    /// [`SCHEMA`].
    pub schema: String,
    /// All findings, ordered by path, start, rule, fingerprint and agent.
    pub findings: Vec<Finding>,
    /// All that was not examined, ordered by path, code, reason and agent.
    pub skipped: Vec<Skipped>,
    /// What the findings add up to.
    pub summary: Summary,
    /// The rules, ordered by id and agent.
    pub rules: Vec<Said<Rule>>,
    /// Key figures, by agent, then in the agent's order (as all that follow).
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
    pub plans: Vec<Said<Plan>>,
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
/// The order of `parts` does not matter, except that two reports of one agent
/// keep theirs. Whatever a finding says about its agent is replaced by the id
/// under which the host knows it. Two equal findings stay two findings: verbatim
/// copies of a piece of code share a fingerprint.
pub fn merge(mut parts: Vec<AgentReport>, mut run: RunInfo) -> Merged {
    parts.sort_by(|a, b| (&a.agent, &a.agent_version).cmp(&(&b.agent, &b.agent_version)));
    let failed = move_failures(&mut run);
    let mut merged = Merged {
        schema: SCHEMA.to_owned(),
        run,
        ..Merged::default()
    };
    for part in parts {
        merged.add(part);
    }
    merged.findings.sort_by(finding_order);
    merged.skipped.sort();
    merged
        .rules
        .sort_by(|a, b| (&a.item.id, &a.agent).cmp(&(&b.item.id, &b.agent)));
    merged.rules.dedup();
    merged.summary = Summary::of(&merged.findings, &merged.skipped, failed);
    merged
}

impl Merged {
    /// How many findings are of this severity or worse.
    pub fn at_or_over(&self, severity: Severity) -> usize {
        let reaches = |finding: &&Finding| finding.severity >= severity;
        self.findings.iter().filter(reaches).count()
    }

    /// The findings that matter most first: by severity, then by how many times
    /// the value exceeds its threshold, then in the order of the document.
    pub fn most_important(&self) -> Vec<&Finding> {
        let mut findings: Vec<&Finding> = self.findings.iter().collect();
        findings.sort_by(|a, b| {
            let by_severity = b.severity.cmp(&a.severity);
            by_severity.then_with(|| excess(b).total_cmp(&excess(a)))
        });
        findings
    }

    /// Whether nothing was found, skipped or failed.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty() && self.skipped.is_empty() && self.summary.failed_agents.is_empty()
    }

    fn add(&mut self, part: AgentReport) {
        let AgentReport {
            agent,
            agent_version,
            mut report,
        } = part;
        name_agent(&mut report, &agent);
        self.findings.append(&mut report.findings);
        self.skipped.append(&mut report.skipped);
        say(&mut self.rules, &agent, report.rules);
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

fn finding_order(a: &Finding, b: &Finding) -> Ordering {
    let place = |finding: &Finding| finding.location.start;
    a.location
        .path
        .cmp(&b.location.path)
        .then_with(|| place(a).cmp(&place(b)))
        .then_with(|| a.rule.cmp(&b.rule))
        .then_with(|| a.fingerprint.cmp(&b.fingerprint))
        .then_with(|| a.agent.cmp(&b.agent))
}

fn name_agent(report: &mut Report, agent: &str) {
    for finding in &mut report.findings {
        finding.agent = Some(agent.to_owned());
    }
    for skipped in &mut report.skipped {
        skipped.agent = Some(agent.to_owned());
    }
    for item in report.plans.iter_mut().flat_map(|plan| &mut plan.items) {
        item.agent = Some(agent.to_owned());
    }
}

fn say<T>(all: &mut Vec<Said<T>>, agent: &str, items: Vec<T>) {
    all.extend(items.into_iter().map(|item| Said {
        agent: agent.to_owned(),
        item,
    }));
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

    use crate::samples::{self, finding};
    use crate::{AgentFailure, Position};

    use super::*;

    fn part(agent: &str, findings: Vec<Finding>) -> AgentReport {
        AgentReport {
            agent: agent.to_owned(),
            agent_version: "1.0.0".to_owned(),
            report: Report {
                findings,
                ..Report::default()
            },
        }
    }

    #[test]
    fn findings_are_ordered_and_named_whatever_the_order_of_the_parts() {
        let mut spoofed = finding("a.rs", 1, "r", Severity::Info);
        spoofed.agent = Some("someone-else".to_owned());
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
            .map(|f| (f.location.path.as_str(), f.agent.as_deref()))
            .collect();
        assert_eq!(
            order,
            [
                ("a.rs", Some("one")),
                ("a.rs", Some("two")),
                ("b.rs", Some("one"))
            ]
        );
    }

    #[test]
    fn positions_are_ordered_as_numbers() {
        let findings = vec![
            finding("a.rs", 10, "r", Severity::Info),
            finding("a.rs", 9, "r", Severity::Info),
        ];
        let merged = merge(vec![part("one", findings)], RunInfo::default());
        let lines: Vec<_> = merged.findings.iter().map(|f| f.location.start).collect();
        let at = |line| Some(Position { line, column: 5 });
        assert_eq!(lines, [at(9), at(10)]);
    }

    #[test]
    fn verbatim_copies_are_two_findings() {
        let copy = finding("a.rs", 1, "r", Severity::Info);
        let merged = merge(
            vec![part("one", vec![copy.clone(), copy])],
            RunInfo::default(),
        );
        assert_eq!(merged.summary.findings, 2);
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
        let merged = merge(Vec::new(), run);
        assert_eq!(merged.summary.failed_agents, [failed]);
        assert_eq!(merged.run.agents["broken"].duration_ms, Some(17.0));
        assert!(merged.run.failures.is_empty());
        assert!(!merged.is_clean());
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
        let merged = samples::merged();
        let json = serde_json::to_string(&merged).unwrap();
        let mut last = 0;
        for key in [
            "schema",
            "findings",
            "skipped",
            "summary",
            "rules",
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
            .insert("confidence".into(), json!(0.5));
        let mut document = serde_json::to_value(merge(vec![part], RunInfo::default())).unwrap();
        assert_eq!(document["extensions"]["one"]["novel"], json!([1]));
        assert_eq!(document["findings"][0]["confidence"], 0.5);
        document["from-the-future"] = json!({"a": null});
        document["run"]["host_mood"] = json!("sunny");
        document["summary"]["trend"] = json!(-1);
        let back: Merged = serde_json::from_value(document.clone()).unwrap();
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
        let merged = merge(vec![part("one", findings.to_vec())], RunInfo::default());
        assert_eq!(merged.at_or_over(Severity::Info), 4);
        assert_eq!(merged.at_or_over(Severity::Major), 2);
        assert_eq!(merged.at_or_over(Severity::Critical), 1);
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
        let merged = merge(vec![part("one", findings)], RunInfo::default());
        let rules: Vec<_> = merged
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
