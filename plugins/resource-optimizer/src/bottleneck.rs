//! Where work waits, and by which evidence.

use std::collections::BTreeMap;

use guildhall_sdk::core::records::{AttemptEnd, AttemptRecord, Records};
use serde::Serialize;

use crate::figures::{Figures, Group, group_of};

/// Moments at which a queue is looked at.
const LOOKS: usize = 60;

/// A queue of fewer is none.
const LEAST_QUEUE: f64 = 3.0;

/// The normal quantile of a two-sided interval of 95 %.
const NORMAL_95: f64 = 1.96;

/// Runs whose critical paths are looked at, the newest.
const RUNS: usize = 20;

/// From this share of the critical path on waiting is what makes runs long.
const LEAST_PATH_SHARE: f64 = 0.25;

/// A capability that holds others up.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bottleneck {
    /// The capability.
    pub name: String,
    /// By which evidence; at least one.
    pub evidence: Vec<Evidence>,
    /// Seconds that tasks wait for it in an hour: what it costs.
    pub lost_s_per_hour: f64,
}

/// What speaks for a bottleneck.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Evidence {
    /// Its places are at work nearly all the time: the utilisation law, throughput times
    /// service time over places. Source: P. J. Denning and J. P. Buzen, "The operational
    /// analysis of queueing network models" (1978).
    Saturated {
        /// The share of the places' time that was work.
        utilisation: f64,
        /// Places in the mean.
        places: f64,
    },
    /// The queue grows: the slope of Theil and Sen, with its interval of 95 %. Source: P. K.
    /// Sen, "Estimates of the regression coefficient based on Kendall's tau" (1968).
    Growing {
        /// Tasks more a minute.
        per_minute: f64,
        /// The least that it is.
        least: f64,
        /// The most.
        most: f64,
        /// Tasks that wait at the end.
        queue: f64,
    },
    /// On the longest chain of tasks of recent runs much of the time was waiting for it.
    OnCriticalPath {
        /// The share of the chains' time.
        share: f64,
        /// Runs that were looked at.
        runs: usize,
    },
}

/// The bottlenecks, the dearest first. From `most_utilisation` on places are full.
pub fn bottlenecks(figures: &Figures, records: &Records, most_utilisation: f64) -> Vec<Bottleneck> {
    let paths = path_shares(records);
    let mut found: Vec<Bottleneck> = figures
        .capabilities
        .iter()
        .filter_map(|group| {
            let saturated =
                (group.utilisation >= most_utilisation).then_some(Evidence::Saturated {
                    utilisation: group.utilisation,
                    places: group.places,
                });
            let on_path = paths.shares.get(&group.name).copied().unwrap_or(0.0);
            let on_path = (on_path >= LEAST_PATH_SHARE).then_some(Evidence::OnCriticalPath {
                share: on_path,
                runs: paths.runs,
            });
            let evidence = [saturated, growth(group), on_path];
            let evidence: Vec<Evidence> = evidence.into_iter().flatten().collect();
            (!evidence.is_empty()).then(|| Bottleneck {
                name: group.name.clone(),
                evidence,
                lost_s_per_hour: 3600.0 * group.queue,
            })
        })
        .collect();
    found.sort_by(|one, other| other.lost_s_per_hour.total_cmp(&one.lost_s_per_hour));
    found
}

/// Whether a queue grows beyond what chance makes of it.
fn growth(group: &Group) -> Option<Evidence> {
    let first = group
        .stays
        .iter()
        .map(|stay| stay.0.max(0.0))
        .reduce(f64::min)?;
    let last = group.stays.iter().map(|stay| stay.1).reduce(f64::max)?;
    let width = (last - first) / LOOKS as f64;
    if width <= 0.0 {
        return None;
    }
    let look = |at: usize| {
        // The middle of each stretch, so that no end of the time is looked at twice.
        let moment = first + width * (at as f64 + 0.5);
        let waits = group
            .stays
            .iter()
            .filter(|stay| stay.0 <= moment && moment < stay.1);
        (moment / 60.0, waits.count() as f64)
    };
    let looks: Vec<(f64, f64)> = (0..LOOKS).map(look).collect();
    // What waits at the end, and not at the last look: all may have begun since.
    let queue = group.waiting as f64;
    let slope = theil_sen(&looks)?;
    (queue >= LEAST_QUEUE && slope.least > 0.0).then_some(Evidence::Growing {
        per_minute: slope.median,
        least: slope.least,
        most: slope.most,
        queue,
    })
}

/// The median slope of all pairs, and its interval of 95 %.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slope {
    /// The median.
    pub median: f64,
    /// The lower end of the interval.
    pub least: f64,
    /// The upper end.
    pub most: f64,
}

