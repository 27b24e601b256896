//! What the fold makes of events.

use proptest::prelude::*;
use serde_json::value::RawValue;

use super::*;
use crate::Severity;
use crate::event::{
    Because, CandidateKind, Closed, DeployEnded, Noted, Resolution, SeverityByPerson,
};
use crate::made::{assessed, at, candidate, opened, run};

fn record(seq: u64, kind: &str, body: String) -> Record {
    Record {
        seq,
        kind: kind.to_owned(),
        at_ms: at(seq).milliseconds(),
        body: RawValue::from_string(body).unwrap(),
    }
}

fn recorded(events: &[IncidentEvent]) -> Vec<Record> {
    let records = events.iter().zip(1..).map(|(event, seq)| {
        let entry = Entry::new(at(seq), event.clone());
        record(seq, event.kind(), serde_json::to_string(&entry).unwrap())
    });
    records.collect()
}

fn folded(records: &[Record]) -> Result<Incident, BadHistory> {
    let events: Result<Vec<_>, _> = records.iter().map(stored).collect();
    fold(IncidentId::of(1).unwrap(), events?)
}

fn because() -> Because {
    Because {
        because: "because".to_owned(),
    }
}

/// A whole life.
fn life() -> Vec<IncidentEvent> {
    let candidate = candidate(1, CandidateKind::Revert);
    vec![
        opened("it broke"),
        IncidentEvent::Assessed(assessed(Severity::Sev2)),
        IncidentEvent::SeverityByPerson(SeverityByPerson {
            level: Severity::Sev3,
            because: "few see it".to_owned(),
        }),
        IncidentEvent::CandidateMade(candidate.clone()),
        IncidentEvent::DeployStarted(DeployStarted {
            candidate: candidate.id,
            digest: candidate.digest(),
            argv: vec!["./deploy.sh".to_owned()],
        }),
        IncidentEvent::DeployEnded(DeployEnded {
            candidate: candidate.id,
            run: run(),
        }),
        IncidentEvent::Closed(Closed {
            resolution: Resolution::Fixed,
            because: String::new(),
        }),
        IncidentEvent::Recurred(because()),
        IncidentEvent::Mitigated(because()),
        IncidentEvent::Noted(Noted {
            text: "quiet now".to_owned(),
        }),
    ]
}

#[test]
fn any_prefix_of_events_folds_and_each_row_cites_evidence_that_is_there() {
    let records = recorded(&life());
    assert_eq!(folded(&[]), Err(BadHistory::Empty));
    for length in 1..=records.len() {
        let incident = folded(&records[..length]).unwrap();
        assert_eq!(incident.version, length as u64);
        assert_eq!(incident.timeline.len(), length);
        let known: Vec<EvidenceId> = incident.evidence.iter().map(|one| one.id).collect();
        for row in &incident.timeline {
            assert!(!row.evidence.is_empty(), "{row:?}");
            assert!(row.evidence.iter().all(|id| known.contains(id)), "{row:?}");
        }
    }
}

#[test]
fn a_life_is_told_as_it_was() {
    let incident = folded(&recorded(&life())).unwrap();
    assert_eq!(incident.status, Status::Mitigated);
    assert_eq!(incident.severity.level, Some(Severity::Sev3));
    let rubric = incident.severity.rubric.as_ref().unwrap();
    assert_eq!(rubric.level, Severity::Sev2, "the rubric's opinion stays");
    assert_eq!(incident.acknowledged, Some(at(3)));
    assert_eq!(incident.mitigated, Some(at(9)));
    assert_eq!((incident.recurrences, incident.reopened()), (1, 1));
    assert_eq!(
        incident.spans,
        [
            Span {
                from: at(1),
                until: Some(at(7))
            },
            Span {
                from: at(8),
                until: None
            }
        ]
    );
    assert_eq!(
        incident.timeline[5].what,
        "deploy of C1 (revert): `make check` ended with 0"
    );
}

#[test]
fn an_event_of_a_newer_version_is_kept_and_passed_over() {
    let mut records = recorded(&life()[..3]);
    records.push(record(4, "adjourned", "{\"until\": 5}".to_owned()));
    let incident = folded(&records).unwrap();
    assert_eq!(incident.not_understood, ["adjourned"]);
    assert_eq!(incident.version, 4);
    assert!(
        incident.timeline[3]
            .what
            .starts_with("adjourned, of a newer version")
    );
    // A field of a newer version is no harm.
    let body = records[0]
        .body
        .get()
        .replacen('{', "{\"mood\":\"grim\",", 1);
    records[0] = record(1, "opened", body);
    assert!(folded(&records).is_ok());
}

#[test]
fn what_is_damaged_is_told_with_its_place() {
    let mut records = recorded(&life()[..3]);
    records[1] = record(2, "assessed", "{\"event\": 5}".to_owned());
    let error = folded(&records).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("record 2, \"assessed\", is not understood")
    );
    assert_eq!(folded(&recorded(&life()[1..])), Err(BadHistory::NotOpened));
    let mut late = recorded(&life()[..1]);
    late[0].at_ms = i64::MAX;
    assert!(matches!(
        folded(&late),
        Err(BadHistory::Malformed { seq: 1, .. })
    ));
}

#[test]
fn a_candidate_that_is_made_anew_has_lost_its_checks_and_approval_but_not_its_deploys() {
    let mut events = life()[..6].to_vec();
    events.push(events[3].clone());
    let incident = folded(&recorded(&events)).unwrap();
    let known = &incident.candidates[0];
    assert_eq!((known.checks.len(), known.deploys.len()), (0, 1));
    assert!(known.validation.is_none() && known.approval.is_none());
}

#[test]
fn all_kinds_are_known_as_they_are_written() {
    for event in life() {
        let json = serde_json::to_value(&event).unwrap();
        assert_eq!(json["kind"], event.kind());
        assert!(KINDS.contains(&event.kind()));
        assert_eq!(
            serde_json::from_value::<IncidentEvent>(json).unwrap(),
            event
        );
    }
}

proptest! {
    #[test]
    fn events_in_any_order_after_the_first_are_an_incident(
        order in proptest::collection::vec(0_usize..10, 0..30),
    ) {
        let life = life();
        let rest = order.iter().map(|at| life[*at].clone());
        let events: Vec<_> = std::iter::once(life[0].clone()).chain(rest).collect();
        let incident = folded(&recorded(&events)).unwrap();
        prop_assert_eq!(incident.timeline.len(), events.len());
        prop_assert!(incident.spans.iter().rev().skip(1).all(|span| span.until.is_some()));
        prop_assert_eq!(incident.is_closed(), incident.spans.last().unwrap().until.is_some());
    }
}
