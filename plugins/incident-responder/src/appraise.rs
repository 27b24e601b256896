//! `guildhall incident assess`: how bad something is that was told.

use std::fs::File;
use std::io::BufReader;

use guildhall_report::Report;
use guildhall_sdk::Schema;
use guildhall_sdk::core::path_text;
use serde::{Deserialize, Serialize};

use crate::event::{Assessed, SeverityByPerson};
use crate::intake::{self, Intake, IntakeKind};
use crate::keep::Kept;
use crate::manage::{Clock, said};
use crate::opening::{self, Told};
use crate::severity::{Assessment, Data, Depth, Fact, Facts, Reach, SHORT, assess, facts_of};
use crate::{Moment, ResponderError, Settings, Severity, present};

/// What was told, and what a person knows of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Schema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct AssessRequest {
    /// An alert, an event, a log, a panic or the output of tests; `/dev/stdin` is standard input.
    pub path: Option<String>,
    /// In which form it is; known by its shape where absent.
    pub kind: Option<IntakeKind>,
    /// What is wrong, in one line.
    pub title: Option<String>,
    /// What is wrong, in words.
    pub text: Option<String>,
    /// How many are reached.
    pub reach: Option<Reach>,
    /// How much does not work for them.
    pub depth: Option<Depth>,
    /// How many minutes it has lasted.
    pub minutes: Option<f64>,
    /// What became of data.
    pub data: Option<Data>,
    /// Something became known to those who may not know it.
    pub exposed: Option<bool>,
    /// Money went where it should not.
    pub charges: Option<bool>,
    /// Systems that are affected.
    pub systems: Vec<String>,
    /// The moment of the assessment, as 2026-11-21T18:02:00Z: how long it lasts is counted to it.
    pub at: Option<String>,
    /// Keep it: as an incident, or with the one that is known of it.
    pub open: bool,
    /// How bad it is by a person's word; the rubric's opinion is kept beside it.
    pub severity: Option<Severity>,
    /// Why it is as bad as that person says.
    pub because: Option<String>,
    /// Who says so; the name you are logged in by where absent.
    pub by: Option<String>,
    /// The repository that it is about.
    pub repo: Option<String>,
    /// It is an incident of its own, though it looks like one that is known.
    pub separate: bool,
}

/// Reads what was told and judges it. `now` is the moment of the assessment where the request
/// names none. Nothing is kept.
///
/// # Errors
/// Where nothing was told, or what was told is not understood.
pub fn appraise(
    request: &AssessRequest,
    settings: &Settings,
    now: Option<Moment>,
) -> Result<Report, ResponderError> {
    only_where_kept(request)?;
    let (intake, assessment) = judged(request, settings, now)?;
    Ok(present::assessment(&intake, &assessment))
}

/// Reads what was told, judges it, and keeps it as an incident.
///
/// # Errors
/// As [`appraise`], and where it cannot be kept.
pub(crate) async fn open(
    request: &AssessRequest,
    settings: &Settings,
    kept: &Kept,
    clock: &Clock,
) -> Result<Report, ResponderError> {
    let word = word(request)?;
    if word.is_some() && clock.agent.is_some() {
        return Err(ResponderError::Request {
            key: "severity",
            problem:
                "is a person's word, said at a command line; leave it out, and the rubric says it"
                    .to_owned(),
        });
    }
    let author = clock.author(request.by.as_deref(), request.at.as_deref())?;
    let (intake, assessment) = judged(request, settings, Some(author.at))?;
    let told = Told {
        assessed: Assessed::of(&assessment),
        intake,
        word,
        repo: request.repo.as_deref().map(absolute).transpose()?,
        is_separate: request.separate,
    };
    let opening = opening::open(kept, &told, &author).await?;
    let report = present::assessment(&told.intake, &assessment);
    Ok(present::opening(report, &opening))
}

fn judged(
    request: &AssessRequest,
    settings: &Settings,
    now: Option<Moment>,
) -> Result<(Intake, Assessment), ResponderError> {
    let mut intake = told(request)?;
    add_systems(&mut intake, &request.systems);
    let facts = facts(request, settings, &intake, moment(request)?.or(now))?;
    let assessment = assess(&facts, &intake.symptom.systems, &settings.severity);
    Ok((intake, assessment))
}

/// A folder by its whole path, so that it is the same one wherever the next command is given.
fn absolute(folder: &str) -> Result<String, ResponderError> {
    let path = std::fs::canonicalize(path_text::decode(folder));
    let path = path.map_err(|reason| ResponderError::Unreadable {
        path: folder.to_owned(),
        reason,
    })?;
    Ok(path_text::encode(&path))
}

/// Refuses what says something of an incident where none is opened.
fn only_where_kept(request: &AssessRequest) -> Result<(), ResponderError> {
    let given = [
        (request.severity.is_some(), "severity"),
        (request.because.is_some(), "because"),
        (request.by.is_some(), "by"),
        (request.repo.is_some(), "repo"),
        (request.separate, "separate"),
    ];
    match given.into_iter().find(|(is_given, _)| *is_given) {
        Some((_, key)) => Err(ResponderError::Request {
            key,
            problem: "is about an incident that is kept; add `open`".to_owned(),
        }),
        None => Ok(()),
    }
}

/// A person's word, which has a reason.
fn word(request: &AssessRequest) -> Result<Option<SeverityByPerson>, ResponderError> {
    let missing = |key, problem: &str| ResponderError::Request {
        key,
        problem: problem.to_owned(),
    };
    match (request.severity, request.because.as_deref()) {
        (Some(level), Some(because)) => Ok(Some(SeverityByPerson {
            level,
            because: said("because", because)?,
        })),
        (None, None) => Ok(None),
        (Some(_), None) => Err(missing(
            "because",
            "is missing: why is it as bad as you say?",
        )),
        (None, Some(_)) => Err(missing("severity", "is missing: how bad is it?")),
    }
}

