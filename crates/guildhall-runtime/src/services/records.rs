//! What is recorded of work: read from the journals of runs, never written.

use std::collections::BTreeMap;
use std::sync::Arc;

use guildhall_coordination::{
    AttemptFailed, Completed, FailureClass, Limits, Recorded, RunEvent, RunId, Started, TaskIndex,
    TaskSpec, Work,
};
use guildhall_core::records::{
    AttemptEnd, AttemptRecord, LimitsRecord, MAX_ATTEMPTS, QUERY, Records, RecordsQuery, RunRecord,
    WaitingRecord,
};
use guildhall_core::{AgentError, Outcome, ServiceRequest};
use guildhall_host::{Caller, Service, async_trait};

use super::Shared;
use super::runs_store::{self, RunsStore};
use crate::run::{events_after, now_ms};
use crate::store::{Journal, RunRow};

/// The records of all runs of the state folder.
pub(super) struct RecordsOfRuns {
    store: RunsStore,
}

impl RecordsOfRuns {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            store: RunsStore::new(shared),
        }
    }
}

#[async_trait]
impl Service for RecordsOfRuns {
    async fn request(&self, _: &Caller, request: ServiceRequest) -> Result<Outcome, AgentError> {
        if request.method != QUERY {
            return Err(request.no_such_method());
        }
        let query: RecordsQuery = request.input()?;
        let store = self.store.of(&request).await?;
        let locks = self.store.locks();
        Outcome::new(&read(store, &query, &|run| locks.is_taken(run)).await?)
    }
}

/// Whether somebody works on a run: a process that is killed writes nothing of that.
type IsHeld<'a> = &'a (dyn Fn(RunId) -> bool + Sync);

/// Answers a query: runs by their age, until there are many attempts.
async fn read(
    journal: &dyn Journal,
    query: &RecordsQuery,
    is_held: IsHeld<'_>,
) -> Result<Records, AgentError> {
    let rows = journal.runs().await.map_err(super::streams::failed)?;
    let rows = wanted(rows, query, is_held)?;
    let mut records = Records {
        now_ms: now_ms(),
        ..Records::default()
    };
    for (at, row) in rows.iter().enumerate() {
        let events = events_after(journal, row.run, 0).await;
        let events = events.map_err(super::streams::failed)?;
        let mut fold = Fold::default();
        for recorded in &events {
            fold.take(recorded);
        }
        fold.tell(row, is_worked_on(row, is_held), &mut records);
        if records.attempts.len() >= MAX_ATTEMPTS && at + 1 < rows.len() {
            records.next = Some(row.run.to_string());
            break;
        }
    }
    Ok(records)
}

/// The runs that are asked for, the oldest first.
fn wanted(
    rows: Vec<RunRow>,
    query: &RecordsQuery,
    is_held: IsHeld<'_>,
) -> Result<Vec<RunRow>, AgentError> {
    let mut named = Vec::new();
    for text in &query.runs {
        named.push(runs_store::named(&rows, text)?.run);
    }
    let is_named = |row: &RunRow| named.is_empty() || named.contains(&row.run);
    // What is worked on happens now, however long ago its last event was.
    let is_recent = |row: &RunRow| {
        let since = query.since_ms;
        since.is_none_or(|since| row.updated_ms >= since) || is_worked_on(row, is_held)
    };
    let is_after = |row: &RunRow| {
        let after = query.after.as_deref();
        after.is_none_or(|after| row.run.to_string().as_str() > after)
    };
    let rows = rows.into_iter();
    Ok(rows
        .filter(|row| is_named(row) && is_recent(row) && is_after(row))
        .collect())
}

fn is_worked_on(row: &RunRow, is_held: IsHeld<'_>) -> bool {
    matches!(row.status.as_str(), "running" | "cancelling") && is_held(row.run)
}

/// What is true of a run's tasks after its events so far.
#[derive(Default)]
struct Fold {
    limits: Limits,
    changes: Vec<LimitsRecord>,
    tasks: Vec<TaskTimes>,
    attempts: Vec<AttemptRecord>,
    /// The place of an attempt that is being done.
    in_flight: BTreeMap<(u32, u32), usize>,
    /// From when to when somebody worked on it, as far as was written down.
    worked: Vec<(u64, Option<u64>)>,
    /// The moment of the last event.
    last_ms: u64,
}

