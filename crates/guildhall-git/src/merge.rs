//! What merging two commits would come to, without a work tree: `git merge-tree`.
//!
//! Behind the arguments come `--merge-base=COMMIT` (of git 2.40 and newer), and the two
//! commits. Exit code 1 means that there are conflicts. The tree is written to the objects
//! of the repository: whoever must not change them gives git another folder for objects.
//!
//! [`MergeTrees`] reads many merges of one process, with the versions of each file in
//! conflict: two commits a line go to its input.

use crate::fields::{Cutter, Field};
use crate::numbers::octal;
use crate::{FileMode, Flow, GitFormatError, ObjectId, Parser, Step, Take};

const COMMAND: &str = "merge-tree";

/// The result, or a file that is in conflict; the result comes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MergeRecord {
    /// The tree that was made, with marks where there are conflicts.
    Tree(ObjectId),
    /// Path of a file in conflict, from the top.
    Conflict(Vec<u8>),
}

/// `git merge-tree --write-tree --name-only -z`.
#[derive(Debug, Clone)]
pub struct MergeTree {
    cutter: Cutter,
    has_tree: bool,
}

impl Default for MergeTree {
    fn default() -> Self {
        Self {
            cutter: Cutter::at(0),
            has_tree: false,
        }
    }
}

impl Parser for MergeTree {
    type Record = MergeRecord;

    fn arguments(&self) -> &'static [&'static str] {
        &[
            "merge-tree",
            "--write-tree",
            "--name-only",
            "--no-messages",
            "-z",
        ]
    }

    fn push(&mut self, bytes: &[u8], take: Take<'_, MergeRecord>) -> Step {
        let Self { cutter, has_tree } = self;
        cutter.push(bytes, &mut |field| Ok(take(record(field, has_tree)?)))
    }

    fn finish(&mut self, _: Take<'_, MergeRecord>) -> Step {
        self.cutter.must_be_empty(COMMAND)?;
        if !self.has_tree {
            return Err(GitFormatError::ended(COMMAND, self.cutter.offset()));
        }
        Ok(Flow::Continue(()))
    }
}

/// A part of the answer to many merges, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TriedRecord {
    /// A merge begins.
    Merge {
        /// Whether there is no conflict.
        is_clean: bool,
        /// The tree that was made, with marks where there are conflicts.
        tree: ObjectId,
    },
    /// A version of a file in conflict, of the merge that has begun last.
    Version(ConflictVersion),
}

/// A version of a file in conflict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConflictVersion {
    /// Its mode.
    pub mode: FileMode,
    /// Its content.
    pub id: ObjectId,
    /// 1 for what both sides began with, 2 for the first commit, 3 for the second.
    pub stage: u8,
    /// Path of the file, from the top.
    pub path: Vec<u8>,
}

/// `git merge-tree --stdin --no-messages`.
#[derive(Debug, Clone)]
pub struct MergeTrees {
    cutter: Cutter,
    place: Place,
}

/// What the next field of the answer is.
#[derive(Debug, Clone, Copy)]
enum Place {
    Outcome,
    Tree { is_clean: bool },
    Versions,
}

impl Default for MergeTrees {
    fn default() -> Self {
        Self {
            cutter: Cutter::at(0),
            place: Place::Outcome,
        }
    }
}

impl Parser for MergeTrees {
    type Record = TriedRecord;

    fn arguments(&self) -> &'static [&'static str] {
        &["merge-tree", "--stdin", "--no-messages"]
    }

    fn push(&mut self, bytes: &[u8], take: Take<'_, TriedRecord>) -> Step {
        let Self { cutter, place } = self;
        cutter.push(bytes, &mut |field| match tried(field, place)? {
            Some(record) => Ok(take(record)),
            None => Ok(Flow::Continue(())),
        })
    }

    fn finish(&mut self, _: Take<'_, TriedRecord>) -> Step {
        self.cutter.must_be_empty(COMMAND)?;
        match self.place {
            Place::Outcome => Ok(Flow::Continue(())),
            _ => Err(GitFormatError::ended(COMMAND, self.cutter.offset())),
        }
    }
}

