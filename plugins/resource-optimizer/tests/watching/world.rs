//! A run in virtual time: tasks come, an agent with places works on them, and a service changes
//! its limits, or fails to.

use std::collections::VecDeque;

use guildhall_sdk::core::control::{Applied, Change, Limit, LimitState, RunLimits};
use guildhall_sdk::core::records::{AttemptEnd, AttemptRecord, Records, RunRecord, WaitingRecord};
use guildhall_sdk::core::{AgentError, AgentId};
use resource_optimizer::observe::Observed;
use resource_optimizer::watch::{Do, Sight, Watch};
use serde_json::Map;

/// When the run began, in milliseconds since 1970.
pub(crate) const BEGIN_MS: u64 = 1_700_000_000_000;

/// How long a task takes, by the milliseconds it would take alone and how many are at work.
pub(crate) type Slowed = fn(u64, usize) -> u64;

pub(crate) struct Task {
    ready_ms: u64,
    service_ms: u64,
    started_ms: Option<u64>,
    ended_ms: Option<u64>,
    fails: bool,
}

pub(crate) struct World {
    pub(crate) now_ms: u64,
    pub(crate) limits: [LimitState; 2],
    pub(crate) tasks: Vec<Task>,
    pub(crate) actions: Vec<Applied>,
    /// What the loop said.
    pub(crate) said: Vec<String>,
    /// What it would have done.
    pub(crate) proposed: Vec<Change>,
    pub(crate) slowed: Slowed,
    /// From this on, tasks that begin while so many others are at work fail.
    pub(crate) fails_from: usize,
    queue: VecDeque<usize>,
    busy: Vec<usize>,
    next: usize,
}

/// What goes wrong in a tick.
#[derive(Default, Clone, Copy)]
pub(crate) struct Faults {
    /// The change is made, and the answer is lost.
    pub(crate) loses_the_answer: bool,
    /// The change is not made.
    pub(crate) refuses: bool,
    /// Every record is told twice.
    pub(crate) tells_twice: bool,
    /// What happened within this time is not told yet.
    pub(crate) late_by_ms: u64,
}

pub(crate) fn worker() -> AgentId {
    AgentId::new("worker").unwrap()
}

impl World {
    /// Tasks at these seconds, each of so many seconds; one place of sixteen.
    pub(crate) fn new(load: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let ms = |seconds: f64| (seconds * 1000.0) as u64;
        let task = |(at, takes): (f64, f64)| Task {
            ready_ms: BEGIN_MS + ms(at),
            service_ms: ms(takes).max(1),
            started_ms: None,
            ended_ms: None,
            fails: false,
        };
        let state = |limit, now, planned, most| LimitState {
            limit,
            now,
            planned,
            most,
        };
        Self {
            now_ms: BEGIN_MS,
            limits: [
                state(Limit::Concurrency, 64, 64, 64),
                state(Limit::Agent(worker()), 1, 1, 16),
            ],
            tasks: load.into_iter().map(task).collect(),
            actions: Vec::new(),
            said: Vec::new(),
            proposed: Vec::new(),
            slowed: |service_ms, _| service_ms,
            fails_from: usize::MAX,
            queue: VecDeque::new(),
            busy: Vec::new(),
            next: 0,
        }
    }

    pub(crate) fn places(&self) -> u32 {
        self.limits[0].now.min(self.limits[1].now)
    }

    /// Seconds since the beginning.
    pub(crate) fn second(&self) -> f64 {
        (self.now_ms - BEGIN_MS) as f64 / 1000.0
    }

    /// The share of the tasks that waited longer than so many seconds.
    pub(crate) fn late_share(&self, wait_s: f64) -> f64 {
        let is_late = |task: &&Task| {
            let begun = task.started_ms.unwrap_or(self.now_ms);
            (begun - task.ready_ms) as f64 / 1000.0 > wait_s
        };
        let come = self
            .tasks
            .iter()
            .filter(|task| task.ready_ms <= self.now_ms);
        come.clone().filter(is_late).count() as f64 / come.count().max(1) as f64
    }

    /// Lets the loop look every so many seconds, so often.
    pub(crate) fn watched(&mut self, watch: &mut Watch, tick_s: f64, ticks: usize) {
        for _ in 0..ticks {
            self.advance((tick_s * 1000.0) as u64);
            self.look(watch, Faults::default());
        }
    }

    /// One look of the loop, and what it wants done.
    pub(crate) fn look(&mut self, watch: &mut Watch, faults: Faults) {
        let observed = Observed::of(self.records(faults));
        self.look_at(watch, &observed, self.now_ms, faults);
    }

    pub(crate) fn look_at(
        &mut self,
        watch: &mut Watch,
        seen: &Observed,
        now_ms: u64,
        faults: Faults,
    ) {
        let limits = self.run_limits();
        let sight = Sight {
            observed: seen,
            limits: &limits,
        };
        for it in watch.step(now_ms, &sight) {
            let done = match it {
                Do::Say(text) => {
                    self.said.push(text);
                    continue;
                }
                Do::Propose(change) => {
                    self.proposed.push(change);
                    continue;
                }
                Do::Apply(change) => self.change(change, None, faults),
                Do::Undo { id, .. } => self.undo(&id, faults),
            };
            match done {
                Ok(applied) if !faults.loses_the_answer => watch.applied(&applied),
                _ => {
                    watch.refused(now_ms);
                    break;
                }
            }
        }
    }

