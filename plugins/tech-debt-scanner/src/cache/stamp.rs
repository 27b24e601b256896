//! What the system says of a file without its content being read.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::time::{SystemTime, UNIX_EPOCH};

/// File systems keep times to this many seconds at worst (FAT: two).
const COARSEST_TIME: i64 = 2;

/// Two equal stamps of one name mean equal contents, if the first [`Stamp::is_settled`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) size: u64,
    /// When the content was changed, in seconds and nanoseconds since 1970.
    pub(super) modified: (i64, i64),
    /// When that or anything else of the file was changed: nobody can set this one back.
    pub(super) changed: (i64, i64),
    pub(super) inode: u64,
    pub(super) device: u64,
}

impl Stamp {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self {
            size: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
            inode: metadata.ino(),
            device: metadata.dev(),
        }
    }

    /// Which file or folder it is, whatever becomes of its content.
    pub(super) fn place(metadata: &Metadata) -> Self {
        Self {
            size: 0,
            modified: (0, 0),
            changed: (0, 0),
            inode: metadata.ino(),
            device: metadata.dev(),
        }
    }

    /// Whether a change of the file after `read`, in seconds since 1970, would show in the
    /// stamp. One that comes in the same tick of the file system's clock as the last change
    /// before does not, so what was changed just before it was read is not known again.
    /// Git has the same rule for its index.
    pub(crate) fn is_settled(&self, read: i64) -> bool {
        self.modified
            .0
            .max(self.changed.0)
            .saturating_add(COARSEST_TIME)
            < read
    }
}

/// The time now, in seconds since 1970.
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_changed_just_before_or_comes_from_the_future_is_not_settled() {
        let stamp = |modified, changed| Stamp {
            size: 1,
            modified: (modified, 0),
            changed: (changed, 0),
            inode: 1,
            device: 1,
        };
        assert!(stamp(100, 100).is_settled(103));
        assert!(!stamp(100, 100).is_settled(102));
        assert!(
            !stamp(0, 100).is_settled(102),
            "one whose time was set back"
        );
        assert!(!stamp(100, 0).is_settled(102));
        assert!(!stamp(i64::MAX, 0).is_settled(i64::MAX));
    }
}
