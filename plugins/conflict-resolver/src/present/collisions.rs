//! The report of what collides before it is merged.

use guildhall_report::{Column, ColumnKind, Figure, Report, ReportOutcome, Table};
use serde_json::{Map, Value, json};

use crate::collide::{Collision, Collisions, Kind, Weight};

/// The report of what sides collide in, and in which order to merge them.
pub(crate) fn collisions(all: &Collisions) -> Report {
    let count = |weight: Weight| all.found.iter().filter(|it| it.weight == weight).count();
    let (conflicts, meaning) = (count(Weight::Conflict), count(Weight::Meaning));
    let figure = |id: &str, label: &str, count: usize| Figure::new(id, label, count as f64);
    let mut tables = Vec::new();
    if !all.found.is_empty() {
        tables.push(table(&all.found));
    }
    tables.push(order(all));
    let extra = json!({
        "sides": all.sides, "collisions": all.found, "order": all.order,
    });
    Report {
        title: Some("Collisions".to_owned()),
        outcome: Some(outcome(conflicts, meaning)),
        figures: vec![
            figure("sides", "sides compared", all.sides.len()),
            figure("conflicts", "where git stops", conflicts),
            figure("meaning", "where only the meaning collides", meaning),
            figure("look", "worth a look", count(Weight::Look)),
        ],
        tables,
        skipped: all.skipped.clone(),
        extra: match extra {
            Value::Object(extra) => extra,
            _ => Map::new(),
        },
        ..Report::default()
    }
}

fn outcome(conflicts: usize, meaning: usize) -> ReportOutcome {
    let places = |count: usize| if count == 1 { "place" } else { "places" };
    let mut open = Vec::new();
    if conflicts > 0 {
        open.push(format!("git stops at {conflicts} {}", places(conflicts)));
    }
    if meaning > 0 {
        let places = places(meaning);
        open.push(format!(
            "{meaning} {places} merge cleanly and mean something else"
        ));
    }
    match open.is_empty() {
        true => ReportOutcome::Met,
        false => ReportOutcome::unmet(open.join(", ")),
    }
}

fn table(found: &[Collision]) -> Table {
    let columns = vec![
        Column::new("Weight", ColumnKind::Text),
        Column::new("Kind", ColumnKind::Text),
        Column::new("Where", ColumnKind::Text),
        Column::new("What", ColumnKind::Text),
    ];
    let row = |it: &Collision| {
        let what = match it.kind {
            // These sentences do not name the sides.
            Kind::Lines | Kind::Path | Kind::Twice | Kind::Item => {
                format!("{} and {}: {}", it.sides[0], it.sides[1], it.what)
            }
            Kind::Signature | Kind::Gone => it.what.clone(),
        };
        vec![
            json!(it.weight),
            json!(it.kind),
            json!(place(it)),
            json!(what),
        ]
    };
    Table::new("collisions", "Collisions", columns).with_rows(found.iter().map(row).collect())
}

/// The path, with the line on the side where it is seen first.
fn place(it: &Collision) -> String {
    let line = match it.lines {
        // The line of a use says more than that of what is used.
        [Some(_), Some(_)] | [Some(_), None] | [None, None] => it.lines[0],
        [None, other] => other,
    };
    match line {
        Some((line, _)) => format!("{}:{line}", it.path),
        None => it.path.clone(),
    }
}

fn order(all: &Collisions) -> Table {
    let columns = vec![
        Column::new("Merge", ColumnKind::Text),
        Column::new("Why", ColumnKind::Text),
    ];
    let row = |step: &crate::collide::Step| vec![json!(step.side), json!(step.why)];
    let rows = all.order.iter().map(row).collect();
    Table::new("order", "Proposed order", columns).with_rows(rows)
}
