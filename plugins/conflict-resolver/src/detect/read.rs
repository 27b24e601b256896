//! What agents report, read from the host's documents and from reports of one agent.

use std::collections::{BTreeMap, BTreeSet};

use guildhall_report::{ActionPlan, Document, Finding, Report, Rule, Severity, Skipped};
use guildhall_verdict::{Account, Found, Review, Step};
use serde_json::Value;

use crate::ResolverError;

/// The key under which a report says what it is a review of.
const REVIEW: &str = "review";

/// Rules by the topic that they are about.
pub(super) type Topics = BTreeMap<String, String>;

/// What `RULE=TOPIC` says.
///
/// # Errors
/// Where one has another form.
pub(super) fn topics(same: &[String]) -> Result<Topics, ResolverError> {
    let pair = |text: &String| {
        let pair = text
            .split_once('=')
            .filter(|(rule, topic)| !rule.is_empty() && !topic.is_empty());
        let pair = pair.map(|(rule, topic)| (rule.to_owned(), topic.to_owned()));
        pair.ok_or_else(|| ResolverError::Request {
            key: "same",
            problem: format!("is `{text}`; give RULE=TOPIC"),
        })
    };
    same.iter().map(pair).collect()
}

/// What agents say in a document of many, or in the report of one: `{"agent": .., "report": ..}`,
/// or a report alone, whose agent is called as its file.
///
/// # Errors
/// What is not understood.
pub(super) fn accounts(
    value: &Value,
    file: Option<&str>,
    topics: &Topics,
) -> Result<Vec<Account>, String> {
    if !value.is_object() {
        return Err("it is no report: expected an object".to_owned());
    }
    if value["schema"].is_string() {
        let document: Document = serde_json::from_value(value.clone())
            .map_err(|error| format!("it is no report of the host: {error}"))?;
        return Ok(of_document(&document, topics));
    }
    let (agent, report) = match (value["agent"].as_str(), value.get("report")) {
        (Some(agent), Some(report)) => (agent, report),
        (Some(agent), None) => (agent, value),
        (None, _) => {
            let agent = file.ok_or("it names no agent under `agent`")?;
            (agent, value)
        }
    };
    let is_report = ["findings", "plans", "rules", "skipped", REVIEW]
        .iter()
        .any(|key| report.get(key).is_some());
    if !is_report {
        return Err("it is no report: it has neither findings, plans nor a review".to_owned());
    }
    let report: Report = serde_json::from_value(report.clone())
        .map_err(|error| format!("it is no report of an agent: {error}"))?;
    of_report(agent, &report, topics).map(|account| vec![account])
}

/// The accounts with one for each agent and commit: an agent may report in parts.
pub(super) fn merged(accounts: Vec<Account>) -> Vec<Account> {
    let mut all: BTreeMap<(String, Option<String>), Account> = BTreeMap::new();
    for account in accounts {
        let key = (account.agent.clone(), account.commit.clone());
        match all.get_mut(&key) {
            None => {
                all.insert(key, account);
            }
            Some(first) => {
                first.topics.extend(account.topics);
                first.skipped.extend(account.skipped);
                first.found.extend(account.found);
                first.reviews.extend(account.reviews);
                first.steps.extend(account.steps);
            }
        }
    }
    all.into_values().collect()
}

fn of_document(document: &Document, topics: &Topics) -> Vec<Account> {
    let mut all: BTreeMap<&str, Account> = BTreeMap::new();
    let commit = document.extra.get("commit").and_then(Value::as_str);
    for rule in &document.rules {
        let topic = topic_of(rule, topics);
        account(&mut all, &rule.agent, commit).topics.insert(topic);
    }
    let by_rule = rules(document.rules.iter().map(|rule| &rule.item), topics);
    for finding in &document.findings {
        let account = account(&mut all, &finding.agent, commit);
        account.found.extend(found(finding, &by_rule, topics));
    }
    for suppressed in &document.suppressed {
        let account = account(&mut all, &suppressed.agent, commit);
        account
            .found
            .extend(found(&suppressed.finding, &by_rule, topics));
    }
    for skipped in &document.skipped {
        account(&mut all, &skipped.agent, commit)
            .skipped
            .insert(skipped.path.clone());
    }
    for plan in &document.plans {
        account(&mut all, &plan.agent, commit)
            .steps
            .extend(steps(plan));
    }
    all.into_values().collect()
}

