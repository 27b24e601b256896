//! The environment of a program: what is passed on, what is set, and what is added.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

use super::config::ProcessAgentConfig;

/// Environment variables.
pub(crate) type Environment = BTreeMap<OsString, OsString>;

/// The environment of this process.
pub(crate) fn own() -> Environment {
    std::env::vars_os().collect()
}

/// What the configuration passes on of `own` and sets.
pub(super) fn configured(config: &ProcessAgentConfig, own: &Environment) -> Environment {
    let passed = config.env.iter().filter_map(|name| {
        let name = OsStr::new(name);
        Some((name.to_owned(), own.get(name)?.clone()))
    });
    let set = config
        .set_env
        .iter()
        .map(|(name, value)| (name.into(), value.into()));
    passed.chain(set).collect()
}
