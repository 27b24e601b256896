//! Why nobody could be found for a task.

use std::collections::BTreeSet;

use semver::Version;

use super::AgentStatus;
use super::state::{State, Wanted};
use crate::capability::CapabilityRequest;
use crate::error::CoreError;
use crate::id::AgentId;

impl State {
    /// Why nobody could be found for `wanted`: the first that holds of "there is no
    /// such agent or capability", "not in such a version", "each is at its limit"
    /// and "each is unwell".
    pub(super) fn refusal(&self, wanted: Wanted<'_>) -> CoreError {
        let mut fitting = self.candidates(wanted).peekable();
        if fitting.peek().is_none() {
            return self.nobody_fits(wanted);
        }
        let fitting: Vec<(AgentId, AgentStatus)> = fitting
            .map(|candidate| (candidate.id.clone(), candidate.entry.status()))
            .collect();
        let busy = fitting
            .iter()
            .filter(|(_, status)| *status == AgentStatus::Busy)
            .count();
        if busy > 0 {
            return CoreError::AllBusy {
                wanted: wanted.to_string(),
                agents: busy,
            };
        }
        CoreError::AllUnhealthy {
            wanted: wanted.to_string(),
            agents: fitting,
        }
    }

    fn nobody_fits(&self, wanted: Wanted<'_>) -> CoreError {
        match (wanted.agent, wanted.request) {
            (Some(agent), Some(request)) if self.is_known(agent) => {
                let (agent, request) = (agent.clone(), request.clone());
                CoreError::NotOffered {
                    versions: self.versions(wanted),
                    agent,
                    request,
                }
            }
            (Some(agent), _) => CoreError::NoSuchAgent {
                agent: agent.clone(),
            },
            (None, Some(request)) => self.no_such_capability(wanted, request.clone()),
            (None, None) => CoreError::AllUnhealthy {
                wanted: wanted.to_string(),
                agents: Vec::new(),
            },
        }
    }

    fn no_such_capability(&self, wanted: Wanted<'_>, request: CapabilityRequest) -> CoreError {
        let versions = self.versions(wanted);
        if versions.is_empty() {
            return CoreError::NoSuchCapability { request };
        }
        CoreError::NoSuchVersion { request, versions }
    }

    fn is_known(&self, agent: &AgentId) -> bool {
        self.candidates(Wanted {
            agent: Some(agent),
            request: None,
        })
        .next()
        .is_some()
    }

    /// The versions in which what is wanted is offered, lowest first.
    fn versions(&self, wanted: Wanted<'_>) -> Vec<Version> {
        let everyone = self.candidates(Wanted {
            request: None,
            ..wanted
        });
        let offered = everyone.flat_map(|candidate| &candidate.entry.registration.capabilities);
        let versions: BTreeSet<&Version> = offered
            .filter(|own| {
                wanted
                    .request
                    .is_some_and(|request| request.name == own.name)
            })
            .map(|own| &own.version)
            .collect();
        versions.into_iter().cloned().collect()
    }
}
