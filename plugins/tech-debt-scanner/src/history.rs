//! What git knows of the files of a tree: one pass over the log, newest commit first.
//!
//! All times are counted back from the moment of the commit that is checked out, never from
//! now: the same commit gives the same numbers on any day. [`names`] follows files through
//! renames, [`subject`] tells fixes from other commits, [`coupling`] and [`owners`] say what
//! changes together and who changes it, [`ages`] since when lines are there ([`blame`] asks),
//! [`attributes`] which files a project says it did not write.

pub(crate) mod ages;
mod attributes;
mod blame;
pub(crate) mod coupling;
mod names;
pub(crate) mod owners;
mod subject;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStringExt as _;
use std::path::Path;

use guildhall_core::path_text;
use guildhall_report::Prose;
use guildhall_source::SourceError;
use guildhall_source::git::log::{Commit, Log, LogRecord};
use guildhall_source::git::{Change, ObjectId, Status};
use guildhall_source::repository::{Repository, Watch};

use crate::rank::production::{is_production, is_source};
use crate::scan::{Hooks, ScanError};
use crate::tree::Tree;
use names::Names;

/// Days of history that are read: what is older says next to nothing more.
pub(crate) const WINDOW: f64 = 1096.0;

/// A commit that changes more files that ship than this is a sweep: a rename, a new format
/// or a new header everywhere says nothing of the single file.
const SWEEP: usize = 50;

/// Days in which fixes are looked into for what they forgot.
const YEAR: f64 = 365.0;

/// A fix of more files than this is about more than one thing.
const FOCUSED: usize = 12;

pub(crate) const DAY: f64 = 86_400.0;

/// The history of the files of a tree. Files are told by their place in [`Tree::files`].
pub(crate) struct History {
    pub(crate) repository: Repository,
    pub(crate) head: ObjectId,
    /// When the commit that is checked out was made, in seconds since 1970.
    pub(crate) now: i64,
    /// Commits that touch files of the tree, newest first; merges are left out.
    pub(crate) events: Vec<Event>,
    /// What the fixes of the last year changed, newest first; those that change many files are
    /// left out.
    pub(crate) fixes: Vec<Fix>,
    /// How many commits were read.
    pub(crate) commits: usize,
    /// For each file, how many days ago it was added; none where that is not seen.
    pub(crate) added: Vec<Option<f64>>,
    /// Days to the oldest commit that was read.
    pub(crate) oldest: f64,
    /// Names of authors, by the numbers of [`Event::author`].
    pub(crate) authors: Vec<String>,
    /// For each file, its path from the top of the repository.
    pub(crate) paths: Vec<Vec<u8>>,
    /// For each file, whether the project says in `.gitattributes` that a program or somebody
    /// else wrote it.
    pub(crate) not_own: Vec<bool>,
}

/// The id of the word on a history of which git gave only the newer part.
pub(crate) const CUT_HISTORY: &str = "cut-history";

/// One commit.
pub(crate) struct Event {
    /// Days before the commit that is checked out, not below nought.
    pub(crate) age: f64,
    pub(crate) author: u32,
    pub(crate) is_fix: bool,
    /// Whether it changes so many files that it says nothing of the single one.
    pub(crate) is_sweep: bool,
    /// The files of the tree that it changed, in the log's order.
    pub(crate) touched: Vec<usize>,
}

/// A file that a commit which fixes changed, with its contents before and after.
pub(crate) struct Fix {
    pub(crate) commit: ObjectId,
    pub(crate) subject: String,
    /// Days before the commit that is checked out.
    pub(crate) age: f64,
    pub(crate) file: usize,
    pub(crate) old: ObjectId,
    pub(crate) new: ObjectId,
}

/// What there is of the history, and what was left out of it.
pub(crate) struct Past {
    pub(crate) history: Option<History>,
    pub(crate) left_out: Vec<Prose>,
}

/// Reads the history of the tree at `root`. A history that cannot be read is left out, with
/// a word on why.
///
/// # Errors
/// [`ScanError::Cancelled`] only.
pub(crate) fn read(root: &Path, tree: &Tree, hooks: &dyn Hooks) -> Result<Past, ScanError> {
    let is_cancelled = || hooks.is_cancelled();
    let watch = Watch::new(&is_cancelled);
    let mut left_out = Vec::new();
    let history = match find(root, &watch) {
        Ok(found) => {
            left_out.extend(cuts(&found));
            follow(found, tree, &watch, &mut left_out)
        }
        Err(error) => Err(error),
    };
    match history {
        Ok(history) => Ok(Past {
            history: Some(history),
            left_out,
        }),
        Err(Missing::Source(SourceError::Cancelled)) => Err(ScanError::Cancelled),
        Err(missing) => {
            left_out.push(note("no-history", &missing.said()));
            Ok(Past {
                history: None,
                left_out,
            })
        }
    }
}

