//! `guildhall incident`: what an on-call engineer sees.

mod assess;
mod bisect;
mod deploy;
mod hotfix;
mod kept;
mod life;
mod logs;
mod responding;
mod suspects;
mod together;
mod watch;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::runs::support::{pipe, wait_for};
use crate::support::{Plugin, Ran, Sandbox, git};

fn sandbox() -> Sandbox {
    Sandbox::new(&[Plugin::Responder])
}

/// Runs `guildhall incident`.
fn ran(sandbox: &Sandbox, arguments: &[&str]) -> Ran {
    sandbox.run([&["incident"], arguments].concat())
}

/// What it prints as JSON, where it met what was asked for.
#[track_caller]
fn json(sandbox: &Sandbox, arguments: &[&str]) -> Value {
    let ran = ran(sandbox, &[arguments, &["--format", "json"]].concat());
    ran.ended(0).json()
}

/// Fails unless it was refused as wrong input, with this text and nothing printed.
#[track_caller]
fn refused(ran: &Ran, text: &str) {
    assert_eq!(ran.code, Some(3), "{ran}");
    assert!(ran.stderr.contains(text), "{ran}");
    assert_eq!(ran.stdout, "");
}

/// Why what was asked for was not met.
fn reason(ran: &Ran) -> String {
    ran.json()["outcome"]["reason"].as_str().unwrap().to_owned()
}

/// A line for the shell that says in the pipe `../begun` that it has begun, and never ends.
fn begun_and_never_ended(sandbox: &Sandbox) -> String {
    pipe(sandbox, "../begun");
    format!(
        "echo begun > {}; sleep 1000",
        sandbox.root().join("begun").display()
    )
}

/// Runs `guildhall incident` until such a line has begun, and kills everything of it.
fn killed_where_it_has_begun(sandbox: &Sandbox, arguments: &[&str]) {
    let mut command = sandbox.command([&["incident"], arguments].concat());
    let mut host = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    assert_eq!(wait_for(sandbox, "../begun"), "begun\n");
    for child in children(host.id()) {
        let killed = Command::new("kill").args(["-9", &child]).status();
        assert!(killed.unwrap().success());
    }
    host.wait().unwrap();
}

/// What stands in a file, where it is there.
fn content(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok()
}

/// What a user has in a checkout: the working files and the index byte for byte, and what git
/// says of them and of the branches.
#[derive(Debug, PartialEq, Eq)]
struct Checkout {
    said: Vec<String>,
    index: Vec<u8>,
    files: Vec<(String, Vec<u8>)>,
}

impl Checkout {
    fn of(sandbox: &Sandbox) -> Self {
        let index = fs::read(sandbox.work().join(".git/index")).unwrap();
        let said = [
            ["status", "--porcelain=v2", "--branch", "--ignored"].as_slice(),
            &["stash", "list"],
            &["for-each-ref"],
        ];
        let said = said.map(|arguments| {
            let plain = ["--no-optional-locks"];
            git(sandbox, &[&plain[..], arguments].concat())
        });
        Self {
            said: said.into(),
            index,
            files: files(sandbox),
        }
    }
}

/// The files of the checkout, git's own folder excepted.
fn files(sandbox: &Sandbox) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut folders = vec![sandbox.work()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if path.file_name().is_some_and(|name| name != ".git") {
                    folders.push(path);
                }
                continue;
            }
            let name = path.to_string_lossy().into_owned();
            files.push((name, fs::read(&path).unwrap()));
        }
    }
    files.sort();
    files
}

/// Worktrees that are left, locks of ours excepted.
fn left_behind(sandbox: &Sandbox) -> usize {
    let entries = fs::read_dir(sandbox.root().join("state/runs/workspaces"));
    let names = entries
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().file_name());
    names
        .filter(|name| !name.to_string_lossy().starts_with('.'))
        .count()
}

/// The processes that a process has begun.
fn children(parent: u32) -> Vec<String> {
    let listed = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"));
    let listed = listed.unwrap();
    listed.split_whitespace().map(str::to_owned).collect()
}
