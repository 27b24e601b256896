//! SARIF 2.1.0, one run for each agent.
//!
//! Nothing in it differs from run to run: there are no times, and the scanned
//! folder is named (`SRCROOT`) but not given.

mod model;
mod place;

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use model::{
    Configuration, Descriptor, DescriptorReference, Driver, Invocation, Log, Message, Notification,
    Outcome, Properties, RuleProperties, Run, RunProperties, Suppression, Tool, UriBase,
};

use super::also::{also, said_by};
use super::notes::{UNMET, because};
use super::rules::markdown_sections;
use super::words::visible;
use crate::{
    Absent, Document, FailedAgent, Finding, FindingState, Location, Problem, ReportOutcome, Rule,
    Severity, Skipped, Suppressed, UnusedSuppression,
};

/// Where the schema that the output follows is published.
const SCHEMA_URI: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Name and version of our fingerprints among a result's partial fingerprints.
const FINGERPRINT: &str = "guildhall/v1";

/// The same for what is found, without where.
const CONTENT_FINGERPRINT: &str = "guildhallContent/v1";

/// The code of a suppression that suppresses nothing.
const UNUSED: &str = "unused-suppression";

pub(super) fn render(document: &Document, out: &mut dyn io::Write) -> io::Result<()> {
    let log = Log {
        schema: SCHEMA_URI,
        version: "2.1.0",
        runs: document
            .agents()
            .into_iter()
            .map(|agent| Voice::of(document, agent).run())
            .collect(),
    };
    super::json::write(&log, out)
}

/// What one agent says.
struct Voice<'a> {
    agent: &'a str,
    version: Option<&'a str>,
    rules: Vec<&'a Rule>,
    findings: Vec<&'a Finding>,
    suppressed: Vec<&'a Suppressed>,
    unused: Vec<&'a UnusedSuppression>,
    absent: Vec<&'a Absent>,
    skipped: Vec<&'a Skipped>,
    failed: Vec<&'a FailedAgent>,
    problems: Vec<&'a Problem>,
    /// Why what was asked for was not reached, where it was not.
    unmet: Option<&'a str>,
    /// Titles of what SARIF has no form for.
    also: Vec<&'a str>,
}

impl<'a> Voice<'a> {
    fn of(document: &'a Document, agent: &'a str) -> Self {
        let run = document.run.agents.get(agent);
        Self {
            agent,
            version: run.and_then(|run| run.version.as_deref()),
            rules: said_by(agent, &document.rules),
            findings: said_by(agent, &document.findings),
            suppressed: said_by(agent, &document.suppressed),
            unused: said_by(agent, &document.unused_suppressions),
            absent: absent_of(document, agent),
            skipped: said_by(agent, &document.skipped),
            failed: document
                .summary
                .failed_agents
                .iter()
                .filter(|failed| failed.agent == agent)
                .collect(),
            problems: said_by(agent, &document.problems),
            unmet: document.outcomes.get(agent).and_then(ReportOutcome::reason),
            also: also(document, agent),
        }
    }

    fn run(&self) -> Run {
        let rules = self.rule_descriptors();
        let rule_index = index(&rules);
        let notifications = self.notification_descriptors();
        let code_index = index(&notifications);
        let root = "the scanned folder".to_owned();
        Run {
            invocations: [Invocation {
                execution_successful: self.failed.is_empty(),
                tool_execution_notifications: self.notifications(&code_index),
            }],
            original_uri_base_ids: BTreeMap::from([(
                place::SOURCE_ROOT,
                UriBase {
                    description: root.into(),
                },
            )]),
            column_kind: "unicodeCodePoints",
            properties: (!self.also.is_empty()).then(|| RunProperties {
                also_reported: self
                    .also
                    .iter()
                    .map(|title| visible(title).into())
                    .collect(),
            }),
            results: self.results(&rule_index),
            tool: Tool {
                driver: Driver {
                    name: self.agent.to_owned(),
                    version: self.version.map(str::to_owned),
                    rules,
                    notifications,
                },
            },
        }
    }

    /// What is found, then what is suppressed, then what is there no more.
    fn results(&self, rules: &BTreeMap<String, usize>) -> Vec<Outcome> {
        let found = self.findings.iter().map(|finding| outcome(finding, rules));
        let suppressed = self.suppressed.iter().map(|one| Outcome {
            suppressions: vec![suppression(one)],
            ..outcome(&one.finding, rules)
        });
        let absent = self.absent.iter().map(|gone| no_more(gone, rules));
        found.chain(suppressed).chain(absent).collect()
    }