fn tried(field: Field<'_>, place: &mut Place) -> Result<Option<TriedRecord>, GitFormatError> {
    match *place {
        Place::Outcome => {
            let is_clean = match field.bytes {
                b"0" => false,
                b"1" => true,
                _ => return Err(field.refuse(COMMAND, "outcome of a merge")),
            };
            *place = Place::Tree { is_clean };
            Ok(None)
        }
        Place::Tree { is_clean } => {
            let tree = ObjectId::from_hex(field.bytes);
            let tree = tree.ok_or_else(|| field.refuse(COMMAND, "tree"))?;
            *place = Place::Versions;
            Ok(Some(TriedRecord::Merge { is_clean, tree }))
        }
        Place::Versions => {
            let bytes = field.whole(COMMAND, "file")?;
            if bytes.is_empty() {
                *place = Place::Outcome;
                return Ok(None);
            }
            let version = version(bytes).ok_or_else(|| field.refuse(COMMAND, "file"))?;
            Ok(Some(TriedRecord::Version(version)))
        }
    }
}

/// `mode id stage`, then a tabulator and the path.
fn version(bytes: &[u8]) -> Option<ConflictVersion> {
    let at = bytes.iter().position(|byte| *byte == b'\t')?;
    let (words, path) = (&bytes[..at], &bytes[at + 1..]);
    let mut words = words.split(|byte| *byte == b' ');
    let mode = FileMode(octal(words.next()?)?);
    let id = ObjectId::from_hex(words.next()?)?;
    let stage = match words.next()? {
        b"1" => 1,
        b"2" => 2,
        b"3" => 3,
        _ => return None,
    };
    let is_whole = words.next().is_none() && !path.is_empty();
    is_whole.then(|| ConflictVersion {
        mode,
        id,
        stage,
        path: path.to_vec(),
    })
}

fn record(field: Field<'_>, has_tree: &mut bool) -> Result<MergeRecord, GitFormatError> {
    if *has_tree {
        let path = field.whole(COMMAND, "path")?;
        if path.is_empty() {
            return Err(field.refuse(COMMAND, "path"));
        }
        return Ok(MergeRecord::Conflict(path.to_vec()));
    }
    let id = ObjectId::from_hex(field.bytes).ok_or_else(|| field.refuse(COMMAND, "tree"))?;
    *has_tree = true;
    Ok(MergeRecord::Tree(id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_all;

    const ID: &str = "f2ad6c76f0115a6ba5b00456a849810e7ec0af20";

    #[test]
    fn conflicts_follow_the_tree() {
        let output = format!("{ID}\0a\nb\0c\0");
        let records = parse_all(MergeTree::default(), output.as_bytes()).unwrap();
        let paths: Vec<_> = records[1..]
            .iter()
            .map(|record| match record {
                MergeRecord::Conflict(path) => path.as_slice(),
                MergeRecord::Tree(_) => panic!("a second tree"),
            })
            .collect();
        assert_eq!(paths, [&b"a\nb"[..], b"c"]);
    }

    #[test]
    fn merges_come_one_after_the_other_with_the_versions_of_each_file() {
        let output =
            format!("1\0{ID}\0\x000\0{ID}\x00100644 {ID} 1\ta b\x00100755 {ID} 3\ta b\0\0");
        let records = parse_all(MergeTrees::default(), output.as_bytes()).unwrap();
        let shown: Vec<String> = records
            .iter()
            .map(|record| match record {
                TriedRecord::Merge { is_clean, .. } => format!("merge {is_clean}"),
                TriedRecord::Version(one) => {
                    format!(
                        "{:o} {} {}",
                        one.mode.0,
                        one.stage,
                        String::from_utf8_lossy(&one.path)
                    )
                }
            })
            .collect();
        assert_eq!(
            shown,
            ["merge true", "merge false", "100644 1 a b", "100755 3 a b"]
        );
        for end in 1..output.len() - 1 {
            let cut = parse_all(MergeTrees::default(), &output.as_bytes()[..end]);
            // Between two merges it may end.
            assert_eq!(cut.is_ok(), end == 44, "{end}");
        }
        for wrong in ["2\0", "0\0x\0", &format!("0\0{ID}\x00100644 {ID} 4\ta\0\0")] {
            assert!(parse_all(MergeTrees::default(), wrong.as_bytes()).is_err());
        }
    }

    #[test]
    fn without_a_tree_there_is_no_result() {
        for output in ["", "a\0", "\0"] {
            assert!(parse_all(MergeTree::default(), output.as_bytes()).is_err());
        }
        let unnamed = format!("{ID}\0\0");
        assert!(parse_all(MergeTree::default(), unnamed.as_bytes()).is_err());
    }
}
