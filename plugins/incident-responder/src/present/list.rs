//! The report of all incidents.

use guildhall_report::{Column, ColumnKind, Report, Table};
use guildhall_sdk::Schema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Severity;
use crate::incident::Incident;

/// `guildhall incident list`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct ListRequest {
    /// Those that are closed as well.
    pub all: bool,
    /// Those of this severity alone.
    pub severity: Option<Severity>,
    /// Everything of each incident, in the JSON.
    pub export: bool,
}

/// The incidents that are asked for: the worst first, and of equal ones the oldest.
pub(crate) fn list(request: &ListRequest, all: &[Incident]) -> Report {
    let is_wanted = |incident: &&Incident| {
        (request.all || !incident.is_closed())
            && request
                .severity
                .is_none_or(|level| incident.severity.level == Some(level))
    };
    let mut shown: Vec<&Incident> = all.iter().filter(is_wanted).collect();
    // An unknown severity is `None`, which comes before the worst.
    shown.sort_by_key(|incident| (incident.status, incident.severity.level, incident.id));
    let columns = vec![
        Column::new("Incident", ColumnKind::Text),
        Column::new("Severity", ColumnKind::Text),
        Column::new("Status", ColumnKind::Text),
        Column::new("Opened", ColumnKind::Text),
        Column::new("Told", ColumnKind::Number),
        Column::new("Title", ColumnKind::Text),
    ];
    let rows = shown.iter().map(|incident| row(incident)).collect();
    let told = match shown.len() {
        1 => "1 incident".to_owned(),
        count => format!("{count} incidents"),
    };
    let title = match request.all {
        true => told,
        false => format!("{told} not closed, of {}", all.len()),
    };
    let mut report = Report {
        title: Some(title),
        tables: vec![Table::new("incidents", "Incidents", columns).with_rows(rows)],
        ..Report::default()
    };
    let json: Vec<Value> = shown
        .iter()
        .map(|incident| match request.export {
            true => json!(incident),
            false => short(incident),
        })
        .collect();
    report.extra.insert("incidents".to_owned(), json!(json));
    report
}

fn row(incident: &Incident) -> Vec<Value> {
    vec![
        json!(incident.id),
        json!(incident.severity.as_str()),
        json!(incident.status),
        json!(incident.opened.to_string()),
        json!(incident.attached.len() + 1),
        json!(incident.title),
    ]
}

fn short(incident: &Incident) -> Value {
    json!({
        "id": incident.id,
        "title": incident.title,
        "severity": incident.severity.level,
        "status": incident.status,
        "opened_ms": incident.opened,
        "told": incident.attached.len() + 1,
        "recurrence_of": incident.recurrence_of,
        "version": incident.version,
    })
}
