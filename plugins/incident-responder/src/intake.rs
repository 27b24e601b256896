//! What is wrong, as alerts, logs and people tell it: one [`Intake`] of every form.
//!
//! A form is known by its shape, never by a file's name: `json` tells the alerts apart that
//! are JSON (`alertmanager`, `sentry`, `otlp`, and a form of our own), `text` looks for a
//! panic, a failing test, and else takes the text for a log.

mod alertmanager;
mod json;
mod otlp;
mod own;
mod sentry;
mod text;

use std::io::{BufRead, Read as _};

use guildhall_sdk::Schema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::logs::{LinesError, PassedOver};
use crate::severity::Facts;
use crate::{Evidence, EvidenceId, EvidenceKind, Moment, Symptom};

/// Bytes of JSON that are read.
const MOST_JSON: u64 = 16 * 1024 * 1024;

/// The form in which something is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "lowercase")]
pub enum IntakeKind {
    /// A webhook of Prometheus Alertmanager, version 4.
    Alertmanager,
    /// An event of Sentry.
    Sentry,
    /// Log records of OpenTelemetry, as JSON.
    Otlp,
    /// The form of our own: title, text, facts.
    Json,
    /// A panic, an exception or a traceback.
    Panic,
    /// The output of failing tests.
    Test,
    /// Lines of a log.
    Log,
    /// What a person says.
    Words,
}

impl IntakeKind {
    /// The name, for example `alertmanager`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Alertmanager => "alertmanager",
            Self::Sentry => "sentry",
            Self::Otlp => "otlp",
            Self::Json => "json",
            Self::Panic => "panic",
            Self::Test => "test",
            Self::Log => "log",
            Self::Words => "words",
        }
    }
}

/// What was told.
#[derive(Debug, Clone, PartialEq)]
pub struct Intake {
    /// In which form.
    pub kind: IntakeKind,
    /// What is wrong.
    pub symptom: Symptom,
    /// What fields say of the impact; what the text says is not among it.
    pub facts: Facts,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
    /// When it was over, where that is told.
    pub until: Option<Moment>,
    /// Labels, tags and attributes, as `name=value`, sorted.
    pub labels: Vec<String>,
    /// Equal for two tellings of one thing: 16 hexadecimal digits.
    pub key: String,
    /// What was not read as it stands.
    pub passed_over: PassedOver,
}

/// Why something that was told is not understood.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// It is no text.
    #[error(transparent)]
    Lines(#[from] LinesError),
    /// JSON that is cut off or malformed.
    #[error("it is not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// JSON that is too long.
    #[error("it has more than 16 MiB of JSON; give a part of it")]
    TooLong,
    /// JSON of a form that is not known.
    #[error(
        "its form is not known: looked for an Alertmanager webhook (`version` and `alerts`), a Sentry event (`event_id`), OTLP logs (`resourceLogs`), and `title` or `text`"
    )]
    Unknown,
    /// A field that is missing or of another type.
    #[error("{pointer}: {problem}")]
    Field {
        /// The JSON pointer of the field.
        pointer: String,
        /// What was expected there.
        problem: String,
    },
}

/// Reads what is told; `source` is what evidence names, such as the file. Where `kind` is
/// absent it is known by its shape.
///
/// # Errors
/// Where it is no text, or JSON of a form that is not known.
pub fn read(
    source: &str,
    mut stream: impl BufRead,
    kind: Option<IntakeKind>,
) -> Result<Intake, IntakeError> {
    let is_text = matches!(
        kind,
        Some(IntakeKind::Panic | IntakeKind::Test | IntakeKind::Log | IntakeKind::Words)
    );
    let start = stream.fill_buf().map_err(LinesError::from)?;
    let begins_as_json = start.trim_ascii_start().starts_with(b"{");
    if is_text || (kind.is_none() && !begins_as_json) {
        return text::read(source, stream, kind);
    }
    let mut whole = Vec::new();
    let mut limited = stream.by_ref().take(MOST_JSON + 1);
    limited.read_to_end(&mut whole).map_err(LinesError::from)?;
    let is_log = || kind.is_none() && is_json_lines(&whole);
    if whole.len() as u64 > MOST_JSON {
        return match is_log() {
            true => text::read(source, whole.as_slice().chain(stream), kind),
            false => Err(IntakeError::TooLong),
        };
    }
    match serde_json::from_slice(&whole) {
        Ok(value) => json::read(source, &value, kind),
        Err(_) if is_log() => text::read(source, whole.as_slice(), kind),
        Err(error) => Err(error.into()),
    }
}

/// What a person says, without a file.
pub fn words(title: Option<&str>, text: &str) -> Intake {
    let first = text.lines().next().unwrap_or_default();
    let title = title.unwrap_or(first);
    let whole = format!("{title}\n{text}");
    Intake {
        kind: IntakeKind::Words,
        symptom: Symptom {
            title: shortened(title),
            text: text.to_owned(),
            ..Symptom::default()
        },
        facts: Facts::default(),
        evidence: vec![Evidence::new(
            EvidenceId(1),
            EvidenceKind::Person,
            "words",
            "",
            &whole,
        )],
        until: None,
        labels: Vec::new(),
        key: key(&["words", title]),
        passed_over: PassedOver::default(),
    }
}

/// Whether the first line is an object by itself.
fn is_json_lines(text: &[u8]) -> bool {
    let mut lines = text.trim_ascii_start().splitn(2, |byte| *byte == b'\n');
    let first = lines.next().unwrap_or_default();
    let is_several = lines
        .next()
        .is_some_and(|rest| !rest.trim_ascii().is_empty());
    is_several && serde_json::from_slice::<serde_json::Map<_, _>>(first).is_ok()
}

/// The same for the same parts.
fn key(parts: &[&str]) -> String {
    let digest = Sha256::digest(parts.join("\0"));
    digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The first line of a text, as a title.
fn shortened(text: &str) -> String {
    const MOST: usize = 160;
    let line = text.lines().next().unwrap_or_default().trim();
    match line.floor_char_boundary(MOST) {
        end if end < line.len() => format!("{}...", &line[..end]),
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests;
