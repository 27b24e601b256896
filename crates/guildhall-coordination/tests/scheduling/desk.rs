//! A run in the hands of a test, which says when attempts end and what time it is.

use std::collections::HashMap;

use guildhall_coordination::conductor::{Attempt, Effect};
use guildhall_coordination::ledger::AttemptEnd;
use guildhall_coordination::turn::{Action, AgentOffer};
use guildhall_coordination::{
    Call, Conductor, Created, FailureClass, Ledger, Output, Placement, Priority, Receipt, Recorded,
    RetryPolicy, RunId, RunSettings, Scheduler, TaskIndex, TaskSpec, TaskStatus, Work,
};
use guildhall_core::{AgentError, Capability};
use serde_json::json;

/// Turns after which a scheduler has long since come to rest.
const TURNS: usize = 1_000;

/// A run in the hands of a test.
pub(crate) struct Desk {
    conductor: Conductor,
    scheduler: Scheduler,
    now_ms: u64,
    journal: Vec<Recorded>,
    /// Attempts in flight, by key.
    in_flight: HashMap<String, Attempt>,
    /// The keys of the tasks that were begun, in that order, with who does them.
    pub(crate) begun: Vec<(String, String)>,
    /// The keys of the tasks whose attempts were asked to end, in that order.
    pub(crate) withdrawn: Vec<String>,
    /// The keys of the tasks whose attempts were asked to give way, in that order.
    pub(crate) yielding: Vec<String>,
}

impl Desk {
    /// A run of these tasks, of which as many are begun as places allow.
    pub(crate) fn new(
        settings: RunSettings,
        agents: Vec<AgentOffer>,
        tasks: Vec<TaskSpec>,
    ) -> Self {
        let created = Created {
            name: "desk".into(),
            settings,
            folder: "/".into(),
            plan_hash: String::new(),
            made_by: String::new(),
        };
        let mut journal = Vec::new();
        let ledger = Ledger::create(0, created, tasks, &mut journal).unwrap();
        Self::take_over(ledger, journal, agents, 0)
    }

    /// The same run in the hands of another process, which knows nothing but its journal
    /// up to the last event of this kind: what came later was never written.
    pub(crate) fn taken_over_after(mut self, kind: &str, agents: Vec<AgentOffer>) -> Self {
        let last = self.journal.iter().rposition(|it| it.event.kind() == kind);
        self.journal.truncate(last.unwrap() + 1);
        let mut ledger = Ledger::new();
        for recorded in &self.journal {
            ledger.apply(recorded).unwrap();
        }
        Self::take_over(ledger, self.journal, agents, self.now_ms)
    }

    fn take_over(
        ledger: Ledger,
        journal: Vec<Recorded>,
        agents: Vec<AgentOffer>,
        now_ms: u64,
    ) -> Self {
        let run = RunId::from_u128(1);
        let mut conductor = Conductor::take_over(run, ledger, agents, now_ms, 1, Vec::new());
        conductor.introduce();
        let mut desk = Self {
            conductor,
            scheduler: Scheduler::new(),
            now_ms,
            journal,
            in_flight: HashMap::new(),
            begun: Vec::new(),
            withdrawn: Vec::new(),
            yielding: Vec::new(),
        };
        desk.settle();
        desk
    }

    /// Adds tasks to the run.
    pub(crate) fn add(&mut self, tasks: Vec<TaskSpec>) {
        let action = Action::Add {
            parent: None,
            tasks,
            why: String::new(),
        };
        self.conductor.act(self.now_ms, action);
        self.settle();
    }

    /// The outputs that are fetched where the coordinator asks for that of a task.
    pub(crate) fn fetched_for(&mut self, task: TaskIndex) -> usize {
        self.conductor.act(self.now_ms, Action::Read { task });
        let effects = self.conductor.take_effects();
        let reads = effects.iter().filter(|it| matches!(it, Effect::Read(_)));
        reads.count()
    }

    /// What time it is.
    pub(crate) fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// Lets time pass.
    pub(crate) fn wait_ms(&mut self, ms: u64) {
        self.now_ms += ms;
        self.settle();
    }

    /// The attempt at a task gives a result.
    pub(crate) fn complete(&mut self, key: &str) {
        self.complete_after(key, 0);
    }

    /// The attempt at a task gives a result that took so many milliseconds.
    pub(crate) fn complete_after(&mut self, key: &str, ms: u64) {
        self.now_ms += ms;
        let attempt = self.in_flight.remove(key).unwrap();
        let end = AttemptEnd::Completed {
            output: Output::Inline(json!(key)),
            spent: None,
            receipt: Box::new(receipt(&attempt, self.now_ms - ms, self.now_ms)),
        };
        self.end(&attempt, end);
    }

