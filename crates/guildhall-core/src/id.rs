//! Names and ids: newtypes that can only hold a well-formed value.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::CoreError;

/// Longest agent id and longest capability name, in bytes.
pub const MAX_NAME_LEN: usize = 64;

/// Id of an agent (and of the plugin that carries it): lower-case ASCII words of
/// letters and digits joined by `-`, for example `tech-debt-scanner`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AgentId(String);

/// Name of a capability: two or more lower-case words joined by `.`, the first
/// saying whose it is, for example `example.greet` or `guildhall.scan`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CapabilityName(String);

impl AgentId {
    /// Checks and wraps `text`.
    ///
    /// # Errors
    /// [`CoreError::BadName`] where `text` is not of the form above.
    pub fn new(text: impl Into<String>) -> Result<Self, CoreError> {
        let text = text.into();
        if is_word(&text) {
            return Ok(Self(text));
        }
        Err(CoreError::BadName {
            what: "agent id",
            text,
            form: "lower-case letters and digits in words joined by '-', at most 64 bytes, starting with a letter",
        })
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl CapabilityName {
    /// Checks and wraps `text`.
    ///
    /// # Errors
    /// [`CoreError::BadName`] where `text` is not of the form above.
    pub fn new(text: impl Into<String>) -> Result<Self, CoreError> {
        let text = text.into();
        if is_dotted(&text) {
            return Ok(Self(text));
        }
        Err(CoreError::BadName {
            what: "capability name",
            text,
            form: "two or more words of lower-case letters, digits and '-' joined by '.', at most 64 bytes, for example 'example.greet'",
        })
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether `text` is one word: a lower-case ASCII letter, then letters, digits
/// and single hyphens, not ending in a hyphen, of at most [`MAX_NAME_LEN`] bytes.
pub(crate) const fn is_word(text: &str) -> bool {
    text.len() <= MAX_NAME_LEN && is_word_within(text.as_bytes(), 0, text.len())
}

/// Whether `text` is two or more words joined by `.`.
pub(crate) const fn is_dotted(text: &str) -> bool {
    text.len() <= MAX_NAME_LEN && count_words(text.as_bytes(), b'.') >= 2
}

/// Whether `text` is one to three words joined by single spaces.
pub(crate) const fn is_command(text: &str) -> bool {
    matches!(count_words(text.as_bytes(), b' '), 1..=3)
}

/// Whether `text` begins as a semantic version does: three numbers joined by `.`, then
/// nothing, `-` or `+`. What follows these is left to the reader of the manifest.
pub(crate) const fn is_version(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut numbers = 0;
    let mut at = 0;
    loop {
        let start = at;
        while at < bytes.len() && bytes[at].is_ascii_digit() {
            at += 1;
        }
        if at == start || (at - start > 1 && bytes[start] == b'0') {
            return false;
        }
        numbers += 1;
        if numbers == 3 {
            return at == bytes.len() || bytes[at] == b'-' || bytes[at] == b'+';
        }
        if at == bytes.len() || bytes[at] != b'.' {
            return false;
        }
        at += 1;
    }
}

/// How many words `separator` joins; 0 where one of them is none.
const fn count_words(bytes: &[u8], separator: u8) -> usize {
    let mut start = 0;
    let mut words = 0;
    let mut at = 0;
    while at <= bytes.len() {
        if at == bytes.len() || bytes[at] == separator {
            if !is_word_within(bytes, start, at) {
                return 0;
            }
            words += 1;
            start = at + 1;
        }
        at += 1;
    }
    words
}

/// These are `const` so that a plugin's names are checked while it is compiled.
const fn is_word_within(bytes: &[u8], start: usize, end: usize) -> bool {
    if start == end || !bytes[start].is_ascii_lowercase() || bytes[end - 1] == b'-' {
        return false;
    }
    let mut at = start;
    while at < end {
        let byte = bytes[at];
        if !(byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            || (byte == b'-' && bytes[at - 1] == b'-')
        {
            return false;
        }
        at += 1;
    }
    true
}

macro_rules! text_newtype {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = CoreError;

            fn from_str(text: &str) -> Result<Self, CoreError> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = CoreError;

            fn try_from(text: String) -> Result<Self, CoreError> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

text_newtype!(AgentId);
text_newtype!(CapabilityName);

macro_rules! uuid_newtype {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id. Ids made later on this machine sort later (UUID v7, RFC 9562).
            #[expect(clippy::new_without_default, reason = "each call gives another value")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// The id as a UUID.
            pub fn as_uuid(&self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = CoreError;

            fn from_str(text: &str) -> Result<Self, CoreError> {
                Uuid::parse_str(text).map(Self).map_err(|_| CoreError::BadName {
                    what: stringify!($name),
                    text: text.to_owned(),
                    form: "a UUID such as 01890a5d-ac96-774b-bcce-b302099a8057",
                })
            }
        }
    };
}

uuid_newtype!(
    /// Id of a task: one piece of work handed to an agent. The id of a call into
    /// a plugin is the id of the task that the call executes.
    TaskId
);
uuid_newtype!(
    /// Id of a message.
    MessageId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_formed_names_are_taken_and_others_named() {
        for good in ["a", "hello", "tech-debt-scanner", "a1-b2"] {
            assert_eq!(AgentId::new(good).unwrap().as_str(), good);
        }
        let long = "a".repeat(MAX_NAME_LEN + 1);
        for bad in ["", "-a", "a-", "a--b", "A", "1a", "a b", "a.b", "ä", &long] {
            let error = AgentId::new(bad).unwrap_err().to_string();
            assert!(error.contains(&format!("{bad:?}")), "{error}");
        }
        assert!(CapabilityName::new("example.greet").is_ok());
        for bad in [
            "greet",
            ".greet",
            "example.",
            "example..greet",
            "Example.greet",
        ] {
            assert!(CapabilityName::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn versions_and_commands_are_told_from_others() {
        for good in ["0.0.0", "1.2.3", "10.20.30-beta.1+x"] {
            assert!(
                is_version(good) && semver::Version::parse(good).is_ok(),
                "{good}"
            );
        }
        for bad in [
            "", "1", "1.0", "1.0.0.0", "01.0.0", "v1.0.0", "1..0", "1.0.x",
        ] {
            assert!(
                !is_version(bad) && semver::Version::parse(bad).is_err(),
                "{bad}"
            );
        }
        assert!(is_command("hello") && is_command("licences check all"));
        for bad in ["", "Hello", "a  b", "a b c d", " a", "a --x"] {
            assert!(!is_command(bad), "{bad:?}");
        }
    }

    #[test]
    fn a_bad_name_is_refused_on_deserialisation_too() {
        assert!(serde_json::from_str::<AgentId>("\"no good\"").is_err());
        assert!(serde_json::from_str::<CapabilityName>("\"one\"").is_err());
    }

    #[test]
    fn later_ids_sort_later() {
        let ids: Vec<TaskId> = (0..1000).map(|_| TaskId::new()).collect();
        assert!(ids.is_sorted());
        let text = ids[0].to_string();
        assert_eq!(text.parse::<TaskId>().unwrap(), ids[0]);
    }
}
