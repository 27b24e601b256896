//! Ready tasks in lanes: tasks that the same agents can take and that count against the
//! same limits stand in one queue, so that one that cannot be begun holds back no other.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use guildhall_core::CapabilityRequest;

use crate::id::TaskIndex;
use crate::ledger::TaskStatus;
use crate::task::Call;
use crate::tracker::Tracker;

use super::TagLimit;
use super::placement::Agents;

/// A lane: an index.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct LaneId(u32);

/// All lanes.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    lanes: Vec<Lane>,
    by_name: HashMap<String, LaneId>,
    /// The lane of the task before: most tasks are like the one before them.
    last: Option<LaneId>,
}

#[derive(Debug)]
struct Lane {
    /// Agent and capability alone.
    call: Call,
    tags: Vec<usize>,
    candidates: Vec<u32>,
    /// Where the tasks ask for a quality, who of the candidates may do the next one.
    route: Option<Route>,
    ready: BinaryHeap<Reverse<(i64, TaskIndex)>>,
}

/// Who of the candidates may do the next task.
#[derive(Debug)]
pub(super) struct Route {
    /// The part of attempts that is to succeed.
    pub(super) quality: f64,
    /// Who is to be asked first first.
    pub(super) order: Vec<u32>,
    /// Counts the tasks that were begun.
    pub(super) turn: u64,
}

impl Lanes {
    /// The lane of a call with these tags, of which only those with a limit matter.
    pub(super) fn of(
        &mut self,
        call: &Call,
        quality: Option<f64>,
        tags: &[String],
        limits: &[TagLimit],
        agents: &Agents,
    ) -> LaneId {
        let tags: Vec<usize> = (0..limits.len())
            .filter(|at| tags.contains(&limits[*at].tag))
            .collect();
        if let Some(last) = self.last
            && self.lane(last).is_of(call, quality, &tags)
        {
            return last;
        }
        let lane = self.find_or_add(call, quality, tags, agents);
        self.last = Some(lane);
        lane
    }

    fn find_or_add(
        &mut self,
        call: &Call,
        quality: Option<f64>,
        tags: Vec<usize>,
        agents: &Agents,
    ) -> LaneId {
        let name = name_of(call, quality, &tags);
        if let Some(lane) = self.by_name.get(&name) {
            return *lane;
        }
        let call = Call {
            capability: call.capability.clone(),
            agent: call.agent.clone(),
            ..Call::default()
        };
        let lane = LaneId(u32::try_from(self.lanes.len()).unwrap_or(u32::MAX));
        self.lanes.push(Lane {
            candidates: agents.able(&call),
            call,
            tags,
            route: quality.map(|quality| Route {
                quality,
                order: Vec::new(),
                turn: 1,
            }),
            ready: BinaryHeap::new(),
        });
        self.by_name.insert(name, lane);
        lane
    }

    /// Finds the candidates of each lane anew, and gives the tasks that nobody can take
    /// any more.
    pub(super) fn match_agents(&mut self, agents: &Agents) -> Vec<TaskIndex> {
        let mut stranded = Vec::new();
        for lane in &mut self.lanes {
            lane.candidates = agents.able(&lane.call);
            if lane.candidates.is_empty() {
                let ready = std::mem::take(&mut lane.ready).into_sorted_vec();
                stranded.extend(ready.into_iter().rev().map(|Reverse((_, task))| task));
            }
        }
        stranded
    }

    pub(super) fn push(&mut self, lane: LaneId, rank: i64, task: TaskIndex) {
        self.lane_mut(lane).ready.push(Reverse((rank, task)));
    }

    pub(super) fn pop(&mut self, lane: LaneId) {
        self.lane_mut(lane).ready.pop();
    }

    /// Puts what waits in order by other ranks.
    pub(super) fn rank_anew(&mut self, rank: impl Fn(TaskIndex) -> i64) {
        for lane in &mut self.lanes {
            let ready = std::mem::take(&mut lane.ready).into_vec();
            let ranked = ready
                .into_iter()
                .map(|Reverse((_, task))| Reverse((rank(task), task)));
            lane.ready = ranked.collect();
        }
    }

