//! All the processes below this one.

#[cfg(not(target_os = "linux"))]
pub(super) use group::Tree;
#[cfg(target_os = "linux")]
pub(super) use linux::Tree;
use rustix::process::Pid;

/// How hard a process is asked to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Force {
    /// It may tidy up first.
    Ask,
    /// It may not.
    Kill,
}

/// On Linux every orphan below this process becomes its child, so that none is lost,
/// even one that left its session and its group.
#[cfg(target_os = "linux")]
mod linux {
    use std::collections::BTreeMap;
    use std::os::fd::OwnedFd;

    use rustix::io::Errno;
    use rustix::process::{
        PidfdFlags, Signal, getpid, kill_process, pidfd_open, pidfd_send_signal,
        set_child_subreaper,
    };

    use super::{Force, Pid};
    use crate::process::limits::Enforcement;

    /// The processes below this one.
    pub(in super::super) struct Tree {
        enforcement: Enforcement,
    }

    /// A process: its id, and when it started, because ids are used again.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    struct Process {
        pid: i32,
        started: u64,
    }

    /// What `/proc` says of a process.
    struct Entry {
        process: Process,
        parent: i32,
        is_zombie: bool,
    }

    impl Tree {
        /// Makes this process the parent of every orphan below it.
        pub(in super::super) fn adopt() -> Self {
            let adopted = set_child_subreaper(Some(getpid()));
            let seen = entry(getpid().as_raw_pid());
            let enforcement = match (adopted, seen) {
                (Ok(()), Some(_)) => Enforcement::held("process-tree", "child subreaper"),
                (Err(error), _) => Enforcement::open("process-tree", error.to_string()),
                (_, None) => Enforcement::open("process-tree", "/proc cannot be read"),
            };
            Self { enforcement }
        }

        pub(in super::super) fn enforcement(&self) -> Enforcement {
            self.enforcement.clone()
        }

        /// Nothing to be told: descendants are found by themselves.
        pub(in super::super) fn started(&mut self, _program: Pid) {}

        /// Asks or forces every process to end that lives now.
        pub(in super::super) fn end(&self, force: Force) {
            for process in descendants() {
                match force {
                    Force::Kill => signal(process, Signal::KILL),
                    Force::Ask => {
                        signal(process, Signal::TERM);
                        // One that is stopped could not see the request.
                        signal(process, Signal::CONT);
                    }
                }
            }
        }

        /// Whether none is left. Every orphan is a child of this process, so one that
        /// has no children has no descendants.
        pub(in super::super) fn is_gone(&self, has_children: bool) -> bool {
            !has_children
        }

        /// Ids of the processes that live.
        pub(in super::super) fn pids(&self) -> Vec<i32> {
            descendants().iter().map(|process| process.pid).collect()
        }
    }

    /// How often the lists of children are read again because they have changed.
    const LOOKS: usize = 8;

    /// The processes below this one that live, zombies excluded.
    ///
    /// The kernel's lists of children cost as much as there are descendants, a look over
    /// all processes as much as the whole machine has: where a hundred programs are ended
    /// at once, that is the time it takes. A list may lack a child while another one ends
    /// (proc(5), `/proc/PID/task/TID/children`), so two in a row must be the same.
    fn descendants() -> Vec<Process> {
        let mut last = by_lists();
        for _ in 0..LOOKS {
            let again = by_lists();
            match again {
                Some(found) if last.as_ref() == Some(&found) => return found,
                Some(_) => last = again,
                None => break,
            }
        }
        by_parents()
    }

    /// The descendants by the kernel's lists of children; `None` where it keeps none.
    fn by_lists() -> Option<Vec<Process>> {
        let mut found = Vec::new();
        let mut open = children_of(getpid().as_raw_pid())?;
        while let Some(pid) = open.pop() {
            // One that has ended meanwhile has left its children to this process.
            open.extend(children_of(pid).unwrap_or_default());
            found.extend(entry(pid).filter(|it| !it.is_zombie).map(|it| it.process));
        }
        Some(found)
    }

    /// The children of all threads of a process; `None` where that cannot be told.
    fn children_of(pid: i32) -> Option<Vec<i32>> {
        let mut children = Vec::new();
        for thread in std::fs::read_dir(format!("/proc/{pid}/task")).ok()? {
            let list = std::fs::read_to_string(thread.ok()?.path().join("children")).ok()?;
            let pids = list.split_ascii_whitespace();
            children.extend(pids.filter_map(|pid| pid.parse::<i32>().ok()));
        }
        Some(children)
    }

    /// The descendants by what each process says of its parent.
    fn by_parents() -> Vec<Process> {
        let mut children: BTreeMap<i32, Vec<Entry>> = BTreeMap::new();
        for entry in entries() {
            children.entry(entry.parent).or_default().push(entry);
        }
        let mut found = Vec::new();
        let mut open = vec![getpid().as_raw_pid()];
        while let Some(parent) = open.pop() {
            for entry in children.remove(&parent).unwrap_or_default() {
                open.push(entry.process.pid);
                if !entry.is_zombie {
                    found.push(entry.process);
                }
            }
        }
        found
    }

    fn entries() -> impl Iterator<Item = Entry> {
        let folder = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        folder.filter_map(|file| entry(file.file_name().to_str()?.parse().ok()?))
    }

    fn entry(pid: i32) -> Option<Entry> {
        let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
        parse(pid, &String::from_utf8_lossy(&stat))
    }

    /// Reads a line of `/proc/PID/stat`. The second field is the program's name in
    /// brackets and may hold anything, so the rest begins after the last bracket.
    fn parse(pid: i32, stat: &str) -> Option<Entry> {
        let (_, rest) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        Some(Entry {
            process: Process {
                pid,
                started: fields.get(19)?.parse().ok()?,
            },
            parent: fields.get(1)?.parse().ok()?,
            is_zombie: matches!(*fields.first()?, "Z" | "X"),
        })
    }

    /// Signals this very process, and no other that has got its id meanwhile.
    fn signal(process: Process, signal: Signal) {
        let Some(pid) = Pid::from_raw(process.pid) else {
            return;
        };
        match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(descriptor) => signal_same(process, &descriptor, signal),
            Err(Errno::NOSYS) => drop(kill_process(pid, signal)),
            Err(_) => {}
        }
    }

    fn signal_same(process: Process, descriptor: &OwnedFd, signal: Signal) {
        let is_same = entry(process.pid).is_some_and(|entry| entry.process == process);
        if is_same {
            // It may have ended by itself, and may not be ours to signal; both show.
            let _ = pidfd_send_signal(descriptor, signal);
        }
    }

    #[cfg(test)]
    mod tests {
        use proptest::prelude::*;

        use super::*;

        #[test]
        fn a_name_with_brackets_and_blanks_does_not_confuse() {
            let stat = "7 (a) S 1 (b c) Z 42 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 991 0";
            let entry = parse(7, stat).unwrap();
            assert_eq!(entry.parent, 42);
            assert_eq!(entry.process.started, 991);
            assert!(entry.is_zombie);
        }

        #[test]
        fn both_ways_find_the_same_descendants() {
            // A child, and a grandchild that waits until its standard input is closed.
            let mut shell = std::process::Command::new("sh")
                .args(["-c", "exec 3<&0; sh -c 'echo; read x <&3' & wait"])
                .stdin(std::process::Stdio::piped())
                .stdout(std::process::Stdio::piped())
                .spawn()
                .unwrap();
            let mut said = [0];
            let stdout = shell.stdout.as_mut().unwrap();
            std::io::Read::read_exact(stdout, &mut said).unwrap();
            let id = i32::try_from(shell.id()).unwrap();
            let of_shell = |pid: i32| pid == id || entry(pid).is_some_and(|it| it.parent == id);
            let pids = |found: Vec<Process>| {
                let pids = found.iter().map(|process| process.pid);
                let mut pids: Vec<i32> = pids.filter(|pid| of_shell(*pid)).collect();
                pids.sort_unstable();
                pids
            };
            // A thread of another test that ends meanwhile takes its list away.
            let lists = std::iter::repeat_with(by_lists)
                .take(10_000)
                .flatten()
                .next();
            let (lists, parents) = (pids(lists.unwrap()), pids(by_parents()));
            assert_eq!(lists, parents);
            assert_eq!(lists.len(), 2);
            drop(shell.stdin.take());
            shell.wait().unwrap();
        }

        proptest! {
            #[test]
            fn any_line_is_read_or_left(stat in ".*") {
                let _ = parse(1, &stat);
            }
        }
    }
}

