//! The programs of others that measure the same, where somebody has installed them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What goes where the tree is named.
const TREE: &str = "{tree}";

/// What goes where a folder for output is named.
const SCRATCH: &str = "{scratch}";

/// Below a folder with installed programs, where they lie.
const BELOW: [&str; 3] = ["", "bin", "node_modules/.bin"];

/// Programs, and what makes each measure Rust alone, with its usual settings.
const KNOWN: [(&str, &str, &[&str]); 4] = [
    (
        "jscpd",
        "clones of 50 tokens",
        &[
            "--silent",
            "--min-tokens",
            "50",
            "--format",
            "rust",
            "--reporters",
            "json",
            "--output",
            SCRATCH,
            TREE,
        ],
    ),
    (
        "bca",
        "all its metrics",
        &["metrics", "--format", "json", "-I", "*.rs", TREE],
    ),
    ("lizard", "cyclomatic complexity", &["-l", "rust", TREE]),
    (
        "rust-code-analysis-cli",
        "all its metrics",
        &["-m", "-O", "json", "-I", "*.rs", "-p", TREE],
    ),
];

/// A program of others.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) name: &'static str,
    /// What it is let to do.
    pub(super) what: &'static str,
    /// Where it is; none where it is not installed.
    pub(super) program: Option<PathBuf>,
    arguments: &'static [&'static str],
    scratch: PathBuf,
}

impl Peer {
    /// What it is called with.
    pub(super) fn arguments(&self, tree: &Path) -> Vec<OsString> {
        let argument = |it: &&str| match *it {
            TREE => tree.into(),
            SCRATCH => self.scratch.clone().into(),
            other => other.into(),
        };
        self.arguments.iter().map(argument).collect()
    }
}

/// All that are known, each with the first program of its name in `folder` or on the path.
pub(super) fn found(folder: Option<&Path>, scratch: &Path) -> Vec<Peer> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let own = folder
        .into_iter()
        .flat_map(|folder| BELOW.map(|below| folder.join(below)));
    let folders: Vec<PathBuf> = own.chain(std::env::split_paths(&path)).collect();
    let peer = |(name, what, arguments): (&'static str, &'static str, &'static [&str])| {
        let named =
            |folder: &PathBuf| folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
        Peer {
            name,
            what,
            program: folders.iter().map(named).find(|path| path.is_file()),
            arguments,
            scratch: scratch.join("peers").join(name),
        }
    };
    KNOWN.into_iter().map(peer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::desk::WorkFolder;

    #[test]
    fn a_peer_is_found_in_the_folder_that_is_named_and_is_absent_else() {
        let folder = WorkFolder::new().unwrap();
        let bin = folder.path().join("node_modules/.bin");
        std::fs::create_dir_all(&bin).unwrap();
        let program = bin.join(format!("jscpd{}", std::env::consts::EXE_SUFFIX));
        std::fs::write(&program, "").unwrap();
        let peers = found(Some(folder.path()), Path::new("scratch"));
        let jscpd = peers.iter().find(|peer| peer.name == "jscpd").unwrap();
        assert_eq!(jscpd.program.as_deref(), Some(&*program));
        let arguments = jscpd.arguments(Path::new("tree"));
        assert_eq!(arguments.last().unwrap(), "tree");
        assert!(!arguments.iter().any(|it| it == SCRATCH || it == TREE));
        // The control: nothing of this name lies elsewhere in that folder.
        std::fs::remove_file(&program).unwrap();
        let peers = found(Some(folder.path()), Path::new("scratch"));
        let jscpd = peers.iter().find(|peer| peer.name == "jscpd").unwrap();
        assert_ne!(jscpd.program.as_deref(), Some(&*program));
    }
}
