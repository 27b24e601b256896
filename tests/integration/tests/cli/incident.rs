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

use crate::support::{Plugin, Sandbox, git};

fn sandbox() -> Sandbox {
    Sandbox::new(&[Plugin::Responder])
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
