//! How busy agents and capabilities were: rates, times, utilisation, queues, errors, cost.

use std::collections::{BTreeMap, BTreeSet};

use guildhall_sdk::core::AgentId;
use guildhall_sdk::core::records::{
    AttemptEnd, AttemptRecord, LimitsRecord, RunRecord, WaitingRecord,
};
use serde::Serialize;

use crate::observe::Observed;

/// Below so many values the 95 % quantile is the greatest one and no quantile.
pub const LEAST_FOR_P95: usize = 20;

/// The same of 99 %.
pub const LEAST_FOR_P99: usize = 100;

/// The time that is looked at, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// From here on.
    pub from_ms: u64,
    /// Up to here.
    pub to_ms: u64,
}

/// Of everything that was done in a span.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// The span.
    pub span: Span,
    /// Seconds of it in which a run was worked on.
    pub active_s: f64,
    /// By capability, or by agent where a task asked for no capability.
    pub capabilities: Vec<Group>,
    /// By agent.
    pub agents: Vec<Group>,
}

/// Of one capability or agent. All sorted lists are by size.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// The capability or the agent.
    pub name: String,
    /// Who did it.
    pub by: Vec<String>,
    /// Tasks that could begin within the span.
    pub arrivals: usize,
    /// Attempts that completed.
    pub completed: usize,
    /// Attempts that failed, and somebody was to blame.
    pub failed: usize,
    /// Seconds in which there were places for them.
    pub active_s: f64,
    /// Attempts at once in the mean of that time.
    pub places: f64,
    /// Whether the places are only the most that were seen at work at once.
    pub are_places_seen: bool,
    /// Seconds of work.
    pub busy_s: f64,
    /// The share of the places' time that was work.
    pub utilisation: f64,
    /// Tasks that waited, in the mean.
    pub queue: f64,
    /// Tasks that wait at the end.
    pub waiting: usize,
    /// Tasks that waited longer than promised, those that still do included.
    pub late: usize,
    /// Of them, those that still wait.
    pub waiting_late: usize,
    /// Seconds that first attempts waited, in sum.
    pub waited_s: f64,
    /// US dollars.
    pub usd: f64,
    /// Tokens.
    pub tokens: u64,
    /// Seconds that completed attempts took, sorted.
    #[serde(skip)]
    pub services: Vec<f64>,
    /// Seconds that first attempts waited, sorted.
    #[serde(skip)]
    pub waits: Vec<f64>,
    /// Every attempt that was work: seconds since the span began, and how long. By arrival.
    #[serde(skip)]
    pub jobs: Vec<(f64, f64)>,
    /// Every attempt that is being done at the end: seconds since the span began, and how long it
    /// has been done. By arrival.
    #[serde(skip)]
    pub in_flight: Vec<(f64, f64)>,
    /// When tasks began and stopped to wait: seconds since the span began.
    #[serde(skip)]
    pub stays: Vec<(f64, f64)>,
}

impl Group {
    /// Arrivals a second.
    pub fn rate(&self) -> f64 {
        per(self.arrivals as f64, self.active_s)
    }

    /// Completed attempts a second.
    pub fn throughput(&self) -> f64 {
        per(self.completed as f64, self.active_s)
    }

    /// Seconds that an attempt took in the mean.
    pub fn service_s(&self) -> f64 {
        per(self.services.iter().sum(), self.services.len() as f64)
    }

    /// The share of tasks that waited longer than promised.
    pub fn late_share(&self) -> f64 {
        per(
            self.late as f64,
            (self.waits.len() + self.waiting_late) as f64,
        )
    }

    /// The share of attempts that failed.
    pub fn error_share(&self) -> f64 {
        per(self.failed as f64, (self.failed + self.completed) as f64)
    }

    /// US dollars of a completed attempt, failed ones paid for.
    pub fn usd_each(&self) -> f64 {
        per(self.usd, self.completed as f64)
    }
}

