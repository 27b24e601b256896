//! Runs that are killed again and again, with real processes, and what must be true of
//! them.
//!
//! [`campaign`] makes runs from a seed ([`plans`]), starts the real program in a
//! [`sandbox`], kills it at a [`moment`] and resumes it until the run has ended. Tasks
//! leave [`traces`] in a file of [`effects`], and some end only on their [`release`]. [`history`] puts these and the journal
//! together, and [`promises`] says which promise a history breaks.

pub mod release;
pub mod traces;
pub mod work;

pub mod effects;
pub mod history;
pub mod promises;

pub mod installed;
pub mod plans;
pub mod processes;
pub mod sandbox;

pub mod campaign;
pub mod moment;
pub mod summary;
