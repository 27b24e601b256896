//! The list of project's files that the user trusts.
//!
//! A file is trusted with its place and its content: an edit ends the trust, and so does
//! a copy elsewhere, whose relative paths would name other plugins.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{self, Path, PathBuf};
use std::process;

use guildhall_core::path_text;
use serde::{Deserialize, Serialize};

use super::error::ConfigError;
use super::file::{self, ConfigFile};
use super::places::{Places, STATE_HOME};
use super::{PROJECT_FILE, reader, shown};

/// Version of the store's form.
const VERSION: u32 = 1;
const HEADER: &str =
    "# Files that were trusted with `guildhall trust`; take them back with its `--revoke`.\n";

/// A trusted file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TrustedFile {
    /// The file, without symbolic links.
    pub(crate) path: PathBuf,
    /// SHA-256 of its trusted content in lower-case hexadecimal.
    pub(crate) sha256: String,
}

/// What was trusted just now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Granted {
    /// The file.
    pub(crate) file: TrustedFile,
    /// The keys that count from now on, in order; none where the file needed no trust.
    pub(crate) keys: Vec<String>,
}

/// How the store stands to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TrustState {
    /// Trusted with this content.
    Trusted,
    /// Trusted with another content.
    Changed,
    /// Not trusted.
    Unknown,
}

/// A trust store.
#[derive(Debug, Clone)]
pub(crate) struct TrustStore {
    path: PathBuf,
}

/// The form of the store.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    version: u32,
    #[serde(default)]
    file: Vec<StoredFile>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredFile {
    /// As `path_text` writes it.
    path: String,
    sha256: String,
}

/// Trusts the file at `path` as it is now, in the user's store.
///
/// # Errors
/// As [`TrustStore::trust`]; [`ConfigError::NoPlace`] where the system names no place for
/// the store.
pub(crate) fn trust(path: &Path) -> Result<Granted, ConfigError> {
    TrustStore::of_user()?.trust(path)
}

/// Takes trust back, in the user's store.
///
/// # Errors
/// As [`TrustStore::revoke`], and as [`trust`].
pub(crate) fn revoke(path: &Path) -> Result<Vec<TrustedFile>, ConfigError> {
    TrustStore::of_user()?.revoke(path)
}

/// The trusted files of the user's store, by path.
///
/// # Errors
/// As [`TrustStore::list`], and as [`trust`].
pub(crate) fn list() -> Result<Vec<TrustedFile>, ConfigError> {
    TrustStore::of_user()?.list()
}

impl TrustStore {
    /// The store in this file, which need not exist.
    pub(crate) fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    fn of_user() -> Result<Self, ConfigError> {
        let path = Places::from_env()?.trust_store;
        path.map(Self::at).ok_or(ConfigError::NoPlace {
            variable: STATE_HOME,
        })
    }

    /// Trusts the file at `path`, or the project's file of that folder, as it is now.
    ///
    /// # Errors
    /// [`ConfigError`] where the file cannot be read or is no valid configuration, where
    /// the store is damaged (it is left as it is) or cannot be written.
    pub(crate) fn trust(&self, path: &Path) -> Result<Granted, ConfigError> {
        let path = &file_of(path);
        let missing = || ConfigError::Missing {
            path: path.to_owned(),
        };
        let file = file::read(path, &shown::path(path))?.ok_or_else(missing)?;
        let entries = reader::read(&file)?;
        let name = name(&file.path).ok_or_else(|| ConfigError::NotUnicode {
            path: file.path.clone(),
        })?;
        let stored = StoredFile {
            path: name,
            sha256: file.sha256.clone(),
        };
        self.change(|files| {
            files.retain(|other| other.path != stored.path);
            files.push(stored);
        })?;
        let risky = entries.into_iter().filter(|it| it.setting.needs_trust());
        let mut keys: Vec<String> = risky.map(|entry| entry.key).collect();
        keys.sort();
        let file = TrustedFile {
            path: file.path,
            sha256: file.sha256,
        };
        Ok(Granted { file, keys })
    }

