//! The commits between a good and a bad one, in a line.

use guildhall_sdk::core::{AgentError, ErrorCode};
use guildhall_source::git::ObjectId;
use guildhall_source::repository::{Repository, Watch};

use crate::trial::{commit_named, failed};

/// Commits of a line at the most.
const MOST_COMMITS: usize = 20_000;

/// A good commit, and those after it of which the last is bad.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) good: ObjectId,
    /// From the oldest.
    pub(crate) commits: Vec<ObjectId>,
    /// What is to be known of it.
    pub(crate) note: Option<String>,
}

impl Line {
    /// The commits that first parents lead to from the bad one to the good one.
    ///
    /// # Errors
    /// Where there is none between, or they have no history in common.
    pub(crate) fn between(
        repository: &Repository,
        (good_name, bad_name): (&str, &str),
        watch: &Watch<'_>,
    ) -> Result<Self, AgentError> {
        let good = commit_named(repository, good_name, watch)?;
        let bad = commit_named(repository, bad_name, watch)?;
        let base = repository.merge_base(&good, &bad, watch);
        let Some(base) = base.map_err(|error| failed(&error))? else {
            let text = format!("{good_name} and {bad_name} have no history in common");
            let help = match repository.facts().is_shallow {
                true => "the history is cut off here: `git fetch --unshallow` gets the rest",
                false => "name two commits of one history",
            };
            return Err(AgentError::new(ErrorCode::InvalidInput, text).with_help(help));
        };
        if base == bad {
            let text =
                format!("no commit lies between the good {good_name} and the bad {bad_name}");
            return Err(AgentError::new(ErrorCode::InvalidInput, text).with_help(
                "the bad one has to come after the good one; are they the wrong way round?",
            ));
        }
        let note = (base != good).then(|| {
            format!(
                "{good_name} is not in the history of {bad_name}; {base}, where the two part, is \
                 taken for good"
            )
        });
        let commits = line(repository, &bad, &base, watch)?;
        Ok(Self {
            good: base,
            commits,
            note,
        })
    }

    /// What a merge has brought: its second parent's commits, and itself. `None` where it is
    /// none, or brought nothing.
    ///
    /// # Errors
    /// Where git fails.
    pub(crate) fn inside(
        repository: &Repository,
        parents: &[ObjectId],
        merge: &ObjectId,
        watch: &Watch<'_>,
    ) -> Result<Option<Self>, AgentError> {
        let [first, second, ..] = parents else {
            return Ok(None);
        };
        let mut commits = line(repository, second, first, watch)?;
        if commits.is_empty() {
            return Ok(None);
        }
        commits.push(*merge);
        Ok(Some(Self {
            good: *first,
            commits,
            note: None,
        }))
    }

    /// The number of a commit, where it is one of the line.
    pub(crate) fn number_of(&self, commit: &str) -> Option<usize> {
        let all = std::iter::once(&self.good).chain(&self.commits);
        let mut all = all.enumerate();
        all.find_map(|(number, id)| (id.to_string() == commit).then_some(number))
    }

    /// The commit of a number of [`Bisect`](super::Bisect).
    pub(crate) fn at(&self, number: usize) -> &ObjectId {
        match number {
            0 => &self.good,
            number => &self.commits[number - 1],
        }
    }
}

/// Oldest first, without what `not` reaches.
fn line(
    repository: &Repository,
    from: &ObjectId,
    not: &ObjectId,
    watch: &Watch<'_>,
) -> Result<Vec<ObjectId>, AgentError> {
    let found = repository.first_parents(from, not, MOST_COMMITS + 1, watch);
    let mut commits = found.map_err(|error| failed(&error))?;
    if commits.len() > MOST_COMMITS {
        let text = format!("more than {MOST_COMMITS} commits lie between {not} and {from}");
        return Err(AgentError::new(ErrorCode::InvalidInput, text)
            .with_help("name a good commit that is nearer to the bad one by --good"));
    }
    commits.reverse();
    Ok(commits)
}
