//! What follows the findings: files, figures, tables, plans, what was left out.

use std::io;

use super::super::Style;
use super::super::moments::{in_order, span};
use super::super::notes::{because, place_of, unused};
use super::super::prose::{Block, blocks};
use super::super::steps::{effort_of, facts};
use super::super::voices::{Voices, by_agent};
use super::super::words::{self as said, cell, effort, plural, visible};
use super::columns::Holds;
use super::layout::{Page, Paint, Word, word, words};
use crate::{ActionPlan, Chart, ChartKind, ColumnKind, Document, Skipped, Table, Timeline};

/// Rows of a table that are shown unless everything is asked for.
const TABLE_ROWS: usize = 10;

/// Events of a timeline that are shown unless everything is asked for.
const EVENTS_SHOWN: usize = 20;

/// Skipped files that are shown unless everything is asked for.
const SKIPPED_SHOWN: usize = 5;

pub(super) fn top_files(document: &Document, page: &mut Page<'_>) -> io::Result<()> {
    let files = &document.summary.top_files;
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

pub(super) fn texts(document: &Document, voices: Voices, page: &mut Page<'_>) -> io::Result<()> {
    for text in &document.texts {
        page.heading(&visible(&voices.titled(&text.title, text)))?;
        for block in blocks(&text.body) {
            match block {
                Block::Paragraph(text) => {
                    page.paragraph(words(&visible(&text), Paint::Plain), 0, 0)?;
                }
                Block::Point(text) => page.point(&visible(&text), Paint::Plain, 0)?,
            }
        }
    }
    Ok(())
}

pub(super) fn figures(document: &Document, voices: Voices, page: &mut Page<'_>) -> io::Result<()> {
    for figures in by_agent(&document.figures) {
        page.heading(&visible(&voices.titled("Key figures", &figures[0])))?;
        let rows: Vec<_> = figures
            .iter()
            .map(|figure| {
                vec![
                    word(visible(&figure.label), Paint::Plain),
                    word(said::figure(figure), Paint::Bold),
                ]
            })
            .collect();
        page.columns(&[Holds::Words, Holds::Words], &rows)?;
    }
    Ok(())
}

pub(super) fn tables(document: &Document, style: &Style, page: &mut Page<'_>) -> io::Result<()> {
    // An empty table would be a title and a row of headings.
    let tables = document
        .tables
        .iter()
        .filter(|table| !table.item.rows.is_empty());
    let voices = Voices::of(document);
    for table in tables {
        page.heading(&visible(&voices.titled(&table.title, table)))?;
        one_table(table, style, page)?;
    }
    Ok(())
}

fn one_table(table: &Table, style: &Style, page: &mut Page<'_>) -> io::Result<()> {
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
        let cells = cells.map(|(column, value)| cell(&column.kind, value).into_owned());
        rows.push(cells.map(|text| word(text, Paint::Plain)).collect());
    }
    let holds: Vec<_> = table
        .columns
        .iter()
        .map(|column| holds(&column.kind))
        .collect();
    let left_out = page.columns(&holds, &rows)?;
    no_room(table, &left_out, page)?;
    more(table.rows.len().saturating_sub(shown), "more row", page)
}

