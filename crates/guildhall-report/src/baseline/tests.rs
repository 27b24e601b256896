//! The ratchet: what is known, what is new, and files that are wrong.

use proptest::prelude::*;

use super::*;
use crate::samples::finding;
use crate::{Location, Part, Report, RunInfo, Severity, Suppressed, merge};

fn copies(path: &str, name: &str, count: usize) -> Vec<Finding> {
    let place = Location::at(path, 1, 1);
    let one = Finding::new("r", Severity::Minor, place, "m")
        .with_identity(&[name], 0)
        .with_content(&[name]);
    vec![one; count]
}

fn document(findings: Vec<Finding>) -> Document {
    of_agent("one", findings)
}

fn of_agent(agent: &str, findings: Vec<Finding>) -> Document {
    let report = Report {
        findings,
        ..Report::default()
    };
    merge(vec![Part::new(agent, "1.0.0", report)], RunInfo::default())
}

/// New, known, moved and gone of `now` against the findings of `before`.
fn counts(before: Vec<Finding>, now: Vec<Finding>) -> (usize, usize, usize, u64) {
    let baseline = Baseline::of(&document(before));
    let mut now = document(now);
    now.hold_against(&baseline, "b");
    let held = now.baseline.unwrap();
    (held.new, held.known, held.moved, held.gone)
}

#[test]
fn a_third_verbatim_copy_is_new() {
    assert_eq!(
        counts(copies("a", "x", 2), copies("a", "x", 3)),
        (1, 2, 0, 0)
    );
    assert_eq!(
        counts(copies("a", "x", 3), copies("a", "x", 2)),
        (0, 2, 0, 1)
    );
}

#[test]
fn a_finding_in_a_renamed_file_has_moved_and_a_copy_of_it_is_new() {
    assert_eq!(
        counts(copies("a", "x", 1), copies("b", "x", 1)),
        (0, 0, 1, 0)
    );
    let both = [copies("a", "x", 1), copies("b", "x", 1)].concat();
    assert_eq!(counts(copies("a", "x", 1), both), (1, 1, 0, 0));
}

#[test]
fn without_a_content_fingerprint_a_move_is_new_and_gone() {
    let bare = |path| {
        let mut findings = copies(path, "x", 1);
        findings[0].content_fingerprint = None;
        findings
    };
    assert_eq!(counts(bare("a"), bare("b")), (1, 0, 0, 1));
}

#[test]
fn what_is_suppressed_now_is_not_gone() {
    let baseline = Baseline::of(&document(copies("a", "x", 1)));
    let mut report = Report::default();
    let one = copies("a", "x", 1).remove(0);
    report.suppressed = vec![Suppressed::new(one, "it is generated")];
    let part = Part::new("one", "1.0.0", report);
    let mut now = merge(vec![part], RunInfo::default());
    now.hold_against(&baseline, "b");
    let held = now.baseline.as_ref().unwrap();
    assert_eq!((held.suppressed, held.gone), (1, 0));
    assert_eq!(baseline.prune(&now).count(), 0, "the source says it now");
}

#[test]
fn an_agent_that_took_no_part_has_mended_nothing() {
    let baseline = Baseline::of(&document(copies("a", "x", 2)));
    let mut now = of_agent("two", copies("a", "x", 1));
    now.hold_against(&baseline, "b");
    let held = now.baseline.as_ref().unwrap();
    assert_eq!((held.new, held.gone, held.unexamined), (1, 0, 2));
    assert_eq!(baseline.prune(&now).findings, baseline.findings);
    assert_eq!(baseline.changes(&now).unexamined["one"], 2);
}

#[test]
fn what_stands_in_a_file_that_was_not_examined_is_not_gone() {
    let before = [copies("a/b.rs", "x", 1), copies("c.rs", "y", 1)].concat();
    let baseline = Baseline::of(&document(before));
    for (skipped, unexamined) in [("a/b.rs", 1), ("a", 1), ("a/b", 0)] {
        let report = Report {
            skipped: vec![crate::Skipped::new(skipped, "unparsable", "it is broken")],
            ..Report::default()
        };
        let part = Part::new("one", "1.0.0", report);
        let mut now = merge(vec![part], RunInfo::default());
        now.hold_against(&baseline, "b");
        let held = now.baseline.as_ref().unwrap();
        assert_eq!((held.unexamined, held.gone), (unexamined, 2 - unexamined));
        assert_eq!(baseline.prune(&now).count(), unexamined);
    }
}

