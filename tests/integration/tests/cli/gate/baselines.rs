//! `guildhall baseline`, `--baseline` and `--baseline-from-ref`.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::Stdio;

use guildhall_schema::Schema;
use rustix::process::{Pid, Signal, kill_process_group};

use super::*;
use crate::support::with_git_that_stops;

const FILE: &str = "guildhall-baseline.json";

/// A scan that checks a tree out to compare with.
const COMPARED: [&str; 3] = ["scan", "--baseline-from-ref", "HEAD"];

#[test]
fn what_a_baseline_knows_fails_no_more_and_what_is_new_does() {
    let sandbox = repository();
    let ran = sandbox.run(["baseline", "write"]).ended(0);
    assert_eq!(
        ran.stdout,
        format!("Wrote 2 findings in 2 rows to {FILE}.\n")
    );
    let ran = sandbox.run(["scan", "--baseline", FILE]).ended(0);
    assert_eq!(
        ran.stdout.lines().take(2).collect::<Vec<_>>(),
        [
            "No new findings, and everything was examined.",
            "Against guildhall-baseline.json: 0 new, 2 known, 0 moved, 0 gone.",
        ],
        "{ran}"
    );
    sandbox.write("b.rs", "// SPDX-License-Identifier: MIT\n// FIXME: later\n");
    let ran = sandbox.run(["scan", "--baseline", FILE]).ended(1);
    assert!(
        ran.stdout.starts_with("1 new finding in 1 file: 1 minor\n"),
        "{ran}"
    );
    assert!(
        !ran.stdout.contains("FIXME: soon"),
        "known ones are not shown: {ran}"
    );
    assert_eq!(
        states(&scan(&sandbox, &["--baseline", FILE]).ended(1)),
        [
            "a.rs missing-licence known",
            "a.rs debt-comment known",
            "b.rs debt-comment new",
        ]
    );
}

#[test]
fn the_severity_counts_for_what_is_new_only() {
    let sandbox = repository();
    sandbox.run(["baseline", "write"]).ended(0);
    sandbox.write("b.rs", "// SPDX-License-Identifier: MIT\n// FIXME: later\n");
    for (severity, code) in [("info", 1), ("minor", 1), ("major", 0), ("never", 0)] {
        sandbox
            .run(["scan", "--baseline", FILE, "--fail-on", severity])
            .ended(code);
    }
    sandbox.run(["scan", "--fail-on", "major"]).ended(1);
}

#[test]
fn a_file_that_is_renamed_has_moved_and_a_copy_of_it_is_new() {
    let sandbox = repository();
    fs::remove_file(sandbox.work().join("a.rs")).unwrap();
    sandbox.write("one.rs", "fn one() {}\n");
    sandbox.run(["baseline", "write"]).ended(0);
    fs::create_dir(sandbox.work().join("deep")).unwrap();
    let (from, to) = (
        sandbox.work().join("one.rs"),
        sandbox.work().join("deep/two.rs"),
    );
    fs::rename(&from, &to).unwrap();
    let ran = scan(&sandbox, &["--baseline", FILE]).ended(0);
    assert_eq!(states(&ran), ["deep/two.rs missing-licence moved"]);
    fs::copy(&to, &from).unwrap();
    let ran = scan(&sandbox, &["--baseline", FILE]).ended(1);
    assert_eq!(
        states(&ran),
        [
            "deep/two.rs missing-licence new",
            "one.rs missing-licence known"
        ]
    );
}

