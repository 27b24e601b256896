//! The policy of one agent, with what it was told already.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{Job, Rules};
use crate::policy::{Done, Policy as _, Seen, Steered, Tuning};

/// Ticks of the past that a loop catches up with when it begins.
const MOST_CATCHING_UP: u64 = 480;

/// Time over which the load is measured, in milliseconds.
const LOAD_MS: u64 = 600_000;

/// The policy of one agent.
#[derive(Debug)]
pub(super) struct Pool {
    policy: Steered,
    /// The moment that the policy counts from, in milliseconds since 1970.
    origin_ms: u64,
    /// Up to here it was told.
    told_ms: u64,
    /// The numbers of the jobs it was told of, and whether it was told of their ends.
    told: HashMap<(String, u32), Told>,
    /// The arrival it was told of last, in seconds.
    last_s: f64,
    wanted: u32,
    /// Work that came lately, in places that it would fill.
    load: f64,
    last: Last,
}

#[derive(Debug, Clone, Copy)]
struct Told {
    number: usize,
    has_ended: bool,
}

/// What the last decision rests on.
#[derive(Debug, Clone, Copy, Default)]
struct Last {
    waiting: usize,
    busy: usize,
    late: usize,
    jobs: usize,
    longest_s: f64,
}

impl Pool {
    /// The policy after what happened before the loop began: it is told in ticks, as if it had
    /// watched.
    pub(super) fn new(rules: &Rules, jobs: &[Job], now_ms: u64) -> Self {
        let first = jobs.first().map_or(now_ms, |job| job.ready_ms.min(now_ms));
        let tick_ms = ((rules.tick_s * 1000.0) as u64).max(1);
        let ticks = ((now_ms - first) / tick_ms).min(MOST_CATCHING_UP);
        let tick_ms = (now_ms - first) / (ticks + 1);
        let mut pool = Self {
            policy: Steered::new(Tuning::promising(rules.late_share), None),
            origin_ms: first,
            told_ms: first,
            told: HashMap::new(),
            last_s: 0.0,
            wanted: 1,
            load: 0.0,
            last: Last::default(),
        };
        for tick in 1..=ticks {
            let at_ms = first + tick * tick_ms;
            let busy = busy_at(jobs, at_ms);
            pool.feed(rules, jobs, at_ms, u32::try_from(busy).unwrap_or(u32::MAX));
        }
        pool
    }

    /// Work that came lately, in places that it would fill.
    pub(super) fn load(&self) -> f64 {
        self.load
    }

    /// How many places it wants.
    pub(super) fn wanted(&self) -> u32 {
        self.wanted
    }

    /// Tells it what has happened until now, with so many places.
    pub(super) fn feed(&mut self, rules: &Rules, jobs: &[Job], now_ms: u64, places: u32) {
        if now_ms <= self.told_ms {
            return;
        }
        let arrived = self.arrived(jobs, now_ms);
        let done = self.done(jobs, now_ms);
        let waiting: Vec<f64> = jobs
            .iter()
            .filter(|job| waits_at(job, now_ms))
            .map(|job| self.second(job.ready_ms))
            .collect();
        let busy = busy_at(jobs, now_ms);
        self.wanted = self.policy.want(&Seen {
            now_s: self.second(now_ms),
            tick_s: (now_ms - self.told_ms) as f64 / 1000.0,
            boot_s: rules.boot_s,
            wait_s: rules.wait_s,
            max: rules.bounds.max,
            arrived: &arrived,
            waiting: &waiting,
            begun: &[],
            done: &done,
            busy,
            booting: 0,
            running: places as usize,
            utilisation: (busy as f64 / f64::from(places.max(1))).min(1.0),
        });
        self.told_ms = now_ms;
        self.load = load_of(jobs, self.origin_ms, now_ms);
        let come = jobs.iter().filter(|job| job.ready_ms <= now_ms);
        let waited = come.map(|job| job.waited_s(now_ms));
        let (mut count, mut late, mut longest_s) = (0, 0, 0.0_f64);
        for waited_s in waited {
            count += 1;
            late += usize::from(waited_s > rules.wait_s);
            longest_s = longest_s.max(waited_s);
        }
        self.last = Last {
            waiting: waiting.len(),
            busy,
            late,
            jobs: count,
            longest_s,
        };
    }

    /// What its wish rests on, for people.
    pub(super) fn why(&self) -> String {
        let Last {
            waiting,
            busy,
            late,
            jobs,
            ..
        } = self.last;
        format!(
            "{waiting} tasks wait and {busy} are at work; {late} of {jobs} came late so far; {} places \
             are the cheapest that keep the promise",
            self.wanted
        )
    }

    /// The same as figures.
    pub(super) fn evidence(&self) -> Value {
        json!({
            "waiting": self.last.waiting,
            "busy": self.last.busy,
            "late": self.last.late,
            "tasks": self.last.jobs,
            "longest_wait_s": self.last.longest_s,
            "wanted": self.wanted,
        })
    }

    /// Jobs that it was not told of, also where they were recorded late.
    fn arrived(&mut self, jobs: &[Job], now_ms: u64) -> Vec<f64> {
        let mut arrived = Vec::new();
        for job in jobs.iter().filter(|job| job.ready_ms <= now_ms) {
            if self.told.contains_key(&job.key) {
                continue;
            }
            let number = self.told.len();
            let told = Told {
                number,
                has_ended: false,
            };
            self.told.insert(job.key.clone(), told);
            self.last_s = self.last_s.max(self.second(job.ready_ms));
            arrived.push(self.last_s);
        }
        arrived
    }

    fn done(&mut self, jobs: &[Job], now_ms: u64) -> Vec<Done> {
        let mut done = Vec::new();
        for job in jobs {
            let has_ended = job.ended_ms.is_some_and(|ended| ended <= now_ms);
            let Some(told) = self.told.get_mut(&job.key) else {
                continue;
            };
            if !has_ended || std::mem::replace(&mut told.has_ended, true) {
                continue;
            }
            done.push(Done {
                number: told.number,
                wait_s: job.waited_s(now_ms),
                service_s: job.service_s().unwrap_or(0.0),
            });
        }
        done
    }

    fn second(&self, at_ms: u64) -> f64 {
        at_ms.saturating_sub(self.origin_ms) as f64 / 1000.0
    }
}

/// Work that came in the last minutes, in places that it would fill.
fn load_of(jobs: &[Job], origin_ms: u64, now_ms: u64) -> f64 {
    let from_ms = now_ms.saturating_sub(LOAD_MS).max(origin_ms);
    let known = jobs.iter().filter_map(Job::service_s);
    let mean_s = known.clone().sum::<f64>() / known.count().max(1) as f64;
    let come = jobs
        .iter()
        .filter(|job| from_ms < job.ready_ms && job.ready_ms <= now_ms);
    let work: f64 = come.map(|job| job.service_s().unwrap_or(mean_s)).sum();
    work / ((now_ms - from_ms).max(1) as f64 / 1000.0)
}

fn waits_at(job: &Job, now_ms: u64) -> bool {
    job.ready_ms <= now_ms && job.started_ms.is_none_or(|started| started > now_ms)
}

fn busy_at(jobs: &[Job], now_ms: u64) -> usize {
    let is_busy = |job: &&Job| {
        let has_begun = job.started_ms.is_some_and(|started| started <= now_ms);
        has_begun && job.ended_ms.is_none_or(|ended| ended > now_ms)
    };
    jobs.iter().filter(is_busy).count()
}
