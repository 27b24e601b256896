//! Differences of short sequences, and merging them.

use std::ops::Range;

/// How many differences are looked for before the middle counts as wholly different.
const MOST_DIFFERENCES: usize = 350;

/// A change: a range of the base, and the range of the side that stands there instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edit {
    pub(crate) base: Range<usize>,
    pub(crate) side: Range<usize>,
}

/// Where an element of a merge comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    Base(usize),
    Ours(usize),
    Theirs(usize),
}

/// How close the changes came to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Closeness {
    /// Something unchanged lies between any two.
    Apart,
    /// Some touch.
    Adjacent,
    /// Some insert at the same place.
    Inserted,
}

/// Whose insertion comes first where both insert at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    OursFirst,
    TheirsFirst,
}

/// Pairs of equal elements, in order: a shortest edit script, or only the common beginning
/// and end where the two are too far apart.
pub(crate) fn matches<T: PartialEq>(a: &[T], b: &[T]) -> Vec<(usize, usize)> {
    matches_within(a, b, MOST_DIFFERENCES)
}

/// The same with at most this many differences.
pub(crate) fn matches_within<T: PartialEq>(a: &[T], b: &[T], most: usize) -> Vec<(usize, usize)> {
    let start = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a_rest, b_rest) = (&a[start..], &b[start..]);
    let end = a_rest
        .iter()
        .rev()
        .zip(b_rest.iter().rev())
        .take_while(|(x, y)| x == y)
        .count();
    let (a_rest, b_rest) = (&a_rest[..a_rest.len() - end], &b_rest[..b_rest.len() - end]);
    let mut pairs: Vec<(usize, usize)> = (0..start).map(|i| (i, i)).collect();
    pairs.extend(
        middle(a_rest, b_rest, most)
            .into_iter()
            .map(|(i, j)| (i + start, j + start)),
    );
    pairs.extend((0..end).map(|i| (a.len() - end + i, b.len() - end + i)));
    pairs
}

/// What makes `side` of `base`.
pub(crate) fn edits<T: PartialEq>(base: &[T], side: &[T]) -> Vec<Edit> {
    edits_of(&matches(base, side), base.len(), side.len())
}

/// The gaps between pairs.
pub(crate) fn edits_of(pairs: &[(usize, usize)], base: usize, side: usize) -> Vec<Edit> {
    let mut edits = Vec::new();
    let (mut i, mut j) = (0, 0);
    for &(p, q) in pairs.iter().chain([&(base, side)]) {
        if p > i || q > j {
            edits.push(Edit {
                base: i..p,
                side: j..q,
            });
        }
        (i, j) = (p + 1, q + 1);
    }
    edits
}

/// Merges the changes of both sides; none where they overlap.
pub(crate) fn merge_edits<T: PartialEq>(
    base: usize,
    ours: (&[Edit], &[T]),
    theirs: (&[Edit], &[T]),
    order: Order,
) -> Option<(Vec<From>, Closeness)> {
    let mut merged = Merging::default();
    let (mut a, mut c) = (0, 0);
    while let (Some(p), Some(q)) = (ours.0.get(a), theirs.0.get(c)) {
        let both_insert = p.base.is_empty() && p.base == q.base;
        if p.base == q.base && ours.1[p.side.clone()] == theirs.1[q.side.clone()] {
            merged.take(&p.base, [(true, &p.side)])?;
            (a, c) = (a + 1, c + 1);
        } else if both_insert {
            merged.closeness = Closeness::Inserted;
            let (mine, other) = ((true, &p.side), (false, &q.side));
            match order {
                Order::OursFirst => merged.take(&p.base, [mine, other])?,
                Order::TheirsFirst => merged.take(&p.base, [other, mine])?,
            }
            (a, c) = (a + 1, c + 1);
        } else if p.base.end <= q.base.start {
            merged.touch(p.base.end == q.base.start);
            merged.take(&p.base, [(true, &p.side)])?;
            a += 1;
        } else if q.base.end <= p.base.start {
            merged.touch(q.base.end == p.base.start);
            merged.take(&q.base, [(false, &q.side)])?;
            c += 1;
        } else {
            return None;
        }
    }
    for p in &ours.0[a..] {
        merged.take(&p.base, [(true, &p.side)])?;
    }
    for q in &theirs.0[c..] {
        merged.take(&q.base, [(false, &q.side)])?;
    }
    merged.items.extend((merged.at..base).map(From::Base));
    Some((merged.items, merged.closeness))
}

