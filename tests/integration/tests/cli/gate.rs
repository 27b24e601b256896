//! Only new findings fail: baselines from files and from commits, changes since a commit,
//! suppressions, and two reports side by side. Every repository is a real one.

mod baselines;
mod changes;
mod compared;
mod formats;
mod refused;
mod suppressions;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{Plugin, Ran, Sandbox};

/// A sandbox with the scanner and the auditor, whose work folder is a repository with one
/// commit: `a.rs` has a debt comment and says no licence.
fn repository() -> Sandbox {
    let sandbox = Sandbox::new(&[Plugin::Scanner, Plugin::Auditor]);
    git(&sandbox, &["init", "--quiet", "--initial-branch=main"]);
    sandbox.write("a.rs", "fn a() {\n    // FIXME: soon\n    work();\n}\n");
    commit(&sandbox, "first");
    sandbox
}

/// Runs git in the work folder, as a user would.
fn git(sandbox: &Sandbox, arguments: &[&str]) -> String {
    git_in(&sandbox.work(), arguments)
}

fn git_in(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org"])
        .args([
            "-c",
            "commit.gpgSign=false",
            "-c",
            "protocol.file.allow=always",
        ])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_DATE", "2026-01-02T03:04:05Z")
        .env("GIT_COMMITTER_DATE", "2026-01-02T03:04:05Z")
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {errors}");
    String::from_utf8(output.stdout)
        .unwrap()
        .trim_end()
        .to_owned()
}

fn commit(sandbox: &Sandbox, message: &str) {
    git(sandbox, &["add", "--all"]);
    git(sandbox, &["commit", "--quiet", "--message", message]);
}

/// Scans in JSON with further arguments.
fn scan(sandbox: &Sandbox, arguments: &[&str]) -> Ran {
    sandbox.run([&["scan", "--format", "json"], arguments].concat())
}

/// Path, rule and state of each finding.
fn states(ran: &Ran) -> Vec<String> {
    let report = ran.json();
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|one| {
            let [path, rule, state] = [&one["location"]["path"], &one["rule"], &one["state"]];
            format!("{} {} {}", text(path), text(rule), text(state))
        })
        .collect()
}

/// Every file in the repository's own folder, with its bytes.
fn snapshot(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push((path.display().to_string(), fs::read(&path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

/// What is left of trees that were checked out for a comparison.
fn left_over(sandbox: &Sandbox) -> Vec<String> {
    let folder = sandbox.root().join("state/checkouts");
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect()
}
