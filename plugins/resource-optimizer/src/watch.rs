//! The loop that acts: monitor, detect, recommend, apply, measure, repeat.
//!
//! A pure state machine: each tick it is told what is recorded and which limits hold, and it says
//! what is to be done. Whoever drives it does that and tells what came of it. In reading order:
//! `load` is what is recorded as jobs of each agent, `pool` the policy of an agent with what it
//! was told, `guard` the measuring after an action.

mod guard;
mod load;
mod pool;

use std::collections::{BTreeMap, VecDeque};

use guildhall_sdk::core::AgentId;
use guildhall_sdk::core::control::{Applied, Change, Limit, RunLimits};
use serde_json::json;

use crate::act::{self, Bounds, Places};
use crate::observe::Observed;

pub use guard::{Measured, Verdict, Worse, judge};
pub use load::{Job, jobs_by_agent};
use pool::Pool;

/// After a change there is none of the same agent for so many ticks.
pub const WINDOW_TICKS: f64 = 4.0;

/// How the reason begins of a change that takes several back.
pub const TAKEN_BACK: &str = "taken back: ";

/// Nothing is done for so long after something odd, in milliseconds.
const STILL_MS: u64 = 60_000;

/// A clock that goes on by more than so many ticks at once has jumped, and by more than this
/// many milliseconds: a busy machine is slow, too.
const JUMP_TICKS: f64 = 10.0;
const LEAST_JUMP_MS: f64 = 60_000.0;

/// After so many times the time of measuring an action is taken for good: too little happens.
const MOST_MEASURES: u64 = 4;

/// A number of places that turned out to be too few is not gone back to before the load is a
/// tenth lower.
const LOWER_LOAD: f64 = 0.9;

/// A number of places turned out to be too few where more were needed within this time.
const TOO_FEW_MS: u64 = 2 * HOUR_MS;

const HOUR_MS: u64 = 3_600_000;

/// By what the loop goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// The promised wait, in seconds.
    pub wait_s: f64,
    /// The share of tasks that may wait longer.
    pub late_share: f64,
    /// Seconds until a place that is given is there.
    pub boot_s: f64,
    /// Seconds between two looks.
    pub tick_s: f64,
    /// How far actions go.
    pub bounds: Bounds,
    /// Seconds after an action in which its effect is measured, at the least.
    pub measure_s: f64,
    /// Whether what is wanted is done; else it is only told.
    pub is_committed: bool,
}

/// What is seen in a tick.
#[derive(Debug, Clone, Copy)]
pub struct Sight<'a> {
    /// What is recorded of the run.
    pub observed: &'a Observed,
    /// Its limits.
    pub limits: &'a RunLimits,
}

/// Something to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Do {
    /// Make this change, and tell [`Watch::applied`] or [`Watch::refused`].
    Apply(Change),
    /// Nothing, but this would be changed.
    Propose(Change),
    /// Undo the change of this name, and tell the same.
    Undo {
        /// The change.
        id: String,
        /// What it changed.
        limit: Limit,
        /// Why.
        why: String,
    },
    /// Tell the user.
    Say(String),
}

/// The loop. See the module.
#[derive(Debug)]
pub struct Watch {
    rules: Rules,
    agents: BTreeMap<AgentId, Steered>,
    /// What limits are known to be; another value is somebody else's.
    known: BTreeMap<Limit, u32>,
    /// When actions were taken, within the last hour.
    acted_ms: VecDeque<u64>,
    /// Until then nothing is done.
    still_until_ms: u64,
    last_ms: Option<u64>,
    /// Whether it was told that there are too many actions.
    is_tired: bool,
    /// When the concurrency was last changed, and what was last proposed for it.
    room_ms: Option<u64>,
    room_proposed: Option<u32>,
}

/// An agent whose places are steered.
#[derive(Debug)]
struct Steered {
    pool: Pool,
    measured: Option<Measured>,
    /// The direction that was measured to be worse, and until when it is closed.
    barred: Option<(Direction, u64)>,
    changed_ms: Option<u64>,
    /// To so few places it was taken down last, and when.
    lowered: Option<(u32, u64)>,
    /// So few places were too few, under so much load.
    too_few: Option<(u32, f64)>,
    proposed: Option<u32>,
    /// From how many places to how many this tick leads, where it does.
    aimed: Option<(u32, u32)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Up,
    Down,
}

