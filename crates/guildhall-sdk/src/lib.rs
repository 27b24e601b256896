//! The one crate that the author of a Guildhall agent imports.
//!
//! An agent is a type with async methods. `#[agent]` makes a plugin's manifest of
//! them at compile time, `export!` makes the library a plugin:
//!
//! ```
//! use guildhall_sdk::prelude::*;
//!
//! /// Whom to greet.
//! #[derive(Deserialize, Schema)]
//! struct Greet {
//!     /// The name.
//!     name: String,
//! }
//!
//! #[derive(Default)]
//! struct Hello;
//!
//! #[agent(id = "example-hello", summary = "Greets people")]
//! impl Hello {
//!     /// Greets someone by name.
//!     #[capability(name = "example.greet", version = "1.0.0", command = "hello greet")]
//!     async fn greet(&self, input: Greet) -> Result<String, AgentError> {
//!         Ok(format!("Hello, {}!", input.name))
//!     }
//! }
//!
//! guildhall_sdk::export!(Hello);
//! # fn main() {}
//! ```
//!
//! # What a method can be given
//!
//! - one input of any type with `Deserialize` and [`Schema`]; the host has checked it
//!   against the schema before;
//! - `ctx: &Context`: progress, cancellation, deadline, log, calls to other agents,
//!   services of the host, work beside the task ([`Context`]);
//! - `task: &Task`: the task itself, with its attachments ([`Task`]).
//!
//! It returns `Result<T, AgentError>` where `T` has `Serialize` and [`Schema`], or
//! `Result<Outcome, AgentError>` to add attachments.
//!
//! `#[start]` and `#[stop]` mark methods that run before the first task and after the
//! last; `#[configure] fn new(config: MyConfig) -> Result<Self, AgentError>` takes the
//! plugin's configuration, whose schema then stands in the manifest. Without it the
//! agent is made by `Default`.
//!
//! # What works inside an agent
//!
//! Tokio's timers, files and `spawn` run on a reactor of the plugin's own; sockets too,
//! where the plugin depends on tokio with its feature `net`.
//! What must not outlive the task goes to [`Context::spawn`] instead of
//! `tokio::spawn`. `tracing` and `log` reach the host's log with the plugin's id and
//! the task's. A panic ends the task with the code `panicked` and nothing else, as
//! long as the plugin is built with unwinding, which is the default.
//!
//! # Tests
//!
//! With the feature `testing` (a dev-dependency), `testing::TestHost` runs an agent
//! without a library: calls to other agents are recorded and answered by the test,
//! and time is virtual.

#![forbid(unsafe_code)]

extern crate self as guildhall_sdk;

pub mod boundary;
pub mod prelude;
#[cfg(feature = "testing")]
pub mod testing;

mod bridge;
mod logging;
mod plugin;
mod services;

pub use async_trait::async_trait;
pub use bytes;
pub use guildhall_core as core;
pub use guildhall_core::{
    Agent, AgentCall, AgentError, Attachment, AttachmentInfo, AttemptInfo, Context, ErrorCode,
    LogLevel, Manifest, Outcome, ServiceRequest, Task, Usage, Withdrawal,
};
pub use guildhall_macros::{Schema, agent};
pub use plugin::{Config, PROTOCOL_VERSIONS, Plugin, manifest_of, no_such_capability};
pub use {serde, serde_json, tokio, tracing};

/// Makes the library a plugin: exports the entry and puts the manifest into its
/// section. Once per library, with the type that `#[agent]` stands on.
///
/// The names in the manifest are checked here, at compile time:
///
/// ```compile_fail
/// use guildhall_sdk::prelude::*;
/// #[derive(Default)]
/// struct Shouting;
/// #[agent(id = "SHOUTING", summary = "")]
/// impl Shouting {
///     #[capability(name = "example.shout", version = "1.0.0")]
///     async fn shout(&self) -> Result<String, AgentError> {
///         Ok(String::new())
///     }
/// }
/// guildhall_sdk::export!(Shouting);
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! export {
    ($plugin:ty) => {
        const _: () = {
            const JSON: &[u8] = <$plugin as $crate::Plugin>::MANIFEST_JSON;
            const _: () = <$plugin as $crate::Plugin>::MANIFEST.check();

            #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__guildhall"))]
            #[cfg_attr(windows, unsafe(link_section = ".ghmanif"))]
            #[cfg_attr(
                not(any(target_vendor = "apple", windows)),
                unsafe(link_section = ".guildhall.manifest")
            )]
            static SECTION: [u8; JSON.len() + $crate::boundary::HEADER_LENGTH] =
                $crate::boundary::record(JSON);

            // The entry points into the section, so that no linker drops it.
            #[unsafe(no_mangle)]
            #[expect(non_upper_case_globals, reason = "the name is part of the boundary")]
            pub static guildhall_plugin_v1: $crate::boundary::GhEntry =
                $crate::boundary::entry::<$plugin>(&SECTION);
        };
    };
}

/// The guide for authors; its examples are compiled and run as tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/writing-a-plugin.md")]
mod writing_a_plugin {}

#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
mod readme {}
