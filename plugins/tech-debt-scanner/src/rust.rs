//! Rust: from source text to the measured functions of a file.

mod cognitive;
mod cyclomatic;
mod functions;
mod names;
mod parse;

pub(crate) use functions::Function;
pub(crate) use parse::{DEPTH_LIMIT, ParseFailure, WORKER_STACK, measure};

/// The functions of a text that is known to be Rust.
#[cfg(test)]
fn measure_text(text: &str) -> Vec<Function> {
    let mut guard = crate::guard::Guard::new(text);
    crate::lexer::Lexer::new(text).for_each(|token| guard.token(token));
    let outline = guard.finish();
    let lines = crate::source::Lines::new(text);
    let branches = outline.macro_branches.iter();
    let branches: Vec<_> = branches.map(|offset| lines.position(*offset)).collect();
    measure(text, outline.depth, &branches).expect("the test's text is Rust")
}
