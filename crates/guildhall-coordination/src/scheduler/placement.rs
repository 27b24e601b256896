//! Where a task is done: the agents, their places, and the choice among them.

use std::collections::HashMap;

use guildhall_core::{AgentId, CapabilityRequest};

use crate::run_settings::{Placement, RunSettings};
use crate::task::Call;
use crate::turn::AgentOffer;

/// The agents of a run.
#[derive(Debug, Default)]
pub(super) struct Agents {
    agents: Vec<Agent>,
    by_id: HashMap<AgentId, u32>,
    /// Grows with each choice; who was chosen last has the greatest.
    turn: u64,
}

#[derive(Debug)]
struct Agent {
    offer: AgentOffer,
    places: u32,
    /// Attempts at once at the most for the moment, where its answers have it.
    limit: Option<u32>,
    taken: u32,
    /// Whether it can still be given tasks.
    usable: bool,
    /// The turn in which it was last given a task.
    chosen: u64,
    /// The turn in which it last became idle.
    idle_since: u64,
}

impl Agents {
    /// Takes the agents in. Those known before keep their places taken; those that are
    /// not told any more are not used again.
    pub(super) fn set(&mut self, offers: &[AgentOffer], settings: &RunSettings) {
        for agent in &mut self.agents {
            agent.usable = false;
        }
        for offer in offers {
            let places = places(offer, settings);
            match self.by_id.get(&offer.agent) {
                Some(at) => {
                    let agent = &mut self.agents[*at as usize];
                    agent.offer = offer.clone();
                    agent.places = places;
                    agent.usable = true;
                }
                None => self.add(offer.clone(), places),
            }
        }
    }

    /// Counts the places of each agent anew, by other limits.
    pub(super) fn count_places(&mut self, settings: &RunSettings) {
        for agent in &mut self.agents {
            agent.places = places(&agent.offer, settings);
        }
    }

    fn add(&mut self, offer: AgentOffer, places: u32) {
        let at = u32::try_from(self.agents.len()).unwrap_or(u32::MAX);
        self.by_id.insert(offer.agent.clone(), at);
        self.agents.push(Agent {
            offer,
            places,
            limit: None,
            taken: 0,
            usable: true,
            chosen: 0,
            idle_since: 0,
        });
    }

    pub(super) fn find(&self, agent: &AgentId) -> Option<u32> {
        self.by_id.get(agent).copied()
    }

    pub(super) fn id(&self, agent: u32) -> &AgentId {
        &self.agents[agent as usize].offer.agent
    }

    pub(super) fn has_place(&self, agent: u32) -> bool {
        let agent = &self.agents[agent as usize];
        let most = agent.limit.map_or(agent.places, |it| it.min(agent.places));
        agent.usable && agent.taken < most
    }

    pub(super) fn taken(&self, agent: u32) -> u32 {
        self.agents[agent as usize].taken
    }

    /// Lets an agent do at most so many at once, whatever its places.
    pub(super) fn limit(&mut self, agent: u32, limit: Option<u32>) {
        self.agents[agent as usize].limit = limit;
    }

    pub(super) fn take(&mut self, agent: u32) {
        self.turn += 1;
        let agent = &mut self.agents[agent as usize];
        agent.taken += 1;
        agent.chosen = self.turn;
    }

    pub(super) fn give_back(&mut self, agent: u32) {
        self.turn += 1;
        let agent = &mut self.agents[agent as usize];
        agent.taken -= 1;
        agent.idle_since = self.turn;
    }

    /// The agents that can take the call, in the order in which they are known.
    pub(super) fn able(&self, call: &Call) -> Vec<u32> {
        let agents = self.agents.iter().zip(0..);
        let able = agents.filter(|(agent, _)| agent.usable && agent.offer.can(call));
        able.map(|(_, at)| at).collect()
    }

    /// The one of `candidates` that is to do the next task; none where all are full.
    pub(super) fn choose(
        &self,
        candidates: &[u32],
        placement: Placement,
        wanted: Option<&CapabilityRequest>,
    ) -> Option<u32> {
        let free = candidates.iter().copied().filter(|at| self.has_place(*at));
        let agent = |at: &u32| &self.agents[*at as usize];
        match placement {
            Placement::Pull => free.min_by_key(|at| (agent(at).idle_since, agent(at).chosen, *at)),
            Placement::RoundRobin => free.min_by_key(|at| (agent(at).chosen, *at)),
            Placement::LeastLoaded => free.min_by(|a, b| {
                let load = |at: &u32| f64::from(agent(at).taken) / f64::from(agent(at).places);
                let turn = |at: &u32| (agent(at).chosen, *at);
                load(a).total_cmp(&load(b)).then(turn(a).cmp(&turn(b)))
            }),
            Placement::Priority => {
                free.min_by_key(|at| (-i64::from(agent(at).offer.priority), agent(at).chosen, *at))
            }
            Placement::Cheapest => free.min_by(|a, b| {
                let price = |at: &u32| agent(at).price(wanted);
                let turn = |at: &u32| (agent(at).chosen, *at);
                price(a).total_cmp(&price(b)).then(turn(a).cmp(&turn(b)))
            }),
        }
    }
}

impl Agents {
    /// US dollars of a call, as an agent says; what it does not say is dear.
    pub(super) fn price(&self, agent: u32, wanted: Option<&CapabilityRequest>) -> f64 {
        self.agents[agent as usize].price(wanted)
    }
}

/// The places of an agent: what it can take, as far as the run lets it.
fn places(offer: &AgentOffer, settings: &RunSettings) -> u32 {
    let limits = &settings.limits.agents;
    let own = limits.iter().find(|(id, _)| *id == offer.agent);
    own.map_or(offer.places, |(_, most)| offer.places.min(*most))
}

impl Agent {
    /// US dollars of a call, as the agent says; what it does not say is dear.
    fn price(&self, wanted: Option<&CapabilityRequest>) -> f64 {
        let matching = self.offer.capabilities.iter().filter(|capability| {
            wanted.is_none_or(|wanted| wanted.accepts(&capability.name, &capability.version))
        });
        matching
            .filter_map(|capability| capability.cost.usd)
            .fold(f64::INFINITY, f64::min)
    }
}
