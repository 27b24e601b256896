//! The records of a journal, and how safe they are once they are acknowledged.

use std::borrow::Cow;

use super::projection;

/// An event that is to be appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// The task that it is about, by its number within the run.
    pub task: Option<u32>,
    /// The attempt of the task that it is about, from 1.
    pub attempt: Option<u32>,
    /// What happened, in one word. A kind that the store does not know is kept as it is.
    pub kind: Cow<'static, str>,
    /// Epoch of the process that appends it.
    pub epoch: u32,
    /// When it happened, in milliseconds since the Unix epoch. A time beyond `i64::MAX` is
    /// kept as `i64::MAX`.
    pub at_ms: u64,
    /// What else is to be said of it: a JSON object.
    pub body: String,
}

/// An event as it stands in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its number within the run: 1, 2, 3 and so on.
    pub seq: u64,
    /// The task that it is about.
    pub task: Option<u32>,
    /// The attempt of the task that it is about.
    pub attempt: Option<u32>,
    /// What happened, in one word.
    pub kind: Cow<'static, str>,
    /// Epoch of the process that appended it.
    pub epoch: u32,
    /// When it happened, in milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// What else is to be said of it: a JSON object.
    pub body: String,
}

impl StoredEvent {
    /// `event` at the place `seq`.
    pub(super) fn new(seq: u64, event: NewEvent) -> Self {
        Self {
            seq,
            task: event.task,
            attempt: event.attempt,
            kind: event.kind,
            epoch: event.epoch,
            at_ms: event.at_ms.min(i64::MAX.unsigned_abs()),
            body: event.body,
        }
    }
}

/// The kind of this name, without a copy of the name where the kind is a usual one.
pub(super) fn kind(name: &str) -> Cow<'static, str> {
    projection::KINDS
        .iter()
        .find(|known| **known == name)
        .map_or_else(
            || Cow::Owned(name.to_owned()),
            |known| Cow::Borrowed(*known),
        )
}

/// How safe a record is once it is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Durability {
    /// It may be acknowledged before it is written. Its place in the order is kept: what is
    /// appended later is never kept without it.
    Relaxed,
    /// It survives that the process is killed.
    #[default]
    Process,
    /// It survives that the power fails.
    Power,
}

impl From<guildhall_coordination::Durability> for Durability {
    fn from(of_the_plan: guildhall_coordination::Durability) -> Self {
        match of_the_plan {
            guildhall_coordination::Durability::Process => Self::Process,
            guildhall_coordination::Durability::Power => Self::Power,
        }
    }
}
