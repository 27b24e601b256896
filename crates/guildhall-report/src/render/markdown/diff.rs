//! What changed between two reports, for a comment on a pull request.

use std::io;

use super::super::diff::{changed, counts, headline, places, warning};
use super::super::voices::Voices;
use super::super::words::{self, plural, visible};
use super::{BUDGET, TOP, code, escaped, lowered, not_shown, rows};
use crate::{Diff, Finding, Said, SeverityCounts};

pub(in super::super) fn render(diff: &Diff, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "### Guildhall: {}", lowered(&headline(diff)))?;
    if let Some(warning) = warning(diff) {
        writeln!(out, "\n{}", escaped(&warning))?;
    }
    findings("New", &diff.new, &diff.new_by_severity, out)?;
    findings("Gone", &diff.gone, &diff.gone_by_severity, out)?;
    moved(diff, out)?;
    if !(diff.new.is_empty() && diff.gone.is_empty() && diff.moved.is_empty()) {
        by_rule(diff, out)?;
    }
    figures(diff, out)
}

fn findings(
    title: &str,
    all: &[Said<Finding>],
    severities: &SeverityCounts,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n#### {title}: {}\n", counts(severities))?;
    let all: Vec<&Said<Finding>> = all.iter().collect();
    let mut room = BUDGET / 3;
    let left_out = rows(&all, Voices::among(&all), &mut room, out)?;
    not_shown(left_out, out)
}

fn moved(diff: &Diff, out: &mut dyn io::Write) -> io::Result<()> {
    if diff.moved.is_empty() {
        return Ok(());
    }
    let count = plural(diff.moved.len(), "finding");
    writeln!(out, "\n<details><summary>{count} moved</summary>\n")?;
    for one in diff.moved.iter().take(TOP) {
        let (to, from) = places(one);
        let rule = code(&visible(&one.finding.rule));
        writeln!(out, "- {} {rule} was at {}", code(&to), code(&from))?;
    }
    let hidden = diff.moved.len().saturating_sub(TOP);
    if hidden > 0 {
        writeln!(out, "- and {hidden} more")?;
    }
    writeln!(out, "\n</details>")
}

fn by_rule(diff: &Diff, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "\n| rule | new | gone | moved | as before |")?;
    writeln!(out, "| --- | ---: | ---: | ---: | ---: |")?;
    for (rule, counts) in &diff.by_rule {
        writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            code(&visible(rule)),
            counts.new,
            counts.gone,
            counts.moved,
            counts.same
        )?;
    }
    Ok(())
}

fn figures(diff: &Diff, out: &mut dyn io::Write) -> io::Result<()> {
    let figures = changed(diff);
    if figures.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n| figure | value |\n| --- | ---: |")?;
    for figure in figures {
        let label = escaped(&visible(&figure.label));
        writeln!(out, "| {label} | {} |", escaped(&words::figure(figure)))?;
    }
    Ok(())
}
