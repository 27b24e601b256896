//! Renderers: one file per output format, all from the same [`Merged`].

mod html;
mod json;
mod markdown;
mod sarif;
mod text;
mod words;

use std::fmt;
use std::io;
use std::str::FromStr;

use crate::{Merged, ReportError};

/// An output format.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// For a person at a terminal.
    #[default]
    Text,
    /// The whole document, for programs.
    Json,
    /// SARIF 2.1.0, for code-scanning services and editors.
    Sarif,
    /// For a comment on a pull request.
    Markdown,
    /// One self-contained page.
    Html,
}

/// How a person likes to read: the text format alone looks at this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether ANSI colours may be written.
    pub colour: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// Whether everything is shown rather than what matters most.
    pub verbose: bool,
    /// Findings shown at the most, unless `verbose`.
    pub top: usize,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            colour: false,
            width: 80,
            verbose: false,
            top: 20,
        }
    }
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 5] = [
        Self::Text,
        Self::Json,
        Self::Sarif,
        Self::Markdown,
        Self::Html,
    ];

    /// The format's name on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Markdown => "markdown",
            Self::Html => "html",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl FromStr for Format {
    type Err = ReportError;

    fn from_str(text: &str) -> Result<Self, ReportError> {
        let named = |format: &Self| format.as_str() == text;
        let unknown = || ReportError::UnknownFormat {
            given: text.to_owned(),
            known: Self::ALL.map(Self::as_str).join(", "),
        };
        Self::ALL.into_iter().find(named).ok_or_else(unknown)
    }
}

/// Writes `merged` in `format`.
///
/// Every format ends with a line feed. Text, Markdown and HTML show control
/// characters of names and messages as escapes, so that a file name cannot steer
/// a terminal; JSON and SARIF escape them as JSON does.
///
/// # Errors
///
/// Those of `out`.
pub fn render(
    merged: &Merged,
    format: Format,
    style: &Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    match format {
        Format::Text => text::render(merged, style, out),
        Format::Json => json::render(merged, out),
        Format::Sarif => sarif::render(merged, out),
        Format::Markdown => markdown::render(merged, out),
        Format::Html => html::render(merged, out),
    }
}

#[cfg(test)]
mod tests {
    use crate::samples;

    use super::*;

    #[test]
    fn a_format_is_read_by_its_name() {
        for format in Format::ALL {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
        assert_eq!(
            "xml".parse::<Format>().unwrap_err().to_string(),
            "unknown format `xml`; use one of text, json, sarif, markdown, html"
        );
    }

    #[test]
    fn no_format_lets_control_characters_through() {
        let merged = samples::hostile();
        for format in Format::ALL {
            let rendered = samples::rendered(&merged, format);
            let control = |c: &char| c.is_control() && *c != '\n';
            assert_eq!(rendered.chars().find(control), None, "{format}");
            assert!(!rendered.contains('\u{202e}'), "{format}");
            assert!(rendered.contains("bad"), "{format} lost the finding");
        }
    }

    #[test]
    fn every_format_ends_with_one_line_feed() {
        for merged in [samples::merged(), Merged::default()] {
            for format in Format::ALL {
                let rendered = samples::rendered(&merged, format);
                assert!(rendered.ends_with('\n'), "{format}");
                assert!(!rendered.ends_with("\n\n"), "{format}");
            }
        }
    }

    #[test]
    fn the_same_document_gives_the_same_bytes() {
        for format in Format::ALL {
            let first = samples::rendered(&samples::merged(), format);
            assert_eq!(
                first,
                samples::rendered(&samples::merged(), format),
                "{format}"
            );
        }
    }

    #[test]
    fn only_json_and_html_tell_of_the_run() {
        let mut later = samples::merged();
        later.run.started_at = Some("2031-01-01T00:00:00Z".to_owned());
        later.run.duration_ms = Some(123_456.0);
        later.run.root = "/elsewhere".to_owned();
        for format in [Format::Text, Format::Sarif, Format::Markdown] {
            let first = samples::rendered(&samples::merged(), format);
            assert_eq!(first, samples::rendered(&later, format), "{format}");
        }
    }

    #[test]
    fn a_writer_that_fails_is_reported() {
        struct Full;
        impl io::Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        for format in Format::ALL {
            let error = render(&samples::merged(), format, &Style::default(), &mut Full);
            assert_eq!(error.unwrap_err().kind(), io::ErrorKind::StorageFull);
        }
    }
}
