//! Keeping a registry across restarts: what is kept, and the interface behind which
//! it is kept. No file is opened here.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::sync::{Mutex, lock};
use super::{AgentRecord, Counts};
use crate::error::{CoreError, first_version};
use crate::id::CapabilityName;

/// A registry at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Version of this record's form; 1 today.
    #[serde(default = "first_version")]
    pub version: u32,
    /// When it was taken, in milliseconds since the Unix epoch.
    pub taken_at: u64,
    /// The agents, by id.
    pub agents: Vec<AgentRecord>,
    /// What came of the tasks of agents that are gone.
    #[serde(default)]
    pub retired: Counts,
    /// What came of the tasks that were taken for a capability.
    #[serde(default)]
    pub capabilities: BTreeMap<CapabilityName, Counts>,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Where snapshots are kept.
pub trait RegistryStore: Send + Sync + 'static {
    /// The snapshot that was kept last; `None` where there is none yet.
    ///
    /// # Errors
    /// [`CoreError::RegistryStore`] with the reason.
    fn load(&self) -> Result<Option<Snapshot>, CoreError>;

    /// Keeps a snapshot in the place of the one before. Either the new one or the
    /// one before must be there afterwards, whatever happens.
    ///
    /// # Errors
    /// [`CoreError::RegistryStore`] with the reason.
    fn save(&self, snapshot: &Snapshot) -> Result<(), CoreError>;
}

/// A store that keeps the snapshot in memory, for tests and for registries that need
/// not survive the process.
#[derive(Debug, Default)]
pub struct MemoryStore {
    kept: Mutex<Option<Snapshot>>,
}

impl RegistryStore for MemoryStore {
    fn load(&self) -> Result<Option<Snapshot>, CoreError> {
        Ok(lock(&self.kept).clone())
    }

    fn save(&self, snapshot: &Snapshot) -> Result<(), CoreError> {
        *lock(&self.kept) = Some(snapshot.clone());
        Ok(())
    }
}

impl Snapshot {
    /// Reads a snapshot from JSON and checks it.
    ///
    /// # Errors
    /// [`CoreError::BadSnapshot`] with the reason.
    pub fn from_json(json: &[u8]) -> Result<Self, CoreError> {
        let snapshot: Self =
            serde_json::from_slice(json).map_err(|error| bad(error.to_string()))?;
        snapshot.check()?;
        Ok(snapshot)
    }

    /// Checks what the types alone cannot.
    pub(super) fn check(&self) -> Result<(), CoreError> {
        let mut seen = BTreeSet::new();
        for record in &self.agents {
            let agent = &record.registration.agent;
            record
                .registration
                .check()
                .map_err(|error| bad(error.to_string()))?;
            if !seen.insert(agent) {
                return Err(bad(format!("agent {agent} stands in it twice")));
            }
            check_counts(&record.counts, &format!("agent {agent}"))?;
        }
        check_counts(&self.retired, "the agents that are gone")?;
        self.capabilities
            .iter()
            .try_for_each(|(name, counts)| check_counts(counts, &format!("capability {name}")))
    }
}

fn check_counts(counts: &Counts, whose: &str) -> Result<(), CoreError> {
    let (ended, acquired) = (counts.ended(), counts.acquired);
    if ended <= acquired {
        return Ok(());
    }
    Err(bad(format!(
        "{whose} ended {ended} tasks but took only {acquired}"
    )))
}

fn bad(reason: String) -> CoreError {
    CoreError::BadSnapshot { reason }
}
