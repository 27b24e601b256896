//! Suppressions in source: comments that keep a finding out of every count, for a reason.
//!
//! How they are written, and where each applies, is said in
//! [`guildhall_report::suppression`]. [`read`] finds those of a file, [`sift`] takes what
//! they keep back out of the findings.

use std::collections::{BTreeMap, BTreeSet};

use guildhall_report::suppression::{self, Marker};
use guildhall_report::{Finding, Location, Position, Suppressed, UnusedSuppression};
use guildhall_source::read::Lines;
use guildhall_source::rust::{Lexer, Token, TokenKind};
use serde::{Deserialize, Serialize};

use crate::facts::File;
use crate::settings::Settings;
use crate::tree::Tree;

/// The words with which an item of Rust can begin.
const ITEMS: [&str; 18] = [
    "async",
    "const",
    "default",
    "enum",
    "extern",
    "fn",
    "impl",
    "macro_rules",
    "mod",
    "pub",
    "static",
    "struct",
    "trait",
    "type",
    "union",
    "unsafe",
    "use",
    "auto",
];

/// A comment that is meant to suppress findings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Suppression {
    /// What it suppresses; empty where it says nothing that can be understood.
    pub(crate) rules: Vec<String>,
    /// The author's reason, or what is wrong with the comment.
    pub(crate) reason: String,
    /// Where the comment stands.
    pub(crate) start: Position,
    pub(crate) end: Position,
    /// The first and the last line to which it applies; nought where it applies to none.
    pub(crate) lines: (u32, u32),
    /// Whether it applies to what is said of the file as a whole.
    pub(crate) whole_file: bool,
}

/// Findings, and what was kept back.
#[derive(Debug, Default)]
pub(crate) struct Sifted {
    pub(crate) findings: Vec<Finding>,
    pub(crate) suppressed: Vec<Suppressed>,
    pub(crate) unused: Vec<UnusedSuppression>,
}

/// Whether a comment is meant to suppress, rightly written or not.
pub(crate) fn is_meant(comment: &str) -> bool {
    comment.contains("guildhall:") && suppression::parse(comment).is_some()
}

/// The suppressions of a file in Rust, in the order in which they stand.
pub(crate) fn read(text: &str, lines: &Lines<'_>) -> Vec<Suppression> {
    let tokens: Vec<Token> = Lexer::new(text).collect();
    let code = Code::new(&tokens, text);
    of_tokens(&tokens, text, lines, |next| {
        let first = code.after_attributes.get(next).copied()?;
        let token = code.tokens.get(first)?;
        let line = |offset: usize| lines.position(offset).line;
        let is_item = ITEMS.contains(&&text[token.start..token.end]);
        let end = if is_item {
            code.ends[first]
        } else {
            token.start
        };
        Some((line(token.start), line(end).max(line(token.start))))
    })
}

/// The suppressions among the tokens of a file, in whatever language. `applies_to` gives
/// the first and the last line of what begins with the token of this number, comments not
/// counted.
pub(crate) fn of_tokens(
    tokens: &[Token],
    text: &str,
    lines: &Lines<'_>,
    applies_to: impl Fn(usize) -> Option<(u32, u32)>,
) -> Vec<Suppression> {
    let mut found = Vec::new();
    let mut before: Option<&Token> = None;
    let mut number = 0;
    for token in tokens {
        if token.kind != TokenKind::Comment {
            before = Some(token);
            number += 1;
            continue;
        }
        let Some(marker) = suppression::parse(&text[token.start..token.end]) else {
            continue;
        };
        let (rules, reason) = match marker {
            Ok(Marker { rules, reason }) => (rules, reason),
            Err(mistake) => (Vec::new(), mistake.to_string()),
        };
        let start = lines.position(token.start);
        let is_behind = |code: &Token| {
            let last = code.end.saturating_sub(1);
            lines.position(last).line == start.line
        };
        found.push(Suppression {
            rules,
            reason,
            start,
            end: lines.position(token.end),
            lines: if before.is_some_and(is_behind) {
                (start.line, start.line)
            } else {
                applies_to(number).unwrap_or((0, 0))
            },
            whole_file: before.is_none(),
        });
    }
    found
}

/// The tokens of Rust but for comments, with what is found by one walk from their end.
struct Code<'a> {
    tokens: Vec<&'a Token>,
    /// For each token, which one follows the attributes that begin with it.
    after_attributes: Vec<usize>,
    /// For each token, where an item would end that begins with it: at its semicolon, or
    /// with its braces.
    ends: Vec<usize>,
}

