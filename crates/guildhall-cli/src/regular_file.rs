//! Reading a file that others may have put there: what is no regular one, or has no end, is
//! refused.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unread {
    /// The system does not give it.
    #[error(transparent)]
    System(#[from] io::Error),
    /// A folder stands in its place; else a pipe or a device.
    #[error("it is no regular file")]
    NotAFile {
        /// Whether it is a folder.
        is_folder: bool,
    },
    /// It is longer than that.
    #[error("it has more than {} MiB", .most >> 20)]
    TooLong {
        /// The limit in bytes.
        most: u64,
    },
}

/// The bytes of a regular file with `most` of them at the most.
pub(crate) fn read(path: &Path, most: u64) -> Result<Vec<u8>, Unread> {
    let metadata = fs::metadata(path)?;
    // Opening a pipe would wait for its other end.
    if !metadata.is_file() {
        let is_folder = metadata.is_dir();
        return Err(Unread::NotAFile { is_folder });
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(Unread::TooLong { most });
    }
    Ok(bytes)
}

impl From<Unread> for io::Error {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::System(error) => error,
            other => Self::other(other),
        }
    }
}
