//! `guildhall resolve merge`, and `git merge` with `guildhall resolve merge-driver`.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::support::{Plugin, Ran, Sandbox, assert_golden, commit, git, installed};

/// Both sides took a newer version, theirs the newest; nobody can say which sentence is meant;
/// and only theirs changed the last line.
const BASE: &str = "[needs]\nserde = \"1.0.1\"\nlog = 1\n\n# The first sentence.\n\nend = 1\n";
const OURS: &str = "[needs]\nserde = \"1.0.2\"\nlog = 1\n\n# Something that we say.\n\nend = 1\n";
const THEIRS: &str =
    "[needs]\nserde = \"1.0.5\"\nlog = 1\n\n# Another matter altogether, theirs.\n\nfinish = 1\n";

fn empty() -> Sandbox {
    let sandbox = Sandbox::new(&[Plugin::Resolver]);
    git(&sandbox, &["init", "--quiet", "--initial-branch=main"]);
    sandbox
}

/// A repository whose branches `main` and `feature` made these of the file.
fn sandbox(name: &str, [base, ours, theirs]: [&str; 3]) -> Sandbox {
    let sandbox = empty();
    sandbox.write(name, base);
    commit(&sandbox, "base");
    git(&sandbox, &["checkout", "--quiet", "-b", "feature"]);
    sandbox.write(name, theirs);
    commit(&sandbox, "theirs");
    git(&sandbox, &["checkout", "--quiet", "main"]);
    sandbox.write(name, ours);
    commit(&sandbox, "ours");
    sandbox
}

/// What a user sees of the checkout and the repository.
fn state(sandbox: &Sandbox) -> Vec<String> {
    [
        ["status", "--porcelain", "--branch"].as_slice(),
        &["for-each-ref"],
        &["worktree", "list"],
        &["count-objects", "-v"],
    ]
    .map(|arguments| git(sandbox, arguments))
    .into()
}

fn merge(sandbox: &Sandbox, more: &[&str]) -> Ran {
    let told = ["resolve", "merge", "--theirs", "feature"];
    sandbox.run([&told[..], more].concat())
}

fn json(sandbox: &Sandbox, more: &[&str]) -> Value {
    let ran = merge(sandbox, &[more, &["--format", "json"]].concat());
    serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}{}", ran.stdout, ran.stderr))
}

