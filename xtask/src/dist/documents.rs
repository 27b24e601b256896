//! The documents in the archive, so that each link in them leads to something.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::{THIRD_PARTY, files_of};
use crate::tidy::dead_mentions;

/// Files of the repository that go along, and those that their links lead to.
const FILES: [&str; 9] = [
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "crates/guildhall-abi/include/guildhall.h",
    "plugins/example-hello/src/lib.rs",
    "tests/hostile-plugins/c-plugin/good.c",
];

/// A folder that goes along, but for the table that only tidy reads.
const FOLDER: &str = "docs";

const NOT_PACKED: &str = "rows.toml";

/// Copies them out of the repository into `folder`, each to its place.
pub(super) fn pack(root: &Path, folder: &Path) -> Result<()> {
    for file in FILES {
        copy(&root.join(file), &folder.join(file))?;
    }
    for file in files_of(&root.join(FOLDER))? {
        if file == Path::new(NOT_PACKED) {
            continue;
        }
        let file = Path::new(FOLDER).join(file);
        copy(&root.join(&file), &folder.join(&file))?;
    }
    Ok(())
}

/// Follows each link between the documents.
///
/// # Errors
/// Where one leads nowhere.
pub(super) fn check(folder: &Path) -> Result<()> {
    for file in files_of(folder)? {
        // What others wrote is not ours to correct.
        let is_ours = file != Path::new(THIRD_PARTY);
        if !is_ours || file.extension().is_none_or(|ending| ending != "md") {
            continue;
        }
        let text = fs::read_to_string(folder.join(&file))?;
        let path = file.to_string_lossy().replace('\\', "/");
        let dead = dead_mentions(&path, &text, folder);
        ensure!(
            dead.is_empty(),
            "{path} leads to what is not packed: {}; add it in xtask/src/dist/documents.rs",
            dead.join(", ")
        );
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let folder = to.parent().context("a file in no folder")?;
    fs::create_dir_all(folder)
        .and_then(|()| fs::copy(from, to).map(drop))
        .with_context(|| format!("cannot copy {}", from.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace;

    #[test]
    fn links_in_the_packed_documents_lead_to_packed_files() {
        let folder = std::env::temp_dir().join(format!("xtask-packed-{}", std::process::id()));
        pack(workspace::root(), &folder).unwrap();
        check(&folder).unwrap();
        fs::remove_file(folder.join("docs/plan.md")).unwrap();
        let error = check(&folder).unwrap_err().to_string();
        assert!(error.contains("plan.md"), "{error}");
        fs::remove_dir_all(folder).unwrap();
    }
}
