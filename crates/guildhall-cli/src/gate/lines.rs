//! Which lines of which files a change touches.

use std::collections::BTreeMap;

use guildhall_git::diff::{DiffRecord, Hunks, LineRange};
use guildhall_git::{GitFormatError, parse_all};

/// Lines of one file as it is now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Lines {
    /// First and last lines of what was added or changed.
    pub(super) written: Vec<(u32, u32)>,
    /// Lines after which something was taken out.
    pub(super) removed_after: Vec<u32>,
}

impl Lines {
    /// Whether the lines from `first` to `last` are touched: one of them was written, or
    /// something between two of them was taken out.
    pub(super) fn touch(&self, first: u32, last: u32) -> bool {
        let written = |(from, to): &(u32, u32)| *from <= last && *to >= first;
        let removed = |after: &u32| first <= *after && *after < last;
        self.written.iter().any(written) || self.removed_after.iter().any(removed)
    }

    fn add(&mut self, range: LineRange) {
        match range.count.checked_sub(1) {
            Some(more) => {
                let last = range.start.saturating_add(more);
                self.written.push((range.start, last));
            }
            None => self.removed_after.push(range.start),
        }
    }
}

/// The touched lines of each file that is there after the patch, by its path in bytes. A
/// file whose lines are all as they were, because it was renamed alone, is left out.
///
/// # Errors
/// Where this is not what git writes for [`Hunks`].
pub(super) fn of_patch(patch: &[u8]) -> Result<BTreeMap<Vec<u8>, Lines>, GitFormatError> {
    let mut files: BTreeMap<Vec<u8>, Lines> = BTreeMap::new();
    let mut path: Option<Vec<u8>> = None;
    for record in parse_all(Hunks::default(), patch)? {
        match record {
            DiffRecord::File(file) => path = file.new_path,
            DiffRecord::Hunk(hunk) => {
                if let Some(path) = &path {
                    files.entry(path.clone()).or_default().add(hunk.new);
                }
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_and_removed_lines_are_told_apart() {
        let patch = b"diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n@@ -1 +1,2 @@ fn f()\n-a\n+b\n+c\n@@ -9,2 +10,0 @@\n-d\n-e\n";
        let lines = of_patch(patch).unwrap().remove(&b"x"[..]).unwrap();
        assert_eq!(lines.written, [(1, 2)]);
        assert_eq!(lines.removed_after, [10]);
        assert!(lines.touch(2, 5) && !lines.touch(3, 5));
        assert!(lines.touch(10, 11), "what stood between the two is gone");
        assert!(!lines.touch(10, 10) && !lines.touch(11, 12));
    }

    #[test]
    fn files_that_are_gone_touch_nothing() {
        let patch = b"diff --git a/x b/x\ndeleted file mode 100644\nindex 1..0\n--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n";
        assert!(of_patch(patch).unwrap().is_empty());
    }
}
