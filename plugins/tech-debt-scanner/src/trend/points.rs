//! Which commits are measured.

use std::collections::HashSet;
use std::ops::ControlFlow;

use guildhall_core::path_text;
use guildhall_report::{Day, MOST_TREND_POINTS, Step, TrendPoints, TrendRequest};
use guildhall_source::SourceError;
use guildhall_source::git::ObjectId;
use guildhall_source::repository::{Head, Repository, Watch};

use super::{TrendError, present, versions};
use crate::ScanError;

/// Bytes of an answer of git that is kept as a whole.
const MOST_KEPT: usize = 16 << 20;

/// What the commit that is checked out is called.
pub(super) const HEAD: &str = "HEAD";

/// A state of the code base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) commit: ObjectId,
    /// When it was made, in seconds since 1970; the epoch where the commit does not say.
    pub(super) time: i64,
    /// A tag, or what it was asked for by; empty where it was found by its date.
    pub(super) name: String,
}

/// The states to be measured, in their order.
#[derive(Debug, Default)]
pub(super) struct Points {
    pub(super) points: Vec<Point>,
    /// What is to be told of them, each a sentence.
    pub(super) notes: Vec<String>,
}

/// Finds what `request` asks for.
pub(super) fn find(
    repository: &Repository,
    request: &TrendRequest,
    watch: &Watch<'_>,
) -> Result<Points, ScanError> {
    let Some(head) = repository.facts().head else {
        let root = request.root.clone();
        return Err(TrendError::NoCommit { root }.into());
    };
    match &request.points {
        TrendPoints::Releases { newest, prefix } => {
            check(*newest, "releases")?;
            versions::find(repository, head, *newest, prefix.as_deref(), watch)
        }
        TrendPoints::Every { step, count, since } => {
            let moments = moments(head, *step, *count, *since)?;
            by_date(repository, &moments, watch)
        }
        TrendPoints::Refs { names } => {
            check(u32::try_from(names.len()).unwrap_or(u32::MAX), "refs")?;
            by_name(repository, names, watch)
        }
    }
}

/// Commits with their times, in this order.
pub(super) fn times(
    repository: &Repository,
    commits: &[ObjectId],
    watch: &Watch<'_>,
) -> Result<Vec<(ObjectId, i64)>, ScanError> {
    let arguments = ["rev-list", "--no-walk=unsorted", "--timestamp"];
    let mut arguments: Vec<String> = arguments.map(str::to_owned).to_vec();
    arguments.extend(commits.iter().map(ObjectId::to_string));
    let lines = lines(repository, &arguments, watch)?;
    Ok(lines.iter().filter_map(|line| timed(line)).collect())
}

