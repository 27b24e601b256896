//! The files of a tree: walked for, or known from the scan before where nothing has changed
//! that a walk depends on ([`crate::cache::Walk`]).

use std::path::{Path, PathBuf};

use guildhall_report::Skipped;
use guildhall_source::walk::{Found, Walked, Wanted, walk};

use crate::cache::{self, Cache, Seen, Survey, Walk};
use crate::work::each;
use crate::{Hooks, ScanError, cargo, languages};

/// So many places are asked for in one go.
const AT_ONCE: usize = 64;

/// What is in a tree.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// The files, ordered by name.
    pub(crate) files: Vec<Found>,
    pub(crate) skipped: Vec<Skipped>,
    /// Files that say of which package a file is and who wrote it, also above the root.
    /// There are none without a cache.
    pub(crate) marks: Vec<PathBuf>,
    pub(crate) origin: Origin,
}

/// Where a listing comes from.
#[derive(Debug)]
pub(crate) enum Origin {
    /// The cache knew it.
    Known,
    /// A walk through these folders, which the next scan can do without where there is
    /// something to be kept.
    Walked {
        folders: Vec<PathBuf>,
        kept: Option<Walk>,
    },
}

impl Default for Origin {
    fn default() -> Self {
        Self::Walked {
            folders: Vec::new(),
            kept: None,
        }
    }
}

/// Lists what is below `root`, or `root` where it is a file.
///
/// # Errors
/// [`ScanError`] where there is nothing to look at, or somebody cancels.
pub(crate) fn list(
    root: &Path,
    cache: &Cache,
    threads: usize,
    hooks: &dyn Hooks,
) -> Result<Listing, ScanError> {
    let is_also_wanted = |path: &Path| cargo::is_wanted(path);
    let wanted = Wanted::languages(&languages::READ)
        .named("source file", "not-source")
        .also(&is_also_wanted);
    let above = match cache.is_on() {
        true => cache::above(root),
        false => Survey::default(),
    };
    if let Some(known) = cache.walk(root)
        && known.seen.ends_with(&above.seen)
        && is_same(&known.seen, threads, hooks)?
        && let Some(files) = found(root, known, &wanted)
    {
        return Ok(Listing {
            files,
            skipped: known.skipped.clone(),
            marks: together(&known.marks, &above.marks),
            origin: Origin::Known,
        });
    }
    let began = cache.now();
    let walked = walk(root, &wanted, threads, &|| hooks.is_cancelled())?;
    if hooks.is_cancelled() {
        return Err(ScanError::Cancelled);
    }
    if !cache.is_on() {
        return Ok(Listing {
            files: walked.files,
            skipped: walked.skipped,
            ..Listing::default()
        });
    }
    surveyed(root, walked, above, began, threads, hooks)
}

/// Whether files that say of which package a file is have come or gone since the listing.
pub(crate) fn has_changed(
    root: &Path,
    listing: &Origin,
    marks: &[PathBuf],
    cache: &Cache,
    threads: usize,
    hooks: &dyn Hooks,
) -> Result<bool, ScanError> {
    match listing {
        Origin::Known => {
            let known = cache.walk(root);
            let seen = known.map_or(&[][..], |known| &known.seen);
            is_same(seen, threads, hooks).map(|is_same| !is_same)
        }
        Origin::Walked { folders, .. } => {
            let surveys = each(folders, threads, hooks, |folder| cache::survey(folder))?;
            let found = surveys.into_iter().flat_map(|survey| survey.marks);
            Ok(together(&found.collect::<Vec<_>>(), &cache::above(root).marks) != marks)
        }
    }
}

/// What a walk has found, with what is to be kept of it.
fn surveyed(
    root: &Path,
    walked: Walked,
    above: Survey,
    began: i64,
    threads: usize,
    hooks: &dyn Hooks,
) -> Result<Listing, ScanError> {
    let Walked {
        files,
        skipped,
        folders,
        tagged,
    } = walked;
    let mut all = Survey::default();
    for survey in each(&folders, threads, hooks, |folder| cache::survey(folder))? {
        all.seen.extend(survey.seen);
        all.marks.extend(survey.marks);
        all.is_hidden |= survey.is_hidden;
    }
    for survey in each(&tagged, threads, hooks, |folder| cache::survey(folder))? {
        all.seen.extend(survey.seen);
        all.is_hidden |= survey.is_hidden;
    }
    // It comes last, and was looked at before the walk as well.
    let after = cache::above(root);
    let is_hidden = all.is_hidden || after.is_hidden || after.seen != above.seen;
    all.seen.extend(after.seen);
    all.marks.sort();
    let is_settled = |(_, stamp): &Seen| stamp.is_none_or(|stamp| stamp.is_settled(began));
    // What could not be read may be readable the next time, and no time of it would tell.
    let is_told = |skipped: &Skipped| ["symlink", "not-a-file"].contains(&&*skipped.code);
    let is_whole = folders.first().is_some_and(|first| first == root);
    let is_lasting = is_whole && !is_hidden && all.seen.iter().all(is_settled);
    let kept = (is_lasting && skipped.iter().all(is_told)).then(|| Walk {
        root: root.to_owned(),
        seen: all.seen,
        files: files.iter().map(|file| file.name.clone()).collect(),
        marks: all.marks.clone(),
        skipped: skipped.clone(),
    });
    Ok(Listing {
        files,
        skipped,
        marks: together(&all.marks, &above.marks),
        origin: Origin::Walked { folders, kept },
    })
}

fn together(below: &[PathBuf], above: &[PathBuf]) -> Vec<PathBuf> {
    let mut all = [below, above].concat();
    all.sort();
    all
}

fn is_same(seen: &[Seen], threads: usize, hooks: &dyn Hooks) -> Result<bool, ScanError> {
    let some: Vec<&[Seen]> = seen.chunks(AT_ONCE).collect();
    let same = each(&some, threads, hooks, |some| cache::is_same(some))?;
    Ok(same.into_iter().all(|same| same))
}

/// The files of a known walk.
fn found(root: &Path, known: &Walk, wanted: &Wanted<'_>) -> Option<Vec<Found>> {
    let files = known.files.iter();
    files.map(|name| wanted.found(root, name)).collect()
}
