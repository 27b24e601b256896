//! What a repository's history looks like from a folder in it, as one digest.
//!
//! Files of the repository are read and git is not started, for this is asked at every
//! scan. Too much in it costs a scan that was not needed; too little would give a report on
//! a history that is no more. A reference is resolved by reading the file of it and the
//! packed ones, whichever counts.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::digest::{Digest, Parts};

/// A commit's references take a few megabytes in the largest repositories.
const MOST_BYTES: u64 = 64 << 20;

/// Files at the top of a work tree that say how its history is to be read.
const AT_TOP: [&str; 3] = [".mailmap", ".git-blame-ignore-revs", ".gitattributes"];

/// Files that belong to the work tree. The index says which files are tracked.
const OWN: [&str; 3] = ["HEAD", "index", "config.worktree"];

/// Files that all its work trees share.
const SHARED: [&str; 7] = [
    "packed-refs",
    "shallow",
    "info/grafts",
    "config",
    "reftable/tables.list",
    "info/attributes",
    "objects/info/alternates",
];

/// Files in the user's folders, by the variables that name these, that say how git reads
/// any history.
const AT_HOME: [(&str, &[&str]); 2] = [
    ("HOME", &[".gitconfig", ".config/git/config"]),
    ("XDG_CONFIG_HOME", &["git/config"]),
];

/// So many references in a row name another one before git gives up as well.
const MOST_LINKS: usize = 5;

/// A digest of all that decides which history there is at `root`, `None` where it is in no
/// repository.
pub(crate) fn history_digest(root: &Path) -> Option<Digest> {
    digest(root, &|variable| std::env::var_os(variable))
}

/// The same, for a user with these variables.
pub(super) fn digest(root: &Path, lookup: &dyn Fn(&str) -> Option<OsString>) -> Option<Digest> {
    let root = root.canonicalize().ok()?;
    let top = root.ancestors().find(|folder| is_top(folder))?;
    let own = git_folder(top);
    let shared = shared_folder(&own);
    let mut parts = Parts::new();
    let mut add = |folder: &Path, name: &str| {
        let content = read(&folder.join(name));
        parts.add(name, content.as_deref().unwrap_or(b"\0"));
        content
    };
    for name in AT_TOP {
        add(top, name);
    }
    for name in SHARED {
        add(&shared, name);
    }
    let [head, ..] = OWN.map(|name| add(&own, name));
    let mut named = head;
    for _ in 0..MOST_LINKS {
        let Some(name) = named.as_deref().and_then(reference).map(str::to_owned) else {
            break;
        };
        named = [&own, &shared]
            .map(|folder| add(folder, &name))
            .into_iter()
            .flatten()
            .next();
    }
    for (variable, names) in AT_HOME {
        let folder = lookup(variable).map(PathBuf::from);
        if let Some(folder) = folder {
            for name in names {
                add(&folder, name);
            }
        }
    }
    for pack in promised(&shared) {
        parts.add("pack", pack.as_encoded_bytes());
    }
    // Where the folder lies in the work tree.
    let place = root.strip_prefix(top).unwrap_or(&root);
    parts.add("prefix", place.as_os_str().as_encoded_bytes());
    Some(parts.finish())
}

/// The packs of a partial clone, to which git adds what it lacks, in order; none elsewhere.
fn promised(shared: &Path) -> Vec<OsString> {
    let packs = std::fs::read_dir(shared.join("objects/pack"));
    let packs = packs.into_iter().flatten().flatten();
    let mut packs: Vec<OsString> = packs.map(|entry| entry.file_name()).collect();
    let is_promise = |name: &OsString| name.as_encoded_bytes().ends_with(b".promisor");
    if !packs.iter().any(is_promise) {
        return Vec::new();
    }
    packs.sort();
    packs
}

/// Whether `folder` is the top of a work tree or a bare repository.
fn is_top(folder: &Path) -> bool {
    folder.join(".git").exists()
        || (folder.join("HEAD").is_file() && folder.join("objects").is_dir())
}

/// Where git keeps what belongs to this work tree.
fn git_folder(top: &Path) -> PathBuf {
    let git = top.join(".git");
    if git.is_dir() {
        return git;
    }
    let Some(text) = read(&git) else {
        return top.to_owned();
    };
    let place = line(&text)
        .strip_prefix("gitdir: ")
        .unwrap_or_default()
        .to_owned();
    top.join(place)
}

/// Where git keeps what all work trees share.
fn shared_folder(own: &Path) -> PathBuf {
    read(&own.join("commondir")).map_or_else(|| own.to_owned(), |text| own.join(line(&text)))
}

/// What a symbolic HEAD names.
fn reference(head: &[u8]) -> Option<&str> {
    let name = str::from_utf8(head).ok()?.strip_prefix("ref: ")?.trim_end();
    // A name that leads elsewhere is none that git takes.
    let is_name = name.starts_with("refs/") && !name.split('/').any(|part| part == "..");
    is_name.then_some(name)
}

fn line(text: &[u8]) -> String {
    String::from_utf8_lossy(text).trim_end().to_owned()
}

/// The content of a regular file.
pub(crate) fn read(path: &Path) -> Option<Vec<u8>> {
    // Opening a pipe would wait for its other end.
    if !path.metadata().ok()?.is_file() {
        return None;
    }
    let mut content = Vec::new();
    let file = File::open(path).ok()?;
    file.take(MOST_BYTES).read_to_end(&mut content).ok()?;
    Some(content)
}
