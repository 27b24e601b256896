//! Lines that both sides have once; what differs, one after the other.

use super::{HunkText, Proposals, Rule};
use crate::sequence::matches;

pub(super) fn propose(hunk: &HunkText<'_>, made: &mut Proposals) {
    let (ours, theirs) = (hunk.ours, hunk.theirs);
    let pairs = if hunk.base.is_empty() {
        let pairs = matches(ours, theirs);
        let is_part = !pairs.is_empty() && pairs.len() < ours.len().min(theirs.len());
        is_part.then_some(pairs)
    } else {
        let trimmed = |lines: &[&'_ str]| -> Vec<String> {
            lines.iter().map(|line| line.trim().to_owned()).collect()
        };
        let pairs = matches(&trimmed(ours), &trimmed(theirs));
        (pairs.len() >= 2).then_some(pairs)
    };
    let Some(pairs) = pairs else {
        return;
    };
    let mut woven: Vec<&str> = Vec::new();
    let (mut i, mut j) = (0, 0);
    for (p, q) in pairs.into_iter().chain([(ours.len(), theirs.len())]) {
        woven.extend(&ours[i..p]);
        woven.extend(&theirs[j..q]);
        woven.extend(ours.get(p));
        (i, j) = (p + 1, q + 1);
    }
    made.add(Rule::Common, &woven);
}
