//! `guildhall.merge`: what the tasks of a run changed in worktrees is put together.

use serde_json::{Value, json};

use crate::support::{Plugin, Sandbox, commit, git};

/// Both sides take a newer version; nobody can say which sentence is meant.
const BASE: &str = "[needs]\nserde = \"1.0.1\"\nlog = 1\n\n# The first sentence.\n\nend = 1\n";

const AGENTS: &str = r#"
[agents.shell]
command = "sh"
workspace = "worktree"
"#;

/// A repository with two files, and programs as agents.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new(&[Plugin::Resolver, Plugin::Swarm]);
    sandbox.user_config(AGENTS);
    git(&sandbox, &["init", "--quiet", "--initial-branch=main"]);
    sandbox.write("needs.toml", BASE);
    sandbox.write("more.txt", "more\n");
    commit(&sandbox, "base");
    sandbox
}

/// The plan of the guide, whose tasks do this.
fn plan(sandbox: &Sandbox, [left, right]: [&str; 2], check: &str) {
    let guide = include_str!("../../../../docs/merging.md");
    let (_, plan) = guide.split_once("```toml\nname = \"together\"").unwrap();
    let (plan, _) = plan.split_once("```").unwrap();
    let plan = format!("name = \"together\"{plan}")
        .replace("agent = \"claude\"", "agent = \"shell\"")
        .replace("Speed up the parser.", left)
        .replace("Name what the parser does not understand.", right)
        .replace("cargo test", check);
    assert!(plan.contains(left) && plan.contains(check));
    sandbox.write("plan.toml", plan);
    // What is not committed is in no worktree.
    commit(sandbox, "plan");
}

fn change(from: &str, to: &str) -> String {
    format!("sed -i 's/{from}/{to}/' needs.toml")
}

/// The result of the task that puts together.
fn together(results: &Value) -> Value {
    let mut tasks = results["tasks"].as_array().unwrap().iter();
    let task = tasks.find(|task| task["task_id"] == "together").unwrap();
    task.clone()
}

#[test]
fn agents_that_edit_one_file_are_put_together_and_the_checkout_stays() {
    let sandbox = sandbox();
    let left = change("1.0.1", "1.0.2");
    let right = format!(
        "{} && {}",
        change("1.0.1", "1.0.5"),
        change("end", "finish")
    );
    plan(&sandbox, [&left, &right], "grep -q finish needs.toml");
    let before = git(&sandbox, &["status", "--porcelain", "--branch"]);
    let head = git(&sandbox, &["rev-parse", "HEAD"]);

    let ran = sandbox
        .run(["run", "plan.toml", "--format", "json"])
        .ended(0);
    let task = together(&ran.json());
    let made = &task["result"]["merge"];
    assert_eq!(made["base"], head.as_str());
    assert_eq!(made["order"], json!(["left", "right"]));
    assert_eq!(made["resolved"][0]["by"], "versions");
    let reference = made["reference"].as_str().unwrap();
    let text = git(&sandbox, &["show", &format!("{reference}:needs.toml")]);
    assert_eq!(
        text + "\n",
        BASE.replace("1.0.1", "1.0.5").replace("end", "finish")
    );
    // Both sides are ancestors, so that nothing is merged a second time.
    for side in ["left", "right"] {
        let of_side = git(
            &sandbox,
            &[
                "for-each-ref",
                "--format=%(objectname)",
                &format!("refs/guildhall/*/{side}/*"),
            ],
        );
        git(
            &sandbox,
            &["merge-base", "--is-ancestor", &of_side, reference],
        );
    }
    assert_eq!(
        git(&sandbox, &["status", "--porcelain", "--branch"]),
        before
    );
    assert_eq!(git(&sandbox, &["worktree", "list"]).lines().count(), 1);
}

