//! Since when lines stand as they do, who wrote them, and in which commit.
//!
//! Git is asked about the files as they are on disk, so that a line that is not committed yet
//! is told from one that is; of the former nothing is said.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use guildhall_source::SourceError;
use guildhall_source::git::ObjectId;
use guildhall_source::git::blame::{Blame, BlamedCommit, BlamedLines};
use guildhall_source::repository::Watch;

use super::{DAY, History};

/// Where a project lists the commits that only changed how its code looks.
const IGNORED: &str = ".git-blame-ignore-revs";

/// Lines of one file that are asked about at the most; the rest is left out.
const MOST_LINES: usize = 64;

/// Where a line is from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Origin {
    /// Days before the commit that is checked out.
    pub(super) days: f64,
    /// Whether the search ended there, so that the line may be older.
    pub(super) is_boundary: bool,
    pub(super) author: String,
    pub(super) commit: ObjectId,
}

/// The origins of these lines of a file, as far as git knows them. What it cannot say of a
/// file, such as one that it does not keep, is not there.
///
/// # Errors
/// [`SourceError::Cancelled`] only.
pub(super) fn origins(
    history: &History,
    file: usize,
    lines: &[u32],
    watch: &Watch<'_>,
) -> Result<BTreeMap<u32, Origin>, SourceError> {
    let top = history.repository.facts().top.as_deref();
    let has_list = top.is_some_and(|top| top.join(IGNORED).is_file());
    let with_list = has_list.then(|| format!("--ignore-revs-file={IGNORED}"));
    // A list that names what is no commit makes git fail; the ages are then those without it.
    let attempts = if has_list {
        vec![with_list, None]
    } else {
        vec![None]
    };
    for list in attempts {
        match ask(history, file, lines, list, watch) {
            Err(SourceError::Cancelled) => return Err(SourceError::Cancelled),
            Err(_) => {}
            Ok(found) => return Ok(found),
        }
    }
    Ok(BTreeMap::new())
}

fn ask(
    history: &History,
    file: usize,
    lines: &[u32],
    list: Option<String>,
    watch: &Watch<'_>,
) -> Result<BTreeMap<u32, Origin>, SourceError> {
    use std::os::unix::ffi::OsStrExt as _;
    let path = std::path::Path::new(std::ffi::OsStr::from_bytes(&history.paths[file]));
    let asked = lines.iter().take(MOST_LINES);
    let mut arguments: Vec<String> = asked.map(|line| format!("-L{line},{line}")).collect();
    arguments.extend(since(history.now));
    arguments.extend(list);
    arguments.push("--".to_owned());
    let mut found = BTreeMap::new();
    let _ = history.repository.records(
        Blame::incremental(),
        arguments,
        &[path],
        watch,
        |blamed: BlamedLines| {
            if let Some(origin) = origin(&blamed.commit, history.now) {
                for line in blamed.line..blamed.line.saturating_add(blamed.count) {
                    found.insert(line, origin.clone());
                }
            }
            ControlFlow::Continue(())
        },
    )?;
    Ok(found)
}

/// Git goes back as far as the rest of the history was read; in a long one that costs half.
fn since(now: i64) -> Option<String> {
    let since = now.saturating_sub((super::WINDOW * DAY) as i64);
    // Git takes a smaller number for a date in words.
    (since >= 100_000_000).then(|| format!("--since={since}"))
}

/// None where the lines are not committed yet.
fn origin(commit: &BlamedCommit, now: i64) -> Option<Origin> {
    let time = commit.author_time.or(commit.committer_time)?;
    (!commit.id.is_null()).then(|| Origin {
        days: ((now - time) as f64 / DAY).max(0.0),
        is_boundary: commit.is_boundary,
        author: String::from_utf8_lossy(&commit.author_name).into_owned(),
        commit: commit.id,
    })
}

impl Origin {
    /// In words.
    pub(super) fn said(&self) -> String {
        let days = match self.days as u64 {
            1 => "1 day".to_owned(),
            days => format!("{days} days"),
        };
        // Git names the commit at which it stopped, which has not written the line.
        if self.is_boundary {
            return format!("at least {days} old");
        }
        let commit = self.commit.to_string();
        let commit = &commit[..commit.len().min(12)];
        let author = &self.author;
        format!("{days} old: {commit} by {author}")
    }
}
