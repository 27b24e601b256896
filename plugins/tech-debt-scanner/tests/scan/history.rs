//! Ranking, ages, coupling and owners on real repositories, with values worked out by hand.

use std::fs;
use std::path::Path;
use std::process::Command;

use guildhall_report::{Report, Table};
use serde_json::{Value, json};
use tech_debt_scanner::{HotspotsRequest, hotspots};

use crate::support::{Folder, Quiet};

/// The moment from which commits are counted, in seconds since 1970.
const START: i64 = 1_700_000_000;
const DAY: i64 = 86_400;

/// A repository for one test.
pub(crate) struct Repository(pub(crate) Folder);

impl Repository {
    pub(crate) fn new() -> Self {
        let repository = Self(Folder::new());
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository
    }

    pub(crate) fn git(&self, arguments: &[&str]) {
        self.git_at(START, "+0000", "Ada", arguments);
    }

    /// Git as a user of this name runs it at a moment.
    pub(crate) fn git_at(&self, time: i64, zone: &str, author: &str, arguments: &[&str]) {
        let date = format!("{time} {zone}");
        let output = Command::new("git")
            .args(arguments)
            .current_dir(self.0.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs(["GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"].map(|name| (name, &date)))
            .envs(["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"].map(|name| (name, author)))
            .envs(["GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"].map(|name| (name, author)))
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
    }

    /// Commits all there is, so many days after the start.
    pub(crate) fn commit(&self, day: i64, subject: &str) -> &Self {
        self.commit_by(day, "Ada", subject)
    }

    pub(crate) fn commit_by(&self, day: i64, author: &str, subject: &str) -> &Self {
        let time = START + day * DAY;
        self.git_at(time, "+0000", author, &["add", "--all"]);
        self.git_at(time, "+0000", author, &["commit", "--quiet", "-m", subject]);
        self
    }

    /// Writes a file of so many lines of code, the last of which differ by `version`.
    fn write(&self, name: &str, lines: u32, version: u32) -> &Self {
        let mut text: String = (1..lines)
            .map(|line| format!("const A{line}: u8 = 0;\n"))
            .collect();
        text.push_str(&format!("const V: u32 = {version};\n"));
        self.0.write(name, text);
        self
    }

    fn ranked(&self) -> Report {
        ranked(self.0.path())
    }

    fn row(&self, file: &str) -> Vec<Value> {
        row(&self.ranked(), file)
    }
}

pub(crate) fn ranked(root: &Path) -> Report {
    let request = HotspotsRequest {
        path: Some(guildhall_core::path_text::encode(root)),
        all: true,
        ..HotspotsRequest::default()
    };
    hotspots(&request, &Quiet).unwrap()
}

fn table<'a>(report: &'a Report, id: &str) -> &'a Table {
    report.tables.iter().find(|table| table.id == id).unwrap()
}

/// The row of a file: rank, name, risk, return, lines, commits, fixes, last change, share.
pub(crate) fn row(report: &Report, file: &str) -> Vec<Value> {
    let mut rows = table(report, "hotspots").rows.iter();
    rows.find(|row| row[1] == file).unwrap().clone()
}

/// What the history does not tell, by the ids of the words on it.
pub(crate) fn codes(report: &Report) -> Vec<&str> {
    let notes = report.texts.iter().skip(1);
    notes.map(|text| text.id.as_str()).collect()
}

pub(crate) fn note(report: &Report) -> &str {
    &report.texts[1].body
}

fn near(value: &Value, expected: f64) {
    let value = value.as_f64().unwrap();
    assert!((value - expected).abs() < 1e-5, "{value} is not {expected}");
}

