//! What holds of every parser for all bytes and all ways to cut them into pieces.

mod writer;

use std::fmt::Debug;
use std::ops::ControlFlow;

use guildhall_git::blame::Blame;
use guildhall_git::diff::{Hunks, NumstatDiff, RawDiff};
use guildhall_git::grep::Words;
use guildhall_git::log::{CommitTimes, Log, NumstatLog, PatchLog};
use guildhall_git::merge::MergeTree;
use guildhall_git::objects::{AnswerPart, Answers};
use guildhall_git::refs::Refs;
use guildhall_git::tree::Tree;
use guildhall_git::{GitFormatError, Parser, parse_all};
use proptest::prelude::*;

/// What a parser makes of pieces: the records up to an error, and the error.
fn in_pieces<P: Parser>(
    mut parser: P,
    pieces: &[&[u8]],
) -> (Vec<P::Record>, Option<GitFormatError>) {
    let mut records = Vec::new();
    let mut take = |record| {
        records.push(record);
        ControlFlow::Continue(())
    };
    let pushed = pieces
        .iter()
        .try_for_each(|piece| parser.push(piece, &mut take).map(drop));
    let error = pushed
        .and_then(|()| parser.finish(&mut take).map(drop))
        .err();
    (records, error)
}

/// Cuts `bytes` at the given places.
fn pieces<'a>(bytes: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    cuts.sort_unstable();
    cuts.push(bytes.len());
    let mut start = 0;
    cuts.into_iter()
        .map(|cut| &bytes[std::mem::replace(&mut start, cut)..cut])
        .collect()
}

/// Pieces give the records and the error that the whole gives, and a taker that has had
/// enough gets no more.
fn pieces_do_not_matter<P>(new: impl Fn() -> P, bytes: &[u8], cuts: &[usize])
where
    P: Parser,
    P::Record: PartialEq + Debug,
{
    let whole = in_pieces(new(), &[bytes]);
    assert_eq!(in_pieces(new(), &pieces(bytes, cuts)), whole);
    let mut taken = 0;
    let stopped = new().push(bytes, &mut |_| {
        taken += 1;
        ControlFlow::Break(())
    });
    if !whole.0.is_empty() && stopped == Ok(ControlFlow::Break(())) {
        assert_eq!(taken, 1);
    }
}

fn all_parsers(bytes: &[u8], cuts: &[usize]) {
    pieces_do_not_matter(Log::default, bytes, cuts);
    pieces_do_not_matter(NumstatLog::default, bytes, cuts);
    pieces_do_not_matter(Blame::incremental, bytes, cuts);
    pieces_do_not_matter(Blame::porcelain, bytes, cuts);
    pieces_do_not_matter(Tree::default, bytes, cuts);
    pieces_do_not_matter(RawDiff::default, bytes, cuts);
    pieces_do_not_matter(NumstatDiff::default, bytes, cuts);
    pieces_do_not_matter(Hunks::default, bytes, cuts);
    pieces_do_not_matter(Refs::default, bytes, cuts);
    pieces_do_not_matter(PatchLog::default, bytes, cuts);
    pieces_do_not_matter(CommitTimes::default, bytes, cuts);
    pieces_do_not_matter(Words::default, bytes, cuts);
    pieces_do_not_matter(MergeTree::default, bytes, cuts);
    let whole = answers(&[bytes]);
    assert_eq!(answers(&pieces(bytes, cuts)), whole);
}

/// The answers in text, each content in one, with the error that ended them.
fn answers(pieces: &[&[u8]]) -> (Vec<String>, Option<GitFormatError>) {
    let mut found = Vec::new();
    let mut content = Vec::new();
    let mut parser = Answers::default();
    let mut take = |part: AnswerPart<'_>| {
        match part {
            AnswerPart::Content(piece) => content.extend_from_slice(piece),
            AnswerPart::Ends => {
                found.push(content.escape_ascii().to_string());
                content.clear();
            }
            other => found.push(format!("{other:?}")),
        }
        ControlFlow::Continue(())
    };
    let pushed = pieces
        .iter()
        .try_for_each(|piece| parser.push(piece, &mut take).map(drop));
    (found, pushed.and_then(|()| parser.finish()).err())
}

/// Pieces of the formats, so that some of what is made of them goes far.
const WORDS: &[&str] = &[
    "\0",
    "\n",
    "\t",
    " ",
    "\"",
    "\\",
    "\x01",
    ":",
    "-",
    "+",
    "@@ ",
    " @@",
    "-1,2",
    "+0,0",
    "+3",
    "0000000000000000000000000000000000000000",
    "f2ad6c76f0115a6ba5b00456a849810e7ec0af20",
    "100644",
    "blob",
    "commit",
    "tree",
    "missing",
    "R100",
    "M",
    "12",
    "1",
    "diff --git ",
    "a/x b/x",
    "rename from ",
    "rename to ",
    "new file mode ",
    "filename ",
    "author ",
    "author-time ",
    "boundary",
    "\n\0",
    "f2ad6c76f0115a6ba5b00456a849810e7ec0af20 1 1 1\n",
    "\\\\ No newline\n",
    "\x01f2ad6c76f0115a6ba5b00456a849810e7ec0af20\0\x0012\0Ada\0",
    "a subject\n\0\n",
    "diff --git a/x b/x\n",
    "@@ -1 +1 @@ f\n-a\n+b\n",
    "1f2e:src/a.rs\0word\n",
];

