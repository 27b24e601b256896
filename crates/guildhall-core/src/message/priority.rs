//! How urgent a message is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How urgent a message is, least first.
///
/// A closed set, unlike intents: whoever sorts by priority must know the place of
/// each, so another one would be another major version of the protocol.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum MessagePriority {
    /// Can wait for everything else.
    Low,
    /// Has its turn.
    #[default]
    Normal,
    /// Goes before normal work.
    High,
    /// Goes before everything else.
    Critical,
}

impl MessagePriority {
    /// All priorities, least first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Normal, Self::High, Self::Critical];

    /// The priority as a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for MessagePriority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn priorities_are_ordered_and_written_as_their_words() {
        assert!(MessagePriority::ALL.is_sorted());
        for priority in MessagePriority::ALL {
            let json = serde_json::to_string(&priority).unwrap();
            assert_eq!(json, format!("\"{priority}\""));
        }
    }
}