    /// Takes trust back from the file at `path`, and from the project's file of that
    /// folder. Neither need exist any more, nor need the folders around it.
    ///
    /// # Errors
    /// [`ConfigError::NotTrusted`] where there was no trust; [`ConfigError`] where the store
    /// is damaged (it is left as it is) or cannot be written.
    pub(crate) fn revoke(&self, path: &Path) -> Result<Vec<TrustedFile>, ConfigError> {
        let meant = meant_by(path).map_err(|source| ConfigError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        let is_meant = |file: &StoredFile| meant.contains(&file.path);
        if !self.read()?.iter().any(is_meant) {
            return Err(ConfigError::NotTrusted {
                path: path.to_owned(),
            });
        }
        self.change(|files| {
            let revoked = files.extract_if(.., |file| is_meant(file));
            revoked.map(TrustedFile::from).collect()
        })
    }

    /// The trusted files, by path.
    ///
    /// # Errors
    /// [`ConfigError`] where the store is damaged or cannot be read.
    pub(crate) fn list(&self) -> Result<Vec<TrustedFile>, ConfigError> {
        let mut files = self.read()?;
        files.sort();
        Ok(files.into_iter().map(TrustedFile::from).collect())
    }

    /// How the store stands to `file`.
    pub(super) fn state(&self, file: &ConfigFile) -> Result<TrustState, ConfigError> {
        let Some(name) = name(&file.path) else {
            return Ok(TrustState::Unknown);
        };
        let files = self.read()?;
        Ok(match files.iter().find(|stored| stored.path == name) {
            Some(stored) if stored.sha256 == file.sha256 => TrustState::Trusted,
            Some(_) => TrustState::Changed,
            None => TrustState::Unknown,
        })
    }

    fn read(&self) -> Result<Vec<StoredFile>, ConfigError> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                return Err(self.damaged("it is not UTF-8".to_owned()));
            }
            Err(source) => {
                return Err(ConfigError::Unreadable {
                    path: self.path.clone(),
                    source,
                });
            }
        };
        let stored: Stored =
            toml::from_str(&text).map_err(|error| self.damaged(shown::text(error.message())))?;
        if stored.version != VERSION {
            let version = stored.version;
            return Err(self.damaged(format!("version {version} is not known here")));
        }
        Ok(stored.file)
    }

    /// Changes the store. The lock is a file of its own, because the store itself is
    /// replaced and the lock of a replaced file holds nobody back.
    fn change<T>(&self, change: impl FnOnce(&mut Vec<StoredFile>) -> T) -> Result<T, ConfigError> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        create_folder(folder).map_err(|error| unwritable(folder, error))?;
        let lock_path = self.beside(".lock");
        let lock = open(OpenOptions::new().create(true).truncate(false), &lock_path)
            .map_err(|error| unwritable(&lock_path, error))?;
        lock.lock().map_err(|error| unwritable(&lock_path, error))?;
        let mut files = self.read()?;
        let outcome = change(&mut files);
        files.sort();
        self.replace(files)?;
        // Closing the file gives the lock back, as does every way out above.
        drop(lock);
        Ok(outcome)
    }

    /// Writes the whole store to a new file and puts it in the old one's place, so that
    /// no reader and no crash ever sees half of it. Only who has the lock comes here.
    fn replace(&self, file: Vec<StoredFile>) -> Result<(), ConfigError> {
        let stored = Stored {
            version: VERSION,
            file,
        };
        let new = self.beside(&format!(".{}.new", process::id()));
        let written = toml::to_string(&stored)
            .map_err(io::Error::other)
            .and_then(|text| write_through(&new, &format!("{HEADER}{text}")))
            .and_then(|()| fs::rename(&new, &self.path));
        written.map_err(|error| {
            // The first error is the one to tell; the leftover does no harm.
            let _ = fs::remove_file(&new);
            unwritable(&self.path, error)
        })
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = OsString::from(&self.path);
        name.push(ending);
        PathBuf::from(name)
    }

    fn damaged(&self, reason: String) -> ConfigError {
        ConfigError::DamagedStore {
            path: self.path.clone(),
            reason,
        }
    }
}

impl From<StoredFile> for TrustedFile {
    fn from(stored: StoredFile) -> Self {
        Self {
            path: path_text::decode(&stored.path),
            sha256: stored.sha256,
        }
    }
}

/// `path`, or the project's file in it where it is a folder.
fn file_of(path: &Path) -> PathBuf {
    if path.is_dir() {
        path.join(PROJECT_FILE)
    } else {
        path.to_owned()
    }
}

/// The names under which the store may have what `path` names: the file, or the project's
/// file of the folder, which may both be gone. Where it ends in a link, that is followed and
/// not followed: nobody knows which of the two was trusted.
fn meant_by(path: &Path) -> io::Result<Vec<String>> {
    let as_given = real(path)?;
    let followed = fs::canonicalize(path).ok();
    let files = [Some(as_given), followed].into_iter().flatten();
    let names = files.flat_map(|file| [name(&file.join(PROJECT_FILE)), name(&file)]);
    Ok(names.flatten().collect())
}

/// `path` without symbolic links in the folders above it, as far as these exist.
fn real(path: &Path) -> io::Result<PathBuf> {
    let path = path::absolute(path)?;
    let mut folders = path.ancestors().skip(1);
    let found = folders.find_map(|above| Some((above, fs::canonicalize(above).ok()?)));
    let Some((above, mut real)) = found else {
        return Ok(path);
    };
    for part in path.strip_prefix(above).unwrap_or(&path).components() {
        match part {
            // What is gone cannot be a link any more.
            path::Component::ParentDir => drop(real.pop()),
            part => real.push(part),
        }
    }
    Ok(real)
}

/// `path` as the store names it; `None` where that would lose something, so that another
/// path could pass for it.
fn name(path: &Path) -> Option<String> {
    let lossless = cfg!(unix) || path.to_str().is_some();
    lossless.then(|| path_text::encode(path))
}

fn write_through(path: &Path, text: &str) -> io::Result<()> {
    let mut file = open(OpenOptions::new().create(true).truncate(true), path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Opens a file for writing that only the user may read.
fn open(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.write(true).open(path)
}

/// Creates a folder that only the user may enter.
fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}

fn unwritable(path: &Path, source: io::Error) -> ConfigError {
    ConfigError::Unwritable {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests;
