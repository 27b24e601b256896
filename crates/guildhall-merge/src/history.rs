//! How a person resolved the conflicts of a file, read from the file as it was merged.

use std::collections::HashMap;
use std::ops::Range;

use crate::facts::FileFacts;
use crate::precedents::Outcome;
use crate::rules::{HunkText, propose};
use crate::sequence::matches_within;
use crate::text::Texts;
use crate::three_way::{Kind, Piece, three_way};
use crate::words::without_space;

/// How many lines a person may have changed beside the conflicts.
const MOST_CHANGED: usize = 1_000;

/// The outcomes of the hunks of a file of which `resolved` came; hunks whose place is not
/// found in it, and those of files that cannot be merged by words, are left out.
#[must_use]
pub fn outcomes(
    base: &[u8],
    ours: &[u8],
    theirs: &[u8],
    resolved: &[u8],
    path: &str,
) -> Vec<Outcome> {
    let Ok(texts) = Texts::read(base, ours, theirs) else {
        return Vec::new();
    };
    let Ok(resolved) = std::str::from_utf8(resolved) else {
        return Vec::new();
    };
    let utf8 = |lines: &[&'_ [u8]]| -> Option<Vec<String>> {
        lines
            .iter()
            .map(|line| String::from_utf8(line.to_vec()).ok())
            .collect()
    };
    let (Some(base), Some(ours), Some(theirs)) =
        (utf8(&texts.base), utf8(&texts.ours), utf8(&texts.theirs))
    else {
        return Vec::new();
    };
    let slices =
        [&base, &ours, &theirs].map(|lines| lines.iter().map(String::as_str).collect::<Vec<_>>());
    let [base, ours, theirs] = &slices;
    let pieces = three_way(&texts.base, &texts.ours, &texts.theirs);
    let resolved: Vec<&str> = resolved.lines().collect();
    let regions = regions(&pieces, ours, theirs, &resolved);
    let facts = FileFacts::new(path, base, ours, theirs, &pieces);
    let mut found = Vec::new();
    for (piece, region) in pieces
        .iter()
        .filter(|piece| piece.kind == Kind::Conflict)
        .zip(regions)
    {
        let Some(region) = region else { continue };
        let hunk = HunkText {
            base: &base[piece.base.clone()],
            ours: &ours[piece.ours.clone()],
            theirs: &theirs[piece.theirs.clone()],
        };
        let key = without_space(resolved[region].iter().copied());
        let same = propose(&hunk, &facts)
            .into_iter()
            .find(|proposal| proposal.key == key);
        match same {
            Some(proposal) => found.extend(Outcome::of(&proposal)),
            None => found.push(Outcome::None),
        }
    }
    found
}

/// For each conflict, the lines of the resolved file that stand where it was.
#[must_use]
pub fn regions(
    pieces: &[Piece],
    ours: &[&str],
    theirs: &[&str],
    resolved: &[&str],
) -> Vec<Option<Range<usize>>> {
    // What was merged without a conflict, and an element like no other for each conflict.
    let mut flat: Vec<Option<String>> = Vec::new();
    let mut places = Vec::new();
    for piece in pieces {
        let lines = match piece.kind {
            Kind::Conflict => {
                places.push(flat.len());
                flat.push(None);
                continue;
            }
            Kind::Theirs => &theirs[piece.theirs.clone()],
            Kind::Alike | Kind::Ours => &ours[piece.ours.clone()],
        };
        flat.extend(lines.iter().map(|line| Some(without_space([*line]))));
    }
    let found: Vec<Option<String>> = resolved
        .iter()
        .map(|line| Some(without_space([*line])))
        .collect();
    let pairs: HashMap<usize, usize> = matches_within(&flat, &found, MOST_CHANGED)
        .into_iter()
        .collect();
    let region = |place: usize| {
        let start = match place {
            0 => 0,
            place => pairs.get(&(place - 1))? + 1,
        };
        let end = match place + 1 {
            after if after == flat.len() => resolved.len(),
            after => *pairs.get(&after)?,
        };
        (start <= end).then_some(start..end)
    };
    places.into_iter().map(region).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_read_from_what_a_person_made_of_it() {
        let (base, ours, theirs) = ("a\nb\nc\n", "a\nbo\nc\n", "a\nbt\nc\n");
        let of = |resolved: &str| {
            outcomes(
                base.as_bytes(),
                ours.as_bytes(),
                theirs.as_bytes(),
                resolved.as_bytes(),
                "a.txt",
            )
        };
        assert_eq!(of("a\nbo\nc\n"), [Outcome::Ours]);
        assert_eq!(of("a\n  bt\nc\n"), [Outcome::Theirs]);
        assert_eq!(of("a\nbo\nbt\nc\n"), [Outcome::Both]);
        assert_eq!(of("a\nsomething new\nc\n"), [Outcome::None]);
        assert_eq!(of("nothing is there any more\n"), []);
    }
}
