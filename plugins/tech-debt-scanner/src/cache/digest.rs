//! SHA-256 digests, by which contents are known again.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A SHA-256 digest; sixty-four hexadecimal digits where it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(crate) struct Digest([u8; Self::LENGTH]);

/// A digest of several parts. Each goes in with its name and its length, so that no other
/// parts give the same bytes.
pub(crate) struct Parts(Sha256);

/// A text that is no digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no SHA-256 digest")]
pub(crate) struct NoDigest;

impl Digest {
    /// Its length in bytes.
    pub(crate) const LENGTH: usize = 32;

    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    pub(crate) fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    pub(crate) fn bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }
}

impl Parts {
    pub(crate) fn new() -> Self {
        Self(Sha256::new())
    }

    pub(crate) fn add(&mut self, name: &str, part: &[u8]) {
        for bytes in [name.as_bytes(), part] {
            self.0.update((bytes.len() as u64).to_le_bytes());
            self.0.update(bytes);
        }
    }

    pub(crate) fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        use std::fmt::Write as _;
        let mut text = String::with_capacity(2 * Digest::LENGTH);
        for byte in digest.0 {
            // Writing into a text cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text
    }
}

impl TryFrom<String> for Digest {
    type Error = NoDigest;

    fn try_from(text: String) -> Result<Self, NoDigest> {
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != Self::LENGTH || !rest.is_empty() {
            return Err(NoDigest);
        }
        let mut bytes = [0; Self::LENGTH];
        for (byte, pair) in bytes.iter_mut().zip(pairs) {
            *byte = value(pair[0])? << 4 | value(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

/// The value of a hexadecimal digit as this module writes them.
fn value(digit: u8) -> Result<u8, NoDigest> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(NoDigest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_standard_and_can_be_read_back() {
        let digest = Digest::of(b"abc");
        let text = String::from(digest);
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(text, expected);
        assert_eq!(Digest::try_from(text.clone()), Ok(digest));
        for bad in [&text[1..], "", &text.to_uppercase(), &format!("{text}00")] {
            assert_eq!(Digest::try_from(bad.to_owned()), Err(NoDigest), "{bad}");
        }
    }

    #[test]
    fn parts_that_only_read_alike_have_another_digest() {
        let digest = |parts: &[(&str, &str)]| {
            let mut all = Parts::new();
            for (name, part) in parts {
                all.add(name, part.as_bytes());
            }
            all.finish()
        };
        let one = digest(&[("a", "bc")]);
        assert_eq!(one, digest(&[("a", "bc")]));
        for other in [
            &[("ab", "c")][..],
            &[("a", "b"), ("", "c")],
            &[("a", "bc"), ("", "")],
        ] {
            assert_ne!(one, digest(other));
        }
    }
}