/// When things happened to a task.
struct TaskTimes {
    spec: TaskSpec,
    added_ms: u64,
    /// When its last attempt ended, or it was to be tried again.
    again_ms: Option<u64>,
    ended_ms: Option<u64>,
}

impl Fold {
    fn take(&mut self, recorded: &Recorded) {
        let at_ms = recorded.at_ms;
        match &recorded.event {
            RunEvent::Created(created) => {
                self.limits.clone_from(&created.settings.limits);
                self.changes.push(self.limits_at(at_ms));
            }
            RunEvent::LimitsChanged(change) => {
                self.limits.set(&change.limit, change.to);
                self.changes.push(self.limits_at(at_ms));
            }
            RunEvent::Added(spec) => self.tasks.push(TaskTimes {
                spec: (**spec).clone(),
                added_ms: at_ms,
                again_ms: None,
                ended_ms: None,
            }),
            // Whoever had attempts in flight is gone.
            RunEvent::Opened(_) => {
                self.interrupt(at_ms);
                self.stop(self.last_ms);
                self.worked.push((at_ms, None));
            }
            RunEvent::Paused { .. } | RunEvent::Ended { .. } => self.stop(at_ms),
            RunEvent::Started(started) => self.start(started, at_ms),
            RunEvent::Completed(completed) => self.complete(completed, at_ms),
            RunEvent::AttemptFailed(failed) => self.fail(failed, at_ms),
            RunEvent::Reopened { task, .. } => {
                if let Some(task) = self.tasks.get_mut(task.0 as usize) {
                    task.ended_ms = None;
                    task.again_ms = Some(at_ms);
                }
            }
            event => self.end_task(event.ends(), at_ms),
        }
        self.last_ms = at_ms;
    }

    /// Nobody works on it from a moment on.
    fn stop(&mut self, at_ms: u64) {
        if let Some((_, to @ None)) = self.worked.last_mut() {
            *to = Some(at_ms);
        }
    }

    fn limits_at(&self, since_ms: u64) -> LimitsRecord {
        LimitsRecord {
            since_ms,
            concurrency: self.limits.concurrency,
            agents: self.limits.agents.clone(),
        }
    }

    fn start(&mut self, started: &Started, at_ms: u64) {
        let ready_ms = self.ready(started.task).unwrap_or(at_ms);
        let Some(task) = self.tasks.get(started.task.0 as usize) else {
            return;
        };
        let needs = task.spec.needs.iter();
        let needs = needs.filter_map(|need| self.tasks.get(need.task.0 as usize));
        let key = (started.task.0, started.attempt);
        self.in_flight.insert(key, self.attempts.len());
        self.attempts.push(AttemptRecord {
            run: String::new(),
            task: task.spec.key.to_string(),
            attempt: started.attempt,
            capability: capability(&task.spec),
            agent: started.agent.clone(),
            ready_ms,
            started_ms: at_ms,
            ended_ms: None,
            end: AttemptEnd::InFlight,
            usd: 0.0,
            tokens: 0,
            needs: needs.map(|need| need.spec.key.to_string()).collect(),
            extra: serde_json::Map::new(),
        });
    }

    fn complete(&mut self, completed: &Completed, at_ms: u64) {
        self.end_task(Some(completed.task), at_ms);
        let attempt = completed.attempt.map(|attempt| (completed.task.0, attempt));
        let record = attempt.and_then(|key| self.in_flight.remove(&key));
        let Some(record) = record.and_then(|place| self.attempts.get_mut(place)) else {
            return;
        };
        let receipt = completed.receipt.as_ref();
        let is_cached = receipt.is_some_and(|receipt| receipt.cached_from.is_some());
        record.ended_ms = Some(at_ms);
        record.end = match is_cached {
            true => AttemptEnd::Cached,
            false => AttemptEnd::Completed,
        };
        let spent = completed.spent.unwrap_or_default();
        (record.usd, record.tokens) = (spent.usd, spent.tokens);
    }

