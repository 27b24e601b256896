//! Rust: from source text to a syntax tree that nothing in the text can make overflow.
//!
//! `syn` parses by recursion, so a hostile file could end the process. [`outline`] looks
//! at the tokens first, without recursion, and bounds the depth of the tree; [`parse`]
//! then refuses the file, or gives the parser a stack that is known to suffice. The thread
//! that calls it must itself have a stack of [`WORKER_STACK`].
//!
//! ```
//! use guildhall_source::rust;
//!
//! # std::thread::Builder::new().stack_size(rust::WORKER_STACK).spawn(|| {
//! let text = "// first\nfn f() {}";
//! let mut comments = Vec::new();
//! let outline = rust::outline(text, |comment| comments.push(&text[comment.start..comment.end]));
//! let items = rust::parse(text, &outline, |file| file.items.len());
//! assert_eq!(comments, ["// first"]);
//! assert_eq!(items, Ok(1));
//! # }).unwrap().join().unwrap();
//! ```

pub mod modules;
pub mod uses;

mod guard;
mod lexer;
mod parse;

pub use guard::{Guard, Outline};
pub use lexer::{Lexer, Token, TokenKind};
pub use parse::{DEPTH_LIMIT, ParseFailure, WORKER_STACK, parse, position};

/// Looks at every token of a text once; `comment` is given the comments.
pub fn outline(text: &str, mut comment: impl FnMut(Token)) -> Outline {
    let mut guard = Guard::new(text);
    for token in Lexer::new(text) {
        if token.kind == TokenKind::Comment {
            comment(token);
        } else {
            guard.token(token);
        }
    }
    guard.finish()
}
