//! The limits of runs, which whoever may ask for it changes while they are worked on.
//!
//! A change is an event of the run's journal. Whoever works on the run sees it there, as it
//! sees a cancellation, whatever process that is.

mod bounds;

use std::sync::Arc;

use guildhall_coordination::turn::AgentOffer;
use guildhall_coordination::{LimitsChanged, Recorded, RunEvent, RunId};
use guildhall_core::control::{
    ACTIONS, Applied, CHANGE, Change, LIMITS, MAX_EVIDENCE, MAX_WHY, OfRun, RunLimits, UNDO, Undo,
};
use guildhall_core::{AgentError, AgentId, ErrorCode, Outcome, ServiceRequest};
use guildhall_host::{Caller, Service, async_trait};

use super::Shared;
use super::runs_store::{RunsStore, find};
use super::streams::failed;
use crate::run::{RunLocks, change_run, events_after, fold, offers_of};
use crate::store::{RunRow, SqliteStore};
use bounds::{Wanted, check_pace, decide, states};

pub use bounds::ControlBounds;

/// The limits of the runs of the state folder.
pub(super) struct ControlOfRuns {
    shared: Arc<Shared>,
    store: RunsStore,
}

impl ControlOfRuns {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            store: RunsStore::new(Arc::clone(&shared)),
            shared,
        }
    }

    async fn limits(&self, store: &SqliteStore, row: &RunRow) -> Result<RunLimits, AgentError> {
        let ledger = fold(store, row.run).await.map_err(failed)?;
        let locks = RunLocks::new(self.shared.settings.state_folder.as_deref());
        Ok(RunLimits {
            run: row.run.to_string(),
            name: row.name.clone(),
            status: row.status.clone(),
            is_worked_on: locks.is_taken(row.run),
            limits: states(&ledger, &self.offers(), self.shared.settings.control),
            extra: serde_json::Map::new(),
        })
    }

    async fn change(
        &self,
        store: &SqliteStore,
        by: &AgentId,
        change: Change,
    ) -> Result<Applied, AgentError> {
        check_texts(&change)?;
        let run = find(store, &change.run).await?.run;
        let events = events_after(store, run, 0).await.map_err(failed)?;
        check_pace(&events, self.shared.settings.control)?;
        let wanted = Wanted {
            limit: change.limit,
            from: change.from,
            to: change.to,
        };
        let event = |wanted: Wanted| LimitsChanged {
            limit: wanted.limit,
            from: wanted.from,
            to: wanted.to,
            by: by.to_string(),
            why: change.why.clone(),
            evidence: change.evidence.clone(),
            undoes: None,
        };
        self.write(store, run, wanted, event).await
    }

    async fn undo(
        &self,
        store: &SqliteStore,
        by: &AgentId,
        undo: &Undo,
    ) -> Result<Applied, AgentError> {
        let unknown = || {
            let text = format!("there is no change {:?}", undo.id);
            AgentError::new(ErrorCode::InvalidInput, text)
                .with_help("`guildhall log RUN` shows the changes of a run")
        };
        let (run, seq) = undo.id.rsplit_once('-').ok_or_else(unknown)?;
        let seq: u64 = seq.parse().map_err(|_| unknown())?;
        let run: RunId = run.parse().map_err(|_| unknown())?;
        let events = events_after(store, run, 0).await.map_err(failed)?;
        let undone = events.iter().find(|recorded| recorded.seq == seq);
        let Some(RunEvent::LimitsChanged(undone)) = undone.map(|it| &it.event) else {
            return Err(unknown());
        };
        let wanted = Wanted {
            limit: undone.limit.clone(),
            from: undone.to,
            to: undone.from,
        };
        let event = |wanted: Wanted| LimitsChanged {
            limit: wanted.limit,
            from: wanted.from,
            to: wanted.to,
            by: by.to_string(),
            why: format!("undoes change {seq}"),
            evidence: serde_json::Value::Null,
            undoes: Some(seq),
        };
        self.write(store, run, wanted, event).await
    }

    /// Writes a change where it is within its bounds and nobody was faster.
    async fn write(
        &self,
        store: &SqliteStore,
        run: RunId,
        wanted: Wanted,
        event: impl Fn(Wanted) -> LimitsChanged,
    ) -> Result<Applied, AgentError> {
        let (offers, control) = (self.offers(), self.shared.settings.control);
        let mut decided = Err(AgentError::failed("nothing was changed"));
        let changed = change_run(store, run, |ledger, now_ms, out| {
            decided = decide(ledger, &offers, control, &wanted).and_then(|()| {
                let change = event(wanted.clone());
                let done = ledger.change_limits(now_ms, change, out);
                done.map_err(|refusal| over(run, &refusal.to_string()))?;
                let recorded = out.last().cloned();
                recorded.ok_or_else(|| AgentError::failed("nothing was changed"))
            });
            Ok(())
        });
        changed.await.map_err(failed)?;
        let recorded = decided?;
        applied(run, &recorded).ok_or_else(|| AgentError::failed("nothing was changed"))
    }

    fn offers(&self) -> Vec<AgentOffer> {
        offers_of(&self.shared.host)
    }
}

