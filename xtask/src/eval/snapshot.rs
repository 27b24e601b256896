//! A repository as it was at one commit: checked out, with that commit's history, and
//! without any object that came later.
//!
//! A fix in the same repository would name what it fixes, so hiding branches is not enough:
//! the pack that is copied holds what the commit reaches and nothing else. It is made by
//! `pack-objects` and not by a fetch, because a repository that was itself fetched in part
//! cannot be fetched from.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};

use super::desk::WorkFolder;
use super::git::{Repository, last_line};
use super::sides;

/// Packs what the commits on its input reach.
const PACK: [&str; 6] = [
    "pack-objects",
    "--revs",
    "--stdout",
    "--quiet",
    "--delta-base-offset",
    "--missing=allow-any",
];

/// Packs the objects that are listed on its input.
const PACK_LISTED: [&str; 4] = ["pack-objects", "--stdout", "--quiet", "--delta-base-offset"];

/// How much of the past a snapshot has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum History {
    /// All of it, without tags.
    Whole,
    /// All of it, with the tags that are not younger than the commit.
    Tagged,
    /// The commit alone.
    None,
}

/// A checkout that goes away with its value.
#[derive(Debug)]
pub(super) struct Snapshot {
    repository: Repository,
    /// Files of the commit whose content the source does not have itself.
    pub(super) absent: usize,
    _folder: WorkFolder,
}

impl Snapshot {
    /// Makes a snapshot of `source` at `commit`, a full id.
    ///
    /// # Errors
    /// Where the source does not have the commit, or git fails.
    pub(super) fn new(source: &Repository, commit: &str, history: History) -> Result<Self> {
        let kind = source.text(["cat-file", "-t", commit]);
        ensure!(
            kind.is_ok_and(|kind| kind == "commit"),
            "{} has no commit {commit}",
            source.folder().display()
        );
        let folder = WorkFolder::new()?;
        let repository = empty_repository(folder.path())?;
        copy(source, &repository, commit, history)?;
        shallow(source, &repository, commit, history)?;
        repository.bytes(["update-ref", "refs/heads/main", commit])?;
        if history == History::Tagged {
            add_tags(source, &repository, commit)?;
        }
        let absent = check_out(&repository, commit)?;
        Ok(Self {
            repository,
            absent,
            _folder: folder,
        })
    }

    /// Makes a repository of `source` with the branches `ours` and `theirs`, the commits that
    /// these reach, and of files what merging them and what was merged before takes; nothing is
    /// checked out.
    ///
    /// # Errors
    /// Where the source does not have one of the commits, or git fails.
    pub(super) fn of_sides(source: &Repository, ours: &str, theirs: &str) -> Result<Self> {
        let folder = WorkFolder::new()?;
        let repository = empty_repository(folder.path())?;
        for commit in [ours, theirs] {
            let kind = source.text(["cat-file", "-t", commit]);
            let is_commit = kind.is_ok_and(|kind| kind == "commit");
            let shown = source.folder().display();
            ensure!(is_commit, "{shown} has no commit {commit}");
        }
        transfer(
            source,
            &repository,
            PACK_LISTED,
            sides::needed(source, ours, theirs)?,
        )?;
        shallow(source, &repository, ours, History::Whole)?;
        for (name, commit) in [("ours", ours), ("theirs", theirs)] {
            repository.bytes(["update-ref", &format!("refs/heads/{name}"), commit])?;
        }
        Ok(Self {
            repository,
            absent: 0,
            _folder: folder,
        })
    }

    /// Adds the tags that are not younger than `commit`, at which it was made.
    ///
    /// # Errors
    /// Where git fails.
    pub(super) fn tag(&self, source: &Repository, commit: &str) -> Result<()> {
        add_tags(source, &self.repository, commit)
    }

    /// The folder of the checkout.
    pub(super) fn path(&self) -> &Path {
        self.repository.folder()
    }
}

fn empty_repository(folder: &Path) -> Result<Repository> {
    let name: PathBuf = folder.join("repo");
    std::fs::create_dir(&name).with_context(|| format!("cannot make {}", name.display()))?;
    let repository = Repository::new_in(&name);
    repository.bytes(["init", "--quiet", "--template=", "--initial-branch=main"])?;
    Ok(repository)
}

/// Copies the objects that `commit` reaches.
fn copy(source: &Repository, to: &Repository, commit: &str, history: History) -> Result<()> {
    let wanted = match history {
        History::Whole | History::Tagged => format!("{commit}\n"),
        History::None => format!("--shallow {commit}\n{commit}\n"),
    };
    transfer(source, to, PACK, wanted)
}

