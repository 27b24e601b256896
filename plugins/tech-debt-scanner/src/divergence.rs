//! Copies that have diverged: a fix changed one of two places that were alike, and the other
//! still stands as before.
//!
//! The idea is that of J. Jang, A. Agrawal and D. Brumley, *ReDeBug: finding unpatched code
//! clones in entire OS distributions* (IEEE Symposium on Security and Privacy, 2012): what a
//! fix took away, with what stood around it, is looked for in the code of today.
//!
//! 1. Of the commits of a year that fix, [`History::fixes`] has the files that they changed,
//!    before and after; a bounded number of the newest is read.
//! 2. Each small change of one is an edit ([`edits`]) with a window: the lines that it took
//!    away and enough lines around them ([`patch`]).
//! 3. The files that ship are read once more, and the windows looked for in them.
//! 4. Both places must be there today, the mended one as the fix left it, and both must have
//!    had the window before the fix.

mod edits;
mod lines;
mod patch;

use std::collections::{BTreeMap, HashMap};
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};

use guildhall_core::path_text;
use guildhall_report::{Finding, Location, Position};
use guildhall_source::SourceError;
use guildhall_source::read::read;
use guildhall_source::repository::{Fetched, Watch};

use crate::facts::File;
use crate::history::{Fix, History};
use crate::purpose::language_of;
use crate::rank::production;
use crate::rules::diverging_copy::{self, Divergence};
use crate::scan::{Hooks, ScanError};
use crate::settings::Settings;
use crate::tree::Tree;
use crate::work::each;
use lines::Lines;
use patch::Patch;

/// Changed files of fixes that are looked into at the most, the newest.
const MOST_CHANGES: usize = 600;

/// Larger files are tables or were written by programs.
const MOST_BYTES: u64 = 1 << 20;

/// A text that stands in more places than this beside the mended one is a turn of phrase.
const MOST_SIBLINGS: usize = 2;

/// Places of which is looked up what they were before the fix.
const MOST_LOOKUPS: usize = 100;

/// What was found, and what could not be looked into.
#[derive(Debug, Default)]
pub(crate) struct Diverged {
    pub(crate) findings: Vec<Finding>,
    /// Changed files of fixes of which a content is not in this clone.
    pub(crate) missing: usize,
}

/// The findings on copies that have diverged, in the tree below `root`.
///
/// # Errors
/// [`ScanError::Cancelled`], and where no thread can be had.
pub(crate) fn check(
    root: &Path,
    tree: &Tree,
    history: &History,
    settings: &Settings,
    threads: usize,
    hooks: &dyn Hooks,
) -> Result<Diverged, ScanError> {
    let Some(threshold) = settings.threshold(diverging_copy::ID) else {
        return Ok(Diverged::default());
    };
    let is_cancelled = || hooks.is_cancelled();
    let search = Search {
        root,
        tree,
        history,
        threshold,
        most_bytes: settings.reading.max_file_bytes.min(MOST_BYTES),
    };
    let watch = Watch::new(&is_cancelled);
    let (patches, missing) = match search.patches(&watch) {
        Err(SourceError::Cancelled) => return Err(ScanError::Cancelled),
        Err(_) => (Vec::new(), history.fixes.len()),
        Ok(found) => found,
    };
    let mut findings = Vec::new();
    if !patches.is_empty() {
        let hits = search.hits(&patches, threads, hooks)?;
        let confirmed = search.confirmed(&patches, hits, &watch)?;
        let finding = |found| diverging_copy::finding(found, threshold);
        findings.extend(confirmed.iter().map(finding));
    }
    Ok(Diverged { findings, missing })
}

struct Search<'a> {
    root: &'a Path,
    tree: &'a Tree,
    history: &'a History,
    /// Tokens that the copies must have in common.
    threshold: u32,
    most_bytes: u64,
}

/// A place of today that has the window of a patch.
#[derive(Debug)]
struct Hit {
    patch: usize,
    file: usize,
    /// The lines that it has in common with the text before the fix.
    lines: Range<u32>,
    /// Bytes just after the last of them in its line.
    end_column: u32,
    tokens: u32,
}

