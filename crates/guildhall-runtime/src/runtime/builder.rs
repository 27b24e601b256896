//! Opens a runtime.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use guildhall_core::AgentId;
use guildhall_host::Host;

use crate::RuntimeError;
use crate::process::Redactor;
use crate::run::{Agents, RunLocks};
use crate::services::{ServiceSettings, Services};
use crate::store::{Blobs, Journal, MemoryStore, SqliteStore};

use super::Runtime;
use super::newest::Newest;

/// Opens a [`Runtime`].
pub struct RuntimeBuilder {
    host: Host,
    state_folder: Option<PathBuf>,
    store: Option<(Arc<dyn Journal>, Arc<dyn Blobs>)>,
    redactor: Redactor,
    hashes: HashMap<AgentId, String>,
    services: ServiceSettings,
}

impl RuntimeBuilder {
    pub(super) fn new(host: Host) -> Self {
        Self {
            host,
            state_folder: None,
            store: None,
            redactor: Redactor::default(),
            hashes: HashMap::new(),
            services: ServiceSettings::default(),
        }
    }

    /// Keeps runs in this folder; without one they are kept in memory and end with the
    /// process. It belongs to the user, not into a checkout.
    #[must_use]
    pub fn state_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.state_folder = Some(folder.into());
        self
    }

    /// Keeps runs in a store of the embedder's own. One that other processes use as well
    /// refuses what a process appends that has lost a run; that two of them begin to work on
    /// one run at once is prevented by locks in the state folder, where there is one.
    ///
    /// ```no_run
    /// # async fn example(host: guildhall_host::Host) -> Result<(), guildhall_runtime::RuntimeError> {
    /// use std::sync::Arc;
    /// use guildhall_runtime::Runtime;
    /// use guildhall_runtime::store::MemoryStore;
    ///
    /// let store = Arc::new(MemoryStore::new());
    /// let runtime = Runtime::builder(host).store(store.clone(), store).open().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn store(mut self, journal: Arc<dyn Journal>, blobs: Arc<dyn Blobs>) -> Self {
        self.store = Some((journal, blobs));
        self
    }

    /// Keeps secrets out of what is kept.
    #[must_use]
    pub fn redactor(mut self, redactor: Redactor) -> Self {
        self.redactor = redactor;
        self
    }

    /// Says exactly which agent it is, for one that is no library: a hash of its
    /// configuration.
    #[must_use]
    pub fn agent_hash(mut self, agent: AgentId, hash: impl Into<String>) -> Self {
        self.hashes.insert(agent, hash.into());
        self
    }

    /// Says how the services of agents start programs and what environment these have. The
    /// state folder and what secrets are taken out are the runtime's own.
    #[must_use]
    pub fn services(mut self, settings: ServiceSettings) -> Self {
        self.services = settings;
        self
    }

    /// Opens the store.
    ///
    /// # Errors
    /// Where the store cannot be opened.
    pub async fn open(self) -> Result<Runtime, RuntimeError> {
        let settings = ServiceSettings {
            state_folder: self.state_folder.clone(),
            redactor: self.redactor.clone(),
            ..self.services
        };
        let mut services = Services::new(&self.host, settings);
        let (journal, blobs): (Arc<dyn Journal>, Arc<dyn Blobs>) =
            match (self.store, &self.state_folder) {
                (Some(store), _) => store,
                (None, Some(folder)) => {
                    let store = Arc::new(open_store(folder.clone()).await?);
                    services = services.with_streams(Arc::<SqliteStore>::clone(&store));
                    (Arc::<SqliteStore>::clone(&store), store)
                }
                (None, None) => {
                    let store = Arc::new(MemoryStore::new());
                    services = services.with_streams(Arc::<MemoryStore>::clone(&store));
                    (Arc::<MemoryStore>::clone(&store), store)
                }
            };
        Ok(Runtime {
            agents: Agents::new(self.host.clone(), self.hashes),
            host: self.host,
            journal,
            blobs,
            locks: RunLocks::new(self.state_folder.as_deref()),
            newest: Newest::default(),
            state_folder: self.state_folder,
            redactor: self.redactor,
            services,
        })
    }
}

/// Another process may be upgrading the store, which is waited for: not on a thread that
/// others need.
pub(crate) async fn open_store(folder: PathBuf) -> Result<SqliteStore, RuntimeError> {
    let path = folder.clone();
    let opened = tokio::task::spawn_blocking(move || SqliteStore::open(&folder)).await;
    opened.unwrap_or_else(|error| {
        Err(RuntimeError::File {
            path,
            verb: "opened",
            source: error.into(),
        })
    })
}

impl std::fmt::Debug for RuntimeBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RuntimeBuilder")
            .field("state_folder", &self.state_folder)
            .finish_non_exhaustive()
    }
}
