//! The report of how long incidents took.

use guildhall_report::{Column, ColumnKind, Figure, Report, Table};
use serde_json::{Value, json};

use crate::metrics::{Group, Metrics, Times};
use crate::postmortem::minutes;

/// The measures, with their titles.
const MEASURES: [(&str, Measure); 5] = [
    ("detect (MTTD)", |group| &group.mttd),
    ("acknowledge (MTTA)", |group| &group.mtta),
    ("mitigate (MTTM)", |group| &group.mttm),
    ("resolve (MTTR)", |group| &group.mttr),
    ("open so far", |group| &group.open_for),
];

type Measure = fn(&Group) -> &Times;

/// How long incidents took, by severity.
pub(crate) fn report(metrics: &Metrics) -> Report {
    let all = metrics.per.get("all");
    let count = |id: &str, label: &str, count: usize| Figure::new(id, label, count as f64);
    let hotfixes = metrics.hotfixes;
    let mut report = Report {
        title: Some(match all.map_or(0, |all| all.count) {
            1 => "How long 1 incident took".to_owned(),
            count => format!("How long {count} incidents took"),
        }),
        figures: vec![
            count(
                "open",
                "incidents not closed",
                all.map_or(0, |all| all.open),
            ),
            count("reopened", "reopened", all.map_or(0, |all| all.reopened)),
            count("recurred", "came back", all.map_or(0, |all| all.recurred)),
            count("hotfixes", "hotfixes made", hotfixes.made),
            count("validated", "of them validated", hotfixes.validated),
            count("deployed", "of them deployed", hotfixes.deployed),
        ],
        tables: vec![counts(metrics), times(metrics)],
        ..Report::default()
    };
    report.extra.insert("metrics".to_owned(), json!(metrics));
    report
}

fn counts(metrics: &Metrics) -> Table {
    let columns = vec![
        Column::new("Severity", ColumnKind::Text),
        Column::new("Incidents", ColumnKind::Number),
        Column::new("Open", ColumnKind::Number),
        Column::new("Reopened", ColumnKind::Number),
        Column::new("Came back", ColumnKind::Number),
        Column::new("False alarms", ColumnKind::Number),
        Column::new("Duplicates", ColumnKind::Number),
    ];
    let rows = metrics.per.iter().map(|(name, group)| {
        vec![
            json!(name),
            json!(group.count),
            json!(group.open),
            json!(group.reopened),
            json!(group.recurred),
            json!(group.false_alarms),
            json!(group.duplicates),
        ]
    });
    Table::new("counts", "How many", columns).with_rows(rows.collect())
}

fn times(metrics: &Metrics) -> Table {
    let columns = vec![
        Column::new("Severity", ColumnKind::Text),
        Column::new("Time to", ColumnKind::Text),
        Column::new("Of", ColumnKind::Number),
        Column::new("Half within", ColumnKind::Text),
        Column::new("9 of 10 within", ColumnKind::Text),
        Column::new("Mean", ColumnKind::Text),
        Column::new("Values", ColumnKind::Text),
    ];
    let mut rows = Vec::new();
    for (name, group) in &metrics.per {
        let measures = MEASURES.iter().map(|(title, of)| (title, of(group)));
        let measures = measures.filter(|(_, times)| times.n > 0);
        rows.extend(measures.map(|(title, times)| row(name, title, times)));
    }
    Table::new("times", "How long", columns).with_rows(rows)
}

fn row(name: &str, title: &str, times: &Times) -> Vec<Value> {
    let shown = |ms: i64| minutes(ms as f64 / 60_000.0);
    let values: Vec<String> = times.values_ms.iter().map(|ms| shown(*ms)).collect();
    vec![
        json!(name),
        json!(title),
        json!(times.n),
        json!(times.p50_ms.map(shown)),
        json!(times.p90_ms.map(shown)),
        json!(times.mean_ms.map(|ms| minutes(ms / 60_000.0))),
        json!(values.join(", ")),
    ]
}
