//! Names that one side renamed everywhere are renamed in what the other side wrote.

use std::collections::{HashMap, HashSet};

use super::{HunkText, Proposals, Rule, few, split};
use crate::facts::FileFacts;
use crate::layout::{Dense, DenseMerge};
use crate::sequence::{Order, edits};
use crate::words::is_identifier;

pub(super) fn propose(hunk: &HunkText<'_>, file: &FileFacts<'_>, made: &mut Proposals) {
    if hunk.base.is_empty() {
        return;
    }
    let texts = hunk.texts();
    let dense = texts.each_ref().map(|text| Dense::new(text));
    let Some([base, ours, theirs]) = few(dense, |text| text.words.len()) else {
        return;
    };
    let by_ours = renames(&base, &ours, &file.base_words, &file.ours_words);
    let by_theirs = renames(&base, &theirs, &file.base_words, &file.theirs_words);
    if by_ours.is_empty() && by_theirs.is_empty() {
        return;
    }
    let rename = |word| {
        let word = by_ours.get(word).copied().unwrap_or(word);
        by_theirs.get(word).copied().unwrap_or(word)
    };
    let [base_new, ours_new, theirs_new] = [&base, &ours, &theirs].map(|side| side.renamed(rename));
    if ours_new.words != ours.words {
        made.add_owned(Rule::RenamedOurs, split(&ours_new.text()));
    }
    if theirs_new.words != theirs.words {
        made.add_owned(Rule::RenamedTheirs, split(&theirs_new.text()));
    }
    let merge = DenseMerge::new(base_new, ours_new, theirs_new);
    if let Some((text, _)) = merge.merge(Order::OursFirst) {
        made.add_owned(Rule::Renamed, split(&text));
    }
}

/// Names of the hunk that a side replaced by another everywhere in the file.
fn renames<'a>(
    base: &Dense<'a>,
    side: &Dense<'a>,
    base_file: &HashSet<&str>,
    side_file: &HashSet<&str>,
) -> HashMap<&'a str, &'a str> {
    let mut renamed: HashMap<&str, &str> = HashMap::new();
    let mut torn: HashSet<&str> = HashSet::new();
    for edit in edits(&base.words, &side.words) {
        if edit.base.len() != edit.side.len() {
            continue;
        }
        let pairs = base.words[edit.base].iter().zip(&side.words[edit.side]);
        for (old, new) in pairs {
            let may_be = old != new && old.len() > 2 && is_identifier(old) && is_identifier(new);
            if may_be && renamed.insert(old, new).is_some_and(|other| other != *new) {
                torn.insert(old);
            }
        }
    }
    renamed.retain(|old, new| {
        let is_gone = base_file.contains(old) && !side_file.contains(old);
        let is_new = side_file.contains(new) && !base_file.contains(new);
        !torn.contains(old) && is_gone && is_new
    });
    renamed
}
