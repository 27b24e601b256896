//! What is ready and what is not needed any more: dependencies, stages, conditions,
//! expansions and races.
//!
//! Every coordinator needs this and none should have to write it. The tracker follows the
//! notices of a run and says what has become possible or impossible; in which order and
//! where ready tasks are done is the coordinator's own.

mod outputs;
mod races;
mod stages;

use std::collections::{BTreeMap, HashMap, VecDeque};

use guildhall_core::{AgentError, ErrorCode};
use serde_json::Value;

use crate::condition::Condition;
use crate::expand::expand;
use crate::id::{TaskIndex, TaskKey};
use crate::ledger::{Refusal, TaskStatus};
use crate::task::{NeedOn, TaskSpec, Work};
use crate::template::{ResultView, Values, names_of};
use crate::turn::{Action, Notice, TaskNotice};

use outputs::Outputs;
use races::Races;
use stages::Stages;

/// What follows from what has happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// A task can be begun: when and where is the coordinator's own.
    Ready(TaskIndex),
    /// A task cannot be done as it is: whether more than that ends is the coordinator's own.
    Fail {
        /// The task.
        task: TaskIndex,
        /// Why.
        error: Box<AgentError>,
    },
    /// Something is to be done, whatever the coordinator decides: to skip a task, to add the
    /// children that one becomes, to read an output, to cancel who lost a race.
    Do(Action),
}

/// Follows a run and says what is ready.
#[derive(Debug, Default)]
pub struct Tracker {
    nodes: Vec<Node>,
    /// Tasks by key, from when a condition asks for one.
    by_key: Option<HashMap<TaskKey, TaskIndex>>,
    /// Whether every task that was there has been told.
    loaded: bool,
    open: usize,
    stages: Stages,
    outputs: Outputs,
    expansions: Expansions,
    races: Races,
}

/// A task.
#[derive(Debug)]
struct Node {
    /// As it was told, kept up to date.
    told: Box<TaskNotice>,
    /// Needs that have not ended.
    unmet: u32,
    dependents: Vec<TaskIndex>,
    /// Whether it was said to be ready, skipped or failed.
    settled: bool,
    awaits_stage: bool,
}

/// Expansions are done one after the other: the indices of the children follow from the
/// number of tasks before them.
#[derive(Debug, Default)]
struct Expansions {
    ready: VecDeque<TaskIndex>,
    /// The one that was handed over and not yet acknowledged.
    under_way: Option<TaskIndex>,
}

impl Tracker {
    /// A tracker of a run of which nothing is known yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The task of this index, as it was told.
    pub fn spec(&self, task: TaskIndex) -> Option<&TaskSpec> {
        self.nodes.get(task.at()).map(|node| &node.told.spec)
    }

    /// How far a task is, as it was told.
    pub fn status(&self, task: TaskIndex) -> Option<TaskStatus> {
        self.nodes.get(task.at()).map(|node| node.told.status)
    }

    /// Tasks that were told.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether no task was told.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Whether every task has ended.
    pub fn is_done(&self) -> bool {
        self.loaded && self.open == 0
    }

    /// Whether a task that failed leaves its race to another one, which has won it or still
    /// can; false where it takes part in none.
    pub fn race_goes_on_without(&self, task: TaskIndex) -> bool {
        let race = self.spec(task).and_then(|spec| spec.race.as_deref());
        let Some((members, is_won)) = race.and_then(|name| self.races.of(name)) else {
            return false;
        };
        let mut others = members.iter().filter(|other| **other != task);
        is_won || others.any(|other| self.status(*other).is_some_and(|it| !it.has_ended()))
    }

    /// Takes a notice in and adds what follows from it to `steps`.
    pub fn note(&mut self, notice: Notice, steps: &mut Vec<Step>) {
        if notice
            .task()
            .is_some_and(|task| task.at() >= self.nodes.len())
        {
            // Nobody has told of such a task, so nothing follows from it.
            return;
        }
        match notice {
            Notice::Opened(opened) => self.stages = Stages::of(&opened.settings.stages),
            Notice::Task(task) => self.add(task, steps),
            Notice::Loaded => self.load(steps),
            Notice::Started { task, .. } => self.set(task, TaskStatus::Running),
            Notice::AttemptFailed(failed) => {
                self.set(failed.task, TaskStatus::Pending);
                if let Some(node) = self.nodes.get_mut(failed.task.at()) {
                    node.told.attempts += 1;
                    node.told.error = Some(failed.error);
                }
            }
            Notice::Completed { task, .. } => self.end(task, TaskStatus::Completed, steps),
            Notice::Ended { task, status } => self.end(task, status, steps),
            Notice::Expanded { task, .. } => self.expanded(task, steps),
            Notice::Output { task, value } => self.output(task, value, steps),
            Notice::Refused {
                task: Some(task),
                why,
            } if self.expansions.under_way == Some(task) => self.refused(task, &why, steps),
            _ => {}
        }
    }

