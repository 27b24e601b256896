//! The agents of the host, as runs see them.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use guildhall_coordination::AgentIdentity;
use guildhall_coordination::turn::AgentOffer;
use guildhall_core::{AgentId, Capability, CapabilityRequest, Manifest};
use guildhall_host::{AgentState, Host};
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::RuntimeError;
use crate::store::Digest;

/// The agents of a host, looked at when a run is first worked on: reading every library to
/// tell exactly which it is takes longer than most commands.
#[derive(Debug, Clone)]
pub(crate) struct Agents {
    host: Host,
    /// Hashes of agents that are no library.
    hashes: Arc<HashMap<AgentId, String>>,
    roster: Arc<OnceCell<Arc<Roster>>>,
}

/// The agents of a host: what they offer, and exactly which they are.
#[derive(Debug)]
pub(crate) struct Roster {
    host: Host,
    identities: HashMap<AgentId, AgentIdentity>,
    /// What they can do, as it is asked for with every attempt.
    capabilities: HashMap<AgentId, Vec<Capability>>,
}

impl Agents {
    pub(crate) fn new(host: Host, hashes: HashMap<AgentId, String>) -> Self {
        Self {
            host,
            hashes: Arc::new(hashes),
            roster: Arc::default(),
        }
    }

    /// The agents, looked at once.
    ///
    /// # Errors
    /// Where a plugin's file cannot be read any more.
    pub(crate) async fn roster(&self) -> Result<Arc<Roster>, RuntimeError> {
        let roster = self.roster.get_or_try_init(|| async {
            let roster = Roster::of(&self.host, &self.hashes).await?;
            Ok::<_, RuntimeError>(Arc::new(roster))
        });
        roster.await.cloned()
    }
}

impl Roster {
    async fn of(host: &Host, hashes: &HashMap<AgentId, String>) -> Result<Self, RuntimeError> {
        let mut identities = HashMap::new();
        let mut capabilities = HashMap::new();
        for info in host.agents() {
            let id = info.manifest.id.clone();
            let hash = match (hashes.get(&id), info.origin.path()) {
                (Some(hash), _) => hash.clone(),
                (None, Some(path)) => hash_of_file(path.to_owned()).await?,
                (None, None) => hash_of_manifest(&info.manifest),
            };
            let identity = AgentIdentity {
                agent: id.clone(),
                version: info.manifest.version.clone(),
                hash,
            };
            identities.insert(id.clone(), identity);
            capabilities.insert(id, info.manifest.capabilities);
        }
        Ok(Self {
            host: host.clone(),
            identities,
            capabilities,
        })
    }

    /// What can be given tasks now.
    pub(crate) fn offers(&self) -> Vec<AgentOffer> {
        offers_of(&self.host)
    }

    /// Exactly which agents they are, by id.
    pub(crate) fn identities(&self) -> Vec<AgentIdentity> {
        let mut identities: Vec<AgentIdentity> = self.identities.values().cloned().collect();
        identities.sort_by(|a, b| a.agent.cmp(&b.agent));
        identities
    }

    /// Exactly which agent it is.
    pub(crate) fn identity(&self, agent: &AgentId) -> Option<&AgentIdentity> {
        self.identities.get(agent)
    }

    /// The capability of the agent that a call means: the highest version that will do, or
    /// its only one where the call names none.
    pub(crate) fn capability(
        &self,
        agent: &AgentId,
        wanted: Option<&CapabilityRequest>,
    ) -> Option<&Capability> {
        let own = self.capabilities.get(agent)?.iter();
        match wanted {
            Some(wanted) => own
                .filter(|it| wanted.accepts(&it.name, &it.version))
                .max_by(|a, b| a.version.cmp(&b.version)),
            None if own.len() == 1 => own.last(),
            None => None,
        }
    }
}

/// What the agents of a host can be given now.
pub(crate) fn offers_of(host: &Host) -> Vec<AgentOffer> {
    let agents = host.agents().into_iter();
    let usable = agents.filter(|info| {
        !matches!(
            info.state,
            AgentState::Failed(_) | AgentState::Quarantined(_)
        )
    });
    usable.map(|info| offer(host, &info.manifest)).collect()
}

fn offer(host: &Host, manifest: &Manifest) -> AgentOffer {
    let record = host.registry().agent(&manifest.id);
    let (places, priority) = record.map_or((1, 0), |record| {
        let registration = record.registration;
        (registration.max_concurrent_tasks, registration.priority)
    });
    let capabilities = manifest.capabilities.iter().map(|capability| Capability {
        // A coordinator needs no schemas, and they are long.
        input: Value::Bool(true),
        output: Value::Bool(true),
        ..capability.clone()
    });
    AgentOffer {
        agent: manifest.id.clone(),
        capabilities: capabilities.collect(),
        places,
        priority,
    }
}

async fn hash_of_file(path: PathBuf) -> Result<String, RuntimeError> {
    let data = tokio::fs::read(&path)
        .await
        .map_err(|source| RuntimeError::File {
            path,
            verb: "read",
            source,
        })?;
    Ok(Digest::of(&data).to_string())
}

fn hash_of_manifest(manifest: &Manifest) -> String {
    let json = serde_json::to_vec(manifest).unwrap_or_default();
    Digest::of(&json).to_string()
}
