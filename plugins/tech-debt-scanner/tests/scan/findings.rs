//! What is found, where, and under which identity.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use guildhall_report::{Finding, Fingerprint, Report, Severity};
use serde_json::json;
use tech_debt_scanner::{Hooks, ScanError, scan};

use crate::support::{Folder, branches, figure, place};

fn found<'a>(report: &'a Report, rule: &str) -> Vec<&'a Finding> {
    let findings = report.findings.iter();
    findings.filter(|finding| finding.rule == rule).collect()
}

/// The only finding of a rule.
fn only<'a>(report: &'a Report, rule: &str) -> &'a Finding {
    let findings = found(report, rule);
    assert_eq!(findings.len(), 1, "{findings:?}");
    findings[0]
}

/// A folder in which the rules on functions and files have something to find.
fn full_of_debt() -> Folder {
    let folder = Folder::new();
    let body = branches(120);
    let deep = "if a() { if b() { if c() { if d() { if e() {} } } } }";
    folder
        .write(
            "src/long.rs",
            format!("struct A;\nimpl A {{\n  pub fn long() {{\n{body}  }}\n}}\n"),
        )
        .write("src/deep.rs", format!("fn deep() {{ {deep} }}\n"))
        .write(
            "src/wide.rs",
            "fn wide(a: A, b: A, c: A, d: A, e: A, f: A, g: A, h: A) {}\n",
        )
        .write("src/large.rs", "// a line\n".repeat(1_001))
        .write("src/notes.rs", "/// TODO(me):  write\nfn f() {} // FIXME\n")
        .write("src/one.rs", copied("a"))
        .write("src/same.rs", copied("a"))
        .write("src/alike.rs", copied("b"));
    folder
}

/// Code of enough tokens to be told if it is copied, with and without other names.
fn copied(name: &str) -> String {
    let statements = [
        "let mut N_sum = N_input.len();",
        "for N_item in N_input { N_sum += N_item.price * N_item.count; }",
        "if N_sum > 100 { return Err(N_error(N_sum)); }",
        "while let Some(N_next) = N_input.next() { N_sum -= N_next; }",
        "N_input.iter().map(|N_item| N_item.name).collect::<Vec<_>>();",
        "N_output.push((N_sum, N_input));",
        "Ok(N_sum)",
    ];
    format!("fn N() {{ {} }}\n", statements.join("\n")).replace('N', name)
}

#[test]
fn rules_on_functions_and_files_find_their_debt_and_say_where() {
    let folder = full_of_debt();
    let report = folder.scan();
    let long = only(&report, "cognitive-complexity");
    assert_eq!(long.path().unwrap(), "src/long.rs");
    let (start, end) = (place(long).start.unwrap(), place(long).end.unwrap());
    assert_eq!((start.line, start.column), (3, 3));
    assert_eq!((end.line, end.column), (124, 4));
    assert_eq!(long.subject.as_deref(), Some("A::long"));
    assert_eq!((long.value, long.threshold), (Some(120.0), Some(15.0)));
    assert_eq!(long.severity, Severity::Critical);
    assert_eq!(long.remediation_minutes, Some(5 + 105));
    let lines = only(&report, "long-function");
    assert_eq!(
        (lines.value, lines.severity),
        (Some(122.0), Severity::Minor)
    );
    let cyclomatic = only(&report, "cyclomatic-complexity");
    assert_eq!(
        (cyclomatic.value, cyclomatic.severity),
        (Some(121.0), Severity::Minor)
    );
    assert_eq!(only(&report, "deep-nesting").value, Some(5.0));
    assert_eq!(only(&report, "too-many-parameters").value, Some(8.0));
    let large = only(&report, "large-file");
    assert_eq!((large.value, place(large).start), (Some(1_001.0), None));
}

#[test]
fn debt_comments_carry_their_text_and_place() {
    let report = full_of_debt().scan();
    let comments = found(&report, "debt-comment");
    let texts: Vec<_> = comments
        .iter()
        .map(|finding| finding.message.as_str())
        .collect();
    assert_eq!(texts, ["TODO(me): write", "FIXME"]);
    let places: Vec<_> = comments
        .iter()
        .map(|finding| (place(finding).start.unwrap(), place(finding).end.unwrap()))
        .map(|(start, end)| (start.line, start.column, end.line, end.column))
        .collect();
    assert_eq!(places, [(1, 5, 1, 21), (2, 14, 2, 19)]);
}

