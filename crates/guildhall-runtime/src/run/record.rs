//! Events of a run as the store keeps them, and back.

use std::borrow::Cow;

use guildhall_coordination::{Ledger, Recorded, RunEvent, RunId};

use crate::RuntimeError;
use crate::store::{Journal, NewEvent, StoredEvent};

/// Events that are read at once.
const PAGE: usize = 4096;

/// Events as the store takes them. `ledger` has taken them in already: it knows the
/// numbers of tasks that were added.
pub(crate) fn to_new_events(events: &[Recorded], ledger: &Ledger) -> Vec<NewEvent> {
    let new = events.iter().map(|recorded| {
        let task = match &recorded.event {
            RunEvent::Added(spec) => ledger.find(&spec.key),
            event => event.task(),
        };
        NewEvent {
            task: task.map(|task| task.0),
            attempt: recorded.event.attempt(),
            kind: Cow::Borrowed(recorded.event.kind()),
            epoch: recorded.epoch,
            at_ms: recorded.at_ms,
            body: body_of(&recorded.event),
        }
    });
    new.collect()
}

fn body_of(event: &RunEvent) -> String {
    // Every part of an event is plain data with text keys, which JSON can hold.
    serde_json::to_string(event).unwrap_or_default()
}

/// An event as the store has it.
///
/// # Errors
/// [`RuntimeError::BadEvent`] where it is not one that this version knows.
pub(crate) fn from_stored(run: RunId, stored: &StoredEvent) -> Result<Recorded, RuntimeError> {
    let event = serde_json::from_str(&stored.body).map_err(|error| RuntimeError::BadEvent {
        run,
        seq: stored.seq,
        reason: error.to_string(),
    })?;
    Ok(Recorded {
        seq: stored.seq,
        at_ms: stored.at_ms,
        epoch: stored.epoch,
        event,
    })
}

/// The events of `run` after `after`.
///
/// # Errors
/// Where the store fails or holds what is not an event.
pub(crate) async fn events_after(
    journal: &dyn Journal,
    run: RunId,
    mut after: u64,
) -> Result<Vec<Recorded>, RuntimeError> {
    let mut events = Vec::new();
    loop {
        let page = journal.read(run, after, PAGE).await?;
        for stored in &page {
            events.push(from_stored(run, stored)?);
        }
        match page.last() {
            Some(last) if page.len() == PAGE => after = last.seq,
            _ => return Ok(events),
        }
    }
}

/// What is true of `run`, from its journal.
///
/// # Errors
/// [`RuntimeError::NoSuchRun`]; [`RuntimeError::BadJournal`] where its events contradict
/// one another; others where the store fails.
pub(crate) async fn fold(journal: &dyn Journal, run: RunId) -> Result<Ledger, RuntimeError> {
    fold_events(run, &events_after(journal, run, 0).await?)
}

/// What is true of `run` after these events, which are all that its journal holds.
///
/// # Errors
/// As [`fold`].
pub(crate) fn fold_events(run: RunId, events: &[Recorded]) -> Result<Ledger, RuntimeError> {
    let mut ledger = Ledger::new();
    for recorded in events {
        ledger
            .apply(recorded)
            .map_err(|violation| RuntimeError::BadJournal { run, violation })?;
    }
    if ledger.created().is_none() {
        return Err(RuntimeError::NoSuchRun {
            run: run.to_string(),
        });
    }
    Ok(ledger)
}
