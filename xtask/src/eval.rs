//! `cargo xtask eval`: lets the shipped agents answer real cases, and counts how often they
//! are right.
//!
//! A kind of cases is a file here that implements [`kind::Kind`]. [`cases`] reads cases,
//! [`desk`] holds what an agent is asked with: the host, built once, and [`snapshot`]s of
//! repositories in which nothing later than the case exists; [`answer`] reads what comes
//! back, and [`shown`] prints the result.

mod answer;
mod cases;
mod csv;
pub(crate) mod desk;
pub(crate) mod git;
mod kind;
mod shown;
mod sides;
mod snapshot;

mod culprit;
mod debt;
mod logs;
mod merge;
mod migration;
mod outcome;
mod replay;
mod severity;
mod verdicts;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};

use crate::flags::{Flags, usage};
use kind::{Ask, Entry};

/// Every kind, in the order in which help names them.
const KINDS: &[Entry] = &[
    kind::entry::<culprit::Culprit>(),
    kind::entry::<debt::Debt>(),
    kind::entry::<logs::Logs>(),
    kind::entry::<merge::Merge>(),
    kind::entry::<migration::Migration>(),
    kind::entry::<outcome::Outcome>(),
    kind::entry::<replay::Replay>(),
    kind::entry::<severity::Severity>(),
    kind::entry::<verdicts::Verdicts>(),
];

pub(crate) fn run(arguments: Vec<String>) -> Result<ExitCode> {
    let mut flags = Flags::new(arguments);
    let is_json = flags.flag("--json");
    let cases = flags.value("--cases")?.map(PathBuf::from);
    let repositories = flags.value("--repos")?.map(PathBuf::from);
    let name = flags.name().ok_or_else(|| usage(which()))?;
    let entry = KINDS.iter().find(|entry| entry.name == name);
    let entry = entry.ok_or_else(|| usage(format!("there is no kind {name:?}; {}", which())))?;
    let cases = cases.ok_or_else(|| usage("which cases? give `--cases FILE`"))?;
    let ask = Ask {
        cases,
        repositories,
    };
    let result = (entry.run)(ask, flags).with_context(|| format!("cannot evaluate {name}"))?;
    if is_json {
        println!("{}", result.to_json());
    } else {
        print!("{}", shown::text(&result));
    }
    Ok(ExitCode::SUCCESS)
}

fn which() -> String {
    let names: Vec<&str> = KINDS.iter().map(|entry| entry.name).collect();
    format!("which kind? one of {}", names.join(", "))
}
