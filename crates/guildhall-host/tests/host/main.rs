//! The host with native agents only: what needs no library. Plugins are the matter of
//! the workspace's integration tests.
//!
//! | module | what |
//! |---|---|
//! | [`native`] | agents that are code of the program |
//! | [`services`] | what the program offers agents |
//! | [`places`] | places that are lent while a task waits |
//! | [`bounds`] | time limits, and what a caller says of its task |
//!
//! Time is virtual where it plays a part.
#![expect(
    clippy::unwrap_used,
    reason = "what fails in a test is to fail the test"
)]

mod support;

mod bounds;
mod native;
mod places;
mod services;
