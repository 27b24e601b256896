//! `guildhall incident approve`: a person's word that a candidate may be deployed. What an agent
//! or a run says here is kept as theirs, and counts for nothing.

use guildhall_sdk::Schema;
use serde::{Deserialize, Serialize};

use crate::ResponderError;
use crate::event::{ApprovalWithdrawn, Approved, CandidateId, Entry, IncidentEvent};
use crate::guard::Refusal;
use crate::incident::{Candidacy, Incident};
use crate::manage::{Author, Saying, Speaker, open, said};

/// `guildhall incident approve`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ApproveRequest {
    /// Of which incident, by whom and when.
    #[serde(flatten)]
    pub speaker: Speaker,
    /// The candidate, as C1; the only validated one where absent.
    #[serde(default)]
    pub candidate: Option<String>,
    /// Why.
    pub because: String,
    /// Take an approval back.
    #[serde(default)]
    pub withdraw: bool,
}

impl Saying for ApproveRequest {
    fn entry(&self, incident: &Incident, author: &Author) -> Result<Entry, ResponderError> {
        let note = said("because", &self.because)?;
        if author.by.is_none() {
            return Err(ResponderError::Request {
                key: "by",
                problem: "is missing: an approval is somebody's; name who gives it".to_owned(),
            });
        }
        let wanted = |one: &&Candidacy| match self.withdraw {
            true => one.approval.is_some(),
            false => is_validated(one),
        };
        let one = candidate(incident, self.candidate.as_deref(), wanted)?;
        let event = match self.withdraw {
            true => withdrawn(incident, one, &note)?,
            false => approved(incident, one, author, &note)?,
        };
        Ok(author
            .entry(event)
            .with(author.says("incident approve", &note)))
    }
}

fn approved(
    incident: &Incident,
    one: &Candidacy,
    author: &Author,
    note: &str,
) -> Result<IncidentEvent, ResponderError> {
    open(incident)?;
    let candidate = &one.candidate;
    if !is_validated(one) {
        return Err(ResponderError::Refused {
            incident: incident.id,
            refusal: Refusal::NotValidated(candidate.id),
        });
    }
    Ok(IncidentEvent::Approved(Approved {
        candidate: candidate.id,
        digest: candidate.digest(),
        commit: candidate.commit.clone(),
        is_by_person: author.is_person,
        note: note.to_owned(),
    }))
}

fn withdrawn(
    incident: &Incident,
    one: &Candidacy,
    note: &str,
) -> Result<IncidentEvent, ResponderError> {
    let id = one.candidate.id;
    if one.approval.is_none() {
        return Err(ResponderError::State {
            incident: incident.id,
            problem: format!("has no approval of {id} that could be withdrawn"),
        });
    }
    Ok(IncidentEvent::ApprovalWithdrawn(ApprovalWithdrawn {
        candidate: id,
        note: note.to_owned(),
    }))
}

/// Whether the content that there is was checked and passed.
fn is_validated(one: &Candidacy) -> bool {
    let passed = one.validation.as_ref().filter(|it| it.passed);
    passed.is_some_and(|it| it.digest == one.candidate.digest())
}

/// The candidate that a user names; where they name none, the only one that is wanted.
///
/// # Errors
/// Where there is none or more than one.
pub(crate) fn candidate<'a>(
    incident: &'a Incident,
    name: Option<&str>,
    is_wanted: impl Fn(&&Candidacy) -> bool,
) -> Result<&'a Candidacy, ResponderError> {
    let problem = |problem: String| ResponderError::Request {
        key: "candidate",
        problem,
    };
    let Some(name) = name else {
        let wanted: Vec<&Candidacy> = incident.candidates.iter().filter(is_wanted).collect();
        let names: Vec<String> = wanted
            .iter()
            .map(|one| one.candidate.id.to_string())
            .collect();
        return match wanted[..] {
            [one] => Ok(one),
            [] => Err(problem(format!(
                "is missing, and {} has none that this could be; `guildhall incident hotfix {0} \
                 --apply` makes one",
                incident.id
            ))),
            _ => Err(problem(format!(
                "is missing, and {} has several: {}",
                incident.id,
                names.join(", ")
            ))),
        };
    };
    let number = name.strip_prefix(['C', 'c']).unwrap_or(name);
    let id = number.parse().map(CandidateId);
    let id = id.map_err(|_| problem(format!("{name:?} is no name of a candidate, such as C1")))?;
    incident.candidacy(&id).ok_or(ResponderError::Refused {
        incident: incident.id,
        refusal: Refusal::NoCandidate(id),
    })
}
