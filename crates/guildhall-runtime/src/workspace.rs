//! Places for attempts to work in: private folders, and git worktrees of their own.
//!
//! Both lie in private folders named `guildhall-…`, each with a file beside it that is
//! locked while the folder is in use. [`sweep`] removes those whose users are dead, and
//! saves what a worktree holds first.

mod name;
mod removal;
mod snapshot;
mod sweep;
mod temporary;
mod worktree;

pub(crate) use name::component;
pub use snapshot::{Change, Snapshot};
pub(crate) use sweep::sweep_and_tell;
pub use sweep::{Kept, Swept, sweep};
pub use temporary::Temporary;
pub use worktree::Worktree;
