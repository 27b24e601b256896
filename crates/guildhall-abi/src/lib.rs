//! The C boundary between the Guildhall host and its plugins.
//!
//! Two compilations of Rust share no types, so what crosses here are `repr(C)`
//! structs of pointers, lengths, integers and function pointers ([`raw`]); messages
//! are JSON heads with reference-counted attachments. Both sides meet safe types
//! only: a plugin implements [`guest::Guest`] (the SDK does it for it), the host
//! holds a [`host::LoadedEntry`] and its [`host::Instance`]s.
//!
//! What this crate does not know: how a library is found and loaded (the host), what
//! an agent looks like to its author (the SDK).
//!
//! | module | what |
//! |---|---|
//! | [`raw`] | the structs, from which `include/guildhall.h` is generated |
//! | [`section`] | the manifest's record in a section of the library |
//! | [`codec`] | tasks, outcomes and calls as messages |
//! | [`guest`] | the plugin's side |
//! | [`host`] | the host's side |

pub mod codec;
pub mod guest;
pub mod host;
pub mod raw;
pub mod section;

mod blob;
mod error;
mod future;
mod message;
mod panic;
mod prefix;
mod waker;

pub use error::AbiError;
pub use future::{Canceller, Incoming, Outgoing, Reply};
pub use message::{Message, Request};
pub use panic::{decode_error, encode_error};

/// Name of the data symbol that a plugin exports; it carries the major version.
pub const ENTRY_SYMBOL: &str = "guildhall_plugin_v1";

/// What the entry symbols of all major versions begin with.
pub const ENTRY_SYMBOL_PREFIX: &str = "guildhall_plugin_v";

/// Name of the extension of a call by which a plugin asks services of the host
/// ([`raw::GhServiceVtable`]).
pub const EXTENSION_SERVICE: &str = "guildhall.service/1";
