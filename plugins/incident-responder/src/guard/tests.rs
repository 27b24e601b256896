//! The guard against an independent predicate, over many random incidents.

use super::*;
use crate::event::{
    ApprovalWithdrawn, Approved, Assessed, Because, Candidate, CandidateKind, Closed, CommandRun,
    DeployEnded, DeployStarted, Entry, IncidentEvent, Resolution, SeverityByPerson, Validated,
};
use crate::fold::{Stored, StoredEvent, fold};
use crate::made::{self, opened};

const DRAWS: u64 = 10_000;
const SEED: u64 = 0x6775_696c_6468_616c;

/// A draw: what happened to an incident, and how things stand.
struct Draw {
    events: Vec<Option<IncidentEvent>>,
    place: Place,
    settings: DeploySettings,
    really: bool,
}

/// SplitMix64: the same numbers on every machine.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// One in so many.
    fn one_in(&mut self, many: u64) -> bool {
        self.next().is_multiple_of(many)
    }

    fn level(&mut self) -> Severity {
        let levels = [
            Severity::Sev3,
            Severity::Sev1,
            Severity::Sev3,
            Severity::Sev2,
            Severity::Sev3,
            Severity::Sev4,
        ];
        levels[(self.next() % 6) as usize]
    }
}

fn candidate(dice: &mut Dice) -> Candidate {
    let names = ["aaaa", "bbbb"];
    let patch = names[usize::from(dice.one_in(12))];
    Candidate {
        patch_sha256: Some(patch.to_owned()),
        ..made::candidate(1, CandidateKind::Revert)
    }
}

fn assessed(dice: &mut Dice) -> IncidentEvent {
    IncidentEvent::Assessed(Assessed {
        is_assumed: dice.one_in(12),
        ..made::assessed(dice.level())
    })
}

/// A step that may come at any place.
fn anything(dice: &mut Dice) -> Option<IncidentEvent> {
    let because = Because {
        because: "because".to_owned(),
    };
    let candidate = CandidateId(1);
    let run = CommandRun {
        code: Some(0),
        ..made::run()
    };
    Some(match dice.next() % 13 {
        0 => assessed(dice),
        1 | 2 => IncidentEvent::SeverityByPerson(SeverityByPerson {
            level: dice.level(),
            because: "because".to_owned(),
        }),
        3 => IncidentEvent::Closed(Closed {
            resolution: Resolution::Fixed,
            because: String::new(),
        }),
        4 => IncidentEvent::Reopened(because),
        5 => IncidentEvent::Recurred(because),
        6 => IncidentEvent::Mitigated(because),
        7 => IncidentEvent::ApprovalWithdrawn(ApprovalWithdrawn {
            candidate,
            note: String::new(),
        }),
        8 => IncidentEvent::DeployStarted(DeployStarted {
            candidate,
            digest: made::candidate(1, CandidateKind::Revert).digest(),
            argv: Vec::new(),
        }),
        9 => IncidentEvent::DeployEnded(DeployEnded { candidate, run }),
        10 => IncidentEvent::CandidateMade(self::candidate(dice)),
        11 => approved_by_agent(),
        _ => return None,
    })
}

fn validated(dice: &mut Dice, what: &Candidate) -> IncidentEvent {
    let wrong = dice.one_in(15).then(|| "other".to_owned());
    let elsewhere = dice.one_in(15).then(|| "other".to_owned());
    IncidentEvent::Validated(Validated {
        candidate: what.id,
        digest: wrong.unwrap_or_else(|| what.digest()),
        head: elsewhere.unwrap_or_else(|| what.base.clone()),
        passed: !dice.one_in(10),
        because: "because".to_owned(),
    })
}

/// The approval that lets everything be deployed, but that no person gave it.
fn approved_by_agent() -> IncidentEvent {
    let what = made::candidate(1, CandidateKind::Revert);
    IncidentEvent::Approved(Approved {
        candidate: what.id,
        digest: what.digest(),
        commit: what.commit,
        is_by_person: false,
        note: String::new(),
    })
}