impl<'a> Code<'a> {
    fn new(tokens: &'a [Token], text: &str) -> Self {
        let code = tokens.iter();
        let tokens: Vec<&Token> = code
            .filter(|token| token.kind != TokenKind::Comment)
            .collect();
        let closers = closers(&tokens);
        let mut after_attributes = vec![0; tokens.len()];
        let mut ends = vec![0; tokens.len()];
        let end_of_text = text.trim_end().len();
        for (at, token) in tokens.iter().enumerate().rev() {
            let ends_after = |at: usize| ends.get(at + 1).copied().unwrap_or(end_of_text);
            ends[at] = match token.kind {
                TokenKind::Punct(b';') | TokenKind::Close(b'}') => token.start,
                TokenKind::Open(kind) => match closers[at] {
                    Some(closer) if kind == b'{' => tokens[closer].start,
                    Some(closer) => ends_after(closer),
                    None => end_of_text,
                },
                _ => ends_after(at),
            };
            let next = behind_attribute(&tokens, at, text, &closers);
            let after = next.map(|next| after_attributes.get(next).copied());
            after_attributes[at] = after.map_or(at, |after| after.unwrap_or(tokens.len()));
        }
        Self {
            tokens,
            after_attributes,
            ends,
        }
    }
}

/// For each bracket that opens, which token closes it.
fn closers(tokens: &[&Token]) -> Vec<Option<usize>> {
    let mut closers = vec![None; tokens.len()];
    let mut open = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            TokenKind::Open(_) => open.push(at),
            TokenKind::Close(_) => {
                if let Some(opener) = open.pop() {
                    closers[opener] = Some(at);
                }
            }
            _ => {}
        }
    }
    closers
}

/// Which token follows the attribute that begins at this one.
fn behind_attribute(
    tokens: &[&Token],
    at: usize,
    text: &str,
    closers: &[Option<usize>],
) -> Option<usize> {
    let is = |at: usize, word: &str| {
        let token = tokens.get(at);
        token.is_some_and(|token| &text[token.start..token.end] == word)
    };
    let bracket = at + if is(at + 1, "!") { 2 } else { 1 };
    let is_attribute = is(at, "#") && is(bracket, "[");
    closers
        .get(bracket)
        .filter(|_| is_attribute)
        .and_then(|closer| closer.map(|closer| closer + 1))
}

/// Takes what is suppressed out of `findings`.
pub(crate) fn sift(tree: &Tree, findings: Vec<Finding>, settings: &Settings) -> Sifted {
    let mut markers: Vec<Applied<'_>> = tree.files.iter().flat_map(applied).collect();
    let index = Index::new(&markers);
    let mut sifted = Sifted::default();
    for finding in findings {
        match index.covers(&finding).map(|at| &mut markers[at]) {
            None => sifted.findings.push(finding),
            Some(marker) => {
                marker.used.insert(finding.rule.clone());
                let place = marker.place();
                let reason = marker.suppression.reason.as_str();
                let suppressed = Suppressed::new(finding, reason).with_location(place);
                sifted.suppressed.push(suppressed);
            }
        }
    }
    let unused = markers.iter().filter_map(|marker| marker.unused(settings));
    sifted.unused = unused.collect();
    sifted
}

/// A suppression in its file, and which of its rules kept something back.
struct Applied<'a> {
    file: &'a str,
    suppression: &'a Suppression,
    used: BTreeSet<String>,
}

fn applied(file: &File) -> impl Iterator<Item = Applied<'_>> {
    let suppressions = file.facts.suppressions.iter();
    suppressions.map(|suppression| Applied {
        file: &file.name,
        suppression,
        used: BTreeSet::new(),
    })
}

/// The suppressions by file and rule, so that those which cover a finding are found
/// without asking each.
struct Index<'a>(BTreeMap<(&'a str, &'a str), Named>);

/// The suppressions of a file that name a rule.
#[derive(Default)]
struct Named {
    /// The first that applies to the file as a whole.
    whole_file: Option<usize>,
    /// The first line of each, which rises, the last line that it or one before it
    /// reaches, and its number.
    lines: Vec<(u32, u32, usize)>,
}

