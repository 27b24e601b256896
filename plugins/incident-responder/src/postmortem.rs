//! `guildhall incident postmortem`: what an incident's record says, in the form in which
//! people learn from one.
//!
//! Each sentence is made by a rule from events, and cites what shows it. What no event tells is
//! left open: who will do something is never guessed. It is computed anew each time, so it says
//! what is known now.

use serde::Serialize;

use crate::EvidenceId;
use crate::event::{BisectEnded, CandidateKind, Resolution};
use crate::fold::is_work;
use crate::incident::{Candidacy, Incident, Status, TimelineRow};
use crate::intake::IntakeKind;
use crate::present::percent;
use crate::told::{bisected, sentence, short};

/// Work that began within so many minutes began soon.
const SOON_MINUTES: f64 = 15.0;

/// Work that began after more than so many minutes began late.
const LATE_MINUTES: f64 = 60.0;

/// What is to be learnt of an incident.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Postmortem {
    /// Whether it may still change much: the incident is not closed.
    pub is_draft: bool,
    /// Impact and duration.
    pub summary: Vec<Statement>,
    /// What may have brought it; of what is not confirmed the text says so.
    pub factors: Vec<Statement>,
    /// What went well.
    pub well: Vec<Statement>,
    /// What did not.
    pub badly: Vec<Statement>,
    /// What is to be done. Owners are for people to fill in.
    pub actions: Vec<Statement>,
}

/// A sentence, and what shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// The sentence.
    pub text: String,
    /// What shows it: at least one.
    pub evidence: Vec<EvidenceId>,
    /// Who is to do it: always open, for nothing tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// Makes the post-mortem of an incident.
pub fn postmortem(incident: &Incident) -> Postmortem {
    Postmortem {
        is_draft: !incident.is_closed(),
        summary: summary(incident),
        factors: factors(incident),
        well: well(incident),
        badly: badly(incident),
        actions: actions(incident),
    }
}

fn summary(incident: &Incident) -> Vec<Statement> {
    let mut all = Vec::new();
    let severity = &incident.severity;
    if let Some(word) = &severity.person {
        let by = word.by.as_deref().unwrap_or("a person");
        let text = format!("{by} set it to {}: {}", word.level, word.because);
        all.extend(last(incident, "severity-by-person").map(|row| cited(text, row)));
    }
    if let Some(rubric) = &severity.rubric
        && let Some(row) = last(incident, "assessed")
    {
        let told = rubric.terms.iter().filter(|term| !term.is_assumed);
        let told: Vec<String> = told
            .map(|term| format!("{} {} (\"{}\")", term.name, term.value, term.because))
            .collect();
        let assumed = rubric.terms.iter().filter(|term| term.is_assumed);
        let assumed: Vec<&str> = assumed.map(|term| term.name.as_str()).collect();
        let mut text = format!("The rubric said {}: {}", rubric.level, rubric.reason);
        if !told.is_empty() {
            text += &format!("; told: {}", told.join(", "));
        }
        if !assumed.is_empty() {
            text += &format!("; assumed: {}", assumed.join(", "));
        }
        all.push(cited(text, row));
    }
    all.extend(duration(incident));
    if let Some(row) = last(incident, "attached") {
        let text = format!("It was told {} times", incident.attached.len() + 1);
        all.push(cited(text, row));
    }
    all
}

/// From when to when it was open.
fn duration(incident: &Incident) -> Vec<Statement> {
    let ends = ["opened", "closed", "reopened", "recurred"];
    let rows = incident.timeline.iter();
    let rows = rows.filter(|row| ends.contains(&row.kind.as_str()));
    let evidence: Vec<EvidenceId> = rows.flat_map(|row| row.evidence.clone()).collect();
    let spans = incident.spans.iter().map(|span| match span.until {
        Some(until) => format!(
            "{} to {until} ({})",
            span.from,
            minutes(until.minutes_since(span.from))
        ),
        None => format!("{} until now", span.from),
    });
    let spans: Vec<String> = spans.collect();
    let text = format!("It was open from {}", spans.join(", and from "));
    vec![statement(text, evidence)]
}

