//! `guildhall incident hotfix`: a way out that was tried, beside the checkout.

use std::fs;

use serde_json::{Value, json};

use super::{Checkout, left_behind, ran, reason, refused, sandbox};
use crate::support::{Plugin, Ran, Sandbox, assert_golden, commit, git, installed};

/// Fails where the limit of connections is too small.
pub(super) const REPRODUCE: &str = "grep -q 'limit = 100' src/pool.conf";

/// Passes where the port is still set.
pub(super) const TEST: &str = "grep -q port src/pool.conf";

/// A repository of which the fourth of six commits broke the pool.
pub(super) fn broken() -> Sandbox {
    let sandbox = sandbox();
    git(&sandbox, &["init", "--quiet", "--initial-branch=main"]);
    let pool = |limit: &str, port: &str| {
        let filler = "# one\n# two\n# three\n# four\n# five\n";
        sandbox.write(
            "src/pool.conf",
            format!("limit = {limit}\n{filler}port = {port}\n"),
        );
    };
    let change = |message: &str| commit(&sandbox, message);
    pool("100", "80");
    sandbox.write("README", "A pool of connections.\n");
    change("pool: connections are kept");
    git(&sandbox, &["tag", "v1"]);
    sandbox.write("src/cache.conf", "size = 10\n");
    change("cache: answers are kept");
    sandbox.write("README", "A pool of connections, and a cache.\n");
    change("readme: the cache is told of");
    pool("1", "80");
    change("pool: fewer connections exhaust the server less");
    pool("1", "8080");
    change("pool: another port");
    sandbox.write("src/cache.conf", "size = 20\n");
    change("cache: more answers are kept");
    // What nobody has committed stays as it is.
    sandbox.write("README", "mine\n");
    sandbox.write("new", "mine as well\n");
    sandbox
}

pub(super) fn culprit(sandbox: &Sandbox) -> String {
    git(sandbox, &["rev-parse", "HEAD~2"])
}

fn hotfix(sandbox: &Sandbox, arguments: &[&str]) -> Ran {
    let commands = ["--reproduce", REPRODUCE, "--test", TEST];
    sandbox.run([&["incident", "hotfix"], &commands[..], arguments].concat())
}

fn tried(ran: &Ran) -> Value {
    ran.json()["incident"]["hotfix"].clone()
}

#[test]
fn from_the_symptom_over_the_suspect_and_the_bisection_to_a_branch_and_a_patch() {
    let sandbox = broken();
    let before = Checkout::of(&sandbox);
    let text = "connections to the pool are exhausted: limit of src/pool.conf reached";
    let arguments = [
        "incident",
        "suspects",
        "--text",
        text,
        "--format",
        "json",
        "--show-withheld",
    ];
    let suspects = sandbox.run(arguments).ended(0).json();
    let first = &suspects["incident"]["suspects"]["ranked"][0];
    assert_eq!(first["commit"], culprit(&sandbox), "{suspects}");
    assert_eq!(first["revert"]["result"], "clean");
    let search = [
        "--good",
        "v1",
        "--reproduce",
        REPRODUCE,
        "--build",
        "true",
        "--format",
        "json",
    ];
    let bisected = sandbox.run([&["incident", "bisect"], &search[..]].concat());
    let bisected = bisected.ended(0).json()["incident"]["bisect"].clone();
    assert_eq!(bisected["among"][0]["commit"], culprit(&sandbox));
    // Five commits are three halvings.
    assert!(bisected["builds"].as_u64().unwrap() <= 3 + 2, "{bisected}");
    assert_eq!(Checkout::of(&sandbox), before);
    let patch = sandbox.root().join("fix.patch");
    let apply = [
        "--apply",
        "--patch",
        patch.to_str().unwrap(),
        "--build",
        "true",
    ];
    let ran = hotfix(
        &sandbox,
        &[
            &["--commit", &culprit(&sandbox), "--format", "json"],
            &apply[..],
        ]
        .concat(),
    );
    let tried = tried(&ran.ended(0));
    let candidate = &tried["candidates"][0];
    assert_eq!(candidate["validated"], true, "{tried}");
    let checks = candidate["checks"].as_array().unwrap();
    let names: Vec<&str> = checks
        .iter()
        .map(|check| check["check"].as_str().unwrap())
        .collect();
    let after = "reproduce-after";
    assert_eq!(names, ["build", after, after, after, "test"]);
    assert_eq!(tried["before"][1]["check"], "reproduce-before");
    assert_eq!(tried["before"][1]["code"], 1);
    // The branch is the fix and nothing else, on what is checked out.
    let branch = candidate["branch"].as_str().unwrap();
    let short = &culprit(&sandbox)[..10];
    assert_eq!(branch, format!("guildhall/hotfix/revert-{short}"));
    assert_eq!(
        git(&sandbox, &["rev-parse", &format!("{branch}~1")]),
        tried["head"]
    );
    let fixed = git(&sandbox, &["show", &format!("{branch}:src/pool.conf")]);
    assert!(
        fixed.contains("limit = 100") && fixed.contains("port = 8080"),
        "{fixed}"
    );
    let message = git(&sandbox, &["log", "-1", "--format=%s", branch]);
    assert_eq!(
        message,
        "Revert \"pool: fewer connections exhaust the server less\""
    );
    git(&sandbox, &["apply", "--check", patch.to_str().unwrap()]);
    // But for the branch all is as it was.
    git(&sandbox, &["branch", "--quiet", "-D", branch]);
    assert_eq!(Checkout::of(&sandbox), before);
    assert_eq!(git(&sandbox, &["worktree", "list"]).lines().count(), 1);
    assert_eq!(left_behind(&sandbox), 0);
}