#[async_trait]
impl Service for ControlOfRuns {
    async fn request(
        &self,
        caller: &Caller,
        request: ServiceRequest,
    ) -> Result<Outcome, AgentError> {
        // Who changes something is never the request's to say.
        let by = &caller.agent;
        match request.method.as_str() {
            LIMITS => {
                let of: OfRun = request.input()?;
                let store = self.store.of(&request).await?;
                let row = find(store, &of.run).await?;
                Outcome::new(&self.limits(store, &row).await?)
            }
            ACTIONS => {
                let of: OfRun = request.input()?;
                let store = self.store.of(&request).await?;
                let run = find(store, &of.run).await?.run;
                let events = events_after(store, run, 0).await.map_err(failed)?;
                let actions = events.iter().filter_map(|recorded| applied(run, recorded));
                Outcome::new(&actions.collect::<Vec<Applied>>())
            }
            CHANGE => {
                let change: Change = request.input()?;
                let store = self.store.of(&request).await?;
                Outcome::new(&self.change(store, by, change).await?)
            }
            UNDO => {
                let undo: Undo = request.input()?;
                let store = self.store.of(&request).await?;
                Outcome::new(&self.undo(store, by, &undo).await?)
            }
            _ => Err(request.no_such_method()),
        }
    }
}

/// The change that an event is; none where it is another.
fn applied(run: RunId, recorded: &Recorded) -> Option<Applied> {
    let RunEvent::LimitsChanged(changed) = &recorded.event else {
        return None;
    };
    let id_of = |seq: u64| format!("{run}-{seq}");
    Some(Applied {
        id: id_of(recorded.seq),
        at_ms: recorded.at_ms,
        by: changed.by.clone(),
        change: Change {
            run: run.to_string(),
            limit: changed.limit.clone(),
            from: changed.from,
            to: changed.to,
            why: changed.why.clone(),
            evidence: changed.evidence.clone(),
        },
        undoes: changed.undoes.map(id_of),
    })
}

/// Keeps journals small, whatever an agent gives as its reason.
fn check_texts(change: &Change) -> Result<(), AgentError> {
    let too_long = |what: &str, most: usize| {
        let text = format!("the {what} of the change has more than {most} bytes; shorten it");
        Err(AgentError::new(ErrorCode::InvalidInput, text))
    };
    if change.why.len() > MAX_WHY {
        return too_long("reason", MAX_WHY);
    }
    if serde_json::to_string(&change.evidence)?.len() > MAX_EVIDENCE {
        return too_long("evidence", MAX_EVIDENCE);
    }
    Ok(())
}

fn over(run: RunId, reason: &str) -> AgentError {
    let text = format!("no limit of run {run} is changed: {reason}");
    AgentError::new(ErrorCode::InvalidInput, text)
}
