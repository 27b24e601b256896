//! What a run tells whoever watches it.

use std::sync::Arc;
use std::time::Duration;

use guildhall_coordination::{Ledger, Recorded, TaskIndex};
use guildhall_core::Progress;

/// What a run tells whoever watches it.
#[derive(Debug)]
#[non_exhaustive]
pub enum RunUpdate<'a> {
    /// An event was written.
    Event {
        /// The event.
        recorded: &'a Recorded,
        /// What is true of the run, this event and those written with it included.
        ledger: &'a Ledger,
    },
    /// An attempt has given no sign of life for a lease: no progress, and where it is a
    /// program no output. It goes on until its time is up; it may only be thinking.
    Silent {
        /// The task.
        task: TaskIndex,
        /// For how long.
        silence: Duration,
        /// What is true of the run.
        ledger: &'a Ledger,
    },
    /// An agent tells how far it is.
    Progress {
        /// The task.
        task: TaskIndex,
        /// How far.
        progress: &'a Progress,
        /// What is true of the run.
        ledger: &'a Ledger,
    },
}

/// Watches a run. It is called between writes, so it must not wait. A panic in it is logged
/// and changes nothing for the run.
pub type OnUpdate = Arc<dyn Fn(&RunUpdate<'_>) + Send + Sync>;