/// Of all that is observed within a span, where tasks may wait `wait_s`.
pub fn figures(observed: &Observed, span: Span, wait_s: f64) -> Figures {
    let mut capabilities: BTreeMap<&str, Builder<'_>> = BTreeMap::new();
    let mut agents: BTreeMap<&str, Builder<'_>> = BTreeMap::new();
    let records = &observed.records;
    for attempt in &records.attempts {
        let capability = capabilities.entry(group_of(attempt)).or_default();
        capability.attempts.push(attempt);
        let agent = agents.entry(attempt.agent.as_str()).or_default();
        agent.attempts.push(attempt);
    }
    for waiting in &records.waiting {
        let agent = waiting.agent.as_ref().map(AgentId::as_str);
        if let Some(name) = waiting.capability.as_deref().or(agent) {
            capabilities.entry(name).or_default().waiting.push(waiting);
        }
        if let Some(agent) = agent {
            agents.entry(agent).or_default().waiting.push(waiting);
        }
    }
    let runs: BTreeMap<&str, &RunRecord> = records
        .runs
        .iter()
        .map(|run| (run.run.as_str(), run))
        .collect();
    let groups = |builders: BTreeMap<&str, Builder<'_>>| -> Vec<Group> {
        let groups = builders.into_iter();
        let groups = groups.map(|(name, builder)| builder.group(name, &runs, span, wait_s));
        groups
            .filter(|group| {
                group.arrivals + group.jobs.len() + group.in_flight.len() + group.waiting > 0
            })
            .collect()
    };
    let all: Vec<(u64, u64)> = match records.runs.is_empty() {
        false => {
            let runs = records.runs.iter();
            runs.flat_map(|run| stretches(run, span)).collect()
        }
        true => {
            let attempts = records.attempts.iter();
            let waiting = records.waiting.iter().map(|it| (it.ready_ms, span.to_ms));
            attempts
                .map(|it| (it.ready_ms, end_of(it, span)))
                .chain(waiting)
                .collect()
        }
    };
    Figures {
        span,
        active_s: union_s(all, span),
        capabilities: groups(capabilities),
        agents: groups(agents),
    }
}

/// The value that a share of sorted ones does not exceed, by the nearest rank.
pub fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied()
}

/// Whether a run has not ended and is not paused, as far as its status says: that of a run whose
/// host was killed stays.
pub fn is_worked_on(run: &RunRecord) -> bool {
    matches!(run.status.as_str(), "running" | "cancelling")
}

/// What an attempt is counted under: its capability, or its agent.
pub fn group_of(attempt: &AttemptRecord) -> &str {
    let capability = attempt.capability.as_deref();
    capability.unwrap_or(attempt.agent.as_str())
}

/// What a group is made of.
#[derive(Default)]
struct Builder<'a> {
    attempts: Vec<&'a AttemptRecord>,
    /// Tasks that could begin and have not.
    waiting: Vec<&'a WaitingRecord>,
}

