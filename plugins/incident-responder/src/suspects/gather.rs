//! Reads the history of a window: of every text only how often the query's tokens stand
//! in it is kept.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;
use std::path::Path;

use guildhall_source::SourceError;
use guildhall_source::git::blame::Blame;
use guildhall_source::git::log::{
    CommitTime, Log, LogRecord, PatchCommit, PatchLog, PatchRecord, Side,
};
use guildhall_source::git::tree::Tree as TreeEntries;
use guildhall_source::git::{ObjectId, ObjectKind};
use guildhall_source::repository::{Fetched, Repository, Watch};

use crate::Frame;

use super::history::{Blamed, ChangedFile, Commit, Counts, History, Tree};
use super::query::Query;
use super::window::Window;
use super::{SuspectHooks, paths, tokens};

/// Commits that one git is asked for; their ids are its arguments.
const AT_ONCE: usize = 200;

/// Changed lines that are read of a file and of a commit, and bytes of a line.
const MOST_LINES_OF_FILE: u32 = 600;
const MOST_LINES: u32 = 5_000;
const MOST_BYTES: usize = 398;

/// Characters of a message behind its subject.
const MOST_BODY: usize = 4_000;

/// Lines before and behind a place that are asked for their commits.
const AROUND: u32 = 15;

/// Files that one place may lie in.
const MOST_FILES_OF_PLACE: usize = 3;

/// Places whose lines are asked for their commits.
const MOST_PLACES: usize = 12;

/// Commits that blame passes over at the most.
const MOST_IGNORED: usize = 500;

/// The file that lists commits which blame is to pass over.
const IGNORED: &str = ".git-blame-ignore-revs";

/// Reads what the ranking needs to know.
///
/// # Errors
/// As git fails; a commit whose objects are missing is counted as far as they are there.
pub(crate) fn gather(
    repository: &Repository,
    window: &Window,
    query: &Query,
    hooks: &dyn SuspectHooks,
    watch: &Watch<'_>,
) -> Result<History, SourceError> {
    let mut history = History {
        commits: commits(repository, &window.commits, query, hooks, watch)?,
        ..History::default()
    };
    let ignored;
    (history.tree, ignored) = tree(repository, &window.base, query, watch)?;
    history.blamed = blamed(
        repository,
        &window.base,
        query,
        &history.tree,
        &ignored,
        watch,
    )?;
    Ok(history)
}

fn commits(
    repository: &Repository,
    wanted: &[CommitTime],
    query: &Query,
    hooks: &dyn SuspectHooks,
    watch: &Watch<'_>,
) -> Result<Vec<Commit>, SourceError> {
    let mut read: Vec<Commit> = Vec::with_capacity(wanted.len());
    while read.len() < wanted.len() {
        let rest = &wanted[read.len()..];
        let part = &rest[..rest.len().min(AT_ONCE)];
        let (mut found, end) = some(repository, part, query, watch);
        match end {
            Ok(()) if found.len() == part.len() => read.append(&mut found),
            Ok(()) => return Err(not_all(part.len(), found.len())),
            Err(SourceError::Command { .. }) => {
                // Git stops where an object is missing: perhaps in the last commit that it
                // gave, perhaps in the one behind it.
                found.pop();
                let at = found.len();
                read.append(&mut found);
                read.push(one(repository, part[at], query, watch)?);
            }
            Err(error) => return Err(error),
        }
        hooks.progress(read.len() as u64, wanted.len() as u64);
    }
    Ok(read)
}

fn not_all(wanted: usize, found: usize) -> SourceError {
    SourceError::Command {
        command: "log".to_owned(),
        reason: format!("it gave {found} of {wanted} commits"),
    }
}

/// Reads commits up to the first that git fails on.
fn some(
    repository: &Repository,
    wanted: &[CommitTime],
    query: &Query,
    watch: &Watch<'_>,
) -> (Vec<Commit>, Result<(), SourceError>) {
    let mut reader = Reader::new(query);
    let more = std::iter::once("--no-walk=unsorted".to_owned());
    let more = more.chain(wanted.iter().map(|commit| commit.id.to_string()));
    let more: Vec<String> = more.chain(["--".to_owned()]).collect();
    let flow = repository.records(PatchLog::default(), more, &[], watch, |record| {
        reader.take(record);
        ControlFlow::Continue(())
    });
    let mut commits = reader.finish();
    for (commit, wanted) in commits.iter_mut().zip(wanted) {
        commit.time = wanted.time.unwrap_or(0);
    }
    (commits, flow.map(drop))
}