#[test]
fn a_dry_run_writes_nothing_and_is_told_for_people() {
    let sandbox = broken();
    let before = Checkout::of(&sandbox);
    for (format, golden) in [
        ("text", "incident-hotfix.text"),
        ("markdown", "incident-hotfix.md"),
    ] {
        let ran = hotfix(&sandbox, &["--commit", "HEAD~2", "--format", format]).ended(0);
        assert_golden(golden, &sandbox.filtered(&ran.stdout));
    }
    assert_eq!(Checkout::of(&sandbox), before);
}

#[test]
fn a_conflict_is_refused_with_its_files() {
    let sandbox = broken();
    git(&sandbox, &["stash", "--quiet", "--include-untracked"]);
    sandbox.write("src/pool.conf", "limit = 2\nport = 8080\n");
    commit(&sandbox, "pool: two connections");
    let before = Checkout::of(&sandbox);
    let ran = hotfix(
        &sandbox,
        &["--commit", "HEAD~3", "--apply", "--format", "json"],
    )
    .ended(1);
    assert!(
        reason(&ran).contains("in conflict in src/pool.conf"),
        "{ran}"
    );
    let tried = tried(&ran);
    assert_eq!(
        tried["candidates"][0]["conflicts"],
        json!(["src/pool.conf"])
    );
    assert_eq!(
        (&tried["candidates"][0]["branch"], &tried["applied"]),
        (&json!(null), &json!(false))
    );
    // A patch that does not fit is refused as well, and the next way out is tried.
    sandbox.write(
        "../bad.patch",
        "--- a/src/pool.conf\n+++ b/src/pool.conf\n@@ -1 +1 @@\n-limit = 7\n+limit = 100\n",
    );
    let good = "--- a/src/pool.conf\n+++ b/src/pool.conf\n@@ -1,2 +1,2 @@\n-limit = 2\n+limit = 100\n port = 8080\n";
    sandbox.write("../good.patch", good);
    let fixes = [
        "--fix",
        "../bad.patch",
        "--fix",
        "../good.patch",
        "--format",
        "json",
    ];
    let ran = hotfix(&sandbox, &fixes).ended(0);
    let verdicts = self::tried(&ran)["candidates"].clone();
    assert_eq!(verdicts[0]["validated"], false, "{verdicts}");
    assert_eq!(verdicts[1]["validated"], true, "{verdicts}");
    assert_eq!(Checkout::of(&sandbox), before);
}