impl Builder<'_> {
    fn group(
        self,
        name: &str,
        runs: &BTreeMap<&str, &RunRecord>,
        span: Span,
        wait_s: f64,
    ) -> Group {
        let by: BTreeSet<String> = self
            .attempts
            .iter()
            .map(|it| it.agent.to_string())
            .collect();
        let (places_s, active_s) = self.places(runs, span);
        let mut group = Group {
            name: name.to_owned(),
            by: by.into_iter().collect(),
            arrivals: 0,
            completed: 0,
            failed: 0,
            active_s,
            places: per(places_s, active_s),
            are_places_seen: runs.is_empty(),
            busy_s: 0.0,
            utilisation: 0.0,
            queue: 0.0,
            waiting: self.waiting.len(),
            late: 0,
            waiting_late: 0,
            waited_s: 0.0,
            usd: 0.0,
            tokens: 0,
            services: Vec::new(),
            waits: Vec::new(),
            jobs: Vec::new(),
            in_flight: Vec::new(),
            stays: Vec::new(),
        };
        for attempt in &self.attempts {
            group.take(attempt, span, wait_s);
        }
        for since in self.waiting.iter().map(|it| it.ready_ms) {
            let waited = seconds(since, span.to_ms);
            group.waiting_late += usize::from(waited > wait_s);
            group.arrivals += usize::from(span.contains(since));
            group
                .stays
                .push((span.second(since), span.second(span.to_ms)));
        }
        group.late += group.waiting_late;
        group.finish(places_s);
        group
    }

    /// The integral of the places over the active time, and that time, in seconds: of the runs
    /// in which something was done or waits.
    fn places(&self, runs: &BTreeMap<&str, &RunRecord>, span: Span) -> (f64, f64) {
        if runs.is_empty() {
            let stays = self
                .attempts
                .iter()
                .map(|it| (it.ready_ms, end_of(it, span)));
            let waiting = self.waiting.iter().map(|it| (it.ready_ms, span.to_ms));
            let active_s = union_s(stays.chain(waiting).collect(), span);
            return (
                most_at_once(&self.attempts, span) as f64 * active_s,
                active_s,
            );
        }
        let (mut places_s, mut active) = (0.0, Vec::new());
        for (name, agents) in self.agents_by_run() {
            let Some(run) = runs.get(name) else {
                continue;
            };
            for (from, to) in stretches(run, span) {
                places_s += place_seconds(run, &agents, from, to);
                active.push((from, to));
            }
        }
        (places_s, union_s(active, span))
    }

    /// The runs in which there is something of it, with the agents that do it there; none where
    /// all of it waits for whichever can.
    fn agents_by_run(&self) -> BTreeMap<&str, BTreeSet<&AgentId>> {
        let mut runs: BTreeMap<&str, BTreeSet<&AgentId>> = BTreeMap::new();
        for attempt in &self.attempts {
            let agents = runs.entry(&attempt.run).or_default();
            agents.insert(&attempt.agent);
        }
        for waiting in &self.waiting {
            let agents = runs.entry(&waiting.run).or_default();
            agents.extend(waiting.agent.as_ref());
        }
        runs
    }
}

impl Group {
    fn take(&mut self, attempt: &AttemptRecord, span: Span, wait_s: f64) {
        if attempt.end == AttemptEnd::Cached {
            return;
        }
        let end_ms = end_of(attempt, span);
        self.busy_s += span.overlap_s(attempt.started_ms, end_ms);
        let stay = (
            span.second(attempt.ready_ms),
            span.second(attempt.started_ms),
        );
        if attempt.started_ms >= span.from_ms {
            self.stays.push(stay);
        }
        if attempt.attempt == 1 && span.contains(attempt.ready_ms) {
            let wait = seconds(attempt.ready_ms, attempt.started_ms);
            self.arrivals += 1;
            self.late += usize::from(wait > wait_s);
            self.waited_s += wait;
            self.waits.push(wait);
        }
        if attempt.ended_ms.is_none() {
            let so_far = seconds(attempt.started_ms, span.to_ms);
            self.in_flight.push((stay.0, so_far));
        }
        let Some(ended_ms) = attempt.ended_ms.filter(|ended| span.contains(*ended)) else {
            return;
        };
        let service = seconds(attempt.started_ms, ended_ms);
        self.jobs.push((stay.0, service));
        self.usd += attempt.usd;
        self.tokens += attempt.tokens;
        match attempt.end {
            AttemptEnd::Completed => {
                self.completed += 1;
                self.services.push(service);
            }
            end => self.failed += usize::from(end.is_failure()),
        }
    }

    fn finish(&mut self, places_s: f64) {
        self.services.sort_by(f64::total_cmp);
        self.waits.sort_by(f64::total_cmp);
        self.jobs.sort_by(|one, other| one.0.total_cmp(&other.0));
        self.in_flight
            .sort_by(|one, other| one.0.total_cmp(&other.0));
        self.stays.sort_by(|one, other| one.0.total_cmp(&other.0));
        self.utilisation = per(self.busy_s, places_s);
        let stayed: f64 = self.stays.iter().map(|(from, to)| to - from.max(0.0)).sum();
        self.queue = per(stayed, self.active_s);
    }
}

impl Span {
    fn contains(self, moment_ms: u64) -> bool {
        (self.from_ms..=self.to_ms).contains(&moment_ms)
    }

