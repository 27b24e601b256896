//! What a scan found worth doing, done by agents: programs that every system has.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::support::{outputs, task};
use crate::support::{Plugin, Ran, Sandbox, commit, git};

/// An agent that writes a line into the one file that it is asked to change, and one that
/// gives back what it is asked.
const AGENTS: &str = r#"
[agents.mender]
command = "sh"
stdin = "json"
args = ["-c", '''
file=$(tr -d ' \n' | sed 's/.*"files":\["\([^"]*\)"\].*/\1/')
echo "// mended" >> "$file"
echo "$file"
''']

[agents.reader]
command = "cat"
capabilities = ["agent.prompt"]
"#;

/// A repository in which `count` files have a function each that is hard to follow, the
/// first the hardest.
fn hard(count: usize) -> Sandbox {
    let sandbox = Sandbox::new(&[Plugin::Scanner, Plugin::Swarm]);
    sandbox.user_config(AGENTS);
    git(&sandbox, &["init", "--quiet", "--initial-branch=main"]);
    for number in 0..count {
        let branches = (0..20 - number).map(|at| {
            format!("    if a > {at} {{ if b > {at} {{ if a > b {{ work{number}({at}); }} }} }}\n")
        });
        let body: String = branches.collect();
        let text = format!("pub fn hard{number}(a: u32, b: u32) {{\n{body}}}\n");
        sandbox.write(&format!("src/hard{number}.rs"), text);
    }
    commit(&sandbox, "first");
    sandbox
}

/// The report of a scan, in a file beside the work folder.
fn report(sandbox: &Sandbox) -> (PathBuf, Value) {
    let report = sandbox.run(["scan", "--format", "json"]).ended(0).json();
    (keep(sandbox, &report), report)
}

fn keep(sandbox: &Sandbox, report: &Value) -> PathBuf {
    let path = sandbox.root().join("report.json");
    fs::write(&path, report.to_string()).unwrap();
    path
}

/// A report whose plan of action has these items.
fn with_items(sandbox: &Sandbox, items: &Value) -> PathBuf {
    let (_, mut report) = report(sandbox);
    report["plans"] = json!([
        {"agent": "somebody", "id": "advice", "title": "Advice", "items": items}
    ]);
    keep(sandbox, &report)
}

fn act(sandbox: &Sandbox, report: &Path, more: &[&str]) -> Ran {
    let report = report.to_str().unwrap();
    sandbox.run([&["act", report], more].concat())
}

#[test]
fn the_five_best_opportunities_of_a_scan_are_done_by_agents_and_the_checkout_stays() {
    let sandbox = hard(7);
    let (path, report) = report(&sandbox);
    let items = report["plans"][0]["items"].as_array().unwrap();
    // The scan proposes what is worth most, not all seven.
    assert_eq!(items.len(), 5);
    let ran = act(&sandbox, &path, &["--agent", "mender", "--format", "json"]);
    let results = ran.ended(0).json();
    assert_eq!(results["tasks"].as_array().unwrap().len(), 5);
    for item in items {
        let file = item["locations"][0]["path"].as_str().unwrap();
        let done = task(&results, item["id"].as_str().unwrap());
        assert_eq!(done["result"], file);
        let receipt = &done["agent_context"]["receipt"];
        let kept = receipt["details"]["workspace"]["reference"].as_str();
        let kept = kept.unwrap_or_else(|| panic!("{receipt:#}"));
        let changed = git(&sandbox, &["diff", "--name-only", "HEAD", kept]);
        assert_eq!(changed, file);
        assert!(git(&sandbox, &["show", &format!("{kept}:{file}")]).ends_with("// mended"));
    }
    assert_eq!(git(&sandbox, &["status", "--porcelain"]), "");
}

#[test]
fn as_many_are_done_as_are_asked_for() {
    let sandbox = hard(6);
    let (path, report) = report(&sandbox);
    let second = report["plans"][0]["items"][1]["id"].as_str().unwrap();
    let done = |more: &[&str]| {
        let all = [&["--agent", "mender", "--format", "json"], more].concat();
        let results = act(&sandbox, &path, &all).ended(0).json();
        let tasks = results["tasks"].as_array().unwrap().iter();
        let ids = tasks.map(|task| task["task_id"].as_str().unwrap().to_owned());
        ids.collect::<Vec<_>>()
    };
    assert_eq!(done(&["--top", "1"]), ["opportunity-1"]);
    assert_eq!(done(&["--item", second]), [second]);
    assert_eq!(done(&["--top", "3"]).len(), 3);
    assert_eq!(done(&["--top", "99"]).len(), 5);
}

