//! The scheduling core: which task is begun next, where, and what happens when it fails.
//!
//! A pure state machine. Time comes with each step, randomness from a seed, and what is
//! to be done goes back as actions, so that a simulation drives exactly what ships.

mod adaptive;
mod gradient;
mod lanes;
mod leases;
mod outcomes;
mod placement;
mod rank;
mod retries;
mod stage_deadlines;
mod wave_size;

use guildhall_core::{AgentError, AgentId, ErrorCode};

use crate::graph::critical_path_ms;
use crate::id::TaskIndex;
use crate::ledger::{Refusal, TaskStatus};
use crate::random::Random;
use crate::run_settings::{Limits, Placement, RunSettings};
use crate::task::{Priority, Spend, TaskSpec, Work};
use crate::tracker::{Step, Tracker};
use crate::turn::{Action, AttemptNotice, Decision, Notice, OpenedNotice, TaskNotice};

pub use gradient::AgentLimits;
pub(crate) use gradient::Sign;
pub(crate) use outcomes::Verdict;
pub use outcomes::{Outcome, Outcomes};

use adaptive::Adaptive;
use lanes::{LaneId, Lanes};
use leases::{Granted, Leases};
use outcomes::Candidate;
use placement::Agents;
use retries::Timers;
use stage_deadlines::StageDeadlines;
use wave_size::Waves;

/// Milliseconds after which a start that was refused for want of capacity is tried again
/// where nothing else happens before.
const TRY_AGAIN_MS: u64 = 100;

/// The scheduling core of one run. See the module.
#[derive(Debug)]
pub struct Scheduler {
    settings: RunSettings,
    tracker: Tracker,
    random: Random,
    lanes: Lanes,
    agents: Agents,
    timers: Timers,
    stage_deadlines: StageDeadlines,
    waves: Waves,
    leases: Leases,
    /// Whether the run has resources, so that most runs ask for nothing.
    has_resources: bool,
    adaptive: Adaptive,
    agent_limits: AgentLimits,
    /// Of earlier runs and of this one, where agents are chosen by them.
    outcomes: Outcomes,
    /// Whether who may do what has to be found anew.
    is_rerouting: bool,
    /// What is known of each task beyond the tracker's knowledge.
    tasks: Vec<TaskState>,
    tags: Vec<TagLimit>,
    in_flight: u32,
    /// Those in flight that give way where something more important waits.
    giving_way: Vec<TaskIndex>,
    retries: u32,
    /// Why nothing more can be begun for want of budget.
    short_of: Option<String>,
    over: Over,
    now_ms: u64,
}

/// What the scheduler knows of a task.
#[derive(Debug, Clone, Default)]
struct TaskState {
    lane: LaneId,
    rank: i64,
    /// Since when it waits, whoever coordinated.
    added_ms: u64,
    counted: u32,
    /// Where it is in flight: an index of the agents.
    at: Option<Option<u32>>,
    preempting: bool,
    /// The portion of its wave with which it was let go.
    portion: Option<u32>,
}

#[derive(Debug)]
struct TagLimit {
    tag: String,
    most: u32,
    taken: u32,
}

/// Whether the run needs no more decisions.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Over {
    #[default]
    No,
    /// The end was asked for.
    Finishing,
    /// It is being cancelled, or paused.
    Stopping,
}

impl Default for Scheduler {
    fn default() -> Self {
        Self::new()
    }
}

impl Scheduler {
    /// A scheduler of a run of which nothing is known yet.
    pub fn new() -> Self {
        Self {
            settings: RunSettings::default(),
            tracker: Tracker::new(),
            random: Random::new(0),
            lanes: Lanes::default(),
            agents: Agents::default(),
            timers: Timers::default(),
            stage_deadlines: StageDeadlines::default(),
            waves: Waves::default(),
            leases: Leases::default(),
            has_resources: false,
            adaptive: Adaptive::default(),
            agent_limits: AgentLimits::default(),
            outcomes: Outcomes::default(),
            is_rerouting: false,
            tasks: Vec::new(),
            tags: Vec::new(),
            in_flight: 0,
            giving_way: Vec::new(),
            retries: 0,
            short_of: None,
            over: Over::No,
            now_ms: 0,
        }
    }