/// Reads one commit as far as its objects are there: with its lines, else with its
/// message and its paths, else as a mere name.
fn one(
    repository: &Repository,
    wanted: CommitTime,
    query: &Query,
    watch: &Watch<'_>,
) -> Result<Commit, SourceError> {
    let (mut found, end) = some(repository, &[wanted], query, watch);
    match (end, found.pop()) {
        (Ok(()), Some(commit)) => return Ok(commit),
        (Ok(()) | Err(SourceError::Command { .. }), _) => {}
        (Err(error), _) => return Err(error),
    }
    let name = wanted.id.to_string();
    let mut reader = Reader::new(query);
    let more = ["--no-walk", "--no-patch", &name];
    let message = repository.records(PatchLog::default(), more, &[], watch, |record| {
        reader.take(record);
        ControlFlow::Continue(())
    });
    unless_fatal(message)?;
    let mut commit = reader.finish().pop();
    let commit = commit.get_or_insert_with(|| Commit::new(wanted.id, 0));
    commit.time = wanted.time.unwrap_or(0);
    commit.is_whole = false;
    let mut files = Vec::new();
    let raw = repository.records(Log::default(), ["--no-walk", &name], &[], watch, |record| {
        if let LogRecord::Change(change) = record {
            files.push(String::from_utf8_lossy(&change.path).into_owned());
        }
        ControlFlow::Continue(())
    });
    unless_fatal(raw)?;
    for path in files {
        count_path(query, &path, &mut commit.fields.paths);
        commit.files.push(ChangedFile { path, lines: 0 });
    }
    Ok(commit.clone())
}

