//! Names and numbers of runs and of their tasks.

use std::fmt;
use std::str::FromStr;

use guildhall_core::schema::{Schema, Shape};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::CoordinationError;

/// Longest key of a task, in bytes.
pub const MAX_KEY_LEN: usize = 128;

/// Id of a run: a UUID of version 7, so that later runs sort later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(Uuid);

impl RunId {
    /// A new id.
    #[expect(clippy::new_without_default, reason = "each call gives another value")]
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }

    /// The id of these bytes: for simulations, which must be the same each time.
    pub const fn from_u128(bytes: u128) -> Self {
        Self(Uuid::from_u128(bytes))
    }

    /// The bytes of the id.
    pub const fn as_u128(self) -> u128 {
        self.0.as_u128()
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_string())
    }
}

impl Schema for RunId {
    const SHAPE: Shape = Shape::Format("uuid");
}

impl FromStr for RunId {
    type Err = CoordinationError;

    fn from_str(text: &str) -> Result<Self, CoordinationError> {
        text.parse()
            .map(Self)
            .map_err(|_| CoordinationError::BadName {
                what: "run id",
                text: text.to_owned(),
                form: "a UUID such as 0190a8b0-0000-7000-8000-000000000001",
            })
    }
}

/// Name of a task within its run: letters, digits, `.`, `_` and `-` in parts joined by
/// `/`, starting with a letter or digit. Children of an expanded task have its key in
/// front: `review/3`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TaskKey(String);

impl TaskKey {
    /// Checks and wraps `text`.
    ///
    /// # Errors
    /// [`CoordinationError::BadName`] where `text` is not of the form above.
    pub fn new(text: impl Into<String>) -> Result<Self, CoordinationError> {
        let text = text.into();
        if text.len() <= MAX_KEY_LEN && text.split('/').all(is_part) {
            return Ok(Self(text));
        }
        Err(CoordinationError::BadName {
            what: "task id",
            text,
            form: "letters, digits, '.', '_' and '-', starting with a letter or digit, at most 128 bytes",
        })
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_part(part: &str) -> bool {
    let mut bytes = part.bytes();
    bytes
        .next()
        .is_some_and(|first| first.is_ascii_alphanumeric())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

impl fmt::Display for TaskKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for TaskKey {
    type Err = CoordinationError;

    fn from_str(text: &str) -> Result<Self, CoordinationError> {
        Self::new(text)
    }
}

impl TryFrom<String> for TaskKey {
    type Error = CoordinationError;

    fn try_from(text: String) -> Result<Self, CoordinationError> {
        Self::new(text)
    }
}

impl From<TaskKey> for String {
    fn from(key: TaskKey) -> String {
        key.0
    }
}

/// Number of a task within its run, from 0 in the order in which tasks were added. It
/// never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskIndex(pub u32);

impl TaskIndex {
    /// The number of the task at this position of a list. Lists of tasks are far shorter
    /// than the numbers reach: plans are bounded.
    pub(crate) fn of(at: usize) -> Self {
        Self(u32::try_from(at).unwrap_or(u32::MAX))
    }

    /// The numbers of the first `count` tasks.
    pub(crate) fn first(count: usize) -> impl Iterator<Item = Self> {
        (0..count).map(Self::of)
    }

    /// The number as a position in a list.
    pub const fn at(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for TaskIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}
