//! Formats for CI, and the other formats against a baseline, held against golden files.

use super::*;
use crate::support::assert_golden;

/// Known, new and gone findings, a suppressed one and a suppression without use.
fn mixed() -> Sandbox {
    let sandbox = repository();
    sandbox.write("gone.rs", "fn gone() {}\n");
    sandbox.run(["baseline", "write"]).ended(0);
    fs::remove_file(sandbox.work().join("gone.rs")).unwrap();
    sandbox.write("b, 100%.rs", "// FIXME: <later> & \"so\"\n");
    sandbox.write(
        "kept.rs",
        "// guildhall: allow(missing-licence) generated\n",
    );
    sandbox.write(
        "stale.rs",
        "// guildhall: allow(missing-licence) was so\n// SPDX-License-Identifier: MIT\n",
    );
    sandbox.write("broken.rs", "// SPDX-License-Identifier: MIT\nfn {\n");
    sandbox
}

fn held(format: &str) -> (Sandbox, Ran) {
    let sandbox = mixed();
    let baseline = ["--baseline", "guildhall-baseline.json"];
    let arguments = [&["scan", "--format", format], &baseline[..]].concat();
    let ran = sandbox.run(arguments).ended(1);
    (sandbox, ran)
}

#[track_caller]
fn check(format: &str) {
    let (sandbox, ran) = held(format);
    let name = format!("gate.{format}");
    assert_golden(&name, &sandbox.filtered(&ran.to_string()));
}

#[test]
fn text_is_what_it_was() {
    check("text");
}

#[test]
fn markdown_is_what_it_was() {
    check("markdown");
}

#[test]
fn junit_is_what_it_was() {
    check("junit");
}

#[test]
fn github_is_what_it_was() {
    check("github");
}

#[test]
fn sarif_has_the_states_and_the_numbers() {
    let (_, ran) = held("sarif");
    let log = ran.json();
    let results = log["runs"].as_array().unwrap().iter();
    let results: Vec<&Value> = results
        .flat_map(|run| run["results"].as_array().unwrap())
        .collect();
    let count = |state: &str| {
        let has = |one: &&&Value| one["baselineState"] == state;
        results.iter().filter(has).count()
    };
    assert_eq!(
        (count("new"), count("unchanged"), count("absent")),
        (2, 2, 1),
        "{ran}"
    );
    let suppressed: Vec<&&Value> = results
        .iter()
        .filter(|one| one["suppressions"].is_array())
        .collect();
    assert_eq!(suppressed.len(), 1);
    assert_eq!(
        suppressed[0]["suppressions"][0]["justification"],
        "generated"
    );
}

#[test]
fn actual_value_and_threshold_are_numbers_in_sarif() {
    let sandbox = Sandbox::new(&[Plugin::Scanner]);
    let long = format!("fn f() {{\n{}}}\n", "    work();\n".repeat(200));
    sandbox.write("a.rs", long);
    let log = sandbox.run(["scan", "--format", "sarif"]).ended(0).json();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let measured = results
        .iter()
        .find(|one| one["ruleId"] == "long-function")
        .unwrap();
    let [value, threshold] =
        ["value", "threshold"].map(|name| measured["properties"][name].as_f64().unwrap());
    assert!(value > threshold && threshold > 0.0, "{measured}");
}

#[test]
fn help_fits_eighty_columns() {
    let sandbox = repository();
    for (name, command) in [
        ("baseline", &["baseline"][..]),
        ("baseline-write", &["baseline", "write"]),
        ("diff", &["diff"]),
        ("suppressions", &["suppressions"]),
    ] {
        let ran = sandbox.run([command, &["--help"]].concat()).ended(0);
        for line in ran.stdout.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        assert_golden(
            &format!("help-{name}.text"),
            &sandbox.filtered(&ran.to_string()),
        );
    }
}

#[test]
fn a_rule_is_explained_as_a_page_and_as_sarif() {
    let sandbox = repository();
    let ran = sandbox
        .run(["explain", "debt-comment", "--format", "html"])
        .ended(0);
    assert!(ran.stdout.starts_with("<!DOCTYPE html>"), "{ran}");
    assert!(ran.stdout.contains("<code>debt-comment</code>"), "{ran}");
    let ran = sandbox
        .run(["explain", "debt-comment", "--format", "sarif"])
        .ended(0);
    assert_eq!(
        ran.json()["runs"][0]["tool"]["driver"]["rules"][0]["id"],
        "debt-comment"
    );
    sandbox
        .run(["explain", "debt-comment", "--format", "junit"])
        .ended(2);
}