#[test]
fn what_does_not_mend_it_or_breaks_something_else_is_not_validated() {
    let sandbox = broken();
    let json = ["--apply", "--format", "json"];
    let ran = hotfix(&sandbox, &[&["--commit", "HEAD"], &json[..]].concat()).ended(1);
    assert!(
        reason(&ran).contains("the reproduction still fails"),
        "{ran}"
    );
    let strict = "grep -q 'limit = 1$' src/pool.conf || { echo too many; exit 1; }";
    let arguments = [
        "incident",
        "hotfix",
        "--commit",
        "HEAD~2",
        "--reproduce",
        REPRODUCE,
    ];
    let run = |more: &[&str]| sandbox.run([&arguments[..], more, &json].concat());
    let ran = run(&["--test", strict]).ended(1);
    assert!(reason(&ran).ends_with("and the tests fail"), "{ran}");
    assert!(ran.stdout.contains("too many"), "{ran}");
    let ran = run(&["--test", "exit 4"]).ended(1);
    assert!(
        reason(&ran).contains("they fail at what is checked out, too"),
        "{ran}"
    );
    let ran = run(&[
        "--test",
        TEST,
        "--build",
        "! grep -q 'limit = 100' src/pool.conf",
    ])
    .ended(1);
    assert!(reason(&ran).contains("does not build"), "{ran}");
    // One that passes at times only is no fix.
    let runs = sandbox.root().join("runs");
    let often = format!(
        "echo x >> {0}; test $(($(wc -l < {0}) % 3)) -ne 1",
        runs.display()
    );
    let arguments = [
        "incident",
        "hotfix",
        "--commit",
        "HEAD~2",
        "--test",
        TEST,
        "--reproduce",
        &often,
    ];
    let ran = sandbox.run([&arguments[..], &json].concat()).ended(1);
    assert!(reason(&ran).contains("still fails"), "{ran}");
    let branches = git(&sandbox, &["branch", "--list", "guildhall/*"]);
    assert_eq!(branches, "", "nothing of it is on a branch");
}

#[test]
fn what_is_not_seen_at_what_is_checked_out_is_not_tried() {
    let sandbox = broken();
    let arguments = [
        "incident",
        "hotfix",
        "--commit",
        "HEAD~2",
        "--test",
        TEST,
        "--reproduce",
        "true",
    ];
    let ran = sandbox
        .run(arguments.into_iter().chain(["--format", "json"]))
        .ended(1);
    assert!(
        reason(&ran).contains("does not fail at what is checked out"),
        "{ran}"
    );
    assert_eq!(tried(&ran)["candidates"], json!([]));
}

#[test]
fn a_fix_of_an_agent_is_taken_from_its_branch() {
    let sandbox = broken();
    git(&sandbox, &["stash", "--quiet", "--include-untracked"]);
    git(&sandbox, &["switch", "--quiet", "--create", "agent"]);
    let pool = fs::read_to_string(sandbox.work().join("src/pool.conf")).unwrap();
    sandbox.write(
        "src/pool.conf",
        pool.replace("limit = 1\n", "limit = 100\n"),
    );
    commit(&sandbox, "pool: as many connections as before");
    git(&sandbox, &["switch", "--quiet", "main"]);
    let arguments = [
        "--fix",
        "agent",
        "--apply",
        "--branch",
        "hotfix/pool",
        "--format",
        "json",
    ];
    let ran = hotfix(&sandbox, &arguments).ended(0);
    let candidate = tried(&ran)["candidates"][0].clone();
    assert_eq!(
        (&candidate["kind"], &candidate["branch"]),
        (&json!("patch"), &json!("hotfix/pool"))
    );
    let subject = git(&sandbox, &["log", "-1", "--format=%s", "hotfix/pool"]);
    assert_eq!(subject, "pool: as many connections as before");
    // A branch that is there is not moved, and a file that is there not written over.
    let ran = hotfix(&sandbox, &arguments);
    assert!(ran.stderr.contains("is there already"), "{ran}");
    let ran = hotfix(&sandbox, &["--fix", "agent", "--patch", "README"]).ended(3);
    assert!(ran.stderr.contains("nothing is written over"), "{ran}");
    // A name of its own is numbered.
    for number in ["", "-2"] {
        let ran = hotfix(
            &sandbox,
            &["--commit", "HEAD~2", "--apply", "--format", "json"],
        )
        .ended(0);
        let branch = tried(&ran)["candidates"][0]["branch"]
            .as_str()
            .unwrap()
            .to_owned();
        let short = &culprit(&sandbox)[..10];
        assert_eq!(branch, format!("guildhall/hotfix/revert-{short}{number}"));
    }
}

/// The plan of docs/incident-responder.md.
const PLAN: &str = r#"
version = 1
name = "hotfix"

