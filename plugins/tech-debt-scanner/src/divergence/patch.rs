//! One small change of a fix: what it took away with what stood around it, and what it left.

use std::ops::Range;

use guildhall_source::git::ObjectId;

use super::edits::{self, Edit};
use super::lines::{Line, Lines, tokens};
use crate::history::Fix;

/// A change of more lines than this in one file is more than a fix.
const MOST_LINES: usize = 60;

/// One edit of more lines is a rewrite, of which a copy is no sibling that was forgotten.
const MOST_LINES_OF_EDIT: usize = 20;

/// An edit of fewer tokens puts a name into a list or takes it out.
const LEAST_TOKENS: u32 = 4;

/// Tokens on each side of an edit that must be equal.
const BESIDE: u32 = 12;

/// Lines that are kept on each side, to see how far a copy reaches.
const REACH: usize = 40;

/// Lines of a change that are quoted.
const QUOTED: usize = 4;

/// One edit of a fix.
#[derive(Debug)]
pub(super) struct Patch {
    pub(super) commit: ObjectId,
    pub(super) subject: String,
    /// Days before the commit that is checked out.
    pub(super) age: f64,
    /// The file that the fix changed.
    pub(super) file: usize,
    /// Lines before the fix, around the edit.
    old: Vec<u64>,
    /// Those of them that a copy must have.
    window: Range<usize>,
    /// The line of the window by which it is looked for.
    anchor: usize,
    /// What stands in place of the window after the fix.
    new: Vec<u64>,
    /// Which of those lines the fix brought.
    brought: Range<usize>,
    /// How often the window stood in the file before the fix.
    pub(super) times_before: usize,
    /// The first lines that the fix took away, and brought.
    pub(super) taken: Vec<String>,
    pub(super) given: Vec<String>,
    /// The window's text, by which it is known again.
    pub(super) essence: String,
}

/// Adds the edits of a fix of which copies can be told.
pub(super) fn patches(
    fix: &Fix,
    old: &Lines<'_>,
    new: &Lines<'_>,
    threshold: u32,
    patches: &mut Vec<Patch>,
) {
    let hashes =
        |lines: &Lines<'_>| -> Vec<u64> { lines.all.iter().map(|line| line.hash).collect() };
    let (old_hashes, new_hashes) = (hashes(old), hashes(new));
    let Some(edits) = edits::edits(&old_hashes, &new_hashes, MOST_LINES) else {
        return;
    };
    for edit in &edits {
        if !is_code(old, new, edit) {
            continue;
        }
        let Some(window) = window(old, edit) else {
            continue;
        };
        let reach = window.start.saturating_sub(REACH)..(window.end + REACH).min(old.all.len());
        if old.tokens(reach.clone()) < threshold {
            continue;
        }
        let above = edit.old.start - window.start;
        let below = window.end - edit.old.end;
        // Another edit nearby changes what stands around this one.
        let start = edit.new.start.checked_sub(above);
        let (Some(start), end) = (start, edit.new.end + below) else {
            continue;
        };
        if end > new.all.len() {
            continue;
        }
        let texts = |lines: &Lines<'_>, range: Range<usize>| -> Vec<String> {
            let texts = lines.all[range].iter().take(QUOTED);
            texts.map(|line| line.text.to_owned()).collect()
        };
        let text: Vec<&str> = old.all[window.clone()]
            .iter()
            .map(|line| line.text)
            .collect();
        let within = &old_hashes[window.clone()];
        patches.push(Patch {
            commit: fix.commit,
            subject: fix.subject.clone(),
            age: fix.age,
            file: fix.file,
            old: old_hashes[reach.clone()].to_vec(),
            window: window.start - reach.start..window.end - reach.start,
            anchor: anchor(old, &window),
            new: new_hashes[start..end].to_vec(),
            brought: above..above + edit.new.len(),
            times_before: count(&old_hashes, within),
            taken: texts(old, edit.old.clone()),
            given: texts(new, edit.new.clone()),
            essence: text.join("\n"),
        });
    }
}

impl Patch {
    /// The line by which the window is looked for.
    pub(super) fn anchor(&self) -> u64 {
        self.old[self.window.start + self.anchor]
    }

    /// The lines that a text has in common with the one before the fix, around its line `at`
    /// that is equal to the anchor; none where it does not have the whole window.
    pub(super) fn find(&self, lines: &Lines<'_>, at: usize) -> Option<Range<usize>> {
        let start = at.checked_sub(self.anchor)?;
        let end = start + self.window.len();
        let found = lines.all.get(start..end)?;
        let is_equal = found
            .iter()
            .zip(&self.old[self.window.clone()])
            .all(|(line, hash)| line.hash == *hash);
        if !is_equal {
            return None;
        }
        let above = lines.all[..start].iter().rev();
        let above = above.zip(self.old[..self.window.start].iter().rev());
        let above = above.take_while(|(line, hash)| line.hash == **hash).count();
        let below = lines.all[end..].iter().zip(&self.old[self.window.end..]);
        let below = below.take_while(|(line, hash)| line.hash == **hash).count();
        Some(start - above..end + below)
    }

