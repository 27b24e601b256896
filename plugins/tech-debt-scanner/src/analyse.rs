//! Everything that is done with one file, in one reading: from its text to its facts.

use guildhall_core::path_text;
use guildhall_report::Position;
use guildhall_source::language::Language;
use guildhall_source::read::{Lines, ReadFailure, read_content, text};
use guildhall_source::rust::modules::{self, FileModules};
use guildhall_source::rust::{Guard, Lexer, Outline, TokenKind, parse};
use guildhall_source::unwritten::says_generated;
use guildhall_source::walk::Found;
use memchr::{memchr, memmem};

use crate::comments::{self, DebtComment, Markers};
use crate::duplicates;
use crate::facts::{Debt, File, FileFacts, LineCounts, LineRange};
use crate::rust::{self, Function, Smells};
use crate::settings::Reading;
use crate::suppress;

/// Words by which authors mark unfinished work.
const ADMISSIONS: [&[u8]; 4] = [b"TODO", b"FIXME", b"HACK", b"XXX"];

/// Reads and examines `file`. The calling thread needs a stack of
/// [`guildhall_source::rust::WORKER_STACK`].
pub(crate) fn analyse(file: &Found, reading: &Reading) -> File {
    match read_content(&file.path, reading.max_file_bytes) {
        Ok(content) => of_content(&file.name, content.bytes, reading),
        Err(failure) => without_content(&file.name, &failure),
    }
}

/// Examines a file of this name and content, on a thread as above. Of the name, nothing in
/// the facts may depend but what `gather` has in the key of the cache.
pub(crate) fn of_content(name: &str, content: Vec<u8>, reading: &Reading) -> File {
    match text(content) {
        Ok(text) => of_text(name, &text, reading),
        Err(failure) => without_content(name, &failure),
    }
}

/// A file whose text could not be had.
pub(crate) fn without_content(name: &str, failure: &ReadFailure) -> File {
    let mut file = unexamined(name);
    file.facts.bytes = failure.bytes();
    file.skipped = Some(failure.skipped(name));
    file
}

fn of_text(name: &str, text: &str, reading: &Reading) -> File {
    let mut file = unexamined(name);
    in_its_language(text, reading, &mut file);
    file
}

fn unexamined(name: &str) -> File {
    File {
        name: name.to_owned(),
        facts: FileFacts {
            language: Language::of_path(&path_text::decode(name)),
            ..FileFacts::default()
        },
        skipped: None,
    }
}

/// Examines the text of a file of whatever language.
fn in_its_language(text: &str, reading: &Reading, file: &mut File) {
    match file.facts.language {
        #[cfg(feature = "grammars")]
        Some(language) if language != Language::Rust => {
            crate::other::examine(text, language, reading, file);
        }
        _ => {
            examine(text, &reading.markers, file);
            file.facts.prints = duplicates::prints(&file.name, text, reading.clones);
        }
    }
}

/// Examines the text of a Rust file.
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
        code: number(tokens.code_lines.len()),
        tests: 0,
    };
    facts.admits = admits(text);
    facts.is_generated = tokens.is_generated;
    facts.debts = tokens
        .debts
        .iter()
        .map(|debt| owned(debt, &lines))
        .collect();
    if tokens.suppresses {
        facts.suppressions = suppress::read(text, &lines);
    }
    let look = |file: &_| Syntax {
        functions: rust::measure(file, &branches),
        test_modules: rust::test_modules(file),
        modules: modules::collect(file),
        found: rust::smells(file),
    };
    match parse(text, &tokens.outline, look) {
        Ok(syntax) => {
            facts.functions = syntax.functions;
            facts.functions.sort_by_key(|function| function.start);
            let mut contents = Contents::new(&lines);
            for function in &mut facts.functions {
                function.content = contents.of(function.start.line, function.end.line);
            }
            facts.lines.tests = count_within(&tokens.code_lines, &syntax.test_modules);
            facts.test_modules = syntax.test_modules;
            facts.modules = syntax.modules;
            facts.smells = smells(syntax.found, &tokens, &lines);
        }
        Err(failure) => file.skipped = Some(failure.skipped(&file.name)),
    }
}

/// What the syntax tree of a file says.
struct Syntax {
    functions: Vec<Function>,
    test_modules: Vec<LineRange>,
    modules: FileModules,
    found: rust::Found,
}

/// The smells of a file with what only its tokens say: how many lines of code there are,
/// and which comments give a reason.
fn smells(found: rust::Found, tokens: &Tokens<'_>, lines: &Lines<'_>) -> Smells {
    let mut smells = found.smells;
    smells.test_lines = count_within(&tokens.code_lines, &found.tests);
    smells.unsafety.lines = count_within(&tokens.code_lines, &found.unsafety);
    if smells.silenced.is_empty() {
        return smells;
    }
    let offsets = tokens.notes.iter();
    let notes: Vec<u32> = offsets.map(|at| lines.position(*at).line).collect();
    let is_note = |line: u32| notes.binary_search(&line).is_ok();
    // The line of the last one, where a comment explains it.
    let mut explained = None;
    for silenced in &mut smells.silenced {
        let line = silenced.line;
        let follows = explained.is_some_and(|before: u32| line.saturating_sub(before) <= 1);
        let is_explained = is_note(line) || is_note(line.saturating_sub(1)) || follows;
        silenced.has_reason |= is_explained;
        explained = is_explained.then_some(line);
    }
    smells
}