impl Direction {
    fn of(from: u32, to: u32) -> Self {
        match to > from {
            true => Self::Up,
            false => Self::Down,
        }
    }
}

impl Watch {
    /// A loop that has seen nothing yet.
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            agents: BTreeMap::new(),
            known: BTreeMap::new(),
            acted_ms: VecDeque::new(),
            still_until_ms: 0,
            last_ms: None,
            is_tired: false,
            room_ms: None,
            room_proposed: None,
        }
    }

    /// Takes in what is seen, and says what is to be done.
    pub fn step(&mut self, now_ms: u64, sight: &Sight<'_>) -> Vec<Do> {
        let mut todo = Vec::new();
        self.look_for_odd_things(now_ms, sight, &mut todo);
        let load = jobs_by_agent(&sight.observed.records, sight.limits);
        for (agent, jobs) in &load {
            let Some(places) = act::places_of(sight.limits, agent) else {
                continue;
            };
            let rules = &self.rules;
            let steered = self.agents.entry(agent.clone()).or_insert_with(|| Steered {
                pool: Pool::new(rules, jobs, now_ms),
                measured: None,
                barred: None,
                changed_ms: None,
                lowered: None,
                too_few: None,
                proposed: None,
                aimed: None,
            });
            steered.pool.feed(rules, jobs, now_ms, places.at_once);
        }
        if now_ms < self.still_until_ms {
            return todo;
        }
        let before = todo.len();
        self.measure(now_ms, sight, &load, &mut todo);
        if todo.len() > before {
            return todo;
        }
        let total = self.steer(now_ms, sight, &mut todo);
        self.make_room(now_ms, sight, total, &mut todo);
        todo
    }

    /// What was to be applied or undone was done.
    pub fn applied(&mut self, applied: &Applied) {
        let limit = &applied.change.limit;
        self.known.insert(limit.clone(), applied.change.to);
        self.acted_ms.push_back(applied.at_ms);
        if *limit == Limit::Concurrency {
            self.room_ms = Some(applied.at_ms);
        }
        for (agent, steered) in &mut self.agents {
            let is_own = matches!(limit, Limit::Agent(of) if of == agent);
            if is_own {
                steered.changed_ms = Some(applied.at_ms);
            }
            let goes_up = steered.aimed.is_some_and(|(from, to)| to > from);
            let concerns = is_own || *limit == Limit::Concurrency && goes_up;
            if concerns && applied.undoes.is_none() {
                steered.changed_ms = Some(applied.at_ms);
                steered.measure(applied);
            }
        }
    }

    /// What was to be applied or undone was refused. Nothing is tried again at once.
    pub fn refused(&mut self, now_ms: u64) {
        let until_ms = now_ms.saturating_add(STILL_MS);
        self.still_until_ms = self.still_until_ms.max(until_ms);
    }

    /// Stands still for a while where clocks jump, records cannot be right, or somebody else
    /// has changed a limit.
    fn look_for_odd_things(&mut self, now_ms: u64, sight: &Sight<'_>, todo: &mut Vec<Do>) {
        let mut odd = Vec::new();
        if let Some(last_ms) = self.last_ms.replace(now_ms) {
            let gone_ms = now_ms.abs_diff(last_ms) as f64;
            let most_ms = (JUMP_TICKS * self.rules.tick_s * 1000.0).max(LEAST_JUMP_MS);
            if now_ms < last_ms {
                odd.push(format!("the clock went back by {} s", gone_ms / 1000.0));
            } else if gone_ms > most_ms {
                odd.push(format!("the clock jumped by {} s", gone_ms / 1000.0));
            }
        }
        if sight.observed.is_doubtful() {
            odd.push("too many records cannot be right".to_owned());
        }
        for state in &sight.limits.limits {
            let known = self.known.insert(state.limit.clone(), state.now);
            if let Some(known) = known.filter(|known| *known != state.now) {
                odd.push(format!(
                    "somebody else changed the {} from {known} to {}",
                    state.limit, state.now
                ));
                self.stop_measuring(&state.limit);
            }
        }
        if odd.is_empty() {
            return;
        }
        let was_still = now_ms < self.still_until_ms;
        self.still_until_ms = now_ms.saturating_add(STILL_MS);
        if !was_still {
            let text = format!("{}: nothing is changed for a minute", odd.join("; "));
            todo.push(Do::Say(text));
        }
    }

    fn stop_measuring(&mut self, limit: &Limit) {
        for (agent, steered) in &mut self.agents {
            let is_of = match limit {
                Limit::Agent(other) => agent == other,
                Limit::Concurrency => true,
                Limit::Tag(_) => false,
            };
            if is_of {
                steered.measured = None;
            }
        }
    }

    /// Undoes what was measured to be worse.
    fn measure(
        &mut self,
        now_ms: u64,
        sight: &Sight<'_>,
        load: &BTreeMap<AgentId, Vec<Job>>,
        todo: &mut Vec<Do>,
    ) {
        let measure_ms = (self.rules.measure_s * 1000.0) as u64;
        for (agent, steered) in &mut self.agents {
            let Some(jobs) = load.get(agent) else {
                continue;
            };
            let Some(measured) = steered.measured.take_if(|it| it.is_due(now_ms, measure_ms))
            else {
                continue;
            };
            // What only came back within the bounds is not measured: it is not taken back.
            let bounds = self.rules.bounds;
            if !(bounds.min..=bounds.max).contains(&measured.from) {
                continue;
            }
            let worse = match judge(jobs, &measured, now_ms, &self.rules) {
                Verdict::Worse(worse) => worse,
                Verdict::Fine => continue,
                Verdict::TooEarly => {
                    let is_hopeless = measured.is_due(now_ms, MOST_MEASURES * measure_ms);
                    steered.measured = Some(measured).filter(|_| !is_hopeless);
                    continue;
                }
            };
            let direction = Direction::of(measured.from, measured.to);
            steered.barred = Some((direction, now_ms.saturating_add(HOUR_MS)));
            steered.aimed = None;
            todo.extend(take_back(&measured, worse, agent, sight.limits));
        }
    }

    /// Changes the places of agents; gives how many they have together then.
    fn steer(&mut self, now_ms: u64, sight: &Sight<'_>, todo: &mut Vec<Do>) -> u32 {
        let window_ms = window_ms(&self.rules);
        let mut total = 0_u32;
        let agents: Vec<AgentId> = self.agents.keys().cloned().collect();
        for agent in agents {
            let Some(places) = act::places_of(sight.limits, &agent) else {
                continue;
            };
            let is_free = self.may_act(now_ms, todo);
            let Some(steered) = self.agents.get_mut(&agent) else {
                continue;
            };
            let to = steered.aim(now_ms, window_ms, places, self.rules.bounds);
            let to = if is_free { to } else { places.at_once };
            total = total.saturating_add(to);
            steered.aimed = (to != places.at_once).then_some((places.at_once, to));
            if to == places.at_once {
                steered.proposed = None;
                continue;
            }
            let Some(change) = act::change_of_agent(sight.limits, &agent, to) else {
                continue;
            };
            let change = act::because(change, steered.pool.why(), steered.pool.evidence());
            if self.rules.is_committed {
                todo.push(Do::Apply(change));
            } else if steered.proposed.replace(to) != Some(to) {
                todo.push(Do::Propose(change));
            }
        }
        total
    }

    /// Makes room for the places of all agents, and takes it back where it is not needed.
    fn make_room(&mut self, now_ms: u64, sight: &Sight<'_>, total: u32, todo: &mut Vec<Do>) {
        let change = act::change_of_concurrency(sight.limits, total);
        let Some(change) = change.filter(|_| !self.agents.is_empty()) else {
            self.room_proposed = None;
            return;
        };
        let is_new = |changed: u64| now_ms.saturating_sub(changed) < window_ms(&self.rules);
        // Room is given back only where nobody else is about to need it.
        let goes_up = todo
            .iter()
            .any(|it| matches!(it, Do::Apply(_) | Do::Propose(_)));
        if change.to < change.from && (self.room_ms.is_some_and(is_new) || goes_up) {
            return;
        }
        if !self.may_act(now_ms, todo) {
            return;
        }
        let why = format!("the agents of the run have {total} places together");
        let change = act::because(change, why, json!({ "places": total }));
        if self.rules.is_committed {
            todo.push(Do::Apply(change));
        } else if self.room_proposed.replace(change.to) != Some(change.to) {
            todo.push(Do::Propose(change));
        }
    }

    /// Whether another action is allowed within the hour.
    fn may_act(&mut self, now_ms: u64, todo: &mut Vec<Do>) -> bool {
        let hour_ago = now_ms.saturating_sub(HOUR_MS);
        while self.acted_ms.front().is_some_and(|at| *at < hour_ago) {
            self.acted_ms.pop_front();
        }
        let planned = todo.iter().filter(|it| matches!(it, Do::Apply(_)));
        let most = self.rules.bounds.actions_per_hour as usize;
        let is_free = self.acted_ms.len() + planned.count() < most;
        if !is_free && !self.is_tired {
            todo.push(Do::Say(format!(
                "there were {most} actions within an hour, as many as `actions-per-hour` allows"
            )));
        }
        self.is_tired = !is_free;
        is_free
    }
}

