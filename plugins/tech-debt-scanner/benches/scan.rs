//! One pass over a tree, measured from within: what `cargo xtask bench scan` starts again
//! and again, each time as a process of its own, so that its memory is its own as well.
//!
//! Prints one line of JSON. `program COMMAND ARGS...` measures another program instead.
#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use cpu_time::{ProcessTime, ThreadTime};
use guildhall_report::ScanRequest;
use guildhall_source::rust::WORKER_STACK;
use ignore::{WalkBuilder, WalkState};
use serde_json::{Map, Value, json};
use syn::visit::Visit;
use tech_debt_scanner::{Hooks, parts, scan};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// How often another program is asked for its memory.
const GLANCE: Duration = Duration::from_millis(5);

/// Rules that need the search for clones.
const ON_CLONES: [&str; 2] = ["duplicate-code", "renamed-duplicate"];

/// The agent's own table of settings.
const OWN: &str = "tech-debt-scanner";

fn main() -> Result<(), Error> {
    // Cargo adds an argument of its own.
    let arguments = std::env::args().skip(1).filter(|it| it != "--bench");
    let arguments: Vec<String> = arguments.collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let measured = match words.as_slice() {
        ["program", command, arguments @ ..] => program(command, arguments)?,
        [pass, root, threads] => one(pass, Path::new(root), threads.parse()?)?,
        _ => return Err("run this by `cargo xtask bench scan`".into()),
    };
    println!("{measured}");
    Ok(())
}

/// Runs a pass in this process.
fn one(pass: &str, root: &Path, threads: usize) -> Result<Value, Error> {
    let mut clock = Clock::new();
    let counts = match pass {
        "floor" => floor(root, threads, count_by_syn)?,
        "tree-sitter" => floor(root, threads, count_by_tree_sitter)?,
        "metrics" => scanned(root, threads, &["clones", "history"])?,
        "whole-without-history" => scanned(root, threads, &["history"])?,
        "whole" => scanned(root, threads, &[])?,
        "clones" => {
            let found = parts::clones(&request(root, threads, &[]), &Silent)?;
            json!({ "findings": found })
        }
        "history" => {
            let request = request(root, threads, &[]);
            let commits = parts::history(&request, &Silent, || clock = Clock::new())?;
            json!({ "commits": commits })
        }
        _ => return Err(format!("there is no pass {pass:?}").into()),
    };
    Ok(clock.stop(&counts))
}

/// Processor time since a moment, that of programs that were started and have ended included.
struct Clock {
    wall: Instant,
    process: ProcessTime,
    main: ThreadTime,
    children: f64,
}

impl Clock {
    fn new() -> Self {
        Self {
            wall: Instant::now(),
            process: ProcessTime::now(),
            main: ThreadTime::now(),
            children: children_seconds(),
        }
    }

    fn stop(&self, counts: &Value) -> Value {
        let own = self.process.elapsed().as_secs_f64();
        json!({
            "cpu": own + children_seconds() - self.children,
            "main": self.main.elapsed().as_secs_f64(),
            "wall": self.wall.elapsed().as_secs_f64(),
            "peak": peak_of("self"),
            "counts": counts,
        })
    }
}

/// Processor seconds of the programs that this one has started and that have ended, by the
/// system's own accounting; nought where it has none to read.
fn children_seconds() -> f64 {
    // What the kernel tells programs, whatever it uses itself.
    const TICKS_A_SECOND: f64 = 100.0;
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name may hold anything, also spaces and brackets.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks = fields.split_whitespace().skip(13).take(2);
    let ticks: f64 = ticks.filter_map(|field| field.parse::<f64>().ok()).sum();
    ticks / TICKS_A_SECOND
}

/// The most memory that a process has had, in bytes.
fn peak_of(process: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// Walks, reads, and lets `count` parse each file and count its functions.
fn floor(root: &Path, threads: usize, count: fn(&str) -> Option<usize>) -> Result<Value, Error> {
    let files = rust_files(root, threads)?;
    let next = AtomicUsize::new(0);
    let (lines, bytes) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let (parsed, functions) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let add = |to: &AtomicUsize, value: usize| to.fetch_add(value, Ordering::Relaxed);
    thread::scope(|scope| -> Result<(), Error> {
        for _ in 0..threads {
            let work = || {
                while let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let Ok(text) = fs::read_to_string(path) else {
                        continue;
                    };
                    add(&bytes, text.len());
                    add(&lines, text.lines().count());
                    if let Some(found) = count(&text) {
                        add(&parsed, 1);
                        add(&functions, found);
                    }
                }
            };
            let builder = thread::Builder::new().stack_size(WORKER_STACK);
            builder.spawn_scoped(scope, work)?;
        }
        Ok(())
    })?;
    Ok(json!({
        "files": files.len(),
        "lines": lines.into_inner(),
        "bytes": bytes.into_inner(),
        "parsed": parsed.into_inner(),
        "functions": functions.into_inner(),
    }))
}

