//! Keeping what was told: as a new incident, as a further telling of one, or as its return.

use crate::duplicate::{Known, known};
use crate::event::{
    Assessed, AssessedTerm, Attached, Because, Duplicate, Entry, IncidentEvent, Opened,
    SeverityByPerson,
};
use crate::incident::{Incident, IncidentId};
use crate::intake::Intake;
use crate::keep::{Kept, is_conflict};
use crate::manage::Author;
use crate::severity::Assessment;
use crate::{ResponderError, Symptom};

/// Bytes of a symptom's text that are kept. What is cut off is told in the text, and its hash
/// is that of the whole.
const MOST_TEXT: usize = 128 * 1024;

/// How often it is decided anew because others were faster.
const MOST_TRIES: usize = 200;

/// Something that is to be kept.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) intake: Intake,
    pub(crate) assessed: Assessed,
    /// A person's word on how bad it is.
    pub(crate) word: Option<SeverityByPerson>,
    pub(crate) repo: Option<String>,
    /// It is a new incident, whatever is known.
    pub(crate) is_separate: bool,
}

/// What became of it.
#[derive(Debug, Clone)]
pub(crate) struct Opening {
    pub(crate) incident: Incident,
    /// `opened`, `attached` or `reopened`.
    pub(crate) how: &'static str,
    /// Why it is an incident that was known.
    pub(crate) duplicate: Option<Duplicate>,
}

/// Keeps what was told. Where others open incidents at the same time it is decided anew, so
/// that one thing never becomes two incidents.
///
/// # Errors
/// Where the store fails, or an incident in it is damaged.
pub(crate) async fn open(
    kept: &Kept,
    told: &Told,
    author: &Author,
) -> Result<Opening, ResponderError> {
    let mut id = None;
    for _ in 0..MOST_TRIES {
        let all = kept.list().await?;
        let step = step(told, author, &all);
        id = Some(step.id);
        match kept.add(step.id, step.expected, step.entries).await {
            Err(error) if is_conflict(&error) => {}
            Err(error) => return Err(error),
            Ok(_) => {
                return Ok(Opening {
                    incident: kept.load(step.id).await?.0,
                    how: step.how,
                    duplicate: step.duplicate,
                });
            }
        }
    }
    let incident = id.or(IncidentId::of(1)).unwrap_or_else(first);
    Err(ResponderError::Contended { incident })
}

/// What is to be appended where.
struct Step {
    id: IncidentId,
    expected: u64,
    entries: Vec<Entry>,
    how: &'static str,
    duplicate: Option<Duplicate>,
}

/// Decides by what is known.
fn step(told: &Told, author: &Author, all: &[Incident]) -> Step {
    let found = match told.is_separate {
        true => Known::New(None),
        false => known(&told.intake, all, author.at),
    };
    let version = |id| {
        let incident = all.iter().find(|incident| incident.id == id);
        incident.map_or(0, |incident| incident.version)
    };
    match found {
        Known::New(before) => Step {
            id: next(all),
            expected: 0,
            entries: opened(told, author, before),
            how: "opened",
            duplicate: None,
        },
        Known::Open(id, duplicate) | Known::Over(id, duplicate) => Step {
            id,
            expected: version(id),
            entries: attached(told, author, &duplicate, all, id),
            how: "attached",
            duplicate: Some(duplicate),
        },
        Known::Returned(id, duplicate) => {
            let mut entries = attached(told, author, &duplicate, all, id);
            let because = Because {
                because: duplicate.because.clone(),
            };
            entries.insert(1, author.entry(IncidentEvent::Recurred(because)));
            Step {
                id,
                expected: version(id),
                entries,
                how: "reopened",
                duplicate: Some(duplicate),
            }
        }
    }
}

/// The number after the last one: incidents are never removed.
fn next(all: &[Incident]) -> IncidentId {
    let last = all.iter().map(|incident| incident.id.number()).max();
    IncidentId::of(last.unwrap_or(0).saturating_add(1)).unwrap_or_else(first)
}

fn first() -> IncidentId {
    IncidentId::of(1).expect("one is more than none")
}

