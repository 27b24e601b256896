//! Parsing one file within the stack that its nesting needs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use guildhall_report::Position;
use guildhall_report::Skipped;
use proc_macro2::LineColumn;
use proc_macro2::extra::invalidate_current_thread_spans;

use super::Outline;

/// Stack for each level of [`Outline::depth`]. Of ninety constructs
/// nested in themselves the dearest in a debug build, `&&&&T`, took 36 KiB a level;
/// in a release build all take far less.
const STACK_PER_LEVEL: usize = 64 * 1024;

/// Stack for what does not grow with the nesting.
const STACK_FLOOR: usize = 1024 * 1024;

/// Files up to this depth are parsed on the worker's own stack.
const SHALLOW_DEPTH: u32 = 400;

/// Deeper files are refused. Of 13,411 files of published Rust the deepest, a
/// generated table, has a depth of 2,735, and all others are below 540.
pub const DEPTH_LIMIT: u32 = 4_000;

/// Stack that a thread must have to call [`parse`].
pub const WORKER_STACK: usize = stack_for(SHALLOW_DEPTH);

/// Why a file has no syntax tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParseFailure {
    /// It is not Rust: where, and what the parser says.
    Unparsable(Position, String),
    /// Its syntax tree may be deeper than [`DEPTH_LIMIT`].
    TooDeep(u32),
    /// No thread with enough stack could be started.
    NoStack(String),
    /// The parser panicked.
    ParserFailed,
}

impl ParseFailure {
    /// How a report lists the file.
    pub fn skipped(self, name: &str) -> Skipped {
        let (code, reason) = match self {
            Self::Unparsable(at, message) => (
                "unparsable",
                format!("{}:{}: {}", at.line, at.column, in_plain_words(&message)),
            ),
            Self::TooDeep(depth) => (
                "too-deep",
                format!("its syntax may nest {depth} deep; the limit is {DEPTH_LIMIT}"),
            ),
            Self::NoStack(error) => (
                "too-deep",
                format!("no thread with stack enough for its nesting: {error}"),
            ),
            Self::ParserFailed => (
                "parser-failed",
                "the parser broke down on it; please report this".to_owned(),
            ),
        };
        Skipped::new(name, code, reason)
    }
}

/// The tokenizer's own message says what it wanted to do, not what is wrong.
fn in_plain_words(message: &str) -> &str {
    match message {
        "cannot parse string into token stream" | "lex error" => {
            "a bracket has no partner, or this begins no token of Rust"
        }
        other => other,
    }
}

/// Parses `text` and gives what `look` makes of its syntax tree. `outline` is what
/// [`outline`](super::outline) found out about the same text.
///
/// The tree is not handed out: it may need a stack of its own until it is dropped, and
/// its spans are of use only until the next file is parsed. A panic in the parser or in
/// `look` is a failure of this file.
///
/// # Errors
/// [`ParseFailure`] says why there is no tree.
pub fn parse<T: Send>(
    text: &str,
    outline: &Outline,
    look: impl FnOnce(&syn::File) -> T + Send,
) -> Result<T, ParseFailure> {
    let depth = outline.depth;
    let parse = || contain(|| parse_here(text, look));
    if depth <= SHALLOW_DEPTH {
        return parse();
    }
    if depth > DEPTH_LIMIT {
        return Err(ParseFailure::TooDeep(depth));
    }
    thread::scope(|scope| {
        let builder = thread::Builder::new().stack_size(stack_for(depth));
        let thread = builder
            .spawn_scoped(scope, parse)
            .map_err(|error| ParseFailure::NoStack(error.to_string()))?;
        thread.join().unwrap_or(Err(ParseFailure::ParserFailed))
    })
}

/// A position as reports count it: `proc-macro2` counts columns from nought.
pub fn position(at: LineColumn) -> Position {
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    Position {
        line: number(at.line),
        column: number(at.column + 1),
    }
}

const fn stack_for(depth: u32) -> usize {
    STACK_FLOOR + depth as usize * STACK_PER_LEVEL
}

fn parse_here<T>(text: &str, look: impl FnOnce(&syn::File) -> T) -> Result<T, ParseFailure> {
    // Whatever happens, the copy of the text that spans refer to must go, or memory
    // would grow with every file.
    let _forget = ForgetSpans;
    match syn::parse_file(text) {
        Ok(file) => Ok(look(&file)),
        Err(error) => {
            let at = position(error.span().start());
            Err(ParseFailure::Unparsable(at, one_line(&error.to_string())))
        }
    }
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

struct ForgetSpans;

impl Drop for ForgetSpans {
    fn drop(&mut self) {
        invalidate_current_thread_spans();
    }
}

/// Turns a panic of the parser into a failure of this one file.
fn contain<T>(parse: impl FnOnce() -> Result<T, ParseFailure>) -> Result<T, ParseFailure> {
    catch_unwind(AssertUnwindSafe(parse)).unwrap_or(Err(ParseFailure::ParserFailed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rust::outline;

    #[test]
    fn a_panic_of_the_parser_costs_one_file_only() {
        // The default hook would print to the test's output.
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let result: Result<(), _> = contain(|| panic!("a defect"));
        std::panic::set_hook(hook);
        assert_eq!(result, Err(ParseFailure::ParserFailed));
    }

    #[test]
    fn an_error_says_where() {
        let text = "fn f() {}\nfn g( {}\n";
        let failure = parse(text, &outline(text, drop), drop_tree).unwrap_err();
        let ParseFailure::Unparsable(at, message) = failure else {
            panic!("{failure:?}");
        };
        assert_eq!((at.line, at.column), (2, 5));
        assert!(!message.is_empty() && !message.contains('\n'));
    }

    #[test]
    fn a_deep_file_is_parsed_on_a_stack_of_its_own() {
        let text = format!("fn f() {{ {}1{} }}", "(".repeat(1_500), ")".repeat(1_500));
        let outline = outline(&text, drop);
        assert!(outline.depth > SHALLOW_DEPTH);
        let own = thread::current().id();
        let parsed = parse(&text, &outline, |file| {
            (file.items.len(), thread::current().id() == own)
        });
        assert_eq!(parsed, Ok((1, false)));
    }

    #[test]
    fn a_file_that_is_too_deep_is_refused_before_it_is_parsed() {
        let text = "(".repeat(100_000);
        let failure = parse(&text, &outline(&text, drop), drop_tree).unwrap_err();
        assert!(matches!(failure, ParseFailure::TooDeep(_)), "{failure:?}");
        assert_eq!(failure.skipped("a.rs").code, "too-deep");
    }

    fn drop_tree(_: &syn::File) {}
}
