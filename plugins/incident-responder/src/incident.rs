//! An incident, as its events tell it: the fold makes it, nothing else does.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::event::{
    Approved, Assessed, Candidate, CandidateId, Checked, CommandRun, Duplicate, Resolution,
    Suspects,
};
use crate::intake::IntakeKind;
use crate::{Evidence, EvidenceId, Moment, Severity, Symptom};

/// Digits of an incident's number, with zeros before it.
const DIGITS: usize = 4;

/// The name of an incident, such as `INC-0007`: they are numbered from 1.
///
/// ```
/// use incident_responder::IncidentId;
///
/// let id: IncidentId = "inc-7".parse()?;
/// assert_eq!(id.to_string(), "INC-0007");
/// assert_eq!("7".parse::<IncidentId>()?, id);
/// assert!("INC-0".parse::<IncidentId>().is_err());
/// # Ok::<(), incident_responder::BadId>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IncidentId(u32);

/// A text that names no incident.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no name of an incident; write it as INC-0007")]
pub struct BadId(String);

/// How far an incident is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It is worked on.
    Open,
    /// Nobody feels it any more; its cause is still there.
    Mitigated,
    /// It is over.
    Closed,
}

/// Everything that is known of an incident.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Incident {
    /// Its name.
    pub id: IncidentId,
    /// What is wrong, in one line.
    pub title: String,
    /// How far it is.
    pub status: Status,
    /// How bad it is.
    pub severity: Standing,
    /// When it was opened.
    #[serde(rename = "opened_ms")]
    pub opened: Moment,
    /// The form in which it was told.
    pub kind: IntakeKind,
    /// What is wrong.
    pub symptom: Symptom,
    /// Equal for two tellings of one thing.
    pub key: String,
    /// Labels, tags and attributes of what was told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// The repository that it is about, as it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repo: Option<String>,
    /// The earlier incident that this one is the return of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recurrence_of: Option<IncidentId>,
    /// Further tellings of the same.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attached: Vec<Attachment>,
    /// The commits that may be to blame, as they were ranked last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspects: Option<Suspects>,
    /// The search by tries that was begun last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bisection: Option<Bisection>,
    /// What might mend it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Candidacy>,
    /// How often the symptom was seen again after it had gone.
    pub recurrences: u32,
    /// From when to when it was open: one span more for each time that it was reopened.
    pub spans: Vec<Span>,
    /// When somebody first did something about it.
    #[serde(rename = "acknowledged_ms", skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<Moment>,
    /// When it was mitigated, where that still holds.
    #[serde(rename = "mitigated_ms", skip_serializing_if = "Option::is_none")]
    pub mitigated: Option<Moment>,
    /// How it ended, where it is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolution: Option<Resolution>,
    /// What happened, in the order in which it was written down.
    pub timeline: Vec<TimelineRow>,
    /// What everything rests on.
    pub evidence: Vec<Evidence>,
    /// Kinds of events of newer versions, which are kept and not understood.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_understood: Vec<String>,
    /// The number of its last event.
    pub version: u64,
}

/// How bad an incident is, by whom.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Standing {
    /// What counts: a person's word, else the rubric's; `None` where nobody knows, which
    /// every guard takes for the worst.
    pub level: Option<Severity>,
    /// What the rubric says, as it was asked last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rubric: Option<Assessed>,
    /// What a person says, as last said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonsWord>,
    /// The event that changed the level last.
    #[serde(skip)]
    pub(crate) changed_by: u64,
}

/// A person's severity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PersonsWord {
    /// How bad it is.
    pub level: Severity,
    /// Who says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Why.
    pub because: String,
    /// When it was said.
    #[serde(rename = "at_ms")]
    pub at: Moment,
}

/// A further telling of an incident.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Attachment {
    /// When it was attached.
    #[serde(rename = "at_ms")]
    pub at: Moment,
    /// Its title.
    pub title: String,
    /// Why it is the same.
    pub duplicate: Duplicate,
}

/// A span of time in which an incident was open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Span {
    /// When it began.
    #[serde(rename = "from_ms")]
    pub from: Moment,
    /// When it ended.
    #[serde(rename = "until_ms", skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
}