#[test]
fn pruning_tightens_and_never_adds() {
    let before = [copies("a", "x", 3), copies("a", "y", 1)].concat();
    let baseline = Baseline::of(&document(before));
    let now = [copies("b", "x", 1), copies("a", "z", 5)].concat();
    let now = document(now);
    let pruned = baseline.prune(&now);
    let rows: Vec<_> = pruned
        .findings
        .iter()
        .map(|row| (row.path.as_deref(), row.count))
        .collect();
    assert_eq!(rows, [(Some("b"), 1)]);
    let changes = baseline.changes(&now);
    assert_eq!(
        (changes.added["r"], changes.removed["r"], changes.moved),
        (5, 3, 1)
    );
    assert_eq!(pruned.prune(&now), pruned, "twice changes nothing more");
}

#[test]
fn the_file_has_a_line_for_each_row() {
    let findings = [copies("b", "x", 2), copies("a\u{1b}", "y", 1)].concat();
    let mut document = document(findings);
    document.run.host_version = "1.2.3".to_owned();
    let text = Baseline::of(&document).to_text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 8, "{text}");
    assert_eq!(lines[1], r#"  "schema": "guildhall.baseline/1","#);
    assert_eq!(
        lines[2],
        r#"  "tool": {"name":"guildhall","version":"1.2.3"},"#
    );
    assert!(
        lines[4].starts_with(r#"    {"path":"a\u001b","rule":"r","agent":"one","#),
        "{text}"
    );
    assert!(lines[5].ends_with(r#""count":2}"#), "{text}");
    let empty = Baseline::of(&of_agent("one", Vec::new()));
    assert_eq!(Baseline::parse(&empty.to_text()), Ok(empty));
}

#[test]
fn every_mistake_in_a_file_is_told_with_its_mend() {
    let good = Baseline::of(&document(copies("a", "x", 1))).to_text();
    let cases = [
        ("", "is empty"),
        ("{\"a\"", "not JSON: it goes wrong at line 1, column 4"),
        ("<<<<<<< HEAD\n", "conflicts of a merge"),
        ("[]", "is no baseline of Guildhall; write one"),
        ("{\"runs\": []}", "is SARIF"),
        ("{\"schema\": \"guildhall.report/1\"}", "is a report"),
        (
            "{\"schema\": \"guildhall.baseline/2\"}",
            "has the format 2 of another version",
        ),
        ("{\"schema\": \"guildhall.baseline/1\"}", "another tool"),
        (&good.replace("\"guildhall\"", "\"other\""), "another tool"),
        (&good.replace("\"version\"", "\"ver\""), "lacks a part"),
        (
            &good.replace("\"count\":1", "\"count\":0"),
            "finding 1 has a count",
        ),
        (
            &good.replace("\"count\":1", "\"count\":-1"),
            "finding 1 has a count",
        ),
        (
            &good.replace("\"rule\":\"r\"", "\"rule\":7"),
            "finding 1 names no rule",
        ),
        (
            &good.replace("\"fingerprint\":\"", "\"fingerprint\":\"X"),
            "fingerprint that is none",
        ),
        (
            &good.replace("\"path\":\"a\"", "\"path\":[]"),
            "a path or a subject",
        ),
        (
            &good.replace("\"findings\"", "\"found\""),
            "no list of findings",
        ),
    ];
    for (text, said) in cases {
        let error = Baseline::parse(text).unwrap_err().to_string();
        assert!(error.contains(said), "{error} does not say {said:?}");
        assert!(error.contains("; "), "{error} names no mend");
    }
}

#[test]
fn rows_that_both_sides_of_a_merge_left_count_once() {
    let text = Baseline::of(&document(copies("a", "x", 2))).to_text();
    let row = text.lines().nth(4).unwrap();
    let twice = text.replace(row, &format!("{row},\n{}", row.replace(":2}", ":3}")));
    let read = Baseline::parse(&twice).unwrap();
    assert_eq!((read.findings.len(), read.count()), (1, 3));
}

#[test]
fn narrowing_keeps_what_is_touched_and_what_is_new_without_a_file() {
    let mut nowhere = finding("a", 5, "r", Severity::Info);
    nowhere.location = None;
    let findings = vec![
        finding("a", 1, "r", Severity::Info),
        finding("b", 2, "r", Severity::Info),
        nowhere,
    ];
    let since = || Since {
        reference: "main".to_owned(),
        ..Since::default()
    };
    let mut alone = document(findings.clone());
    alone.narrow_to(since(), |finding| finding.path() == Some("a"));
    assert_eq!(alone.summary.findings, 1);
    assert_eq!(alone.since.as_ref().unwrap().left_out, 2);
    let mut held = document(findings);
    held.hold_against(&Baseline::of(&document(Vec::new())), "b");
    held.narrow_to(since(), |finding| finding.path() == Some("a"));
    assert_eq!(held.summary.findings, 2, "what is about no file is new");
}

/// Findings with few names, so that they meet each other.
fn some() -> impl Strategy<Value = Vec<(u8, u8)>> {
    prop::collection::vec((0_u8..3, 0_u8..3), 0..12)
}

fn findings(places: &[(u8, u8)], folder: &str) -> Vec<Finding> {
    let one = |(path, name): &(u8, u8)| copies(&format!("{folder}/{path}"), &name.to_string(), 1);
    places.iter().flat_map(one).collect()
}

proptest! {
    #[test]
    fn renaming_every_file_makes_nothing_new(places in some()) {
        let count = places.len();
        let renamed = counts(findings(&places, "old"), findings(&places, "new"));
        prop_assert_eq!(renamed, (0, 0, count, 0));
    }

    #[test]
    fn the_order_of_findings_changes_nothing(before in some(), after in some().prop_shuffle(), turn in 0_usize..12) {
        let mut turned = before.clone();
        turned.rotate_left(turn % before.len().max(1));
        let straight = counts(findings(&before, "x"), findings(&after, "x"));
        let mut backwards = after;
        backwards.reverse();
        prop_assert_eq!(counts(findings(&turned, "x"), findings(&backwards, "x")), straight);
        prop_assert_eq!(counts(findings(&before, "x"), findings(&turned, "x")).0, 0);
    }

    #[test]
    fn so_many_copies_are_so_many_new(places in some(), path in 0_u8..3, name in 0_u8..3, added in 0_usize..5) {
        let mut after = places.clone();
        after.extend(vec![(path, name); added]);
        let (new, known, moved, gone) = counts(findings(&places, "x"), findings(&after, "x"));
        prop_assert_eq!((new, known, moved, gone), (added, places.len(), 0, 0));
    }

    #[test]
    fn pruning_gives_no_more_than_there_was(before in some(), after in some()) {
        let baseline = Baseline::of(&document(findings(&before, "x")));
        let now = document(findings(&after, "y"));
        let pruned = baseline.prune(&now);
        prop_assert!(pruned.count() <= baseline.count());
        let mut held = now.clone();
        held.hold_against(&baseline, "b");
        let mut again = now;
        again.hold_against(&pruned, "b");
        prop_assert_eq!(held.baseline.map(|it| it.new), again.baseline.as_ref().map(|it| it.new));
        prop_assert_eq!(again.baseline.map(|it| it.gone), Some(0));
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in any::<String>(), places in some(), cut in 0_usize..200) {
        let _ = Baseline::parse(&text);
        let good = Baseline::of(&document(findings(&places, "x"))).to_text();
        let _ = Baseline::parse(good.get(..cut).unwrap_or_default());
        prop_assert_eq!(Baseline::parse(&good).unwrap().to_text(), good);
    }
}
