//! `guildhall incident bisect`: the commit that brought it, found beside the checkout.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::{
    Checkout, begun_and_never_ended, json, killed_where_it_has_begun, left_behind, ran, reason,
    refused, sandbox,
};
use crate::support::{Ran, Sandbox, assert_golden, commit, git};

/// Fails from the commit on that raised the limit.
const REPRODUCE: &str = "test $(cat limit) -lt 20";

/// A repository of `commits` commits, tagged `v1` at the first, of which the `bad`th broke it.
fn broken(commits: usize, bad: usize) -> Sandbox {
    let sandbox = sandbox();
    git(&sandbox, &["init", "--quiet", "--initial-branch=main"]);
    sandbox.write(".gitignore", "built\n");
    for number in 0..=commits {
        let limit = if number >= bad { 20 } else { 10 };
        sandbox.write("limit", format!("{limit}\n"));
        sandbox.write("count", format!("{number}\n"));
        commit(&sandbox, &format!("change {number}"));
        if number == 0 {
            git(&sandbox, &["tag", "v1"]);
        }
    }
    // What nobody has committed stays as it is.
    sandbox.write("limit", "mine\n");
    sandbox.write("new", "mine as well\n");
    sandbox
}

fn bisect(sandbox: &Sandbox, arguments: &[&str]) -> Ran {
    let all = [&["incident", "bisect", "--good", "v1"], arguments].concat();
    sandbox.run(all)
}

fn answer(ran: &Ran) -> Value {
    ran.json()["incident"]["bisect"].clone()
}

fn subjects(answer: &Value) -> Vec<&str> {
    let among = answer["among"].as_array().unwrap().iter();
    among.map(|one| one["subject"].as_str().unwrap()).collect()
}

#[test]
fn the_first_bad_commit_is_found_within_the_logarithm_and_two_builds() {
    let sandbox = broken(40, 27);
    let before = Checkout::of(&sandbox);
    let build = "cp count built; echo once >> ../../builds";
    let arguments = [
        "--reproduce",
        REPRODUCE,
        "--build",
        build,
        "--format",
        "json",
    ];
    let ran = bisect(&sandbox, &arguments).ended(0);
    let answer = answer(&ran);
    assert_eq!(subjects(&answer), ["change 27"]);
    assert_eq!(
        (&answer["decided"], &answer["commits"]),
        (&json!(true), &json!(40))
    );
    assert!(answer["chance"].as_f64().unwrap() >= 0.99);
    // 40 commits are 6 halvings, and each is built once, however often it is run.
    assert!(answer["builds"].as_u64().unwrap() <= 6 + 2, "{answer}");
    assert_eq!(answer["builds"], answer["tried"]);
    assert_eq!(answer["checkout_changed"], false);
    assert_eq!(Checkout::of(&sandbox), before);
    assert_eq!(left_behind(&sandbox), 0);
}

#[test]
fn what_was_found_is_told_for_people() {
    let sandbox = broken(9, 4);
    for (format, golden) in [
        ("text", "incident-bisect.text"),
        ("markdown", "incident-bisect.md"),
    ] {
        let ran = bisect(&sandbox, &["--reproduce", REPRODUCE, "--format", format]).ended(0);
        assert_golden(golden, &sandbox.filtered(&ran.stdout));
    }
}

#[test]
fn a_reproduction_that_lies_at_times_is_asked_until_it_is_sound() {
    let sandbox = broken(20, 13);
    // Every fourth run of all ends the other way.
    let count = sandbox.root().join("count-of-runs");
    let script = format!(
        "echo x >> {0}; lies=$(( $(wc -l < {0}) % 4 == 0 )); {REPRODUCE}; test $? -ne $lies && exit 1; exit 0",
        count.display()
    );
    let ran = bisect(&sandbox, &["--reproduce", &script, "--format", "json"]).ended(0);
    let answer = answer(&ran);
    assert_eq!(subjects(&answer), ["change 13"], "{answer}");
    let lies = |side: &str| answer[side][0].as_u64().unwrap();
    assert!(lies("good_failed") + lies("bad_passed") > 0, "{answer}");
}