fn told(request: &AssessRequest) -> Result<Intake, ResponderError> {
    let text = request.text.as_deref();
    let Some(path) = &request.path else {
        let text = text
            .or(request.title.as_deref())
            .map(str::trim)
            .unwrap_or_default();
        if text.is_empty() {
            return Err(ResponderError::Request {
                key: "path",
                problem: "is missing; give a file, or say what is wrong with `text`".to_owned(),
            });
        }
        return Ok(intake::words(request.title.as_deref(), text));
    };
    let unreadable = |reason| ResponderError::Unreadable {
        path: path.clone(),
        reason,
    };
    let file = File::open(path_text::decode(path)).map_err(unreadable)?;
    if file.metadata().map_err(unreadable)?.is_dir() {
        return Err(unreadable(std::io::ErrorKind::IsADirectory.into()));
    }
    let intake = intake::read(path, BufReader::new(file), request.kind);
    let mut intake = intake.map_err(|reason| ResponderError::Told {
        path: path.clone(),
        reason,
    })?;
    if let Some(title) = &request.title {
        intake.symptom.title.clone_from(title);
    }
    if let Some(text) = text {
        intake.symptom.text = format!("{text}\n{}", intake.symptom.text);
    }
    Ok(intake)
}

fn add_systems(intake: &mut Intake, more: &[String]) {
    let systems = &mut intake.symptom.systems;
    systems.extend_from_slice(more);
    systems.sort();
    systems.dedup();
}

/// What is known: what a person gives goes before fields, fields before labels, labels before
/// times, times before words.
fn facts(
    request: &AssessRequest,
    settings: &Settings,
    intake: &Intake,
    now: Option<Moment>,
) -> Result<Facts, ResponderError> {
    let words = format!("{}\n{}", intake.symptom.title, intake.symptom.text);
    let words = match intake.symptom.text.contains(&intake.symptom.title) {
        true => facts_of(&intake.symptom.text),
        false => facts_of(&words),
    };
    Ok(given(request)?
        .or(intake.facts.clone())
        .or(settings.facts_of(&intake.labels))
        .or(lasting(intake, now))
        .or(words))
}

fn given(request: &AssessRequest) -> Result<Facts, ResponderError> {
    if request
        .minutes
        .is_some_and(|minutes| !minutes.is_finite() || minutes < 0.0)
    {
        return Err(ResponderError::Request {
            key: "minutes",
            problem: "is negative; give how long it has lasted".to_owned(),
        });
    }
    Ok(Facts {
        reach: by_person(request.reach, "reach"),
        depth: by_person(request.depth, "depth"),
        minutes: by_person(request.minutes, "minutes"),
        data: by_person(request.data, "data"),
        exposed: by_person(request.exposed, "exposed"),
        charges: by_person(request.charges, "charges"),
    })
}

fn by_person<T>(value: Option<T>, name: &str) -> Option<Fact<T>> {
    value.map(|value| Fact::told(value, format!("--{name}"), "given"))
}

/// How long it has lasted by its times. What has just begun and goes on is not short: nobody
/// knows how long it will last.
fn lasting(intake: &Intake, now: Option<Moment>) -> Facts {
    let minutes = || {
        let since = intake.symptom.since?;
        let (until, how) = match (intake.until, now) {
            (Some(until), _) => (until, "until"),
            (None, now) => (now?, "and lasts at"),
        };
        let minutes = until.minutes_since(since);
        let because = format!("since {since}, {how} {until}");
        let least = if intake.until.is_some() { 0.0 } else { SHORT };
        (minutes >= least).then(|| Fact::told(minutes, because, "times"))
    };
    Facts {
        minutes: minutes(),
        ..Facts::default()
    }
}

fn moment(request: &AssessRequest) -> Result<Option<Moment>, ResponderError> {
    let moment = request.at.as_deref().map(str::parse).transpose();
    moment.map_err(|error: crate::MomentError| ResponderError::Request {
        key: "at",
        problem: format!("is not understood: {error}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The duration of an alert that began at 15:00, at 18:00 or where it ended.
    fn minutes(description: &str, ends: Option<&str>, now: &str) -> Option<f64> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alert.json");
        let alert = serde_json::json!({
            "version": "4",
            "status": if ends.is_some() { "resolved" } else { "firing" },
            "alerts": [{
                "labels": {"alertname": "SiteDown"},
                "annotations": {"description": description},
                "startsAt": "2026-11-21T15:00:00Z",
                "endsAt": ends.unwrap_or("0001-01-01T00:00:00Z"),
            }],
        });
        std::fs::write(&path, alert.to_string()).unwrap();
        let request = AssessRequest {
            path: Some(path_text::encode(&path)),
            ..AssessRequest::default()
        };
        let settings = Settings::default();
        let intake = told(&request).unwrap();
        let now = now.parse().ok();
        let facts = facts(&request, &settings, &intake, now).unwrap();
        facts.minutes.map(|minutes| minutes.value)
    }

    #[test]
    fn the_times_of_an_alert_go_before_its_words() {
        let now = "2026-11-21T18:00:00Z";
        let words = "the site was down for 40 minutes yesterday";
        assert_eq!(minutes(words, None, now), Some(180.0));
        assert_eq!(minutes("a timeout of 10 seconds", None, now), Some(180.0));
    }

    #[test]
    fn what_has_just_begun_is_not_short_and_what_is_over_may_be() {
        let begun = "2026-11-21T15:01:00Z";
        assert_eq!(minutes("the site is down", None, begun), None);
        assert_eq!(minutes("the site is down", Some(begun), begun), Some(1.0));
    }
}
