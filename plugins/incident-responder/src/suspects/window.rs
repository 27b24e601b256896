//! Which commits may be to blame: between releases where they are told, else the newest.

use std::collections::{HashMap, HashSet};

use guildhall_source::git::ObjectId;
use guildhall_source::git::log::CommitTime;
use guildhall_source::repository::{Repository, Tag, Watch};
use serde::Serialize;

use crate::{ReleaseHint, ResponderError};

use super::versions;

/// Without releases the window holds as many of the newest commits.
const LEAST_COMMITS: usize = 200;

/// And all of these days, in seconds.
const DAYS: i64 = 90 * 86_400;

/// Tags that are looked at, newest first, and releases that are told apart.
const MOST_TAGS: usize = 40;
const MOST_RELEASES: usize = 8;

/// The commits that may be to blame.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    /// The commit at which the symptom was seen.
    pub(crate) base: ObjectId,
    /// When that was made, in seconds since 1970.
    pub(crate) base_time: i64,
    /// All commits that are read, newest first: what is usual is learnt from all of them.
    pub(crate) commits: Vec<CommitTime>,
    /// Which of them may be to blame; `None` where all may.
    pub(crate) inside: Option<HashSet<ObjectId>>,
    /// Releases between each commit and the base; empty where none are known.
    pub(crate) releases: HashMap<ObjectId, u32>,
    /// Those releases, newest first, with how many of the commits came after each.
    pub(crate) names: Vec<(String, usize)>,
    pub(crate) rule: Rule,
    pub(crate) from: Option<String>,
    pub(crate) to: String,
    /// What was told and could not be used, or was not enough.
    pub(crate) notes: Vec<String>,
    /// Whether the history is cut off, so that older commits may be to blame.
    pub(crate) is_shallow: bool,
}

/// By what the window was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Rule {
    /// Releases that somebody told.
    Told,
    /// Releases that the text of the symptom names.
    Text,
    /// The newest commits, of which those after few releases are likelier.
    Releases,
    /// The newest commits.
    Newest,
}

impl Rule {
    /// The name, for example `releases`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Told => "told",
            Self::Text => "text",
            Self::Releases => "releases",
            Self::Newest => "newest",
        }
    }
}

/// What is told of the window.
#[derive(Debug, Clone, Default)]
pub(crate) struct Told<'a> {
    pub(crate) base: Option<&'a str>,
    /// By flags: a name that leads nowhere is an error.
    pub(crate) flags: ReleaseHint,
    /// By an alert or a reporter: what leads nowhere is passed over.
    pub(crate) release: ReleaseHint,
    pub(crate) text: &'a str,
    /// Commits that are read at the most.
    pub(crate) most: usize,
}

/// Ends between which the symptom came.
struct Ends {
    rule: Rule,
    good: Option<(String, ObjectId)>,
    bad: Option<(String, ObjectId)>,
}

/// Chooses the window.
///
/// # Errors
/// Where there is no commit, a name that was given leads to none, or git fails.
pub(crate) fn window(
    repository: &Repository,
    told: &Told<'_>,
    watch: &Watch<'_>,
) -> Result<Window, ResponderError> {
    let base = base(repository, told.base, watch)?;
    let all = repository.reachable(&base, None, told.most.max(1), watch)?;
    let base_time = time_of(repository, &base, watch)?.unwrap_or(0);
    let tags = repository.tags(base_time, watch)?;
    let mut window = Window {
        base,
        base_time,
        commits: Vec::new(),
        inside: None,
        releases: HashMap::new(),
        names: Vec::new(),
        rule: Rule::Newest,
        from: None,
        to: told.base.unwrap_or("HEAD").to_owned(),
        notes: Vec::new(),
        is_shallow: repository.facts().is_shallow,
    };
    let newest = newest(&all, base_time);
    let ends = ends(repository, told, &tags, &mut window.notes, watch)?;
    let inside = match ends {
        Some(ends) => window.cut(repository, &ends, told.most.max(1), watch)?,
        None => Vec::new(),
    };
    window.commits = read(
        &all[..newest.min(all.len())],
        &inside,
        &all,
        told.most.max(1),
    );
    if window.inside.is_none() {
        window.add_releases(repository, &tags, watch)?;
    }
    Ok(window)
}