#[test]
fn commits_that_do_not_build_or_say_nothing_are_passed_over() {
    let sandbox = broken(12, 9);
    let build = "test $(cat count) -ne 6";
    let script = format!("test $(cat count) -eq 10 && exit 125; {REPRODUCE}");
    let arguments = ["--reproduce", &script, "--build", build, "--format", "json"];
    let ran = bisect(&sandbox, &arguments).ended(0);
    let answer = answer(&ran);
    assert_eq!(subjects(&answer), ["change 9"]);
    let runs = answer["runs"].as_array().unwrap().iter();
    let reasons: Vec<&Value> = runs
        .filter(|run| run["seen"] == "skip")
        .map(|run| &run["why_skipped"])
        .collect();
    let expected = json!("it does not build");
    assert!(reasons.contains(&&expected), "{answer}");
    // Where only such commits are left, all that it may be are named, and it is not met.
    let none_builds = "case $(cat count) in 7|8|9) exit 1;; esac";
    let arguments = [
        "--reproduce",
        REPRODUCE,
        "--build",
        none_builds,
        "--format",
        "json",
    ];
    let ran = bisect(&sandbox, &arguments).ended(1);
    let answer = self::answer(&ran);
    assert_eq!(
        subjects(&answer),
        ["change 7", "change 8", "change 9", "change 10"]
    );
}

#[test]
fn a_build_that_fails_on_what_another_commit_left_is_tried_from_nothing() {
    let sandbox = broken(20, 13);
    // What git ignores stays in a worktree, and this build takes it amiss.
    let build = "test ! -e built && cp count built";
    let arguments = [
        "--reproduce",
        REPRODUCE,
        "--build",
        build,
        "--format",
        "json",
    ];
    let answer = answer(&bisect(&sandbox, &arguments).ended(0));
    assert_eq!(subjects(&answer), ["change 13"]);
    let builds = |key: &str| answer[key].as_u64().unwrap();
    assert!(builds("builds") > builds("tried"), "{answer}");
}

/// A repository whose third commit on a branch broke it, which a merge brought, tagged `v1` before.
fn broken_by_a_merge() -> Sandbox {
    let sandbox = sandbox();
    git(&sandbox, &["init", "--quiet", "--initial-branch=main"]);
    sandbox.write("limit", "10\n");
    commit(&sandbox, "first");
    git(&sandbox, &["tag", "v1"]);
    git(&sandbox, &["switch", "--quiet", "--create", "side"]);
    for (number, limit) in [10, 10, 20, 20].iter().enumerate() {
        sandbox.write("limit", format!("{limit}\n"));
        sandbox.write("side", format!("{number}\n"));
        commit(&sandbox, &format!("side {number}"));
    }
    git(&sandbox, &["switch", "--quiet", "main"]);
    sandbox.write("main", "x\n");
    commit(&sandbox, "on main");
    git(
        &sandbox,
        &["merge", "--quiet", "--no-ff", "--message=the merge", "side"],
    );
    sandbox.write("main", "y\n");
    commit(&sandbox, "last");
    sandbox
}

#[test]
fn what_a_merge_has_brought_is_searched_as_well() {
    let sandbox = broken_by_a_merge();
    let ran = bisect(&sandbox, &["--reproduce", REPRODUCE, "--format", "json"]).ended(0);
    assert_eq!(subjects(&answer(&ran)), ["side 2"]);
}

#[test]
fn a_search_that_was_killed_within_a_merge_runs_nothing_twice() {
    let sandbox = broken_by_a_merge();
    let told = ["assess", "--text", "The limit is reached.", "--open"];
    ran(&sandbox, &told).ended(0);
    let root = sandbox.root().display().to_string();
    let never = begun_and_never_ended(&sandbox);
    // The first commit that is run within what the merge has brought.
    let script = format!(
        "if test \"$(cat side)\" = 1 && ! test -e {root}/go; then {never}; fi; \
         echo x >> {root}/runs; {REPRODUCE}"
    );
    let arguments = ["bisect", "1", "--good", "v1", "--reproduce", &script];
    killed_where_it_has_begun(&sandbox, &arguments);
    let runs = || fs::read_to_string(sandbox.root().join("runs")).unwrap();
    let before = runs().lines().count();
    sandbox.write("../go", "");
    let found = json(&sandbox, &arguments)["incident"]["bisect"].clone();
    assert_eq!(subjects(&found), ["side 2"]);
    let shown = json(&sandbox, &["show", "1"])["incident"]["bisection"].clone();
    let kept = shown["runs"].as_array().unwrap().len();
    assert!(before > 3 && kept > before, "{before} of {kept}");
    assert_eq!(runs().lines().count(), kept);
}

