//! How many attempts at once a capability needs: the recorded tasks are replayed with ever
//! other numbers, and a late one has a price.

use std::collections::VecDeque;

use serde::Serialize;

use super::{Aim, Confidence, Goal};
use crate::figures::{Group, quantile};
use crate::policy::{Job, Price, Question, Tuning, cheapest, waits};
use crate::queueing;

/// Looks at the number at work, for its peakedness.
const LOOKS: usize = 2000;

/// Neighbours of a number that are shown with it, on each side.
const NEIGHBOURS: usize = 3;

/// Parts of the time, of which the busiest counts where throughput is wanted.
const PARTS: usize = 10;

/// How far the late share of tasks that were not used may be over the promise.
const FORETOLD: f64 = 0.02;

/// Tasks for a medium and for a high confidence.
const MEDIUM: usize = 100;
const HIGH: usize = 1000;

/// Another number of places for a capability.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlacesAdvice {
    /// `places-` and the capability.
    pub id: String,
    /// The capability.
    pub name: String,
    /// Who did its tasks.
    pub by: Vec<String>,
    /// Places in the mean of the time.
    pub now: f64,
    /// Places that are recommended.
    pub then: u32,
    /// Places that would be recommended without bounds, where a bound holds them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unbounded: Option<u32>,
    /// Tasks that were replayed.
    pub tasks: usize,
    /// Seconds of one agent that a late task was taken to cost.
    pub price_s: f64,
    /// Seconds in which there were places.
    pub active_s: f64,
    /// Replayed with the places there are, rounded.
    pub at_now: Candidate,
    /// Replayed with those that are recommended.
    pub at_then: Candidate,
    /// Both and their neighbours, for comparison.
    pub candidates: Vec<Candidate>,
    /// What the formulas say.
    pub second_opinion: SecondOpinion,
    /// US dollars an hour more than with the places of `at_now`; none where a place costs nothing
    /// while it is idle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usd_per_hour: Option<f64>,
    /// The late share of the second half of the tasks, with places by the first half.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backtest_late: Option<f64>,
    /// How sure it is.
    pub confidence: Confidence,
}

/// What would have come of a number of places.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Candidate {
    /// The number.
    pub places: u32,
    /// Seconds that 95 % of the tasks would have waited at the most.
    pub wait_p95_s: f64,
    /// The share of late tasks.
    pub late: f64,
    /// Seconds of the places and the price of late tasks.
    pub cost_s: f64,
}

/// Sizes by formula.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SecondOpinion {
    /// Agents at work in the mean, in Erlang.
    pub load: f64,
    /// How much burstier it is than a load without memory.
    pub peakedness: f64,
    /// Places by Erlang C for the promised share.
    pub erlang: u32,
    /// The same with Hayward's correction for bursts.
    pub hayward: u32,
}

/// The advice for a capability; none where nothing was done.
pub(super) fn advise(group: &Group, aim: &Aim<'_>) -> Option<PlacesAdvice> {
    let jobs = jobs_of(group);
    let mean_s = mean(&jobs)?;
    let settings = aim.settings;
    let tuning = tuning(aim);
    let tasks = group.waits.len() + group.waiting_late;
    let question = Question {
        now_s: 0.0,
        span_s: group.active_s,
        wait_s: aim.wait_s,
        price_s: Price::after(&tuning, tasks, group.late, mean_s),
        ratio: 1.0,
    };
    let unbounded = number(size(&jobs, &question, group, aim));
    let then = unbounded.clamp(settings.min, settings.max);
    let now = whole_places(group);
    let candidate = |places: u32| candidate(&jobs, &question, places);
    let backtest_late = backtest(&jobs, &question, group, aim);
    let promised = settings.late_share;
    Some(PlacesAdvice {
        id: format!("places-{}", group.name),
        name: group.name.clone(),
        by: group.by.clone(),
        now: group.places,
        then,
        unbounded: (unbounded != then).then_some(unbounded),
        tasks: jobs.len(),
        price_s: question.price_s,
        active_s: group.active_s,
        at_now: candidate(now),
        at_then: candidate(then),
        candidates: neighbours(now, then).into_iter().map(candidate).collect(),
        second_opinion: second_opinion(group, &jobs, mean_s, aim),
        usd_per_hour: usd_per_hour(group, then, aim),
        backtest_late,
        confidence: confidence(jobs.len(), backtest_late, promised),
    })
}