fn opened(told: &Told, author: &Author, recurrence_of: Option<IncidentId>) -> Vec<Entry> {
    let intake = &told.intake;
    let opened = IncidentEvent::Opened(Opened {
        symptom: bounded(&intake.symptom),
        intake: intake.kind,
        key: intake.key.clone(),
        labels: intake.labels.clone(),
        repo: told.repo.clone(),
        recurrence_of,
    });
    let assessed = IncidentEvent::Assessed(told.assessed.clone());
    let mut entries = vec![
        author.entry(opened).with(intake.evidence.clone()),
        Entry::new(author.at, assessed).with(intake.evidence.clone()),
    ];
    entries.extend(word(told, author));
    entries
}

fn attached(
    told: &Told,
    author: &Author,
    duplicate: &Duplicate,
    all: &[Incident],
    id: IncidentId,
) -> Vec<Entry> {
    let intake = &told.intake;
    let attached = IncidentEvent::Attached(Attached {
        symptom: bounded(&intake.symptom),
        duplicate: duplicate.clone(),
    });
    let mut entries = vec![author.entry(attached).with(intake.evidence.clone())];
    let incident = all.iter().find(|incident| incident.id == id);
    if incident.is_none_or(|incident| says_more(&told.assessed, incident)) {
        let assessed = IncidentEvent::Assessed(told.assessed.clone());
        entries.push(Entry::new(author.at, assessed).with(intake.evidence.clone()));
    }
    entries.extend(word(told, author));
    entries
}

/// Whether a further telling makes an incident worse, or known at all. What a person has said is
/// overruled only by something that they could not know: the same assessment again is nothing new.
fn says_more(assessed: &Assessed, incident: &Incident) -> bool {
    let before = incident.severity.rubric.as_ref();
    if assessed.is_assumed || before.is_some_and(|before| before.says_as(assessed)) {
        return false;
    }
    let stands = match &incident.severity.person {
        Some(_) => incident.severity.level,
        None => before
            .filter(|before| !before.is_assumed)
            .map(|before| before.level),
    };
    stands.is_none_or(|stands| assessed.level < stands)
}

fn word(told: &Told, author: &Author) -> Option<Entry> {
    let word = told.word.clone()?;
    let evidence = author.says("incident assess", &word.because);
    let entry = author.entry(IncidentEvent::SeverityByPerson(word));
    Some(entry.with(evidence))
}

fn bounded(symptom: &Symptom) -> Symptom {
    let mut symptom = symptom.clone();
    let end = symptom.text.floor_char_boundary(MOST_TEXT);
    let more = symptom.text.len() - end;
    if more > 0 {
        symptom.text.truncate(end);
        symptom
            .text
            .push_str(&format!("\n[{more} bytes more were told]"));
    }
    symptom
}

impl Assessed {
    /// Whether it says the same; how long it lasts by now is nothing new.
    fn says_as(&self, other: &Self) -> bool {
        let values = |assessed: &Self| -> Vec<(String, String)> {
            let terms = assessed.terms.iter();
            let terms = terms.filter(|term| term.name != "duration");
            terms
                .map(|term| (term.name.clone(), term.value.clone()))
                .collect()
        };
        self.level == other.level && self.gates == other.gates && values(self) == values(other)
    }

    /// What the rubric says, as it is kept.
    pub(crate) fn of(assessment: &Assessment) -> Self {
        let is_assumed = |name: &str| {
            let mut terms = assessment.terms.iter();
            terms.any(|term| term.name == name && term.is_assumed)
        };
        Self {
            level: assessment.level,
            gates: assessment
                .gates
                .iter()
                .map(|gate| gate.as_str().to_owned())
                .collect(),
            points: assessment.points,
            reason: assessment.reason.clone(),
            terms: assessment
                .terms
                .iter()
                .map(|term| AssessedTerm {
                    name: term.name.to_owned(),
                    value: term.value.clone(),
                    points: term.points,
                    because: term.because.clone(),
                    is_assumed: term.is_assumed,
                })
                .collect(),
            is_assumed: assessment.gates.is_empty() && is_assumed("reach") && is_assumed("depth"),
        }
    }
}

impl Author {
    /// Something that they do now.
    pub(crate) fn entry(&self, event: IncidentEvent) -> Entry {
        Entry::new(self.at, event).by(self.by.clone())
    }
}
