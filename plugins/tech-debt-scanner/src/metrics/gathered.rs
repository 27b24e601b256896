//! What was measured of each file.

use guildhall_report::Skipped;

use crate::analyse::FileResult;
use crate::rust::Function;
use crate::scan::Gather;

/// All that was measured.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) files: Vec<MeasuredFile>,
    pub(super) skipped: Vec<Skipped>,
}

/// One file with its functions, in the order in which they begin.
#[derive(Debug)]
pub(super) struct MeasuredFile {
    /// Path relative to the root.
    pub(super) name: String,
    pub(super) lines: u32,
    pub(super) functions: Vec<Function>,
}

impl Gather for Gathered {
    fn add(&mut self, file: FileResult) {
        // A file without functions was measured; one that could not be was not.
        if file.skipped.is_none() {
            self.files.push(MeasuredFile {
                name: file.name,
                lines: file.lines,
                functions: file.measured,
            });
        }
        self.skipped.extend(file.skipped);
    }

    fn merge(&mut self, other: Self) {
        self.files.extend(other.files);
        self.skipped.extend(other.skipped);
    }
}

impl Gathered {
    /// Puts the files in order, so that nothing depends on which thread did what.
    pub(super) fn sort(&mut self) {
        self.files.sort_by(|a, b| a.name.cmp(&b.name));
    }
}