    /// What the scheduler knows of which task is ready.
    pub fn tracker(&self) -> &Tracker {
        &self.tracker
    }

    /// Attempts at once at the most for the moment.
    pub fn concurrency(&self) -> u32 {
        self.adaptive.limit()
    }

    /// Takes in what has happened, and decides.
    pub fn step(&mut self, now_ms: u64, notices: Vec<Notice>) -> Decision {
        self.now_ms = self.now_ms.max(now_ms);
        let mut actions = Vec::new();
        let mut steps = Vec::new();
        for notice in notices {
            if notice
                .task()
                .is_some_and(|task| task.at() >= self.tasks.len())
            {
                // Nobody has told of such a task, so nothing follows from it.
                continue;
            }
            let loaded = notice == Notice::Loaded;
            self.note(&notice, &mut actions);
            self.tracker.note(notice, &mut steps);
            self.follow(&mut steps, &mut actions);
            if loaded {
                self.loaded();
            }
        }
        self.take_due(&mut actions);
        self.let_go(&mut actions);
        self.fill(&mut actions);
        self.conclude(&mut actions);
        Decision {
            actions,
            wake_at_ms: [self.timers.next_ms(), self.leases.next_ms()]
                .into_iter()
                .flatten()
                .min(),
        }
    }

    fn note(&mut self, notice: &Notice, actions: &mut Vec<Action>) {
        match notice {
            Notice::Opened(opened) => self.opened(opened),
            Notice::Task(task) => self.task(task),
            Notice::Agents { agents } => {
                self.agents.set(agents, &self.settings);
                self.limit_agents();
                self.is_rerouting = true;
                let stranded = self.lanes.match_agents(&self.agents);
                for task in stranded {
                    self.enqueue(task, actions);
                }
            }
            Notice::Started { task, agent } => self.started(*task, agent),
            Notice::Completed {
                task,
                duration_ms,
                spent,
                reused,
            } => {
                let verdict = if *reused {
                    Verdict::Reused
                } else {
                    Verdict::Succeeded
                };
                self.judge(*task, verdict, *spent);
                self.sign(*task, Sign::Answer(*duration_ms));
                self.landed(*task);
                self.give_back(*task, actions);
                self.leaves_its_wave(*task, TaskStatus::Completed);
                self.adaptive.succeeded();
            }
            Notice::AttemptFailed(failed) => self.failed(failed, actions),
            Notice::Ended { task, status } => self.ended(*task, *status, actions),
            Notice::CancelRequested { task: None } => self.over = Over::Stopping,
            Notice::BudgetChanged { .. } => self.short_of = None,
            Notice::LimitsChanged { limits } => self.set_limits(limits),
            Notice::Refused { task, why } => self.refused(*task, why, actions),
            _ => {}
        }
    }

    fn opened(&mut self, opened: &OpenedNotice) {
        let settings = &opened.settings;
        self.random = Random::new(settings.seed ^ u64::from(opened.epoch));
        self.adaptive = Adaptive::new(settings.limits.concurrency, settings.limits.adaptive);
        self.agent_limits.clone_from(&opened.agent_limits);
        self.retries = opened.retries;
        let tags = settings.limits.tags.iter();
        self.tags = tags
            .map(|(tag, most)| TagLimit {
                tag: tag.clone(),
                most: *most,
                taken: 0,
            })
            .collect();
        self.stage_deadlines = StageDeadlines::new(&settings.stages);
        self.waves = Waves::new(settings);
        self.leases = Leases::new(settings);
        self.has_resources = !settings.limits.resources.is_empty();
        if settings.placement == Placement::Cheapest {
            self.outcomes.clone_from(&settings.outcomes);
            self.outcomes.add(&opened.outcomes);
        }
        self.settings = settings.clone();
    }

    /// Goes by other limits from now on. What is in flight over a lower one goes on.
    fn set_limits(&mut self, limits: &Limits) {
        self.adaptive.set_most(limits.concurrency);
        for tag in &mut self.tags {
            let most = limits.tags.iter().find(|(name, _)| *name == tag.tag);
            tag.most = most.map_or(tag.most, |(_, most)| *most);
        }
        self.settings.limits = limits.clone();
        self.agents.count_places(&self.settings);
    }

