//! What the store of agents' streams promises.

use async_trait::async_trait;
use guildhall_core::AgentId;
use guildhall_core::streams::{NewRecord, Record, StreamInfo};

use super::event::Durability;
use crate::RuntimeError;

/// Durable streams of agents. Each agent's are its own: whoever calls says whose they are,
/// and it is for the caller to know that.
///
/// # Cancel safety
/// A future of a method that reads may be dropped at any time. One of an append may be
/// dropped, too, but whether it was written is then unknown.
#[async_trait]
pub trait Streams: Send + Sync + 'static {
    /// Appends all of `records` to the stream, or none, where its last record is `expected`.
    /// Gives the number of its last record afterwards. The first append with `expected` 0
    /// makes the stream. What was acknowledged is as safe as `durability` says;
    /// [`Durability::Relaxed`] counts as [`Durability::Process`].
    ///
    /// # Errors
    /// [`RuntimeError::StreamConflict`] where the last record is another; other variants
    /// where the store fails. Nothing was appended then.
    async fn append_records(
        &self,
        of: &AgentId,
        stream: &str,
        records: Vec<NewRecord>,
        expected: u64,
        durability: Durability,
    ) -> Result<u64, RuntimeError>;

    /// The records of the stream that come after `after`, in order, at most `limit` of them,
    /// and no more than have `bytes` bytes together, but for the first.
    ///
    /// # Errors
    /// Where the store fails.
    async fn read_records(
        &self,
        of: &AgentId,
        stream: &str,
        after: u64,
        limit: usize,
        bytes: usize,
    ) -> Result<Vec<Record>, RuntimeError>;

    /// The streams of the agent whose names come after `after`, ordered by their names, at
    /// most `limit` of them.
    ///
    /// # Errors
    /// Where the store fails.
    async fn streams(
        &self,
        of: &AgentId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<StreamInfo>, RuntimeError>;
}
