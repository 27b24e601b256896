//! Files of languages other than Rust: from their text to their facts.

use guildhall_report::Skipped;
use guildhall_source::language::Language;
use guildhall_source::read::Lines;
use guildhall_source::rust::{Token, TokenKind};
use guildhall_source::syntax::{self, Examined, Item};
use guildhall_source::unwritten::{is_bundled, is_minified, says_generated};

use crate::analyse::{CodeLines, Contents, admits, content, count_within, number, owned};
use crate::clones::other as clones;
use crate::comments::{self, Markers};
use crate::duplicates;
use crate::facts::{Debt, File, LineCounts, LineRange};
use crate::rust::Function;
use crate::settings::Reading;
use crate::suppress::{self, Suppression};

/// Examines the text of a file.
pub(crate) fn examine(text: &str, language: Language, reading: &Reading, file: &mut File) {
    let lines = Lines::new(text);
    let language = match language {
        Language::C if file.name.ends_with(".h") => syntax::of_header(text),
        language => language,
    };
    let facts = &mut file.facts;
    facts.language = Some(language);
    facts.bytes = text.len() as u64;
    facts.content = content(&lines, 1, u32::MAX);
    facts.lines.all = number(lines.count());
    if is_minified(text) {
        file.skipped = Some(minified(&file.name));
        return;
    }
    if language == Language::JavaScript && is_bundled(text) {
        let reason = "it holds the helpers of a bundler, which made it from other files";
        file.skipped = Some(Skipped::new(&file.name, "generated", reason));
        return;
    }
    let mut seen = Seen::new(text, &lines, &reading.markers);
    let examined = syntax::examine(text, language, |token| seen.token(token));
    if seen.generated {
        file.skipped = Some(generated(&file.name));
        return;
    }
    facts.lines = LineCounts {
        all: facts.lines.all,
        code: number(seen.code.numbers.len()),
        tests: 0,
    };
    facts.admits = admits(text);
    let mut items = Vec::new();
    match examined {
        Ok(mut examined) => {
            items = std::mem::take(&mut examined.items);
            let broken = examined.broken;
            file.skipped = broken.map(|broken| broken.skipped(&file.name));
            facts.test_modules = tests(&examined);
            facts.lines.tests = count_within(&seen.code.numbers, &facts.test_modules);
            facts.functions = functions(examined, &lines);
            if let Some(minimum) = reading.clones {
                let tokens = clones::of(&file.name, text, language, &seen.tokens);
                facts.prints = duplicates::prints_of(&tokens, minimum);
            }
        }
        Err(failure) => file.skipped = Some(failure.skipped(&file.name)),
    }
    facts.suppressions = seen.suppressions(&items);
    facts.debts = seen.debts;
}

fn minified(name: &str) -> Skipped {
    let reason = "its lines are so long on average that it was made small by a program";
    Skipped::new(name, "minified", reason)
}

fn generated(name: &str) -> Skipped {
    let reason = "a comment at its head says that a program wrote it";
    Skipped::new(name, "generated", reason)
}

fn functions(examined: Examined, lines: &Lines<'_>) -> Vec<Function> {
    let functions = examined.functions.into_iter();
    let mut contents = Contents::new(lines);
    let function = |function: syntax::Function| Function {
        content: contents.of(function.start.line, function.end.line),
        name: function.name,
        module: String::new(),
        owner: function.owner,
        outermost: function.outermost,
        start: function.start,
        end: function.end,
        cyclomatic: function.cyclomatic,
        cognitive: function.cognitive,
        nesting: function.nesting,
        parameters: function.parameters,
        lines: function.lines,
    };
    functions.map(function).collect()
}

/// The functions that are tests, without those within another.
fn tests(examined: &Examined) -> Vec<LineRange> {
    let mut found: Vec<LineRange> = Vec::new();
    for test in examined.functions.iter().filter(|function| function.test) {
        let (first, last) = (test.start.line, test.end.line);
        if found.last().is_none_or(|before| before.last < first) {
            found.push(LineRange { first, last });
        }
    }
    found
}

/// What the tokens of a file say.
struct Seen<'a> {
    text: &'a str,
    lines: &'a Lines<'a>,
    markers: &'a Markers,
    code: CodeLines<'a>,
    debts: Vec<Debt>,
    tokens: Vec<syntax::Token>,
    suppresses: bool,
    generated: bool,
}

impl<'a> Seen<'a> {
    fn new(text: &'a str, lines: &'a Lines<'a>, markers: &'a Markers) -> Self {
        Self {
            text,
            lines,
            markers,
            code: CodeLines::new(text),
            debts: Vec::new(),
            tokens: Vec::new(),
            suppresses: false,
            generated: false,
        }
    }

    fn token(&mut self, token: syntax::Token) {
        let word = &self.text[token.start..token.end];
        if token.kind == syntax::TokenKind::Comment {
            self.comment(word, token.start);
        } else {
            // Only the head of a file can speak of the file.
            self.generated |=
                self.code.numbers.is_empty() && says_generated(&self.text[..token.start]);
            self.code.token(token.start, token.end);
        }
        self.tokens.push(token);
    }

    fn comment(&mut self, comment: &str, start: usize) {
        self.suppresses |= suppress::is_meant(comment);
        let debts = comments::debts(self.markers, comment, start);
        self.debts
            .extend(debts.map(|debt| owned(&debt, self.lines)));
    }

    /// The suppressions; one above a function or a type applies to the whole of it.
    fn suppressions(&self, items: &[Item]) -> Vec<Suppression> {
        if !self.suppresses {
            return Vec::new();
        }
        let tokens = self.tokens.iter().map(|token| Token {
            kind: kind(token.kind, &self.text[token.start..token.end]),
            start: token.start,
            end: token.end,
        });
        let tokens: Vec<Token> = tokens.collect();
        let code = tokens.iter();
        let code: Vec<&Token> = code
            .filter(|token| token.kind != TokenKind::Comment)
            .collect();
        suppress::of_tokens(&tokens, self.text, self.lines, |next| {
            let line = self.lines.position(code.get(next)?.start).line;
            Some(lines_of_item(items, line))
        })
    }
}

/// The lines of the outermost item that begins on this line, or the line itself. `items`
/// are in order.
fn lines_of_item(items: &[Item], line: u32) -> (u32, u32) {
    let before = items.partition_point(|item| item.first < line);
    let beginning = items[before..].iter().take_while(|item| item.first == line);
    let outermost = beginning.max_by_key(|item| item.last);
    // A comment may stand among the decorators as well.
    let around = || items[..before].last().filter(|item| line <= item.start);
    let item = outermost.or_else(around);
    item.map_or((line, line), |item| (line, item.last.max(line)))
}

fn kind(kind: syntax::TokenKind, word: &str) -> TokenKind {
    match (kind, word.as_bytes()) {
        (syntax::TokenKind::Comment, _) => TokenKind::Comment,
        (syntax::TokenKind::Identifier, _) => TokenKind::Ident,
        (syntax::TokenKind::Literal, _) => TokenKind::Literal,
        (syntax::TokenKind::Fixed, [byte @ (b'(' | b'[' | b'{')]) => TokenKind::Open(*byte),
        (syntax::TokenKind::Fixed, [byte @ (b')' | b']' | b'}')]) => TokenKind::Close(*byte),
        (syntax::TokenKind::Fixed, [byte]) => TokenKind::Punct(*byte),
        (syntax::TokenKind::Fixed, _) => TokenKind::Ident,
    }
}