#[test]
fn what_hangs_or_forks_is_ended_and_the_commit_skipped_or_bad() {
    let sandbox = broken(4, 3);
    let before = Checkout::of(&sandbox);
    let pids = sandbox.root().join("pids");
    // It leaves a process of another session behind, and from the bad commit on never ends.
    let script = format!(
        "setsid sleep 1000 & echo $! >> {}; {REPRODUCE} || sleep 1000",
        pids.display()
    );
    let arguments = ["--reproduce", &script, "--seconds", "1", "--format", "json"];
    let ran = bisect(&sandbox, &arguments).ended(1);
    assert!(
        reason(&ran).contains("nothing can be said of HEAD"),
        "{ran}"
    );
    // The control: where hanging is the failure, it is found.
    let ran = bisect(&sandbox, &[&arguments[..], &["--hang-fails"]].concat()).ended(0);
    assert_eq!(subjects(&answer(&ran)), ["change 3"]);
    for pid in fs::read_to_string(&pids).unwrap().lines() {
        let process = PathBuf::from(format!("/proc/{}", pid.trim()));
        assert!(!process.exists(), "{pid} still lives");
    }
    assert_eq!(Checkout::of(&sandbox), before);
    assert_eq!(left_behind(&sandbox), 0);
}

#[test]
fn a_kill_in_the_middle_leaves_the_checkout_as_it_was_and_the_next_call_sweeps() {
    let sandbox = broken(6, 3);
    let before = Checkout::of(&sandbox);
    let script = begun_and_never_ended(&sandbox);
    let arguments = ["bisect", "--good", "v1", "--reproduce", &script];
    killed_where_it_has_begun(&sandbox, &arguments);
    assert_eq!(left_behind(&sandbox), 1);
    assert_eq!(Checkout::of(&sandbox), before);
    // What the host has left may still be ending while the first of these begins.
    for _ in 0..5 {
        bisect(&sandbox, &["--reproduce", REPRODUCE]).ended(0);
    }
    assert_eq!(left_behind(&sandbox), 0);
    assert_eq!(git(&sandbox, &["worktree", "list"]).lines().count(), 1);
    assert_eq!(Checkout::of(&sandbox), before);
}

#[test]
fn ends_that_are_not_what_they_were_said_to_be_are_told_with_the_output() {
    let sandbox = broken(4, 2);
    let ran = bisect(&sandbox, &["--reproduce", "true", "--format", "json"]).ended(1);
    assert!(reason(&ran).contains("passes at HEAD"), "{ran}");
    let ran = bisect(
        &sandbox,
        &[
            "--reproduce",
            "echo no such test; false",
            "--format",
            "json",
        ],
    );
    let ran = ran.ended(1);
    assert!(reason(&ran).contains("fails at v1"), "{ran}");
    assert!(ran.stdout.contains("no such test"), "{ran}");
}

