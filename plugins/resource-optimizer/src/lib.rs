//! The agent that says how many agents a load needs.
//!
//! In reading order: `trace` is a load as it was recorded, `history` the rates of the time
//! before it; `queueing` has the classical formulas, `simulate` the queue in which a policy is
//! tried, `policy` the policies: the usual ones to compare with, and [`policy::Steered`], which
//! is the default; `replay` is the command. `observe` is what the host has recorded, `figures` how
//! busy everybody was, `bottleneck` where work waits, `health` one number for it, `recommend` what
//! would be better, and `status` the commands on them. `act` makes changes of a run's limits of what is wanted, and `watch` is
//! the loop that does so, driven by `driving`; `apply` does once what is recommended. `settings` is what a user may set,
//! `present` makes reports, and `agent` is what the host sees of it.

pub mod act;
mod agent;
pub mod apply;
pub mod bottleneck;
mod driving;
mod error;
pub mod figures;
pub mod health;
pub mod history;
pub mod observe;
mod period;
pub mod policy;
mod present;
pub mod queueing;
pub mod recommend;
mod replay;
mod settings;
pub mod simulate;
pub mod status;
mod table;
pub mod trace;
pub mod watch;

pub use driving::{WatchRequest, Watched};
pub use error::OptimizerError;
pub use replay::{ReplayRequest, recorded, replay};
pub use settings::{AgentSettings, SettingError, Settings};
