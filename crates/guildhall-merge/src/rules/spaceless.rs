//! Changed words of both sides, whatever the white space between them: one side laid the
//! code out anew, the other changed something in it.

use super::{ByCloseness, HunkText, Proposals, Rule, few, split};
use crate::layout::{Dense, DenseMerge};
use crate::sequence::Order;

const RULES: ByCloseness = ByCloseness {
    apart: Rule::Spaceless,
    adjacent: Rule::SpacelessAdjacent,
    inserted: Rule::SpacelessInserted,
    reversed: Rule::SpacelessInsertedReversed,
};

pub(super) fn propose(hunk: &HunkText<'_>, made: &mut Proposals) {
    if hunk.base.is_empty() {
        return;
    }
    let texts = hunk.texts();
    let dense = texts.each_ref().map(|text| Dense::new(text));
    let Some([base, ours, theirs]) = few(dense, |text| text.words.len()) else {
        return;
    };
    let merge = DenseMerge::new(base, ours, theirs);
    for order in [Order::OursFirst, Order::TheirsFirst] {
        let Some((text, closeness)) = merge.merge(order) else {
            continue;
        };
        made.add_owned(RULES.of(closeness, order), split(&text));
    }
}
