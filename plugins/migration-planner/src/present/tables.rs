//! The tables of a plan.

use std::collections::BTreeMap;

use guildhall_report::{Column, ColumnKind, Report, Table};
use serde_json::{Value, json};

use crate::plan::{Change, FeatureFate, File, MigrationPlan, Target, Tier, Use, Way};

/// Rows of files that may change; the plan itself has them all.
const MOST_MAY: usize = 40;

/// Every table that has a row.
pub(super) fn all(plan: &MigrationPlan) -> Vec<Table> {
    let tables = [
        scope(plan),
        companions(plan),
        blockers(plan),
        must(plan),
        may(plan),
    ];
    tables
        .into_iter()
        .filter(|table| !table.rows.is_empty())
        .collect()
}

/// Those of one plan of several: what must change, what stays, what cannot come along.
pub(super) fn of_update(id: &str, plan: &MigrationPlan) -> Vec<Table> {
    let tables = [companions(plan), blockers(plan), must(plan)];
    let named = tables.into_iter().map(|mut table| {
        table.id = format!("{id}-{}", table.id);
        table.title = format!("{id}: {}", table.title.to_lowercase());
        table
    });
    named.collect()
}

pub(super) fn columns(columns: &[(&str, ColumnKind)]) -> Vec<Column> {
    columns
        .iter()
        .map(|(title, kind)| Column::new(*title, kind.clone()))
        .collect()
}

fn scope(plan: &MigrationPlan) -> Table {
    let titles = columns(&[
        ("Crate", ColumnKind::Text),
        ("From", ColumnKind::Text),
        ("To", ColumnKind::Text),
        ("To note", ColumnKind::Text),
    ]);
    let row = |target: &Target| {
        vec![
            json!(target.name),
            json!(target.from),
            json!(target.to),
            json!(notes(target)),
        ]
    };
    let rows = plan.targets.iter().map(row).collect();
    Table::new("scope", "What moves", titles).with_rows(rows)
}

/// Features that are gone, and the Rust that is needed.
fn notes(target: &Target) -> String {
    let mut notes = Vec::new();
    let feature = |fate| {
        let of_fate = target.features.iter().filter(move |it| it.change == fate);
        of_fate.map(|it| match &it.to {
            Some(to) => format!("{} (now {to})", it.name),
            None => it.name.clone(),
        })
    };
    for (fate, word) in [
        (FeatureFate::Gone, "features gone"),
        (FeatureFate::Renamed, "features renamed"),
    ] {
        let named: Vec<String> = feature(fate).collect();
        if !named.is_empty() {
            notes.push(format!("{word}: {}", named.join(", ")));
        }
    }
    if let Some(needed) = &target.rust_version.new {
        let yours = target.rust_version.yours.as_deref();
        let yours = yours.map_or("yours: none said".to_owned(), |yours| {
            format!("yours: {yours}")
        });
        notes.push(format!("minimum Rust {needed} ({yours})"));
    }
    if target.likely {
        notes.push("likely, not certain".to_owned());
    }
    if target.yanked {
        notes.push("taken back by its publisher".to_owned());
    }
    notes.join("; ")
}

fn companions(plan: &MigrationPlan) -> Table {
    let titles = columns(&[
        ("Crate", ColumnKind::Text),
        ("From", ColumnKind::Text),
        ("To", ColumnKind::Text),
        ("Because", ColumnKind::Text),
    ]);
    let rows = plan.companions.iter().map(|companion| {
        let because = companion.because.first();
        let because = because.map(|it| format!("{} shows {}", it.place, it.item));
        vec![
            json!(companion.name),
            json!(companion.from),
            json!(companion.to.as_deref().unwrap_or("not known")),
            json!(because.unwrap_or_default()),
        ]
    });
    Table::new("companions", "Must move together", titles).with_rows(rows.collect())
}

fn blockers(plan: &MigrationPlan) -> Table {
    let titles = columns(&[
        ("Crate", ColumnKind::Text),
        ("Holds", ColumnKind::Text),
        ("Shows", ColumnKind::Text),
        ("Ways", ColumnKind::Text),
    ]);
    let way = |way: &Way| match way {
        Way::TwoMajors => "both versions side by side",
        Way::Wait => "wait for it",
        Way::Replace => "another crate",
    };
    let rows = plan.blockers.iter().map(|blocker| {
        vec![
            json!(format!("{} {}", blocker.name, blocker.version)),
            json!(blocker.holds),
            json!(blocker.exposes.first().cloned().unwrap_or_default()),
            json!(blocker.ways.iter().map(way).collect::<Vec<_>>().join(", ")),
        ]
    });
    Table::new("blockers", "Stay on the old version", titles).with_rows(rows.collect())
}