    fn undo(&mut self, id: &str, faults: Faults) -> Result<Applied, AgentError> {
        let undone = self.actions.iter().find(|it| it.id == id).unwrap();
        let back = Change {
            from: undone.change.to,
            to: undone.change.from,
            ..undone.change.clone()
        };
        let id = undone.id.clone();
        self.change(back, Some(id), faults)
    }

    /// As the host does it: only what builds on what holds, and within its bounds.
    pub(crate) fn change(
        &mut self,
        change: Change,
        undoes: Option<String>,
        faults: Faults,
    ) -> Result<Applied, AgentError> {
        if faults.refuses {
            return Err(AgentError::failed("not now"));
        }
        let mut states = self.limits.iter_mut();
        let state = states.find(|it| it.limit == change.limit).unwrap();
        assert_eq!(state.now, change.from, "it builds on what does not hold");
        assert!((1..=state.most).contains(&change.to), "{change:?}");
        state.now = change.to;
        let applied = Applied {
            id: format!("a{}", self.actions.len()),
            at_ms: self.now_ms,
            by: "test".to_owned(),
            change,
            undoes,
        };
        self.actions.push(applied.clone());
        Ok(applied)
    }

    /// Lets time pass.
    pub(crate) fn advance(&mut self, by_ms: u64) {
        let to_ms = self.now_ms + by_ms;
        loop {
            self.begin();
            let arrival = self.tasks.get(self.next).map(|task| task.ready_ms);
            let end = |task: &&usize| self.end_of(**task);
            let end = self.busy.iter().min_by_key(end).copied();
            let end_ms = end.map(|task| self.end_of(task));
            let next_ms = arrival.into_iter().chain(end_ms).min();
            let Some(next_ms) = next_ms.filter(|at| *at <= to_ms) else {
                self.now_ms = to_ms;
                return;
            };
            self.now_ms = next_ms.max(self.now_ms);
            if arrival == Some(next_ms) {
                self.queue.push_back(self.next);
                self.next += 1;
            } else if let Some(task) = end {
                self.tasks[task].ended_ms = Some(self.now_ms);
                self.busy.retain(|other| *other != task);
            }
        }
    }

    fn begin(&mut self) {
        while self.busy.len() < self.places() as usize
            && let Some(task) = self.queue.pop_front()
        {
            self.busy.push(task);
            let busy = self.busy.len();
            let begun = &mut self.tasks[task];
            begun.started_ms = Some(self.now_ms);
            begun.service_ms = (self.slowed)(begun.service_ms, busy);
            begun.fails = busy > self.fails_from;
        }
    }

    fn end_of(&self, task: usize) -> u64 {
        let task = &self.tasks[task];
        task.started_ms.unwrap_or(0) + task.service_ms
    }

    pub(crate) fn run_limits(&self) -> RunLimits {
        RunLimits {
            run: "run".to_owned(),
            name: "made".to_owned(),
            status: "running".to_owned(),
            is_worked_on: true,
            limits: self.limits.to_vec(),
            extra: Map::new(),
        }
    }

    pub(crate) fn records(&self, faults: Faults) -> Records {
        let told_ms = self.now_ms - faults.late_by_ms.min(self.now_ms - BEGIN_MS);
        let mut records = Records {
            now_ms: self.now_ms,
            runs: vec![RunRecord {
                run: "run".to_owned(),
                name: "made".to_owned(),
                status: "running".to_owned(),
                worked: Vec::new(),
                created_ms: BEGIN_MS,
                updated_ms: told_ms,
                concurrency: self.limits[0].now,
                agents: vec![(worker(), self.limits[1].now)],
                limits: Vec::new(),
            }],
            ..Records::default()
        };
        let come = self.tasks.iter().enumerate();
        for (at, task) in come.filter(|(_, task)| task.ready_ms <= told_ms) {
            let begun = task.started_ms.filter(|started| *started <= told_ms);
            let name = format!("t{at}");
            for _ in 0..1 + usize::from(faults.tells_twice) {
                match begun {
                    Some(started) => records
                        .attempts
                        .push(attempt(&name, task, started, told_ms)),
                    None => records.waiting.push(WaitingRecord {
                        run: "run".to_owned(),
                        task: name.clone(),
                        capability: None,
                        agent: Some(worker()),
                        ready_ms: task.ready_ms,
                    }),
                }
            }
        }
        records
    }
}

fn attempt(name: &str, task: &Task, started_ms: u64, told_ms: u64) -> AttemptRecord {
    let ended_ms = task.ended_ms.filter(|ended| *ended <= told_ms);
    AttemptRecord {
        run: "run".to_owned(),
        task: name.to_owned(),
        attempt: 1,
        capability: None,
        agent: worker(),
        ready_ms: task.ready_ms,
        started_ms,
        ended_ms,
        end: match ended_ms {
            None => AttemptEnd::InFlight,
            Some(_) if task.fails => AttemptEnd::Failed,
            Some(_) => AttemptEnd::Completed,
        },
        usd: 0.0,
        tokens: 0,
        needs: Vec::new(),
        extra: Map::new(),
    }
}
