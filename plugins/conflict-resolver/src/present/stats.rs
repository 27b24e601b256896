//! The report of what became of conflicts.

use guildhall_report::{Column, ColumnKind, Figure, Report, Table};
use guildhall_verdict::{Calibration, Standing};
use serde_json::{Value, json};

use crate::stats::Stats;

/// The report of all that is counted.
pub(crate) fn stats(stats: &Stats, standings: &[Standing], calibration: &[Calibration]) -> Report {
    let share = |part: u64, all: u64| (all > 0).then(|| part as f64 / all as f64);
    let figure = |id: &str, label: &str, count: u64| Figure::new(id, label, count as f64);
    let mut figures = vec![
        figure("total", "conflicts", stats.total),
        figure("active", "active", stats.active),
        figure("resolved", "resolved", stats.resolved),
        figure("escalated", "escalated to a person", stats.escalated),
        figure("decided-alone", "decided alone", stats.decided_alone),
        figure(
            "decided-wrong",
            "of these known to be wrong",
            stats.decided_wrong,
        ),
        figure("reverted", "of these undone", stats.reverted),
    ];
    if let Some(rate) = share(stats.escalated, stats.total) {
        figures.push(Figure::new("escalation-rate", "escalation rate", rate));
    }
    let mut report = Report {
        title: Some("Conflicts".to_owned()),
        figures,
        tables: vec![
            by_type(stats),
            reliability(standings),
            calibrated(calibration),
        ],
        ..Report::default()
    };
    report.tables.retain(|table| !table.rows.is_empty());
    let value = json!({
        "total": stats.total,
        "active": stats.active,
        "resolved": stats.resolved,
        "escalated": stats.escalated,
        "escalation_rate": share(stats.escalated, stats.total),
        "decided_alone": stats.decided_alone,
        "decided_and_known": stats.decided_and_known,
        "decided_wrong": stats.decided_wrong,
        "reverted": stats.reverted,
        "by_type": stats.by_type.iter().map(|(kind, [total, active, escalated])| {
            (kind.clone(), json!({"total": total, "active": active, "escalated": escalated}))
        }).collect::<serde_json::Map<String, Value>>(),
        "reliability": standings,
        "calibration": calibration,
    });
    report.extra.insert("conflicts".to_owned(), value);
    report
}

fn by_type(stats: &Stats) -> Table {
    let columns = vec![
        Column::new("Type", ColumnKind::Text),
        Column::new("Conflicts", ColumnKind::Number),
        Column::new("Active", ColumnKind::Number),
        Column::new("Escalated", ColumnKind::Number),
    ];
    let row = |(kind, counts): (&String, &[u64; 3])| {
        let counts = counts.iter().map(|count| json!(count));
        std::iter::once(json!(kind)).chain(counts).collect()
    };
    Table::new("types", "By type", columns).with_rows(stats.by_type.iter().map(row).collect())
}

fn reliability(standings: &[Standing]) -> Table {
    let columns = vec![
        Column::new("Agent", ColumnKind::Text),
        Column::new("Topic", ColumnKind::Text),
        Column::new("Right", ColumnKind::Number),
        Column::new("Spoke", ColumnKind::Number),
        Column::new("Share, 90 %", ColumnKind::Text),
    ];
    let row = |it: &Standing| {
        let (low, high) = it.interval;
        vec![
            json!(it.agent),
            json!(it.topic.as_deref().unwrap_or("all")),
            json!(it.right),
            json!(it.all),
            json!(format!("{low:.3} to {high:.3}")),
        ]
    };
    let rows = standings.iter().map(row).collect();
    Table::new("reliability", "Reliability of agents", columns).with_rows(rows)
}

fn calibrated(calibration: &[Calibration]) -> Table {
    let columns = vec![
        Column::new("Probability", ColumnKind::Text),
        Column::new("Outcomes", ColumnKind::Number),
        Column::new("Foreseen", ColumnKind::Number),
        Column::new("Came", ColumnKind::Number),
    ];
    let row = |it: &Calibration| {
        vec![
            json!(format!("{:.1} to {:.1}", it.from, it.to)),
            json!(it.count),
            json!(it.probability),
            json!(it.right),
        ]
    };
    let rows = calibration.iter().map(row).collect();
    let title = "Probabilities kept, on outcomes not learned from";
    Table::new("calibration", title, columns).with_rows(rows)
}
