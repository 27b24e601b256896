//! Which commits are reached from where, and where two histories meet.

use std::ops::ControlFlow;

use guildhall_git::ObjectId;
use guildhall_git::log::{CommitTime, CommitTimes};

use super::{Repository, Watch, ask};
use crate::SourceError;
use crate::process::Setting;

impl Repository {
    /// The commits that `from` reaches and `not` does not, newest first, `most` of them at
    /// the most; merges are left out.
    ///
    /// # Errors
    /// As [`Repository::stream`], for example where a commit is not there.
    pub fn reachable(
        &self,
        from: &ObjectId,
        not: Option<&ObjectId>,
        most: usize,
        watch: &Watch<'_>,
    ) -> Result<Vec<CommitTime>, SourceError> {
        let mut more = vec![format!("--max-count={most}"), from.to_string()];
        more.extend(not.map(|not| format!("^{not}")));
        more.push("--".to_owned());
        let mut commits = Vec::new();
        let _ = self.records(CommitTimes::default(), more, &[], watch, |commit| {
            commits.push(commit);
            ControlFlow::Continue(())
        })?;
        Ok(commits)
    }

    /// The commits that lead from `from` back along first parents, newest first, merges too,
    /// without those that `not` reaches; `most` of them at the most.
    ///
    /// # Errors
    /// As [`Repository::stream`].
    pub fn first_parents(
        &self,
        from: &ObjectId,
        not: &ObjectId,
        most: usize,
        watch: &Watch<'_>,
    ) -> Result<Vec<ObjectId>, SourceError> {
        let more = [
            "--first-parent".to_owned(),
            "--no-max-parents".to_owned(),
            format!("--max-count={most}"),
            from.to_string(),
            format!("^{not}"),
            "--".to_owned(),
        ];
        let mut commits = Vec::new();
        let _ = self.records(CommitTimes::default(), more, &[], watch, |commit| {
            commits.push(commit.id);
            ControlFlow::Continue(())
        })?;
        Ok(commits)
    }

    /// The best commit that both reach; `None` where their histories have none in common.
    ///
    /// # Errors
    /// As [`Repository::stream`].
    pub fn merge_base(
        &self,
        one: &ObjectId,
        other: &ObjectId,
        watch: &Watch<'_>,
    ) -> Result<Option<ObjectId>, SourceError> {
        merge_base(&self.setting, one, other, watch)
    }
}

/// The best commit that both reach, as git finds it under this setting.
pub(super) fn merge_base(
    setting: &Setting,
    one: &ObjectId,
    other: &ObjectId,
    watch: &Watch<'_>,
) -> Result<Option<ObjectId>, SourceError> {
    let (one, other) = (one.to_string(), other.to_string());
    let answer = ask(setting, &["merge-base", &one, &other], watch)?;
    Ok(answer.and_then(|id| ObjectId::from_hex(id.trim_ascii_end())))
}
