//! Tasks that are held go on until a file says that they may end.

use std::path::{Path, PathBuf};

/// Where that file appears, beside the file of effects.
pub fn release_of(effects: &Path) -> PathBuf {
    effects.with_extension("release")
}
