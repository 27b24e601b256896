//! The agent that answers incidents.
//!
//! In reading order: `moment` is a point in time as alerts and logs write it, `model` what
//! is known of an incident.

mod model;
mod moment;

pub use model::{Evidence, EvidenceId, EvidenceKind, Frame, ReleaseHint, Severity, Symptom};
pub use moment::{Moment, MomentError};
