//! The report of a response: who does what, and what came of it.

use guildhall_report::{Column, ColumnKind, Prose, Report, Skipped, Table};
use serde_json::json;

use super::incident::{standing, title};
use crate::incident::Incident;
use crate::respond::{ConcludeRequest, Mode, Response, Step};

/// Who would do what, or does.
pub(crate) fn response(incident: &Incident, response: &Response) -> Report {
    let dry = match response.is_dry {
        true => " (dry run)",
        false => "",
    };
    let mut tables = vec![steps(&response.steps)];
    if !response.runbooks.is_empty() {
        tables.push(runbooks(response));
    }
    let skipped = response.shelf.unreadable.iter();
    let mut report = Report {
        title: Some(format!("Response to {}{dry}", title(incident))),
        texts: vec![Prose::new("mode", "How", how(incident, response))],
        tables,
        skipped: skipped
            .map(|(path, why)| Skipped::new(path.clone(), "unreadable", why.clone()))
            .collect(),
        ..Report::default()
    };
    let json = json!({
        "id": incident.id,
        "severity": incident.severity.level,
        "mode": response.mode,
        "because": response.because,
        "missing": response.missing,
        "runbooks": response.runbooks,
        "plan": response.plan,
        "dry_run": response.is_dry,
    });
    report.extra.insert("incident".to_owned(), json);
    report
}

/// What came of a response.
///
/// `since` is the last event before it: what was asked by an earlier response is none of this one's.
pub(crate) fn concluded(incident: &Incident, request: &ConcludeRequest, since: u64) -> Report {
    let lines = request.tasks.iter().map(|task| {
        let why = [&task.unmet, &task.error].into_iter();
        let why: Vec<&str> = why
            .map(String::as_str)
            .filter(|it| !it.is_empty())
            .collect();
        match why.is_empty() {
            true => format!("- {}: {}", task.id, task.status),
            false => format!("- {}: {}, {}", task.id, task.status, why.join(", ")),
        }
    });
    let mut body = lines.collect::<Vec<_>>().join("\n");
    if let Some(row) = incident
        .timeline
        .iter()
        .rev()
        .find(|row| row.kind == "escalated" && row.seq > since)
    {
        body += &format!("\n\n{}", row.what);
    }
    let mut report = Report {
        title: Some(title(incident)),
        texts: vec![Prose::new("concluded", "What came of it", body)],
        ..Report::default()
    };
    report.extra.insert("incident".to_owned(), json!(incident));
    report
}

fn how(incident: &Incident, response: &Response) -> String {
    let mode = match response.mode {
        Mode::Swarm => "A swarm is assembled",
        Mode::Standard => "It takes the standard path",
    };
    let mut body = format!("{mode}: {}. {}", response.because, standing(incident));
    for missing in &response.missing {
        body += &format!("\n- {missing}");
    }
    if response.runbooks.is_empty() {
        let read = response.shelf.runbooks.len();
        body += &format!("\n- of {read} runbooks none fits");
    }
    if response.is_dry {
        body += "\n\nNothing was begun. `--run` has the host carry this out; nothing is deployed by it.";
    }
    body
}

fn steps(steps: &[Step]) -> Table {
    let columns = ["Task", "What", "Role", "Agent", "After"];
    let columns = columns.map(|title| Column::new(title, ColumnKind::Text));
    let rows = steps.iter().map(|step| {
        vec![
            json!(step.id),
            json!(step.title),
            json!(step.role.as_str()),
            json!(step.agent),
            json!(step.after.join(", ")),
        ]
    });
    Table::new("steps", "Who does what", columns.to_vec()).with_rows(rows.collect())
}

fn runbooks(response: &Response) -> Table {
    let columns = vec![
        Column::new("Runbook", ColumnKind::Text),
        Column::new("File", ColumnKind::Text),
        Column::new("Relevance", ColumnKind::Number),
        Column::new("Shares", ColumnKind::Text),
    ];
    let rows = response.runbooks.iter().map(|one| {
        vec![
            json!(one.title),
            json!(one.path),
            json!((one.relevance * 100.0).round() / 100.0),
            json!(one.words.join(", ")),
        ]
    });
    Table::new("runbooks", "Runbooks that fit", columns).with_rows(rows.collect())
}
