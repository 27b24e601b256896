//! Large data under the hash of its content.

use std::fmt;
use std::str::FromStr;

use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::event::Durability;
use crate::RuntimeError;

/// Data that is found by its content. What was put stays as it is.
#[async_trait]
pub trait Blobs: Send + Sync + 'static {
    /// Keeps `data`, once however often it is put, and gives the name under which it is
    /// found. A damaged copy is replaced.
    ///
    /// # Errors
    /// Where the store fails.
    ///
    /// # Cancel safety
    /// Where the future is dropped the data may still be kept, whole.
    async fn put(&self, data: Bytes, durability: Durability) -> Result<Digest, RuntimeError>;

    /// The data of this name. Its hash was checked.
    ///
    /// # Errors
    /// [`RuntimeError::NoSuchBlob`], and [`RuntimeError::BlobDamaged`] where the hash is
    /// not the one it was kept under.
    async fn get(&self, digest: &Digest) -> Result<Bytes, RuntimeError>;

    /// Whether there is data of this name. It is not read.
    ///
    /// # Errors
    /// Where the store fails.
    async fn has(&self, digest: &Digest) -> Result<bool, RuntimeError>;
}

/// SHA-256 of some data: 64 hexadecimal digits as text.
///
/// ```
/// use guildhall_runtime::store::Digest;
///
/// let digest = Digest::of(b"abc");
/// let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
/// assert_eq!(digest.to_string(), text);
/// assert_eq!(text.parse(), Ok(digest));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of `data`.
    pub fn of(data: &[u8]) -> Self {
        Self(Sha256::digest(data).into())
    }

    /// The digest of what `hasher` was given.
    pub(crate) fn of_hashed(hasher: Sha256) -> Self {
        Self(hasher.finalize().into())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 64];
        for (byte, pair) in self.0.iter().zip(text.as_chunks_mut::<2>().0) {
            let digit = |at: u8| b"0123456789abcdef"[usize::from(at)];
            *pair = [digit(byte >> 4), digit(byte & 15)];
        }
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

/// A text that is no digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a SHA-256 digest: expected 64 hexadecimal digits in lower case")]
pub struct BadDigest {
    text: String,
}

impl FromStr for Digest {
    type Err = BadDigest;

    fn from_str(text: &str) -> Result<Self, BadDigest> {
        digest_of_hex(text.as_bytes()).ok_or_else(|| BadDigest {
            text: text.to_owned(),
        })
    }
}

fn digest_of_hex(text: &[u8]) -> Option<Digest> {
    let mut bytes = [0; 32];
    let (pairs, rest) = text.as_chunks::<2>();
    if pairs.len() != bytes.len() || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = hex_value(*high)? << 4 | hex_value(*low)?;
    }
    Some(Digest(bytes))
}

const fn hex_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

impl TryFrom<String> for Digest {
    type Error = BadDigest;

    fn try_from(text: String) -> Result<Self, BadDigest> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> String {
        digest.to_string()
    }
}