#[test]
fn what_cannot_be_searched_is_refused_with_what_to_do() {
    let sandbox = broken(3, 2);
    let refused = |arguments: &[&str], text: &str| {
        refused(&ran(&sandbox, &[&["bisect"], arguments].concat()), text);
    };
    refused(&["--good", "v1"], "`reproduce` is missing");
    refused(&["--reproduce", "true"], "`good` is missing");
    refused(
        &["--good", "v9", "--reproduce", "true"],
        "\"v9\" is no commit",
    );
    refused(
        &["--good", "-x", "--reproduce", "true"],
        "\"-x\" is no commit",
    );
    refused(
        &["--good", "HEAD", "--bad", "v1", "--reproduce", "true"],
        "no commit lies between",
    );
    refused(
        &["--good", "v1", "--reproduce", "kill -9 $$"],
        "neither good nor bad",
    );
    refused(
        &["--good", "v1", "--reproduce", "exit 200"],
        "neither good nor bad",
    );
    let elsewhere = sandbox.root().join("home");
    let elsewhere = elsewhere.to_str().unwrap();
    let there = ["--repo", elsewhere, "--good", "v1", "--reproduce", "true"];
    refused(&there, "no git repository");
    git(&sandbox, &["init", "--quiet", "--bare", "bare.git"]);
    refused(
        &["--repo", "bare.git", "--good", "v1", "--reproduce", "true"],
        "no work tree",
    );
    git(&sandbox, &["init", "--quiet", "unborn"]);
    refused(
        &["--repo", "unborn", "--good", "v1", "--reproduce", "true"],
        "no commit yet",
    );
    let ran = bisect(
        &sandbox,
        &["--reproduce", "no-such-program", "--reproduce", "x"],
    );
    assert_ne!(ran.code, Some(0), "{ran}");
    assert!(ran.stderr.contains("no-such-program"), "{ran}");
    assert_eq!(left_behind(&sandbox), 0);
}

#[test]
fn commands_can_be_set_and_a_variable_is_handed_on_only_where_it_is_named() {
    let sandbox = broken(5, 4);
    sandbox.user_config(&format!(
        "[plugins.config.incident-responder]\nreproduce = [\"{REPRODUCE}\"]\n"
    ));
    let ran = bisect(&sandbox, &["--format", "json"]).ended(0);
    assert_eq!(subjects(&answer(&ran)), ["change 4"]);
    let script = "test \"$SECRET\" = s || exit 1; test $(cat limit) -lt 20";
    let with = |more: &[&str]| {
        let arguments = ["incident", "bisect", "--good", "v1", "--reproduce", script];
        let mut command = sandbox.command([&arguments[..], more].concat());
        Ran::of(command.env("SECRET", "s").output().unwrap())
    };
    with(&[]).ended(1);
    with(&["--pass", "SECRET"]).ended(0);
}

#[test]
fn a_shallow_or_detached_clone_is_searched_as_far_as_it_goes() {
    let sandbox = broken(6, 4);
    git(
        &sandbox,
        &[
            "clone",
            "--quiet",
            "--depth=4",
            "--no-local",
            ".",
            "../shallow",
        ],
    );
    let shallow = sandbox.root().join("shallow");
    let shallow = shallow.to_str().unwrap();
    let there = [
        "incident",
        "bisect",
        "--repo",
        shallow,
        "--reproduce",
        REPRODUCE,
    ];
    let ran = sandbox
        .run([&there[..], &["--good", "v1"]].concat())
        .ended(3);
    assert!(ran.stderr.contains("--unshallow"), "{ran}");
    let ran = sandbox.run([&there[..], &["--good", "HEAD~3", "--format", "json"]].concat());
    assert_eq!(subjects(&answer(&ran.ended(0))), ["change 4"]);
    git(&sandbox, &["stash", "--quiet"]);
    git(&sandbox, &["switch", "--quiet", "--detach", "HEAD~1"]);
    let ran = bisect(&sandbox, &["--reproduce", REPRODUCE, "--format", "json"]).ended(0);
    assert_eq!(subjects(&answer(&ran)), ["change 4"]);
}

#[test]
fn a_search_that_found_nothing_leaves_open_what_brought_it() {
    let sandbox = broken(4, 2);
    let told = ["assess", "--text", "The limit is reached.", "--open"];
    ran(&sandbox, &told).ended(0);
    let search = ["bisect", "1", "--good", "v1", "--reproduce"];
    let open = "Find out what brought it";
    ran(&sandbox, &[&search[..], &["true"]].concat()).ended(1);
    let learnt = ran(&sandbox, &["postmortem", "1"]).ended(0).stdout;
    assert!(learnt.contains(open), "{learnt}");
    assert!(learnt.contains("it found no commit"), "{learnt}");
    // The control: what was found is no question any more.
    ran(&sandbox, &[&search[..], &[REPRODUCE]].concat()).ended(0);
    let learnt = ran(&sandbox, &["postmortem", "1"]).ended(0).stdout;
    assert!(
        !learnt.contains(open) && learnt.contains("Confirmed by bisect, 99."),
        "{learnt}"
    );
}
