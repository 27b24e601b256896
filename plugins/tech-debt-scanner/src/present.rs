//! From the facts of a scan to the report: figures, tables and the hot-spot chart.

use guildhall_report::{
    Better, Chart, ChartKind, Column, ColumnKind, Figure, Report, Rule, Series, Table,
};
use serde_json::{Value, json};

use crate::rust::Function;
use crate::tally::{FileFacts, HARDEST, Tally};

/// Files in the chart; more rectangles than this can't be told apart.
const CHART_FILES: usize = 2_000;

/// The report on a tree, whose facts are in order.
pub(crate) fn report(tally: Tally, rules: Vec<Rule>) -> Report {
    Report {
        figures: figures(&tally),
        tables: vec![file_table(&tally), function_table(&tally)],
        charts: vec![chart(&tally)],
        findings: tally.findings,
        skipped: tally.skipped,
        rules,
        ..Report::default()
    }
}

fn figures(tally: &Tally) -> Vec<Figure> {
    let sum = |part: fn(&FileFacts) -> u64| tally.files.iter().map(part).sum::<u64>() as f64;
    let lines = sum(|file| u64::from(file.lines));
    let cognitive = sum(|file| file.cognitive);
    let functions = sum(|file| u64::from(file.functions));
    vec![
        Figure::new("files", "Rust files", tally.files.len() as f64),
        Figure::new("lines", "lines", lines),
        Figure::new("bytes", "bytes", sum(|file| file.bytes)).with_unit("B"),
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
fn file_table(tally: &Tally) -> Table {
    let mut files: Vec<&FileFacts> = tally
        .files
        .iter()
        .filter(|file| file.cognitive > 0)
        .collect();
    files.sort_by(|a, b| {
        b.cognitive
            .cmp(&a.cognitive)
            .then_with(|| a.name.cmp(&b.name))
    });
    let row = |file: &&FileFacts| {
        vec![
            json!(file.name),
            json!(file.cognitive),
            json!(file.functions),
            json!(file.lines),
        ]
    };
    let numbers = ["Cognitive", "Functions", "Lines"];
    let columns = columns(("File", ColumnKind::Path), &numbers);
    Table::new("complex-files", "Files that are hardest to follow", columns)
        .with_rows(files.iter().take(HARDEST).map(row).collect())
}

/// Where complexity is dense: a file's area is its lines, its heat the cognitive
/// complexity of a hundred of them. The largest files are shown.
fn chart(tally: &Tally) -> Chart {
    let mut files: Vec<&FileFacts> = tally.files.iter().filter(|file| file.lines > 0).collect();
    files.sort_by(|a, b| b.lines.cmp(&a.lines).then_with(|| a.name.cmp(&b.name)));
    files.truncate(CHART_FILES);
    files.sort_by(|a, b| a.name.cmp(&b.name));
    let point = |file: &FileFacts| {
        let lines = f64::from(file.lines);
        (
            file.name.clone(),
            lines,
            density(file.cognitive as f64, lines),
        )
    };
    let series = Series::new("files", files.into_iter().map(point).collect());
    Chart::new("hot-spots", "Hot spots", ChartKind::Treemap, vec![series])
        .with_labels("lines", "cognitive complexity a hundred lines")
}

fn function_table(tally: &Tally) -> Table {
    let row = |(path, function): &(String, Function)| {
        vec![
            json!(format!("{path}:{}", function.start.line)),
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
    let shown = tally
        .hardest
        .0
        .iter()
        .filter(|(_, function)| function.cognitive > 0);
    let rows: Vec<Vec<Value>> = shown.map(row).collect();
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
