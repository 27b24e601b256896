//! Finding plugins: which files are looked at, and in which order.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::inspect::{self, Inspected};
use super::refusal::Refusal;

/// Where plugins are looked for. Earlier places win over later ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SearchPlace {
    /// One file, given by name.
    File(PathBuf),
    /// A folder: the libraries directly in it.
    Folder(PathBuf),
}

/// A plugin that was found and may be loaded.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// Its file.
    pub(crate) path: PathBuf,
    /// What it says of itself.
    pub(crate) inspected: Inspected,
    /// Whether the file was given by name rather than found in a folder.
    pub(crate) by_name: bool,
}

impl Found {
    /// The same file as one that is not taken.
    pub(crate) fn refuse(self, refusal: Refusal) -> Refused {
        Refused {
            path: self.path,
            refusal,
            by_name: self.by_name,
        }
    }
}

/// A file that is not taken as a plugin.
#[derive(Debug, Clone)]
pub struct Refused {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub refusal: Refusal,
    /// Whether the file was given by name rather than found in a folder.
    pub by_name: bool,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub(crate) struct Discovered {
    pub(crate) found: Vec<Found>,
    pub(crate) refused: Vec<Refused>,
}

/// Looks at all places in order.
pub(crate) fn discover(places: &[SearchPlace]) -> Discovered {
    let mut discovered = Discovered::default();
    let mut seen = BTreeSet::new();
    for place in places {
        match place {
            SearchPlace::File(path) => look_at(path, true, &mut seen, &mut discovered),
            SearchPlace::Folder(folder) => {
                for path in libraries_in(folder) {
                    look_at(&path, false, &mut seen, &mut discovered);
                }
            }
        }
    }
    discovered
}

fn look_at(path: &Path, by_name: bool, seen: &mut BTreeSet<PathBuf>, discovered: &mut Discovered) {
    // The system's loader would look for a bare name in its own folders.
    let path = &std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    // The same file through two places is no clash.
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if !seen.insert(real) {
        return;
    }
    match inspect::inspect(path).and_then(|inspected| unique(inspected, discovered)) {
        Ok(inspected) => discovered.found.push(Found {
            path: path.to_owned(),
            inspected,
            by_name,
        }),
        Err(refusal) => {
            discovered.refused.push(Refused {
                path: path.to_owned(),
                refusal,
                by_name,
            });
        }
    }
}

fn unique(inspected: Inspected, discovered: &Discovered) -> Result<Inspected, Refusal> {
    let id = &inspected.manifest.id;
    match discovered
        .found
        .iter()
        .find(|other| other.inspected.manifest.id == *id)
    {
        Some(other) => Err(Refusal::DuplicateId {
            id: id.clone(),
            kept: other.path.clone(),
        }),
        None => Ok(inspected),
    }
}

/// The files directly in `folder` that are named like libraries, in order of name.
/// A folder that is not there holds none.
fn libraries_in(folder: &Path) -> Vec<PathBuf> {
    WalkDir::new(folder)
        .min_depth(1)
        .max_depth(1)
        .follow_links(true)
        .sort_by_file_name()
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .filter(|path| {
            path.extension()
                .is_some_and(|ending| ending == std::env::consts::DLL_EXTENSION)
        })
        .collect()
}
