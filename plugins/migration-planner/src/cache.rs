//! APIs that were read are kept, since those of a published version never change.
//!
//! Each is a file of its own, called by the package, its version and a digest of its files'
//! names and lengths and of what read them. It is replaced as a whole, and begins with a digest of its content, so one that is torn or not ours is read anew. What is
//! kept changes nothing but the time: a folder that cannot be used is a [`ApiCache::faults`].

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::SystemTime;

use guildhall_source::kept::KeptFiles;
use guildhall_source::read::{self, ReadFailure};
use sha2::{Digest as _, Sha256};

use crate::api::Api;
use crate::plan::TargetSource;
use crate::project::hexadecimal;
use crate::sources::CrateFolder;

/// To be raised with every change of what `api` reads, or of how it is written down.
const READER: u32 = 1;

/// How the files end.
const ENDING: &str = "api";

/// Bytes of a file that are read: the largest published crates, which are generated, have
/// some ten million.
const MOST: u64 = 512 << 20;

/// Files of a package that are looked at at the most.
const MOST_FILES: usize = 100_000;

/// Hexadecimal digits of a digest.
const DIGITS: usize = 64;

/// Where APIs are kept, or nowhere.
#[derive(Debug)]
pub struct ApiCache {
    files: Option<KeptFiles>,
    most_bytes: u64,
    faults: Mutex<Vec<String>>,
}

impl ApiCache {
    /// One that keeps nothing.
    pub fn none() -> Self {
        Self {
            files: None,
            most_bytes: 0,
            faults: Mutex::default(),
        }
    }

    /// One in a folder, which is made where it is not there, with so many bytes at the most
    /// after [`ApiCache::shrink`].
    pub fn at(folder: PathBuf, most_bytes: u64) -> Self {
        Self {
            files: Some(KeptFiles::new(folder, ENDING)),
            most_bytes,
            ..Self::none()
        }
    }

    /// The API of a package, from the cache or else by `read`. Only what comes from a registry
    /// is kept: everything else may be edited.
    pub fn api(&self, of: &CrateFolder, read: impl FnOnce() -> Api) -> Api {
        let Some((files, name)) = self.place_of(of) else {
            return read();
        };
        let path = files.path(&name);
        match kept(files, &name) {
            Ok(Some(api)) => {
                // That it was used is only for the order in which files go.
                let _ = File::open(&path).and_then(|file| file.set_modified(SystemTime::now()));
                return api;
            }
            Ok(None) => {}
            Err(error) => self.fault(&path, &error),
        }
        let api = read();
        if let Err(error) = keep(files, &name, &api) {
            self.fault(&path, &error);
        }
        api
    }

    /// Removes what was not used for longest, and what was left behind unfinished.
    pub fn shrink(&self) {
        let Some(files) = &self.files else {
            return;
        };
        match files.shrink(self.most_bytes) {
            Ok(failed) => failed
                .iter()
                .for_each(|(path, error)| self.fault(path, error)),
            Err(error) => self.fault(Path::new("of all"), &error),
        }
    }

    /// What went wrong, as sentences without a final full stop. No plan differs for it.
    pub fn faults(&self) -> Vec<String> {
        let faults = self.faults.lock();
        faults.map(|faults| faults.clone()).unwrap_or_default()
    }

    fn place_of(&self, of: &CrateFolder) -> Option<(&KeptFiles, String)> {
        let files = self.files.as_ref()?;
        if of.source != TargetSource::Registry {
            return None;
        }
        let digest = digest_of(&of.folder)?;
        let package = of.folder.file_name()?.to_str()?;
        Some((files, format!("{package}-{}", &digest[..DIGITS / 4])))
    }

    fn fault(&self, path: &Path, error: &io::Error) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if let Ok(mut faults) = self.faults.lock() {
            faults.push(format!("the kept API `{name}` could not be used: {error}"));
        }
    }
}

/// The API in a file; `None` where there is no file.
fn kept(files: &KeptFiles, name: &str) -> io::Result<Option<Api>> {
    let damaged = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why.to_owned());
    let content = match read::read_file(&files.path(name), MOST) {
        Ok(content) => content,
        Err(ReadFailure::Unreadable(error)) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(None);
        }
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

/// Puts an API into its place.
fn keep(files: &KeptFiles, name: &str, api: &Api) -> io::Result<()> {
    let body = serde_json::to_vec(api).map_err(io::Error::other)?;
    files.replace(name, |file| {
        file.write_all(hexadecimal(&Sha256::digest(&body)).as_bytes())?;
        file.write_all(&body)
    })
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

#[cfg(test)]
mod tests;
