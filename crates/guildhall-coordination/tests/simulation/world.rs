//! A world in which processes are killed, and nothing but the journal remains.

use std::collections::{HashMap, HashSet};

use guildhall_coordination::conductor::{Attempt, Effect};
use guildhall_coordination::ledger::{AttemptEnd, Phase};
use guildhall_coordination::turn::{Action, AgentOffer, Decision, Notice};
use guildhall_coordination::{
    Budget, Conductor, Created, FailureClass, Ledger, Output, Random, Receipt, Recorded, RunEvent,
    RunId, Scheduler, Spend, TaskIndex,
};
use guildhall_core::{AgentError, Capability};
use serde_json::json;

use crate::graphs::{self, Shape};

/// When the process is killed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Crashes {
    None,
    /// Once, at this write: before or after it has reached the journal.
    At {
        write: usize,
        before: bool,
    },
    /// At any write with this chance, before or after it.
    Random {
        per_mille: u64,
    },
}

/// What protects a run. The controls switch one off at a time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Guards {
    /// Results of another epoch are told apart.
    pub(crate) epochs: bool,
    /// Nothing is built on a result before it is written.
    pub(crate) write_before_notice: bool,
    /// What has lost a race is cancelled.
    pub(crate) races_are_called_off: bool,
    /// No attempt spends more than was set aside for it.
    pub(crate) agents_keep_to_what_is_set_aside: bool,
}

impl Default for Guards {
    fn default() -> Self {
        Self {
            epochs: true,
            write_before_notice: true,
            races_are_called_off: true,
            agents_keep_to_what_is_set_aside: true,
        }
    }
}

/// A simulated run.
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) shape: Shape,
    crashes_wanted: Crashes,
    guards: Guards,
    random: Random,
    now_ms: u64,
    pub(crate) journal: Vec<Recorded>,
    /// Tasks whose ends the journal holds.
    durable: HashSet<TaskIndex>,
    alive: Option<Process>,
    /// Attempts that go on though their process is gone.
    orphans: Vec<Running>,
    pub(crate) effects: Effects,
    writes: usize,
    crashes: u64,
}

/// What agents really did, whatever the journal says.
#[derive(Default)]
pub(crate) struct Effects {
    /// How often each task was carried out to its end.
    pub(crate) done: HashMap<TaskIndex, u32>,
    /// How often each task was in flight at a crash.
    pub(crate) cut: HashMap<TaskIndex, u32>,
    /// How often an attempt ended by itself and its end was told in vain: its process had
    /// been killed meanwhile.
    pub(crate) rejected: u64,
    /// Results that came too late and were taken all the same.
    pub(crate) taken_too_late: u64,
    /// Attempts begun on results that could still be lost.
    pub(crate) built_on_sand: u64,
    pub(crate) retries: u64,
    /// How often an attempt was asked to give way.
    pub(crate) yields: u64,
    /// How often one was asked whose task is not preemptible.
    pub(crate) wrong_yields: u64,
}

struct Process {
    conductor: Conductor,
    scheduler: Scheduler,
    running: Vec<Running>,
    wake_at_ms: Option<u64>,
}

#[derive(Clone)]
struct Running {
    attempt: Attempt,
    ends_ms: u64,
    class: Option<FailureClass>,
    /// What the agent says that it spent.
    spent: Option<Spend>,
}

impl World {
    pub(crate) fn new(seed: u64, shape: Shape, crashes: Crashes, guards: Guards) -> Self {
        let mut random = Random::new(seed);
        let (settings, tasks) = graphs::make(shape, &mut random);
        let created = Created {
            name: settings.name.clone(),
            settings,
            folder: "/".into(),
            plan_hash: String::new(),
            made_by: String::new(),
        };
        let mut journal = Vec::new();
        Ledger::create(0, created, tasks, &mut journal).unwrap();
        Self {
            seed,
            shape,
            crashes_wanted: crashes,
            guards,
            random,
            now_ms: 0,
            journal,
            durable: HashSet::new(),
            alive: None,
            orphans: Vec::new(),
            effects: Effects::default(),
            writes: 0,
            crashes: 0,
        }
    }

