//! `guildhall.toml`, the trust in it, and the user's own file.

use std::fs;

use serde_json::json;

use crate::support::{CPlugin, Plugin, Ran, Sandbox, c_agent, installed};

/// A function of twelve lines.
const TWELVE: &str = "fn f() {\n\n\n\n\n\n\n\n\n\n\n}\n";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new(&[Plugin::Scanner]);
    sandbox.write("tree/src/a.rs", TWELVE);
    sandbox
}

fn limit(lines: u32) -> String {
    format!("[scan.rules.long-function]\nthreshold = {lines}\n")
}

fn findings(ran: &Ran) -> usize {
    ran.json()["findings"].as_array().unwrap().len()
}

fn scan(sandbox: &Sandbox, arguments: &[&str]) -> Ran {
    let all = [&["scan", "--format", "json"], arguments].concat();
    sandbox.run(all).ended(0)
}

#[test]
fn the_nearest_file_above_the_scanned_folder_counts() {
    let sandbox = sandbox();
    assert_eq!(findings(&scan(&sandbox, &["tree/src"])), 0);
    sandbox.write("guildhall.toml", limit(5));
    assert_eq!(findings(&scan(&sandbox, &["tree/src"])), 1);
    sandbox.write("tree/guildhall.toml", limit(50));
    assert_eq!(findings(&scan(&sandbox, &["tree/src"])), 0);
    assert_eq!(
        findings(&scan(&sandbox, &["."])),
        1,
        "the root's file is the nearest here"
    );
}

#[test]
fn the_users_own_file_counts_and_the_projects_wins() {
    let sandbox = sandbox();
    sandbox.user_config(&limit(5));
    assert_eq!(findings(&scan(&sandbox, &["tree"])), 1);
    sandbox.write("tree/guildhall.toml", limit(50));
    assert_eq!(findings(&scan(&sandbox, &["tree"])), 0);
}

#[test]
fn a_file_given_by_name_replaces_the_projects() {
    let sandbox = sandbox();
    sandbox.write("tree/guildhall.toml", limit(50));
    let strict = sandbox.write("strict.toml", limit(5));
    assert_eq!(
        findings(&scan(
            &sandbox,
            &["tree", "--config", strict.to_str().unwrap()]
        )),
        1
    );
    let ran = sandbox
        .run(["scan", "tree", "--config", "missing.toml"])
        .ended(2);
    assert!(ran.stderr.contains("missing.toml"), "{ran}");
}

#[test]
fn a_file_sets_format_and_gate_and_arguments_win() {
    let sandbox = sandbox();
    let text = format!(
        "[scan]\nfail-on = \"minor\"\n[output]\nformat = \"json\"\n{}",
        limit(5)
    );
    sandbox.write("tree/guildhall.toml", text);
    let ran = sandbox.run(["scan", "tree"]).ended(1);
    assert_eq!(findings(&ran), 1);
    let ran = sandbox
        .run(["scan", "tree", "--fail-on", "never", "--format", "text"])
        .ended(0);
    assert!(ran.stdout.starts_with("1 finding in 1 file"), "{ran}");
}

#[test]
fn an_unknown_key_is_pointed_at_with_the_nearest_known() {
    let sandbox = sandbox();
    sandbox.write(
        "tree/guildhall.toml",
        "[scan.rules.long-function]\ntreshold = 5\n",
    );
    sandbox.run(["scan", "tree"]).failed(
        2,
        "error: tree/guildhall.toml:2:1: unknown key `treshold` in `[scan.rules.long-function]`\n  \
         |\n2 | treshold = 5\n  | ^^^^^^^^\n  = help: did you mean `threshold`?\n",
    );
}

#[test]
fn a_rule_that_no_agent_has_is_warned_of() {
    let sandbox = sandbox();
    sandbox.write(
        "tree/guildhall.toml",
        "[scan.rules]\nlong-functoin = { threshold = 5 }\nlong-function = { threshold = 5 }\n",
    );
    let ran = scan(&sandbox, &["tree"]);
    assert_eq!(
        ran.stderr,
        " WARN `scan.rules.long-functoin` is configured, but no agent has such a rule; \
         `guildhall explain --all` lists the rules\n"
    );
    assert_eq!(findings(&ran), 1);
}

