//! What the tests share: the installed program, a place to run it in, golden files.

#[path = "../../it/support/build.rs"]
#[expect(dead_code, reason = "the other tests need all of it")]
mod build;
mod git;
mod golden;
mod install;
mod sandbox;

use serde_json::Value;

pub(crate) use build::CPlugin;
pub(crate) use git::{commit, git, with_git_that_stops};
pub(crate) use golden::{assert_golden, fixture};
pub(crate) use install::{Plugin, installed};
pub(crate) use sandbox::{Ran, Sandbox};

/// Compiles a plugin in C with this manifest; `switches` are those of `agent.c`.
pub(crate) fn c_agent(manifest: &Value, switches: &[&str]) -> CPlugin {
    // A JSON string is a string of C as well, as long as it is ASCII.
    let text = Value::String(manifest.to_string()).to_string();
    assert!(text.is_ascii(), "escapes of JSON above ASCII are none of C");
    let manifest = format!("MANIFEST={text}");
    let switches: Vec<&str> = switches
        .iter()
        .copied()
        .chain([manifest.as_str()])
        .collect();
    build::c_plugin(
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/agent.c"),
        &switches,
    )
}
