//! The parts that follow the findings: texts, figures, tables, plans, timelines, and the
//! names of pictures.

use std::fmt::Write as _;
use std::io;

use super::super::moments::{in_order, span};
use super::super::prose::{Block, blocks};
use super::super::steps::{Fact, effort_of, facts};
use super::super::voices::{Voices, by_agent};
use super::super::words::{self, cell, plural, visible};
use super::{SENTENCE_WIDTH, code, escaped, shortened};
use crate::{ActionPlan, ColumnKind, Document, Figure, Graph, Prose, Said, Table, Timeline};

/// Characters that all parts together may have; see [`super::BUDGET`].
const BUDGET: usize = 20_000;

/// Rows, events and edges that are shown of each part.
const SHOWN: usize = 20;

/// Writes as many parts as there is room for, whole ones only.
pub(super) fn write(document: &Document, out: &mut dyn io::Write) -> io::Result<()> {
    let mut room = BUDGET;
    let mut left_out = 0;
    for part in parts(document) {
        if part.len() > room {
            left_out += 1;
            continue;
        }
        room -= part.len();
        out.write_all(part.as_bytes())?;
    }
    if left_out > 0 {
        let parts = plural(left_out, "part");
        writeln!(out, "\n{parts} left out to keep this comment short.")?;
    }
    pictures(document, out)
}

fn parts(document: &Document) -> Vec<String> {
    let voices = Voices::of(document);
    let mut parts = Vec::new();
    for text in &document.texts {
        parts.push(heading(&voices.titled(&text.title, text)) + &prose(text));
    }
    for figures in by_agent(&document.figures) {
        let heading = heading(&voices.titled("Key figures", &figures[0]));
        parts.push(heading + &figure_list(figures));
    }
    for plan in &document.plans {
        parts.push(heading(&voices.titled(&plan.title, plan)) + &steps(plan));
    }
    for timeline in &document.timelines {
        let events = events(timeline);
        parts.push(folded(&voices.titled(&timeline.title, timeline), &events));
    }
    // An empty table would be a title and a row of headings.
    for table in document
        .tables
        .iter()
        .filter(|table| !table.rows.is_empty())
    {
        parts.push(folded(&voices.titled(&table.title, table), &rows(table)));
    }
    for graph in &document.graphs {
        parts.push(folded(&voices.titled(&graph.title, graph), &edges(graph)));
    }
    parts
}

fn heading(title: &str) -> String {
    format!("\n#### {}\n\n", sentence(title))
}

fn folded(title: &str, body: &str) -> String {
    let title = sentence(title);
    format!("\n<details><summary>{title}</summary>\n\n{body}\n</details>\n")
}

/// One line of prose that is no markup.
fn sentence(text: &str) -> String {
    escaped(&shortened(&visible(text), SENTENCE_WIDTH))
}

fn prose(text: &Prose) -> String {
    let mut body = String::new();
    let mut in_list = false;
    for block in blocks(&text.body) {
        let is_point = matches!(block, Block::Point(_));
        let goes_on = in_list && is_point;
        if !body.is_empty() && !goes_on {
            body.push('\n');
        }
        in_list = is_point;
        let (Block::Paragraph(text) | Block::Point(text)) = block;
        let dash = if is_point { "- " } else { "" };
        // A line that begins with a digit and a dot, or a dash, would begin a list.
        body.push_str(&format!("{dash}{}\n", inert(&escaped(&visible(&text)))));
    }
    body
}

/// A line of prose that begins no list.
fn inert(line: &str) -> String {
    let digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
    if line.starts_with(['-', '+', '=']) {
        return format!("\\{line}");
    }
    if digits.len() < line.len() && digits.starts_with('.') {
        return format!("{}\\{digits}", &line[..line.len() - digits.len()]);
    }
    line.to_owned()
}

