//! What earlier scans have found out, so that the next one need not.
//!
//! - Of each file: what the system said of it when its content was read ([`Stamp`]), and the
//!   digest of that content.
//! - Of each content: its facts, as this analysis finds them.
//! - The report of the last scan, by a digest of all that it depends on.
//! - What the last walk has found, with what the system said of all that it depends on
//!   ([`Walk`]).
//!
//! Each root has one file in a folder of the agent's own ([`folder`]), which is replaced as a
//! whole ([`stored`]). Whatever is wrong with it costs time and changes nothing: what is not
//! believed is found out again, and [`Cache::problem`] says why.

mod bytes;
mod digest;
mod folder;
mod index;
mod repository;
mod stamp;
mod stored;
mod walked;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use guildhall_report::{Report, Skipped};
use serde::{Deserialize, Serialize};

use crate::facts::{File, FileFacts};
use folder::Folder;
use index::{Index, Kept};
use stored::{Stored, Unusable};

pub(crate) use digest::{Digest, Parts};
pub(crate) use repository::{history_digest, read as read_file};
pub(crate) use stamp::Stamp;
pub(crate) use walked::{Seen, Survey, Walk, above, is_same, survey};

/// The analysis that is built here; another one finds other facts. `build.rs` makes it.
const ANALYSIS: &str = env!("ANALYSIS");

/// For so many changes of the tree facts are kept that are of no use: who changes to another
/// branch and back finds them again.
const LONGEST_UNUSED: u32 = 20;

/// The cache of one root.
#[derive(Debug)]
pub(crate) struct Cache {
    place: Option<Folder>,
    most_bytes: u64,
    stored: Option<Stored>,
    index: Index,
    /// The facts that are stored, once they were needed.
    facts: Vec<u8>,
    /// What the next scan is to find.
    next: Next,
    problem: Option<String>,
    is_damaged: bool,
    /// By how many seconds the clock goes before the system's, for tests that cannot wait.
    ahead: i64,
}

/// What will be stored.
#[derive(Debug, Default)]
struct Next {
    files: BTreeMap<String, (Stamp, Digest)>,
    /// The facts on each content; none where they are stored already.
    facts: BTreeMap<Digest, Option<Vec<u8>>>,
    /// What a walk has found; none where the known one still holds.
    walk: Option<Walk>,
}

/// What is kept of a file beside its name.
#[derive(Serialize, Deserialize)]
struct Content<F, S> {
    facts: F,
    skipped: Option<S>,
}

impl Cache {
    /// One that knows nothing and keeps nothing.
    pub(crate) fn off() -> Self {
        Self {
            place: None,
            most_bytes: 0,
            stored: None,
            index: Index::default(),
            facts: Vec::new(),
            next: Next::default(),
            problem: None,
            is_damaged: false,
            ahead: 0,
        }
    }

    /// The cache of `root` in `folder`, which may have at most so many bytes.
    pub(crate) fn open(folder: PathBuf, root: &Path, most_bytes: u64) -> Self {
        let place = Folder::new(folder, root);
        let mut cache = Self::off();
        match place
            .open()
            .map_err(Unusable::from)
            .and_then(|file| file.map(Stored::open).transpose())
        {
            Ok(Some((stored, index))) if index.analysis == ANALYSIS => {
                cache.stored = Some(stored);
                cache.index = index;
            }
            Ok(Some(_)) => cache.doubt(&Unusable::Foreign),
            Ok(None) => {}
            Err(error) => cache.doubt(&error),
        }
        cache.place = Some(place);
        cache.most_bytes = most_bytes;
        cache
    }

    pub(crate) fn is_on(&self) -> bool {
        self.place.is_some()
    }

