//! How a code base has changed: the figures of a scan at several commits, read from git's
//! objects without a checkout.
//!
//! [`points`] says which commits (of which [`versions`] finds those of releases),
//! [`blobs`] examines each content once however many commits have it, [`measure`] makes the
//! numbers of one commit, and [`present`] the report.

mod blobs;
mod measure;
mod points;
mod present;
mod reader;
mod versions;

use guildhall_core::path_text;
use guildhall_report::{Report, ReportError, Skipped, TrendRequest};
use guildhall_source::git::ObjectId;
use guildhall_source::repository::{Committed, Fetched, Repository, Watch};
use guildhall_source::walk::Wanted;
use serde_json::{Map, json};

use crate::cargo;
use crate::languages;
use crate::rules;
use crate::scan::{Hooks, ScanError, thread_count};
use crate::settings::Settings;
use crate::work::each;
use blobs::Blobs;
use points::{Point, Points};
use reader::Reader;

/// What of a request for a trend cannot be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrendError {
    /// The repository is empty.
    #[error("the repository of `{root}` has no commit yet; commit something first")]
    NoCommit {
        /// The folder.
        root: String,
    },
    /// No tag is a version.
    #[error(
        "no tag is a version such as `v1.2.0`{of} in the history of what is checked out; \
         fetch the tags, or use --every or --refs"
    )]
    NoReleases {
        /// The prefix that was asked for, as ` with the prefix ...`.
        of: String,
    },
    /// A commit that was asked for is none.
    #[error("`{name}` is no commit of this repository; give a branch, a tag or an id")]
    NoSuchCommit {
        /// What was asked for.
        name: String,
    },
    /// There are no points, or too many.
    #[error(
        "{problem}; ask for 1 to {} points",
        guildhall_report::MOST_TREND_POINTS
    )]
    Count {
        /// What is wrong with their number.
        problem: String,
    },
    /// A point in time is before the calendar begins.
    #[error("the steps lead to before the year 1; take fewer or shorter ones")]
    BeforeTime,
    /// The folder is in none of the commits.
    #[error("`{folder}` is in none of these commits; commit it, or take other points")]
    NoFolder {
        /// The folder, from the top of the repository.
        folder: String,
    },
    /// A part of the request is not understood.
    #[error(transparent)]
    Request(#[from] ReportError),
}

/// Measures the points that `request` names.
///
/// Everything in the report but [`Report::run`] depends only on the repository, the folder
/// and the settings: not on today's date, the number of threads, or what is checked out
/// but not committed.
///
/// # Errors
///
/// [`ScanError`] says when there is no report. A file that can't be read or parsed is no
/// error: it is listed under [`Report::skipped`] where the last point has it, and counted
/// at the others.
pub fn trend(request: &TrendRequest, hooks: &dyn Hooks) -> Result<Report, ScanError> {
    let rules = rules::all();
    let settings = Settings::read(&request.settings, &rules)?;
    let threads = thread_count(request.threads);
    let is_cancelled = || hooks.is_cancelled();
    let watch = Watch::new(&is_cancelled);
    let root = path_text::decode(&request.root);
    let repository = Repository::discover(&root, &watch)?;
    let points = points::find(&repository, request, &watch)?;
    let trees = trees(&repository, points, &watch)?;
    let reader = Reader::new(&repository, hooks);
    let blobs = Blobs::examine(&reader, &trees.there, &settings.reading, threads, hooks)?;
    let text_of = |id: &ObjectId| {
        // Copies that are not found because of this are better than no trend.
        match reader.read(id, settings.reading.max_file_bytes).ok()? {
            Fetched::Found(object) => String::from_utf8(object.content).ok(),
            Fetched::Missing | Fetched::TooLarge { .. } => None,
        }
    };
    let measured = each(&trees.there, threads, hooks, |(point, committed)| {
        measure::measure(point.clone(), committed, &blobs, &settings, &text_of)
    })?;
    if hooks.is_cancelled() {
        return Err(ScanError::Cancelled);
    }
    let mut report = present::report(&measured, &trees);
    let mut run = Map::new();
    run.insert("threads".to_owned(), json!(threads));
    run.insert("contents_analysed".to_owned(), json!(blobs.len()));
    report.run = run;
    Ok(report)
}

/// The files of all points.
struct Trees {
    there: Vec<(Point, Committed)>,
    /// What is to be told of the points.
    notes: Vec<String>,
}

fn trees(repository: &Repository, points: Points, watch: &Watch<'_>) -> Result<Trees, ScanError> {
    let folder = &repository.facts().prefix;
    let wanted = Wanted::languages(&languages::READ).also(&|path| cargo::is_wanted(path));
    let mut objects = repository.objects();
    let mut there = Vec::new();
    let mut notes = points.notes;
    let mut before = 0;
    for point in points.points {
        let committed =
            repository.committed(&point.commit, folder, &wanted, &mut objects, watch)?;
        if committed.has_folder || folder.as_os_str().is_empty() {
            there.push((point, committed));
        } else {
            before += 1;
        }
    }
    let folder = path_text::encode(folder);
    if there.is_empty() {
        return Err(TrendError::NoFolder { folder }.into());
    }
    if before > 0 {
        notes.push(format!(
            "Left out: {} in which there is no folder `{folder}`.",
            present::plural(before, "point")
        ));
    }
    Ok(Trees { there, notes })
}

/// What cannot be examined at a point, ordered by path.
fn sorted(mut skipped: Vec<Skipped>) -> Vec<Skipped> {
    skipped.sort_by(|a, b| (&a.path, &a.code, &a.reason).cmp(&(&b.path, &b.code, &b.reason)));
    skipped
}
