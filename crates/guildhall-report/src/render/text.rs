//! Text for a person at a terminal: what matters most first, eighty columns,
//! readable without colour.

mod columns;
pub(super) mod diff;
mod layout;
mod lines;
mod sections;

use std::io;

use layout::{Page, Paint, word, words};

use super::Style;
use super::headline::{found, titles, without_findings};
use super::voices::Voices;
use super::words::{confidence, effort, measure, place, plural, visible};
use crate::{Document, Finding};

pub(super) fn render(
    document: &Document,
    style: &Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut page = Page::new(style, out);
    let voices = Voices::of(document);
    headline(document, &mut page)?;
    notes(document, &mut page)?;
    findings(document, style, &mut page)?;
    sections::top_files(document, &mut page)?;
    sections::texts(document, voices, &mut page)?;
    sections::figures(document, voices, &mut page)?;
    lines::all(document, style, &mut page)?;
    sections::tables(document, style, &mut page)?;
    sections::plans(document, style, &mut page)?;
    sections::timelines(document, style, &mut page)?;
    sections::pictures(document, &mut page)?;
    sections::suppressed(document, style, &mut page)?;
    sections::skipped(document, style, &mut page)?;
    sections::failed_agents(document, &mut page)?;
    sections::problems(document, &mut page)
}

fn headline(document: &Document, page: &mut Page<'_>) -> io::Result<()> {
    let summary = &document.summary;
    if let Some(titles) = titles(document) {
        page.paragraph(words(&visible(&titles), Paint::Bold), 0, 0)?;
    }
    if document.findings.is_empty() {
        return match without_findings(document) {
            Some(text) => page.paragraph(words(&visible(&text), Paint::Bold), 0, 0),
            None => Ok(()),
        };
    }
    let head = format!("{}:", found(document));
    let mut line: Vec<_> = words(&head, Paint::Bold).collect();
    let counts = summary.by_severity.worst_first();
    let mut present = counts.iter().filter(|(_, count)| *count > 0).peekable();
    while let Some((severity, count)) = present.next() {
        let comma = if present.peek().is_some() { "," } else { "" };
        let text = format!("{count} {severity}{comma}");
        line.push(word(text, Paint::Severity(*severity)));
    }
    page.paragraph(line, 0, 0)?;
    if summary.remediation_minutes > 0 {
        let text = format!(
            "Mending them all is estimated at {}.",
            effort(summary.remediation_minutes)
        );
        page.paragraph(words(&text, Paint::Plain), 0, 0)?;
    }
    Ok(())
}

fn notes(document: &Document, page: &mut Page<'_>) -> io::Result<()> {
    let since = super::notes::since_last_scan(document);
    for note in super::notes::notes(document).into_iter().chain(since) {
        page.paragraph(words(&visible(&note), Paint::Plain), 0, 0)?;
    }
    Ok(())
}

fn findings(document: &Document, style: &Style, page: &mut Page<'_>) -> io::Result<()> {
    let all = document.most_important();
    let shown = if style.verbose { all.len() } else { style.top };
    if all.is_empty() {
        return Ok(());
    }
    page.heading("Most important first")?;
    let voices = Voices::of(document);
    for finding in all.iter().take(shown) {
        one_finding(finding, page)?;
        if style.verbose {
            details(finding, voices.by(finding), page)?;
        }
    }
    let hidden = all.len().saturating_sub(shown);
    if hidden > 0 {
        let text = format!(
            "{} not shown; --verbose shows all.",
            plural(hidden, "more finding")
        );
        page.paragraph(words(&text, Paint::Dim), 0, 0)?;
    }
    Ok(())
}

