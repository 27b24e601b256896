//! `cargo xtask bench scan`: what a scan costs, and its parts, beside a floor and whichever
//! peers are installed.
//!
//! Each figure is of a process of its own ([`figures`]). All of them take turns, round by
//! round, and ratios are those of one round, so that a machine that changes its speed on the
//! way changes little. [`tree`] makes the tree that all of them look at, [`rows`] says what is
//! measured and what should come of it, [`peers`] finds the programs of others, and [`table`]
//! prints.

mod figures;
mod peers;
mod rows;
mod table;
mod tree;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use crate::eval::git::Repository;
use crate::flags::{Flags, usage};
use crate::process;
use crate::workspace::{self, Workspace};
use figures::{Measured, Run};
use peers::Peer;
use rows::{ROWS, Row};
use table::Table;
use tree::Tree;

/// Trees that are measured where there is a folder of repositories and none is named.
const USUAL: [&str; 3] = ["denoland/deno", "tokio-rs/tokio", "BurntSushi/ripgrep"];

/// Rounds that are counted, after one that is not.
const ROUNDS: u64 = 5;

/// A peer whose first run takes longer than so many floors runs once.
const SLOW: f64 = 4.0;

/// Measures each tree that the arguments name.
///
/// # Errors
/// Where the benchmark cannot be built, a tree is not there, or one of our passes fails.
pub(super) fn run(arguments: Vec<String>) -> Result<ExitCode> {
    let mut flags = Flags::new(arguments);
    let is_json = flags.flag("--json");
    let rounds = flags.number("--rounds")?.unwrap_or(ROUNDS).max(1);
    let repositories = flags.value("--repos")?.map(PathBuf::from);
    let peers = flags.value("--peer-dir")?.map(PathBuf::from);
    let named = flags.name();
    flags.end()?;
    let sources = sources(named.as_deref(), repositories.as_deref())?;
    let scratch = Workspace::load()?.target.join("bench-scan");
    let bench = Bench {
        program: build()?,
        peers: peers::found(peers.as_deref(), &scratch),
        rounds,
    };
    let mut tables = Vec::new();
    for (name, source) in sources {
        let tree = Tree::make(&name, &source, &scratch)
            .with_context(|| format!("{name} cannot be made ready"))?;
        let table = bench.measure(&tree)?;
        if !is_json {
            println!("{}", table.text());
        }
        tables.push(table.to_json());
    }
    if is_json {
        println!("{:#}", Value::Array(tables));
    }
    Ok(ExitCode::SUCCESS)
}

/// The trees by name, and where they are.
fn sources(named: Option<&str>, repositories: Option<&Path>) -> Result<Vec<(String, PathBuf)>> {
    let in_repositories = |name: &str| {
        let folder = repositories?.join(name.replacen('/', "+", 1)).join("repo");
        folder.is_dir().then(|| (name.to_owned(), folder))
    };
    let Some(named) = named else {
        if repositories.is_none() {
            return Ok(vec![(
                "this workspace".to_owned(),
                workspace::root().to_owned(),
            )]);
        }
        let found: Vec<_> = USUAL.into_iter().filter_map(in_repositories).collect();
        let usual = USUAL.join(", ");
        ensure!(!found.is_empty(), "--repos has none of {usual}");
        return Ok(found);
    };
    if let Some(found) = in_repositories(named) {
        return Ok(vec![found]);
    }
    match Path::new(named).canonicalize() {
        Ok(path) => Ok(vec![(named.to_owned(), path)]),
        Err(error) => Err(usage(format!("there is no tree {named:?}: {error}"))),
    }
}

/// Builds what measures, and gives its path.
fn build() -> Result<PathBuf> {
    let package = "tech-debt-scanner";
    let mut command = process::cargo();
    command.args(["bench", "--no-run", "--package", package, "--bench", "scan"]);
    command.arg("--message-format=json-render-diagnostics");
    command.stderr(Stdio::inherit());
    let text = process::output(&mut command)?;
    let messages = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    let mut programs = messages.filter_map(|message: Value| {
        let is_it = message["target"]["name"] == "scan";
        let program = message["executable"].as_str().filter(|_| is_it)?;
        Some(PathBuf::from(program))
    });
    programs
        .next()
        .context("cargo yielded no benchmark named `scan`")
}

/// What is measured with.
struct Bench {
    program: PathBuf,
    peers: Vec<Peer>,
    rounds: u64,
}

impl Bench {
    fn measure<'a>(&'a self, tree: &'a Tree) -> Result<Table<'a>> {
        let mut rows: Vec<Measured> = ROWS
            .iter()
            .filter(|row| tree.has_history || !row.needs_history)
            .map(Measured::of)
            .collect();
        let mut others: Vec<Vec<Run>> = self.peers.iter().map(|_| Vec::new()).collect();
        for round in 0..=self.rounds {
            for measured in &mut rows {
                let run = self.row(measured.row, tree)?;
                // The first round warms the file cache.
                if round > 0 {
                    measured.runs.push(run);
                }
            }
            let floor = rows.first().and_then(|row| row.runs.last());
            let limit = floor.map_or(0.0, |run| run.cpu * SLOW);
            for (peer, runs) in self.peers.iter().zip(&mut others) {
                let is_slow = runs.first().is_some_and(|run: &Run| run.cpu > limit);
                if round > 0 && !is_slow && peer.program.is_some() {
                    runs.push(self.peer(peer, tree)?);
                }
            }
        }
        let peers = self.peers.iter().zip(others).collect();
        Ok(Table { tree, rows, peers })
    }

    fn row(&self, row: &Row, tree: &Tree) -> Result<Run> {
        let mut command = Command::new(&self.program);
        if row.pass == rows::GIT_LOG {
            let git = Repository::new_in(&tree.root).command(["log", "--raw"]);
            command.arg("program").arg(git.get_program());
            command.args(git.get_args());
            command.envs(
                git.get_envs()
                    .filter_map(|(name, value)| Some((name, value?))),
            );
        } else {
            command.arg(row.pass).arg(&tree.root);
            command.arg(row.threads.to_string());
        }
        let run = line_of(&mut command)?;
        let failed = run.code().filter(|code| *code != 0);
        match failed {
            Some(code) => bail!("{} ended with code {code}", row.what),
            None => Ok(run),
        }
    }

    fn peer(&self, peer: &Peer, tree: &Tree) -> Result<Run> {
        let program = peer.program.as_deref().context("the peer is not there")?;
        let mut command = Command::new(&self.program);
        command.arg("program").arg(program);
        command.args(peer.arguments(&tree.root));
        line_of(&mut command)
    }
}

/// The figures that a run of the benchmark prints.
fn line_of(command: &mut Command) -> Result<Run> {
    let text = process::output(command)?;
    Run::read(&text).with_context(|| format!("{} measured nothing", process::shown(command)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_named_or_the_usual_ones_are_taken() {
        let here = sources(None, None).unwrap();
        assert_eq!(here[0].1, workspace::root());
        let named = sources(Some(env!("CARGO_MANIFEST_DIR")), None).unwrap();
        assert!(named[0].1.join("Cargo.toml").exists());
        let error = sources(Some("no/such/tree"), None).unwrap_err();
        assert!(error.to_string().contains("no/such/tree"), "{error}");
        let error = sources(None, Some(workspace::root())).unwrap_err();
        assert!(error.to_string().contains("denoland/deno"), "{error}");
    }
}