#[test]
fn risk_and_return_are_what_the_formulas_say() {
    let repository = Repository::new();
    repository
        .write("src/a.rs", 100, 0)
        .write("src/b.rs", 25, 0)
        .commit(0, "first");
    repository
        .write("src/a.rs", 100, 1)
        .commit(60, "fix a crash");
    repository.write("src/a.rs", 100, 2).commit(120, "more");
    // a was touched 0, 60 and 120 days ago, b 120 days ago; both are watched for 120 days.
    let exposure = 60.0 * 3_f64.ln();
    let pace = |touches: f64| (touches + 0.1) / (exposure + 30.0);
    let (touches_a, touches_b) = (1.0 + 0.5 + 1.0 / 3.0, 1.0 / 3.0);
    // The fix counts 1/2 for a, and the mean of both files is 1/4. Only the first commit
    // touched both: in it b kept company with a, and a with a file without fixes.
    let company = |others: f64| (others / 0.25 / 3.0 + 1.0) / (1.0 / 3.0 + 1.0);
    let a = (pace(touches_a) * 100.0).sqrt() * company(0.0).powf(0.25);
    let b = (pace(touches_b) * 25.0).sqrt() * company(0.5).powf(0.25);
    let report = repository.ranked();
    let (row_a, row_b) = (row(&report, "src/a.rs"), row(&report, "src/b.rs"));
    near(&row_a[2], 2.0 * a / (a + b));
    near(&row_b[2], 2.0 * b / (a + b));
    near(&row_a[3], 125.0 / 100.0 * a / (a + b));
    near(&row_b[3], 125.0 / 25.0 * b / (a + b));
    assert_eq!(
        row_a[4..9],
        json!([100, 3, 1, 0, 100]).as_array().unwrap()[..]
    );
    assert_eq!(
        row_b[4..9],
        json!([25, 1, 0, 120, 100]).as_array().unwrap()[..]
    );
    assert!(report.skipped.is_empty(), "{:?}", report.skipped);
}

#[test]
fn a_note_and_tests_change_what_the_size_says() {
    let repository = Repository::new();
    let body = "fn f() {}\n".repeat(9);
    let tests = format!(
        "#[cfg(test)]\nmod tests {{\n{}}}\n",
        "fn g() {}\n".repeat(6)
    );
    repository
        .0
        .write("a.rs", format!("{body}// TODO: more\nfn h() {{}}\n"));
    repository.0.write("b.rs", format!("{body}fn h() {{}}\n"));
    repository.0.write("c.rs", format!("fn h() {{}}\n{tests}"));
    repository.commit(0, "first");
    let report = repository.ranked();
    let risk = |file| row(&report, file)[2].as_f64().unwrap();
    near(&json!(risk("a.rs") / risk("b.rs")), 1.15);
    // One line, and nine of tests that count half.
    near(&json!(risk("c.rs") / risk("b.rs")), (5.5_f64 / 10.0).sqrt());
}

#[test]
fn a_file_is_followed_through_renames() {
    let repository = Repository::new();
    repository
        .write("old.rs", 10, 0)
        .write("other.rs", 10, 7)
        .commit(0, "first");
    repository.write("old.rs", 10, 1).commit(10, "fix a bug");
    fs::create_dir(repository.0.path().join("src")).unwrap();
    repository.git(&["mv", "old.rs", "src/new.rs"]);
    repository.commit(20, "move");
    // Touched by the first two commits; the move is no work on it.
    assert_eq!(
        repository.row("src/new.rs")[5..8],
        json!([2, 1, 10]).as_array().unwrap()[..]
    );
    repository.git(&["mv", "src/new.rs", "new.rs"]);
    repository
        .write("new.rs", 10, 2)
        .commit(30, "move and change");
    assert_eq!(
        repository.row("new.rs")[5..8],
        json!([3, 1, 0]).as_array().unwrap()[..]
    );
}

#[test]
fn merges_and_sweeps_count_for_no_file() {
    let repository = Repository::new();
    for file in 0..51 {
        repository.write(&format!("src/f{file}.rs"), 3, 0);
    }
    repository.commit(0, "fix everything");
    assert_eq!(
        repository.row("src/f0.rs")[5..7],
        json!([0, 0]).as_array().unwrap()[..]
    );
    repository.git(&["checkout", "--quiet", "-b", "side"]);
    repository.write("src/f0.rs", 3, 1).commit(5, "fix one");
    repository.git(&["checkout", "--quiet", "main"]);
    repository.write("src/f1.rs", 3, 1).commit(6, "other");
    let merge = [
        "merge",
        "--quiet",
        "--no-ff",
        "-m",
        "fix by a merge",
        "side",
    ];
    repository.git_at(START + 7 * DAY, "+0000", "Ada", &merge);
    assert_eq!(
        repository.row("src/f0.rs")[5..8],
        json!([1, 1, 2]).as_array().unwrap()[..]
    );
    assert_eq!(
        repository.row("src/f1.rs")[5..8],
        json!([1, 0, 1]).as_array().unwrap()[..]
    );
}

#[test]
fn zones_and_commits_of_the_future_make_no_file_younger_than_the_head() {
    let repository = Repository::new();
    repository.write("a.rs", 5, 0);
    repository.git(&["add", "--all"]);
    repository.git_at(
        START + 400 * DAY,
        "-1100",
        "Ada",
        &["commit", "--quiet", "-m", "later"],
    );
    repository.write("b.rs", 5, 1);
    repository.git(&["add", "--all"]);
    repository.git_at(
        START + DAY,
        "+1400",
        "Ada",
        &["commit", "--quiet", "-m", "head"],
    );
    let report = repository.ranked();
    assert_eq!(row(&report, "a.rs")[7], 0);
    assert_eq!(row(&report, "a.rs")[2], row(&report, "b.rs")[2]);
}

