//! Merges of whole files: nothing is lost silently, whatever the bytes.

use proptest::prelude::*;

use super::*;
use crate::dropped::{Reason, Side, dropped};

fn request<'a>(base: &'a str, ours: &'a str, theirs: &'a str) -> Request<'a> {
    Request {
        base: base.as_bytes(),
        ours: ours.as_bytes(),
        theirs: theirs.as_bytes(),
        path: "src/a.rs",
        ..Request::default()
    }
}

fn chosen(merged: &Merged<'_>) -> Written {
    merged.write(|_| Take::Chosen, &Labels::default())
}

const CASE: [&str; 3] = [
    "fn a() {}\nlet x = f(b);\nfn c() {}\n",
    "fn a() {}\nlet y = f(b);\nfn c() {}\n",
    "fn a() {}\nlet x = f(z);\nfn c() {}\n",
];

#[test]
fn a_hunk_has_its_rule_its_ranges_and_a_ledger_that_adds_up() {
    let merged = merge(&request(CASE[0], CASE[1], CASE[2])).unwrap();
    let [hunk] = &merged.hunks[..] else {
        panic!("one hunk")
    };
    assert_eq!(
        (&hunk.base, &hunk.ours, &hunk.theirs),
        (&(1..2), &(1..2), &(1..2))
    );
    assert_eq!(hunk.lines, ["let y = f(z);"]);
    assert!(hunk.agreed_by.contains(&Rule::Words) && hunk.agreed_by.contains(&Rule::Spaceless));
    assert_eq!(
        hunk.ledger.iter().map(|line| line.nanonats).sum::<i64>(),
        hunk.total
    );
    let written = chosen(&merged);
    assert_eq!(written.bytes, b"fn a() {}\nlet y = f(z);\nfn c() {}\n");
    assert_eq!(written.hunks.as_slice(), std::slice::from_ref(&(1..2)));
}

#[test]
fn hunks_that_differ_in_indentation_alone_count_once_and_keep_each_its_own() {
    let file = |tag: &str| {
        let rest = "x: 1\ny: 2\nz: 3\n";
        format!("a:\n  tag: {tag}\n{rest}b:\n  c:\n    d:\n      tag: {tag}\n{rest}")
    };
    let [base, ours, theirs] = ["1.2", "1.3", "1.4"].map(file);
    for path in ["a.yaml", "a.toml"] {
        let merged = merge(&Request {
            path,
            ..request(&base, &ours, &theirs)
        });
        let merged = merged.unwrap();
        let lines: Vec<&str> = merged
            .hunks
            .iter()
            .map(|hunk| hunk.lines[0].as_str())
            .collect();
        assert_eq!(lines, ["  tag: 1.4", "      tag: 1.4"], "{path}");
        assert_eq!(merged.hunks[0].probability, merged.hunks[1].probability);
    }
}

#[test]
fn what_another_program_makes_of_a_hunk_is_a_proposal_and_agreement_with_it_counts() {
    let merged = |external: Option<&'static str>| {
        let versions = [
            "a\nfirst of all\nz\n",
            "a\nwhat we say\nz\n",
            "a\nanother thing\nz\n",
        ];
        let request = Request {
            external: external.map(str::as_bytes),
            ..request(versions[0], versions[1], versions[2])
        };
        merge(&request).unwrap().hunks.remove(0)
    };
    let share = |hunk: &Hunk| {
        let theirs = hunk
            .alternatives
            .iter()
            .find(|it| it.lines == ["another thing"]);
        theirs.map_or(hunk.probability, |it| it.probability)
    };
    let alone = merged(None);
    assert!(share(&merged(Some("a\nanother thing\nz\n"))) > share(&alone));
    // What it says of another place is no vote, and what it says alone is one of several.
    assert_eq!(merged(Some("nothing\n")), alone);
    let new = merged(Some("a\nsomething new\nz\n"));
    assert_eq!(
        (&new.lines, new.agreed_by.contains(&Rule::External)),
        (&alone.lines, false)
    );
    assert!(new.probability < alone.probability);
}

#[test]
fn an_indentation_that_one_side_changed_is_merged_with_the_words_of_the_other() {
    let base = "if a:\n    f(x)\n    g(x)\n";
    let ours = "if a:\n    f(x)\ng(x)\n";
    let theirs = "if a:\n    f(x)\n    g(y)\n";
    for (path, ours, theirs) in [
        ("a.py", ours, theirs),
        ("a.py", theirs, ours),
        ("a.rs", ours, theirs),
    ] {
        let merged = merge(&Request {
            path,
            ..request(base, ours, theirs)
        })
        .unwrap();
        assert_eq!(chosen(&merged).bytes, b"if a:\n    f(x)\ng(y)\n", "{path}");
        assert!(!merged.hunks[0].indentation_is_open);
    }
}

