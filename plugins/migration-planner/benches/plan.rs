//! How long a plan takes beside the least that has to be done for one: every file is read,
//! searched for the name of the crate, and parsed. Both take turns in one process, so that a
//! machine that changes its speed on the way changes little.
//!
//! Run by `cargo xtask bench migrate`; `--tree PATH --crate NAME@VERSION` measures a tree of
//! one's own, `--rounds N` more or fewer times.
#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

use std::fmt::Write as _;
use std::fs;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use guildhall_source::cargo::Vendored;
use guildhall_source::language::Language;
use guildhall_source::walk::{Wanted, walk};
use guildhall_source::{parallel, read};
use migration_planner::{Hooks, PlanRequest, Settings, plan_of};

type Error = Box<dyn std::error::Error>;

/// Files of the tree that is made.
const FILES: usize = 2000;

/// One file in so many uses the crate.
const USERS: usize = 5;

/// Rounds that are counted, after one that is not.
const ROUNDS: usize = 5;

/// How many times the baseline a plan may take.
const GOAL: f64 = 2.0;

/// Bytes of a file that are read, as by the planner.
const MOST_BYTES: u64 = 10 * 1024 * 1024;

fn main() -> Result<(), Error> {
    let asked = Asked::read(std::env::args().skip(1))?;
    let made = tempfile::tempdir()?;
    let (root, target) = match (&asked.tree, &asked.target) {
        (Some(root), Some(target)) => (root.clone(), target.clone()),
        (None, None) => {
            make(made.path())?;
            (made.path().to_owned(), "parts@2.0.0".to_owned())
        }
        _ => return Err("--tree and --crate go together".into()),
    };
    let mut rounds = Vec::new();
    let mut files = 0;
    for round in 0..=asked.rounds {
        let (least, count) = timed(|| baseline(&root, &target))?;
        let (plan, ()) = timed(|| planned(&root, &target))?;
        files = count;
        // The first round warms the file cache.
        if round > 0 {
            rounds.push((least, plan));
        }
    }
    println!("{}", told(&rounds, files));
    Ok(())
}

/// What the arguments ask for.
struct Asked {
    tree: Option<PathBuf>,
    target: Option<String>,
    rounds: usize,
}

impl Asked {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, Error> {
        let mut asked = Self {
            tree: None,
            target: None,
            rounds: ROUNDS,
        };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
            match argument.as_str() {
                // Cargo adds it.
                "--bench" => {}
                "--tree" => asked.tree = Some(value()?.into()),
                "--crate" => asked.target = Some(value()?),
                "--rounds" => asked.rounds = value()?.parse::<usize>()?.max(1),
                other => return Err(format!("{other} is no option of this benchmark").into()),
            }
        }
        Ok(asked)
    }
}

fn timed<T>(run: impl FnOnce() -> Result<T, Error>) -> Result<(Duration, T), Error> {
    let begun = Instant::now();
    let value = run()?;
    Ok((begun.elapsed(), value))
}

fn threads() -> usize {
    available_parallelism().map_or(1, NonZero::get)
}

/// Grep and parse: as many threads, the same files. Gives their number.
fn baseline(root: &Path, target: &str) -> Result<usize, Error> {
    let name = target.split('@').next().unwrap_or(target).replace('-', "_");
    let wanted = Wanted::languages(&[Language::Rust]);
    let walked = walk(root, &wanted, threads(), &|| false)?;
    let vendored = Vendored::of(root);
    let mut files = walked.files;
    files.retain(|file| !vendored.holds(&file.path));
    let found = parallel::each(&files, threads(), &|| false, |file| {
        let text = read::read(&file.path, MOST_BYTES).unwrap_or_default();
        let lines = text.lines().filter(|line| line.contains(&name)).count();
        lines + usize::from(syn::parse_file(&text).is_ok())
    })?;
    std::hint::black_box(found);
    Ok(files.len())
}

fn planned(root: &Path, target: &str) -> Result<(), Error> {
    struct Nobody;
    impl Hooks for Nobody {
        fn is_cancelled(&self) -> bool {
            false
        }
    }
    let request = PlanRequest {
        path: Some(root.display().to_string()),
        crates: vec![target.parse()?],
        offline: true,
        ..PlanRequest::default()
    };
    let plan = plan_of(&request, &Settings::default(), &Nobody)?;
    if !plan.complete {
        return Err("the plan is partial, so its time says nothing".into());
    }
    std::hint::black_box(plan);
    Ok(())
}

