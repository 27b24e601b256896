//! From the results of files to the report: figures, tables and the hot-spot chart.

use guildhall_report::{
    Better, Chart, ChartKind, Column, ColumnKind, Figure, Finding, Report, Rule, Series, Skipped,
    Table,
};
use serde_json::{Value, json};

use crate::analyse::FileResult;
use crate::rules::debt_comment;
use crate::rust::Function;

/// Rows of each table.
const TABLE_ROWS: usize = 20;

/// Files in the chart; more rectangles than this can't be told apart.
const CHART_FILES: usize = 2_000;

/// What is known so far of the files of a scan.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    files: Vec<FileRow>,
    findings: Vec<Finding>,
    skipped: Vec<Skipped>,
    top: TopFunctions,
}

/// One file in figures.
#[derive(Debug, Default)]
struct FileRow {
    name: String,
    bytes: u64,
    lines: u32,
    functions: u32,
    cognitive: u64,
    findings: usize,
    minutes: u64,
}

impl Tally {
    /// Takes in one file.
    pub(crate) fn add(&mut self, file: FileResult) {
        for function in file.measured {
            self.top.add(&file.name, function);
        }
        let minutes = file.findings.iter().map(minutes).sum();
        self.files.push(FileRow {
            name: file.name,
            bytes: file.bytes,
            lines: file.lines,
            functions: file.functions,
            cognitive: file.cognitive,
            findings: file.findings.len(),
            minutes,
        });
        self.findings.extend(file.findings);
        self.skipped.extend(file.skipped);
    }

    /// Takes in what another thread found.
    pub(crate) fn merge(&mut self, other: Self) {
        self.files.extend(other.files);
        self.findings.extend(other.findings);
        self.skipped.extend(other.skipped);
        for (path, function) in other.top.0 {
            self.top.add(&path, function);
        }
    }

    /// The report; `skipped` is what the walk passed over. All of it is put in an
    /// order of its own, so that nothing depends on which thread did what.
    pub(crate) fn report(mut self, skipped: Vec<Skipped>, rules: Vec<Rule>) -> Report {
        self.files.sort_by(|a, b| a.name.cmp(&b.name));
        self.skipped.extend(skipped);
        self.skipped.sort();
        self.findings.sort_by(|a, b| {
            let key = |finding: &Finding| (finding.location.start, finding.location.end);
            let places = a.location.path.cmp(&b.location.path);
            let places = places.then_with(|| key(a).cmp(&key(b)));
            places.then_with(|| a.rule.cmp(&b.rule))
        });
        Report {
            figures: self.figures(),
            tables: vec![self.file_table(), self.top.table()],
            charts: vec![self.chart()],
            findings: self.findings,
            skipped: self.skipped,
            rules,
            ..Report::default()
        }
    }

    fn figures(&self) -> Vec<Figure> {
        let sum = |part: fn(&FileRow) -> u64| self.files.iter().map(part).sum::<u64>() as f64;
        let lines = sum(|file| u64::from(file.lines));
        let cognitive = sum(|file| file.cognitive);
        let comments = self
            .findings
            .iter()
            .filter(|finding| finding.rule == debt_comment::ID);
        let hours = rounded(sum(|file| file.minutes) / 60.0);
        let less = Some(Better::Lower);
        vec![
            figure(
                "remediation-hours",
                "estimated to mend all findings",
                hours,
                Some("h"),
                less,
            ),
            figure("files", "Rust files", self.files.len() as f64, None, None),
            figure("lines", "lines", lines, None, None),
            figure("bytes", "bytes", sum(|file| file.bytes), Some("B"), None),
            figure(
                "functions",
                "functions measured",
                sum(|file| u64::from(file.functions)),
                None,
                None,
            ),
            figure(
                "cognitive-complexity",
                "cognitive complexity of all functions",
                cognitive,
                None,
                less,
            ),
            figure(
                "cognitive-density",
                "cognitive complexity a hundred lines",
                density(cognitive, lines),
                None,
                less,
            ),
            figure(
                "debt-comments",
                "comments that note debt",
                comments.count() as f64,
                None,
                less,
            ),
            figure(
                "skipped",
                "places skipped",
                self.skipped.len() as f64,
                None,
                less,
            ),
        ]
    }

