//! From a folder to what is known of its files: walk, look at each file, and read out of the
//! cache what needs no other look.
//!
//! Looking at a file finds out which content it has: from what the system says of it where
//! the cache knows that, else by reading it. A content that the cache has no facts on is
//! examined in the same reading.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use guildhall_core::path_text;
use guildhall_report::Skipped;
use guildhall_source::language::Language;
use guildhall_source::read::{ReadFailure, read, read_content};
use guildhall_source::walk::Found;

use crate::analyse::{analyse, of_content, without_content};
use crate::cache::{self, Cache, Digest, Parts, Stamp};
use crate::cargo::{self, CargoFiles, CargoText};
use crate::facts::File;
use crate::listing::{self, Listing, Origin};
use crate::settings::Reading;
use crate::tree::Tree;
use crate::work::{each, each_largest_first};
use crate::{Hooks, ScanError};

/// What the phases took.
#[derive(Debug)]
pub(crate) struct Times {
    pub(crate) walk: Duration,
    pub(crate) analyse: Duration,
}

/// The files of a tree, each looked at.
pub(crate) struct Gathered {
    /// The sources, ordered by name.
    sources: Vec<Found>,
    looks: Vec<Look>,
    /// Cargo's files, which are few, are always read.
    cargo: Vec<CargoText>,
    /// Places that are not among the files, ordered by path.
    skipped: Vec<Skipped>,
    /// Files that say of which package a file is and who wrote it.
    marks: Vec<PathBuf>,
    origin: Origin,
    /// Whether a file was found to be another than the one that was looked at.
    has_changed: AtomicBool,
    pub(crate) times: Times,
}

/// What came of looking at a file.
struct Look {
    /// Its content, or why there is none. There is no such digest without a cache.
    state: Option<Digest>,
    /// What the system said of the file; none where it is none, or was changed while it was
    /// read. There is none without a cache.
    seen: Option<Stamp>,
    /// By what the content is known again.
    stamp: Option<(Stamp, Digest)>,
    facts: Facts,
    was_read: bool,
}

/// What is known of a file.
enum Facts {
    /// The cache has them under this key.
    Cached(Digest),
    /// They were found out.
    Examined {
        file: Box<File>,
        /// What the cache is to keep of them.
        kept: Option<(Digest, Vec<u8>)>,
    },
}

/// How much there was to do.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) read: u64,
    pub(crate) analysed: u64,
}

/// Finds and examines the files below `root`, or `root` where it is a file.
///
/// # Errors
/// [`ScanError`] where there is nothing to look at, or somebody cancels.
pub(crate) fn gather(
    root: &Path,
    reading: &Reading,
    threads: usize,
    hooks: &dyn Hooks,
) -> Result<Tree, ScanError> {
    let mut cache = Cache::off();
    let mut gathered = look(root, reading, &cache, threads, hooks)?;
    gathered.tree(reading, &mut cache, threads, hooks)
}

/// Finds the files below `root`, or `root` where it is a file, and looks at each.
///
/// # Errors
/// [`ScanError`] where there is nothing to look at, or somebody cancels.
pub(crate) fn look(
    root: &Path,
    reading: &Reading,
    cache: &Cache,
    threads: usize,
    hooks: &dyn Hooks,
) -> Result<Gathered, ScanError> {
    let started = Instant::now();
    let Listing {
        files,
        mut skipped,
        marks,
        origin,
    } = listing::list(root, cache, threads, hooks)?;
    let (sources, cargos) = cargo::told_apart(files);
    if sources.is_empty() && skipped.is_empty() {
        // A report without anything would read as if all were well.
        skipped.push(nothing_to_scan());
    }
    skipped.sort_by(|a, b| (&a.path, &a.code, &a.reason).cmp(&(&b.path, &b.code, &b.reason)));
    let walk = started.elapsed();
    let done = AtomicU64::new(0);
    let all = sources.len() as u64;
    // This shows every field, also one that is added later.
    let reading_shown = format!("{reading:?}");
    let looker = Looker {
        reading,
        reading_shown: &reading_shown,
        cache,
    };
    let look = |file: &Found| {
        let look = looker.look_at(file);
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        hooks.progress(done, all, &path_text::decode(&file.name));
        look
    };
    let looks = match origin {
        // Most files are known then, and asking for their sizes would take longer than they do.
        Origin::Known => each(&sources, threads, hooks, look)?,
        Origin::Walked { .. } => each_largest_first(&sources, threads, hooks, size_of, look)?,
    };
    let cargo = cargo::read_all(&cargos, reading.max_file_bytes);
    let analyse = started.elapsed() - walk;
    Ok(Gathered {
        sources,
        looks,
        cargo,
        skipped,
        marks,
        origin,
        has_changed: AtomicBool::new(false),
        times: Times { walk, analyse },
    })
}

