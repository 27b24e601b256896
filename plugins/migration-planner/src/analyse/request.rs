//! What a request and the configuration mean for how the work is done.

use std::ffi::{OsStr, OsString};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::available_parallelism;
use std::{fs, io, process};

use guildhall_source::cargo::{Cargo, CargoHome};

use crate::cache::ApiCache;
use crate::{PlanError, PlanRequest, Settings};

/// A megabyte, of which the configuration counts.
const MEGABYTE: u64 = 1024 * 1024;

/// How many threads read the project.
pub(super) fn threads(request: &PlanRequest) -> usize {
    let processors = available_parallelism().map_or(1, NonZero::get);
    let wanted = request
        .threads
        .and_then(|threads| usize::try_from(threads).ok());
    wanted.unwrap_or(processors).clamp(1, processors.max(1))
}

/// Where APIs are kept that were read: below the user's folder for caches. Nowhere where that
/// is not known.
pub(super) fn cache(settings: &Settings) -> ApiCache {
    let folder = |name: &str| {
        let value = std::env::var_os(name).map(PathBuf::from);
        value.filter(|folder| folder.is_absolute())
    };
    let caches =
        folder("XDG_CACHE_HOME").or_else(|| folder("HOME").map(|home| home.join(".cache")));
    match caches {
        Some(caches) if settings.cache_megabytes > 0 => ApiCache::at(
            caches.join("guildhall").join("migration"),
            u64::from(settings.cache_megabytes) * MEGABYTE,
        ),
        _ => ApiCache::none(),
    }
}

/// Cargo, apart from the project.
pub(super) fn cargo(
    settings: &Settings,
    home: CargoHome,
    is_offline: bool,
) -> Result<(Cargo, Apart), PlanError> {
    let apart = Apart::new().map_err(|source| PlanError::NoFolder { source })?;
    let variables: Vec<(OsString, OsString)> = std::env::vars_os().collect();
    let program = OsStr::new(&settings.cargo);
    let cargo = Cargo::new(program, home, apart.path(), variables, is_offline)?;
    Ok((cargo, apart))
}

/// An empty folder that goes away with its value.
pub(super) struct Apart(PathBuf);

impl Apart {
    fn new() -> io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let parent = std::env::temp_dir();
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = parent.join(format!("guildhall-migration-{}-{number}", process::id()));
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Self(path)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Another one: the folder that cargo runs in stays empty.
    pub(super) fn probe(&self) -> io::Result<Self> {
        Self::new()
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        // What can't be removed stays among the temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}
