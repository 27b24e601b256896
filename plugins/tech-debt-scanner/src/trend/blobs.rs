//! What is known of contents, each examined once however many points have it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use guildhall_report::Skipped;
use guildhall_source::git::ObjectId;
use guildhall_source::read::ReadFailure;
use guildhall_source::repository::{Committed, CommittedFile, Fetched};

use super::points::Point;
use super::reader::Reader;
use crate::analyse;
use crate::clones::rust::is_test_path;
use crate::facts::{File, FileFacts};
use crate::settings::Reading;
use crate::work::each;
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
    /// Examines all contents of `trees` on as many threads as wanted.
    pub(super) fn examine(
        reader: &Reader<'_>,
        trees: &[(Point, Committed)],
        reading: &Reading,
        threads: usize,
        hooks: &dyn Hooks,
    ) -> Result<Self, ScanError> {
        let mut contents: HashMap<Key, &CommittedFile> = HashMap::new();
        for (_, committed) in trees {
            for file in committed
                .files
                .iter()
                .filter(|file| file.language.is_some())
            {
                contents.entry(key_of(file)).or_insert(file);
            }
        }
        let mut contents: Vec<&CommittedFile> = contents.into_values().collect();
        // Versions of one file lie together in a pack, each told by its difference.
        contents.sort_by(|a, b| (&a.name, a.id.as_bytes()).cmp(&(&b.name, b.id.as_bytes())));
        let done = AtomicU64::new(0);
        let all = contents.len() as u64;
        let found = each(&contents, threads, hooks, |file| {
            let found = examine(file, reader, reading);
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            hooks.progress(done, all, Path::new(&file.name));
            found.map(|found| (key_of(file), found))
        })?;
        found.into_iter().collect::<Result<_, _>>().map(Self)
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

fn examine(
    file: &CommittedFile,
    reader: &Reader<'_>,
    reading: &Reading,
) -> Result<File, ScanError> {
    let limit = reading.max_file_bytes;
    Ok(match reader.read(&file.id, limit)? {
        Fetched::Found(object) => analyse::of_content(&file.name, object.content, reading),
        Fetched::TooLarge { size, .. } => {
            let failure = ReadFailure::TooLarge { bytes: size, limit };
            analyse::without_content(&file.name, &failure)
        }
        Fetched::Missing => missing(file),
    })
}

fn missing(file: &CommittedFile) -> File {
    let reason = format!("its content {} is not in this clone", file.id);
    File {
        name: file.name.clone(),
        facts: FileFacts::default(),
        skipped: Some(Skipped::new(&file.name, MISSING, reason)),
    }
}