    /// The time, in seconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        stamp::now().saturating_add(self.ahead)
    }

    /// What keeps the cache from being of full use: why it was built anew, or cannot be
    /// written.
    pub(crate) fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// Whether something was wrong with what was stored. That another version has written it
    /// is in order.
    pub(crate) fn is_damaged(&self) -> bool {
        self.is_damaged
    }

    /// What the last walk over `root` has found, which may hold no more.
    pub(crate) fn walk(&self, root: &Path) -> Option<&Walk> {
        let known = self.index.walk.as_ref();
        known.filter(|walk| walk.root == root)
    }

    /// The content of a file, where it has not been changed since it was read.
    pub(crate) fn content(&self, name: &str, stamp: &Stamp) -> Option<Digest> {
        let (known, content) = self.index.files.get(name)?;
        (known == stamp).then_some(*content)
    }

    pub(crate) fn has_facts(&self, key: Digest) -> bool {
        self.index.facts.contains_key(&key)
    }

    /// Reads the facts that are stored; [`Cache::facts`] has none before.
    pub(crate) fn load_facts(&mut self) {
        match self.stored.as_ref().map(Stored::facts) {
            Some(Ok(facts)) => self.facts = facts,
            Some(Err(error)) => self.doubt(&error),
            None => {}
        }
    }

    /// Believes none of the facts that are stored.
    pub(crate) fn forget_facts(&mut self) {
        self.index.facts.clear();
    }

    /// What is known of a file of this name with the content of `key`.
    pub(crate) fn facts(&self, name: &str, key: Digest) -> Option<File> {
        let kept = self.index.facts.get(&key)?;
        let bytes = self.facts.get(kept.place.clone())?;
        let (length, rest) = bytes.split_first_chunk()?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        let (json, prints) = rest.split_at_checked(length)?;
        let content: Content<FileFacts, Skipped> = serde_json::from_slice(json).ok()?;
        Some(File {
            name: name.to_owned(),
            facts: FileFacts {
                prints: prints.to_vec(),
                ..content.facts
            },
            skipped: content.skipped.map(|mut skipped| {
                name.clone_into(&mut skipped.path);
                skipped
            }),
        })
    }

    /// Whether a report is stored that depends on the same, of which `key` is a digest.
    pub(crate) fn has_report(&self, key: Digest) -> bool {
        self.stored.is_some() && self.index.report == Some(key)
    }

    /// The report that is stored, as JSON, where it depends on the same, of which `key` is a
    /// digest.
    pub(crate) fn report(&mut self, key: Digest) -> Option<Vec<u8>> {
        let stored = self.stored.as_ref()?;
        if self.index.report? != key {
            return None;
        }
        match stored.report() {
            Ok(report) => Some(report),
            Err(error) => {
                self.doubt(&error);
                None
            }
        }
    }

    /// A file of this name has this content as long as the system says the same of it.
    pub(crate) fn keep_stamp(&mut self, name: &str, stamp: Stamp, content: Digest) {
        self.next.files.insert(name.to_owned(), (stamp, content));
    }

    /// A walk has found this.
    pub(crate) fn keep_walk(&mut self, walk: Option<Walk>) {
        self.next.walk = walk;
    }

    /// These facts are of use.
    pub(crate) fn keep_old_facts(&mut self, key: Digest) {
        self.next.facts.entry(key).or_default();
    }

    /// These facts, in the form of [`kept_form`], are of use.
    pub(crate) fn keep_facts(&mut self, key: Digest, facts: Vec<u8>) {
        self.next.facts.insert(key, Some(facts));
    }

    /// Stores what is to be kept. `report` is the scan's report where the stored one is not
    /// that already, with what it depends on.
    pub(crate) fn store(&mut self, report: Option<(Digest, &Report)>) {
        let Some(place) = &self.place else {
            return;
        };
        let next = std::mem::take(&mut self.next);
        let is_same = report.is_none() && next.walk.is_none() && next.files == self.index.files;
        if let Some(stored) = self.stored.as_ref().filter(|_| is_same) {
            stored.touch();
            return;
        }
        let stored = self.write(next, report);
        let shrunk = stored.and_then(|()| place.shrink(self.most_bytes));
        if let Err(error) = shrunk {
            self.problem = Some(format!("it cannot be written: {error}"));
        }
    }

    fn write(&self, next: Next, report: Option<(Digest, &Report)>) -> std::io::Result<()> {
        let Some(place) = &self.place else {
            return Ok(());
        };
        let (key, report) = match report {
            Some((key, report)) => (Some(key), serde_json::to_vec(report)?),
            None => match self.stored.as_ref().map(Stored::report) {
                Some(Ok(report)) => (self.index.report, report),
                _ => (None, Vec::new()),
            },
        };
        let old = if self.facts.is_empty() {
            let stored = self.stored.as_ref().map(Stored::facts);
            stored.and_then(Result::ok).unwrap_or_default()
        } else {
            // It was read already.
            Vec::new()
        };
        let old = if old.is_empty() { &self.facts } else { &old };
        let (facts, places) = together(next.facts, old, &self.index.facts);
        let index = Index {
            analysis: ANALYSIS.to_owned(),
            files: next.files,
            facts: places,
            report: key,
            // One that holds no more costs little, and may hold again.
            walk: next.walk.or_else(|| self.index.walk.clone()),
        };
        let index = index.to_bytes();
        if (index.len() + report.len() + facts.len()) as u64 > self.most_bytes {
            return Err(std::io::Error::other(format!(
                "it would have more than {} bytes; `tech-debt-scanner.max-cache-bytes` allows more",
                self.most_bytes
            )));
        }
        place.replace([&index, &report, &facts])
    }

    fn doubt(&mut self, error: &Unusable) {
        self.is_damaged |= !matches!(error, Unusable::Foreign);
        self.problem = Some(format!("{error}; it is built anew"));
    }
}

