//! `guildhall incident assess`: how bad something is that was told.

use std::fs::File;
use std::io::BufReader;

use guildhall_report::Report;
use guildhall_sdk::Schema;
use guildhall_sdk::core::path_text;
use serde::{Deserialize, Serialize};

use crate::intake::{self, Intake, IntakeKind};
use crate::severity::{Data, Depth, Fact, Facts, Reach, assess, facts_of};
use crate::{Moment, ResponderError, Settings, present};

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
}

/// Reads what was told and judges it. `now` is the moment of the assessment where the request
/// names none.
///
/// # Errors
/// Where nothing was told, or what was told is not understood.
pub fn appraise(
    request: &AssessRequest,
    settings: &Settings,
    now: Option<Moment>,
) -> Result<Report, ResponderError> {
    let mut intake = told(request)?;
    add_systems(&mut intake, &request.systems);
    let facts = facts(request, settings, &intake, moment(request)?.or(now))?;
    let assessment = assess(&facts, &intake.symptom.systems, &settings.severity);
    Ok(present::assessment(&intake, &assessment))
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
/// words.
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
    let facts = given(request)?
        .or(intake.facts.clone())
        .or(settings.facts_of(&intake.labels))
        .or(words);
    Ok(facts.or(lasting(intake, now)))
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

/// How long it has lasted by its times.
fn lasting(intake: &Intake, now: Option<Moment>) -> Facts {
    let minutes = || {
        let since = intake.symptom.since?;
        let (until, how) = match (intake.until, now) {
            (Some(until), _) => (until, "until"),
            (None, now) => (now?, "and lasts at"),
        };
        let minutes = until.minutes_since(since);
        let because = format!("since {since}, {how} {until}");
        (minutes >= 0.0).then(|| Fact::told(minutes, because, "times"))
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
