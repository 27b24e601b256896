//! Finding plugins and reading what they say of themselves, before any of their code runs.

mod discovery;
mod inspect;
mod refusal;

pub use discovery::Refused;
pub use inspect::{Inspected, inspect};
pub use refusal::Refusal;

pub(crate) use discovery::{Discovered, Found, SearchPlace, discover};
pub(crate) use inspect::check_manifest;
