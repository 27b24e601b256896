//! A text as items (functions, methods and types) and tokens.
//!
//! Rust is read by its tokens, so that a file that does not parse has items too; other
//! languages are read by tree-sitter.

mod rust;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use guildhall_source::language::Language;
use guildhall_source::syntax::{self, SyntaxFailure};

/// Words that stand before the name of an item that is made there.
const MAKERS: [&str; 22] = [
    "fn",
    "def",
    "function",
    "func",
    "class",
    "struct",
    "enum",
    "trait",
    "interface",
    "type",
    "union",
    "module",
    "mod",
    "macro_rules",
    "record",
    "const",
    "static",
    "let",
    "var",
    "val",
    "namespace",
    "impl",
];

/// Words that stand before the name of a type.
const TYPES: [&str; 9] = [
    "class",
    "struct",
    "enum",
    "trait",
    "interface",
    "type",
    "union",
    "record",
    "module",
];

/// A text with what is known of it.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) text: String,
    pub(super) language: Option<Language>,
    /// Without comments and white space.
    pub(super) tokens: Vec<Token>,
    /// In the order in which they begin.
    pub(super) items: Vec<Item>,
    /// The place of the first item of a name.
    by_name: HashMap<String, usize>,
    /// The tokens that are a word.
    by_word: HashMap<String, Vec<usize>>,
}

/// A token of a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Its line, from zero.
    pub(super) line: usize,
    /// Whether it is a name or a keyword.
    pub(super) is_word: bool,
}

/// A function, method or type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    /// Qualified in the manner of the language.
    pub(super) name: String,
    /// The last part of the name, by which it is called.
    pub(super) called: String,
    /// What it stands in, where that is a type.
    pub(super) owner: Option<String>,
    pub(super) is_type: bool,
    /// Its lines, from zero.
    pub(super) lines: Range<usize>,
    /// How it is called: parameters and what it gives back, white space apart. Empty for
    /// types.
    pub(super) header: String,
    /// All of it but its name, white space apart.
    pub(super) body: String,
}

impl Source {
    /// Reads a text, and says why its items are not known where they are not.
    pub(super) fn read(text: String, path: &Path) -> (Self, Option<SyntaxFailure>) {
        let language = match Language::of_path(path) {
            Some(Language::C) if path.extension().is_some_and(|it| it == "h") => {
                Some(syntax::of_header(&text))
            }
            language => language,
        };
        let mut source = Self {
            text,
            language,
            tokens: Vec::new(),
            items: Vec::new(),
            by_name: HashMap::new(),
            by_word: HashMap::new(),
        };
        let problem = match language {
            None => None,
            Some(Language::Rust) => {
                rust::read(&mut source);
                None
            }
            Some(language) => source.read_tree(language).err(),
        };
        source.index();
        (source, problem)
    }

    /// The text of a token.
    pub(super) fn word(&self, at: usize) -> &str {
        let token = self.tokens.get(at);
        token.map_or("", |token| &self.text[token.start..token.end])
    }

    /// The item of this name.
    pub(super) fn item(&self, name: &str) -> Option<&Item> {
        self.by_name.get(name).map(|at| &self.items[*at])
    }

    /// The places of the tokens that are this word.
    pub(super) fn places_of(&self, word: &str) -> &[usize] {
        self.by_word.get(word).map_or(&[], Vec::as_slice)
    }

    fn index(&mut self) {
        for (at, item) in self.items.iter().enumerate() {
            self.by_name.entry(item.name.clone()).or_insert(at);
        }
        for (at, token) in self
            .tokens
            .iter()
            .enumerate()
            .filter(|(_, token)| token.is_word)
        {
            let word = &self.text[token.start..token.end];
            match self.by_word.get_mut(word) {
                Some(places) => places.push(at),
                None => drop(self.by_word.insert(word.to_owned(), vec![at])),
            }
        }
    }

    /// Whether the token is the name of what is made there.
    pub(super) fn is_made_at(&self, at: usize) -> bool {
        let before = |back: usize| at.checked_sub(back).map_or("", |at| self.word(at));
        MAKERS.contains(&before(1))
            // `macro_rules! name`, and the methods of Go: `func (receiver) name`.
            || before(2) == "macro_rules"
            || (before(1) == ")" && self.is_after_receiver(at))
    }

    fn is_after_receiver(&self, at: usize) -> bool {
        let open = (0..at).rev().take(16).find(|at| self.word(*at) == "(");
        open.is_some_and(|open| open > 0 && self.word(open - 1) == "func")
    }