[[task]]
id = "patch"
agent = "coder"
workspace = "worktree"
prompt = "sed -i 's/limit = 1$/limit = 100/' src/pool.conf"

[[task]]
id = "tried"
capability = "incident.hotfix"
needs = ["patch"]
input = { fix = ["refs/guildhall/{{ run.id }}/patch/{{ results.patch.attempts }}"], apply = true }
"#;

#[test]
fn any_process_agent_writes_a_fix_and_the_next_task_tries_it() {
    let mut sandbox = broken();
    sandbox.add_plugins(&installed().folder_of(Plugin::Swarm));
    let before = Checkout::of(&sandbox);
    sandbox.user_config(&format!(
        "[agents.coder]\ncommand = \"sh\"\n\
         [plugins.config.incident-responder]\nreproduce = [\"{REPRODUCE}\"]\ntest = [\"{TEST}\"]\n"
    ));
    let ran = sandbox.run_with_input(&["run", "-", "--format", "json"], PLAN);
    let results = ran.ended(0).json();
    let report = &results["tasks"][1]["result"];
    let candidate = &report["incident"]["hotfix"]["candidates"][0];
    assert_eq!(candidate["validated"], true, "{results:#}");
    let branch = candidate["branch"].as_str().unwrap();
    let fixed = git(&sandbox, &["show", &format!("{branch}:src/pool.conf")]);
    assert!(fixed.starts_with("limit = 100\n"), "{fixed}");
    assert_eq!(Checkout::of(&sandbox).files, before.files);
}

#[test]
fn what_hangs_is_ended_and_is_no_fix() {
    let sandbox = broken();
    let before = Checkout::of(&sandbox);
    let hang = format!("{REPRODUCE} && sleep 1000; exit 1");
    let arguments = [
        "incident",
        "hotfix",
        "--commit",
        "HEAD~2",
        "--test",
        TEST,
        "--reproduce",
        &hang,
    ];
    let ran = sandbox.run(
        arguments
            .into_iter()
            .chain(["--seconds", "1", "--format", "json"]),
    );
    let ran = ran.ended(1);
    assert!(reason(&ran).contains("says nothing"), "{ran}");
    assert_eq!(Checkout::of(&sandbox), before);
    assert_eq!(left_behind(&sandbox), 0);
}

