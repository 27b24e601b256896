//! The agent that plans a migration: which files a new major version of a crate breaks, in
//! what order to move, at what risk, and the way back.
//!
//! The analysis is a chain of pure steps, values in and values out. In reading order: [`api`]
//! says what a version of a crate shows, [`difference`] what became of it in another version,
//! [`world`] holds that of all crates that move together, [`evidence`] says where a file uses
//! something that has changed, [`tiers`] which files must change for it, and [`assess`] goes
//! through all of this in one call. [`exposure`] says which types a package shows of another,
//! [`effort`] and [`risk`] what a user is told of both. Before that [`targets`] says what moves
//! from which version to which, by what a [`registry`] offers, and [`together`] what moves along;
//! [`sources`] and [`cache`] bring the crates, and are, with [`probe`], which asks the compiler,
//! the parts that do more than compute. [`edition`] is for what moves to a later edition. What
//! is told of all that is in
//! [`plan`], whose types are the JSON that users and other agents read; what is asked for in
//! [`request`], what is configured in [`settings`], and what can go wrong in [`error`].
//! [`latest`] orders all updates of a project. [`hand_over`] has other agents carry a plan out, [`verify`] shows of each step that it is done.
//! `agent` is what the host sees of it.

pub mod api;
pub mod assess;
pub mod cache;
pub mod check;
pub mod difference;
pub mod edition;
pub mod effort;
pub mod error;
pub mod evidence;
pub mod exposure;
pub mod hand_over;
pub mod latest;
pub mod order;
pub mod packs;
pub mod plan;
pub mod present;
pub mod probe;
pub mod project;
pub mod registry;
pub mod request;
pub mod risk;
pub mod seen;
pub mod settings;
pub mod show;
pub mod sources;
pub mod steps;
pub mod targets;
pub mod tiers;
pub mod together;
pub mod verify;
pub mod world;

mod agent;
mod analyse;
mod kept;

pub use analyse::{Hooks, latest_of, plan_of};
pub use check::CheckRequest;
pub use error::PlanError;
pub use hand_over::{RunRequest, run_of};
pub use request::{CrateTarget, PlanRequest};
pub use settings::Settings;
pub use show::{ShowRequest, show};
