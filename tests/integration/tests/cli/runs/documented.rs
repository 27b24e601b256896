//! The template, the examples and the guide.

use std::process::Command;

use super::support::{pairs, sandbox, statuses};
use crate::support::Sandbox;

/// The template with its parameters.
const FEATURE: [&str; 9] = [
    "run",
    "--template",
    "feature",
    "--set",
    "agent=echo",
    "--set",
    "feature=single sign-on",
    "--format",
    "json",
];

/// Makes the work folder a repository with a first commit.
fn repository(sandbox: &Sandbox) {
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"];
        let status = Command::new("git")
            .args(identity)
            .args(arguments)
            .current_dir(sandbox.work())
            .status();
        assert!(status.unwrap().success());
    };
    sandbox.write("README.md", "a project\n");
    git(&["init", "--quiet"]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message", "first"]);
}

#[test]
fn the_template_is_listed_and_shown() {
    let sandbox = sandbox();
    let list = sandbox.run(["template", "list"]).ended(0);
    for line in ["feature\n", "  --set agent=...\n", "  --set feature=...\n"] {
        assert!(list.stdout.contains(line), "{list}");
    }
    assert!(list.stdout.lines().all(|line| line.len() <= 80), "{list}");
    // What is shown is a plan.
    let text = sandbox.run(["template", "show", "feature"]).ended(0).stdout;
    sandbox.write("mine.toml", text);
    let more = ["--set", "agent=echo", "--set", "feature=x", "--check"];
    sandbox
        .run([&["run", "mine.toml"], &more[..]].concat())
        .ended(0);
    let ran = sandbox.run(["run", "--template", "feature"]).ended(2);
    for word in ["`agent`", "`feature`", "guildhall template show feature"] {
        assert!(ran.stderr.contains(word), "{ran}");
    }
}

#[test]
fn the_template_is_carried_out_by_any_agent() {
    let sandbox = sandbox();
    repository(&sandbox);
    let results = sandbox.run(FEATURE).ended(0).json();
    let parts = ["api", "docs", "frontend", "migrations", "tests"];
    assert_eq!(
        statuses(&results),
        pairs(&parts.map(|part| (part, "completed")))
    );
    let prompt = results["tasks"][0]["result"].as_str().unwrap();
    assert!(prompt.contains("API of single sign-on"), "{prompt}");
    assert!(prompt.contains("The feature: single sign-on"), "{prompt}");
}

#[test]
fn a_worktree_without_a_repository_is_told() {
    let sandbox = sandbox();
    let ran = sandbox.run(FEATURE).ended(1);
    let error = ran.json()["tasks"][0]["error"].as_str().unwrap().to_owned();
    assert!(error.contains("is not in a git repository"), "{error}");
}