#[test]
fn a_baseline_grows_only_by_force_and_says_what_changes() {
    let sandbox = repository();
    sandbox.run(["baseline", "write"]).ended(0);
    let before = fs::read_to_string(sandbox.work().join(FILE)).unwrap();
    let ran = sandbox.run(["baseline", "write"]).ended(0);
    assert_eq!(
        ran.stdout,
        format!("{FILE} is up to date: 2 findings in 2 rows.\n")
    );
    sandbox.write("b.rs", "// FIXME: later\n");
    let ran = sandbox.run(["baseline", "write"]).ended(1);
    assert_eq!(
        ran.stdout,
        "Would accept 2:\n    1 debt-comment\n    1 missing-licence\n"
    );
    assert!(ran.stderr.contains("is left as it is"), "{ran}");
    assert_eq!(
        fs::read_to_string(sandbox.work().join(FILE)).unwrap(),
        before
    );
    let ran = sandbox.run(["baseline", "write", "--force"]).ended(0);
    assert!(
        ran.stdout
            .starts_with("Accepted 2:\n    1 debt-comment\n    1 missing-licence\n"),
        "{ran}"
    );
    let after = fs::read_to_string(sandbox.work().join(FILE)).unwrap();
    let lines = |text: &str| {
        text.lines()
            .filter(|line| line.contains("\"rule\""))
            .count()
    };
    assert_eq!(
        (lines(&before), lines(&after)),
        (2, 4),
        "a line for each row"
    );
    fs::remove_file(sandbox.work().join("b.rs")).unwrap();
    let ran = sandbox.run(["baseline", "write"]).ended(0);
    assert!(
        ran.stdout.starts_with("Took out 2:\n"),
        "tightening needs no force: {ran}"
    );
    assert_eq!(
        fs::read_to_string(sandbox.work().join(FILE)).unwrap(),
        before
    );
}

#[test]
fn pruning_takes_out_what_is_gone_and_never_adds() {
    let sandbox = repository();
    sandbox.write("b.rs", "// FIXME: one\n// FIXME: two\n");
    sandbox.run(["baseline", "write"]).ended(0);
    sandbox.write("b.rs", "// FIXME: one\n");
    sandbox.write("c.rs", "// FIXME: three\n");
    let ran = scan(&sandbox, &["--baseline", FILE]).ended(1);
    assert_eq!(ran.json()["baseline"]["gone"], 1);
    let ran = sandbox.run(["baseline", "prune", FILE]).ended(0);
    assert!(
        ran.stdout.contains("Took out 1:\n    1 debt-comment\n"),
        "{ran}"
    );
    let again = scan(&sandbox, &["--baseline", FILE]).ended(1);
    assert_eq!(again.json()["baseline"]["gone"], 0);
    assert_eq!(again.json()["baseline"]["new"], 2, "what is new stays new");
    let ran = sandbox.run(["baseline", "prune", FILE]).ended(0);
    assert_eq!(ran.stdout, format!("{FILE} has nothing to take out.\n"));
}

