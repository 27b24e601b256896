//! What whoever does a step is told: what, where, and from what to what.

use std::fmt::Write as _;

use crate::plan::{Change, File, Use};

/// Places that are named one by one; the plan has them all.
const MOST_PLACES: usize = 200;

/// Instructions that are being written.
pub(super) struct Text(String);

impl Text {
    pub(super) fn new(task: &str) -> Self {
        Self(format!("{task}\n"))
    }

    /// A line of its own.
    pub(super) fn line(&mut self, line: &str) {
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "{line}");
    }

    /// What became of the items that are used.
    pub(super) fn changes<'a>(&mut self, changes: impl Iterator<Item = &'a Change>) {
        self.line("\nWhat changed:");
        for change in changes {
            let mut line = format!("- `{}`: {}", change.id, change.class.phrase());
            if let Some(to) = &change.to {
                let _ = write!(line, ", now `{to}`");
            }
            if let (Some(old), Some(new)) = (&change.old, &change.new) {
                let _ = write!(line, " (`{old}` -> `{new}`)");
            }
            if let Some(note) = &change.note {
                let _ = write!(line, "; {note}");
            }
            self.line(&line);
        }
    }

    /// Where it is used.
    pub(super) fn places<'a>(
        &mut self,
        files: impl Iterator<Item = &'a File>,
        counts: impl Fn(&Use) -> bool,
    ) {
        self.line("\nWhere:");
        let mut count = 0_usize;
        for file in files {
            for it in file.uses.iter().filter(|it| counts(it)) {
                count += 1;
                if count <= MOST_PLACES {
                    let (path, line, change) = (&file.path, it.line, &it.change);
                    let phrase = it.class.phrase();
                    self.line(&format!("- {path}:{line} `{change}`: {phrase}"));
                }
            }
        }
        if count > MOST_PLACES {
            let more = count - MOST_PLACES;
            self.line(&format!("- and {more} more places, which the plan names"));
        }
    }

    /// The whole text, with the command at its end.
    pub(super) fn end(mut self, verify: &str) -> String {
        self.line(&format!(
            "\nChange what this needs and nothing else. It is done when this succeeds:\n\n    {verify}"
        ));
        self.0
    }
}
