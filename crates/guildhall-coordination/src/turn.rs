//! What a coordinator and the runtime say to each other: notices, actions and the turns
//! in which they are exchanged.
//!
//! A coordinator is an agent that offers [`COORDINATE_CAPABILITY`]. Its call lasts as long
//! as it works on the run, and meanwhile it takes turns with the service
//! [`RUN_SERVICE`]: it hands over what is to be done and is given what has happened.

use guildhall_core::{AgentError, AgentId, Capability, Context, ErrorCode, Schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::defaults::is_zero;
use crate::event::FailureClass;
use crate::id::{RunId, TaskIndex};
use crate::ledger::{Refusal, TaskStatus};
use crate::run_settings::{Budget, Limits, RunSettings};
use crate::scheduler::{AgentLimits, Outcomes};
use crate::task::{Spend, TaskSpec};

/// The capability of an agent that coordinates runs.
pub const COORDINATE_CAPABILITY: &str = "guildhall.coordinate";
/// Versions of it that this crate speaks.
pub const COORDINATE_VERSIONS: &str = "^1";
/// The service through which a coordinator works on its run.
pub const RUN_SERVICE: &str = "guildhall.run";
/// The one method of the service.
pub const TURN_METHOD: &str = "turn";

/// The input of the coordinate capability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct CoordinateRequest {
    /// The run.
    pub run: RunId,
}

/// The output of the coordinate capability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct CoordinateReply {
    /// Turns that it took.
    pub turns: u64,
}

/// What a coordinator hands over.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TurnRequest {
    /// What is to be done, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<Action>,
    /// Until when to wait for something to happen, in milliseconds of the runtime's
    /// clock; without end where absent. 0 does not wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_until_ms: Option<u64>,
}

/// What a coordinator is given.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TurnReply {
    /// The time, in milliseconds of the runtime's clock.
    pub now_ms: u64,
    /// What has happened since the last turn, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
    /// Whether the run needs its coordinator no more: it has ended, is paused, or was
    /// taken over. The coordinator returns.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub over: bool,
}

/// Something that a coordinator wants done. What cannot be done comes back as
/// [`Notice::Refused`]; the other actions of the turn are carried out all the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// Begin an attempt at a task.
    Start {
        /// The task.
        task: TaskIndex,
        /// The agent; where absent the runtime takes one that can.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agent: Option<AgentId>,
    },
    /// Add tasks.
    Add {
        /// The expansion whose children they are.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent: Option<TaskIndex>,
        /// The tasks.
        tasks: Vec<TaskSpec>,
        /// Why these.
        why: String,
    },
    /// Give a task up.
    Fail {
        /// The task.
        task: TaskIndex,
        /// Why.
        error: Box<AgentError>,
    },
    /// A task is not needed, or cannot be begun.
    Skip {
        /// The task.
        task: TaskIndex,
        /// Why.
        reason: String,
    },
    /// Cancel a task, or the run.
    Cancel {
        /// The task; the run where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        task: Option<TaskIndex>,
        /// Why.
        reason: String,
    },
    /// Ask an attempt in flight to give way.
    Preempt {
        /// The task.
        task: TaskIndex,
        /// The task that it is to give way to.
        to: TaskIndex,
    },
    /// Tell the output of a task that completed: [`Notice::Output`]. Of any other nothing is
    /// told.
    Read {
        /// The task.
        task: TaskIndex,
    },
    /// Begin nothing more until somebody resumes the run.
    Pause {
        /// Why.
        reason: String,
    },
    /// End the run: every task has ended.
    Finish,
    /// One that this version does not know. It is refused, and the others are carried out.
    #[serde(other)]
    Unknown,
}