impl Gathered {
    /// Adds the names of the files, their contents and what could not be looked at to what
    /// a report depends on, and what says of which package a file is.
    pub(crate) fn add_to(&self, root: &Path, parts: &mut Parts) {
        for (file, look) in self.sources.iter().zip(&self.looks) {
            let state = look.state.as_ref().map(Digest::bytes);
            parts.add(&file.name, state.map_or(&[], |state| state));
        }
        for file in &self.cargo {
            match &file.text {
                Ok(text) => parts.add(&file.name, text.as_bytes()),
                Err(failure) => parts.add(&file.name, state_of(failure).bytes()),
            }
        }
        for mark in &self.marks {
            if let Some(content) = cache::read_file(mark) {
                // The root may be elsewhere the next time.
                let place = mark.strip_prefix(root).unwrap_or(mark);
                parts.add("place", place.as_os_str().as_encoded_bytes());
                parts.add("mark", &content);
            }
        }
        for skipped in &self.skipped {
            for part in [&skipped.path, &skipped.code, &skipped.reason] {
                parts.add("skipped", part.as_bytes());
            }
        }
    }

    /// The text of a file once more. Where there is a cache, one that is not what it was
    /// when it was looked at is not given.
    pub(crate) fn text_again(&self, file: &File, reading: &Reading) -> Option<String> {
        let place = self
            .sources
            .binary_search_by(|source| source.name.cmp(&file.name));
        let place = place.ok()?;
        let text = read(&self.sources[place].path, reading.max_file_bytes).ok();
        let Some(state) = self.looks[place].state else {
            return text;
        };
        let same = text.filter(|text| Digest::of(text.as_bytes()) == state);
        self.has_changed.fetch_or(same.is_none(), Ordering::Relaxed);
        same
    }

    /// Whether files were written to since they were looked at, so that a report may hold
    /// something of both states.
    pub(crate) fn has_changed(
        &self,
        root: &Path,
        cache: &Cache,
        threads: usize,
        hooks: &dyn Hooks,
    ) -> Result<bool, ScanError> {
        let is_another = |(file, look): (&Found, &Look)| stamp_of(&file.path) != look.seen;
        if self.has_changed.load(Ordering::Relaxed)
            || self.sources.iter().zip(&self.looks).any(is_another)
        {
            return Ok(true);
        }
        listing::has_changed(root, &self.origin, &self.marks, cache, threads, hooks)
    }

    pub(crate) fn counts(&self) -> Counts {
        let count =
            |is: fn(&Look) -> bool| self.looks.iter().filter(|look| is(look)).count() as u64;
        Counts {
            read: count(|look| look.was_read),
            analysed: count(|look| matches!(look.facts, Facts::Examined { .. })),
        }
    }

    /// Hands what is to be kept over to the cache.
    pub(crate) fn keep(&mut self, cache: &mut Cache) {
        if let Origin::Walked { kept, .. } = &mut self.origin {
            cache.keep_walk(kept.take());
        }
        for (file, look) in self.sources.iter().zip(&mut self.looks) {
            if let Some((stamp, content)) = look.stamp {
                cache.keep_stamp(&file.name, stamp, content);
            }
            match &mut look.facts {
                Facts::Cached(key) => cache.keep_old_facts(*key),
                Facts::Examined { kept, .. } => {
                    if let Some((key, facts)) = kept.take() {
                        cache.keep_facts(key, facts);
                    }
                }
            }
        }
    }

    /// What is known of all files, which is taken out of here.
    pub(crate) fn tree(
        &mut self,
        reading: &Reading,
        cache: &mut Cache,
        threads: usize,
        hooks: &dyn Hooks,
    ) -> Result<Tree, ScanError> {
        let mut files = Vec::with_capacity(self.looks.len());
        let mut cached = Vec::new();
        for (place, (found, look)) in self.sources.iter().zip(&mut self.looks).enumerate() {
            match &mut look.facts {
                Facts::Cached(key) => cached.push((place, found, *key)),
                Facts::Examined { file, .. } => files.push(std::mem::take(&mut **file)),
            }
        }
        if !cached.is_empty() {
            cache.load_facts();
        }
        let found = each(&cached, threads, hooks, |(_, found, key)| {
            cache.facts(&found.name, *key)
        })?;
        let mut lost = Vec::new();
        for ((place, found, _), file) in cached.into_iter().zip(found) {
            match file {
                Some(file) => files.push(file),
                None => lost.push((place, found)),
            }
        }
        if lost.is_empty() {
            return Ok(self.tree_of(files));
        }
        // What the cache has lost is found out after all.
        cache.forget_facts();
        let looker = Looker {
            reading,
            reading_shown: &format!("{reading:?}"),
            cache: &*cache,
        };
        let again = each(&lost, threads, hooks, |(_, found)| {
            looker.read_and_look(found)
        })?;
        for ((place, _), mut look) in lost.into_iter().zip(again) {
            if let Facts::Examined { file, .. } = &mut look.facts {
                files.push(std::mem::take(&mut **file));
            }
            self.looks[place] = look;
        }
        Ok(self.tree_of(files))
    }

