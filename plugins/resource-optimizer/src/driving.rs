//! `guildhall optimize watch`: drives the loop, which is pure, with the host's records and limits.

use std::time::Duration;

use guildhall_report::Report;
use guildhall_sdk::Schema;
use guildhall_sdk::core::control::{Applied, Change, RunLimits};
use guildhall_sdk::core::records::RecordsQuery;
use guildhall_sdk::core::{AgentError, Context, ErrorCode};
use serde::{Deserialize, Serialize};

use crate::act::Bounds;
use crate::observe::Observed;
use crate::period::seconds_of;
use crate::watch::{Do, Rules, Sight, Watch};
use crate::{OptimizerError, Settings, present};

/// Seconds between two looks, where nothing else is said.
const USUAL_EVERY_S: f64 = 15.0;

/// The least: a look reads the run's journal.
const LEAST_EVERY_S: f64 = 0.05;

/// Actions that a report lists.
const MOST_LISTED: usize = 1000;

/// Which run is watched, how, and until when.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Schema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct WatchRequest {
    /// The run, which a process works on; the latest one where absent.
    pub run: Option<String>,
    /// How often it is looked at, as 15s or 1m; 15s where absent.
    pub every: Option<String>,
    /// Until when: `run-ends`, or how long, as 90s or 2h; until the run ends where absent.
    pub until: Option<String>,
    /// Seconds that a task may wait; as configured where absent, 30 by default.
    pub wait: Option<f64>,
    /// Seconds until a place that was given is there; 0 where absent.
    pub boot: Option<f64>,
    /// Whether limits are changed; else it is only told what would be.
    pub commit: bool,
}

/// A request, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Watching {
    run: String,
    /// Seconds until the end, where it is not the run's.
    for_s: Option<f64>,
    rules: Rules,
}

/// What came of watching.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Watched {
    /// Whether limits were changed.
    pub is_committed: bool,
    /// Looks at the run.
    pub looks: u64,
    /// Changes that were made, in their order.
    pub actions: Vec<Applied>,
    /// Changes that would have been.
    pub proposed: Vec<Change>,
    /// What was odd, was refused, or was taken back.
    pub notes: Vec<String>,
    /// Why it ended.
    pub ended: String,
    /// When it began, by the host's clock.
    pub began_ms: u64,
    /// Places, summed over the time in which they were there, in seconds.
    pub place_s: f64,
    /// Seconds that the tasks waited which came in the meantime, in order of size.
    pub waits: Vec<f64>,
    /// Those of them that waited too long.
    pub late: usize,
    /// The promised wait, in seconds.
    pub wait_s: f64,
}

impl WatchRequest {
    /// Checks it.
    ///
    /// # Errors
    /// Where a part is wrong.
    pub fn checked(&self, settings: &Settings) -> Result<Watching, OptimizerError> {
        let wrong = |key, problem| OptimizerError::Request { key, problem };
        let every = self.every.as_deref().map(|text| seconds_of("every", text));
        let tick_s = every.transpose()?.unwrap_or(USUAL_EVERY_S);
        if tick_s < LEAST_EVERY_S {
            let problem = format!("is {tick_s} s; look every {LEAST_EVERY_S} s at the most");
            return Err(wrong("every", problem));
        }
        let until = self.until.as_deref().filter(|until| *until != "run-ends");
        let seconds = |key, value: f64| match (0.0..=1e8).contains(&value) {
            true => Ok(value),
            false => {
                let problem = format!("is {value}; it counts seconds, from 0 to 100 million");
                Err(wrong(key, problem))
            }
        };
        Ok(Watching {
            run: self.run.clone().unwrap_or_else(|| "latest".to_owned()),
            for_s: until.map(|text| seconds_of("until", text)).transpose()?,
            rules: Rules {
                wait_s: seconds("wait", self.wait.unwrap_or(settings.wait_seconds))?,
                late_share: settings.late_share,
                boot_s: seconds("boot", self.boot.unwrap_or(0.0))?,
                tick_s,
                bounds: Bounds::of(settings),
                measure_s: settings.rollback_after_seconds,
                is_committed: self.commit,
            },
        })
    }
}

/// Watches until the run ends, the time is over, or the caller withdraws.
///
/// # Errors
/// Where nobody works on the run, and whatever the host gives.
pub(crate) async fn watch(watching: &Watching, ctx: &Context) -> Result<Report, AgentError> {
    let rules = watching.rules;
    // Its id, so that a newer run of the same name is not taken for it.
    let limits = ctx.run_limits(&watching.run).await?;
    check_is_worked_on(&limits)?;
    let query = RecordsQuery {
        runs: vec![limits.run.clone()],
        ..RecordsQuery::default()
    };
    let mut machine = Watch::new(rules);
    let mut watched = Watched {
        is_committed: rules.is_committed,
        wait_s: rules.wait_s,
        ..Watched::default()
    };
    let mut last_ms = None;
    loop {
        let limits = ctx.run_limits(&limits.run).await?;
        let observed = Observed::of(ctx.records(query.clone()).await?);
        let now_ms = observed.records.now_ms;
        let began_ms = *last_ms.get_or_insert(now_ms);
        watched.take(&limits, &observed, began_ms);
        last_ms = Some(now_ms);
        if let Some(why) = over(watching, &limits, &watched, now_ms) {
            watched.ended = why;
            return Ok(present::watched(&limits, &watched));
        }
        let sight = Sight {
            observed: &observed,
            limits: &limits,
        };
        for it in machine.step(now_ms, &sight) {
            if !do_it(it, now_ms, &mut machine, &mut watched, ctx).await? {
                break;
            }
        }
        wait_for_next_look(rules.tick_s, ctx).await?;
    }
}