#[test]
fn the_same_commit_gives_the_same_numbers_and_files_beside_change_none() {
    let repository = Repository::new();
    repository
        .write("a.rs", 40, 0)
        .write("b.rs", 9, 0)
        .commit(0, "first");
    repository.write("a.rs", 40, 1).commit(30, "fix it");
    let once = repository.ranked();
    let again = repository.ranked();
    assert_eq!(once.tables, again.tables);
    assert_eq!(once.texts, again.texts);
    // What is no code is in nobody's way.
    repository
        .0
        .write("notes.txt", "a")
        .write("tests/t.rs", "fn t() {}\n");
    repository.git(&["add", "--all"]);
    repository.git_at(
        START + 30 * DAY,
        "+0000",
        "Ada",
        &["commit", "--quiet", "-m", "notes"],
    );
    assert_eq!(repository.ranked().tables[0], once.tables[0]);
}

#[test]
fn without_a_repository_files_stand_by_size_and_it_is_said() {
    let folder = Folder::new();
    folder
        .write("a.rs", "fn a() {}\n")
        .write("b.rs", "fn b() {}\n".repeat(4));
    let report = ranked(folder.path());
    assert_eq!(codes(&report), ["no-history"]);
    let first = &table(&report, "hotspots").rows[0];
    assert_eq!(first[1], "b.rs");
    near(&first[2], 4.0 / 3.0);
    assert_eq!(first[3], Value::Null);
    assert!(report.texts[0].body.contains("Without a history"));
}

#[test]
fn a_repository_without_commits_is_said() {
    let repository = Repository::new();
    repository.write("a.rs", 2, 0);
    let report = repository.ranked();
    assert_eq!(codes(&report), ["no-history"]);
    assert!(
        note(&report).contains("no commit yet"),
        "{:?}",
        note(&report)
    );
}

#[test]
fn a_shallow_clone_says_how_far_it_reaches() {
    let repository = Repository::new();
    repository.write("a.rs", 5, 0).commit(0, "first");
    repository.write("a.rs", 5, 1).commit(100, "second");
    repository.write("a.rs", 5, 2).commit(110, "third");
    let clone = Folder::new();
    let from = format!("file://{}", repository.0.path().display());
    let to = clone.path().join("clone");
    let to = to.to_str().unwrap();
    repository.git(&["clone", "--quiet", "--depth=2", &from, to]);
    let report = ranked(to.as_ref());
    assert_eq!(codes(&report), ["shallow-history"]);
    assert!(
        note(&report).contains("than 10 days"),
        "{:?}",
        note(&report)
    );
    assert_eq!(row(&report, "a.rs")[5], 2);
    assert_eq!(codes(&repository.ranked()), [""; 0]);
}

#[test]
fn a_folder_below_the_top_has_its_part_of_the_history() {
    let repository = Repository::new();
    repository
        .write("x/src/a.rs", 5, 0)
        .write("b.rs", 5, 0)
        .commit(0, "first");
    repository.write("x/src/a.rs", 5, 1).commit(1, "second");
    let report = ranked(&repository.0.path().join("x"));
    assert_eq!(row(&report, "src/a.rs")[5], 2);
    assert_eq!(table(&report, "hotspots").rows.len(), 1);
}