fn holds(kind: &ColumnKind) -> Holds {
    match kind {
        ColumnKind::Number => Holds::Numbers,
        ColumnKind::Text | ColumnKind::Other(_) => Holds::Words,
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

pub(super) fn plans(document: &Document, style: &Style, page: &mut Page<'_>) -> io::Result<()> {
    let voices = Voices::of(document);
    for plan in &document.plans {
        page.heading(&visible(&voices.titled(&plan.title, plan)))?;
        one_plan(plan, style, page)?;
    }
    Ok(())
}

fn one_plan(plan: &ActionPlan, style: &Style, page: &mut Page<'_>) -> io::Result<()> {
    for (index, item) in plan.items.iter().enumerate() {
        let number = format!("{}.", index + 1);
        let indent = number.len() + 1;
        let mut line = vec![word(number, Paint::Plain)];
        line.extend(words(&visible(&item.title), Paint::Plain));
        let effort = effort_of(item).map_or_else(String::new, |effort| format!("({effort})"));
        line.extend(words(&effort, Paint::Dim));
        page.paragraph(line, 0, indent)?;
        page.paragraph(words(&visible(&item.reason), Paint::Dim), indent, indent)?;
        let facts = if style.verbose {
            facts(plan, item)
        } else {
            Vec::new()
        };
        for fact in facts {
            let text = format!("{}: {}", fact.label(), visible(&fact.text()));
            page.paragraph(words(&text, Paint::Plain), indent, indent + 2)?;
        }
    }
    Ok(())
}

pub(super) fn timelines(document: &Document, style: &Style, page: &mut Page<'_>) -> io::Result<()> {
    let voices = Voices::of(document);
    for timeline in &document.timelines {
        page.heading(&visible(&voices.titled(&timeline.title, timeline)))?;
        one_timeline(timeline, style, page)?;
    }
    Ok(())
}

fn one_timeline(timeline: &Timeline, style: &Style, page: &mut Page<'_>) -> io::Result<()> {
    let events = in_order(timeline);
    let shown = if style.verbose {
        events.len()
    } else {
        EVENTS_SHOWN
    };
    let origin = events.first().map_or(0.0, |event| event.start_ms);
    let rows: Vec<_> = events
        .iter()
        .take(shown)
        .map(|event| {
            vec![
                word(span(timeline, event, origin), Paint::Plain),
                word(visible(&event.lane), Paint::Dim),
                word(visible(&event.label), Paint::Plain),
            ]
        })
        .collect();
    page.columns(&[Holds::Numbers, Holds::Words, Holds::Words], &rows)?;
    let hidden = events.len().saturating_sub(shown);
    more(hidden, "more event", page)
}

/// Names what a terminal cannot show and where it can be seen.
pub(super) fn pictures(document: &Document, page: &mut Page<'_>) -> io::Result<()> {
    let drawn = |chart: &&crate::Said<Chart>| chart.kind == ChartKind::Line;
    let charts = document.charts.iter().filter(|chart| !drawn(chart));
    let charts = charts.map(|chart| &chart.item.title);
    let graphs = document.graphs.iter().map(|graph| &graph.item.title);
    let titles = charts.chain(graphs).map(|title| visible(title));
    let titles: Vec<_> = titles.collect();
    if titles.is_empty() {
        return Ok(());
    }
    page.blank()?;
    let text = format!("Pictures for --format html: {}", titles.join(", "));
    page.paragraph(words(&text, Paint::Dim), 0, 0)
}

/// Suppressions without use, and with everything asked for those that have one.
pub(super) fn suppressed(
    document: &Document,
    style: &Style,
    page: &mut Page<'_>,
) -> io::Result<()> {
    let voices = Voices::of(document);
    if style.verbose && !document.suppressed.is_empty() {
        page.heading("Suppressed in the source")?;
        for one in &document.suppressed {
            let rule = &one.finding.rule;
            let text = voices.titled(&because(one), one);
            suppression(&place_of(one), &format!("{rule}: {text}"), page)?;
        }
    }
    let all = &document.unused_suppressions;
    if all.is_empty() {
        return Ok(());
    }
    page.heading("Suppressions without use")?;
    let shown = if style.verbose {
        all.len()
    } else {
        SKIPPED_SHOWN
    };
    for one in all.iter().take(shown) {
        let text = voices.titled(&unused(one), one);
        suppression(&said::place(&one.location), &text, page)?;
    }
    more(all.len().saturating_sub(shown), "more", page)
}

fn suppression(at: &str, text: &str, page: &mut Page<'_>) -> io::Result<()> {
    let mut line = vec![word(at, Paint::Bold)];
    line.extend(words(&visible(text), Paint::Plain));
    page.paragraph(line, 0, 4)
}

pub(super) fn skipped(document: &Document, style: &Style, page: &mut Page<'_>) -> io::Result<()> {
    let all = &document.skipped;
    if all.is_empty() {
        return Ok(());
    }
    let codes = document.summary.skipped_by_code.iter();
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
    let voices = Voices::of(document);
    for item in all.iter().take(shown) {
        one_skipped(item, voices.by(item), page)?;
    }
    more(all.len().saturating_sub(shown), "more", page)
}

fn one_skipped(item: &Skipped, by: Option<&str>, page: &mut Page<'_>) -> io::Result<()> {
    let mut line = vec![
        word(visible(&item.path), Paint::Bold),
        word(format!("{} ", visible(&item.code)), Paint::Plain),
    ];
    line.extend(words(&visible(&item.reason), Paint::Plain));
    let by = by.map_or_else(String::new, |agent| format!("({})", visible(agent)));
    line.extend(words(&by, Paint::Dim));
    page.paragraph(line, 0, 4)
}

pub(super) fn failed_agents(document: &Document, page: &mut Page<'_>) -> io::Result<()> {
    if document.summary.failed_agents.is_empty() {
        return Ok(());
    }
    page.heading("Agents that failed")?;
    for failed in &document.summary.failed_agents {
        let head = format!("{} ({})", failed.agent, failed.capability);
        let mut line: Vec<_> = words(&visible(&head), Paint::Bold).collect();
        let rest = format!("{}: {}", failed.code, failed.message);
        line.extend(words(&visible(&rest), Paint::Plain));
        page.paragraph(line, 0, 4)?;
    }
    Ok(())
}

pub(super) fn problems(document: &Document, page: &mut Page<'_>) -> io::Result<()> {
    if document.problems.is_empty() {
        return Ok(());
    }
    page.heading("For the authors of agents")?;
    for problem in &document.problems {
        let mut line: Vec<_> = words(&visible(&problem.agent), Paint::Bold).collect();
        let rest = format!("{}: {}", problem.item.code, problem.item.message);
        line.extend(words(&visible(&rest), Paint::Plain));
        page.paragraph(line, 0, 4)?;
    }
    Ok(())
}

pub(super) fn header<T: Into<String>>(titles: impl IntoIterator<Item = T>) -> Vec<Word> {
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