/// Does one thing; gives whether the others are to follow.
async fn do_it(
    it: Do,
    now_ms: u64,
    machine: &mut Watch,
    watched: &mut Watched,
    ctx: &Context,
) -> Result<bool, AgentError> {
    let (done, what) = match it {
        Do::Say(text) => {
            watched.note(text, ctx);
            return Ok(true);
        }
        Do::Propose(change) => {
            watched.tell(&change, "would be", ctx);
            if watched.proposed.len() < MOST_LISTED {
                watched.proposed.push(change);
            }
            return Ok(true);
        }
        Do::Apply(change) => {
            let what = format!("{} to {}", change.limit, change.to);
            (ctx.change_limit(&change).await, what)
        }
        Do::Undo { id, limit, why } => {
            watched.note(format!("{limit}: taken back, since {why}"), ctx);
            (
                ctx.undo_limit(&id).await,
                format!("taking back the {limit}"),
            )
        }
    };
    match done {
        Ok(applied) => {
            machine.applied(&applied);
            watched.tell(&applied.change, "are", ctx);
            if watched.actions.len() < MOST_LISTED {
                watched.actions.push(applied);
            }
            Ok(true)
        }
        Err(error) if error.is(ErrorCode::Cancelled) => Err(error),
        Err(error) => {
            machine.refused(now_ms);
            watched.note(format!("{what} was refused: {}", error.message), ctx);
            Ok(false)
        }
    }
}

/// Why watching is over; none where it is not.
fn over(watching: &Watching, limits: &RunLimits, watched: &Watched, now_ms: u64) -> Option<String> {
    if !matches!(limits.status.as_str(), "new" | "running") {
        return Some(format!("the run is {}", limits.status));
    }
    if !limits.is_worked_on {
        return Some("nobody works on the run any more".to_owned());
    }
    let gone_s = now_ms.saturating_sub(watched.began_ms) as f64 / 1000.0;
    let is_late = watching.for_s.is_some_and(|for_s| gone_s >= for_s);
    is_late.then(|| "its time is over".to_owned())
}

fn check_is_worked_on(limits: &RunLimits) -> Result<(), AgentError> {
    if limits.is_worked_on && matches!(limits.status.as_str(), "new" | "running") {
        return Ok(());
    }
    let text = format!(
        "nobody works on the run {} ({}), which is {}; there is nothing to watch",
        limits.name, limits.run, limits.status
    );
    let error = AgentError::new(ErrorCode::InvalidInput, text);
    Err(error.with_help("begin it, or name another with --run; `guildhall runs` lists them"))
}

/// Waits for the next look, or for whoever withdraws.
async fn wait_for_next_look(seconds: f64, ctx: &Context) -> Result<(), AgentError> {
    let wait = Duration::from_secs_f64(seconds);
    let withdrawn = guildhall_sdk::tokio::time::timeout(wait, ctx.cancelled()).await;
    match withdrawn {
        Ok(()) => Err(AgentError::new(
            ErrorCode::Cancelled,
            "watching was cancelled; what was changed stays",
        )),
        Err(_) => Ok(()),
    }
}

impl Watched {
    /// Counts what has happened until now.
    fn take(&mut self, limits: &RunLimits, observed: &Observed, last_ms: u64) {
        let records = &observed.records;
        let now_ms = records.now_ms;
        if self.looks == 0 {
            self.began_ms = now_ms;
        }
        self.looks += 1;
        let places = present::places_of_all(limits);
        self.place_s += f64::from(places) * now_ms.saturating_sub(last_ms) as f64 / 1000.0;
        let first = records.attempts.iter().filter(|it| it.attempt == 1);
        let begun = first.map(|it| (it.ready_ms, it.started_ms));
        let waiting = records.waiting.iter().map(|it| (it.ready_ms, now_ms));
        let waits = begun
            .chain(waiting)
            .map(|(from, to)| to.saturating_sub(from));
        self.waits = waits.map(|wait| wait as f64 / 1000.0).collect();
        self.waits.sort_by(f64::total_cmp);
        self.late = self.waits.len() - self.waits.partition_point(|it| *it <= self.wait_s);
    }

    fn note(&mut self, text: String, ctx: &Context) {
        ctx.progress(self.looks, None, text.as_str());
        if self.notes.len() < MOST_LISTED && self.notes.last() != Some(&text) {
            self.notes.push(text);
        }
    }

    fn tell(&self, change: &Change, are: &str, ctx: &Context) {
        let text = format!(
            "the {} {are} {} after {}",
            change.limit, change.to, change.from
        );
        ctx.progress(self.looks, None, text);
    }
}
