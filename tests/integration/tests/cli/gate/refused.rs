//! Bad input of every kind: each is told with its name and its mend, and nothing is left.

use std::fs;
use std::process::Command;

use super::*;

/// Fails unless the scan is refused with code 3 and these words, and leaves nothing.
#[track_caller]
fn refused(sandbox: &Sandbox, arguments: &[&str], words: &[&str]) {
    let ran = sandbox.run(arguments).ended(3);
    assert_eq!(ran.stdout, "");
    for word in words {
        assert!(ran.stderr.contains(word), "{word:?} is missing: {ran}");
    }
    assert!(ran.stderr.contains("\nhelp: "), "no mend: {ran}");
    assert_eq!(left_over(sandbox), Vec::<String>::new());
}

#[test]
fn a_baseline_that_cannot_be_used_is_told() {
    let sandbox = repository();
    let with = |file: &'static str| ["scan", "--baseline", file];
    refused(
        &sandbox,
        &with("none.json"),
        &["there is no baseline none.json", "guildhall baseline write"],
    );
    fs::create_dir(sandbox.work().join("folder.json")).unwrap();
    refused(
        &sandbox,
        &with("folder.json"),
        &["folder.json cannot be read"],
    );
    sandbox.write("bytes.json", b"\xFF\xFE");
    refused(
        &sandbox,
        &with("bytes.json"),
        &["bytes.json cannot be read"],
    );
    for (text, words) in [
        ("", "is empty"),
        ("{", "is not JSON: it goes wrong at line 1"),
        ("<<<<<<< ours\n", "has conflicts of a merge"),
        (
            "{\"schema\": \"guildhall.baseline/7\"}",
            "has the format 7 of another version",
        ),
        (
            "{\"version\": \"2.1.0\", \"runs\": []}",
            "is SARIF and no baseline",
        ),
        (
            "{\"schema\": \"guildhall.report/1\"}",
            "is a report and no baseline",
        ),
        ("{\"password\": \"secret\"}", "is no baseline of Guildhall"),
    ] {
        sandbox.write("bad.json", text);
        refused(
            &sandbox,
            &with("bad.json"),
            &["the baseline bad.json", words],
        );
        let ran = sandbox.run(with("bad.json")).ended(3);
        assert!(
            !ran.stderr.contains("secret"),
            "content of the file is told: {ran}"
        );
        for command in [
            &["baseline", "show", "bad.json"][..],
            &["baseline", "prune", "bad.json"],
        ] {
            refused(&sandbox, command, &[words]);
        }
    }
}

#[test]
fn what_is_no_baseline_is_never_overwritten() {
    let sandbox = repository();
    let file = sandbox.write("Cargo.toml", "[package]\n");
    for force in [&[][..], &["--force"]] {
        let write = [&["baseline", "write", "--output", "Cargo.toml"], force].concat();
        refused(&sandbox, &write, &["the baseline Cargo.toml is not JSON"]);
        assert_eq!(fs::read_to_string(&file).unwrap(), "[package]\n");
    }
}

#[test]
fn a_pipe_is_not_waited_for() {
    let sandbox = repository();
    let pipe = sandbox.work().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    refused(
        &sandbox,
        &["scan", "--baseline", "pipe"],
        &["no regular file"],
    );
}

#[test]
fn a_reference_that_there_is_not_is_told() {
    let sandbox = repository();
    for reference in [
        "nowhere",
        "",
        "-x",
        "--all",
        "main..main",
        "a b",
        "HEAD~99",
        "0000000000",
    ] {
        for option in ["--baseline-from-ref", "--since"] {
            let given = format!("{option}={reference}");
            let words = [&format!("`{reference}` names no commit")[..]];
            refused(&sandbox, &["scan", &given], &words);
        }
    }
}

