//! Copied code: what is told of it, and what a ratchet makes of it.

use guildhall_report::{Document, Finding, Part, Report, RunInfo, Severity, compare, merge};
use serde_json::json;

use crate::support::{Folder, Quiet, place};

/// A function of about a hundred and twenty tokens; `name` stands for all of its names.
fn function(name: &str) -> String {
    format!(
        "fn {name}_all(input: &[{name}]) -> Option<u32> {{
    let mut {name}_sum = 0;
    for {name}_one in input {{
        if {name}_one.is_open() && {name}_sum < 100 {{
            {name}_sum += {name}_one.value()?;
        }} else {{
            {name}_one.close();
        }}
    }}
    while {name}_sum > 10 {{
        {name}_sum = {name}_sum / 2 - 1;
        {name}_log({name}_sum, input.len());
    }}
    match {name}_sum {{
        0 => None,
        {name}_other => Some({name}_other + 1),
    }}
}}
"
    )
}

fn found<'a>(report: &'a Report, rule: &str) -> Vec<&'a Finding> {
    let findings = report.findings.iter();
    findings.filter(|finding| finding.rule == rule).collect()
}

fn scanned(files: &[(&str, &str)]) -> Report {
    let folder = Folder::new();
    for (name, text) in files {
        folder.write(name, text);
    }
    folder.scan()
}

fn document(files: &[(&str, &str)]) -> Document {
    merge(
        vec![Part::new("scanner", "1.0.0", scanned(files))],
        RunInfo::default(),
    )
}

/// How many findings are new and how many are gone.
fn changes(before: &[(&str, &str)], after: &[(&str, &str)]) -> (usize, usize) {
    let (before, after) = (document(before), document(after));
    let changes = compare(&before, &after);
    (changes.new.len(), changes.gone.len())
}

#[test]
fn a_copy_is_told_with_its_place_and_its_twin() {
    let text = format!("use a::b;\n\n{}", function("a"));
    let report = scanned(&[("src/a.rs", &text), ("src/b.rs", &function("a"))]);
    let findings = found(&report, "duplicate-code");
    assert_eq!(findings.len(), 1, "{findings:?}");
    let finding = findings[0];
    assert_eq!(finding.message, "18 lines repeat src/a.rs:3-20");
    assert_eq!(finding.path(), Some("src/b.rs"));
    let (start, end) = (place(finding).start.unwrap(), place(finding).end.unwrap());
    assert_eq!(
        (start.line, start.column, end.line, end.column),
        (1, 1, 18, 2)
    );
    assert_eq!(finding.related.len(), 1);
    assert_eq!(finding.related[0].path, "src/a.rs");
    assert_eq!(finding.threshold, Some(50.0));
    assert_eq!(finding.severity, Severity::Minor);
    assert_eq!(finding.remediation_minutes, Some(10 + 18 / 3));
    assert_eq!(found(&report, "renamed-duplicate"), [] as [&Finding; 0]);
}

#[test]
fn a_renamed_copy_is_another_rule() {
    let report = scanned(&[("src/a.rs", &function("a")), ("src/b.rs", &function("b"))]);
    assert_eq!(found(&report, "duplicate-code"), [] as [&Finding; 0]);
    let findings = found(&report, "renamed-duplicate");
    assert_eq!(findings.len(), 1);
    assert_eq!(
        findings[0].message,
        "18 lines have the form of src/a.rs:1-18"
    );
    assert_eq!(findings[0].severity, Severity::Info);
}

#[test]
fn a_third_copy_is_new_and_nothing_else() {
    let function = function("a");
    let other = format!("struct B;\n\n{function}\nfn c() {{}}\n");
    let two = [("src/a.rs", function.as_str()), ("src/b.rs", &other)];
    let three = [two[0], two[1], ("src/c.rs", &function)];
    assert_eq!(changes(&two, &three), (1, 0));
    assert_eq!(changes(&three, &two), (0, 1));
    // The same, in the same file as another and before all others.
    let twice = format!("mod m {{\n{function}}}\n{function}");
    assert_eq!(changes(&two, &[("src/a.rs", &twice), two[1]]), (1, 0));
}

