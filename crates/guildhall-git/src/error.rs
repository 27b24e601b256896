//! What is said of bytes that are not what the format's arguments ask git for.

/// Longest part of what was found that a message shows, in bytes.
const MOST_SHOWN: usize = 40;

/// Git's output is not in the format that was asked for.
///
/// The same bytes give the same error, in whatever pieces they come.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the output of `git {command}` is not understood at byte {offset}: {problem}; \
     was it asked for with other arguments, or by an unusual git?"
)]
pub struct GitFormatError {
    command: &'static str,
    offset: u64,
    problem: String,
}

impl GitFormatError {
    /// `expected` should stand at `offset`, but `found` does.
    pub(crate) fn unexpected(
        command: &'static str,
        offset: u64,
        expected: &str,
        found: &[u8],
    ) -> Self {
        let shown = &found[..found.len().min(MOST_SHOWN)];
        let more = if shown.len() < found.len() { "…" } else { "" };
        let problem = format!("`{}{more}` is no {expected}", shown.escape_ascii());
        Self {
            command,
            offset,
            problem,
        }
    }

    /// The output ends at `offset` within a record.
    pub(crate) fn ended(command: &'static str, offset: u64) -> Self {
        Self {
            command,
            offset,
            problem: "it ends in the middle of a record".to_owned(),
        }
    }

    /// What `offset` begins is longer than anything of its kind.
    pub(crate) fn too_long(command: &'static str, offset: u64, expected: &str) -> Self {
        Self {
            command,
            offset,
            problem: format!("a {expected} of such a length is not taken in"),
        }
    }

    /// Git's subcommand.
    pub fn command(&self) -> &str {
        self.command
    }

    /// Where in the output what is not understood begins, in bytes from nought.
    pub fn offset(&self) -> u64 {
        self.offset
    }
}
