//! What a scan costs beside a bare parallel walk and parse of the same files in the
//! same run: `cargo xtask bench scan PATH`.
//!
//! Floor and scan take turns, and the median of the rounds' ratios is printed, so
//! that a machine that changes its speed on the way changes little.
#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use guildhall_report::{Report, ScanRequest};
use ignore::{WalkBuilder, WalkState};
use tech_debt_scanner::{Hooks, scan};

type Error = Box<dyn std::error::Error>;

const ROUNDS: usize = 7;

/// Stack of the floor's threads: enough for every file that is not made to overflow.
const STACK: usize = 64 << 20;

fn main() -> Result<(), Error> {
    // Cargo adds an argument of its own.
    let given = std::env::args()
        .skip(1)
        .find(|argument| argument != "--bench");
    let root = PathBuf::from(given.ok_or("which folder? cargo xtask bench scan PATH")?);
    let root = root.canonicalize()?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut floors = Vec::new();
    let mut scans = Vec::new();
    let mut totals = Totals::default();
    for round in 0..=ROUNDS {
        let (floor, walked) = timed(|| floor(&root, threads));
        let (scanned, report) = timed(|| scan_once(&root, threads));
        let (totals_now, report) = (walked?, report?);
        // The first round warms the file cache.
        if round > 0 {
            floors.push(floor);
            scans.push(scanned);
        }
        totals = Totals {
            report,
            ..totals_now
        };
    }
    print(&root, threads, &totals, &floors, &scans);
    Ok(())
}

/// Wall and processor time of one pass.
#[derive(Clone, Copy)]
struct Times {
    wall: f64,
    cpu: f64,
}

fn timed<T>(work: impl FnOnce() -> T) -> (Times, T) {
    let (wall, cpu) = (Instant::now(), ProcessTime::now());
    let done = work();
    let seconds = |duration: Duration| duration.as_secs_f64();
    (
        Times {
            wall: seconds(wall.elapsed()),
            cpu: seconds(cpu.elapsed()),
        },
        done,
    )
}

#[derive(Default)]
struct Totals {
    files: usize,
    bytes: usize,
    lines: usize,
    parsed: usize,
    report: Report,
}

/// Walks, reads and parses, and does nothing else.
fn floor(root: &Path, threads: usize) -> Result<Totals, Error> {
    let files = Mutex::new(Vec::new());
    let walker = WalkBuilder::new(root)
        .require_git(false)
        .threads(threads)
        .build_parallel();
    walker.run(|| {
        Box::new(|entry| {
            if let Ok(entry) = entry
                && entry.file_type().is_some_and(|kind| kind.is_file())
                && entry
                    .path()
                    .extension()
                    .is_some_and(|ending| ending == "rs")
                && let Ok(mut files) = files.lock()
            {
                files.push(entry.into_path());
            }
            WalkState::Continue
        })
    });
    let files = files
        .into_inner()
        .map_err(|_| "a thread of the walk panicked")?;
    let (next, bytes) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let (lines, parsed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| -> Result<(), Error> {
        for _ in 0..threads {
            let work = || {
                while let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let Ok(text) = fs::read_to_string(path) else {
                        continue;
                    };
                    bytes.fetch_add(text.len(), Ordering::Relaxed);
                    lines.fetch_add(text.lines().count(), Ordering::Relaxed);
                    parsed.fetch_add(
                        usize::from(syn::parse_file(&text).is_ok()),
                        Ordering::Relaxed,
                    );
                    proc_macro2::extra::invalidate_current_thread_spans();
                }
            };
            std::thread::Builder::new()
                .stack_size(STACK)
                .spawn_scoped(scope, work)?;
        }
        Ok(())
    })?;
    Ok(Totals {
        files: files.len(),
        bytes: bytes.into_inner(),
        lines: lines.into_inner(),
        parsed: parsed.into_inner(),
        report: Report::default(),
    })
}

struct Silent;

impl Hooks for Silent {
    fn progress(&self, _: u64, _: u64, _: &Path) {}

    fn is_cancelled(&self) -> bool {
        false
    }
}

fn scan_once(root: &Path, threads: usize) -> Result<Report, Error> {
    let request = ScanRequest {
        root: guildhall_core::path_text::encode(root),
        threads: u32::try_from(threads).ok(),
        ..ScanRequest::default()
    };
    Ok(scan(&request, &Silent)?)
}

fn print(root: &Path, threads: usize, totals: &Totals, floors: &[Times], scans: &[Times]) {
    let Totals {
        files,
        bytes,
        lines,
        parsed,
        report,
    } = totals;
    println!(
        "{}: {files} Rust files, {lines} lines, {bytes} bytes",
        root.display()
    );
    println!(
        "{parsed} parse; the scan has {} findings and skips {}",
        report.findings.len(),
        report.skipped.len()
    );
    println!("medians of {} rounds on {threads} threads\n", floors.len());
    println!(
        "{:24}{:>10}{:>10}{:>14}{:>14}{:>14}",
        "", "wall s", "cpu s", "files/s", "lines/s", "bytes/s"
    );
    for (name, times) in [("bare walk and parse", floors), ("scan", scans)] {
        let wall = median(times.iter().map(|times| times.wall));
        let cpu = median(times.iter().map(|times| times.cpu));
        let rate = |count: usize| count as f64 / wall;
        println!(
            "{name:24}{wall:>10.3}{cpu:>10.3}{:>14.0}{:>14.0}{:>14.0}",
            rate(*files),
            rate(*lines),
            rate(*bytes)
        );
    }
    let ratio = |of: fn(&Times) -> f64| {
        median(
            scans
                .iter()
                .zip(floors)
                .map(|(scan, floor)| of(scan) / of(floor)),
        )
    };
    let cpu = ratio(|times| times.cpu);
    let verdict = if cpu <= 1.5 { "holds" } else { "MISSES" };
    println!(
        "\nscan over floor: {:.2} wall, {cpu:.2} cpu ({verdict} <= 1.5)",
        ratio(|times| times.wall)
    );
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