    fn fail(&mut self, failed: &AttemptFailed, at_ms: u64) {
        if let Some(task) = self.tasks.get_mut(failed.task.0 as usize) {
            task.again_ms = Some(at_ms);
        }
        let place = self.in_flight.remove(&(failed.task.0, failed.attempt));
        let Some(record) = place.and_then(|place| self.attempts.get_mut(place)) else {
            return;
        };
        record.ended_ms = Some(at_ms);
        record.end = match failed.class {
            class if !class.counts() => AttemptEnd::Withdrawn,
            FailureClass::Timeout => AttemptEnd::TimedOut,
            _ => AttemptEnd::Failed,
        };
        let spent = failed.spent.unwrap_or_default();
        (record.usd, record.tokens) = (spent.usd, spent.tokens);
    }

    /// What was in flight is to be done again from a moment on. When whoever did it ended
    /// nobody knows; the last event was its last sign of life.
    fn interrupt(&mut self, at_ms: u64) {
        for ((task, _), place) in std::mem::take(&mut self.in_flight) {
            self.attempts[place].ended_ms = Some(self.last_ms);
            self.attempts[place].end = AttemptEnd::Withdrawn;
            if let Some(task) = self.tasks.get_mut(task as usize) {
                task.again_ms = Some(at_ms);
            }
        }
    }

    fn end_task(&mut self, task: Option<TaskIndex>, at_ms: u64) {
        let task = task.and_then(|task| self.tasks.get_mut(task.0 as usize));
        if let Some(task) = task {
            task.ended_ms.get_or_insert(at_ms);
        }
    }

    /// When a task could begin; none where it cannot yet.
    fn ready(&self, index: TaskIndex) -> Option<u64> {
        let task = self.tasks.get(index.0 as usize)?;
        if task.again_ms.is_some() {
            return task.again_ms;
        }
        let mut ready = task.added_ms;
        for need in &task.spec.needs {
            ready = ready.max(self.tasks.get(need.task.0 as usize)?.ended_ms?);
        }
        Some(ready)
    }

    fn tell(mut self, row: &RunRow, is_worked_on: bool, records: &mut Records) {
        let run = row.run.to_string();
        if is_worked_on {
            self.stop(records.now_ms);
        } else {
            self.interrupt(self.last_ms);
            self.stop(self.last_ms);
        }
        // In a run that is paused, has ended or was left by a kill nothing waits for an agent.
        if is_worked_on && row.status == "running" {
            let indices = 0..u32::try_from(self.tasks.len()).unwrap_or(u32::MAX);
            let waiting = indices.filter_map(|index| self.waiting(TaskIndex(index), &run));
            records.waiting.extend(waiting);
        }
        records.runs.push(RunRecord {
            run: run.clone(),
            name: row.name.clone(),
            status: row.status.clone(),
            worked: self
                .worked
                .iter()
                .filter_map(|(from, to)| Some((*from, (*to)?)))
                .collect(),
            created_ms: row.created_ms,
            updated_ms: row.updated_ms,
            concurrency: self.limits.concurrency,
            agents: self.limits.agents,
            // What held from the beginning until now needs no telling.
            limits: if self.changes.len() > 1 {
                self.changes
            } else {
                Vec::new()
            },
        });
        let attempts = self.attempts.into_iter().map(|attempt| AttemptRecord {
            run: run.clone(),
            ..attempt
        });
        records.attempts.extend(attempts);
    }

    fn waiting(&self, index: TaskIndex, run: &str) -> Option<WaitingRecord> {
        let task = self.tasks.get(index.0 as usize)?;
        let is_begun = self.in_flight.keys().any(|(task, _)| *task == index.0);
        let Work::Call(call) = &task.spec.work else {
            return None;
        };
        if task.ended_ms.is_some() || is_begun {
            return None;
        }
        Some(WaitingRecord {
            run: run.to_owned(),
            task: task.spec.key.to_string(),
            capability: capability(&task.spec),
            agent: call.agent.clone(),
            ready_ms: self.ready(index)?,
        })
    }
}

