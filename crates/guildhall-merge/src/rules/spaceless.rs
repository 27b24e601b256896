//! Changed words of both sides, whatever the white space between them: one side laid the
//! code out anew, the other changed something in it.

use super::{HunkText, MOST_WORDS, Proposals, Rule, joined, split};
use crate::layout::{Dense, DenseMerge};
use crate::sequence::{Closeness, Order};

pub(super) fn propose(hunk: &HunkText<'_>, made: &mut Proposals) {
    if hunk.base.is_empty() {
        return;
    }
    let texts = [hunk.base, hunk.ours, hunk.theirs].map(joined);
    let [base, ours, theirs] = [&texts[0], &texts[1], &texts[2]].map(|text| Dense::new(text));
    if [&base, &ours, &theirs]
        .iter()
        .any(|text| text.words.len() > MOST_WORDS)
    {
        return;
    }
    let merge = DenseMerge::new(base, ours, theirs);
    for order in [Order::OursFirst, Order::TheirsFirst] {
        let Some((text, closeness)) = merge.merge(order) else {
            continue;
        };
        let rule = match (closeness, order) {
            (Closeness::Apart, _) => Rule::Spaceless,
            (Closeness::Adjacent, _) => Rule::SpacelessAdjacent,
            (Closeness::Inserted, Order::OursFirst) => Rule::SpacelessInserted,
            (Closeness::Inserted, Order::TheirsFirst) => Rule::SpacelessInsertedReversed,
        };
        made.add_owned(rule, split(&text));
    }
}
