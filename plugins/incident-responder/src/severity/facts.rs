//! What is known of the impact of an incident, each fact with what it rests on.

use guildhall_sdk::Schema;
use serde::{Deserialize, Serialize};

/// How many are reached.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Schema,
)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// Nobody.
    None,
    /// A few.
    Few,
    /// Some: a part of those who use it.
    Some,
    /// Many: a fifth and more, a region.
    Many,
    /// Most.
    Most,
    /// All.
    All,
}

/// How much does not work for those who are reached.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Schema,
)]
#[serde(rename_all = "lowercase")]
pub enum Depth {
    /// It only looks wrong.
    Cosmetic,
    /// It annoys.
    Minor,
    /// It is slow or late.
    Degraded,
    /// A part does not work.
    Partial,
    /// It does not work.
    Down,
}

/// What became of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Schema)]
#[serde(rename_all = "lowercase")]
pub enum Data {
    /// It is gone.
    Lost,
    /// It is wrong.
    Corrupted,
    /// Somebody could see it who may not.
    Exposed,
    /// It comes late.
    Delayed,
    /// Nothing happened to it.
    Safe,
}

/// A fact, and what it rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fact<T> {
    /// What is so.
    pub value: T,
    /// The words or the field that say it; what is assumed has the reason.
    pub because: String,
    /// Where they stand.
    pub place: String,
    /// Whether nobody says it, and it is taken to be so.
    pub is_assumed: bool,
}

/// What is known of an incident's impact.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Facts {
    /// How many are reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reach: Option<Fact<Reach>>,
    /// How much does not work for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub depth: Option<Fact<Depth>>,
    /// How many minutes it has lasted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes: Option<Fact<f64>>,
    /// What became of data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Fact<Data>>,
    /// Whether something became known to those who may not know it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exposed: Option<Fact<bool>>,
    /// Whether money went where it should not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charges: Option<Fact<bool>>,
}

impl<T> Fact<T> {
    /// Something that words or a field at a place say.
    pub fn told(value: T, because: impl Into<String>, place: impl Into<String>) -> Self {
        Self {
            value,
            because: because.into(),
            place: place.into(),
            is_assumed: false,
        }
    }

    /// Something that nobody says, and why it is taken to be so.
    pub fn assumed(value: T, because: impl Into<String>) -> Self {
        Self {
            value,
            because: because.into(),
            place: String::new(),
            is_assumed: true,
        }
    }
}

impl Facts {
    /// These facts, and where nothing is known of something or it is assumed, the others'.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            reach: better(self.reach, other.reach),
            depth: better(self.depth, other.depth),
            minutes: better(self.minutes, other.minutes),
            data: better(self.data, other.data),
            exposed: better(self.exposed, other.exposed),
            charges: better(self.charges, other.charges),
        }
    }
}

fn better<T>(one: Option<Fact<T>>, other: Option<Fact<T>>) -> Option<Fact<T>> {
    match (one, other) {
        (Some(one), Some(other)) if one.is_assumed && !other.is_assumed => Some(other),
        (one, other) => one.or(other),
    }
}

impl Reach {
    /// The name, for example `many`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Few => "few",
            Self::Some => "some",
            Self::Many => "many",
            Self::Most => "most",
            Self::All => "all",
        }
    }
}

impl Depth {
    /// The name, for example `degraded`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cosmetic => "cosmetic",
            Self::Minor => "minor",
            Self::Degraded => "degraded",
            Self::Partial => "partial",
            Self::Down => "down",
        }
    }
}