fn told(rounds: &[(Duration, Duration)], files: usize) -> String {
    let median = |mut all: Vec<f64>| {
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    let seconds = |of: fn(&(Duration, Duration)) -> Duration| {
        median(rounds.iter().map(|it| of(it).as_secs_f64()).collect())
    };
    let (least, plan) = (seconds(|it| it.0), seconds(|it| it.1));
    let ratios = rounds
        .iter()
        .map(|(least, plan)| plan.as_secs_f64() / least.as_secs_f64());
    let ratio = median(ratios.collect());
    let is_met = if ratio <= GOAL { "met" } else { "missed" };
    format!(
        "{files} files, {} threads, medians of {} rounds\n\
         grep + parse  {least:8.3} s  each file read, searched for the crate's name, parsed by syn\n\
         migrate plan  {plan:8.3} s  the same tree, offline\n\
         ratio         {ratio:8.2}    of migrate plan to grep + parse; goal at most {GOAL:.2}: {is_met}",
        threads(),
        rounds.len(),
    )
}

/// Makes a package of many files that carries both versions of the crate it uses.
fn make(root: &Path) -> Result<(), Error> {
    let write = |name: &str, text: &str| -> Result<(), Error> {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap_or(root))?;
        Ok(fs::write(path, text)?)
    };
    let manifest = |name: &str, version: &str, rest: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2021\"\n{rest}")
    };
    write(
        "Cargo.toml",
        &manifest("user", "0.1.0", "[dependencies]\nparts = \"1\"\n"),
    )?;
    write(
        "Cargo.lock",
        "version = 4\n[[package]]\nname = \"parts\"\nversion = \"1.0.0\"\nsource = \"registry+kept\"\n\
         [[package]]\nname = \"user\"\nversion = \"0.1.0\"\ndependencies = [\"parts\"]\n",
    )?;
    write(
        ".cargo/config.toml",
        "[source.kept]\ndirectory = \"vendor\"\n",
    )?;
    for (version, is_new) in [("1.0.0", false), ("2.0.0", true)] {
        let folder = format!("vendor/parts-{version}");
        write(
            &format!("{folder}/Cargo.toml"),
            &manifest("parts", version, ""),
        )?;
        write(&format!("{folder}/src/lib.rs"), &library(is_new))?;
    }
    let mut modules = String::new();
    for number in 0..FILES {
        let _ = writeln!(modules, "mod file{number};");
        write(&format!("src/file{number}.rs"), &source(number))?;
    }
    write("src/lib.rs", &modules)
}

/// A crate of twenty modules, of which every fourth function has other parameters later.
fn library(is_new: bool) -> String {
    let mut text = String::new();
    for module in 0..20 {
        let _ = writeln!(text, "pub mod m{module} {{");
        for item in 0..10 {
            let more = if is_new && item % 4 == 0 {
                ", more: bool"
            } else {
                ""
            };
            let _ = writeln!(
                text,
                "pub struct Part{item} {{ pub size: u32 }}\nimpl Part{item} {{\n    \
                 pub fn new(size: u32) -> Self {{ Self {{ size }} }}\n    \
                 pub fn turn(&self, by: u32{more}) -> u32 {{ self.size + by }}\n}}\n\
                 pub fn make{item}(size: u32{more}) -> Part{item} {{ Part{item}::new(size) }}"
            );
        }
        text += "}\n";
    }
    text
}

/// A file as people write them, some 150 lines; one in [`USERS`] uses the crate.
fn source(number: usize) -> String {
    let mut text = String::from("use std::collections::BTreeMap;\n");
    let module = number % 20;
    if number.is_multiple_of(USERS) {
        let _ = writeln!(text, "use parts::m{module}::{{Part0, Part1, make0}};");
        let _ = writeln!(
            text,
            "pub fn build(size: u32) -> u32 {{\n    let part = Part0::new(size);\n    \
             let other: Part1 = parts::m{module}::make1(3);\n    \
             part.turn(4) + other.turn(5) + make0(7).size\n}}"
        );
    }
    for item in 0..12 {
        let _ = writeln!(
            text,
            "/// What was counted.\n#[derive(Debug, Clone, Default)]\npub struct Count{item} {{\n    \
             pub names: BTreeMap<String, u32>,\n    total: u32,\n}}\n\nimpl Count{item} {{\n    \
             pub fn add(&mut self, name: &str) -> u32 {{\n        \
             let count = self.names.entry(name.to_owned()).or_insert(0);\n        \
             *count += 1;\n        self.total += {item};\n        match self.total % 3 {{\n            \
             0 => self.total,\n            1 if *count > 2 => *count,\n            _ => 0,\n        }}\n    }}\n}}"
        );
    }
    text
}