    /// The first of all ready tasks that can be begun now.
    pub(super) fn best(
        &mut self,
        agents: &Agents,
        free: impl Fn(usize) -> bool,
        tracker: &Tracker,
    ) -> Option<(TaskIndex, LaneId)> {
        let mut best: Option<((i64, TaskIndex), LaneId)> = None;
        for (lane, at) in self.lanes.iter_mut().zip(0..) {
            let Some(head) = lane.head(tracker) else {
                continue;
            };
            let open = lane.tags.iter().all(|tag| free(*tag))
                && lane.askable().iter().any(|agent| agents.has_place(*agent));
            if open && best.as_ref().is_none_or(|(other, _)| head < *other) {
                best = Some((head, LaneId(at)));
            }
        }
        best.map(|((_, task), lane)| (task, lane))
    }

    /// The first of all ready tasks, whether it can be begun or not.
    pub(super) fn most_important(&mut self, tracker: &Tracker) -> Option<(TaskIndex, LaneId)> {
        let lanes = self.lanes.iter_mut().zip(0..);
        let heads = lanes.filter_map(|(lane, at)| Some((lane.head(tracker)?, LaneId(at))));
        let best = heads.min_by_key(|(head, _)| *head);
        best.map(|((_, task), lane)| (task, lane))
    }

    pub(super) fn has_agents(&self, lane: LaneId) -> bool {
        !self.lane(lane).candidates.is_empty()
    }

    pub(super) fn candidates(&self, lane: LaneId) -> &[u32] {
        &self.lane(lane).candidates
    }

    /// Where a lane asks for a quality, who may do its next task.
    pub(super) fn route(&mut self, lane: LaneId) -> Option<&mut Route> {
        self.lane_mut(lane).route.as_mut()
    }

    /// The lanes that ask for a quality.
    pub(super) fn routed(&self) -> Vec<LaneId> {
        let lanes = self.lanes.iter().zip(0..);
        let routed = lanes.filter(|(lane, _)| lane.route.is_some());
        routed.map(|(_, at)| LaneId(at)).collect()
    }

    pub(super) fn tags(&self, lane: LaneId) -> &[usize] {
        &self.lane(lane).tags
    }

    pub(super) fn capability(&self, lane: LaneId) -> Option<&CapabilityRequest> {
        self.lane(lane).call.capability.as_ref()
    }

    /// What the tasks of a lane want, for messages.
    pub(super) fn describe(&self, lane: LaneId) -> String {
        let call = &self.lane(lane).call;
        match (&call.agent, &call.capability) {
            (Some(agent), Some(capability)) => format!("{capability} as {agent}"),
            (Some(agent), None) => agent.to_string(),
            (None, Some(capability)) => capability.to_string(),
            (None, None) => {
                "what the task names: it names neither a capability nor an agent".into()
            }
        }
    }

    fn lane(&self, lane: LaneId) -> &Lane {
        &self.lanes[lane.0 as usize]
    }

    fn lane_mut(&mut self, lane: LaneId) -> &mut Lane {
        &mut self.lanes[lane.0 as usize]
    }
}

impl Lane {
    fn is_of(&self, call: &Call, quality: Option<f64>, tags: &[usize]) -> bool {
        let own = self.route.as_ref().map(|route| route.quality.to_bits());
        own == quality.map(f64::to_bits)
            && self.call.agent == call.agent
            && self.call.capability == call.capability
            && self.tags == tags
    }

    /// The agents that its next task may go to.
    fn askable(&self) -> &[u32] {
        let route = self.route.as_ref();
        route.map_or(&self.candidates, |route| &route.order)
    }

    /// The first task that still waits; those that ended while they stood here are
    /// dropped.
    fn head(&mut self, tracker: &Tracker) -> Option<(i64, TaskIndex)> {
        loop {
            let Reverse((rank, task)) = *self.ready.peek()?;
            if tracker.status(task) == Some(TaskStatus::Pending) {
                return Some((rank, task));
            }
            self.ready.pop();
        }
    }
}

fn name_of(call: &Call, quality: Option<f64>, tags: &[usize]) -> String {
    let agent = call.agent.as_ref().map_or("", |agent| agent.as_str());
    let capability = call.capability.as_ref();
    let capability = capability.map_or_else(String::new, ToString::to_string);
    format!("{agent} {capability} {quality:?} {tags:?}")
}
