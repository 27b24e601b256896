//! Markdown for a comment on a pull request (GitHub Flavored Markdown).

pub(super) mod diff;
mod parts;

use std::borrow::Cow;
use std::io;

use super::headline::{all_clear, found, none_of, titles, without_findings};
use super::notes::{because, notes, place_of, unused};
use super::voices::Voices;
use super::words::{confidence, effort, measure, place, plural, visible};
use crate::{Document, Finding, Said, Severity};

/// Findings that stand in the open; the rest is folded away.
const TOP: usize = 10;

/// GitHub refuses a comment of more than 65,536 characters, so the list of
/// findings and the other parts stop well before it.
const BUDGET: usize = 30_000;

/// Skipped files that are named.
const SKIPPED_SHOWN: usize = 20;

/// Characters that a subject may have.
const SUBJECT_WIDTH: usize = 80;

/// Characters that a message or reason may have.
const SENTENCE_WIDTH: usize = 300;

pub(super) fn render(document: &Document, out: &mut dyn io::Write) -> io::Result<()> {
    let (headline, lead) = headline(document);
    writeln!(out, "### Guildhall: {headline}")?;
    if let Some(lead) = lead {
        writeln!(out, "\n{}", escaped(&visible(&lead)))?;
    }
    for note in notes(document) {
        writeln!(
            out,
            "\n{}",
            escaped(&shortened(&visible(&note), SENTENCE_WIDTH))
        )?;
    }
    if !document.findings.is_empty() {
        severities(document, out)?;
        findings(document, out)?;
        top_files(document, out)?;
    }
    parts::write(document, out)?;
    suppressed(document, out)?;
    skipped(document, out)?;
    failed_agents(document, out)?;
    problems(document, out)
}

/// The heading, and the sentence below it.
fn headline(document: &Document) -> (String, Option<String>) {
    let found = (!document.findings.is_empty()).then(|| found(document));
    match (titles(document), found) {
        (Some(titles), found) => {
            let lead = found.map(|found| found + ".");
            let titles = escaped(&shortened(&visible(&titles), SENTENCE_WIDTH));
            (titles, lead.or_else(|| without_findings(document)))
        }
        (None, Some(found)) => (found, None),
        (None, None) => {
            let short = match (all_clear(document), document.rules.is_empty()) {
                (true, _) => "all clear",
                (false, false) => none_of(document),
                (false, true) => "report",
            };
            (lowered(short), without_findings(document))
        }
    }
}

/// `text` as it stands within a sentence.
fn lowered(text: &str) -> String {
    text[..1].to_lowercase() + &text[1..]
}

fn severities(document: &Document, out: &mut dyn io::Write) -> io::Result<()> {
    let counts = document.summary.by_severity.worst_first();
    let to_mend = effort(document.summary.remediation_minutes);
    writeln!(out, "\n| critical | major | minor | info | to mend |")?;
    writeln!(out, "| ---: | ---: | ---: | ---: | ---: |")?;
    for (_, count) in counts {
        write!(out, "| {count} ")?;
    }
    writeln!(out, "| {to_mend} |")
}

fn findings(document: &Document, out: &mut dyn io::Write) -> io::Result<()> {
    let all = document.most_important();
    let (top, rest) = all.split_at(all.len().min(TOP));
    let mut budget = BUDGET;
    let voices = Voices::of(document);
    writeln!(out, "\n#### Most important first\n")?;
    let left_out = rows(top, voices, &mut budget, out)?;
    if rest.is_empty() {
        return not_shown(left_out, out);
    }
    let more = plural(rest.len(), "more finding");
    writeln!(out, "\n<details><summary>{more}</summary>\n")?;
    let left_out = left_out + rows(rest, voices, &mut budget, out)?;
    not_shown(left_out, out)?;
    writeln!(out, "\n</details>")
}

