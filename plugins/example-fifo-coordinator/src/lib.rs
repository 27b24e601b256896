//! The smallest complete coordinator: whatever is ready is begun, first in, first out.
//!
//! It is here to show what a coordinator has to do, and that nothing can be lost by one
//! that does no more: it has no priorities, no placement and no back-off, and it passes
//! the same tests with killed processes as the one that ships.

use std::collections::HashMap;

use guildhall_coordination::turn::{
    Action, CoordinateReply, CoordinateRequest, Decision, Notice, TurnReply, Turns,
};
use guildhall_coordination::{FailureClass, Refusal, Step, TaskIndex, Tracker};
use guildhall_sdk::prelude::*;

/// The coordinator. It keeps nothing between runs.
#[derive(Default)]
pub struct FifoCoordinator;

#[agent(max_concurrent_tasks = 16)]
impl FifoCoordinator {
    /// Coordinates a run until it is over.
    #[capability(name = "guildhall.coordinate", version = "1.0.0")]
    async fn coordinate(
        &self,
        _request: CoordinateRequest,
        ctx: &Context,
    ) -> Result<CoordinateReply, AgentError> {
        let mut run = Run::default();
        let turns = Turns::new(ctx);
        turns.drive(|reply| run.decide(reply)).await
    }
}

/// What is known of the run.
#[derive(Default)]
struct Run {
    /// Knows which tasks are ready, which can never be, and what becomes children.
    tracker: Tracker,
    /// Attempts that failed, by task.
    failures: HashMap<TaskIndex, u32>,
    finished: bool,
}

impl Run {
    /// What follows from what has happened.
    fn decide(&mut self, reply: TurnReply) -> Decision {
        let mut actions = Vec::new();
        let mut steps = Vec::new();
        for notice in reply.notices {
            self.repeat_or_give_up(&notice, &mut actions);
            self.tracker.note(notice, &mut steps);
        }
        actions.extend(steps.into_iter().map(action_of));
        if self.tracker.is_done() && !self.finished {
            self.finished = true;
            actions.push(Action::Finish);
        }
        Decision {
            actions,
            wake_at_ms: None,
        }
    }

    /// A failed attempt is repeated at once, as often as the task allows.
    fn repeat_or_give_up(&mut self, notice: &Notice, actions: &mut Vec<Action>) {
        match notice {
            Notice::AttemptFailed(failed) if failed.class != FailureClass::Cancelled => {
                let task = failed.task;
                let failures = self.failures.entry(task).or_default();
                *failures += u32::from(failed.class.counts());
                let most = self.tracker.spec(task).map_or(0, |spec| spec.retry.max);
                actions.push(if *failures <= most {
                    Action::Start { task, agent: None }
                } else {
                    let error = failed.error.clone();
                    Action::Fail { task, error }
                });
            }
            Notice::Refused {
                why: Refusal::Budget { reason },
                ..
            } => actions.push(Action::Pause {
                reason: reason.clone(),
            }),
            Notice::Refused {
                task: Some(task),
                why:
                    why @ (Refusal::AttemptsUsedUp | Refusal::RetriesUsedUp | Refusal::NoAgent { .. }),
            } => actions.push(Action::Fail {
                task: *task,
                error: Box::new(AgentError::new("refused", why.to_string())),
            }),
            _ => {}
        }
    }
}

/// Ready tasks are begun where the host finds an agent; it queues what exceeds a limit.
fn action_of(step: Step) -> Action {
    match step {
        Step::Ready(task) => Action::Start { task, agent: None },
        Step::Fail { task, error } => Action::Fail { task, error },
        Step::Do(action) => action,
    }
}

guildhall_sdk::export!(FifoCoordinator);
