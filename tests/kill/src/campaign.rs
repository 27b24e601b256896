//! Runs that are made from a seed, killed, resumed and judged.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use guildhall_coordination::{Random, RunEvent, Work};
use serde_json::json;

use crate::history::{self, History};
use crate::moment::{Hit, Moment, Victim, kill_at};
use crate::plans::{Shape, WIDTH, plan};
use crate::promises::{Broken, Promise, broken, executed_again};
use crate::sandbox::Sandbox;
use crate::summary::Summary;

/// Runs that break a promise, after which a campaign ends.
const ENOUGH: usize = 5;

/// The coordinators that must pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coordinator {
    /// The one that ships.
    Swarm,
    /// The smallest one.
    Fifo,
}

impl Coordinator {
    /// The coordinator of the run of this seed.
    pub const fn of(seed: u64) -> Self {
        if seed.is_multiple_of(2) {
            Self::Swarm
        } else {
            Self::Fifo
        }
    }

    /// The seeds of its runs, from `seed` on.
    pub fn seeds(self, seed: u64) -> impl Iterator<Item = u64> {
        (seed..).filter(move |seed| Self::of(*seed) == self)
    }

    /// Its id.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Swarm => "swarm-coordinator",
            Self::Fifo => "example-fifo-coordinator",
        }
    }
}

/// Carries runs out, one for each seed, until there were at least `kills` kills, or a few
/// runs have broken a promise. What was broken stands in the summary.
///
/// # Errors
/// Where the suite itself cannot go on.
pub fn campaign(
    seeds: impl IntoIterator<Item = u64>,
    kills: usize,
    mut progress: impl FnMut(u64, &Summary),
) -> Result<Summary> {
    let mut summary = Summary::default();
    for seed in seeds {
        if summary.kills >= kills || summary.failures.len() >= ENOUGH {
            break;
        }
        summary = summary.plus(run_of(seed)?);
        progress(seed, &summary);
    }
    Ok(summary)
}

/// Carries out the run of a seed. Where it breaks a promise its folder is kept, and the
/// summary says where it is and how to do the same again.
///
/// # Errors
/// Where the suite itself cannot go on.
pub fn run_of(seed: u64) -> Result<Summary> {
    let mut random = Random::new(seed);
    let coordinator = Coordinator::of(seed);
    let shapes = Shape::ALL;
    let shape = shapes[usize::try_from(random.up_to(shapes.len() as u64 - 1))?];
    let durability = if random.per_mille(300) {
        "power"
    } else {
        "process"
    };
    let mut sandbox = Sandbox::new(WIDTH, &json!({}))?;
    sandbox.plan(&plan(shape, durability, &mut random))?;
    let mut kills = Kills::default();
    let done = to_the_end(&mut sandbox, coordinator, &mut random, &mut kills);
    let mut lines: Vec<String> = done
        .as_ref()
        .err()
        .map(|it| format!("{it:#}"))
        .into_iter()
        .collect();
    let history = sandbox.history().unwrap_or_else(|error| {
        lines.push(format!("{error:#}"));
        History::default()
    });
    let broken = broken(&history);
    let mut summary = figures(&history, &broken, kills);
    lines.extend(broken.iter().map(ToString::to_string));
    if !lines.is_empty() {
        summary.failures.push(format!(
            "the run of seed {seed} ({shape:?}, {durability}):\n  {}\n  it is kept in {}\n  `cargo xtask soak --kills 1 --seed {seed}` does the same again, but for the moments, which the system decides",
            lines.join("\n  "),
            sandbox.keep().display()
        ));
    }
    Ok(summary)
}

/// Kills of a run, and how many of them came while attempts were in flight.
#[derive(Debug, Clone, Copy, Default)]
struct Kills {
    all: usize,
    at_work: usize,
}

/// Starts, kills and resumes until the run has ended.
fn to_the_end(
    sandbox: &mut Sandbox,
    coordinator: Coordinator,
    random: &mut Random,
    kills: &mut Kills,
) -> Result<()> {
    let mut left = 4 + random.up_to(8);
    loop {
        let mut started = sandbox.begin_or_resume(coordinator.id())?;
        let hit = if left > 0 {
            left -= 1;
            let (moment, victim) = (Moment::any(random), Victim::any(random));
            kill_at(sandbox, &mut started, moment, victim)?
        } else {
            if let Some(worker) = started.worker()? {
                sandbox.worker_is(started.session, worker);
            }
            Hit::TooLate
        };
        if let Hit::Killed(in_flight) = hit {
            kills.all += 1;
            kills.at_work += usize::from(in_flight > 0);
        }
        let status = started.end()?;
        if has_ended(sandbox)? {
            return Ok(());
        }
        let said = sandbox.said(started.session);
        ensure!(
            hit != Hit::TooLate,
            "session {} ended with {status} before its run had: {said}",
            started.session
        );
    }
}

fn has_ended(sandbox: &Sandbox) -> Result<bool> {
    let Some(run) = sandbox.run()? else {
        return Ok(false);
    };
    let events = history::journal(&sandbox.state(), run)?;
    let last = events.last().map(|recorded| &recorded.event);
    Ok(matches!(last, Some(RunEvent::Ended { .. })))
}

fn figures(history: &History, broken: &[Broken], kills: Kills) -> Summary {
    let count = |promise| broken.iter().filter(|it| it.promise == promise).count();
    let added = history.events.iter().filter_map(|it| match &it.event {
        RunEvent::Added(spec) => Some(&spec.work),
        _ => None,
    });
    let in_flight = history.in_flight_at_kills();
    let in_flight = in_flight.values().map(BTreeSet::len);
    Summary {
        runs: 1,
        tasks: added.filter(|work| matches!(work, Work::Call(_))).count(),
        kills: kills.all,
        kills_at_work: kills.at_work,
        in_flight: in_flight.clone().sum(),
        most_in_flight: in_flight.max().unwrap_or(0),
        executed_again: executed_again(history),
        lost: count(Promise::NothingIsLost),
        completed_twice: count(Promise::CompletedOnce),
        survivors: count(Promise::NothingSurvives),
        failures: Vec::new(),
    }
}
