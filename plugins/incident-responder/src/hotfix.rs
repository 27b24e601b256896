//! `guildhall incident hotfix`: ways out that were tried, beside the checkout.
//!
//! In reading order: `sources` says what may be tried, `make` makes a commit of it in a worktree,
//! `check` builds, reproduces and tests there (`flakes` says how often a reproduction has to pass), and `drive` leads them and puts what passed on a
//! branch (`branch`); `record` keeps it in an incident.

mod branch;
mod check;
mod drive;
mod flakes;
mod make;
mod record;
mod sources;

pub(crate) use check::Check;
pub use drive::HotfixRequest;
pub(crate) use drive::{Attempt, Hotfixed, hotfix};
pub(crate) use make::Made;
pub(crate) use sources::Source;
