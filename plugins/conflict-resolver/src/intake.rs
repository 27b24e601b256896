//! Reads questions: one as a JSON object, many as a list or one a line.

use std::fs::File;
use std::io::Read as _;

use guildhall_sdk::core::path_text;
use guildhall_verdict::Question;
use serde::de::DeserializeOwned;

use crate::ResolverError;

/// Bytes of a file that are read.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// The questions of a file; `-` is standard input.
///
/// # Errors
/// Where it cannot be read, is empty, or holds something else than questions that make sense.
pub(crate) fn questions(path: &str) -> Result<Vec<Question>, ResolverError> {
    let text = text_of(path)?;
    let questions: Vec<Question> = many(path, &text)?;
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

/// The values of a text: one object, a list, or an object a line.
///
/// # Errors
/// Where it is empty, or a value does not fit; the place is named.
pub(crate) fn many<T: DeserializeOwned>(path: &str, text: &str) -> Result<Vec<T>, ResolverError> {
    let told = |reason: String| ResolverError::Told {
        path: path.to_owned(),
        reason,
    };
    let start = text.trim_start();
    if start.is_empty() {
        return Err(told("it is empty; give a JSON object".to_owned()));
    }
    let read = if start.starts_with('[') {
        serde_json::from_str(text)
    } else {
        serde_json::Deserializer::from_str(text)
            .into_iter()
            .collect()
    };
    let values: Vec<T> = read.map_err(|error| told(error.to_string()))?;
    if values.is_empty() {
        return Err(told("it is an empty list".to_owned()));
    }
    Ok(values)
}
