//! What must be true of every run, however often it was killed, and what is not.
//!
//! It judges the journal as it stands, event by event, and not by folding it: a fold
//! would refuse the very journals that are to be found.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use guildhall_coordination::{
    FailureClass, NeedOn, RunEvent, RunStatus, Strategy, TaskIndex, TaskSpec,
};

use crate::campaign::Coordinator;
use crate::effects::{Did, Effect};
use crate::history::History;

/// A promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    /// Every task ends, and so does the run.
    NothingIsLost,
    /// A task has one `completed` event at the most.
    CompletedOnce,
    /// What has completed was done, under the attempt that the journal names.
    CompletedWasDone,
    /// Only what was in flight at a kill is done again.
    RepeatedOnlyInFlight,
    /// No attempt is made while another one at the same task lives.
    NeverTwiceAtOnce,
    /// What a process says that has lost the run is void.
    StaleIsVoid,
    /// Nothing begins before what it needs has ended.
    InOrder,
    /// A race has a winner, and whoever takes a run over begins nothing more of a race that
    /// was won. Of a run in which all race, only one task has a result.
    OneWins,
    /// Outputs are what their tasks gave.
    OutputsAreWhole,
    /// When the run has ended, none of its processes lives.
    NothingSurvives,
}

/// A promise that was broken, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The promise.
    pub promise: Promise,
    /// What shows it.
    pub what: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.promise, self.what)
    }
}

/// Gives what shows that a promise is broken.
type Check = fn(&History) -> Vec<String>;

/// The promises that this history breaks.
pub fn broken(history: &History) -> Vec<Broken> {
    let checks: [(Promise, Check); 10] = [
        (Promise::NothingIsLost, lost),
        (Promise::CompletedOnce, completed_twice),
        (Promise::CompletedWasDone, completed_undone),
        (Promise::RepeatedOnlyInFlight, repeated),
        (Promise::NeverTwiceAtOnce, at_once),
        (Promise::StaleIsVoid, stale),
        (Promise::InOrder, out_of_order),
        (Promise::OneWins, raced_wrongly),
        (Promise::OutputsAreWhole, wrong_outputs),
        (Promise::NothingSurvives, |history| {
            history.survivors.clone()
        }),
    ];
    let found = checks.into_iter().flat_map(|(promise, check)| {
        let found = check(history).into_iter();
        found.map(move |what| Broken { promise, what })
    });
    found.collect()
}

/// Executions beyond the first of each task and beyond those that follow a failure.
pub fn executed_again(history: &History) -> usize {
    let failures = failures_by_task(history);
    let begun = begun_by_task(history).into_iter();
    begun
        .map(|(task, begun)| begun.saturating_sub(1 + failures.get(&task).copied().unwrap_or(0)))
        .sum()
}

/// How a task stands by the events so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Open,
    Completed,
    EndedOtherwise,
}

fn lost(history: &History) -> Vec<String> {
    let mut tasks: Vec<Standing> = Vec::new();
    for recorded in &history.events {
        stand(&mut tasks, &recorded.event);
    }
    let keys = history.keys();
    let open = keys
        .iter()
        .zip(&tasks)
        .filter(|(_, it)| **it == Standing::Open);
    let mut found: Vec<String> = open.map(|(key, _)| format!("{key} never ended")).collect();
    match history.events.last().map(|recorded| &recorded.event) {
        Some(RunEvent::Ended {
            status: RunStatus::Completed,
        }) => {}
        Some(RunEvent::Ended { status }) => found.push(format!("the run ended as {status:?}")),
        last => found.push(format!(
            "the run never ended; its last event is {}",
            last.map_or("none", RunEvent::kind)
        )),
    }
    found
}

/// What an event makes of how tasks stand.
fn stand(tasks: &mut Vec<Standing>, event: &RunEvent) {
    let (task, standing) = match event {
        RunEvent::Added(_) => return tasks.push(Standing::Open),
        RunEvent::Completed(completed) => (completed.task, Standing::Completed),
        RunEvent::Failed { task, .. }
        | RunEvent::Cancelled { task, .. }
        | RunEvent::Skipped { task, .. } => (*task, Standing::EndedOtherwise),
        RunEvent::Reopened { task, .. } => (*task, Standing::Open),
        _ => return,
    };
    if let Some(own) = tasks.get_mut(task.at()) {
        *own = standing;
    }
}

