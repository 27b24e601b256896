//! Markdown for a comment on a pull request (GitHub Flavored Markdown).

use std::borrow::Cow;
use std::io;

use super::words::{effort, measure, place, plural, visible};
use crate::{Finding, Merged, Severity};

/// Findings that stand in the open; the rest is folded away.
const TOP: usize = 10;

/// GitHub refuses a comment of more than 65,536 characters, so the list of
/// findings stops well before it.
const BUDGET: usize = 50_000;

/// Skipped files that are named.
const SKIPPED_SHOWN: usize = 20;

/// Characters that a subject may have.
const SUBJECT_WIDTH: usize = 80;

/// Characters that a message or reason may have.
const SENTENCE_WIDTH: usize = 300;

pub(super) fn render(merged: &Merged, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "### {}", headline(merged))?;
    if merged.findings.is_empty() {
        writeln!(out, "\nNo findings.")?;
    } else {
        severities(merged, out)?;
        findings(merged, out)?;
        top_files(merged, out)?;
    }
    skipped(merged, out)?;
    failed_agents(merged, out)
}

fn headline(merged: &Merged) -> String {
    if merged.is_clean() {
        return "Guildhall: all clear".to_owned();
    }
    let findings = plural(merged.findings.len(), "finding");
    let files = plural(merged.summary.files_with_findings, "file");
    format!("Guildhall: {findings} in {files}")
}

fn severities(merged: &Merged, out: &mut dyn io::Write) -> io::Result<()> {
    let counts = merged.summary.by_severity.worst_first();
    let to_mend = effort(merged.summary.remediation_minutes);
    writeln!(out, "\n| critical | major | minor | info | to mend |")?;
    writeln!(out, "| ---: | ---: | ---: | ---: | ---: |")?;
    for (_, count) in counts {
        write!(out, "| {count} ")?;
    }
    writeln!(out, "| {to_mend} |")
}

fn findings(merged: &Merged, out: &mut dyn io::Write) -> io::Result<()> {
    let all = merged.most_important();
    let (top, rest) = all.split_at(all.len().min(TOP));
    let mut budget = BUDGET;
    writeln!(out, "\n#### Most important first\n")?;
    let left_out = rows(top, &mut budget, out)?;
    if rest.is_empty() {
        return not_shown(left_out, out);
    }
    let more = plural(rest.len(), "more finding");
    writeln!(out, "\n<details><summary>{more}</summary>\n")?;
    let left_out = left_out + rows(rest, &mut budget, out)?;
    not_shown(left_out, out)?;
    writeln!(out, "\n</details>")
}

/// Writes as many rows as the budget allows and says how many it left out.
fn rows(findings: &[&Finding], budget: &mut usize, out: &mut dyn io::Write) -> io::Result<usize> {
    writeln!(out, "| severity | place | finding | measured |")?;
    writeln!(out, "| --- | --- | --- | ---: |")?;
    for (index, finding) in findings.iter().enumerate() {
        let row = row(finding);
        if row.len() > *budget {
            return Ok(findings.len() - index);
        }
        *budget -= row.len();
        writeln!(out, "{row}")?;
    }
    Ok(0)
}

fn row(finding: &Finding) -> String {
    let mark = match finding.severity {
        Severity::Critical | Severity::Major => "**",
        Severity::Minor | Severity::Info => "",
    };
    let subject = finding
        .unnamed_subject()
        .map_or_else(String::new, |subject| {
            format!(" ({})", code(&shortened(&visible(subject), SUBJECT_WIDTH)))
        });
    format!(
        "| {mark}{}{mark} | {} | {}{subject}<br>{} | {} |",
        finding.severity,
        code(&place(&finding.location)),
        escaped(&shortened(&visible(&finding.message), SENTENCE_WIDTH)),
        code(&visible(&finding.rule)),
        measure(finding).unwrap_or_default(),
    )
}

fn not_shown(count: usize, out: &mut dyn io::Write) -> io::Result<()> {
    if count == 0 {
        return Ok(());
    }
    let findings = plural(count, "finding");
    writeln!(out, "\n{findings} left out to keep this comment short.")
}

fn top_files(merged: &Merged, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(
        out,
        "\n<details><summary>Files to look at first</summary>\n"
    )?;
    writeln!(out, "| file | findings | worst | to mend |")?;
    writeln!(out, "| --- | ---: | --- | ---: |")?;
    for file in &merged.summary.top_files {
        let path = code(&visible(&file.path));
        let to_mend = effort(file.remediation_minutes);
        writeln!(
            out,
            "| {path} | {} | {} | {to_mend} |",
            file.findings, file.worst
        )?;
    }
    writeln!(out, "\n</details>")
}

fn skipped(merged: &Merged, out: &mut dyn io::Write) -> io::Result<()> {
    if merged.skipped.is_empty() {
        return Ok(());
    }
    let files = plural(merged.skipped.len(), "file");
    writeln!(out, "\n<details><summary>{files} not examined</summary>\n")?;
    for item in merged.skipped.iter().take(SKIPPED_SHOWN) {
        let path = code(&visible(&item.path));
        let text = format!("{}: {}", item.code, item.reason);
        let text = escaped(&shortened(&visible(&text), SENTENCE_WIDTH));
        writeln!(out, "- {path} {text}")?;
    }
    let hidden = merged.skipped.len().saturating_sub(SKIPPED_SHOWN);
    if hidden > 0 {
        writeln!(out, "- and {hidden} more")?;
    }
    writeln!(out, "\n</details>")
}

