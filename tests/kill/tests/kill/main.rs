//! Real processes, killed: what is promised of runs, and that a broken promise is found.
//!
//! | module | what |
//! |---|---|
//! | [`campaigns`] | more than two hundred kills, under both coordinators |
//! | [`orphans`] | a host that is killed takes along what it has started |
//! | [`takeover`] | two processes on one run |
//! | [`races`] | what has lost a race ends, whoever is killed |
//! | [`coordinators`] | coordinators that break down or lie |
//! | [`control`] | with a guard switched off, the suite finds what it prevents |
//!
//! `cargo xtask soak` does the first for longer. With `GUILDHALL_KILL_SEED` in the
//! environment its runs are those of that seed.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "it is how a test fails")]

mod support;

mod campaigns;
mod control;
mod coordinators;
mod orphans;
mod races;
mod takeover;
