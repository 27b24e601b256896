//! What cargo writes with `--message-format=json`: a line of JSON for each message.

use serde::Deserialize;

/// A message of cargo's.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CargoMessage {
    /// What it is, such as `compiler-message`.
    pub reason: String,
    /// The manifest of the package that it is about, where it is about one.
    pub manifest_path: Option<String>,
    /// The target of it, where it is about one.
    pub target: Option<BuiltTarget>,
    /// What the compiler said, of a `compiler-message`.
    pub message: Option<Diagnostic>,
    /// Whether all was built, of `build-finished`.
    pub success: Option<bool>,
}

/// What of a package was built.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct BuiltTarget {
    /// What it is, such as `lib`, `test` or `custom-build`.
    #[serde(default)]
    pub kind: Vec<String>,
}

/// What the compiler, or a lint, said.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Diagnostic {
    /// The sentence.
    pub message: String,
    /// How bad it is, such as `error` or `warning`.
    pub level: String,
    /// The code of an error, or the name of a lint.
    pub code: Option<Code>,
    /// Where.
    #[serde(default)]
    pub spans: Vec<Span>,
}

/// The code of an error, or the name of a lint.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Code {
    /// As `E0432` or `clippy::needless_return`.
    pub code: String,
}

/// A piece of a file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Span {
    /// The file, as the compiler was given it.
    pub file_name: String,
    /// The first line, from one.
    pub line_start: u32,
    /// The first column in characters, from one.
    pub column_start: u32,
    /// The last line.
    pub line_end: u32,
    /// The column behind the last.
    pub column_end: u32,
    /// Whether it is what the message is about.
    pub is_primary: bool,
    expansion: Option<Box<Expansion>>,
}

/// The call of a macro that a piece comes from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Expansion {
    span: Span,
}

/// The messages in what cargo wrote, in order; an empty line is none. `None` stands for a line
/// that is no message: what a build prints may be among them.
///
/// ```
/// use guildhall_source::cargo::messages;
///
/// let output = b"built by hand\n\n{\"reason\": \"build-finished\", \"success\": true}\n";
/// let read: Vec<_> = messages(output).collect();
/// assert_eq!(read.len(), 2);
/// assert!(read[0].is_none());
/// assert_eq!(read[1].as_ref().unwrap().success, Some(true));
/// ```
pub fn messages(output: &[u8]) -> impl Iterator<Item = Option<CargoMessage>> {
    let lines = output.split(|byte| *byte == b'\n');
    let lines = lines.filter(|line| !line.trim_ascii().is_empty());
    lines.map(|line| serde_json::from_slice(line).ok())
}

impl Diagnostic {
    /// The piece that it is about.
    pub fn primary(&self) -> Option<&Span> {
        self.spans.iter().find(|span| span.is_primary)
    }

    /// Its code, where it has one.
    pub fn code(&self) -> Option<&str> {
        self.code.as_ref().map(|code| code.code.as_str())
    }
}

impl Span {
    /// The piece itself, then the call of the macro that it comes from, and so on outwards.
    pub fn outwards(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |span| Some(&span.expansion.as_ref()?.span))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NESTED: &str = r#"{"reason": "compiler-message", "manifest_path": "/p/Cargo.toml",
        "target": {"kind": ["lib"], "name": "p"},
        "message": {"message": "it broke", "level": "error", "code": {"code": "E0308"}, "spans": [
            {"file_name": "note.rs", "line_start": 1, "column_start": 1, "line_end": 1,
             "column_end": 2, "is_primary": false, "expansion": null},
            {"file_name": "macro.rs", "line_start": 7, "column_start": 1, "line_end": 7,
             "column_end": 2, "is_primary": true, "expansion": {"span":
                {"file_name": "call.rs", "line_start": 3, "column_start": 5, "line_end": 3,
                 "column_end": 9, "is_primary": false, "expansion": null}}}]}}"#;

    #[test]
    fn a_message_is_read_from_its_primary_piece_outwards() {
        let text = NESTED.replace('\n', " ");
        let message = messages(text.as_bytes()).next().unwrap().unwrap();
        assert_eq!(message.target.unwrap().kind, ["lib"]);
        let said = message.message.unwrap();
        assert_eq!(said.code(), Some("E0308"));
        let files = said.primary().unwrap().outwards();
        let files: Vec<&str> = files.map(|span| span.file_name.as_str()).collect();
        assert_eq!(files, ["macro.rs", "call.rs"]);
    }

    proptest! {
        #[test]
        fn each_line_with_anything_in_it_is_read_or_refused(
            lines in proptest::collection::vec("[ -~]{0,20}", 0..8),
            at in 0..NESTED.len(),
        ) {
            let half = NESTED.replace('\n', " ");
            let half = half.get(..at).unwrap_or_default();
            let text = format!("{}\n{half}", lines.join("\n"));
            let expected = text.lines().filter(|line| !line.trim().is_empty()).count();
            prop_assert_eq!(messages(text.as_bytes()).count(), expected);
            prop_assert!(messages(half.as_bytes()).flatten().next().is_none());
        }
    }
}
