//! JUnit XML: a suite for each agent, a case for each rule and file, which fails where the
//! rule found something there. A case has one failure, for most readers show one alone;
//! its text has a line for each finding.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;

use super::also::{also, said_by};
use super::notes::{UNMET, because, notes, unused};
use super::words::{measure, place, plural, visible};
use crate::{Document, Finding, Severity};

pub(super) fn render(document: &Document, out: &mut dyn io::Write) -> io::Result<()> {
    let agents = document.agents();
    let mut suites: Vec<Suite<'_>> = agents
        .into_iter()
        .map(|agent| Suite::of(document, agent))
        .collect();
    if let Some(first) = suites.first_mut() {
        first.said.extend(notes(document));
    }
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let all = |count: fn(&Suite<'_>) -> usize| suites.iter().map(count).sum::<usize>();
    let counts = [
        all(|suite| suite.cases.len()),
        all(|suite| suite.count(Kind::Failure)),
        all(|suite| suite.count(Kind::Error)),
    ];
    let [tests, failures, errors] = counts;
    push(
        &mut xml,
        format_args!(
            "<testsuites name=\"guildhall\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\">\n"
        ),
    );
    for suite in &suites {
        suite.write(&mut xml);
    }
    xml.push_str("</testsuites>\n");
    out.write_all(xml.as_bytes())
}

/// What one agent has examined.
struct Suite<'a> {
    agent: &'a str,
    cases: Vec<Case>,
    /// Lines that belong to no case.
    said: Vec<String>,
}

struct Case {
    class: String,
    name: String,
    file: Option<String>,
    result: Option<Outcome>,
}

struct Outcome {
    kind: Kind,
    /// A word for the kind of failure.
    label: String,
    message: String,
    lines: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Failure,
    Error,
    Skipped,
}

impl<'a> Suite<'a> {
    fn of(document: &'a Document, agent: &'a str) -> Self {
        let mut cases = found(document, agent);
        cases.extend(passed(document, agent));
        cases.extend(suppressed(document, agent));
        cases.extend(not_examined(document, agent));
        cases.extend(reached(document, agent));
        let mut said = Vec::new();
        let also = also(document, agent);
        if !also.is_empty() {
            said.push(format!("Also reported: {}.", also.join(", ")));
        }
        let without_use = said_by(agent, &document.unused_suppressions).into_iter();
        said.extend(without_use.map(|one| {
            let at = place(&one.location);
            format!("Suppression without use: {at} {}", unused(one))
        }));
        let problems = said_by(agent, &document.problems).into_iter();
        said.extend(problems.map(|problem| format!("{}: {}", problem.code, problem.message)));
        Self { agent, cases, said }
    }

    fn count(&self, kind: Kind) -> usize {
        let is = |case: &&Case| case.result.as_ref().is_some_and(|it| it.kind == kind);
        self.cases.iter().filter(is).count()
    }

    fn write(&self, xml: &mut String) {
        push(
            xml,
            format_args!(
                "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">\n",
                escaped(self.agent),
                self.cases.len(),
                self.count(Kind::Failure),
                self.count(Kind::Error),
                self.count(Kind::Skipped),
            ),
        );
        for case in &self.cases {
            case.write(xml);
        }
        if !self.said.is_empty() {
            xml.push_str("    <system-out>");
            let lines: Vec<String> = self.said.iter().map(|line| escaped(line)).collect();
            xml.push_str(&lines.join("\n"));
            xml.push_str("</system-out>\n");
        }
        xml.push_str("  </testsuite>\n");
    }
}

impl Case {
    fn write(&self, xml: &mut String) {
        let (class, name) = (escaped(&self.class), escaped(&self.name));
        push(
            xml,
            format_args!("    <testcase classname=\"{class}\" name=\"{name}\""),
        );
        if let Some(file) = &self.file {
            push(xml, format_args!(" file=\"{}\"", escaped(file)));
        }
        match &self.result {
            None => xml.push_str("/>\n"),
            Some(result) => {
                xml.push_str(">\n");
                result.write(xml);
                xml.push_str("    </testcase>\n");
            }
        }
    }
}

impl Outcome {
    fn write(&self, xml: &mut String) {
        let message = escaped(&self.message);
        let element = match self.kind {
            Kind::Skipped => {
                return push(
                    xml,
                    format_args!("      <skipped message=\"{message}\"/>\n"),
                );
            }
            Kind::Failure => "failure",
            Kind::Error => "error",
        };
        let label = escaped(&self.label);
        let lines: Vec<String> = self.lines.iter().map(|line| escaped(line)).collect();
        push(
            xml,
            format_args!(
                "      <{element} type=\"{label}\" message=\"{message}\">{}</{element}>\n",
                lines.join("\n")
            ),
        );
    }
}

