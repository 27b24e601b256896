//! Packages from git, where cargo has checked them out.

use std::fs;
use std::path::{Path, PathBuf};

use guildhall_source::cargo::{Manifest, Packages};
use guildhall_source::read;
use semver::Version;

use crate::targets::is_same;

/// Folders that are looked into for a package of a repository.
const MOST_FOLDERS: usize = 2_000;

/// How deep a package may lie in its repository.
const DEEPEST: usize = 5;

/// Bytes of a manifest that are read.
const MOST_OF_MANIFEST: u64 = 1 << 20;

/// Digits of a commit by which cargo calls a checkout, at the least.
const SHORTEST: usize = 7;

/// The folder of a package in a repository at a commit, below cargo's home.
pub(super) fn package(home: &Path, commit: &str, name: &str, version: &Version) -> Option<PathBuf> {
    if commit.len() < SHORTEST || !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let repositories = folders(&home.join("git").join("checkouts"));
    let checkouts = repositories
        .iter()
        .flat_map(|repository| folders(repository));
    let mut of_commit = checkouts.filter(|folder| {
        let called = folder.file_name().and_then(|name| name.to_str());
        called.is_some_and(|called| called.len() >= SHORTEST && commit.starts_with(called))
    });
    of_commit.find_map(|checkout| within(&checkout, name, version))
}

/// The package in a repository, the least deep one first.
fn within(checkout: &Path, name: &str, version: &Version) -> Option<PathBuf> {
    let mut level = vec![checkout.to_owned()];
    let mut left = MOST_FOLDERS;
    for _ in 0..DEEPEST {
        if let Some(found) = level
            .iter()
            .find(|folder| is_package(folder, checkout, name, version))
        {
            return Some(found.clone());
        }
        level = level
            .iter()
            .flat_map(|folder| folders(folder))
            .take(left)
            .collect();
        left -= level.len();
    }
    None
}

/// Whether the manifest in a folder is of that package; its version may be the workspace's.
fn is_package(folder: &Path, checkout: &Path, name: &str, version: &Version) -> bool {
    let manifest = |folder: &Path, called: &str| {
        let text = read::read(&folder.join("Cargo.toml"), MOST_OF_MANIFEST).ok()?;
        Manifest::read(called, &text).ok()
    };
    let Some(own) = manifest(folder, "package/Cargo.toml") else {
        return false;
    };
    if !own.package.as_deref().is_some_and(|own| is_same(own, name)) {
        return false;
    }
    let mut all = vec![own];
    all.extend(manifest(checkout, "Cargo.toml"));
    Packages::new(&all).version(0) == Some(&version.to_string())
}

/// The folders in a folder, ordered by name; none that is a link or begins with a dot.
fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_plain = |entry: &fs::DirEntry| {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        is_folder && !entry.file_name().as_encoded_bytes().starts_with(b".")
    };
    let mut all: Vec<PathBuf> = entries.filter(is_plain).map(|it| it.path()).collect();
    all.sort();
    all
}
