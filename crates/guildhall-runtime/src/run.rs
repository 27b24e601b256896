//! Runs: working on one until it ends, and what can be asked of one.
//!
//! [`session`] is the loop that owns a run while this process works on it. Everything that
//! happens reaches it as a message; it lets the conductor decide, writes, and only then
//! tells. What it starts runs beside it: attempts ([`attempt`]) and the coordinator
//! ([`coordinator`]).

mod agents;
mod asking;
mod attempt;
mod cache;
mod changing;
mod clock;
mod coordinator;
mod declared_files;
mod failure;
mod input;
mod latest;
mod lock;
mod log;
mod message;
mod orphans;
mod outputs;
mod record;
mod session;
mod silence;
mod update;

pub(crate) use agents::{Agents, Roster, offers_of};
pub(crate) use attempt::Workshop;
pub(crate) use cache::SingleFlight;
pub(crate) use changing::change_run;
pub(crate) use clock::now_ms;
pub(crate) use coordinator::wanted as wanted_coordinator;
pub(crate) use declared_files::content_of;
pub(crate) use input::{Ingredients, input_without_agents, results_for};
pub(crate) use lock::RunLocks;
pub(crate) use outputs::{Outputs, ResultSource};
pub(crate) use record::{events_after, fold, to_new_events};
pub(crate) use session::{Session, SessionParts};
pub use update::{OnUpdate, RunUpdate};
