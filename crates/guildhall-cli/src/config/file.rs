//! Finding a project's file and reading any file safely: what a clone puts in its place
//! may be a folder, a pipe, a link or endless.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use guildhall_coordination::source_text::Problem;
use guildhall_runtime::store::Digest;

use super::PROJECT_FILE;
use super::error::ConfigError;
use crate::regular_file::{self, Unread};

/// Largest configuration in bytes.
pub(super) const LARGEST: u64 = 1024 * 1024;

/// The text of a configuration and what identifies it. Everything comes from one read,
/// so that what is parsed is what was hashed.
#[derive(Debug, Clone)]
pub(super) struct ConfigFile {
    /// The file, without symbolic links.
    pub(super) path: PathBuf,
    /// The file as messages name it.
    pub(super) shown: String,
    /// What it says.
    pub(super) text: String,
    /// SHA-256 of its bytes in lower-case hexadecimal.
    pub(super) sha256: String,
}

/// The project's file in the folder of `start` or the nearest one above. A file, a link
/// or a folder of that name all end the search: skipping one would hide a mistake.
pub(super) fn nearest(start: &Path) -> Result<Option<PathBuf>, ConfigError> {
    let real = fs::canonicalize(start).map_err(|source| ConfigError::Start {
        path: start.to_owned(),
        source,
    })?;
    for folder in real.ancestors() {
        let path = folder.join(PROJECT_FILE);
        match fs::symlink_metadata(&path) {
            Ok(_) => return Ok(Some(path)),
            Err(error) if is_absent(&error) => {}
            Err(source) => return Err(ConfigError::Unreadable { path, source }),
        }
    }
    Ok(None)
}

/// Reads a file; `None` where there is none.
pub(super) fn read(path: &Path, shown: &str) -> Result<Option<ConfigFile>, ConfigError> {
    match resolve(path)? {
        Some(real) => read_real(real, shown).map(Some),
        None => Ok(None),
    }
}

/// As [`read`], but refuses a link that leads out of its folder: errors quote lines, and
/// a clone could have those of a private file quoted into a public log.
pub(super) fn read_within_its_folder(
    path: &Path,
    shown: &str,
) -> Result<Option<ConfigFile>, ConfigError> {
    let Some(real) = resolve(path)? else {
        return Ok(None);
    };
    if !path.parent().is_some_and(|folder| real.starts_with(folder)) {
        return Err(ConfigError::LeadsAway {
            path: path.to_owned(),
            target: real,
        });
    }
    read_real(real, shown).map(Some)
}

/// `path` without symbolic links; `None` where nothing is there.
fn resolve(path: &Path) -> Result<Option<PathBuf>, ConfigError> {
    let source = match fs::canonicalize(path) {
        Ok(real) => return Ok(Some(real)),
        Err(source) => source,
    };
    let path = path.to_owned();
    if fs::symlink_metadata(&path).is_ok_and(|found| found.is_symlink()) {
        Err(ConfigError::BrokenLink { path, source })
    } else if is_absent(&source) {
        Ok(None)
    } else {
        Err(ConfigError::Unreadable { path, source })
    }
}

fn read_real(path: PathBuf, shown: &str) -> Result<ConfigFile, ConfigError> {
    let bytes = read_bytes(&path)?;
    let sha256 = Digest::of(&bytes).to_string();
    let text = String::from_utf8(bytes).map_err(|error| not_utf8(shown, &error.into_bytes()))?;
    Ok(ConfigFile {
        path,
        shown: shown.to_owned(),
        text,
        sha256,
    })
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, ConfigError> {
    let path = || path.to_owned();
    regular_file::read(&path(), LARGEST).map_err(|unread| match unread {
        Unread::System(source) => ConfigError::Unreadable {
            path: path(),
            source,
        },
        Unread::NotAFile { is_folder } => ConfigError::NotAFile {
            path: path(),
            found: match is_folder {
                true => "a folder",
                false => "a pipe or a device",
            },
        },
        Unread::TooLong { most: limit } => ConfigError::TooLarge {
            path: path(),
            limit,
        },
    })
}

fn not_utf8(shown: &str, bytes: &[u8]) -> ConfigError {
    let valid: usize = bytes
        .utf8_chunks()
        .next()
        .map_or(0, |chunk| chunk.valid().len());
    let text = String::from_utf8_lossy(bytes);
    let span = valid..valid + char::REPLACEMENT_CHARACTER.len_utf8();
    let byte = bytes.get(valid).copied().unwrap_or_default();
    let message = format!("the byte 0x{byte:02X} is not UTF-8");
    let help = Some("save the file as UTF-8".to_owned());
    ConfigError::Invalid {
        problems: vec![Problem::new(shown, &text, &span, message, help)],
        more: 0,
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests;
