//! Whether something that is told is known as an incident already.
//!
//! Three rules, the surest first, each of which can be explained in a sentence: the same key,
//! the same innermost place in the code, the same words in the title, numbers aside. The
//! last two ask for the same systems too. Nothing is guessed from texts that are merely alike:
//! an alert that is taken for another one is not seen any more.

use crate::event::{Duplicate, Resolution};
use crate::incident::{Incident, IncidentId, Status};
use crate::intake::Intake;
use crate::{Moment, Symptom};

/// What is closed for longer is a new incident.
const DAYS_TO_REOPEN: f64 = 7.0;

/// A title of fewer words says too little.
const LEAST_WORDS: usize = 3;

/// What is to become of something that is told.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Known {
    /// It is new; the incident that it is the return of, where there was one.
    New(Option<IncidentId>),
    /// It is known and not over.
    Open(IncidentId, Duplicate),
    /// It is known and was over for a short time only.
    Returned(IncidentId, Duplicate),
    /// It is known and over, and that is what is told.
    Over(IncidentId, Duplicate),
}

/// What is known of something that is told at a moment. One that is not closed goes before those
/// that are, then the surer rule before the others; of several by one rule the newest counts.
pub(crate) fn known(intake: &Intake, incidents: &[Incident], at: Moment) -> Known {
    let newest = |is_closed: bool| {
        let all = incidents.iter().rev();
        let all: Vec<&Incident> = all
            .filter(|incident| incident.is_closed() == is_closed)
            .collect();
        RULES.iter().find_map(|rule| {
            let mut all = all.iter();
            all.find_map(|incident| Some((*incident, rule(intake, incident)?)))
        })
    };
    if let Some((incident, duplicate)) = newest(false) {
        return Known::Open(incident.id, duplicate);
    }
    match newest(true) {
        // An alert that is told to be over neither reopens anything nor is new.
        Some((incident, mut duplicate)) if intake.until.is_some() => {
            duplicate.because.push_str(", and it is over");
            Known::Over(incident.id, duplicate)
        }
        Some((incident, duplicate)) if may_return(incident, at) => {
            Known::Returned(incident.id, duplicate)
        }
        Some((incident, _)) => Known::New(Some(incident.id)),
        None => Known::New(None),
    }
}

/// A rule: why something that is told is an incident; `None` where it does not say so.
type Rule = fn(&Intake, &Incident) -> Option<Duplicate>;

/// The rules, the surest first.
const RULES: [Rule; 3] = [key, place, title];

/// The same key.
fn key(intake: &Intake, incident: &Incident) -> Option<Duplicate> {
    (intake.key == incident.key).then(|| Duplicate {
        rule: "key".to_owned(),
        likeness: 1.0,
        because: format!("the same {} key {}", intake.kind.as_str(), intake.key),
    })
}

/// The symptoms of both, where they are of the same systems.
fn of_same_systems<'a>(
    intake: &'a Intake,
    incident: &'a Incident,
) -> Option<(&'a Symptom, &'a Symptom)> {
    let (new, old) = (&intake.symptom, &incident.symptom);
    (new.systems == old.systems).then_some((new, old))
}

/// The same innermost place in the code.
fn place(intake: &Intake, incident: &Incident) -> Option<Duplicate> {
    let (new, old) = of_same_systems(intake, incident)?;
    let (new, old) = (new.frames.first()?, old.frames.first()?);
    (new == old).then(|| Duplicate {
        rule: "place".to_owned(),
        likeness: 1.0,
        because: match new.line {
            Some(line) => format!("the same innermost place, {}:{line}", new.path),
            None => format!("the same innermost place, {}", new.path),
        },
    })
}

/// The same words in the title, numbers aside.
fn title(intake: &Intake, incident: &Incident) -> Option<Duplicate> {
    let (new, old) = of_same_systems(intake, incident)?;
    let (new, old) = (words(&new.title), words(&old.title));
    (new.len() >= LEAST_WORDS && new == old).then(|| Duplicate {
        rule: "title".to_owned(),
        likeness: 1.0,
        because: "the same words in the title, numbers aside".to_owned(),
    })
}

/// The words of a text that hold no digit, in its order.
fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    words
        .filter(|word| !word.is_empty() && !word.chars().any(|c| c.is_ascii_digit()))
        .map(str::to_lowercase)
        .collect()
}