/// Writes as many rows as the budget allows and says how many it left out.
fn rows(
    findings: &[&Said<Finding>],
    voices: Voices,
    budget: &mut usize,
    out: &mut dyn io::Write,
) -> io::Result<usize> {
    writeln!(out, "| severity | place | finding | measured |")?;
    writeln!(out, "| --- | --- | --- | ---: |")?;
    for (index, finding) in findings.iter().enumerate() {
        let row = row(finding, voices.by(finding));
        if row.len() > *budget {
            return Ok(findings.len() - index);
        }
        *budget -= row.len();
        writeln!(out, "{row}")?;
    }
    Ok(0)
}

fn row(finding: &Finding, by: Option<&str>) -> String {
    let mark = match finding.severity {
        Severity::Critical | Severity::Major => "**",
        Severity::Minor | Severity::Info => "",
    };
    let subject = finding
        .unnamed_subject()
        .map_or_else(String::new, |subject| {
            format!(" ({})", code(&shortened(&visible(subject), SUBJECT_WIDTH)))
        });
    let at = finding.location.as_ref();
    let at = at.map_or_else(String::new, |at| code(&place(at)));
    let sure = confidence(finding).map_or_else(String::new, |sure| format!(", {sure}"));
    let by = by.map_or_else(String::new, |agent| {
        format!(" from {}", escaped(&visible(agent)))
    });
    format!(
        "| {mark}{}{mark} | {} | {}{subject}<br>{}{by}{sure} | {} |",
        finding.severity,
        at,
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

fn top_files(document: &Document, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(
        out,
        "\n<details><summary>Files to look at first</summary>\n"
    )?;
    writeln!(out, "| file | findings | worst | to mend |")?;
    writeln!(out, "| --- | ---: | --- | ---: |")?;
    for file in &document.summary.top_files {
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

fn suppressed(document: &Document, out: &mut dyn io::Write) -> io::Result<()> {
    let voices = Voices::of(document);
    let kept = document.suppressed.iter().map(|one| {
        let text = format!("{}: {}", one.finding.rule, because(one));
        (place_of(one), voices.titled(&text, one))
    });
    listed("finding", "suppressed in the source", kept.collect(), out)?;
    let without_use = document.unused_suppressions.iter();
    let without_use =
        without_use.map(|one| (place(&one.location), voices.titled(&unused(one), one)));
    listed("suppression", "without use", without_use.collect(), out)
}

/// A folded list of places and texts.
fn listed(
    noun: &str,
    what: &str,
    items: Vec<(String, String)>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    if items.is_empty() {
        return Ok(());
    }
    let count = plural(items.len(), noun);
    writeln!(out, "\n<details><summary>{count} {what}</summary>\n")?;
    for (at, text) in items.iter().take(SKIPPED_SHOWN) {
        let text = escaped(&shortened(&visible(text), SENTENCE_WIDTH));
        writeln!(out, "- {} {text}", code(at))?;
    }
    let hidden = items.len().saturating_sub(SKIPPED_SHOWN);
    if hidden > 0 {
        writeln!(out, "- and {hidden} more")?;
    }
    writeln!(out, "\n</details>")
}

fn skipped(document: &Document, out: &mut dyn io::Write) -> io::Result<()> {
    if document.skipped.is_empty() {
        return Ok(());
    }
    let files = plural(document.skipped.len(), "file");
    writeln!(out, "\n<details><summary>{files} not examined</summary>\n")?;
    let voices = Voices::of(document);
    for item in document.skipped.iter().take(SKIPPED_SHOWN) {
        let path = code(&visible(&item.path));
        let text = voices.titled(&format!("{}: {}", item.code, item.reason), item);
        let text = escaped(&shortened(&visible(&text), SENTENCE_WIDTH));
        writeln!(out, "- {path} {text}")?;
    }
    let hidden = document.skipped.len().saturating_sub(SKIPPED_SHOWN);
    if hidden > 0 {
        writeln!(out, "- and {hidden} more")?;
    }
    writeln!(out, "\n</details>")
}

fn failed_agents(document: &Document, out: &mut dyn io::Write) -> io::Result<()> {
    if document.summary.failed_agents.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n#### Agents that failed\n")?;
    for failed in &document.summary.failed_agents {
        let agent = code(&visible(&failed.agent));
        let text = format!("{}: {}", failed.code, failed.message);
        let text = escaped(&shortened(&visible(&text), SENTENCE_WIDTH));
        writeln!(out, "- {agent} {text}")?;
    }
    Ok(())
}

fn problems(document: &Document, out: &mut dyn io::Write) -> io::Result<()> {
    if document.problems.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n#### For the authors of agents\n")?;
    for problem in &document.problems {
        let agent = code(&visible(&problem.agent));
        let text = format!("{}: {}", problem.item.code, problem.item.message);
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
    use crate::{Format, Part, Report, RunInfo, merge};

    use super::*;

    #[test]
    fn a_full_report_reads_exactly_like_this() {
        let expected = "\
### Guildhall: Taking the parser apart

2 findings in 2 files.

| critical | major | minor | info | to mend |
| ---: | ---: | ---: | ---: | ---: |
| 1 | 0 | 0 | 1 | 20 min |

#### Most important first

| severity | place | finding | measured |
| --- | --- | --- | ---: |
| **critical** | `src/a.rs:10:5` | cognitive complexity is 48, the threshold is 25 (`parse`)<br>`cognitive-complexity` | 48 of 25 |
| info | `src/b.rs:3:5` | the function is hard to follow (`parse`)<br>`todo-comment`, confidence 80% |  |

<details><summary>Files to look at first</summary>

| file | findings | worst | to mend |
| --- | ---: | --- | ---: |
| `src/a.rs` | 1 | critical | 10 min |
| `src/b.rs` | 1 | info | 10 min |

</details>

#### What to do first

Split the parser.

- It is hot.

#### Key figures

| figure | value |
| --- | ---: |
| functions measured | 1,234 \\(before: 1,300\\) |

#### Mend the worst first

1. **split parse** (30 min to 1 h 30 min)<br>It has 48 branches.<br>Where: `src/a.rs:10:5`<br>Risk: Callers may rely on the order of errors.<br>To undo: git revert<br>Check: `cargo test`
2. **name the parts**<br>A name says what a comment would.<br>After: step 1

<details><summary>Calls</summary>

- 0 ms – 4 ms tech-debt: walk
- 4 ms tech-debt: parse

</details>

<details><summary>Modules</summary>

| module | lines |
| --- | ---: |
| `src/a.rs` | 120 |
| `src/b.rs` | 7 |

</details>

<details><summary>Imports</summary>

- a → b
- b → c
- c → a

</details>

Pictures for `--format html`: Some Treemap, Some Bar, Some Line, Some Scatter, Some Sankey.

<details><summary>1 file not examined</summary>

- `src/broken.rs` unparsable: expected an item at line 3

</details>
";
        assert_eq!(rendered(&samples::merged(), Format::Markdown), expected);
    }

    #[test]
    fn an_empty_document_says_so() {
        assert_eq!(
            rendered(&Document::default(), Format::Markdown),
            "### Guildhall: report\n\nNothing was reported.\n"
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
        let cells = |line: &str| line.replace(r"\|", "").matches('|').count();
        let lines: Vec<&str> = text.lines().collect();
        let tables = lines.chunk_by(|a, b| a.starts_with('|') && b.starts_with('|'));
        let mut rows = 0;
        for table in tables.filter(|lines| lines[0].starts_with('|')) {
            for row in table {
                assert_eq!(cells(row), cells(table[0]), "{row}");
                rows += usize::from(row.contains("onerror"));
            }
        }
        assert!(rows >= 5, "{rows} hostile rows");
    }

    #[test]
    fn a_long_report_is_folded_and_stays_under_the_limit() {
        let findings =
            (1..=3000).map(|line| finding("src/some/file.rs", line, "r", Severity::Info));
        let part = Part::new(
            "one",
            "1.0.0",
            Report {
                findings: findings.collect(),
                ..Report::default()
            },
        );
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
