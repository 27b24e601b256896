//! Telling others what changed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use super::AgentStatus;
use crate::id::AgentId;

/// Most events that a subscription holds.
pub const MAX_SUBSCRIPTION: usize = 65_536;

/// Something that changed in the registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryEvent {
    /// When, in milliseconds since the Unix epoch.
    pub at: u64,
    /// About which agent.
    pub agent: AgentId,
    /// What.
    pub change: RegistryChange,
}

/// What changed about an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegistryChange {
    /// It registered, or came back after a restart.
    Registered,
    /// Its registration or what it uses of the computer changed.
    Updated,
    /// Something else can be expected of it.
    Status {
        /// What it was before.
        from: AgentStatus,
        /// What it is now.
        to: AgentStatus,
    },
    /// It was unregistered; what is in flight may still end.
    Unregistered,
    /// Its record is gone.
    Removed,
}

/// A bounded queue of what changed, in the order in which it changed.
///
/// The registry never waits for a subscriber: an event that finds the queue full is
/// dropped and counted. A subscriber that missed events looks at a fresh snapshot.
#[derive(Debug)]
pub struct Subscription {
    events: Receiver<RegistryEvent>,
    missed: Arc<AtomicU64>,
}

impl Subscription {
    /// The next event, where one is there.
    pub fn try_next(&self) -> Option<RegistryEvent> {
        self.events.try_recv().ok()
    }

    /// The next event; waits for one for `time` at the most, and no longer than the
    /// registry lives.
    pub fn next_within(&self, time: Duration) -> Option<RegistryEvent> {
        self.events.recv_timeout(time).ok()
    }

    /// How many events found the queue full since the last time this was asked.
    pub fn take_missed(&self) -> u64 {
        self.missed.swap(0, Ordering::Relaxed)
    }
}

/// Those that want to know.
#[derive(Debug, Default)]
pub(super) struct Subscribers {
    list: Vec<(SyncSender<RegistryEvent>, Arc<AtomicU64>)>,
}

impl Subscribers {
    pub(super) fn add(&mut self, capacity: usize) -> Subscription {
        let (sender, events) = sync_channel(capacity.clamp(1, MAX_SUBSCRIPTION));
        let missed = Arc::new(AtomicU64::new(0));
        self.list.push((sender, Arc::clone(&missed)));
        Subscription { events, missed }
    }

    pub(super) fn tell(&mut self, at: u64, agent: &AgentId, change: RegistryChange) {
        self.list.retain(|(sender, missed)| {
            let sent = sender.try_send(RegistryEvent {
                at,
                agent: agent.clone(),
                change,
            });
            if matches!(sent, Err(TrySendError::Full(_))) {
                missed.fetch_add(1, Ordering::Relaxed);
            }
            !matches!(sent, Err(TrySendError::Disconnected(_)))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subscribers_that_left_are_forgotten() {
        let mut subscribers = Subscribers::default();
        let (gone, stays) = (subscribers.add(1), subscribers.add(1));
        drop(gone);
        let agent: AgentId = "a".parse().unwrap();
        subscribers.tell(1, &agent, RegistryChange::Registered);
        subscribers.tell(2, &agent, RegistryChange::Updated);
        assert_eq!(
            subscribers.list.len(),
            1,
            "a full queue is no reason to forget its owner"
        );
        assert_eq!(stays.take_missed(), 1);
    }
}