    pub(crate) fn journal(&self) -> &[Recorded] {
        &self.journal
    }

    pub(crate) fn writes(&self) -> usize {
        self.writes
    }

    pub(crate) fn crashes(&self) -> u64 {
        self.crashes
    }

    pub(crate) fn retries(&self) -> u64 {
        self.effects.retries
    }

    pub(crate) fn rejected(&self) -> u64 {
        self.effects.rejected
    }

    /// The ledger that the journal gives.
    pub(crate) fn folded(&self) -> Ledger {
        let mut ledger = Ledger::new();
        for recorded in &self.journal {
            ledger.apply(recorded).unwrap();
        }
        ledger
    }

    /// Runs to the end; a run that comes to none is a defect.
    pub(crate) fn run(&mut self) {
        for _ in 0..100_000 {
            let mut process = match self.alive.take() {
                Some(process) => process,
                None => self.start_process(),
            };
            let over = process.conductor.is_over();
            let survives = if over {
                self.write(&mut process)
            } else {
                self.advance(&mut process)
            };
            match (survives, over) {
                (false, _) => self.crash(process),
                (true, false) => self.alive = Some(process),
                (true, true) if is_paused(&process) => self.raise_budget(),
                (true, true) => return,
            }
        }
        // Left as it is: the check says what has not ended.
    }

    /// Somebody allows more, and the run goes on in another process.
    fn raise_budget(&mut self) {
        let mut ledger = self.folded();
        let before = ledger.budget();
        let budget = Budget {
            usd: before.usd.map(|usd| usd + 5.0),
            ..before
        };
        ledger.change_budget(self.now_ms, budget, &mut self.journal);
    }

    fn start_process(&mut self) -> Process {
        self.now_ms += 10;
        let ledger = self.folded();
        let mut conductor = Conductor::take_over(
            RunId::from_u128(self.seed.into()),
            ledger,
            agents(),
            self.now_ms,
            1,
            Vec::new(),
        );
        conductor.introduce();
        Process {
            conductor,
            scheduler: Scheduler::new(),
            running: Vec::new(),
            wake_at_ms: None,
        }
    }

    /// One step of the process; gives whether it survives.
    fn advance(&mut self, process: &mut Process) -> bool {
        if !self.guards.write_before_notice {
            process.conductor.written();
            let notices = process.conductor.take_notices();
            self.decide(process, notices);
        }
        self.launch(process);
        if !self.write(process) {
            return false;
        }
        let notices = process.conductor.take_notices();
        let woken = process.wake_at_ms.is_some_and(|at| at <= self.now_ms);
        if notices.is_empty() && !woken {
            self.let_time_pass(process);
            return true;
        }
        self.decide(process, notices);
        true
    }

    fn decide(&mut self, process: &mut Process, notices: Vec<Notice>) {
        let Decision {
            actions,
            wake_at_ms,
        } = process.scheduler.step(self.now_ms, notices);
        process.wake_at_ms = wake_at_ms;
        for action in actions {
            let calls_off = matches!(action, Action::Cancel { task: Some(_), .. });
            if !calls_off || self.guards.races_are_called_off {
                process.conductor.act(self.now_ms, action);
            }
        }
    }

    fn launch(&mut self, process: &mut Process) {
        for effect in process.conductor.take_effects() {
            match effect {
                Effect::Launch(attempt) => {
                    if attempt.number > 1 {
                        self.effects.retries += 1;
                    }
                    self.check_ground(process, attempt.task);
                    let ledger = process.conductor.ledger();
                    let reserve = ledger.task(attempt.task).unwrap().spec.reserve;
                    let running = self.begin(attempt, reserve);
                    process.running.push(running);
                }
                Effect::Withdraw { attempt, .. } => {
                    self.hurry(process, &attempt, FailureClass::Cancelled);
                }
                Effect::Yield(attempt) => {
                    let task = process.conductor.ledger().task(attempt.task).unwrap();
                    self.effects.yields += 1;
                    self.effects.wrong_yields += u64::from(!task.spec.preemptible);
                    self.hurry(process, &attempt, FailureClass::Yielded);
                }
                Effect::Read(task) => process.conductor.output(task, json!(null)),
            }
        }
    }

