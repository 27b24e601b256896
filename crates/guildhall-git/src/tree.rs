//! The files of a commit with their sizes: `git ls-tree`.
//!
//! Behind the arguments comes the commit or tree, then `--` and the paths to look at,
//! from the top.

use crate::fields::{Cutter, Field};
use crate::numbers::decimal;
use crate::{FileMode, Flow, GitFormatError, ObjectId, ObjectKind, Parser, Step, Take};

const COMMAND: &str = "ls-tree";

/// A file of a commit, or a commit of another repository in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its mode.
    pub mode: FileMode,
    /// What stands there; without folders, which are walked into.
    pub kind: ObjectKind,
    /// Its content.
    pub id: ObjectId,
    /// Bytes of its content; `None` where it is no blob or is not in this repository.
    pub size: Option<u64>,
    /// Its path from the top.
    pub path: Vec<u8>,
}

/// `git ls-tree -r -l -z`: all files below a tree, ordered by path.
#[derive(Debug, Clone)]
pub struct Tree(Cutter);

impl Default for Tree {
    fn default() -> Self {
        Self(Cutter::at(0))
    }
}

impl Parser for Tree {
    type Record = Entry;

    fn arguments(&self) -> &'static [&'static str] {
        &["ls-tree", "-r", "-l", "-z", "--full-tree"]
    }

    fn push(&mut self, bytes: &[u8], take: Take<'_, Entry>) -> Step {
        self.0.push(bytes, &mut |field| Ok(take(entry_of(field)?)))
    }

    fn finish(&mut self, _: Take<'_, Entry>) -> Step {
        self.0.must_be_empty(COMMAND)?;
        Ok(Flow::Continue(()))
    }
}

fn entry_of(field: Field<'_>) -> Result<Entry, GitFormatError> {
    let bytes = field.whole(COMMAND, "file")?;
    entry(bytes).ok_or_else(|| field.refuse(COMMAND, "file"))
}

/// `mode kind id size`, of which the size is padded, then a tabulator and the path.
fn entry(bytes: &[u8]) -> Option<Entry> {
    let tabulator = bytes.iter().position(|byte| *byte == b'\t')?;
    let (head, path) = (&bytes[..tabulator], &bytes[tabulator + 1..]);
    let mut words = head
        .split(|byte| *byte == b' ')
        .filter(|word| !word.is_empty());
    let entry = Entry {
        mode: FileMode::read(words.next()?)?,
        kind: ObjectKind::from_word(words.next()?)?,
        id: ObjectId::from_hex(words.next()?)?,
        size: match words.next()? {
            // No blob, and a blob that is not there.
            b"-" | b"BAD" => None,
            size => Some(decimal(size)?),
        },
        path: path.to_vec(),
    };
    (words.next().is_none() && !path.is_empty()).then_some(entry)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_all;

    const ID: &str = "f2ad6c76f0115a6ba5b00456a849810e7ec0af20";

    #[test]
    fn sizes_may_be_padded_or_missing() {
        let output = format!(
            "100644 blob {ID}       2\ta b\t\nc\x00160000 commit {ID}       -\tsub\x00100755 blob {ID}     BAD\tgone\0"
        );
        let entries = parse_all(Tree::default(), output.as_bytes()).unwrap();
        let sizes: Vec<_> = entries.iter().map(|entry| entry.size).collect();
        assert_eq!(sizes, [Some(2), None, None]);
        assert_eq!(entries[0].path, b"a b\t\nc");
        assert_eq!(entries[1].kind, ObjectKind::Commit);
    }

    #[test]
    fn half_a_file_is_refused() {
        for output in [
            format!("100644 blob {ID} 2\ta"),
            format!("100644 blob {ID} 2\t\0"),
            format!("100644 blob {ID}\ta\0"),
            format!("100644 bulb {ID} 2\ta\0"),
            "\0".to_owned(),
        ] {
            assert!(
                parse_all(Tree::default(), output.as_bytes()).is_err(),
                "{output:?}"
            );
        }
    }
}
