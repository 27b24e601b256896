//! Names of objects: commits, trees, blobs and tags.

use std::fmt;
use std::str::FromStr;

/// The name of an object, by SHA-1 or SHA-256.
///
/// ```
/// use guildhall_git::ObjectId;
///
/// let text = "f2ad6c76f0115a6ba5b00456a849810e7ec0af20";
/// let id: ObjectId = text.parse().expect("40 digits");
/// assert_eq!(id.to_string(), text);
/// assert!("HEAD".parse::<ObjectId>().is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    bytes: [u8; 32],
    length: u8,
}

/// A text that is no object's name: not 40 or 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnObjectId;

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKind {
    /// The content of a file.
    Blob,
    /// A folder.
    Tree,
    /// A commit; in a tree, one of another repository (a submodule).
    Commit,
    /// An annotated tag.
    Tag,
}

impl ObjectId {
    /// Reads 40 or 64 lower-case hexadecimal digits, and nothing else.
    pub fn from_hex(hex: &[u8]) -> Option<Self> {
        if !matches!(hex.len(), 40 | 64) {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
            *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
        }
        let length = u8::try_from(hex.len() / 2).ok()?;
        Some(Self { bytes, length })
    }

    /// Its 20 or 32 bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// Whether all its bytes are nought, by which git says that there is no object.
    pub fn is_null(&self) -> bool {
        self.bytes.iter().all(|byte| *byte == 0)
    }
}

impl ObjectKind {
    /// Reads git's word for it.
    pub fn from_word(word: &[u8]) -> Option<Self> {
        match word {
            b"blob" => Some(Self::Blob),
            b"tree" => Some(Self::Tree),
            b"commit" => Some(Self::Commit),
            b"tag" => Some(Self::Tag),
            _ => None,
        }
    }

    /// Git's word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Blob => "blob",
            Self::Tree => "tree",
            Self::Commit => "commit",
            Self::Tag => "tag",
        }
    }
}

impl FromStr for ObjectId {
    type Err = NotAnObjectId;

    fn from_str(text: &str) -> Result<Self, NotAnObjectId> {
        Self::from_hex(text.as_bytes()).ok_or(NotAnObjectId)
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes()
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_lengths_are_read_and_written() {
        for text in ["0a".repeat(20), "f9".repeat(32)] {
            let id: ObjectId = text.parse().unwrap();
            assert_eq!(id.to_string(), text);
            assert_eq!(id.as_bytes().len() * 2, text.len());
            assert!(!id.is_null());
        }
        assert!("0".repeat(40).parse::<ObjectId>().unwrap().is_null());
    }

    #[test]
    fn abbreviations_and_names_are_refused() {
        for text in ["", "HEAD", "--help", &"0A".repeat(20), &"00".repeat(21)] {
            assert_eq!(text.parse::<ObjectId>(), Err(NotAnObjectId), "{text}");
        }
    }
}