    fn read_tree(&mut self, language: Language) -> Result<(), SyntaxFailure> {
        let starts = line_starts(&self.text);
        let mut tokens = Vec::new();
        let examined = syntax::examine(&self.text, language, |token| {
            if token.kind == syntax::TokenKind::Comment {
                return;
            }
            tokens.push(Token {
                start: token.start,
                end: token.end,
                line: line_of(&starts, token.start),
                is_word: token.kind == syntax::TokenKind::Identifier,
            });
        })?;
        self.tokens = tokens;
        let mut items = Vec::new();
        for function in &examined.functions {
            let lines = function.start.line as usize - 1..function.end.line as usize;
            let called = last_part(&function.name).to_owned();
            if let Some(at) = self.find(&lines, |source, at| source.word(at) == called) {
                let owner = function
                    .owner
                    .as_deref()
                    .map(|owner| last_part(owner).to_owned());
                items.push(self.make(function.name.clone(), owner, false, lines, at));
            }
        }
        for item in &examined.items {
            let lines = item.start as usize - 1..item.last as usize;
            let head = lines.start..lines.start + 1;
            let is_named = |source: &Self, at: usize| {
                at > 0 && TYPES.contains(&source.word(at - 1)) && source.tokens[at].is_word
            };
            let Some(at) = self.find(&head, is_named) else {
                continue;
            };
            let is_known = |known: &Item| known.is_type && known.called == self.word(at);
            if !items.iter().any(is_known) {
                items.push(self.make(self.word(at).to_owned(), None, true, lines, at));
            }
        }
        items.sort_by_key(|item| (item.lines.start, Reverse(item.lines.end), !item.is_type));
        self.items = items;
        Ok(())
    }

    /// The first token on these lines of which this is true.
    fn find(&self, lines: &Range<usize>, is: impl Fn(&Self, usize) -> bool) -> Option<usize> {
        let from = self
            .tokens
            .partition_point(|token| token.line < lines.start);
        let on = |at: &usize| {
            self.tokens
                .get(*at)
                .is_some_and(|token| token.line < lines.end)
        };
        (from..self.tokens.len())
            .take_while(on)
            .find(|at| is(self, *at))
    }

    /// An item whose name is the token `at`.
    fn make(
        &self,
        name: String,
        owner: Option<String>,
        is_type: bool,
        lines: Range<usize>,
        at: usize,
    ) -> Item {
        let until = self.tokens.partition_point(|token| token.line < lines.end);
        let called = self.word(at).to_owned();
        Item {
            header: match is_type {
                true => String::new(),
                false => self.joined(at + 1..self.header_end(at + 1, until)),
            },
            body: self.joined(at + 1..until),
            name,
            called,
            owner,
            is_type,
            lines,
        }
    }

    /// Where the header of a function ends and its body begins.
    fn header_end(&self, from: usize, until: usize) -> usize {
        use Language::{Cpp, Python, Ruby};

        let mut depth = 0usize;
        for at in from..until {
            let is_last = match self.word(at) {
                "{" | ";" | "=>" => true,
                ":" => matches!(self.language, Some(Python | Cpp)),
                // Without a bracket a parameter list of Ruby ends with its line.
                _ => {
                    self.language == Some(Ruby) && self.tokens[at].line > self.tokens[from - 1].line
                }
            };
            if depth == 0 && is_last {
                return at;
            }
            match self.word(at) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        until
    }

    fn joined(&self, tokens: Range<usize>) -> String {
        let words: Vec<&str> = tokens.map(|at| self.word(at)).collect();
        words.join(" ")
    }
}

/// The last part of a qualified name.
fn last_part(name: &str) -> &str {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '?' | '!' | '@');
    let start = name.rfind(|c: char| !is_part(c));
    start.map_or(name, |at| {
        let rest = &name[at..];
        rest.trim_start_matches(|c: char| !is_part(c))
    })
}

/// The first byte of each line.
fn line_starts(text: &str) -> Vec<usize> {
    let after = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
    std::iter::once(0)
        .chain(after.map(|(at, _)| at + 1))
        .collect()
}

fn line_of(starts: &[usize], byte: usize) -> usize {
    starts
        .partition_point(|start| *start <= byte)
        .saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str, text: &str) -> Source {
        let (source, problem) = Source::read(text.to_owned(), Path::new(path));
        assert_eq!(problem, None);
        source
    }

    fn check(path: &str, text: &str, expected: &[(&str, &str)]) {
        let source = read(path, text);
        let items = source.items.iter();
        let found: Vec<_> = items
            .map(|item| (item.name.as_str(), item.header.as_str()))
            .collect();
        assert_eq!(found, expected, "{path}");
    }

    #[test]
    fn items_have_their_names_and_how_they_are_called() {
        check(
            "a.rs",
            "/// x\npub struct A<T> { a: T }\nimpl<T> Show for A<T> {\n    fn f(&self, n: u8) -> [u8; 2] { { } }\n}\nfn g() { fn h(a: u8) {} }\n",
            &[
                ("A", ""),
                ("A::f", "( & self , n : u8 ) - > [ u8 ; 2 ]"),
                ("g", "( )"),
                ("h", "( a : u8 )"),
            ],
        );
        check(
            "a.py",
            "class A:\n    def f(self, n: int = 1) -> int:\n        return n\n",
            &[("A", ""), ("A.f", "( self , n : int = 1 ) -> int")],
        );
        check(
            "a.ts",
            "class A { f(n: number): string { return '' } }\nfunction g(a = {}) { return a }\n",
            &[
                ("A", ""),
                ("A.f", "( n : number ) : string"),
                ("g", "( a = { } )"),
            ],
        );
        check(
            "a.go",
            "package a\nfunc (t *T) F(n int) (int, error) { return n, nil }\n",
            &[("T.F", "( n int ) ( int , error )")],
        );
    }

    #[test]
    fn what_does_not_parse_has_items_all_the_same() {
        check(
            "a.rs",
            "fn f(a: u8) {\n fn g( ",
            &[("f", "( a : u8 )"), ("g", "(")],
        );
    }
}