/// Whether an incident that is over goes on rather than that a new one begins.
fn may_return(incident: &Incident, at: Moment) -> bool {
    let ended = incident.spans.last().and_then(|span| span.until);
    let is_recent =
        ended.is_some_and(|ended| at.minutes_since(ended) <= DAYS_TO_REOPEN * 24.0 * 60.0);
    let was_one = matches!(
        incident.resolution,
        Some(Resolution::Fixed | Resolution::Gone)
    );
    incident.status == Status::Closed && is_recent && was_one
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Closed, Entry, IncidentEvent};
    use crate::fold::{Stored, StoredEvent, fold};
    use crate::intake::words;
    use crate::made::{at, opened};
    use crate::{Frame, IncidentId};

    fn incident(number: u32, events: Vec<IncidentEvent>) -> Incident {
        let stored = events.into_iter().zip(1..).map(|(event, seq)| Stored {
            seq,
            at: at(seq),
            what: StoredEvent::Known(Box::new(Entry::new(at(seq), event))),
            body: String::new(),
        });
        fold(IncidentId::of(number).unwrap(), stored).unwrap()
    }

    fn closed(resolution: Resolution) -> IncidentEvent {
        IncidentEvent::Closed(Closed {
            resolution,
            because: String::new(),
        })
    }

    fn rule(known: Known) -> (u32, String) {
        match known {
            Known::Open(id, duplicate)
            | Known::Returned(id, duplicate)
            | Known::Over(id, duplicate) => (id.number(), duplicate.rule),
            Known::New(before) => (before.map_or(0, IncidentId::number), "new".to_owned()),
        }
    }

    #[test]
    fn the_same_is_known_by_its_key_its_place_or_its_title() {
        let all = [incident(1, vec![opened("disk 4 of node 17 is full")])];
        let told = |title: &str| words(None, title);
        let known = |intake: &Intake| rule(known(intake, &all, at(9)));
        assert_eq!(
            known(&told("Disk 5 of node 3 is full")),
            (1, "title".into())
        );
        assert_eq!(known(&told("disk 4 of node 17 is slow")), (0, "new".into()));
        assert_eq!(known(&told("is full")), (0, "new".into()));
        let mut same = told("something else");
        same.key.clone_from(&all[0].key);
        assert_eq!(known(&same), (1, "key".into()));
        let mut elsewhere = told("disk 5 of node 3 is full");
        elsewhere.symptom.systems.push("billing".into());
        assert_eq!(known(&elsewhere), (0, "new".into()));
    }

    #[test]
    fn two_panics_at_one_place_are_one_incident_whatever_they_say() {
        let frame = Frame {
            path: "src/lock.rs".to_owned(),
            line: Some(88),
            function: None,
        };
        let mut old = incident(1, vec![opened("index 7 out of range")]);
        old.symptom.frames.push(frame.clone());
        let mut intake = words(None, "called unwrap on none");
        assert_eq!(place(&intake, &old), None);
        intake.symptom.frames.push(frame);
        let duplicate = place(&intake, &old).unwrap();
        assert_eq!(
            duplicate.because,
            "the same innermost place, src/lock.rs:88"
        );
    }

    #[test]
    fn what_is_over_returns_within_a_week_and_is_a_new_one_later() {
        let title = "the queue is stuck again";
        let all = |resolution| [incident(1, vec![opened(title), closed(resolution)])];
        let told = words(None, title);
        let week = at(2 + 7 * 24 * 60);
        let returned = known(&told, &all(Resolution::Fixed), week);
        assert!(matches!(returned, Known::Returned(..)), "{returned:?}");
        let later = at(3 + 7 * 24 * 60);
        let first = IncidentId::of(1);
        assert_eq!(
            known(&told, &all(Resolution::Fixed), later),
            Known::New(first)
        );
        let alarm = known(&told, &all(Resolution::FalseAlarm), at(5));
        assert_eq!(alarm, Known::New(first));
    }

    #[test]
    fn an_older_one_of_the_same_key_goes_before_a_newer_one_of_the_same_title() {
        let title = "disk 4 of node 17 is full";
        let (first, mut second) = (
            incident(1, vec![opened(title)]),
            incident(2, vec![opened(title)]),
        );
        second.key = "another".to_owned();
        let mut told = words(None, "Disk 5 of node 3 is full");
        told.key.clone_from(&first.key);
        let all = [first, second];
        assert_eq!(rule(known(&told, &all, at(9))), (1, "key".into()));
        // The control: where no key is the same, the newer one counts.
        told.key = "a third".to_owned();
        assert_eq!(rule(known(&told, &all, at(9))), (2, "title".into()));
    }

    #[test]
    fn that_it_is_over_is_no_return() {
        let title = "the queue is stuck again";
        let all = [incident(1, vec![opened(title), closed(Resolution::Fixed)])];
        let mut told = words(None, title);
        assert!(matches!(known(&told, &all, at(5)), Known::Returned(..)));
        told.until = Some(at(3));
        assert!(matches!(known(&told, &all, at(5)), Known::Over(..)));
    }

    #[test]
    fn one_that_is_open_goes_before_a_newer_one_that_is_closed() {
        let title = "the queue is stuck again";
        let all = [
            incident(1, vec![opened(title)]),
            incident(2, vec![opened(title), closed(Resolution::Fixed)]),
        ];
        assert_eq!(rule(known(&words(None, title), &all, at(5))).0, 1);
    }
}