fn account<'a, 'n>(
    all: &'a mut BTreeMap<&'n str, Account>,
    agent: &'n str,
    commit: Option<&str>,
) -> &'a mut Account {
    all.entry(agent).or_insert_with(|| Account {
        agent: agent.to_owned(),
        commit: commit.map(str::to_owned),
        ..Account::default()
    })
}

fn of_report(agent: &str, report: &Report, topics: &Topics) -> Result<Account, String> {
    let by_rule = rules(report.rules.iter(), topics);
    let review = report.extra.get(REVIEW).map(review).transpose()?;
    let suppressed = report.suppressed.iter().map(|it| &it.finding);
    let findings = report.findings.iter().chain(suppressed);
    let path = |skipped: &Skipped| skipped.path.clone();
    let commit = report.extra.get("commit").and_then(Value::as_str);
    Ok(Account {
        agent: agent.to_owned(),
        commit: commit.map(str::to_owned),
        topics: report
            .rules
            .iter()
            .map(|rule| topic_of(rule, topics))
            .collect(),
        skipped: report.skipped.iter().map(path).collect(),
        found: findings
            .filter_map(|it| found(it, &by_rule, topics))
            .collect(),
        reviews: review.into_iter().collect(),
        steps: report.plans.iter().flat_map(steps).collect(),
    })
}

/// The topic of each rule.
fn rules<'a>(all: impl Iterator<Item = &'a Rule>, topics: &Topics) -> Topics {
    all.map(|rule| (rule.id.clone(), topic_of(rule, topics)))
        .collect()
}

/// What a rule is about: what the user says, what it says itself, or the rule.
fn topic_of(rule: &Rule, topics: &Topics) -> String {
    let told = topics.get(&rule.id).map(String::as_str);
    let own = rule.extra.get("topic").and_then(Value::as_str);
    told.or(own).unwrap_or(&rule.id).to_owned()
}

fn found(finding: &Finding, by_rule: &Topics, topics: &Topics) -> Option<Found> {
    let location = finding.location.as_ref()?;
    let rule = &finding.rule;
    let topic = by_rule
        .get(rule)
        .or_else(|| topics.get(rule))
        .unwrap_or(rule);
    let lines = location.start.as_ref().map(|start| {
        let end = location.end.as_ref().map_or(start.line, |end| end.line);
        (start.line, end.max(start.line))
    });
    let (rank, word) = match finding.severity {
        Severity::Info => (0, "info"),
        Severity::Minor => (1, "minor"),
        Severity::Major => (2, "major"),
        Severity::Critical => (3, "critical"),
    };
    Some(Found {
        topic: topic.clone(),
        path: location.path.clone(),
        lines,
        item: finding.subject.clone(),
        severity: (rank, word.to_owned()),
        message: finding.message.clone(),
    })
}

fn review(value: &Value) -> Result<Review, String> {
    let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let approves = match value["verdict"].as_str() {
        Some("approve") => true,
        Some("request-changes") => false,
        _ => {
            let problem = "/review/verdict: expected `approve` or `request-changes`";
            return Err(problem.to_owned());
        }
    };
    let of = text("of");
    if of.is_empty() {
        return Err("/review/of: expected what was reviewed".to_owned());
    }
    Ok(Review {
        of,
        approves,
        rationale: text("rationale"),
    })
}

fn steps(plan: &ActionPlan) -> Vec<Step> {
    let ids: BTreeSet<&str> = plan.items.iter().map(|item| item.id.as_str()).collect();
    let step = |item: &guildhall_report::Action| Step {
        id: item.id.clone(),
        after: item
            .after
            .iter()
            .filter(|it| ids.contains(it.as_str()))
            .cloned()
            .collect(),
    };
    plan.items.iter().map(step).collect()
}
