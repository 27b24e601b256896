//! The queue in which a policy is tried: jobs wait in the order in which they came, agents
//! pull them, a new agent takes a time to boot, and every so often the policy says how many
//! agents it wants.
//!
//! Several things at one moment happen in this order: a job comes, a job ends, an agent is
//! up, the policy is asked. Waiting jobs are begun after each of them.

mod course;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

pub use course::{Course, Point};

use crate::policy::{Begun, Done, Policy, Seen};
use crate::trace::Trace;

/// Seconds after the last arrival at which a replay gives up on what still waits.
const PATIENCE_S: f64 = 86_400.0;

/// Events between two looks at whether anybody still wants the answer.
const STEP: u64 = 1 << 14;

/// No moment at all.
const NEVER: f64 = f64::INFINITY;

/// In which surroundings a policy is tried.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Model {
    /// Jobs that wait longer are late, in seconds.
    pub wait_s: f64,
    /// Seconds from wanting an agent to having it.
    pub boot_s: f64,
    /// Seconds between two questions to the policy.
    pub tick_s: f64,
    /// Agents at the beginning.
    pub start: u32,
    /// The fewest agents there ever are.
    pub min: u32,
    /// The most.
    pub max: u32,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Replayed {
    /// Hours of all agents, booting and idle ones included.
    pub agent_hours: f64,
    /// Seconds that each job waited, in order of size; of one that was never begun those until the
    /// replay gave up.
    pub waits: Vec<f64>,
    /// How many of them waited too long, and when those came.
    pub late: Late,
    /// How often the number of agents was changed.
    pub changes: u64,
    /// Jobs that had not been begun when the replay gave up.
    pub never_begun: usize,
    /// Agents, work and queue over the time.
    pub course: Course,
}

/// Jobs that waited too long, by why.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Late {
    /// All of them.
    pub jobs: usize,
    /// Those that came before a first wanted agent could be up, where there could be more.
    pub in_first_boot: usize,
    /// Of the others, those that came while no more agents were allowed.
    pub at_most_agents: usize,
}

impl Replayed {
    /// The wait that a share of the jobs did not exceed, by the nearest rank from below, as usual
    /// comparisons of such policies count it: other than [`crate::figures::quantile`].
    pub fn wait_at(&self, share: f64) -> f64 {
        let count = self.waits.len();
        let place = ((share * count as f64) as usize).min(count.saturating_sub(1));
        self.waits.get(place).copied().unwrap_or(0.0)
    }

    /// The share of late jobs, in percent.
    pub fn late_percent(&self) -> f64 {
        100.0 * self.late.jobs as f64 / self.waits.len().max(1) as f64
    }
}

/// Seconds that a replay takes at the most: the last to come has to wait for the work of all, and
/// only for so long.
pub fn longest_s(trace: &Trace) -> f64 {
    let last = trace.jobs().last().map_or(0.0, |job| job.arrival_s);
    let work: f64 = trace.jobs().iter().map(|job| job.service_s).sum();
    last + work.min(PATIENCE_S)
}

/// Lets a policy work on a load; none where `is_cancelled` says that nobody waits for it.
pub fn replay(
    trace: &Trace,
    model: &Model,
    policy: &mut dyn Policy,
    is_cancelled: &dyn Fn() -> bool,
) -> Option<Replayed> {
    let mut queue = Queue::new(trace, model);
    let mut events = 0_u64;
    while queue.has_work() {
        queue.step(policy);
        queue.begin();
        if queue.gives_up() {
            break;
        }
        events += 1;
        if events.is_multiple_of(STEP) && is_cancelled() {
            return None;
        }
    }
    Some(queue.end())
}

/// A moment that can be put in order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Moment(pub(crate) f64);

impl Eq for Moment {}

impl Ord for Moment {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Moment {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

struct Queue<'a> {
    model: &'a Model,
    arrivals: Vec<f64>,
    services: Vec<f64>,
    now: f64,
    next_tick: f64,
    /// Jobs that have come; those from `begun` on wait.
    arrived: usize,
    begun: usize,
    idle: usize,
    /// When working agents end, with the job.
    busy: BinaryHeap<Reverse<(Moment, usize)>>,
    /// When booting agents are up, the earliest first.
    booting: VecDeque<f64>,
    /// Working agents that go when they end.
    leaving: usize,
    /// Agent-seconds so far.
    cost: f64,
    /// Seconds of work since the last tick.
    worked: f64,
    /// How long each begun job waited, by its number.
    waits: Vec<f64>,
    changes: u64,
    /// Whether no more agents were allowed when a job came, by stretches of jobs.
    is_at_most: bool,
    late: Late,
    course: Course,
    /// What the policy is told at the next tick.
    arrived_since: usize,
    done_since: Vec<Done>,
    begun_since: Vec<Begun>,
    was_at_most: Vec<bool>,
}

impl<'a> Queue<'a> {
    fn new(trace: &Trace, model: &'a Model) -> Self {
        let jobs = trace.jobs();
        Self {
            model,
            arrivals: jobs.iter().map(|job| job.arrival_s).collect(),
            services: jobs.iter().map(|job| job.service_s).collect(),
            now: 0.0,
            next_tick: model.tick_s,
            arrived: 0,
            begun: 0,
            idle: model.start as usize,
            busy: BinaryHeap::new(),
            booting: VecDeque::new(),
            leaving: 0,
            cost: 0.0,
            worked: 0.0,
            waits: Vec::with_capacity(jobs.len()),
            changes: 0,
            is_at_most: model.start == model.max,
            late: Late::default(),
            course: Course::default(),
            arrived_since: 0,
            done_since: Vec::new(),
            begun_since: Vec::new(),
            was_at_most: Vec::with_capacity(jobs.len()),
        }
    }