    /// The files that would take longest to mend.
    fn file_table(&self) -> Table {
        let mut files: Vec<&FileRow> = self.files.iter().filter(|file| file.findings > 0).collect();
        files.sort_by(|a, b| b.minutes.cmp(&a.minutes).then_with(|| a.name.cmp(&b.name)));
        let row = |file: &&FileRow| {
            vec![
                json!(file.name),
                json!(file.findings),
                json!(file.minutes),
                json!(file.lines),
                json!(file.functions),
                json!(file.cognitive),
            ]
        };
        Table {
            id: "top-files".to_owned(),
            title: "Files with most debt".to_owned(),
            columns: columns(
                ("File", ColumnKind::Path),
                &[
                    "Findings",
                    "Minutes",
                    "Lines",
                    "Functions",
                    "Cognitive complexity",
                ],
            ),
            rows: files.iter().take(TABLE_ROWS).map(row).collect(),
        }
    }

    /// Where complexity is dense: a file's area is its lines, its heat the cognitive
    /// complexity of a hundred of them. The largest files are shown.
    fn chart(&self) -> Chart {
        let mut files: Vec<&FileRow> = self.files.iter().filter(|file| file.lines > 0).collect();
        files.sort_by(|a, b| b.lines.cmp(&a.lines).then_with(|| a.name.cmp(&b.name)));
        files.truncate(CHART_FILES);
        files.sort_by(|a, b| a.name.cmp(&b.name));
        let point = |file: &FileRow| {
            let lines = f64::from(file.lines);
            (
                file.name.clone(),
                lines,
                density(file.cognitive as f64, lines),
            )
        };
        Chart {
            id: "hot-spots".to_owned(),
            title: "Hot spots".to_owned(),
            kind: ChartKind::Treemap,
            x_label: "lines".to_owned(),
            y_label: "cognitive complexity a hundred lines".to_owned(),
            series: vec![Series {
                name: "files".to_owned(),
                points: files.into_iter().map(point).collect(),
            }],
        }
    }
}

/// The hardest functions seen so far, with the paths of their files, hardest first.
#[derive(Debug, Default)]
struct TopFunctions(Vec<(String, Function)>);

impl TopFunctions {
    fn add(&mut self, path: &str, function: Function) {
        let rank = |path: &str, function: &Function| {
            (
                std::cmp::Reverse(function.cognitive),
                path.to_owned(),
                function.start,
            )
        };
        let is_full = self.0.len() >= TABLE_ROWS;
        if is_full
            && self
                .0
                .last()
                .is_some_and(|(_, last)| last.cognitive > function.cognitive)
        {
            return;
        }
        let own = rank(path, &function);
        let at = self
            .0
            .partition_point(|(path, other)| rank(path, other) <= own);
        self.0.insert(at, (path.to_owned(), function));
        self.0.truncate(TABLE_ROWS);
    }

    fn table(&self) -> Table {
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
        let shown = self.0.iter().filter(|(_, function)| function.cognitive > 0);
        let rows: Vec<Vec<Value>> = shown.map(row).collect();
        Table {
            id: "top-functions".to_owned(),
            title: "Functions that are hardest to follow".to_owned(),
            columns,
            rows,
        }
    }
}

fn columns((title, kind): (&str, ColumnKind), numbers: &[&str]) -> Vec<Column> {
    let column = |title: &str, kind| Column {
        title: title.to_owned(),
        kind,
    };
    let numbers = numbers
        .iter()
        .map(|title| column(title, ColumnKind::Number));
    std::iter::once(column(title, kind))
        .chain(numbers)
        .collect()
}

fn figure(id: &str, label: &str, value: f64, unit: Option<&str>, better: Option<Better>) -> Figure {
    Figure {
        id: id.to_owned(),
        label: label.to_owned(),
        value,
        unit: unit.map(str::to_owned),
        better,
    }
}

fn minutes(finding: &Finding) -> u64 {
    finding.remediation_minutes.map_or(0, u64::from)
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