impl Search<'_> {
    /// What the newest fixes changed, and of how many files there is no content.
    fn patches(&self, watch: &Watch<'_>) -> Result<(Vec<Patch>, usize), SourceError> {
        let mut objects = self.history.repository.objects();
        let (mut patches, mut missing) = (Vec::new(), 0);
        let own = |fix: &&Fix| self.ships(fix.file);
        for fix in self.history.fixes.iter().filter(own).take(MOST_CHANGES) {
            let mut read = |id| objects.read(id, self.most_bytes, watch);
            let (old, new) = match (read(&fix.old)?, read(&fix.new)?) {
                (Fetched::Found(old), Fetched::Found(new)) => (old.content, new.content),
                (Fetched::Missing, _) | (_, Fetched::Missing) => {
                    missing += 1;
                    continue;
                }
                _ => continue,
            };
            let (Ok(old), Ok(new)) = (String::from_utf8(old), String::from_utf8(new)) else {
                continue;
            };
            let language = self.tree.files[fix.file].facts.language;
            let (old, new) = (Lines::of(&old, language), Lines::of(&new, language));
            patch::patches(fix, &old, &new, self.threshold, &mut patches);
        }
        Ok((patches, missing))
    }

    /// Whether a file ships and was examined.
    fn ships(&self, file: usize) -> bool {
        let facts = &self.tree.files[file].facts;
        let language = facts
            .language
            .or_else(|| language_of(&self.history.paths[file]));
        let ships = |language| production::ships(&self.history.paths[file], language);
        facts.lines.code > 0
            && !facts.is_generated
            && !self.history.not_own[file]
            && language.is_some_and(ships)
    }

    /// Where the windows stand today.
    fn hits(
        &self,
        patches: &[Patch],
        threads: usize,
        hooks: &dyn Hooks,
    ) -> Result<Vec<Hit>, ScanError> {
        let mut anchors: HashMap<u64, Vec<usize>> = HashMap::new();
        for (at, patch) in patches.iter().enumerate() {
            anchors.entry(patch.anchor()).or_default().push(at);
        }
        let files: Vec<usize> = (0..self.tree.files.len())
            .filter(|file| self.ships(*file))
            .collect();
        let found = each(&files, threads, hooks, |file| {
            self.hits_in(*file, patches, &anchors)
        })?;
        Ok(found.into_iter().flatten().collect())
    }

    fn hits_in(
        &self,
        file: usize,
        patches: &[Patch],
        anchors: &HashMap<u64, Vec<usize>>,
    ) -> Vec<Hit> {
        let Some(text) = self.text(file) else {
            return Vec::new();
        };
        let lines = Lines::of(&text, self.tree.files[file].facts.language);
        let mut hits = Vec::new();
        for (at, line) in lines.all.iter().enumerate() {
            for patch in anchors.get(&line.hash).into_iter().flatten() {
                let Some(common) = patches[*patch].find(&lines, at) else {
                    continue;
                };
                let tokens = lines.tokens(common.clone());
                if tokens < self.threshold {
                    continue;
                }
                let last = &lines.all[common.end - 1];
                hits.push(Hit {
                    patch: *patch,
                    file,
                    lines: lines.all[common.start].number..last.number,
                    end_column: last.end_column,
                    tokens,
                });
            }
        }
        hits
    }

    fn text(&self, file: usize) -> Option<String> {
        read(&path_of(self.root, &self.tree.files[file]), self.most_bytes).ok()
    }

    /// Those of the hits that are copies which have diverged, one for each fix and place.
    fn confirmed(
        &self,
        patches: &[Patch],
        hits: Vec<Hit>,
        watch: &Watch<'_>,
    ) -> Result<Vec<Divergence>, ScanError> {
        let mut by_patch: BTreeMap<usize, Vec<Hit>> = BTreeMap::new();
        for hit in hits {
            by_patch.entry(hit.patch).or_default().push(hit);
        }
        by_patch.retain(|_, hits| hits.len() <= MOST_SIBLINGS);
        let mut texts: HashMap<usize, Option<String>> = HashMap::new();
        let mut lookups = 0;
        let mut found: Vec<Divergence> = Vec::new();
        for (at, hits) in by_patch {
            let patch = &patches[at];
            let text = texts
                .entry(patch.file)
                .or_insert_with(|| self.text(patch.file));
            let language = self.tree.files[patch.file].facts.language;
            let Some(mended) = text
                .as_deref()
                .and_then(|text| patch.mended(&Lines::of(text, language)))
            else {
                continue;
            };
            for hit in hits {
                let is_told = found.iter_mut().find(|told| {
                    told.commit == patch.commit
                        && told.file == hit.file
                        && told.lines.start <= hit.lines.end
                        && hit.lines.start <= told.lines.end
                });
                if let Some(told) = is_told {
                    told.edits += 1;
                    continue;
                }
                lookups += 1;
                if lookups > MOST_LOOKUPS || !self.was_alike(patch, &hit, watch)? {
                    continue;
                }
                found.push(self.divergence(patch, hit, mended.clone()));
            }
        }
        Ok(found)
    }

    /// Whether the place had the window already when the fix was made.
    fn was_alike(&self, patch: &Patch, hit: &Hit, watch: &Watch<'_>) -> Result<bool, ScanError> {
        if hit.file == patch.file {
            return Ok(patch.times_before > 1);
        }
        let path = String::from_utf8_lossy(&self.history.paths[hit.file]).into_owned();
        let name = format!("{}^:{path}", patch.commit);
        let mut content = Vec::new();
        let most = usize::try_from(self.most_bytes).unwrap_or(usize::MAX);
        let arguments = ["cat-file", "blob", name.as_str()];
        let read = self.history.repository.stream(arguments, watch, |bytes| {
            content.extend_from_slice(bytes);
            match content.len() > most {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
        match read {
            Err(SourceError::Cancelled) => return Err(ScanError::Cancelled),
            // It has come or was moved since.
            Err(_) => return Ok(false),
            Ok(_) => {}
        }
        let Ok(text) = String::from_utf8(content) else {
            return Ok(false);
        };
        let lines = Lines::of(&text, self.tree.files[hit.file].facts.language);
        Ok(patch.times_in(&lines) > 0)
    }

    fn divergence(&self, patch: &Patch, hit: Hit, mended: Range<u32>) -> Divergence {
        let name = |file: usize| self.tree.files[file].name.as_str();
        let position = |line, column| Position { line, column };
        let end = position(hit.lines.end, hit.end_column);
        Divergence {
            place: Location::range(name(hit.file), position(hit.lines.start, 1), end),
            mended: Location::range(
                name(patch.file),
                position(mended.start, 1),
                position(mended.end, 1),
            ),
            file: hit.file,
            lines: hit.lines,
            tokens: hit.tokens,
            edits: 1,
            commit: patch.commit,
            subject: patch.subject.clone(),
            age: patch.age,
            taken: patch.taken.clone(),
            given: patch.given.clone(),
            essence: patch.essence.clone(),
        }
    }
}

fn path_of(root: &Path, file: &File) -> PathBuf {
    match root.is_dir() {
        true => root.join(path_text::decode(&file.name)),
        // A scan of one file, which is named by its last part.
        false => root.to_owned(),
    }
}
