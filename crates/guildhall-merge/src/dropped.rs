//! Every line of either side that the result has not, with the reason.

use std::collections::{HashMap, HashSet};

use crate::merged::{Merged, Take, Written};
use crate::rules::{Family, Rule};
use crate::three_way::{Kind, Piece};

/// Whose line it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The side that is merged into.
    Ours,
    /// The side that is merged.
    Theirs,
}

/// A line that is not in the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// Whose it was.
    pub side: Side,
    /// Where it stood there, counted from one.
    pub line: usize,
    /// The line without the white space around it.
    pub text: String,
    /// Why it is gone.
    pub reason: Reason,
}

/// Why a line is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// This side had not touched it, and the other removed or changed it.
    ChangedByOther,
    /// The hunk, counted from zero, was resolved by another text.
    Replaced(usize, Option<Rule>),
    /// Its words are in a line that was merged of both sides, in this hunk.
    MergedIntoLine(usize),
    /// It is there, but not as often.
    Repeated,
    /// It is gone from its place, and stands elsewhere in the result.
    Elsewhere,
}

impl Side {
    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Theirs => "theirs",
        }
    }
}

impl Reason {
    /// The reason as a word for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ChangedByOther => "changed-by-other",
            Self::Replaced(..) => "replaced",
            Self::MergedIntoLine(_) => "merged-into-line",
            Self::Repeated => "repeated",
            Self::Elsewhere => "stands-elsewhere",
        }
    }
}

/// The dropped lines of a written merge, first those of our side.
///
/// Lines are compared without the white space around them, and blank ones do not count. A
/// hunk between markers drops nothing.
#[must_use]
pub fn dropped(
    merged: &Merged<'_>,
    take: impl Fn(usize) -> Take,
    written: &Written,
) -> Vec<Dropped> {
    let mut all = Vec::new();
    for side in [Side::Ours, Side::Theirs] {
        let mut whole = counts(written.lines.iter().map(Vec::as_slice));
        let mut missing = Vec::new();
        let mut hunk = 0;
        for (piece, range) in merged.pieces.iter().zip(&written.pieces) {
            let here = &written.lines[range.clone()];
            let of_hunk = hunk;
            hunk += usize::from(piece.kind == Kind::Conflict);
            let mut left = counts(here.iter().map(Vec::as_slice));
            let others = Others::of(merged, piece, side);
            for (at, line) in lines_of(merged, piece, side) {
                let key = line.trim_ascii();
                if key.is_empty() {
                    continue;
                }
                if use_one(&mut left, key) {
                    use_one(&mut whole, key);
                    continue;
                }
                let reason = match others.changed(line) {
                    true => Reason::ChangedByOther,
                    false => reason(merged, piece, of_hunk, left.contains_key(key), &take),
                };
                missing.push((key, at, reason));
            }
        }
        for (key, at, reason) in missing {
            let elsewhere = use_one(&mut whole, key);
            all.push(Dropped {
                side,
                line: at + 1,
                text: String::from_utf8_lossy(key).into_owned(),
                reason: if elsewhere { Reason::Elsewhere } else { reason },
            });
        }
    }
    all
}

fn lines_of<'a>(
    merged: &'a Merged<'_>,
    piece: &Piece,
    side: Side,
) -> impl Iterator<Item = (usize, &'a [u8])> {
    let (lines, range) = match side {
        Side::Ours => (&merged.texts.ours, &piece.ours),
        Side::Theirs => (&merged.texts.theirs, &piece.theirs),
    };
    range.clone().zip(lines[range.clone()].iter().copied())
}

/// What a side can say of the lines of a piece that it did not touch. Looked up once a piece, since
/// a piece may have as many lines as the file.
struct Others<'a> {
    base: HashSet<&'a [u8]>,
    /// Without the white space around them.
    other: HashSet<&'a [u8]>,
}

impl<'a> Others<'a> {
    fn of(merged: &'a Merged<'_>, piece: &Piece, side: Side) -> Self {
        let texts = &merged.texts;
        let other = match side {
            Side::Ours => &texts.theirs[piece.theirs.clone()],
            Side::Theirs => &texts.ours[piece.ours.clone()],
        };
        Self {
            base: texts.base[piece.base.clone()].iter().copied().collect(),
            other: other.iter().map(|line| line.trim_ascii()).collect(),
        }
    }

    /// Whether the line stood in the base to the byte, and the other side has it no more. A line
    /// that this side indented anew is one that it touched.
    fn changed(&self, line: &[u8]) -> bool {
        self.base.contains(line) && !self.other.contains(line.trim_ascii())
    }
}

fn reason(
    merged: &Merged<'_>,
    piece: &Piece,
    hunk: usize,
    is_here: bool,
    take: impl Fn(usize) -> Take,
) -> Reason {
    if piece.kind != Kind::Conflict {
        return Reason::ChangedByOther;
    }
    if is_here {
        return Reason::Repeated;
    }
    match take(hunk) {
        Take::Chosen => {
            let rule = merged.hunks[hunk].rule;
            let by_words = [Family::Words, Family::Spaceless, Family::Renamed];
            if rule.is_some_and(|rule| by_words.contains(&rule.family())) {
                return Reason::MergedIntoLine(hunk);
            }
            Reason::Replaced(hunk, rule)
        }
        Take::Ours => Reason::Replaced(hunk, Some(Rule::Ours)),
        Take::Theirs => Reason::Replaced(hunk, Some(Rule::Theirs)),
        Take::Lines(_) | Take::Markers => Reason::Replaced(hunk, None),
    }
}

fn counts<'a>(lines: impl Iterator<Item = &'a [u8]>) -> HashMap<&'a [u8], usize> {
    let mut counts = HashMap::new();
    for line in lines {
        *counts.entry(line.trim_ascii()).or_insert(0) += 1;
    }
    counts
}

/// Whether there is one left, which is then used.
fn use_one(counts: &mut HashMap<&[u8], usize>, key: &[u8]) -> bool {
    match counts.get_mut(key) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    }
}
