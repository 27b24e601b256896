//! Fingerprints: the identity of a finding across runs and unrelated edits.

use std::fmt;
use std::str::FromStr;

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};

use crate::ReportError;

/// Start and factor of the 128-bit FNV-1a hash (Fowler, Noll and Vo).
const FNV_OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const FNV_PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

/// The stable identity of a finding: lower-case hexadecimal digits.
///
/// Make it with [`Fingerprint::of`] from what names the place (the rule, the path, the
/// qualified name of a function, the text of a comment) and an ordinal that tells
/// namesakes apart. Lines, columns and measured values take no part, so that a finding
/// keeps its identity while code above it changes or it grows.
///
/// Any text is read from JSON, so that one wrong fingerprint does not lose an agent's
/// report; [`crate::merge`] replaces what [`is_valid`](Self::is_valid) refuses, and says
/// so in the document.
///
/// ```
/// use guildhall_report::Fingerprint;
///
/// let first = Fingerprint::of(&["todo-comment", "src/a.rs", "write this"], 0);
/// let second = Fingerprint::of(&["todo-comment", "src/a.rs", "write this"], 1);
/// assert_ne!(first, second);
/// assert_eq!(first.as_str().len(), 32);
/// assert_eq!("5F3A".parse::<Fingerprint>().unwrap_err().to_string(),
///     "`5F3A` is no fingerprint; use lower-case hexadecimal digits, as `Fingerprint::of` gives");
/// ```
#[derive(
    Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Schema,
)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint made of `parts`: 32 digits.
    pub fn of(parts: &[&str], ordinal: u32) -> Self {
        let mut hash = FNV_OFFSET;
        for part in parts {
            // The length keeps ("ab", "c") apart from ("a", "bc").
            hash = mix(hash, &(part.len() as u64).to_le_bytes());
            hash = mix(hash, part.as_bytes());
        }
        Self(format!("{:032x}", mix(hash, &ordinal.to_le_bytes())))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it has digits, and nothing else.
    pub fn is_valid(&self) -> bool {
        let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        !self.0.is_empty() && self.0.bytes().all(digit)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl FromStr for Fingerprint {
    type Err = ReportError;

    fn from_str(text: &str) -> Result<Self, ReportError> {
        let fingerprint = Self(text.to_owned());
        if fingerprint.is_valid() {
            return Ok(fingerprint);
        }
        Err(ReportError::BadFingerprint {
            given: text.to_owned(),
        })
    }
}

fn mix(hash: u128, bytes: &[u8]) -> u128 {
    bytes.iter().fold(hash, |hash, byte| {
        (hash ^ u128::from(*byte)).wrapping_mul(FNV_PRIME)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_one() {
        // Test vectors of the FNV reference for the empty text and for "a".
        assert_eq!(mix(FNV_OFFSET, b""), 0x6c62272e07bb014262b821756295c58d);
        assert_eq!(mix(FNV_OFFSET, b"a"), 0xd228cb696f1a8caf78912b704e4a8964);
    }

    #[test]
    fn parts_and_ordinals_are_told_apart() {
        let all = [
            Fingerprint::of(&["ab", "c"], 0),
            Fingerprint::of(&["a", "bc"], 0),
            Fingerprint::of(&["ab", "c"], 1),
            Fingerprint::of(&["abc"], 0),
        ];
        let distinct: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
    }

    #[test]
    fn only_lower_case_hexadecimal_is_a_fingerprint() {
        for text in ["", "5F3A", "missing:src/a.rs", "0x5f", "5f 3a", "ß"] {
            assert!(text.parse::<Fingerprint>().is_err(), "{text}");
        }
        let made = Fingerprint::of(&[], 0);
        assert_eq!(made.to_string().parse(), Ok(made));
    }
}