/// An agent that leaves a mark when it is loaded.
fn spy(sandbox: &Sandbox) -> CPlugin {
    let mark = sandbox.root().join("mark");
    let capability = json!({"name": "guildhall.scan", "version": "1.0.0"});
    c_agent(
        &json!({"id": "spy", "version": "1.0.0", "protocol": "^1", "summary": "Leaves a mark",
                "panic": "none", "capabilities": [capability]}),
        &[&format!("MARKER={:?}", mark.to_str().unwrap()), "FAILS"],
    )
}

#[test]
fn scanning_a_hostile_clone_runs_none_of_its_code_until_it_is_trusted() {
    let sandbox = sandbox();
    let spy = spy(&sandbox);
    fs::copy(&spy.path, sandbox.write("tree/spy.so", "")).unwrap();
    let file = sandbox.write("tree/guildhall.toml", "[plugins]\nfiles = [\"spy.so\"]\n");
    let mark = sandbox.root().join("mark");

    let ran = scan(&sandbox, &["tree"]);
    assert_eq!(
        ran.stderr,
        " WARN tree/guildhall.toml: ignored `plugins.files`: only your own configuration or a file \
         that you trust may set this; read the file, then run `guildhall trust tree/guildhall.toml`\n"
    );
    assert!(!mark.exists(), "code of the clone was run");

    let ran = sandbox.run(["trust", "tree/guildhall.toml"]).ended(0);
    assert!(
        ran.stdout
            .contains("is trusted as it is now\n  it may set plugins.files\n"),
        "{ran}"
    );
    sandbox.run(["scan", "tree"]).ended(4);
    assert!(mark.exists(), "the trusted file names the agent");

    fs::remove_file(&mark).unwrap();
    fs::write(&file, "# edited\n[plugins]\nfiles = [\"spy.so\"]\n").unwrap();
    let ran = scan(&sandbox, &["tree"]);
    assert!(
        ran.stderr
            .contains("the file has changed since it was trusted"),
        "{ran}"
    );
    assert!(!mark.exists(), "an edit ends the trust");
}

#[test]
fn trust_is_listed_and_taken_back() {
    let sandbox = sandbox();
    let file = sandbox.write("tree/guildhall.toml", "[plugins]\nfolders = [\"p\"]\n");
    sandbox.run(["trust", "tree/guildhall.toml"]).ended(0);
    let listed = sandbox.run(["trust", "--list"]).ended(0).stdout;
    assert!(
        listed
            .trim_end()
            .ends_with(&format!("  {}", file.display())),
        "{listed}"
    );
    assert_eq!(scan(&sandbox, &["tree"]).stderr, "");
    let ran = sandbox
        .run(["trust", "--revoke", "tree/guildhall.toml"])
        .ended(0);
    assert_eq!(ran.stdout, "tree/guildhall.toml is trusted no more\n");
    assert_eq!(sandbox.run(["trust", "--list"]).ended(0).stdout, "");
    assert!(
        scan(&sandbox, &["tree"])
            .stderr
            .contains("ignored `plugins.folders`")
    );
}

#[test]
fn trust_in_a_clone_that_was_removed_is_taken_back_and_what_was_not_trusted_is_told() {
    let sandbox = sandbox();
    sandbox.write("tree/guildhall.toml", "[plugins]\nfolders = [\"p\"]\n");
    sandbox.run(["trust", "./tree"]).ended(0);
    fs::remove_dir_all(sandbox.work().join("tree")).unwrap();
    let ran = sandbox.run(["trust", "--revoke", "./tree"]).ended(0);
    assert_eq!(ran.stdout, "tree/guildhall.toml is trusted no more\n");
    assert_eq!(sandbox.run(["trust", "--list"]).ended(0).stdout, "");
    sandbox.run(["trust", "--revoke", "./tree"]).failed(
        2,
        "error: nothing is taken back: `./tree` is not trusted; `guildhall trust --list` lists \
         what is\n",
    );
}

#[test]
fn the_users_own_file_names_plugins_without_asking() {
    let sandbox = Sandbox::new(&[]);
    let folder = installed().folder_of(Plugin::Hello);
    sandbox.user_config(&format!(
        "[plugins]\nfolders = [{:?}]\n",
        folder.to_str().unwrap()
    ));
    let ran = sandbox.run(["hello", "greet", "--name", "Ada"]).ended(0);
    assert_eq!(
        (ran.stdout.as_str(), ran.stderr.as_str()),
        ("Hello, Ada!\n", "")
    );
    let doctor = sandbox.run(["doctor"]).ended(0).stdout;
    assert!(
        doctor.contains("config/config.toml (user; your own)\n"),
        "{doctor}"
    );
}
