//! From a folder to what is known of its files: walk, then files on as many threads as
//! wanted.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use guildhall_core::path_text;
use guildhall_report::Skipped;
use guildhall_source::rust::WORKER_STACK;
use guildhall_source::walk::{Found, Wanted, walk};

use crate::analyse::analyse;
use crate::cargo;
use crate::facts::File;
use crate::languages;
use crate::settings::Reading;
use crate::tree::Tree;
use crate::{Hooks, ScanError};

/// What the phases took.
#[derive(Debug)]
pub(crate) struct Times {
    pub(crate) walk: Duration,
    pub(crate) analyse: Duration,
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
) -> Result<(Tree, Times), ScanError> {
    let started = Instant::now();
    let wanted = Wanted::languages(&languages::READ)
        .named("source file", "not-source")
        .also(&|path| cargo::is_wanted(path));
    let walked = walk(root, &wanted, threads, &|| hooks.is_cancelled())?;
    if hooks.is_cancelled() {
        return Err(ScanError::Cancelled);
    }
    let walk = started.elapsed();
    let (sources, cargos) = cargo::told_apart(walked.files);
    let files = Work::new(&sources, reading, hooks).run(threads)?;
    let analyse = started.elapsed() - walk;
    let mut skipped = walked.skipped;
    if sources.is_empty() && skipped.is_empty() {
        // A report without anything would read as if all were well.
        skipped.push(nothing_to_scan());
    }
    let cargo = cargo::read_all(&cargos, reading.max_file_bytes);
    Ok((Tree::new(files, skipped, cargo), Times { walk, analyse }))
}

fn nothing_to_scan() -> Skipped {
    let reason = "there is no source file in it that is not ignored";
    Skipped::new(".", "nothing-to-scan", reason)
}

/// The files of a scan, handed out to threads one by one.
struct Work<'a> {
    files: &'a [Found],
    reading: &'a Reading,
    hooks: &'a dyn Hooks,
    next: AtomicUsize,
    done: AtomicU64,
    cancelled: AtomicBool,
}

impl<'a> Work<'a> {
    fn new(files: &'a [Found], reading: &'a Reading, hooks: &'a dyn Hooks) -> Self {
        Self {
            files,
            reading,
            hooks,
            next: AtomicUsize::new(0),
            done: AtomicU64::new(0),
            cancelled: AtomicBool::new(false),
        }
    }

    fn run(&self, threads: usize) -> Result<Vec<File>, ScanError> {
        let threads = threads.min(self.files.len());
        let files = thread::scope(|scope| {
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
            let mut files = Vec::with_capacity(self.files.len());
            for worker in workers {
                files.extend(worker.join().map_err(|_| ScanError::Broken)?);
            }
            Ok(files)
        })?;
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(ScanError::Cancelled);
        }
        Ok(files)
    }

    /// Examines files until none is left.
    fn drain(&self) -> Vec<File> {
        let mut files = Vec::new();
        while let Some(file) = self.files.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            if self.hooks.is_cancelled() {
                self.cancelled.store(true, Ordering::Relaxed);
                break;
            }
            files.push(analyse(file, self.reading));
            let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
            let path = path_text::decode(&file.name);
            self.hooks.progress(done, self.files.len() as u64, &path);
        }
        files
    }
}
