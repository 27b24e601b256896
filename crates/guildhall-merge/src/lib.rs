//! Merges three versions of a text, hunk by hunk, and says how sure it is of each.
//!
//! First comes the three-way merge of git: where only one side changed something, that side
//! is taken. What is left are hunks that both changed. For each hunk independent [`Rule`]s
//! propose texts; several rules may propose the same text, and their agreement is evidence.
//! A table of [`weights`], learned from resolved merges of public repositories, gives each
//! proposal a probability, and *none of these* too. Nothing is written here: this crate opens
//! no file, starts no process and reads no clock.
//!
//! | module | what |
//! |---|---|
//! | [`text`] | three versions of a file as lines, or why they cannot be merged |
//! | [`three_way`] | the pieces of a merge, as git groups them |
//! | [`rules`] | what proposes texts for a hunk |
//! | [`facts`] | what the whole file says about a hunk |
//! | [`terms`] | what speaks for and against a proposal |
//! | [`history`] | what a person made of the conflicts of a file |
//! | [`precedents`] | how earlier conflicts of the repository were resolved |
//! | [`weights`] | the learned tables |
//! | [`choose`] | probabilities, and the ledger behind them |
//! | [`merged`] | the merge of a file: hunks with their status, and its text |
//! | [`dropped`] | every line of either side that the result has not, with the reason |
//!
//! ```
//! use guildhall_merge::{Request, Status, merge};
//!
//! let merged = merge(&Request {
//!     base: b"a\nversion = 1.2\nz\n",
//!     ours: b"a\nversion = 1.4\nz\n",
//!     theirs: b"a\nversion = 1.3\nz\n",
//!     path: "settings.toml",
//!     ..Request::default()
//! })?;
//! let hunk = &merged.hunks[0];
//! assert_eq!(hunk.lines, ["version = 1.4"]);
//! assert_ne!(hunk.status, Status::Left);
//! # Ok::<(), guildhall_merge::Refused>(())
//! ```

pub mod choose;
pub mod dropped;
pub mod facts;
pub mod history;
mod layout;
mod markers;
pub mod merged;
pub mod precedents;
mod records;
pub mod rules;
mod sequence;
pub mod terms;
pub mod text;
pub mod three_way;
pub mod weights;
mod words;

pub use dropped::{Dropped, Reason, Side};
pub use history::outcomes;
pub use markers::{Labels, Style};
pub use merged::{Hunk, Merged, Request, Status, Take, Thresholds, merge};
pub use precedents::{Outcome, Precedents};
pub use rules::{Family, Rule};
pub use text::Refused;
