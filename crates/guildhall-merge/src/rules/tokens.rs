//! Changed words of both sides.

use super::{ByCloseness, HunkText, Proposals, Rule, few, split};
use crate::sequence::{From, Order, edits, merge_edits};
use crate::words::words;

const RULES: ByCloseness = ByCloseness {
    apart: Rule::Words,
    adjacent: Rule::WordsAdjacent,
    inserted: Rule::WordsInserted,
    reversed: Rule::WordsInsertedReversed,
};

pub(super) fn propose(hunk: &HunkText<'_>, made: &mut Proposals) {
    if hunk.base.is_empty() {
        return;
    }
    let texts = hunk.texts();
    let Some([base, ours, theirs]) = few(texts.each_ref().map(|text| words(text)), Vec::len) else {
        return;
    };
    let (of_ours, of_theirs) = (edits(&base, &ours), edits(&base, &theirs));
    for order in [Order::OursFirst, Order::TheirsFirst] {
        let (mine, other) = ((&of_ours[..], &ours[..]), (&of_theirs[..], &theirs[..]));
        let Some((items, closeness)) = merge_edits(base.len(), mine, other, order) else {
            continue;
        };
        let word = |from: &From| match *from {
            From::Base(at) => base[at],
            From::Ours(at) => ours[at],
            From::Theirs(at) => theirs[at],
        };
        let text: String = items.iter().map(word).collect();
        made.add_owned(RULES.of(closeness, order), split(&text));
    }
}
