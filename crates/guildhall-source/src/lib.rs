//! Reads a user's tree: its files, what they are written in, their Rust syntax, and the
//! history that git keeps. For plugins; the host's side does without.
//!
//! | module | what |
//! |---|---|
//! | [`mod@walk`] | the files of a folder that are wanted, with the ignore files obeyed |
//! | [`parallel`] | the same work for many files at once |
//! | [`mod@read`] | a file's text, within a size; lines and columns in it |
//! | [`language`] | what a file is written in |
//! | [`rust`] | tokens, and a syntax tree that nothing in the text can make overflow |
//! | `syntax` | functions and tokens of other languages (feature `grammars`) |
//! | [`rust::modules`] | the modules of a tree of crates, and what each uses of the others |
//! | [`unwritten`] | texts that nobody wrote as they are: generated, or made small |
//! | [`rust::uses`] | what a file uses, by paths, methods and where values come from |
//! | [`cargo`] | manifests, lock files, packages outside of the tree, and cargo as a process |
//! | [`kept`] | files that an agent keeps for itself, each whole or not at all |
//! | [`process`] | one program, its streams, its time, its end |
//! | [`repository`] | git without running a repository's code, record by record |
//! | [`git`] | the formats of git's output, from `guildhall-git` |
//!
//! Two things are told apart. What cannot be done with *one file* is an ordinary result
//! ([`ReadFailure`](read::ReadFailure), [`ParseFailure`](rust::ParseFailure)): both say
//! how a report lists the file as skipped, so that all agents list it alike. What ends
//! the work is a [`SourceError`].
//!
//! The same tree gives the same files in the same order on every machine, and the same
//! repository the same records: the user's own settings count for neither.
//!
//! ```no_run
//! use guildhall_source::language::Language;
//! use guildhall_source::{read, rust, walk};
//!
//! let wanted = walk::Wanted::languages(&[Language::Rust]);
//! let walked = walk::walk("project".as_ref(), &wanted, 4, &|| false)?;
//! let mut skipped = walked.skipped;
//! for file in &walked.files {
//!     let text = match read::read(&file.path, 1 << 20) {
//!         Ok(text) => text,
//!         Err(failure) => {
//!             skipped.push(failure.skipped(&file.name));
//!             continue;
//!         }
//!     };
//!     // On a thread with a stack of `rust::WORKER_STACK`.
//!     let outline = rust::outline(&text, |_comment| {});
//!     match rust::parse(&text, &outline, |file| file.items.len()) {
//!         Ok(items) => println!("{}: {items} items", file.name),
//!         Err(failure) => skipped.push(failure.skipped(&file.name)),
//!     }
//! }
//! # Ok::<(), guildhall_source::SourceError>(())
//! ```

pub mod cargo;
pub mod kept;
pub mod language;
pub mod parallel;
pub mod process;
pub mod read;
pub mod repository;
pub mod rust;
#[cfg(feature = "grammars")]
pub mod syntax;
pub mod unwritten;
pub mod walk;

mod error;

pub use error::SourceError;
pub use guildhall_git as git;
