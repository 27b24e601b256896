//! Process agents and workspaces, with real programs and real repositories.
//!
//! No test waits for time to pass: scripts say by a named pipe where they are, and ends are
//! waited for by the locks that they free.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "what fails in a test is to fail the test"
)]

mod configuration;
mod ending;
mod failing;
mod git;
mod limits;
mod orphans;
mod running;
mod services;
mod support;
mod sweeping;
mod worktrees;
