//! Pipes that are closed, and interrupts.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde_json::json;

use crate::support::{CPlugin, Plugin, Ran, Sandbox, c_agent, commit, git, with_git_that_stops};

/// A scan of a tree with so many findings that no pipe holds the report.
fn much() -> Sandbox {
    let sandbox = Sandbox::new(&[Plugin::Scanner]);
    sandbox.write("a.rs", "// TODO: one of very many\n".repeat(5_000));
    sandbox
}

#[test]
fn a_reader_that_leaves_early_is_fine() {
    let sandbox = much();
    for format in ["text", "json", "html"] {
        let mut command = sandbox.command(["scan", "--verbose", "--format", format]);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut reader = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        reader.read_line(&mut first).unwrap();
        drop(reader);
        assert!(!first.is_empty());
        Ran::of(child.wait_with_output().unwrap()).failed(0, "");
    }
}

#[test]
fn a_reader_that_is_gone_before_the_start_is_fine() {
    let sandbox = much();
    for arguments in [
        ["--help"].as_slice(),
        &["scan", "--help"],
        &["schema", "report"],
        &["plugin", "list"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ran = Ran::of(sandbox.command(arguments).stdout(writer).output().unwrap());
        ran.failed(0, "");
    }
}

/// An agent that scans until it is asked to end, and the pipe on which it tells that
/// it has begun.
fn endless(sandbox: &Sandbox) -> CPlugin {
    let begun = sandbox.root().join("begun");
    let made = Command::new("mkfifo").arg(&begun).status().unwrap();
    assert!(made.success());
    let capability = json!({"name": "guildhall.scan", "version": "1.0.0"});
    c_agent(
        &json!({"id": "endless", "version": "1.0.0", "protocol": "^1", "summary": "Goes on",
                "panic": "none", "capabilities": [capability]}),
        &[&format!("WAITS={:?}", begun.to_str().unwrap())],
    )
}

/// Starts a scan in a process group of its own and waits until the agent works.
fn begin(sandbox: &Sandbox, arguments: &[&str]) -> Child {
    let mut command = sandbox.command(arguments);
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    let child = command.spawn().unwrap();
    let mut said = Vec::new();
    // The agent opens the pipe and closes it.
    fs::File::open(sandbox.root().join("begun"))
        .unwrap()
        .read_to_end(&mut said)
        .unwrap();
    child
}

fn pid(child: &Child) -> Pid {
    Pid::from_child(child)
}

fn entries(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn an_interrupt_ends_with_130_and_leaves_files_alone() {
    let mut sandbox = Sandbox::new(&[]);
    let agent = endless(&sandbox);
    sandbox.add_plugins(agent.path.parent().unwrap());
    sandbox.write("report.txt", "of last week\n");
    let child = begin(&sandbox, &["scan", "--output", "report.txt"]);
    // A terminal sends it to the whole group.
    kill_process_group(pid(&child), Signal::INT).unwrap();
    Ran::of(child.wait_with_output().unwrap()).failed(130, "error: interrupted\n");
    assert_eq!(entries(&sandbox.work()), ["report.txt"]);
    assert_eq!(
        fs::read_to_string(sandbox.work().join("report.txt")).unwrap(),
        "of last week\n"
    );
}

#[test]
fn what_a_killed_scan_left_of_its_output_goes_with_the_next() {
    let mut sandbox = Sandbox::new(&[]);
    let agent = endless(&sandbox);
    sandbox.add_plugins(agent.path.parent().unwrap());
    sandbox.write("report.txt", "of last week\n");
    let mut child = begin(&sandbox, &["scan", "--output", "report.txt"]);
    let left = entries(&sandbox.work());
    assert_eq!(left.len(), 2, "{left:?}");
    // Another one at the same time leaves it alone.
    let other = begin(&sandbox, &["scan", "--output", "report.txt"]);
    assert_eq!(entries(&sandbox.work()).len(), 3);
    kill_process_group(pid(&other), Signal::INT).unwrap();
    Ran::of(other.wait_with_output().unwrap()).ended(130);
    assert_eq!(entries(&sandbox.work()), left);
    kill_process_group(pid(&child), Signal::KILL).unwrap();
    child.wait().unwrap();
    // Whoever still ends has ended when nobody writes it any more.
    let partial = fs::File::open(sandbox.work().join(&left[1])).unwrap();
    partial.lock().unwrap();
    drop(partial);
    let ended = begin(&sandbox, &["scan", "--output", "report.txt"]);
    let now = entries(&sandbox.work());
    assert!(now.len() == 2 && now != left, "{now:?}");
    kill_process_group(pid(&ended), Signal::INT).unwrap();
    Ran::of(ended.wait_with_output().unwrap()).ended(130);
    assert_eq!(entries(&sandbox.work()), ["report.txt"]);
}

#[test]
fn an_interrupt_while_git_is_asked_for_the_commit_ends_the_scan() {
    let sandbox = Sandbox::new(&[Plugin::Auditor]);
    git(&sandbox, &["init", "--quiet", "--initial-branch=main"]);
    sandbox.write("a.rs", "fn a() {}\n");
    commit(&sandbox, "first");
    let mut command = sandbox.command(["scan", "--output", "report.txt"]);
    with_git_that_stops(&sandbox, &mut command, "HEAD^{commit}");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.process_group(0).spawn().unwrap();
    fs::read_to_string(sandbox.root().join("begun")).unwrap();
    kill_process_group(pid(&child), Signal::INT).unwrap();
    Ran::of(child.wait_with_output().unwrap()).failed(130, "error: interrupted\n");
    assert!(!sandbox.work().join("report.txt").exists());
}

#[test]
fn a_time_limit_ends_with_4_and_names_the_agent() {
    let mut sandbox = Sandbox::new(&[]);
    let agent = endless(&sandbox);
    sandbox.add_plugins(agent.path.parent().unwrap());
    let child = begin(&sandbox, &["scan", "--timeout", "1"]);
    let ran = Ran::of(child.wait_with_output().unwrap()).ended(4);
    assert!(
        ran.stdout
            .contains("endless (guildhall.scan) deadline-exceeded: "),
        "{ran}"
    );
}

#[test]
fn a_terminated_program_leaves_no_child_behind() {
    let mut sandbox = Sandbox::new(&[]);
    let agent = endless(&sandbox);
    sandbox.add_plugins(agent.path.parent().unwrap());
    let mut child = begin(&sandbox, &["scan"]);
    let mut output = child.stdout.take().unwrap();
    // As a service manager does: to the one process that it started.
    kill_process(pid(&child), Signal::TERM).unwrap();
    assert!(!child.wait().unwrap().success());
    // The pipe ends when the last process that holds it has ended.
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
}
