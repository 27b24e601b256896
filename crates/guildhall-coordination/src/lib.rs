//! Plans, the ledger of a run and the scheduling core: decisions without I/O.

pub mod compact;
pub mod conductor;
pub mod graph;
pub mod ledger;
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
    AgentIdentity, AttemptFailed, Completed, Created, FailureClass, Opened, Output, Receipt,
    RunEvent, RunStatus, Started,
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
    AgentFigures, AttemptFigures, RunReport, SpeedUp, SpendFigures, TaskFigures, TimeFigures,
};
pub use run_settings::{
    Budget, Compaction, Durability, Limits, Placement, Reducer, RunSettings, Stage, StageWhen,
    Strategy,
};
pub use scheduler::Scheduler;
pub use session_log::session_log;
pub use task::{
    Call, Estimate, Expansion, Items, Need, NeedOn, Priority, RetryOn, RetryPolicy, SingleRules,
    Source, Spend, TaskSpec, Work, Workspace,
};
pub use task_result::{AgentContext, TaskResult};
pub use template::{
    ChildView, DEFAULT_PROMPT, ResultView, RunView, TaskView, Template, Values, build_input,
    names_of, output_of_children, render, results_read_by,
};
pub use tracker::{Step, Tracker};
