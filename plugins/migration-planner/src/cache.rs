//! APIs that were read are kept, since those of a published version never change.
//!
//! Each is a file of its own, called by the package, its version and a digest of its files'
//! names and lengths and of what read them. It is written beside its place and renamed, and
//! begins with a digest of its content, so one that is torn or not ours is read anew. What is
//! kept changes nothing but the time: a folder that cannot be used is a [`ApiCache::faults`].

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use guildhall_source::read;
use sha2::{Digest as _, Sha256};

use crate::api::Api;
use crate::plan::TargetSource;
use crate::sources::CrateFolder;

/// To be raised with every change of what `api` reads, or of how it is written down.
const READER: u32 = 1;

/// How the files end.
const ENDING: &str = "api";

/// How files end that are being written.
const UNFINISHED: &str = "new";

/// Bytes of a file that are read: the largest published crates, which are generated, have
/// some ten million.
const MOST: u64 = 512 << 20;

/// Files of a package that are looked at at the most.
const MOST_FILES: usize = 100_000;

/// Nobody writes a file for so long: one that is older was left behind.
const LONGEST_WRITE: Duration = Duration::from_secs(3600);

/// Hexadecimal digits of a digest.
const DIGITS: usize = 64;

/// Where APIs are kept, or nowhere.
#[derive(Debug)]
pub struct ApiCache {
    folder: Option<PathBuf>,
    most_bytes: u64,
    faults: Mutex<Vec<String>>,
}

impl ApiCache {
    /// One that keeps nothing.
    pub fn none() -> Self {
        Self {
            folder: None,
            most_bytes: 0,
            faults: Mutex::default(),
        }
    }

    /// One in a folder, which is made where it is not there, with so many bytes at the most
    /// after [`ApiCache::shrink`].
    pub fn at(folder: PathBuf, most_bytes: u64) -> Self {
        Self {
            folder: Some(folder),
            most_bytes,
            ..Self::none()
        }
    }

    /// The API of a package, from the cache or else by `read`. Only what comes from a registry
    /// is kept: everything else may be edited.
    pub fn api(&self, of: &CrateFolder, read: impl FnOnce() -> Api) -> Api {
        let Some(path) = self.place_of(of) else {
            return read();
        };
        match kept(&path) {
            Ok(Some(api)) => {
                // That it was used is only for the order in which files go.
                let _ = File::open(&path).and_then(|file| file.set_modified(SystemTime::now()));
                return api;
            }
            Ok(None) => {}
            Err(error) => self.fault(&path, &error),
        }
        let api = read();
        if let Err(error) = keep(&path, &api) {
            self.fault(&path, &error);
        }
        api
    }

    /// Removes what was not used for longest, and what was left behind unfinished.
    pub fn shrink(&self) {
        let Some(folder) = &self.folder else {
            return;
        };
        let mut files = Vec::new();
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let Ok(metadata) = entry.metadata() else {
                continue;
            };
            let used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            match path.extension().and_then(|ending| ending.to_str()) {
                Some(ENDING) => files.push((used, path, metadata.len())),
                Some(UNFINISHED) if is_old(used) => self.remove(&path),
                _ => {}
            }
        }
        files.sort();
        let mut bytes: u64 = files.iter().map(|(_, _, bytes)| bytes).sum();
        for (_, path, of_this) in files {
            if bytes <= self.most_bytes {
                break;
            }
            self.remove(&path);
            bytes = bytes.saturating_sub(of_this);
        }
    }

    /// What went wrong, as sentences without a final full stop. No plan differs for it.
    pub fn faults(&self) -> Vec<String> {
        let faults = self.faults.lock();
        faults.map(|faults| faults.clone()).unwrap_or_default()
    }

    fn place_of(&self, of: &CrateFolder) -> Option<PathBuf> {
        let folder = self.folder.as_ref()?;
        if of.source != TargetSource::Registry {
            return None;
        }
        let digest = digest_of(&of.folder)?;
        let package = of.folder.file_name()?.to_str()?;
        Some(folder.join(format!("{package}-{}.{ENDING}", &digest[..DIGITS / 4])))
    }

    fn remove(&self, path: &Path) {
        match fs::remove_file(path) {
            // Another one has removed it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => self.fault(path, &error),
            Ok(()) => {}
        }
    }

    fn fault(&self, path: &Path, error: &io::Error) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if let Ok(mut faults) = self.faults.lock() {
            faults.push(format!("the kept API `{name}` could not be used: {error}"));
        }
    }
}

/// The API in a file; `None` where there is no file.
fn kept(path: &Path) -> io::Result<Option<Api>> {
    let is_file = match path.metadata() {
        Ok(metadata) => metadata.is_file(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let damaged = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why.to_owned());
    // Opening a pipe would wait for its other end.
    if !is_file {
        return Err(damaged("it is no file"));
    }
    let content = match read::read_content(path, MOST) {
        Ok(content) => content.bytes,
        Err(failure) => return Err(damaged(&failure.skipped("").reason)),
    };
    let (head, body) = content
        .split_at_checked(DIGITS)
        .ok_or_else(|| damaged("it is torn"))?;
    if head != hexadecimal(&Sha256::digest(body)).as_bytes() {
        return Err(damaged("it is torn"));
    }
    let api = serde_json::from_slice(body);
    api.map(Some).map_err(|error| damaged(&error.to_string()))
}

/// Puts an API into its place, whole or not at all.
fn keep(path: &Path, api: &Api) -> io::Result<()> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let body = serde_json::to_vec(api).map_err(io::Error::other)?;
    let folder = path.parent().unwrap_or(path);
    // What is kept is about code that may be secret.
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let process = std::process::id();
    let unfinished = path.with_extension(format!("{process}-{number}.{UNFINISHED}"));
    let written = write(&unfinished, &body);
    let written = written.and_then(|()| fs::rename(&unfinished, path));
    if written.is_err() {
        // It is removed later where that fails.
        let _ = fs::remove_file(&unfinished);
    }
    written
}

fn write(path: &Path, body: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(hexadecimal(&Sha256::digest(body)).as_bytes())?;
    file.write_all(body)
}

/// A digest of the names and lengths of a package's files, and of what reads them; `None`
/// where they cannot all be listed.
fn digest_of(package: &Path) -> Option<String> {
    let mut files = Vec::new();
    let mut folders = vec![package.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).ok()? {
            let entry = entry.ok()?;
            let kind = entry.file_type().ok()?;
            match kind.is_dir() {
                true => folders.push(entry.path()),
                false => files.push((entry.path(), entry.metadata().ok()?.len())),
            }
        }
        if files.len() > MOST_FILES {
            return None;
        }
    }
    files.sort();
    let mut digest = Sha256::new();
    digest.update(format!("{} {READER}\n", env!("CARGO_PKG_VERSION")));
    for (path, bytes) in files {
        let name = path.strip_prefix(package).ok()?;
        digest.update(name.as_os_str().as_encoded_bytes());
        digest.update(format!("\0{bytes}\n"));
    }
    Some(hexadecimal(&digest.finalize()))
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
    digits.collect()
}

fn is_old(written: SystemTime) -> bool {
    let age = SystemTime::now().duration_since(written);
    age.is_ok_and(|age| age > LONGEST_WRITE)
}

#[cfg(test)]
mod tests;
