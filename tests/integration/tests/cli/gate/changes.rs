//! `--since`: only what a change touches.

use super::*;

const TWO: &str = "// SPDX-License-Identifier: MIT\n// FIXME: one\nfn f() {}\n// FIXME: two\n";

/// Two debt comments in `two.rs`, committed on main; a branch is checked out.
fn branched() -> Sandbox {
    let sandbox = repository();
    sandbox.write("two.rs", TWO);
    commit(&sandbox, "second");
    git(&sandbox, &["checkout", "--quiet", "-b", "feature"]);
    sandbox
}

#[test]
fn only_findings_on_changed_lines_are_left() {
    let sandbox = branched();
    sandbox.write("two.rs", TWO.replace("two", "another"));
    let ran = scan(&sandbox, &["--since", "main"]).ended(0);
    assert_eq!(states(&ran), ["two.rs debt-comment -"]);
    let report = ran.json();
    assert_eq!(report["findings"][0]["location"]["start"]["line"], 4);
    assert_eq!(report["since"]["left_out"], 3);
    assert_eq!(report["summary"]["findings"], 1);
    commit(&sandbox, "third");
    assert_eq!(
        scan(&sandbox, &["--since", "main"]).json()["summary"]["findings"],
        1
    );
    scan(&sandbox, &["--since", "main", "--fail-on", "minor"]).ended(1);
    scan(&sandbox, &["--since", "main", "--fail-on", "major"]).ended(0);
}

#[test]
fn an_unchanged_tree_has_nothing() {
    let sandbox = branched();
    let ran = sandbox
        .run(["scan", "--since", "main", "--fail-on", "info"])
        .ended(0);
    assert!(
        ran.stdout
            .starts_with("No findings in what has changed, and everything was examined.\n"),
        "{ran}"
    );
    assert!(
        ran.stdout.contains("4 findings elsewhere left out."),
        "{ran}"
    );
}

#[test]
fn files_that_git_does_not_know_are_new_as_a_whole_and_ignored_ones_are_not() {
    let sandbox = branched();
    sandbox.write("new \"ü\".rs", "// FIXME: a\n");
    sandbox.write("ignored.rs", "// FIXME: b\n");
    sandbox.write(".gitignore", "ignored.rs\n");
    let found = states(&scan(&sandbox, &["--since", "main"]).ended(0));
    let expected = [
        "new \"ü\".rs missing-licence -",
        "new \"ü\".rs debt-comment -",
    ];
    assert_eq!(found, expected);
    commit(&sandbox, "third");
    assert_eq!(
        states(&scan(&sandbox, &["--since", "main"]).ended(0)),
        expected
    );
}

#[test]
fn what_happened_on_the_other_branch_since_is_not_this_change() {
    let sandbox = branched();
    git(&sandbox, &["checkout", "--quiet", "main"]);
    sandbox.write("two.rs", TWO.replace("one", "changed on main"));
    commit(&sandbox, "on main");
    git(&sandbox, &["checkout", "--quiet", "feature"]);
    let ran = scan(&sandbox, &["--since", "main"]).ended(0);
    assert_eq!(states(&ran), Vec::<String>::new());
}

#[test]
fn a_renamed_file_is_touched_where_its_lines_are() {
    let sandbox = branched();
    git(&sandbox, &["mv", "two.rs", "renamed.rs"]);
    sandbox.write("renamed.rs", TWO.replace("two", "another"));
    let ran = scan(&sandbox, &["--since", "main"]).ended(0);
    assert_eq!(states(&ran), ["renamed.rs debt-comment -"]);
}

#[test]
fn with_a_baseline_only_what_is_new_and_touched_fails() {
    let sandbox = branched();
    sandbox.run(["baseline", "write"]).ended(0);
    sandbox.write("two.rs", TWO.replace("two", "another"));
    let both = ["--since", "main", "--baseline", "guildhall-baseline.json"];
    assert_eq!(
        states(&scan(&sandbox, &both).ended(1)),
        ["two.rs debt-comment new"]
    );
    sandbox.write("two.rs", TWO.replace("fn f() {}\n", "fn f() {}\n\n"));
    let ran = scan(
        &sandbox,
        &["--since", "main", "--baseline-from-ref", "main"],
    )
    .ended(0);
    assert_eq!(states(&ran), Vec::<String>::new());
}

#[test]
fn a_folder_within_the_repository_has_paths_of_its_own() {
    let sandbox = branched();
    sandbox.write("sub/b.rs", "// FIXME: b\n");
    sandbox.write("a.rs", "fn other() {}\n");
    let ran = scan(&sandbox, &["sub", "--since", "main"]).ended(0);
    assert_eq!(
        states(&ran),
        ["b.rs missing-licence -", "b.rs debt-comment -"]
    );
}