    /// The attempt at a task gives none.
    pub(crate) fn fail(&mut self, key: &str, class: FailureClass, error: AgentError) {
        let attempt = self.in_flight.remove(key).unwrap();
        let end = AttemptEnd::Failed {
            class,
            error: Box::new(error),
            duration_ms: 1,
            spent: None,
        };
        self.end(&attempt, end);
    }

    /// The attempt at a task ends because it was asked to.
    pub(crate) fn obey(&mut self, key: &str, class: FailureClass) {
        self.fail(key, class, AgentError::new("asked", "as asked"));
    }

    /// The keys of the tasks that are being done, in order.
    pub(crate) fn in_flight(&self) -> Vec<String> {
        let mut keys: Vec<String> = self.in_flight.keys().cloned().collect();
        keys.sort();
        keys
    }

    /// The ids of the agents that were given tasks, in that order.
    pub(crate) fn agents(&self) -> Vec<&str> {
        self.begun.iter().map(|(_, agent)| agent.as_str()).collect()
    }

    /// The keys of the tasks that were begun, in that order.
    pub(crate) fn order(&self) -> Vec<&str> {
        self.begun.iter().map(|(key, _)| key.as_str()).collect()
    }

    /// How far a task is.
    pub(crate) fn status(&self, key: &str) -> TaskStatus {
        let ledger = self.ledger();
        let task = ledger.find(&key.parse().unwrap()).unwrap();
        ledger.task(task).unwrap().status
    }

    /// What is true of the run.
    pub(crate) fn ledger(&self) -> &Ledger {
        self.conductor.ledger()
    }

    fn end(&mut self, attempt: &Attempt, end: AttemptEnd) {
        let ended = self.conductor.attempt_ended(self.now_ms, attempt, end);
        ended.unwrap();
        self.settle();
    }

    /// Lets the scheduler decide until nothing more follows.
    fn settle(&mut self) {
        for _ in 0..TURNS {
            self.carry_out();
            self.journal.extend(self.conductor.take_writes());
            self.conductor.written();
            let notices = self.conductor.take_notices();
            let is_quiet = notices.is_empty();
            let decision = self.scheduler.step(self.now_ms, notices);
            if is_quiet && decision.actions.is_empty() {
                return;
            }
            for action in decision.actions {
                self.conductor.act(self.now_ms, action);
            }
        }
        panic!("the scheduler asks for more and more");
    }

    fn carry_out(&mut self) {
        for effect in self.conductor.take_effects() {
            match effect {
                Effect::Launch(attempt) => {
                    let key = self.key(attempt.task);
                    self.begun.push((key.clone(), attempt.agent.to_string()));
                    self.in_flight.insert(key, attempt);
                }
                Effect::Withdraw { attempt, .. } => self.withdrawn.push(self.key(attempt.task)),
                Effect::Yield(attempt) => self.yielding.push(self.key(attempt.task)),
                Effect::Read(task) => self.conductor.output(task, json!(null)),
            }
        }
    }

    fn key(&self, task: TaskIndex) -> String {
        self.ledger().task(task).unwrap().spec.key.to_string()
    }
}

/// An agent that can do every task of these tests.
pub(crate) fn agent(id: &str, places: u32) -> AgentOffer {
    let capability = json!({"name": "test.work", "version": "1.0.0"});
    AgentOffer {
        agent: id.parse().unwrap(),
        capabilities: vec![serde_json::from_value::<Capability>(capability).unwrap()],
        places,
        priority: 0,
    }
}

/// A task that any agent of these tests can do, and that is tried once.
pub(crate) fn task(key: &str) -> TaskSpec {
    let call = Call {
        capability: Some("test.work".parse().unwrap()),
        ..Call::default()
    };
    TaskSpec {
        retry: RetryPolicy {
            max: 0,
            ..RetryPolicy::default()
        },
        ..TaskSpec::new(key.parse().unwrap(), Work::Call(call))
    }
}

/// The same of a class of importance.
pub(crate) fn ranked(key: &str, priority: Priority) -> TaskSpec {
    TaskSpec {
        priority,
        ..task(key)
    }
}

/// Settings under which agents are chosen like this.
pub(crate) fn placed(placement: Placement) -> RunSettings {
    RunSettings {
        placement,
        ..RunSettings::default()
    }
}

fn receipt(attempt: &Attempt, started_ms: u64, ended_ms: u64) -> Receipt {
    Receipt {
        agent: attempt.agent.clone(),
        version: "1.0.0".parse().unwrap(),
        agent_hash: String::new(),
        capability: None,
        capability_version: None,
        input_hash: String::new(),
        output_hash: String::new(),
        started_ms,
        ended_ms,
        exit: None,
        cached_from: None,
        details: serde_json::Map::new(),
    }
}