#[test]
fn without_history_there_is_nothing_to_compare_with() {
    let empty = Sandbox::new(&[Plugin::Auditor]);
    for option in ["--baseline-from-ref", "--since"] {
        refused(
            &empty,
            &["scan", option, "main"],
            &["is not in a git repository"],
        );
    }
    git(&empty, &["init", "--quiet"]);
    for option in ["--baseline-from-ref", "--since"] {
        refused(&empty, &["scan", option, "HEAD"], &["has no commit yet"]);
    }
    let bare = repository();
    let there = bare.root().join("bare.git");
    git(
        &bare,
        &["clone", "--quiet", "--bare", ".", there.to_str().unwrap()],
    );
    for option in ["--baseline-from-ref", "--since"] {
        refused(
            &bare,
            &["scan", there.to_str().unwrap(), option, "main"],
            &["is in a bare repository"],
        );
    }
}

#[test]
fn a_shallow_clone_without_the_common_commit_says_how_to_fetch_it() {
    let sandbox = repository();
    for name in ["second", "third"] {
        sandbox.write("b.rs", format!("// {name}\n"));
        commit(&sandbox, name);
    }
    git(&sandbox, &["checkout", "--quiet", "-b", "side", "HEAD~2"]);
    sandbox.write("c.rs", "// side\n");
    commit(&sandbox, "side");
    let url = format!("file://{}", sandbox.work().display());
    let shallow = sandbox.root().join("shallow");
    let clone = [
        "clone",
        "--quiet",
        "--depth=1",
        "--no-single-branch",
        &url,
        shallow.to_str().unwrap(),
    ];
    git(&sandbox, &clone);
    let there = shallow.to_str().unwrap();
    let words = ["is not in this shallow clone", "git fetch --unshallow"];
    refused(&sandbox, &["scan", there, "--since", "origin/main"], &words);
    refused(
        &sandbox,
        &["scan", there, "--since", "HEAD~1"],
        &["names no commit", "--unshallow"],
    );
    // The trees are there, so they can be compared.
    let ran = scan(&sandbox, &[there, "--baseline-from-ref", "origin/main"]).ended(1);
    let found = states(&ran);
    assert_eq!(
        found.last().map(String::as_str),
        Some("c.rs missing-licence new"),
        "{ran}"
    );
    assert_eq!(left_over(&sandbox), Vec::<String>::new());
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    let sandbox = repository();
    for arguments in [
        &["--baseline", "x", "--baseline-from-ref", "main"][..],
        &["--baseline", "x", "--no-baseline"],
        &["--baseline-from-ref", "main", "--no-baseline"],
    ] {
        let ran = sandbox.run([&["scan"], arguments].concat()).ended(2);
        assert!(ran.stderr.contains("cannot be used with"), "{ran}");
    }
}

#[test]
fn a_baseline_is_not_made_of_half_a_scan() {
    let sandbox = repository();
    sandbox.write(
        "guildhall.toml",
        "[scan.rules.long-function]\nthreshold = 1.5\n",
    );
    let ran = sandbox.run(["baseline", "write"]).ended(2);
    assert!(
        ran.stderr
            .contains("the baseline is left as it is: tech-debt-scanner refuses a setting"),
        "{ran}"
    );
    assert!(!sandbox.work().join("guildhall-baseline.json").exists());
    let ran = sandbox
        .run(["scan", "--baseline-from-ref", "HEAD"])
        .ended(2);
    assert!(
        ran.stderr
            .contains("cannot be compared with: tech-debt-scanner refuses a setting"),
        "{ran}"
    );
    assert_eq!(left_over(&sandbox), Vec::<String>::new());
}

#[test]
fn a_setting_that_an_agent_refuses_is_told_on_standard_error_with_one_code() {
    let sandbox = repository();
    sandbox.write(
        "guildhall.toml",
        "[scan.rules]\nlong-function = { threshold = 0 }\n",
    );
    let reports: [&[&str]; 3] = [
        &["scan", "--output", "report"],
        &["suppressions"],
        &["baseline", "write"],
    ];
    for arguments in reports {
        let ran = sandbox.run(arguments).ended(2);
        for words in [
            "`long-function.threshold`",
            "`scan.rules` of guildhall.toml",
        ] {
            assert!(ran.stderr.contains(words), "{arguments:?}: {ran}");
        }
    }
}
