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

use serde_json::Value;

use crate::support::{Plugin, Ran, Sandbox, commit, git};

/// A sandbox with the scanner and the auditor, whose work folder is a repository with one
/// commit: `a.rs` has a debt comment and says no licence.
fn repository() -> Sandbox {
    let sandbox = Sandbox::new(&[Plugin::Scanner, Plugin::Auditor]);
    git(&sandbox, &["init", "--quiet", "--initial-branch=main"]);
    sandbox.write("a.rs", "fn a() {\n    // FIXME: soon\n    work();\n}\n");
    commit(&sandbox, "first");
    sandbox
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
    let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    // A lock for all of them stays.
    names.filter(|name| name != ".guildhall.lock").collect()
}
