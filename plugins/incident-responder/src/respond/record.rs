//! What the first and the last task of a response write down: who takes part, what went from
//! whom to whom, and what a person has to decide.

use guildhall_report::Report;
use guildhall_sdk::Schema;
use serde::{Deserialize, Serialize};

use super::Mode;
use crate::event::{Entry, Escalated, HandedOff, IncidentEvent, ResponseStarted};
use crate::incident::Incident;
use crate::keep::Kept;
use crate::manage::{Author, Clock};
use crate::runbooks::Fitting;
use crate::{Evidence, EvidenceId, EvidenceKind, IncidentId, ResponderError, Severity, present};

/// The beginning of a response.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct AssembleRequest {
    /// The incident's name.
    pub incident: String,
    /// How it is responded to.
    pub mode: Mode,
    /// Why so.
    pub because: String,
    /// Who takes part.
    pub roles: Vec<String>,
    /// Runbooks that fit.
    pub runbooks: Vec<Fitting>,
}

/// The end of a response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct ConcludeRequest {
    /// The incident's name.
    pub incident: String,
    /// What came of each task.
    pub tasks: Vec<Ended>,
}

/// What came of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct Ended {
    /// The task.
    pub id: String,
    /// What its agent was in the response.
    pub role: String,
    /// The agent.
    pub agent: String,
    /// How it ended: `completed`, `failed`, `cancelled`, `skipped`.
    pub status: String,
    /// Why it completed and yet did not reach what it should; empty where it did.
    pub unmet: String,
    /// Why it did not complete; empty where it did.
    pub error: String,
}

/// Writes down that a response begins.
///
/// # Errors
/// Where there is no such incident, or the store fails.
pub(crate) async fn assemble(
    request: &AssembleRequest,
    kept: &Kept,
    clock: &Clock,
) -> Result<Report, ResponderError> {
    let author = clock.author(None, None)?;
    let id = kept.find(&request.incident).await?;
    let runbooks = request.runbooks.iter();
    let event = IncidentEvent::ResponseStarted(ResponseStarted {
        mode: request.mode.as_str().to_owned(),
        because: request.because.clone(),
        roles: request.roles.clone(),
        runbooks: runbooks.clone().map(|one| one.title.clone()).collect(),
    });
    let evidence = runbooks.map(|one| {
        let kind = EvidenceKind::FileLine;
        Evidence::new(EvidenceId(0), kind, one.path.clone(), "title", &one.title)
    });
    let entry = author.entry(event).with(evidence);
    let incident = kept.change(id, |_| Ok(vec![entry.clone()])).await?;
    Ok(present::said(&incident))
}

/// Writes down what came of a response, and asks a person where one has to decide.
///
/// # Errors
/// Where there is no such incident, or the store fails.
pub(crate) async fn conclude(
    request: &ConcludeRequest,
    kept: &Kept,
    clock: &Clock,
) -> Result<Report, ResponderError> {
    let author = clock.author(None, None)?;
    let id = kept.find(&request.incident).await?;
    let mut since = 0;
    let decide = |incident: &Incident| {
        since = incident.version;
        Ok(concluded(request, incident, &author))
    };
    let incident = kept.change(id, decide).await?;
    Ok(present::concluded(&incident, request, since))
}

fn concluded(request: &ConcludeRequest, incident: &Incident, author: &Author) -> Vec<Entry> {
    let mut entries = handed(request, author);
    if let Some(escalated) = escalation(request, incident) {
        let event = IncidentEvent::Escalated(escalated);
        entries.push(author.entry(event).with(shown(request, incident.id)));
    }
    entries
}

/// What went from the first task to those that completed after it.
fn handed(request: &ConcludeRequest, author: &Author) -> Vec<Entry> {
    let Some((first, others)) = request.tasks.split_first() else {
        return Vec::new();
    };
    let to = others.iter().filter(|task| task.status == "completed");
    to.map(|task| {
        let event = IncidentEvent::HandedOff(HandedOff {
            from: format!("{} ({})", first.role, first.agent),
            to: format!("{} ({})", task.role, task.agent),
            what: format!("{}, which {}", task.id, task.status),
        });
        author.entry(event)
    })
    .collect()
}

/// What a person has to decide; `None` where nothing is left to be decided by one but the
/// approval of what was validated.
fn escalation(request: &ConcludeRequest, incident: &Incident) -> Option<Escalated> {
    let mut because = Vec::new();
    match incident.severity.level {
        None => because.push("its severity is unknown".to_owned()),
        Some(Severity::Sev1) => {
            because.push("it is sev1, which nothing is deployed for".to_owned());
        }
        Some(_) => {}
    }
    for task in &request.tasks {
        match task.status.as_str() {
            "completed" if task.unmet.is_empty() => {}
            "completed" => because.push(format!("{}: {}", task.id, task.unmet)),
            status if task.error.is_empty() => because.push(format!("{} was {status}", task.id)),
            _ => because.push(format!("{} failed: {}", task.id, task.error)),
        }
    }
    if !request
        .tasks
        .iter()
        .any(|task| ["validate", "trial"].contains(&task.id.as_str()))
    {
        because.push("no way out was tried".to_owned());
    }
    let suspects = incident.suspects.as_ref();
    if let Some(why) = suspects.and_then(|suspects| suspects.withheld.as_ref()) {
        because.push(format!("no suspect is named: {why}"));
    }
    (!because.is_empty()).then(|| Escalated {
        because: because.join("; "),
        question: format!(
            "what is done about {}? See `guildhall incident show {}`",
            incident.id, incident.id
        ),
    })
}

/// What the tasks came to, as evidence.
fn shown(request: &ConcludeRequest, id: IncidentId) -> Vec<Evidence> {
    let tasks = request.tasks.iter().map(|task| {
        let whole = [&task.status, &task.unmet, &task.error].map(String::as_str);
        let whole: Vec<&str> = whole.into_iter().filter(|it| !it.is_empty()).collect();
        let source = format!("run {id}");
        let kind = EvidenceKind::Command;
        Evidence::new(
            EvidenceId(0),
            kind,
            source,
            task.id.clone(),
            &whole.join(": "),
        )
    });
    tasks.collect()
}
