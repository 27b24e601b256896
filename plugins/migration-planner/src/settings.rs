//! What the user has configured under `[plugins.config.migration-planner]`.

use guildhall_core::Schema;
use serde::Deserialize;

/// Megabytes that read APIs may take in the cache where nothing else is said.
const USUAL_CACHE_MEGABYTES: u32 = 512;

/// The configuration of the agent. It names programs, so only the user's own layer is read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Schema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Settings {
    /// The cargo that is asked for sources: a name to be looked up, or a path.
    pub cargo: String,
    /// The agent that does the steps of a plan in `migrate run`; none where empty.
    pub agent: String,
    /// Whether no plan asks the network for anything.
    pub offline: bool,
    /// Megabytes that read APIs may take in the cache.
    pub cache_megabytes: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cargo: "cargo".to_owned(),
            agent: String::new(),
            offline: false,
            cache_megabytes: USUAL_CACHE_MEGABYTES,
        }
    }
}
