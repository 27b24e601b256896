//! The registry's locks under every order of threads (part of `test --all`).

use anyhow::Result;

use crate::process;
use crate::workspace::Workspace;

/// Builds with other flags, so in a folder of its own: the ordinary build stays warm.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    process::run(
        process::cargo()
            .args(["test", "--package", "guildhall-core", "--release"])
            .args(["--test", "loom_registry"])
            .env("RUSTFLAGS", "--cfg loom")
            .env("CARGO_TARGET_DIR", workspace.target.join("loom")),
    )
}
