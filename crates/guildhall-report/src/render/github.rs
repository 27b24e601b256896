//! GitHub's workflow commands: annotations at the lines of a change. The form is that of
//! GitHub's documentation, "Workflow commands for GitHub Actions", and of its `toolkit`.

use std::collections::BTreeMap;
use std::io;

use super::also::also;
use super::headline::found;
use super::notes::{notes, unused};
use super::words::{plural, visible};
use crate::{Document, Finding, Location, Severity};

/// Annotations of one level that GitHub shows of a step; it drops the rest in silence.
const SHOWN: usize = 10;

/// Ways of escaping.
const DATA: [(char, &str); 3] = [('%', "%25"), ('\r', "%0D"), ('\n', "%0A")];
const PROPERTY: [(char, &str); 2] = [(':', "%3A"), (',', "%2C")];

pub(super) fn render(document: &Document, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Page {
        out,
        counts: BTreeMap::new(),
        left_out: 0,
    };
    for failed in &document.summary.failed_agents {
        let text = format!("{}: {}: {}", failed.capability, failed.code, failed.message);
        page.annotate("error", None, &format!("{} failed", failed.agent), &text)?;
    }
    for (agent, reason) in document.unmet() {
        page.annotate("error", None, &format!("{agent}: not met"), reason)?;
    }
    for finding in document.most_important() {
        let at = finding.location.as_ref();
        page.annotate(level(finding), at, &finding.rule, &message(finding))?;
    }
    for one in &document.unused_suppressions {
        let at = Some(&one.location);
        page.annotate("notice", at, "suppression without use", &unused(one))?;
    }
    for file in &document.skipped {
        let at = Location::file(file.path.as_str());
        let text = format!("{}: {}", file.code, file.reason);
        page.annotate("notice", Some(&at), "not examined", &text)?;
    }
    page.end(document)
}

struct Page<'a> {
    out: &'a mut dyn io::Write,
    /// Annotations so far, by level.
    counts: BTreeMap<&'static str, usize>,
    left_out: usize,
}

impl Page<'_> {
    fn annotate(
        &mut self,
        level: &'static str,
        at: Option<&Location>,
        title: &str,
        message: &str,
    ) -> io::Result<()> {
        let count = self.counts.entry(level).or_default();
        if *count >= SHOWN {
            self.left_out += 1;
            return Ok(());
        }
        *count += 1;
        let mut properties: Vec<String> = at.map(place).unwrap_or_default();
        properties.push(format!("title={}", property(title)));
        let properties = properties.join(",");
        writeln!(self.out, "::{level} {properties}::{}", data(message))
    }

    /// Lines that are no commands: what the annotations do not say.
    fn end(&mut self, document: &Document) -> io::Result<()> {
        let summary = &document.summary;
        let counts = summary.by_severity.worst_first();
        let counts = counts.iter().filter(|(_, count)| *count > 0);
        let counts: Vec<String> = counts
            .map(|(severity, count)| format!("{count} {severity}"))
            .collect();
        let mut head = found(document);
        if !counts.is_empty() {
            head = format!("{head}: {}", counts.join(", "));
        }
        writeln!(self.out, "guildhall: {head}")?;
        if self.left_out > 0 {
            let more = plural(self.left_out, "more annotation");
            writeln!(
                self.out,
                "guildhall: {more} left out, for GitHub shows {SHOWN} of a level"
            )?;
        }
        for note in notes(document) {
            writeln!(self.out, "guildhall: {}", visible(&note))?;
        }
        for agent in document.agents() {
            let also = also(document, agent);
            if !also.is_empty() {
                let also = format!("{agent} also reported {}", also.join(", "));
                writeln!(self.out, "guildhall: {}", visible(&also))?;
            }
        }
        for problem in &document.problems {
            let text = format!("{}: {}", problem.agent, problem.item.message);
            writeln!(self.out, "guildhall: {}", visible(&text))?;
        }
        Ok(())
    }
}

fn level(finding: &Finding) -> &'static str {
    match finding.severity {
        Severity::Critical | Severity::Major => "error",
        Severity::Minor => "warning",
        Severity::Info => "notice",
    }
}

fn message(finding: &Finding) -> String {
    let subject = finding.unnamed_subject();
    let subject = subject.map_or_else(String::new, |subject| format!(" ({subject})"));
    let reason = match finding.reason.as_str() {
        "" => String::new(),
        reason => format!(". {reason}"),
    };
    format!("{}{subject}{reason}", finding.message)
}

/// `file`, and the lines where they are known. Columns are given on one line only, for
/// GitHub takes them as such.
fn place(at: &Location) -> Vec<String> {
    let mut properties = vec![format!("file={}", property(&at.path))];
    let Some(start) = at.start.filter(|start| start.line > 0) else {
        return properties;
    };
    properties.push(format!("line={}", start.line));
    // The end is just after the last character: at a first column, it is on the line before.
    let end = at.end.map(|end| match end.column {
        1 => end.line.saturating_sub(1),
        _ => end.line,
    });
    if let Some(end) = end.filter(|end| *end > start.line) {
        properties.push(format!("endLine={end}"));
    } else if start.column > 0 {
        properties.push(format!("col={}", start.column));
    }
    properties
}

fn data(text: &str) -> String {
    replaced(&visible(text), &DATA)
}

fn property(text: &str) -> String {
    replaced(&data(text), &PROPERTY)
}

fn replaced(text: &str, pairs: &[(char, &str)]) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match pairs.iter().find(|(from, _)| *from == character) {
            Some((_, to)) => escaped.push_str(to),
            None => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