    fn task(&mut self, notice: &TaskNotice) {
        let spec = &notice.spec;
        let lane = match &spec.work {
            Work::Call(call) => {
                let is_asked = self.settings.placement == Placement::Cheapest;
                let quality = spec.quality.filter(|_| is_asked);
                self.is_rerouting |= quality.is_some();
                let (tags, limits) = (&spec.tags, &self.tags);
                self.lanes.of(call, quality, tags, limits, &self.agents)
            }
            Work::Expand(_) => LaneId::default(),
        };
        self.tasks.push(TaskState {
            lane,
            counted: notice.counted,
            rank: rank::of(spec.priority, spec.estimate.duration_ms(), notice.added_ms),
            added_ms: notice.added_ms,
            ..TaskState::default()
        });
        if let Some(started_ms) = notice.started_ms {
            // Before this coordinator came: a stage's time does not begin anew.
            self.stage_deadlines
                .began(spec.stage, started_ms, &mut self.timers);
        }
        if let Some(agent) = &notice.running_at {
            let agent = self.agents.find(agent);
            self.take_off(notice.index, agent, spec.preemptible);
            if !spec.resources.is_empty() {
                // Nobody else has any yet, and it was granted before.
                self.leases.ask(self.now_ms, notice.index, spec);
            }
        }
    }

    /// Every task that was there has been told: what is long in coming after a task makes
    /// it more urgent.
    fn loaded(&mut self) {
        let count = self.tasks.len();
        let specs: Vec<&TaskSpec> = (0..count)
            .filter_map(|at| self.tracker.spec(TaskIndex::of(at)))
            .collect();
        let paths = critical_path_ms(&specs);
        for (at, path) in paths.into_iter().enumerate() {
            let priority = specs[at].priority;
            let state = &mut self.tasks[at];
            state.rank = rank::of(priority, path, state.added_ms);
        }
        let ranks = |task: TaskIndex| self.tasks[task.at()].rank;
        self.lanes.rank_anew(ranks);
        self.waves.rank_anew(ranks);
    }

    /// Does what follows from the tracker's steps.
    fn follow(&mut self, steps: &mut Vec<Step>, actions: &mut Vec<Action>) {
        for step in steps.drain(..) {
            match step {
                Step::Ready(task) => self.enqueue(task, actions),
                Step::Fail { task, error } => self.give_up(task, error, actions),
                Step::Do(action) => actions.push(action),
            }
        }
    }

    fn enqueue(&mut self, task: TaskIndex, actions: &mut Vec<Action>) {
        let state = &self.tasks[task.at()];
        if self.lanes.has_agents(state.lane) {
            let stage = self.tracker.spec(task).and_then(|spec| spec.stage);
            if state.portion.is_some() || !self.waves.hold(stage, state.rank, task) {
                self.enter_lane(task, actions);
            }
            return;
        }
        let wanted = self.lanes.describe(state.lane);
        let error = AgentError::new(
            ErrorCode::NoSuchCapability,
            format!("no agent that can be used offers {wanted}"),
        );
        self.give_up(task, Box::new(error), actions);
    }

    /// Puts a ready task into its lane, as soon as it has the resources that it wants.
    fn enter_lane(&mut self, task: TaskIndex, actions: &mut Vec<Action>) {
        let spec = self.tracker.spec(task);
        if let Some(spec) = spec.filter(|_| !self.leases.has(task, spec)) {
            let granted = self.leases.ask(self.now_ms, task, spec);
            self.take_granted(granted, actions);
            return;
        }
        let state = &self.tasks[task.at()];
        self.lanes.push(state.lane, state.rank, task);
    }

    fn take_granted(&mut self, granted: Vec<Granted>, actions: &mut Vec<Action>) {
        for it in granted {
            match it {
                Granted::Yes(task) => {
                    let state = &self.tasks[task.at()];
                    self.lanes.push(state.lane, state.rank, task);
                }
                Granted::Never(task, error) => self.give_up(task, error, actions),
            }
        }
    }

