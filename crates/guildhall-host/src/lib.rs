//! Finds, checks, loads, supervises and calls Guildhall plugins.
//!
//! The life of a plugin within a [`Host`]:
//!
//! 1. It is **found**: a file given by name, or a library in a folder
//!    ([`HostBuilder::plugin`], [`HostBuilder::folder`]).
//! 2. It is **checked** without running any of its code: its form, its target, its
//!    manifest, its protocol and ABI versions. What does not pass is a [`Refusal`] with
//!    its cause and its mend ([`Host::refused`]).
//! 3. It is **registered**: its capabilities can be found
//!    ([`Host::registry`]).
//! 4. It is **loaded** at its first call ([`Host::start`] does it earlier): descriptor 1
//!    is moved away ([`stdout::claim`]), an exit is guarded against
//!    ([`ending::guard_exit`]), the library is opened and never closed again, the
//!    manifest in its code is compared with the one that was checked.
//! 5. It is **called** ([`Host::call`]): a free place is waited for, input and output
//!    are checked against their schemas, the plugin's code runs on threads of its own,
//!    and deadline and cancellation hold whatever it does.
//! 6. A panic is contained and becomes an error. A plugin that does not come back is
//!    **quarantined**, and so is one that fails again and again; the host goes on.
//! 7. It is **stopped** ([`Host::stop`]) and stays mapped until the process ends.
//!
//! The life of a call:
//!
//! 1. It is **asked for** ([`CallRequest`]), by the program or by an agent. Where its
//!    caller leaves it is withdrawn and goes on by itself to its end.
//! 2. It is **judged**: a host that was stopped takes none, and calls of agents lead
//!    neither too deep nor back to themselves.
//! 3. It **waits** for a place at an agent that offers the capability. A task that waits
//!    for another lends its place meanwhile.
//! 4. The **input** is checked against the schema of the agent that was chosen.
//! 5. The agent is **started**, where it does not run yet.
//! 6. The agent is **given the task**, and with it services that end with the task.
//!    Deadline and cancellation hold for the caller whatever the agent does.
//! 7. The **output** is checked against its schema.
//! 8. The place is **given back**, and the agent is judged by how the task ended.
//!
//! What cannot be promised: a plugin in this process runs with all of its rights. It
//! can read its memory, end it or crash it; the checks are against accidents, not
//! against malice.
//!
//! ```no_run
//! use guildhall_host::{CallRequest, Host};
//! use serde_json::json;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let host = Host::builder().folder("plugins").build()?;
//! for refused in host.refused() {
//!     eprintln!("{}: {}", refused.path.display(), refused.refusal);
//! }
//! let request = CallRequest::new("example.greet@^1".parse()?, &json!({"name": "Ada"}))?;
//! let called = host.call(request).await?;
//! println!("{} says {}", called.agent, called.outcome.output);
//! host.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! What this crate does not know: any agent by name, the command line, where runs are
//! kept. Calls run in this process for now; the place for a runner process is behind
//! [`Host::call`], where the plugin's instance is asked.

pub mod ending;
pub mod stdout;

// The way of a call, from the program to the agent.
mod agent;
mod builder;
mod call;
mod finding;
mod host;
mod info;
mod operation;
mod pool;
mod service;
mod supervise;

// What they share.
mod bounds;
mod error;
mod fault;
mod log;
mod panics;
mod validation;

pub use async_trait::async_trait;
pub use builder::{HostBuilder, Limits};
pub use call::{CallRequest, Called, OnProgress, OnStart};
pub use error::HostError;
pub use finding::{Inspected, Refusal, Refused, inspect};
pub use guildhall_core as core;
pub use host::Host;
pub use info::{AgentInfo, AgentState, Origin};
pub use log::PLUGIN_TARGET;
pub use service::{Caller, Service};
pub use tokio_util::sync::CancellationToken;

/// The guide for embedders; its example is compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/embedding.md")]
mod embedding {}
