//! What a person says of an incident: notes, its severity, that it is mitigated or over, or
//! that it is not.

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
}

/// What time it is, and who asks: what a task knows of the world beside its input.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Clock {
    /// The present moment.
    pub now: Option<Moment>,
    /// Who is logged in.
    pub user: Option<String>,
}

/// `guildhall incident note`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct NoteRequest {
    /// The incident: its name, its number, or `last`.
    #[schema(positional = 1)]
    pub incident: String,
    /// What to write down.
    #[schema(positional = 2)]
    pub text: String,
    /// Who says so; the name you are logged in by where absent.
    #[serde(default)]
    pub by: Option<String>,
    /// When it was so, as 2026-11-21T18:02:00Z; now where absent.
    #[serde(default)]
    pub at: Option<String>,
}

/// `guildhall incident severity`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SeverityRequest {
    /// The incident: its name, its number, or `last`.
    #[schema(positional = 1)]
    pub incident: String,
    /// How bad it is.
    #[schema(positional = 2)]
    pub level: Severity,
    /// Why; the rubric's opinion is kept beside it.
    pub because: String,
    /// Who says so; the name you are logged in by where absent.
    #[serde(default)]
    pub by: Option<String>,
    /// When it was so, as 2026-11-21T18:02:00Z; now where absent.
    #[serde(default)]
    pub at: Option<String>,
}

/// `guildhall incident close`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CloseRequest {
    /// The incident: its name, its number, or `last`.
    #[schema(positional = 1)]
    pub incident: String,
    /// As what.
    pub resolution: Resolution,
    /// Why.
    #[serde(default)]
    pub because: Option<String>,
    /// Who says so; the name you are logged in by where absent.
    #[serde(default)]
    pub by: Option<String>,
    /// When it was so, as 2026-11-21T18:02:00Z; now where absent.
    #[serde(default)]
    pub at: Option<String>,
}

/// `guildhall incident mitigate`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct MitigateRequest {
    /// The incident: its name, its number, or `last`.
    #[schema(positional = 1)]
    pub incident: String,
    /// By what.
    pub because: String,
    /// Who says so; the name you are logged in by where absent.
    #[serde(default)]
    pub by: Option<String>,
    /// When it was so, as 2026-11-21T18:02:00Z; now where absent.
    #[serde(default)]
    pub at: Option<String>,
}

/// `guildhall incident reopen`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ReopenRequest {
    /// The incident: its name, its number, or `last`.
    #[schema(positional = 1)]
    pub incident: String,
    /// Why.
    pub because: String,
    /// The symptom was seen again, rather than that it never ended.
    #[serde(default)]
    pub recurred: bool,
    /// Who says so; the name you are logged in by where absent.
    #[serde(default)]
    pub by: Option<String>,
    /// When it was so, as 2026-11-21T18:02:00Z; now where absent.
    #[serde(default)]
    pub at: Option<String>,
}

/// Something that a person says of an incident.
pub(crate) trait Saying {
    /// The incident, as they name it.
    fn incident(&self) -> &str;

    /// Who says so.
    fn by(&self) -> Option<&str>;

    /// When it was so.
    fn at(&self) -> Option<&str>;

    /// What happens by it.
    ///
    /// # Errors
    /// Where the incident is in a state in which this cannot be.
    fn entry(&self, incident: &Incident, author: &Author) -> Result<Entry, ResponderError>;
}

/// Does what a person says, and gives the incident as it is then.
///
/// # Errors
/// Where there is no such incident, it is in a state in which this cannot be, or the store
/// fails.
pub(crate) async fn say(
    request: &impl Saying,
    kept: &Kept,
    clock: &Clock,
) -> Result<Incident, ResponderError> {
    let author = clock.author(request.by(), request.at())?;
    let id = kept.find(request.incident()).await?;
    let decide = |incident: &Incident| {
        check_moment(incident, author.at)?;
        Ok(vec![request.entry(incident, &author)?])
    };
    kept.change(id, decide).await
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
        Ok(Author {
            at,
            by: by.or_else(|| self.user.clone()),
        })
    }
}

impl Author {
    /// What they say, as evidence; nothing where they say nothing.
    pub(crate) fn says(&self, command: &str, text: &str) -> Option<Evidence> {
        let who = self.by.as_deref().unwrap_or("a person");
        let evidence = Evidence::new(EvidenceId(0), EvidenceKind::Person, who, command, text);
        (!text.is_empty()).then(|| evidence.with_at(self.at))
    }
}

impl Saying for NoteRequest {
    fn incident(&self) -> &str {
        &self.incident
    }

    fn by(&self) -> Option<&str> {
        self.by.as_deref()
    }

    fn at(&self) -> Option<&str> {
        self.at.as_deref()
    }

    fn entry(&self, _: &Incident, author: &Author) -> Result<Entry, ResponderError> {
        let text = said("text", &self.text)?;
        let evidence = author.says("incident note", &text);
        Ok(author
            .entry(IncidentEvent::Noted(Noted { text }))
            .with(evidence))
    }
}

impl Saying for SeverityRequest {
    fn incident(&self) -> &str {
        &self.incident
    }

    fn by(&self) -> Option<&str> {
        self.by.as_deref()
    }

    fn at(&self) -> Option<&str> {
        self.at.as_deref()
    }

    fn entry(&self, incident: &Incident, author: &Author) -> Result<Entry, ResponderError> {
        if incident.is_closed() {
            return Err(is_closed(incident));
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
    fn incident(&self) -> &str {
        &self.incident
    }

    fn by(&self) -> Option<&str> {
        self.by.as_deref()
    }

    fn at(&self) -> Option<&str> {
        self.at.as_deref()
    }

    fn entry(&self, incident: &Incident, author: &Author) -> Result<Entry, ResponderError> {
        if incident.is_closed() {
            return Err(is_closed(incident));
        }
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
    fn incident(&self) -> &str {
        &self.incident
    }

    fn by(&self) -> Option<&str> {
        self.by.as_deref()
    }

    fn at(&self) -> Option<&str> {
        self.at.as_deref()
    }

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
    fn incident(&self) -> &str {
        &self.incident
    }

    fn by(&self) -> Option<&str> {
        self.by.as_deref()
    }

    fn at(&self) -> Option<&str> {
        self.at.as_deref()
    }

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

fn is_closed(incident: &Incident) -> ResponderError {
    ResponderError::State {
        incident: incident.id,
        problem: "is closed; `guildhall incident reopen` reopens it".to_owned(),
    }
}
