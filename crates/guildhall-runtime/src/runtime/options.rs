//! How a run is worked on.

use std::time::Duration;

use guildhall_core::AgentId;
use guildhall_host::CancellationToken;

use crate::run::OnUpdate;

/// How a run is worked on.
#[derive(Clone, Default)]
pub struct WorkOptions {
    /// The agent that coordinates; that of the plan, or any that can, where absent.
    pub coordinator: Option<AgentId>,
    /// Goes on though agents or files that tasks declare as inputs are others than before.
    pub accept_changes: bool,
    /// Cancelled to have the run paused: what is in flight is asked to end.
    pub interrupt: CancellationToken,
    /// Watches the run.
    pub on_update: Option<OnUpdate>,
    /// After how long without a sign of life an attempt is told of ([`RunUpdate::Silent`]),
    /// and a coordinator is replaced that takes no turn; 30 seconds where absent.
    ///
    /// [`RunUpdate::Silent`]: crate::RunUpdate::Silent
    pub lease: Option<Duration>,
}

impl std::fmt::Debug for WorkOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WorkOptions")
            .field("coordinator", &self.coordinator)
            .field("accept_changes", &self.accept_changes)
            .finish_non_exhaustive()
    }
}