/// One line where it fits; else the message begins on a line of its own, and
/// after a long path the rule goes with it.
fn one_finding(finding: &Finding, page: &mut Page<'_>) -> io::Result<()> {
    // The place is one word even if the path has spaces: it is copied as a whole.
    let at = finding.location.as_ref();
    let mut head: Vec<_> = at
        .map(|at| word(place(at), Paint::Bold))
        .into_iter()
        .collect();
    head.push(word(
        finding.severity.as_str(),
        Paint::Severity(finding.severity),
    ));
    let rule = word(visible(&finding.rule), Paint::Plain);
    // An empty word makes a second space, which sets the message off.
    let gap = word("", Paint::Plain);
    let mut message: Vec<_> = words(&visible(&finding.message), Paint::Plain).collect();
    if let Some(subject) = finding.unnamed_subject() {
        message.extend(words(&format!("({})", visible(subject)), Paint::Dim));
    }
    if layout::width(&head) + 1 + rule.width() > page.width {
        message.splice(0..0, [rule, gap]);
    } else {
        head.push(rule);
        if layout::width(&head) + 2 + layout::width(&message) <= page.width {
            head.push(gap);
            head.append(&mut message);
        }
    }
    page.paragraph(head, 0, 4)?;
    if message.is_empty() {
        return Ok(());
    }
    page.paragraph(message, 4, 4)
}

