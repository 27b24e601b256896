//! The one place that lets something be deployed.
//!
//! It is a pure function of what is kept, what is configured and where the repository stands.
//! A [`DeployOrder`] can be made here only, and only with one is anything run. In doubt it
//! refuses: an unknown severity counts as the worst, and an incident with events that this
//! version does not understand is left to one that does.

use serde::Serialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::Severity;
use crate::event::{Candidate, CandidateId};
use crate::incident::{Approval, Candidacy, Incident, IncidentId, Status, Validation};
use crate::model::hexadecimal;

/// What the user has configured of deploys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeploySettings {
    /// The command and its arguments, in which `{branch}`, `{commit}`, `{incident}` and
    /// `{candidate}` are replaced; empty where none is configured.
    pub command: Vec<String>,
}

/// Where the repository stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The commit that is checked out.
    pub head: String,
    /// The commit that the candidate's branch is at, where it has one.
    pub branch: Option<String>,
}

/// The leave to run a deploy command once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeployOrder {
    incident: IncidentId,
    candidate: CandidateId,
    digest: String,
    argv: Vec<String>,
    key: String,
    /// The event after which nothing may have happened.
    version: u64,
}

/// Why nothing is deployed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// There is no such candidate.
    #[error("there is no candidate {0}; `guildhall incident hotfix` makes one")]
    NoCandidate(CandidateId),
    /// The incident is over.
    #[error(
        "it is closed, so there is nothing to deploy for; `guildhall incident reopen` reopens it"
    )]
    Closed,
    /// Events of a newer version.
    #[error("it has events of a newer version ({0}), so this one deploys nothing for it")]
    NotUnderstood(String),
    /// Nobody knows how bad it is.
    #[error(
        "its severity is not known, and nothing is deployed for such a one; say it with `guildhall incident severity`"
    )]
    UnknownSeverity,
    /// It is too bad for a program.
    #[error(
        "it is sev1, and nothing is ever deployed for sev1: a person deploys, and says so with `guildhall incident note`"
    )]
    Sev1,
    /// The checks did not pass, or there were none.
    #[error("{0} is not validated; `guildhall incident hotfix` does that")]
    NotValidated(CandidateId),
    /// What was checked is not what there is.
    #[error("{0} was validated with other content or at another commit; validate it again")]
    StaleValidation(CandidateId),
    /// Nobody approved.
    #[error("{0} is not approved; `guildhall incident approve` does that")]
    NotApproved(CandidateId),
    /// An approval was taken back.
    #[error("the approval of {0} was withdrawn")]
    Withdrawn(CandidateId),
    /// An agent approved.
    #[error("{0} was approved by an agent and not by a person, which counts for nothing")]
    ApprovedByAgent(CandidateId),
    /// What was approved is not what there is.
    #[error("{0} was approved with other content or as another commit; approve it again")]
    ApprovalOfAnother(CandidateId),
    /// The severity was changed after the approval.
    #[error("the severity was changed after {0} was approved; approve it again")]
    SeverityChanged(CandidateId),
    /// It is deployed, or is being deployed.
    #[error(
        "a deploy of {0} as it is was begun before; make another candidate, or see `guildhall incident show`"
    )]
    AlreadyDeployed(CandidateId),
    /// No command is configured.
    #[error("no deploy command is configured; set `deploy` in [plugins.config.incident-responder]")]
    NoCommand,
    /// Nothing was to be deployed.
    #[error("this is a dry run; --really deploys {0}")]
    DryRun(CandidateId),
}

/// Whether a candidate may be deployed; the one way to a [`DeployOrder`]. A dry run is refused
/// last, so that its refusal says that nothing else stands in the way.
///
/// # Errors
/// The first reason against it.
pub fn may_deploy(
    incident: &Incident,
    candidate: CandidateId,
    settings: &DeploySettings,
    place: &Place,
    really: bool,
) -> Result<DeployOrder, Refusal> {
    let Some(known) = incident.candidacy(&candidate) else {
        return Err(Refusal::NoCandidate(candidate));
    };
    may_be_deployed_for(incident)?;
    let digest = known.candidate.digest();
    validated(known, &digest, place)?;
    let approval = approved(known, &digest)?;
    if approval.seq <= incident.severity.changed_by {
        return Err(Refusal::SeverityChanged(candidate));
    }
    if known.deploys.iter().any(|deploy| deploy.digest == digest) {
        return Err(Refusal::AlreadyDeployed(candidate));
    }
    if settings.command.is_empty() {
        return Err(Refusal::NoCommand);
    }
    if !really {
        return Err(Refusal::DryRun(candidate));
    }
    Ok(DeployOrder {
        incident: incident.id,
        candidate,
        argv: filled(&settings.command, incident.id, known),
        key: key(incident.id, &known.candidate),
        digest,
        version: incident.version,
    })
}