fn cuts() -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::vec(any::<usize>(), 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_bytes_are_survived_and_mean_the_same_in_any_pieces(
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
        cuts in cuts(),
    ) {
        all_parsers(&bytes, &cuts);
    }

    #[test]
    fn bytes_close_to_the_formats_are_survived_and_mean_the_same_in_any_pieces(
        words in proptest::collection::vec(proptest::sample::select(WORDS), 0..40),
        cuts in cuts(),
    ) {
        all_parsers(words.concat().as_bytes(), &cuts);
    }

    #[test]
    fn a_history_is_read_as_it_is_written(records in writer::history(writer::change()), cuts in cuts()) {
        let bytes = writer::write_log(&records, writer::write_change);
        prop_assert_eq!(parse_all(Log::default(), &bytes).unwrap(), records);
        pieces_do_not_matter(Log::default, &bytes, &cuts);
    }

    #[test]
    fn a_history_of_counts_is_read_as_it_is_written(
        records in writer::history(writer::counts()),
        cuts in cuts(),
    ) {
        let bytes = writer::write_log(&records, writer::write_counts);
        prop_assert_eq!(parse_all(NumstatLog::default(), &bytes).unwrap(), records);
        pieces_do_not_matter(NumstatLog::default, &bytes, &cuts);
    }

    #[test]
    fn changes_are_read_as_they_are_written(
        changes in proptest::collection::vec(writer::change(), 0..8),
        counts in proptest::collection::vec(writer::counts(), 0..8),
        cuts in cuts(),
    ) {
        let bytes = changes.iter().flat_map(writer::write_change).collect::<Vec<u8>>();
        prop_assert_eq!(parse_all(RawDiff::default(), &bytes).unwrap(), changes);
        pieces_do_not_matter(RawDiff::default, &bytes, &cuts);
        let bytes = counts.iter().flat_map(writer::write_counts).collect::<Vec<u8>>();
        prop_assert_eq!(parse_all(NumstatDiff::default(), &bytes).unwrap(), counts);
    }

    #[test]
    fn lines_of_a_history_are_read_as_they_are_written(
        records in writer::patches(),
        cuts in cuts(),
    ) {
        let bytes = writer::write_patches(&records);
        prop_assert_eq!(parse_all(PatchLog::default(), &bytes).unwrap(), records);
        pieces_do_not_matter(PatchLog::default, &bytes, &cuts);
    }

    #[test]
    fn files_of_a_tree_are_read_as_they_are_written(
        entries in proptest::collection::vec(writer::entry(), 0..8),
        cuts in cuts(),
    ) {
        let bytes = entries.iter().flat_map(writer::write_entry).collect::<Vec<u8>>();
        prop_assert_eq!(parse_all(Tree::default(), &bytes).unwrap(), entries);
        pieces_do_not_matter(Tree::default, &bytes, &cuts);
    }

    #[test]
    fn blamed_lines_are_read_as_they_are_written(
        lines in proptest::collection::vec(writer::blamed(), 0..8),
        cuts in cuts(),
    ) {
        let lines = writer::consistent(lines);
        let bytes = writer::write_blame(&lines);
        prop_assert_eq!(parse_all(Blame::incremental(), &bytes).unwrap(), lines);
        pieces_do_not_matter(Blame::incremental, &bytes, &cuts);
    }

    #[test]
    fn places_are_read_as_they_are_written(
        records in writer::diff(),
        cuts in cuts(),
    ) {
        let bytes = writer::write_diff(&records);
        prop_assert_eq!(parse_all(Hunks::default(), &bytes).unwrap(), records);
        pieces_do_not_matter(Hunks::default, &bytes, &cuts);
    }

    #[test]
    fn refs_are_read_as_they_are_written(
        refs in proptest::collection::vec(writer::one_ref(), 0..8),
        cuts in cuts(),
    ) {
        let bytes = refs.iter().flat_map(writer::write_ref).collect::<Vec<u8>>();
        prop_assert_eq!(parse_all(Refs::default(), &bytes).unwrap(), refs);
        pieces_do_not_matter(Refs::default, &bytes, &cuts);
    }

    #[test]
    fn contents_are_read_as_they_are_written(
        contents in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 0..5),
        cuts in cuts(),
    ) {
        let (bytes, expected) = writer::write_answers(&contents);
        let (found, error) = answers(&pieces(&bytes, &cuts));
        prop_assert_eq!(found, expected);
        prop_assert_eq!(error, None);
    }
}