/// What the tokens of a file say.
struct Tokens<'a> {
    /// How deep it nests.
    outline: Outline,
    debts: Vec<DebtComment<'a>>,
    /// Whether a comment may suppress findings.
    suppresses: bool,
    is_generated: bool,
    /// Where the comments begin that are no documentation.
    notes: Vec<usize>,
    /// Numbers of the lines with code, in order.
    code_lines: Vec<u32>,
}

/// One pass over the tokens.
fn look<'a>(text: &'a str, markers: &'a Markers) -> Tokens<'a> {
    let mut guard = Guard::new(text);
    let (mut debts, mut notes) = (Vec::new(), Vec::new());
    let (mut suppresses, mut is_generated) = (false, false);
    let mut code = CodeLines::new(text);
    for token in Lexer::new(text) {
        if token.kind == TokenKind::Comment {
            let comment = &text[token.start..token.end];
            suppresses |= suppress::is_meant(comment);
            debts.extend(comments::debts(markers, comment, token.start));
            if !is_documentation(comment) {
                notes.push(token.start);
            }
        } else {
            // Only the head of a file can speak of the file.
            is_generated |= code.numbers.is_empty() && says_generated(&text[..token.start]);
            guard.token(token);
            code.token(token.start, token.end);
        }
    }
    Tokens {
        outline: guard.finish(),
        debts,
        code_lines: code.numbers,
        suppresses,
        is_generated,
        notes,
    }
}

fn is_documentation(comment: &str) -> bool {
    let starts = ["///", "//!", "/**", "/*!"];
    starts.iter().any(|start| comment.starts_with(start))
}

/// The lines on which the tokens of a text stand, which come in order.
pub(crate) struct CodeLines<'a> {
    text: &'a [u8],
    /// From one, each once.
    pub(crate) numbers: Vec<u32>,
    /// The line in which the last token ends, and the line break that ends it.
    line: u32,
    ends: usize,
}

impl<'a> CodeLines<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            text: text.as_bytes(),
            numbers: Vec::new(),
            line: 1,
            ends: line_break(text.as_bytes(), 0),
        }
    }

    pub(crate) fn token(&mut self, start: usize, end: usize) {
        let first = self.line_at(start);
        let last = self.line_at(end);
        let known = self.numbers.last().copied().unwrap_or(0);
        self.numbers.extend(first.max(known + 1)..=last);
    }

    /// Goes on to the line of a place: one search a line, where most tokens have none.
    fn line_at(&mut self, place: usize) -> u32 {
        while self.ends < place {
            self.line += 1;
            self.ends = line_break(self.text, self.ends + 1);
        }
        self.line
    }
}

/// Where the first line break from a place on is, or the end of the text.
fn line_break(text: &[u8], from: usize) -> usize {
    memchr(b'\n', &text[from..]).map_or(text.len(), |at| from + at)
}

/// How many of the lines, which are in order, lie in one of the ranges.
pub(crate) fn count_within(lines: &[u32], ranges: &[LineRange]) -> u32 {
    let before = |line: u32| lines.partition_point(|one| *one < line);
    let within = |range: &LineRange| before(range.last.saturating_add(1)) - before(range.first);
    number(ranges.iter().map(within).sum())
}

/// Whether one of [`ADMISSIONS`] stands in the text as a word of its own.
pub(crate) fn admits(text: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let is_word = |start: usize, length: usize| {
        !text[..start].ends_with(is_part) && !text[start + length..].starts_with(is_part)
    };
    ADMISSIONS.iter().any(|word| {
        memmem::find_iter(text.as_bytes(), word).any(|start| is_word(start, word.len()))
    })
}

pub(crate) fn owned(debt: &DebtComment<'_>, lines: &Lines<'_>) -> Debt {
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
pub(crate) fn content(lines: &Lines<'_>, first: u32, last: u32) -> u64 {
    let add = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    lines
        .from_to(first, last)
        .fold(0xcbf2_9ce4_8422_2325, |hash, line| {
            add(line.trim().bytes().fold(hash, add), b'\n')
        })
}

/// The contents of one function after the other. Those of functions on the same lines are
/// the same, and there may be thousands on one that no formatter has seen.
pub(crate) struct Contents<'a> {
    lines: &'a Lines<'a>,
    last: Option<((u32, u32), u64)>,
}

impl<'a> Contents<'a> {
    pub(crate) fn new(lines: &'a Lines<'a>) -> Self {
        Self { lines, last: None }
    }

    /// The content of these lines.
    pub(crate) fn of(&mut self, first: u32, last: u32) -> u64 {
        let content = match self.last {
            Some((known, content)) if known == (first, last) => content,
            _ => content(self.lines, first, last),
        };
        self.last = Some(((first, last), content));
        content
    }
}

pub(crate) fn number(count: usize) -> u32 {
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
        let counts = |all, code, tests| LineCounts { all, code, tests };
        assert_eq!(lines(text), counts(10, 6, 0));
        assert_eq!(lines("// a"), counts(1, 0, 0));
        assert_eq!(lines("a; b;\r\nc;"), counts(2, 2, 0));
        let text = "fn f() {}\n\n#[cfg(test)]\nmod tests {\n\n// a\nfn g() {}\n}\nfn h() {}";
        assert_eq!(lines(text), counts(9, 6, 4));
    }

    #[test]
    fn a_word_of_unfinished_work_is_a_word_of_its_own() {
        for text in [
            "TODO",
            "// see the TODO list",
            "a\"XXX\"",
            "(HACK)",
            "TODOS FIXME",
        ] {
            assert!(admits(text), "{text}");
        }
        for text in ["TODOS", "MY_TODO", "xFIXME", "todo!()", "XXXX", "ÄXXX"] {
            assert!(!admits(text), "{text}");
        }
    }
}
