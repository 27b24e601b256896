//! Durable streams, each agent's its own.

use std::sync::Arc;

use guildhall_core::streams::{
    self, APPEND, Append, LIST, List, MAX_BODIES, MAX_RECORDS, READ, Read, check_name,
};
use guildhall_core::{AgentError, ErrorCode, Outcome, ServiceRequest};
use guildhall_host::{Caller, Service, async_trait};

use super::Shared;
use crate::RuntimeError;
use crate::runtime::open_store;
use crate::store::{Durability, Streams};

/// The streams of whoever asks.
pub(super) struct StreamsOfAgents {
    shared: Arc<Shared>,
}

impl StreamsOfAgents {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// The store, opened at the first request.
    async fn store(&self, request: &ServiceRequest) -> Result<Arc<dyn Streams>, AgentError> {
        let open = || async {
            let Some(folder) = self.shared.settings.state_folder.clone() else {
                return Err(request.not_offered());
            };
            let store = open_store(folder).await.map_err(failed)?;
            Ok(Arc::new(store) as Arc<dyn Streams>)
        };
        self.shared.streams.get_or_try_init(open).await.cloned()
    }
}

#[async_trait]
impl Service for StreamsOfAgents {
    async fn request(
        &self,
        caller: &Caller,
        request: ServiceRequest,
    ) -> Result<Outcome, AgentError> {
        // Whose they are is never the request's to say.
        let of = &caller.agent;
        match request.method.as_str() {
            APPEND => {
                let append: Append = request.input()?;
                append.check()?;
                let durability = match append.durability {
                    streams::Durability::Process => Durability::Process,
                    streams::Durability::Power => Durability::Power,
                };
                let (stream, expected) = (append.stream, append.expected);
                let store = self.store(&request).await?;
                let last = store.append_records(of, &stream, append.records, expected, durability);
                Outcome::new(&last.await.map_err(failed)?)
            }
            READ => {
                let read: Read = request.input()?;
                check_name(&read.stream)?;
                let store = self.store(&request).await?;
                let limit = page(read.limit);
                let records = store.read_records(of, &read.stream, read.after, limit, MAX_BODIES);
                Outcome::new(&records.await.map_err(failed)?)
            }
            LIST => {
                let list: List = request.input()?;
                let store = self.store(&request).await?;
                let streams = store.streams(of, list.after.as_deref(), page(list.limit));
                Outcome::new(&streams.await.map_err(failed)?)
            }
            _ => Err(request.no_such_method()),
        }
    }
}

fn page(limit: Option<usize>) -> usize {
    limit.unwrap_or(MAX_RECORDS).min(MAX_RECORDS)
}

pub(super) fn failed(error: RuntimeError) -> AgentError {
    match error {
        RuntimeError::StreamConflict {
            stream,
            expected,
            found,
        } => streams::conflict(&stream, expected, found),
        RuntimeError::StoreBusy { .. } => {
            AgentError::new(ErrorCode::Unavailable, error.to_string()).retryable()
        }
        error => AgentError::from_error(&error),
    }
}
