//! What each rule makes of a hunk.

use super::*;
use crate::three_way::{Kind, Piece};

fn proposals(base: &[&str], ours: &[&str], theirs: &[&str], path: &str) -> Vec<Proposal> {
    let piece = Piece {
        kind: Kind::Conflict,
        base: 0..base.len(),
        ours: 0..ours.len(),
        theirs: 0..theirs.len(),
    };
    let facts = FileFacts::new(path, base, ours, theirs, &[piece]);
    propose(&HunkText { base, ours, theirs }, &facts)
}

fn by(rule: Rule, base: &[&str], ours: &[&str], theirs: &[&str]) -> Option<Vec<String>> {
    let all = proposals(base, ours, theirs, "a.toml");
    all.into_iter()
        .find(|proposal| proposal.is_by(rule))
        .map(|proposal| proposal.lines)
}

#[test]
fn changed_lines_that_touch_are_both_taken() {
    let made = by(Rule::LinesAdjacent, &["a", "b"], &["A", "b"], &["a", "B"]);
    assert_eq!(made.unwrap(), ["A", "B"]);
}

#[test]
fn changed_words_of_one_line_are_both_taken() {
    let made = by(
        Rule::Words,
        &["let a = f(b);"],
        &["let x = f(b);"],
        &["let a = f(y);"],
    );
    assert_eq!(made.unwrap(), ["let x = f(y);"]);
}

#[test]
fn a_new_layout_keeps_what_the_other_side_changed() {
    let ours = ["invoke(", "    one,", "    two,", ")"];
    let made = by(
        Rule::Spaceless,
        &["call(one, two,)"],
        &ours,
        &["call(one, three,)"],
    );
    assert_eq!(made.unwrap(), ["invoke(", "    one,", "    three,", ")"]);
}

#[test]
fn a_side_that_has_all_of_the_other_is_named_so() {
    let made = by(Rule::ContainedInTheirs, &["a"], &["a b"], &["a b c"]);
    assert_eq!(made.unwrap(), ["a b c"]);
    assert_eq!(
        by(Rule::ContainedInOurs, &["a"], &["a b"], &["a b c"]),
        None
    );
    // Insertions: lines of one in the order of the other.
    let made = by(Rule::ContainedInOurs, &[], &["x", "y", "z"], &["x", "z"]);
    assert_eq!(made.unwrap(), ["x", "y", "z"]);
}

#[test]
fn sets_take_removals_and_additions_of_both() {
    let base = ["use a;", "use b;", "use c;"];
    let ours = ["use a;", "use c;"];
    let theirs = ["use a;", "use b;", "use bb;", "use c;"];
    assert_eq!(
        by(Rule::Set, &base, &ours, &theirs).unwrap(),
        ["use a;", "use c;", "use bb;"]
    );
    // What is there twice is no set.
    assert_eq!(by(Rule::Set, &["}", "}"], &["}"], &["}", "x"]), None);
    let ours = ["use a;", "use b;", "use c;", "use d;"];
    let sorted = by(Rule::Sorted, &base, &ours, &theirs).unwrap();
    assert_eq!(sorted, ["use a;", "use b;", "use bb;", "use c;", "use d;"]);
}

#[test]
fn entries_are_merged_each_on_its_own_and_the_newer_version_is_taken() {
    let base = ["serde = \"1.0.1\"", "toml = \"0.5\""];
    let ours = ["serde = \"1.0.9\"", "toml = \"0.5\"", "log = \"0.4\""];
    let theirs = ["rand = \"0.8\"", "serde = \"1.0.10\"", "toml = \"0.7\""];
    let made = by(Rule::Entries, &base, &ours, &theirs).unwrap();
    assert_eq!(
        made,
        [
            "rand = \"0.8\"",
            "serde = \"1.0.10\"",
            "toml = \"0.7\"",
            "log = \"0.4\""
        ]
    );
    // In a program a line before an equal sign is no entry.
    let all = proposals(&["a = 1"], &["a = 2"], &["a = 3"], "a.rs");
    assert!(!all.iter().any(|proposal| proposal.is_by(Rule::Entries)));
    // Changed here and removed there: nobody knows.
    assert_eq!(
        by(
            Rule::Entries,
            &["a = 1", "b = 1"],
            &["a = 2", "b = 1"],
            &["b = 2"]
        ),
        None
    );
}

#[test]
fn a_name_that_is_renamed_everywhere_is_renamed_in_new_code() {
    let base = ["run(count)"];
    let ours = ["run(total)"];
    let theirs = ["run(count)", "stop(count)"];
    let made = by(Rule::RenamedTheirs, &base, &ours, &theirs).unwrap();
    assert_eq!(made, ["run(total)", "stop(total)"]);
}

#[test]
fn common_lines_stand_once() {
    let made = by(Rule::Common, &[], &["a", "x", "z"], &["a", "y", "z"]);
    assert_eq!(made.unwrap(), ["a", "x", "y", "z"]);
}

#[test]
fn only_white_space_is_told() {
    assert_eq!(
        by(Rule::SpaceOurs, &["a b"], &["a  b"], &["a c"]).unwrap(),
        ["a c"]
    );
    assert_eq!(
        by(Rule::SpaceAlike, &["x"], &["a  b"], &["a b"]).unwrap(),
        ["a  b"]
    );
}

#[test]
fn texts_that_differ_in_white_space_alone_are_one_proposal() {
    let all = proposals(&["a"], &["b c"], &["b  c"], "a.rs");
    let sides = all
        .iter()
        .find(|proposal| proposal.is_by(Rule::Ours))
        .unwrap();
    assert!(sides.is_by(Rule::Theirs) && sides.is_by(Rule::SpaceAlike));
    assert_eq!(sides.lines, ["b c"]);
}

#[test]
fn a_hunk_that_is_too_long_has_no_proposal() {
    let long = vec!["a"; MOST_LINES];
    assert!(proposals(&long, &["b"], &["c"], "a.rs").is_empty());
    assert!(!proposals(&long[..MOST_LINES - 2], &["b"], &["c"], "a.rs").is_empty());
}
