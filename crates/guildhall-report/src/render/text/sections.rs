//! What follows the findings: files, figures, tables, plans, what was left out.

use std::io;

use super::super::Style;
use super::super::words::{cell, effort, plural, quantity, visible};
use super::columns::Holds;
use super::layout::{Page, Paint, Word, word, words};
use crate::{ColumnKind, Merged, Plan, PlanItem, Skipped, Table};

/// Rows of a table that are shown unless everything is asked for.
const TABLE_ROWS: usize = 10;

/// Skipped files that are shown unless everything is asked for.
const SKIPPED_SHOWN: usize = 5;

pub(super) fn top_files(merged: &Merged, page: &mut Page<'_>) -> io::Result<()> {
    let files = &merged.summary.top_files;
    if files.is_empty() {
        return Ok(());
    }
    page.heading("Files to look at first")?;
    let mut rows = vec![header(["findings", "worst", "to mend", "file"])];
    rows.extend(files.iter().map(|file| {
        vec![
            word(file.findings.to_string(), Paint::Plain),
            word(file.worst.as_str(), Paint::Severity(file.worst)),
            word(effort(file.remediation_minutes), Paint::Plain),
            word(visible(&file.path), Paint::Plain),
        ]
    }));
    // The findings above give every path in full.
    let holds = [Holds::Numbers, Holds::Words, Holds::Numbers, Holds::Paths];
    page.columns(&holds, &rows).map(drop)
}

pub(super) fn figures(merged: &Merged, page: &mut Page<'_>) -> io::Result<()> {
    if merged.figures.is_empty() {
        return Ok(());
    }
    page.heading("Key figures")?;
    let figures = merged.figures.iter().map(|figure| &figure.item);
    let rows: Vec<_> = figures
        .map(|figure| {
            vec![
                word(visible(&figure.label), Paint::Plain),
                word(quantity(figure.value, figure.unit.as_deref()), Paint::Bold),
            ]
        })
        .collect();
    page.columns(&[Holds::Words, Holds::Words], &rows).map(drop)
}

pub(super) fn tables(merged: &Merged, style: &Style, page: &mut Page<'_>) -> io::Result<()> {
    // An empty table would be a title and a row of headings.
    let tables = merged
        .tables
        .iter()
        .filter(|table| !table.item.rows.is_empty());
    for table in tables {
        one_table(&table.item, style, page)?;
    }
    Ok(())
}

fn one_table(table: &Table, style: &Style, page: &mut Page<'_>) -> io::Result<()> {
    page.heading(&visible(&table.title))?;
    let shown = if style.verbose {
        table.rows.len()
    } else {
        TABLE_ROWS
    };
    let mut rows = vec![header(
        table.columns.iter().map(|column| visible(&column.title)),
    )];
    for row in table.rows.iter().take(shown) {
        let cells = table.columns.iter().zip(row);
        let cells = cells.map(|(column, value)| cell(column.kind, value).into_owned());
        rows.push(cells.map(|text| word(text, Paint::Plain)).collect());
    }
    let holds: Vec<_> = table
        .columns
        .iter()
        .map(|column| holds(column.kind))
        .collect();
    let left_out = page.columns(&holds, &rows)?;
    no_room(table, &left_out, page)?;
    more(table.rows.len().saturating_sub(shown), "more row", page)
}

fn holds(kind: ColumnKind) -> Holds {
    match kind {
        ColumnKind::Number => Holds::Numbers,
        ColumnKind::Text => Holds::Words,
        ColumnKind::Path => Holds::Paths,
    }
}

/// Names the columns that found no room.
fn no_room(table: &Table, left_out: &[usize], page: &mut Page<'_>) -> io::Result<()> {
    if left_out.is_empty() {
        return Ok(());
    }
    let titles = left_out
        .iter()
        .filter_map(|index| table.columns.get(*index));
    let titles: Vec<_> = titles.map(|column| visible(&column.title)).collect();
    let text = format!("No room for: {}; --format html has all.", titles.join(", "));
    page.paragraph(words(&text, Paint::Dim), 0, 0)
}

pub(super) fn plans(merged: &Merged, page: &mut Page<'_>) -> io::Result<()> {
    for plan in &merged.plans {
        one_plan(&plan.item, page)?;
    }
    Ok(())
}