    /// What a task needs must have reached the journal before it is begun.
    fn check_ground(&mut self, process: &Process, task: TaskIndex) {
        let needs = &process.conductor.ledger().task(task).unwrap().spec.needs;
        let sand = needs.iter().any(|need| !self.durable.contains(&need.task));
        self.effects.built_on_sand += u64::from(sand);
    }

    fn begin(&mut self, attempt: Attempt, reserve: Spend) -> Running {
        let class = match self.random.up_to(99) {
            0..10 => Some(FailureClass::Timeout),
            10..15 => Some(FailureClass::Crash),
            15..18 => Some(FailureClass::Busy),
            18..20 => Some(FailureClass::Error),
            _ => None,
        };
        let ends_ms = self.now_ms + self.random.up_to(300);
        Running {
            attempt,
            ends_ms,
            class,
            spent: self.spent_of(reserve),
        }
    }

    /// Some agents say nothing; the others spend what was set aside, or less.
    fn spent_of(&mut self, reserve: Spend) -> Option<Spend> {
        if self.random.per_mille(200) {
            return None;
        }
        let quarters = (reserve.usd * 4.0) as u64;
        let more = f64::from(u8::from(!self.guards.agents_keep_to_what_is_set_aside));
        let usd = self.random.up_to(quarters) as f64 / 4.0 + more;
        Some(Spend { usd, tokens: 0 })
    }

    /// An attempt that is asked to end: most do, some complete all the same.
    fn hurry(&mut self, process: &mut Process, attempt: &Attempt, class: FailureClass) {
        let obeys = self.random.per_mille(800);
        let now_ms = self.now_ms;
        let asked = process.running.iter_mut();
        if let Some(running) = asked.into_iter().find(|it| it.attempt == *attempt)
            && obeys
        {
            running.class = Some(class);
            running.ends_ms = running.ends_ms.min(now_ms + 5);
        }
    }

    /// Writes what is to be written; gives whether the process survives it.
    fn write(&mut self, process: &mut Process) -> bool {
        let events = process.conductor.take_writes();
        if !events.is_empty() {
            let number = self.writes;
            self.writes += 1;
            let (before, after) = match self.crashes_wanted {
                Crashes::None => (false, false),
                Crashes::At { write, before } => {
                    (write == number && before, write == number && !before)
                }
                Crashes::Random { per_mille } => (
                    self.random.per_mille(per_mille / 2),
                    self.random.per_mille(per_mille / 2),
                ),
            };
            if before {
                return false;
            }
            self.durable.extend(events.iter().filter_map(ended));
            self.journal.extend(events);
            if after {
                return false;
            }
        }
        process.conductor.written();
        true
    }

    fn let_time_pass(&mut self, process: &mut Process) {
        let ends = process.running.iter().map(|running| running.ends_ms);
        let next = ends.chain(process.wake_at_ms).min();
        self.now_ms = self.now_ms.max(next.unwrap_or(self.now_ms + 1));
        self.tell_late_results(process);
        let now_ms = self.now_ms;
        let ended: Vec<Running> = process
            .running
            .extract_if(.., |running| running.ends_ms <= now_ms)
            .collect();
        for running in ended {
            let end = self.end_of(&running);
            process
                .conductor
                .attempt_ended(now_ms, &running.attempt, end)
                .unwrap();
        }
    }

