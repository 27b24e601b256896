//! A coordinator around the scheduling core that ships, which does one thing wrong.

use guildhall_coordination::turn::{Action, CoordinateReply, Notice, TurnReply, Turns};
use guildhall_coordination::{Scheduler, TaskIndex, TaskSpec};
use guildhall_sdk::prelude::*;

/// Turns after which it breaks down, where it does: with as many calls as it gets, too few
/// to end any of the runs, however much has happened by each turn.
const TURNS: u64 = 1;

/// Actions of a flood.
const FLOOD: u32 = 2_000;

/// What it does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Schema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Misconduct {
    /// It panics after a few turns.
    Panics,
    /// It says that it is done after a few turns.
    ReturnsEarly,
    /// It fails after a few turns.
    Fails,
    /// It takes no turn any more after a few.
    Hangs,
    /// It starts everything in every turn: what runs, what has ended, what is not ready,
    /// and what does not exist.
    StartsEverything,
    /// It ends the run in every turn.
    FinishesEarly,
    /// It adds tasks that are there already, to parents that are none.
    AddsGarbage,
    /// It does thousands of useless things in every turn.
    Floods,
}

/// A coordinator for one call.
pub(crate) struct Coordinator {
    misconduct: Option<Misconduct>,
    scheduler: Scheduler,
    /// How many tasks it has been told of.
    tasks: u32,
    /// The last of them.
    last_spec: Option<TaskSpec>,
    turns: u64,
}

impl Coordinator {
    pub(crate) fn new(misconduct: Option<Misconduct>) -> Self {
        Self {
            misconduct,
            scheduler: Scheduler::new(),
            tasks: 0,
            last_spec: None,
            turns: 0,
        }
    }

    pub(crate) async fn coordinate(mut self, ctx: &Context) -> Result<CoordinateReply, AgentError> {
        let turns = Turns::new(ctx);
        let mut reply = turns.take(Vec::new(), Some(0)).await?;
        while !reply.over {
            ctx.check_cancelled()?;
            self.turns += 1;
            if self.turns > TURNS {
                match self.misconduct {
                    Some(Misconduct::Panics) => panic!("in the middle of a run"),
                    Some(Misconduct::ReturnsEarly) => break,
                    Some(Misconduct::Fails) => return Err(AgentError::new("tired", "no more")),
                    Some(Misconduct::Hangs) => std::future::pending().await,
                    _ => {}
                }
            }
            let (actions, until_ms) = self.decide(reply);
            reply = turns.take(actions, until_ms).await?;
        }
        Ok(CoordinateReply { turns: self.turns })
    }

    /// What is right, and what is wrong before and after it.
    fn decide(&mut self, reply: TurnReply) -> (Vec<Action>, Option<u64>) {
        for notice in &reply.notices {
            if let Notice::Task(task) = notice {
                self.tasks = self.tasks.max(task.index.0 + 1);
                self.last_spec = Some(task.spec.clone());
            }
        }
        let known = self.tasks;
        let notices = reply.notices.into_iter().filter(|notice| match notice {
            // The core asks for nothing that could be refused like this.
            Notice::Refused { task, .. } => task.is_some_and(|task| task.0 < known),
            _ => true,
        });
        let decision = self.scheduler.step(reply.now_ms, notices.collect());
        let mut actions = decision.actions;
        actions.extend(self.wrong());
        (actions, decision.wake_at_ms)
    }

    fn wrong(&self) -> Vec<Action> {
        let all = 0..self.tasks + 2;
        match self.misconduct {
            Some(Misconduct::StartsEverything) => all.clone().chain(all).map(start).collect(),
            Some(Misconduct::FinishesEarly) => vec![Action::Finish, Action::Finish],
            Some(Misconduct::AddsGarbage) => all.flat_map(|task| self.garbage(task)).collect(),
            Some(Misconduct::Floods) => (0..FLOOD)
                .flat_map(|number| [start(number), read(number % (self.tasks + 1))])
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Copies of a task that is there already: below a task, and beside it.
    fn garbage(&self, task: u32) -> Vec<Action> {
        let Some(spec) = self.last_spec.clone() else {
            return Vec::new();
        };
        let parents = [Some(TaskIndex(task)), None];
        let add = |parent| Action::Add {
            parent,
            tasks: vec![spec.clone()],
            why: "for no reason".to_owned(),
        };
        parents.map(add).into()
    }
}

fn start(task: u32) -> Action {
    Action::Start {
        task: TaskIndex(task),
        agent: None,
    }
}

fn read(task: u32) -> Action {
    Action::Read {
        task: TaskIndex(task),
    }
}
