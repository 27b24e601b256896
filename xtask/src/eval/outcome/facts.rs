//! What happened to each file before a snapshot and after it, from the history alone.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Context as _, Result};

use super::history::{self, Commit};
use super::subject::{is_fix, is_production};
use crate::eval::git::Repository;

/// A commit that changes more files than this says nothing about any of them, before the
/// snapshot and among the fixes after it.
const MOST_CHANGES: usize = 100;
const MOST_FIXED: usize = 60;

/// After so many seconds a change counts half.
const HALF_LIFE: f64 = 90.0 * 86_400.0;

/// The commits between which the history is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) before: String,
    pub(super) snapshot: String,
    pub(super) end: String,
}

/// The production files of a snapshot.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Facts {
    pub(super) files: BTreeMap<String, File>,
}

/// What is known of one file.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct File {
    /// Lines that are neither blank nor a line comment; at least one.
    pub(super) lines: u32,
    /// Commits that changed it before the snapshot.
    pub(super) churn: u32,
    /// The same, each counting the less the longer it was ago.
    pub(super) recent_churn: f64,
    /// Authors of those commits.
    pub(super) authors: u32,
    /// Fixes among those commits.
    pub(super) earlier_fixes: u32,
    /// Fixes that changed it after the snapshot: what is to be predicted.
    pub(super) fixes: u32,
}

impl File {
    /// The ranking to be beaten.
    pub(super) fn churn_per_line(&self) -> f64 {
        self.recent_churn / f64::from(self.lines)
    }
}

impl Facts {
    /// How often files were touched by fixes after the snapshot.
    pub(super) fn touches(&self) -> u64 {
        self.files.values().map(|file| u64::from(file.fixes)).sum()
    }
}

/// Collects the facts.
///
/// # Errors
/// Where git fails.
pub(super) fn collect(repository: &Repository, window: &Window) -> Result<Facts> {
    let mut facts = Facts {
        files: files(repository, &window.snapshot)?,
    };
    let earlier = history::between(repository, &window.before, &window.snapshot)?;
    count_earlier(&earlier, &mut facts);
    let later = history::between(repository, &window.snapshot, &window.end)?;
    count_later(&later, &mut facts);
    Ok(facts)
}

/// The production files at a commit with their lines; those whose content is not there are
/// left out.
fn files(repository: &Repository, commit: &str) -> Result<BTreeMap<String, File>> {
    let listed = repository.bytes(["ls-tree", "-r", "-z", commit])?;
    let mut paths = Vec::new();
    let mut wanted = Vec::new();
    for entry in String::from_utf8_lossy(&listed).split_terminator('\0') {
        let (head, path) = entry.split_once('\t').context("git lists no path")?;
        let mut head = head.split(' ');
        let (mode, id) = (head.next().unwrap_or_default(), head.nth(1));
        if mode.starts_with("100") && is_production(path) {
            wanted.extend(id.unwrap_or_default().bytes().chain([b'\n']));
            paths.push(path.to_owned());
        }
    }
    let contents = repository.fed(["cat-file", "--batch"], wanted)?;
    let mut rest = contents.as_slice();
    let mut files = BTreeMap::new();
    for path in paths {
        let lines = next_blob(&mut rest)?.map_or(0, lines_of_code);
        if lines > 0 {
            let file = File {
                lines,
                ..File::default()
            };
            files.insert(path, file);
        }
    }
    Ok(files)
}

/// The next content of `cat-file --batch`; none where the repository does not have it.
fn next_blob<'a>(rest: &mut &'a [u8]) -> Result<Option<&'a [u8]>> {
    let end = rest.iter().position(|byte| *byte == b'\n');
    let end = end.context("git's objects are cut off")?;
    let head = String::from_utf8_lossy(&rest[..end]).into_owned();
    *rest = &rest[end + 1..];
    if head.ends_with(" missing") {
        return Ok(None);
    }
    let size = head.rsplit(' ').next().and_then(|size| size.parse().ok());
    let size: usize = size.context("git says no size")?;
    let content = rest.get(..size).context("git's objects are cut off")?;
    *rest = rest.get(size + 1..).context("git's objects are cut off")?;
    Ok(Some(content))
}

/// Lines that are neither blank nor begin with `//`.
fn lines_of_code(content: &[u8]) -> u32 {
    let text = String::from_utf8_lossy(content);
    let is_code = |line: &&str| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with("//")
    };
    let lines = text.split(ends_a_line).filter(is_code).count();
    u32::try_from(lines).unwrap_or(u32::MAX)
}

