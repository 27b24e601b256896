//! The agent that answers incidents.
//!
//! In reading order: `moment` is a point in time as alerts and logs write it, `model` what
//! is known of an incident; `intake` reads what is told, `severity` says how bad it is,
//! `logs` what a log says, `suspects` which commits may be to blame, `appraise` and `inspect`
//! are the commands `assess` and `logs`, `settings` what a user may set,
//! `present` makes reports, and `agent` is what the host sees of it.

mod agent;
mod appraise;
mod error;
mod inspect;
pub mod intake;
pub mod logs;
mod model;
mod moment;
mod present;
mod settings;
pub mod severity;
mod suspects;

pub use appraise::{AssessRequest, appraise};
pub use error::ResponderError;
pub use inspect::{Hooks, LogsRequest, inspect};
pub use model::{Evidence, EvidenceId, EvidenceKind, Frame, ReleaseHint, Severity, Symptom};
pub use moment::{Moment, MomentError};
pub use settings::{LabelFacts, Settings};
pub use suspects::{SuspectError, SuspectHooks, SuspectsRequest, suspects};
