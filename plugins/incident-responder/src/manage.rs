//! What is said of an incident: notes, its severity, that it is mitigated or over, or that it
//! is not. Who says it is a person, unless an agent or a run asks.

use guildhall_sdk::Schema;
use serde::{Deserialize, Serialize};

use crate::event::{Because, Closed, Entry, IncidentEvent, Noted, Resolution, SeverityByPerson};
use crate::incident::{Incident, Status};
use crate::keep::Kept;
use crate::{Evidence, EvidenceId, EvidenceKind, Moment, ResponderError, Severity};

/// Bytes of what a person says.
const MOST_WORDS: usize = 64 * 1024;

/// Who does something, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// When it happens.
    pub at: Moment,
    /// Who they are, where that is known.
    pub by: Option<String>,
    /// Whether it is a person, and no agent and no run.
    pub is_person: bool,
}

/// What time it is, and who asks: what a task knows of the world beside its input.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Clock {
    /// The present moment.
    pub now: Option<Moment>,
    /// Who is logged in.
    pub user: Option<String>,
    /// The agent or the run that asks; `None` where a person does.
    pub agent: Option<String>,
}

/// Of which incident something is said, by whom and when: the part that all these requests
/// have. It is flattened into each, so `deny_unknown_fields` stands there and not here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case")]
pub struct Speaker {
    /// The incident: its name, its number, or `last`.
    #[schema(positional = 1)]
    pub incident: String,
    /// Who says so; the name you are logged in by where absent.
    #[serde(default)]
    pub by: Option<String>,
    /// When it was so, as 2026-11-21T18:02:00Z; now where absent.
    #[serde(default)]
    pub at: Option<String>,
}

/// `guildhall incident note`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct NoteRequest {
    /// Of which incident, by whom and when.
    #[serde(flatten)]
    pub speaker: Speaker,
    /// What to write down.
    #[schema(positional = 2)]
    pub text: String,
}

/// `guildhall incident severity`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SeverityRequest {
    /// Of which incident, by whom and when.
    #[serde(flatten)]
    pub speaker: Speaker,
    /// How bad it is.
    #[schema(positional = 2)]
    pub level: Severity,
    /// Why; the rubric's opinion is kept beside it.
    pub because: String,
}

/// `guildhall incident close`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CloseRequest {
    /// Of which incident, by whom and when.
    #[serde(flatten)]
    pub speaker: Speaker,
    /// As what.
    pub resolution: Resolution,
    /// Why.
    #[serde(default)]
    pub because: Option<String>,
}

/// `guildhall incident mitigate`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct MitigateRequest {
    /// Of which incident, by whom and when.
    #[serde(flatten)]
    pub speaker: Speaker,
    /// By what.
    pub because: String,
}

/// `guildhall incident reopen`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ReopenRequest {
    /// Of which incident, by whom and when.
    #[serde(flatten)]
    pub speaker: Speaker,
    /// Why.
    pub because: String,
    /// The symptom was seen again, rather than that it never ended.
    #[serde(default)]
    pub recurred: bool,
}

/// Something that is said of an incident.
pub(crate) trait Saying {
    /// What happens by it.
    ///
    /// # Errors
    /// Where the incident is in a state in which this cannot be.
    fn entry(&self, incident: &Incident, author: &Author) -> Result<Entry, ResponderError>;
}

/// Does what somebody says, and gives the incident as it is then.
///
/// # Errors
/// Where there is no such incident, it is in a state in which this cannot be, or the store
/// fails.
pub(crate) async fn say(
    speaker: &Speaker,
    request: &impl Saying,
    kept: &Kept,
    clock: &Clock,
) -> Result<Incident, ResponderError> {
    let author = clock.author(speaker.by.as_deref(), speaker.at.as_deref())?;
    let id = kept.find(&speaker.incident).await?;
    let decide = |incident: &Incident| {
        check_moment(incident, author.at)?;
        Ok(vec![request.entry(incident, &author)?])
    };
    kept.change(id, decide).await
}

/// Refuses what cannot be where an incident is over.
pub(crate) fn open(incident: &Incident) -> Result<(), ResponderError> {
    match incident.is_closed() {
        true => Err(ResponderError::State {
            incident: incident.id,
            problem: "is closed; `guildhall incident reopen` reopens it".to_owned(),
        }),
        false => Ok(()),
    }
}

/// Refuses what is said of the time before an incident was opened.
pub(crate) fn check_moment(incident: &Incident, at: Moment) -> Result<(), ResponderError> {
    match at < incident.opened {
        true => Err(ResponderError::Request {
            key: "at",
            problem: format!("is before {} was opened, {}", incident.id, incident.opened),
        }),
        false => Ok(()),
    }
}