fn completed_twice(history: &History) -> Vec<String> {
    let mut times: BTreeMap<TaskIndex, u32> = BTreeMap::new();
    for recorded in &history.events {
        if let RunEvent::Completed(completed) = &recorded.event {
            *times.entry(completed.task).or_default() += 1;
        }
    }
    let twice = times.into_iter().filter(|(_, times)| *times > 1);
    twice
        .map(|(task, times)| format!("{} completed {times} times", history.key(task)))
        .collect()
}

fn completed_undone(history: &History) -> Vec<String> {
    let sessions = history.sessions_of_epochs();
    let ended: BTreeSet<(&str, u32, u32)> = history
        .effects
        .iter()
        .filter(|effect| effect.did == Did::End)
        .map(|effect| (effect.task.as_str(), effect.attempt, effect.session))
        .collect();
    let mut found = Vec::new();
    for recorded in &history.events {
        let RunEvent::Completed(completed) = &recorded.event else {
            continue;
        };
        let Some(attempt) = completed.attempt else {
            continue;
        };
        let key = history.key(completed.task);
        let session = sessions.get(&recorded.epoch).copied().unwrap_or(0);
        if !ended.contains(&(key.as_str(), attempt, session)) {
            found.push(format!(
                "attempt {attempt} at {key} completed in session {session}, but never came to its end"
            ));
        }
    }
    found
}

fn repeated(history: &History) -> Vec<String> {
    let failures = failures_by_task(history);
    let in_flight = history.in_flight_at_kills();
    let mut found = begun_twice_in_a_session(history);
    for (task, begun) in begun_by_task(history) {
        let failed = failures.get(&task).copied().unwrap_or(0);
        let killed = in_flight.values().filter(|it| it.contains(&task)).count();
        if begun > 1 + failed + killed {
            found.push(format!(
                "{task} was begun {begun} times, failed {failed} times and was in flight at {killed} kills"
            ));
        }
    }
    found
}

/// Each attempt is begun once by one process.
fn begun_twice_in_a_session(history: &History) -> Vec<String> {
    let mut begun = BTreeSet::new();
    let begins = history.effects.iter().filter(|it| it.did == Did::Begin);
    let again = begins.filter(|it| !begun.insert((&it.task, it.attempt, it.session)));
    again
        .map(|it| {
            format!(
                "attempt {} at {} was begun twice in session {}",
                it.attempt, it.task, it.session
            )
        })
        .collect()
}

fn begun_by_task(history: &History) -> BTreeMap<String, usize> {
    let mut begun = BTreeMap::new();
    for effect in history.effects.iter().filter(|it| it.did == Did::Begin) {
        *begun.entry(effect.task.clone()).or_default() += 1;
    }
    begun
}

/// Failures in the journal, but for those by which something was only asked to end.
fn failures_by_task(history: &History) -> BTreeMap<String, usize> {
    let mut failures = BTreeMap::new();
    for recorded in &history.events {
        if let RunEvent::AttemptFailed(failed) = &recorded.event
            && failed.class != FailureClass::Cancelled
        {
            *failures.entry(history.key(failed.task)).or_default() += 1;
        }
    }
    failures
}

fn at_once(history: &History) -> Vec<String> {
    let mut newest: BTreeMap<&str, &Effect> = BTreeMap::new();
    let mut found = Vec::new();
    for effect in &history.effects {
        let (task, attempt) = (&effect.task, effect.attempt);
        match effect.did {
            Did::Begin => drop(newest.insert(task, effect)),
            Did::Overlap => found.push(format!(
                "attempt {attempt} at {task} began while another one still lived"
            )),
            Did::Work | Did::Fail | Did::End => {
                let Some(other) = newest.get(task.as_str()) else {
                    continue;
                };
                if (other.attempt, other.session, other.pid)
                    != (attempt, effect.session, effect.pid)
                {
                    found.push(format!(
                        "attempt {attempt} at {task} of session {} was at it after attempt {} of session {} had begun",
                        effect.session, other.attempt, other.session
                    ));
                }
            }
        }
    }
    found
}

