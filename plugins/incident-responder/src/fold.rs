//! From events to an incident. Nothing is read here but the events, so the same events are
//! the same incident, in every process and at any time.

use guildhall_sdk::core::streams::Record;

use crate::event::{
    Approved, Assessed, Candidate, CandidateId, DeployEnded, DeployStarted, Entry, IncidentEvent,
    KINDS, Opened,
};
use crate::incident::{
    Approval, Attachment, Bisection, Candidacy, Deploy, Incident, IncidentId, PersonsWord, Span,
    Standing, Status, TimelineRow, Validation,
};
use crate::told::told;
use crate::{Evidence, EvidenceId, EvidenceKind, Moment};

/// A record of an incident's stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// Its number, from 1.
    pub seq: u64,
    /// When it happened.
    pub at: Moment,
    /// What it is.
    pub what: StoredEvent,
    /// The record as it is kept.
    pub body: String,
}

/// What a record is.
#[derive(Debug, Clone, PartialEq)]
pub enum StoredEvent {
    /// An event of this version.
    Known(Box<Entry>),
    /// An event of a newer version, by its kind.
    Unknown(String),
}

/// Events that are no incident.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadHistory {
    /// There is none.
    #[error("nothing is kept of it")]
    Empty,
    /// The first one does not open it.
    #[error("what is kept of it does not begin with its opening")]
    NotOpened,
    /// A record of a known kind that is not as this version writes it.
    #[error(
        "record {seq}, {kind:?}, is not understood: {reason}; a newer version may understand it"
    )]
    Malformed {
        /// Its number.
        seq: u64,
        /// Its kind.
        kind: String,
        /// What is wrong.
        reason: String,
    },
}

/// Reads a record.
///
/// # Errors
/// Where it is of a kind of this version and is not as this version writes it.
pub fn stored(record: &Record) -> Result<Stored, BadHistory> {
    let malformed = |reason: String| BadHistory::Malformed {
        seq: record.seq,
        kind: record.kind.clone(),
        reason,
    };
    let at = Moment::from_milliseconds(record.at_ms);
    let at = at.ok_or_else(|| malformed(format!("{} is no moment", record.at_ms)))?;
    let body = record.body.get().to_owned();
    let what = match KINDS.contains(&record.kind.as_str()) {
        false => StoredEvent::Unknown(record.kind.clone()),
        true => {
            let entry: Entry =
                serde_json::from_str(&body).map_err(|error| malformed(error.to_string()))?;
            StoredEvent::Known(Box::new(Entry { at, ..entry }))
        }
    };
    Ok(Stored {
        seq: record.seq,
        at,
        what,
        body,
    })
}

/// Makes an incident of its events.
///
/// # Errors
/// Where there is none, or the first does not open it.
pub fn fold(
    id: IncidentId,
    events: impl IntoIterator<Item = Stored>,
) -> Result<Incident, BadHistory> {
    let mut events = events.into_iter();
    let first = events.next().ok_or(BadHistory::Empty)?;
    let opened = match &first.what {
        StoredEvent::Known(entry) => match &entry.event {
            IncidentEvent::Opened(opened) => opened.clone(),
            _ => return Err(BadHistory::NotOpened),
        },
        StoredEvent::Unknown(_) => return Err(BadHistory::NotOpened),
    };
    let mut incident = opening(id, &first, opened);
    incident.take(first);
    for event in events {
        incident.take(event);
    }
    Ok(incident)
}

fn opening(id: IncidentId, first: &Stored, opened: Opened) -> Incident {
    Incident {
        id,
        title: opened.symptom.title.clone(),
        status: Status::Open,
        severity: Standing::default(),
        opened: first.at,
        kind: opened.intake,
        symptom: opened.symptom,
        key: opened.key,
        labels: opened.labels,
        repo: opened.repo,
        recurrence_of: opened.recurrence_of,
        attached: Vec::new(),
        suspects: None,
        bisection: None,
        candidates: Vec::new(),
        recurrences: 0,
        spans: vec![Span {
            from: first.at,
            until: None,
        }],
        acknowledged: None,
        mitigated: None,
        resolution: None,
        timeline: Vec::new(),
        evidence: Vec::new(),
        not_understood: Vec::new(),
        version: first.seq,
    }
}