    /// A task does not need any more what it has, or waits for.
    fn give_back(&mut self, task: TaskIndex, actions: &mut Vec<Action>) {
        if self.has_resources {
            let granted = self.leases.leave(self.now_ms, task);
            self.take_granted(granted, actions);
        }
    }

    /// Lets go what is due of waves that are done in portions.
    fn let_go(&mut self, actions: &mut Vec<Action>) {
        for (task, portion) in self.waves.release(self.now_ms, &self.tracker) {
            self.tasks[task.at()].portion = Some(portion);
            self.enqueue(task, actions);
        }
    }

    fn leaves_its_wave(&mut self, task: TaskIndex, status: TaskStatus) {
        if let Some(portion) = self.tasks[task.at()].portion.take() {
            let stage = self.tracker.spec(task).and_then(|spec| spec.stage);
            self.waves.ended(stage, portion, status);
        }
    }

    fn started(&mut self, task: TaskIndex, agent: &AgentId) {
        if self.tasks[task.at()].at.is_none() {
            let agent = self.agents.find(agent);
            self.take_off(task, agent, self.is_preemptible(task));
        }
        let stage = self.tracker.spec(task).and_then(|spec| spec.stage);
        self.stage_deadlines
            .began(stage, self.now_ms, &mut self.timers);
    }

    /// An attempt takes its place.
    fn take_off(&mut self, task: TaskIndex, agent: Option<u32>, gives_way: bool) {
        let state = &mut self.tasks[task.at()];
        state.at = Some(agent);
        self.in_flight += 1;
        if let Some(agent) = agent {
            self.agents.take(agent);
        }
        for tag in self.lanes.tags(state.lane) {
            self.tags[*tag].taken += 1;
        }
        if gives_way {
            self.giving_way.push(task);
        }
    }

    /// Takes in what the end of an attempt says about its agent's capacity; false where agents
    /// have no limits of their own.
    fn sign(&mut self, task: TaskIndex, sign: Sign) -> bool {
        let at = self.tasks[task.at()].at.flatten();
        let (Some(at), Some(spec)) = (at, self.tracker.spec(task)) else {
            return false;
        };
        if !self.settings.limits.adaptive_agents {
            return false;
        }
        let (whose, taken) = (self.agents.id(at), self.agents.taken(at));
        let limits = &mut self.agent_limits;
        limits.take(self.now_ms, (whose, spec), sign, taken, &self.settings);
        let limit = limits.of(whose);
        self.agents.limit(at, limit);
        true
    }

    /// Gives agents the limits that attempts before have come to.
    fn limit_agents(&mut self) {
        for (agent, limit) in self.agent_limits.iter() {
            if let Some(at) = self.agents.find(agent) {
                self.agents.limit(at, Some(limit));
            }
        }
    }

    fn is_preemptible(&self, task: TaskIndex) -> bool {
        let spec = self.tracker.spec(task);
        spec.is_some_and(|spec| spec.preemptible)
    }

    /// An attempt gives its place back.
    fn landed(&mut self, task: TaskIndex) {
        let state = &mut self.tasks[task.at()];
        state.preempting = false;
        let Some(agent) = state.at.take() else {
            return;
        };
        self.in_flight -= 1;
        if let Some(agent) = agent {
            self.agents.give_back(agent);
        }
        for tag in self.lanes.tags(state.lane) {
            self.tags[*tag].taken -= 1;
        }
        self.giving_way.retain(|other| *other != task);
        // What was set aside and not spent may do for another.
        self.short_of = None;
    }

