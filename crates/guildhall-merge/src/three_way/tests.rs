//! The pieces of a merge are those of git, and cover all versions.

use std::fmt::Write as _;
use std::process::Command;

use proptest::prelude::*;

use super::*;
use crate::text::Texts;

fn lines(text: &str) -> Vec<&[u8]> {
    text.lines().map(str::as_bytes).collect()
}

fn kinds(base: &str, ours: &str, theirs: &str) -> Vec<Kind> {
    let pieces = three_way(&lines(base), &lines(ours), &lines(theirs));
    pieces.into_iter().map(|piece| piece.kind).collect()
}

#[test]
fn changes_that_touch_are_one_conflict_and_those_apart_are_none() {
    use Kind::{Alike, Conflict, Ours, Theirs};
    assert_eq!(
        kinds("a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n"),
        [Ours, Alike, Theirs]
    );
    assert_eq!(
        kinds("a\nb\nc\n", "A\nb\nc\n", "a\nB\nc\n"),
        [Conflict, Alike]
    );
    assert_eq!(kinds("a\nb\n", "A\nb\n", "A\nb\n"), [Alike]);
    assert_eq!(kinds("", "a\n", "b\n"), [Conflict]);
}

/// Three versions of a short text over few different lines, so that changes meet.
fn versions() -> impl Strategy<Value = [Vec<u8>; 3]> {
    let line = 0..5u8;
    let text = || prop::collection::vec(line.clone(), 0..14);
    let edit = (0..14usize, 0..3usize, prop::collection::vec(5..8u8, 0..3));
    let edits = prop::collection::vec(edit, 0..4);
    (text(), edits.clone(), edits).prop_map(|(base, ours, theirs)| {
        let edited = |edits: Vec<(usize, usize, Vec<u8>)>| {
            let mut side = base.clone();
            for (at, removed, added) in edits {
                let start = at.min(side.len());
                let end = (start + removed).min(side.len());
                side.splice(start..end, added);
            }
            side
        };
        [base.clone(), edited(ours), edited(theirs)]
    })
}

fn text(lines: &[u8]) -> String {
    lines.iter().fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "line {line}");
        text
    })
}

proptest! {
    #[test]
    fn pieces_cover_every_version_and_are_what_they_say(all in versions()) {
        let texts = all.map(|lines| text(&lines));
        let [base, ours, theirs] = [&texts[0], &texts[1], &texts[2]].map(|text| lines(text));
        let mut at = [0; 3];
        for piece in three_way(&base, &ours, &theirs) {
            prop_assert_eq!([piece.base.start, piece.ours.start, piece.theirs.start], at);
            at = [piece.base.end, piece.ours.end, piece.theirs.end];
            let (b, o, t) = (&base[piece.base], &ours[piece.ours], &theirs[piece.theirs]);
            match piece.kind {
                Kind::Alike => prop_assert_eq!(o, t),
                Kind::Ours => prop_assert_eq!(b, t),
                Kind::Theirs => prop_assert_eq!(b, o),
                Kind::Conflict => {}
            }
        }
        prop_assert_eq!(at, [base.len(), ours.len(), theirs.len()]);
    }

    #[test]
    fn merging_with_an_unchanged_side_is_the_other_side(all in versions()) {
        let texts = all.map(|lines| text(&lines));
        let [base, ours, _] = [&texts[0], &texts[1], &texts[2]].map(|text| lines(text));
        let pieces = three_way(&base, &ours, &base);
        prop_assert!(pieces.iter().all(|piece| matches!(piece.kind, Kind::Alike | Kind::Ours)));
        let pieces = three_way(&base, &base, &ours);
        prop_assert!(pieces.iter().all(|piece| matches!(piece.kind, Kind::Alike | Kind::Theirs)));
    }
}

/// The sides of each conflict as `git merge-file` shows them.
fn conflicts_of_git(folder: &std::path::Path, texts: &[String; 3]) -> Vec<[Vec<String>; 3]> {
    for (name, text) in ["base", "ours", "theirs"].iter().zip(texts) {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let output = Command::new("git")
        .args(["merge-file", "-p", "--diff3", "--diff-algorithm=histogram"])
        .args(["ours", "base", "theirs"])
        .current_dir(folder)
        .output()
        .unwrap();
    let mut found = Vec::new();
    let mut open: Option<(usize, [Vec<String>; 3])> = None;
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let part = |sign: &str| line.starts_with(&sign.repeat(7));
        open = match open.take() {
            None if part("<") => Some((1, Default::default())),
            Some((_, sides)) if part("|") => Some((0, sides)),
            Some((_, sides)) if part("=") => Some((2, sides)),
            Some((_, sides)) if part(">") => {
                found.push(sides);
                None
            }
            Some((at, mut sides)) => {
                sides[at].push(line.to_owned());
                Some((at, sides))
            }
            None => None,
        };
    }
    found
}

#[test]
fn hunks_are_those_of_git() {
    let folder = tempfile::tempdir().unwrap();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut conflicts, mut same, mut all) = (0, 0, 0);
    for _ in 0..150 {
        let tree = versions().new_tree(&mut runner).unwrap();
        let texts = proptest::strategy::ValueTree::current(&tree).map(|lines| text(&lines));
        let [base, ours, theirs] = [&texts[0], &texts[1], &texts[2]].map(|text| text.as_bytes());
        let read = Texts::read(base, ours, theirs).unwrap();
        let pieces = three_way(&read.base, &read.ours, &read.theirs);
        let text = |lines: &[&[u8]]| -> Vec<String> {
            lines
                .iter()
                .map(|line| String::from_utf8(line.to_vec()).unwrap())
                .collect()
        };
        let of = |piece: &Piece| {
            let (base, ours) = (
                &read.base[piece.base.clone()],
                &read.ours[piece.ours.clone()],
            );
            [
                text(base),
                text(ours),
                text(&read.theirs[piece.theirs.clone()]),
            ]
        };
        let is_conflict = |piece: &&Piece| piece.kind == Kind::Conflict;
        let found: Vec<_> = pieces.iter().filter(is_conflict).map(of).collect();
        let gits = conflicts_of_git(folder.path(), &texts);
        conflicts += gits.len();
        all += 1;
        same += usize::from(found == gits);
    }
    assert!(conflicts > 50, "{conflicts}");
    // Lines that repeat can be paired in several ways of equal length.
    assert!(same * 100 >= all * 95, "{same} of {all} alike");
}