fn factors(incident: &Incident) -> Vec<Statement> {
    let mut all = Vec::new();
    let ended = incident.bisection.as_ref();
    let ended = ended.and_then(|bisection| bisection.ended.as_ref());
    if let Some(ended) = ended
        && let Some(row) = last(incident, "bisect-ended")
    {
        all.push(cited(
            match (ended.culprit(), ended.culprits.as_slice()) {
                (Some(one), _) => format!(
                    "Confirmed by bisect, {:.1} % sure: {} ({})",
                    percent(ended.certainty),
                    short(one),
                    ended.because
                ),
                (None, many @ [_, _, ..]) => format!(
                    "Bisect left {} commits: {} ({})",
                    many.len(),
                    many.iter()
                        .map(|one| short(one))
                        .collect::<Vec<_>>()
                        .join(", "),
                    ended.because
                ),
                (None, _) => format!("Bisect: {}", bisected(ended)),
            },
            row,
        ));
    }
    if let Some(suspects) = &incident.suspects
        && suspects.withheld.is_none()
        && let Some(first) = suspects.ranked.first()
        && let Some(row) = last(incident, "suspects-ranked")
    {
        let culprit = ended.and_then(BisectEnded::culprit);
        let is_confirmed = culprit == Some(first.commit.as_str());
        let state = match is_confirmed {
            true => "first suspect of the ranking as well",
            false => "candidate, not confirmed",
        };
        let mut text = format!(
            "{} {} ({state}; {:.0} % of {} commits)",
            short(&first.commit),
            first.subject,
            first.p * 100.0,
            suspects.commits
        );
        if !first.because.is_empty() {
            text += &format!(": {}", first.because.join("; "));
        }
        all.push(cited(text, row));
    }
    all
}

fn well(incident: &Incident) -> Vec<Statement> {
    let mut all = Vec::new();
    if let Some(row) = last(incident, "opened").filter(|_| is_by_machine(incident.kind)) {
        let mut text = format!("A machine told it ({})", incident.kind.as_str());
        if let Some(since) = incident.symptom.since {
            let after = incident.opened.minutes_since(since);
            // The clock of whoever told it may be ahead.
            if after >= 0.0 {
                text += &format!(", {} after the first symptom", minutes(after));
            }
        }
        all.push(cited(text, row));
    }
    all.extend(began(incident, |after| after <= SOON_MINUTES));
    let bisection = incident.bisection.as_ref();
    let ended = bisection.and_then(|bisection| bisection.ended.as_ref());
    if let Some(culprit) = ended.and_then(BisectEnded::culprit)
        && let Some(row) = last(incident, "bisect-ended")
    {
        let text = format!("The commit was found by trying: {}", short(culprit));
        all.push(cited(text, row));
    }
    for known in &incident.candidates {
        all.extend(validated(incident, known, true));
    }
    for row in of_kind(incident, "deploy-ended") {
        if row.what.ends_with("ended with 0") {
            all.push(cited(sentence(&row.what), row));
        }
    }
    let quiet = of_kind(incident, "watched-quiet");
    all.extend(quiet.map(|row| cited(sentence(&row.what), row)));
    all
}

fn badly(incident: &Incident) -> Vec<Statement> {
    let mut all = Vec::new();
    if let Some(row) = last(incident, "opened").filter(|_| incident.kind == IntakeKind::Words) {
        let text = "A person told it, and no alert did";
        all.push(cited(text.to_owned(), row));
    }
    all.extend(began(incident, |after| after > LATE_MINUTES));
    if let Some(row) = last(incident, "suspects-ranked")
        && let Some(suspects) = &incident.suspects
        && let Some(why) = &suspects.withheld
    {
        all.push(cited(format!("No suspect could be named: {why}"), row));
    }
    for known in &incident.candidates {
        all.extend(validated(incident, known, false));
    }
    for row in of_kind(incident, "deploy-ended") {
        if !row.what.ends_with("ended with 0") {
            all.push(cited(sentence(&row.what), row));
        }
    }
    for kind in ["recurred", "reopened", "escalated"] {
        let rows = of_kind(incident, kind);
        all.extend(rows.map(|row| cited(sentence(&row.what), row)));
    }
    all
}