fn approved(dice: &mut Dice, what: &Candidate) -> IncidentEvent {
    let wrong = dice.one_in(15).then(|| "other".to_owned());
    let commit = match dice.one_in(15) {
        true => Some("other".to_owned()),
        false => what.commit.clone(),
    };
    IncidentEvent::Approved(Approved {
        candidate: what.id,
        digest: wrong.unwrap_or_else(|| what.digest()),
        commit,
        is_by_person: !dice.one_in(15),
        note: String::new(),
    })
}

fn draw(dice: &mut Dice) -> Draw {
    let what = candidate(dice);
    let mut events = vec![Some(opened("it broke"))];
    let steps = [
        Some(assessed(dice)),
        Some(IncidentEvent::CandidateMade(what.clone())),
        Some(validated(dice, &what)),
        Some(approved(dice, &what)),
    ];
    for step in steps {
        if dice.one_in(6) {
            events.push(anything(dice));
        }
        if !dice.one_in(20) {
            events.push(step);
        }
    }
    if dice.one_in(4) {
        events.push(anything(dice));
    }
    let at = |dice: &mut Dice, there: &str| match dice.one_in(20) {
        true => "other".to_owned(),
        false => there.to_owned(),
    };
    Draw {
        events,
        place: Place {
            head: at(dice, "base"),
            branch: (!dice.one_in(20)).then(|| at(dice, "fix")),
        },
        settings: DeploySettings {
            command: match dice.one_in(20) {
                true => Vec::new(),
                false => vec!["./deploy.sh".to_owned(), "{commit}".to_owned()],
            },
        },
        really: !dice.one_in(20),
    }
}

/// What ought to be deployed, told from the events alone, without the fold and the guard.
/// The severity there is, where it ought to be.
fn ought(draw: &Draw) -> Option<Severity> {
    let all: Vec<(usize, &IncidentEvent)> = draw
        .events
        .iter()
        .enumerate()
        .skip(1)
        .map(|(at, event)| event.as_ref().map(|event| (at, event)))
        .collect::<Option<_>>()?; // An event that is not understood stands against it.
    let last = |is: &dyn Fn(&IncidentEvent) -> bool| {
        all.iter().rev().find(|(_, event)| is(event)).copied()
    };
    let (made_at, made) = last(&|event| matches!(event, IncidentEvent::CandidateMade(_)))?;
    let IncidentEvent::CandidateMade(made) = made else {
        return None;
    };
    let after: Vec<(usize, &IncidentEvent)> = all
        .iter()
        .filter(|(at, _)| *at > made_at)
        .copied()
        .collect();
    let is_over = last(&|event| {
        matches!(
            event,
            IncidentEvent::Closed(_) | IncidentEvent::Reopened(_) | IncidentEvent::Recurred(_)
        )
    });
    let is_over = is_over.is_some_and(|(_, event)| matches!(event, IncidentEvent::Closed(_)));
    let verdict = after.iter().rev().find_map(|(_, event)| match event {
        IncidentEvent::Validated(it) => Some(it),
        _ => None,
    })?;
    let is_valid =
        verdict.passed && verdict.digest == made.digest() && verdict.head == draw.place.head;
    let is_there = draw.place.head == "base" && draw.place.branch.as_deref() == Some("fix");
    // What an agent says of it is as if it had not been said.
    let leave = after.iter().rev().find(|(_, event)| match event {
        IncidentEvent::Approved(leave) => leave.is_by_person,
        event => matches!(event, IncidentEvent::ApprovalWithdrawn(_)),
    })?;
    let (leave_at, IncidentEvent::Approved(leave)) = leave else {
        return None;
    };
    let is_approved = leave.digest == made.digest() && leave.commit.as_deref() == Some("fix");
    let was_begun = all.iter().any(|(at, event)| {
        matches!(event, IncidentEvent::DeployStarted(it) if it.digest == made.digest())
            && draw.events[..*at]
                .iter()
                .flatten()
                .any(|event| matches!(event, IncidentEvent::CandidateMade(_)))
    });
    let (level, changed_at) = severity(&all);
    let level = level.filter(|level| *level != Severity::Sev1)?;
    let is_ready = is_valid && is_there && is_approved && !is_over && !was_begun;
    (is_ready && changed_at < *leave_at && !draw.settings.command.is_empty() && draw.really)
        .then_some(level)
}

