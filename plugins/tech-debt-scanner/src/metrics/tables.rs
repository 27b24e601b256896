//! The rows of `guildhall metrics`, hardest first.

use std::cmp::Reverse;

use guildhall_report::{Column, ColumnKind, Figure, Table};
use serde_json::{Value, json};

use super::Level;
use super::groups::{COGNITIVE, Group, NAMES, Sum, values};
use crate::facts::File;
use crate::languages;
use crate::rust::Function;

/// Id of the table, whatever its rows are about.
const ID: &str = "metrics";

/// What the report is called.
pub(super) fn title(level: Level) -> &'static str {
    match level {
        Level::Function => "Metrics by function",
        Level::Type => "Metrics by type",
        Level::File => "Metrics by file",
        Level::Module => "Metrics by module",
        Level::Crate => "Metrics by crate",
    }
}

/// How much was measured.
pub(super) fn figures(files: &[&File]) -> Vec<Figure> {
    let functions: usize = files.iter().map(|file| file.facts.functions.len()).sum();
    let lines: u64 = files
        .iter()
        .map(|file| u64::from(file.facts.lines.all))
        .sum();
    let label = format!("{} measured", languages::files(files.iter().copied()));
    vec![
        Figure::new("files", label, files.len() as f64),
        Figure::new("lines", "lines in them", lines as f64),
        Figure::new("functions", "functions measured", functions as f64),
    ]
}

/// One row a function.
pub(super) fn of_functions(files: &[&File]) -> Table {
    let mut all: Vec<(&str, &Function)> = files
        .iter()
        .flat_map(|file| {
            file.facts
                .functions
                .iter()
                .map(|one| (file.name.as_str(), one))
        })
        .collect();
    all.sort_by_key(|(path, one)| {
        let (cognitive, cyclomatic) = (Reverse(one.cognitive), Reverse(one.cyclomatic));
        (cognitive, cyclomatic, *path, one.start)
    });
    let row = |(path, one): &(&str, &Function)| {
        let place = [json!(path), json!(one.name)];
        let lines = [json!(one.start.line), json!(one.end.line)];
        let numbers = values(one).map(|value| json!(value));
        place.into_iter().chain(numbers).chain(lines).collect()
    };
    let columns = [("File", ColumnKind::Path), ("Function", ColumnKind::Text)]
        .into_iter()
        .chain(NAMES.map(|name| (name, ColumnKind::Number)))
        .chain(["Start", "End"].map(|name| (name, ColumnKind::Number)))
        .map(|(name, kind)| Column::new(name, kind))
        .collect();
    table(Level::Function, columns, all.iter().map(row).collect())
}

/// One row a group.
pub(super) fn of_groups(level: Level, groups: &[Group]) -> Table {
    let mut groups: Vec<&Group> = groups.iter().collect();
    groups.sort_by_key(|group| {
        let cognitive = Reverse(group.measures[COGNITIVE].sum);
        (cognitive, group.path.as_deref(), group.name.as_deref())
    });
    let named = names_of(level);
    let mut columns: Vec<Column> = named
        .iter()
        .map(|(title, kind)| Column::new(*title, kind.clone()))
        .collect();
    columns.extend(counts_of(level).map(number));
    columns.push(number("Functions"));
    for name in NAMES {
        let parts = ["sum", "mean", "max"];
        columns.extend(parts.map(|part| number(&format!("{name} {part}"))));
    }
    let rows = groups.iter().map(|group| row(level, group)).collect();
    table(level, columns, rows)
}

fn number(title: &str) -> Column {
    Column::new(title, ColumnKind::Number)
}

/// The columns that say what a row is about.
fn names_of(level: Level) -> Vec<(&'static str, ColumnKind)> {
    let file = ("File", ColumnKind::Path);
    match level {
        Level::Type => vec![file, ("Type", ColumnKind::Text)],
        Level::Module => vec![("Module", ColumnKind::Text)],
        Level::Crate => vec![("Crate", ColumnKind::Text)],
        Level::Function | Level::File => vec![file],
    }
}

/// The columns that count what is no function.
fn counts_of(level: Level) -> impl Iterator<Item = &'static str> {
    let counts: &[&str] = match level {
        Level::Function | Level::Type => &[],
        Level::File => &["Lines"],
        Level::Module => &["Files"],
        Level::Crate => &["Files", "Lines"],
    };
    counts.iter().copied()
}

fn row(level: Level, group: &Group) -> Vec<Value> {
    let names = [&group.path, &group.name].into_iter().flatten();
    let mut row: Vec<Value> = names.map(|name| json!(name)).collect();
    row.extend(counts_of(level).map(|count| match count {
        "Files" => json!(group.files),
        _ => json!(group.file_lines),
    }));
    row.push(json!(group.functions));
    row.extend(group.measures.iter().flat_map(cells));
    row
}

fn cells(sum: &Sum) -> [Value; 3] {
    [json!(sum.sum), json!(sum.mean()), json!(sum.max)]
}

fn table(level: Level, columns: Vec<Column>, rows: Vec<Vec<Value>>) -> Table {
    Table::new(ID, title(level), columns).with_rows(rows)
}