#[test]
fn a_flat_match_is_no_problem_worth_more_than_a_note() {
    let folder = Folder::new();
    let arms = "1 => a(),\n".repeat(29);
    folder.write(
        "a.rs",
        format!("fn f() {{ match x {{ {arms} _ => b() }} }}"),
    );
    let report = folder.scan();
    assert_eq!(report.findings.len(), 1);
    let finding = only(&report, "cyclomatic-complexity");
    assert_eq!(
        (finding.value, finding.severity),
        (Some(30.0), Severity::Minor)
    );
}

#[test]
fn thresholds_can_be_moved_and_rules_switched_off() {
    let folder = full_of_debt();
    let report = folder
        .scan_with(json!({
            "cognitive-complexity": {"threshold": 120},
            "debt-comment": {"enabled": false},
            "large-file": {"threshold": 1001},
            "too-many-parameters": {"threshold": 3},
        }))
        .unwrap();
    assert_eq!(found(&report, "cognitive-complexity"), [] as [&Finding; 0]);
    assert_eq!(found(&report, "debt-comment"), [] as [&Finding; 0]);
    assert_eq!(found(&report, "large-file"), [] as [&Finding; 0]);
    let wide = only(&report, "too-many-parameters");
    assert_eq!(
        (wide.threshold, wide.severity),
        (Some(3.0), Severity::Major)
    );
}

#[test]
fn a_wrong_setting_is_named() {
    let error = Folder::new()
        .scan_with(json!({"long-functions": {}}))
        .unwrap_err();
    assert!(matches!(error, ScanError::Setting(_)));
    assert!(error.to_string().contains("long-functions"), "{error}");
}

/// Fingerprints of the findings in one file of this text, by rule and subject.
fn fingerprints(text: &str) -> Vec<Fingerprint> {
    let folder = Folder::new();
    folder.write("a.rs", text);
    let report = folder.scan();
    report
        .findings
        .into_iter()
        .map(|finding| finding.fingerprint)
        .collect()
}

#[test]
fn fingerprints_survive_edits_elsewhere_and_growth() {
    let function = |count| format!("fn f() {{\n{}}}\n// TODO: a   b\n", branches(count));
    let before = fingerprints(&function(16));
    assert_eq!(before.len(), 3);
    let moved = format!("use a::b;\n\nfn other() {{}}\n{}", function(16));
    assert_eq!(fingerprints(&moved), before);
    assert_eq!(fingerprints(&function(19)), before);
    assert_eq!(fingerprints(&function(16).replace("a   b", "a b")), before);
    let renamed = fingerprints(&function(16).replace("fn f", "fn g"));
    assert!(
        renamed[..2]
            .iter()
            .all(|fingerprint| !before.contains(fingerprint))
    );
}

#[test]
fn namesakes_have_fingerprints_of_their_own() {
    let one = format!("fn f() {{\n{}}}\n", branches(16));
    let comments = "// TODO: a\n// TODO: a\n";
    let all = fingerprints(&format!("#[cfg(a)]\n{one}#[cfg(not(a))]\n{one}{comments}"));
    let distinct: std::collections::BTreeSet<_> = all.iter().collect();
    assert_eq!((all.len(), distinct.len()), (6, 6));
}

#[test]
fn the_report_is_the_same_for_any_number_of_threads() {
    let folder = full_of_debt();
    for number in 0..60 {
        let body = branches(number % 20 + 1);
        let text = format!("fn f{number}() {{\n{body}}}\n// TODO: {number}\n");
        folder.write(format!("many/{number}.rs"), text);
    }
    folder
        .write("broken.rs", "fn (")
        .write("binary.rs", b"\xff");
    let text = |threads| {
        let mut request = folder.request();
        request.threads = Some(threads);
        let mut report = scan(&request, &crate::support::Quiet).unwrap();
        assert_eq!(report.run["threads"], json!(threads));
        report.run.clear();
        serde_json::to_string(&report).unwrap()
    };
    let one = text(1);
    for threads in [2, 3, 8, 8] {
        assert_eq!(text(threads), one);
    }
}

