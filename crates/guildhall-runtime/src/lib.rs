//! Runs plans durably: the store, process agents, workspaces, limits and receipts.

mod error;

pub mod git;
pub mod process;
pub mod store;
pub mod workspace;

mod calls;
mod run;
mod runtime;

pub use calls::{Draft, Finished, ResultStream};
pub use error::RuntimeError;
pub use run::{OnUpdate, RunUpdate};
pub use runtime::{Change, Retry, Runtime, RuntimeBuilder, Unmet, WorkOptions};