impl Incident {
    /// Takes the next event in.
    fn take(&mut self, stored: Stored) {
        self.version = stored.seq;
        let entry = match stored.what {
            StoredEvent::Unknown(kind) => {
                let what =
                    format!("{kind}, of a newer version, which this one does not understand");
                self.cite(
                    stored.seq,
                    stored.at,
                    &kind,
                    what,
                    None,
                    Vec::new(),
                    &stored.body,
                );
                self.not_understood.push(kind);
                return;
            }
            StoredEvent::Known(entry) => *entry,
        };
        let Entry {
            at,
            by,
            evidence,
            event,
        } = entry;
        let what = told(&event, self);
        let kind = event.kind();
        self.cite(
            stored.seq,
            at,
            kind,
            what,
            by.clone(),
            evidence,
            &stored.body,
        );
        if is_work(kind) {
            // What is written down later may have been earlier.
            self.acknowledged = self.acknowledged.into_iter().chain([at]).min();
        }
        self.apply(stored.seq, at, by, event);
    }

    /// Adds a row of the timeline, and numbers what it rests on.
    #[expect(clippy::too_many_arguments, reason = "they are the columns of the row")]
    fn cite(
        &mut self,
        seq: u64,
        at: Moment,
        kind: &str,
        what: String,
        by: Option<String>,
        mut evidence: Vec<Evidence>,
        body: &str,
    ) {
        if evidence.is_empty() {
            let (source, place) = (self.id.to_string(), format!("event {seq}"));
            let none = EvidenceId(0);
            evidence.push(Evidence::new(
                none,
                EvidenceKind::Record,
                source,
                place,
                body,
            ));
        }
        let cited = evidence.into_iter().map(|one| self.number(one)).collect();
        self.timeline.push(TimelineRow {
            seq,
            at,
            kind: kind.to_owned(),
            what,
            by,
            evidence: cited,
        });
    }

    /// The number of a piece of evidence; the same one has one number.
    fn number(&mut self, mut one: Evidence) -> EvidenceId {
        let place = |it: &Evidence| (it.kind, it.source.clone(), it.locator.clone(), it.at);
        let same = |it: &&Evidence| it.sha256 == one.sha256 && place(it) == place(&one);
        if let Some(known) = self.evidence.iter().find(same) {
            return known.id;
        }
        one.id = EvidenceId(u32::try_from(self.evidence.len() + 1).unwrap_or(u32::MAX));
        let id = one.id;
        self.evidence.push(one);
        id
    }

    fn apply(&mut self, seq: u64, at: Moment, by: Option<String>, event: IncidentEvent) {
        match event {
            IncidentEvent::Attached(attached) => self.attached.push(Attachment {
                at,
                title: attached.symptom.title,
                duplicate: attached.duplicate,
            }),
            IncidentEvent::Assessed(assessed) => self.severity.assessed(seq, assessed),
            IncidentEvent::SeverityByPerson(said) => self.severity.said(
                seq,
                PersonsWord {
                    level: said.level,
                    by,
                    because: said.because,
                    at,
                },
            ),
            IncidentEvent::SuspectsRanked(suspects) => self.suspects = Some(suspects),
            IncidentEvent::BisectStarted(started) => {
                let before = self
                    .bisection
                    .take()
                    .filter(|before| before.ended.is_none() && before.started.tries_as(&started));
                self.bisection = Some(Bisection {
                    started,
                    runs: before.map_or_else(Vec::new, |before| before.runs),
                    ended: None,
                });
            }
            IncidentEvent::BisectRun(run) => {
                if let Some(bisection) = &mut self.bisection {
                    bisection.runs.push(run);
                }
            }
            IncidentEvent::BisectEnded(ended) => {
                if let Some(bisection) = &mut self.bisection {
                    bisection.ended = Some(ended);
                }
            }
            IncidentEvent::DeployEnded(ended) => self.deployed(at, ended),
            IncidentEvent::Mitigated(_) => self.mitigate(at),
            IncidentEvent::Closed(closed) => {
                self.end(at);
                self.resolution = Some(closed.resolution);
            }
            IncidentEvent::Reopened(_) => self.begin_again(at),
            IncidentEvent::Recurred(_) => {
                self.recurrences += 1;
                self.begin_again(at);
            }
            other => candidates(&mut self.candidates, seq, at, by, other),
        }
    }

    fn mitigate(&mut self, at: Moment) {
        if self.status == Status::Open {
            self.status = Status::Mitigated;
            self.mitigated = Some(at);
        }
    }

    fn end(&mut self, at: Moment) {
        self.status = Status::Closed;
        if let Some(span) = self.spans.last_mut()
            && span.until.is_none()
        {
            span.until = Some(at);
        }
    }