fn rust_files(root: &Path, threads: usize) -> Result<Vec<PathBuf>, Error> {
    let files = Mutex::new(Vec::new());
    let mut builder = WalkBuilder::new(root);
    builder.require_git(false).threads(threads);
    builder.build_parallel().run(|| {
        Box::new(|entry| {
            if let Ok(entry) = entry
                && entry.file_type().is_some_and(|kind| kind.is_file())
                && entry.path().extension().is_some_and(|it| it == "rs")
                && let Ok(mut files) = files.lock()
            {
                files.push(entry.into_path());
            }
            WalkState::Continue
        })
    });
    let files = files.into_inner();
    Ok(files.map_err(|_| "a thread of the walk panicked")?)
}

fn count_by_syn(text: &str) -> Option<usize> {
    struct Functions(usize);
    impl<'ast> Visit<'ast> for Functions {
        fn visit_signature(&mut self, _: &'ast syn::Signature) {
            self.0 += 1;
        }
    }
    let mut functions = Functions(0);
    let file = syn::parse_file(text).ok();
    if let Some(file) = &file {
        functions.visit_file(file);
    }
    proc_macro2::extra::invalidate_current_thread_spans();
    file.map(|_| functions.0)
}

fn count_by_tree_sitter(text: &str) -> Option<usize> {
    let mut parser = tree_sitter::Parser::new();
    parser
        .set_language(&tree_sitter_rust::LANGUAGE.into())
        .ok()?;
    let tree = parser.parse(text, None)?;
    let mut cursor = tree.walk();
    let mut functions = 0;
    loop {
        functions += usize::from(cursor.node().kind() == "function_item");
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return (!tree.root_node().has_error()).then_some(functions);
            }
        }
    }
}

struct Silent;

impl Hooks for Silent {
    fn progress(&self, _: u64, _: u64, _: &Path) {}

    fn is_cancelled(&self) -> bool {
        false
    }
}

/// A scan without these parts of it.
fn scanned(root: &Path, threads: usize, without: &[&str]) -> Result<Value, Error> {
    let report = scan(&request(root, threads, without), &Silent)?;
    Ok(json!({
        "findings": report.findings.len(),
        "skipped": report.skipped.len(),
    }))
}

fn request(root: &Path, threads: usize, without: &[&str]) -> ScanRequest {
    let mut settings = Map::new();
    if without.contains(&"clones") {
        let off = ON_CLONES.map(|rule| (rule.to_owned(), json!({ "enabled": false })));
        settings.extend(off);
    }
    if without.contains(&"history") {
        settings.insert(OWN.to_owned(), json!({ "history": false }));
    }
    let usual = ScanRequest {
        root: guildhall_core::path_text::encode(root),
        threads: u32::try_from(threads).ok(),
        ..ScanRequest::default()
    };
    ScanRequest { settings, ..usual }
}

/// Runs another program to its end, and looks at its memory on the way: what it takes in its
/// last few milliseconds is not seen.
fn program(command: &str, arguments: &[&str]) -> Result<Value, Error> {
    let clock = Clock::new();
    let mut child = Command::new(command)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("{command} cannot be started: {error}"))?;
    let mut peak = None;
    let status = loop {
        peak = peak.max(largest(&child));
        if let Some(status) = child.try_wait()? {
            break status;
        }
        thread::sleep(GLANCE);
    };
    let cpu = children_seconds() - clock.children;
    Ok(json!({
        "cpu": cpu,
        "main": null,
        "wall": clock.wall.elapsed().as_secs_f64(),
        "peak": peak,
        "counts": { "code": status.code() },
    }))
}

/// The most memory that the program, or one that it has started, has had.
fn largest(child: &Child) -> Option<u64> {
    let mut largest = None;
    let mut open = vec![child.id().to_string()];
    while let Some(process) = open.pop() {
        largest = largest.max(peak_of(&process));
        let tasks = fs::read_dir(format!("/proc/{process}/task"));
        for task in tasks.into_iter().flatten().flatten() {
            let children = fs::read_to_string(task.path().join("children"));
            let children = children.unwrap_or_default();
            open.extend(children.split_whitespace().map(str::to_owned));
        }
    }
    largest
}