/// The figures of the default policy, as the goal has them.
fn tuning(aim: &Aim<'_>) -> Tuning {
    let promised = aim.settings.late_share;
    let usual = Tuning::promising(promised);
    match aim.goal {
        Goal::Balance | Goal::Throughput => usual,
        Goal::Cost => Tuning {
            target: 0.9 * promised,
            price: usual.price / 2.0,
            ..usual
        },
        Goal::Latency => Tuning {
            target: 0.2 * promised,
            ..usual
        },
    }
}

/// The places that there are, as a whole number that can be replayed.
fn whole_places(group: &Group) -> u32 {
    number(group.places.round() as usize).max(1)
}

/// Recorded tasks by arrival, those that wait with what others took. One that is being done
/// takes at least as long as it has by now, and where that is less, as long as others.
fn jobs_of(group: &Group) -> VecDeque<Job> {
    let of = |(arrival_s, service_s): &(f64, f64)| Job {
        arrival_s: *arrival_s,
        service_s: *service_s,
    };
    let mut jobs: VecDeque<Job> = group.jobs.iter().map(of).collect();
    let in_flight: VecDeque<Job> = group.in_flight.iter().map(of).collect();
    let Some(mean_s) = mean(&jobs).or_else(|| mean(&in_flight)) else {
        return jobs;
    };
    jobs.extend(in_flight.into_iter().map(|job| Job {
        service_s: job.service_s.max(mean_s),
        ..job
    }));
    // What waits still is at the end of the stays by its end, the last moment of all.
    let now = group.stays.iter().map(|stay| stay.1).reduce(f64::max);
    let waiting = group.stays.iter().filter(|stay| Some(stay.1) == now);
    jobs.extend(waiting.take(group.waiting).map(|(arrival_s, _)| Job {
        arrival_s: *arrival_s,
        service_s: mean_s,
    }));
    jobs.make_contiguous()
        .sort_by(|one, other| one.arrival_s.total_cmp(&other.arrival_s));
    jobs
}

fn mean(jobs: &VecDeque<Job>) -> Option<f64> {
    let sum: f64 = jobs.iter().map(|job| job.service_s).sum();
    (!jobs.is_empty()).then(|| sum / jobs.len() as f64)
}

/// The number that the goal asks for, unbounded.
fn size(jobs: &VecDeque<Job>, question: &Question, group: &Group, aim: &Aim<'_>) -> usize {
    if aim.goal == Goal::Throughput {
        return for_throughput(jobs, aim.settings.max_utilisation);
    }
    // The search goes down well and up badly, where all are late anyway: it begins above.
    let work: f64 = jobs.iter().map(|job| job.service_s).sum();
    let load = work / question.span_s.max(1e-3);
    let from = (load.ceil() as usize + 1).max(group.places.ceil() as usize);
    cheapest(jobs, question, from.min(jobs.len()))
}

/// The fewest places that are not full in the busiest part of the time.
fn for_throughput(jobs: &VecDeque<Job>, most_utilisation: f64) -> usize {
    let (Some(first), Some(last)) = (jobs.front(), jobs.back()) else {
        return 1;
    };
    let width = (last.arrival_s - first.arrival_s) / PARTS as f64;
    let mut work = [0.0; PARTS];
    for job in jobs {
        let part = (job.arrival_s - first.arrival_s) / width;
        let part = (part as usize).min(PARTS - 1);
        work[part] += job.service_s;
    }
    let busiest = work.into_iter().fold(0.0, f64::max);
    let needed = busiest / width / most_utilisation;
    // Where all came at once, each could have a place.
    (needed.ceil() as usize).clamp(1, jobs.len())
}

fn candidate(jobs: &VecDeque<Job>, question: &Question, places: u32) -> Candidate {
    let mut all: Vec<f64> = waits(jobs, places as usize).collect();
    all.sort_by(f64::total_cmp);
    let late = all.len() - all.partition_point(|wait| *wait <= question.wait_s);
    Candidate {
        places,
        wait_p95_s: quantile(&all, 0.95).unwrap_or(0.0),
        late: late as f64 / all.len().max(1) as f64,
        cost_s: f64::from(places) * question.span_s + question.price_s * late as f64,
    }
}

/// Numbers that are shown beside each other.
fn neighbours(now: u32, then: u32) -> Vec<u32> {
    let near = NEIGHBOURS as u32;
    let mut all: Vec<u32> =
        (then.saturating_sub(near).max(1)..=then.saturating_add(near)).collect();
    all.push(now);
    all.sort_unstable();
    all.dedup();
    all
}

