//! The agent's part of the user's configuration.

use guildhall_sdk::Schema;
use serde::Deserialize;

/// `[plugins.config.conflict-resolver]`. Nothing here allows more: each setting can only keep
/// the agent from acting alone.
#[derive(Debug, Clone, PartialEq, Deserialize, Schema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether it may decide without a person at all.
    pub auto_resolve: bool,
    /// Below this probability it never decides alone, whatever the costs.
    pub escalation_threshold: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            auto_resolve: true,
            escalation_threshold: 0.7,
        }
    }
}
