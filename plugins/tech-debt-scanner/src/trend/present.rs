//! The report on a trend: charts, a table of the points, and what changed most.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;

use guildhall_report::{
    Chart, ChartKind, Column, ColumnKind, Day, Figure, Prose, Report, Scale, Series, Table,
};
use guildhall_source::repository::CommittedFile;
use serde_json::{Value, json};

use super::Trees;
use super::blobs::MISSING;
use super::measure::{Group, Measured};
use super::points::Point;

/// Digits of a commit's name that are shown.
const SHORT: usize = 10;

/// Files in the table of those that changed most.
const FILES: usize = 20;

/// Files that the text names for each direction.
const NAMED: usize = 5;

/// The report on the points, of which there is at least one.
pub(super) fn report(measured: &[Measured], trees: &Trees) -> Report {
    let (Some(first), Some(last)) = (measured.first(), measured.last()) else {
        return Report::default();
    };
    let changes = changes(first, last, trees);
    let mut tables = vec![points(measured)];
    if measured.len() > 1 {
        tables.push(files(&changes));
        tables.push(by_rule(measured));
    }
    Report {
        title: Some(title(measured.len(), first, last)),
        texts: texts(measured, &changes, trees),
        figures: figures(measured, first, last),
        tables,
        charts: charts(measured),
        skipped: last.skipped.clone(),
        ..Report::default()
    }
}

/// The day of a moment as people write it.
pub(super) fn day(moment: i64) -> String {
    Day::of(moment).map_or_else(|| format!("second {moment}"), |day| day.to_string())
}

