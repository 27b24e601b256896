//! Incidents and events that tests make.

use crate::event::{
    Assessed, Candidate, CandidateId, CandidateKind, CommandRun, IncidentEvent, Opened,
};
use crate::intake::IntakeKind;
use crate::{Moment, Severity, Symptom};

/// A moment so many minutes after the first.
pub(crate) fn at(minutes: u64) -> Moment {
    let minutes = i64::try_from(minutes).expect("tests last no age");
    Moment::from_milliseconds(1_795_284_120_000 + minutes * 60_000).expect("it is in this age")
}

pub(crate) fn opened(title: &str) -> IncidentEvent {
    IncidentEvent::Opened(Opened {
        symptom: Symptom {
            title: title.to_owned(),
            text: title.to_owned(),
            ..Symptom::default()
        },
        intake: IntakeKind::Words,
        key: "0123456789abcdef".to_owned(),
        labels: Vec::new(),
        repo: None,
        recurrence_of: None,
    })
}

pub(crate) fn assessed(level: Severity) -> Assessed {
    Assessed {
        level,
        gates: Vec::new(),
        points: Some(4),
        reason: "4 points".to_owned(),
        terms: Vec::new(),
        is_assumed: false,
    }
}

/// A candidate on the commit `base` that is the commit `fix`.
pub(crate) fn candidate(number: u32, kind: CandidateKind) -> Candidate {
    Candidate {
        id: CandidateId(number),
        kind,
        base: "base".to_owned(),
        commit: Some("fix".to_owned()),
        reverts: Some("culprit".to_owned()),
        patch_sha256: Some("aaaa".to_owned()),
        branch: Some("guildhall/hotfix".to_owned()),
        patch: None,
        argv: Vec::new(),
        conflicts: Vec::new(),
        note: String::new(),
    }
}

pub(crate) fn run() -> CommandRun {
    CommandRun {
        argv: vec!["make".to_owned(), "check".to_owned()],
        code: Some(0),
        ended: None,
        ms: 120,
        tail: String::new(),
    }
}
