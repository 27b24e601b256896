//! Names of any text as one part of a path or of a git reference.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// Bytes of the longest part; file systems take 255.
const LONGEST: usize = 120;

/// Bytes of a hash that keep the names of long texts apart, as digits.
const HASH: usize = 16;

/// The text as one part of a path or of a git reference: letters, digits, `-` and `_`
/// stand for themselves, every other byte is `%` and two digits. Texts that differ have
/// names that differ.
pub(crate) fn component(text: &str) -> String {
    if text.is_empty() {
        return "%".to_owned();
    }
    let mut name = String::new();
    for (at, byte) in text.bytes().enumerate() {
        // A leading hyphen would look like an option.
        let is_plain = byte.is_ascii_alphanumeric() || byte == b'_' || (byte == b'-' && at > 0);
        if is_plain {
            name.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(name, "%{byte:02X}");
        }
    }
    if name.len() > LONGEST {
        name.truncate(LONGEST - 2 * HASH - 2);
        name.push_str("%%");
        for byte in &Sha256::digest(text.as_bytes())[..HASH] {
            let _ = write!(name, "{byte:02x}");
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ordinary_names_stay_readable() {
        assert_eq!(component("review-3"), "review-3");
        assert_eq!(component("../a.lock"), "%2E%2E%2Fa%2Elock");
    }

    proptest! {
        #[test]
        fn a_name_is_one_short_part_and_differs_with_the_text(a in ".{0,90}", b in ".{0,90}") {
            let (name, other) = (component(&a), component(&b));
            prop_assert!(!name.is_empty() && name.len() <= LONGEST);
            prop_assert!(name.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_%".contains(&c)));
            prop_assert_eq!(a == b, name == other);
        }
    }
}
