//! Paths as text, without loss.
//!
//! JSON has no bytes and Rust paths need not be Unicode. [`encode`] writes a path
//! with `/` between its parts, each byte that is not UTF-8 as `\xNN` and (on
//! systems where a backslash can be part of a name) each backslash as `\\`;
//! [`decode`] reads it back.

use std::path::{Path, PathBuf};

/// Writes `path` as text.
///
/// ```
/// use guildhall_core::path_text;
/// let path = std::path::Path::new("src/lib.rs");
/// assert_eq!(path_text::encode(path), "src/lib.rs");
/// assert_eq!(path_text::decode("src/lib.rs"), path);
/// ```
pub fn encode(path: &Path) -> String {
    imp::encode(path)
}

/// Reads what [`encode`] wrote. An escape that `encode` does not write is taken
/// literally, so every string decodes to some path.
pub fn decode(text: &str) -> PathBuf {
    imp::decode(text)
}

#[cfg(unix)]
mod imp {
    use std::ffi::OsString;
    use std::fmt::Write as _;
    use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
    use std::path::{Path, PathBuf};

    pub(super) fn encode(path: &Path) -> String {
        let bytes = path.as_os_str().as_bytes();
        let mut text = String::with_capacity(bytes.len());
        for chunk in bytes.utf8_chunks() {
            for character in chunk.valid().chars() {
                if character == '\\' {
                    text.push('\\');
                }
                text.push(character);
            }
            for byte in chunk.invalid() {
                // Writing to a String cannot fail.
                let _ = write!(text, "\\x{byte:02X}");
            }
        }
        text
    }

    pub(super) fn decode(text: &str) -> PathBuf {
        let bytes = text.as_bytes();
        let mut path = Vec::with_capacity(bytes.len());
        let mut at = 0;
        while at < bytes.len() {
            let (byte, width) = escaped(&bytes[at..]).unwrap_or((bytes[at], 1));
            path.push(byte);
            at += width;
        }
        PathBuf::from(OsString::from_vec(path))
    }

    /// The byte that an escape at the start of `rest` stands for, and the
    /// escape's width.
    fn escaped(rest: &[u8]) -> Option<(u8, usize)> {
        match rest {
            [b'\\', b'\\', ..] => Some((b'\\', 2)),
            [b'\\', b'x', high, low, ..] => {
                let digit = |byte: u8| (byte as char).to_digit(16);
                let value = digit(*high)? * 16 + digit(*low)?;
                Some((u8::try_from(value).ok()?, 4))
            }
            _ => None,
        }
    }
}

#[cfg(not(unix))]
mod imp {
    use std::path::{Path, PathBuf};

    pub(super) fn encode(path: &Path) -> String {
        path.to_string_lossy().replace('\\', "/")
    }

    pub(super) fn decode(text: &str) -> PathBuf {
        PathBuf::from(text)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt as _;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_path_survives_a_round_trip(bytes in proptest::collection::vec(1_u8.., 0..40)) {
            let path = PathBuf::from(OsString::from_vec(bytes));
            prop_assert_eq!(decode(&encode(&path)), path);
        }

        #[test]
        fn any_text_decodes(text in ".*") {
            decode(&text);
        }
    }

    #[test]
    fn invalid_bytes_and_backslashes_are_escaped() {
        let path = PathBuf::from(OsString::from_vec(b"a\xFF\\b".to_vec()));
        assert_eq!(encode(&path), r"a\xFF\\b");
    }
}