    fn has_work(&self) -> bool {
        self.arrived < self.arrivals.len() || !self.busy.is_empty() || self.waiting() > 0
    }

    fn waiting(&self) -> usize {
        self.arrived - self.begun
    }

    /// What happens next, whatever it is.
    fn step(&mut self, policy: &mut dyn Policy) {
        let arrival = self.arrivals.get(self.arrived).copied().unwrap_or(NEVER);
        let end = self.busy.peek().map_or(NEVER, |Reverse((end, _))| end.0);
        let boot = self.booting.front().copied().unwrap_or(NEVER);
        let next = arrival.min(end).min(boot).min(self.next_tick);
        self.pass_to(next);
        if next == arrival {
            self.arrived += 1;
            self.was_at_most.push(self.is_at_most);
        } else if next == end {
            self.end_job();
        } else if next == boot {
            self.booting.pop_front();
            self.idle += 1;
        } else {
            self.tick(policy);
        }
    }

    fn pass_to(&mut self, next: f64) {
        let agents = self.idle + self.busy.len() + self.booting.len();
        self.cost += agents as f64 * (next - self.now);
        self.worked += self.busy.len() as f64 * (next - self.now);
        self.now = next;
    }

    fn end_job(&mut self) {
        let Some(Reverse((_, job))) = self.busy.pop() else {
            return;
        };
        self.done_since.push(Done {
            number: job,
            wait_s: self.waits[job],
            service_s: self.services[job],
        });
        if self.leaving > 0 {
            self.leaving -= 1;
        } else {
            self.idle += 1;
        }
    }

    fn tick(&mut self, policy: &mut dyn Policy) {
        let running = (self.idle + self.busy.len()).saturating_sub(self.leaving);
        let tick_s = self.model.tick_s;
        let wanted = policy.want(&Seen {
            now_s: self.now,
            tick_s,
            boot_s: self.model.boot_s,
            wait_s: self.model.wait_s,
            max: self.model.max,
            arrived: &self.arrivals[self.arrived_since..self.arrived],
            waiting: &self.arrivals[self.begun..self.arrived],
            begun: &self.begun_since,
            done: &self.done_since,
            busy: self.busy.len(),
            booting: self.booting.len(),
            running,
            utilisation: self.worked / tick_s / running.max(1) as f64,
        });
        self.arrived_since = self.arrived;
        self.begun_since.clear();
        self.done_since.clear();
        self.worked = 0.0;
        let wanted = wanted.clamp(self.model.min, self.model.max);
        self.is_at_most = wanted == self.model.max;
        self.course.add(Point {
            at_s: self.now,
            agents: (running + self.booting.len()) as f64,
            busy: self.busy.len() as f64,
            waiting: self.waiting() as f64,
        });
        self.change(running + self.booting.len(), wanted as usize);
        self.next_tick += tick_s;
    }

    /// Goes from so many agents to others: a leaving one stays before a new one boots, and a
    /// booting one is given up before an idle one goes.
    fn change(&mut self, now: usize, wanted: usize) {
        if wanted > now {
            let more = wanted - now;
            let stay = self.leaving.min(more);
            self.leaving -= stay;
            let up = self.now + self.model.boot_s;
            self.booting.extend((stay..more).map(|_| up));
        } else if wanted < now {
            let fewer = now - wanted;
            let given_up = self.booting.len().min(fewer);
            self.booting.truncate(self.booting.len() - given_up);
            let gone = self.idle.min(fewer - given_up);
            self.idle -= gone;
            self.leaving += fewer - given_up - gone;
        }
        self.changes += u64::from(wanted != now);
    }

    /// Idle agents pull what waits.
    fn begin(&mut self) {
        while self.waiting() > 0 && self.idle > 0 {
            let job = self.begun;
            let service_s = self.services[job];
            let wait_s = self.waited(job);
            self.begun += 1;
            self.idle -= 1;
            self.busy.push(Reverse((Moment(self.now + service_s), job)));
            self.begun_since.push(Begun { wait_s, service_s });
        }
    }

    /// Counts what a job has waited by now.
    fn waited(&mut self, job: usize) -> f64 {
        let wait_s = self.now - self.arrivals[job];
        self.waits.push(wait_s);
        if wait_s > self.model.wait_s {
            self.count_late(job);
        }
        wait_s
    }

    fn count_late(&mut self, job: usize) {
        self.late.jobs += 1;
        // Where all agents are there from the beginning, nobody waits for a first one.
        let is_booted = self.model.start < self.model.max;
        if is_booted && self.arrivals[job] < self.model.tick_s + self.model.boot_s {
            self.late.in_first_boot += 1;
        } else if self.was_at_most[job] {
            self.late.at_most_agents += 1;
        }
    }

    fn gives_up(&self) -> bool {
        let last = self.arrivals.last().copied().unwrap_or(0.0);
        self.arrived == self.arrivals.len() && self.now > last + PATIENCE_S
    }

    fn end(mut self) -> Replayed {
        let never_begun = self.waiting();
        for job in self.begun..self.arrived {
            self.waited(job);
        }
        self.waits.sort_by(f64::total_cmp);
        Replayed {
            agent_hours: self.cost / 3600.0,
            never_begun,
            waits: self.waits,
            late: self.late,
            changes: self.changes,
            course: self.course,
        }
    }
}