#[test]
fn a_line_that_a_side_only_indented_anew_is_one_that_it_touched() {
    let base = "if a:\n    f(x)\n    g(x)\n";
    let ours = "if a:\n    f(x)\ng(x)\n";
    let merged = merge(&request(base, ours, "if a:\n    f(x)\n    g(y)\n")).unwrap();
    let written = merged.write(|_| Take::Theirs, &Labels::default());
    let gone = dropped(&merged, |_| Take::Theirs, &written);
    let reasons: Vec<_> = gone
        .iter()
        .map(|it| (it.side, it.line, it.reason))
        .collect();
    assert_eq!(
        reasons,
        [(Side::Ours, 3, Reason::Replaced(0, Some(Rule::Theirs)))]
    );
}

#[test]
fn every_line_of_a_long_stretch_that_one_side_rewrote_is_listed() {
    // Looked up one by one in one another these would be more than a thousand million comparisons.
    let lines = |word: &str| -> String { (0..20_000).map(|at| format!("{word} {at}\n")).collect() };
    let (base, theirs) = (lines("old"), lines("new"));
    let [base, ours, theirs] = [(&base, "a"), (&base, "b"), (&theirs, "c")]
        .map(|(lines, end)| format!("{lines}1\n2\n3\n4\n{end}\n"));
    let merged = merge(&request(&base, &ours, &theirs)).unwrap();
    assert_eq!(merged.hunks.len(), 1);
    let written = merged.write(|_| Take::Markers, &Labels::default());
    let gone = dropped(&merged, |_| Take::Markers, &written);
    assert_eq!(gone.len(), 20_000);
    assert!(gone.iter().all(|it| it.reason == Reason::ChangedByOther));
}

#[test]
fn where_both_sides_indent_in_their_own_way_a_person_looks_if_that_means_something() {
    let (base, ours, theirs) = ("if a:\n f(x)\n", "if a:\n  f(x)\n", "if a:\n    f(x)\n");
    let thresholds = Thresholds {
        apply: 0.0,
        propose: 0.0,
    };
    let of = |path| {
        let request = Request {
            path,
            thresholds,
            ..request(base, ours, theirs)
        };
        let merged = merge(&request).unwrap();
        let hunk = &merged.hunks[0];
        (
            merged.status,
            hunk.status,
            hunk.indentation_is_open,
            hunk.side_matters.is_some(),
        )
    };
    assert_eq!(of("a.py"), (Status::Proposed, Status::Proposed, true, true));
    assert_eq!(of("a.rs"), (Status::Applied, Status::Applied, false, false));
}

#[test]
fn a_number_of_one_side_and_a_sign_that_stands_for_nothing_are_no_versions() {
    let filler = "# a comment\n".repeat(800);
    let [base, ours, theirs] =
        ["a = 7\n", "a = 1\n", "a = \0\n"].map(|end| format!("{filler}{end}"));
    let mut request = request(&base, &ours, &theirs);
    request.path = "a.toml";
    let merged = merge(&request).unwrap();
    assert_eq!(merged.hunks.len(), 1);
    assert!(!merged.hunks[0].agreed_by.contains(&Rule::Entries));
}

#[test]
fn every_line_that_is_gone_is_listed_with_its_reason() {
    let merged = merge(&request(CASE[0], CASE[1], CASE[2])).unwrap();
    let written = chosen(&merged);
    let gone = dropped(&merged, |_| Take::Chosen, &written);
    let found: Vec<_> = gone
        .iter()
        .map(|d| (d.side, d.line, d.text.as_str(), d.reason))
        .collect();
    let reason = Reason::MergedIntoLine(0);
    assert_eq!(
        found,
        [
            (Side::Ours, 2, "let y = f(b);", reason),
            (Side::Theirs, 2, "let x = f(z);", reason)
        ]
    );
    // Between markers nothing is gone.
    let written = merged.write(|_| Take::Markers, &Labels::default());
    assert_eq!(dropped(&merged, |_| Take::Markers, &written), []);
}

