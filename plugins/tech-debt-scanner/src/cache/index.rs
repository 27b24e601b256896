//! What is known without reading more than the first part of a cache's file.

use std::collections::BTreeMap;
use std::ops::Range;

use super::bytes::{Bytes, read_all, write_all};
use super::digest::Digest;
use super::stamp::Stamp;
use super::walked::Walk;

/// What every scan reads.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Index {
    /// Which analysis has made the facts and the report.
    pub(super) analysis: String,
    /// The files whose contents are known again by their stamps, by name.
    pub(super) files: BTreeMap<String, (Stamp, Digest)>,
    /// Where the facts on each content are.
    pub(super) facts: BTreeMap<Digest, Kept>,
    /// What the report depends on.
    pub(super) report: Option<Digest>,
    /// What the walk has found.
    pub(super) walk: Option<Walk>,
}

/// Where the facts on a content are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    /// From the beginning of that part.
    pub(super) place: Range<usize>,
    /// How many times in a row the file was written since they were of use.
    pub(super) unused: u32,
}

impl Index {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut to = Vec::new();
        self.analysis.write(&mut to);
        (self.files.len() as u64).write(&mut to);
        for (name, known) in &self.files {
            name.write(&mut to);
            known.write(&mut to);
        }
        (self.facts.len() as u64).write(&mut to);
        for (key, kept) in &self.facts {
            key.write(&mut to);
            kept.write(&mut to);
        }
        self.report.write(&mut to);
        self.walk.write(&mut to);
        to
    }

    /// What was written by [`Index::to_bytes`], and nothing behind it.
    pub(super) fn from_bytes(mut from: &[u8]) -> Option<Self> {
        let from = &mut from;
        let analysis = String::read(from)?;
        let files: Vec<(String, (Stamp, Digest))> = read_all(from)?;
        let facts: Vec<(Digest, Kept)> = read_all(from)?;
        let index = Self {
            analysis,
            files: files.into_iter().collect(),
            facts: facts.into_iter().collect(),
            report: Bytes::read(from)?,
            walk: Bytes::read(from)?,
        };
        from.is_empty().then_some(index)
    }
}

impl Bytes for Kept {
    fn write(&self, to: &mut Vec<u8>) {
        (self.place.start as u64).write(to);
        (self.place.end as u64).write(to);
        u64::from(self.unused).write(to);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        let mut number = || u64::read(from);
        let (start, end, unused) = (number()?, number()?, number()?);
        let place = usize::try_from(start).ok()?..usize::try_from(end).ok()?;
        let unused = u32::try_from(unused).ok()?;
        Some(Self { place, unused })
    }
}

impl Bytes for Walk {
    fn write(&self, to: &mut Vec<u8>) {
        self.root.write(to);
        write_all(self.seen.iter(), to);
        write_all(self.files.iter(), to);
        write_all(self.marks.iter(), to);
        // They are few, and have fields of their own.
        let skipped = serde_json::to_vec(&self.skipped);
        skipped.unwrap_or_default().write(to);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        Some(Self {
            root: Bytes::read(from)?,
            seen: read_all(from)?,
            files: read_all(from)?,
            marks: read_all(from)?,
            skipped: serde_json::from_slice(&Vec::read(from)?).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use guildhall_report::Skipped;
    use proptest::prelude::*;

    use super::*;

    fn stamp(seed: u64) -> Stamp {
        Stamp {
            size: seed,
            modified: (seed as i64, -1),
            changed: (-(seed as i64), 2),
            inode: !seed,
            device: 3,
        }
    }

    fn index(names: Vec<String>, number: u64) -> Index {
        let digest = |name: &String| Digest::of(name.as_bytes());
        let kept = |name: &String| Kept {
            place: 1..name.len() + 1,
            unused: 7,
        };
        let seen = names.iter().enumerate();
        let seen = seen.map(|(place, name)| {
            let stamp = (place % 2 == 0).then(|| stamp(number));
            (PathBuf::from(name), stamp)
        });
        Index {
            analysis: "x".to_owned(),
            files: names
                .iter()
                .map(|name| (name.clone(), (stamp(number), digest(name))))
                .collect(),
            facts: names
                .iter()
                .map(|name| (digest(name), kept(name)))
                .collect(),
            report: names.first().map(digest),
            walk: Some(Walk {
                root: PathBuf::from("/r"),
                seen: seen.collect(),
                marks: names.iter().map(PathBuf::from).collect(),
                skipped: vec![Skipped::new("a", "symlink", "it is")],
                files: names,
            }),
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_back(names: Vec<String>, number in 0..u64::MAX / 2) {
            let index = index(names, number);
            prop_assert_eq!(Index::from_bytes(&index.to_bytes()), Some(index));
        }

        #[test]
        fn what_is_torn_or_has_more_behind_it_is_refused(
            names in prop::collection::vec("[a-z]{1,4}", 0..4),
            at: prop::sample::Index,
            more in prop::collection::vec(any::<u8>(), 1..9),
        ) {
            let bytes = index(names, 9).to_bytes();
            prop_assert_eq!(Index::from_bytes(&bytes[..at.index(bytes.len())]), None);
            prop_assert_eq!(Index::from_bytes(&[bytes, more].concat()), None);
        }

        #[test]
        fn other_bytes_are_refused_or_mean_an_index_that_can_be_written(
            names in prop::collection::vec("[a-z]{1,4}", 0..4),
            at: prop::sample::Index,
            removed in 0..30_usize,
            put: Vec<u8>,
        ) {
            let mut bytes = index(names, 9).to_bytes();
            let start = at.index(bytes.len());
            let end = bytes.len().min(start + removed);
            bytes.splice(start..end, put);
            // A digest tells damage; what is left here is not to mean two things.
            if let Some(read) = Index::from_bytes(&bytes) {
                prop_assert!(read.to_bytes().len() <= bytes.len());
                prop_assert_eq!(Index::from_bytes(&read.to_bytes()), Some(read));
            }
        }
    }
}
