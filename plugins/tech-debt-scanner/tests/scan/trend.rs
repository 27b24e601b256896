//! Trends of real repositories, with numbers worked out by hand.

use std::fs;
use std::path::Path;
use std::process::Command;

use guildhall_core::path_text;
use guildhall_report::{Report, Step, StepUnit, TrendPoints, TrendRequest};
use serde_json::{Value, json};
use tech_debt_scanner::{ScanError, TrendError, trend};

use crate::support::{Folder, Quiet, branches, figure, skipped};

/// Noon of these days in 2024.
const JANUARY_10: i64 = 1_704_888_000;
const FEBRUARY_10: i64 = 1_707_566_400;
const MARCH_10: i64 = 1_710_072_000;

/// Git as a user runs it, at this time.
fn git(folder: &Path, time: i64, arguments: &[&str]) {
    // Git takes smaller numbers for dates of another form.
    let date = format!("{} +0000", time.max(JANUARY_10));
    let output = Command::new("git")
        .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org"])
        .args(["-c", "protocol.file.allow=always"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_DATE", &date)
        .env("GIT_COMMITTER_DATE", &date)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
}

fn commit(folder: &Folder, time: i64) {
    git(folder.path(), time, &["add", "--all"]);
    git(
        folder.path(),
        time,
        &["commit", "--quiet", "--message=change"],
    );
}

/// Three commits a month apart. Lines, lines with code and cognitive complexity are 1, 1, 0;
/// then 4, 3, 1 and a TODO; then `a.rs` is moved and `b.rs` comes with 18, 18 and 16.
fn three() -> Folder {
    let folder = Folder::new();
    git(
        folder.path(),
        0,
        &["init", "--quiet", "--initial-branch=main"],
    );
    folder.write("a.rs", "fn f() {}\n");
    commit(&folder, JANUARY_10);
    git(folder.path(), JANUARY_10, &["tag", "v1.0.0"]);
    folder.write("a.rs", "fn f(a: bool) {\n    if a {}\n}\n// TODO: less\n");
    commit(&folder, FEBRUARY_10 - 3_600);
    git(
        folder.path(),
        FEBRUARY_10,
        &["tag", "--annotate", "--message=x", "v1.1.0"],
    );
    fs::remove_file(folder.path().join("a.rs")).unwrap();
    folder
        .write(
            "src/a.rs",
            "fn f(a: bool) {\n    if a {}\n}\n// TODO: less\n",
        )
        .write("b.rs", format!("fn g() {{\n{}}}\n", branches(16)));
    commit(&folder, MARCH_10);
    folder
}

fn request(root: &Path, points: TrendPoints) -> TrendRequest {
    TrendRequest {
        root: path_text::encode(root),
        points,
        threads: Some(2),
        ..TrendRequest::default()
    }
}

fn told(root: &Path, points: TrendPoints) -> Result<Report, ScanError> {
    trend(&request(root, points), &Quiet)
}

fn months(count: u32) -> TrendPoints {
    TrendPoints::Every {
        step: Step::MONTH,
        count: Some(count),
        since: None,
    }
}

fn refs(names: &[&str]) -> TrendPoints {
    TrendPoints::Refs {
        names: names.iter().map(|name| (*name).to_owned()).collect(),
    }
}

fn releases(newest: u32) -> TrendPoints {
    TrendPoints::Releases {
        newest,
        prefix: None,
    }
}

/// The rows of a table, without the names of commits, which are the first column of points.
fn rows(report: &Report, id: &str) -> Vec<Vec<Value>> {
    let table = report.tables.iter().find(|table| table.id == id).unwrap();
    let from = usize::from(id == "points");
    table.rows.iter().map(|row| row[from..].to_vec()).collect()
}

/// Date and name of each point.
fn points(report: &Report) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let rows = rows(report, "points");
    rows.iter()
        .map(|row| (text(&row[0]), text(&row[1])))
        .collect()
}

fn pairs(points: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = points
        .iter()
        .map(|(day, name)| ((*day).to_owned(), (*name).to_owned()));
    owned.collect()
}

fn said(report: &Report) -> String {
    report
        .texts
        .iter()
        .map(|text| text.body.as_str())
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_numbers_of_each_point_are_those_of_its_files() {
    let folder = three();
    let report = told(folder.path(), months(3)).unwrap();
    // Lines, functions, cognitive, its density, findings, code, files, not examined.
    let expected = [
        json!(["2024-01-10", "", 1.0, 1.0, 0.0, 0.0, 0, 1.0, 1.0, 0]),
        json!(["2024-02-10", "", 4.0, 1.0, 1.0, 25.0, 1, 3.0, 1.0, 0]),
        // 16 and 17 are above the thresholds of cognitive and cyclomatic complexity.
        json!(["2024-03-10", "HEAD", 22.0, 2.0, 17.0, 77.3, 3, 21.0, 2.0, 0]),
    ];
    assert_eq!(
        rows(&report, "points")
            .into_iter()
            .map(Value::from)
            .collect::<Vec<_>>(),
        expected
    );
    assert_eq!(
        report.title.as_deref(),
        Some("Trend: 3 points from 2024-01-10 to 2024-03-10")
    );
    for (id, before, value) in [
        ("lines", 1.0, 22.0),
        ("code-lines", 1.0, 21.0),
        ("functions", 1.0, 2.0),
        ("cognitive-complexity", 0.0, 17.0),
        ("functions-over-threshold", 0.0, 1.0),
        ("debt-todo", 0.0, 1.0),
        ("findings-minor", 0.0, 1.0),
        ("findings-info", 0.0, 2.0),
    ] {
        let found = report
            .figures
            .iter()
            .find(|figure| figure.id == id)
            .unwrap();
        assert_eq!((found.before, found.value), (Some(before), value), "{id}");
    }
    let rules = rows(&report, "findings-by-rule");
    let rules: Vec<Value> = rules.into_iter().map(Value::from).collect();
    let expected = [
        json!(["cognitive-complexity", 0, 1, 1]),
        json!(["cyclomatic-complexity", 0, 1, 1]),
        json!(["debt-comment", 0, 1, 1]),
    ];
    assert_eq!(rules, expected);
}

#[test]
fn each_line_of_a_chart_has_every_point_at_its_time() {
    let folder = three();
    let report = told(folder.path(), months(3)).unwrap();
    let chart = report
        .charts
        .iter()
        .find(|chart| chart.id == "debt")
        .unwrap();
    let series = &chart.series[0];
    assert_eq!(
        (chart.series.len(), series.name.as_str()),
        (1, "TODO comments")
    );
    let at = |time: i64| time as f64 * 1000.0;
    let values: Vec<_> = series.points.iter().map(|(_, x, y)| (*x, *y)).collect();
    let second = FEBRUARY_10 - 3_600;
    assert_eq!(
        values,
        [
            (at(JANUARY_10), 0.0),
            (at(second), 1.0),
            (at(MARCH_10), 1.0)
        ]
    );
    let ids: Vec<&str> = report
        .charts
        .iter()
        .map(|chart| chart.id.as_str())
        .collect();
    assert_eq!(&ids[..4], ["size", "counts", "complexity", "density"]);
}

#[test]
fn the_last_point_of_a_clean_tree_is_what_a_scan_says() {
    let folder = three();
    folder
        .write(".gitignore", "out/\n")
        .write("out/ignored.rs", format!("fn g() {{\n{}}}\n", branches(20)))
        .write(".hidden/c.rs", "fn c() {}\n")
        .write("broken.rs", "fn b( {\n")
        .write("odd.rs", b"\xff");
    // What is tracked and ignored is no part of a scan either.
    git(folder.path(), MARCH_10, &["add", "--all", "--force"]);
    commit(&folder, MARCH_10);
    // The ranking of files is no part of a trend.
    let without_history = json!({"tech-debt-scanner": {"history": false}});
    let scanned = folder.scan_with(without_history).unwrap();
    let report = told(folder.path(), months(2)).unwrap();
    for expected in &scanned.figures {
        if expected.id != "bytes" {
            assert_eq!(
                figure(&report, &expected.id),
                expected.value,
                "{}",
                expected.id
            );
        }
    }
    assert_eq!(skipped(&report), skipped(&scanned));
    assert_eq!(skipped(&report).len(), 2);
    for row in rows(&report, "findings-by-rule") {
        let of_it = scanned
            .findings
            .iter()
            .filter(|finding| json!(finding.rule) == row[0]);
        assert_eq!(json!(of_it.count()), row[2], "{}", row[0]);
    }
    // A control: what is not committed changes the scan and not the trend.
    folder.write("new.rs", "fn n() {}\n");
    assert_eq!(
        told(folder.path(), months(2)).unwrap().figures,
        report.figures
    );
    assert_ne!(figure(&folder.scan(), "files"), figure(&report, "files"));
}

#[test]
fn a_file_that_was_only_moved_has_not_changed() {
    let folder = three();
    let report = told(folder.path(), refs(&["v1.1.0", "main"])).unwrap();
    let changed = rows(&report, "changed-files");
    assert_eq!(
        changed,
        [[json!("b.rs"), json!(null), json!(16), json!(16)]]
    );
    assert!(
        said(&report).contains("- b.rs: 16 (+16, a new file)"),
        "{}",
        said(&report)
    );
    let back = told(folder.path(), refs(&["main", "v1.0.0"])).unwrap();
    let said = said(&back);
    assert!(said.contains("2 files became easier to follow"), "{said}");
    assert!(
        said.contains("- b.rs: 16 (-16, the file is gone)"),
        "{said}"
    );
}

#[test]
fn releases_are_tags_that_are_versions_and_head() {
    let folder = three();
    let path = folder.path();
    git(path, MARCH_10, &["tag", "nightly"]);
    git(path, MARCH_10, &["tag", "v2.0.0-rc.1"]);
    let report = told(path, releases(12)).unwrap();
    let three = [
        ("2024-01-10", "v1.0.0"),
        ("2024-02-10", "v1.1.0"),
        ("2024-03-10", "HEAD"),
    ];
    assert_eq!(points(&report), pairs(&three));
    assert_eq!(
        points(&told(path, releases(1)).unwrap()),
        pairs(&three[1..])
    );
    // A tag at the commit that is checked out is its name.
    git(path, MARCH_10, &["tag", "v1.2.0"]);
    let last = points(&told(path, releases(1)).unwrap());
    assert_eq!(last, pairs(&[("2024-03-10", "v1.2.0")]));
}

#[test]
fn a_release_on_a_branch_counts_where_the_branch_began() {
    let folder = three();
    let path = folder.path();
    git(
        path,
        0,
        &["switch", "--quiet", "--create", "fixes", "v1.1.0"],
    );
    folder.write("fix.rs", format!("fn g() {{\n{}}}\n", branches(30)));
    commit(&folder, MARCH_10 + 60);
    git(path, 0, &["tag", "v1.3.0"]);
    git(path, 0, &["tag", "--delete", "v1.1.0"]);
    git(path, 0, &["switch", "--quiet", "--orphan", "other"]);
    folder.write("x.rs", "");
    commit(&folder, MARCH_10 + 120);
    git(path, 0, &["tag", "v9.0.0"]);
    git(path, 0, &["tag", "tool-v0.1.0"]);
    git(path, 0, &["switch", "--quiet", "main"]);
    let report = told(path, releases(12)).unwrap();
    let expected = [
        ("2024-01-10", "v1.0.0"),
        ("2024-02-10", "v1.3.0"),
        ("2024-03-10", "HEAD"),
    ];
    assert_eq!(points(&report), pairs(&expected));
    let said = said(&report);
    assert!(
        said.contains("On branches of their own are v1.3.0:"),
        "{said}"
    );
    assert!(said.contains("`tool-v` (1)"), "{said}");
    let prefix = Some("tool-v".to_owned());
    let error = told(path, TrendPoints::Releases { newest: 3, prefix }).unwrap_err();
    assert!(error.to_string().contains("`tool-v`"), "{error}");
}

#[test]
fn where_the_history_begins_later_there_are_fewer_points() {
    let folder = three();
    let report = told(folder.path(), months(12)).unwrap();
    assert_eq!(points(&report).len(), 3);
    let expected = "The history begins on 2024-01-10, so 9 points before that";
    assert!(said(&report).contains(expected), "{}", said(&report));
    let weeks = TrendPoints::Every {
        step: Step {
            number: 1,
            unit: StepUnit::Week,
        },
        count: None,
        since: Some("2024-02-20".parse().unwrap()),
    };
    // At three moments the same commit was the last one.
    let report = told(folder.path(), weeks).unwrap();
    let expected = [("2024-02-10", ""), ("2024-03-10", "HEAD")];
    assert_eq!(points(&report), pairs(&expected));
    assert!(!said(&report).contains("begins"), "{}", said(&report));
}

#[test]
fn one_commit_is_a_point_and_no_trend() {
    let folder = Folder::new();
    git(folder.path(), 0, &["init", "--quiet"]);
    let error = told(folder.path(), months(3)).unwrap_err();
    assert!(
        matches!(error, ScanError::Trend(TrendError::NoCommit { .. })),
        "{error}"
    );
    folder.write("a.rs", "fn f() {}\n");
    commit(&folder, JANUARY_10);
    let report = told(folder.path(), months(3)).unwrap();
    assert_eq!(points(&report), pairs(&[("2024-01-10", "HEAD")]));
    assert!(
        said(&report).contains("one point only"),
        "{}",
        said(&report)
    );
    assert!(report.figures.iter().all(|figure| figure.before.is_none()));
}

#[test]
fn what_cannot_be_asked_for_is_named() {
    let folder = three();
    let path = folder.path();
    for name in [
        "no-such-branch",
        "",
        "-n",
        "--all",
        "HEAD:a.rs",
        "main..main",
        "a\nb",
    ] {
        let error = told(path, refs(&["main", name])).unwrap_err();
        let is_it = matches!(&error, ScanError::Trend(TrendError::NoSuchCommit { .. }));
        assert!(is_it, "{name:?}: {error}");
    }
    assert!(
        told(path, refs(&[]))
            .unwrap_err()
            .to_string()
            .contains("0 refs")
    );
    assert!(
        told(path, months(0))
            .unwrap_err()
            .to_string()
            .contains("1 to 1000")
    );
    for tag in ["v1.0.0", "v1.1.0"] {
        git(path, 0, &["tag", "--delete", tag]);
    }
    let error = told(path, releases(3)).unwrap_err();
    assert!(error.to_string().contains("no tag is a version"), "{error}");
    let plain = Folder::new();
    plain.write("a.rs", "");
    let error = told(plain.path(), months(3)).unwrap_err();
    assert!(error.to_string().contains("no git repository"), "{error}");
}

#[test]
fn a_folder_in_the_repository_is_looked_at_alone() {
    let folder = three();
    let report = told(&folder.path().join("src"), months(3)).unwrap();
    assert_eq!(points(&report), pairs(&[("2024-03-10", "HEAD")]));
    assert_eq!(figure(&report, "lines"), 4.0);
    assert!(said(&report).contains("2 points in which there is no folder `src`"));
    folder.write("new/a.rs", "");
    let error = told(&folder.path().join("new"), months(3)).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`new` is in none of these commits"),
        "{error}"
    );
}

#[test]
fn clones_of_every_kind_have_a_trend_or_say_why_not() {
    let folder = three();
    let whole = told(folder.path(), months(3)).unwrap();
    let clones = Folder::new();
    let origin = format!("file://{}", folder.path().display());
    let clone = |kind: &[&str], name: &str| {
        git(
            clones.path(),
            0,
            &[&["clone", "--quiet"], kind, &[&origin, name]].concat(),
        );
        told(&clones.path().join(name), months(3)).unwrap()
    };
    let bare = clone(&["--bare"], "bare");
    assert_eq!(
        (bare.figures, bare.tables),
        (whole.figures.clone(), whole.tables)
    );
    let shallow = clone(&["--depth=2"], "shallow");
    assert_eq!(points(&shallow).len(), 2);
    let expected = "The clone is shallow: its history is cut off at 2024-02-10, so 1 point";
    assert!(said(&shallow).contains(expected), "{}", said(&shallow));
    git(
        folder.path(),
        0,
        &["config", "uploadpack.allowFilter", "true"],
    );
    let partial = clone(&["--filter=blob:none", "--no-checkout"], "partial");
    let missing = [("b.rs", "missing-object"), ("src/a.rs", "missing-object")];
    assert_eq!(skipped(&partial), missing);
    assert!(
        said(&partial).contains("At 3 points contents are missing"),
        "{}",
        said(&partial)
    );
    assert_ne!(partial.figures, whole.figures);
}

#[test]
fn threads_and_the_day_of_the_run_change_nothing() {
    let folder = three();
    let with = |threads| {
        let request = TrendRequest {
            threads: Some(threads),
            ..request(folder.path(), months(3))
        };
        let mut report = trend(&request, &Quiet).unwrap();
        // Of four files two are one content, though one of them was moved.
        assert_eq!(report.run["contents_analysed"], 3);
        report.run.clear();
        report
    };
    assert_eq!(with(1), with(7));
}
