//! `guildhall resolve detect --side`: collisions of edits before they are merged.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Plugin, Sandbox, assert_golden, commit, git};

const BASE: &str = "/// Adds.\npub fn add(a: u8, b: u8) -> u8 {\n    a + b\n}\n\n\
                    /// Prints.\npub fn show(n: u8) {\n    let text = n.to_string();\n\n\n\n    \
                    println!(\"{text}\");\n}\n\npub fn old() {}\n";

/// A repository whose branches are made by `branch`.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new(&[Plugin::Resolver]);
    git(&sandbox, &["init", "--quiet", "--initial-branch=main"]);
    sandbox.write("src/lib.rs", BASE);
    sandbox.write("src/gone.rs", "pub fn gone() {}\n");
    sandbox.write("src/other.rs", "pub fn other() {}\n");
    commit(&sandbox, "base");
    sandbox
}

/// A branch off the first commit, with these texts and without what has none.
fn branch(sandbox: &Sandbox, name: &str, files: &[(&str, Option<&str>)]) {
    git(sandbox, &["checkout", "--quiet", "-b", name, "main"]);
    for (path, text) in files {
        match text {
            Some(text) => drop(sandbox.write(path, text)),
            None => fs::remove_file(sandbox.work().join(path)).unwrap(),
        }
    }
    commit(sandbox, name);
    git(sandbox, &["checkout", "--quiet", "main"]);
}

/// The file of the library with a part replaced.
fn lib(from: &str, to: &str) -> String {
    assert!(BASE.contains(from));
    BASE.replace(from, to)
}

fn detect(sandbox: &Sandbox, sides: &[&str], code: i32) -> Value {
    let mut arguments = vec!["resolve", "detect", "--format", "json"];
    arguments.extend(sides.iter().flat_map(|side| ["--side", side]));
    sandbox.run(arguments).ended(code).json()
}

/// Kind, weight, path and item of each collision.
fn shown(report: &Value) -> Vec<Value> {
    let found = report["collisions"].as_array().unwrap().iter();
    found
        .map(|it| json!([it["kind"], it["weight"], it["path"], it["item"]]))
        .collect()
}

#[test]
fn a_signature_that_one_side_changes_and_the_other_calls_anew_is_found_though_git_merges_it() {
    let sandbox = sandbox();
    let three = lib(
        "add(a: u8, b: u8) -> u8 {\n    a + b",
        "add(a: u8, b: u8, c: u8) -> u8 {\n    a + b + c",
    );
    branch(&sandbox, "three", &[("src/lib.rs", Some(&three))]);
    let calls = "pub fn other() {}\n\npub fn sum() -> u8 {\n    crate::add(1, 2)\n}\n";
    branch(&sandbox, "calls", &[("src/other.rs", Some(calls))]);
    // The control: what only reads, and what calls another function.
    let reads = "//! It says add in words.\npub fn other() {\n    crate::show(3)\n}\n";
    branch(&sandbox, "reads", &[("src/other.rs", Some(reads))]);
    let before = git(&sandbox, &["count-objects", "-v"]);

    let report = detect(&sandbox, &["three", "calls"], 1);
    assert_eq!(
        shown(&report),
        [json!(["signature", "meaning", "src/other.rs", "add"])]
    );
    let found = &report["collisions"][0];
    assert_eq!(found["lines"], json!([[2, 2], [4, 4]]));
    assert_eq!(
        found["what"],
        "three changes how `add` is called, calls calls it anew, of src/lib.rs"
    );
    // The order in which they are named changes nothing of it.
    let other = detect(&sandbox, &["calls", "three"], 1);
    assert_eq!(shown(&other), shown(&report));
    let report = detect(&sandbox, &["three", "reads"], 0);
    assert_eq!(shown(&report), Vec::<Value>::new());
    assert_eq!(git(&sandbox, &["count-objects", "-v"]), before);
    git(&sandbox, &["merge", "--quiet", "--no-edit", "three"]);
    git(&sandbox, &["merge", "--quiet", "--no-edit", "calls"]);
}

#[test]
fn what_is_renamed_removed_or_made_twice_is_found() {
    let sandbox = sandbox();
    let renamed = lib("pub fn old() {}", "pub fn young() {}");
    branch(&sandbox, "renames", &[("src/lib.rs", Some(&renamed))]);
    branch(
        &sandbox,
        "uses",
        &[(
            "src/other.rs",
            Some("use crate::old;\npub fn other() {\n    old()\n}\n"),
        )],
    );
    let report = detect(&sandbox, &["renames", "uses"], 1);
    assert_eq!(
        shown(&report),
        [json!(["gone", "meaning", "src/other.rs", "old"])]
    );
    let what = report["collisions"][0]["what"].as_str().unwrap();
    assert!(
        what.starts_with("renames renames `old` to `young`"),
        "{what}"
    );

    let first = lib("/// Adds.", "pub fn twice() {}\n\n/// Adds.");
    let last = lib(
        "pub fn old() {}",
        "pub fn old() {}\n\npub fn twice() -> u8 {\n    2\n}",
    );
    branch(&sandbox, "first", &[("src/lib.rs", Some(&first))]);
    branch(&sandbox, "last", &[("src/lib.rs", Some(&last))]);
    let report = detect(&sandbox, &["first", "last"], 1);
    assert_eq!(
        shown(&report),
        [json!(["twice", "meaning", "src/lib.rs", "twice"])]
    );

    // Whoever makes an item of that name means that one.
    let own = "fn old() {}\npub fn other() {\n    old()\n}\n";
    branch(&sandbox, "own", &[("src/other.rs", Some(own))]);
    assert_eq!(
        shown(&detect(&sandbox, &["renames", "own"], 0)),
        Vec::<Value>::new()
    );
}

