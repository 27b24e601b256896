//! The session's writes, and those of other processes.

use std::sync::Arc;

use guildhall_coordination::{Recorded, RunEvent};
use tokio::time::Instant;

use crate::RuntimeError;
use crate::run::clock::now_ms;
use crate::run::{RunUpdate, record};
use crate::store::Durability;

use super::{LOOK_ABROAD, Session};

/// How often an append is tried again after another process was first.
const CONFLICTS: u32 = 16;

impl Session {
    /// Writes events. Where another process was first, its events are taken in and ours
    /// follow them, as far as they still can.
    pub(super) async fn store(&mut self, mut writes: Vec<Recorded>) -> Result<(), RuntimeError> {
        for _ in 0..CONFLICTS {
            let Some(first) = writes.first() else {
                return Ok(());
            };
            let expected = first.seq - 1;
            let events = record::to_new_events(&writes, self.conductor.ledger());
            let durability = self.durability_of(&writes);
            let journal = &self.workshop.journal;
            let run = self.workshop.run;
            match journal.append(run, events, expected, durability).await {
                Ok(last) => {
                    self.stored = last;
                    for recorded in &writes {
                        let ledger = self.conductor.ledger();
                        self.tell(&RunUpdate::Event { recorded, ledger });
                    }
                    return Ok(());
                }
                Err(RuntimeError::Conflict { .. }) => writes = self.rebase(writes).await?,
                Err(error) => return Err(error),
            }
        }
        Err(RuntimeError::Conflict {
            run: self.workshop.run,
            expected: self.stored,
            found: self.stored,
        })
    }

    /// Starts are never synced: one that is lost is one that was in flight.
    pub(super) fn durability_of(&self, writes: &[Recorded]) -> Durability {
        let starts_only = writes
            .iter()
            .all(|recorded| matches!(recorded.event, RunEvent::Started(_)));
        if starts_only {
            return Durability::Process;
        }
        self.workshop.durability
    }

    pub(super) async fn rebase(
        &mut self,
        writes: Vec<Recorded>,
    ) -> Result<Vec<Recorded>, RuntimeError> {
        let (run, stored) = (self.workshop.run, self.stored);
        // One look: what comes between two would be in the ledger and never noticed.
        let events = record::events_after(&*self.workshop.journal, run, 0).await?;
        let ledger = record::fold_events(run, &events)?;
        let known = events.partition_point(|recorded| recorded.seq <= stored);
        let foreign = &events[known..];
        self.check_epoch(foreign)?;
        self.stored = ledger.last_seq();
        let rebased = self.conductor.rebase(now_ms(), ledger, foreign, writes);
        self.tell_of_limits(foreign);
        Ok(rebased)
    }

    /// Whoever watches the run sees why more or less of it goes on from now on.
    fn tell_of_limits(&self, foreign: &[Recorded]) {
        let ledger = self.conductor.ledger();
        let changes = foreign
            .iter()
            .filter(|recorded| matches!(recorded.event, RunEvent::LimitsChanged(_)));
        for recorded in changes {
            self.tell(&RunUpdate::Event { recorded, ledger });
        }
    }

    /// Looks whether another process has written: a cancellation, or that it has the run.
    pub(super) async fn look_abroad(&mut self) -> Result<(), RuntimeError> {
        if self.looked.elapsed() < LOOK_ABROAD {
            return Ok(());
        }
        self.looked = Instant::now();
        self.look_for_silence();
        let journal = Arc::clone(&self.workshop.journal);
        let mark = journal.changed().await?;
        if self.store_mark.replace(mark) == Some(mark) {
            return Ok(());
        }
        let run = self.workshop.run;
        if journal.last(run).await? == self.stored {
            return Ok(());
        }
        let foreign = record::events_after(&*journal, run, self.stored).await?;
        self.check_epoch(&foreign)?;
        let writes = self.conductor.take_writes();
        let writes = self.rebase(writes).await?;
        self.store(writes).await
    }

    pub(super) fn check_epoch(&self, foreign: &[Recorded]) -> Result<(), RuntimeError> {
        let taken = foreign
            .iter()
            .any(|recorded| matches!(recorded.event, RunEvent::Opened(_)));
        if taken {
            let run = self.workshop.run;
            return Err(RuntimeError::TakenOver { run });
        }
        Ok(())
    }
}
