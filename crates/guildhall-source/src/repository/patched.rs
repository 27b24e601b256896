//! Commits that a patch would make, in the place where merges are tried.

use std::ffi::OsString;

use guildhall_git::ObjectId;

use super::{Trials, Watch, ask};
use crate::SourceError;
use crate::process::{self, Ended, Setting};

/// Who makes a commit of a patch, and when: the same patch makes the same commit.
const IDENTITY: [(&str, &str); 6] = [
    ("GIT_AUTHOR_NAME", "Guildhall"),
    ("GIT_AUTHOR_EMAIL", "guildhall@localhost"),
    ("GIT_AUTHOR_DATE", "@0 +0000"),
    ("GIT_COMMITTER_NAME", "Guildhall"),
    ("GIT_COMMITTER_EMAIL", "guildhall@localhost"),
    ("GIT_COMMITTER_DATE", "@0 +0000"),
];

impl Trials {
    /// The commit that a patch would make of `base`, or why it does not apply, in git's
    /// words. It is there as long as this value is.
    ///
    /// # Errors
    /// As [`super::Repository::stream`].
    pub fn patched(
        &self,
        base: &ObjectId,
        patch: &[u8],
        watch: &Watch<'_>,
    ) -> Result<Result<ObjectId, String>, SourceError> {
        let mut setting = self.setting.clone();
        let index = self.scratch.path().join("patched-index");
        let variables = IDENTITY.map(|(name, value)| (name.into(), value.into()));
        setting.environment.extend(variables);
        let index: (OsString, OsString) = ("GIT_INDEX_FILE".into(), index.into());
        setting.environment.push(index);
        let base = base.to_string();
        succeeded(&setting, &["read-tree", &base], watch)?;
        let apply = ["apply", "--cached", "--whitespace=nowarn", "-"];
        let applied = process::run(&setting, apply, patch, watch)?;
        if applied.code != Some(0) {
            return Ok(Err(last_words(&applied)));
        }
        let tree = succeeded(&setting, &["write-tree"], watch)?;
        let tree = String::from_utf8_lossy(tree.trim_ascii()).into_owned();
        let told = ["commit-tree", &tree, "-p", &base, "-m", "a patch"];
        let commit = succeeded(&setting, &told, watch)?;
        let commit = ObjectId::from_hex(commit.trim_ascii());
        commit.map(Ok).ok_or_else(|| SourceError::Command {
            command: "git commit-tree".to_owned(),
            reason: "it gave no id".to_owned(),
        })
    }

    /// As [`super::Repository::merge_base`], of commits that [`Trials::patched`] made too.
    ///
    /// # Errors
    /// As [`super::Repository::stream`].
    pub fn merge_base(
        &self,
        one: &ObjectId,
        other: &ObjectId,
        watch: &Watch<'_>,
    ) -> Result<Option<ObjectId>, SourceError> {
        super::reachable::merge_base(&self.setting, one, other, watch)
    }
}

/// What git answers.
fn succeeded(
    setting: &Setting,
    arguments: &[&str],
    watch: &Watch<'_>,
) -> Result<Vec<u8>, SourceError> {
    let answer = ask(setting, arguments, watch)?;
    answer.ok_or_else(|| SourceError::Command {
        command: format!("git {}", arguments[0]),
        reason: "it ended with exit code 1".to_owned(),
    })
}

/// The last thing that git said, without the word before it.
fn last_words(ended: &Ended) -> String {
    let said = String::from_utf8_lossy(&ended.errors);
    let last = said.lines().rfind(|line| !line.trim().is_empty());
    let last = last.unwrap_or("git says no more").trim();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}
