//! Where incidents are kept: a durable stream each, to which events are only ever appended.

use guildhall_sdk::core::AgentError;
use guildhall_sdk::core::streams::{NewRecord, Streams, conflict_of};
use guildhall_sdk::prelude::Context;

use crate::ResponderError;
use crate::event::Entry;
use crate::fold::{fold, stored};
use crate::incident::{Incident, IncidentId};

/// How often a change is decided anew because others were faster.
const MOST_TRIES: usize = 50;

/// The incidents that are kept.
pub struct Kept {
    streams: Streams,
}

impl Kept {
    /// Those of the agent whose task this is.
    pub fn new(ctx: &Context) -> Self {
        Self {
            streams: ctx.streams(),
        }
    }

    /// An incident, with the number of its last event.
    ///
    /// # Errors
    /// Where it is not there, what is kept of it is damaged, or the host keeps no streams.
    pub async fn load(&self, id: IncidentId) -> Result<(Incident, u64), ResponderError> {
        let records = self.streams.read_all(&id.to_string(), 0).await?;
        if records.is_empty() {
            return Err(ResponderError::NoIncident {
                name: id.to_string(),
            });
        }
        let events: Result<Vec<_>, _> = records.iter().map(stored).collect();
        let incident = events.and_then(|events| fold(id, events));
        let incident = incident.map_err(|reason| ResponderError::History {
            incident: id,
            reason,
        })?;
        let version = incident.version;
        Ok((incident, version))
    }

    /// Appends events where the last one is still `expected`; gives the number of the last
    /// one afterwards. Approvals and deploys survive a loss of power.
    ///
    /// # Errors
    /// A conflict ([`conflict_of`] within [`ResponderError::Service`]) where somebody else was
    /// faster; whatever the store gives.
    pub async fn add(
        &self,
        id: IncidentId,
        expected: u64,
        entries: Vec<Entry>,
    ) -> Result<u64, ResponderError> {
        let is_grave = entries.iter().any(|entry| entry.event.is_grave());
        let records: Result<Vec<NewRecord>, AgentError> = entries.iter().map(record).collect();
        let (records, stream) = (records?, id.to_string());
        Ok(match is_grave {
            true => {
                let appended = self.streams.append_durably(&stream, records, expected);
                appended.await?
            }
            false => self.streams.append(&stream, records, expected).await?,
        })
    }

    /// Changes an incident: `decide` says by its present state what happens to it, and is
    /// asked again where somebody else was faster. Gives the incident as it is afterwards.
    /// Where nothing is to happen nothing is kept.
    ///
    /// # Errors
    /// What `decide` refuses; otherwise as [`Kept::load`] and [`Kept::add`].
    pub async fn change(
        &self,
        id: IncidentId,
        mut decide: impl FnMut(&Incident) -> Result<Vec<Entry>, ResponderError>,
    ) -> Result<Incident, ResponderError> {
        for _ in 0..MOST_TRIES {
            let (incident, version) = self.load(id).await?;
            let entries = decide(&incident)?;
            if entries.is_empty() {
                return Ok(incident);
            }
            match self.add(id, version, entries).await {
                Err(error) if is_conflict(&error) => {}
                Err(error) => return Err(error),
                Ok(_) => return Ok(self.load(id).await?.0),
            }
        }
        Err(ResponderError::Contended { incident: id })
    }

    /// All incidents, in the order in which they were opened.
    ///
    /// # Errors
    /// As [`Kept::load`].
    pub async fn list(&self) -> Result<Vec<Incident>, ResponderError> {
        let streams = self.streams.list_all().await?;
        let names = streams.iter().map(|stream| stream.name.parse());
        let mut ids: Vec<IncidentId> = names.filter_map(Result::ok).collect();
        ids.sort();
        let mut incidents = Vec::new();
        for id in ids {
            incidents.push(self.load(id).await?.0);
        }
        Ok(incidents)
    }

    /// The incident that a user names: `INC-0007`, `7`, or `last` for the newest.
    ///
    /// # Errors
    /// Where it is none, or there is none yet.
    pub async fn find(&self, name: &str) -> Result<IncidentId, ResponderError> {
        if name != "last" {
            return name.parse().map_err(|_| ResponderError::NoIncident {
                name: name.to_owned(),
            });
        }
        let streams = self.streams.list_all().await?;
        let ids = streams.iter().filter_map(|stream| stream.name.parse().ok());
        ids.max().ok_or_else(|| ResponderError::NoIncident {
            name: name.to_owned(),
        })
    }
}

/// Whether somebody else was faster.
pub(crate) fn is_conflict(error: &ResponderError) -> bool {
    matches!(error, ResponderError::Service(error) if conflict_of(error).is_some())
}

fn record(entry: &Entry) -> Result<NewRecord, AgentError> {
    NewRecord::new(entry.event.kind(), entry.at.milliseconds(), entry)
}
