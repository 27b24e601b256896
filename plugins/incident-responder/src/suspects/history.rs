//! What is known of the commits that may be to blame: counts of tokens, no texts.

use std::collections::{BTreeMap, HashMap};

use guildhall_source::git::ObjectId;

/// How often each token of the query stands in a field, by its number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Counts(BTreeMap<u32, u32>);

/// All that was read.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    /// The commits, newest first.
    pub(crate) commits: Vec<Commit>,
    pub(crate) tree: Tree,
    /// How near to a place of the symptom a line is that a commit wrote last.
    pub(crate) blamed: HashMap<ObjectId, Blamed>,
}

/// A commit as it was counted.
#[derive(Debug, Clone)]
pub(crate) struct Commit {
    pub(crate) id: ObjectId,
    /// The commit before it; `None` for a first one.
    pub(crate) parent: Option<ObjectId>,
    /// Seconds since 1970.
    pub(crate) time: i64,
    pub(crate) subject: String,
    /// Tokens of its message behind the subject.
    pub(crate) body_length: u32,
    /// Tokens of the lines that it changed.
    pub(crate) patch_length: u32,
    pub(crate) files: Vec<ChangedFile>,
    pub(crate) fields: Fields,
    /// Whether all that it changed is here.
    pub(crate) is_whole: bool,
}

/// A file that a commit changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChangedFile {
    pub(crate) path: String,
    /// Lines that went and came.
    pub(crate) lines: u32,
}

/// Where the tokens of the query stand in a commit.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fields {
    pub(crate) subject: Counts,
    pub(crate) body: Counts,
    /// Counted once a file.
    pub(crate) paths: Counts,
    pub(crate) added: Counts,
    pub(crate) removed: Counts,
    /// What git shows before a place, often the name of a function.
    pub(crate) context: Counts,
}

/// The files at the commit at which the symptom was seen.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tree {
    /// All of them, ordered.
    pub(crate) files: Vec<String>,
    /// How often each word of the query stands in which file.
    pub(crate) words: BTreeMap<String, BTreeMap<String, u32>>,
    /// The files that the places of the symptom are in, one list a place.
    pub(crate) places: Vec<Vec<String>>,
}

/// A line near a place of the symptom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Blamed {
    /// Lines between it and the place.
    pub(crate) distance: u32,
    pub(crate) path: String,
    pub(crate) line: u32,
}

impl Counts {
    pub(crate) fn add(&mut self, token: u32) {
        *self.0.entry(token).or_default() += 1;
    }

    pub(crate) fn get(&self, token: u32) -> u32 {
        self.0.get(&token).copied().unwrap_or(0)
    }

    pub(crate) fn tokens(&self) -> impl Iterator<Item = u32> {
        self.0.keys().copied()
    }
}

impl Fields {
    /// All of them.
    pub(crate) fn all(&self) -> [&Counts; 6] {
        [
            &self.subject,
            &self.body,
            &self.paths,
            &self.added,
            &self.removed,
            &self.context,
        ]
    }
}

impl Commit {
    pub(crate) fn new(id: ObjectId, time: i64) -> Self {
        Self {
            id,
            parent: None,
            time,
            subject: String::new(),
            body_length: 0,
            patch_length: 0,
            files: Vec::new(),
            fields: Fields::default(),
            is_whole: false,
        }
    }
}