fn details(finding: &Finding, by: Option<&str>, page: &mut Page<'_>) -> io::Result<()> {
    let mut parts = vec![visible(&finding.reason).into_owned()];
    parts.extend(measure(finding).map(|measure| format!("Measured: {measure}.")));
    let minutes = finding.remediation_minutes.map(u64::from);
    parts.extend(minutes.map(|minutes| format!("To mend: {}.", effort(minutes))));
    parts.extend(confidence(finding).map(|confidence| format!("With {confidence}.")));
    parts.extend(
        finding
            .related
            .iter()
            .map(|at| format!("See {}.", place(at))),
    );
    parts.extend(by.map(|agent| format!("From {}.", visible(agent))));
    page.paragraph(words(&parts.join(" "), Paint::Dim), 4, 4)?;
    for evidence in &finding.evidence {
        page.point(&visible(evidence), Paint::Dim, 4)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::samples::{finding, rendered, rendered_in};
    use crate::{Format, Part, Report, RunInfo, Severity, merge, samples};

    use super::*;

    fn report(findings: Vec<Finding>) -> Document {
        let part = Part::new(
            "one",
            "1.0.0",
            Report {
                findings,
                ..Report::default()
            },
        );
        merge(vec![part], RunInfo::default())
    }

    #[test]
    fn what_has_changed_since_the_last_scan_is_said_only_where_a_run_is_spoken_of() {
        let mut document = report(vec![finding("src/a.rs", 1, "r", Severity::Info)]);
        let without = Format::ALL.map(|format| rendered(&document, format));
        document.run.since_last_scan = Some(crate::SinceLastScan {
            scanned_at: "2026-11-20T10:00:00Z".to_owned(),
            commit: Some("abc1234567".to_owned()),
            new: [("a".to_owned(), 1), ("b".to_owned(), 2)].into(),
            gone: [("a".to_owned(), 5)].into(),
            ..crate::SinceLastScan::default()
        });
        let text = rendered(&document, Format::Text);
        let expected = "Since the scan of 2026-11-20 (abc1234): 3 new, 5 gone.\n";
        assert!(text.contains(expected), "{text}");
        for (format, without) in Format::ALL.into_iter().zip(without) {
            // Those two have all that is known of a run.
            if !matches!(format, Format::Text | Format::Json | Format::Html) {
                assert_eq!(rendered(&document, format), without, "{format}");
            }
        }
    }

    #[test]
    fn a_full_report_reads_exactly_like_this() {
        let expected = "\
Taking the parser apart
2 findings in 2 files: 1 critical, 1 info
Mending them all is estimated at 20 min.

Most important first
src/a.rs:10:5 critical cognitive-complexity
    cognitive complexity is 48, the threshold is 25 (parse)
src/b.rs:3:5 info todo-comment  the function is hard to follow (parse)

Files to look at first
findings  worst     to mend  file
       1  critical   10 min  src/a.rs
       1  info       10 min  src/b.rs

What to do first
Split the parser.
- It is hot.

Key figures
functions measured  1,234 (before: 1,300)

Some Line
complexity  first to last  first  last  change
files       █▁▂               48   9.5  -80.2%

Modules
module    lines
src/a.rs    120
src/b.rs      7

Mend the worst first
1. split parse (30 min to 1 h 30 min)
   It has 48 branches.
2. name the parts
   A name says what a comment would.

Calls
0 ms – 4 ms  tech-debt  walk
       4 ms  tech-debt  parse

Pictures for --format html: Some Treemap, Some Bar, Some Scatter, Some Sankey,
Imports

1 file not examined: 1 unparsable
src/broken.rs unparsable  expected an item at line 3
";
        assert_eq!(rendered(&samples::merged(), Format::Text), expected);
    }

    #[test]
    fn a_short_finding_is_one_line_and_a_long_path_stays_whole() {
        let long = "deep/".repeat(15) + "file.rs";
        let findings = vec![
            finding("a.rs", 1, "long-function", Severity::Minor),
            finding(&long, 1, "long-function", Severity::Minor),
        ];
        let text = rendered(&report(findings), Format::Text);
        assert!(
            text.contains(
                "\na.rs:1:5 minor long-function  the function is hard to follow (parse)\n"
            )
        );
        let two_lines = format!(
            "\n{long}:1:5\n    minor\n    long-function  the function is hard to follow (parse)\n"
        );
        assert!(text.contains(&two_lines), "{text}");
    }

    #[test]
    fn an_empty_document_says_so() {
        assert_eq!(
            rendered(&Document::default(), Format::Text),
            "Nothing was reported.\n"
        );
    }

    #[test]
    fn a_scan_that_failed_does_not_look_clean() {
        let run = RunInfo {
            failures: vec![crate::AgentFailure {
                failed: samples::failed_agent(),
                duration_ms: None,
            }],
            ..RunInfo::default()
        };
        let expected = "\
No findings, but not every agent could do its work: see below.

Agents that failed
broken (guildhall.scan) panicked: index out of bounds
";
        assert_eq!(rendered(&merge(Vec::new(), run), Format::Text), expected);
    }

    #[test]
    fn only_the_top_is_shown_unless_all_is_asked_for() {
        let findings = (1..=30).map(|line| finding("a.rs", line, "r", Severity::Info));
        let document = report(findings.collect());
        let brief = rendered(&document, Format::Text);
        assert!(brief.contains("a.rs:20:5 "));
        assert!(!brief.contains("a.rs:21:5 "));
        assert!(brief.contains("\n10 more findings not shown; --verbose shows all.\n"));
        let style = Style {
            verbose: true,
            ..Style::default()
        };
        let all = rendered_in(&document, Format::Text, &style);
        assert!(all.contains("a.rs:30:5 "));
        assert!(
            all.contains("\n    Nested branches must be held in mind together. To mend: 10 min.\n")
        );
        assert!(!all.contains("not shown"));
    }

    #[test]
    fn colour_is_written_only_when_asked_for() {
        let document = samples::merged();
        assert!(!rendered(&document, Format::Text).contains('\u{1b}'));
        let style = Style {
            colour: true,
            ..Style::default()
        };
        let coloured = rendered_in(&document, Format::Text, &style);
        assert!(coloured.contains("\u{1b}[1;31mcritical\u{1b}[0m"));
        let mut plain = coloured;
        for code in ["0", "1", "2", "1;31", "31", "33", "36"] {
            plain = plain.replace(&format!("\u{1b}[{code}m"), "");
        }
        assert_eq!(
            plain,
            rendered(&document, Format::Text),
            "colour moves nothing"
        );
    }

    #[test]
    fn a_hostile_file_name_cannot_steer_the_terminal() {
        let name = "\u{1b}]0;owned\u{7}\rx.rs";
        let text = rendered(
            &report(vec![finding(name, 1, "r", Severity::Minor)]),
            Format::Text,
        );
        assert!(text.contains(r"\u{1b}]0;owned\u{7}\rx.rs:1:5 minor r  the"));
    }

    #[test]
    fn lines_keep_to_the_width() {
        let style = Style {
            width: 40,
            ..Style::default()
        };
        let text = rendered_in(&samples::merged(), Format::Text, &style);
        let longest = text.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(40), "{text}");
    }
}