/// Why there is no history.
enum Missing {
    Source(SourceError),
    Said(&'static str),
}

impl Missing {
    fn said(&self) -> String {
        match self {
            Self::Source(error) => format!("the history was left out: {error}"),
            Self::Said(reason) => format!("the history was left out: {reason}"),
        }
    }
}

impl From<SourceError> for Missing {
    fn from(error: SourceError) -> Self {
        Self::Source(error)
    }
}

fn find(root: &Path, watch: &Watch<'_>) -> Result<Repository, Missing> {
    let repository = Repository::discover(root, watch)?;
    let facts = repository.facts();
    if facts.top.is_none() {
        return Err(Missing::Said(
            "the repository has no files checked out here",
        ));
    }
    if facts.head.is_none() {
        return Err(Missing::Said("the repository has no commit yet"));
    }
    Ok(repository)
}

/// A word on something that the history does not tell. The files themselves were examined,
/// so this is nothing that was skipped.
fn note(id: &str, said: &str) -> Prose {
    Prose::new(id, "What the history does not tell", sentence(said))
}

/// A word on files that fixes changed and of which a content is not in this clone.
pub(crate) fn without_contents(files: usize) -> Option<Prose> {
    let of = match files {
        0 => return None,
        1 => "of 1 file that a fix changed".to_owned(),
        count => format!("of {count} files that fixes changed"),
    };
    let reason = format!(
        "a content {of} is not in this clone, so copies that they forgot were not looked for"
    );
    Some(note("missing-contents", &reason))
}

/// With a capital letter and a full stop.
fn sentence(said: &str) -> String {
    let mut letters = said.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}

/// What is known to be cut off before anything is read.
fn cuts(repository: &Repository) -> Option<Prose> {
    repository.facts().is_partial.then(|| {
        let reason = "the clone is partial; what is not there is not fetched, so files that were \
                      moved may look new, and lines may have no age";
        note("partial-history", reason)
    })
}

fn follow(
    repository: Repository,
    tree: &Tree,
    watch: &Watch<'_>,
    left_out: &mut Vec<Prose>,
) -> Result<History, Missing> {
    let facts = repository.facts();
    let head = facts
        .head
        .ok_or(Missing::Said("the repository has no commit yet"))?;
    let now = head
        .time
        .ok_or(Missing::Said("the commit that is checked out has no time"))?;
    let paths = paths(&facts.prefix, tree);
    let tracked = tracked(&repository, &paths, watch)?;
    left_out.extend(untracked(tree, &paths, &tracked.files));
    let not_own = attributes::not_own(&repository, &tracked.attributes, &paths);
    let mut reader = Reader::new(&paths, now);
    let since = now.saturating_sub((WINDOW * DAY) as i64);
    let mut arguments = vec!["--no-merges".to_owned(), "--topo-order".to_owned()];
    // Git takes a smaller number for a date in words.
    if since >= 100_000_000 {
        arguments.push(format!("--since={since}"));
    }
    arguments.extend([head.id.to_string(), "--".to_owned()]);
    let read = repository.records(Log::default(), arguments, &[], watch, |record| {
        reader.take(record);
        ControlFlow::Continue(())
    });
    reader.close();
    match read {
        Ok(_) => {}
        Err(SourceError::Cancelled) => return Err(SourceError::Cancelled.into()),
        // What was read of the newer commits stands.
        Err(error) if reader.commits > 0 => {
            let reason = format!(
                "history further back than {:.0} days was left out: {error}",
                reader.oldest
            );
            left_out.push(note(CUT_HISTORY, &reason));
        }
        Err(error) => return Err(error.into()),
    }
    if repository.facts().is_shallow && reader.oldest < WINDOW {
        let reason = format!(
            "the clone is shallow: history further back than {:.0} days was left out, so files may \
             be older than they look; `git fetch --unshallow` brings it",
            reader.oldest
        );
        left_out.push(note("shallow-history", &reason));
    }
    let Reader {
        names,
        events,
        fixes,
        commits,
        oldest,
        authors,
        ..
    } = reader;
    Ok(History {
        head: head.id,
        now,
        events,
        fixes,
        commits,
        added: names.into_added(),
        oldest: oldest.min(WINDOW),
        authors: authors.names,
        paths,
        not_own,
        repository,
    })
}

/// The path of each file from the top of the repository.
fn paths(prefix: &Path, tree: &Tree) -> Vec<Vec<u8>> {
    let path = |name: &str| {
        let path = prefix.join(path_text::decode(name));
        path.into_os_string().into_vec()
    };
    tree.files.iter().map(|file| path(&file.name)).collect()
}

/// What of the tree git keeps.
struct Tracked {
    files: BTreeSet<Vec<u8>>,
    /// All files of this name in the repository.
    attributes: Vec<Vec<u8>>,
}

fn tracked(
    repository: &Repository,
    paths: &[Vec<u8>],
    watch: &Watch<'_>,
) -> Result<Tracked, SourceError> {
    let wanted: HashSet<&[u8]> = paths.iter().map(Vec::as_slice).collect();
    let mut tracked = Tracked {
        files: BTreeSet::new(),
        attributes: Vec::new(),
    };
    let mut rest = Vec::new();
    let arguments = ["ls-files", "-z", "--cached"];
    let _ = repository.stream(arguments, watch, |bytes| {
        rest.extend_from_slice(bytes);
        let mut parts = rest.split(|byte| *byte == 0);
        let open = parts.next_back().unwrap_or_default().to_vec();
        for path in parts {
            if attributes::is_one(path) {
                tracked.attributes.push(path.to_vec());
            } else if wanted.contains(path) {
                tracked.files.insert(path.to_vec());
            }
        }
        rest = open;
        ControlFlow::Continue(())
    })?;
    Ok(tracked)
}

/// A word on files that git does not keep, of which there is no history.
fn untracked(tree: &Tree, paths: &[Vec<u8>], tracked: &BTreeSet<Vec<u8>>) -> Option<Prose> {
    let missing = (0..paths.len()).filter(|at| !tracked.contains(&paths[*at]));
    let missing: Vec<&str> = missing.map(|at| tree.files[at].name.as_str()).collect();
    let first = missing.first()?;
    let more = match missing.len() {
        1 => String::new(),
        2 => " and 1 more file".to_owned(),
        count => format!(" and {} more files", count - 1),
    };
    let reason = format!("not tracked by this repository, so without a history: {first}{more}");
    Some(note("untracked", &reason))
}

/// Takes in the log.
struct Reader {
    now: i64,
    names: Names,
    events: Vec<Event>,
    fixes: Vec<Fix>,
    commits: usize,
    oldest: f64,
    authors: Authors,
    open: Option<(Commit, Vec<Change>)>,
    /// How many files that ship the open commit changes.
    breadth: usize,
}

impl Reader {
    fn new(paths: &[Vec<u8>], now: i64) -> Self {
        Self {
            now,
            names: Names::new(paths),
            events: Vec::new(),
            fixes: Vec::new(),
            commits: 0,
            oldest: 0.0,
            authors: Authors::default(),
            open: None,
            breadth: 0,
        }
    }