/// A search by tries.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bisection {
    /// How it was begun.
    pub started: crate::event::BisectStarted,
    /// Its tries, in their order.
    pub runs: Vec<crate::event::BisectRun>,
    /// What came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<crate::event::BisectEnded>,
}

/// A candidate, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Candidacy {
    /// What it is.
    pub candidate: Candidate,
    /// What was run to check it, since it was made.
    pub checks: Vec<Checked>,
    /// The checks' verdict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation: Option<Validation>,
    /// The approval that stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
    /// Whether an approval was taken back and none given since.
    pub is_withdrawn: bool,
    /// Its deploys, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deploys: Vec<Deploy>,
}

/// What the checks of a candidate say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Validation {
    /// Whether the candidate may be trusted as far as the checks go.
    pub passed: bool,
    /// The content that was checked.
    pub digest: String,
    /// The commit that was checked out.
    pub head: String,
    /// Why, in one sentence.
    pub because: String,
}

/// An approval that stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Approval {
    /// What was approved.
    #[serde(flatten)]
    pub approved: Approved,
    /// Who did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When.
    #[serde(rename = "at_ms")]
    pub at: Moment,
    /// The event.
    #[serde(skip)]
    pub(crate) seq: u64,
}

/// A deploy that was begun.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Deploy {
    /// The content.
    pub digest: String,
    /// When it began.
    #[serde(rename = "started_ms")]
    pub started: Moment,
    /// What came of it; absent while it runs, or where it was cut off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<CommandRun>,
}

/// One thing that happened. It cites evidence, always.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TimelineRow {
    /// The number of the event.
    pub seq: u64,
    /// When it happened.
    #[serde(rename = "at_ms")]
    pub at: Moment,
    /// The event's kind.
    pub kind: String,
    /// What happened, in one line.
    pub what: String,
    /// Who did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// What shows it: at least one.
    pub evidence: Vec<EvidenceId>,
}

impl IncidentId {
    /// The incident of a number, from 1.
    pub fn of(number: u32) -> Option<Self> {
        (number > 0).then_some(Self(number))
    }

    /// Its number.
    pub fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for IncidentId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "INC-{:0DIGITS$}", self.0)
    }
}

impl FromStr for IncidentId {
    type Err = BadId;

    /// Reads `INC-0007`, in any case of letters, or the number alone.
    fn from_str(text: &str) -> Result<Self, BadId> {
        let digits = match text.get(..4) {
            Some(start) if start.eq_ignore_ascii_case("inc-") => &text[4..],
            _ => text,
        };
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.parse().ok().filter(|_| is_number);
        let id = number.and_then(Self::of);
        id.ok_or_else(|| BadId(text.chars().take(60).collect()))
    }
}

impl TryFrom<String> for IncidentId {
    type Error = BadId;

    fn try_from(text: String) -> Result<Self, BadId> {
        text.parse()
    }
}

impl From<IncidentId> for String {
    fn from(id: IncidentId) -> Self {
        id.to_string()
    }
}

impl Status {
    /// The name, for example `open`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Mitigated => "mitigated",
            Self::Closed => "closed",
        }
    }
}

impl Standing {
    /// The level, for people.
    pub fn as_str(&self) -> &'static str {
        self.level.map_or("unknown", Severity::as_str)
    }
}

impl Incident {
    /// Whether it is over.
    pub fn is_closed(&self) -> bool {
        self.status == Status::Closed
    }

    /// A candidate with what became of it.
    pub fn candidacy(&self, id: &CandidateId) -> Option<&Candidacy> {
        self.candidates.iter().find(|one| one.candidate.id == *id)
    }

    /// How often it was reopened.
    pub fn reopened(&self) -> usize {
        self.spans.len().saturating_sub(1)
    }

    /// The number that the next candidate gets.
    pub fn next_candidate(&self) -> CandidateId {
        let numbers = self.candidates.iter().map(|one| one.candidate.id.0);
        CandidateId(numbers.max().unwrap_or(0) + 1)
    }
}