/// Whether anything may be deployed for an incident.
fn may_be_deployed_for(incident: &Incident) -> Result<(), Refusal> {
    if !incident.not_understood.is_empty() {
        return Err(Refusal::NotUnderstood(incident.not_understood.join(", ")));
    }
    if incident.status == Status::Closed {
        return Err(Refusal::Closed);
    }
    match incident.severity.level {
        None => Err(Refusal::UnknownSeverity),
        Some(Severity::Sev1) => Err(Refusal::Sev1),
        Some(Severity::Sev2 | Severity::Sev3 | Severity::Sev4) => Ok(()),
    }
}

/// Whether the content that there is was checked, at the commit that is checked out.
fn validated(known: &Candidacy, digest: &str, place: &Place) -> Result<(), Refusal> {
    let candidate = &known.candidate;
    let validation: Option<&Validation> = known.validation.as_ref();
    let validation = validation.filter(|validation| validation.passed);
    let Some(validation) = validation else {
        return Err(Refusal::NotValidated(candidate.id));
    };
    let is_this = validation.digest == digest
        && validation.head == place.head
        && candidate.base == place.head
        && candidate.commit == place.branch;
    match is_this {
        true => Ok(()),
        false => Err(Refusal::StaleValidation(candidate.id)),
    }
}

/// The approval of the content and the commit that there are.
fn approved<'a>(known: &'a Candidacy, digest: &str) -> Result<&'a Approval, Refusal> {
    let candidate = &known.candidate;
    let Some(approval) = &known.approval else {
        return Err(match known.is_withdrawn {
            true => Refusal::Withdrawn(candidate.id),
            false => Refusal::NotApproved(candidate.id),
        });
    };
    let approved = &approval.approved;
    if !approved.is_by_person {
        return Err(Refusal::ApprovedByAgent(candidate.id));
    }
    match approved.digest == digest && approved.commit == candidate.commit {
        true => Ok(approval),
        false => Err(Refusal::ApprovalOfAnother(candidate.id)),
    }
}

/// The command, with names put in. Each argument stays one argument.
fn filled(command: &[String], incident: IncidentId, known: &Candidacy) -> Vec<String> {
    let candidate = &known.candidate;
    let commit = candidate.commit.as_deref().unwrap_or(&candidate.base);
    let fill = |argument: &String| {
        argument
            .replace("{branch}", candidate.branch.as_deref().unwrap_or_default())
            .replace("{commit}", commit)
            .replace("{incident}", &incident.to_string())
            .replace("{candidate}", &candidate.id.to_string())
    };
    command.iter().map(fill).collect()
}

/// Equal for one change of one incident, so that a deploy command can tell a second try. Its
/// commit does not count: the same change made again is another commit.
fn key(incident: IncidentId, candidate: &Candidate) -> String {
    let change = (
        incident,
        candidate.kind,
        &candidate.base,
        &candidate.reverts,
        &candidate.patch_sha256,
        &candidate.argv,
    );
    hexadecimal(&Sha256::digest(json!(change).to_string())[..16])
}

impl DeployOrder {
    /// What is run.
    pub fn argv(&self) -> &[String] {
        &self.argv
    }

    /// The incident that it is for.
    pub fn incident(&self) -> IncidentId {
        self.incident
    }

    /// What is deployed.
    pub fn candidate(&self) -> CandidateId {
        self.candidate
    }

    /// Its content.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Equal for one change of one incident, whatever commit it was made as.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The last event that it rests on: the beginning of the deploy is appended after this one
    /// or not at all, so that two deploys do not both begin.
    pub fn version(&self) -> u64 {
        self.version
    }
}

#[cfg(test)]
mod tests;