    fn failed(&mut self, failed: &AttemptNotice, actions: &mut Vec<Action>) {
        let task = failed.task;
        self.judge(task, Verdict::of(failed.class), failed.spent);
        let sign = Sign::of(failed.class);
        let is_heard = sign.is_some_and(|sign| self.sign(task, sign));
        self.landed(task);
        self.give_back(task, actions);
        if failed.class == crate::event::FailureClass::Busy && !is_heard {
            self.adaptive.refused(self.now_ms);
        }
        let Some(spec) = self.tracker.spec(task) else {
            return;
        };
        if failed.class == crate::event::FailureClass::Cancelled {
            // Its end follows.
            return;
        }
        let state = &mut self.tasks[task.at()];
        let counts = failed.class.counts();
        state.counted += u32::from(counts);
        let left = spec
            .retry
            .max
            .saturating_sub(state.counted.saturating_sub(1));
        let allowed = self.settings.retries.is_none_or(|most| self.retries < most);
        if counts && (left == 0 || !allowed || !retries::is_worth_it(spec.retry.on, failed)) {
            self.give_up(task, failed.error.clone(), actions);
            return;
        }
        if counts {
            self.retries += 1;
        }
        let wait = retries::wait_ms(&spec.retry, state.counted, failed, &mut self.random);
        self.timers.retry_at(self.now_ms + wait, task);
    }

    /// A task fails for good.
    fn give_up(&mut self, task: TaskIndex, error: Box<AgentError>, actions: &mut Vec<Action>) {
        actions.push(Action::Fail { task, error });
        self.end_early(task, actions);
    }

    fn ended(&mut self, task: TaskIndex, status: TaskStatus, actions: &mut Vec<Action>) {
        self.landed(task);
        self.give_back(task, actions);
        self.leaves_its_wave(task, status);
        if status == TaskStatus::Failed {
            self.end_early(task, actions);
        }
    }

    /// Ends a run that is to end with its first failure, before anything else begins.
    fn end_early(&mut self, task: TaskIndex, actions: &mut Vec<Action>) {
        let goes_on = self.tracker.race_goes_on_without(task);
        if self.settings.fail_fast && self.over == Over::No && !goes_on {
            self.over = Over::Stopping;
            let key = self.tracker.spec(task).map(|spec| spec.key.to_string());
            let reason = format!("{} failed", key.unwrap_or_default());
            actions.push(Action::Cancel { task: None, reason });
        }
    }

    fn refused(&mut self, task: Option<TaskIndex>, why: &Refusal, actions: &mut Vec<Action>) {
        let Some(task) = task else {
            if matches!(why, Refusal::Unfinished { .. }) {
                self.over = Over::No;
            }
            return;
        };
        let was_starting = self.tasks[task.at()].at.is_some();
        if !was_starting || *why == Refusal::IsRunning {
            return;
        }
        self.landed(task);
        self.give_back(task, actions);
        let error = |code: &str, text: String| Box::new(AgentError::new(code, text));
        match why {
            Refusal::AtLimit { .. } | Refusal::NotReady { .. } | Refusal::StageClosed => {
                self.timers.retry_at(self.now_ms + TRY_AGAIN_MS, task);
            }
            Refusal::Budget { reason } => {
                self.short_of = Some(reason.clone());
                self.enter_lane(task, actions);
            }
            Refusal::AttemptsUsedUp | Refusal::RetriesUsedUp => {
                self.give_up(task, error("retries-used-up", why.to_string()), actions);
            }
            Refusal::NoAgent { reason } => {
                self.give_up(task, error("no-such-capability", reason.clone()), actions);
            }
            _ => {}
        }
    }

    /// Takes what time has made due.
    fn take_due(&mut self, actions: &mut Vec<Action>) {
        while let Some(task) = self.timers.due_retry(self.now_ms) {
            if self.tracker.status(task) == Some(TaskStatus::Pending) {
                self.enqueue(task, actions);
            }
        }
        if self.has_resources {
            let granted = self.leases.tick(self.now_ms);
            self.take_granted(granted, actions);
        }
        while let Some(stage) = self.timers.due_stage(self.now_ms) {
            self.stage_deadlines.passed(stage, &self.tracker, actions);
        }
    }

