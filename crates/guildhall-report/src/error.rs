//! What can go wrong when a word is read.

use thiserror::Error;

/// An error of this crate.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A format that is not known.
    #[error("unknown format `{given}`; use one of {known}")]
    UnknownFormat {
        /// What was given.
        given: String,
        /// The formats, for a person.
        known: String,
    },
    /// A text that is no fingerprint.
    #[error(
        "`{given}` is no fingerprint; use lower-case hexadecimal digits, as `Fingerprint::of` gives"
    )]
    BadFingerprint {
        /// What was given.
        given: String,
    },
    /// A file that is no baseline, or none that can be used.
    #[error("the baseline {problem}; {mend}")]
    BadBaseline {
        /// What is wrong, as the rest of a sentence that begins with the file.
        problem: String,
        /// What would mend it.
        mend: String,
    },
    /// A text that is no day.
    #[error("`{given}` is no day; write it as 2024-12-31")]
    BadDay {
        /// What was given.
        given: String,
    },
    /// A text that is no length of time.
    #[error("`{given}` is no length of time; write for example `month`, `2 weeks` or `1 year`")]
    BadStep {
        /// What was given.
        given: String,
    },
    /// A severity that is not known.
    #[error("unknown severity `{given}`; use one of info, minor, major, critical")]
    UnknownSeverity {
        /// What was given.
        given: String,
    },
}