/// The slope of points by Theil and Sen; none of fewer than three.
pub fn theil_sen(points: &[(f64, f64)]) -> Option<Slope> {
    let count = points.len() as f64;
    if points.len() < 3 {
        return None;
    }
    let pairs = points.iter().enumerate();
    let mut slopes: Vec<f64> = pairs
        .flat_map(|(at, one)| points[at + 1..].iter().map(move |other| (one, other)))
        .filter(|(one, other)| other.0 != one.0)
        .map(|(one, other)| (other.1 - one.1) / (other.0 - one.0))
        .collect();
    slopes.sort_by(f64::total_cmp);
    let pairs = slopes.len() as f64;
    let spread = NORMAL_95 * (count * (count - 1.0) * (2.0 * count + 5.0) / 18.0).sqrt();
    let at = |place: f64| {
        let place = place.max(0.0) as usize;
        slopes
            .get(place.min(slopes.len().saturating_sub(1)))
            .copied()
    };
    Some(Slope {
        median: (at(((pairs - 1.0) / 2.0).floor())? + at((pairs / 2.0).floor())?) / 2.0,
        // Sen's ranks are counted from 1, and lie as far from either end.
        least: at(((pairs - spread) / 2.0).floor() - 1.0)?,
        most: at(((pairs + spread) / 2.0).ceil())?,
    })
}

/// Of the critical paths of ended runs, the share of time that was waiting for each capability.
struct PathShares {
    shares: BTreeMap<String, f64>,
    runs: usize,
}

fn path_shares(records: &Records) -> PathShares {
    let is_ended = |status: &str| matches!(status, "completed" | "failed" | "cancelled");
    let mut ended: Vec<_> = records
        .runs
        .iter()
        .filter(|run| is_ended(&run.status))
        .collect();
    ended.sort_by_key(|run| std::cmp::Reverse(run.updated_ms));
    ended.truncate(RUNS);
    let mut by_run: BTreeMap<&str, Vec<&AttemptRecord>> = BTreeMap::new();
    for attempt in &records.attempts {
        by_run.entry(&attempt.run).or_default().push(attempt);
    }
    let (mut waits, mut whole) = (BTreeMap::new(), 0.0);
    let mut runs = 0;
    for run in ended {
        let Some(attempts) = by_run.get(run.run.as_str()) else {
            continue;
        };
        runs += 1;
        for step in critical_path(attempts) {
            whole += step.wait_s + step.work_s;
            *waits.entry(step.name).or_insert(0.0) += step.wait_s;
        }
    }
    let shares = waits
        .into_iter()
        .map(|(name, wait)| (name, if whole > 0.0 { wait / whole } else { 0.0 }));
    PathShares {
        shares: shares.collect(),
        runs,
    }
}

/// A task on the chain that made a run as long as it was.
struct PathStep {
    name: String,
    wait_s: f64,
    work_s: f64,
}

/// From the task that ended last back to the one of its needs that ended last, and so on.
fn critical_path(attempts: &[&AttemptRecord]) -> Vec<PathStep> {
    // Attempts are in the order of their beginning, so the last one of a task stays.
    let mut tasks: BTreeMap<&str, (&AttemptRecord, &AttemptRecord)> = BTreeMap::new();
    for attempt in attempts.iter().filter(|it| it.end != AttemptEnd::Cached) {
        let entry = tasks
            .entry(attempt.task.as_str())
            .or_insert((attempt, attempt));
        entry.1 = attempt;
    }
    let end = |pair: &(&AttemptRecord, &AttemptRecord)| pair.1.ended_ms;
    let mut next = tasks
        .iter()
        .max_by_key(|(name, pair)| (end(pair), std::cmp::Reverse(*name)));
    let mut steps = Vec::new();
    while let Some((_, (first, last))) = next {
        steps.push(PathStep {
            name: group_of(first).to_owned(),
            wait_s: first.started_ms.saturating_sub(first.ready_ms) as f64 / 1000.0,
            work_s: last
                .ended_ms
                .unwrap_or(last.started_ms)
                .saturating_sub(first.started_ms) as f64
                / 1000.0,
        });
        // A need that ended after its task began cannot have held it up: this ends every chain.
        let needs = first
            .needs
            .iter()
            .filter_map(|need| tasks.get_key_value(need.as_str()));
        let before = needs.filter(|(_, pair)| end(pair).is_some_and(|end| end <= first.started_ms));
        let before = before.filter(|(_, pair)| pair.0.started_ms < first.started_ms);
        next = before.max_by_key(|(name, pair)| (end(pair), std::cmp::Reverse(*name)));
    }
    steps
}