fn stale(history: &History) -> Vec<String> {
    let mut found = Vec::new();
    let mut epoch = 0;
    let mut begun: BTreeMap<TaskIndex, u32> = BTreeMap::new();
    for recorded in &history.events {
        if let RunEvent::Opened(opened) = &recorded.event {
            epoch = opened.epoch;
            begun.clear();
        }
        let (seq, kind) = (recorded.seq, recorded.event.kind());
        if recorded.epoch != epoch {
            found.push(format!(
                "event {seq}, {kind}, was written under epoch {} while {epoch} held",
                recorded.epoch
            ));
        }
        match &recorded.event {
            RunEvent::Started(started) => drop(begun.insert(started.task, started.attempt)),
            event @ (RunEvent::Completed(_) | RunEvent::AttemptFailed(_)) => {
                let Some((task, attempt)) = event.task().zip(event.attempt()) else {
                    continue;
                };
                if begun.remove(&task) != Some(attempt) {
                    found.push(format!(
                        "event {seq} is the end of attempt {attempt} at {}, which epoch {epoch} has not begun",
                        history.key(task)
                    ));
                }
            }
            _ => {}
        }
    }
    found
}

fn out_of_order(history: &History) -> Vec<String> {
    let mut specs: Vec<&TaskSpec> = Vec::new();
    let mut tasks: Vec<Standing> = Vec::new();
    let mut found = Vec::new();
    for recorded in &history.events {
        stand(&mut tasks, &recorded.event);
        match &recorded.event {
            RunEvent::Added(spec) => specs.push(spec),
            RunEvent::Started(started) => {
                let spec = specs.get(started.task.at());
                for need in spec.iter().flat_map(|spec| &spec.needs) {
                    let standing = tasks.get(need.task.at()).copied();
                    let met = match need.on {
                        NeedOn::Completed => standing == Some(Standing::Completed),
                        NeedOn::Ended => standing.is_some_and(|it| it != Standing::Open),
                    };
                    if !met {
                        found.push(format!(
                            "{} began before {} had ended",
                            history.key(started.task),
                            history.key(need.task)
                        ));
                    }
                }
            }
            _ => {}
        }
    }
    found
}

fn raced_wrongly(history: &History) -> Vec<String> {
    let mut specs: Vec<&TaskSpec> = Vec::new();
    let mut races: BTreeMap<&str, Race> = BTreeMap::new();
    let mut found = Vec::new();
    for recorded in &history.events {
        if let RunEvent::Added(spec) = &recorded.event {
            specs.push(spec);
            let race = spec.race.as_deref();
            race.map(|race| races.entry(race).or_default());
            continue;
        }
        let task = recorded.event.task();
        let spec = task.and_then(|task| specs.get(task.at()));
        let race = spec.and_then(|spec| races.get_mut(spec.race.as_deref()?));
        let (Some(race), Some(task)) = (race, task) else {
            continue;
        };
        match &recorded.event {
            RunEvent::Completed(_) => {
                race.won.get_or_insert(recorded.epoch);
                race.completed += 1;
            }
            RunEvent::Started(_) if race.won.is_some_and(|won| won < recorded.epoch) => {
                race.begun_later.push(history.key(task));
            }
            _ => {}
        }
    }
    let (coordinator, strategy) = settings(history);
    let calls_off = coordinator.as_deref() != Some(Coordinator::Fifo.id());
    for (name, race) in races {
        if race.completed == 0 {
            found.push(format!("nothing has won {name}"));
        }
        if race.completed > 1 && strategy == Strategy::ScatterGather {
            found.push(format!("{} tasks have won {name}", race.completed));
        }
        if calls_off {
            let begun = race.begun_later.iter();
            found.extend(begun.map(|key| format!("{key} was begun although {name} was won")));
        }
    }
    found
}

/// How a race stands.
#[derive(Debug, Default)]
struct Race {
    /// The epoch under which it was won.
    won: Option<u32>,
    completed: usize,
    /// What was begun under a later epoch than that.
    begun_later: Vec<String>,
}

/// The id of the run's coordinator, and its strategy.
fn settings(history: &History) -> (Option<String>, Strategy) {
    let created = history.events.first().map(|recorded| &recorded.event);
    let Some(RunEvent::Created(created)) = created else {
        return (None, Strategy::default());
    };
    let coordinator = created.settings.coordinator.as_ref();
    let coordinator = coordinator.map(ToString::to_string);
    (coordinator, created.settings.strategy)
}

fn wrong_outputs(history: &History) -> Vec<String> {
    let mut found = Vec::new();
    for recorded in &history.events {
        let RunEvent::Completed(completed) = &recorded.event else {
            continue;
        };
        if completed.output.is_none() {
            continue;
        }
        let key = history.key(completed.task);
        let output = history.outputs.get(&key);
        if output.is_none_or(|output| output["task"] != key.as_str()) {
            found.push(format!("the output of {key} is {output:?}"));
        }
    }
    found
}

#[cfg(test)]
mod tests;