    /// Where a text has what the fix left, as numbers of lines; none where it stands there no
    /// more, or not once only.
    pub(super) fn mended(&self, lines: &Lines<'_>) -> Option<Range<u32>> {
        let hashes: Vec<u64> = lines.all.iter().map(|line| line.hash).collect();
        if count(&hashes, &self.new) != 1 {
            return None;
        }
        let start = hashes
            .windows(self.new.len())
            .position(|part| part == self.new)?;
        // Where nothing was brought it is shown between which lines something was taken away.
        let first = &lines.all[(start + self.brought.start).min(lines.all.len() - 1)];
        let last = start + self.brought.end.max(self.brought.start + 1) - 1;
        let last = &lines.all[last.min(lines.all.len() - 1)];
        Some(first.number..last.number)
    }

    /// How often a text has the window.
    pub(super) fn times_in(&self, lines: &Lines<'_>) -> usize {
        let hashes: Vec<u64> = lines.all.iter().map(|line| line.hash).collect();
        count(&hashes, &self.old[self.window.clone()])
    }
}

/// The lines that an edit took away, and as many around them as a copy must have.
fn window(old: &Lines<'_>, edit: &Edit) -> Option<Range<usize>> {
    if edit.old.len().max(edit.new.len()) > MOST_LINES_OF_EDIT {
        return None;
    }
    let mut start = edit.old.start;
    let mut found = 0;
    while found < BESIDE {
        start = start.checked_sub(1)?;
        found += tokens(old.all[start].text);
    }
    let mut end = edit.old.end;
    found = 0;
    while found < BESIDE {
        found += tokens(old.all.get(end)?.text);
        end += 1;
    }
    Some(start..end)
}

/// Whether an edit changes what the program does, as far as its lines show it: more than a name
/// in a list, an import or the text of documentation.
fn is_code(old: &Lines<'_>, new: &Lines<'_>, edit: &Edit) -> bool {
    let (taken, given) = (&old.all[edit.old.clone()], &new.all[edit.new.clone()]);
    let weight: u32 = taken
        .iter()
        .chain(given)
        .map(|line| tokens(line.text))
        .sum();
    let is_aside = |lines: &[Line<'_>]| {
        let mut texts = lines.iter().map(|line| line.text);
        !lines.is_empty() && texts.all(|text| is_import(text) || is_prose(text))
    };
    weight >= LEAST_TOKENS && !is_aside(taken) && !(taken.is_empty() && is_aside(given))
}

fn is_import(line: &str) -> bool {
    const STARTS: [&str; 7] = [
        "use ", "pub use ", "import ", "from ", "using ", "#include", "require",
    ];
    STARTS.iter().any(|start| line.starts_with(start))
}

/// Words without any mark that code would have.
fn is_prose(line: &str) -> bool {
    let marks = ['(', ')', '{', '}', '[', ']', '=', ';', '<', '>', ':'];
    !line.contains(marks) && line.split_whitespace().count() >= 4
}

/// The line with most tokens, within the window.
fn anchor(old: &Lines<'_>, window: &Range<usize>) -> usize {
    let lines = old.all[window.clone()].iter().enumerate();
    let longest = lines.max_by_key(|(at, line)| (tokens(line.text), std::cmp::Reverse(*at)));
    longest.map_or(0, |(at, _)| at)
}

/// How often `part`, which is not empty, stands in `all`.
fn count(all: &[u64], part: &[u64]) -> usize {
    all.windows(part.len().max(1))
        .filter(|other| *other == part)
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_names_in_lists_and_prose_are_no_change_of_code() {
        let changes = |taken: &str, given: &str| {
            let lines = |text| Lines::of(text, None);
            let (old, new) = (lines(taken), lines(given));
            let edit = Edit {
                old: 0..old.all.len(),
                new: 0..new.all.len(),
            };
            is_code(&old, &new, &edit)
        };
        assert!(changes("a.b(c);", "a.b(d);"));
        assert!(changes("", "full: has(full),"));
        assert!(changes("x = y.z", ""));
        assert!(!changes("", "name,"));
        assert!(!changes("use a::{b, c};", "use a::b;"));
        assert!(!changes(
            "What is done to it all.",
            "What: nothing (it is)."
        ));
    }
}