#[test]
fn what_nobody_can_decide_waits_for_a_person_and_the_run_goes_on_with_the_answer() {
    let sandbox = sandbox();
    let left = change("The first sentence.", "Something that we say.");
    let right = change("The first sentence.", "Another matter altogether, theirs.");
    plan(&sandbox, [&left, &right], "true");
    let ran = sandbox
        .run(["run", "plan.toml", "--format", "json"])
        .ended(1);
    let task = together(&ran.json());
    assert_eq!(task["status"], "failed");
    let said = task["error"].as_str().unwrap();
    assert!(
        said.contains("a person has to decide how right is merged: needs.toml (hunk 1)"),
        "{said}"
    );
    let (_, id) = said.split_once("resolve merge --resume ").unwrap();
    let id = &id[..12];

    // Without an answer nothing changes, and nothing is guessed.
    let again = [
        "run",
        "--resume",
        "latest",
        "--retry-failed",
        "--format",
        "json",
    ];
    sandbox.run(again).ended(1);
    let answer = ["resolve", "merge", "--resume", id, "--answer", "1=both"];
    sandbox.run(answer).ended(0);
    let ran = sandbox.run(again).ended(0);
    let task = together(&ran.json());
    let made = &task["result"]["merge"];
    assert_eq!(made["resolved"][0]["by"], "answer");
    let file = format!("{}:needs.toml", made["commit"].as_str().unwrap());
    let text = git(&sandbox, &["show", &file]);
    let both = "# Something that we say.\n# Another matter altogether, theirs.";
    assert_eq!(text + "\n", BASE.replace("# The first sentence.", both));
}

#[test]
fn branches_are_put_together_by_hand_and_a_check_can_refuse_the_result() {
    let sandbox = sandbox();
    for (name, file) in [("one", "one.txt"), ("two", "two.txt")] {
        git(&sandbox, &["checkout", "--quiet", "-b", name, "main"]);
        sandbox.write(file, name);
        commit(&sandbox, name);
    }
    git(&sandbox, &["checkout", "--quiet", "main"]);
    let told = ["resolve", "together", "--side", "one", "--side", "two"];
    let ran = sandbox.run([&told[..], &["--check", "test -f one.txt -a -f two.txt"]].concat());
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(ran.stdout.contains("merged by git"), "{ran}");
    let wide = ran.stdout.lines().all(|line| line.chars().count() <= 80);
    assert!(wide, "{ran}");
    assert!(!sandbox.work().join("one.txt").exists());
    let ran = sandbox.run([&told[..], &["--check", "echo no good >&2; false"]].concat());
    assert_ne!(ran.code, Some(0));
    assert!(
        ran.stderr
            .contains("does not succeed in the result: no good"),
        "{ran}"
    );
    for (more, words) in [
        (vec![], "`side` is missing"),
        (
            vec!["--side", "nobody"],
            "names \"nobody\", which is no commit here",
        ),
        (vec!["--side", "one", "--onto", "nobody"], "nobody"),
        (
            vec!["--side", "one", "--folder", "/"],
            "/ is in no git repository",
        ),
    ] {
        let ran = sandbox.run([&["resolve", "together"], &more[..]].concat());
        assert_ne!(ran.code, Some(0), "{more:?}");
        assert!(ran.stderr.contains(words), "{words}: {ran}");
    }
}

#[test]
fn a_file_that_one_side_deleted_is_for_a_person() {
    let sandbox = sandbox();
    plan(&sandbox, ["rm more.txt", "echo again >> more.txt"], "true");
    let ran = sandbox
        .run(["run", "plan.toml", "--format", "json"])
        .ended(1);
    let said = together(&ran.json())["error"].as_str().unwrap().to_owned();
    assert!(said.contains("more.txt: "), "{said}");
    assert!(said.contains("deleted"), "{said}");
    let (_, id) = said.split_once("resolve merge --resume ").unwrap();
    let answer = |what: &str| {
        let answer = format!("more.txt={what}");
        sandbox.run([
            "resolve",
            "merge",
            "--resume",
            &id[..12],
            "--answer",
            &answer,
        ])
    };
    let ran = answer("both");
    assert!(
        ran.stderr.contains("take `ours` or `theirs` of it"),
        "{ran}"
    );
    answer("theirs").ended(0);
    let again = [
        "run",
        "--resume",
        "latest",
        "--retry-failed",
        "--format",
        "json",
    ];
    let task = together(&sandbox.run(again).ended(0).json());
    let commit = task["result"]["merge"]["commit"].as_str().unwrap();
    // The order is that of the fewest conflicts: the deletion came first, and theirs is the line.
    let text = git(&sandbox, &["show", &format!("{commit}:more.txt")]);
    assert_eq!(text, "more\nagain");
}
