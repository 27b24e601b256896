//! The agent that answers incidents.
//!
//! In reading order: `moment` is a point in time as alerts and logs write it, `model` what
//! is known of an incident; `severity` says how bad it is,
//! `logs` what a log says, `inspect` reads it for the command,
//! `present` makes reports, and `agent` is what the host sees of it.

mod agent;
mod error;
mod inspect;
pub mod logs;
mod model;
mod moment;
mod present;
pub mod severity;

pub use error::ResponderError;
pub use inspect::{Hooks, LogsRequest, inspect};
pub use model::{Evidence, EvidenceId, EvidenceKind, Frame, ReleaseHint, Severity, Symptom};
pub use moment::{Moment, MomentError};