#[test]
fn what_is_not_utf8_is_merged_by_lines_and_its_conflicts_are_left() {
    let all = [&b"a\n\xff\nb\n"[..], b"A\n\xff\nb\n", b"a\n\xff\nB\n"];
    let [base, ours, theirs] = all;
    let clean = merge(&Request {
        base,
        ours,
        theirs,
        ..Request::default()
    })
    .unwrap();
    assert_eq!(chosen(&clean).bytes, b"A\n\xff\nB\n");
    let theirs = b"x\n\xff\nb\n";
    let merged = merge(&Request {
        base,
        ours,
        theirs,
        ..Request::default()
    })
    .unwrap();
    assert_eq!(merged.status, Status::Left);
    assert_eq!(
        merged.hunks[0].why_left.as_deref(),
        Some("the file is not UTF-8")
    );
    let written = merged.write(|hunk| merged.applied(hunk), &Labels::default());
    assert!(
        written
            .bytes
            .starts_with(b"<<<<<<< ours\nA\n=======\nx\n>>>>>>> theirs\n\xff\n")
    );
}

#[test]
fn a_threshold_above_one_applies_nothing() {
    let mut request = request(CASE[0], CASE[1], CASE[2]);
    request.thresholds = Thresholds {
        apply: 0.0,
        propose: 0.0,
    };
    assert_eq!(merge(&request).unwrap().status, Status::Applied);
    request.thresholds = Thresholds {
        apply: 1.01,
        propose: 0.0,
    };
    assert_eq!(merge(&request).unwrap().status, Status::Proposed);
    request.thresholds = Thresholds {
        apply: 1.01,
        propose: 1.01,
    };
    let merged = merge(&request).unwrap();
    assert_eq!(merged.hunks[0].status, Status::Left);
    assert!(merged.hunks[0].why_left.is_some());
}

#[test]
fn where_all_hunks_together_are_not_sure_enough_the_least_sure_is_held_back() {
    let base = "a\nb\n1\n2\n3\nc\nd\n";
    let ours = "a\nb x\n1\n2\n3\nc x\nd\n";
    let theirs = "a\nb y\n1\n2\n3\nc y y\nd\n";
    let mut request = request(base, ours, theirs);
    let hunks = merge(&request).unwrap().hunks;
    assert_eq!(hunks.len(), 2);
    let least = hunks
        .iter()
        .map(|hunk| hunk.probability)
        .fold(1.0, f64::min);
    request.thresholds = Thresholds {
        apply: least,
        propose: 0.0,
    };
    let merged = merge(&request).unwrap();
    assert!(merged.probability < least);
    assert_eq!(merged.status, Status::Proposed);
    assert!(
        merged
            .hunks
            .iter()
            .any(|hunk| hunk.status == Status::Proposed)
    );
}

#[test]
fn conflict_markers_in_the_text_of_the_base_survive_and_ours_are_longer() {
    let base = "x\n<<<<<<< a\n1\n=======\n2\n>>>>>>> b\ny\n";
    let merged = merge(&request(base, "x\nours\ny\n", "x\ntheirs\ny\n")).unwrap();
    let written = merged.write(|_| Take::Markers, &Labels::default());
    let text = String::from_utf8(written.bytes).unwrap();
    assert_eq!(
        text,
        "x\n<<<<<<<< ours\nours\n========\ntheirs\n>>>>>>>> theirs\ny\n"
    );
}

#[test]
fn a_side_with_conflicts_of_its_own_is_left_to_a_person() {
    let ours = "x\n<<<<<<< a\n1\n=======\n2\n>>>>>>> b\ny\n";
    let merged = merge(&request("x\nold\ny\n", ours, "x\ntheirs\ny\n")).unwrap();
    assert_eq!(merged.status, Status::Left);
    let why = merged.hunks[0].why_left.as_deref();
    assert_eq!(why, Some("our side has conflict markers in line 2"));
    // A side that changed nothing else is taken as it is.
    let merged = merge(&request("x\nold\ny\n", ours, "x\nold\ny\n")).unwrap();
    assert_eq!(chosen(&merged).bytes, ours.as_bytes());
}

#[test]
fn a_build_that_passes_or_fails_moves_every_probability() {
    let mut request = request(CASE[0], CASE[1], CASE[2]);
    let before = merge(&request).unwrap();
    request.thresholds = Thresholds {
        apply: before.probability + 0.001,
        propose: 0.01,
    };
    let mut merged = merge(&request).unwrap();
    assert_eq!(merged.status, Status::Proposed);
    merged.add_evidence(0.5, request.thresholds);
    assert_eq!(
        (merged.status, merged.hunks[0].status),
        (Status::Applied, Status::Applied)
    );
    merged.add_evidence(-20.0, request.thresholds);
    assert_eq!(merged.status, Status::Left);
    assert!(merged.hunks[0].why_left.is_some());
}

