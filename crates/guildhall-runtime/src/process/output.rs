//! Makes the output of a task of what a program wrote.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use guildhall_core::{AgentError, ErrorCode};
use serde_json::Value;

use super::config::{OutputKind, ProcessAgentConfig};
use super::redact::Redactor;

/// Characters of an output that an error shows.
const EXCERPT: usize = 400;

/// The output that the program's text holds, before any pointer is followed.
pub(super) fn parse(
    kind: OutputKind,
    text: &str,
    redactor: &Redactor,
) -> Result<Value, AgentError> {
    match kind {
        OutputKind::Text => Ok(Value::String(
            text.trim_end_matches(['\n', '\r']).to_owned(),
        )),
        OutputKind::Json => serde_json::from_str(text).map_err(|error| {
            invalid(
                format!("the program's output is not the JSON that it should be: {error}"),
                text,
                redactor,
            )
        }),
        OutputKind::JsonLines => last_json(text).ok_or_else(|| {
            invalid(
                "no line of the program's output is JSON".to_owned(),
                text,
                redactor,
            )
        }),
    }
}

/// The part of the output that the configuration points to, without secrets.
pub(super) fn select(
    config: &ProcessAgentConfig,
    mut whole: Value,
    redactor: &Redactor,
) -> Result<Value, AgentError> {
    let Some(pointer) = &config.output_pointer else {
        redactor.redact_json(&mut whole);
        return Ok(whole);
    };
    let Some(part) = whole.pointer_mut(pointer) else {
        return Err(invalid(
            format!("the program's output has nothing at {pointer}"),
            &whole.to_string(),
            redactor,
        ));
    };
    let mut part = part.take();
    redactor.redact_json(&mut part);
    Ok(part)
}

/// Reads the file in which a program leaves its output: an ordinary one within `folder`
/// of at most `limit` bytes.
pub(super) fn read_file(folder: &Path, path: &Path, limit: usize) -> Result<Vec<u8>, AgentError> {
    let wrong = |reason: String| {
        AgentError::new(
            ErrorCode::InvalidOutput,
            format!("the program's output file {} {reason}", path.display()),
        )
    };
    let unreadable = |error: io::Error| wrong(format!("cannot be read: {error}"));
    let folder = folder.canonicalize().map_err(unreadable)?;
    let real = path.canonicalize().map_err(unreadable)?;
    if !real.starts_with(&folder) {
        return Err(wrong("leads out of the workspace".to_owned()));
    }
    // Opening a named pipe would wait for a writer that never comes.
    if !real.metadata().map_err(unreadable)?.is_file() {
        return Err(wrong("is not an ordinary file".to_owned()));
    }
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    File::open(real)
        .and_then(|file| file.take(most).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    if bytes.len() > limit {
        return Err(too_large("its output file", limit));
    }
    Ok(bytes)
}

/// The error where a program writes more than it may.
pub(super) fn too_large(stream: &str, limit: usize) -> AgentError {
    AgentError::new(
        "output-too-large",
        format!(
            "the program wrote more than {} MiB to {stream}",
            limit >> 20
        ),
    )
    .with_help("let it write less, or raise `max-output-mib`")
}

/// Reads backwards, because the last line counts.
fn last_json(text: &str) -> Option<Value> {
    text.lines()
        .rev()
        .filter(|line| !line.trim().is_empty())
        .find_map(|line| serde_json::from_str(line).ok())
}

fn invalid(what: String, text: &str, redactor: &Redactor) -> AgentError {
    AgentError::new(
        ErrorCode::InvalidOutput,
        format!("{what}; it wrote {}", excerpt(text, redactor)),
    )
}

/// The beginning of a text; redacted as a whole, so that no cut secret is left.
fn excerpt(text: &str, redactor: &Redactor) -> String {
    if text.trim().is_empty() {
        return "nothing".to_owned();
    }
    let text = redactor.redact(text);
    let mut characters = text.trim().chars();
    let mut excerpt: String = characters.by_ref().take(EXCERPT).collect();
    if characters.next().is_some() {
        excerpt.push('…');
    }
    format!("{excerpt:?}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parsed(kind: OutputKind, text: &str) -> Result<Value, AgentError> {
        parse(kind, text, &Redactor::default())
    }

    #[test]
    fn the_last_line_that_is_json_counts() {
        let text = "{\"n\":1}\nnoise\n{\"n\":2}\nbye\n\n";
        assert_eq!(parsed(OutputKind::JsonLines, text), Ok(json!({"n": 2})));
        let error = parsed(OutputKind::JsonLines, "a\nb").unwrap_err();
        assert!(error.message.contains("no line"), "{error}");
    }

    #[test]
    fn only_the_final_line_breaks_of_a_text_go() {
        assert_eq!(parsed(OutputKind::Text, "\na \r\n\n"), Ok(json!("\na ")));
    }

    #[test]
    fn an_excerpt_is_short_and_without_secrets() {
        let redactor = Redactor::new(["open-sesame".to_owned()]);
        let text = format!("{}open-sesame{}", "x".repeat(390), "y".repeat(1000));
        let error = parse(OutputKind::Json, &text, &redactor).unwrap_err();
        assert!(error.is(ErrorCode::InvalidOutput));
        assert!(error.message.contains("xxx***yyy"), "{error}");
        assert!(error.message.len() < 700);
        let empty = parsed(OutputKind::Json, " \n").unwrap_err();
        assert!(empty.message.ends_with("it wrote nothing"), "{empty}");
    }
}