/// What a merge has come to so far.
struct Merging {
    items: Vec<From>,
    /// How much of the base is used up.
    at: usize,
    closeness: Closeness,
}

impl Default for Merging {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            at: 0,
            closeness: Closeness::Apart,
        }
    }
}

impl Merging {
    fn touch(&mut self, touches: bool) {
        if touches {
            self.closeness = self.closeness.max(Closeness::Adjacent);
        }
    }

    /// Takes parts of sides, ours where it is said so; none where the base is used up.
    fn take<const N: usize>(
        &mut self,
        base: &Range<usize>,
        parts: [(bool, &Range<usize>); N],
    ) -> Option<()> {
        if base.start < self.at {
            return None;
        }
        self.items.extend((self.at..base.start).map(From::Base));
        for (is_ours, part) in parts {
            let from = if is_ours { From::Ours } else { From::Theirs };
            self.items.extend(part.clone().map(from));
        }
        self.at = base.end;
        Some(())
    }
}

/// Whether all of `small` stands in `large` in this order.
pub(crate) fn is_subsequence<T: PartialEq>(small: &[T], large: &[T]) -> bool {
    let mut rest = large.iter();
    small.iter().all(|wanted| rest.any(|found| found == wanted))
}

/// The greedy algorithm of Myers between two sequences that begin and end differently.
fn middle<T: PartialEq>(a: &[T], b: &[T], most: usize) -> Vec<(usize, usize)> {
    if a.is_empty() || b.is_empty() {
        return Vec::new();
    }
    let (n, m) = (a.len().cast_signed(), b.len().cast_signed());
    let most = (a.len() + b.len()).min(most).cast_signed();
    let offset = most + 1;
    let place = |k: isize| (k + offset).cast_unsigned();
    let mut furthest = vec![0isize; place(most + 1) + 1];
    let mut steps: Vec<Vec<isize>> = Vec::new();
    for d in 0..=most {
        steps.push(furthest[place(-d - 1)..=place(d + 1)].to_vec());
        for k in (-d..=d).step_by(2) {
            let is_down = k == -d || (k != d && furthest[place(k - 1)] < furthest[place(k + 1)]);
            let mut x = if is_down {
                furthest[place(k + 1)]
            } else {
                furthest[place(k - 1)] + 1
            };
            while x < n && x - k < m && a[x.cast_unsigned()] == b[(x - k).cast_unsigned()] {
                x += 1;
            }
            furthest[place(k)] = x;
            if x >= n && x - k >= m {
                return backtrack(&steps, (x, x - k));
            }
        }
    }
    Vec::new()
}

fn backtrack(steps: &[Vec<isize>], (mut x, mut y): (isize, isize)) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for (d, step) in steps.iter().enumerate().rev() {
        let d = d.cast_signed();
        // The step holds the diagonals from -d-1 to d+1.
        let at = |k: isize| step[(k + d + 1).cast_unsigned()];
        let k = x - y;
        let is_down = k == -d || (k != d && at(k - 1) < at(k + 1));
        let before = if is_down { k + 1 } else { k - 1 };
        let from_x = if d == 0 { 0 } else { at(before) };
        let from_y = if d == 0 { 0 } else { from_x - before };
        while x > from_x && y > from_y {
            (x, y) = (x - 1, y - 1);
            pairs.push((x.cast_unsigned(), y.cast_unsigned()));
        }
        (x, y) = (from_x, from_y);
    }
    pairs.reverse();
    pairs
}

#[cfg(test)]
mod tests;