    fn add(&mut self, notice: Box<TaskNotice>, steps: &mut Vec<Step>) {
        let index = notice.index;
        if index.at() != self.nodes.len() {
            // Tasks are told in the order of their indices, each once.
            return;
        }
        let mut unmet = 0;
        for need in &notice.spec.needs {
            let Some(needed) = self.nodes.get_mut(need.task.at()) else {
                continue;
            };
            if !needed.told.status.has_ended() {
                unmet += 1;
                needed.dependents.push(index);
            }
        }
        let ended = notice.status.has_ended();
        if let Some(by_key) = &mut self.by_key {
            by_key.insert(notice.spec.key.clone(), index);
        }
        self.open += usize::from(!ended);
        if let Some(race) = &notice.spec.race {
            let has_completed = notice.status == TaskStatus::Completed;
            self.races.enter(race, index, has_completed);
        }
        self.stages.count_new(index, &notice.spec, notice.status);
        self.nodes.push(Node {
            unmet,
            dependents: Vec::new(),
            settled: ended || notice.expanded || notice.status == TaskStatus::Running,
            awaits_stage: false,
            told: notice,
        });
        if self.loaded {
            self.release(index, steps);
        }
    }

    fn load(&mut self, steps: &mut Vec<Step>) {
        self.loaded = true;
        for (winner, members) in self.races.all_won() {
            self.call_off(winner, &members, steps);
        }
        self.stages.advance();
        for at in 0..self.nodes.len() {
            self.release(TaskIndex::of(at), steps);
        }
    }

    fn set(&mut self, task: TaskIndex, status: TaskStatus) {
        if let Some(node) = self.nodes.get_mut(task.at())
            && !node.told.status.has_ended()
        {
            node.told.status = status;
        }
    }

    fn end(&mut self, task: TaskIndex, status: TaskStatus, steps: &mut Vec<Step>) {
        let Some(node) = self.nodes.get_mut(task.at()) else {
            return;
        };
        if node.told.status.has_ended() {
            return;
        }
        node.told.status = status;
        node.settled = true;
        self.open -= 1;
        let dependents = std::mem::take(&mut node.dependents);
        if status == TaskStatus::Completed && self.loaded {
            self.win(task, steps);
        }
        let stage_may_have_ended =
            self.stages
                .count_end(task, &self.nodes[task.at()].told.spec, status);
        for dependent in dependents {
            self.nodes[dependent.at()].unmet -= 1;
            self.release(dependent, steps);
        }
        if stage_may_have_ended && self.loaded {
            let released = self.stages.advance();
            for task in released {
                self.release(task, steps);
            }
        }
    }

    /// A task completed: those that race against it are not needed any more.
    fn win(&mut self, task: TaskIndex, steps: &mut Vec<Step>) {
        let spec = &self.nodes[task.at()].told.spec;
        let Some(race) = spec.race.as_deref() else {
            return;
        };
        if let Some((winner, members)) = self.races.won(race, task) {
            let members = members.to_vec();
            self.call_off(winner, &members, steps);
        }
    }

    fn call_off(&mut self, winner: TaskIndex, members: &[TaskIndex], steps: &mut Vec<Step>) {
        let reason = format!("{} won the race", self.nodes[winner.at()].told.spec.key);
        for task in members {
            let node = &mut self.nodes[task.at()];
            if *task != winner && !node.told.status.has_ended() {
                node.settled = true;
                steps.push(Step::Do(Action::Cancel {
                    task: Some(*task),
                    reason: reason.clone(),
                }));
            }
        }
    }