impl Window {
    /// How many commits may be to blame.
    pub(crate) fn count(&self) -> usize {
        match &self.inside {
            None => self.commits.len(),
            Some(inside) => {
                let is_inside = |commit: &&CommitTime| inside.contains(&commit.id);
                self.commits.iter().filter(is_inside).count()
            }
        }
    }

    /// Whether a commit may be to blame.
    pub(crate) fn may_be(&self, id: &ObjectId) -> bool {
        self.inside
            .as_ref()
            .is_none_or(|inside| inside.contains(id))
    }

    /// Leaves only what lies between the ends, and returns it, newest first.
    fn cut(
        &mut self,
        repository: &Repository,
        ends: &Ends,
        most: usize,
        watch: &Watch<'_>,
    ) -> Result<Vec<CommitTime>, ResponderError> {
        let good = ends.good.as_ref().map(|(_, id)| id);
        // One more than are read tells whether there are more.
        let reach = |from: &ObjectId, without: Option<&ObjectId>| {
            repository.reachable(from, without, most.saturating_add(1), watch)
        };
        let mut inside = Vec::new();
        if let Some((name, bad)) = &ends.bad {
            // The release may be on a branch of its own, or newer than the base.
            let beside = reach(bad, Some(&self.base))?;
            let beside: HashSet<ObjectId> = beside.into_iter().map(|commit| commit.id).collect();
            inside = repository.reachable(
                bad,
                good,
                most.saturating_add(1).saturating_add(beside.len()),
                watch,
            )?;
            inside.retain(|commit| !beside.contains(&commit.id));
            if inside.is_empty() && beside.len() <= most {
                self.notes.push(format!(
                    "nothing before {name} is in the history of {}, so it cuts nothing",
                    self.to
                ));
            } else if inside.is_empty() {
                self.notes.push(format!(
                    "{name} is more than {most} commits beside the history of {}, so it cuts \
                     nothing; --most-commits reads more",
                    self.to
                ));
            } else {
                self.to.clone_from(name);
            }
        }
        if inside.is_empty() {
            inside = reach(&self.base, good)?;
        }
        if inside.is_empty() {
            self.notes.push(
                "no commit lies between the releases that were told, so the newest commits were \
                 looked at"
                    .to_owned(),
            );
            return Ok(inside);
        }
        if inside.len() > most {
            inside.truncate(most);
            self.notes.push(format!(
                "only the newest {most} of the commits up to {} were read; --most-commits reads \
                 more",
                self.to
            ));
        }
        self.rule = ends.rule;
        self.from = ends.good.as_ref().map(|(name, _)| name.clone());
        self.inside = Some(inside.iter().map(|commit| commit.id).collect());
        Ok(inside)
    }

    /// Counts the releases between each commit and the base. One that the base does not
    /// reach, on a branch of its own, counts from where that branch began.
    fn add_releases(
        &mut self,
        repository: &Repository,
        tags: &[Tag],
        watch: &Watch<'_>,
    ) -> Result<(), ResponderError> {
        let releases = tags
            .iter()
            .filter(|tag| versions::of_tag(&tag.name).is_some());
        let count = self.commits.len();
        let mut last = None;
        for tag in releases.take(MOST_TAGS) {
            if self.names.len() == MOST_RELEASES {
                break;
            }
            let after = repository.reachable(&self.base, Some(&tag.commit), count + 600, watch)?;
            let after: HashSet<ObjectId> = after.into_iter().map(|commit| commit.id).collect();
            let is_after = |commit: &&CommitTime| after.contains(&commit.id);
            let newer = self.commits.iter().filter(is_after).count();
            if last == Some(newer) {
                // The same point of the main line.
                continue;
            }
            if newer >= count {
                break;
            }
            last = Some(newer);
            self.names.push((tag.name.clone(), newer));
            for commit in &self.commits {
                let is_older = u32::from(!after.contains(&commit.id));
                *self.releases.entry(commit.id).or_default() += is_older;
            }
        }
        if !self.names.is_empty() {
            self.rule = Rule::Releases;
        }
        Ok(())
    }
}

fn base(
    repository: &Repository,
    name: Option<&str>,
    watch: &Watch<'_>,
) -> Result<ObjectId, ResponderError> {
    let Some(name) = name else {
        let head = repository.facts().head.ok_or(ResponderError::NoCommit)?;
        return Ok(head.id);
    };
    commit(repository, name, watch)
}

