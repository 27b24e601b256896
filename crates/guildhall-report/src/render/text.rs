//! Text for a person at a terminal: what matters most first, eighty columns,
//! readable without colour.

mod columns;
mod layout;
mod sections;

use std::io;

use layout::{Page, Paint, word, words};

use super::Style;
use super::words::{effort, measure, place, plural, visible};
use crate::{Finding, Merged};

pub(super) fn render(merged: &Merged, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Page {
        out,
        colour: style.colour,
        width: style.width.max(20),
    };
    headline(merged, &mut page)?;
    findings(merged, style, &mut page)?;
    sections::top_files(merged, &mut page)?;
    sections::figures(merged, &mut page)?;
    sections::tables(merged, style, &mut page)?;
    sections::plans(merged, &mut page)?;
    sections::pictures(merged, &mut page)?;
    sections::skipped(merged, style, &mut page)?;
    sections::failed_agents(merged, &mut page)
}

fn headline(merged: &Merged, page: &mut Page<'_>) -> io::Result<()> {
    let summary = &merged.summary;
    if merged.findings.is_empty() {
        let text = match (merged.is_clean(), merged.skipped.is_empty()) {
            (true, _) => "All clear: no findings, and everything was examined.",
            (false, false) => "No findings, but not everything was examined: see below.",
            (false, true) => "No findings, but not every agent could do its work: see below.",
        };
        return page.paragraph(words(text, Paint::Bold), 0, 0);
    }
    let files = plural(summary.files_with_findings, "file");
    let head = format!("{} in {files}:", plural(merged.findings.len(), "finding"));
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

fn findings(merged: &Merged, style: &Style, page: &mut Page<'_>) -> io::Result<()> {
    let all = merged.most_important();
    let shown = if style.verbose { all.len() } else { style.top };
    if all.is_empty() {
        return Ok(());
    }
    page.heading("Most important first")?;
    for finding in all.iter().take(shown) {
        one_finding(finding, style, page)?;
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
fn one_finding(finding: &Finding, style: &Style, page: &mut Page<'_>) -> io::Result<()> {
    // The place is one word even if the path has spaces: it is copied as a whole.
    let mut head = vec![
        word(place(&finding.location), Paint::Bold),
        word(finding.severity.as_str(), Paint::Severity(finding.severity)),
    ];
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
    if !message.is_empty() {
        page.paragraph(message, 4, 4)?;
    }
    if style.verbose {
        details(finding, page)?;
    }
    Ok(())
}

fn details(finding: &Finding, page: &mut Page<'_>) -> io::Result<()> {
    let mut parts = vec![visible(&finding.reason).into_owned()];
    parts.extend(measure(finding).map(|measure| format!("Measured: {measure}.")));
    let minutes = finding.remediation_minutes.map(u64::from);
    parts.extend(minutes.map(|minutes| format!("To mend: {}.", effort(minutes))));
    parts.extend(
        finding
            .related
            .iter()
            .map(|at| format!("See {}.", place(at))),
    );
    page.paragraph(words(&parts.join(" "), Paint::Dim), 4, 4)
}

#[cfg(test)]
mod tests {
    use crate::samples::{finding, rendered, rendered_in};
    use crate::{AgentReport, Format, Report, RunInfo, Severity, merge, samples};

    use super::*;

    fn report(findings: Vec<Finding>) -> Merged {
        let part = AgentReport {
            agent: "one".to_owned(),
            agent_version: "1.0.0".to_owned(),
            report: Report {
                findings,
                ..Report::default()
            },
        };
        merge(vec![part], RunInfo::default())
    }

    #[test]
    fn a_full_report_reads_exactly_like_this() {
        let expected = "\
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

Key figures
functions measured  1,234

Modules
module    lines
src/a.rs    120
src/b.rs      7

Mend the worst first
1. split parse (30 min to 1 h 30 min)
   It has 48 branches.

Pictures for --format html: Some Treemap, Some Bar, Some Line, Some Scatter,
Imports, Calls

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
    fn a_clean_scan_says_so() {
        assert_eq!(
            rendered(&Merged::default(), Format::Text),
            "All clear: no findings, and everything was examined.\n"
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
        let merged = report(findings.collect());
        let brief = rendered(&merged, Format::Text);
        assert!(brief.contains("a.rs:20:5 "));
        assert!(!brief.contains("a.rs:21:5 "));
        assert!(brief.contains("\n10 more findings not shown; --verbose shows all.\n"));
        let style = Style {
            verbose: true,
            ..Style::default()
        };
        let all = rendered_in(&merged, Format::Text, &style);
        assert!(all.contains("a.rs:30:5 "));
        assert!(
            all.contains("\n    Nested branches must be held in mind together. To mend: 10 min.\n")
        );
        assert!(!all.contains("not shown"));
    }

    #[test]
    fn colour_is_written_only_when_asked_for() {
        let merged = samples::merged();
        assert!(!rendered(&merged, Format::Text).contains('\u{1b}'));
        let style = Style {
            colour: true,
            ..Style::default()
        };
        let coloured = rendered_in(&merged, Format::Text, &style);
        assert!(coloured.contains("\u{1b}[1;31mcritical\u{1b}[0m"));
        let mut plain = coloured;
        for code in ["0", "1", "2", "1;31", "31", "33", "36"] {
            plain = plain.replace(&format!("\u{1b}[{code}m"), "");
        }
        assert_eq!(
            plain,
            rendered(&merged, Format::Text),
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