/// `1 point`, `2 points`.
pub(super) fn plural(count: usize, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

fn title(count: usize, first: &Measured, last: &Measured) -> String {
    let (from, to) = (day(first.point.time), day(last.point.time));
    match count {
        1 => format!("Trend: 1 point of {from}"),
        count => format!("Trend: {count} points from {from} to {to}"),
    }
}

fn short(point: &Point) -> String {
    let mut id = point.commit.to_string();
    id.truncate(SHORT);
    id
}

/// What a point is called where there is little room.
fn called(point: &Point) -> String {
    match point.name.as_str() {
        "" => short(point),
        name => name.to_owned(),
    }
}

// Texts.

fn texts(measured: &[Measured], changes: &[Change], trees: &Trees) -> Vec<Prose> {
    let mut texts = Vec::new();
    if let [first, .., last] = measured {
        let body = what_changed(first, last, changes);
        texts.push(Prose::new("changes", "What changed most", body));
    }
    let mut notes = trees.notes.clone();
    if measured.len() == 1 {
        notes.push("There is one point only, so there is nothing to compare it with.".to_owned());
    }
    notes.extend(missing(measured));
    if !notes.is_empty() {
        texts.push(Prose::new("points", "About the points", notes.join("\n\n")));
    }
    texts
}

/// What to say where contents are missing, as in partial clones.
fn missing(measured: &[Measured]) -> Option<String> {
    let lacks = |one: &&Measured| one.skipped.iter().any(|skipped| skipped.code == MISSING);
    let lacking = measured.iter().filter(lacks).count();
    (lacking > 0).then(|| {
        format!(
            "At {} contents are missing in this clone, so the numbers there are too low: see \
             the files that were not examined. `git fetch --refetch --no-filter` gets them.",
            plural(lacking, "point")
        )
    })
}

fn what_changed(first: &Measured, last: &Measured, changes: &[Change]) -> String {
    let mut body = format!(
        "From {} ({}) to {} ({}), lines went from {} to {} and cognitive complexity from {} \
         to {}.",
        called(&first.point),
        day(first.point.time),
        called(&last.point),
        day(last.point.time),
        first.value("lines"),
        last.value("lines"),
        first.value("cognitive-complexity"),
        last.value("cognitive-complexity"),
    );
    let grown = changes.iter().filter(|change| change.by() > 0);
    let shrunk = changes.iter().filter(|change| change.by() < 0);
    list(
        &mut body,
        "became harder to follow",
        &grown.collect::<Vec<_>>(),
    );
    list(
        &mut body,
        "became easier to follow",
        &shrunk.collect::<Vec<_>>(),
    );
    if changes.is_empty() {
        body.push_str(" No file became harder or easier to follow.");
    }
    body
}

/// Names the files that changed most in one direction.
fn list(body: &mut String, how: &str, changes: &[&Change]) {
    if changes.is_empty() {
        return;
    }
    let files = plural(changes.len(), "file");
    // Writing to a String cannot fail.
    let _ = write!(body, "\n\n{files} {how}, by cognitive complexity:\n");
    for change in changes.iter().take(NAMED) {
        let _ = write!(body, "\n- {}: {}", change.path, change.said());
    }
}

// Files.

/// A file whose cognitive complexity is another.
struct Change {
    path: String,
    before: Option<u64>,
    after: Option<u64>,
}

impl Change {
    fn by(&self) -> i64 {
        let value = |value: Option<u64>| i64::try_from(value.unwrap_or(0)).unwrap_or(i64::MAX);
        value(self.after) - value(self.before)
    }

    fn said(&self) -> String {
        let by = self.by();
        match (self.before, self.after) {
            (None, Some(after)) => format!("{after} ({by:+}, a new file)"),
            (Some(before), None) => format!("{before} ({by:+}, the file is gone)"),
            (before, after) => {
                let [before, after] = [before, after].map(Option::unwrap_or_default);
                format!("{before} to {after} ({by:+})")
            }
        }
    }
}

/// The files that differ between the first and the last point, the largest change first.
/// A file that was moved as it is has not changed.
fn changes(first: &Measured, last: &Measured, trees: &Trees) -> Vec<Change> {
    let moved = moved(trees);
    let mut before: BTreeMap<&str, u64> = BTreeMap::new();
    for (path, value) in &first.files {
        let now = moved.get(path.as_str()).copied().unwrap_or(path);
        before.insert(now, *value);
    }
    let paths: HashSet<&str> = before
        .keys()
        .copied()
        .chain(last.files.keys().map(String::as_str))
        .collect();
    let mut changes: Vec<Change> = paths
        .into_iter()
        .map(|path| Change {
            path: path.to_owned(),
            before: before.get(path).copied(),
            after: last.files.get(path).copied(),
        })
        .filter(|change| change.by() != 0)
        .collect();
    changes.sort_by(|a, b| (Reverse(a.by().abs()), &a.path).cmp(&(Reverse(b.by().abs()), &b.path)));
    changes
}

/// New paths of files that are gone under their names and there under others, with the
/// same content, which must be of one file only on both sides.
fn moved(trees: &Trees) -> BTreeMap<&str, &str> {
    let (Some((_, first)), Some((_, last))) = (trees.there.first(), trees.there.last()) else {
        return BTreeMap::new();
    };
    let only_in = |files: &'_ [CommittedFile], others: &[CommittedFile]| -> Vec<usize> {
        let others: HashSet<&str> = others.iter().map(|file| file.name.as_str()).collect();
        let is_only = |at: &usize| !others.contains(files[*at].name.as_str());
        (0..files.len()).filter(is_only).collect()
    };
    let mut moved = BTreeMap::new();
    let new = only_in(&last.files, &first.files);
    for gone in only_in(&first.files, &last.files) {
        let gone = &first.files[gone];
        let same = |file: &&CommittedFile| file.id == gone.id;
        let is_single = first.files.iter().filter(same).count() == 1;
        let mut targets = new.iter().map(|at| &last.files[*at]).filter(same);
        if let (true, Some(target), None) = (is_single, targets.next(), targets.next()) {
            moved.insert(gone.name.as_str(), target.name.as_str());
        }
    }
    moved
}

fn files(changes: &[Change]) -> Table {
    let row = |change: &Change| {
        vec![
            json!(change.path),
            json!(change.before),
            json!(change.after),
            json!(change.by()),
        ]
    };
    let columns = columns(
        &[("File", ColumnKind::Path)],
        &["Before", "After", "Change"],
    );
    let title = "Files whose cognitive complexity changed most";
    Table::new("changed-files", title, columns)
        .with_rows(changes.iter().take(FILES).map(row).collect())
}

// Points.

fn points(measured: &[Measured]) -> Table {
    // Text leaves out the last ones first where there is no room.
    const COLUMNS: [(&str, &str); 4] = [
        ("Lines", "lines"),
        ("Functions", "functions"),
        ("Cognitive", "cognitive-complexity"),
        ("Density", "cognitive-density"),
    ];
    let row = |one: &Measured| {
        let point = &one.point;
        let mut row = vec![
            json!(short(point)),
            json!(day(point.time)),
            json!(point.name),
        ];
        row.extend(COLUMNS.map(|(_, id)| json!(one.value(id))));
        row.push(json!(one.findings));
        row.extend(["code-lines", "files"].map(|id| json!(one.value(id))));
        row.push(json!(one.skipped.len()));
        row
    };
    let texts = ["Commit", "Date", "Name"].map(|title| (title, ColumnKind::Text));
    let mut numbers: Vec<&str> = COLUMNS.iter().map(|(title, _)| *title).collect();
    numbers.extend(["Findings", "Code", "Files", "Not examined"]);
    Table::new("points", "Points", columns(&texts, &numbers))
        .with_rows(measured.iter().map(row).collect())
}