#[test]
fn a_baseline_is_shown_by_rule_and_file() {
    let sandbox = repository();
    sandbox
        .run(["baseline", "write", "--output", "known.json"])
        .ended(0);
    let ran = sandbox.run(["baseline", "show", "known.json"]).ended(0);
    let expected = format!(
        "known.json: 2 findings in 2 rows, written by Guildhall {}\n\n\
         findings  rule\n       1  debt-comment\n       1  missing-licence\n\n\
         findings  file\n       2  a.rs\n",
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(ran.stdout, expected);
    let ran = sandbox
        .run(["baseline", "show", "known.json", "--format", "json"])
        .ended(0);
    assert_eq!(
        ran.stdout,
        fs::read_to_string(sandbox.work().join("known.json")).unwrap()
    );
    let schema = sandbox.run(["schema", "baseline"]).ended(0).json();
    let schema = Schema::compile(&schema).unwrap();
    let mut baseline = ran.json();
    assert!(schema.is_valid(&baseline));
    baseline["findings"][0]["count"] = "many".into();
    assert!(
        !schema.is_valid(&baseline),
        "the schema lets everything pass"
    );
}

#[test]
fn the_project_can_name_its_baseline() {
    let sandbox = repository();
    sandbox.write("sub/guildhall.toml", "[scan]\nbaseline = \"known.json\"\n");
    sandbox.write("sub/b.rs", "// FIXME: later\n");
    sandbox.run(["scan", "sub"]).ended(3);
    sandbox.run(["baseline", "write", "sub"]).ended(0);
    assert!(sandbox.work().join("sub/known.json").is_file());
    sandbox.run(["scan", "sub"]).ended(0);
    sandbox.write("sub/c.rs", "// FIXME: later still\n");
    sandbox.run(["scan", "sub"]).ended(1);
    let ran = scan(&sandbox, &["sub", "--no-baseline"]).ended(0);
    assert!(ran.json()["baseline"].is_null(), "{ran}");
    sandbox.write(
        "sub/guildhall.toml",
        "[scan]\nbaseline = \"../known.json\"\n",
    );
    let ran = sandbox.run(["scan", "sub"]).ended(2);
    assert!(
        ran.stderr.contains("must be a path beneath the folder"),
        "{ran}"
    );
}

#[test]
fn a_commit_is_a_baseline_and_the_checkout_is_only_read() {
    let sandbox = repository();
    sandbox.write(
        "a.rs",
        "fn a() {\n    // FIXME: soon\n    // FIXME: and this\n}\n",
    );
    sandbox.write(
        "not known to git.rs",
        "// SPDX-License-Identifier: MIT\n// FIXME: new\n",
    );
    let before = snapshot(&sandbox.work());
    let ran = scan(&sandbox, &["--baseline-from-ref", "main"]).ended(1);
    assert_eq!(
        states(&ran),
        [
            "a.rs missing-licence known",
            "a.rs debt-comment known",
            "a.rs debt-comment new",
            "not known to git.rs debt-comment new",
        ]
    );
    let source = ran.json()["baseline"]["source"]
        .as_str()
        .unwrap()
        .to_owned();
    let head = git(&sandbox, &["rev-parse", "HEAD"]);
    assert_eq!(source, format!("main ({})", &head[..10]));
    assert!(
        snapshot(&sandbox.work()) == before,
        "something was written to the checkout"
    );
    assert_eq!(left_over(&sandbox), Vec::<String>::new());
}

#[test]
fn a_folder_within_the_repository_is_compared_with_itself() {
    let sandbox = repository();
    sandbox.write("sub dir/b.rs", "// FIXME: b\n");
    commit(&sandbox, "second");
    let ran = scan(&sandbox, &["sub dir", "--baseline-from-ref", "HEAD"]).ended(0);
    assert_eq!(
        states(&ran),
        ["b.rs missing-licence known", "b.rs debt-comment known"]
    );
    let ran = scan(&sandbox, &["sub dir", "--baseline-from-ref", "HEAD~1"]).ended(1);
    assert_eq!(
        states(&ran),
        ["b.rs missing-licence new", "b.rs debt-comment new"]
    );
}

#[test]
fn a_repository_that_names_programs_runs_none_of_them() {
    let sandbox = repository();
    let proof = sandbox.root().join("ran");
    let program = format!("touch '{}'; cat", proof.display());
    git(&sandbox, &["config", "filter.evil.smudge", &program]);
    git(&sandbox, &["config", "filter.evil.clean", &program]);
    git(&sandbox, &["config", "core.fsmonitor", &program]);
    git(&sandbox, &["config", "diff.evil.textconv", &program]);
    sandbox.write(".gitattributes", "*.rs filter=evil diff=evil\n");
    let hook = sandbox.write(
        ".git/hooks/post-checkout",
        format!("#!/bin/sh\n{program}\n"),
    );
    let mut mode = fs::metadata(&hook).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut mode, 0o755);
    fs::set_permissions(&hook, mode).unwrap();
    scan(
        &sandbox,
        &["--baseline-from-ref", "HEAD", "--since", "HEAD"],
    )
    .ended(0);
    assert!(!proof.exists(), "the repository's own program was run");
}

#[test]
fn a_tree_that_a_killed_process_left_goes_with_the_next_scan() {
    let sandbox = repository();
    let mut command = sandbox.command(COMPARED);
    with_git_that_stops(&sandbox, &mut command, "checkout-index");
    let mut child = command.process_group(0).spawn().unwrap();
    fs::read_to_string(sandbox.root().join("begun")).unwrap();
    let left = left_over(&sandbox);
    assert_eq!(left.len(), 1);
    // As long as somebody works in it, it stays.
    sandbox.run(COMPARED).ended(0);
    assert_eq!(left_over(&sandbox), left);
    kill_process_group(Pid::from_child(&child), Signal::KILL).unwrap();
    child.wait().unwrap();
    fs::write(sandbox.root().join("never"), "x\n").unwrap();
    // Whoever still ends has ended when nobody has the folder any more.
    let lock = format!("state/checkouts/{}/in-use.lock", left[0]);
    let lock = fs::File::open(sandbox.root().join(lock)).unwrap();
    lock.lock().unwrap();
    drop(lock);
    sandbox.run(COMPARED).ended(0);
    assert_eq!(left_over(&sandbox), Vec::<String>::new());
}

