//! Sides as they are, and changed lines of both.

use super::{ByCloseness, HunkText, Proposals, Rule};
use crate::sequence::{From, Order, edits, merge_edits};
use crate::words::without_space;

const RULES: ByCloseness = ByCloseness {
    apart: Rule::Lines,
    adjacent: Rule::LinesAdjacent,
    inserted: Rule::LinesInserted,
    reversed: Rule::LinesInsertedReversed,
};

/// The sides, both in either order, and the base.
pub(super) fn sides(hunk: &HunkText<'_>, made: &mut Proposals) {
    made.add(Rule::Ours, hunk.ours);
    made.add(Rule::Theirs, hunk.theirs);
    made.add(Rule::Both, &[hunk.ours, hunk.theirs].concat());
    made.add(Rule::BothReversed, &[hunk.theirs, hunk.ours].concat());
    if !hunk.base.is_empty() {
        made.add(Rule::Base, hunk.base);
    }
}

/// Changed lines of both sides.
pub(super) fn propose(hunk: &HunkText<'_>, made: &mut Proposals) {
    let ours = edits(hunk.base, hunk.ours);
    let theirs = edits(hunk.base, hunk.theirs);
    for order in [Order::OursFirst, Order::TheirsFirst] {
        let (mine, other) = ((&ours[..], hunk.ours), (&theirs[..], hunk.theirs));
        let Some((items, closeness)) = merge_edits(hunk.base.len(), mine, other, order) else {
            continue;
        };
        let line = |from: &From| match *from {
            From::Base(at) => hunk.base[at],
            From::Ours(at) => hunk.ours[at],
            From::Theirs(at) => hunk.theirs[at],
        };
        let lines: Vec<&str> = items.iter().map(line).collect();
        made.add(RULES.of(closeness, order), &lines);
    }
}

/// Where a side changed nothing but white space.
pub(super) fn space(hunk: &HunkText<'_>, made: &mut Proposals) {
    let dense = |lines: &[&str]| without_space(lines.iter().copied());
    let (base, ours, theirs) = (dense(hunk.base), dense(hunk.ours), dense(hunk.theirs));
    if ours == theirs {
        made.add(Rule::SpaceAlike, hunk.ours);
    }
    if !hunk.base.is_empty() && ours == base {
        made.add(Rule::SpaceOurs, hunk.theirs);
    }
    if !hunk.base.is_empty() && theirs == base {
        made.add(Rule::SpaceTheirs, hunk.ours);
    }
}