#[test]
fn what_must_be_done_before_comes_first_and_texts_are_no_templates() {
    let sandbox = hard(1);
    let brace = "Say {{ name }} {% if %} {# and #} {{{";
    let path = with_items(
        &sandbox,
        &json!([
            {"id": "last", "title": "End", "reason": "it is last", "after": ["first", "gone"]},
            {"id": "first", "title": brace, "reason": "it is first", "verify": "true"},
            {"id": "other", "title": "Another", "reason": "nobody asks for it"},
        ]),
    );
    let who = [
        "--item",
        "last",
        "--capability",
        "agent.prompt",
        "--workspace",
        "temporary",
    ];
    let with = |more: &[&str]| act(&sandbox, &path, &[&who, more].concat()).ended(0).json();
    let plan = with(&["--show-plan"]);
    assert_eq!(plan["task"][0]["needs"], json!(["first"]));
    assert_eq!(plan["task"].as_array().unwrap().len(), 2);
    let results = with(&["--format", "json"]);
    let answer = task(&results, "first")["result"].as_str().unwrap();
    let begin = format!("{brace}.\n\nWhy: it is first\n");
    assert!(answer.starts_with(&begin), "{answer}");
    assert!(
        answer.contains("How to see that it is done: true\n"),
        "{answer}"
    );
    // What is shown is what is carried out.
    let again = sandbox.run_with_input(&["run", "-", "--format", "json"], &plan.to_string());
    assert_eq!(outputs(&again.ended(0).json()), outputs(&results));
}

#[test]
fn ids_that_are_none_of_tasks_are_numbered() {
    let sandbox = hard(1);
    let path = with_items(
        &sandbox,
        &json!([
            {"id": "a b", "title": "One", "reason": "why"},
            {"id": "same", "title": "Two", "reason": "why"},
            {"id": "same", "title": "Three", "reason": "why"},
        ]),
    );
    let ran = act(&sandbox, &path, &["--agent", "reader", "--show-plan"]);
    let plan = ran.ended(0).json();
    let tasks = plan["task"].as_array().unwrap().iter();
    let ids: Vec<&Value> = tasks.map(|task| &task["id"]).collect();
    assert_eq!(ids, ["item..1", "item..2", "item..3"]);
}

#[test]
fn a_task_is_told_what_was_found_at_its_place_and_not_elsewhere() {
    let sandbox = hard(2);
    let (path, _) = report(&sandbox);
    let ran = act(&sandbox, &path, &["--agent", "reader", "--show-plan"]);
    let plan = ran.ended(0).json();
    for task in plan["task"].as_array().unwrap() {
        let file = &task["input"]["files"][0];
        let findings = task["input"]["findings"].as_array().unwrap();
        let has = |rule: &str| findings.iter().any(|one| one["rule"] == rule);
        assert!(has("cognitive-complexity"), "{task:#}");
        let mut places = findings.iter().map(|one| &one["location"]["path"]);
        assert!(places.all(|path| path == file), "{task:#}");
    }
}

#[test]
fn what_cannot_be_acted_on_is_told() {
    let sandbox = hard(1);
    let (path, _) = report(&sandbox);
    let name = path.to_str().unwrap();
    let refused = |more: &[&str], code: i32, stderr: String| {
        let all = [&["--agent", "reader"], more].concat();
        act(&sandbox, &path, &all).failed(code, &stderr);
    };
    refused(
        &["--item", "opportunity-2"],
        2,
        format!("error: {name} has no item opportunity-2\n\nhelp: did you mean `opportunity-1`?\n"),
    );
    refused(
        &["--plan", "advice"],
        2,
        format!("error: {name} has no plan advice\n\nhelp: it has opportunities\n"),
    );
    let elsewhere = sandbox.root().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let folder = elsewhere.to_str().unwrap();
    refused(
        &["--folder", folder],
        3,
        format!(
            "error: the report is about src/hard0.rs, which is not in {folder}\n\nhelp: give the \
             folder that was scanned with --folder, or scan anew\n"
        ),
    );
    with_items(&sandbox, &json!([]));
    refused(
        &[],
        3,
        format!(
            "error: {name} has no plan of action: nothing was found worth doing\n\nhelp: scan a \
             folder where an agent has something to propose\n"
        ),
    );
    let same = |title: &str| json!({"id": "same", "title": title, "reason": "why"});
    with_items(&sandbox, &json!([same("One"), same("Two")]));
    refused(
        &["--item", "same"],
        2,
        format!(
            "error: several plans of {name} have an item same\n\nhelp: say which plan with --plan\n"
        ),
    );
    fs::write(&path, "{}").unwrap();
    refused(
        &[],
        3,
        format!(
            "error: {name} is no report of a scan\n\nhelp: give what `guildhall scan --format \
             json` prints\n"
        ),
    );
}

#[test]
fn a_place_whose_name_is_odd_is_found_in_the_folder() {
    use std::os::unix::ffi::OsStrExt as _;

    let sandbox = hard(1);
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9\\.rs");
    fs::write(sandbox.work().join(name), "fn a() {}\n").unwrap();
    let at = |path: &str| {
        let place = json!({"path": path, "start": {"line": 1, "column": 1}});
        let item = json!({"id": "a", "title": "One", "reason": "why", "locations": [place]});
        let path = with_items(&sandbox, &json!([item]));
        act(&sandbox, &path, &["--agent", "mender", "--show-plan"])
    };
    at(r"caf\xE9\\.rs").ended(0);
    at(r"cafe\\.rs").ended(3);
}
