//! JSON: the whole document, for programs.

use std::io;

use guildhall_core::shown::steers;
use serde::Serialize;

use crate::{Document, RunInfo};

pub(super) fn render(document: &Document, out: &mut dyn io::Write) -> io::Result<()> {
    write(document, out)
}

/// Writes `document` indented by two spaces, with a line feed at the end.
///
/// JSON requires only the controls below U+0020 to be escaped. The document may
/// land in a terminal all the same, so the other characters that could steer one
/// are escaped too; they can stand in strings only, so this is still the same JSON.
pub(super) fn write(document: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    escape(&serde_json::to_string_pretty(document)?, out)?;
    out.write_all(b"\n")
}

/// The end of the JSON of a document of this run: all from the run's name on.
///
/// The run stands last and is all that may differ between two documents on the same input, so
/// whoever has one document's text makes the other's of it.
///
/// # Errors
/// Where the run cannot be written as JSON.
///
/// ```
/// use guildhall_report::{Format, RunInfo, Style, json_of_run, merge, render};
///
/// let text = |root: &str| {
///     let run = RunInfo { root: root.to_owned(), ..RunInfo::default() };
///     let mut text = Vec::new();
///     render(&merge(vec![], run.clone()), Format::Json, &Style::default(), &mut text)?;
///     std::io::Result::Ok((text, json_of_run(&run)?))
/// };
/// let ((mut one, end), (other, other_end)) = (text("/a")?, text("/b/c")?);
/// one.truncate(one.len() - end.len());
/// assert_eq!([one, other_end].concat(), other);
/// # std::io::Result::Ok(())
/// ```
pub fn json_of_run(run: &RunInfo) -> io::Result<Vec<u8>> {
    #[derive(Serialize)]
    struct End<'a> {
        run: &'a RunInfo,
    }
    let mut end = Vec::new();
    write(&End { run }, &mut end)?;
    // Before it comes what opens the object.
    Ok(end.split_off(end.len().min(OPENING)))
}

/// Bytes before the name of the first member of an object: its brace and a line feed.
const OPENING: usize = 2;

/// Writes JSON with all characters escaped that could steer a terminal, but line feeds.
pub(crate) fn escape(json: &str, out: &mut dyn io::Write) -> io::Result<()> {
    let mut rest = json;
    let needs_escape = |c: char| c != '\n' && steers(c);
    while let Some(at) = rest.find(needs_escape) {
        out.write_all(&rest.as_bytes()[..at])?;
        let mut after = rest[at..].chars();
        for unit in after.next().into_iter().flat_map(utf16) {
            write!(out, "\\u{unit:04x}")?;
        }
        rest = after.as_str();
    }
    out.write_all(rest.as_bytes())
}

fn utf16(character: char) -> Vec<u16> {
    character.encode_utf16(&mut [0; 2]).to_vec()
}

#[cfg(test)]
mod tests {
    use crate::{Document, Format, samples};

    #[test]
    fn an_empty_document_is_exactly_this() {
        let document = crate::merge(Vec::new(), crate::RunInfo::default());
        let expected = r#"{
  "schema": "guildhall.report/1",
  "findings": [],
  "skipped": [],
  "summary": {
    "findings": 0,
    "by_severity": {
      "critical": 0,
      "major": 0,
      "minor": 0,
      "info": 0
    },
    "by_rule": {},
    "files_with_findings": 0,
    "top_files": [],
    "remediation_minutes": 0,
    "skipped": 0,
    "skipped_by_code": {},
    "failed_agents": []
  },
  "rules": [],
  "run": {
    "host_version": "",
    "root": "",
    "agents": {}
  }
}
"#;
        assert_eq!(samples::rendered(&document, Format::Json), expected);
    }

    #[test]
    fn what_is_written_is_read_back() {
        let document = samples::merged();
        let json = samples::rendered(&document, Format::Json);
        assert_eq!(serde_json::from_str::<Document>(&json).unwrap(), document);
        let hostile = samples::hostile();
        let hostile_json = samples::rendered(&hostile, Format::Json);
        assert_eq!(
            serde_json::from_str::<Document>(&hostile_json).unwrap(),
            hostile
        );
        assert!(
            hostile_json.contains("\\udb40\\udc01"),
            "a pair of surrogates"
        );
        assert!(
            json.contains("\"value\": 48,\n"),
            "a whole number has no decimals"
        );
    }
}