/// A case for what the agent was asked for, which fails where that was not reached.
fn reached(document: &Document, agent: &str) -> Option<Case> {
    let outcome = document.outcomes.get(agent)?;
    let result = outcome.reason().map(|reason| Outcome {
        kind: Kind::Failure,
        label: UNMET.to_owned(),
        message: reason.to_owned(),
        lines: vec![reason.to_owned()],
    });
    let title = document.titles.get(agent).map(String::as_str);
    Some(Case {
        class: "outcome".to_owned(),
        name: title.unwrap_or("(the report)").to_owned(),
        file: None,
        result,
    })
}

/// A failed case for each rule and file with findings.
fn found(document: &Document, agent: &str) -> Vec<Case> {
    let mut by_place: BTreeMap<(&str, Option<&str>), Vec<&Finding>> = BTreeMap::new();
    for finding in said_by(agent, &document.findings) {
        let key = (finding.rule.as_str(), finding.path());
        by_place.entry(key).or_default().push(finding);
    }
    let cases = by_place.into_iter().map(|((rule, path), findings)| Case {
        class: rule.to_owned(),
        name: path.unwrap_or("(no file)").to_owned(),
        file: path.map(str::to_owned),
        result: Some(failure(&findings)),
    });
    cases.collect()
}

fn failure(findings: &[&Finding]) -> Outcome {
    let worst = findings.iter().map(|finding| finding.severity).max();
    let message = match findings {
        [only] => only.message.clone(),
        [first, ..] => format!("{}: {}", plural(findings.len(), "finding"), first.message),
        [] => String::new(),
    };
    Outcome {
        kind: Kind::Failure,
        label: worst.unwrap_or(Severity::Info).as_str().to_owned(),
        message,
        lines: findings.iter().map(|finding| line(finding)).collect(),
    }
}

fn line(finding: &Finding) -> String {
    let at = finding.location.as_ref().map(place).unwrap_or_default();
    let mut line = format!("{at} {}: {}", finding.severity, finding.message);
    if let Some(subject) = finding.unnamed_subject() {
        push(&mut line, format_args!(" ({subject})"));
    }
    if let Some(measure) = measure(finding) {
        push(&mut line, format_args!(" [{measure}]"));
    }
    line.trim_start().to_owned()
}

/// A case for each rule that found nothing.
fn passed(document: &Document, agent: &str) -> Vec<Case> {
    let found = said_by(agent, &document.findings);
    let is_quiet = |rule: &str| found.iter().all(|finding| finding.rule != rule);
    let rules = said_by(agent, &document.rules).into_iter();
    let rules = rules.filter(|rule| is_quiet(&rule.id));
    let cases = rules.map(|rule| Case {
        class: rule.id.clone(),
        name: "all files".to_owned(),
        file: None,
        result: None,
    });
    cases.collect()
}

fn suppressed(document: &Document, agent: &str) -> Vec<Case> {
    let all = said_by(agent, &document.suppressed).into_iter();
    let cases = all.map(|one| Case {
        class: one.finding.rule.clone(),
        name: format!(
            "suppressed in {}",
            one.finding.path().unwrap_or("(no file)")
        ),
        file: one.finding.path().map(str::to_owned),
        result: Some(skipped(format!(
            "{}: {}",
            one.finding.message,
            because(one)
        ))),
    });
    cases.collect()
}

fn not_examined(document: &Document, agent: &str) -> Vec<Case> {
    let files = said_by(agent, &document.skipped).into_iter();
    let files = files.map(|file| Case {
        class: "not examined".to_owned(),
        name: file.path.clone(),
        file: Some(file.path.clone()),
        result: Some(skipped(format!("{}: {}", file.code, file.reason))),
    });
    let failed = document.summary.failed_agents.iter();
    let failed = failed.filter(|failed| failed.agent == agent);
    let failed = failed.map(|failed| Case {
        class: "agent".to_owned(),
        name: failed.capability.clone(),
        file: None,
        result: Some(Outcome {
            kind: Kind::Error,
            label: failed.code.clone(),
            message: failed.message.clone(),
            lines: Vec::new(),
        }),
    });
    files.chain(failed).collect()
}

fn skipped(message: String) -> Outcome {
    Outcome {
        kind: Kind::Skipped,
        label: String::new(),
        message,
        lines: Vec::new(),
    }
}

/// `text` for content and quoted attributes, on one line, and without the characters that
/// XML 1.0 has no way to write (its production 2).
fn escaped(text: &str) -> String {
    let mut xml = String::with_capacity(text.len() + 8);
    for character in visible(text).chars() {
        match character {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            '\'' => xml.push_str("&apos;"),
            '\u{FFFE}' | '\u{FFFF}' => xml.extend(character.escape_default()),
            _ => xml.push(character),
        }
    }
    xml
}

fn push(text: &mut String, more: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = text.write_fmt(more);
}

#[cfg(test)]
mod tests;
