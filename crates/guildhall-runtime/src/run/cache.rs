//! Results that are used again.
//!
//! Only for capabilities that declare it: their outputs depend on input and configuration
//! alone. The key holds everything else that could matter: exactly which agent, in which
//! version of the capability, and the content of the files that the task declares.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use guildhall_coordination::{Completed, RunEvent};
use guildhall_core::Capability;
use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;

use crate::RuntimeError;
use crate::store::{CachedResult, Digest, Journal};

/// A result that somebody else in this run is computing, or has.
pub(crate) type Shared<T> = Arc<OnceCell<T>>;

/// Equal work of a run is done once at a time.
#[derive(Debug)]
pub(crate) struct SingleFlight<T> {
    flights: Mutex<HashMap<String, Shared<T>>>,
}

impl<T> Default for SingleFlight<T> {
    fn default() -> Self {
        Self {
            flights: Mutex::default(),
        }
    }
}

impl<T> SingleFlight<T> {
    /// The cell for this work; whoever fills it first does it for all.
    pub(crate) fn join(&self, key: &str) -> Shared<T> {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(flights.entry(key.to_owned()).or_default())
    }
}

/// The key of a result.
pub(crate) fn key(
    agent_hash: &str,
    capability: &Capability,
    input_hash: &str,
    reads: Option<&str>,
) -> String {
    let mut whole = Sha256::new();
    let version = capability.version.to_string();
    let parts = [
        "guildhall result 1",
        agent_hash,
        capability.name.as_str(),
        &version,
        input_hash,
        reads.unwrap_or(""),
    ];
    for part in parts {
        whole.update(part.len().to_le_bytes());
        whole.update(part);
    }
    Digest::of_hashed(whole).to_string()
}

/// The result that is kept under `key`, where there is one that can be read.
pub(crate) async fn find(
    journal: &dyn Journal,
    key: &str,
) -> Result<Option<(CachedResult, Completed)>, RuntimeError> {
    let Some(cached) = journal.cache_get(key).await? else {
        return Ok(None);
    };
    match serde_json::from_str::<RunEvent>(&cached.body) {
        Ok(RunEvent::Completed(completed)) => Ok(Some((cached, *completed))),
        // Written by another version: the work is done again.
        _ => Ok(None),
    }
}