#[test]
fn a_merge_says_what_becomes_of_each_hunk_and_touches_nothing() {
    let sandbox = sandbox("src/needs.toml", [BASE, OURS, THEIRS]);
    let before = state(&sandbox);
    let ran = merge(&sandbox, &["--no-save"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert_golden("resolve_merge.text", &ran.stdout);
    let report = json(&sandbox, &["--no-save"]);
    let hunks = report["merge"]["files"][0]["hunks"].as_array().unwrap();
    let shown: Vec<_> = hunks
        .iter()
        .map(|hunk| (&hunk["status"], &hunk["rule"]))
        .collect();
    assert_eq!(shown[0], (&"applied".into(), &"versions".into()));
    assert_ne!(shown[1].0, "applied");
    // The lines of a ledger are its score.
    for hunk in hunks {
        let lines = hunk["ledger"].as_array().unwrap().iter();
        let billionths = |value: &Value| (value.as_f64().unwrap() * 1e9).round();
        let sum: f64 = lines.map(|line| billionths(&line["nats"])).sum();
        assert_eq!(sum, billionths(&hunk["score"]));
    }
    assert_eq!(state(&sandbox), before);
    // The same input gives the same bytes.
    assert_eq!(merge(&sandbox, &["--no-save"]).stdout, ran.stdout);
}

#[test]
fn git_merge_with_the_driver_writes_what_is_sure_and_leaves_markers_for_the_rest() {
    let with_driver = |texts: [&str; 3]| {
        let sandbox = sandbox("src/needs.toml", texts);
        sandbox.write(".git/info/attributes", "*.toml merge=guildhall\n");
        let program = installed().guildhall.to_str().unwrap();
        let driver = format!("'{program}' resolve merge-driver %O %A %B %L %P");
        git(&sandbox, &["config", "merge.guildhall.driver", &driver]);
        let told = sandbox.command::<&str>([]);
        let merged = Command::new("git")
            .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org"])
            .args(["merge", "--no-edit", "feature"])
            .current_dir(sandbox.work())
            .envs(
                told.get_envs()
                    .filter_map(|(name, value)| Some((name, value?))),
            )
            .output()
            .unwrap();
        let text = fs::read_to_string(sandbox.work().join("src/needs.toml")).unwrap();
        (
            merged.status.code(),
            text,
            git(&sandbox, &["status", "--porcelain"]),
        )
    };
    let (code, text, status) = with_driver([BASE, OURS, THEIRS]);
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.starts_with("[needs]\nserde = \"1.0.5\"\nlog = 1\n\n<<<<<<< ours\n"),
        "{text}"
    );
    assert!(text.ends_with(">>>>>>> theirs\n\nfinish = 1\n"), "{text}");
    assert_eq!(text.matches("<<<<<<<").count(), 1);
    assert_eq!(status, "UU src/needs.toml");
    // Where all is sure, git commits the merge.
    let sure = [BASE, OURS, THEIRS].map(|text| {
        text.lines()
            .take(3)
            .fold(String::new(), |all, line| all + line + "\n")
    });
    let (code, text, status) = with_driver([&sure[0], &sure[1], &sure[2]]);
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(text, sure[2]);
    assert_eq!(status, "");
}

#[test]
fn a_hunk_that_is_left_is_resumed_with_an_answer() {
    let sandbox = sandbox("src/needs.toml", [BASE, OURS, THEIRS]);
    let report = json(&sandbox, &[]);
    let id = report["merge"]["id"].as_str().unwrap().to_owned();
    let resume = |more: &[&str]| {
        let told = ["resolve", "merge", "--resume", &id];
        sandbox.run([&told[..], more].concat())
    };
    // A branch that moves on changes nothing of what is kept.
    git(&sandbox, &["branch", "--force", "feature", "main"]);
    let ran = resume(&["--answer", "2=ours", "--into", "merged"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    let merged = fs::read_to_string(sandbox.work().join("merged/src/needs.toml")).unwrap();
    let expected =
        "[needs]\nserde = \"1.0.5\"\nlog = 1\n\n# Something that we say.\n\nfinish = 1\n";
    assert_eq!(merged, expected);
    // The answer is kept with it, and a later one replaces it.
    let ran = resume(&["--into", "again"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    let again = fs::read_to_string(sandbox.work().join("again/src/needs.toml")).unwrap();
    assert_eq!(again, expected);
    sandbox.write("mine.txt", "# A third way.\n");
    resume(&["--answer", "2=@mine.txt", "--into", "third"]);
    let third = fs::read_to_string(sandbox.work().join("third/src/needs.toml")).unwrap();
    assert!(third.contains("\n# A third way.\n"), "{third}");
}

#[test]
fn a_file_that_one_side_deleted_is_always_left() {
    let sandbox = empty();
    sandbox.write("a.txt", "one\n");
    commit(&sandbox, "base");
    git(&sandbox, &["checkout", "--quiet", "-b", "feature"]);
    sandbox.write("a.txt", "two\n");
    commit(&sandbox, "theirs");
    git(&sandbox, &["checkout", "--quiet", "main"]);
    fs::remove_file(sandbox.work().join("a.txt")).unwrap();
    commit(&sandbox, "ours");
    sandbox.user_config("[plugins.config.conflict-resolver.merge]\napply = 0.0\npropose = 0.0\n");
    let report = json(&sandbox, &["--no-save"]);
    let file = &report["merge"]["files"][0];
    assert_eq!(file["status"], "left");
    assert!(
        file["why_left"]
            .as_str()
            .unwrap()
            .starts_with("deleted on our side")
    );
    assert_eq!(merge(&sandbox, &["--no-save"]).code, Some(1));
}

#[test]
fn a_check_of_the_user_is_evidence_and_runs_beside_the_checkout() {
    let sandbox = sandbox("src/needs.toml", [BASE, OURS, THEIRS]);
    let before = state(&sandbox)[..3].to_vec();
    let sure = |report: &Value| {
        report["merge"]["files"][0]["hunks"][0]["probability"]
            .as_f64()
            .unwrap()
    };
    let plain = sure(&json(&sandbox, &["--no-save"]));
    let check = "grep -q 1.0.5 src/needs.toml && grep -q finish src/needs.toml && touch built";
    let passed = json(&sandbox, &["--no-save", "--check", check]);
    assert_eq!(
        passed["merge"]["checks"][0]["passed"], true,
        "{}",
        passed["merge"]
    );
    assert!(sure(&passed) > plain);
    let failed = json(
        &sandbox,
        &["--no-save", "--check", "echo it is broken; exit 3"],
    );
    let check = &failed["merge"]["checks"][0];
    assert_eq!(
        (&check["passed"], &check["code"]),
        (&false.into(), &3.into())
    );
    assert!(check["output"].as_str().unwrap().contains("it is broken"));
    assert!(sure(&failed) < plain);
    assert_eq!(failed["merge"]["files"][0]["status"], "left");
    assert_eq!(state(&sandbox)[..3], before);
    assert!(!sandbox.work().join("built").exists());
}

#[test]
fn earlier_merges_of_the_repository_count() {
    let sandbox = sandbox("a.txt", ["x\n1\ny\n", "x\nours a\ny\n", "x\ntheirs a\ny\n"]);
    // Twice they took theirs.
    for (now, next) in [("a", "b"), ("b", "c")] {
        let merged = format!("x\ntheirs {now}\ny\n");
        Command::new("git")
            .args(["merge", "--quiet", "--no-commit", "feature"])
            .current_dir(sandbox.work())
            .output()
            .unwrap();
        sandbox.write("a.txt", merged);
        commit(&sandbox, "merge");
        git(&sandbox, &["checkout", "--quiet", "feature"]);
        git(&sandbox, &["merge", "--quiet", "--ff-only", "main"]);
        sandbox.write("a.txt", format!("x\ntheirs {next}\ny\n"));
        commit(&sandbox, "theirs");
        git(&sandbox, &["checkout", "--quiet", "main"]);
        sandbox.write("a.txt", format!("x\nours {next}\ny\n"));
        commit(&sandbox, "ours");
    }
    let report = json(&sandbox, &["--no-save"]);
    assert_eq!(report["merge"]["precedents"], 2);
    sandbox.user_config("[plugins.config.conflict-resolver.merge]\nlearn-merges = 0\n");
    let without = json(&sandbox, &["--no-save"]);
    assert_eq!(without["merge"]["precedents"], 0);
    let weight = |report: &Value| {
        let hunk = &report["merge"]["files"][0]["hunks"][0];
        let lines = hunk["ledger"].as_array().unwrap();
        lines
            .iter()
            .filter(|line| line["term"] == "precedents")
            .map(|line| line["nats"].as_f64().unwrap().abs())
            .sum::<f64>()
    };
    assert!(weight(&report) > weight(&without));
}

/// Three files in the work folder, merged.
fn three(sandbox: &Sandbox, texts: [&[u8]; 3], more: &[&str]) -> Ran {
    for (name, text) in ["base.txt", "ours.txt", "theirs.txt"].iter().zip(texts) {
        sandbox.write(name, text);
    }
    let told = [
        "resolve",
        "merge",
        "--base-file",
        "base.txt",
        "--ours-file",
        "ours.txt",
    ];
    sandbox.run(
        [
            &told[..],
            &["--theirs-file", "theirs.txt", "--no-save"],
            more,
        ]
        .concat(),
    )
}

#[test]
fn line_ends_ends_of_files_and_odd_bytes_survive() {
    let sandbox = Sandbox::new(&[Plugin::Resolver]);
    let merged = |name: &str, texts: [&[u8]; 3]| {
        let ran = three(&sandbox, texts, &["--into", name]);
        (
            ran.code,
            fs::read(sandbox.work().join(name)).unwrap_or_default(),
            ran.stdout,
        )
    };
    // One side moved to other line ends, and the other changed a line.
    let (code, bytes, _) = merged("crlf", [b"a\nb\nc\n", b"a\r\nb\r\nc\r\n", b"a\nB\nc\n"]);
    assert_eq!((code, bytes), (Some(0), b"a\r\nB\r\nc\r\n".to_vec()));
    let (code, bytes, _) = merged("end", [b"a\nb\nc\n", b"a\nb\nc", b"A\nb\nc\n"]);
    assert_eq!((code, bytes), (Some(0), b"A\nb\nc".to_vec()));
    let (code, bytes, _) = merged("bytes", [b"\xff\nb\nc\n", b"\xff\nb\nC\n", b"\xfe\nb\nc\n"]);
    assert_eq!((code, bytes), (Some(0), b"\xfe\nb\nC\n".to_vec()));
    let (code, _, text) = merged("utf8", [b"\xff\n1\n", b"\xff\n2\n", b"\xff\n3\n"]);
    assert_eq!(code, Some(1));
    assert!(text.contains("not UTF-8"), "{text}");
    let (code, bytes, text) = merged("binary", [b"a\0", b"b\0", b"c\0"]);
    assert_eq!((code, bytes), (Some(1), Vec::new()));
    assert!(text.contains("is binary"), "{text}");
    let markers = b"x\n<<<<<<< a\n1\n=======\n2\n>>>>>>> b\n";
    let (code, _, text) = merged("markers", [b"x\n0\n", markers, b"x\n3\n"]);
    assert_eq!(code, Some(1));
    assert!(text.contains("conflict markers in"), "{text}");
}

#[test]
fn what_makes_no_sense_is_refused_with_its_mend() {
    let sandbox = sandbox("src/needs.toml", [BASE, OURS, THEIRS]);
    sandbox.write("there", "");
    let cases: [(&[&str], &str); 10] = [
        (
            &["--theirs", "no-such"],
            "`theirs` is \"no-such\", which names no commit",
        ),
        (&[], "`theirs` is missing"),
        (&["--theirs", "feature", "--ours", "-x"], "names no commit"),
        (
            &["--theirs", "feature", "--only", "b.rs"],
            "not in conflict",
        ),
        (
            &["--theirs", "feature", "--answer", "9=ours"],
            "numbers 1 to 2",
        ),
        (
            &["--theirs", "feature", "--answer", "1=mine"],
            "WHAT is proposal, ours",
        ),
        (
            &["--theirs", "feature", "--answer", "1"],
            "write `NUMBER=WHAT`",
        ),
        (
            &["--theirs", "feature", "--into", "there"],
            "is there already",
        ),
        (&["--resume", "123456789abc"], "no merge of this id"),
        (&["--ours-file", "there"], "`base-file` is missing"),
    ];
    for (more, expected) in cases {
        let ran = sandbox.run([&["resolve", "merge"], more].concat());
        assert_ne!(ran.code, Some(0), "{more:?}");
        assert_ne!(ran.code, Some(1), "{more:?}");
        assert!(ran.stderr.contains(expected), "{more:?}: {}", ran.stderr);
    }
    assert_eq!(fs::read(sandbox.work().join("there")).unwrap(), b"");
    sandbox.user_config("[plugins.config.conflict-resolver.merge]\napply = 7.0\n");
    let ran = merge(&sandbox, &[]);
    assert!(ran.stderr.contains("merge.apply is 7"), "{}", ran.stderr);
}

#[test]
fn files_that_have_changed_since_are_not_resumed() {
    let sandbox = Sandbox::new(&[Plugin::Resolver]);
    three(
        &sandbox,
        [b"a\n1\n", b"a\n2 of ours\n", b"a\nsomething else\n"],
        &[],
    );
    let told = [
        "resolve",
        "merge",
        "--base-file",
        "base.txt",
        "--ours-file",
        "ours.txt",
    ];
    let more = ["--theirs-file", "theirs.txt", "--format", "json"];
    let ran = sandbox.run([&told[..], &more].concat());
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let id = report["merge"]["id"].as_str().unwrap();
    let resumed = sandbox.run(["resolve", "merge", "--resume", id, "--answer", "1=theirs"]);
    assert_eq!(resumed.code, Some(0), "{}", resumed.stderr);
    sandbox.write("theirs.txt", "a\n4\n");
    let resumed = sandbox.run(["resolve", "merge", "--resume", id]);
    assert!(
        resumed.stderr.contains("has changed since"),
        "{}",
        resumed.stderr
    );
}

#[test]
fn a_merge_without_a_conflict_says_so() {
    let sandbox = sandbox("a.txt", ["1\n2\n3\n", "one\n2\n3\n", "1\n2\nthree\n"]);
    let ran = merge(&sandbox, &["--no-save"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("nothing to resolve"), "{}", ran.stdout);
}

#[test]
fn a_merge_program_of_the_user_is_a_vote_where_it_merges_and_nothing_where_it_does_not() {
    let sandbox = sandbox("src/needs.toml", [BASE, OURS, THEIRS]);
    let script = sandbox.root().join("driver.sh");
    let agreed = |command: &str, body: &str| {
        fs::write(&script, body).unwrap();
        let arguments = format!(
            "\"{}\", \"{{base}}\", \"{{ours}}\", \"{{theirs}}\"",
            script.display()
        );
        sandbox.user_config(&format!(
            "[plugins.config.conflict-resolver.merge]\ndriver = [\"{command}\", {arguments}, \"{{path}}\"]\n"
        ));
        let report = json(&sandbox, &["--no-save"]);
        let by = report["merge"]["files"][0]["hunks"][0]["agreed_by"].clone();
        by.as_array().unwrap().contains(&"external".into())
    };
    // It gets the three files under the name of the file, and its path.
    let told = "test \"$4\" = src/needs.toml && test \"$(basename \"$1\")\" = needs.toml && \
                grep -q 1.0.1 \"$1\" && grep -q 1.0.2 \"$2\" && cat \"$3\"\n";
    assert!(agreed("sh", told));
    assert!(!agreed("sh", &format!("{told}exit 1\n")));
    // What it writes with an exit code of 0 is not believed: it is one proposal of several.
    assert!(!agreed("sh", "echo nothing of it\n"));
    sandbox.user_config(
        "[plugins.config.conflict-resolver.merge]\ndriver = [\"not-there\", \"{base}{ours}{theirs}\"]\n",
    );
    let ran = merge(&sandbox, &["--no-save"]);
    assert!(ran.stderr.contains("`merge.driver` cannot be run"), "{ran}");
}

#[test]
fn packages_of_a_lock_file_are_merged_each_on_its_own() {
    let package = |name: &str, version: &str| {
        format!(
            "[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nchecksum = \"{version}\"\n\n"
        )
    };
    let file = |packages: &[(&str, &str)]| {
        let all: String = packages
            .iter()
            .map(|(name, version)| package(name, version))
            .collect();
        format!("version = 4\n\n{}\n", all.trim_end())
    };
    let base = file(&[("a", "1.0.0"), ("m", "1.0.0"), ("z", "1.0.0")]);
    let ours = file(&[
        ("a", "1.0.0"),
        ("m", "1.0.3"),
        ("n", "2.0.0"),
        ("z", "1.0.0"),
    ]);
    let theirs = file(&[
        ("a", "1.0.0"),
        ("m", "1.0.5"),
        ("o", "3.0.0"),
        ("z", "1.0.0"),
    ]);
    let sandbox = sandbox("Cargo.lock", [&base, &ours, &theirs]);
    let report = json(&sandbox, &["--no-save", "--texts"]);
    let merged = &report["merge"]["files"][0];
    let both = file(&[
        ("a", "1.0.0"),
        ("m", "1.0.5"),
        ("n", "2.0.0"),
        ("o", "3.0.0"),
        ("z", "1.0.0"),
    ]);
    assert_eq!(merged["hunks"][0]["rule"], "entries", "{merged:#}");
    assert_eq!(merged["best"], both.as_str());
    // Two versions of which neither may stand for the other: the tool has to say.
    let newer = file(&[("a", "1.0.0"), ("m", "2.0.0"), ("z", "1.0.0")]);
    let sandbox = self::sandbox("Cargo.lock", [&base, &ours, &newer]);
    let report = json(&sandbox, &["--no-save"]);
    assert_ne!(report["merge"]["files"][0]["hunks"][0]["rule"], "entries");
}
