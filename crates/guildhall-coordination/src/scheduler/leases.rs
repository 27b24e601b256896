//! What running tasks have of the resources of the run: a task is begun when all that it wants
//! is granted, and gives it back when its attempt ends.

use std::collections::HashMap;

use guildhall_core::AgentError;

use crate::id::TaskIndex;
use crate::resources::{Asked, Negotiator, Request, Told};
use crate::run_settings::RunSettings;
use crate::task::TaskSpec;

/// The resources of a run.
#[derive(Debug, Default)]
pub(super) struct Leases {
    negotiator: Negotiator,
    /// Leases by task.
    held: HashMap<TaskIndex, u64>,
}

/// What came of what was asked.
#[derive(Debug)]
pub(super) enum Granted {
    /// Nothing stands in the task's way any more.
    Yes(TaskIndex),
    /// It never gets what it wants.
    Never(TaskIndex, Box<AgentError>),
}

impl Leases {
    pub(super) fn new(settings: &RunSettings) -> Self {
        Self {
            negotiator: Negotiator::new(settings.limits.resources.iter().cloned()),
            held: HashMap::new(),
        }
    }

    /// Whether a task wants nothing, or has what it wants.
    pub(super) fn has(&self, task: TaskIndex, spec: Option<&TaskSpec>) -> bool {
        spec.is_none_or(|spec| spec.resources.is_empty()) || self.held.contains_key(&task)
    }

    /// A task wants what it says.
    pub(super) fn ask(&mut self, now_ms: u64, task: TaskIndex, spec: &TaskSpec) -> Vec<Granted> {
        let request = Request {
            holder: name_of(task),
            wants: spec.resources.clone(),
            // Attempts have ends of their own, and the ledger tells each.
            hold_ms: u64::MAX,
            priority: spec.priority,
        };
        self.step(now_ms, Asked::Request(request))
    }

    /// A task gives back what it has, or does not want it any more; others may get it.
    pub(super) fn leave(&mut self, now_ms: u64, task: TaskIndex) -> Vec<Granted> {
        let asked = match self.held.remove(&task) {
            Some(lease) => Asked::Release { lease },
            None => Asked::Withdraw {
                holder: name_of(task),
            },
        };
        self.step(now_ms, asked)
    }

    /// Time has passed.
    pub(super) fn tick(&mut self, now_ms: u64) -> Vec<Granted> {
        self.step(now_ms, Asked::Tick)
    }

    /// When time alone will have brought somebody what it wants.
    pub(super) fn next_ms(&self) -> Option<u64> {
        let never = u64::MAX;
        self.negotiator.next_ms().filter(|due_ms| *due_ms < never)
    }

    fn step(&mut self, now_ms: u64, asked: Asked) -> Vec<Granted> {
        let told = self.negotiator.step(now_ms, asked).into_iter();
        let granted = told.filter_map(|told| match told {
            Told::Granted { holder, lease, .. } => {
                let task = task_of(&holder)?;
                self.held.insert(task, lease);
                Some(Granted::Yes(task))
            }
            Told::Refused { holder, why } => {
                let error = AgentError::new("resources-never-fit", why.to_string());
                Some(Granted::Never(task_of(&holder)?, Box::new(error)))
            }
            Told::Expired { .. } | Told::NoSuchLease { .. } => None,
        });
        granted.collect()
    }
}

fn name_of(task: TaskIndex) -> String {
    task.0.to_string()
}

fn task_of(name: &str) -> Option<TaskIndex> {
    name.parse().ok().map(TaskIndex)
}
