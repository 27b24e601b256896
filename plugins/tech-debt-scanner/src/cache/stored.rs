//! The form of a cache's file: three parts behind a head that says where they end and what
//! their digests are.
//!
//! The index is read at every scan, the report only where nothing has changed, and the
//! facts only where something has. Each part is checked before it is believed.

use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt as _;

use super::digest::Digest;
use super::index::Index;

/// What every file of this form begins with.
const MAGIC: &[u8; 24] = b"guildhall debt cache 2\n\0";

/// What it begins with in every version.
const NAME: &[u8] = b"guildhall debt cache ";

/// Index, report, facts.
const PARTS: usize = 3;

/// A length and a digest for each part, and a digest of the head before it.
const HEAD: usize = MAGIC.len() + PARTS * (8 + Digest::LENGTH) + Digest::LENGTH;

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unusable {
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    #[error("it is damaged")]
    Damaged,
    #[error("another version has written it")]
    Foreign,
}

/// A file of this form, open.
#[derive(Debug)]
pub(super) struct Stored {
    file: File,
    parts: [(Range<u64>, Digest); PARTS],
}

impl Stored {
    /// Reads head and index.
    pub(super) fn open(file: File) -> Result<(Self, Index), Unusable> {
        let metadata = file.metadata()?;
        // Reading a pipe would wait for its other end.
        if !metadata.is_file() {
            return Err(Unusable::Damaged);
        }
        let mut head = [0; HEAD];
        match file.read_exact_at(&mut head, 0) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(Unusable::Damaged);
            }
            read => read?,
        }
        let parts = read_head(&head, metadata.len())?;
        let stored = Self { file, parts };
        let index = stored.part(0)?;
        let index = Index::from_bytes(&index).ok_or(Unusable::Damaged)?;
        Ok((stored, index))
    }

    pub(super) fn report(&self) -> Result<Vec<u8>, Unusable> {
        self.part(1)
    }

    pub(super) fn facts(&self) -> Result<Vec<u8>, Unusable> {
        self.part(2)
    }

    /// Says that it was of use now, for it is the longest unused ones that go first.
    pub(super) fn touch(&self) {
        // A file that cannot be touched only goes a little earlier.
        let _ = self.file.set_modified(std::time::SystemTime::now());
    }

    fn part(&self, number: usize) -> Result<Vec<u8>, Unusable> {
        let (range, digest) = &self.parts[number];
        let length = usize::try_from(range.end - range.start).map_err(|_| Unusable::Damaged)?;
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, range.start)?;
        if Digest::of(&bytes) == *digest {
            Ok(bytes)
        } else {
            Err(Unusable::Damaged)
        }
    }
}

/// Writes a file of this form.
pub(super) fn write(to: &mut impl Write, parts: [&[u8]; PARTS]) -> io::Result<()> {
    let mut head = Vec::with_capacity(HEAD);
    head.extend_from_slice(MAGIC);
    for part in parts {
        head.extend_from_slice(&(part.len() as u64).to_le_bytes());
        head.extend_from_slice(Digest::of(part).bytes());
    }
    let digest = Digest::of(&head);
    head.extend_from_slice(digest.bytes());
    to.write_all(&head)?;
    parts.into_iter().try_for_each(|part| to.write_all(part))
}

fn read_head(head: &[u8; HEAD], size: u64) -> Result<[(Range<u64>, Digest); PARTS], Unusable> {
    if !head.starts_with(MAGIC) {
        let is_known = head.starts_with(NAME);
        return Err(match is_known {
            true => Unusable::Foreign,
            false => Unusable::Damaged,
        });
    }
    let (checked, digest) = head.split_at(HEAD - Digest::LENGTH);
    if Digest::of(checked).bytes() != digest {
        return Err(Unusable::Damaged);
    }
    let mut start = HEAD as u64;
    let mut rest = &checked[MAGIC.len()..];
    let mut parts = [(); PARTS].map(|()| (0..0, Digest::of(b"")));
    for part in &mut parts {
        let length = u64::from_le_bytes(take(&mut rest).ok_or(Unusable::Damaged)?);
        let digest = Digest::from_bytes(take(&mut rest).ok_or(Unusable::Damaged)?);
        let end = start.checked_add(length).ok_or(Unusable::Damaged)?;
        *part = (start..end, digest);
        start = end;
    }
    if start == size {
        Ok(parts)
    } else {
        Err(Unusable::Damaged)
    }
}

/// The next bytes.
fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (first, others) = rest.split_first_chunk()?;
    *rest = others;
    Some(*first)
}

#[cfg(test)]
mod tests {
    use std::io::Seek as _;

    use proptest::prelude::*;

    use super::super::index::Kept;
    use super::*;

    fn index() -> Index {
        let digest = Digest::of(b"a");
        let kept = Kept {
            place: 1..3,
            unused: 2,
        };
        Index {
            analysis: "x".to_owned(),
            facts: [(digest, kept)].into(),
            report: Some(digest),
            ..Index::default()
        }
    }

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file.rewind().unwrap();
        file
    }

    fn written(report: &[u8], facts: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(&mut bytes, [&index().to_bytes(), report, facts]).unwrap();
        bytes
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_back(report: Vec<u8>, facts: Vec<u8>) {
            let (stored, read) = Stored::open(file(&written(&report, &facts))).unwrap();
            prop_assert_eq!(read, index());
            prop_assert_eq!(stored.report().unwrap(), report);
            prop_assert_eq!(stored.facts().unwrap(), facts);
        }

        #[test]
        fn whatever_is_done_to_the_bytes_no_other_part_is_believed(
            report in prop::collection::vec(any::<u8>(), 0..40),
            facts in prop::collection::vec(any::<u8>(), 0..40),
            at: prop::sample::Index,
            removed in 0..60_usize,
            put: Vec<u8>,
        ) {
            let mut bytes = written(&report, &facts);
            let start = at.index(bytes.len());
            let end = bytes.len().min(start + removed);
            bytes.splice(start..end, put);
            if let Ok((stored, read)) = Stored::open(file(&bytes)) {
                prop_assert_eq!(read, index());
                prop_assert!(stored.report().map_or(true, |read| read == report));
                prop_assert!(stored.facts().map_or(true, |read| read == facts));
            }
        }

        #[test]
        fn any_bytes_are_survived(bytes: Vec<u8>) {
            let begun = [&MAGIC[..], &bytes].concat();
            prop_assert!(Stored::open(file(&bytes)).is_err());
            prop_assert!(Stored::open(file(&begun)).is_err());
        }
    }
}
