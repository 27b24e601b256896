//! Why a question or an outcome is not taken.

/// Why a question or an outcome is not taken: the place, what is wrong, what fits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{pointer}: {problem}")]
pub struct VerdictError {
    /// The JSON pointer of what is wrong.
    pub pointer: String,
    /// What is wrong there, and what fits.
    pub problem: String,
}

impl VerdictError {
    pub(crate) fn new(pointer: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            problem: problem.into(),
        }
    }
}