#[test]
fn lines_items_and_paths_collide_each_in_its_way() {
    let sandbox = sandbox();
    let one = lib("let text = n.to_string();", "let text = format!(\"{n}\");");
    let two = lib("let text = n.to_string();", "let text = String::new();");
    let end = lib("println!(\"{text}\");", "eprintln!(\"{text}\");");
    branch(
        &sandbox,
        "one",
        &[("src/lib.rs", Some(&one)), ("src/gone.rs", None)],
    );
    branch(&sandbox, "two", &[("src/lib.rs", Some(&two))]);
    branch(
        &sandbox,
        "end",
        &[
            ("src/lib.rs", Some(&end)),
            ("src/gone.rs", Some("pub fn gone() -> u8 { 1 }\n")),
        ],
    );

    let report = detect(&sandbox, &["one", "two"], 1);
    assert_eq!(
        shown(&report),
        [json!(["lines", "conflict", "src/lib.rs", "show"])]
    );
    assert_eq!(report["collisions"][0]["lines"], json!([[8, 8], [8, 8]]));
    let report = detect(&sandbox, &["one", "end"], 1);
    assert_eq!(
        shown(&report),
        [
            json!(["path", "conflict", "src/gone.rs", null]),
            json!(["item", "look", "src/lib.rs", "show"]),
        ]
    );
    // Only a look is no reason to stop.
    let report = detect(&sandbox, &["two", "end"], 0);
    assert_eq!(
        shown(&report),
        [json!(["item", "look", "src/lib.rs", "show"])]
    );
}

#[test]
fn sides_are_put_in_order_and_a_patch_is_a_side() {
    let sandbox = sandbox();
    let one = lib("n.to_string()", "format!(\"{n}\")");
    let two = lib("n.to_string()", "String::new()");
    branch(&sandbox, "one", &[("src/lib.rs", Some(&one))]);
    branch(
        &sandbox,
        "two",
        &[("src/lib.rs", Some(&two)), ("src/gone.rs", None)],
    );
    branch(
        &sandbox,
        "apart",
        &[("src/other.rs", Some("pub fn other() -> u8 {\n    1\n}\n"))],
    );
    git(&sandbox, &["diff", "--output=two.patch", "main", "two"]);
    for (name, sides) in [
        ("branches", ["two", "one", "apart"]),
        ("patch", ["two.patch", "one", "apart"]),
    ] {
        let report = detect(&sandbox, &sides, 1);
        let order = report["order"].as_array().unwrap().iter();
        let order: Vec<&str> = order.map(|step| step["side"].as_str().unwrap()).collect();
        assert_eq!(order, ["apart", "one", sides[0]], "{name}");
        assert_eq!(
            shown(&report),
            [json!(["lines", "conflict", "src/lib.rs", "show"])]
        );
        assert_eq!(report["sides"][0]["commit"].is_null(), name == "patch");
    }
    for format in ["text", "json"] {
        let arguments = [
            "resolve", "detect", "--side", "two", "--side", "one", "--side", "apart", "--format",
            format,
        ];
        let ran = sandbox.run(arguments).ended(1);
        assert_golden(&format!("resolve-detect-sides.{format}"), &ran.stdout);
    }
}

#[test]
fn what_cannot_be_compared_is_refused_with_its_mend() {
    let sandbox = sandbox();
    branch(&sandbox, "one", &[("src/gone.rs", None)]);
    sandbox.write(
        "bad.patch",
        "--- a/src/none.rs\n+++ b/src/none.rs\n@@ -1 +1 @@\n-a\n+b\n",
    );
    sandbox.write("empty.patch", "");
    git(&sandbox, &["checkout", "--quiet", "--orphan", "apart"]);
    git(
        &sandbox,
        &["commit", "--quiet", "--allow-empty", "--message", "apart"],
    );
    git(&sandbox, &["checkout", "--quiet", "--force", "main"]);
    for (arguments, words) in [
        (
            vec!["--side", "one"],
            "`side` is given 1 times; name from 2 to 64",
        ),
        (
            vec!["--side", "one", "--side", "one"],
            "names \"one\" twice",
        ),
        (
            vec!["--side", "one", "--side", "nobody"],
            "neither a commit here nor a patch",
        ),
        (
            vec!["--side", "one", "--side", "src"],
            "neither a commit here nor a patch",
        ),
        (
            vec!["--side", "one", "--side", "bad.patch"],
            "does not apply to HEAD: src/none.rs: does not exist in index",
        ),
        (
            vec!["--side", "one", "--side", "empty.patch"],
            "does not apply to HEAD",
        ),
        (
            vec!["--side", "one", "--side", "bad.patch", "--base", "nobody"],
            "`base` is \"nobody\"",
        ),
        (
            vec!["--side", "one", "--side", "apart"],
            "have no commit in common",
        ),
        (
            vec!["--side", "one", "--side", "--help=x"],
            "neither a commit here nor a patch",
        ),
        (
            vec!["--side", "one", "--side", "main", "report.json"],
            "`path` is for reports",
        ),
        (
            vec!["--side", "one", "--side", "main", "--same", "a=b"],
            "`same` is for reports",
        ),
        (vec!["--base", "main"], "`base` is for edits"),
        (
            vec!["--side", "one", "--side", "main", "--folder", "/"],
            "/ is in no git repository",
        ),
    ] {
        let ran = sandbox.run([&["resolve", "detect"], &arguments[..]].concat());
        assert_ne!(ran.code, Some(0), "{arguments:?}: {ran}");
        assert!(ran.stderr.contains(words), "{words}: {ran}");
    }
}
