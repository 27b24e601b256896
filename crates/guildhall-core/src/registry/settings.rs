//! What can be set about a registry.

use std::time::Duration;

use super::Strategy;

/// What can be set about a registry.
///
/// ```
/// use guildhall_core::registry::{RegistrySettings, Strategy};
/// let settings = RegistrySettings { strategy: Strategy::LeastLoaded, ..Default::default() };
/// assert_eq!(settings.grace.as_secs(), 5);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrySettings {
    /// How an agent is chosen among several that would do; by priority.
    pub strategy: Strategy,
    /// How long an agent that is unregistered may work on what it has, and how long
    /// its record stays to be seen; 5 s.
    pub grace: Duration,
    /// How long an agent that promised heartbeats may be silent before it counts as
    /// offline; 60 s.
    pub silence: Duration,
    /// How many failures in a row make an agent count as failed; 3, and 0 for never.
    pub failure_threshold: u32,
    /// How long a failed agent is left alone before it may prove itself with one task
    /// at a time; 30 s.
    pub trial_after: Duration,
}

impl Default for RegistrySettings {
    fn default() -> Self {
        Self {
            strategy: Strategy::Priority,
            grace: Duration::from_secs(5),
            silence: Duration::from_secs(60),
            failure_threshold: 3,
            trial_after: Duration::from_secs(30),
        }
    }
}