    /// Says what can be done with a task, where anything can.
    fn release(&mut self, index: TaskIndex, steps: &mut Vec<Step>) {
        if self.nodes[index.at()].settled {
            return;
        }
        if let Some(reason) = self.hopeless(index) {
            self.settle(
                index,
                Step::Do(Action::Skip {
                    task: index,
                    reason,
                }),
                steps,
            );
            return;
        }
        if self.nodes[index.at()].unmet > 0 || self.waits_for_stage(index) {
            return;
        }
        if self.nodes[index.at()].told.spec.when.is_some() {
            self.know_keys();
        }
        if self.wants_outputs(index, steps) {
            return;
        }
        let verdict = self.condition_of(index);
        let becomes_children = matches!(self.nodes[index.at()].told.spec.work, Work::Expand(_));
        if !(becomes_children && matches!(verdict, Ok(None))) {
            let needed = self.needed_outputs(index);
            self.outputs.no_longer_wanted_by(index, &needed);
        }
        match verdict {
            Err(error) => {
                let error = Box::new(error);
                self.settle(index, Step::Fail { task: index, error }, steps);
            }
            Ok(Some(reason)) => self.settle(
                index,
                Step::Do(Action::Skip {
                    task: index,
                    reason,
                }),
                steps,
            ),
            Ok(None) if becomes_children => {
                self.nodes[index.at()].settled = true;
                self.expansions.ready.push_back(index);
                self.expand_next(steps);
            }
            Ok(None) => self.settle(index, Step::Ready(index), steps),
        }
    }

    fn settle(&mut self, index: TaskIndex, step: Step, steps: &mut Vec<Step>) {
        self.nodes[index.at()].settled = true;
        steps.push(step);
    }

    /// Whether a task has to wait for its stage; it is remembered then.
    fn waits_for_stage(&mut self, index: TaskIndex) -> bool {
        let node = &mut self.nodes[index.at()];
        let Some(stage) = node.told.spec.stage else {
            return false;
        };
        let stage = stage as usize;
        if !self.stages.is_closed(stage) {
            return false;
        }
        node.awaits_stage = node.awaits_stage || self.stages.wait(stage, index);
        true
    }

    /// Why a task can never be begun.
    fn hopeless(&self, index: TaskIndex) -> Option<String> {
        let spec = &self.nodes[index.at()].told.spec;
        let lost = spec.needs.iter().find_map(|need| {
            let needed = &self.nodes[need.task.at()];
            let lost = need.on == NeedOn::Completed
                && needed.told.status.has_ended()
                && needed.told.status != TaskStatus::Completed;
            lost.then(|| {
                format!(
                    "{}, which it needs, is {}",
                    needed.told.spec.key, needed.told.status
                )
            })
        });
        let is_lost = |task: TaskIndex| !self.lost_a_race(task);
        lost.or_else(|| self.stages.forbid(spec, is_lost))
    }

    /// Whether a task has no result only because another one has won their race.
    fn lost_a_race(&self, task: TaskIndex) -> bool {
        let race = self.spec(task).and_then(|spec| spec.race.as_deref());
        let race = race.and_then(|name| self.races.of(name));
        race.is_some_and(|(_, is_won)| is_won)
    }

    /// Asks for outputs that are missing; gives whether any are.
    fn wants_outputs(&mut self, index: TaskIndex, steps: &mut Vec<Step>) -> bool {
        let mut missing = false;
        for needed in self.needed_outputs(index) {
            let has_one = self.nodes[needed.at()].told.status == TaskStatus::Completed;
            if has_one && self.outputs.ask(needed, index, steps) {
                missing = true;
            }
        }
        missing
    }

    /// The tasks whose outputs decide over this one, or are what it becomes.
    fn needed_outputs(&self, index: TaskIndex) -> Vec<TaskIndex> {
        let spec = &self.nodes[index.at()].told.spec;
        let mut needed: Vec<TaskIndex> = Vec::new();
        if let Some(when) = &spec.when
            && let Ok(condition) = Condition::parse(when)
        {
            let used = condition.uses();
            needed.extend(used.iter().filter_map(|name| self.meant(&spec.key, name)));
        }
        if let Work::Expand(expansion) = &spec.work {
            needed.extend(expansion.reads_output_of());
        }
        needed.sort_unstable();
        needed.dedup();
        needed
    }

