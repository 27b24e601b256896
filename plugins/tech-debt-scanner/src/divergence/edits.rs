//! What differs between two sequences: E. W. Myers, *An O(ND) difference algorithm and its
//! variations* (Algorithmica, 1986), up to a number of differences.

use std::ops::Range;

/// One stretch that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) old: Range<usize>,
    pub(super) new: Range<usize>,
}

/// The stretches in which `old` and `new` differ, in order; none where more than `most` items
/// came or went.
pub(super) fn edits(old: &[u64], new: &[u64], most: usize) -> Option<Vec<Edit>> {
    let front = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (&old[front..], &new[front..]);
    let both = old_rest.iter().rev().zip(new_rest.iter().rev());
    let back = both.take_while(|(a, b)| a == b).count();
    let old_rest = &old_rest[..old_rest.len() - back];
    let new_rest = &new_rest[..new_rest.len() - back];
    let trace = trace(old_rest, new_rest, most)?;
    let mut found = back_along(&trace, old_rest.len(), new_rest.len());
    for edit in &mut found {
        edit.old = edit.old.start + front..edit.old.end + front;
        edit.new = edit.new.start + front..edit.new.end + front;
    }
    Some(found)
}

/// For each number of differences, how far into `old` each diagonal reaches with one less.
/// Diagonals are numbered from `-differences`.
fn trace(old: &[u64], new: &[u64], most: usize) -> Option<Vec<Vec<usize>>> {
    let mut trace: Vec<Vec<usize>> = Vec::new();
    for differences in 0..=most {
        let mut reached = Vec::with_capacity(2 * differences + 1);
        for diagonal in 0..=2 * differences {
            // Only diagonals of the same parity are reached.
            let x = match (diagonal % 2, trace.last()) {
                (1, _) => {
                    reached.push(0);
                    continue;
                }
                (_, None) => 0,
                (_, Some(before)) => step(before, diagonal).0,
            };
            let x = slide(old, new, x, diagonal, differences);
            reached.push(x);
            let y = (x + differences).checked_sub(diagonal);
            if x >= old.len() && y.is_some_and(|y| y >= new.len()) {
                trace.push(reached);
                return Some(trace);
            }
        }
        trace.push(reached);
    }
    None
}

/// How far one more difference leads on a diagonal, and whether by an item that went.
fn step(before: &[usize], diagonal: usize) -> (usize, bool) {
    // Diagonals of the row before are numbered from one less.
    let from_left = diagonal.checked_sub(2).map(|left| before[left] + 1);
    let from_above = before.get(diagonal).copied();
    match (from_left, from_above) {
        (Some(left), Some(above)) if left > above => (left, true),
        (Some(left), None) => (left, true),
        (_, above) => (above.unwrap_or(0), false),
    }
}

fn slide(old: &[u64], new: &[u64], from: usize, diagonal: usize, differences: usize) -> usize {
    let mut x = from;
    while let Some(y) = (x + differences).checked_sub(diagonal)
        && x < old.len()
        && y < new.len()
        && old[x] == new[y]
    {
        x += 1;
    }
    x
}

fn back_along(trace: &[Vec<usize>], old: usize, new: usize) -> Vec<Edit> {
    let mut found: Vec<Edit> = Vec::new();
    let (mut x, mut y) = (old, new);
    for differences in (1..trace.len()).rev() {
        let diagonal = x + differences - y;
        let (reached, is_gone) = step(&trace[differences - 1], diagonal);
        // The place just after the difference, before the run of what is equal.
        y = reached + differences - diagonal;
        let (old, new) = match is_gone {
            true => (reached - 1..reached, y..y),
            false => (reached..reached, y - 1..y),
        };
        match found.last_mut() {
            Some(next) if next.old.start == old.end && next.new.start == new.end => {
                next.old.start = old.start;
                next.new.start = new.start;
            }
            _ => found.push(Edit {
                old: old.clone(),
                new: new.clone(),
            }),
        }
        (x, y) = (old.start, new.start);
    }
    found.reverse();
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn applied(old: &[u64], new: &[u64], edits: &[Edit]) -> Vec<u64> {
        let mut made = Vec::new();
        let mut at = 0;
        for edit in edits {
            made.extend(&old[at..edit.old.start]);
            made.extend(&new[edit.new.clone()]);
            at = edit.old.end;
        }
        made.extend(&old[at..]);
        made
    }

    #[test]
    fn the_stretches_that_differ_are_found() {
        let edits = |old: &[u64], new: &[u64]| edits(old, new, 10).unwrap();
        assert_eq!(edits(&[1, 2, 3], &[1, 2, 3]), []);
        let one = |old, new| Edit { old, new };
        assert_eq!(edits(&[1, 2, 3], &[1, 3]), [one(1..2, 1..1)]);
        assert_eq!(edits(&[1, 3], &[1, 2, 3]), [one(1..1, 1..2)]);
        assert_eq!(edits(&[1, 2, 3], &[1, 9, 3]), [one(1..2, 1..2)]);
        assert_eq!(edits(&[], &[1, 2]), [one(0..0, 0..2)]);
        assert_eq!(
            edits(&[1, 2, 3, 4, 5], &[2, 3, 9, 4, 5, 6]),
            [one(0..1, 0..0), one(3..3, 2..3), one(5..5, 5..6)]
        );
    }

    #[test]
    fn more_differences_than_wanted_are_no_edits() {
        assert_eq!(edits(&[1, 2], &[3, 4], 3), None);
        assert!(edits(&[1, 2], &[3, 4], 4).is_some());
    }

    proptest! {
        #[test]
        fn edits_lead_from_the_old_to_the_new(
            old in proptest::collection::vec(0..4_u64, 0..30),
            new in proptest::collection::vec(0..4_u64, 0..30),
        ) {
            let edits = edits(&old, &new, 60).unwrap();
            prop_assert_eq!(applied(&old, &new, &edits), new);
            let apart = |pair: &[Edit]| pair[0].old.end < pair[1].old.start;
            prop_assert!(edits.windows(2).all(apart));
        }
    }
}
