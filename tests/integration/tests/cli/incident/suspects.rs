//! `guildhall incident suspects` on a repository that the test builds.

use super::kept::at;
use super::{json, sandbox};
use crate::support::{Sandbox, commit, git};

/// A history of five commits, of which the third breaks the lock; gives that one.
pub(super) fn history(sandbox: &Sandbox) -> String {
    git(sandbox, &["init", "--quiet", "--initial-branch", "main"]);
    sandbox.write("src/lock.rs", "fn lock() {\n    start();\n    end();\n}\n");
    commit(sandbox, "lock: first");
    sandbox.write("src/parser.rs", "fn parser() {}\n");
    commit(sandbox, "parser: first");
    sandbox.write(
        "src/lock.rs",
        "fn lock() {\n    start();\n    hold_descriptor();\n    end();\n}\n",
    );
    commit(sandbox, "lock: hold the descriptor while it runs");
    let culprit = git(sandbox, &["rev-parse", "HEAD"]);
    sandbox.write("src/parser.rs", "fn parser() {\n    simple();\n}\n");
    commit(sandbox, "parser: simpler");
    sandbox.write("README.md", "read me\n");
    commit(sandbox, "docs: say more");
    culprit
}

const SEEN: &str = "The lock cannot be taken, the descriptor stays open at src/lock.rs:3";

#[test]
fn the_commit_that_broke_it_is_first_and_is_kept_with_the_incident() {
    let sandbox = sandbox();
    let culprit = history(&sandbox);
    let found = json(&sandbox, &["suspects", "--text", SEEN]);
    let ranked = &found["incident"]["suspects"]["ranked"];
    assert_eq!(ranked[0]["commit"], culprit.as_str(), "{ranked:#}");
    assert_eq!(ranked[0]["revert"]["result"], "clean");
    // The same for an incident, from any folder, and it is written down.
    at(
        &sandbox,
        "18:05",
        &["assess", "--text", SEEN, "--repo", ".", "--open"],
    )
    .ended(0);
    sandbox
        .run(["incident", "suspects", "--incident", "last"])
        .ended(0);
    let incident = json(&sandbox, &["show", "last"])["incident"].clone();
    assert_eq!(
        incident["suspects"]["ranked"][0]["commit"],
        culprit.as_str()
    );
    let postmortem = sandbox.run(["incident", "postmortem", "last"]).ended(0);
    assert!(
        postmortem.stdout.contains("candidate, not confirmed"),
        "{postmortem}"
    );
    let both = ["incident", "suspects", "--incident", "last", "--text", SEEN];
    let ran = sandbox.run(both);
    assert!(
        ran.stderr.contains("`incident` tells what was seen"),
        "{ran}"
    );
}

#[test]
fn from_when_on_a_suspect_is_named_is_a_setting_and_a_slip_is_told() {
    let sandbox = sandbox();
    history(&sandbox);
    let suspects = ["suspects", "--text", SEEN];
    let of = |found: &serde_json::Value| found["incident"]["suspects"].clone();
    let table = "[plugins.config.incident-responder.suspects]\n";
    sandbox.user_config(&format!("{table}withhold = 1.0\n"));
    assert!(of(&json(&sandbox, &suspects))["withheld"]["reason"].is_string());
    sandbox.user_config(&format!(
        "{table}withhold = 0.0\nhigh = 0.01\nmost-commits = 3\n"
    ));
    let found = of(&json(&sandbox, &suspects));
    assert_eq!(
        (&found["ranked"][0]["high"], &found["window"]["commits"]),
        (&true.into(), &3.into())
    );
    sandbox.user_config(&format!("{table}high = 55.0\n"));
    let ran = sandbox.run([&["incident"], &suspects[..]].concat());
    assert_ne!(ran.code, Some(0));
    assert!(ran.stderr.contains("`suspects.high` is 55"), "{ran}");
}
