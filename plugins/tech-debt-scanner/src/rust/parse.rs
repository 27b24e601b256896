//! Parsing one file within the stack that its nesting needs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use guildhall_report::Position;
use proc_macro2::extra::invalidate_current_thread_spans;

use super::functions::{self, Function};

/// Stack for each level of [`crate::guard::Outline::depth`]. Of ninety constructs
/// nested in themselves the dearest in a debug build, `&&&&T`, took 36 KiB a level;
/// in a release build all take far less.
const STACK_PER_LEVEL: usize = 64 * 1024;

/// Stack for what does not grow with the nesting.
const STACK_FLOOR: usize = 1024 * 1024;

/// Files up to this depth are parsed on the worker's own stack.
const SHALLOW_DEPTH: u32 = 400;

/// Deeper files are refused. Of 13,411 files of published Rust the deepest, a
/// generated table, has a depth of 2,735, and all others are below 540.
pub(crate) const DEPTH_LIMIT: u32 = 4_000;

/// Stack that a thread must have to call [`measure`].
pub(crate) const WORKER_STACK: usize = stack_for(SHALLOW_DEPTH);

/// Why a file was not measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ParseFailure {
    /// It is not Rust: where, and what the parser says.
    Unparsable(Position, String),
    /// Its syntax tree may be deeper than [`DEPTH_LIMIT`].
    TooDeep(u32),
    /// No thread with enough stack could be started.
    NoStack(String),
    /// The parser panicked.
    ParserFailed,
}

/// Parses `text` and measures its functions. `depth` is a bound on the depth of its
/// syntax tree and `macro_branches` are the branches in arguments of macros.
pub(crate) fn measure(
    text: &str,
    depth: u32,
    macro_branches: &[Position],
) -> Result<Vec<Function>, ParseFailure> {
    let parse = || contain(|| parse_here(text, macro_branches));
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

const fn stack_for(depth: u32) -> usize {
    STACK_FLOOR + depth as usize * STACK_PER_LEVEL
}

fn parse_here(text: &str, macro_branches: &[Position]) -> Result<Vec<Function>, ParseFailure> {
    // Whatever happens, the copy of the text that spans refer to must go, or memory
    // would grow with every file.
    let _forget = ForgetSpans;
    match syn::parse_file(text) {
        Ok(file) => Ok(functions::measure(&file, macro_branches)),
        Err(error) => {
            let at = functions::position(error.span().start());
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
        let failure = measure("fn f() {}\nfn g( {}\n", 3, &[]).unwrap_err();
        let ParseFailure::Unparsable(at, message) = failure else {
            panic!("{failure:?}");
        };
        assert_eq!((at.line, at.column), (2, 5));
        assert!(!message.is_empty() && !message.contains('\n'));
    }

    #[test]
    fn a_deep_file_is_measured_on_a_stack_of_its_own() {
        let text = format!("fn f() {{ {}1{} }}", "(".repeat(1_500), ")".repeat(1_500));
        assert_eq!(measure(&text, 1_510, &[]).unwrap().len(), 1);
    }
}
