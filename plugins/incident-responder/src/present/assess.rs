//! The report of `guildhall incident assess`.

use guildhall_report::{Column, ColumnKind, Figure, Prose, Report, Skipped, Table};
use serde_json::{Value, json};

use crate::intake::Intake;
use crate::logs::PassedOver;
use crate::opening::Opening;
use crate::severity::{Assessment, Term};

use super::incident::standing;

/// What is said where nothing is kept.
const NOT_KEPT: &str = "\n\nThe assessment is not kept: it is in this report alone.";

/// The report of what was kept: that of the assessment, and what became of it.
pub(crate) fn opening(mut report: Report, opening: &Opening) -> Report {
    let incident = &opening.incident;
    let (id, level) = (incident.id, incident.severity.as_str());
    let because = opening.duplicate.as_ref();
    let because = because.map_or("", |duplicate| duplicate.because.as_str());
    let (title, mut body) = match opening.how {
        "attached" => (
            format!("{id} {level}: told again, {}", incident.title),
            format!(
                "It is {id}, which is {}: {because}.",
                incident.status.as_str()
            ),
        ),
        "reopened" => (
            format!("{id} {level}: is back, {}", incident.title),
            format!("It is {id}, which was over and is open again: {because}."),
        ),
        _ => (
            format!("{id} {level}: {}", incident.title),
            format!("It is kept as {id}."),
        ),
    };
    if let Some(before) = incident.recurrence_of.filter(|_| opening.how == "opened") {
        body += &format!(" It looks like {before}, which is closed.");
    }
    if opening.how != "opened"
        || incident.severity.level.is_none()
        || incident.severity.person.is_some()
    {
        body += &format!(" {}", standing(incident));
    }
    body += &format!("\n\nNext: guildhall incident suspects, guildhall incident show {id}");
    report.title = Some(title);
    for text in &mut report.texts {
        text.body = text.body.replace(NOT_KEPT, "");
    }
    report
        .texts
        .insert(0, Prose::new("kept", "What became of it", body));
    if let Some(Value::Object(fields)) = report.extra.get_mut("incident") {
        fields.insert("kept".to_owned(), json!(true));
        fields.insert("id".to_owned(), json!(id));
        fields.insert("how".to_owned(), json!(opening.how));
        fields.insert("severity".to_owned(), json!(incident.severity.level));
        fields.insert("status".to_owned(), json!(incident.status));
        fields.insert("version".to_owned(), json!(incident.version));
        if let Some(duplicate) = &opening.duplicate {
            fields.insert("duplicate".to_owned(), json!(duplicate));
        }
        if let Some(before) = incident.recurrence_of {
            fields.insert("recurrence_of".to_owned(), json!(before));
        }
    }
    report
}

pub(crate) fn assessment(intake: &Intake, assessment: &Assessment) -> Report {
    let symptom = &intake.symptom;
    let points = assessment
        .points
        .map(|points| Figure::new("points", "points", f64::from(points)));
    let mut report = Report {
        title: Some(format!("{}: {}", assessment.level, symptom.title)),
        texts: vec![why(assessment)],
        figures: points.into_iter().collect(),
        tables: vec![terms(assessment), evidence(intake)],
        skipped: skipped(intake),
        ..Report::default()
    };
    let incident = json!({
        "severity": assessment.level,
        "assessment": assessment,
        "kind": intake.kind,
        "symptom": symptom,
        "evidence": intake.evidence,
        "labels": intake.labels,
        "key": intake.key,
        "kept": false,
    });
    report.extra.insert("incident".to_owned(), incident);
    report
}

fn why(assessment: &Assessment) -> Prose {
    let level = assessment.level;
    let mut body = format!("It is {level}: {}.", assessment.reason);
    let is_open = |term: &&Term| term.is_assumed;
    let (names, flags): (Vec<&str>, Vec<&str>) =
        assessment.terms.iter().filter(is_open).map(named).unzip();
    if !names.is_empty() {
        body += &format!(
            " Nobody says {}, so that is assumed, and unsure means the higher one; say it with {}.",
            names.join(" and "),
            flags.join(" and ")
        );
    }
    if !assessment.would_change.is_empty() {
        body += "\n\nWhat would change it:\n";
        for change in &assessment.would_change {
            body += &format!("- {change}\n");
        }
    }
    body += NOT_KEPT;
    Prose::new("why", format!("Why {level}"), body)
}

/// What a term is called, and the option that says it.
fn named(term: &Term) -> (&str, &str) {
    let flag = match term.name {
        "reach" => "--reach",
        "depth" => "--depth",
        _ => "--minutes",
    };
    (term.name, flag)
}

fn terms(assessment: &Assessment) -> Table {
    let columns = vec![
        Column::new("Term", ColumnKind::Text),
        Column::new("Value", ColumnKind::Text),
        Column::new("Points", ColumnKind::Number),
        Column::new("Because", ColumnKind::Text),
        Column::new("Where", ColumnKind::Text),
    ];
    let row = |term: &Term| {
        let place = match (term.is_assumed, term.place.as_str()) {
            (true, _) => json!("assumed"),
            (false, "") => Value::Null,
            (false, place) => json!(place),
        };
        vec![
            json!(term.name),
            json!(term.value),
            json!(term.points),
            json!(term.because),
            place,
        ]
    };
    let rows = assessment.terms.iter().map(row).collect();
    Table::new("terms", "What was looked at", columns).with_rows(rows)
}

fn evidence(intake: &Intake) -> Table {
    let columns = vec![
        Column::new("Id", ColumnKind::Text),
        Column::new("Source", ColumnKind::Text),
        Column::new("At", ColumnKind::Text),
        Column::new("Says", ColumnKind::Text),
    ];
    let rows = intake.evidence.iter().map(|evidence| {
        let says = evidence.excerpt.lines().next().unwrap_or_default();
        vec![
            json!(evidence.id.to_string()),
            json!(evidence.source),
            json!(evidence.locator),
            json!(says),
        ]
    });
    Table::new("evidence", "Evidence", columns).with_rows(rows.collect())
}

fn skipped(intake: &Intake) -> Vec<Skipped> {
    let PassedOver {
        long_lines,
        not_utf8,
    } = intake.passed_over;
    let source = intake
        .evidence
        .first()
        .map_or("", |evidence| evidence.source.as_str());
    let all = [
        (
            long_lines,
            "long-line",
            "lines have more than 65536 bytes and were cut",
        ),
        (
            not_utf8,
            "not-utf8",
            "lines are not UTF-8 and were read byte by byte",
        ),
    ];
    let some = all.into_iter().filter(|(count, ..)| *count > 0);
    some.map(|(count, code, what)| Skipped::new(source, code, format!("{count} {what}")))
        .collect()
}