impl Steered {
    /// How many places it is to have after this tick.
    fn aim(&mut self, now_ms: u64, window_ms: u64, places: Places, bounds: Bounds) -> u32 {
        let load = self.pool.load();
        self.too_few = self.too_few.filter(|(_, at)| load > LOWER_LOAD * at);
        let mut wanted = self.pool.wanted();
        if wanted < places.at_once {
            // The past half hour may have been survived with fewer places than it brought work
            // for, but nothing goes on like that.
            let floor = self.too_few.map_or(0, |(few, _)| few + 1);
            let floor = floor.max(load.ceil() as u32).min(places.at_once);
            wanted = wanted.max(floor);
        }
        let to = bounds.step(places, wanted);
        let is_new = |changed: u64| now_ms.saturating_sub(changed) < window_ms;
        if to == places.at_once || self.changed_ms.is_some_and(is_new) {
            return places.at_once;
        }
        let direction = Direction::of(places.at_once, to);
        self.barred = self.barred.filter(|(_, until)| now_ms < *until);
        match self.barred {
            Some((barred, _)) if barred == direction => places.at_once,
            _ => to,
        }
    }

    /// Begins to measure what an action brings, or adds one that goes on in the same direction.
    fn measure(&mut self, applied: &Applied) {
        let Some((from, to)) = self.aimed else {
            return;
        };
        let direction = Direction::of(from, to);
        let action = (applied.id.clone(), applied.change.limit.clone());
        // Places between those of before the first and those now: it is one action still.
        let goes_on = |it: &Measured| {
            it.from != to && Direction::of(it.from, it.to) == Direction::of(it.from, to)
        };
        let before = self.measured.take().filter(goes_on);
        let mut measured = before.unwrap_or_else(|| Measured::new(applied.at_ms, from));
        measured.to = to;
        let was_lowered = self.lowered.take();
        match direction {
            Direction::Down => self.lowered = Some((to, applied.at_ms)),
            Direction::Up => {
                let is_recent = |(_, at): &(u32, u64)| applied.at_ms < at + TOO_FEW_MS;
                let few = was_lowered
                    .filter(is_recent)
                    .map(|_| (from, self.pool.load()));
                self.too_few = few.or(self.too_few);
            }
        }
        measured.actions.push(action);
        self.measured = Some(measured);
    }
}

/// What brings back the places of before an action: several are taken back by one.
fn take_back(measured: &Measured, worse: Worse, agent: &AgentId, limits: &RunLimits) -> Option<Do> {
    if let [(id, limit)] = measured.actions.as_slice() {
        return Some(Do::Undo {
            id: id.clone(),
            limit: limit.clone(),
            why: worse.to_string(),
        });
    }
    let change = act::change_of_agent(limits, agent, measured.from)?;
    let evidence = json!({ "actions": measured.actions });
    let why = format!("{TAKEN_BACK}{worse}");
    Some(Do::Apply(act::because(change, why, evidence)))
}

fn window_ms(rules: &Rules) -> u64 {
    (WINDOW_TICKS * rules.tick_s * 1000.0) as u64
}