fn must(plan: &MigrationPlan) -> Table {
    let titles = columns(&[
        ("Place", ColumnKind::Path),
        ("Item", ColumnKind::Text),
        ("What became of it", ColumnKind::Text),
    ]);
    let known = Known::of(plan);
    let files = plan.files.iter().filter(|file| file.tier == Tier::Must);
    let rows = files.flat_map(|file| rows_of(file, &known, None));
    Table::new("must-change", "Must change", titles).with_rows(rows.collect())
}

fn may(plan: &MigrationPlan) -> Table {
    let titles = columns(&[
        ("File", ColumnKind::Path),
        ("Score", ColumnKind::Number),
        ("Why", ColumnKind::Text),
    ]);
    let mut files: Vec<&File> = plan
        .files
        .iter()
        .filter(|file| file.tier == Tier::May)
        .collect();
    files.sort_by(|a, b| {
        b.score
            .total_cmp(&a.score)
            .then_with(|| a.path.cmp(&b.path))
    });
    let title = match files.len().checked_sub(MOST_MAY) {
        None | Some(0) => "May change".to_owned(),
        Some(more) => format!("May change ({more} more stand in the JSON)"),
    };
    let rows = files.into_iter().take(MOST_MAY).map(|file| {
        let strongest = file
            .uses
            .iter()
            .max_by(|a, b| a.confidence.total_cmp(&b.confidence));
        let why = strongest.map_or_else(
            || "it names the crate".to_owned(),
            |it| format!("{}: {}, line {}", it.change, it.class.phrase(), it.line),
        );
        vec![
            json!(file.path),
            json!((file.score * 100.0).round() / 100.0),
            json!(why),
        ]
    });
    Table::new("may-change", title, titles).with_rows(rows.collect())
}

/// What the plan says of one file.
pub(super) fn of_file(plan: &MigrationPlan, file: &File, line: Option<u32>) -> Report {
    let titles = columns(&[
        ("Place", ColumnKind::Path),
        ("Item", ColumnKind::Text),
        ("What became of it", ColumnKind::Text),
    ]);
    let known = Known::of(plan);
    let rows = rows_of(file, &known, line).collect();
    let tier = match file.tier {
        Tier::Must => "must change",
        Tier::May => "may change",
    };
    Report {
        title: Some(format!("{} {tier} ({:.2})", file.path, file.score)),
        tables: vec![Table::new("places", "Places", titles).with_rows(rows)],
        ..Report::default()
    }
}

/// What is known of what places cite.
struct Known<'a> {
    /// What became of an item, by its id.
    changes: BTreeMap<&'a str, &'a Change>,
    /// What the compiler said, by file, line and code.
    said: BTreeMap<(&'a str, u32, &'a str), &'a str>,
}

impl<'a> Known<'a> {
    fn of(plan: &'a MigrationPlan) -> Self {
        let changes = plan.changes.iter();
        let said = plan.probe.iter().flat_map(|probe| &probe.sites);
        Self {
            changes: changes.map(|change| (change.id.as_str(), change)).collect(),
            said: said
                .map(|it| {
                    (
                        (it.path.as_str(), it.line, it.code.as_str()),
                        it.message.as_str(),
                    )
                })
                .collect(),
        }
    }

    /// What became of it, in a few words.
    fn fate(&self, path: &str, it: &Use) -> String {
        match self.said.get(&(path, it.line, it.change.as_str())) {
            Some(message) => format!("{}: {message}", it.class.phrase()),
            None => fate(it, self.changes.get(it.change.as_str()).copied()),
        }
    }
}

fn rows_of<'a>(
    file: &'a File,
    known: &'a Known<'_>,
    line: Option<u32>,
) -> impl Iterator<Item = Vec<Value>> + 'a {
    let uses = file
        .uses
        .iter()
        .filter(move |it| line.is_none_or(|line| it.line == line));
    uses.map(move |it| {
        vec![
            json!(format!("{}:{}", file.path, it.line)),
            json!(it.change),
            json!(known.fate(&file.path, it)),
        ]
    })
}

/// What became of the item, in a few words.
fn fate(it: &Use, change: Option<&Change>) -> String {
    let phrase = it.class.phrase();
    let Some(change) = change else {
        return phrase.to_owned();
    };
    match (&change.to, &change.old, &change.new) {
        (Some(to), ..) => format!("{phrase}, now {to}"),
        (None, Some(old), Some(new)) => format!("{phrase}: {old} -> {new}"),
        _ => phrase.to_owned(),
    }
}
