//! What each side changed since the sides parted, file by file.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::path::Path;
use std::rc::Rc;

use guildhall_merge::text::Texts;
use guildhall_merge::three_way::{Kind, three_way};
use guildhall_report::Skipped;
use guildhall_sdk::core::path_text;
use guildhall_sdk::prelude::*;
use guildhall_source::git::{Change, FileKind, FileMode, ObjectId, Status};
use guildhall_source::repository::{Fetched, Objects, Trials, Watch};

use super::source::Source;
use crate::merge::{failed, path_of};

/// Bytes of a file whose items are looked at; longer ones are hardly written by hand.
const MOST_BYTES: u64 = 1 << 20;

/// Files of a side whose items are looked at.
const MOST_FILES: usize = 5_000;

/// The files that a side changed, by path.
pub(super) type Changed = Rc<BTreeMap<String, File>>;

/// A file that a side changed.
#[derive(Debug)]
pub(super) struct File {
    /// What it was; none where there was no such file, or its text is not looked at.
    pub(super) before: Option<Rc<Source>>,
    /// What it is.
    pub(super) after: Option<Rc<Source>>,
    /// Lines that were changed, from zero: those of before, and what stands there instead.
    pub(super) lines: Vec<(Range<usize>, Range<usize>)>,
}

/// Reads changes, each once.
pub(super) struct Edits<'a> {
    trials: &'a Trials,
    objects: Objects<'a>,
    watch: &'a Watch<'a>,
    known: HashMap<(ObjectId, ObjectId), Changed>,
    sources: HashMap<(ObjectId, String), Option<Rc<Source>>>,
    skipped: BTreeSet<(String, &'static str, String)>,
}

impl<'a> Edits<'a> {
    pub(super) fn new(trials: &'a Trials, watch: &'a Watch<'a>) -> Self {
        Self {
            trials,
            objects: trials.objects(),
            watch,
            known: HashMap::new(),
            sources: HashMap::new(),
            skipped: BTreeSet::new(),
        }
    }

    /// What a commit changed since another.
    ///
    /// # Errors
    /// Where git fails.
    pub(super) fn of(&mut self, base: &ObjectId, commit: &ObjectId) -> Result<Changed, AgentError> {
        if let Some(known) = self.known.get(&(*base, *commit)) {
            return Ok(Rc::clone(known));
        }
        let changes = self
            .trials
            .changes(base, commit, self.watch)
            .map_err(failed)?;
        let mut files = BTreeMap::new();
        for (number, change) in changes.iter().enumerate() {
            let is_looked_at = number < MOST_FILES;
            for (path, file) in self.files(change, is_looked_at)? {
                files.insert(path, file);
            }
        }
        let files = Rc::new(files);
        self.known.insert((*base, *commit), Rc::clone(&files));
        Ok(files)
    }

    /// Files of which no items are known, by path.
    pub(super) fn skipped(&self) -> Vec<Skipped> {
        let skipped = self.skipped.iter();
        skipped
            .map(|(path, code, reason)| Skipped::new(path, *code, reason))
            .collect()
    }

    /// The file of a change; of a rename both paths.
    fn files(
        &mut self,
        change: &Change,
        is_looked_at: bool,
    ) -> Result<Vec<(String, File)>, AgentError> {
        let text = |bytes: &[u8]| path_text::encode(&path_of(bytes));
        let path = text(&change.path);
        let was = change.status != Status::Added && change.status != Status::Copied;
        let is = change.status != Status::Deleted;
        let old_path = change
            .old_path
            .as_deref()
            .map_or_else(|| path.clone(), text);
        let mut read = |is: bool, id: &ObjectId, mode: FileMode, path: &str| match is {
            true => self.source(id, mode, path, is_looked_at),
            false => Ok(None),
        };
        let before = read(was, &change.old_id, change.old_mode, &old_path)?;
        let after = read(is, &change.new_id, change.new_mode, &path)?;
        if old_path != path && change.status == Status::Renamed {
            return Ok(vec![
                (old_path, File::new(before, None)),
                (path, File::new(None, after)),
            ]);
        }
        Ok(vec![(path, File::new(before, after))])
    }

    /// The text of a file with its items; none where it is no text.
    fn source(
        &mut self,
        id: &ObjectId,
        mode: FileMode,
        path: &str,
        is_looked_at: bool,
    ) -> Result<Option<Rc<Source>>, AgentError> {
        if !matches!(mode.kind(), FileKind::Regular | FileKind::Executable) {
            return Ok(None);
        }
        let mut skip = |code, reason: String| {
            self.skipped.insert((path.to_owned(), code, reason));
        };
        if !is_looked_at {
            skip(
                "too-many",
                format!("a side changes more than {MOST_FILES} files"),
            );
            return Ok(None);
        }
        let key = (*id, path.to_owned());
        if let Some(known) = self.sources.get(&key) {
            return Ok(known.clone());
        }
        let fetched = self
            .objects
            .read(id, MOST_BYTES, self.watch)
            .map_err(failed)?;
        let source = match fetched {
            Fetched::Missing => {
                skip(
                    "missing",
                    "its content is not in this repository".to_owned(),
                );
                None
            }
            Fetched::TooLarge { size, .. } => {
                skip(
                    "too-large",
                    format!("it has {size} bytes, more than {MOST_BYTES}"),
                );
                None
            }
            // What is no text has no items; merging says what there is to say.
            Fetched::Found(object) => String::from_utf8(object.content).ok(),
        };
        let source = source.map(|text| {
            let (source, problem) = Source::read(text, Path::new(path));
            if let Some(problem) = problem {
                let skipped = problem.skipped(path);
                skip("no-items", skipped.reason);
            }
            Rc::new(source)
        });
        self.sources.insert(key, source.clone());
        Ok(source)
    }
}

impl File {
    fn new(before: Option<Rc<Source>>, after: Option<Rc<Source>>) -> Self {
        let text = |source: &Option<Rc<Source>>| {
            source.as_ref().map_or("", |it| it.text.as_str()).to_owned()
        };
        let lines = changed_lines(&text(&before), &text(&after));
        Self {
            before,
            after,
            lines,
        }
    }

    /// Whether the side changed one of these lines of before.
    pub(super) fn changes_before(&self, lines: &Range<usize>) -> bool {
        self.lines.iter().any(|(before, _)| {
            let end = before.end.max(before.start + 1);
            before.start < lines.end && lines.start < end
        })
    }

    /// Whether this line of after is the side's own.
    pub(super) fn is_new(&self, line: usize) -> bool {
        self.lines.iter().any(|(_, after)| after.contains(&line))
    }
}

fn changed_lines(before: &str, after: &str) -> Vec<(Range<usize>, Range<usize>)> {
    let (before, after) = (before.as_bytes(), after.as_bytes());
    let Ok(texts) = Texts::read(before, after, before) else {
        return Vec::new();
    };
    let pieces = three_way(&texts.base, &texts.ours, &texts.base);
    let changed = pieces.into_iter().filter(|piece| piece.kind != Kind::Alike);
    changed.map(|piece| (piece.base, piece.ours)).collect()
}