/// What a task asks for, where it says.
fn capability(spec: &TaskSpec) -> Option<String> {
    match &spec.work {
        Work::Call(call) => Some(call.capability.as_ref()?.name.to_string()),
        Work::Expand(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use guildhall_coordination::{
        Call, Created, Need, NeedOn, Opened, RunSettings, Spend, TaskKey,
    };
    use guildhall_core::{AgentId, ErrorCode};

    use super::*;
    use crate::store::{Durability, MemoryStore, NewEvent};

    fn spec(key: &str, needs: &[u32]) -> RunEvent {
        let call = Call {
            capability: Some("docs.write".parse().unwrap()),
            ..Call::default()
        };
        let mut spec = TaskSpec::new(key.parse::<TaskKey>().unwrap(), Work::Call(call));
        spec.needs = needs
            .iter()
            .map(|task| Need {
                task: TaskIndex(*task),
                on: NeedOn::default(),
            })
            .collect();
        RunEvent::Added(Box::new(spec))
    }

    fn created() -> RunEvent {
        RunEvent::Created(Box::new(Created {
            name: "made".to_owned(),
            settings: RunSettings::default(),
            folder: String::new(),
            plan_hash: String::new(),
            made_by: String::new(),
        }))
    }

    fn started(task: u32, attempt: u32) -> RunEvent {
        RunEvent::Started(Started {
            task: TaskIndex(task),
            attempt,
            agent: AgentId::new("writer").unwrap(),
        })
    }

    fn completed(task: u32, attempt: u32, usd: f64) -> RunEvent {
        RunEvent::Completed(Box::new(Completed {
            task: TaskIndex(task),
            attempt: Some(attempt),
            output: None,
            spent: Some(Spend { usd, tokens: 7 }),
            receipt: None,
        }))
    }

    fn failed(task: u32, attempt: u32, class: FailureClass) -> RunEvent {
        RunEvent::AttemptFailed(Box::new(AttemptFailed {
            task: TaskIndex(task),
            attempt,
            class,
            error: AgentError::new(ErrorCode::Failed, "no"),
            duration_ms: 1,
            spent: None,
        }))
    }

    /// A run of these events, each at its moment, in a store of its own, that is worked on.
    async fn told(events: Vec<(u64, RunEvent)>, query: &RecordsQuery) -> Records {
        told_while(events, query, true).await
    }

    async fn told_while(
        events: Vec<(u64, RunEvent)>,
        query: &RecordsQuery,
        is_held: bool,
    ) -> Records {
        let store = MemoryStore::new();
        let run: RunId = "0199aa5e-73c4-7c1e-b4a5-0a1b2c3d4e5f".parse().unwrap();
        let new = events.into_iter().map(|(at_ms, event)| NewEvent {
            task: event.task().map(|task| task.0),
            attempt: event.attempt(),
            kind: event.kind().into(),
            epoch: 1,
            at_ms,
            body: serde_json::to_string(&event).unwrap(),
        });
        let appended = store.append(run, new.collect(), 0, Durability::Process);
        appended.await.unwrap();
        read(&store, query, &|_| is_held).await.unwrap()
    }

    fn opened() -> RunEvent {
        RunEvent::Opened(Opened {
            epoch: 1,
            process: 1,
            agents: Vec::new(),
        })
    }

    #[tokio::test]
    async fn records_say_when_a_task_was_ready() {
        let events = vec![
            (100, created()),
            (110, spec("first", &[])),
            (110, spec("second", &[0])),
            (110, spec("third", &[1])),
            (120, opened()),
            (150, started(0, 1)),
            (300, completed(0, 1, 0.25)),
            (310, started(1, 1)),
            (400, failed(1, 1, FailureClass::Timeout)),
            (450, started(1, 2)),
        ];
        let records = told(events, &RecordsQuery::default()).await;
        let times: Vec<_> = records
            .attempts
            .iter()
            .map(|it| {
                (
                    it.task.as_str(),
                    it.attempt,
                    it.ready_ms,
                    it.started_ms,
                    it.ended_ms,
                    it.end,
                )
            })
            .collect();
        let expected = [
            ("first", 1, 110, 150, Some(300), AttemptEnd::Completed),
            ("second", 1, 300, 310, Some(400), AttemptEnd::TimedOut),
            ("second", 2, 400, 450, None, AttemptEnd::InFlight),
        ];
        assert_eq!(times, expected);
        assert_eq!(
            records.attempts[0].capability.as_deref(),
            Some("docs.write")
        );
        assert_eq!(
            (records.attempts[0].usd, records.attempts[0].tokens),
            (0.25, 7)
        );
        assert_eq!(records.attempts[1].needs, ["first"]);
        // The third cannot begin yet, so it waits for no agent.
        assert_eq!(records.waiting, []);
        assert_eq!(records.runs[0].concurrency, 10);
    }

    #[tokio::test]
    async fn what_could_begin_waits_and_what_a_dead_process_did_is_withdrawn() {
        let events = vec![
            (100, created()),
            (110, spec("first", &[])),
            (115, spec("second", &[])),
            (120, opened()),
            (150, started(0, 1)),
            (900, opened()),
        ];
        let records = told(events, &RecordsQuery::default()).await;
        assert_eq!(records.attempts[0].end, AttemptEnd::Withdrawn);
        assert_eq!(records.attempts[0].ended_ms, Some(150));
        let now_ms = records.now_ms;
        assert_eq!(records.runs[0].worked, [(120, 150), (900, now_ms)]);
        let waiting = records
            .waiting
            .iter()
            .map(|it| (it.task.as_str(), it.ready_ms));
        assert_eq!(
            waiting.collect::<Vec<_>>(),
            [("first", 900), ("second", 115)]
        );
    }

    #[tokio::test]
    async fn of_a_run_whose_process_was_killed_nothing_goes_on() {
        let events = vec![
            (100, created()),
            (110, spec("first", &[])),
            (115, spec("second", &[])),
            (120, opened()),
            (150, started(0, 1)),
        ];
        let long_after = RecordsQuery {
            since_ms: Some(1000),
            ..RecordsQuery::default()
        };
        let killed = told_while(events.clone(), &RecordsQuery::default(), false).await;
        assert_eq!(killed.runs[0].worked, [(120, 150)]);
        assert_eq!(killed.attempts[0].end, AttemptEnd::Withdrawn);
        assert_eq!(killed.attempts[0].ended_ms, Some(150));
        assert_eq!(killed.waiting, []);
        assert_eq!(
            told_while(events.clone(), &long_after, false).await.runs,
            []
        );
        // The same events of a run that somebody holds: it is only quiet.
        let quiet = told_while(events, &long_after, true).await;
        assert_eq!(quiet.runs[0].worked, [(120, quiet.now_ms)]);
        assert_eq!(quiet.attempts[0].end, AttemptEnd::InFlight);
        assert_eq!(quiet.waiting.len(), 1);
    }

    #[tokio::test]
    async fn a_pause_is_no_time_in_which_a_run_was_worked_on() {
        let paused = RunEvent::Paused {
            reason: "asked".to_owned(),
        };
        let events = vec![
            (100, created()),
            (110, spec("first", &[])),
            (120, opened()),
            (200, paused),
            (900, opened()),
            (950, started(0, 1)),
            (990, completed(0, 1, 0.0)),
        ];
        let records = told_while(events, &RecordsQuery::default(), false).await;
        assert_eq!(records.runs[0].worked, [(120, 200), (900, 990)]);
    }

    #[tokio::test]
    async fn runs_in_which_nothing_happened_since_are_left_out() {
        let events = vec![(100, created()), (110, spec("first", &[]))];
        let since = |since_ms| RecordsQuery {
            since_ms: Some(since_ms),
            ..RecordsQuery::default()
        };
        assert_eq!(told(events.clone(), &since(110)).await.runs.len(), 1);
        assert_eq!(told(events, &since(111)).await.runs.len(), 0);
    }

    #[test]
    fn a_run_that_is_not_there_or_not_the_only_one_is_told() {
        let error = runs_store::named(&[], "latest").unwrap_err();
        assert!(error.is(ErrorCode::InvalidInput), "{error}");
        assert!(
            error.message.contains("`guildhall runs` lists them"),
            "{error}"
        );
    }
}