#[test]
fn what_cannot_be_tried_is_refused_with_what_to_do() {
    let sandbox = broken();
    let refused = |arguments: &[&str], text: &str| {
        refused(&ran(&sandbox, &[&["hotfix"], arguments].concat()), text);
    };
    let both = ["--reproduce", REPRODUCE, "--test", TEST];
    let with = |more: &[&'static str]| [&both[..], more].concat();
    refused(
        &["--commit", "HEAD", "--reproduce", "x"],
        "`test` is missing",
    );
    refused(
        &["--commit", "HEAD", "--test", "x"],
        "`reproduce` is missing",
    );
    refused(&both, "there is nothing to try");
    refused(&with(&["--commit", "nope"]), "\"nope\" is no commit");
    refused(&with(&["--fix", "nope"]), "\"nope\" is no commit");
    refused(&with(&["--commit", "HEAD", "--branch", "b"]), "--apply");
    for name in ["-b", "a..b", "a b", ""] {
        let ran = hotfix(
            &sandbox,
            &["--commit", "HEAD", "--apply", &format!("--branch={name}")],
        );
        assert_eq!(ran.code, Some(3), "{ran}");
        assert!(ran.stderr.contains("no name for a branch"), "{ran}");
    }
    assert_eq!(left_behind(&sandbox), 0);
}

/// A line for the shell that tells of two tests, of which the second is this one.
fn told_by_name(second: &str) -> String {
    format!("echo not ok 1 - old; {second}; exit 1")
}

#[test]
fn other_tests_that_fail_are_told_by_name_and_those_that_failed_before_are_no_fault_of_a_fix() {
    let sandbox = broken();
    let tried = |second: &str, code: i32| {
        let test = told_by_name(second);
        let arguments = ["hotfix", "--commit", "HEAD~2", "--reproduce", REPRODUCE];
        let more = ["--test", &test, "--format", "json"];
        ran(&sandbox, &[&arguments[..], &more].concat()).ended(code)
    };
    let same = tried("echo ok 2 - new", 0);
    let because = self::tried(&same)["candidates"][0]["because"].to_string();
    assert!(
        because.contains("no test fails that does not fail at what is checked out, too: old"),
        "{because}"
    );
    // As many fail without it, and with it another one.
    let other = "if grep -q 'limit = 100' src/pool.conf; then echo ok 1 - old; echo not ok 2 - new; \
                 else echo ok 2 - new; fi";
    let test =
        format!("{other}; grep -q 'limit = 100' src/pool.conf || echo not ok 1 - old; exit 1");
    let arguments = ["hotfix", "--commit", "HEAD~2", "--reproduce", REPRODUCE];
    let more = ["--test", &test, "--apply", "--format", "json"];
    let ran = ran(&sandbox, &[&arguments[..], &more].concat()).ended(1);
    assert!(
        reason(&ran).ends_with("tests fail that do not at what is checked out: new"),
        "{ran}"
    );
    assert_eq!(git(&sandbox, &["branch", "--list", "guildhall/*"]), "");
}

#[test]
fn a_reproduction_that_passes_at_times_has_to_pass_more_often() {
    let sandbox = broken();
    let runs = sandbox.root().join("runs");
    // Without the fix every fifth run fails.
    let seldom = format!(
        "echo x >> {0}; {REPRODUCE} || test $(($(wc -l < {0}) % 5)) -ne 0",
        runs.display()
    );
    let arguments = ["hotfix", "--test", TEST, "--reproduce", &seldom, "--passes"];
    let tried = |commit: &str, code: i32| {
        fs::write(&runs, "").unwrap();
        let more = ["5", "--commit", commit, "--format", "json"];
        ran(&sandbox, &[&arguments[..], &more].concat()).ended(code)
    };
    let ran = tried("HEAD~2", 0);
    let hotfix = self::tried(&ran);
    assert_eq!(hotfix["without_fix"], json!({"passed": 12, "failed": 3}));
    let candidate = &hotfix["candidates"][0];
    let because = candidate["because"].as_str().unwrap();
    assert!(because.contains("failed in 3 of 15 runs"), "{because}");
    let checks = candidate["checks"].as_array().unwrap().iter();
    let passes = checks
        .filter(|check| check["check"] == "reproduce-after")
        .count();
    assert!(passes > 15, "{passes}");
    // The control: what mends nothing passes four times in a row, and is seen through.
    let ran = tried("HEAD", 1);
    assert!(reason(&ran).contains("still fails"), "{ran}");
}

#[test]
fn no_setting_of_merges_is_in_the_way_and_no_program_of_the_repository_is_run() {
    let sandbox = broken();
    git(&sandbox, &["stash", "--quiet", "--include-untracked"]);
    git(&sandbox, &["switch", "--quiet", "--create", "agent"]);
    let pool = fs::read_to_string(sandbox.work().join("src/pool.conf")).unwrap();
    for (limit, message) in [("50", "half of them"), ("100", "all of them")] {
        let text = pool.replace("limit = 1\n", &format!("limit = {limit}\n"));
        sandbox.write("src/pool.conf", text);
        commit(&sandbox, message);
    }
    git(&sandbox, &["switch", "--quiet", "main"]);
    let settings = "[merge]\n\tff = false\n\tverifySignatures = true\n";
    fs::write(sandbox.root().join("home/.gitconfig"), settings).unwrap();
    let watcher = format!("touch {}/watched", sandbox.root().display());
    git(&sandbox, &["config", "core.fsmonitor", &watcher]);
    let arguments = ["--fix", "agent", "--apply", "--format", "json"];
    let tried = tried(&hotfix(&sandbox, &arguments).ended(0));
    let candidate = &tried["candidates"][0];
    let words = candidate["words"].as_str().unwrap();
    assert!(
        words.starts_with("the changes of 2 commits up to "),
        "{words}"
    );
    let branch = candidate["branch"].as_str().unwrap();
    let message = git(&sandbox, &["log", "-1", "--format=%b", branch]);
    assert!(message.contains("2 commits up to"), "{message}");
    hotfix(&sandbox, &["--commit", "HEAD~2"]).ended(0);
    git(&sandbox, &["config", "--unset", "core.fsmonitor"]);
    assert!(!sandbox.root().join("watched").exists());
}