/// That git failed on an object is no reason to end.
fn unless_fatal(flow: Result<ControlFlow<()>, SourceError>) -> Result<(), SourceError> {
    match flow {
        Ok(_) | Err(SourceError::Command { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Counts records.
struct Reader<'a> {
    query: &'a Query,
    commits: Vec<Commit>,
    file: Option<File>,
    /// Changed lines of the last commit.
    lines: u32,
}

/// The file that is being read.
struct File {
    path: String,
    is_unread: bool,
    lines: u32,
    /// Whether it stands in the list of its commit, which a first place puts it in.
    is_listed: bool,
}

impl<'a> Reader<'a> {
    fn new(query: &'a Query) -> Self {
        Self {
            query,
            commits: Vec::new(),
            file: None,
            lines: 0,
        }
    }

    fn take(&mut self, record: PatchRecord) {
        match record {
            PatchRecord::Commit(commit) => self.begin(&commit),
            PatchRecord::File(file) => {
                let path = file.new_path.or(file.old_path).unwrap_or_default();
                let path = String::from_utf8_lossy(&path).into_owned();
                self.file = (!file.is_binary).then(|| File {
                    is_unread: paths::is_unread(&path),
                    path,
                    lines: 0,
                    is_listed: false,
                });
            }
            PatchRecord::Hunk(context) => self.place(&context),
            PatchRecord::Line(line) => self.line(line.side, &line.text),
        }
    }

    fn finish(self) -> Vec<Commit> {
        self.commits
    }

    fn begin(&mut self, found: &PatchCommit) {
        let message = String::from_utf8_lossy(&found.message);
        let (subject, body) = message.split_once('\n').unwrap_or((&message, ""));
        let end = body
            .char_indices()
            .nth(MOST_BODY)
            .map_or(body.len(), |(at, _)| at);
        let mut commit = Commit::new(found.id, found.time.unwrap_or(0));
        commit.parent = found.parents.first().copied();
        subject.clone_into(&mut commit.subject);
        commit.is_whole = true;
        count(self.query, subject.as_bytes(), &mut commit.fields.subject);
        let body = &body.as_bytes()[..end];
        commit.body_length = count(self.query, body, &mut commit.fields.body);
        self.commits.push(commit);
        (self.file, self.lines) = (None, 0);
    }

    fn place(&mut self, context: &[u8]) {
        let (Some(commit), Some(file)) = (self.commits.last_mut(), &mut self.file) else {
            return;
        };
        if !file.is_listed {
            file.is_listed = true;
            // A file that became a link is there twice.
            if commit
                .files
                .last()
                .is_none_or(|last| last.path != file.path)
            {
                count_path(self.query, &file.path, &mut commit.fields.paths);
                let path = file.path.clone();
                commit.files.push(ChangedFile { path, lines: 0 });
            }
        }
        if !file.is_unread {
            count(self.query, context, &mut commit.fields.context);
        }
    }

    fn line(&mut self, side: Side, text: &[u8]) {
        let (Some(commit), Some(file)) = (self.commits.last_mut(), &mut self.file) else {
            return;
        };
        if let Some(listed) = commit.files.last_mut() {
            listed.lines += 1;
        }
        if file.is_unread {
            return;
        }
        file.lines += 1;
        self.lines += 1;
        let is_much = file.lines > MOST_LINES_OF_FILE || self.lines > MOST_LINES;
        if is_much || text.len() > MOST_BYTES {
            return;
        }
        let field = match side {
            Side::New => &mut commit.fields.added,
            Side::Old => &mut commit.fields.removed,
        };
        commit.patch_length += count(self.query, text, field);
    }
}

/// Counts the query's tokens in a text; gives how many tokens it has in all.
fn count(query: &Query, text: &[u8], into: &mut Counts) -> u32 {
    let mut all = 0;
    tokens::each(text, &mut |token| {
        all += 1;
        if let Some(number) = query.number(token) {
            into.add(number);
        }
    });
    all
}

/// Counts each of the query's tokens in a path once.
fn count_path(query: &Query, path: &str, into: &mut Counts) {
    for number in numbers(query, path) {
        into.add(number);
    }
}

/// The query's tokens in a path.
pub(crate) fn numbers(query: &Query, path: &str) -> BTreeSet<u32> {
    let mut found = BTreeSet::new();
    tokens::each(path.as_bytes(), &mut |token| {
        found.extend(query.number(token));
    });
    found
}

/// What there is at the base, and the commits that blame is to pass over.
fn tree(
    repository: &Repository,
    base: &ObjectId,
    query: &Query,
    watch: &Watch<'_>,
) -> Result<(Tree, Vec<ObjectId>), SourceError> {
    let mut tree = Tree::default();
    let mut list = None;
    let name = [base.to_string()];
    let _ = repository.records(TreeEntries::default(), name, &[], watch, |entry| {
        if entry.kind == ObjectKind::Blob {
            let path = String::from_utf8_lossy(&entry.path).into_owned();
            if path == IGNORED {
                list = Some(entry.id);
            }
            tree.files.push(path);
        }
        ControlFlow::Continue(())
    })?;
    let words: Vec<&str> = query.words.iter().map(String::as_str).collect();
    let mut found: BTreeMap<String, BTreeMap<String, u32>> = BTreeMap::new();
    let searched = repository.words(base, &words, watch, |place| {
        let path = String::from_utf8_lossy(&place.path);
        if !paths::is_uncounted(&path) {
            let word = String::from_utf8_lossy(&place.word).into_owned();
            let files = found.entry(word).or_default();
            *files.entry(path.into_owned()).or_default() += 1;
        }
        ControlFlow::Continue(())
    });
    unless_fatal(searched)?;
    tree.words = found;
    let places = query.frames.iter();
    tree.places = places.map(|frame| files_of(frame, &tree.files)).collect();
    let ignored = match list {
        Some(list) => ignored(repository, &list, watch)?,
        None => Vec::new(),
    };
    Ok((tree, ignored))
}

/// The files that a place may be in. A trace of an installed package has another folder in
/// front, so parts are taken away from the front while two are left.
fn files_of(frame: &Frame, files: &[String]) -> Vec<String> {
    let mut path = frame.path.as_str();
    loop {
        let found = files.iter().filter(|file| paths::may_be_one(file, path));
        let found: Vec<String> = found.take(MOST_FILES_OF_PLACE).cloned().collect();
        if !found.is_empty() {
            return found;
        }
        match path.split_once('/') {
            Some((_, rest)) if rest.contains('/') => path = rest,
            _ => return Vec::new(),
        }
    }
}

/// The commits of a list that blame is to pass over, as far as they are here.
fn ignored(
    repository: &Repository,
    list: &ObjectId,
    watch: &Watch<'_>,
) -> Result<Vec<ObjectId>, SourceError> {
    let mut objects = repository.objects();
    let Fetched::Found(list) = objects.read(list, 1 << 20, watch)? else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for line in list.content.split(|byte| *byte == b'\n') {
        let line = line.split(|byte| *byte == b'#').next().unwrap_or_default();
        let Some(id) = ObjectId::from_hex(line.trim_ascii()) else {
            continue;
        };
        // Git fails on one that it does not have.
        let is_commit = matches!(
            objects.read(&id, 1 << 20, watch)?,
            Fetched::Found(object) if object.kind == ObjectKind::Commit
        );
        if is_commit && found.len() < MOST_IGNORED {
            found.push(id);
        }
    }
    Ok(found)
}

/// Which commits wrote the lines around the places of the query.
fn blamed(
    repository: &Repository,
    base: &ObjectId,
    query: &Query,
    tree: &Tree,
    ignored: &[ObjectId],
    watch: &Watch<'_>,
) -> Result<HashMap<ObjectId, Blamed>, SourceError> {
    let mut nearest: HashMap<ObjectId, Blamed> = HashMap::new();
    let places = query.frames.iter().zip(&tree.places).take(MOST_PLACES);
    for (frame, files) in places {
        let Some(line) = frame.line else { continue };
        for path in files {
            let first = line.saturating_sub(AROUND).max(1);
            let mut more: Vec<String> = vec!["-w".into(), format!("-L{first},+{}", 2 * AROUND + 1)];
            more.extend(ignored.iter().map(|id| format!("--ignore-rev={id}")));
            more.extend([base.to_string(), "--".to_owned()]);
            let file = [Path::new(path)];
            let flow = repository.records(Blame::incremental(), more, &file, watch, |lines| {
                let last = lines.line + lines.count.saturating_sub(1);
                let near = line.clamp(lines.line, last);
                let found = Blamed {
                    distance: near.abs_diff(line),
                    path: path.clone(),
                    line: near,
                };
                let kept = nearest
                    .entry(lines.commit.id)
                    .or_insert_with(|| found.clone());
                if found.distance < kept.distance {
                    *kept = found;
                }
                ControlFlow::Continue(())
            });
            // A file that is shorter now, or an object that is missing.
            unless_fatal(flow)?;
        }
    }
    Ok(nearest)
}
