//! The store: runs as journals with projections of them, and large data as files that are
//! named by their content.
//!
//! What is true of a run is a fold over its journal. The one atomic act of a store is
//! [`Journal::append`]: all of some events, or none, at the place where the caller believes
//! the journal to end. Everything else that a store knows ([`RunRow`], [`TaskRow`],
//! [`Durations`]) is a projection: it is kept in the same transaction as the events and can
//! be folded anew from them at any time.
//!
//! Beside runs a store keeps the [`Streams`] of agents.
//!
//! [`SqliteStore`] keeps a state folder, which several processes may use at once.
//! [`MemoryStore`] does the same without a file, for tests and simulations. One suite of
//! tests holds both to the same behaviour.

mod blobs;
mod event;
mod files;
mod journal;
mod memory;
mod projection;
mod sqlite;
mod streams;

pub use blobs::{BadDigest, Blobs, Digest};
pub use event::{Durability, NewEvent, StoredEvent};
pub use files::FileBlobs;
pub use journal::{CachedResult, Durations, Journal, RunRow, TaskCounts, TaskRow};
pub use memory::MemoryStore;
pub use sqlite::{SqliteStore, StoreOptions};
pub use streams::Streams;

/// A journal and the blobs that its events name: all that a runtime keeps.
pub trait Store: Journal + Blobs {}

impl<T: Journal + Blobs> Store for T {}
