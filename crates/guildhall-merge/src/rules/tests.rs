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
fn a_text_with_the_sign_that_stands_for_a_version_is_no_version() {
    let made = |theirs: &str| proposals(&["a = 7"], &["a = 1"], &[theirs], "a.toml");
    assert!(made("a = \0").iter().all(|made| !made.is_by(Rule::Entries)));
    // The control: a number there is.
    assert!(made("a = 3").iter().any(|made| made.is_by(Rule::Entries)));
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
fn an_entry_after_one_that_is_gone_follows_what_is_left_before_it() {
    let base = ["[dependencies]", "log = \"0.4\"", "toml = \"0.5\""];
    let ours = ["[dependencies]", "toml = \"0.7\""];
    let theirs = [
        "[dependencies]",
        "log = \"0.4\"",
        "rand = \"0.8\"",
        "toml = \"0.5\"",
    ];
    let made = by(Rule::Entries, &base, &ours, &theirs).unwrap();
    assert_eq!(made, ["[dependencies]", "rand = \"0.8\"", "toml = \"0.7\""]);
}

#[test]
fn of_two_versions_written_in_two_ways_no_entry_is_the_newer() {
    let of = |mine, other| {
        by(
            Rule::Entries,
            &["a = \"0.9\"", "x"],
            &[mine, "x"],
            &[other, "x"],
        )
    };
    assert_eq!(of("a = \"1.0-BETA\"", "a = \"1.0-beta\""), None);
    assert_eq!(of("a = 1", "a = \0"), None);
    assert!(of("a = \"1.1\"", "a = \"1.0\"").is_some());
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
fn what_a_side_changed_in_white_space_alone_stays_where_the_other_changed_words() {
    let of = |rule, ours, theirs| by(rule, &["    a b"], &[ours], &[theirs]).unwrap();
    assert_eq!(of(Rule::SpaceOurs, "a  b", "    a c"), ["a  c"]);
    assert_eq!(of(Rule::SpaceTheirs, "    a c", "  a b"), ["  a c"]);
    let made = by(Rule::SpaceAlike, &["x"], &["a  b"], &["a b"]);
    assert_eq!(made.unwrap(), ["a  b"]);
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

fn refs(lines: &[String]) -> Vec<&str> {
    lines.iter().map(String::as_str).collect()
}

/// A package of a lock file of Cargo.
fn package(name: &str, version: &str) -> String {
    format!(
        "[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nchecksum = \"of {version}\"\n\n"
    )
}

/// What becomes of a lock file, if packages on their own say it.
fn locked(path: &str, versions: [&str; 3]) -> Option<String> {
    let merged = crate::merge(&crate::Request {
        base: versions[0].as_bytes(),
        ours: versions[1].as_bytes(),
        theirs: versions[2].as_bytes(),
        path,
        ..crate::Request::default()
    });
    let merged = merged.unwrap();
    let take = |at: usize| {
        let piece = merged
            .pieces
            .iter()
            .filter(|piece| piece.kind == Kind::Conflict)
            .nth(at);
        let piece = piece.unwrap();
        let text = |lines: &[&[u8]]| -> Vec<String> {
            lines
                .iter()
                .map(|line| String::from_utf8_lossy(line).into_owned())
                .collect()
        };
        let texts = &merged.texts;
        let [base, ours, theirs] = [
            text(&texts.base[piece.base.clone()]),
            text(&texts.ours[piece.ours.clone()]),
            text(&texts.theirs[piece.theirs.clone()]),
        ];
        let all = proposals(&refs(&base), &refs(&ours), &refs(&theirs), path);
        all.into_iter()
            .find(|made| made.is_by(Rule::Entries))
            .map(|made| made.lines)
    };
    let hunks: Option<Vec<_>> = (0..merged.hunks.len()).map(take).collect();
    let hunks = hunks?;
    let written = merged.write(
        |at| crate::Take::Lines(hunks[at].clone()),
        &crate::Labels::default(),
    );
    Some(String::from_utf8(written.bytes).unwrap())
}

#[test]
fn packages_of_a_lock_file_are_merged_each_on_its_own() {
    let file = |packages: &[(&str, &str)]| -> String {
        let all = packages
            .iter()
            .map(|(name, version)| package(name, version));
        let all: String = std::iter::once("version = 4\n\n".to_owned())
            .chain(all)
            .collect();
        format!("{}\n", all.trim_end())
    };
    let base = file(&[("anyhow", "1.0.1"), ("serde", "1.0.1"), ("zip", "2.0.0")]);
    let ours = file(&[
        ("anyhow", "1.0.1"),
        ("log", "0.4.1"),
        ("serde", "1.0.2"),
        ("zip", "2.0.0"),
    ]);
    let theirs = file(&[
        ("anyhow", "1.0.1"),
        ("mio", "1.0.0"),
        ("serde", "1.0.5"),
        ("zip", "2.0.0"),
    ]);
    let both = file(&[
        ("anyhow", "1.0.1"),
        ("log", "0.4.1"),
        ("mio", "1.0.0"),
        ("serde", "1.0.5"),
        ("zip", "2.0.0"),
    ]);
    assert_eq!(
        locked("a/Cargo.lock", [&base, &ours, &theirs]).as_deref(),
        Some(&*both)
    );
    assert_eq!(
        locked("Cargo.lock", [&base, &theirs, &ours]).as_deref(),
        Some(&*both)
    );
    // Two that do not stand for each other are left, for the tool to write anew.
    let newer = file(&[("anyhow", "1.0.1"), ("serde", "2.0.0"), ("zip", "2.0.0")]);
    assert_eq!(locked("Cargo.lock", [&base, &ours, &newer]), None);
    let zero = |version: &str| file(&[("log", version)]);
    let [base, ours, theirs] = ["0.4.1", "0.4.2", "0.5.0"].map(zero);
    assert_eq!(locked("Cargo.lock", [&base, &ours, &theirs]), None);
}

#[test]
fn sums_paragraphs_and_members_are_merged_in_their_own_way() {
    let base = "a v1 h1:a=\nc v1 h1:c=\n";
    let (ours, theirs) = (
        "a v1 h1:a=\nb v1 h1:b=\nc v1 h1:c=\n",
        "a v1 h1:a=\nb v2 h1:b2=\nc v1 h1:c=\n",
    );
    let both = "a v1 h1:a=\nb v1 h1:b=\nb v2 h1:b2=\nc v1 h1:c=\n";
    assert_eq!(
        locked("go.sum", [base, ours, theirs]).as_deref(),
        Some(both)
    );

    let yarn = |asked: &str, version: &str| {
        format!(
            "# yarn lockfile v1\n\n\n{asked}:\n  version \"{version}\"\n  resolved \"https://{version}\"\n"
        )
    };
    let [base, ours, theirs] =
        ["1.0.1", "1.1.0", "1.2.0"].map(|version| yarn("left@^1.0.0", version));
    assert_eq!(
        locked("yarn.lock", [&base, &ours, &theirs]).as_deref(),
        Some(&*theirs)
    );
    // One question would have two answers.
    let wider = yarn("left@^1.0.0, left@^1.1.0", "1.2.0");
    assert_eq!(locked("yarn.lock", [&base, &ours, &wider]), None);

    let npm = |members: &[(&str, &str)]| {
        let member = |(name, version): &(&str, &str)| {
            format!(
                "    \"node_modules/{name}\": {{\n      \"version\": \"{version}\",\n      \"integrity\": \"{version}\"\n    }}"
            )
        };
        let members: Vec<String> = members.iter().map(member).collect();
        format!(
            "{{\n  \"packages\": {{\n{}\n  }}\n}}\n",
            members.join(",\n")
        )
    };
    let base = npm(&[("a", "1.0.0")]);
    let ours = npm(&[("a", "1.0.0"), ("b", "2.0.0")]);
    let theirs = npm(&[("a", "1.0.0"), ("c", "3.0.0")]);
    let both = npm(&[("a", "1.0.0"), ("b", "2.0.0"), ("c", "3.0.0")]);
    let made = locked("package-lock.json", [&base, &ours, &theirs]);
    assert_eq!(made.as_deref(), Some(&*both));
}
