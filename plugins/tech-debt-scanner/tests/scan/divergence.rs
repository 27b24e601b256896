//! Copies of which a fix changed one and forgot the other, in real repositories.

use guildhall_report::{Finding, Report};
use serde_json::json;
use tech_debt_scanner::rules;

use crate::history::Repository;
use crate::support::place;

/// What both copies begin with; long enough to be a copy.
const HEAD: &str = "    let count = order.items.len();
    let sum: u32 = order.items.iter().map(|item| item.price * item.number).sum();
    let most = order.items.iter().map(|item| item.price).max().unwrap_or(0);
";
const TAIL: &str = "    let mean = sum / count as u32;
    order.notes.push(format!(\"{mean} on average, {most} at the most\"));
    order.is_open = false;
    mean
}
";
const MENDED: &str = "    if count == 0 {\n        return 0;\n    }\n";

fn function(name: &str, middle: &str) -> String {
    format!("fn {name}(order: &mut Order) -> u32 {{\n{HEAD}{middle}{TAIL}")
}

/// A repository with a function in `src/a.rs` and its copy in `other`.
fn copies_in(other: &str) -> Repository {
    let repository = Repository::new();
    repository
        .0
        .write("src/a.rs", function("bill", ""))
        .write(other, format!("// Offers.\n\n{}", function("offer", "")));
    repository.commit(0, "first");
    repository
}

fn mend(repository: &Repository, subject: &str) {
    repository.0.write("src/a.rs", function("bill", MENDED));
    repository.commit(100, subject);
}

fn found(report: &Report) -> Vec<Finding> {
    let findings = report.findings.iter();
    let ours = findings.filter(|finding| finding.rule == "diverging-copy");
    ours.cloned().collect()
}

fn count(repository: &Repository) -> usize {
    found(&repository.0.scan()).len()
}

#[test]
fn a_copy_that_a_fix_forgot_is_told_with_the_commit_and_both_places() {
    let repository = copies_in("src/b.rs");
    mend(&repository, "fix a division by zero");
    let found = found(&repository.0.scan());
    assert_eq!(found.len(), 1, "{found:?}");
    let finding = &found[0];
    let at = place(finding);
    assert_eq!(at.path, "src/b.rs");
    // From the first line that both had in common to the last.
    let lines = (at.start.unwrap().line, at.end.unwrap().line);
    assert_eq!(lines, (4, 11));
    let mended = &finding.related[0];
    assert_eq!(
        (mended.path.as_str(), mended.start.unwrap().line),
        ("src/a.rs", 5)
    );
    assert!(
        finding.message.contains("src/a.rs:5"),
        "{}",
        finding.message
    );
    assert!(
        finding.message.ends_with("fix a division by zero"),
        "{}",
        finding.message
    );
    assert!(
        finding
            .evidence
            .contains(&"there now: if count == 0 {".to_owned())
    );
    assert!(finding.value > finding.threshold && finding.confidence.is_some());
}

#[test]
fn what_a_fix_took_away_is_quoted() {
    let repository = Repository::new();
    let wrong = "    let offset = most + count as u32 * 2;\n";
    repository
        .0
        .write("src/a.rs", function("bill", wrong))
        .write("src/b.rs", function("offer", wrong));
    repository.commit(0, "first");
    let right = "    let offset = most + count as u32 * 3;\n";
    repository.0.write("src/a.rs", function("bill", right));
    repository.commit(1, "fix the offset");
    let found = found(&repository.0.scan());
    assert_eq!(found.len(), 1, "{found:?}");
    let expected = format!("still here: {}", wrong.trim());
    assert!(
        found[0].evidence.contains(&expected),
        "{:?}",
        found[0].evidence
    );
}

#[test]
fn a_commit_that_fixes_nothing_forgets_nothing() {
    let repository = copies_in("src/b.rs");
    mend(&repository, "leave early");
    assert_eq!(count(&repository), 0);
}

#[test]
fn a_copy_that_was_mended_with_it_or_later_is_not_told() {
    let repository = copies_in("src/b.rs");
    repository.0.write("src/b.rs", function("offer", MENDED));
    mend(&repository, "fix a division by zero");
    assert_eq!(count(&repository), 0);
    let repository = copies_in("src/b.rs");
    mend(&repository, "fix a division by zero");
    assert_eq!(count(&repository), 1);
    repository.0.write("src/b.rs", function("offer", MENDED));
    repository.commit(101, "the same for offers");
    assert_eq!(count(&repository), 0);
}

#[test]
fn what_came_after_the_fix_was_no_copy_of_it() {
    let repository = Repository::new();
    repository.0.write("src/a.rs", function("bill", ""));
    repository.commit(0, "first");
    mend(&repository, "fix a division by zero");
    repository.0.write("src/b.rs", function("offer", ""));
    repository.commit(101, "offers");
    assert_eq!(count(&repository), 0);
}

#[test]
fn a_fix_that_did_not_stay_is_not_held_against_a_copy() {
    let repository = copies_in("src/b.rs");
    mend(&repository, "fix a division by zero");
    repository.0.write("src/a.rs", function("bill", ""));
    repository.commit(101, "take it back");
    assert_eq!(count(&repository), 0);
}

#[test]
fn copies_in_tests_and_turns_of_phrase_are_not_told() {
    let repository = copies_in("tests/b.rs");
    mend(&repository, "fix a division by zero");
    assert_eq!(count(&repository), 0, "tests do not ship");
    let repository = copies_in("src/b.rs");
    for name in ["c", "d"] {
        repository
            .0
            .write(format!("src/{name}.rs"), function(name, ""));
    }
    repository.commit(1, "more");
    mend(&repository, "fix a division by zero");
    assert_eq!(count(&repository), 0, "three places are a habit");
}

#[test]
fn an_old_fix_is_not_looked_into() {
    let repository = copies_in("src/b.rs");
    mend(&repository, "fix a division by zero");
    repository.0.write("src/c.rs", "fn c() {}\n");
    repository.commit(600, "later");
    assert_eq!(count(&repository), 0);
}

#[test]
fn other_languages_have_copies_too() {
    let repository = Repository::new();
    let function = |name: &str, middle: &str| {
        format!(
            "def {name}(order, notes):\n    count = len(order.items)\n    total = sum(item.price * \
             item.number for item in order.items)\n    most = max(item.price for item in \
             order.items)\n{middle}    mean = total / count\n    notes.append(f\"{{mean}} on \
             average, {{most}} at the most\")\n    order.open = False\n    return mean\n"
        )
    };
    repository
        .0
        .write("shop/a.py", function("bill", ""))
        .write("shop/b.py", function("offer", ""));
    repository.commit(0, "first");
    let mended = "    if count == 0:\n        return 0\n";
    repository.0.write("shop/a.py", function("bill", mended));
    repository.commit(1, "fix a division by zero");
    let found = found(&repository.0.scan());
    let paths: Vec<&str> = found.iter().filter_map(Finding::path).collect();
    assert_eq!(paths, ["shop/b.py"]);
}

#[test]
fn it_can_be_switched_off_and_suppressed() {
    let repository = copies_in("src/b.rs");
    mend(&repository, "fix a division by zero");
    for settings in [
        json!({"diverging-copy": {"enabled": false}}),
        json!({"diverging-copy": {"threshold": 1000}}),
        json!({"tech-debt-scanner": {"history": false}}),
    ] {
        let report = repository.0.scan_with(settings).unwrap();
        assert_eq!(found(&report).len(), 0);
    }
    let allowed = "// guildhall: allow(diverging-copy) an offer has items\n";
    let text = format!("{allowed}{}", function("offer", ""));
    repository.0.write("src/b.rs", text);
    let report = repository.0.scan();
    assert_eq!(found(&report).len(), 0);
    let suppressed = report.suppressed.iter();
    assert_eq!(
        suppressed
            .filter(|one| one.finding.rule == "diverging-copy")
            .count(),
        1
    );
}

#[test]
fn a_finding_stays_the_same_where_the_copy_moves_within_its_file() {
    let repository = copies_in("src/b.rs");
    mend(&repository, "fix a division by zero");
    let before = found(&repository.0.scan());
    let text = format!("fn first() {{}}\n\n\n\n{}", function("offer", ""));
    repository.0.write("src/b.rs", text);
    let after = found(&repository.0.scan());
    assert_eq!(before[0].fingerprint, after[0].fingerprint);
    assert_ne!(place(&before[0]).start, place(&after[0]).start);
}

#[test]
fn the_documented_example_is_found_and_its_better_form_is_not() {
    let rule = rules()
        .into_iter()
        .find(|rule| rule.id == "diverging-copy")
        .unwrap();
    let (example, better) = (rule.example.unwrap(), rule.better.unwrap());
    let mended = "    if count == 0 {\n        return 0;\n    }\n";
    let repository = Repository::new();
    repository.0.write("a.rs", example.replace(mended, ""));
    repository.commit(0, "first");
    repository.0.write("a.rs", &example);
    repository.commit(1, "fix: an order without items divides by zero");
    assert_eq!(count(&repository), 1);
    repository.0.write("a.rs", better);
    repository.commit(2, "say it once");
    assert_eq!(count(&repository), 0);
}