    fn take(&mut self, record: LogRecord<Change>) {
        match record {
            LogRecord::Commit(commit) => {
                self.close();
                self.open = Some((commit, Vec::new()));
            }
            LogRecord::Change(change) => {
                let Some((_, changes)) = &mut self.open else {
                    return;
                };
                self.breadth += usize::from(is_production(&change.path));
                if is_source(&change.path) {
                    changes.push(change);
                }
            }
        }
    }

    /// Takes in the commit whose last change was read.
    fn close(&mut self) {
        let breadth = std::mem::take(&mut self.breadth);
        let Some((commit, changes)) = self.open.take() else {
            return;
        };
        let Some(time) = commit.time else { return };
        let age = ((self.now - time) as f64 / DAY).max(0.0);
        if age > WINDOW {
            return;
        }
        self.commits += 1;
        self.oldest = self.oldest.max(age);
        let is_fix = subject::is_fix(&commit.subject);
        if is_fix && age <= YEAR && changes.len() <= FOCUSED {
            self.keep(&commit, age, &changes);
        }
        let mut touched = Vec::new();
        for step in names::steps(&changes) {
            touched.extend(self.names.follow(&step, age));
        }
        if touched.is_empty() {
            return;
        }
        self.events.push(Event {
            age,
            author: self.authors.number(&commit),
            is_fix,
            is_sweep: breadth > SWEEP,
            touched,
        });
    }
}

impl Reader {
    /// Keeps what a fix changed in files of the tree.
    fn keep(&mut self, commit: &Commit, age: f64, changes: &[Change]) {
        for change in changes {
            let file = self.names.file(&change.path);
            let (Some(file), Status::Modified) = (file, change.status) else {
                continue;
            };
            self.fixes.push(Fix {
                commit: commit.id,
                subject: String::from_utf8_lossy(&commit.subject).into_owned(),
                age,
                file,
                old: change.old_id,
                new: change.new_id,
            });
        }
    }
}

/// Authors by their mail addresses.
#[derive(Default)]
struct Authors {
    numbers: HashMap<Vec<u8>, u32>,
    /// The newest name of each.
    names: Vec<String>,
}

impl Authors {
    fn number(&mut self, commit: &Commit) -> u32 {
        let key = commit.author_mail.to_ascii_lowercase();
        if let Some(number) = self.numbers.get(&key) {
            return *number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names
            .push(String::from_utf8_lossy(&commit.author_name).into_owned());
        self.numbers.insert(key, number);
        number
    }
}