    /// What was over or seemed to be is not.
    fn begin_again(&mut self, at: Moment) {
        if self.status == Status::Closed {
            self.spans.push(Span {
                from: at,
                until: None,
            });
        }
        self.status = Status::Open;
        self.mitigated = None;
        self.resolution = None;
    }

    fn deployed(&mut self, at: Moment, ended: DeployEnded) {
        let succeeded = ended.run.succeeded();
        let candidacy = self.candidates.iter_mut();
        let mut candidacy = candidacy.filter(|one| one.candidate.id == ended.candidate);
        let Some(candidacy) = candidacy.next() else {
            return;
        };
        if let Some(deploy) = candidacy.deploys.last_mut() {
            deploy.run = Some(ended.run);
        }
        if succeeded {
            self.mitigate(at);
        }
    }
}

impl Standing {
    fn assessed(&mut self, seq: u64, assessed: Assessed) {
        let before = self.level;
        // A rubric that is asked after a person has spoken knows more than they did, so it
        // may make things worse, and never better.
        self.level = match (&self.person, assessed.is_assumed) {
            (Some(_), false) => before.min(Some(assessed.level)),
            (Some(_), true) => before,
            (None, false) => Some(assessed.level),
            (None, true) => None,
        };
        self.rubric = Some(assessed);
        if self.level != before {
            self.changed_by = seq;
        }
    }

    fn said(&mut self, seq: u64, word: PersonsWord) {
        self.level = Some(word.level);
        self.person = Some(word);
        self.changed_by = seq;
    }
}

/// What happens to candidates.
fn candidates(
    all: &mut Vec<Candidacy>,
    seq: u64,
    at: Moment,
    by: Option<String>,
    event: IncidentEvent,
) {
    match event {
        IncidentEvent::CandidateMade(candidate) => made(all, candidate),
        IncidentEvent::Checked(checked) => {
            if let Some(one) = of(all, checked.candidate) {
                one.checks.push(checked);
            }
        }
        IncidentEvent::Validated(validated) => {
            if let Some(one) = of(all, validated.candidate) {
                one.validation = Some(Validation {
                    passed: validated.passed,
                    digest: validated.digest,
                    head: validated.head,
                    because: validated.because,
                });
            }
        }
        IncidentEvent::Approved(approved) => {
            if let Some(one) = of(all, approved.candidate).filter(|one| one.takes(&approved)) {
                one.is_withdrawn = false;
                one.approval = Some(Approval {
                    approved,
                    by,
                    at,
                    seq,
                });
            }
        }
        IncidentEvent::ApprovalWithdrawn(withdrawn) => {
            if let Some(one) = of(all, withdrawn.candidate) {
                one.is_withdrawn = true;
                one.approval = None;
            }
        }
        IncidentEvent::DeployStarted(started) => begun(all, at, started),
        _ => {}
    }
}

impl Candidacy {
    /// Whether an approval counts for more than what there is: an agent's never takes the place
    /// of a person's, nor undoes that one was withdrawn.
    fn takes(&self, approved: &Approved) -> bool {
        let person_has_spoken = self.is_withdrawn
            || self
                .approval
                .as_ref()
                .is_some_and(|approval| approval.approved.is_by_person);
        approved.is_by_person || !person_has_spoken
    }
}

fn of(candidates: &mut [Candidacy], id: CandidateId) -> Option<&mut Candidacy> {
    candidates.iter_mut().find(|one| one.candidate.id == id)
}

fn made(candidates: &mut Vec<Candidacy>, candidate: Candidate) {
    let before = of(candidates, candidate.id).map(|one| std::mem::take(&mut one.deploys));
    candidates.retain(|one| one.candidate.id != candidate.id);
    candidates.push(Candidacy {
        candidate,
        checks: Vec::new(),
        validation: None,
        approval: None,
        is_withdrawn: false,
        deploys: before.unwrap_or_default(),
    });
    candidates.sort_by_key(|one| one.candidate.id);
}

fn begun(candidates: &mut [Candidacy], at: Moment, started: DeployStarted) {
    if let Some(one) = of(candidates, started.candidate) {
        one.deploys.push(Deploy {
            digest: started.digest,
            started: at,
            run: None,
        });
    }
}

/// Whether an event of a kind is something that somebody did about the incident: not what alerts
/// and watches tell, and nothing of a newer version, which may be either.
pub(crate) fn is_work(kind: &str) -> bool {
    let passive = [
        "opened",
        "attached",
        "assessed",
        "recurred",
        "watched-quiet",
    ];
    KINDS.contains(&kind) && !passive.contains(&kind)
}

#[cfg(test)]
mod tests;
