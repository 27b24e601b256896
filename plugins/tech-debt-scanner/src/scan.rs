//! A scan: walk, then files on as many threads as wanted, then the report.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use guildhall_core::path_text;
use guildhall_report::{Report, ScanRequest, Skipped};
use guildhall_source::SourceError;
use guildhall_source::language::Language;
use guildhall_source::rust::WORKER_STACK;
use guildhall_source::walk::{Found, Wanted, walk};
use serde_json::{Map, json};

use crate::analyse::{FileResult, analyse};
use crate::settings::{SettingError, Settings};
use crate::tally::Tally;
use crate::{present, rules};

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
    #[error("`{path}` can't be scanned: {source}; name an existing folder or Rust file")]
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
    let walked = walk(&root, &wanted(), threads, &|| hooks.is_cancelled())?;
    if hooks.is_cancelled() {
        return Err(ScanError::Cancelled);
    }
    let walk_time = started.elapsed();
    let mut tally: Tally = Work::new(&walked.files, &settings, hooks).run(threads)?;
    let analyse_time = started.elapsed() - walk_time;
    tally.skipped.extend(walked.skipped);
    if walked.files.is_empty() && tally.skipped.is_empty() {
        // A report without anything would read as if all were well.
        tally.skipped.push(nothing_to_scan());
    }
    let found = rules::check_tree(&tally, &settings);
    tally.findings.extend(found);
    tally.sort();
    let mut report = present::report(tally, rules);
    let assemble_time = started.elapsed() - walk_time - analyse_time;
    let mut run = Map::new();
    run.insert("threads".to_owned(), json!(threads));
    for (name, time) in [
        ("walk_ms", walk_time),
        ("analyse_ms", analyse_time),
        ("assemble_ms", assemble_time),
    ] {
        run.insert(name.to_owned(), json!(time.as_micros() as f64 / 1000.0));
    }
    report.run = run;
    Ok(report)
}

/// Which files are examined.
pub(crate) fn wanted() -> Wanted<'static> {
    Wanted::languages(&[Language::Rust]).named("Rust file", "not-rust")
}

pub(crate) fn nothing_to_scan() -> Skipped {
    let reason = "there is no Rust file in it that is not ignored";
    Skipped::new(".", "nothing-to-scan", reason)
}

pub(crate) fn thread_count(wanted: Option<u32>) -> usize {
    let processors = || thread::available_parallelism().map_or(1, usize::from);
    let wanted = wanted.map(|wanted| usize::try_from(wanted).unwrap_or(MOST_THREADS));
    wanted.unwrap_or_else(processors).clamp(1, MOST_THREADS)
}

/// What is kept of the files that are examined.
pub(crate) trait Gather: Default + Send {
    /// Takes in one file.
    fn add(&mut self, file: FileResult);

    /// Takes in what another thread found.
    fn merge(&mut self, other: Self);
}

/// The files of a scan, handed out to threads one by one.
pub(crate) struct Work<'a> {
    files: &'a [Found],
    settings: &'a Settings,
    hooks: &'a dyn Hooks,
    next: AtomicUsize,
    done: AtomicU64,
    cancelled: AtomicBool,
}

impl<'a> Work<'a> {
    pub(crate) fn new(files: &'a [Found], settings: &'a Settings, hooks: &'a dyn Hooks) -> Self {
        Self {
            files,
            settings,
            hooks,
            next: AtomicUsize::new(0),
            done: AtomicU64::new(0),
            cancelled: AtomicBool::new(false),
        }
    }

    pub(crate) fn run<G: Gather>(&self, threads: usize) -> Result<G, ScanError> {
        let threads = threads.min(self.files.len());
        let gathered = thread::scope(|scope| {
            let mut workers = Vec::new();
            for _ in 0..threads {
                let builder = thread::Builder::new().stack_size(WORKER_STACK);
                match builder.spawn_scoped(scope, || self.drain()) {
                    Ok(worker) => workers.push(worker),
                    // The threads that did start do the work of the others.
                    Err(_) if !workers.is_empty() => break,
                    Err(error) => return Err(ScanError::Threads(error)),
                }
            }
            let mut gathered = G::default();
            for worker in workers {
                gathered.merge(worker.join().map_err(|_| ScanError::Broken)?);
            }
            Ok(gathered)
        })?;
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(ScanError::Cancelled);
        }
        Ok(gathered)
    }

    /// Examines files until none is left.
    fn drain<G: Gather>(&self) -> G {
        let mut gathered = G::default();
        while let Some(file) = self.files.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            if self.hooks.is_cancelled() {
                self.cancelled.store(true, Ordering::Relaxed);
                break;
            }
            gathered.add(analyse(file, self.settings));
            let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
            let path = path_text::decode(&file.name);
            self.hooks.progress(done, self.files.len() as u64, &path);
        }
        gathered
    }
}
