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

mod asked;
mod builder;
mod call;
mod carry_out;
mod discovery;
mod error;
mod host;
mod info;
mod inspect;
mod library;
mod log;
mod native;
mod orderly;
mod panics;
mod place;
mod plugin;
mod pool;
mod quarantine;
mod refusal;
mod request;
mod service;
mod services;
mod slot;
mod validation;

pub use async_trait::async_trait;
pub use builder::{HostBuilder, Limits};
pub use discovery::{Place, Refused};
pub use error::HostError;
pub use guildhall_core as core;
pub use host::Host;
pub use info::{AgentInfo, Origin};
pub use inspect::{Inspected, inspect};
pub use log::PLUGIN_TARGET;
pub use plugin::{PluginInfo, PluginState};
pub use refusal::Refusal;
pub use request::{CallRequest, Called, OnProgress, OnStart};
pub use service::{Caller, Service};
pub use tokio_util::sync::CancellationToken;

/// The guide for embedders; its example is compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/embedding.md")]
mod embedding {}