fn by_rule(measured: &[Measured]) -> Table {
    let row = |(id, label): (String, String)| {
        let value = |one: Option<&Measured>| one.map_or(0.0, |one| one.value(&id));
        let (first, last) = (value(measured.first()), value(measured.last()));
        vec![
            json!(label),
            number(first),
            number(last),
            number(last - first),
        ]
    };
    let rows = named(measured, Group::Rule).into_iter().map(row);
    let columns = columns(&[("Rule", ColumnKind::Text)], &["First", "Last", "Change"]);
    Table::new("findings-by-rule", "Findings by rule", columns).with_rows(rows.collect())
}

/// A count as JSON writes counts.
fn number(count: f64) -> Value {
    json!(count as i64)
}

fn columns(texts: &[(&str, ColumnKind)], numbers: &[&str]) -> Vec<Column> {
    let texts = texts
        .iter()
        .map(|(title, kind)| Column::new(*title, kind.clone()));
    let numbers = numbers
        .iter()
        .map(|title| Column::new(*title, ColumnKind::Number));
    texts.chain(numbers).collect()
}

// Numbers.

/// Those of the last point, with those of the first before.
fn figures(measured: &[Measured], first: &Measured, last: &Measured) -> Vec<Figure> {
    let numbers = all(measured).filter(|number| number.group != Group::Rule);
    let figure = |number: &super::measure::Number| {
        let mut figure = number.figure.clone();
        figure.value = last.value(&figure.id);
        if measured.len() > 1 {
            let before = first.value(&figure.id);
            figure = figure.with_before(before);
        }
        figure
    };
    numbers.map(figure).collect()
}

fn charts(measured: &[Measured]) -> Vec<Chart> {
    const GROUPS: [(Group, &str, &str, &str); 9] = [
        (Group::Size, "size", "Size", "lines"),
        (Group::Counts, "counts", "Files and functions", "count"),
        (
            Group::Complexity,
            "complexity",
            "Cognitive complexity",
            "points",
        ),
        (
            Group::Density,
            "density",
            "Cognitive complexity a hundred lines",
            "points",
        ),
        (
            Group::Thresholds,
            "thresholds",
            "Functions above a threshold",
            "functions",
        ),
        (Group::Debt, "debt", "Comments that note debt", "comments"),
        (
            Group::Severity,
            "severity",
            "Findings by severity",
            "findings",
        ),
        (Group::Rule, "rules", "Findings by rule", "findings"),
        (Group::Other, "other", "Other figures", "value"),
    ];
    let chart = |(group, id, title, unit)| {
        let series: Vec<Series> = named(measured, group)
            .into_iter()
            .map(|(id, label)| series(measured, &id, &label))
            .collect();
        let chart = Chart::new(id, title, ChartKind::Line, series);
        let chart = chart.with_labels("date", unit).with_x_scale(Scale::Date);
        (!chart.series.is_empty()).then_some(chart)
    };
    GROUPS.into_iter().filter_map(chart).collect()
}

fn series(measured: &[Measured], id: &str, label: &str) -> Series {
    let point = |one: &Measured| {
        let moment = one.point.time as f64 * 1000.0;
        (called(&one.point), moment, one.value(id))
    };
    Series::new(label, measured.iter().map(point).collect())
}

/// Ids and labels of a group's numbers.
fn named(measured: &[Measured], group: Group) -> Vec<(String, String)> {
    let numbers = all(measured).filter(|number| number.group == group);
    let named = numbers.map(|number| (number.figure.id.clone(), number.figure.label.clone()));
    named.collect()
}

/// The numbers that any point has, each once: in groups, then in the order in which the
/// points have them; what was counted by its name, by that.
fn all(measured: &[Measured]) -> impl Iterator<Item = &super::measure::Number> {
    let mut seen = HashSet::new();
    let numbers = measured.iter().flat_map(|one| &one.numbers);
    let mut numbers: Vec<_> = numbers
        .filter(|number| seen.insert(number.figure.id.as_str()))
        .collect();
    let by_name = |number: &super::measure::Number| match number.group {
        Group::Debt | Group::Rule => number.figure.id.clone(),
        _ => String::new(),
    };
    numbers.sort_by_key(|number| (number.group, by_name(number)));
    numbers.into_iter()
}