    /// The rules that the agent describes, and a bare entry for each one that it
    /// uses without describing it, so that every result can refer to its rule.
    fn rule_descriptors(&self) -> Vec<Descriptor> {
        let mut by_id: BTreeMap<&str, Descriptor> = BTreeMap::new();
        let found = self.findings.iter().map(|finding| finding.rule.as_str());
        let suppressed = self.suppressed.iter().map(|one| one.finding.rule.as_str());
        let absent = self.absent.iter().map(|gone| gone.rule.as_str());
        for rule in found.chain(suppressed).chain(absent) {
            by_id.insert(rule, bare(rule));
        }
        for rule in &self.rules {
            by_id.insert(&rule.id, described(rule));
        }
        by_id.into_values().collect()
    }

    fn notification_descriptors(&self) -> Vec<Descriptor> {
        let skipped = self.skipped.iter().map(|skipped| skipped.code.as_str());
        let failed = self.failed.iter().map(|failed| failed.code.as_str());
        let problems = self.problems.iter().map(|problem| problem.code.as_str());
        let unused = self.unused.iter().map(|_| UNUSED);
        let unmet = self.unmet.iter().map(|_| UNMET);
        let codes = skipped
            .chain(failed)
            .chain(problems)
            .chain(unused)
            .chain(unmet);
        let codes: BTreeSet<&str> = codes.collect();
        codes.into_iter().map(bare).collect()
    }

    fn notifications(&self, codes: &BTreeMap<String, usize>) -> Vec<Notification> {
        let descriptor = |code: &str| DescriptorReference {
            id: code.to_owned(),
            index: codes.get(code).copied().unwrap_or_default(),
        };
        let skipped = self.skipped.iter().map(|skipped| Notification {
            descriptor: descriptor(&skipped.code),
            level: "warning",
            message: one_line(&skipped.reason),
            locations: vec![place::of(&Location::file(skipped.path.as_str()))],
        });
        let failed = self.failed.iter().map(|failed| Notification {
            descriptor: descriptor(&failed.code),
            level: "error",
            message: one_line(&format!("{}: {}", failed.capability, failed.message)),
            locations: Vec::new(),
        });
        let problems = self.problems.iter().map(|problem| Notification {
            descriptor: descriptor(&problem.code),
            level: "note",
            message: one_line(&problem.message),
            locations: Vec::new(),
        });
        let unused = self.unused.iter().map(|one| Notification {
            descriptor: descriptor(UNUSED),
            level: "note",
            message: one_line(&super::notes::unused(one)),
            locations: vec![place::of(&one.location)],
        });
        let unmet = self.unmet.iter().map(|reason| Notification {
            descriptor: descriptor(UNMET),
            level: "error",
            message: one_line(reason),
            locations: Vec::new(),
        });
        skipped
            .chain(failed)
            .chain(problems)
            .chain(unused)
            .chain(unmet)
            .collect()
    }
}

fn absent_of<'a>(document: &'a Document, agent: &str) -> Vec<&'a Absent> {
    let held = document.baseline.iter();
    held.flat_map(|held| &held.absent)
        .filter(|gone| gone.agent == agent)
        .collect()
}

/// A finding of the baseline that is there no more.
fn no_more(gone: &Absent, rules: &BTreeMap<String, usize>) -> Outcome {
    let location = gone.path.as_deref().map(Location::file);
    let mut finding = Finding::new(
        &gone.rule,
        Severity::Info,
        location,
        "this is found no more",
    )
    .with_fingerprint(gone.fingerprint.clone());
    finding.subject.clone_from(&gone.subject);
    Outcome {
        level: "none",
        kind: Some("notApplicable"),
        baseline_state: Some("absent"),
        occurrence_count: (gone.count > 1).then_some(gone.count),
        ..outcome(&finding, rules)
    }
}

fn suppression(suppressed: &Suppressed) -> Suppression {
    Suppression {
        kind: "inSource",
        justification: visible(&because(suppressed)).into_owned(),
        location: suppressed.location.as_ref().map(place::of),
    }
}

/// SARIF has no state for what has moved: it is there still, with its place changed.
fn baseline_state(state: FindingState) -> &'static str {
    match state {
        FindingState::New => "new",
        FindingState::Known => "unchanged",
        FindingState::Moved => "updated",
    }
}

fn fingerprints(finding: &Finding) -> BTreeMap<&'static str, String> {
    let own = (FINGERPRINT, finding.fingerprint.to_string());
    let content = finding.content_fingerprint.as_ref();
    let content = content.map(|content| (CONTENT_FINGERPRINT, content.to_string()));
    std::iter::once(own).chain(content).collect()
}

