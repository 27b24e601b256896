//! Renderers: one file per output format, all from the same [`Document`].

mod github;
mod html;
pub(crate) mod json;
mod junit;
mod markdown;
mod sarif;
mod text;

mod also;
mod diff;
mod headline;
mod moments;
mod named;
mod notes;
mod prose;
mod rules;
mod steps;
mod voices;
mod words;

pub use json::json_of_run;

pub use diff::{DiffFormat, render_diff};
pub use rules::render_rules;

use std::fmt;
use std::io;
use std::str::FromStr;

use crate::{Document, ReportError};

/// An output format.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// For a person at a terminal.
    #[default]
    Text,
    /// The whole document, for programs.
    Json,
    /// SARIF 2.1.0, for code-scanning services and editors.
    Sarif,
    /// For a comment on a pull request.
    Markdown,
    /// One self-contained page.
    Html,
    /// JUnit XML, for what shows the results of tests.
    Junit,
    /// Workflow commands that annotate a change on GitHub.
    Github,
}

/// How a person likes to read: the text format alone looks at this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether ANSI colours may be written.
    pub colour: bool,
    /// Whether lines are drawn with ASCII alone, where the terminal has no other characters.
    pub ascii: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// Whether everything is shown rather than what matters most.
    pub verbose: bool,
    /// Findings shown at the most, unless `verbose`.
    pub top: usize,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            colour: false,
            ascii: false,
            width: 80,
            verbose: false,
            top: 20,
        }
    }
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 7] = [
        Self::Text,
        Self::Json,
        Self::Sarif,
        Self::Markdown,
        Self::Html,
        Self::Junit,
        Self::Github,
    ];

    /// The format's name on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Markdown => "markdown",
            Self::Html => "html",
            Self::Junit => "junit",
            Self::Github => "github",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl FromStr for Format {
    type Err = ReportError;

    fn from_str(text: &str) -> Result<Self, ReportError> {
        named::find(&Self::ALL, Self::as_str, text)
    }
}

/// Writes `document` in `format`.
///
/// Every format ends with a line feed. All show control characters of names and messages
/// as escapes, so that a file name cannot steer a terminal; JSON and SARIF escape them as
/// JSON does. Where the document was held against a baseline, JSON and SARIF have all
/// findings with their states, and the others show the new ones and count the rest.
///
/// # Errors
///
/// Those of `out`.
pub fn render(
    document: &Document,
    format: Format,
    style: &Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let shown = || document.only_new();
    match format {
        Format::Text => text::render(&shown(), style, out),
        Format::Json => json::render(document, out),
        Format::Sarif => sarif::render(document, out),
        Format::Markdown => markdown::render(&shown(), out),
        Format::Html => html::render(&shown(), out),
        Format::Junit => junit::render(&shown(), out),
        Format::Github => github::render(&shown(), out),
    }
}

#[cfg(test)]
mod tests {
    use crate::{Part, Report, ReportOutcome, RunInfo, merge, samples};

    use super::*;

