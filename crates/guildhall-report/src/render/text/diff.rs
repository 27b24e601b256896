//! What changed between two reports, for a person at a terminal.

use std::io;

use super::super::Style;
use super::super::diff::{changed, counts, headline, places, warning};
use super::super::words::{self as said, visible};
use super::columns::Holds;
use super::layout::{Page, Paint, word, words};
use super::one_finding;
use crate::{Diff, Finding, Said, SeverityCounts};

pub(in super::super) fn render(
    diff: &Diff,
    style: &Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut page = Page::new(style, out);
    page.paragraph(words(&headline(diff), Paint::Bold), 0, 0)?;
    if let Some(warning) = warning(diff) {
        page.paragraph(words(&warning, Paint::Plain), 0, 0)?;
    }
    findings("New", &diff.new, &diff.new_by_severity, style, &mut page)?;
    findings("Gone", &diff.gone, &diff.gone_by_severity, style, &mut page)?;
    moved(diff, style, &mut page)?;
    if !(diff.new.is_empty() && diff.gone.is_empty() && diff.moved.is_empty()) {
        by_rule(diff, &mut page)?;
    }
    figures(diff, &mut page)
}

fn findings(
    title: &str,
    all: &[Said<Finding>],
    severities: &SeverityCounts,
    style: &Style,
    page: &mut Page<'_>,
) -> io::Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    page.heading(&format!("{title}: {}", counts(severities)))?;
    let shown = shown(all.len(), style);
    for finding in all.iter().take(shown) {
        one_finding(finding, page)?;
    }
    more(all.len() - shown, page)
}

fn moved(diff: &Diff, style: &Style, page: &mut Page<'_>) -> io::Result<()> {
    if diff.moved.is_empty() {
        return Ok(());
    }
    page.heading("Moved")?;
    let shown = shown(diff.moved.len(), style);
    for one in diff.moved.iter().take(shown) {
        let (to, from) = places(one);
        let mut line = vec![
            word(to, Paint::Bold),
            word(visible(&one.finding.rule), Paint::Plain),
            word("", Paint::Plain),
        ];
        line.extend(words("was at", Paint::Dim));
        line.push(word(from, Paint::Dim));
        page.paragraph(line, 0, 4)?;
    }
    more(diff.moved.len() - shown, page)
}

fn by_rule(diff: &Diff, page: &mut Page<'_>) -> io::Result<()> {
    page.heading("By rule")?;
    let plain = |text: &str| word(text, Paint::Plain);
    let titles = ["rule", "new", "gone", "moved", "as before"];
    let mut rows = vec![titles.map(|title| word(title, Paint::Dim)).into()];
    rows.extend(diff.by_rule.iter().map(|(rule, counts)| {
        let numbers = [counts.new, counts.gone, counts.moved, counts.same];
        let mut row = vec![word(visible(rule), Paint::Plain)];
        row.extend(numbers.map(|number| plain(&number.to_string())));
        row
    }));
    let holds = [
        Holds::Words,
        Holds::Numbers,
        Holds::Numbers,
        Holds::Numbers,
        Holds::Numbers,
    ];
    page.columns(&holds, &rows).map(drop)
}

fn figures(diff: &Diff, page: &mut Page<'_>) -> io::Result<()> {
    let figures = changed(diff);
    if figures.is_empty() {
        return Ok(());
    }
    page.heading("Key figures")?;
    for figure in figures {
        let mut line: Vec<_> = words(&visible(&figure.label), Paint::Plain).collect();
        line.push(word("", Paint::Plain));
        line.extend(words(&said::figure(figure), Paint::Plain));
        page.paragraph(line, 0, 4)?;
    }
    Ok(())
}

fn shown(count: usize, style: &Style) -> usize {
    if style.verbose {
        count
    } else {
        count.min(style.top)
    }
}

fn more(hidden: usize, page: &mut Page<'_>) -> io::Result<()> {
    if hidden == 0 {
        return Ok(());
    }
    let text = format!("{hidden} more not shown; --verbose shows all.");
    page.paragraph(words(&text, Paint::Dim), 0, 0)
}
