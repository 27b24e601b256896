//! The tree that is measured: the Rust of a repository at the commit that is checked out,
//! with cargo's files and the last year of its history, and nothing else.
//!
//! Everybody then looks at the same files, and what git logs is what the scan reads of it. The
//! objects stay where they are. A folder that is no repository is measured as it lies.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::eval::git::Repository;

/// Seconds of history, counted back from the commit that is checked out.
const YEAR: i64 = 365 * 24 * 60 * 60;

/// Files that a scan of Rust reads beside the sources.
const MANIFESTS: [&str; 2] = ["Cargo.toml", "Cargo.lock"];

/// A tree, ready to be measured.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) name: String,
    pub(super) root: PathBuf,
    /// Whether it is a repository.
    pub(super) has_history: bool,
    /// What it is, for people.
    pub(super) what: String,
}

impl Tree {
    /// Makes the tree of `source` ready, in `scratch` where it is a repository.
    ///
    /// # Errors
    /// Where git or the disk fails.
    pub(super) fn make(name: &str, source: &Path, scratch: &Path) -> Result<Self> {
        let Some(repository) = Repository::at(source) else {
            return Ok(Self {
                name: name.to_owned(),
                root: source.to_owned(),
                has_history: false,
                what: "no repository: as it lies, without history".to_owned(),
            });
        };
        let root = scratch.join(name.replace(['/', '\\', ' '], "+"));
        if root.exists() {
            std::fs::remove_dir_all(&root)?;
        }
        std::fs::create_dir_all(&root)?;
        let commits = staged(&repository, &root)?;
        let head = repository.text(["log", "-1", "--format=%h of %cs", "HEAD"])?;
        Ok(Self {
            name: name.to_owned(),
            root,
            has_history: true,
            what: format!("Rust alone, {head}, {commits} commits of the year before it"),
        })
    }
}

/// Makes a repository in `root` that borrows the objects of `source`; gives the number of its
/// commits.
fn staged(source: &Repository, root: &Path) -> Result<usize> {
    let to = Repository::new_in(root);
    to.bytes(["init", "--quiet", "--template=", "--initial-branch=main"])?;
    let objects = source.text(["rev-parse", "--git-path", "objects"])?;
    let objects = source.folder().join(objects).canonicalize()?;
    let alternates = root.join(".git/objects/info/alternates");
    std::fs::create_dir_all(alternates.parent().context("no folder")?)?;
    std::fs::write(&alternates, format!("{}\n", objects.display()))?;
    let head = source.text(["rev-parse", "HEAD^{commit}"])?;
    let made: i64 = source.text(["log", "-1", "--format=%ct", &head])?.parse()?;
    let since = format!("--since={}", made.saturating_sub(YEAR));
    let log = source.text(["log", &since, "--format=%H %P", &head])?;
    std::fs::write(root.join(".git/shallow"), cuts(&log))?;
    to.bytes(["update-ref", "refs/heads/main", &head])?;
    to.bytes(["read-tree", &head])?;
    let all = to.bytes(["ls-files", "-z"])?;
    let wanted = all.split(|byte| *byte == 0).filter(|path| is_wanted(path));
    let wanted: Vec<u8> = wanted.flat_map(|path| [path, b"\0"].concat()).collect();
    to.fed(
        ["checkout-index", "--force", "--index", "-z", "--stdin"],
        wanted,
    )?;
    Ok(log.lines().count())
}

/// The commits of a log (`%H %P`) at which it ends, one a line.
fn cuts(log: &str) -> String {
    let id = |line: &str| line.split_whitespace().next().map(str::to_owned);
    let known: HashSet<String> = log.lines().filter_map(id).collect();
    let mut cuts = String::new();
    for line in log.lines() {
        let mut ids = line.split_whitespace();
        let Some(own) = ids.next() else { continue };
        let parents: Vec<&str> = ids.collect();
        if parents.is_empty() || parents.iter().any(|parent| !known.contains(*parent)) {
            cuts += &format!("{own}\n");
        }
    }
    cuts
}

fn is_wanted(path: &[u8]) -> bool {
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
    name.ends_with(b".rs") || MANIFESTS.iter().any(|it| name == it.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::desk::WorkFolder;
    use crate::eval::desk::tests::History;

    #[test]
    fn a_log_ends_where_a_parent_is_not_in_it() {
        assert_eq!(cuts("c b\nb a\n"), "b\n");
        assert_eq!(cuts("d c x\nc b\nb\n"), "d\nb\n");
        assert_eq!(cuts(""), "");
    }

    #[test]
    fn a_tree_has_the_rust_of_its_repository_and_its_history() {
        let made = History::new();
        made.commit(&[("src/a.rs", "fn a() {}\n"), ("b.py", "pass\n")], "first");
        let manifest = ("Cargo.toml", "[workspace]\n");
        made.commit(&[("src/a.rs", "fn a() { b() }\n"), manifest], "second");
        let scratch = WorkFolder::new().unwrap();
        let source = made.repository();
        let tree = Tree::make("own/er", source.folder(), scratch.path()).unwrap();
        assert!(tree.has_history);
        assert!(
            tree.what.ends_with("2 commits of the year before it"),
            "{}",
            tree.what
        );
        let text = std::fs::read_to_string(tree.root.join("src/a.rs")).unwrap();
        assert_eq!(text, "fn a() { b() }\n");
        assert!(tree.root.join("Cargo.toml").exists() && !tree.root.join("b.py").exists());
        let log = Repository::new_in(&tree.root).text(["log", "--format=%s"]);
        assert_eq!(log.unwrap(), "second\nfirst");
    }

    #[test]
    fn a_folder_that_is_no_repository_is_measured_as_it_lies() {
        let folder = WorkFolder::new().unwrap();
        let tree = Tree::make("here", folder.path(), Path::new("unused")).unwrap();
        assert!(!tree.has_history && tree.root == folder.path());
    }
}
