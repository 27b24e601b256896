//! Ends what a step has started where the step takes too long, so that one hung test does
//! not hold the gate until somebody looks.
//!
//! It ends the programs that descend from this one, and not a process group: programs in a
//! group of their own would no longer be reached by Ctrl-C.

use std::fs;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Between one look and the next, once the limit is over: a step may start another program.
const AGAIN: Duration = Duration::from_millis(200);

/// Watches over a step until it is dropped.
pub(crate) struct Watchdog {
    expired: Arc<AtomicBool>,
    done: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watchdog {
    /// Ends every program that this one has started, and theirs, after `limit`.
    pub(crate) fn start(limit: Duration) -> Self {
        Self::below(std::process::id(), limit)
    }

    /// Ends what descends from the process `root`, but not that process.
    fn below(root: u32, limit: Duration) -> Self {
        let expired = Arc::new(AtomicBool::new(false));
        let (done, when_done) = mpsc::channel::<()>();
        let set = Arc::clone(&expired);
        let thread = thread::spawn(move || {
            let mut wait = limit;
            while when_done.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                set.store(true, Ordering::SeqCst);
                kill(&descendants(root, &processes()));
                wait = AGAIN;
            }
        });
        Self {
            expired,
            done: Some(done),
            thread: Some(thread),
        }
    }

    /// Whether the limit was over before the step was.
    pub(crate) fn has_expired(&self) -> bool {
        self.expired.load(Ordering::SeqCst)
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        drop(self.done.take());
        if let Some(thread) = self.thread.take() {
            // It cannot have panicked in a way that matters here.
            let _ = thread.join();
        }
    }
}

/// Every process and its parent: from `/proc` where the system has it, else as `ps` tells.
fn processes() -> Vec<(u32, u32)> {
    let listed = listed_by_the_kernel();
    if !listed.is_empty() {
        return listed;
    }
    let list = Command::new("ps")
        .args(["-A", "-o", "pid=", "-o", "ppid="])
        .output();
    let list = list.map(|output| output.stdout).unwrap_or_default();
    pairs(&String::from_utf8_lossy(&list))
}

fn listed_by_the_kernel() -> Vec<(u32, u32)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let id: u32 = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            // The name before it may hold anything, brackets included.
            let (_, behind_name) = stat.rsplit_once(')')?;
            Some((id, behind_name.split_whitespace().nth(1)?.parse().ok()?))
        })
        .collect()
}

/// The first two numbers of each line.
fn pairs(list: &str) -> Vec<(u32, u32)> {
    list.lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?))
        })
        .collect()
}

/// The processes below `root`, parents first.
fn descendants(root: u32, processes: &[(u32, u32)]) -> Vec<u32> {
    let mut found = vec![root];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        let children = processes.iter().filter(|(_, of)| *of == parent);
        let new: Vec<u32> = children
            .map(|(id, _)| *id)
            .filter(|id| !found.contains(id))
            .collect();
        found.extend(new);
        next += 1;
    }
    found.split_off(1)
}

/// By the shell's own `kill`, since not every machine has a program of that name.
fn kill(processes: &[u32]) {
    if processes.is_empty() {
        return;
    }
    let ids = processes.iter().map(u32::to_string);
    // One that has ended meanwhile makes it complain; that is no failure.
    let _ = Command::new("sh")
        .args(["-c", "kill -s KILL \"$@\"", "sh"])
        .args(ids)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_of_children_are_found_and_strangers_are_not() {
        let list = pairs("  1 0\n 10 1\n 11 10\n 12 11\n 20 1\nnot a line\n");
        assert_eq!(list.len(), 5);
        assert_eq!(descendants(10, &list), [11, 12]);
        assert!(descendants(12, &list).is_empty());
    }

    #[test]
    #[cfg(unix)]
    fn what_a_program_has_started_is_ended_after_the_limit() {
        // Ends by itself only long after any limit of a test.
        let mut shell = Command::new("sh")
            .args(["-c", "sh -c 'sleep 3600; :'; exit 7"])
            .spawn()
            .unwrap();
        let watchdog = Watchdog::below(shell.id(), Duration::ZERO);
        assert_eq!(shell.wait().unwrap().code(), Some(7));
        assert!(watchdog.has_expired());
    }

    #[test]
    fn nothing_is_ended_before_the_limit() {
        let watchdog = Watchdog::start(Duration::from_secs(3600));
        assert!(!watchdog.has_expired());
    }
}
