//! The content of files that a task declares as its inputs.

use std::path::{Path, PathBuf};

use ignore::WalkBuilder;
use ignore::overrides::OverrideBuilder;
use sha2::{Digest as _, Sha256};

use crate::RuntimeError;
use crate::store::Digest;

/// SHA-256 over names and contents of the files in `folder` that the patterns (as in
/// .gitignore, relative to it) name, in the order of their names; `None` without patterns.
///
/// # Errors
/// Where a pattern is none or a file cannot be read.
pub(crate) async fn content_of(
    folder: PathBuf,
    patterns: Vec<String>,
) -> Result<Option<String>, RuntimeError> {
    if patterns.is_empty() {
        return Ok(None);
    }
    let read = tokio::task::spawn_blocking(move || read(&folder, &patterns)).await;
    let read = read.unwrap_or_else(|error| {
        Err(RuntimeError::BadPattern {
            reason: error.to_string(),
        })
    });
    read.map(Some)
}

fn read(folder: &Path, patterns: &[String]) -> Result<String, RuntimeError> {
    let bad = |reason: String| RuntimeError::BadPattern { reason };
    let mut overrides = OverrideBuilder::new(folder);
    for pattern in patterns {
        overrides
            .add(pattern)
            .map_err(|error| bad(error.to_string()))?;
    }
    let overrides = overrides.build().map_err(|error| bad(error.to_string()))?;
    let mut walk = WalkBuilder::new(folder);
    walk.standard_filters(false).overrides(overrides);
    let mut files = Vec::new();
    for entry in walk.build() {
        let entry = entry.map_err(|error| bad(error.to_string()))?;
        if entry.file_type().is_some_and(|kind| kind.is_file()) {
            files.push(entry.into_path());
        }
    }
    files.sort();
    let mut whole = Sha256::new();
    for path in files {
        let content = std::fs::read(&path).map_err(|source| RuntimeError::File {
            path: path.clone(),
            verb: "read",
            source,
        })?;
        let name = path.strip_prefix(folder).unwrap_or(&path);
        whole.update(name.as_os_str().as_encoded_bytes());
        whole.update([0]);
        whole.update(Sha256::digest(&content));
    }
    Ok(Digest::of_hashed(whole).to_string())
}
