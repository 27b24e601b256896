//! Everything that is done with one file, in one reading: from its text to its facts.

use guildhall_report::Position;
use guildhall_source::read::{Lines, read};
use guildhall_source::rust::{Guard, Lexer, Outline, TokenKind, parse};
use guildhall_source::walk::Found;
use memchr::{memchr, memchr_iter};

use crate::comments::{self, DebtComment, Markers};
use crate::duplicates;
use crate::facts::{Debt, File, FileFacts, LineCounts};
use crate::rust;
use crate::settings::Reading;
use crate::suppress;

/// Reads and examines `file`. The calling thread needs a stack of
/// [`guildhall_source::rust::WORKER_STACK`].
pub(crate) fn analyse(file: &Found, reading: &Reading) -> File {
    let mut result = File {
        name: file.name.clone(),
        facts: FileFacts::default(),
        skipped: None,
    };
    match read(&file.path, reading.max_file_bytes) {
        Ok(text) => {
            examine(&text, &reading.markers, &mut result);
            result.facts.prints = duplicates::prints(&file.name, &text, reading.clones);
        }
        Err(failure) => {
            result.facts.bytes = failure.bytes();
            result.skipped = Some(failure.skipped(&result.name));
        }
    }
    result
}

/// Examines the text of a file.
fn examine(text: &str, markers: &Markers, file: &mut File) {
    let lines = Lines::new(text);
    let tokens = look(text, markers);
    let branches: Vec<Position> = tokens
        .outline
        .macro_branches
        .iter()
        .map(|offset| lines.position(*offset))
        .collect();
    let facts = &mut file.facts;
    facts.bytes = text.len() as u64;
    facts.content = content(&lines, 1, u32::MAX);
    facts.lines = LineCounts {
        all: number(lines.count()),
        code: number(tokens.code_lines),
    };
    facts.debts = tokens
        .debts
        .iter()
        .map(|debt| owned(debt, &lines))
        .collect();
    if tokens.suppresses {
        facts.suppressions = suppress::read(text, &lines);
    }
    match parse(text, &tokens.outline, |file| rust::measure(file, &branches)) {
        Ok(mut functions) => {
            functions.sort_by_key(|function| function.start);
            for function in &mut functions {
                function.content = content(&lines, function.start.line, function.end.line);
            }
            facts.functions = functions;
        }
        Err(failure) => file.skipped = Some(failure.skipped(&file.name)),
    }
}

/// What the tokens of a file say.
struct Tokens<'a> {
    /// How deep it nests.
    outline: Outline,
    debts: Vec<DebtComment<'a>>,
    code_lines: usize,
    /// Whether a comment may suppress findings.
    suppresses: bool,
}

/// One pass over the tokens.
fn look<'a>(text: &'a str, markers: &'a Markers) -> Tokens<'a> {
    let mut guard = Guard::new(text);
    let mut debts = Vec::new();
    let mut suppresses = false;
    let mut code = CodeLines::new(text);
    for token in Lexer::new(text) {
        if token.kind == TokenKind::Comment {
            let comment = &text[token.start..token.end];
            suppresses |= suppress::is_meant(comment);
            debts.extend(comments::debts(markers, comment, token.start));
        } else {
            guard.token(token);
            code.token(token.start, token.end);
        }
    }
    Tokens {
        outline: guard.finish(),
        debts,
        code_lines: code.count,
        suppresses,
    }
}

/// Counts the lines on which the tokens of a text stand, which come in order.
struct CodeLines<'a> {
    text: &'a [u8],
    count: usize,
    /// The end of the last token.
    end: usize,
}

impl<'a> CodeLines<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text: text.as_bytes(),
            count: 0,
            end: 0,
        }
    }

    fn token(&mut self, start: usize, end: usize) {
        let is_on_another_line =
            self.count == 0 || memchr(b'\n', &self.text[self.end..start]).is_some();
        let within = memchr_iter(b'\n', &self.text[start..end]).count();
        self.count += usize::from(is_on_another_line) + within;
        self.end = end;
    }
}

fn owned(debt: &DebtComment<'_>, lines: &Lines<'_>) -> Debt {
    Debt {
        marker: debt.marker.word().to_owned(),
        text: debt.text.to_owned(),
        issue: debt.issue.map(str::to_owned),
        assignee: debt.assignee.map(str::to_owned),
        start: lines.position(debt.offset),
        end: lines.position(debt.offset + debt.text.len()),
    }
}

/// The hash (FNV-1a, 64 bits) of these lines without the white space around them, so
/// that text which is moved is known again, more deeply indented or not.
fn content(lines: &Lines<'_>, first: u32, last: u32) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325;
    for line in lines.from_to(first, last) {
        for byte in line.trim().bytes().chain([b'\n']) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    hash
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> LineCounts {
        let mut file = File {
            name: "a.rs".to_owned(),
            facts: FileFacts::default(),
            skipped: None,
        };
        examine(text, Markers::usual(), &mut file);
        file.facts.lines
    }

    #[test]
    fn lines_with_code_are_told_from_others() {
        let text = "// a\n\nfn f() { // b\n    /* c\n */ 1;\n    \"d\n\n\";\n}\n\n";
        assert_eq!(lines(text), LineCounts { all: 10, code: 6 });
        assert_eq!(lines("// a"), LineCounts { all: 1, code: 0 });
        assert_eq!(lines("a; b;\r\nc;"), LineCounts { all: 2, code: 2 });
    }
}
