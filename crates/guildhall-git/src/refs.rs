//! Branches and tags: `git for-each-ref`.
//!
//! Behind the arguments come patterns, [`TAGS`] for example, or nothing for all refs.

use crate::fields::{Cutter, Field};
use crate::numbers::time;
use crate::{Flow, GitFormatError, ObjectId, ObjectKind, Parser, Step, Take};

const COMMAND: &str = "for-each-ref";

/// The pattern of tags.
pub const TAGS: &str = "refs/tags";

/// The pattern of branches that are not another repository's.
pub const BRANCHES: &str = "refs/heads";

/// A name for an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ref {
    /// Its whole name, such as `refs/tags/v1.0`.
    pub name: Vec<u8>,
    /// What it names.
    pub id: ObjectId,
    /// What that is.
    pub kind: ObjectKind,
    /// For an annotated tag, the object that the tag is put on.
    pub target: Option<(ObjectId, ObjectKind)>,
    /// When the tag was put on, or else when the commit was made, in seconds since 1970;
    /// `None` where neither is known.
    pub time: Option<i64>,
    /// Another ref that it stands for, as a remote's `HEAD` does.
    pub stands_for: Option<Vec<u8>>,
}

/// `git for-each-ref`: refs ordered by name.
#[derive(Debug, Clone)]
pub struct Refs(Cutter);

impl Ref {
    /// The object that it leads to in the end: the target of an annotated tag, or else
    /// what it names.
    pub fn peeled(&self) -> (ObjectId, ObjectKind) {
        self.target.unwrap_or((self.id, self.kind))
    }
}

impl Default for Refs {
    fn default() -> Self {
        Self(Cutter::at(b'\n'))
    }
}

impl Parser for Refs {
    type Record = Ref;

    fn arguments(&self) -> &'static [&'static str] {
        &[
            "for-each-ref",
            "--sort=refname",
            "--format=%(refname)%00%(objectname)%00%(objecttype)%00%(*objectname)%00%(*objecttype)%00%(creatordate:unix)%00%(symref)",
        ]
    }

    fn push(&mut self, bytes: &[u8], take: Take<'_, Ref>) -> Step {
        self.0.push(bytes, &mut |line| Ok(take(ref_of(line)?)))
    }

    fn finish(&mut self, _: Take<'_, Ref>) -> Step {
        self.0.must_be_empty(COMMAND)?;
        Ok(Flow::Continue(()))
    }
}

fn ref_of(line: Field<'_>) -> Result<Ref, GitFormatError> {
    let bytes = line.whole(COMMAND, "ref")?;
    read(bytes).ok_or_else(|| line.refuse(COMMAND, "ref"))
}

fn read(bytes: &[u8]) -> Option<Ref> {
    let mut fields = bytes.split(|byte| *byte == 0);
    let found = Ref {
        name: fields.next().filter(|name| !name.is_empty())?.to_vec(),
        id: ObjectId::from_hex(fields.next()?)?,
        kind: ObjectKind::from_word(fields.next()?)?,
        target: match (fields.next()?, fields.next()?) {
            (b"", b"") => None,
            (id, kind) => Some((ObjectId::from_hex(id)?, ObjectKind::from_word(kind)?)),
        },
        time: time(fields.next()?)?,
        stands_for: fields
            .next()
            .map(|name| (!name.is_empty()).then(|| name.to_vec()))?,
    };
    fields.next().is_none().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_all;

    const ID: &str = "f2ad6c76f0115a6ba5b00456a849810e7ec0af20";

    #[test]
    fn an_annotated_tag_leads_to_its_target() {
        let output = format!("refs/tags/v1\0{ID}\0tag\0{ID}\0commit\0-5\0\n");
        let refs = parse_all(Refs::default(), output.as_bytes()).unwrap();
        assert_eq!(refs[0].kind, ObjectKind::Tag);
        assert_eq!(refs[0].peeled().1, ObjectKind::Commit);
        assert_eq!(refs[0].time, Some(-5));
    }

    #[test]
    fn a_ref_that_stands_for_another_says_so() {
        let output = format!("refs/remotes/o/HEAD\0{ID}\0commit\0\0\0\0refs/remotes/o/main\n");
        let refs = parse_all(Refs::default(), output.as_bytes()).unwrap();
        assert_eq!(
            refs[0].stands_for.as_deref(),
            Some(&b"refs/remotes/o/main"[..])
        );
        assert_eq!(refs[0].peeled(), (refs[0].id, ObjectKind::Commit));
        assert_eq!(refs[0].time, None);
    }

    #[test]
    fn fields_too_few_and_too_many_are_refused() {
        for output in [
            format!("refs/a\0{ID}\0commit\0\0\05\n"),
            format!("refs/a\0{ID}\0commit\0\0\x005\0\0\n"),
            format!("refs/a\0{ID}\0commit\0\0\x005\0"),
            "\n".to_owned(),
        ] {
            assert!(
                parse_all(Refs::default(), output.as_bytes()).is_err(),
                "{output:?}"
            );
        }
    }
}
