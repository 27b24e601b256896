//! Reads what was seen: the JSON of an incident's symptom, an alert, or any text.

use std::fs::File;
use std::io::Read as _;

use guildhall_sdk::core::path_text;

use crate::{ResponderError, Symptom, intake};

use crate::frames;

/// Bytes of a file that are read; a symptom is no log.
const MOST_BYTES: u64 = 4 << 20;

/// The symptom in a file: an object `{title, text, frames, release}` in JSON, an alert in a
/// form that `intake` knows, or a text.
///
/// # Errors
/// Where it cannot be read.
pub(crate) fn read(path: &str) -> Result<Symptom, ResponderError> {
    let mut bytes = Vec::new();
    let file = File::open(path_text::decode(path));
    file.and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes))
        .map_err(|reason| ResponderError::Unreadable {
            path: path.to_owned(),
            reason,
        })?;
    let text = String::from_utf8_lossy(&bytes);
    if let Ok(symptom) = serde_json::from_str(&text) {
        return Ok(symptom);
    }
    let is_json = text.trim_start().starts_with(['{', '[']);
    let alert = is_json.then(|| intake::read(path, text.as_bytes(), None));
    Ok(match alert {
        Some(Ok(alert)) => alert.symptom,
        _ => of_text(&text),
    })
}

/// The symptom that a text tells: its first line is the title, and places in source code
/// are its frames.
pub(crate) fn of_text(text: &str) -> Symptom {
    let title = text.lines().find(|line| !line.trim().is_empty());
    Symptom {
        title: title.unwrap_or_default().trim().to_owned(),
        text: text.to_owned(),
        frames: frames::in_prose(text),
        ..Symptom::default()
    }
}