fn second_opinion(
    group: &Group,
    jobs: &VecDeque<Job>,
    mean_s: f64,
    aim: &Aim<'_>,
) -> SecondOpinion {
    let work: f64 = jobs.iter().map(|job| job.service_s).sum();
    let load = if group.active_s > 0.0 {
        work / group.active_s
    } else {
        0.0
    };
    let pairs: Vec<(f64, f64)> = jobs
        .iter()
        .map(|job| (job.arrival_s, job.service_s))
        .collect();
    let (first, last) = (
        pairs.first().map_or(0.0, |pair| pair.0),
        pairs.iter().map(|pair| pair.0 + pair.1).fold(0.0, f64::max),
    );
    let peakedness = queueing::peakedness(&pairs, first, last, LOOKS).unwrap_or(1.0);
    let (share, most) = (aim.settings.late_share, aim.settings.max);
    SecondOpinion {
        load,
        peakedness,
        erlang: queueing::size_erlang(load, mean_s, aim.wait_s, share, most),
        hayward: queueing::hayward(load, peakedness, mean_s, aim.wait_s, share, most),
    }
}

/// What the change costs, by what the dearest of the agents costs; none where none is known.
fn usd_per_hour(group: &Group, then: u32, aim: &Aim<'_>) -> Option<f64> {
    let prices = group
        .by
        .iter()
        .filter_map(|agent| aim.settings.agents.get(agent));
    let price = prices.map(|agent| agent.usd_per_hour).fold(0.0, f64::max);
    let more = f64::from(then) - f64::from(whole_places(group));
    (price > 0.0).then_some(more * price)
}

/// Places by the first half of the tasks alone, tried on the second.
fn backtest(
    jobs: &VecDeque<Job>,
    question: &Question,
    group: &Group,
    aim: &Aim<'_>,
) -> Option<f64> {
    if jobs.len() < MEDIUM {
        return None;
    }
    let half = jobs.len() / 2;
    let first: VecDeque<Job> = jobs.range(..half).copied().collect();
    let second: VecDeque<Job> = jobs.range(half..).copied().collect();
    let of_half = Question {
        span_s: question.span_s * share_of_time(jobs, half),
        price_s: price_until(second.front()?.arrival_s, &first, group, aim),
        ..*question
    };
    let places = number(size(&first, &of_half, group, aim));
    let places = places.clamp(aim.settings.min, aim.settings.max);
    Some(candidate(&second, question, places).late)
}

/// The share of the time in which the first `half` of the jobs came.
fn share_of_time(jobs: &VecDeque<Job>, half: usize) -> f64 {
    let at = |place: usize| jobs.get(place).map_or(0.0, |job| job.arrival_s);
    let (first, middle, last) = (at(0), at(half), at(jobs.len().saturating_sub(1)));
    match last > first {
        true => (middle - first) / (last - first),
        // All came at once, and no time is that of a half.
        false => 0.5,
    }
}

/// The price of a late task by what was known at a moment, up to which these jobs came.
fn price_until(moment_s: f64, jobs: &VecDeque<Job>, group: &Group, aim: &Aim<'_>) -> f64 {
    let waits = group.stays.iter().filter(|stay| stay.0 < moment_s);
    let waits: Vec<f64> = waits.map(|(from, to)| to.min(moment_s) - from).collect();
    let late = waits.iter().filter(|wait| **wait > aim.wait_s).count();
    let mean_s = mean(jobs).unwrap_or(0.0);
    Price::after(&tuning(aim), waits.len(), late, mean_s)
}

fn confidence(tasks: usize, backtest: Option<f64>, promised: f64) -> Confidence {
    let is_foretold = backtest.is_some_and(|late| late <= promised + FORETOLD);
    match tasks {
        HIGH.. if is_foretold => Confidence::High,
        MEDIUM.. => Confidence::Medium,
        _ => Confidence::Low,
    }
}

fn number(places: usize) -> u32 {
    u32::try_from(places).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_jobs_has_the_time_in_which_it_came() {
        let at = |arrival_s: f64| Job {
            arrival_s,
            service_s: 1.0,
        };
        // Five within ten seconds, five in the ninety after them.
        let early = (0..5).map(|number| at(f64::from(number) * 2.0));
        let jobs: VecDeque<Job> = early
            .chain((0..5).map(|number| at(10.0 + f64::from(number) * 22.5)))
            .collect();
        assert_eq!(share_of_time(&jobs, 5), 0.1);
        let at_once: VecDeque<Job> = (0..10).map(|_| at(3.0)).collect();
        assert_eq!(share_of_time(&at_once, 5), 0.5);
    }
}
