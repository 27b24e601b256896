//! What is known of contents, each examined once however many points have it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;

use guildhall_report::Skipped;
use guildhall_source::git::ObjectId;
use guildhall_source::read::ReadFailure;
use guildhall_source::repository::{Committed, CommittedFile, Fetched, Objects, Repository, Watch};
use guildhall_source::rust::WORKER_STACK;

use super::points::Point;
use crate::analyse;
use crate::clones::rust::is_test_path;
use crate::facts::{File, FileFacts};
use crate::settings::Reading;
use crate::{Hooks, ScanError};

/// Code of a file whose content is not in the repository.
pub(super) const MISSING: &str = "missing-object";

/// What the facts of a file depend on: its content, and of its path only whether it is one
/// of tests.
type Key = (ObjectId, bool);

fn key_of(file: &CommittedFile) -> Key {
    (file.id, is_test_path(&file.name))
}

/// Facts by content.
pub(super) struct Blobs(HashMap<Key, File>);

impl Blobs {
    /// Examines all contents of `trees` on as many threads as wanted, each with a git of
    /// its own to read from.
    pub(super) fn examine(
        repository: &Repository,
        trees: &[(Point, Committed)],
        reading: &Reading,
        threads: usize,
        hooks: &dyn Hooks,
    ) -> Result<Self, ScanError> {
        let mut contents: HashMap<Key, &CommittedFile> = HashMap::new();
        for (_, committed) in trees {
            for file in &committed.files {
                contents.entry(key_of(file)).or_insert(file);
            }
        }
        let mut contents: Vec<&CommittedFile> = contents.into_values().collect();
        // Versions of one file lie together in a pack, each told by its difference.
        contents.sort_by(|a, b| (&a.name, a.id.as_bytes()).cmp(&(&b.name, b.id.as_bytes())));
        let work = Work {
            repository,
            contents: &contents,
            reading,
            hooks,
            next: AtomicUsize::new(0),
            done: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
        };
        work.run(threads).map(Self)
    }

    /// How many contents there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// What is known of a file of a commit.
    pub(super) fn file(&self, committed: &CommittedFile) -> File {
        let known = self.0.get(&key_of(committed));
        let mut file = known.cloned().unwrap_or_else(|| missing(committed));
        file.name.clone_from(&committed.name);
        if let Some(skipped) = &mut file.skipped {
            skipped.path.clone_from(&committed.name);
        }
        file
    }
}

/// The contents, handed out to threads one by one.
struct Work<'a> {
    repository: &'a Repository,
    contents: &'a [&'a CommittedFile],
    reading: &'a Reading,
    hooks: &'a dyn Hooks,
    next: AtomicUsize,
    done: AtomicU64,
    stopped: AtomicBool,
}

type Examined = Vec<(Key, File)>;

impl Work<'_> {
    fn run(&self, threads: usize) -> Result<HashMap<Key, File>, ScanError> {
        let threads = threads.min(self.contents.len());
        thread::scope(|scope| {
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
            let mut files = HashMap::with_capacity(self.contents.len());
            for worker in workers {
                files.extend(worker.join().map_err(|_| ScanError::Broken)??);
            }
            Ok(files)
        })
    }

    /// Examines contents until none is left or a thread has failed.
    fn drain(&self) -> Result<Examined, ScanError> {
        let is_cancelled = || self.hooks.is_cancelled();
        let watch = Watch::new(&is_cancelled);
        let mut objects = self.repository.objects();
        let mut examined = Vec::new();
        while let Some(file) = self.contents.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            if self.stopped.load(Ordering::Relaxed) {
                break;
            }
            match self.one(file, &mut objects, &watch) {
                Ok(found) => examined.push((key_of(file), found)),
                Err(error) => {
                    self.stopped.store(true, Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
        Ok(examined)
    }

    fn one(
        &self,
        file: &CommittedFile,
        objects: &mut Objects<'_>,
        watch: &Watch<'_>,
    ) -> Result<File, ScanError> {
        if self.hooks.is_cancelled() {
            return Err(ScanError::Cancelled);
        }
        let limit = self.reading.max_file_bytes;
        let found = match objects.read(&file.id, limit, watch)? {
            Fetched::Found(object) => analyse::of_content(&file.name, object.content, self.reading),
            Fetched::TooLarge { size, .. } => {
                let failure = ReadFailure::TooLarge { bytes: size, limit };
                analyse::without_content(&file.name, &failure)
            }
            Fetched::Missing => missing(file),
        };
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let all = self.contents.len() as u64;
        self.hooks.progress(done, all, Path::new(&file.name));
        Ok(found)
    }
}

fn missing(file: &CommittedFile) -> File {
    let reason = format!("its content {} is not in this clone", file.id);
    File {
        name: file.name.clone(),
        facts: FileFacts::default(),
        skipped: Some(Skipped::new(&file.name, MISSING, reason)),
    }
}
