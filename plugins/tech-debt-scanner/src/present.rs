//! From the facts of a scan to the report: figures, tables and the hot-spot chart.

mod smells;

use std::cmp::Reverse;

use guildhall_report::{
    Better, Chart, ChartKind, Column, ColumnKind, Figure, Report, Rule, Series, Skipped, Table,
};
use serde_json::{Value, json};

use crate::facts::File;
use crate::languages;
use crate::rust::Function;
use crate::suppress::Sifted;
use crate::tree::Tree;

/// Files in the chart; more rectangles than this can't be told apart.
const CHART_FILES: usize = 2_000;

/// Rows of a table that names the worst; who wants all of them asks for the metrics.
const WORST: usize = 20;

/// The report on a tree.
pub(crate) fn report(tree: &Tree, sifted: Sifted, rules: Vec<Rule>) -> Report {
    Report {
        figures: figures(tree),
        tables: tables(tree),
        charts: vec![chart(tree)],
        findings: sifted.findings,
        suppressed: sifted.suppressed,
        unused_suppressions: sifted.unused,
        skipped: all_skipped(tree),
        rules,
        ..Report::default()
    }
}

fn tables(tree: &Tree) -> Vec<Table> {
    let languages = languages::table(&tree.files);
    let worst = [file_table(tree), function_table(tree)];
    let smells = smells::tables(tree);
    languages.into_iter().chain(worst).chain(smells).collect()
}

/// What was not examined, cargo's files included.
fn all_skipped(tree: &Tree) -> Vec<Skipped> {
    let mut all = tree.all_skipped();
    all.extend_from_slice(&tree.crates.skipped);
    all.sort_by(|a, b| (&a.path, &a.code, &a.reason).cmp(&(&b.path, &b.code, &b.reason)));
    all
}

/// The key figures of a tree.
pub(crate) fn figures(tree: &Tree) -> Vec<Figure> {
    let sum = |part: fn(&File) -> u64| tree.files.iter().map(part).sum::<u64>() as f64;
    let lines = sum(|file| u64::from(file.facts.lines.all));
    let cognitive = sum(|file| file.facts.cognitive());
    let functions = sum(|file| file.facts.functions.len() as u64);
    vec![
        Figure::new(
            "files",
            languages::files(&tree.files),
            tree.files.len() as f64,
        ),
        Figure::new("lines", "lines", lines),
        Figure::new("bytes", "bytes", sum(|file| file.facts.bytes)).with_unit("B"),
        Figure::new("functions", "functions measured", functions),
        Figure::new(
            "cognitive-complexity",
            "cognitive complexity of all functions",
            cognitive,
        )
        .with_better(Better::Lower),
        Figure::new(
            "cognitive-density",
            "cognitive complexity a hundred lines",
            density(cognitive, lines),
        )
        .with_better(Better::Lower),
    ]
}

/// The files that are hardest to follow. What is found in each file, and what that
/// takes to mend, is the host's to add up: it knows the findings of all agents.
fn file_table(tree: &Tree) -> Table {
    let complex = tree.files.iter().map(|file| (file.facts.cognitive(), file));
    let mut files: Vec<(u64, &File)> = complex.filter(|(value, _)| *value > 0).collect();
    // Files of equal values stay in the order of their names.
    files.sort_by_key(|(value, _)| Reverse(*value));
    let row = |(value, file): &(u64, &File)| {
        vec![
            json!(file.name),
            json!(value),
            json!(file.facts.functions.len()),
            json!(file.facts.lines.all),
        ]
    };
    let numbers = ["Cognitive", "Functions", "Lines"];
    let columns = columns(("File", ColumnKind::Path), &numbers);
    Table::new("complex-files", "Files that are hardest to follow", columns)
        .with_rows(files.iter().take(WORST).map(row).collect())
}

/// Where complexity is dense: a file's area is its lines, its heat the cognitive
/// complexity of a hundred of them. The largest files are shown.
fn chart(tree: &Tree) -> Chart {
    let written = tree.files.iter().filter(|file| file.facts.lines.all > 0);
    let mut files: Vec<&File> = written.collect();
    files.sort_by_key(|file| Reverse(file.facts.lines.all));
    files.truncate(CHART_FILES);
    files.sort_by(|a, b| a.name.cmp(&b.name));
    let point = |file: &File| {
        let lines = f64::from(file.facts.lines.all);
        let heat = density(file.facts.cognitive() as f64, lines);
        (file.name.clone(), lines, heat)
    };
    let series = Series::new("files", files.into_iter().map(point).collect());
    Chart::new("hot-spots", "Hot spots", ChartKind::Treemap, vec![series])
        .with_labels("lines", "cognitive complexity a hundred lines")
}

fn function_table(tree: &Tree) -> Table {
    let row = |(file, function): &(&File, &Function)| {
        vec![
            json!(format!("{}:{}", file.name, function.start.line)),
            json!(function.name),
            json!(function.cognitive),
            json!(function.cyclomatic),
            json!(function.nesting),
            json!(function.parameters),
            json!(function.lines),
        ]
    };
    let mut columns = columns(
        ("Place", ColumnKind::Path),
        &[
            "Function",
            "Cognitive",
            "Cyclomatic",
            "Nesting",
            "Parameters",
            "Lines",
        ],
    );
    columns[1].kind = ColumnKind::Text;
    let mut hardest: Vec<(&File, &Function)> = tree.functions().collect();
    hardest.retain(|(_, function)| function.cognitive > 0);
    // Functions of equal values stay in the order of their places.
    hardest.sort_by_key(|(_, function)| Reverse(function.cognitive));
    let rows: Vec<Vec<Value>> = hardest.iter().take(WORST).map(row).collect();
    Table::new(
        "top-functions",
        "Functions that are hardest to follow",
        columns,
    )
    .with_rows(rows)
}

fn columns((title, kind): (&str, ColumnKind), numbers: &[&str]) -> Vec<Column> {
    let numbers = numbers
        .iter()
        .map(|title| Column::new(*title, ColumnKind::Number));
    std::iter::once(Column::new(title, kind))
        .chain(numbers)
        .collect()
}

/// Cognitive complexity of a hundred lines, to one decimal.
fn density(cognitive: f64, lines: f64) -> f64 {
    if lines > 0.0 {
        rounded(cognitive * 100.0 / lines)
    } else {
        0.0
    }
}

fn rounded(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
