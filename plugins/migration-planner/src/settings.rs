//! What the user has configured under `[plugins.config.migration-planner]`.

use guildhall_core::Schema;
use serde::Deserialize;

/// Megabytes that read APIs may take in the cache where nothing else is said.
const USUAL_CACHE_MEGABYTES: u32 = 512;

/// Steps that are carried out at once where nothing else is said.
const USUAL_PARALLEL: u32 = 3;

/// The configuration of the agent. It names programs, so only the user's own layer is read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Schema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Settings {
    /// The cargo that is asked for sources: a name to be looked up, or a path.
    pub cargo: String,
    /// Whether no plan asks the network for anything.
    pub offline: bool,
    /// Megabytes that read APIs may take in the cache.
    pub cache_megabytes: u32,
    /// How many steps are carried out at once at the most.
    #[schema(minimum = 1, maximum = 10)]
    pub parallel: u32,
    /// The capability that is asked to carry out a step; none where absent.
    pub agent: Option<String>,
    /// Files with knowledge packs.
    pub packs: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cargo: "cargo".to_owned(),
            offline: false,
            cache_megabytes: USUAL_CACHE_MEGABYTES,
            parallel: USUAL_PARALLEL,
            agent: None,
            packs: Vec::new(),
        }
    }
}
