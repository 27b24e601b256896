//! What differs between two commits: `git diff`.
//!
//! Behind the arguments come the two commits, then `--` and the paths to look at.
//!
//! | parser | form | records |
//! |---|---|---|
//! | [`RawDiff`] | `--raw` | [`Change`]: files with modes and contents |
//! | [`NumstatDiff`] | `--numstat` | [`Counts`]: files with the numbers of changed lines |
//! | [`Hunks`] | `--unified=0` | [`DiffRecord`]: files, each followed by the places of its changed lines |

mod hunks;
mod patch;

use crate::change::{ChangeFields, NumstatFields, RawFields};
use crate::fields::Cutter;
use crate::{Change, Counts, Flow, GitFormatError, Parser, Step, Take};

pub use hunks::{DiffFile, DiffRecord, Hunk, Hunks, LineRange};
pub(crate) use patch::{Part, Patch};

const COMMAND: &str = "diff";

/// The arguments of all forms; `$what` are the form's own.
macro_rules! arguments {
    ($($what:literal),+) => {
        &[
            "diff",
            $($what,)+
            "--no-abbrev",
            // What a configuration could change.
            "--no-color",
            "--no-ext-diff",
            "--no-textconv",
            "--no-relative",
            "--ignore-submodules=dirty",
            "--submodule=short",
            "--diff-algorithm=myers",
            "--indent-heuristic",
            "--inter-hunk-context=0",
            "--src-prefix=a/",
            "--dst-prefix=b/",
            "-O/dev/null",
            "-l1000",
        ]
    };
}
use arguments;

/// `git diff --raw -z`; renames are found where the content stayed the same.
#[derive(Debug, Clone, Default)]
pub struct RawDiff(Files<RawFields>);

/// `git diff --numstat -z`; renames are found where half of the content stayed the same.
#[derive(Debug, Clone, Default)]
pub struct NumstatDiff(Files<NumstatFields>);

/// The parser of both.
#[derive(Debug, Clone)]
struct Files<C> {
    cutter: Cutter,
    changes: C,
}

impl Parser for RawDiff {
    type Record = Change;

    fn arguments(&self) -> &'static [&'static str] {
        arguments!("--raw", "-z", "-M100%")
    }

    fn push(&mut self, bytes: &[u8], take: Take<'_, Change>) -> Step {
        self.0.push(bytes, take)
    }

    fn finish(&mut self, _: Take<'_, Change>) -> Step {
        self.0.finish()
    }
}

impl Parser for NumstatDiff {
    type Record = Counts;

    fn arguments(&self) -> &'static [&'static str] {
        arguments!("--numstat", "-z", "-M50%")
    }

    fn push(&mut self, bytes: &[u8], take: Take<'_, Counts>) -> Step {
        self.0.push(bytes, take)
    }

    fn finish(&mut self, _: Take<'_, Counts>) -> Step {
        self.0.finish()
    }
}

impl<C: ChangeFields> Default for Files<C> {
    fn default() -> Self {
        Self {
            cutter: Cutter::at(0),
            changes: C::default(),
        }
    }
}

impl<C: ChangeFields> Files<C> {
    fn push(&mut self, bytes: &[u8], take: Take<'_, C::Change>) -> Step {
        let Self { cutter, changes } = self;
        cutter.push(bytes, &mut |field| match changes.field(field, COMMAND)? {
            Some(change) => Ok(take(change)),
            None => Ok(Flow::Continue(())),
        })
    }

    fn finish(&self) -> Step {
        self.cutter.must_be_empty(COMMAND)?;
        if !self.changes.is_between() {
            return Err(GitFormatError::ended(COMMAND, self.cutter.offset()));
        }
        Ok(Flow::Continue(()))
    }
}
