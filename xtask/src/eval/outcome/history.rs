//! The commits between two moments, oldest first, as git tells them.

use anyhow::{Context as _, Result, ensure};

use crate::eval::cases::Moment;
use crate::eval::git::Repository;

/// A commit that is no merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Commit {
    /// When it was committed, in seconds since 1970.
    pub(super) time: i64,
    pub(super) author: String,
    pub(super) subject: String,
    pub(super) changes: Vec<Change>,
}

/// A file that a commit changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    /// Git's letter: added, modified, deleted, renamed, of another type.
    pub(super) kind: u8,
    pub(super) old: String,
    pub(super) new: String,
}

/// The newest commit of the main line before a moment.
///
/// # Errors
/// Where there is none.
pub(super) fn at(repository: &Repository, moment: &Moment) -> Result<String> {
    let before = format!("--before={}", moment.as_str());
    let id = repository.text(["rev-list", "-1", "--first-parent", &before, "HEAD"])?;
    ensure!(!id.is_empty(), "no commit before {}", moment.as_str());
    Ok(id)
}

/// The commits that `to` reaches and `from` does not, oldest first. Only exact renames are
/// followed: they need no content, which a repository fetched in part does not have.
///
/// # Errors
/// Where git fails or writes what cannot be read.
pub(super) fn between(repository: &Repository, from: &str, to: &str) -> Result<Vec<Commit>> {
    let range = format!("{from}..{to}");
    let log = repository.bytes([
        "-c",
        "diff.renames=true",
        "log",
        "--reverse",
        "--no-merges",
        "--topo-order",
        "-M100%",
        "--raw",
        "--no-abbrev",
        "-z",
        "--format=%x01%ct%x02%ae%x02%s%x02",
        &range,
    ])?;
    let text = String::from_utf8_lossy(&log);
    text.split('\u{1}').skip(1).map(commit).collect()
}

fn commit(record: &str) -> Result<Commit> {
    let mut parts = record.splitn(4, '\u{2}');
    let mut part = || parts.next().context("a commit is cut off in git's log");
    let (time, author, subject, rest) = (part()?, part()?, part()?, part()?);
    Ok(Commit {
        time: time.parse().context("a commit has no time")?,
        author: author.to_owned(),
        subject: subject.to_owned(),
        changes: changes(rest),
    })
}

fn changes(raw: &str) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut fields = raw.split('\0');
    while let Some(field) = fields.next() {
        let field = field.trim_start_matches('\n');
        let Some(status) = field.strip_prefix(':').and_then(|it| it.rsplit(' ').next()) else {
            continue;
        };
        let kind = status.bytes().next().unwrap_or_default();
        let Some(old) = fields.next() else { break };
        let new = if matches!(kind, b'R' | b'C') {
            fields.next().unwrap_or(old)
        } else {
            old
        };
        changes.push(Change {
            kind,
            old: old.to_owned(),
            new: new.to_owned(),
        });
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::desk::tests::History as Made;

    #[test]
    fn commits_come_oldest_first_with_exact_renames() {
        let made = Made::new();
        let first = made.commit(&[("a.rs", "1\n2\n3\n")], "first");
        made.commit(&[("b.rs", "x"), ("a.rs", "1\n2\n")], "second");
        made.remove("a.rs");
        let third = made.commit(&[("c d.rs", "1\n2\n")], "third: moved");
        let commits = between(&made.repository(), &first, &third).unwrap();
        let change = |kind: u8, old: &str, new: &str| Change {
            kind,
            old: old.to_owned(),
            new: new.to_owned(),
        };
        assert_eq!(commits.len(), 2);
        let expected = [change(b'M', "a.rs", "a.rs"), change(b'A', "b.rs", "b.rs")];
        assert_eq!(commits[0].changes, expected);
        assert_eq!(commits[1].changes, [change(b'R', "a.rs", "c d.rs")]);
        assert_eq!(commits[1].subject, "third: moved");
        assert_eq!(commits[1].author, "ada@example.org");
        assert_eq!(commits[1].time, commits[0].time + 60);
    }

    #[test]
    fn a_record_that_is_cut_off_is_an_error() {
        assert!(commit("12\u{2}a").is_err());
        assert!(commit("x\u{2}a\u{2}s\u{2}").is_err());
        assert_eq!(commit("1\u{2}a\u{2}s\u{2}\n").unwrap().changes, []);
    }
}
