//! A scan: gather what is known of the files, judge it, and make the report.

use std::io;
use std::path::Path;
use std::thread;
use std::time::Instant;

use guildhall_core::path_text;
use guildhall_report::{Finding, Report, ScanRequest};
use guildhall_source::SourceError;
use serde_json::{Map, json};

use crate::gather::gather;
use crate::history::{self, Past, ages};
use crate::rank::Ranking;
use crate::settings::{SettingError, Settings};
use crate::tree::Tree;
use crate::trend::TrendError;
use crate::{divergence, duplicates, present, rules, suppress};

/// More threads than this are not started, whatever the request says.
const MOST_THREADS: usize = 256;

/// What a scan tells and asks its caller; called from several threads.
pub trait Hooks: Sync {
    /// `files_done` of `files_found` files are examined, the last of them `path`
    /// (relative to the root).
    fn progress(&self, files_done: u64, files_found: u64, path: &Path);

    /// Whether the scan should stop; asked before each file.
    fn is_cancelled(&self) -> bool;
}

/// Why a scan gave no report.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// There is nothing to scan at the root.
    #[error("`{path}` can't be scanned: {source}; name an existing folder or source file")]
    Root {
        /// The root as `guildhall_core::path_text` writes it.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// The tree cannot be read for another reason.
    #[error(transparent)]
    Source(SourceError),
    /// A setting is not understood.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// A trend cannot be told.
    #[error(transparent)]
    Trend(#[from] TrendError),
    /// [`Hooks::is_cancelled`] said so.
    #[error("the scan was cancelled")]
    Cancelled,
    /// The system gives no thread.
    #[error("no thread could be started: {0}; ask for fewer threads")]
    Threads(#[source] io::Error),
    /// A thread of the scan panicked: a defect of this agent.
    #[error("a thread of the scan broke down; please report this")]
    Broken,
}

impl From<SourceError> for ScanError {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Root { path, source } => Self::Root { path, source },
            SourceError::Cancelled => Self::Cancelled,
            other => Self::Source(other),
        }
    }
}

/// Scans what `request` names.
///
/// Everything in the report but [`Report::run`] depends only on the files and the
/// settings, not on the number of threads or the order in which they work.
///
/// # Errors
///
/// [`ScanError`] says when there is no report. A file that can't be read or parsed
/// is no error: it is listed under [`Report::skipped`].
pub fn scan(request: &ScanRequest, hooks: &dyn Hooks) -> Result<Report, ScanError> {
    let started = Instant::now();
    let rules = rules::all();
    let settings = Settings::read(&request.settings, &rules)?;
    let root = path_text::decode(&request.root);
    let threads = thread_count(request.threads);
    let (tree, times) = gather(&root, &settings.reading, threads, hooks)?;
    let gathered = started.elapsed();
    let mut copies = duplicates::check(&root, &tree, &settings, &|| hooks.is_cancelled());
    if hooks.is_cancelled() {
        return Err(ScanError::Cancelled);
    }
    let searched = started.elapsed();
    let past = past(&root, &tree, &settings, threads, &mut copies, hooks)?;
    let looked_back = started.elapsed();
    let findings = rules::check(&tree, copies, &settings);
    let mut sifted = suppress::sift(&tree, findings, &settings);
    let judged = started.elapsed();
    let ranking = rank(&root, &tree, past, &mut sifted.findings, &settings, hooks)?;
    let ranked = started.elapsed();
    let mut report = present::report(&tree, sifted, rules);
    if let Some((ranking, undated)) = &ranking {
        ranking.add_to_scan(&tree, *undated, &mut report);
    }
    let assemble = started.elapsed() - ranked + (judged - looked_back);
    let mut run = Map::new();
    run.insert("threads".to_owned(), json!(threads));
    for (name, time) in [
        ("walk_ms", times.walk),
        ("analyse_ms", times.analyse),
        ("clones_ms", searched - gathered),
        ("history_ms", ranked - judged + (looked_back - searched)),
        ("assemble_ms", assemble),
    ] {
        run.insert(name.to_owned(), json!(time.as_micros() as f64 / 1000.0));
    }
    report.run = run;
    Ok(report)
}

/// What git knows of the files, where that is wanted; copies that have diverged are added to
/// the findings.
pub(crate) fn past(
    root: &Path,
    tree: &Tree,
    settings: &Settings,
    threads: usize,
    findings: &mut Vec<Finding>,
    hooks: &dyn Hooks,
) -> Result<Option<Past>, ScanError> {
    if !settings.history {
        return Ok(None);
    }
    let mut past = history::read(root, tree, hooks)?;
    if let Some(history) = &past.history {
        let diverged = divergence::check(root, tree, history, settings, threads, hooks)?;
        findings.extend(diverged.findings);
        past.left_out
            .extend(history::without_contents(diverged.missing));
    }
    Ok(Some(past))
}

/// Ranks the files and gives findings their ages, where that is wanted. Beside the ranking
/// comes the number of files whose lines were left without an age.
pub(crate) fn rank(
    root: &Path,
    tree: &Tree,
    past: Option<Past>,
    findings: &mut [Finding],
    settings: &Settings,
    hooks: &dyn Hooks,
) -> Result<Option<(Ranking, usize)>, ScanError> {
    let Some(past) = past else {
        return Ok(None);
    };
    let ranking = Ranking::new(root, tree, past, findings);
    let mut undated = 0;
    if let Some(history) = &ranking.history {
        let most_files = usize::try_from(settings.blame_files).unwrap_or(usize::MAX);
        let order = ranking.by_risk(tree);
        undated = ages::date(findings, tree, history, &order, most_files, hooks)?;
    }
    Ok(Some((ranking, undated)))
}

pub(crate) fn thread_count(wanted: Option<u32>) -> usize {
    let processors = || thread::available_parallelism().map_or(1, usize::from);
    let wanted = wanted.map(|wanted| usize::try_from(wanted).unwrap_or(MOST_THREADS));
    wanted.unwrap_or_else(processors).clamp(1, MOST_THREADS)
}