    #[test]
    fn a_format_is_read_by_its_name() {
        for format in Format::ALL {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
        assert_eq!(
            "xml".parse::<Format>().unwrap_err().to_string(),
            "unknown format `xml`; use one of text, json, sarif, markdown, html, junit, github"
        );
    }

    /// Some text of each part of the sample.
    const PARTS: [&str; 17] = [
        "src/a.rs",
        "cognitive complexity is 48",
        "the function is hard to follow",
        "src/broken.rs",
        "Taking the parser apart",
        "What to do first",
        "functions measured",
        "Modules",
        "Calls",
        "Imports",
        "Mend the worst first",
        "cognitive-complexity",
        "Some Treemap",
        "Some Bar",
        "Some Line",
        "Some Scatter",
        "Some Sankey",
    ];

    #[test]
    fn every_format_shows_or_names_every_part() {
        let document = samples::merged();
        for format in Format::ALL {
            let rendered = samples::rendered(&document, format);
            for part in PARTS {
                assert!(rendered.contains(part), "{format} has no {part}");
            }
        }
    }

    #[test]
    fn all_formats_for_people_tell_every_step_in_full() {
        let style = Style {
            verbose: true,
            ..Style::default()
        };
        for format in [Format::Text, Format::Markdown, Format::Html] {
            let rendered = samples::rendered_in(&samples::merged(), format, &style);
            let parts = [
                "split parse",
                "30 min to 1 h 30 min",
                "src/a.rs:10:5",
                "step 1",
            ];
            let sentences = [
                "the order of errors",
                "git revert",
                "cargo test",
                "It has 48",
            ];
            for part in parts.into_iter().chain(sentences) {
                assert!(
                    rendered.contains(part),
                    "{format} has no {part}:\n{rendered}"
                );
            }
        }
    }

    #[test]
    fn agents_are_named_where_there_are_several() {
        let alone = samples::merged();
        let mut other = samples::agent_report();
        other.agent = "second-opinion".to_owned();
        let both = merge(vec![samples::agent_report(), other], RunInfo::default());
        for format in [Format::Text, Format::Markdown, Format::Html] {
            // What stands under `run` names its agents in any case.
            let before = |document| {
                let rendered = samples::rendered(document, format);
                let end = rendered.find("id=\"run\"").unwrap_or(rendered.len());
                rendered[..end].to_owned()
            };
            // The lane of its timeline has the agent's name.
            let unnamed = before(&alone).matches("(tech-debt)").count();
            assert_eq!(unnamed, 0, "{format}");
            let together = before(&both);
            for agent in ["tech-debt", "second-opinion"] {
                let named = together.matches(agent).count();
                assert!(named >= 5, "{format} names {agent} {named} times");
            }
        }
    }

    #[test]
    fn all_is_clear_only_where_something_was_looked_for() {
        let headline = |report: Report| {
            let part = Part::new("planner", "1.0.0", report);
            let document = merge(vec![part], RunInfo::default());
            let formats = [Format::Text, Format::Markdown, Format::Html];
            formats.map(|format| samples::rendered(&document, format))
        };
        let plan = || Report {
            plans: samples::agent_report().report.plans,
            ..Report::default()
        };
        let titled = Report {
            title: Some("Moving to edition 2027".to_owned()),
            ..plan()
        };
        let checked = Report {
            rules: vec![samples::rule("r")],
            ..plan()
        };
        for rendered in headline(plan()) {
            assert!(!rendered.to_lowercase().contains("all clear"), "{rendered}");
            assert!(rendered.contains("eport of planner"), "{rendered}");
        }
        for rendered in headline(titled) {
            assert!(!rendered.to_lowercase().contains("all clear"), "{rendered}");
            assert!(rendered.contains("Moving to edition 2027"), "{rendered}");
        }
        for rendered in headline(checked) {
            assert!(rendered.to_lowercase().contains("all clear"), "{rendered}");
        }
    }

    #[test]
    fn every_format_says_whether_what_was_asked_for_was_reached() {
        let rendered = |outcomes: &[ReportOutcome], format| {
            let part = |outcome: &ReportOutcome| {
                let report = Report {
                    title: Some("Reverting a commit".to_owned()),
                    rules: vec![samples::rule("r")],
                    outcome: Some(outcome.clone()),
                    ..Report::default()
                };
                Part::new("fixer", "1.0.0", report)
            };
            let document = merge(outcomes.iter().map(part).collect(), RunInfo::default());
            samples::rendered(&document, format)
        };
        let unmet = ReportOutcome::unmet("the tests still fail with it");
        for format in Format::ALL {
            // Where two reports of one agent differ, it was not.
            for outcomes in [vec![unmet.clone()], vec![ReportOutcome::Met, unmet.clone()]] {
                let text = rendered(&outcomes, format);
                assert!(text.contains("the tests still fail"), "{format}: {text}");
                assert!(
                    !text.to_lowercase().contains("all clear"),
                    "{format}: {text}"
                );
            }
            let met = rendered(&[ReportOutcome::Met], format);
            assert!(!met.contains("the tests still fail"), "{format}: {met}");
            // SARIF has a place for what went wrong only.
            let says = met.to_lowercase().contains("met");
            assert!(says || format == Format::Sarif, "{format}: {met}");
        }
    }

    /// A document with a suppressed finding, a suppression without use, a baseline that
    /// knows one of its two findings, and one of which another is gone.
    fn held() -> Document {
        let found = |line| samples::finding("src/a.rs", line, "long", crate::Severity::Minor);
        let at = crate::Location::at("src/s.rs", 7, 1);
        let suppressed = crate::Suppressed::new(found(3), "the table is generated")
            .with_location(at.clone())
            .with_since("2026-01-31")
            .with_author("Ada");
        let rules = vec!["old-rule".to_owned()];
        let unused = crate::UnusedSuppression::new(rules, "was needed once", at);
        let document = |findings: Vec<crate::Finding>| {
            let report = Report {
                findings,
                suppressed: vec![suppressed.clone()],
                unused_suppressions: vec![unused.clone()],
                ..Report::default()
            };
            merge(vec![Part::new("one", "1.0.0", report)], RunInfo::default())
        };
        let before = document(vec![found(1), found(9)]);
        let mut after = document(vec![found(1), found(2)]);
        after.hold_against(&crate::Baseline::of(&before), "the baseline");
        after
    }

    #[test]
    fn every_format_tells_of_suppressions() {
        let style = Style {
            verbose: true,
            ..Style::default()
        };
        for format in Format::ALL {
            let rendered = samples::rendered_in(&held(), format, &style);
            assert!(rendered.contains("was needed once"), "{format}: {rendered}");
            let reason = match format {
                // Annotations are for what should be looked at.
                Format::Github => "1 finding suppressed in the source",
                _ => "the table is generated",
            };
            assert!(rendered.contains(reason), "{format}: {rendered}");
        }
    }

    #[test]
    fn suppressed_findings_count_nowhere() {
        let document = held();
        assert_eq!(document.summary.findings, 2);
        assert_eq!(document.summary.suppressed, 1);
        assert_eq!(document.summary.unused_suppressions, 1);
        assert_eq!(document.summary.by_rule["long"], 2);
    }

    #[test]
    fn formats_for_people_show_what_is_new_and_count_the_rest() {
        for format in [Format::Text, Format::Markdown, Format::Html, Format::Github] {
            let rendered = samples::rendered(&held(), format);
            let counts = "Against the baseline: 1 new, 1 known, 0 moved, 1 gone.";
            assert!(rendered.contains(counts), "{format}: {rendered}");
        }
        let text = samples::rendered(&held(), Format::Text);
        assert!(
            text.starts_with("1 new finding in 1 file: 1 minor\n"),
            "{text}"
        );
        assert!(
            text.contains("src/a.rs:2:5") && !text.contains("src/a.rs:1:5"),
            "{text}"
        );
        let mut none = held();
        none.findings.remove(1);
        let text = samples::rendered(&none, Format::Text);
        assert!(
            text.starts_with("No new findings, and everything"),
            "{text}"
        );
        let markdown = samples::rendered(&none, Format::Markdown);
        assert!(
            markdown.starts_with("### Guildhall: no new findings\n")
                || markdown.starts_with("### Guildhall: report\n"),
            "{markdown}"
        );
    }

    #[test]
    fn json_and_sarif_have_the_state_of_every_finding() {
        let json: serde_json::Value =
            serde_json::from_str(&samples::rendered(&held(), Format::Json)).unwrap();
        let states = [0, 1].map(|at| json["findings"][at]["state"].clone());
        assert_eq!(states, ["known", "new"]);
        assert_eq!(json["baseline"]["gone"], 1);
        assert_eq!(json["baseline"]["absent"][0]["path"], "src/a.rs");
        let sarif: serde_json::Value =
            serde_json::from_str(&samples::rendered(&held(), Format::Sarif)).unwrap();
        let results = sarif["runs"][0]["results"].as_array().unwrap();
        let states: Vec<_> = results
            .iter()
            .map(|one| one["baselineState"].as_str())
            .collect();
        assert_eq!(
            states,
            [Some("unchanged"), Some("new"), None, Some("absent")]
        );
        let suppression = &results[2]["suppressions"][0];
        assert_eq!(suppression["kind"], "inSource");
        let reason = "the table is generated (since 2026-01-31, by Ada)";
        assert_eq!(suppression["justification"], reason);
        assert_eq!(results[0]["suppressions"], serde_json::Value::Null);
    }

    #[test]
    fn no_format_lets_control_characters_through() {
        let document = samples::hostile();
        for format in Format::ALL {
            let rendered = samples::rendered(&document, format);
            let control = |c: &char| c.is_control() && *c != '\n';
            assert_eq!(rendered.chars().find(control), None, "{format}");
            assert!(!rendered.contains('\u{202e}'), "{format}");
            assert!(rendered.contains("bad"), "{format} lost the finding");
        }
    }

    #[test]
    fn every_format_ends_with_one_line_feed() {
        for document in [samples::merged(), Document::default()] {
            for format in Format::ALL {
                let rendered = samples::rendered(&document, format);
                assert!(rendered.ends_with('\n'), "{format}");
                assert!(!rendered.ends_with("\n\n"), "{format}");
            }
        }
    }

    #[test]
    fn the_same_document_gives_the_same_bytes() {
        for format in Format::ALL {
            let first = samples::rendered(&samples::merged(), format);
            assert_eq!(
                first,
                samples::rendered(&samples::merged(), format),
                "{format}"
            );
        }
    }

    #[test]
    fn only_json_and_html_tell_of_the_run() {
        let mut later = samples::merged();
        later.run.started_at = Some("2031-01-01T00:00:00Z".to_owned());
        later.run.duration_ms = Some(123_456.0);
        later.run.root = "/elsewhere".to_owned();
        for format in [Format::Text, Format::Sarif, Format::Markdown] {
            let first = samples::rendered(&samples::merged(), format);
            assert_eq!(first, samples::rendered(&later, format), "{format}");
        }
    }

    #[test]
    fn a_writer_that_fails_is_reported() {
        struct Full;
        impl io::Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        for format in Format::ALL {
            let error = render(&samples::merged(), format, &Style::default(), &mut Full);
            assert_eq!(error.unwrap_err().kind(), io::ErrorKind::StorageFull);
        }
    }
}
