//! The three-way merge of lines, with the hunks that git would show.
//!
//! Both sides are compared with the base by the histogram algorithm, as git's merge does,
//! and changes that overlap or touch become one conflict. Changes that are the same on both
//! sides are none.

use std::ops::Range;

use gix_imara_diff::{Algorithm, Diff, InternedInput};

/// What became of a part of the base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Both sides have the same lines.
    Alike,
    /// Only our side changed it.
    Ours,
    /// Only their side changed it.
    Theirs,
    /// Both changed it, differently.
    Conflict,
}

/// A part of the merge. The pieces of a merge cover each version from the first line to
/// the last; ranges count lines from zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What became of it.
    pub kind: Kind,
    /// Lines of the base.
    pub base: Range<usize>,
    /// Lines of our side.
    pub ours: Range<usize>,
    /// Lines of their side.
    pub theirs: Range<usize>,
}

/// A change of one side: lines of the base, and what stands there instead.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Change {
    base: Range<usize>,
    side: Range<usize>,
}

/// Changes that are decided together.
#[derive(Debug)]
struct Group {
    kind: Kind,
    base: Range<usize>,
    ours: Range<usize>,
    theirs: Range<usize>,
}

/// Merges lines.
///
/// ```
/// use guildhall_merge::three_way::{Kind, three_way};
///
/// let base: [&[u8]; 3] = [b"a", b"b", b"c"];
/// let pieces = three_way(&base, &[b"a", b"B", b"c"], &base);
/// let kinds: Vec<Kind> = pieces.iter().map(|piece| piece.kind).collect();
/// assert_eq!(kinds, [Kind::Alike, Kind::Ours, Kind::Alike]);
/// ```
#[must_use]
pub fn three_way(base: &[&[u8]], ours: &[&[u8]], theirs: &[&[u8]]) -> Vec<Piece> {
    let of_ours = changes(base, ours);
    let of_theirs = changes(base, theirs);
    let mut groups: Vec<Group> = Vec::new();
    let (mut left, mut right) = (of_ours.iter().peekable(), of_theirs.iter().peekable());
    // How far the lines of each side lie behind those of the base.
    let (mut ours_shift, mut theirs_shift) = (0isize, 0isize);
    while let (Some(mine), Some(other)) = (left.peek().copied(), right.peek().copied()) {
        if mine.base.end < other.base.start {
            push(&mut groups, of_ours_alone(mine, theirs_shift));
            ours_shift = shift(mine);
            left.next();
            continue;
        }
        if other.base.end < mine.base.start {
            push(&mut groups, of_theirs_alone(other, ours_shift));
            theirs_shift = shift(other);
            right.next();
            continue;
        }
        let same = mine.base == other.base && ours[mine.side.clone()] == theirs[other.side.clone()];
        if !same {
            let base = mine.base.start.min(other.base.start)..mine.base.end.max(other.base.end);
            let group = Group {
                kind: Kind::Conflict,
                ours: widened(mine, &base),
                theirs: widened(other, &base),
                base,
            };
            push(&mut groups, group);
        }
        if mine.base.end >= other.base.end {
            theirs_shift = shift(other);
            right.next();
        }
        if other.base.end >= mine.base.end {
            ours_shift = shift(mine);
            left.next();
        }
    }
    for mine in left {
        push(&mut groups, of_ours_alone(mine, theirs_shift));
    }
    for other in right {
        push(&mut groups, of_theirs_alone(other, ours_shift));
    }
    pieces(groups, [base.len(), ours.len(), theirs.len()])
}

/// The changes from one version to another.
fn changes(before: &[&[u8]], after: &[&[u8]]) -> Vec<Change> {
    let mut input = InternedInput::default();
    input.update_before(before.iter().copied());
    input.update_after(after.iter().copied());
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_no_heuristic(&input);
    let range = |range: Range<u32>| range.start as usize..range.end as usize;
    let change = |hunk: gix_imara_diff::Hunk| Change {
        base: range(hunk.before),
        side: range(hunk.after),
    };
    diff.hunks().map(change).collect()
}

/// How far lines of a side lie behind those of the base after this change.
fn shift(change: &Change) -> isize {
    change.side.end.cast_signed() - change.base.end.cast_signed()
}

fn moved(range: &Range<usize>, by: isize) -> Range<usize> {
    range.start.saturating_add_signed(by)..range.end.saturating_add_signed(by)
}

/// The lines of a side for a wider range of the base around its change.
fn widened(change: &Change, base: &Range<usize>) -> Range<usize> {
    let before = change.base.start - base.start;
    let after = base.end - change.base.end;
    change.side.start.saturating_sub(before)..change.side.end + after
}

/// A change of our side that touches none of theirs, whose lines lie so far behind.
fn of_ours_alone(mine: &Change, theirs_shift: isize) -> Group {
    Group {
        kind: Kind::Ours,
        base: mine.base.clone(),
        ours: mine.side.clone(),
        theirs: moved(&mine.base, theirs_shift),
    }
}

/// The same of their side.
fn of_theirs_alone(other: &Change, ours_shift: isize) -> Group {
    Group {
        kind: Kind::Theirs,
        base: other.base.clone(),
        ours: moved(&other.base, ours_shift),
        theirs: other.side.clone(),
    }
}

/// Adds a group; one that touches the last becomes part of it.
fn push(groups: &mut Vec<Group>, group: Group) {
    let touches =
        |last: &Group| group.ours.start <= last.ours.end || group.theirs.start <= last.theirs.end;
    match groups.last_mut().filter(|last| touches(last)) {
        Some(last) => {
            if last.kind != group.kind {
                last.kind = Kind::Conflict;
            }
            last.base.end = group.base.end;
            last.ours.end = group.ours.end;
            last.theirs.end = group.theirs.end;
        }
        None => groups.push(group),
    }
}

/// The groups with what lies between them.
fn pieces(groups: Vec<Group>, ends: [usize; 3]) -> Vec<Piece> {
    let mut pieces = Vec::with_capacity(groups.len() * 2 + 1);
    let mut at = [0; 3];
    for Group {
        kind,
        base,
        ours,
        theirs,
    } in groups
    {
        between(&mut pieces, at, [base.start, ours.start, theirs.start]);
        at = [base.end, ours.end, theirs.end];
        pieces.push(Piece {
            kind,
            base,
            ours,
            theirs,
        });
    }
    between(&mut pieces, at, ends);
    pieces
}

fn between(pieces: &mut Vec<Piece>, from: [usize; 3], to: [usize; 3]) {
    if from != to {
        pieces.push(Piece {
            kind: Kind::Alike,
            base: from[0]..to[0],
            ours: from[1]..to[1],
            theirs: from[2]..to[2],
        });
    }
}

#[cfg(test)]
mod tests;
