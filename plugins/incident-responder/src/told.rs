//! What an event says, in one line. Nothing is said that is not in the event.

use crate::event::{BisectEnded, CandidateId, Checked, IncidentEvent, Suspects, Validated};
use crate::incident::Incident;

/// Digits of a commit that are shown.
const SHORT: usize = 10;

/// An event in one line, told before it is applied to `incident`.
pub(crate) fn told(event: &IncidentEvent, incident: &Incident) -> String {
    match event {
        IncidentEvent::Opened(opened) => match opened.recurrence_of {
            Some(before) => format!("opened: {}, again after {before}", opened.symptom.title),
            None => format!("opened: {}", opened.symptom.title),
        },
        IncidentEvent::Attached(attached) => format!(
            "told again: {} ({})",
            attached.symptom.title, attached.duplicate.because
        ),
        IncidentEvent::Assessed(assessed) if assessed.is_assumed => format!(
            "assessed: nothing is known of its reach and depth; the rubric assumes {}",
            assessed.level
        ),
        IncidentEvent::Assessed(assessed) => {
            format!("assessed as {}: {}", assessed.level, assessed.reason)
        }
        IncidentEvent::SeverityByPerson(said) => {
            format!("severity set to {}: {}", said.level, said.because)
        }
        IncidentEvent::SuspectsRanked(suspects) => ranked(suspects),
        IncidentEvent::BisectStarted(started) => format!(
            "bisect of {} commits begun, good {}, bad {}",
            started.commits.len(),
            short(&started.good),
            short(&started.bad)
        ),
        IncidentEvent::BisectRun(run) => {
            format!("bisect: {} at {}", run.run, short(&run.commit))
        }
        IncidentEvent::BisectEnded(ended) => format!("bisect: {}", bisected(ended)),
        IncidentEvent::CandidateMade(candidate) => {
            format!("{} made: {}", candidate.id, candidate.kind.as_str())
                + &candidate
                    .reverts
                    .as_ref()
                    .map_or(String::new(), |commit| format!(" of {}", short(commit)))
        }
        IncidentEvent::Checked(checked) => check(checked),
        IncidentEvent::Validated(validated) => verdict(validated),
        IncidentEvent::Approved(approved) => {
            let by = match approved.is_by_person {
                true => "",
                false => " by an agent, which counts for nothing",
            };
            said(
                format!("{} approved{by}", approved.candidate),
                &approved.note,
            )
        }
        IncidentEvent::ApprovalWithdrawn(withdrawn) => said(
            format!("approval of {} withdrawn", withdrawn.candidate),
            &withdrawn.note,
        ),
        IncidentEvent::DeployStarted(started) => format!(
            "deploy of {} begun: `{}`",
            named(incident, started.candidate),
            started.argv.join(" ")
        ),
        IncidentEvent::DeployEnded(ended) => {
            format!(
                "deploy of {}: {}",
                named(incident, ended.candidate),
                ended.run
            )
        }
        IncidentEvent::ResponseStarted(started) => format!(
            "response begun ({}: {}), with {}",
            started.mode,
            started.because,
            started.roles.join(", ")
        ),
        IncidentEvent::HandedOff(handed) => {
            format!(
                "handed from {} to {}: {}",
                handed.from, handed.to, handed.what
            )
        }
        IncidentEvent::Escalated(escalated) => format!(
            "a person is asked: {} ({})",
            escalated.question, escalated.because
        ),
        IncidentEvent::Mitigated(because) => said("mitigated".to_owned(), &because.because),
        IncidentEvent::Closed(closed) => said(
            format!("closed as {}", closed.resolution.as_str()),
            &closed.because,
        ),
        IncidentEvent::Reopened(because) => said("reopened".to_owned(), &because.because),
        IncidentEvent::Recurred(because) => said("seen again".to_owned(), &because.because),
        IncidentEvent::WatchedQuiet(because) => {
            said("watched, not seen again".to_owned(), &because.because)
        }
        IncidentEvent::Noted(noted) => format!("noted: {}", noted.text),
    }
}

/// What a search by tries came to.
pub(crate) fn bisected(ended: &BisectEnded) -> String {
    let because = &ended.because;
    match (ended.culprit(), ended.culprits.as_slice()) {
        (Some(one), _) => format!("{} brought it ({because})", short(one)),
        (None, []) => format!("it found no commit ({because})"),
        (None, [one]) => format!(
            "probably {} brought it, not sure enough ({because})",
            short(one)
        ),
        (None, many) => format!("one of {} commits ({because})", many.len()),
    }
}

/// A text with a capital at its beginning.
pub(crate) fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase());
    first.map_or(String::new(), |first| first.chain(characters).collect())
}

/// The first digits of a commit.
pub(crate) fn short(commit: &str) -> &str {
    commit.get(..SHORT).unwrap_or(commit)
}

fn ranked(suspects: &Suspects) -> String {
    match (&suspects.withheld, suspects.ranked.first()) {
        (None, Some(first)) => format!(
            "{} commits ranked; first {} {}, {:.0} %",
            suspects.commits,
            short(&first.commit),
            first.subject,
            first.p * 100.0
        ),
        (Some(why), _) => format!("{} commits ranked, none is named: {why}", suspects.commits),
        (None, None) => "no commit may have brought it".to_owned(),
    }
}

fn check(checked: &Checked) -> String {
    let verdict = match checked.passed {
        true => "as it should",
        false => "not as it should",
    };
    let Checked {
        candidate,
        check,
        run,
        ..
    } = checked;
    format!("{candidate} {check}: {run}, {verdict}")
}

fn verdict(validated: &Validated) -> String {
    let verdict = match validated.passed {
        true => "validated",
        false => "not validated",
    };
    format!("{} {verdict}: {}", validated.candidate, validated.because)
}

fn said(what: String, why: &str) -> String {
    match why {
        "" => what,
        why => format!("{what}: {why}"),
    }
}

/// A candidate by its number and its kind.
fn named(incident: &Incident, id: CandidateId) -> String {
    match incident.candidacy(&id) {
        Some(known) => format!("{id} ({})", known.candidate.kind.as_str()),
        None => id.to_string(),
    }
}
