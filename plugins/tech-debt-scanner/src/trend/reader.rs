//! Contents of git's objects for many threads, each with a git of its own.

use std::sync::{Mutex, PoisonError};

use guildhall_source::git::ObjectId;
use guildhall_source::repository::{Fetched, Objects, Repository, Watch};

use crate::{Hooks, ScanError};

/// Reads objects; as many gits run as threads have read at once.
pub(super) struct Reader<'a> {
    repository: &'a Repository,
    hooks: &'a dyn Hooks,
    idle: Mutex<Vec<Objects<'a>>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(repository: &'a Repository, hooks: &'a dyn Hooks) -> Self {
        Self {
            repository,
            hooks,
            idle: Mutex::default(),
        }
    }

    /// Reads an object of at most `most` bytes.
    pub(super) fn read(&self, id: &ObjectId, most: u64) -> Result<Fetched, ScanError> {
        let is_cancelled = || self.hooks.is_cancelled();
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let one = idle().pop();
        let mut objects = one.unwrap_or_else(|| self.repository.objects());
        let fetched = objects.read(id, most, &Watch::new(&is_cancelled))?;
        idle().push(objects);
        Ok(fetched)
    }
}