fn commit(
    repository: &Repository,
    name: &str,
    watch: &Watch<'_>,
) -> Result<ObjectId, ResponderError> {
    let found = repository.commit_named(name, watch)?;
    found.ok_or_else(|| ResponderError::UnknownCommit {
        name: name.to_owned(),
    })
}

/// When a commit was made; a merge too.
fn time_of(
    repository: &Repository,
    id: &ObjectId,
    watch: &Watch<'_>,
) -> Result<Option<i64>, ResponderError> {
    use guildhall_source::git::log::{Log, LogRecord};
    use std::ops::ControlFlow;

    let mut time = None;
    let more = [
        "--no-walk".to_owned(),
        "--no-patch".to_owned(),
        id.to_string(),
    ];
    let _ = repository.records(Log::default(), more, &[], watch, |record| {
        if let LogRecord::Commit(commit) = record {
            time = commit.time;
        }
        ControlFlow::Continue(())
    })?;
    Ok(time)
}

/// The commits that are read, at most so many: those that may be to blame, and of the newest
/// as many as there is room for, in the order of the history.
fn read(
    newest: &[CommitTime],
    inside: &[CommitTime],
    all: &[CommitTime],
    most: usize,
) -> Vec<CommitTime> {
    let mut wanted: HashSet<ObjectId> = inside.iter().map(|commit| commit.id).collect();
    for commit in newest {
        if wanted.len() >= most {
            break;
        }
        wanted.insert(commit.id);
    }
    let is_wanted = |commit: &&CommitTime| wanted.contains(&commit.id);
    let mut commits: Vec<CommitTime> = all.iter().filter(is_wanted).copied().collect();
    // What lies behind the newest that were asked for is older than all of them.
    let known: HashSet<ObjectId> = commits.iter().map(|commit| commit.id).collect();
    let is_new = |commit: &&CommitTime| !known.contains(&commit.id);
    commits.extend(inside.iter().filter(is_new));
    commits
}

/// How many of the newest commits are looked at where nothing is told.
fn newest(all: &[CommitTime], base_time: i64) -> usize {
    let is_recent = |commit: &&CommitTime| {
        let time = commit.time.unwrap_or(i64::MIN);
        time >= base_time.saturating_sub(DAYS)
    };
    all.iter().filter(is_recent).count().max(LEAST_COMMITS)
}

/// The ends that flags, the alert, or else the text tell.
fn ends(
    repository: &Repository,
    told: &Told<'_>,
    tags: &[Tag],
    notes: &mut Vec<String>,
    watch: &Watch<'_>,
) -> Result<Option<Ends>, ResponderError> {
    if !told.flags.is_empty() {
        let find = |name: &Option<String>| -> Result<Option<(String, ObjectId)>, ResponderError> {
            let Some(name) = name else { return Ok(None) };
            if let Some(tag) = versions::tag(tags, name) {
                return Ok(Some((tag.name.clone(), tag.commit)));
            }
            Ok(Some((name.clone(), commit(repository, name, watch)?)))
        };
        return Ok(Some(Ends {
            rule: Rule::Told,
            good: find(&told.flags.last_good)?.or_else(|| before(tags, &told.flags)),
            bad: find(&told.flags.first_bad)?,
        }));
    }
    let from_alert = by_tags(Rule::Told, &told.release, tags, notes);
    if from_alert.is_some() {
        return Ok(from_alert);
    }
    let said = versions::told(told.text);
    Ok(by_tags(Rule::Text, &said, tags, notes))
}

fn by_tags(rule: Rule, hint: &ReleaseHint, tags: &[Tag], notes: &mut Vec<String>) -> Option<Ends> {
    let mut find = |name: &Option<String>| {
        let name = name.as_ref()?;
        let tag = versions::tag(tags, name);
        if tag.is_none() {
            notes.push(format!("{name} was told, but no tag is called so"));
        }
        tag.map(|tag| (tag.name.clone(), tag.commit))
    };
    let (good, bad) = (find(&hint.last_good), find(&hint.first_bad));
    let good = good.or_else(|| before(tags, hint));
    (good.is_some() || bad.is_some()).then_some(Ends { rule, good, bad })
}

/// The release before the first bad one, where only that is told.
fn before(tags: &[Tag], hint: &ReleaseHint) -> Option<(String, ObjectId)> {
    if hint.last_good.is_some() {
        return None;
    }
    let bad = versions::tag(tags, hint.first_bad.as_ref()?)?;
    let good = versions::before(tags, bad)?;
    Some((good.name.clone(), good.commit))
}
