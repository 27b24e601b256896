//! Looking for processes in `/proc`.

use std::fmt;
use std::fs;

/// A process as `/proc` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    pid: u32,
    parent: u32,
    is_zombie: bool,
}

/// Whether a process lives; one that only waits to be taken note of does not.
pub fn is_alive(pid: u32) -> bool {
    entry(pid).is_some_and(|entry| !entry.is_zombie)
}

/// The living children of a process.
pub fn children(parent: u32) -> Vec<u32> {
    let children = entries().into_iter().filter(|it| it.parent == parent);
    children
        .filter(|entry| !entry.is_zombie)
        .map(|entry| entry.pid)
        .collect()
}

/// A process that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub pid: u32,
    /// Its name and arguments.
    pub command: String,
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.pid, self.command)
    }
}

/// The living processes, this one aside, whose environment has this variable with this
/// value.
pub fn with_variable(name: &str, value: &str) -> Vec<Process> {
    let wanted = format!("{name}={value}");
    let own = std::process::id();
    let others = entries()
        .into_iter()
        .filter(|it| it.pid != own && !it.is_zombie);
    others
        .filter(|entry| {
            let environment = fs::read(format!("/proc/{}/environ", entry.pid)).unwrap_or_default();
            environment
                .split(|byte| *byte == 0)
                .any(|variable| variable == wanted.as_bytes())
        })
        .map(|entry| {
            let command = fs::read(format!("/proc/{}/cmdline", entry.pid)).unwrap_or_default();
            let command = String::from_utf8_lossy(&command).replace('\0', " ");
            Process {
                pid: entry.pid,
                command: command.trim_end().to_owned(),
            }
        })
        .collect()
}

fn entries() -> Vec<Entry> {
    let Ok(folder) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let names = folder.filter_map(|it| it.ok()?.file_name().into_string().ok());
    names.filter_map(|name| entry(name.parse().ok()?)).collect()
}

fn entry(pid: u32) -> Option<Entry> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in parentheses, may hold anything.
    let mut rest = stat.get(stat.rfind(')')? + 1..)?.split_whitespace();
    let state = rest.next()?;
    Some(Entry {
        pid,
        parent: rest.next()?.parse().ok()?,
        is_zombie: state == "Z" || state == "X",
    })
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn children_are_found_by_parent_and_by_variable() {
        let mut child = Command::new("sleep")
            .arg("1000")
            .env("GUILDHALL_KILL_SEARCH", "here")
            .spawn()
            .unwrap();
        let pid = child.id();
        // Until then it is a copy of this process.
        while with_variable("GUILDHALL_KILL_SEARCH", "here").is_empty() {
            assert!(is_alive(pid));
            std::thread::yield_now();
        }
        assert!(children(std::process::id()).contains(&pid));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!is_alive(pid));
        assert!(with_variable("GUILDHALL_KILL_SEARCH", "here").is_empty());
    }
}