/// The lines of a short answer of git.
pub(super) fn lines(
    repository: &Repository,
    arguments: &[String],
    watch: &Watch<'_>,
) -> Result<Vec<String>, ScanError> {
    let mut answer = Vec::new();
    let _ = repository.stream(arguments, watch, |bytes| {
        answer.extend_from_slice(bytes);
        match answer.len() > MOST_KEPT {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    })?;
    let answer = String::from_utf8_lossy(&answer);
    Ok(answer.lines().map(str::to_owned).collect())
}

fn check(count: u32, what: &str) -> Result<(), TrendError> {
    if (1..=MOST_TREND_POINTS).contains(&count) {
        return Ok(());
    }
    Err(TrendError::Count {
        problem: format!("{count} {what} are no trend"),
    })
}

/// The moments to look at, newest first; the first is that of `head`.
fn moments(
    head: Head,
    step: Step,
    count: Option<u32>,
    since: Option<Day>,
) -> Result<Vec<i64>, TrendError> {
    let newest = head.time.unwrap_or_default();
    if let Some(count) = count {
        check(count, "points")?;
    }
    let since = since.map(Day::begin);
    let most = match (count, since) {
        (Some(count), _) => count,
        (None, Some(_)) => MOST_TREND_POINTS + 1,
        (None, None) => TrendPoints::USUAL,
    };
    let mut moments = vec![newest];
    for steps in 1..most {
        let moment = step
            .back_from(newest, steps)
            .filter(|moment| *moment < newest);
        let Some(moment) = moment else {
            return Err(TrendError::BeforeTime);
        };
        if since.is_some_and(|since| moment < since) {
            break;
        }
        moments.push(moment);
    }
    check(u32::try_from(moments.len()).unwrap_or(u32::MAX), "points")?;
    Ok(moments)
}

/// The last commit along the first parents that was made until each of the moments.
fn by_date(
    repository: &Repository,
    moments: &[i64],
    watch: &Watch<'_>,
) -> Result<Points, ScanError> {
    let mut found: Vec<Point> = Vec::new();
    let mut wanted = moments.iter().copied().peekable();
    let mut rest = Vec::new();
    let mut oldest = None;
    let arguments = ["rev-list", "--first-parent", "--timestamp", HEAD, "--"];
    let _ = repository.stream(arguments, watch, |bytes| {
        rest.extend_from_slice(bytes);
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = rest.drain(..=end).collect();
            let Some((commit, time)) = timed(&String::from_utf8_lossy(&line)) else {
                continue;
            };
            oldest = Some(time);
            while wanted.next_if(|moment| time <= *moment).is_some() {
                if found.last().is_none_or(|last| last.commit != commit) {
                    let name = String::new();
                    found.push(Point { commit, time, name });
                }
            }
            if wanted.peek().is_none() {
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    })?;
    let mut notes = Vec::new();
    if let (Some(oldest), true) = (oldest, wanted.peek().is_some()) {
        notes.push(begins(repository, oldest, wanted.count()));
    }
    if let Some(newest) = found.first_mut() {
        HEAD.clone_into(&mut newest.name);
    }
    found.reverse();
    Ok(Points {
        points: found,
        notes,
    })
}

/// Why there are fewer points than were asked for.
fn begins(repository: &Repository, oldest: i64, missing: usize) -> String {
    let day = present::day(oldest);
    let missing = present::plural(missing, "point");
    if repository.facts().is_shallow {
        return format!(
            "The clone is shallow: its history is cut off at {day}, so {missing} before that \
             cannot be measured. `git fetch --unshallow` gets the rest."
        );
    }
    format!("The history begins on {day}, so {missing} before that cannot be measured.")
}

/// These commits, in this order.
fn by_name(
    repository: &Repository,
    names: &[String],
    watch: &Watch<'_>,
) -> Result<Points, ScanError> {
    let mut commits = Vec::new();
    for name in names {
        commits.push(commit_of(repository, name, watch)?);
    }
    let times = times(repository, &commits, watch)?;
    let time_of = |commit: &ObjectId| times.iter().find(|(id, _)| id == commit);
    let named = names.iter().zip(&commits);
    let points = named.map(|(name, commit)| Point {
        commit: *commit,
        time: time_of(commit).map_or(0, |(_, time)| *time),
        name: name.clone(),
    });
    let mut notes = Vec::new();
    let different: HashSet<_> = commits.iter().collect();
    if different.len() < commits.len() {
        notes.push("Some of the names are of one commit.".to_owned());
    }
    Ok(Points {
        points: points.collect(),
        notes,
    })
}

fn commit_of(
    repository: &Repository,
    name: &str,
    watch: &Watch<'_>,
) -> Result<ObjectId, ScanError> {
    let none = || TrendError::NoSuchCommit {
        name: path_text::encode(name.as_ref()),
    };
    // Git would take the first for an option; a line break or nothing is no name.
    if name.is_empty() || name.starts_with('-') || name.contains(['\n', '\0']) {
        return Err(none().into());
    }
    let peeled = format!("{name}^{{commit}}");
    let arguments = ["rev-parse", "--verify", "--quiet", &peeled].map(str::to_owned);
    match lines(repository, &arguments, watch) {
        Ok(lines) => {
            let id = lines
                .first()
                .and_then(|line| ObjectId::from_hex(line.as_bytes()));
            id.ok_or_else(|| none().into())
        }
        // That is how git says no.
        Err(ScanError::Source(SourceError::Command { .. })) => Err(none().into()),
        Err(error) => Err(error),
    }
}

/// Reads `time id`.
fn timed(line: &str) -> Option<(ObjectId, i64)> {
    let (time, id) = line.trim_end().split_once(' ')?;
    Some((ObjectId::from_hex(id.as_bytes())?, time.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use guildhall_report::StepUnit;

    use super::*;

    fn head(time: i64) -> Head {
        Head {
            id: ObjectId::from_hex(&[b'a'; 40]).unwrap(),
            time: Some(time),
        }
    }

    fn said(
        step: &str,
        count: Option<u32>,
        since: Option<&str>,
    ) -> Result<Vec<String>, TrendError> {
        let since = since.map(|day| day.parse().unwrap());
        // 2024-03-31 12:00.
        let moments = moments(head(1_711_886_400), step.parse().unwrap(), count, since)?;
        Ok(moments.into_iter().map(present::day).collect())
    }

    #[test]
    fn moments_go_back_from_the_commit_that_is_checked_out() {
        let expected = ["2024-03-31", "2024-02-29", "2024-01-31"];
        assert_eq!(said("month", Some(3), None).unwrap(), expected);
        assert_eq!(said("month", None, Some("2024-01-31")).unwrap(), expected);
        assert_eq!(
            said("month", Some(3), Some("2024-02-01")).unwrap(),
            expected[..2]
        );
        assert_eq!(said("year", Some(2), None).unwrap()[1], "2023-03-31");
        assert_eq!(said("2 weeks", None, None).unwrap().len(), 12);
    }

    #[test]
    fn no_points_and_too_many_are_refused() {
        for (step, count, since) in [
            ("day", Some(0), None),
            ("day", Some(1_001), None),
            ("day", None, Some("1990-01-01")),
        ] {
            let error = said(step, count, since).unwrap_err();
            assert!(matches!(error, TrendError::Count { .. }), "{error}");
        }
        let error = said("1000 years", Some(4), None).unwrap_err();
        assert_eq!(error, TrendError::BeforeTime);
        let step = Step {
            number: 0,
            unit: StepUnit::Day,
        };
        let error = moments(head(0), step, Some(3), None).unwrap_err();
        assert_eq!(error, TrendError::BeforeTime);
    }
}
