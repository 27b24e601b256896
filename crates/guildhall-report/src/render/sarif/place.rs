//! Places in SARIF: relative URIs and regions.

use std::path::Path;

use guildhall_core::path_text;

use super::model::{ArtifactLocation, PhysicalLocation, Place, Region};
use crate::{Location, Position};

/// The base that all URIs are relative to: the scanned folder. Its own URI is
/// left to the consumer, since it differs from machine to machine.
pub(super) const SOURCE_ROOT: &str = "SRCROOT";

pub(super) fn of(location: &Location) -> Place {
    Place {
        physical_location: PhysicalLocation {
            artifact_location: ArtifactLocation {
                uri: uri(&location.path),
                uri_base_id: SOURCE_ROOT,
            },
            region: location.start.and_then(|start| region(start, location.end)),
        },
    }
}

/// Lines and columns count from 1 here and there, and the end is just after the
/// last character in both. A range that makes no sense is left out.
fn region(start: Position, end: Option<Position>) -> Option<Region> {
    if start.line == 0 || start.column == 0 {
        return None;
    }
    let end = end.filter(|end| *end >= start && end.column > 0);
    Some(Region {
        start_line: start.line,
        start_column: start.column,
        end_line: end.map(|end| end.line),
        end_column: end.map(|end| end.column),
    })
}

/// The path's bytes as a relative URI (RFC 3986): all but unreserved characters
/// and `/` percent-encoded, so that no name is taken for a scheme or an authority.
fn uri(path: &str) -> String {
    let decoded = path_text::decode(path);
    let mut uri = String::new();
    for &byte in bytes(&decoded).iter() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                uri.push(char::from(byte));
            }
            // A leading slash would make the reference absolute.
            b'/' if !uri.is_empty() => uri.push('/'),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(unix)]
fn bytes(path: &Path) -> std::borrow::Cow<'_, [u8]> {
    use std::os::unix::ffi::OsStrExt as _;
    std::borrow::Cow::Borrowed(path.as_os_str().as_bytes())
}

#[cfg(not(unix))]
fn bytes(path: &Path) -> std::borrow::Cow<'_, [u8]> {
    std::borrow::Cow::Owned(path.to_string_lossy().replace('\\', "/").into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_are_relative_and_percent_encoded() {
        assert_eq!(uri("src/lib.rs"), "src/lib.rs");
        assert_eq!(uri("a b/ü#?.rs"), "a%20b/%C3%BC%23%3F.rs");
        assert_eq!(uri("http://x"), "http%3A//x");
        assert_eq!(uri("//host/x"), "%2F/host/x");
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_not_unicode_are_encoded_as_they_are() {
        assert_eq!(uri(r"bad\xFF.rs"), "bad%FF.rs");
        assert_eq!(uri(r"back\\slash"), "back%5Cslash");
    }

    #[test]
    fn a_range_that_makes_no_sense_is_left_out() {
        let at = |line, column| Position { line, column };
        assert!(region(at(0, 1), None).is_none());
        let backwards = region(at(5, 1), Some(at(4, 1))).unwrap();
        assert_eq!(backwards.end_line, None);
        let fine = region(at(5, 1), Some(at(5, 9))).unwrap();
        assert_eq!((fine.end_line, fine.end_column), (Some(5), Some(9)));
    }
}