/// The severity after some events, and the place at which it changed last.
fn severity(all: &[(usize, &IncidentEvent)]) -> (Option<Severity>, usize) {
    let (mut level, mut changed_at, mut is_said) = (None, 0, false);
    for (at, event) in all {
        let next = match event {
            IncidentEvent::SeverityByPerson(said) => {
                (is_said, changed_at) = (true, *at);
                Some(said.level)
            }
            IncidentEvent::Assessed(it) if is_said && it.is_assumed => level,
            IncidentEvent::Assessed(it) if is_said => level.min(Some(it.level)),
            IncidentEvent::Assessed(it) => (!it.is_assumed).then_some(it.level),
            _ => continue,
        };
        if next != level {
            (level, changed_at) = (next, *at);
        }
    }
    (level, changed_at)
}

fn incident(events: &[Option<IncidentEvent>]) -> Incident {
    let stored = events.iter().zip(1..).map(|(event, seq)| Stored {
        seq,
        at: made::at(seq),
        what: match event {
            Some(event) => StoredEvent::Known(Box::new(Entry::new(made::at(seq), event.clone()))),
            None => StoredEvent::Unknown("of-tomorrow".to_owned()),
        },
        body: "{}".to_owned(),
    });
    fold(IncidentId::of(1).unwrap(), stored).unwrap()
}

#[test]
fn ten_thousand_random_incidents_deploy_nothing_they_must_not() {
    let mut dice = Dice(SEED);
    let (mut third, mut all) = (0, 0);
    for number in 0..DRAWS {
        let seed = dice.0;
        let draw = draw(&mut dice);
        let incident = incident(&draw.events);
        let order = may_deploy(
            &incident,
            CandidateId(1),
            &draw.settings,
            &draw.place,
            draw.really,
        );
        let ought = ought(&draw);
        let told = || {
            format!(
                "draw {number}, seed {seed:#x}: {order:?}, {:#?}",
                draw.events
            )
        };
        assert_eq!(order.is_ok(), ought.is_some(), "{}", told());
        if let Ok(order) = &order {
            assert_eq!(order.argv(), ["./deploy.sh", "fix"]);
            all += 1;
            third += u64::from(ought == Some(Severity::Sev3));
        }
    }
    assert!(third >= 1_000, "{third} of sev3 and {all} in all");
    assert!(all <= DRAWS - 1_000, "{all} in all: too few are refused");
}

/// An incident of a severity with a candidate that is validated and approved.
fn ready(level: Severity) -> Vec<Option<IncidentEvent>> {
    let what = made::candidate(1, CandidateKind::Revert);
    let mut dice = Dice(0);
    let validated = loop {
        let event = validated(&mut dice, &what);
        if matches!(&event, IncidentEvent::Validated(it) if it.passed && it.digest == what.digest() && it.head == "base")
        {
            break event;
        }
    };
    let approved = IncidentEvent::Approved(Approved {
        candidate: what.id,
        digest: what.digest(),
        commit: what.commit.clone(),
        is_by_person: true,
        note: String::new(),
    });
    let assessed = IncidentEvent::Assessed(made::assessed(level));
    let events = [
        opened("it broke"),
        assessed,
        IncidentEvent::CandidateMade(what),
        validated,
        approved,
    ];
    events.into_iter().map(Some).collect()
}

