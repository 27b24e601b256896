//! What changed between two reports, as text, JSON and Markdown.

use std::fmt;
use std::io;
use std::str::FromStr;

use super::words::{finding_place, place, plural, visible};
use super::{Style, json, markdown, named, text};
use crate::{Diff, Figure, ReportError, Said, SeverityCounts};

/// An output format of a [`Diff`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum DiffFormat {
    /// For a person at a terminal.
    #[default]
    Text,
    /// For programs.
    Json,
    /// For a comment on a pull request.
    Markdown,
}

impl DiffFormat {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Text, Self::Json, Self::Markdown];

    /// The format's name on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Markdown => "markdown",
        }
    }
}

impl fmt::Display for DiffFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl FromStr for DiffFormat {
    type Err = ReportError;

    fn from_str(text: &str) -> Result<Self, ReportError> {
        named::find(&Self::ALL, Self::as_str, text)
    }
}

/// Writes `diff` in `format`; control characters of names are shown as escapes.
///
/// # Errors
///
/// Those of `out`.
pub fn render_diff(
    diff: &Diff,
    format: DiffFormat,
    style: &Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    match format {
        DiffFormat::Text => text::diff::render(diff, style, out),
        DiffFormat::Json => json::write(diff, out),
        DiffFormat::Markdown => markdown::diff::render(diff, out),
    }
}

/// All counts in one line.
pub(super) fn headline(diff: &Diff) -> String {
    let new = match diff.new.len() {
        0 => "No new findings".to_owned(),
        count => plural(count, "new finding"),
    };
    let (gone, moved, same) = (diff.gone.len(), diff.moved.len(), diff.same);
    format!("{new}, {gone} gone, {moved} moved, {same} as before")
}

/// `1 critical, 2 minor`.
pub(super) fn counts(counts: &SeverityCounts) -> String {
    let all = counts.worst_first();
    let present = all.iter().filter(|(_, count)| *count > 0);
    let words: Vec<String> = present
        .map(|(severity, count)| format!("{count} {severity}"))
        .collect();
    words.join(", ")
}

/// Where something is and where it was.
pub(super) fn places(moved: &crate::Moved) -> (String, String) {
    let from = moved.from.as_ref().map(place).unwrap_or_default();
    (finding_place(&moved.finding), from)
}

/// The figures whose number is another than before.
pub(super) fn changed(diff: &Diff) -> Vec<&Said<Figure>> {
    let figures = diff.figures.iter();
    figures
        .filter(|figure| figure.before != Some(figure.value))
        .collect()
}

/// Agents whose part says nothing.
pub(super) fn warning(diff: &Diff) -> Option<String> {
    let agents = diff.failed_agents.join(", ");
    (!agents.is_empty()).then(|| {
        let agents = visible(&agents);
        format!("Of {agents} there is no report on both sides, so their part says nothing.")
    })
}
