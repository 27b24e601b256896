//! What git is told, and how its answers are read: both sides of one format in one place.
//!
//! Guildhall runs git on trees that it did not make, in the runtime (workspaces) and in
//! plugins that read history. This crate holds what the two must agree on. It starts no
//! process, opens no file and reads no clock and no environment: whoever runs git hands
//! in bytes and is handed records.
//!
//! | module | what |
//! |---|---|
//! | [`hardening`] | arguments and environment under which git runs no code of a repository |
//! | [`log`] | commits with the files that they changed, with counts of lines, or with the lines |
//! | [`blame`] | which commit a line is from |
//! | [`grep`] | where words stand in the files of a commit |
//! | [`merge`] | what merging would come to, without a work tree |
//! | [`tree`] | the files of a commit, with their sizes |
//! | [`diff`] | changed files, counts of lines, and the places of changed lines |
//! | [`refs`] | branches and tags |
//! | [`objects`] | contents of objects, many from one process |
//!
//! Each format has its argument list beside its parser, so that the two cannot drift
//! apart: [`Parser::arguments`]. The lists fix what a user's configuration could change:
//! the same repository gives the same records on every machine.
//!
//! A parser takes bytes as they come, in pieces of any size, and gives each record as
//! soon as it is complete; it keeps no more than the piece of a record that is still
//! open, and [`blame`] what git says of each commit only once. Paths and names are bytes, because git's are. Nothing panics, whatever the bytes.
//!
//! ```
//! use std::ops::ControlFlow;
//!
//! use guildhall_git::Parser as _;
//! use guildhall_git::tree::Tree;
//!
//! let output = b"100644 blob f2ad6c76f0115a6ba5b00456a849810e7ec0af20       2\tsrc/a.rs\0";
//! let mut paths = Vec::new();
//! let mut take = |entry: guildhall_git::tree::Entry| {
//!     paths.push(entry.path);
//!     ControlFlow::Continue(())
//! };
//! let mut tree = Tree::default();
//! // In two pieces, as a pipe might give them.
//! let _ = tree.push(&output[..30], &mut take)?;
//! let _ = tree.push(&output[30..], &mut take)?;
//! let _ = tree.finish(&mut take)?;
//! assert_eq!(paths, [b"src/a.rs"]);
//! # Ok::<(), guildhall_git::GitFormatError>(())
//! ```

pub mod blame;
pub mod diff;
pub mod grep;
pub mod hardening;
pub mod log;
pub mod merge;
pub mod objects;
pub mod refs;
pub mod tree;

mod change;
mod error;
mod fields;
mod numbers;
mod object_id;
mod parser;
mod quoted;

pub use change::{Change, Counts, FileKind, FileMode, Status};
pub use error::GitFormatError;
pub use object_id::{ObjectId, ObjectKind};
pub use parser::{Flow, Parser, Step, Take, parse_all};
