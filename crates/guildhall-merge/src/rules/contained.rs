//! Where one side holds every change of the other.

use super::{HunkText, Proposals, Rule, few, keys};
use crate::sequence::{Edit, edits, is_subsequence};
use crate::words::words;

pub(super) fn propose(hunk: &HunkText<'_>, made: &mut Proposals) {
    let (in_ours, in_theirs) = if hunk.base.is_empty() {
        let (ours, theirs) = (keys(hunk.ours), keys(hunk.theirs));
        (
            is_subsequence(&theirs, &ours),
            is_subsequence(&ours, &theirs),
        )
    } else {
        let texts = hunk.texts();
        let Some([base, ours, theirs]) = few(texts.each_ref().map(|text| words(text)), Vec::len)
        else {
            return;
        };
        let (of_ours, of_theirs) = (edits(&base, &ours), edits(&base, &theirs));
        let (mine, other) = ((&of_ours[..], &ours[..]), (&of_theirs[..], &theirs[..]));
        (holds(mine, other), holds(other, mine))
    };
    if in_ours {
        made.add(Rule::ContainedInOurs, hunk.ours);
    }
    if in_theirs {
        made.add(Rule::ContainedInTheirs, hunk.theirs);
    }
}

/// Whether each change of `small` lies in one of `large` that inserts all that it inserts.
fn holds(large: (&[Edit], &[&str]), small: (&[Edit], &[&str])) -> bool {
    small.0.iter().all(|wanted| {
        large.0.iter().any(|edit| {
            edit.base.start <= wanted.base.start
                && wanted.base.end <= edit.base.end
                && is_subsequence(&small.1[wanted.side.clone()], &large.1[edit.side.clone()])
        })
    })
}
