//! Where words stand in the files of a commit.

use std::ops::ControlFlow;

use guildhall_git::ObjectId;
use guildhall_git::grep::{FoundWord, Words};

use super::{Repository, Watch, owned, read_records};
use crate::SourceError;

impl Repository {
    /// Gives `take` each place at which one of `words` stands as a whole word in a text
    /// file of `commit`, whatever its case is not: `Lock` is not `lock`.
    ///
    /// # Errors
    /// As [`Repository::stream`].
    pub fn words(
        &self,
        commit: &ObjectId,
        words: &[&str],
        watch: &Watch<'_>,
        take: impl FnMut(FoundWord) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, SourceError> {
        if words.is_empty() {
            return Ok(ControlFlow::Continue(()));
        }
        let mut more = owned(words.iter().flat_map(|word| ["-e", word]));
        more.push(commit.to_string().into());
        more.push("--".into());
        // Code 1 says that nothing was found.
        let is_answer = |code| matches!(code, Some(0 | 1));
        read_records(
            &self.setting,
            Words::default(),
            more,
            watch,
            is_answer,
            take,
        )
    }
}
