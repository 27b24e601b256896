//! Languages other than Rust: functions as measured, and tokens, by tree-sitter.
//!
//! [`examine`] parses a text and walks over the tree once, without recursion. What the
//! kinds of nodes mean is said by one table a language (`tables/`); the rules by which
//! they are counted are the same for all, and those of the measures for Rust:
//!
//! - **Cyclomatic complexity**: 1, and 1 for each branch, loop, `case` (not the default
//!   one), guard of a case, `catch`, conditional expression, short-circuit operator
//!   (`&&`, `||`, `??` and what is assigned by them), and clause of a comprehension.
//! - **Cognitive complexity**: as the white paper of SonarSource defines it, version 1.5.
//! - **Nesting**: how many control structures and lambdas stand in each other.
//!
//! A lambda belongs to the function that it stands in. Where it stands in none, as the
//! callbacks of a test file do, it is a function of its own, unless it does nothing but
//! hold others.
//!
//! ```
//! use guildhall_source::language::Language;
//! use guildhall_source::syntax::{self, TokenKind};
//!
//! let text = "def ship(order):  # TODO: price\n    return order if order else None\n";
//! let mut comments = Vec::new();
//! let examined = syntax::examine(text, Language::Python, |token| {
//!     if token.kind == TokenKind::Comment {
//!         comments.push(&text[token.start..token.end]);
//!     }
//! })?;
//! assert_eq!(comments, ["# TODO: price"]);
//! assert_eq!(examined.functions[0].name, "ship");
//! assert_eq!(examined.functions[0].cyclomatic, 2);
//! assert_eq!(examined.broken, None);
//! # Ok::<(), syntax::SyntaxFailure>(())
//! ```

mod count;
mod grammar;
mod header;
mod heads;
mod macros;
mod names;
mod parse;
mod pieces;
mod tables;
mod walk;
mod wrappers;

pub use header::of_header;

use std::borrow::Cow;

use guildhall_report::{Position, Skipped};

use crate::language::Language;
use crate::read::Lines;
use grammar::Grammar;

/// The languages that [`examine`] understands.
pub const LANGUAGES: [Language; 11] = [
    Language::Python,
    Language::JavaScript,
    Language::TypeScript,
    Language::Tsx,
    Language::Go,
    Language::Java,
    Language::C,
    Language::Cpp,
    Language::CSharp,
    Language::Ruby,
    Language::Php,
];

/// A tree that is deeper is not walked over to its end. Of 7,351 files of twenty public
/// repositories the deepest has 146 levels.
pub const DEPTH_LIMIT: usize = 4_000;

/// A function, a method, or a lambda that stands in no function, as measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Qualified by the types and functions around it, in the manner of the language.
    pub name: String,
    /// The type, or other holder of functions, that it stands in or is declared for.
    pub owner: Option<String>,
    /// Whether the complexity of no other function holds this one's.
    pub outermost: bool,
    /// Whether it is a test, or stands in one, by what the text says.
    pub test: bool,
    /// Where it begins, after its attributes or decorators.
    pub start: Position,
    /// Just after its last character.
    pub end: Position,
    /// Number of independent paths.
    pub cyclomatic: u32,
    /// How hard its flow is to follow.
    pub cognitive: u32,
    /// The deepest nesting of control structures and lambdas.
    pub nesting: u32,
    /// Parameters that stand in its list.
    pub parameters: u32,
    /// Lines from `start` to `end`, all included.
    pub lines: u32,
}

/// The smallest piece of a text, comments included. White space is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// First byte.
    pub start: usize,
    /// Byte after the last one.
    pub end: usize,
    /// Whether it is part of a test, by what the text says.
    pub test: bool,
    /// Whether it is part of an import, the name of a package, or an attribute: what says
    /// where things are and how they are treated, not what they do.
    pub aside: bool,
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A keyword, an operator or punctuation.
    Fixed,
    /// A name.
    Identifier,
    /// A number or a string; of a string with expressions in it, each stretch of text.
    Literal,
    /// A comment. The line that names an interpreter is none.
    Comment,
}

/// What was found in a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Examined {
    /// In the order in which they begin.
    pub functions: Vec<Function>,
    /// Functions and types that are whole, in the order in which they begin.
    pub items: Vec<Item>,
    /// The first place where more than a little does not fit the language.
    pub broken: Option<Broken>,
}

/// The lines on which a function or a type stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    /// Where it begins with its attributes or decorators.
    pub first: u32,
    /// Where it begins after them.
    pub start: u32,
    /// Where it ends.
    pub last: u32,
}

/// A place that does not fit the language: an error that reaches over more than three
/// lines or in which a function begins, or a function in which a bracket is missing. The
/// functions around it are not measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken {
    /// Where it begins.
    pub start: Position,
    /// How many lines it reaches over.
    pub lines: u32,
}

/// Why a text could not be examined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SyntaxFailure {
    /// There is no grammar for the language.
    #[error("there is no grammar for {}; choose one of `syntax::LANGUAGES`", .0.name())]
    NoGrammar(Language),
    /// The parser would have to work more than a text of its length is worth.
    #[error("parsing it takes more steps than {0}, the limit for a file of its size")]
    TooCostly(usize),
    /// Its tree is deeper than [`DEPTH_LIMIT`].
    #[error("its syntax nests more than {DEPTH_LIMIT} deep")]
    TooDeep,
    /// The grammar does not fit the parser: a defect of the build.
    #[error("the parser refuses the grammar; please report this")]
    ParserFailed,
}

impl SyntaxFailure {
    /// How a report lists the file.
    pub fn skipped(self, name: &str) -> Skipped {
        let code = match self {
            Self::NoGrammar(_) => "no-grammar",
            Self::TooCostly(_) => "too-costly",
            Self::TooDeep => "too-deep",
            Self::ParserFailed => "parser-failed",
        };
        Skipped::new(name, code, self.to_string())
    }
}

impl Broken {
    /// How a report lists the file.
    pub fn skipped(&self, name: &str) -> Skipped {
        let Position { line, column } = self.start;
        let reason = match self.lines {
            1 => format!(
                "{line}:{column}: a line does not fit the language; functions around it are not measured"
            ),
            lines => format!(
                "{line}:{column}: {lines} lines do not fit the language; functions around them are not measured"
            ),
        };
        Skipped::new(name, "partly-unparsable", reason)
    }
}

/// Parses `text`, measures its functions, and gives its tokens in order to `token`.
///
/// The same text gives the same result on every machine: limits count steps, not time.
///
/// # Errors
/// [`SyntaxFailure`] says why there are no functions. Where it is [`SyntaxFailure::TooDeep`],
/// the tokens above the limit were given.
pub fn examine(
    text: &str,
    language: Language,
    token: impl FnMut(Token),
) -> Result<Examined, SyntaxFailure> {
    let grammar = Grammar::of(language).ok_or(SyntaxFailure::NoGrammar(language))?;
    let (parsed, blanked) = if grammar.table.customs.has_declarators {
        macros::blanked(text)
    } else {
        (Cow::Borrowed(text), Vec::new())
    };
    let tree = parse::parse(&parsed, grammar)?;
    walk::walk(text, &Lines::new(text), grammar, &tree, &blanked, token)
}