fn actions(incident: &Incident) -> Vec<Statement> {
    let mut all = Vec::new();
    let mut add = |text: String, row: Option<&TimelineRow>| {
        all.extend(row.map(|row| cited(text, row)));
    };
    let bisected = incident.bisection.as_ref();
    let ended = bisected.and_then(|bisection| bisection.ended.as_ref());
    let is_decided = ended.and_then(BisectEnded::culprit).is_some();
    let opened = last(incident, "opened");
    let id = incident.id;
    match &incident.suspects {
        _ if incident.resolution == Some(Resolution::FalseAlarm) => {}
        None if !is_decided => add(
            format!("Find out what brought it: `guildhall incident suspects --incident {id}`"),
            opened,
        ),
        Some(suspects) if suspects.withheld.is_none() && !is_decided => {
            if let Some(first) = suspects.ranked.first() {
                add(
                    format!(
                        "Confirm or rule out that {} brought it",
                        short(&first.commit)
                    ),
                    last(incident, "suspects-ranked"),
                );
            }
        }
        _ => {}
    }
    if incident.kind == IntakeKind::Words {
        add(
            "Add an alert that tells it before a person does".to_owned(),
            opened,
        );
    }
    if incident.resolution == Some(Resolution::FalseAlarm) {
        add(
            "Mend the alert: it was a false alarm".to_owned(),
            last(incident, "closed"),
        );
    }
    if let Some(bisection) = bisected {
        let command = bisection.started.reproduce.join(" ");
        add(
            format!("Make the reproduction `{command}` one of the tests"),
            last(incident, "bisect-started"),
        );
    }
    if incident
        .severity
        .rubric
        .as_ref()
        .is_some_and(|rubric| rubric.is_assumed)
    {
        add(
            "Find out how many were reached, and what did not work for them".to_owned(),
            last(incident, "assessed"),
        );
    }
    if incident.recurrences > 0 {
        add(
            "Find out why what was done the time before did not hold".to_owned(),
            last(incident, "recurred"),
        );
    }
    if incident.status == Status::Mitigated {
        let row = last(incident, "mitigated").or_else(|| last(incident, "deploy-ended"));
        add("Mend the cause: it is mitigated only".to_owned(), row);
    }
    for known in &incident.candidates {
        let is_deployed = known.deploys.iter().any(|deploy| {
            deploy
                .run
                .as_ref()
                .is_some_and(crate::event::CommandRun::succeeded)
        });
        if is_deployed && known.candidate.kind == CandidateKind::Revert {
            let reverted = known.candidate.reverts.as_deref().map_or("it", short);
            add(
                format!("Bring back what {reverted} was for, without the fault: it was reverted"),
                last(incident, "deploy-ended"),
            );
        }
    }
    all
}

/// That work began after some time, where that time `is` so.
fn began(incident: &Incident, is: impl Fn(f64) -> bool) -> Option<Statement> {
    let row = incident.timeline.iter().find(|row| is_work(&row.kind))?;
    let after = row.at.minutes_since(incident.opened);
    let text = format!(
        "Work began {} after it was opened: {}",
        minutes(after),
        row.what
    );
    (after >= 0.0 && is(after)).then(|| cited(text, row))
}

fn validated(incident: &Incident, known: &Candidacy, passed: bool) -> Option<Statement> {
    let validation = known.validation.as_ref()?;
    let name = format!("{} ", known.candidate.id);
    let rows = of_kind(incident, "validated");
    let row = rows.filter(|row| row.what.starts_with(&name)).last()?;
    (validation.passed == passed).then(|| cited(sentence(&row.what), row))
}

fn is_by_machine(kind: IntakeKind) -> bool {
    matches!(
        kind,
        IntakeKind::Alertmanager | IntakeKind::Sentry | IntakeKind::Otlp
    )
}

fn of_kind<'a>(
    incident: &'a Incident,
    kind: &'a str,
) -> impl Iterator<Item = &'a TimelineRow> + use<'a> {
    incident.timeline.iter().filter(move |row| row.kind == kind)
}

fn last<'a>(incident: &'a Incident, kind: &str) -> Option<&'a TimelineRow> {
    incident.timeline.iter().rev().find(|row| row.kind == kind)
}

fn cited(text: String, row: &TimelineRow) -> Statement {
    statement(text, row.evidence.clone())
}

fn statement(text: String, evidence: Vec<EvidenceId>) -> Statement {
    Statement {
        text,
        evidence,
        owner: None,
    }
}

/// Minutes for people.
pub(crate) fn minutes(minutes: f64) -> String {
    let seconds = (minutes * 60.0).round();
    match seconds {
        seconds if seconds < 60.0 => format!("{seconds} s"),
        seconds if seconds < 7_200.0 => format!("{:.0} min", seconds / 60.0),
        seconds if seconds < 172_800.0 => format!("{:.1} h", seconds / 3_600.0),
        seconds => format!("{:.1} days", seconds / 86_400.0),
    }
}