#[test]
fn comparisons_at_once_take_nothing_from_one_another() {
    let sandbox = repository();
    let all = [(); 6].map(|()| {
        let mut command = sandbox.command(COMPARED);
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    });
    for child in all {
        let ran = Ran::of(child.wait_with_output().unwrap()).ended(0);
        assert_eq!(ran.stderr, "", "{ran}");
    }
    assert_eq!(left_over(&sandbox), Vec::<String>::new());
}

#[test]
fn a_baseline_of_files_whose_names_are_odd_is_about_their_folder() {
    let sandbox = repository();
    fs::remove_file(sandbox.work().join("a.rs")).unwrap();
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9\\.rs");
    fs::write(sandbox.work().join(name), "// FIXME: soon\n").unwrap();
    sandbox.run(["baseline", "write"]).ended(0);
    sandbox.run(["baseline", "prune", FILE]).ended(0);
}

#[test]
fn what_a_broken_file_held_is_not_mended() {
    let sandbox = repository();
    sandbox.run(["baseline", "write"]).ended(0);
    sandbox.write("a.rs", b"// FIXME: soon, \xFF\n");
    let ran = scan(&sandbox, &["--baseline", FILE]).ended(0);
    let held = &ran.json()["baseline"];
    assert_eq!(
        (&held["gone"], &held["unexamined"]),
        (&0.into(), &1.into()),
        "{ran}"
    );
    let ran = sandbox.run(["baseline", "prune", FILE]).ended(0);
    let expected = format!(
        "Renewed how findings are known again after a move\nWrote 2 findings in 2 rows to {FILE}.\n"
    );
    assert_eq!(
        ran.stdout, expected,
        "the auditor has read the file, the scanner has not"
    );
}

#[test]
fn the_baseline_of_another_folder_is_not_emptied() {
    let sandbox = repository();
    sandbox.run(["baseline", "write"]).ended(0);
    let before = fs::read(sandbox.work().join(FILE)).unwrap();
    let other = sandbox.root().join("other");
    fs::create_dir(&other).unwrap();
    fs::write(
        other.join("clean.rs"),
        "// SPDX-License-Identifier: MIT\nfn clean() {}\n",
    )
    .unwrap();
    let other = other.to_str().unwrap();
    for command in [
        ["prune", FILE],
        ["write", "--output=guildhall-baseline.json"],
    ] {
        let ran = sandbox.run(["baseline", command[0], command[1], other]);
        ran.failed(
            3,
            &format!(
                "error: {FILE} is left as it is: no file that it names is in {other}\n\nhelp: give \
                 the folder that it was written for, or write it anew with `guildhall baseline \
                 write --force`\n"
            ),
        );
        assert_eq!(fs::read(sandbox.work().join(FILE)).unwrap(), before);
    }
    let ran = sandbox.run(["scan", other, "--baseline", FILE]).ended(0);
    let warning = format!("no file that the baseline {FILE} names is in {other}");
    assert!(ran.stderr.contains(&warning), "{ran}");
    // The control: in its own folder, what is mended is taken out.
    sandbox.write("a.rs", "fn a() {}\n");
    sandbox.run(["baseline", "prune", FILE]).ended(0);
    assert_ne!(fs::read(sandbox.work().join(FILE)).unwrap(), before);
}

#[test]
fn a_folder_in_which_nothing_is_examined_mends_nothing() {
    let sandbox = repository();
    sandbox.run(["baseline", "write"]).ended(0);
    sandbox.write(".ignore", "*.rs\n");
    let ran = scan(&sandbox, &["--baseline", FILE]).ended(0);
    let held = &ran.json()["baseline"];
    assert_eq!(
        (&held["gone"], &held["unexamined"]),
        (&0.into(), &1.into()),
        "{ran}"
    );
}
