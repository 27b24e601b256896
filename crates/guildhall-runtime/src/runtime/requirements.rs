//! What a plan needs and no agent offers, told before anything is begun.

use std::fmt;

use guildhall_coordination::source_text::nearest;
use guildhall_coordination::{Call, Compiled, PlanPart, Reducer, Source, TaskSpec, Work};
use guildhall_core::registry::Offer;
use guildhall_core::{AgentId, CapabilityName, CapabilityRequest};

use crate::RuntimeError;

use super::Runtime;

/// What a plan needs and no agent offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet {
    /// What needs it.
    pub part: PlanPart,
    /// What is missing, and what there is instead.
    pub reason: String,
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.part, self.reason)
    }
}

impl Runtime {
    /// Whether the host has agents for everything that a plan asks for.
    ///
    /// # Errors
    /// [`RuntimeError::Unmet`] with everything that is missing.
    pub fn check(&self, plan: &Compiled) -> Result<(), RuntimeError> {
        let mut unmet = Vec::new();
        for task in &plan.tasks {
            self.check_task(task, &mut unmet);
        }
        let compaction = plan.settings.compaction.as_ref();
        let reducer = compaction.and_then(|it| match &it.reducer {
            Reducer::Agent(capability) => self.not_offered(capability),
            Reducer::Head | Reducer::Tail | Reducer::Middle => None,
        });
        unmet.extend(reducer.map(|reason| Unmet {
            part: PlanPart::Compaction,
            reason,
        }));
        if unmet.is_empty() {
            return Ok(());
        }
        Err(RuntimeError::Unmet { unmet })
    }

    fn check_task(&self, task: &TaskSpec, unmet: &mut Vec<Unmet>) {
        match &task.work {
            Work::Call(call) => {
                if let Some(reason) = self.missing(call) {
                    let part = PlanPart::Task(task.key.clone());
                    unmet.push(Unmet { part, reason });
                }
            }
            Work::Expand(expansion) => match &expansion.source {
                Source::Items { template, then, .. } => {
                    self.check_task(template, unmet);
                    for step in then {
                        self.check_task(step, unmet);
                    }
                }
                // What the tasks will ask for is known when they are listed.
                Source::Tasks { .. } => {}
            },
        }
    }

    /// Why no agent can take a call.
    fn missing(&self, call: &Call) -> Option<String> {
        let registry = self.host().registry();
        if let Some(agent) = &call.agent {
            let Some(record) = registry.agent(agent) else {
                return Some(self.no_such_agent(agent));
            };
            let own = &record.registration.capabilities;
            return match &call.capability {
                Some(wanted) if own.iter().any(|it| wanted.accepts(&it.name, &it.version)) => None,
                Some(wanted) => Some(format!("agent {agent} does not offer {wanted}")),
                None if own.len() == 1 => None,
                None => Some(format!(
                    "agent {agent} offers {} capabilities: name the one that is meant",
                    own.len()
                )),
            };
        }
        let Some(wanted) = &call.capability else {
            return Some("it names neither a capability nor an agent".into());
        };
        self.not_offered(wanted)
    }

    /// Why a capability cannot be had.
    fn not_offered(&self, wanted: &CapabilityRequest) -> Option<String> {
        let registry = self.host().registry();
        if !registry.find(wanted, false).is_empty() {
            return None;
        }
        let any = CapabilityRequest::any(wanted.name.clone());
        let others = registry.find(&any, false);
        if others.is_empty() {
            return Some(self.nobody_offers(&wanted.name));
        }
        Some(format!(
            "no agent offers {wanted}, only {}",
            versions(&others)
        ))
    }

    fn no_such_agent(&self, agent: &AgentId) -> String {
        let agents = self.host().agents();
        let known = agents.iter().map(|it| it.manifest.id.as_str());
        match nearest(agent.as_str(), known) {
            Some(near) => format!("there is no agent {agent}: did you mean {near}?"),
            None => format!(
                "there is no agent {agent}: load its plugin, configure it under [agents.{agent}], or correct the name"
            ),
        }
    }

    fn nobody_offers(&self, name: &CapabilityName) -> String {
        let agents = self.host().agents();
        let known = agents.iter().flat_map(|it| &it.manifest.capabilities);
        match nearest(name.as_str(), known.map(|it| it.name.as_str())) {
            Some(near) => format!("no agent offers {name}: did you mean {near}?"),
            None => format!(
                "no agent offers {name}: load a plugin or configure an agent that does, or correct the name"
            ),
        }
    }
}

fn versions(offers: &[Offer]) -> String {
    let versions = offers.iter().map(|offer| offer.version.to_string());
    versions.collect::<Vec<_>>().join(", ")
}
