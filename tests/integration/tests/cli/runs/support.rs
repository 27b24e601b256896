//! A sandbox for runs: the coordinator, programs of every system as agents, and pipes by
//! which tests and tasks wait for one another.

use std::fs;
use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::support::{Plugin, Ran, Sandbox};

/// Programs that are agents: each task of `shell` is a script, `echo` gives its prompt back.
pub(crate) const AGENTS: &str = r#"
[agents.shell]
command = "sh"
workspace = "shared"

[agents.json]
command = "sh"
output = "json"
usage = { usd = "/usd", tokens = "/tokens" }

[agents.echo]
command = "cat"
capabilities = ["agent.prompt"]
"#;

/// A sandbox with the coordinator and [`AGENTS`].
pub(crate) fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new(&[Plugin::Swarm]);
    sandbox.user_config(AGENTS);
    sandbox
}

/// Runs a plan that is given on standard input, with what else the command line says.
pub(crate) fn run(sandbox: &Sandbox, plan: &str, more: &[&str]) -> Ran {
    let arguments = [&["run", "-"], more].concat();
    sandbox.run_with_input(&arguments, plan)
}

/// Makes a named pipe in the work folder.
pub(crate) fn pipe(sandbox: &Sandbox, name: &str) {
    let path = sandbox.work().join(name);
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// Waits until somebody has written to a pipe, and gives what.
pub(crate) fn wait_for(sandbox: &Sandbox, name: &str) -> String {
    let mut text = String::new();
    let mut file = fs::File::open(sandbox.work().join(name)).unwrap();
    file.read_to_string(&mut text).unwrap();
    text
}

/// Starts the program in a process group of its own, as a terminal does.
pub(crate) fn start(sandbox: &Sandbox, arguments: &[&str]) -> Child {
    let mut command = sandbox.command(arguments);
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    command.spawn().unwrap()
}

/// The results of the newest run by task.
pub(crate) fn results(sandbox: &Sandbox) -> Vec<(String, String)> {
    let ran = sandbox.run(["results", "latest", "--format", "json"]);
    statuses(&ran.ended(0).json())
}

/// The task of a result in JSON.
#[track_caller]
pub(crate) fn task<'a>(results: &'a Value, id: &str) -> &'a Value {
    let mut tasks = results["tasks"].as_array().unwrap().iter();
    tasks
        .find(|task| task["task_id"] == id)
        .unwrap_or_else(|| panic!("there is no {id} in {results:#}"))
}

/// What tasks came to, with their ids.
pub(crate) fn outputs(results: &Value) -> Vec<(&str, &Value)> {
    let tasks = results["tasks"].as_array().unwrap().iter();
    tasks
        .map(|task| (task["task_id"].as_str().unwrap(), &task["result"]))
        .collect()
}

/// The lines of a run's journal.
#[track_caller]
pub(crate) fn journal(sandbox: &Sandbox, arguments: &[&str]) -> Vec<Value> {
    let ran = sandbox.run([&["log"], arguments].concat()).ended(0);
    lines_of_json(&ran.stdout)
}

/// Every line of a text as JSON; what has no line end is no line.
#[track_caller]
pub(crate) fn lines_of_json(text: &str) -> Vec<Value> {
    assert!(text.is_empty() || text.ends_with('\n'), "{text:?} is cut");
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// Where in the journal something happened to a task.
#[track_caller]
pub(crate) fn moment(journal: &[Value], what: &str, task: &str) -> usize {
    let mut lines = journal.iter();
    lines
        .position(|line| line["type"] == what && line["task"] == task)
        .unwrap_or_else(|| panic!("{task} was never {what}"))
}

/// A plan of the examples.
pub(crate) fn example(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/examples");
    fs::read_to_string(format!("{folder}/{name}.toml")).unwrap()
}

/// The same with one thing changed, which must be there.
#[track_caller]
pub(crate) fn changed(plan: &str, from: &str, to: &str) -> String {
    assert!(plan.contains(from), "{from:?} is not in {plan}");
    plan.replace(from, to)
}

/// Ids and statuses of the tasks of a result in JSON.
pub(crate) fn statuses(results: &Value) -> Vec<(String, String)> {
    let tasks = results["tasks"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    tasks
        .map(|task| (text(&task["task_id"]), text(&task["status"])))
        .collect()
}

/// The run that a message says how to go on with, by the short part of its id.
#[track_caller]
pub(crate) fn run_named_in(text: &str) -> String {
    let (_, rest) = text
        .split_once("--resume ")
        .unwrap_or_else(|| panic!("no way on is told: {text}"));
    rest[..8].to_owned()
}

/// Pairs of texts, to compare with.
pub(crate) fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = expected.iter();
    pairs
        .map(|(id, status)| ((*id).to_owned(), (*status).to_owned()))
        .collect()
}

/// What differs from run to run, replaced: ids, times and durations.
pub(crate) fn steady(text: &str) -> String {
    let words = text.split_inclusive(|it: char| !it.is_ascii_alphanumeric() && it != '-');
    let words: Vec<String> = words.map(without_id).collect();
    words.concat()
}

fn without_id(word: &str) -> String {
    let end = word.trim_end_matches(|it: char| !it.is_ascii_alphanumeric());
    let is_hex = |text: &str| text.chars().all(|it| it.is_ascii_hexdigit());
    let is_short = end.len() == 8 && is_hex(end);
    let is_long = end.len() == 36 && is_hex(&end.replace('-', ""));
    if is_short || is_long {
        return word.replace(end, "[RUN]");
    }
    word.to_owned()
}