/// Elsewhere only the program's process group is known.
#[cfg(not(target_os = "linux"))]
mod group {
    use rustix::process::{Signal, kill_process_group, test_kill_process_group};

    use super::{Force, Pid};
    use crate::process::limits::Enforcement;

    /// The processes of the program's group.
    pub(in super::super) struct Tree {
        group: Option<Pid>,
    }

    impl Tree {
        pub(in super::super) fn adopt() -> Self {
            Self { group: None }
        }

        pub(in super::super) fn enforcement(&self) -> Enforcement {
            Enforcement::open(
                "process-tree",
                "only the program's process group is ended on this system",
            )
        }

        /// The launcher leads a group of its own, whose id is its own.
        pub(in super::super) fn started(&mut self, program: Pid) {
            self.group = Some(program);
        }

        pub(in super::super) fn end(&self, force: Force) {
            let Some(group) = self.group else {
                return;
            };
            match force {
                Force::Ask => {
                    let _ = kill_process_group(group, Signal::TERM);
                    let _ = kill_process_group(group, Signal::CONT);
                }
                Force::Kill => drop(kill_process_group(group, Signal::KILL)),
            }
        }

        pub(in super::super) fn is_gone(&self, has_children: bool) -> bool {
            !has_children && self.pids().is_empty()
        }

        pub(in super::super) fn pids(&self) -> Vec<i32> {
            self.group
                .filter(|group| test_kill_process_group(*group).is_ok())
                .map(|group| group.as_raw_pid())
                .into_iter()
                .collect()
        }
    }
}
