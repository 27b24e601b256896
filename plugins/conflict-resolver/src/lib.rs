//! The agent that decides where agents disagree, or asks a person, and that merges edits
//! which collide.
//!
//! In reading order: `intake` reads questions and outcomes, `store` keeps decisions and what
//! came of them, `decide` answers questions and `checks` makes the checks that are worth their
//! price; `learn`, `stats`, `explain` and `detect` are the other commands about decisions, `collide`
//! says where edits collide before they are merged, `merge` merges them, `together` puts
//! the work of several tasks together, `settings` are what a user may set, `present` makes reports, and `agent` is
//! what the host sees of it. How positions and evidence are weighed is `guildhall_verdict`'s, how
//! a hunk is merged `guildhall_merge`'s.

mod agent;
mod checks;
mod collide;
mod decide;
mod detect;
mod error;
mod explain;
mod intake;
mod learn;
mod merge;
mod present;
mod settings;
mod stats;
mod store;
mod together;

pub use decide::DecideRequest;
pub use detect::DetectRequest;
pub use error::ResolverError;
pub use explain::ExplainRequest;
pub use learn::LearnRequest;
pub use merge::{DriverRequest, MergeRequest, MergeSettings};
pub use settings::Settings;
pub use stats::StatsRequest;
pub use together::{TogetherRequest, Work, WorkedIn};