#[test]
fn untracked_files_and_those_of_a_submodule_are_said() {
    let repository = Repository::new();
    repository.write("a.rs", 5, 0).commit(0, "first");
    let inner = Repository::new();
    inner.write("m.rs", 5, 0).commit(0, "inner");
    let from = inner.0.path().to_str().unwrap();
    let allow = "protocol.file.allow=always";
    repository.git(&["-c", allow, "submodule", "--quiet", "add", from, "sub"]);
    repository.commit(1, "with a submodule");
    repository.write("new.rs", 5, 0);
    let report = repository.ranked();
    assert_eq!(codes(&report), ["untracked"]);
    assert!(
        note(&report).ends_with(": new.rs and 1 more file."),
        "{:?}",
        note(&report)
    );
    assert_eq!(row(&report, "a.rs")[5], 1);
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_utf8_have_their_history() {
    use std::os::unix::ffi::OsStrExt as _;
    let repository = Repository::new();
    let name = std::ffi::OsStr::from_bytes(b"src/\xff.rs");
    repository
        .0
        .write(name, "fn a() {}\n")
        .write("b.rs", "fn b() {}\n");
    repository.commit(0, "first");
    repository.0.write(name, "fn c() {}\n");
    repository.commit(1, "second");
    let report = repository.ranked();
    let name = guildhall_core::path_text::encode(name.as_ref());
    assert_eq!(row(&report, &name)[5], 2);
    assert!(report.skipped.is_empty(), "{:?}", report.skipped);
}

#[test]
fn debt_comments_know_their_age_and_lines_that_are_not_committed_have_none() {
    let repository = Repository::new();
    repository.0.write("a.rs", "// TODO: old\nfn a() {}\n");
    repository.commit_by(0, "Bob", "first");
    repository
        .0
        .write("a.rs", "// TODO: old\nfn a() {}\n// TODO: newer\n");
    repository.commit(40, "second");
    repository.0.write(
        "a.rs",
        "\n// TODO: old\nfn a() {}\n// TODO: newer\n// TODO: today\n",
    );
    let evidence = |report: &Report| -> Vec<Vec<String>> {
        report
            .findings
            .iter()
            .map(|finding| finding.evidence.clone())
            .collect()
    };
    let found = evidence(&repository.0.scan());
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[0][0].starts_with("40 days old: ") && found[0][0].ends_with(" by Bob"));
    assert!(found[1][0].starts_with("0 days old: ") && found[1][0].ends_with(" by Ada"));
    assert!(found[2].is_empty(), "{found:?}");
    let own = |key: &str, value: Value| json!({"tech-debt-scanner": {key: value}});
    let none = repository
        .0
        .scan_with(own("blame-files", json!(0)))
        .unwrap();
    assert!(evidence(&none).iter().all(Vec::is_empty));
    assert!(
        none.texts[0].body.contains("left out in 1 file,"),
        "{:?}",
        none.texts
    );
    let without = repository
        .0
        .scan_with(own("history", json!(false)))
        .unwrap();
    assert!(without.texts.is_empty() && without.plans.is_empty());
}

#[test]
fn commits_that_a_project_ignores_are_not_blamed() {
    let repository = Repository::new();
    repository.0.write("a.rs", "fn a() {\n// TODO: b\n}\n");
    repository.commit_by(0, "Bob", "first");
    repository.0.write("a.rs", "fn a() {\n    // TODO: b\n}\n");
    repository.commit_by(10, "Cid", "format");
    let scan = |repository: &Repository| repository.0.scan().findings[0].evidence[0].clone();
    assert!(scan(&repository).ends_with(" by Cid"));
    let output = Command::new("git")
        .args(["rev-parse", "HEAD"])
        .current_dir(repository.0.path())
        .output()
        .unwrap();
    repository.0.write(".git-blame-ignore-revs", &output.stdout);
    repository.commit(20, "ignore");
    assert!(scan(&repository).ends_with(" by Bob"));
    repository.0.write(".git-blame-ignore-revs", "no commit\n");
    assert!(
        scan(&repository).ends_with(" by Cid"),
        "a broken list is passed over"
    );
}

#[test]
fn files_of_two_crates_that_change_together_are_told_and_who_knows_a_crate() {
    let repository = Repository::new();
    for name in ["one", "two"] {
        let manifest = format!("[package]\nname = \"{name}\"\n");
        repository.0.write(format!("{name}/Cargo.toml"), manifest);
    }
    for version in 0..10 {
        let day = i64::from(version);
        repository
            .write("one/src/lib.rs", 5, version)
            .write("two/src/lib.rs", 5, version);
        repository.commit_by(day, if version < 4 { "Bob" } else { "Ada" }, "both");
    }
    for version in 10..14 {
        repository
            .write("one/src/lib.rs", 5, version)
            .commit(20, "one alone");
    }
    let report = repository.ranked();
    let pair = json!(["two/src/lib.rs", "one/src/lib.rs", 10, 10, 100]);
    assert_eq!(
        table(&report, "coupled-files").rows,
        [pair.as_array().unwrap().clone()]
    );
    let owners = &table(&report, "owners").rows;
    let expected = json!([["one", 14, 2, 1, "Ada", 71], ["two", 10, 2, 1, "Ada", 60]]);
    assert_eq!(json!(owners), expected);
}