/// Texts of few different lines, some indented, with line ends of any kind.
fn texts() -> impl Strategy<Value = [String; 3]> {
    let words = [
        "a",
        "b c",
        "f(x)",
        "}",
        "",
        "x = 1.2",
        "x = 1.3",
        "  a",
        "    f(x)",
        "\tx = 1.2",
    ];
    let line = prop::sample::select(words.to_vec());
    let end = prop::sample::select(vec!["\n", "\n", "\n", "\r\n"]);
    let text = prop::collection::vec((line, end), 0..12);
    let text = (text, any::<bool>()).prop_map(|(lines, whole)| {
        let mut text: String = lines
            .iter()
            .map(|(line, end)| format!("{line}{end}"))
            .collect();
        if !whole && text.ends_with('\n') {
            text.pop();
        }
        text
    });
    [text.clone(), text.clone(), text]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn result_and_dropped_lines_make_up_both_sides(texts in texts()) {
        let merged = merge(&request(&texts[0], &texts[1], &texts[2])).unwrap();
        let take = |hunk: usize| if hunk.is_multiple_of(2) { Take::Chosen } else { merged.applied(hunk) };
        let written = merged.write(take, &Labels::default());
        let gone = dropped(&merged, take, &written);
        for (side, lines) in [(Side::Ours, &merged.texts.ours), (Side::Theirs, &merged.texts.theirs)] {
            let mut there: Vec<&[u8]> = written.lines.iter().map(|l| l.trim_ascii()).collect();
            let mut listed: Vec<&[u8]> = gone
                .iter()
                .filter(|d| d.side == side && d.reason != Reason::Elsewhere)
                .map(|d| d.text.as_bytes())
                .collect();
            // Each line of the side uses up one of the result or one that is listed.
            for line in lines.iter().map(|line| line.trim_ascii()).filter(|l| !l.is_empty()) {
                let found = [&mut there, &mut listed].into_iter().any(|all| {
                    let place = all.iter().position(|found| *found == line);
                    place.map(|place| all.swap_remove(place)).is_some()
                });
                let text = String::from_utf8_lossy(line);
                prop_assert!(found, "{text:?} of {side:?} is gone and not listed");
            }
            prop_assert!(listed.is_empty(), "{listed:?} are listed more often than they are gone");
            for d in gone.iter().filter(|d| d.side == side) {
                prop_assert_eq!(d.text.as_bytes(), lines[d.line - 1].trim_ascii());
            }
        }
    }

    #[test]
    fn merges_of_a_b_and_b_a_agree_or_say_why(texts in texts()) {
        let there = merge(&request(&texts[0], &texts[1], &texts[2])).unwrap();
        let back = merge(&request(&texts[0], &texts[2], &texts[1])).unwrap();
        prop_assert_eq!(there.hunks.len(), back.hunks.len());
        for (one, other) in there.hunks.iter().zip(&back.hunks) {
            let dense = |hunk: &Hunk| without_space(hunk.lines.iter().map(String::as_str));
            let agree = dense(one) == dense(other);
            prop_assert_eq!(agree, one.side_matters.is_none());
            prop_assert_eq!(one.side_matters.is_none(), other.side_matters.is_none());
        }
    }

    #[test]
    fn any_bytes_are_merged_or_refused_and_ranges_are_exact(
        base in prop::collection::vec(any::<u8>(), 0..60),
        ours in prop::collection::vec(any::<u8>(), 0..60),
        theirs in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        let request = Request { base: &base, ours: &ours, theirs: &theirs, ..Request::default() };
        if let Ok(merged) = merge(&request) {
            let written = merged.write(|hunk| merged.applied(hunk), &Labels::default());
            let end = written.pieces.iter().fold(0, |at, range| {
                assert_eq!(range.start, at);
                range.end
            });
            prop_assert_eq!(end, written.lines.len());
        }
    }

    #[test]
    fn merging_with_an_unchanged_side_gives_the_other_to_the_byte(texts in texts()) {
        let merged = merge(&request(&texts[0], &texts[1], &texts[0])).unwrap();
        prop_assert_eq!(merged.status, Status::Applied);
        prop_assert_eq!(chosen(&merged).bytes, texts[1].as_bytes());
        let merged = merge(&request(&texts[0], &texts[0], &texts[2])).unwrap();
        prop_assert_eq!(chosen(&merged).bytes, texts[2].as_bytes());
    }
}
