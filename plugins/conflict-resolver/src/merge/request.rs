//! What is asked for, and what a user may set.

use guildhall_merge::Thresholds;
use guildhall_sdk::prelude::*;

use super::external::PLACEHOLDERS;

/// What to merge: two commits of a repository, or three files.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, Schema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct MergeRequest {
    /// The repository, or a folder in it; the current folder where it is left out. It is only
    /// read.
    pub path: Option<String>,
    /// The commit that is merged into: a branch, a tag or an id; `HEAD` where it is left out.
    pub ours: Option<String>,
    /// The commit that is merged.
    pub theirs: Option<String>,
    /// What both began with; where it is left out, git finds it.
    pub base: Option<String>,
    /// The files to look at, from the top of the repository; all where it is left out.
    pub only: Vec<String>,
    /// Three files instead of commits: what both sides began with.
    pub base_file: Option<String>,
    /// The file that is merged into.
    pub ours_file: Option<String>,
    /// The file that is merged.
    pub theirs_file: Option<String>,
    /// What to do with a hunk: `NUMBER=proposal`, `ours`, `theirs`, `both`, `base`, or
    /// `@FILE` for the text in a file.
    pub answer: Vec<String>,
    /// Goes on with a merge that was kept, by its id.
    pub resume: Option<String>,
    /// A command for the shell that tells a right merge from a wrong one, for example the
    /// tests; it runs in a copy of the merged tree.
    pub check: Vec<String>,
    /// Where to write the merged files: a folder, or a file where three files are merged.
    /// Nothing may lie there yet.
    pub into: Option<String>,
    /// Puts the merged texts into the report.
    pub texts: bool,
    /// Keeps nothing for a later `--resume`.
    pub no_save: bool,
}

/// Three files by their names.
#[derive(Debug, Clone)]
pub(crate) struct ThreeFiles {
    pub(crate) base: String,
    pub(crate) ours: String,
    pub(crate) theirs: String,
}

/// `[plugins.config.conflict-resolver.merge]`.
#[derive(Debug, Clone, PartialEq, Deserialize, Schema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct MergeSettings {
    /// From which probability on a hunk or a file is applied; above 1, none is.
    pub apply: f64,
    /// From which probability on a text is proposed.
    pub propose: f64,
    /// How many of the newest merges are replayed to see how the repository resolves
    /// conflicts.
    pub learn_merges: u32,
    /// Seconds that a check may take.
    pub check_seconds: u32,
    /// A program that merges a file and writes the result to its standard output, with its
    /// arguments: `{base}`, `{ours}`, `{theirs}` and `{path}` stand for the three files and the
    /// path. It ends with 0 where it has merged all of it.
    pub driver: Vec<String>,
    /// Seconds that it may take for a file.
    pub driver_seconds: u32,
}

impl Default for MergeSettings {
    fn default() -> Self {
        let Thresholds { apply, propose } = Thresholds::default();
        Self {
            apply,
            propose,
            learn_merges: 200,
            check_seconds: 600,
            driver: Vec::new(),
            driver_seconds: 30,
        }
    }
}

impl MergeSettings {
    /// # Errors
    /// Where a value is outside of its range.
    pub(crate) fn validate(&self) -> Result<(), AgentError> {
        for (key, value) in [("apply", self.apply), ("propose", self.propose)] {
            // Not a number is in no range.
            if !(0.0..=2.0).contains(&value) {
                let message = format!("merge.{key} is {value}; give a number from 0 to 2");
                return Err(AgentError::new(ErrorCode::InvalidInput, message));
            }
        }
        for (key, seconds) in [
            ("check-seconds", self.check_seconds),
            ("driver-seconds", self.driver_seconds),
        ] {
            if seconds == 0 {
                let message = format!("merge.{key} is 0; give the seconds that it may take");
                return Err(AgentError::new(ErrorCode::InvalidInput, message));
            }
        }
        let names = |placeholder: &&str| !self.driver.iter().any(|it| it.contains(placeholder));
        if let Some(missing) = PLACEHOLDERS[..3].iter().copied().find(names)
            && !self.driver.is_empty()
        {
            let message = format!("merge.driver does not name {missing}, which it has to merge");
            return Err(AgentError::new(ErrorCode::InvalidInput, message));
        }
        if self.propose > self.apply {
            let (apply, propose) = (self.apply, self.propose);
            let message = format!(
                "merge.propose, {propose}, is more than merge.apply, {apply}; what is applied is \
                 surer than what is proposed"
            );
            return Err(AgentError::new(ErrorCode::InvalidInput, message));
        }
        Ok(())
    }

