//! Smells of one file: what its syntax says that is no matter of one function's complexity.

mod silenced;
mod variants;
mod walk;

use guildhall_report::Position;
use serde::{Deserialize, Serialize};

pub(crate) use walk::{Found, smells};

/// What the syntax of a file says besides its functions and modules.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Smells {
    pub(crate) panics: Panics,
    /// In the order in which they stand.
    pub(crate) silenced: Vec<Silenced>,
    pub(crate) unsafety: Unsafety,
    /// Functions that are tests.
    pub(crate) tests: u32,
    /// Lines of code that are compiled for tests only.
    pub(crate) test_lines: u32,
    pub(crate) ignored: Vec<Ignored>,
    pub(crate) matches: Vec<Match>,
    /// Ordered by name.
    pub(crate) calls: Vec<Call>,
}

/// Ways to panic outside of tests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Panics {
    pub(crate) unwrap: u32,
    pub(crate) expect: u32,
    pub(crate) panic: u32,
    pub(crate) unreachable: u32,
    /// `todo!` and `unimplemented!`.
    pub(crate) unfinished: u32,
    /// The line of the first one; nought where there is none.
    pub(crate) first: u32,
}

impl Panics {
    pub(crate) fn all(self) -> u32 {
        self.unwrap + self.expect + self.panic + self.unreachable + self.unfinished
    }
}

/// A lint that an attribute switches off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Silenced {
    pub(crate) lint: String,
    pub(crate) line: u32,
    pub(crate) reach: Reach,
    /// `expect` rather than `allow`.
    pub(crate) is_expected: bool,
    /// In the attribute, or in a comment beside or above it.
    pub(crate) has_reason: bool,
    pub(crate) is_test: bool,
}

/// What an attribute is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Reach {
    /// All of the file, and of the modules below it.
    File,
    Module,
    Item,
}

/// What is written in `unsafe`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unsafety {
    pub(crate) blocks: u32,
    pub(crate) functions: u32,
    /// Implementations of unsafe traits.
    pub(crate) impls: u32,
    /// Lines of code in unsafe blocks and functions.
    pub(crate) lines: u32,
}

/// A test that does not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ignored {
    pub(crate) name: String,
    /// Of its attribute.
    pub(crate) at: Position,
    pub(crate) reason: Option<String>,
}

/// A `match` that names variants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Match {
    /// The type as it is written before the variants.
    pub(crate) path: String,
    /// How many variants of it are named.
    pub(crate) named: u32,
    pub(crate) line: u32,
}

/// The first call of a method, or of a function of a type, in this file outside of tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Call {
    /// Of the name: see [`name_of_method`] and [`name_of_associated`].
    pub(crate) name: u64,
    pub(crate) line: u32,
}

/// By what a call of a method is found again; `None` for names so short and plain that
/// types of other crates will have them too.
pub(crate) fn name_of_method(name: &str) -> Option<u64> {
    let is_distinctive = name.len() >= 8 && name.contains('_');
    is_distinctive.then(|| hash(&[name]))
}

/// By what a call of a type's function is found again.
pub(crate) fn name_of_associated(owner: &str, name: &str) -> u64 {
    hash(&[owner, "::", name])
}

/// FNV-1a: facts are stored, so that names must have the same number in every build.
fn hash(parts: &[&str]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
