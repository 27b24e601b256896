//! Runs plans durably: the store, process agents, workspaces, limits and receipts.
//!
//! The life of a run within a [`Runtime`]:
//!
//! 1. It is **made** of a plan ([`Runtime::create`]) or of tasks in code ([`Runtime::wave`],
//!    [`Runtime::graph`], [`Runtime::stream`]): what no agent of the host can do is told now.
//! 2. It is **worked on** ([`Runtime::work`]): a coordinator, an agent, is called for as long
//!    as that lasts and decides; this process writes each event to the store before anything
//!    follows from it, and calls the agents.
//! 3. It may be **cut short**, by an interrupt, a budget or `kill -9`. What has completed is
//!    in the store and is not done again; what was in flight is.
//! 4. It **goes on** with the next [`Runtime::work`], in any process. Where agents or declared
//!    files are others than before, that is asked about first ([`RuntimeError::Changed`]).
//! 5. It **ends**. Its results ([`Runtime::results`]), its figures and its journal
//!    ([`Runtime::events`]) stay; what failed can be tried again ([`Runtime::reopen`]).
//!
//! ```no_run
//! use guildhall_host::Host;
//! use guildhall_runtime::{Runtime, TaskDraft};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! // First thing in `main`, where programs are agents: `process::launch::run_if_launcher()`.
//! let host = Host::builder().folder("plugins").build()?;
//! let runtime = Runtime::builder(host).state_folder("state").open().await?;
//! let tasks = vec![
//!     TaskDraft::new("lint").agent("shell").prompt("cargo clippy"),
//!     TaskDraft::new("test").agent("shell").prompt("cargo test").needs(["lint"]),
//! ];
//! let done = runtime.graph("check", tasks, ".".as_ref()).await?;
//! for result in &done.results {
//!     println!("{}: {}", result.task_id, result.status);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | [`store`] | the journal and the outputs: SQLite, a twin in memory, and the traits for others |
//! | [`process`] | programs as agents, under a supervisor that leaves no process behind |
//! | [`receipts`] | who did what from what: signed, checked and repeated |
//! | [`workspace`] | folders and git worktrees of their own for attempts |
//! | [`services`] | what agents are offered beside calls: streams, programs, workspaces |
//! | [`git`] | git, run so that a repository runs none of its own code |
//!
//! What this crate does not know: any agent by name, the command line, how a plugin is
//! loaded. [`coordination`] and [`host`] are the crates that it stands on.

mod error;

pub mod git;
pub mod process;
pub mod receipts;
pub mod services;
pub mod store;
pub mod workspace;

mod calls;
mod run;
mod runtime;

pub use calls::{Finished, ResultStream, TaskDraft};
pub use error::{ErrorKind, RuntimeError};
pub use run::{OnUpdate, RunUpdate};
pub use runtime::{Change, Retry, Runtime, RuntimeBuilder, Unmet, WorkOptions};
pub use {guildhall_coordination as coordination, guildhall_host as host};
