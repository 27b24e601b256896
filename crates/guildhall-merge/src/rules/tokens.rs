//! Changed words of both sides.

use super::{HunkText, MOST_WORDS, Proposals, Rule, joined, split};
use crate::sequence::{Closeness, From, Order, edits, merge_edits};
use crate::words::words;

pub(super) fn propose(hunk: &HunkText<'_>, made: &mut Proposals) {
    if hunk.base.is_empty() {
        return;
    }
    let texts = [hunk.base, hunk.ours, hunk.theirs].map(joined);
    let [base, ours, theirs] = [&texts[0], &texts[1], &texts[2]].map(|text| words(text));
    if [&base, &ours, &theirs]
        .iter()
        .any(|words| words.len() > MOST_WORDS)
    {
        return;
    }
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
        let rule = match (closeness, order) {
            (Closeness::Apart, _) => Rule::Words,
            (Closeness::Adjacent, _) => Rule::WordsAdjacent,
            (Closeness::Inserted, Order::OursFirst) => Rule::WordsInserted,
            (Closeness::Inserted, Order::TheirsFirst) => Rule::WordsInsertedReversed,
        };
        made.add_owned(rule, split(&text));
    }
}
