//! Guildhall as an embedder sees it: every way in which we know a plugin to go wrong
//! either works, or is refused or contained with a reason, and the host stays usable.
//!
//! | module | what |
//! |---|---|
//! | [`refused`] | files that are not taken as plugins |
//! | [`foreign`] | plugins in C and by other compilers, good and bad |
//! | [`panics`] | panics in every place |
//! | [`bounds`] | deadlines, cancellation, plugins that do not come back |
//! | [`calls`] | calls as they should be: many, nested, large |
//! | [`services`] | services of the host, asked by plugins; native agents beside plugins |
//! | [`life`] | configuration, start, stop, many hosts |
//! | [`logs`] | what plugins log and report |
//! | [`ended`] | plugins that end the process or print |
//!
//! No test waits for time to pass. [`support::Doorman`] tells where a plugin is.
#![expect(
    clippy::unwrap_used,
    reason = "what fails in a test is to fail the test"
)]

mod support;

mod bounds;
mod calls;
mod ended;
mod foreign;
mod life;
mod logs;
mod panics;
mod refused;
mod services;
