//! Names for commits: tags, and what a user writes for a commit.

use std::ops::ControlFlow;

use guildhall_git::refs::{Refs, TAGS};
use guildhall_git::{ObjectId, ObjectKind};

use super::{Repository, Watch, ask};
use crate::SourceError;

/// A tag that leads to a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Its name without `refs/tags/`; what is not UTF-8 is replaced.
    pub name: String,
    /// The commit.
    pub commit: ObjectId,
    /// When the tag was put on, or else when the commit was made, in seconds since 1970.
    pub time: i64,
}

impl Repository {
    /// The tags that lead to commits and are not younger than `not_after`, in seconds since
    /// 1970: the newest first, those of one time by name.
    ///
    /// # Errors
    /// As [`Repository::stream`].
    pub fn tags(&self, not_after: i64, watch: &Watch<'_>) -> Result<Vec<Tag>, SourceError> {
        let mut tags = Vec::new();
        let _ = self.records(Refs::default(), [TAGS], &[], watch, |found| {
            let (commit, kind) = found.peeled();
            let name = found.name.strip_prefix(b"refs/tags/");
            if let (Some(name), Some(time), ObjectKind::Commit) = (name, found.time, kind)
                && time <= not_after
            {
                let name = String::from_utf8_lossy(name).into_owned();
                tags.push(Tag { name, commit, time });
            }
            ControlFlow::Continue(())
        })?;
        tags.sort_by(|a, b| (b.time, &b.name).cmp(&(a.time, &a.name)));
        Ok(tags)
    }

    /// The commit that `name` leads to: a branch, a tag, an id or the beginning of one;
    /// `None` where there is none.
    ///
    /// # Errors
    /// As [`Repository::stream`].
    pub fn commit_named(
        &self,
        name: &str,
        watch: &Watch<'_>,
    ) -> Result<Option<ObjectId>, SourceError> {
        let name = format!("{name}^{{commit}}");
        let arguments = [
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &name,
        ];
        let Some(answer) = ask(&self.setting, &arguments, watch)? else {
            return Ok(None);
        };
        Ok(answer
            .split(|byte| *byte == b'\n')
            .find_map(ObjectId::from_hex))
    }
}