fn one_plan(plan: &Plan, page: &mut Page<'_>) -> io::Result<()> {
    page.heading(&visible(&plan.title))?;
    for (index, item) in plan.items.iter().enumerate() {
        let number = format!("{}.", index + 1);
        let indent = number.len() + 1;
        let mut line = vec![word(number, Paint::Plain)];
        line.extend(words(&visible(&item.title), Paint::Plain));
        line.extend(words(&item_effort(item), Paint::Dim));
        page.paragraph(line, 0, indent)?;
        page.paragraph(words(&visible(&item.reason), Paint::Dim), indent, indent)?;
    }
    Ok(())
}

fn item_effort(item: &PlanItem) -> String {
    match item.effort_minutes {
        Some((least, most)) => {
            format!(
                "({} to {})",
                effort(u64::from(least)),
                effort(u64::from(most))
            )
        }
        None => String::new(),
    }
}

/// Names what a terminal cannot show and where it can be seen.
pub(super) fn pictures(merged: &Merged, page: &mut Page<'_>) -> io::Result<()> {
    let charts = merged.charts.iter().map(|chart| &chart.item.title);
    let graphs = merged.graphs.iter().map(|graph| &graph.item.title);
    let timelines = merged.timelines.iter().map(|timeline| &timeline.item.title);
    let titles = charts
        .chain(graphs)
        .chain(timelines)
        .map(|title| visible(title));
    let titles: Vec<_> = titles.collect();
    if titles.is_empty() {
        return Ok(());
    }
    page.blank()?;
    let text = format!("Pictures for --format html: {}", titles.join(", "));
    page.paragraph(words(&text, Paint::Dim), 0, 0)
}

pub(super) fn skipped(merged: &Merged, style: &Style, page: &mut Page<'_>) -> io::Result<()> {
    let all = &merged.skipped;
    if all.is_empty() {
        return Ok(());
    }
    let codes = merged.summary.skipped_by_code.iter();
    let codes: Vec<_> = codes
        .map(|(code, count)| format!("{count} {}", visible(code)))
        .collect();
    let heading = format!(
        "{} not examined: {}",
        plural(all.len(), "file"),
        codes.join(", ")
    );
    page.heading(&heading)?;
    let shown = if style.verbose {
        all.len()
    } else {
        SKIPPED_SHOWN
    };
    for item in all.iter().take(shown) {
        one_skipped(item, page)?;
    }
    more(all.len().saturating_sub(shown), "more", page)
}

fn one_skipped(item: &Skipped, page: &mut Page<'_>) -> io::Result<()> {
    let mut line = vec![
        word(visible(&item.path), Paint::Bold),
        word(format!("{} ", visible(&item.code)), Paint::Plain),
    ];
    line.extend(words(&visible(&item.reason), Paint::Plain));
    page.paragraph(line, 0, 4)
}

pub(super) fn failed_agents(merged: &Merged, page: &mut Page<'_>) -> io::Result<()> {
    if merged.summary.failed_agents.is_empty() {
        return Ok(());
    }
    page.heading("Agents that failed")?;
    for failed in &merged.summary.failed_agents {
        let head = format!("{} ({})", failed.agent, failed.capability);
        let mut line: Vec<_> = words(&visible(&head), Paint::Bold).collect();
        let rest = format!("{}: {}", failed.code, failed.message);
        line.extend(words(&visible(&rest), Paint::Plain));
        page.paragraph(line, 0, 4)?;
    }
    Ok(())
}

fn header<T: Into<String>>(titles: impl IntoIterator<Item = T>) -> Vec<Word> {
    titles
        .into_iter()
        .map(|title| word(title, Paint::Dim))
        .collect()
}

fn more(hidden: usize, noun: &str, page: &mut Page<'_>) -> io::Result<()> {
    if hidden == 0 {
        return Ok(());
    }
    let count = match noun {
        "more" => format!("{hidden} more"),
        noun => plural(hidden, noun),
    };
    let text = format!("{count} not shown; --verbose shows all.");
    page.paragraph(words(&text, Paint::Dim), 0, 0)
}