    /// Attempts of processes that are gone come to their ends, and tell whoever works on
    /// the run now.
    fn tell_late_results(&mut self, process: &mut Process) {
        let now_ms = self.now_ms;
        let ended: Vec<Running> = self
            .orphans
            .extract_if(.., |running| running.ends_ms <= now_ms)
            .collect();
        for mut running in ended {
            if !self.guards.epochs {
                running.attempt.epoch = process.conductor.ledger().epoch();
            }
            let end = AttemptEnd::Completed {
                output: Output::Inline(json!("late")),
                spent: None,
                receipt: Box::new(receipt(now_ms, &running.attempt)),
            };
            match process
                .conductor
                .attempt_ended(now_ms, &running.attempt, end)
            {
                Ok(()) => {
                    self.effects.taken_too_late += 1;
                    process
                        .running
                        .retain(|other| other.attempt.task != running.attempt.task);
                }
                Err(_) => self.effects.rejected += 1,
            }
        }
    }

    fn end_of(&mut self, running: &Running) -> AttemptEnd {
        let attempt = &running.attempt;
        match running.class {
            None => {
                *self.effects.done.entry(attempt.task).or_default() += 1;
                AttemptEnd::Completed {
                    output: Output::Inline(json!(attempt.task)),
                    spent: running.spent,
                    receipt: Box::new(receipt(self.now_ms, attempt)),
                }
            }
            Some(class) => {
                let mut error = AgentError::new("simulated", format!("{class:?}"));
                error.retryable = self.random.per_mille(500);
                AttemptEnd::Failed {
                    class,
                    error: Box::new(error),
                    duration_ms: 1,
                    spent: running.spent,
                }
            }
        }
    }

    /// The process is killed: what it had in memory is gone, and what it had in flight
    /// ends unheard or lives on as an orphan.
    fn crash(&mut self, process: Process) {
        self.crashes += 1;
        let mut cut: HashSet<TaskIndex> =
            process.running.iter().map(|it| it.attempt.task).collect();
        // What had ended and was not written is in flight as far as anybody can tell.
        let folded = self.folded();
        let in_flight = folded.tasks().iter().zip(0..);
        cut.extend(
            in_flight
                .filter(|(task, _)| task.in_flight.is_some())
                .map(|(_, at)| TaskIndex(at)),
        );
        for task in cut {
            *self.effects.cut.entry(task).or_default() += 1;
        }
        for running in process.running {
            if self.random.per_mille(300) {
                self.orphans.push(running);
            }
        }
    }
}

fn is_paused(process: &Process) -> bool {
    let phase = process.conductor.ledger().phase();
    matches!(phase, Some(Phase::Paused { .. }))
}

/// The task that ended by an event.
fn ended(recorded: &Recorded) -> Option<TaskIndex> {
    match &recorded.event {
        RunEvent::Completed(completed) => Some(completed.task),
        RunEvent::Failed { task, .. }
        | RunEvent::Cancelled { task, .. }
        | RunEvent::Skipped { task, .. } => Some(*task),
        _ => None,
    }
}

fn receipt(now_ms: u64, attempt: &Attempt) -> Receipt {
    Receipt {
        agent: attempt.agent.clone(),
        version: semver::Version::new(1, 0, 0),
        agent_hash: String::new(),
        capability: None,
        capability_version: None,
        input_hash: String::new(),
        output_hash: String::new(),
        started_ms: now_ms,
        ended_ms: now_ms,
        exit: None,
        cached_from: None,
        details: serde_json::Map::new(),
    }
}

fn agents() -> Vec<AgentOffer> {
    let work = json!({"name": "sim.work", "version": "1.0.0"});
    let capability: Capability = serde_json::from_value(work).unwrap();
    ["ada", "bob", "cyd"]
        .iter()
        .zip([1, 2, 4])
        .map(|(agent, places)| AgentOffer {
            agent: agent.parse().unwrap(),
            capabilities: vec![capability.clone()],
            places,
            priority: 0,
        })
        .collect()
}