impl<'a> Index<'a> {
    fn new(markers: &[Applied<'a>]) -> Self {
        let mut index: BTreeMap<(&str, &str), Named> = BTreeMap::new();
        for (number, marker) in markers.iter().enumerate() {
            let suppression = marker.suppression;
            for rule in &suppression.rules {
                let named = index.entry((marker.file, rule)).or_default();
                if suppression.whole_file {
                    named.whole_file.get_or_insert(number);
                }
                let (first, last) = suppression.lines;
                let reached = named.lines.last().map_or(0, |(_, reached, _)| *reached);
                // One that applies to nothing is the last of its file.
                if first > 0 {
                    named.lines.push((first, last.max(reached), number));
                }
            }
        }
        Self(index)
    }

    /// The first suppression that covers a finding.
    fn covers(&self, finding: &Finding) -> Option<usize> {
        let place = finding.location.as_ref()?;
        let key = (place.path.as_str(), finding.rule.as_str());
        let named = self.0.get(&key)?;
        let Some(start) = place.start else {
            return named.whole_file;
        };
        let line = start.line;
        // The first that reaches so far is the one which raised how far they reach.
        let at = named
            .lines
            .partition_point(|(_, reached, _)| *reached < line);
        let (first, _, number) = named.lines.get(at)?;
        (*first <= line).then_some(*number)
    }
}

impl Applied<'_> {
    fn place(&self) -> Location {
        Location::range(self.file, self.suppression.start, self.suppression.end)
    }

    /// What it says that has no effect, a rule's name with a slip among it. Rules of other
    /// agents are theirs to judge.
    fn unused(&self, settings: &Settings) -> Option<UnusedSuppression> {
        let suppression = self.suppression;
        let rules = suppression.rules.iter();
        let is_ours = |rule: &str| settings.enabled(rule) || settings.is_slip(rule);
        let unused = rules.filter(|rule| is_ours(rule) && !self.used.contains(*rule));
        let unused: Vec<String> = unused.cloned().collect();
        let is_mistaken = suppression.rules.is_empty();
        (is_mistaken || !unused.is_empty()).then(|| {
            let reason = suppression.reason.as_str();
            UnusedSuppression::new(unused, reason, self.place())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines to which the suppressions of a text apply.
    fn lines_of(text: &str) -> Vec<(u32, u32)> {
        let found = read(text, &Lines::new(text));
        found.iter().map(|suppression| suppression.lines).collect()
    }

    #[test]
    fn after_code_it_applies_to_its_line() {
        let text = "fn f() {} // guildhall: allow(a) reason\nfn g() {}\n";
        assert_eq!(lines_of(text), [(1, 1)]);
        let text = "call(\"\n\"); // guildhall: allow(a) reason\n";
        assert_eq!(lines_of(text), [(2, 2)]);
    }

    #[test]
    fn on_its_own_line_it_applies_to_the_next_item() {
        let text = "\
// guildhall: allow(a) reason
/// Documentation.
#[cfg(test)]
#[derive(A, B { c: [1] })]

pub(crate) fn f() -> [u8; 2] {
    [1, 2]
}
// guildhall: allow(a) reason
const A: [u8; 2] = [1,
    2];
// guildhall: allow(a) reason
let x = 1;
x
// guildhall: allow(a) reason
";
        assert_eq!(lines_of(text), [(6, 8), (10, 11), (13, 13), (0, 0)]);
    }

    #[test]
    fn what_is_no_item_ends_with_its_line_and_what_is_one_with_its_braces() {
        let text = "\
// guildhall: allow(a) reason
for x in y {
}
// guildhall: allow(a) reason
default impl A for B { fn f() {
} }
mod c {
    // guildhall: allow(a) reason
    type D = E
}
";
        assert_eq!(lines_of(text), [(2, 2), (5, 6), (9, 10)]);
    }

    #[test]
    fn brackets_that_do_not_match_end_with_the_file() {
        assert_eq!(lines_of("// guildhall: allow(a) r\nfn f( {\n}\n"), [(2, 3)]);
        assert_eq!(lines_of("// guildhall: allow(a) r\n#[cfg(\n"), [(2, 2)]);
    }

    #[test]
    fn a_mistake_is_kept_with_what_is_wrong() {
        let text = "// guildhall: allow(a)\nfn f() {}";
        let found = read(text, &Lines::new(text));
        assert!(found[0].rules.is_empty());
        assert!(found[0].reason.contains("gives no reason"));
    }
}
