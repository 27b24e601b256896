//! Reads questions and outcomes: an object, a list, an object a line, or a table.

mod table;

use std::fs::File;
use std::io::Read as _;

use guildhall_sdk::core::path_text;
use guildhall_verdict::{Outcome, Question};
use serde::de::DeserializeOwned;

use crate::ResolverError;

/// Bytes of a file that are read.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// Outcomes of a file, and what was wrong with those that are left out.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) outcomes: Vec<Outcome>,
    /// Where, and what.
    pub(crate) wrong: Vec<(String, String)>,
}

/// The questions of a file; `-` is standard input.
///
/// # Errors
/// Where it cannot be read, is empty, or holds something else than questions that make sense.
pub(crate) fn questions(path: &str) -> Result<Vec<Question>, ResolverError> {
    let text = text_of(path)?;
    let told = |reason| ResolverError::Told {
        path: path.to_owned(),
        reason,
    };
    let questions = of_detect(&text)
        .unwrap_or_else(|| many(&text))
        .map_err(told)?;
    for (at, question) in questions.iter().enumerate() {
        let place = match questions.len() {
            1 => format!("{path}: "),
            _ => format!("{path}: question {}: ", at + 1),
        };
        let valid = question.validate();
        valid.map_err(|reason| ResolverError::Nonsense { place, reason })?;
    }
    Ok(questions)
}

/// The outcomes of a file: JSON, or a table with the columns `item`, `topic`, `truth` and one
/// for each agent. Those that make no sense are left out and named.
///
/// # Errors
/// Where it cannot be read or is empty, or a table has no such columns.
pub(crate) fn outcomes(path: &str) -> Result<Told, ResolverError> {
    let text = text_of(path)?;
    let told = |reason| ResolverError::Told {
        path: path.to_owned(),
        reason,
    };
    if text.trim().is_empty() {
        let reason = "it is empty; give outcomes as JSON, one a line, or a table";
        return Err(told(reason.to_owned()));
    }
    let start = text.trim_start();
    let mut all = if start.starts_with('[') {
        let outcomes = many(&text).map_err(told)?;
        let places = (1..=outcomes.len()).map(|at| format!("outcome {at}"));
        valid(places.zip(outcomes.into_iter().map(Ok)))
    } else if start.starts_with('{') {
        valid(lines_of(&text))
    } else {
        valid(table::outcomes(&text).map_err(told)?)
    };
    for (place, _) in &mut all.wrong {
        *place = format!("{path}: {place}");
    }
    Ok(all)
}

/// The text of a file; `-` is standard input.
///
/// # Errors
/// Where it cannot be read, is too long or no text.
pub(crate) fn text_of(path: &str) -> Result<String, ResolverError> {
    let unreadable = |reason| ResolverError::Unreadable {
        path: path.to_owned(),
        reason,
    };
    let name = if path == "-" { "/dev/stdin" } else { path };
    let file = File::open(path_text::decode(name)).map_err(unreadable)?;
    let mut bytes = Vec::new();
    let read = file.take(MOST_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(unreadable)?;
    let told = |reason: &str| ResolverError::Told {
        path: path.to_owned(),
        reason: reason.to_owned(),
    };
    if bytes.len() as u64 > MOST_BYTES {
        return Err(told("it has more than 256 MiB; give a part of it"));
    }
    let text = String::from_utf8(bytes);
    text.map_err(|_| told("it is not UTF-8"))
}

/// The values of a text: one object, a list, or objects one after another.
///
/// # Errors
/// Where it is empty, or a value does not fit; the place is named.
fn many<T: DeserializeOwned>(text: &str) -> Result<Vec<T>, String> {
    let start = text.trim_start();
    if start.is_empty() {
        return Err("it is empty; give a JSON object".to_owned());
    }
    let read = if start.starts_with('[') {
        serde_json::from_str(text)
    } else {
        serde_json::Deserializer::from_str(text)
            .into_iter()
            .collect()
    };
    let values: Vec<T> = read.map_err(|error| format!("it is no such JSON: {error}"))?;
    if values.is_empty() {
        return Err("it is an empty list".to_owned());
    }
    Ok(values)
}

/// The questions in a report of `resolve detect`; none where it is no such report.
fn of_detect(text: &str) -> Option<Result<Vec<Question>, String>> {
    #[derive(serde::Deserialize)]
    struct Detected {
        questions: Vec<Question>,
    }
    let is_detected = |text: &str| {
        let value: serde_json::Value = serde_json::from_str(text).ok()?;
        value.get("questions").map(drop)
    };
    is_detected(text)?;
    let read: Result<Detected, _> = serde_json::from_str(text);
    Some(match read {
        Ok(detected) if detected.questions.is_empty() => {
            Err("it holds no questions: nothing contradicts".to_owned())
        }
        Ok(detected) => Ok(detected.questions),
        Err(error) => Err(format!("its questions are no such JSON: {error}")),
    })
}

/// An outcome a line.
fn lines_of(text: &str) -> impl Iterator<Item = (String, Result<Outcome, String>)> {
    let lines = text.lines().enumerate();
    let lines = lines.filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(at, line)| {
        let outcome = serde_json::from_str(line).map_err(|error| error.to_string());
        (format!("line {}", at + 1), outcome)
    })
}

fn valid(all: impl Iterator<Item = (String, Result<Outcome, String>)>) -> Told {
    let mut told = Told::default();
    for (place, outcome) in all {
        let valid = |outcome: Outcome| match outcome.validate() {
            Ok(()) => Ok(outcome),
            Err(error) => Err(error.to_string()),
        };
        match outcome.and_then(valid) {
            Ok(outcome) => told.outcomes.push(outcome),
            Err(why) => told.wrong.push((place, why)),
        }
    }
    told
}
