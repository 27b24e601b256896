//! The locks of the registry and of the host's threads under every order of threads (part
//! of `test --all`).

use anyhow::Result;

use crate::process;
use crate::workspace::Workspace;

/// What has models: a package, and how cargo is told of them.
const MODELS: [(&str, [&str; 2]); 2] = [
    ("guildhall-core", ["--test", "loom_registry"]),
    ("guildhall-host", ["--lib", "pool::model"]),
];

/// Builds with other flags, so in a folder of its own: the ordinary build stays warm.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    for (package, models) in MODELS {
        process::run(
            process::cargo()
                .args(["test", "--release", "--package", package])
                .args(models)
                .env("RUSTFLAGS", "--cfg loom")
                .env("CARGO_TARGET_DIR", workspace.target.join("loom")),
        )?;
    }
    Ok(())
}