#[test]
fn what_is_hard_to_follow_becomes_a_plan_and_a_flat_list_none() {
    let repository = Repository::new();
    let ifs = "if a { if a { if a { if a { if a { if a { f(a) } } } } } }\n";
    let hard = format!("pub fn f(a: bool) {{\n{ifs}}}\n");
    let arms: String = (0..1500).map(|n| format!("{n} => {n},\n")).collect();
    let flat = format!("pub fn g(a: u32) -> u32 {{\nmatch a {{\n{arms}_ => 0 }}\n}}\n");
    repository
        .0
        .write("src/hard.rs", hard)
        .write("src/flat.rs", flat);
    repository.commit(0, "first");
    let report = repository.ranked();
    let plan = &report.plans[0];
    assert_eq!(plan.items.len(), 1, "{plan:?}");
    assert!(
        plan.items[0]
            .title
            .starts_with("Split `f`: cognitive 21, 3 lines"),
        "{plan:?}"
    );
    let (least, most) = plan.items[0].effort_minutes.unwrap();
    assert!(least > 0 && most >= 2 * least);
    assert_eq!(table(&report, "opportunities").rows[0][1], "src/hard.rs:1");
    let scanned = repository.0.scan();
    assert_eq!(scanned.plans, report.plans);
    assert_eq!(scanned.tables[0].id, "hotspots");
    let shown = &scanned.tables[0].rows;
    assert!(shown.iter().all(|row| row[1] != "src/flat.rs"), "{shown:?}");
}

#[test]
fn files_of_other_languages_are_ranked_by_their_own_conventions() {
    let repository = Repository::new();
    let go = |name: &str, version: u32| {
        let lines: String = (0..10).map(|line| format!("var a{line} = 0\n")).collect();
        let text = format!("package web\n{lines}var version = {version}\n");
        repository.0.write(name, text);
    };
    for name in [
        "web/cart.go",
        "web/cart_test.go",
        "api/cart.pb.go",
        "own/made.go",
    ] {
        go(name, 0);
    }
    repository
        .0
        .write("vendor/x/x.go", "package x\nvar x = 1\n");
    repository
        .0
        .write(".gitattributes", "own/*.go linguist-generated\n");
    repository.commit(0, "first");
    go("web/cart.go", 1);
    repository.commit(10, "fix a bug");
    let report = repository.ranked();
    let files: Vec<&Value> = table(&report, "hotspots")
        .rows
        .iter()
        .map(|row| &row[1])
        .collect();
    assert_eq!(files, ["web/cart.go"]);
    assert_eq!(
        row(&report, "web/cart.go")[5..8],
        json!([2, 1, 0]).as_array().unwrap()[..]
    );
    assert_eq!(codes(&report), [""; 0], "nothing is called untracked");
}

#[test]
fn tests_that_are_switched_off_and_silenced_lints_know_their_age() {
    let repository = Repository::new();
    repository.0.write(
        "a.rs",
        "#![allow(warnings)]\n#[test]\n#[ignore]\nfn a() {}\n",
    );
    repository.commit_by(0, "Bob", "first");
    repository.0.write("b.rs", "fn b() {}\n");
    repository.commit(40, "second");
    let report = repository.0.scan();
    for rule in ["ignored-test", "lint-suppression"] {
        let finding = report.findings.iter().find(|finding| finding.rule == rule);
        let evidence = &finding.unwrap().evidence;
        assert!(evidence[0].starts_with("40 days old: ") && evidence[0].ends_with(" by Bob"));
    }
}

#[test]
fn history_by_itself_reads_every_commit_once_its_files_are_known() {
    let repository = Repository::new();
    repository.write("src/a.rs", 60, 1).commit(1, "first");
    repository.write("src/a.rs", 60, 2).commit(2, "fix: second");
    let mut begun = 0;
    let request = repository.0.request();
    let commits = tech_debt_scanner::parts::history(&request, &Quiet, || begun += 1);
    assert_eq!((commits.unwrap(), begun), (2, 1));
}

#[test]
fn of_a_line_older_than_the_history_that_is_read_nobody_is_blamed() {
    let repository = Repository::new();
    repository.0.write("old.rs", "// FIXME: old\nfn old() {}\n");
    repository.commit_by(0, "Bob", "first");
    repository.0.write("new.rs", "fn new() {}\n");
    repository.commit_by(600, "Eve", "second");
    repository.0.write("last.rs", "fn last() {}\n");
    repository.commit(1800, "third");
    let report = repository.0.scan();
    let debt = |finding: &&guildhall_report::Finding| finding.rule == "debt-comment";
    let evidence = &report.findings.iter().find(debt).unwrap().evidence;
    // Git names the commit at which it stopped, which has not written the line.
    assert!(evidence[0].starts_with("at least "), "{evidence:?}");
    assert!(evidence[0].ends_with(" days old"), "{evidence:?}");
}
