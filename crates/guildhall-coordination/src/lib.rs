//! Plans, the ledger of a run and the scheduling core: decisions without I/O.
//!
//! Work over many agents is a *run* of a *plan*. This crate holds everything about it that
//! can be decided without a clock, a file, a thread or an agent, so that a simulation drives
//! exactly what ships. It serves both sides of the boundary:
//!
//! | who | uses | for |
//! |---|---|---|
//! | whoever makes plans | [`Plan`], [`PLAN_TEMPLATES`], [`Compiled`] | TOML and JSON into tasks, with mistakes told by line |
//! | a coordinator, a plugin | [`turn`], [`Tracker`], [`Scheduler`] | what is ready, what is begun next, where |
//! | a runtime | [`Conductor`], [`Ledger`], [`build_input`], [`compact`] | what a coordinator asks for, judged and made events |
//! | whoever shows runs | [`RunReport`], [`TaskResult`], [`session_log`] | figures, results, the journal as lines |
//!
//! The life of a task:
//!
//! 1. A plan is read ([`Plan::parse`]) and compiled into [`TaskSpec`]s ([`Plan::compile`]);
//!    the [`Ledger`] of a run takes them in as events.
//! 2. The coordinator is told of them ([`turn::Notice`]). Its [`Tracker`] knows when one is
//!    [ready](Step::Ready): what it needs has ended, its stage is open, its condition holds.
//! 3. Its [`Scheduler`] asks for it to be begun ([`turn::Action::Start`]), in the order of
//!    priority, critical path and waiting, at an agent that can.
//! 4. The ledger judges: it answers with the events to be written or with a [`Refusal`]. A
//!    coordinator never writes, so one that is slow, wrong or gone loses nothing.
//! 5. The runtime writes the events, carries the attempt out and reports its end. What is
//!    true follows from the events alone: [`Ledger::apply`] folds them.
//! 6. Where it fails it is tried again as its [`RetryPolicy`] says; where it is an
//!    [`Expansion`] it becomes children, made of a list or of another task's output.
//!
//! ```
//! use guildhall_coordination::{Plan, PlanFormat};
//!
//! let text = r#"
//!     version = 1
//!     name = "check"
//!     [[task]]
//!     id = "lint"
//!     capability = "shell.run"
//!     prompt = "cargo clippy"
//!     [[task]]
//!     id = "review"
//!     needs = ["lint"]
//!     capability = "review.code"
//!     prompt = "Look at this: {{ results.lint.output }}"
//! "#;
//! let plan = Plan::parse(text, PlanFormat::Toml, "check.toml")?.compile();
//! assert_eq!(plan.tasks.len(), 2);
//! # Ok::<(), guildhall_coordination::CoordinationError>(())
//! ```
//!
//! What this crate does not know: any agent by name, how an agent is called, where events
//! are kept, what time it is.

pub mod compact;
pub mod conductor;
pub mod graph;
pub mod ledger;
pub mod resources;
pub mod source_text;
pub mod turn;

mod condition;
mod defaults;
mod error;
mod event;
mod expand;
mod id;
mod plan;
mod random;
mod run_report;
mod run_settings;
mod scheduler;
mod session_log;
mod task;
mod task_result;
mod template;
mod tracker;

pub use condition::Condition;
pub use conductor::Conductor;
pub use error::CoordinationError;
pub use event::{
    AgentIdentity, AttemptFailed, Completed, Created, FailureClass, LimitsChanged, Opened, Output,
    Receipt, RunEvent, RunStatus, Started,
};
pub use expand::{Expanded, expand};
pub use id::{MAX_KEY_LEN, RunId, TaskIndex, TaskKey};
pub use ledger::{Ledger, Recorded, Refusal, TaskStatus};
pub use plan::{
    Compiled, LONGEST_PLAN, PLAN_TEMPLATES, Parameter, Plan, PlanDefaults, PlanExpansion,
    PlanFormat, PlanNeed, PlanPart, PlanPlace, PlanSource, PlanTask, PlanTemplate,
};
pub use random::Random;
pub use run_report::{
    AgentFigures, AttemptFigures, JudgedFigures, OutcomeFigures, RunReport, SpeedUp, SpendFigures,
    TaskFigures, TimeFigures,
};
pub use run_settings::{
    Budget, Compaction, Durability, Limits, Placement, Reducer, RunSettings, Stage, StageWhen,
    Strategy, WaveSize,
};
pub use scheduler::{AgentLimits, Outcome, Outcomes, Scheduler};
pub use session_log::session_log;
pub use task::{
    Call, Estimate, Expansion, Items, Need, NeedOn, Priority, RetryOn, RetryPolicy, SingleRules,
    Source, Spend, TaskSpec, Work, Workspace,
};
pub use task_result::{AgentContext, TaskResult};
pub use template::{
    ChildView, DEFAULT_PROMPT, ResultView, RunView, TaskView, Template, Values, build_input,
    literal, names_of, output_of_children, render, results_read_by,
};
pub use tracker::{Step, Tracker};