fn failed_agents(merged: &Merged, out: &mut dyn io::Write) -> io::Result<()> {
    if merged.summary.failed_agents.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n#### Agents that failed\n")?;
    for failed in &merged.summary.failed_agents {
        let agent = code(&visible(&failed.agent));
        let text = format!("{}: {}", failed.code, failed.message);
        let text = escaped(&shortened(&visible(&text), SENTENCE_WIDTH));
        writeln!(out, "- {agent} {text}")?;
    }
    Ok(())
}

/// `text` as prose: nothing in it is markup, a mention or a reference.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // A zero-width space keeps GitHub from notifying people and from
            // linking to issues.
            '@' | '#' => {
                escaped.push(character);
                escaped.push_str("&#8203;");
            }
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' | '$' | '(' | ')' => {
                escaped.push('\\');
                escaped.push(character);
            }
            _ => escaped.push(character),
        }
    }
    escaped
}

/// `text` as code. Where a code span would be cut short (by a backtick) or would
/// break its table (by a pipe), the HTML element stands in, with every
/// punctuation mark as a character reference.
fn code(text: &str) -> String {
    let plain = |c: char| !matches!(c, '`' | '|' | '\\') && !c.is_control();
    if !text.is_empty() && text.chars().all(plain) && text.trim() == text {
        return format!("`{text}`");
    }
    let mut html = String::from("<code>");
    for character in text.chars() {
        if character.is_ascii_punctuation() && !matches!(character, '/' | '.' | '-') {
            html.push_str(&format!("&#{};", u32::from(character)));
        } else {
            html.push(character);
        }
    }
    html.push_str("</code>");
    html
}

fn shortened(text: &str, width: usize) -> Cow<'_, str> {
    match text.char_indices().nth(width) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use crate::samples::{self, finding, rendered};
    use crate::{AgentReport, Format, Report, RunInfo, merge};

    use super::*;

    #[test]
    fn a_full_report_reads_exactly_like_this() {
        let expected = "\
### Guildhall: 2 findings in 2 files

| critical | major | minor | info | to mend |
| ---: | ---: | ---: | ---: | ---: |
| 1 | 0 | 0 | 1 | 20 min |

#### Most important first

| severity | place | finding | measured |
| --- | --- | --- | ---: |
| **critical** | `src/a.rs:10:5` | cognitive complexity is 48, the threshold is 25 (`parse`)<br>`cognitive-complexity` | 48 of 25 |
| info | `src/b.rs:3:5` | the function is hard to follow (`parse`)<br>`todo-comment` |  |

<details><summary>Files to look at first</summary>

| file | findings | worst | to mend |
| --- | ---: | --- | ---: |
| `src/a.rs` | 1 | critical | 10 min |
| `src/b.rs` | 1 | info | 10 min |

</details>

<details><summary>1 file not examined</summary>

- `src/broken.rs` unparsable: expected an item at line 3

</details>
";
        assert_eq!(rendered(&samples::merged(), Format::Markdown), expected);
    }

    #[test]
    fn an_empty_report_is_all_clear() {
        assert_eq!(
            rendered(&Merged::default(), Format::Markdown),
            "### Guildhall: all clear\n\nNo findings.\n"
        );
    }

    #[test]
    fn prose_is_never_markup() {
        assert_eq!(escaped("a|b `c` <b>"), r"a\|b \`c\` &lt;b&gt;");
        assert_eq!(escaped("@ada #1"), "@&#8203;ada #&#8203;1");
        assert_eq!(escaped("![x](y)"), r"\!\[x\]\(y\)");
    }

    #[test]
    fn code_is_never_markup() {
        assert_eq!(code("src/a_b.rs"), "`src/a_b.rs`");
        assert_eq!(code("a|b"), "<code>a&#124;b</code>");
        assert_eq!(code("`<b>`"), "<code>&#96;&#60;b&#62;&#96;</code>");
        assert_eq!(code(r"bad\xFF.rs"), "<code>bad&#92;xFF.rs</code>");
    }

    #[test]
    fn hostile_content_stays_in_its_cell() {
        let text = rendered(&samples::hostile(), Format::Markdown);
        assert!(!text.contains("<img") && !text.contains("</script"));
        let row = |line: &&str| line.contains("onerror") && line.starts_with('|');
        for line in text.lines().filter(row) {
            let cells = line.replace(r"\|", "").matches('|').count();
            assert_eq!(cells, 5, "{line}");
        }
        assert_eq!(text.lines().filter(row).count(), 2);
    }

    #[test]
    fn a_long_report_is_folded_and_stays_under_the_limit() {
        let findings =
            (1..=3000).map(|line| finding("src/some/file.rs", line, "r", Severity::Info));
        let part = AgentReport {
            agent: "one".to_owned(),
            agent_version: "1.0.0".to_owned(),
            report: Report {
                findings: findings.collect(),
                ..Report::default()
            },
        };
        let text = rendered(&merge(vec![part], RunInfo::default()), Format::Markdown);
        assert!(text.len() < 65_536);
        assert!(text.contains("<summary>2,990 more findings</summary>"));
        let rows = text.matches("`src/some/file.rs:").count();
        let left_out = format!(
            "{} findings left out",
            super::super::words::grouped(&(3000 - rows).to_string())
        );
        assert!(text.contains(&left_out), "{rows} rows");
    }
}