    /// Why a task's own condition does not hold; `None` where it does.
    fn condition_of(&self, index: TaskIndex) -> Result<Option<String>, AgentError> {
        let spec = &self.nodes[index.at()].told.spec;
        let Some(when) = &spec.when else {
            return Ok(None);
        };
        let condition = Condition::parse(when)
            .map_err(|error| AgentError::new("invalid-condition", error.to_string()))?;
        let mut results = BTreeMap::new();
        for name in condition.uses() {
            if let Some(used) = self.meant(&spec.key, &name) {
                let view = self.view(used);
                results.insert(name, view);
            }
        }
        let values = Values {
            results,
            ..Values::of_task(spec)
        };
        let holds = condition.holds(&values)?;
        Ok((!holds).then(|| format!("its condition does not hold: {when}")))
    }

    /// Conditions name tasks by their keys; most runs have none, and need no index of them.
    fn know_keys(&mut self) {
        if self.by_key.is_some() {
            return;
        }
        let nodes = self.nodes.iter().zip(0..);
        let keys = nodes.map(|(node, at)| (node.told.spec.key.clone(), TaskIndex(at)));
        self.by_key = Some(keys.collect());
    }

    /// The task that a name means in a condition of the task `reader`.
    fn meant(&self, reader: &TaskKey, name: &TaskKey) -> Option<TaskIndex> {
        let mut keys = names_of(reader, name.as_str());
        let by_key = self.by_key.as_ref()?;
        keys.find_map(|key| by_key.get(&TaskKey::new(key).ok()?).copied())
    }

    fn view(&self, index: TaskIndex) -> ResultView {
        let node = &self.nodes[index.at()];
        let mut view = ResultView::new(node.told.status);
        view.output = self.outputs.of(index).cloned();
        let failed = node.told.status != TaskStatus::Completed;
        let error = node.told.error.as_deref().filter(|_| failed);
        view.error = error.map(|error| error.message.clone());
        view.attempts = node.told.attempts;
        view
    }

    fn output(&mut self, task: TaskIndex, value: Value, steps: &mut Vec<Step>) {
        for waiter in self.outputs.keep(task, value) {
            if self.expansions.ready.contains(&waiter) {
                self.expand_next(steps);
            } else {
                self.release(waiter, steps);
            }
        }
    }

    fn expanded(&mut self, task: TaskIndex, steps: &mut Vec<Step>) {
        if let Some(node) = self.nodes.get_mut(task.at()) {
            node.told.expanded = true;
            if !node.told.status.has_ended() {
                node.told.status = TaskStatus::Running;
            }
        }
        if self.expansions.under_way == Some(task) {
            self.expansions.under_way = None;
        }
        self.expand_next(steps);
    }

    /// The children were not taken: the task cannot be done as it is.
    fn refused(&mut self, task: TaskIndex, why: &Refusal, steps: &mut Vec<Step>) {
        self.expansions.under_way = None;
        if let Refusal::BadTasks { reason } = why {
            let error = AgentError::new(ErrorCode::InvalidInput, reason.clone());
            steps.push(Step::Fail {
                task,
                error: Box::new(error),
            });
        }
        self.expand_next(steps);
    }

    /// Hands the next expansion over, where none is under way.
    fn expand_next(&mut self, steps: &mut Vec<Step>) {
        if self.expansions.under_way.is_some() {
            return;
        }
        while let Some(index) = self.expansions.ready.front().copied() {
            let ended = self.nodes[index.at()].told.status.has_ended();
            if !ended && self.wants_outputs(index, steps) {
                return;
            }
            self.expansions.ready.pop_front();
            if ended {
                continue;
            }
            let step = self.expansion(index);
            let needed = self.needed_outputs(index);
            self.outputs.no_longer_wanted_by(index, &needed);
            let under_way = matches!(step, Step::Do(Action::Add { .. }));
            steps.push(step);
            if under_way {
                self.expansions.under_way = Some(index);
                return;
            }
        }
    }

    fn expansion(&self, index: TaskIndex) -> Step {
        let spec = &self.nodes[index.at()].told.spec;
        let source = match &spec.work {
            Work::Expand(expansion) => expansion.reads_output_of(),
            Work::Call(_) => None,
        };
        let output = source.and_then(|task| self.outputs.of(task));
        let next = TaskIndex::of(self.nodes.len());
        match expand(spec, index, next, output) {
            Ok(expanded) => Step::Do(Action::Add {
                parent: Some(index),
                tasks: expanded.children,
                why: expanded.why,
            }),
            Err(error) => Step::Fail {
                task: index,
                error: Box::new(error),
            },
        }
    }
}