    /// Begins what can be begun.
    fn fill(&mut self, actions: &mut Vec<Action>) {
        if self.over != Over::No || self.short_of.is_some() {
            return;
        }
        if std::mem::take(&mut self.is_rerouting) {
            for lane in self.lanes.routed() {
                self.reroute(lane);
            }
        }
        while self.in_flight < self.adaptive.limit() {
            let tags = &self.tags;
            let free = |tag: usize| tags[tag].taken < tags[tag].most;
            let Some((task, lane)) = self.lanes.best(&self.agents, free, &self.tracker) else {
                break;
            };
            let Some(agent) = self.choose(lane) else {
                break;
            };
            self.lanes.pop(lane);
            self.take_off(task, Some(agent), self.is_preemptible(task));
            let agent = Some(self.agents.id(agent).clone());
            // Not only when it is confirmed: that wakes nobody.
            let stage = self.tracker.spec(task).and_then(|spec| spec.stage);
            self.stage_deadlines
                .began(stage, self.now_ms, &mut self.timers);
            actions.push(Action::Start { task, agent });
        }
        self.preempt(actions);
    }

    /// The agent that is to do the next task of a lane, and who may do the one after it.
    fn choose(&mut self, lane: LaneId) -> Option<u32> {
        let Some(route) = self.lanes.route(lane) else {
            return self.agents.choose(
                self.lanes.candidates(lane),
                self.settings.placement,
                self.lanes.capability(lane),
            );
        };
        let mut order = route.order.iter().copied();
        let chosen = order.find(|agent| self.agents.has_place(*agent))?;
        route.turn += 1;
        self.reroute(lane);
        Some(chosen)
    }

    /// Finds who may do the next task of a lane that asks for a quality.
    fn reroute(&mut self, lane: LaneId) {
        let wanted = self.lanes.capability(lane);
        let name = wanted.map_or("", |wanted| wanted.name.as_str());
        let agents = self.lanes.candidates(lane).iter();
        let candidates = agents.map(|agent| Candidate {
            agent: *agent,
            outcome: self.outcomes.of(self.agents.id(*agent), name),
            declared: self.agents.price(*agent, wanted),
        });
        let candidates: Vec<Candidate> = candidates.collect();
        if let Some(route) = self.lanes.route(lane) {
            route.order = outcomes::in_order(candidates, route.quality, route.turn);
        }
    }

    /// Takes in what the end of an attempt says of its agent.
    fn judge(&mut self, task: TaskIndex, verdict: Verdict, spent: Spend) {
        let at = self.tasks[task.at()].at.flatten();
        let (Some(at), Some(spec)) = (at, self.tracker.spec(task)) else {
            return;
        };
        if self.settings.placement == Placement::Cheapest {
            let whose = self.agents.id(at);
            self.outcomes.take(whose, spec, verdict, spent);
            self.is_rerouting = true;
        }
    }

    /// Where something more important waits for a place that something preemptible has,
    /// asks that to give way.
    fn preempt(&mut self, actions: &mut Vec<Action>) {
        if self.giving_way.is_empty() {
            return;
        }
        let Some((waiting, lane)) = self.lanes.most_important(&self.tracker) else {
            return;
        };
        let priority = self.priority(waiting);
        if priority <= Priority::Low {
            return;
        }
        let full = self.in_flight >= self.adaptive.limit();
        let candidates = self.lanes.candidates(lane);
        let victim = self.giving_way.iter().copied().filter(|task| {
            let helps = match self.tasks[task.at()].at {
                Some(Some(agent)) => full || candidates.contains(&agent),
                Some(None) => full,
                None => false,
            };
            helps && self.priority(*task) < priority
        });
        let victim = victim.min_by_key(|task| (self.priority(*task), *task));
        if let Some(task) = victim
            && !self.tasks[task.at()].preempting
        {
            self.tasks[task.at()].preempting = true;
            let to = waiting;
            actions.push(Action::Preempt { task, to });
        }
    }

    fn priority(&self, task: TaskIndex) -> Priority {
        self.tracker
            .spec(task)
            .map_or(Priority::Low, |spec| spec.priority)
    }

    /// Ends or pauses the run where nothing is left to decide.
    fn conclude(&mut self, actions: &mut Vec<Action>) {
        if self.over == Over::No && self.tracker.is_done() {
            self.over = Over::Finishing;
            actions.push(Action::Finish);
        }
        if self.over == Over::No
            && self.in_flight == 0
            && let Some(reason) = self.short_of.clone()
        {
            self.over = Over::Stopping;
            actions.push(Action::Pause { reason });
        }
    }
}