#[test]
fn figures_tables_and_chart_agree_with_the_files() {
    let folder = Folder::new();
    let hard = format!("fn hard() {{\n{}}}\n", branches(18));
    folder
        .write("b/hard.rs", &hard)
        .write("a.rs", "fn easy() {}\nfn f() { if a {} }\n");
    let report = folder.scan();
    assert_eq!(figure(&report, "files"), 2.0);
    assert_eq!(figure(&report, "lines"), 22.0);
    assert_eq!(figure(&report, "bytes"), (hard.len() + 32) as f64);
    assert_eq!(figure(&report, "functions"), 3.0);
    assert_eq!(figure(&report, "cognitive-complexity"), 19.0);
    let [files, functions, ..] = &report.tables[..] else {
        panic!("{:?}", report.tables);
    };
    let names: Vec<_> = files.rows.iter().map(|row| &row[..2]).collect();
    assert_eq!(
        names,
        [[json!("b/hard.rs"), json!(18)], [json!("a.rs"), json!(1)]]
    );
    let places: Vec<_> = functions.rows.iter().map(|row| &row[0]).collect();
    assert_eq!(places, [&json!("b/hard.rs:1"), &json!("a.rs:2")]);
    for table in &report.tables {
        assert!(
            table
                .rows
                .iter()
                .all(|row| row.len() == table.columns.len())
        );
    }
    let points = &report.charts[0].series[0].points;
    let expected = [
        ("a.rs".to_owned(), 2.0, 50.0),
        ("b/hard.rs".to_owned(), 20.0, 90.0),
    ];
    assert_eq!(*points, expected);
}

/// Counts calls, and cancels after so many.
struct Counting {
    calls: AtomicU64,
    limit: u64,
}

impl Hooks for Counting {
    fn progress(&self, files_done: u64, files_found: u64, path: &Path) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        assert!(files_done <= files_found);
        assert!(path.is_relative());
    }

    fn is_cancelled(&self) -> bool {
        self.calls.load(Ordering::Relaxed) >= self.limit
    }
}

#[test]
fn progress_is_told_and_cancelling_is_obeyed() {
    let folder = Folder::new();
    for number in 0..50 {
        folder.write(format!("{number}.rs"), "fn f() {}");
    }
    let calls = |limit| {
        let hooks = Counting {
            calls: AtomicU64::new(0),
            limit,
        };
        let result = scan(&folder.request(), &hooks);
        (hooks.calls.into_inner(), result.is_ok())
    };
    assert_eq!(calls(u64::MAX), (50, true));
    let (some, finished) = calls(3);
    assert!(some < 50 && !finished, "{some}");
    assert_eq!(calls(0), (0, false));
}

#[test]
fn the_size_of_lists_and_tests_is_for_information() {
    let folder = Folder::new();
    let list = |name: &str| format!("fn {name}() {{\n{}}}\n", "    add(1);\n".repeat(500));
    let branching = "    if a { if b { c() } }\n".repeat(500);
    folder
        .write("list.rs", list("list"))
        .write("hard.rs", format!("fn hard() {{\n{branching}}}\n"))
        .write("tests/all.rs", format!("fn tried() {{\n{branching}}}\n"));
    let report = folder.scan();
    let severity = |path: &str, rule: &str| {
        let mut findings = report.findings.iter();
        let found = findings.find(|one| one.path() == Some(path) && one.rule == rule);
        found.map(|one| (one.severity, one.evidence.len()))
    };
    let info = Some((Severity::Info, 1));
    assert_eq!(severity("list.rs", "long-function"), info);
    assert_eq!(severity("tests/all.rs", "long-function"), info);
    assert_eq!(
        severity("hard.rs", "long-function"),
        Some((Severity::Critical, 0))
    );
    // What is hard to follow is so in tests as well.
    assert_eq!(
        severity("tests/all.rs", "cognitive-complexity"),
        Some((Severity::Critical, 0))
    );
    let lists = folder
        .scan_with(json!({"large-file": {"threshold": 100}}))
        .unwrap();
    let large = lists.findings.iter().filter(|one| one.rule == "large-file");
    let found: Vec<_> = large
        .map(|one| (one.path().unwrap(), one.severity))
        .collect();
    assert_eq!(
        found,
        [
            ("hard.rs", Severity::Critical),
            ("list.rs", Severity::Info),
            ("tests/all.rs", Severity::Info)
        ]
    );
}
