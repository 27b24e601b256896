//! Reads what was seen: the JSON of an incident's symptom, an alert, or any text.

use std::fs::File;
use std::io::Read as _;

use guildhall_sdk::core::path_text;
use serde_json::{Map, Value};

use crate::intake::{self, IntakeError};
use crate::{ResponderError, Symptom};

use crate::frames;

/// Bytes of a text that are read; a symptom is no log.
const MOST_TEXT: usize = 4 << 20;

/// Bytes of a file that are read: all of JSON that `intake` takes.
const MOST_BYTES: u64 = (16 << 20) + 1;

/// The keys of a symptom.
const KEYS: [&str; 6] = ["title", "text", "frames", "systems", "release", "since_ms"];

/// What was read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) symptom: Symptom,
    /// What was not read as it stands.
    pub(crate) note: Option<String>,
}

/// The symptom in a file: an incident's symptom in JSON, an alert or our own form as `intake`
/// knows them, or a text.
///
/// # Errors
/// Where it cannot be read.
pub(crate) fn read(path: &str) -> Result<Seen, ResponderError> {
    let mut bytes = Vec::new();
    let file = File::open(path_text::decode(path));
    file.and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes))
        .map_err(|reason| ResponderError::Unreadable {
            path: path.to_owned(),
            reason,
        })?;
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Ok(text(&bytes));
    }
    Ok(match json(path, &bytes) {
        Ok(symptom) => Seen {
            symptom,
            note: None,
        },
        Err(error) => {
            let seen = text(&bytes);
            let reason = format!("{path} was read as a text: {error}");
            let note = seen.note.map(|note| format!("{reason}; {note}"));
            Seen {
                note: note.or(Some(reason)),
                ..seen
            }
        }
    })
}

/// An object is a symptom where a symptom has all of its keys, so that none is passed over.
fn json(path: &str, bytes: &[u8]) -> Result<Symptom, IntakeError> {
    let fields: Option<Map<String, Value>> = serde_json::from_slice(bytes).ok();
    let has = |key: &str| {
        fields
            .as_ref()
            .is_some_and(|fields| fields.contains_key(key))
    };
    let is_symptom = fields.as_ref().is_some_and(|fields| {
        let mut keys = fields.keys();
        keys.all(|key| KEYS.contains(&key.as_str()))
    });
    if is_symptom && let Ok(symptom) = serde_json::from_slice(bytes) {
        return Ok(symptom);
    }
    let mut symptom = intake::read(path, bytes, None)?.symptom;
    if symptom.release.is_empty() && has("release") {
        let release = fields.and_then(|mut fields| fields.remove("release"));
        let release = release.and_then(|release| serde_json::from_value(release).ok());
        symptom.release = release.unwrap_or_default();
    }
    Ok(symptom)
}

fn text(bytes: &[u8]) -> Seen {
    let cut = &bytes[..bytes.len().min(MOST_TEXT)];
    let note = (cut.len() < bytes.len()).then(|| {
        "only the first 4 MiB of the text were read; give the part of it that tells what was seen"
            .to_owned()
    });
    Seen {
        symptom: of_text(&String::from_utf8_lossy(cut)),
        note,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(content: &[u8]) -> Seen {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seen");
        std::fs::write(&path, content).unwrap();
        read(&path_text::encode(&path)).unwrap()
    }

    #[test]
    fn our_own_form_keeps_what_it_tells_of_releases() {
        let told = seen(br#"{"title": "x", "text": "y", "last_good": "v1.0"}"#);
        let release = told.symptom.release;
        assert_eq!(release.last_good.as_deref(), Some("v1.0"));
        let told = seen(br#"{"title": "x", "text": "y", "release": {"first_bad": "2"}}"#);
        let release = told.symptom.release;
        assert_eq!(release.first_bad.as_deref(), Some("2"), "the control");
        let both = br#"{"title": "x", "facts": {}, "text": "", "release": {"first_bad": "2"}}"#;
        let release = seen(both).symptom.release;
        assert_eq!(release.first_bad.as_deref(), Some("2"));
    }

    #[test]
    fn a_symptom_in_json_keeps_all_of_it() {
        let symptom = Symptom {
            title: "x".to_owned(),
            systems: vec!["checkout".to_owned()],
            since: crate::Moment::from_milliseconds(5),
            ..Symptom::default()
        };
        let json = serde_json::to_vec(&symptom).unwrap();
        assert_eq!(
            seen(&json),
            Seen {
                symptom,
                note: None
            }
        );
    }

    #[test]
    fn what_is_cut_or_not_understood_is_told() {
        let long = vec![b'a'; MOST_TEXT + 1];
        let told = seen(&long);
        assert_eq!(told.symptom.text.len(), MOST_TEXT);
        assert!(told.note.unwrap().contains("only the first 4 MiB"));
        assert_eq!(seen(&long[1..]).note, None, "the control");
        let odd = seen(br#"{"title": "x", "frames": 3}"#);
        assert!(odd.note.unwrap().contains("was read as a text: /frames: "));
        assert!(odd.symptom.text.contains("frames"));
    }
}
