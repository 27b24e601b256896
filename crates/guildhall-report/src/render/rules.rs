//! The documentation of rules, in every format.

use std::io;

use serde::Serialize;

use super::words::{visible, wrapped};
use super::{Format, Style, github, html, json, junit, sarif};
use crate::{Document, Rule, Said, number};

/// Widest text; longer lines are hard to read.
const WIDEST: usize = 100;

/// Writes what `rules` say of themselves in `format`, in their order.
///
/// JSON is a list of `{"agent", "rule"}`; SARIF, HTML, JUnit and GitHub's commands are a
/// document without findings, in the last two of which rules have no more than a name.
///
/// # Errors
///
/// Those of `out`.
pub fn render_rules(
    rules: &[Said<Rule>],
    format: Format,
    style: &Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    match format {
        Format::Text => text(rules, style, out),
        Format::Markdown => rules.iter().try_for_each(|said| markdown(said, out)),
        Format::Json => json::write(&rules.iter().map(Listed::of).collect::<Vec<_>>(), out),
        Format::Sarif => sarif::render(&without_findings(rules), out),
        Format::Html => html::render(&without_findings(rules), out),
        Format::Junit => junit::render(&without_findings(rules), out),
        Format::Github => github::render(&without_findings(rules), out),
    }
}

/// A part of a rule's documentation.
pub(super) struct Section {
    pub(super) heading: &'static str,
    pub(super) body: String,
    /// Whether the body is code rather than Markdown.
    pub(super) is_code: bool,
}

/// What there is to say of a rule, in reading order.
pub(super) fn sections(rule: &Rule) -> Vec<Section> {
    let threshold = rule.threshold.map(number::display);
    let setting = match (threshold, &rule.setting) {
        (Some(threshold), Some(setting)) => {
            Some(format!("{threshold} by default; set by {setting}"))
        }
        (Some(threshold), None) => Some(threshold),
        (None, setting) => setting.as_ref().map(|setting| format!("set by {setting}")),
    };
    let parts = [
        ("What it does", Some(rule.what.clone()), false),
        ("Why that is bad", Some(rule.why.clone()), false),
        ("Example", rule.example.clone(), true),
        ("Better", rule.better.clone(), true),
        ("How it is measured", rule.measured.clone(), false),
        ("Threshold", setting, false),
    ];
    let section = |(heading, body, is_code): (&'static str, Option<String>, bool)| {
        Some(Section {
            heading,
            body: body?,
            is_code,
        })
    };
    parts.into_iter().filter_map(section).collect()
}

/// The sections as Markdown, a bold heading over each.
pub(super) fn markdown_sections(rule: &Rule) -> String {
    let sections = sections(rule).into_iter().map(|section| {
        let body = section.body.trim_end();
        let body = if section.is_code {
            fenced(body, rule.language.as_deref())
        } else {
            body.to_owned()
        };
        format!("**{}**\n\n{body}\n", section.heading)
    });
    sections.collect::<Vec<_>>().join("\n")
}

/// A rule in a list for programs.
#[derive(Serialize)]
struct Listed<'a> {
    agent: &'a str,
    rule: &'a Rule,
}

impl<'a> Listed<'a> {
    fn of(said: &'a Said<Rule>) -> Self {
        Self {
            agent: &said.agent,
            rule: &said.item,
        }
    }
}

fn without_findings(rules: &[Said<Rule>]) -> Document {
    Document {
        schema: crate::SCHEMA.to_owned(),
        rules: rules.to_vec(),
        ..Document::default()
    }
}

fn text(rules: &[Said<Rule>], style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let width = style.width.clamp(20, WIDEST) - 2;
    for (at, said) in rules.iter().enumerate() {
        if at > 0 {
            writeln!(out)?;
        }
        writeln!(out, "{}: {}", visible(&said.id), visible(&said.title))?;
        writeln!(
            out,
            "from {}, usually {}",
            visible(&said.agent),
            said.severity
        )?;
        for section in sections(&said.item) {
            writeln!(out, "\n{}", section.heading)?;
            for line in section.body.lines().map(visible) {
                let lines = if section.is_code {
                    vec![line.into_owned()]
                } else {
                    wrapped(&line, width)
                };
                for line in lines {
                    writeln!(out, "{}", format!("  {line}").trim_end())?;
                }
            }
        }
    }
    Ok(())
}

fn markdown(said: &Said<Rule>, out: &mut dyn io::Write) -> io::Result<()> {
    let (agent, severity) = (&said.agent, said.severity);
    let text = format!(
        "## {}\n\n{} (from `{agent}`, usually {severity})\n\n{}",
        said.id,
        said.title,
        markdown_sections(said)
    );
    for line in text.lines() {
        writeln!(out, "{}", visible(line))?;
    }
    writeln!(out)
}

/// A code block whose fence is longer than any run of backticks in the code.
fn fenced(code: &str, language: Option<&str>) -> String {
    let runs = code.split(|c| c != '`').map(str::len);
    let fence = "`".repeat(runs.max().unwrap_or(0).max(2) + 1);
    // An info string has no backticks and no spaces, or it would be none.
    let plain = |c: char| c.is_ascii_alphanumeric() || "+-#_.".contains(c);
    let language = language.filter(|name| name.chars().all(plain));
    let language = language.unwrap_or_default();
    format!("{fence}{language}\n{}\n{fence}", code.trim_end())
}

#[cfg(test)]
mod tests {
    use crate::samples;

    use super::*;

    fn said(rule: Rule) -> Said<Rule> {
        let agent = "tech-debt".to_owned();
        Said { agent, item: rule }
    }

    fn rendered(rules: &[Said<Rule>], format: Format) -> String {
        let mut out = Vec::new();
        render_rules(rules, format, &Style::default(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_format_says_all_of_a_rule() {
        let rules = [said(samples::rule("cognitive-complexity"))];
        // The other two have findings to show, and nothing that explains a rule.
        let explaining = |format: &Format| !matches!(format, Format::Junit | Format::Github);
        for format in Format::ALL.into_iter().filter(explaining) {
            let rendered = rendered(&rules, format);
            for part in [
                "cognitive-complexity",
                "Functions that are hard to follow",
                "*branches*",
                "must be held in mind",
                "if a { if b {} }",
                "One for each branch.",
                "scan.rules.cognitive-complexity.threshold",
                "25",
            ] {
                let part = match format {
                    Format::Html => part.replace('\'', "&#39;"),
                    _ => part.to_owned(),
                };
                assert!(rendered.contains(&part), "{format} has no {part}");
            }
        }
    }

    #[test]
    fn a_rule_steers_no_terminal() {
        let mut rule = samples::rule("bad\u{1b}[2J");
        rule.what = "one\u{1b}[2J\ntwo\u{202e}".to_owned();
        rule.example = Some("\u{9b}2J".to_owned());
        for format in Format::ALL {
            let rendered = rendered(&[said(rule.clone())], format);
            let control = |c: &char| c.is_control() && *c != '\n';
            assert_eq!(rendered.chars().find(control), None, "{format}");
            assert!(!rendered.contains('\u{202e}'), "{format}");
        }
    }

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        assert_eq!(fenced("a", Some("rust")), "```rust\na\n```");
        assert_eq!(fenced("a", None), "```\na\n```");
        assert_eq!(fenced("a", Some("``` x")), "```\na\n```");
        assert_eq!(fenced("````\n", Some("c++")), "`````c++\n````\n`````");
    }
}
