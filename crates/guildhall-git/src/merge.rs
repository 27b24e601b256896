//! What merging two commits would come to, without a work tree: `git merge-tree`.
//!
//! Behind the arguments come `--merge-base=COMMIT` (of git 2.40 and newer), and the two
//! commits. Exit code 1 means that there are conflicts. The tree is written to the objects
//! of the repository: whoever must not change them gives git another folder for objects.

use crate::fields::{Cutter, Field};
use crate::{Flow, GitFormatError, ObjectId, Parser, Step, Take};

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
    fn without_a_tree_there_is_no_result() {
        for output in ["", "a\0", "\0"] {
            assert!(parse_all(MergeTree::default(), output.as_bytes()).is_err());
        }
        let unnamed = format!("{ID}\0\0");
        assert!(parse_all(MergeTree::default(), unnamed.as_bytes()).is_err());
    }
}
