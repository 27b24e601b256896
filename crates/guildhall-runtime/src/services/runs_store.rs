//! The store of runs, for services that read it or change a run.

use std::sync::Arc;

use guildhall_core::{AgentError, ErrorCode, ServiceRequest};
use tokio::sync::OnceCell;

use super::Shared;
use super::streams::failed;
use crate::run::RunLocks;
use crate::runtime::open_store;
use crate::store::{Journal as _, RunRow, SqliteStore};

/// The store of the state folder, opened at the first request.
pub(super) struct RunsStore {
    shared: Arc<Shared>,
    store: OnceCell<SqliteStore>,
}

impl RunsStore {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            store: OnceCell::new(),
        }
    }

    /// The store; where there is no state folder the service is not there.
    pub(super) async fn of(&self, request: &ServiceRequest) -> Result<&SqliteStore, AgentError> {
        let open = || async {
            let Some(folder) = self.shared.settings.state_folder.clone() else {
                return Err(request.not_offered());
            };
            open_store(folder).await.map_err(failed)
        };
        self.store.get_or_try_init(open).await
    }

    /// Who works on which run.
    pub(super) fn locks(&self) -> RunLocks {
        RunLocks::new(self.shared.settings.state_folder.as_deref())
    }
}

/// The one run that a text means, among all of the store.
pub(super) async fn find(store: &SqliteStore, text: &str) -> Result<RunRow, AgentError> {
    let rows = store.runs().await.map_err(failed)?;
    named(&rows, text).cloned()
}

/// The one run that a text means: its id, a beginning or an end of it, its name, or `latest`.
pub(super) fn named<'a>(rows: &'a [RunRow], text: &str) -> Result<&'a RunRow, AgentError> {
    let matching = |row: &&RunRow| {
        let id = row.run.to_string();
        let is_part = text.len() >= 4 && (id.starts_with(text) || id.ends_with(text));
        id == text || row.name == text || is_part
    };
    let found: Vec<&RunRow> = match text {
        "latest" => rows.last().into_iter().collect(),
        _ => rows.iter().filter(matching).collect(),
    };
    let wrong = |problem: String| Err(AgentError::new(ErrorCode::InvalidInput, problem));
    match found.as_slice() {
        [row] => Ok(row),
        [] => wrong(format!(
            "there is no run {text:?}; `guildhall runs` lists them"
        )),
        several => wrong(format!(
            "{text:?} can mean {} runs; give more of the id",
            several.len()
        )),
    }
}
