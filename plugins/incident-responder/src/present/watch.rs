//! The report of a look whether a symptom is seen again.

use guildhall_report::{Column, ColumnKind, Figure, Prose, Report, ReportOutcome, Table};
use serde_json::{Map, json};

use super::incident::title;
use crate::watch::Watched;

/// Texts that are named.
const MOST_TEXTS: usize = 10;

/// Shows what was seen.
pub(crate) fn report(watched: &Watched) -> Report {
    let incident = &watched.incident;
    let (heading, answer, outcome) = match (watched.seen, watched.is_reopened) {
        (0, _) => (
            "It was not seen",
            "No line is the symptom.".to_owned(),
            ReportOutcome::Met,
        ),
        (seen, true) => (
            "It is back",
            format!("{} is open again.", incident.id),
            ReportOutcome::unmet(format!("the symptom was seen again, {}", lines_of(seen))),
        ),
        (seen, false) => (
            "It is still there",
            format!("{} is open, so that is no return.", incident.id),
            ReportOutcome::unmet(format!(
                "the symptom was seen {seen} times, and is not over"
            )),
        ),
    };
    let mut body = format!("{answer} Lines from {} on count.", watched.since);
    if !watched.without_times.is_empty() {
        let logs = watched.without_times.join(", ");
        body.push_str(&format!(
            " No line of {logs} tells a time, so all of them count."
        ));
    }
    let mut texts = vec![Prose::new("answer", heading, body)];
    let shown = watched.pattern.iter().take(MOST_TEXTS);
    let mut lines: Vec<String> = shown.map(|text| format!("- {text}")).collect();
    if watched.pattern.len() > MOST_TEXTS {
        lines.push(format!("- and {} more", watched.pattern.len() - MOST_TEXTS));
    }
    texts.push(Prose::new(
        "pattern",
        "What was looked for",
        lines.join("\n"),
    ));
    let value = json!({
        "seen": watched.seen,
        "reopened": watched.is_reopened,
        "lines": watched.lines,
        "older": watched.older,
        "since_ms": watched.since,
        "without_times": watched.without_times,
        "pattern": watched.pattern,
        "evidence": watched.evidence,
    });
    Report {
        title: Some(title(incident)),
        outcome: Some(outcome),
        texts,
        figures: vec![
            Figure::new("lines", "lines read", watched.lines as f64),
            Figure::new("older", "of which are older", watched.older as f64),
            Figure::new("seen", "lines that are the symptom", watched.seen as f64),
        ],
        tables: table(watched).into_iter().collect(),
        extra: Map::from_iter([
            ("watch".to_owned(), value),
            ("incident".to_owned(), json!(incident)),
        ]),
        ..Report::default()
    }
}

fn lines_of(seen: u64) -> String {
    match seen {
        1 => "in one line".to_owned(),
        _ => format!("in {seen} lines"),
    }
}

fn table(watched: &Watched) -> Option<Table> {
    if watched.evidence.is_empty() {
        return None;
    }
    let columns = ["Log", "Line", "Says"].map(|title| Column::new(title, ColumnKind::Text));
    let rows = watched
        .evidence
        .iter()
        .map(|line| vec![json!(line.source), json!(line.locator), json!(line.excerpt)]);
    let title = "Where it was seen first";
    Some(Table::new("seen", title, columns.to_vec()).with_rows(rows.collect()))
}