/// The name of a report that depends on what `key` is a digest of, as this analysis makes it.
pub(crate) fn state(key: Digest) -> String {
    format!("{ANALYSIS}-{}", String::from(key))
}

/// The form in which the cache keeps what is known of a file: its length, JSON, and the
/// fingerprints as they are, which are most of it and would be four times as long in JSON.
pub(crate) fn kept_form(file: &File) -> Option<Vec<u8>> {
    let content = Content {
        facts: &file.facts,
        skipped: file.skipped.as_ref(),
    };
    let json = serde_json::to_vec(&content).ok()?;
    let length = (json.len() as u64).to_le_bytes();
    Some([&length[..], &json, &file.facts.prints].concat())
}

/// All facts that are kept: those of use, and of those that were of use before the ones of
/// the last changes, up to as many bytes.
fn together(
    of_use: BTreeMap<Digest, Option<Vec<u8>>>,
    old: &[u8],
    places: &BTreeMap<Digest, Kept>,
) -> (Vec<u8>, BTreeMap<Digest, Kept>) {
    let mut facts = Vec::new();
    let mut kept = BTreeMap::new();
    let mut add = |key: Digest, bytes: &[u8], unused| {
        let start = facts.len();
        facts.extend_from_slice(bytes);
        let place = start..facts.len();
        kept.insert(key, Kept { place, unused });
        facts.len()
    };
    let stored = |key: &Digest| places.get(key).and_then(|kept| old.get(kept.place.clone()));
    let mut bytes = 0;
    for (key, new) in &of_use {
        if let Some(of_this) = new.as_deref().or_else(|| stored(key)) {
            bytes = add(*key, of_this, 0);
        }
    }
    let most = bytes.saturating_mul(2);
    let mut unused: Vec<(&Digest, &Kept)> = places.iter().collect();
    unused.retain(|(key, kept)| !of_use.contains_key(key) && kept.unused < LONGEST_UNUSED);
    unused.sort_by_key(|(_, kept)| kept.unused);
    for (key, place) in unused {
        let Some(of_this) = stored(key) else {
            continue;
        };
        if bytes + of_this.len() > most {
            break;
        }
        bytes = add(*key, of_this, place.unused + 1);
    }
    (facts, kept)
}
