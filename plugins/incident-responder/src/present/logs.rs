//! The report of `guildhall incident logs`.

use guildhall_report::{Column, ColumnKind, Figure, Report, Skipped, Table};
use serde_json::{Value, json};

use crate::Moment;
use crate::logs::{Change, ChangeKind, Group, Mined, PassedOver, compare};

/// How it is shown.
pub(crate) struct Shown<'a> {
    /// The log.
    pub(crate) source: &'a str,
    /// Rows of a table at the most.
    pub(crate) most: usize,
    /// What was not read as it stands.
    pub(crate) passed_over: PassedOver,
    /// Whether the lines write the year.
    pub(crate) has_years: bool,
}

pub(crate) fn logs(mined: &Mined, shown: &Shown<'_>) -> Report {
    let changes = compare(mined);
    Report {
        title: Some(format!("Log templates of {}", shown.source)),
        figures: figures(mined, &changes),
        tables: vec![
            changes_table(mined, &changes, shown),
            templates_table(mined, shown),
        ],
        skipped: skipped(mined, shown),
        ..Report::default()
    }
}

fn figures(mined: &Mined, changes: &[Change]) -> Vec<Figure> {
    let of = |kind| changes.iter().filter(|change| change.kind == kind).count() as f64;
    let mut figures = vec![
        Figure::new("lines", "lines", mined.examined.lines as f64),
        Figure::new("templates", "templates", mined.groups.len() as f64),
    ];
    if mined.baseline.lines > 0 {
        let lines = mined.baseline.lines as f64;
        figures.push(Figure::new("baseline-lines", "lines before", lines));
        figures.push(Figure::new("new", "new templates", of(ChangeKind::New)));
        let vanished = of(ChangeKind::Vanished);
        figures.push(Figure::new("vanished", "vanished templates", vanished));
    }
    figures.push(Figure::new("bursts", "bursts", of(ChangeKind::Burst)));
    figures
}

fn changes_table(mined: &Mined, changes: &[Change], shown: &Shown<'_>) -> Table {
    let columns = vec![
        Column::new("Change", ColumnKind::Text),
        Column::new("Seen", ColumnKind::Number),
        Column::new("Expected", ColumnKind::Number),
        Column::new("Template", ColumnKind::Text),
        Column::new("Since", ColumnKind::Text),
        Column::new("Line", ColumnKind::Number),
        Column::new("Chance 10^-", ColumnKind::Number),
    ];
    let row = |change: &Change| {
        let group = &mined.groups[change.group];
        let minute = change
            .minute
            .and_then(|minute| Moment::from_milliseconds(minute * 60_000));
        vec![
            json!(change.kind.as_str()),
            json!(change.seen),
            json!((change.expected * 10.0).round() / 10.0),
            json!(marked(group)),
            moment(minute.or(group.first), shown),
            json!(group.first_line),
            json!((change.improbability * 10.0).round() / 10.0),
        ]
    };
    let rows = changes.iter().take(shown.most).map(row).collect();
    let title = title("What changed", changes.len(), shown);
    Table::new("changes", title, columns).with_rows(rows)
}

fn templates_table(mined: &Mined, shown: &Shown<'_>) -> Table {
    let columns = vec![
        Column::new("Lines", ColumnKind::Number),
        Column::new("Before", ColumnKind::Number),
        Column::new("Level", ColumnKind::Text),
        Column::new("Line", ColumnKind::Number),
        Column::new("Template", ColumnKind::Text),
    ];
    let mut groups: Vec<&Group> = mined.groups.iter().collect();
    // Where two have the same number, the one that was seen first; the sort keeps it first.
    groups.sort_by_key(|group| std::cmp::Reverse((group.examined, group.baseline)));
    let row = |group: &&Group| {
        vec![
            json!(group.examined),
            json!(group.baseline),
            group
                .level
                .map_or(Value::Null, |level| json!(level.as_str())),
            json!(group.first_line),
            json!(group.template),
        ]
    };
    let rows = groups.iter().take(shown.most).map(row).collect();
    let title = title("Templates", groups.len(), shown);
    Table::new("templates", title, columns).with_rows(rows)
}

/// What of the logs is not in the figures as it stands.
fn skipped(mined: &Mined, shown: &Shown<'_>) -> Vec<Skipped> {
    let passed_over = shown.passed_over;
    let let_go = mined.let_go;
    let all = [
        (
            passed_over.long_lines,
            "long-line",
            format!(
                "{} lines have more than 65536 bytes and were cut",
                passed_over.long_lines
            ),
        ),
        (
            passed_over.not_utf8,
            "not-utf8",
            format!(
                "{} lines are not UTF-8 and were read byte by byte",
                passed_over.not_utf8
            ),
        ),
        (
            let_go.groups,
            "let-go",
            format!(
                "{} rare templates with {} lines were let go to bound the memory",
                let_go.groups, let_go.lines
            ),
        ),
    ];
    let some = all.into_iter().filter(|(count, ..)| *count > 0);
    some.map(|(_, code, reason)| Skipped::new(shown.source, code, reason))
        .collect()
}

fn title(what: &str, count: usize, shown: &Shown<'_>) -> String {
    if count > shown.most {
        format!("{what} (the first {} of {count})", shown.most)
    } else {
        what.to_owned()
    }
}

/// The template, and its level where that says that something failed.
fn marked(group: &Group) -> String {
    match group.level.filter(|_| group.is_failure()) {
        Some(level) => format!("[{}] {}", level.as_str(), group.template),
        None => group.template.clone(),
    }
}

fn moment(moment: Option<Moment>, shown: &Shown<'_>) -> Value {
    let Some(moment) = moment else {
        return Value::Null;
    };
    let text = moment.to_string();
    let text = text.trim_end_matches('Z').replace('T', " ");
    let without_year = text.get("2000-".len()..).unwrap_or_default();
    json!(if shown.has_years {
        text.as_str()
    } else {
        without_year
    })
}