fn figure_list(figures: &[Said<Figure>]) -> String {
    let mut body = String::from("| figure | value |\n| --- | ---: |\n");
    for figure in figures {
        let value = words::figure(figure);
        // Writing to a String cannot fail.
        let _ = writeln!(
            body,
            "| {} | {} |",
            sentence(&figure.label),
            escaped(&value)
        );
    }
    body
}

fn steps(plan: &ActionPlan) -> String {
    let mut body = String::new();
    for (index, item) in plan.items.iter().enumerate() {
        let effort = effort_of(item).map_or_else(String::new, |effort| format!(" ({effort})"));
        let title = sentence(&item.title);
        let reason = sentence(&item.reason);
        let _ = write!(body, "{}. **{title}**{effort}<br>{reason}", index + 1);
        for fact in facts(plan, item) {
            let text = match &fact {
                Fact::Where(places) => {
                    let places: Vec<_> = places.iter().map(|place| code(place)).collect();
                    places.join(", ")
                }
                Fact::Check(command) => code(&visible(command)),
                Fact::After(text) | Fact::Risk(text) | Fact::Undo(text) => sentence(text),
            };
            let _ = write!(body, "<br>{}: {text}", fact.label());
        }
        body.push('\n');
    }
    body
}

fn events(timeline: &Timeline) -> String {
    let events = in_order(timeline);
    let origin = events.first().map_or(0.0, |event| event.start_ms);
    let mut body = String::new();
    for event in events.iter().take(SHOWN) {
        let time = span(timeline, event, origin);
        let (lane, label) = (sentence(&event.lane), sentence(&event.label));
        let _ = writeln!(body, "- {time} {lane}: {label}");
    }
    body + &more(events.len())
}

fn rows(table: &Table) -> String {
    let columns = table.columns.iter();
    let titles: Vec<_> = columns.map(|column| sentence(&column.title)).collect();
    let columns = table.columns.iter();
    let rules: Vec<_> = columns.map(|column| rule(&column.kind)).collect();
    let mut body = format!("| {} |\n| {} |\n", titles.join(" | "), rules.join(" | "));
    for row in table.rows.iter().take(SHOWN) {
        let cells = table.columns.iter().zip(row);
        let cells: Vec<_> = cells
            .map(
                |(column, value)| match (&column.kind, cell(&column.kind, value)) {
                    (ColumnKind::Path, path) if !path.is_empty() => code(&path),
                    (_, text) => escaped(&shortened(&text, SENTENCE_WIDTH)),
                },
            )
            .collect();
        let _ = writeln!(body, "| {} |", cells.join(" | "));
    }
    let more = more(table.rows.len());
    if more.is_empty() {
        return body;
    }
    body + "\n" + &more
}

fn rule(kind: &ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Number => "---:",
        ColumnKind::Text | ColumnKind::Path | ColumnKind::Other(_) => "---",
    }
}

fn edges(graph: &Graph) -> String {
    let mut body = String::new();
    for edge in graph.edges.iter().take(SHOWN) {
        let _ = writeln!(body, "- {} → {}", sentence(&edge.from), sentence(&edge.to));
    }
    body + &more(graph.edges.len())
}

fn more(count: usize) -> String {
    match count.saturating_sub(SHOWN) {
        0 => String::new(),
        hidden => format!("- and {hidden} more\n"),
    }
}

/// Names what cannot be drawn here.
fn pictures(document: &Document, out: &mut dyn io::Write) -> io::Result<()> {
    let titles = document.charts.iter().map(|chart| sentence(&chart.title));
    let titles: Vec<_> = titles.take(SHOWN).collect();
    if titles.is_empty() {
        return Ok(());
    }
    let titles = titles.join(", ");
    writeln!(out, "\nPictures for `--format html`: {titles}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_prose_begins_no_list() {
        let text = Prose::new("p", "P", "3. July\n\n* starred\n\n- point\n\n\\- dash");
        let expected = "3\\. July\n\n\\* starred\n\n- point\n\n\\\\- dash\n";
        assert_eq!(prose(&text), expected);
        assert_eq!(inert("2027"), "2027");
        assert_eq!(inert("-- x"), "\\-- x");
    }
}