/// Something that has happened. The first turn brings everything that is true already:
/// [`Notice::Opened`], a [`Notice::Task`] for each task in the order of its index, and
/// [`Notice::Loaded`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "notice", rename_all = "snake_case")]
pub enum Notice {
    /// The coordinator works on this run from now on.
    Opened(Box<OpenedNotice>),
    /// A task was added, or is there already.
    Task(Box<TaskNotice>),
    /// Every task that was there has been told.
    Loaded,
    /// The agents that can be given tasks, whenever that changes.
    Agents {
        /// All of them.
        agents: Vec<AgentOffer>,
    },
    /// An attempt was begun.
    Started {
        /// The task.
        task: TaskIndex,
        /// Who does it.
        agent: AgentId,
    },
    /// A task completed.
    Completed {
        /// The task.
        task: TaskIndex,
        /// How long the attempt took, in milliseconds; 0 where there was none, or a result was
        /// used again.
        duration_ms: u64,
        /// What was spent.
        #[serde(default, skip_serializing_if = "Spend::is_zero")]
        spent: Spend,
        /// Whether nobody worked on it: the result of an earlier task was used again.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        reused: bool,
    },
    /// An attempt ended without a result. The task is pending again.
    AttemptFailed(AttemptNotice),
    /// A task ended without a result.
    Ended {
        /// The task.
        task: TaskIndex,
        /// How: failed, cancelled or skipped.
        status: TaskStatus,
    },
    /// A task became children, each of which was told before.
    Expanded {
        /// The task.
        task: TaskIndex,
        /// How many.
        children: u32,
    },
    /// The output of a task, which the coordinator asked for.
    Output {
        /// The task.
        task: TaskIndex,
        /// Its output; for an expanded task the list of its children's outputs.
        value: Value,
    },
    /// Somebody asked for the cancellation of a task, or of the run.
    CancelRequested {
        /// The task; the run where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        task: Option<TaskIndex>,
    },
    /// The budget was changed.
    BudgetChanged {
        /// The budget from now on.
        budget: Budget,
    },
    /// A limit was changed.
    LimitsChanged {
        /// The limits from now on.
        limits: Limits,
    },
    /// An action was not carried out.
    Refused {
        /// The task that it was about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        task: Option<TaskIndex>,
        /// Why not.
        why: Refusal,
    },
    /// One that this version does not know: nothing that it could do without it.
    #[serde(other)]
    Unknown,
}

impl Notice {
    /// The task that it is about, where that has to be one that was told before.
    pub fn task(&self) -> Option<TaskIndex> {
        match self {
            Self::Started { task, .. }
            | Self::Completed { task, .. }
            | Self::Ended { task, .. }
            | Self::Expanded { task, .. }
            | Self::Output { task, .. } => Some(*task),
            Self::AttemptFailed(failed) => Some(failed.task),
            Self::CancelRequested { task } | Self::Refused { task, .. } => *task,
            Self::Opened(_)
            | Self::Task(_)
            | Self::Loaded
            | Self::Agents { .. }
            | Self::BudgetChanged { .. }
            | Self::LimitsChanged { .. }
            | Self::Unknown => None,
        }
    }
}

/// The coordinator works on a run from now on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OpenedNotice {
    /// The run.
    pub run: RunId,
    /// What holds for it, with the limits as they are now.
    pub settings: RunSettings,
    /// The budget that holds now.
    pub budget: Budget,
    /// What was spent so far.
    pub spent: Spend,
    /// The epoch.
    pub epoch: u32,
    /// Retries so far.
    pub retries: u32,
    /// When somebody first worked on the run, in milliseconds of the runtime's clock.
    pub first_opened_ms: u64,
    /// Limits of agents that the attempts before have come to, where the settings ask for
    /// [`adaptive_agents`](crate::Limits::adaptive_agents).
    #[serde(default, skip_serializing_if = "AgentLimits::is_empty")]
    pub agent_limits: AgentLimits,
    /// What has come of the run's attempts so far, where agents are chosen by their price.
    #[serde(default, skip_serializing_if = "Outcomes::is_empty")]
    pub outcomes: Outcomes,
}

/// A task as a coordinator sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskNotice {
    /// Its index.
    pub index: TaskIndex,
    /// What it is. Of a call, texts and input are left out: they do not matter for when
    /// and where it is done.
    pub spec: TaskSpec,
    /// When it was added, in milliseconds of the runtime's clock: since then it waits.
    #[serde(default)]
    pub added_ms: u64,
    /// How far it is.
    pub status: TaskStatus,
    /// Attempts that count against its retry policy.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub counted: u32,
    /// Attempts in all.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempts: u32,
    /// When its first attempt began, in milliseconds of the runtime's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_ms: Option<u64>,
    /// Where an attempt is in flight (after a coordinator was replaced): its agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running_at: Option<AgentId>,
    /// Whether it has become children.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub expanded: bool,
    /// The last failure, for conditions that look at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Box<AgentError>>,
}

