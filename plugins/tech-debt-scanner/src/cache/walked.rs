//! What a walk over a tree has found, and all that it depends on, so that the next scan need
//! not walk.
//!
//! A folder of which the system says the same has the same entries: to add one, to remove
//! one or to put another in its place changes the folder. So a walk finds the same where
//! each folder that it went through is the same, each that it passed over for a tag in it,
//! and each file that says what is to be passed over. This is far less to ask than to list
//! every folder again.

use std::fs;
use std::path::{Path, PathBuf};

use guildhall_report::Skipped;

use super::stamp::Stamp;

/// Files of a folder that say what is passed over.
const IGNORING: [&str; 3] = [".gitignore", ".ignore", "CACHEDIR.TAG"];

/// Files that say of which package a file is, and whether a person wrote it.
pub(crate) const MARKS: [&str; 2] = ["Cargo.toml", ".gitattributes"];

/// What a walk has found.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Walk {
    /// The root as it was given: what stands above it counts as well.
    pub(crate) root: PathBuf,
    /// What the system said of each place that the walk depends on.
    pub(crate) seen: Vec<Seen>,
    /// The names of the files.
    pub(crate) files: Vec<String>,
    /// The places of [`MARKS`], also of those that are ignored.
    pub(crate) marks: Vec<PathBuf>,
    /// What could not be looked at.
    pub(crate) skipped: Vec<Skipped>,
}

/// A place, and what the system said of what is there; none where nothing was.
pub(crate) type Seen = (PathBuf, Option<Stamp>);

/// What is asked of the folders that a walk went through.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    pub(crate) seen: Vec<Seen>,
    pub(crate) marks: Vec<PathBuf>,
    /// Whether something is there whose changes these places would not tell.
    pub(crate) is_hidden: bool,
}

/// Whether the system still says the same of all these places.
pub(crate) fn is_same(seen: &[Seen]) -> bool {
    seen.iter().all(|(path, stamp)| stamp_of(path) == *stamp)
}

/// Looks at a folder that a walk went through, or passed over for its tag.
pub(crate) fn survey(folder: &Path) -> Survey {
    let mut found = Survey::default();
    let before = stamp_of(folder);
    let Ok(entries) = fs::read_dir(folder) else {
        found.is_hidden = true;
        return found;
    };
    for entry in entries {
        let Ok(entry) = entry else {
            found.is_hidden = true;
            continue;
        };
        let name = entry.file_name();
        let is_any = |of: &[&str]| of.iter().any(|known| name == **known);
        let path = entry.path();
        if is_any(&IGNORING) {
            // A link that leads nowhere can come to lead somewhere.
            let stamp = stamp_of(&path);
            found.is_hidden |= stamp.is_none();
            found.seen.push((path, stamp));
        } else if is_any(&MARKS) {
            found.marks.push(path);
        } else if name == ".git" {
            found.is_hidden |= !entry.file_type().is_ok_and(|kind| kind.is_dir());
            let info = path.join("info");
            let stamp = stamp_of(&info);
            found.is_hidden |= stamp.is_none();
            let exclude = info.join("exclude");
            let of_exclude = stamp_of(&exclude);
            found.seen.extend([(info, stamp), (exclude, of_exclude)]);
        } else if name == ".jj" {
            found.is_hidden = true;
        }
    }
    found.seen.push((folder.to_owned(), before));
    found.is_hidden |= before.is_none();
    found
}

/// Looks at what stands above `root`, which decides whether it is in a work tree and what
/// is passed over there.
pub(crate) fn above(root: &Path) -> Survey {
    let mut found = Survey::default();
    let absolute = std::path::absolute(root).unwrap_or_else(|_| root.to_owned());
    let real = root.canonicalize().unwrap_or_else(|_| absolute.clone());
    let mut folders: Vec<&Path> = [&absolute, &real]
        .into_iter()
        .flat_map(|path| path.ancestors().skip(1))
        .collect();
    folders.sort_unstable();
    folders.dedup();
    for folder in folders {
        let git = folder.join(".git");
        for name in [".gitignore", ".ignore", ".jj"] {
            let path = folder.join(name);
            let stamp = stamp_of(&path);
            found.seen.push((path, stamp));
        }
        match fs::metadata(&git) {
            Ok(metadata) if !metadata.is_dir() => found.is_hidden = true,
            _ => {
                for path in [git.join("info/exclude"), git] {
                    let stamp = stamp_of(&path);
                    found.seen.push((path, stamp));
                }
            }
        }
        found.marks.extend(MARKS.map(|name| folder.join(name)));
    }
    found
}

/// What the system says of what is at `path`. Of a folder of git's, in which git itself writes
/// all the time, only which one it is.
pub(crate) fn stamp_of(path: &Path) -> Option<Stamp> {
    let metadata = fs::metadata(path).ok()?;
    match path.ends_with(".git") {
        true => Some(Stamp::place(&metadata)),
        false => Some(Stamp::of(&metadata)),
    }
}