    fn tree_of(&self, files: Vec<File>) -> Tree {
        let cargo = CargoFiles::of_read(&self.cargo);
        Tree::new(files, self.skipped.clone(), cargo)
    }
}

/// Bytes of a file; what cannot be asked is small.
fn size_of(file: &Found) -> u64 {
    fs::metadata(&file.path).map_or(0, |metadata| metadata.len())
}

fn nothing_to_scan() -> Skipped {
    let reason = "there is no source file in it that is not ignored";
    Skipped::new(".", "nothing-to-scan", reason)
}

/// Looks at files.
struct Looker<'a> {
    reading: &'a Reading,
    /// How files are read, as text.
    reading_shown: &'a str,
    cache: &'a Cache,
}

impl Looker<'_> {
    fn look_at(&self, file: &Found) -> Look {
        let (reading, cache) = (self.reading, self.cache);
        if !cache.is_on() {
            return examined(analyse(file, reading));
        }
        if let Some(stamp) =
            stamp_of(&file.path).filter(|stamp| stamp.size <= reading.max_file_bytes)
            && let Some(content) = cache.content(&file.name, &stamp)
        {
            let key = self.key_of(file, content);
            if cache.has_facts(key) {
                return Look {
                    state: Some(content),
                    seen: Some(stamp),
                    stamp: Some((stamp, content)),
                    facts: Facts::Cached(key),
                    was_read: false,
                };
            }
        }
        self.read_and_look(file)
    }

    fn read_and_look(&self, file: &Found) -> Look {
        let (reading, cache) = (self.reading, self.cache);
        let read_at = cache.now();
        let content = match read_content(&file.path, reading.max_file_bytes) {
            Ok(content) => content,
            Err(failure) => {
                return Look {
                    state: Some(state_of(&failure)),
                    seen: stamp_of(&file.path),
                    ..examined(without_content(&file.name, &failure))
                };
            }
        };
        let digest = Digest::of(&content.bytes);
        let stamp = content.metadata.map(|metadata| Stamp::of(&metadata));
        let key = self.key_of(file, digest);
        let look = if cache.has_facts(key) {
            Look {
                facts: Facts::Cached(key),
                ..examined(File::default())
            }
        } else {
            let file = of_content(&file.name, content.bytes, reading);
            let kept = cache::kept_form(&file).map(|kept| (key, kept));
            let file = Box::new(file);
            Look {
                facts: Facts::Examined { file, kept },
                ..examined(File::default())
            }
        };
        Look {
            state: Some(digest),
            seen: stamp,
            stamp: stamp
                .filter(|stamp| stamp.is_settled(read_at))
                .map(|stamp| (stamp, digest)),
            ..look
        }
    }

    /// What facts on a content depend on beside the analysis: the file's name, which tells
    /// tests for example, its language, and how it is read.
    fn key_of(&self, file: &Found, content: Digest) -> Digest {
        let mut parts = Parts::new();
        parts.add("name", file.name.as_bytes());
        let language = file.language.map_or("", Language::name);
        parts.add("language", language.as_bytes());
        parts.add("reading", self.reading_shown.as_bytes());
        parts.add("content", content.bytes());
        parts.finish()
    }
}

fn examined(file: File) -> Look {
    Look {
        state: None,
        seen: None,
        stamp: None,
        facts: Facts::Examined {
            file: Box::new(file),
            kept: None,
        },
        was_read: true,
    }
}

/// What the system says of a regular file.
fn stamp_of(path: &Path) -> Option<Stamp> {
    let metadata = path.metadata().ok()?;
    metadata.is_file().then(|| Stamp::of(&metadata))
}

/// Why there is no content, as far as the report says it.
fn state_of(failure: &ReadFailure) -> Digest {
    let skipped = failure.skipped("");
    let mut parts = Parts::new();
    parts.add(&skipped.code, skipped.reason.as_bytes());
    parts.add("bytes", &failure.bytes().to_le_bytes());
    parts.finish()
}