/// Copies the tags whose commits are not younger than `commit`, and what they reach: a
/// release branch has commits that the main line has not. Each is a name for its commit
/// alone, since what was written on a tag may be of any day.
fn add_tags(source: &Repository, to: &Repository, commit: &str) -> Result<()> {
    let seconds = |text: &str| text.parse::<i64>().ok();
    let time = source.text(["log", "-1", "--no-show-signature", "--format=%ct", commit])?;
    let time = seconds(&time).context("the commit has no time")?;
    let format = "--format=%(refname) %(objectname) %(committerdate:unix) %(*objectname) \
                  %(*committerdate:unix)";
    let listed = source.text(["for-each-ref", format, "refs/tags"])?;
    let (mut wanted, mut refs) = (format!("^{commit}\n"), String::new());
    for line in listed.lines() {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        // Of an annotated tag the target counts; what is no commit has no time.
        let (id, made) = match words[..] {
            [_, id, made] | [_, _, id, made] => (id, seconds(made)),
            _ => continue,
        };
        if made.is_some_and(|made| made <= time) {
            wanted.push_str(&format!("{id}\n"));
            refs.push_str(&format!("create {} {id}\n", words[0]));
        }
    }
    transfer(source, to, PACK, wanted)?;
    to.fed(["update-ref", "--stdin"], refs.into_bytes())?;
    Ok(())
}

fn transfer<const N: usize>(
    source: &Repository,
    to: &Repository,
    arguments: [&str; N],
    wanted: String,
) -> Result<()> {
    let mut packing = source
        .command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("git cannot be started")?;
    if let Some(mut stdin) = packing.stdin.take() {
        use std::io::Write as _;
        stdin.write_all(wanted.as_bytes())?;
    }
    let packed = packing.stdout.take().context("no output")?;
    let indexed = to
        .command(["index-pack", "--stdin"])
        .stdin(packed)
        .stdout(Stdio::null())
        .output()
        .context("git cannot be started")?;
    let packed = packing.wait()?;
    ensure!(packed.success(), "git pack-objects failed ({packed})");
    let said = last_line(&indexed.stderr);
    ensure!(indexed.status.success(), "git index-pack failed: {said}");
    Ok(())
}

/// Says where the history is cut off: git would take missing parents for damage.
fn shallow(source: &Repository, to: &Repository, commit: &str, history: History) -> Result<()> {
    let cuts = match history {
        History::None => vec![commit.to_owned()],
        History::Whole | History::Tagged => cuts_of(source, to)?,
    };
    if cuts.is_empty() {
        return Ok(());
    }
    let text: String = cuts.iter().map(|cut| format!("{cut}\n")).collect();
    std::fs::write(to.folder().join(".git/shallow"), text)?;
    Ok(())
}

/// Where the source itself is cut off, as far as the copy has come.
fn cuts_of(source: &Repository, to: &Repository) -> Result<Vec<String>> {
    let file = source.text(["rev-parse", "--git-path", "shallow"])?;
    let Ok(text) = std::fs::read_to_string(source.folder().join(file)) else {
        return Ok(Vec::new());
    };
    let listed = to.fed(["cat-file", "--batch-check"], text.into_bytes())?;
    let listed = String::from_utf8_lossy(&listed).into_owned();
    Ok(listed
        .lines()
        .filter_map(|line| line.split_once(" commit "))
        .map(|(id, _)| id.to_owned())
        .collect())
}