fn outcome(finding: &Finding, rules: &BTreeMap<String, usize>) -> Outcome {
    Outcome {
        rule_id: finding.rule.clone(),
        rule_index: rules.get(&finding.rule).copied().unwrap_or_default(),
        level: level(finding.severity),
        message: one_line(&sentence(finding)),
        locations: finding.location.iter().map(place::of).collect(),
        related_locations: finding.related.iter().map(place::of).collect(),
        partial_fingerprints: fingerprints(finding),
        kind: None,
        baseline_state: finding.state.map(baseline_state),
        occurrence_count: None,
        suppressions: Vec::new(),
        properties: Properties {
            severity: finding.severity.as_str(),
            subject: finding.subject.clone(),
            value: finite(finding.value),
            threshold: finite(finding.threshold),
            remediation_minutes: finding.remediation_minutes,
            confidence: finite(finding.confidence),
            evidence: finding.evidence.clone(),
        },
    }
}

/// Message and reason: the message has no full stop of its own.
fn sentence(finding: &Finding) -> String {
    match finding.reason.as_str() {
        "" => format!("{}.", finding.message),
        reason => format!("{}. {reason}", finding.message),
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::Major => "error",
        Severity::Minor => "warning",
        Severity::Info => "note",
    }
}

fn bare(id: &str) -> Descriptor {
    Descriptor {
        id: id.to_owned(),
        ..Descriptor::default()
    }
}

fn described(rule: &Rule) -> Descriptor {
    Descriptor {
        id: rule.id.clone(),
        short_description: Some(one_line(&rule.title)),
        full_description: Some(rule.what.clone().into()),
        help: Some(Message {
            text: format!("{}\n\n{}", rule.what, rule.why),
            markdown: Some(markdown_sections(rule)),
        }),
        default_configuration: Some(Configuration {
            level: level(rule.severity),
        }),
        properties: Some(RuleProperties {
            threshold: finite(rule.threshold),
            setting: rule.setting.clone(),
        }),
    }
}

fn index(descriptors: &[Descriptor]) -> BTreeMap<String, usize> {
    let ids = descriptors.iter().map(|descriptor| descriptor.id.clone());
    ids.zip(0..).collect()
}

fn one_line(text: &str) -> Message {
    visible(text).into_owned().into()
}

fn finite(number: Option<f64>) -> Option<f64> {
    number.filter(|number| number.is_finite())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::{AgentFailure, Format, RunInfo, merge, samples};

    use super::*;

    fn sarif(document: &Document) -> Value {
        serde_json::from_str(&samples::rendered(document, Format::Sarif)).unwrap()
    }

    #[test]
    fn a_finding_becomes_a_result() {
        let log = sarif(&samples::merged());
        let expected = json!({
            "ruleId": "cognitive-complexity",
            "ruleIndex": 0,
            "level": "error",
            "message": {"text": "cognitive complexity is 48, the threshold is 25. \
                                 Nested branches must be held in mind together."},
            "locations": [{"physicalLocation": {
                "artifactLocation": {"uri": "src/a.rs", "uriBaseId": "SRCROOT"},
                "region": {"startLine": 10, "startColumn": 5, "endLine": 11, "endColumn": 2},
            }}],
            "relatedLocations": [{"physicalLocation": {
                "artifactLocation": {"uri": "src/b.rs", "uriBaseId": "SRCROOT"},
                "region": {"startLine": 7, "startColumn": 5, "endLine": 8, "endColumn": 2},
            }}],
            "partialFingerprints": {"guildhall/v1": "000a"},
            "properties": {
                "severity": "critical", "subject": "parse",
                "value": 48, "threshold": 25, "remediationMinutes": 10,
            },
        });
        assert_eq!(log["runs"][0]["results"][0], expected);
        assert_eq!(log["runs"][0]["columnKind"], "unicodeCodePoints");
    }

    #[test]
    fn every_result_refers_to_a_rule_of_its_run() {
        let log = sarif(&samples::merged());
        let driver = &log["runs"][0]["tool"]["driver"];
        assert_eq!(driver["name"], "tech-debt");
        assert_eq!(driver["version"], "1.2.3");
        for result in log["runs"][0]["results"].as_array().unwrap() {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(driver["rules"][index]["id"], result["ruleId"]);
        }
        // `todo-comment` is used but not described.
        assert_eq!(driver["rules"][1], json!({"id": "todo-comment"}));
    }

    #[test]
    fn skipped_files_and_failures_become_notifications() {
        let run = RunInfo {
            failures: vec![AgentFailure {
                failed: samples::failed_agent(),
                duration_ms: None,
            }],
            ..RunInfo::default()
        };
        let log = sarif(&merge(vec![samples::agent_report()], run));
        let broken = &log["runs"][0];
        assert_eq!(broken["tool"]["driver"]["name"], "broken");
        assert_eq!(broken["invocations"][0]["executionSuccessful"], false);
        let scanner = &log["runs"][1]["invocations"][0];
        assert_eq!(scanner["executionSuccessful"], true);
        let skipped = &scanner["toolExecutionNotifications"][0];
        assert_eq!(
            skipped["descriptor"],
            json!({"id": "unparsable", "index": 0})
        );
        assert_eq!(skipped["message"]["text"], "expected an item at line 3");
    }
}