fn decide(events: &[Option<IncidentEvent>], really: bool) -> Result<DeployOrder, Refusal> {
    let place = Place {
        head: "base".to_owned(),
        branch: Some("fix".to_owned()),
    };
    let settings = DeploySettings {
        command: vec![
            "./deploy.sh".to_owned(),
            "{incident}-{candidate}".to_owned(),
        ],
    };
    may_deploy(&incident(events), CandidateId(1), &settings, &place, really)
}

#[test]
fn a_dry_run_says_that_nothing_else_stands_in_the_way() {
    let order = decide(&ready(Severity::Sev3), true).unwrap();
    assert_eq!(order.argv(), ["./deploy.sh", "INC-0001-C1"]);
    assert_eq!(order.version(), 5);
    let refusal = decide(&ready(Severity::Sev3), false).unwrap_err();
    assert_eq!(refusal, Refusal::DryRun(CandidateId(1)));
    assert_eq!(decide(&ready(Severity::Sev1), false), Err(Refusal::Sev1));
}

#[test]
fn a_second_try_of_one_change_has_the_key_of_the_first_and_another_change_has_not() {
    let key = |candidate: &Candidate| key(IncidentId::of(1).unwrap(), candidate);
    let first = made::candidate(1, CandidateKind::Revert);
    let again = Candidate {
        commit: Some("made again".to_owned()),
        ..made::candidate(2, CandidateKind::Revert)
    };
    assert_eq!(key(&first), key(&again));
    let other = Candidate {
        patch_sha256: Some("bbbb".to_owned()),
        ..again
    };
    assert_ne!(key(&first), key(&other));
}

#[test]
fn lowering_the_severity_opens_no_door_until_it_is_approved_again() {
    let mut events = ready(Severity::Sev1);
    let approved = events[4].clone();
    events.push(Some(IncidentEvent::SeverityByPerson(SeverityByPerson {
        level: Severity::Sev3,
        because: "only the test system".to_owned(),
    })));
    let refusal = Refusal::SeverityChanged(CandidateId(1));
    assert_eq!(decide(&events, true), Err(refusal));
    events.push(approved);
    assert!(decide(&events, true).is_ok());
    // What the rubric learns afterwards makes it worse at once.
    events.push(Some(IncidentEvent::Assessed(made::assessed(
        Severity::Sev1,
    ))));
    assert_eq!(decide(&events, true), Err(Refusal::Sev1));
}

#[test]
fn what_an_agent_approves_counts_for_nothing_and_takes_nothing_from_a_person() {
    let mut events = ready(Severity::Sev3);
    let by_person = events[4].replace(approved_by_agent());
    let refusal = Refusal::ApprovedByAgent(CandidateId(1));
    assert_eq!(decide(&events, true), Err(refusal));
    // The control: the same, said by a person.
    events.push(by_person);
    assert!(decide(&events, true).is_ok());
    // An agent that says it again takes nothing away, and undoes no withdrawal.
    events.push(Some(approved_by_agent()));
    assert!(decide(&events, true).is_ok());
    events.push(Some(IncidentEvent::ApprovalWithdrawn(ApprovalWithdrawn {
        candidate: CandidateId(1),
        note: String::new(),
    })));
    events.push(Some(approved_by_agent()));
    let refusal = Refusal::Withdrawn(CandidateId(1));
    assert_eq!(decide(&events, true), Err(refusal));
}

#[test]
fn an_approval_of_another_patch_deploys_nothing() {
    let mut events = ready(Severity::Sev3);
    let other = Candidate {
        patch_sha256: Some("other".to_owned()),
        ..made::candidate(1, CandidateKind::Revert)
    };
    let Some(IncidentEvent::Validated(validated)) = events[3].clone() else {
        panic!("the fourth event is the verdict");
    };
    let validated = IncidentEvent::Validated(Validated {
        digest: other.digest(),
        ..validated
    });
    let approved = events[4].clone();
    let candidate = IncidentEvent::CandidateMade(other);
    events.extend([Some(candidate), Some(validated), approved]);
    let refusal = Refusal::ApprovalOfAnother(CandidateId(1));
    assert_eq!(decide(&events, true), Err(refusal));
}