/// Writes the files, and says how many have no content here.
fn check_out(repository: &Repository, commit: &str) -> Result<usize> {
    repository.bytes(["read-tree", commit])?;
    let written = repository
        .command(["checkout-index", "--all", "--force", "--index"])
        .stdin(Stdio::null())
        .output()
        .context("git cannot be started")?;
    if written.status.success() {
        return Ok(0);
    }
    let absent = repository.bytes(["ls-files", "--deleted", "-z"])?;
    let absent = absent.iter().filter(|byte| **byte == 0).count();
    let said = last_line(&written.stderr);
    ensure!(absent > 0, "git checkout-index failed: {said}");
    Ok(absent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::desk::tests::History as Made;

    #[test]
    fn two_sides_come_without_their_merge() {
        let made = Made::new();
        let first = made.commit(&[("a.rs", "fn a() {}\n")], "first");
        let ours = made.commit(&[("a.rs", "fn a() { b() }\n")], "ours");
        let source = made.repository();
        source
            .bytes(["reset", "--quiet", "--hard", &first])
            .unwrap();
        let theirs = made.commit(&[("a.rs", "fn a() { c() }\n")], "theirs");
        let later = made.commit(&[("a.rs", "fn a() { b(); c() }\n")], "the answer");
        let snapshot = Snapshot::of_sides(&source, &ours, &theirs).unwrap();
        let has = |id: &str| snapshot.repository.bytes(["cat-file", "-e", id]).is_ok();
        assert!(has(&ours) && has(&theirs) && has(&first));
        assert!(!has(&later));
        let named = snapshot.repository.text(["rev-parse", "refs/heads/theirs"]);
        assert_eq!(named.unwrap(), theirs);
        assert!(Snapshot::of_sides(&source, &ours, &"1".repeat(40)).is_err());
    }

    #[test]
    fn a_later_commit_is_not_reachable_and_an_earlier_one_is() {
        let made = Made::new();
        let first = made.commit(&[("a.rs", "fn a() {}\n")], "first");
        let second = made.commit(&[("a.rs", "fn a() { b() }\n")], "second");
        let third = made.commit(&[("c.rs", "fn c() {}\n")], "fix: the culprit is second");
        let source = made.repository();
        let snapshot = Snapshot::new(&source, &second, History::Whole).unwrap();
        let has =
            |repository: &Repository, id: &str| repository.bytes(["cat-file", "-e", id]).is_ok();
        assert!(has(&source, &third));
        assert!(!has(&snapshot.repository, &third));
        assert!(has(&snapshot.repository, &first) && has(&snapshot.repository, &second));
        let blob = source
            .text(["rev-parse", &format!("{third}:c.rs")])
            .unwrap();
        assert!(!has(&snapshot.repository, &blob));
        assert_eq!(
            snapshot.repository.text(["rev-parse", "HEAD"]).unwrap(),
            second
        );
        assert_eq!(
            snapshot.repository.text(["status", "--porcelain"]).unwrap(),
            ""
        );
        assert_eq!(snapshot.repository.text(["remote"]).unwrap(), "");
        let text = std::fs::read_to_string(snapshot.path().join("a.rs")).unwrap();
        assert_eq!(text, "fn a() { b() }\n");
        assert!(!snapshot.path().join("c.rs").exists());
        assert_eq!(snapshot.absent, 0);
    }

    #[test]
    fn a_tag_younger_than_the_base_is_not_there() {
        let made = Made::new();
        made.commit(&[("a.rs", "1")], "first");
        let source = made.repository();
        source.bytes(["tag", "v1"]).unwrap();
        source
            .bytes(["checkout", "--quiet", "-b", "branch"])
            .unwrap();
        let branched = made.commit(&[("b.rs", "2")], "a release on a branch");
        source.bytes(["tag", "v1.1"]).unwrap();
        source.bytes(["checkout", "--quiet", "main"]).unwrap();
        let base = made.commit(&[("a.rs", "3")], "base");
        let later = made.commit(&[("a.rs", "4")], "later");
        source.bytes(["tag", "v2"]).unwrap();
        let tags = |snapshot: &Snapshot| snapshot.repository.text(["tag"]).unwrap();
        let snapshot = Snapshot::new(&source, &base, History::Whole).unwrap();
        assert_eq!(tags(&snapshot), "");
        snapshot.tag(&source, &base).unwrap();
        assert_eq!(tags(&snapshot), "v1\nv1.1");
        let snapshot = Snapshot::new(&source, &base, History::Tagged).unwrap();
        assert_eq!(tags(&snapshot), "v1\nv1.1");
        let has = |id: &str| snapshot.repository.bytes(["cat-file", "-e", id]).is_ok();
        assert!(has(&branched) && !has(&later));
    }

    #[test]
    fn without_history_there_is_the_commit_alone() {
        let made = Made::new();
        let first = made.commit(&[("a.rs", "fn a() {}\n")], "first");
        let second = made.commit(&[("a.rs", "fn a() { b() }\n")], "second");
        let snapshot = Snapshot::new(&made.repository(), &second, History::None).unwrap();
        let log = snapshot.repository.text(["log", "--format=%H"]).unwrap();
        assert_eq!(log, second);
        assert!(
            snapshot
                .repository
                .bytes(["cat-file", "-e", &first])
                .is_err()
        );
        snapshot.repository.bytes(["fsck", "--full"]).unwrap();
    }

    #[test]
    fn a_file_whose_content_the_source_lacks_is_counted() {
        let made = Made::new();
        let commit = made.commit(&[("a.rs", "fn a() {}\n"), ("b.rs", "fn b() {}\n")], "first");
        let source = made.repository();
        let blob = source
            .text(["rev-parse", &format!("{commit}:a.rs")])
            .unwrap();
        let object = format!(".git/objects/{}/{}", &blob[..2], &blob[2..]);
        std::fs::remove_file(source.folder().join(object)).unwrap();
        let snapshot = Snapshot::new(&source, &commit, History::Whole).unwrap();
        assert_eq!(snapshot.absent, 1);
        assert!(snapshot.path().join("b.rs").exists());
    }

    #[test]
    fn a_snapshot_of_what_was_cut_off_is_cut_off_there() {
        let made = Made::new();
        made.commit(&[("a.rs", "1")], "first");
        let second = made.commit(&[("a.rs", "2")], "second");
        let third = made.commit(&[("a.rs", "3")], "third");
        let source = made.repository();
        std::fs::write(source.folder().join(".git/shallow"), format!("{second}\n")).unwrap();
        let snapshot = Snapshot::new(&source, &third, History::Whole).unwrap();
        let log = snapshot.repository.text(["log", "--format=%s"]).unwrap();
        assert_eq!(log, "third\nsecond");
    }

    #[test]
    fn a_commit_that_is_not_there_is_named() {
        let made = Made::new();
        made.commit(&[("a.rs", "")], "first");
        let nobody = "1".repeat(40);
        let error = Snapshot::new(&made.repository(), &nobody, History::Whole).unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with(&format!("has no commit {nobody}"))
        );
    }
}
