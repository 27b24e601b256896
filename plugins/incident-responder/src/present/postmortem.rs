//! The report of a post-mortem.

use guildhall_report::{Column, ColumnKind, Prose, Report, Table};
use serde_json::{Value, json};

use super::incident::{cited, evidence, timeline};
use crate::incident::Incident;
use crate::postmortem::{Postmortem, Statement, postmortem};

/// A post-mortem: what is told, each sentence with what shows it.
pub(crate) fn report(incident: &Incident) -> Report {
    let learnt = postmortem(incident);
    let draft = match learnt.is_draft {
        true => " (draft: it is not closed)",
        false => "",
    };
    let mut report = Report {
        title: Some(format!(
            "Post-mortem of {}: {}{draft}",
            incident.id, incident.title
        )),
        texts: texts(&learnt),
        tables: vec![timeline(incident), actions(&learnt), evidence(incident)],
        ..Report::default()
    };
    let json = json!({
        "id": incident.id,
        "title": incident.title,
        "severity": incident.severity.level,
        "status": incident.status,
        "timeline": incident.timeline,
        "evidence": incident.evidence,
        "postmortem": learnt,
    });
    report.extra.insert("incident".to_owned(), json);
    report
}

fn texts(learnt: &Postmortem) -> Vec<Prose> {
    let sections = [
        ("summary", "Summary", &learnt.summary),
        ("factors", "Contributing factors", &learnt.factors),
        ("well", "What went well", &learnt.well),
        ("badly", "What did not", &learnt.badly),
    ];
    let sections = sections.into_iter();
    sections
        .map(|(id, title, all)| Prose::new(id, title, listed(all)))
        .collect()
}

fn listed(all: &[Statement]) -> String {
    if all.is_empty() {
        return "Nothing that is kept says so.".to_owned();
    }
    let lines = all
        .iter()
        .map(|it| format!("- {} [{}]", it.text, cited(&it.evidence)));
    lines.collect::<Vec<_>>().join("\n")
}

fn actions(learnt: &Postmortem) -> Table {
    let columns = vec![
        Column::new("Action", ColumnKind::Text),
        Column::new("Owner", ColumnKind::Text),
        Column::new("Evidence", ColumnKind::Text),
    ];
    let rows = learnt.actions.iter().map(|action| {
        vec![
            json!(action.text),
            Value::Null,
            json!(cited(&action.evidence)),
        ]
    });
    let title = "What is to be done (owners are yours to fill in)";
    Table::new("actions", title, columns).with_rows(rows.collect())
}