impl Clock {
    /// Who does something and when, by a request that may name both.
    ///
    /// # Errors
    /// Where it names no moment, or there is neither one nor a clock.
    pub(crate) fn author(
        &self,
        by: Option<&str>,
        at: Option<&str>,
    ) -> Result<Author, ResponderError> {
        let given = at.map(str::parse::<Moment>).transpose();
        let given = given.map_err(|error| ResponderError::Request {
            key: "at",
            problem: format!("is not understood: {error}"),
        })?;
        let at = given.or(self.now).ok_or_else(|| ResponderError::Request {
            key: "at",
            problem: "is missing, and this machine's clock tells no usable time".to_owned(),
        })?;
        let by = by.map(|by| said("by", by)).transpose()?;
        let by = match (&self.agent, by) {
            // Whose name an agent gives does not make it that person.
            (Some(agent), Some(by)) => Some(format!("{agent}, as {by}")),
            (Some(agent), None) => Some(agent.clone()),
            (None, by) => by.or_else(|| self.user.clone()),
        };
        Ok(Author {
            at,
            by,
            is_person: self.agent.is_none(),
        })
    }
}

impl Author {
    /// What they say, as evidence; nothing where they say nothing.
    pub(crate) fn says(&self, command: &str, text: &str) -> Option<Evidence> {
        let who = self.by.as_deref().unwrap_or("a person");
        let kind = match self.is_person {
            true => EvidenceKind::Person,
            false => EvidenceKind::Record,
        };
        let evidence = Evidence::new(EvidenceId(0), kind, who, command, text);
        (!text.is_empty()).then(|| evidence.with_at(self.at))
    }
}

impl Saying for NoteRequest {
    fn entry(&self, _: &Incident, author: &Author) -> Result<Entry, ResponderError> {
        let text = said("text", &self.text)?;
        let evidence = author.says("incident note", &text);
        Ok(author
            .entry(IncidentEvent::Noted(Noted { text }))
            .with(evidence))
    }
}

impl Saying for SeverityRequest {
    fn entry(&self, incident: &Incident, author: &Author) -> Result<Entry, ResponderError> {
        open(incident)?;
        // Nothing is deployed for the worst, so whoever could say that it is less opens that door.
        let present = incident.severity.level.unwrap_or(Severity::Sev1);
        let is_less = self.level > present;
        if is_less && !author.is_person {
            return Err(ResponderError::Request {
                key: "level",
                problem: format!(
                    "{} is less than {}, and only a person says so, at a command line",
                    self.level,
                    incident.severity.as_str()
                ),
            });
        }
        let because = said("because", &self.because)?;
        let evidence = author.says("incident severity", &because);
        let event = IncidentEvent::SeverityByPerson(SeverityByPerson {
            level: self.level,
            because,
        });
        Ok(author.entry(event).with(evidence))
    }
}

impl Saying for CloseRequest {
    fn entry(&self, incident: &Incident, author: &Author) -> Result<Entry, ResponderError> {
        open(incident)?;
        let because = match &self.because {
            Some(because) => said("because", because)?,
            None => String::new(),
        };
        let evidence = author.says("incident close", &because);
        let event = IncidentEvent::Closed(Closed {
            resolution: self.resolution,
            because,
        });
        Ok(author.entry(event).with(evidence))
    }
}

impl Saying for MitigateRequest {
    fn entry(&self, incident: &Incident, author: &Author) -> Result<Entry, ResponderError> {
        if incident.status != Status::Open {
            return Err(ResponderError::State {
                incident: incident.id,
                problem: format!("is {} already", incident.status.as_str()),
            });
        }
        let because = said("because", &self.because)?;
        let evidence = author.says("incident mitigate", &because);
        let event = IncidentEvent::Mitigated(Because { because });
        Ok(author.entry(event).with(evidence))
    }
}

impl Saying for ReopenRequest {
    fn entry(&self, incident: &Incident, author: &Author) -> Result<Entry, ResponderError> {
        if incident.status == Status::Open {
            return Err(ResponderError::State {
                incident: incident.id,
                problem: "is open already; `guildhall incident note` writes something down"
                    .to_owned(),
            });
        }
        let because = Because {
            because: said("because", &self.because)?,
        };
        let evidence = author.says("incident reopen", &because.because);
        let event = match self.recurred {
            true => IncidentEvent::Recurred(because),
            false => IncidentEvent::Reopened(because),
        };
        Ok(author.entry(event).with(evidence))
    }
}

/// A text that says something, and no book.
pub(crate) fn said(key: &'static str, text: &str) -> Result<String, ResponderError> {
    let text = text.trim();
    let problem = match text.len() {
        0 => "is empty; say it in a sentence".to_owned(),
        1..=MOST_WORDS => return Ok(text.to_owned()),
        bytes => format!("has {bytes} bytes, and {MOST_WORDS} are kept at the most"),
    };
    Err(ResponderError::Request { key, problem })
}