    pub(crate) fn thresholds(&self) -> Thresholds {
        Thresholds {
            apply: self.apply,
            propose: self.propose,
        }
    }
}

impl MergeRequest {
    /// The three files, where files are to be merged.
    ///
    /// # Errors
    /// Where one is missing, or commits are named as well.
    pub(crate) fn three_files(&self) -> Result<Option<ThreeFiles>, AgentError> {
        let all = [&self.base_file, &self.ours_file, &self.theirs_file];
        if all.iter().all(|file| file.is_none()) {
            return match self.theirs {
                Some(_) => Ok(None),
                None => Err(wrong(
                    "theirs",
                    "is missing; name the commit that is merged",
                )),
            };
        }
        for (key, is_there) in [
            ("ours", self.ours.is_some()),
            ("theirs", self.theirs.is_some()),
            ("base", self.base.is_some()),
            ("check", !self.check.is_empty()),
            ("only", !self.only.is_empty()),
        ] {
            if is_there {
                return Err(wrong(
                    key,
                    "is for commits; leave it out where three files are merged",
                ));
            }
        }
        let named = |key, file: &Option<String>| {
            let file = file.clone();
            file.ok_or_else(|| wrong(key, "is missing; name all three files"))
        };
        Ok(Some(ThreeFiles {
            base: named("base-file", &self.base_file)?,
            ours: named("ours-file", &self.ours_file)?,
            theirs: named("theirs-file", &self.theirs_file)?,
        }))
    }
}

/// That a part of the request is wrong.
pub(crate) fn wrong(key: &str, problem: &str) -> AgentError {
    AgentError::new(ErrorCode::InvalidInput, format!("`{key}` {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_commits_are_not_mixed() {
        let refused = |request: &MergeRequest, words: &str| {
            let error = request.three_files().unwrap_err();
            assert!(error.message.contains(words), "{}", error.message);
        };
        let mut request = MergeRequest {
            base_file: Some("b".to_owned()),
            ours_file: Some("o".to_owned()),
            ..MergeRequest::default()
        };
        refused(&request, "`theirs-file` is missing");
        request.theirs_file = Some("t".to_owned());
        assert!(request.three_files().unwrap().is_some());
        request.theirs = Some("main".to_owned());
        refused(&request, "`theirs` is for commits");
        refused(&MergeRequest::default(), "`theirs` is missing");
    }

    #[test]
    fn settings_outside_of_their_range_are_named() {
        type Change = fn(&mut MergeSettings);
        let with = |change: Change| {
            let mut settings = MergeSettings::default();
            change(&mut settings);
            settings.validate()
        };
        let cases: [(Change, &str); 5] = [
            (|it| it.apply = f64::NAN, "merge.apply is NaN"),
            (|it| it.propose = 0.9, "more than merge.apply"),
            (|it| it.check_seconds = 0, "merge.check-seconds is 0"),
            (|it| it.driver_seconds = 0, "merge.driver-seconds is 0"),
            (
                |it| it.driver = vec!["merge-it".to_owned(), "{base}{ours}".to_owned()],
                "does not name {theirs}",
            ),
        ];
        for (change, words) in cases {
            let error = with(change).unwrap_err();
            assert!(error.message.contains(words), "{}", error.message);
        }
        // Above 1 nothing is applied.
        assert!(with(|it| it.apply = 1.01).is_ok());
    }
}
