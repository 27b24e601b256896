//! The agent that decides where agents disagree, or asks a person.
//!
//! In reading order: `intake` reads questions, `decide` answers them, `settings` are what a
//! user may set, `present` makes reports, and `agent` is what the host sees of it. How
//! positions and evidence are weighed is `guildhall_verdict`'s.

mod agent;
mod decide;
mod error;
mod intake;
mod present;
mod settings;

pub use decide::DecideRequest;
pub use error::ResolverError;
pub use settings::Settings;