/// An attempt ended without a result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttemptNotice {
    /// The task.
    pub task: TaskIndex,
    /// How it failed.
    pub class: FailureClass,
    /// What the agent or the host says.
    pub error: Box<AgentError>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// What was spent.
    #[serde(default, skip_serializing_if = "Spend::is_zero")]
    pub spent: Spend,
}

/// An agent that can be given tasks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgentOffer {
    /// Its id.
    pub agent: AgentId,
    /// What it can do. Schemas are left out.
    pub capabilities: Vec<Capability>,
    /// Tasks that it takes at once.
    pub places: u32,
    /// Its priority among agents that offer the same; higher is asked first.
    #[serde(default)]
    pub priority: u32,
}

/// What a coordinator decides in one turn.
#[derive(Debug, Default, PartialEq)]
pub struct Decision {
    /// What is to be done, in this order.
    pub actions: Vec<Action>,
    /// When to decide again though nothing has happened, in milliseconds of the runtime's
    /// clock; only when something has happened where absent.
    pub wake_at_ms: Option<u64>,
}

/// The coordinator's side of the turns, for agents in Rust.
///
/// ```
/// use guildhall_coordination::turn::{CoordinateReply, Turns};
/// use guildhall_coordination::Scheduler;
/// use guildhall_core::{AgentError, Context};
///
/// async fn coordinate(ctx: &Context) -> Result<CoordinateReply, AgentError> {
///     let mut scheduler = Scheduler::new();
///     let turns = Turns::new(ctx);
///     turns
///         .drive(|reply| scheduler.step(reply.now_ms, reply.notices))
///         .await
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Turns<'a> {
    context: &'a Context,
}

impl<'a> Turns<'a> {
    /// Takes turns for the run that the context's task coordinates.
    pub const fn new(context: &'a Context) -> Self {
        Self { context }
    }

    /// Takes turns until the run needs its coordinator no more: `decide` is given what has
    /// happened and says what is to be done about it.
    ///
    /// # Errors
    /// [`ErrorCode::Cancelled`] where the call is cancelled between two turns; what
    /// [`Turns::take`] gives.
    ///
    /// # Cancel safety
    /// As [`Turns::take`].
    pub async fn drive(
        &self,
        mut decide: impl FnMut(TurnReply) -> Decision,
    ) -> Result<CoordinateReply, AgentError> {
        let mut reply = self.take(Vec::new(), Some(0)).await?;
        let mut turns = 1;
        while !reply.over {
            self.context.check_cancelled()?;
            let decision = decide(reply);
            reply = self.take(decision.actions, decision.wake_at_ms).await?;
            turns += 1;
        }
        Ok(CoordinateReply { turns })
    }

    /// Hands actions over and waits until something has happened, or until a time of the
    /// runtime's clock.
    ///
    /// # Errors
    /// [`ErrorCode::NoSuchService`] where the call is no coordination of a run;
    /// [`ErrorCode::Cancelled`] where the run was taken from this coordinator.
    ///
    /// # Cancel safety
    /// Where it is dropped, the actions may have been carried out or not; a new
    /// coordinator is told everything anew.
    pub async fn take(
        &self,
        actions: Vec<Action>,
        wait_until_ms: Option<u64>,
    ) -> Result<TurnReply, AgentError> {
        let request = TurnRequest {
            actions,
            wait_until_ms,
        };
        let outcome = self
            .context
            .service(RUN_SERVICE, TURN_METHOD, &request)
            .await?;
        outcome.output().map_err(|error| {
            AgentError::new(
                ErrorCode::Protocol,
                format!("the reply to a turn is not readable: {}", error.message),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_later_version_adds_spoils_nothing_that_is_known() {
        let reply = r#"{"now_ms": 1, "notices": [
            {"notice": "of_tomorrow", "task": 3, "whatever": [1]},
            {"notice": "loaded"},
            {"notice": "refused", "task": 3, "why": {"refusal": "of_tomorrow", "x": 1}}
        ]}"#;
        let reply: TurnReply = serde_json::from_str(reply).unwrap();
        let why = Refusal::Unknown;
        let task = Some(TaskIndex(3));
        let expected = [
            Notice::Unknown,
            Notice::Loaded,
            Notice::Refused { task, why },
        ];
        assert_eq!(reply.notices, expected);
        let request = r#"{"actions": [{"action": "of_tomorrow", "x": 1}, {"action": "finish"}]}"#;
        let request: TurnRequest = serde_json::from_str(request).unwrap();
        assert_eq!(request.actions, [Action::Unknown, Action::Finish]);
    }
}