    /// Seconds since it began; negative before.
    fn second(self, moment_ms: u64) -> f64 {
        if moment_ms >= self.from_ms {
            seconds(self.from_ms, moment_ms)
        } else {
            -seconds(moment_ms, self.from_ms)
        }
    }

    /// Seconds of a stretch that lie within.
    fn overlap_s(self, from_ms: u64, to_ms: u64) -> f64 {
        seconds(from_ms.max(self.from_ms), to_ms.min(self.to_ms))
    }
}

fn seconds(from_ms: u64, to_ms: u64) -> f64 {
    to_ms.saturating_sub(from_ms) as f64 / 1000.0
}

fn end_of(attempt: &AttemptRecord, span: Span) -> u64 {
    attempt.ended_ms.unwrap_or(span.to_ms)
}

/// When a run was worked on, within a span: as the records say it, else all the time until it
/// ended or something last happened.
fn stretches(run: &RunRecord, span: Span) -> Vec<(u64, u64)> {
    let last = match is_worked_on(run) {
        true => span.to_ms,
        false => run.updated_ms,
    };
    let all = match run.worked.as_slice() {
        [] => &[(run.created_ms, last)],
        worked => worked,
    };
    let within = |(from, to): &(u64, u64)| ((*from).max(span.from_ms), (*to).min(span.to_ms));
    let all = all.iter().map(within);
    all.filter(|(from, to)| to > from).collect()
}

/// The integral of the places of these agents in a run over a stretch of time, in seconds: by the
/// limits that held at each moment. Where nobody has begun yet, whoever will has them all.
fn place_seconds(run: &RunRecord, agents: &BTreeSet<&AgentId>, from: u64, to: u64) -> f64 {
    let always = [LimitsRecord {
        since_ms: 0,
        concurrency: run.concurrency,
        agents: run.agents.clone(),
    }];
    let limits = match run.limits.is_empty() {
        true => always.as_slice(),
        false => run.limits.as_slice(),
    };
    let ends = limits.iter().skip(1).map(|next| next.since_ms);
    let parts = limits.iter().zip(ends.chain([u64::MAX]));
    let of_part = |(limits, end): (&LimitsRecord, u64)| {
        let seconds = seconds(limits.since_ms.max(from), end.min(to));
        f64::from(places_under(limits, agents)) * seconds
    };
    parts.map(of_part).sum()
}

fn places_under(limits: &LimitsRecord, agents: &BTreeSet<&AgentId>) -> u32 {
    let own = |agent: &AgentId| limits.agents.iter().find(|(limited, _)| limited == agent);
    let places = agents
        .iter()
        .map(|agent| own(agent).map_or(limits.concurrency, |(_, places)| *places));
    match agents.is_empty() {
        true => limits.concurrency,
        false => places.fold(0, u32::saturating_add).min(limits.concurrency),
    }
}

/// Seconds that lie in at least one stretch.
fn union_s(mut stretches: Vec<(u64, u64)>, span: Span) -> f64 {
    stretches.sort_unstable();
    let (mut sum, mut done) = (0.0, span.from_ms);
    for (from, to) in stretches {
        let to = to.min(span.to_ms);
        sum += seconds(from.max(done), to);
        done = done.max(to);
    }
    sum
}

/// The most attempts at work at one moment.
fn most_at_once(attempts: &[&AttemptRecord], span: Span) -> usize {
    let works = attempts.iter().filter(|it| it.end != AttemptEnd::Cached);
    let mut moments: Vec<(u64, i64)> = works
        .flat_map(|it| [(it.started_ms, 1), (end_of(it, span), -1)])
        .collect();
    // Whoever ends at a moment makes room for who begins then.
    moments.sort_unstable();
    let mut now = 0_i64;
    let counts = moments.into_iter().map(|(_, change)| {
        now += change;
        now
    });
    counts.max().unwrap_or(0).max(0) as usize
}

/// A quotient; 0 of nothing.
fn per(sum: f64, of: f64) -> f64 {
    if of > 0.0 { sum / of } else { 0.0 }
}
