//! What is wrong with a schema.

/// A schema that cannot be used: the place in it, and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}, at {}", self.shown_place())]
pub struct SchemaError {
    place: String,
    problem: SchemaProblem,
}

/// What is wrong at a place of a schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaProblem {
    /// A keyword that would assert something and is not in the subset.
    #[error("{keyword:?} is not supported; {mend}")]
    Unsupported {
        /// The keyword.
        keyword: String,
        /// What to do instead.
        mend: &'static str,
    },
    /// A value that the keyword cannot have.
    #[error("expected {expected}, found {found}")]
    Malformed {
        /// What the standard allows.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// A reference that leads nowhere, or out of the document.
    #[error("the reference {reference:?} {reason}")]
    Reference {
        /// The reference as it is written.
        reference: String,
        /// Why it cannot be followed.
        reason: &'static str,
    },
    /// A schema that refers to itself for the very same value.
    #[error(
        "the schema applies itself to the same value without end; take one of the references out"
    )]
    Endless,
    /// A pattern that is none, or needs what is not offered.
    #[error("the pattern {pattern:?} cannot be used: {reason}")]
    Pattern {
        /// The pattern as it is written.
        pattern: String,
        /// Why.
        reason: String,
    },
    /// A limit on the size of schemas.
    #[error("the schema has more than {limit} {what}")]
    TooLarge {
        /// What is counted.
        what: &'static str,
        /// How many there may be.
        limit: usize,
    },
}

impl SchemaError {
    pub(crate) fn new(place: String, problem: SchemaProblem) -> Self {
        Self { place, problem }
    }

    /// Where in the schema, as a JSON pointer; empty for the whole.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// What is wrong there.
    #[must_use]
    pub fn problem(&self) -> &SchemaProblem {
        &self.problem
    }

    fn shown_place(&self) -> &str {
        if self.place.is_empty() {
            "/"
        } else {
            &self.place
        }
    }
}
