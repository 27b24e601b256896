//! Suppressions in source: comments that keep a finding out of every count, for a reason.
//!
//! How they are written, and where each applies, is said in
//! [`guildhall_report::suppression`]. [`read`] finds those of a file, [`sift`] takes what
//! they keep back out of the findings.

use guildhall_report::suppression::{self, Marker};
use guildhall_report::{Finding, Location, Position, Suppressed, UnusedSuppression};
use guildhall_source::read::Lines;
use guildhall_source::rust::{Lexer, Token, TokenKind};
use serde::{Deserialize, Serialize};

use crate::facts::File;
use crate::settings::Settings;
use crate::tree::Tree;

/// The words with which an item can begin.
const ITEMS: [&str; 17] = [
    "async",
    "const",
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

/// The suppressions of a file, in the order in which they stand.
pub(crate) fn read(text: &str, lines: &Lines<'_>) -> Vec<Suppression> {
    let tokens: Vec<Token> = Lexer::new(text).collect();
    of_tokens(&tokens, text, lines)
}

/// The suppressions among the tokens of a file, in whatever language.
pub(crate) fn of_tokens(tokens: &[Token], text: &str, lines: &Lines<'_>) -> Vec<Suppression> {
    let comments = tokens.iter().enumerate();
    let comments = comments.filter(|(_, token)| token.kind == TokenKind::Comment);
    comments
        .filter_map(|(at, token)| {
            let marker = suppression::parse(&text[token.start..token.end])?;
            let (rules, reason) = match marker {
                Ok(Marker { rules, reason }) => (rules, reason),
                Err(mistake) => (Vec::new(), mistake.to_string()),
            };
            Some(Suppression {
                rules,
                reason,
                start: lines.position(token.start),
                end: lines.position(token.end),
                lines: applies_to(tokens, at, text, lines),
                whole_file: tokens[..at]
                    .iter()
                    .all(|before| before.kind == TokenKind::Comment),
            })
        })
        .collect()
}

/// The lines to which the comment at `at` applies.
fn applies_to(tokens: &[Token], at: usize, text: &str, lines: &Lines<'_>) -> (u32, u32) {
    let line_of = |offset: usize| lines.position(offset).line;
    let own = line_of(tokens[at].start);
    let follows_code = tokens[..at]
        .iter()
        .rev()
        .take_while(|before| line_of(before.end.saturating_sub(1)) == own)
        .any(|before| before.kind != TokenKind::Comment);
    if follows_code {
        return (own, own);
    }
    let code: Vec<&Token> = tokens[at..]
        .iter()
        .filter(|token| token.kind != TokenKind::Comment)
        .collect();
    let code = without_attributes(&code, text);
    let Some(first) = code.first() else {
        return (0, 0);
    };
    let line = line_of(first.start);
    let is_item = ITEMS.contains(&&text[first.start..first.end]);
    let last = is_item.then(|| line_of(end_of_item(code, text)));
    (line, last.unwrap_or(line).max(line))
}

/// What follows the attributes that `code` begins with.
fn without_attributes<'a, 'b>(mut code: &'a [&'b Token], text: &str) -> &'a [&'b Token] {
    while let [first, rest @ ..] = code
        && &text[first.start..first.end] == "#"
    {
        let bang = rest
            .first()
            .filter(|next| &text[next.start..next.end] == "!");
        let bracket = &rest[usize::from(bang.is_some())..];
        let Some(length) = length_of_group(bracket) else {
            return code;
        };
        code = &bracket[length..];
    }
    code
}

/// How many tokens the bracket holds that `code` begins with, itself included.
fn length_of_group(code: &[&Token]) -> Option<usize> {
    let mut depth = 0_u32;
    for (at, token) in code.iter().enumerate() {
        match token.kind {
            TokenKind::Open(_) => depth += 1,
            TokenKind::Close(_) => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return (at > 0).then_some(at + 1);
        }
    }
    None
}

/// Where an item ends: at its semicolon, or with its braces.
fn end_of_item(code: &[&Token], text: &str) -> usize {
    let mut depth = 0_u32;
    for token in code {
        match token.kind {
            TokenKind::Open(_) => depth += 1,
            TokenKind::Close(kind) => {
                depth = depth.saturating_sub(1);
                if depth == 0 && kind == b'}' {
                    return token.start;
                }
            }
            TokenKind::Punct(b';') if depth == 0 => return token.start,
            _ => {}
        }
    }
    text.trim_end().len()
}

/// Takes what is suppressed out of `findings`.
pub(crate) fn sift(tree: &Tree, findings: Vec<Finding>, settings: &Settings) -> Sifted {
    let mut markers: Vec<Applied<'_>> = tree.files.iter().flat_map(applied).collect();
    let mut sifted = Sifted::default();
    for finding in findings {
        let marker = markers.iter_mut().find(|marker| marker.covers(&finding));
        match marker {
            None => sifted.findings.push(finding),
            Some(marker) => {
                marker.used.push(finding.rule.clone());
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
    used: Vec<String>,
}

fn applied(file: &File) -> impl Iterator<Item = Applied<'_>> {
    let suppressions = file.facts.suppressions.iter();
    suppressions.map(|suppression| Applied {
        file: &file.name,
        suppression,
        used: Vec::new(),
    })
}

impl Applied<'_> {
    fn covers(&self, finding: &Finding) -> bool {
        let Some(place) = &finding.location else {
            return false;
        };
        if place.path != self.file || !self.suppression.rules.contains(&finding.rule) {
            return false;
        }
        let (first, last) = self.suppression.lines;
        match place.start {
            Some(start) => (first..=last).contains(&start.line),
            None => self.suppression.whole_file,
        }
    }

    fn place(&self) -> Location {
        Location::range(self.file, self.suppression.start, self.suppression.end)
    }

    /// What it says that has no effect. Rules of other agents are theirs to judge.
    fn unused(&self, settings: &Settings) -> Option<UnusedSuppression> {
        let suppression = self.suppression;
        let rules = suppression.rules.iter();
        let unused = rules.filter(|rule| settings.enabled(rule) && !self.used.contains(rule));
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