#[test]
fn moves_and_other_edits_change_nothing() {
    let function = function("a");
    let before = [
        ("src/a.rs", function.as_str()),
        ("src/b.rs", function.as_str()),
    ];
    let edited = format!(
        "// new\nuse a::b;\nstruct New;\n{}",
        function.replace("    ", "\t")
    );
    let after = [("src/z/new.rs", function.as_str()), ("src/b.rs", &edited)];
    assert_eq!(changes(&before, &after), (0, 0));
    // The control.
    let changed = function
        .replace("100", "200")
        .replace("/ 2", "/ 3")
        .replace("> 10", "> 20");
    let after = [
        ("src/a.rs", changed.as_str()),
        ("src/b.rs", changed.as_str()),
    ];
    assert_ne!(changes(&before, &after), (0, 0));
}

#[test]
fn many_copies_list_their_places_once() {
    let function = function("a");
    let names: Vec<String> = (0..40).map(|at| format!("src/{at:02}.rs")).collect();
    let files: Vec<(&str, &str)> = names
        .iter()
        .map(|name| (name.as_str(), function.as_str()))
        .collect();
    let report = scanned(&files);
    let findings = found(&report, "duplicate-code");
    assert_eq!(findings.len(), 39);
    assert_eq!(
        findings[0].message,
        "18 lines repeat src/00.rs:1-18; there are 40 copies"
    );
    assert_eq!(findings[0].related.len(), 39);
    assert!(
        findings[1..]
            .iter()
            .all(|finding| finding.related.len() == 1)
    );
}

#[test]
fn only_files_that_say_so_are_taken_for_generated() {
    let function = function("a");
    let copies = |head: &str| {
        let text = format!("{head}\n{function}");
        found(
            &scanned(&[("a.rs", &text), ("b.rs", &function)]),
            "duplicate-code",
        )
        .len()
    };
    assert_eq!(
        copies("//! Where the files are that were generated by rustc."),
        1
    );
    assert_eq!(copies("// Generated by flatc.\n// DO NOT EDIT."), 0);
    assert_eq!(copies("// @generated"), 0);
}

#[test]
fn copies_in_tests_are_for_information() {
    let function = function("a");
    let severity = |one: &str, other: &str| {
        let report = scanned(&[(one, &function), (other, &function)]);
        found(&report, "duplicate-code")[0].severity
    };
    assert_eq!(severity("tests/a.rs", "tests/b.rs"), Severity::Info);
    assert_eq!(severity("tests/a.rs", "src/b.rs"), Severity::Minor);
}

#[test]
fn the_threshold_is_the_shortest_copy() {
    let folder = Folder::new();
    folder
        .write("a.rs", function("a"))
        .write("b.rs", function("a"));
    let report = folder.scan();
    let tokens = found(&report, "duplicate-code")[0].value.unwrap() as u32;
    let found_at = |threshold: u32| {
        let settings = json!({"duplicate-code": {"threshold": threshold}});
        found(&folder.scan_with(settings).unwrap(), "duplicate-code").len()
    };
    assert_eq!((found_at(tokens), found_at(tokens + 1)), (1, 0));
    assert_eq!((found_at(10), found_at(u32::MAX)), (1, 0));
    let off = json!({"duplicate-code": {"enabled": false}});
    assert_eq!(
        found(&folder.scan_with(off).unwrap(), "duplicate-code").len(),
        0
    );
}

#[test]
fn the_search_by_itself_finds_what_the_scan_does() {
    let folder = Folder::new();
    folder
        .write("src/a.rs", function("a"))
        .write("src/b.rs", function("a"))
        .write("src/c.rs", function("c"));
    let report = folder.scan();
    let copies = found(&report, "duplicate-code").len() + found(&report, "renamed-duplicate").len();
    assert!(copies > 0);
    let alone = tech_debt_scanner::parts::clones(&folder.request(), &Quiet).unwrap();
    assert_eq!(alone, copies);
}
