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
    Outcome, Properties, RuleProperties, Run, Tool, UriBase,
};

use super::words::visible;
use crate::{FailedAgent, Finding, Location, Merged, Rule, Severity, Skipped};

/// Where the schema that the output follows is published.
const SCHEMA_URI: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Name and version of our fingerprints among a result's partial fingerprints.
const FINGERPRINT: &str = "guildhall/v1";

pub(super) fn render(merged: &Merged, out: &mut dyn io::Write) -> io::Result<()> {
    let log = Log {
        schema: SCHEMA_URI,
        version: "2.1.0",
        runs: agents(merged)
            .into_iter()
            .map(|agent| Part::of(merged, agent).run())
            .collect(),
    };
    super::json::write(&log, out)
}

/// Every agent that reported or failed, by id.
fn agents(merged: &Merged) -> BTreeSet<&str> {
    let findings = merged.findings.iter().filter_map(|f| f.agent.as_deref());
    let skipped = merged.skipped.iter().filter_map(|s| s.agent.as_deref());
    let failed = merged
        .summary
        .failed_agents
        .iter()
        .map(|f| f.agent.as_str());
    let called = merged.run.agents.keys().map(String::as_str);
    findings
        .chain(skipped)
        .chain(failed)
        .chain(called)
        .collect()
}

/// What one agent says.
struct Part<'a> {
    agent: &'a str,
    version: Option<&'a str>,
    rules: Vec<&'a Rule>,
    findings: Vec<&'a Finding>,
    skipped: Vec<&'a Skipped>,
    failed: Vec<&'a FailedAgent>,
}

impl<'a> Part<'a> {
    fn of(merged: &'a Merged, agent: &'a str) -> Self {
        let rules = merged.rules.iter().filter(|rule| rule.agent == agent);
        let by_agent = |said: &Option<String>| said.as_deref() == Some(agent);
        let run = merged.run.agents.get(agent);
        Self {
            agent,
            version: run.and_then(|run| run.version.as_deref()),
            rules: rules.map(|rule| &rule.item).collect(),
            findings: merged
                .findings
                .iter()
                .filter(|f| by_agent(&f.agent))
                .collect(),
            skipped: merged
                .skipped
                .iter()
                .filter(|s| by_agent(&s.agent))
                .collect(),
            failed: merged
                .summary
                .failed_agents
                .iter()
                .filter(|failed| failed.agent == agent)
                .collect(),
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
            results: self
                .findings
                .iter()
                .map(|finding| outcome(finding, &rule_index))
                .collect(),
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

    /// The rules that the agent describes, and a bare entry for each one that it
    /// uses without describing it, so that every result can refer to its rule.
    fn rule_descriptors(&self) -> Vec<Descriptor> {
        let mut by_id: BTreeMap<&str, Descriptor> = BTreeMap::new();
        for finding in &self.findings {
            by_id.insert(&finding.rule, bare(&finding.rule));
        }
        for rule in &self.rules {
            by_id.insert(&rule.id, described(rule));
        }
        by_id.into_values().collect()
    }

    fn notification_descriptors(&self) -> Vec<Descriptor> {
        let skipped = self.skipped.iter().map(|skipped| skipped.code.as_str());
        let failed = self.failed.iter().map(|failed| failed.code.as_str());
        let codes: BTreeSet<&str> = skipped.chain(failed).collect();
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
            locations: vec![place::of(&whole_file(&skipped.path))],
        });
        let failed = self.failed.iter().map(|failed| Notification {
            descriptor: descriptor(&failed.code),
            level: "error",
            message: one_line(&format!("{}: {}", failed.capability, failed.message)),
            locations: Vec::new(),
        });
        skipped.chain(failed).collect()
    }
}

fn outcome(finding: &Finding, rules: &BTreeMap<String, usize>) -> Outcome {
    Outcome {
        rule_id: finding.rule.clone(),
        rule_index: rules.get(&finding.rule).copied().unwrap_or_default(),
        level: level(finding.severity),
        message: one_line(&sentence(finding)),
        locations: [place::of(&finding.location)],
        related_locations: finding.related.iter().map(place::of).collect(),
        partial_fingerprints: BTreeMap::from([(FINGERPRINT, finding.fingerprint.clone())]),
        properties: Properties {
            severity: finding.severity.as_str(),
            subject: finding.subject.clone(),
            value: finite(finding.value),
            threshold: finite(finding.threshold),
            remediation_minutes: finding.remediation_minutes,
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
            markdown: Some(help(rule)),
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

fn help(rule: &Rule) -> String {
    let mut text = format!("{}\n\n**Why.** {}", rule.what, rule.why);
    if let Some(measured) = &rule.measured {
        text.push_str(&format!("\n\n**How it is measured.** {measured}"));
    }
    if let Some(example) = &rule.example {
        text.push_str(&format!("\n\n**Example**\n\n{}", fenced(example)));
    }
    if let Some(better) = &rule.better {
        text.push_str(&format!("\n\n**Better**\n\n{}", fenced(better)));
    }
    text
}

/// A code block whose fence is longer than any run of backticks in the code.
fn fenced(code: &str) -> String {
    let runs = code.split(|c| c != '`').map(str::len);
    let fence = "`".repeat(runs.max().unwrap_or(0).max(2) + 1);
    format!("{fence}\n{}\n{fence}", code.trim_end())
}

fn index(descriptors: &[Descriptor]) -> BTreeMap<String, usize> {
    let ids = descriptors.iter().map(|descriptor| descriptor.id.clone());
    ids.zip(0..).collect()
}

fn one_line(text: &str) -> Message {
    visible(text).into_owned().into()
}

fn whole_file(path: &str) -> Location {
    Location {
        path: path.to_owned(),
        start: None,
        end: None,
    }
}

fn finite(number: Option<f64>) -> Option<f64> {
    number.filter(|number| number.is_finite())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::{AgentFailure, Format, RunInfo, merge, samples};

    use super::*;

    fn sarif(merged: &Merged) -> Value {
        serde_json::from_str(&samples::rendered(merged, Format::Sarif)).unwrap()
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

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        assert_eq!(fenced("a"), "```\na\n```");
        assert_eq!(fenced("````\n"), "`````\n````\n`````");
    }
}
