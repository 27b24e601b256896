//! Process agents: any command-line program as an agent, by configuration alone.
//!
//! [`ProcessAgent`] carries out one task by one run of a program. The program is started
//! through the embedding program itself, which is run twice more for it (see
//! [`launch`]): a *supervisor* that outlives neither the program nor any process that the
//! program leaves behind, and a *launcher* that limits itself and then becomes the
//! program. So a cancelled task, a passed deadline and even the sudden death of the host
//! leave no process behind, however well it hid.
//!
//! Beside the variables that the configuration passes on, a program is given
//! `GUILDHALL_RUN`, `GUILDHALL_TASK`, `GUILDHALL_ATTEMPT`, `GUILDHALL_WORKSPACE` and, where
//! there is one, `GUILDHALL_IDEMPOTENCY_KEY`.

mod agent;
mod assembly;
mod attempt;
mod attempt_context;
mod capture;
mod config;
mod drive;
mod environment;
pub(crate) mod front;
mod input;
mod limits;
mod lock;
mod output;
mod place;
mod program;
mod redact;
mod template;
mod usage;
mod verdict;

pub mod launch;

pub use agent::{ProcessAgent, ProcessSettings};
pub use attempt_context::AttemptContext;
pub(crate) use attempt_context::{locks_of, workspaces_of};
pub use config::{OutputKind, ProcessAgentConfig, StdinKind, UsageConfig, WorkspaceKind};
pub(crate) use environment::own as own_environment;
pub use limits::{Enforcement, Limits};
pub use lock::wait_until_free;
pub(crate) use place::own_temporary_folder;
pub use redact::Redactor;
pub use template::Template;
