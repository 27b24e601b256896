//! The agent that says how many agents a load needs.
//!
//! In reading order: `trace` is a load as it was recorded, `history` the rates of the time
//! before it; `queueing` has the classical formulas, `simulate` the queue in which a policy is
//! tried, `policy` the policies: the usual ones to compare with, and [`policy::Steered`], which
//! is the default; `replay` is the command, `settings` what a user may set, `present` makes
//! reports, and `agent` is what the host sees of it.

mod agent;
mod error;
pub mod history;
pub mod policy;
mod present;
pub mod queueing;
mod replay;
mod settings;
pub mod simulate;
mod table;
pub mod trace;

pub use error::OptimizerError;
pub use replay::{ReplayRequest, replay};
pub use settings::Settings;
