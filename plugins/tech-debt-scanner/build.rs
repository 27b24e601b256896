//! Names the analysis that is being built, so that what another one has kept of a file is
//! never taken for this one's.
//!
//! The name is a hash of all sources that facts and findings come from. A number to be
//! raised by hand would be forgotten once, and wrong results would then outlive the mistake
//! in everybody's cache.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::{env, fs};

/// What results depend on, seen from this folder. Cargo.lock stands for the crates of
/// others; what does not exist, in a package outside of the workspace, is left out.
const SOURCES: [&str; 6] = [
    "src",
    "../../crates/guildhall-core/src",
    "../../crates/guildhall-source/src",
    "../../crates/guildhall-git/src",
    "../../crates/guildhall-report/src",
    "../../Cargo.lock",
];

fn main() {
    let mut hasher = DefaultHasher::new();
    for source in SOURCES.map(Path::new).iter().filter(|path| path.exists()) {
        println!("cargo::rerun-if-changed={}", source.display());
        for file in files(source) {
            file.hash(&mut hasher);
            fs::read(&file).unwrap_or_default().hash(&mut hasher);
        }
    }
    // Without the grammars there is one language.
    env::var_os("CARGO_FEATURE_GRAMMARS").hash(&mut hasher);
    println!("cargo::rustc-env=ANALYSIS={:016x}", hasher.finish());
}

/// The files below `path`, or itself, in an order of their names.
fn files(path: &Path) -> Vec<PathBuf> {
    let Ok(folder) = fs::read_dir(path) else {
        return vec![path.to_owned()];
    };
    let mut entries: Vec<PathBuf> = folder.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    entries.iter().flat_map(|entry| files(entry)).collect()
}