/// All that ends a line for Unicode; the separators of ASCII as well.
fn ends_a_line(c: char) -> bool {
    matches!(
        c,
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

/// One change before the snapshot.
struct Event<'a> {
    time: i64,
    author: &'a str,
    is_fix: bool,
}

/// Files are followed forward to the names that they have at the snapshot.
fn count_earlier(commits: &[Commit], facts: &mut Facts) {
    let Some(last) = commits.last() else { return };
    let mut events: HashMap<&str, Vec<Event<'_>>> = HashMap::new();
    for commit in commits {
        let is_large = commit.changes.len() > MOST_CHANGES;
        for change in &commit.changes {
            if change.kind == b'R' {
                let moved = events.remove(change.old.as_str()).unwrap_or_default();
                events.entry(&change.new).or_default().extend(moved);
            } else if matches!(change.kind, b'A' | b'M' | b'T') && !is_large {
                events.entry(&change.new).or_default().push(Event {
                    time: commit.time,
                    author: &commit.author,
                    is_fix: is_fix(&commit.subject),
                });
            }
        }
    }
    for (path, events) in events {
        if let Some(file) = facts.files.get_mut(path) {
            count_events(&events, last.time, file);
        }
    }
}

fn count_events(events: &[Event<'_>], now: i64, file: &mut File) {
    let authors: BTreeSet<&str> = events.iter().map(|event| event.author).collect();
    file.authors = u32::try_from(authors.len()).unwrap_or(u32::MAX);
    for event in events {
        file.churn += 1;
        file.earlier_fixes += u32::from(event.is_fix);
        let age = (now - event.time) as f64;
        file.recent_churn += 0.5_f64.powf(age / HALF_LIFE);
    }
}

/// Files are followed from the names that they have at the snapshot.
fn count_later(commits: &[Commit], facts: &mut Facts) {
    let mut now: HashMap<String, String> = facts
        .files
        .keys()
        .map(|path| (path.clone(), path.clone()))
        .collect();
    for commit in commits {
        for change in &commit.changes {
            if change.kind == b'R'
                && let Some(path) = now.remove(&change.old)
            {
                now.insert(change.new.clone(), path);
            }
        }
        if !is_fix(&commit.subject) || commit.changes.len() > MOST_FIXED {
            continue;
        }
        let touched: BTreeSet<&String> = commit
            .changes
            .iter()
            .filter(|change| matches!(change.kind, b'M' | b'T'))
            .filter_map(|change| now.get(&change.new))
            .collect();
        for path in touched {
            if let Some(file) = facts.files.get_mut(path) {
                file.fixes += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::desk::tests::History as Made;

    const DAY: u64 = 86_400;

    /// A year's history whose facts can be worked out by hand: the snapshot is 90 days
    /// after the first change of `b.rs`.
    #[test]
    fn facts_are_those_worked_out_by_hand() {
        let made = Made::new();
        let start = 1_735_689_600;
        made.at(start);
        let before = made.commit(&[("a.rs", "// x\n\nfn a() {}\nfn b() {}\n")], "begin");
        made.at(start + 10 * DAY);
        made.commit(&[("b.rs", "fn b() {}\n")], "add b");
        made.at(start + 100 * DAY);
        made.remove("a.rs");
        made.commit(
            &[
                ("src.rs", "// x\n\nfn a() {}\nfn b() {}\n"),
                ("tests/t.rs", "fn t() {}\n"),
            ],
            "move a",
        );
        made.at(start + 100 * DAY);
        let snapshot = made.commit(
            &[("b.rs", "fn b() {}\n\u{b}fn c() {}\n")],
            "fix a crash in b",
        );
        made.remove("src.rs");
        made.commit(
            &[("moved.rs", "// x\n\nfn a() {}\nfn b() {}\n")],
            "move again",
        );
        made.commit(
            &[("moved.rs", "fn a() {}\n"), ("b.rs", "fn b() {}\n")],
            "fix both bugs",
        );
        made.commit(&[("b.rs", "fn bb() {}\n")], "fix typo");
        let end = made.commit(&[("b.rs", "fn b() { x }\n"), ("new.rs", "y")], "Fixes #3");
        let window = Window {
            before,
            snapshot,
            end,
        };
        let facts = collect(&made.repository(), &window).unwrap();
        let b = File {
            lines: 2,
            churn: 2,
            // One 90 days ago and one now.
            recent_churn: 1.5,
            authors: 1,
            earlier_fixes: 1,
            fixes: 2,
        };
        let moved = File {
            lines: 2,
            fixes: 1,
            ..File::default()
        };
        let expected = [("b.rs".to_owned(), b), ("src.rs".to_owned(), moved)];
        assert_eq!(facts.files, BTreeMap::from(expected));
        assert_eq!(facts.touches(), 3);
    }

    #[test]
    fn commits_that_change_very_many_files_count_for_none() {
        let made = Made::new();
        let before = made.commit(&[("a.rs", "1\n")], "begin");
        let many: Vec<String> = (0..MOST_CHANGES).map(|n| format!("x{n}")).collect();
        let mut files: Vec<(&str, &str)> = many.iter().map(|name| (name.as_str(), "1")).collect();
        files.push(("a.rs", "2\n"));
        let snapshot = made.commit(&files, "fix all");
        let some = MOST_FIXED;
        let mut files: Vec<(&str, &str)> = many[..some]
            .iter()
            .map(|name| (name.as_str(), "2"))
            .collect();
        files.push(("a.rs", "3\n"));
        made.commit(&files, "fix more");
        let end = made.commit(&files[1..], "fix nothing, for nothing changed");
        let window = Window {
            before,
            snapshot,
            end,
        };
        let facts = collect(&made.repository(), &window).unwrap();
        assert_eq!(
            (facts.files["a.rs"].churn, facts.files["a.rs"].fixes),
            (0, 0)
        );
    }

    #[test]
    fn content_that_is_missing_or_cut_off_is_told_apart() {
        let mut rest: &[u8] = b"aa blob 2\nxy\nbb missing\ncc blob 9\nxy";
        assert_eq!(next_blob(&mut rest).unwrap(), Some(b"xy".as_slice()));
        assert_eq!(next_blob(&mut rest).unwrap(), None);
        assert!(next_blob(&mut rest).is_err());
    }
}
