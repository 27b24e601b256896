//! `guildhall.merge`: puts what several tasks, branches or commits changed together.
//!
//! Git merges first, one side after the other, in a scratch worktree. Where it stops, the hunks
//! are merged as `guildhall resolve merge` does; what is not sure enough waits for a person, is
//! kept, and is taken from there when it is tried again. `place` is the worktree.

mod place;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use guildhall_merge::{Status, Take};
use guildhall_report::{Column, ColumnKind, Figure, Report, ReportOutcome, Table};
use guildhall_sdk::core::path_text;
use guildhall_sdk::prelude::*;
use guildhall_source::repository::Watch;
use serde_json::{Map, json};

use crate::DetectRequest;
use crate::collide;
use crate::merge::{Collision, FileMerge, MergeRequest, MergeSettings, answer, answered, failed};
use crate::merge::{keep, merged, repository, results, wrong};
use place::Place;

/// Code of the error where a person has to decide.
const UNRESOLVED: &str = "unresolved";

/// What to put together.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Schema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct TogetherRequest {
    /// A branch, a tag or a commit to put together with the others.
    pub side: Vec<String>,
    /// What tasks of a run changed, each with its name: for plans.
    pub work: Vec<Work>,
    /// The commit that all are merged into; `HEAD` where it is left out.
    pub onto: Option<String>,
    /// The repository, or a folder in it; the run's or the current folder where it is left out.
    pub folder: Option<String>,
    /// A command for the shell that must succeed in the result.
    pub check: Vec<String>,
    /// Merges in the order that is given, and not in the one with the fewest conflicts first.
    pub as_given: bool,
}

/// What a task of a run changed.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Schema)]
pub struct Work {
    /// What it is called.
    pub name: String,
    /// Where it worked, as `results.TASK.workspace` says it; null where it left no commit.
    #[serde(default)]
    pub workspace: Option<WorkedIn>,
}

/// The worktree of a task, as it was left.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Schema)]
#[serde(default)]
pub struct WorkedIn {
    /// The commit that it began at.
    pub base: Option<String>,
    /// The commit that holds what was changed.
    pub commit: Option<String>,
    /// The reference that keeps it; null where nothing was changed.
    pub reference: Option<String>,
}

/// A side that is merged.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Side {
    name: String,
    /// Its full id.
    commit: String,
}

/// A hunk, or a file, that git left and that is resolved.
struct Resolved {
    side: String,
    path: String,
    /// Its number; none where a file was taken as a whole.
    hunk: Option<usize>,
    by: String,
    probability: Option<f64>,
}

/// Puts sides together.
///
/// # Errors
/// Where a side is not there, a person has to decide, or a check does not succeed.
pub(crate) async fn together(
    request: &TogetherRequest,
    settings: &MergeSettings,
    task: &Task,
    ctx: &Context,
) -> Result<Report, AgentError> {
    let folder = folder(request, task)?;
    let onto = request.onto.as_deref().unwrap_or("HEAD");
    let (sides, unchanged) = sides(request, &folder, ctx)?;
    let sides = match request.as_given || sides.len() < 2 {
        true => sides,
        false => in_order(sides, &folder, ctx)?,
    };
    let place = Place::open(&folder, onto, ctx).await?;
    let mut resolved = Vec::new();
    for side in &sides {
        if !place.merge(&side.name, &side.commit).await? {
            resolved.extend(resolve(&place, side, &folder, settings, ctx).await?);
            place.conclude(&side.name).await?;
        }
    }
    for command in &request.check {
        place.check(command, settings.check_seconds).await?;
    }
    let names: Vec<&str> = sides.iter().map(|side| side.name.as_str()).collect();
    let base = place.base().to_owned();
    let (commit, reference) = place
        .keep(&format!("Together: {}", names.join(", ")))
        .await?;
    let made = json!({
        "base": base, "commit": commit, "reference": reference,
        "order": names, "unchanged": unchanged,
        "resolved": resolved.iter().map(Resolved::json).collect::<Vec<_>>(),
    });
    Ok(report(&sides, &unchanged, &resolved, made))
}

/// The folder of the repository.
fn folder(request: &TogetherRequest, task: &Task) -> Result<PathBuf, AgentError> {
    let folder = match (&request.folder, task.attempt()?) {
        (Some(folder), _) => path_text::decode(folder),
        (None, Some(attempt)) => attempt.folder,
        (None, None) => PathBuf::from("."),
    };
    Ok(std::path::absolute(&folder)?)
}

/// The sides with something to merge, and the names of those that changed nothing.
fn sides(
    request: &TogetherRequest,
    folder: &Path,
    ctx: &Context,
) -> Result<(Vec<Side>, Vec<String>), AgentError> {
    if request.side.is_empty() && request.work.is_empty() {
        return Err(wrong("side", "is missing; name what is to be put together"));
    }
    let is_cancelled = || ctx.is_cancelled();
    let watch = Watch::new(&is_cancelled);
    let repository = repository(folder, &watch)?;
    let named = |key: &str, name: &str, commit: &str| {
        let found = repository.commit_named(commit, &watch).map_err(failed)?;
        let found = found
            .ok_or_else(|| wrong(key, &format!("names {commit:?}, which is no commit here")))?;
        Ok::<_, AgentError>(Side {
            name: name.to_owned(),
            commit: found.to_string(),
        })
    };
    let (mut sides, mut unchanged) = (Vec::new(), Vec::new());
    for name in &request.side {
        sides.push(named("side", name, name)?);
    }
    for work in &request.work {
        let left = work.workspace.as_ref().and_then(|left| {
            let is_changed = left.reference.is_some() || left.commit != left.base;
            left.commit.as_ref().filter(|_| is_changed)
        });
        match left {
            Some(commit) => sides.push(named("work", &work.name, commit)?),
            None => unchanged.push(work.name.clone()),
        }
    }
    // The same commit is merged once, whoever made it.
    let mut seen = BTreeSet::new();
    sides.retain(|side| seen.insert(side.commit.clone()));
    Ok((sides, unchanged))
}

/// The sides with the fewest conflicts first.
fn in_order(sides: Vec<Side>, folder: &Path, ctx: &Context) -> Result<Vec<Side>, AgentError> {
    let request = DetectRequest {
        side: sides.iter().map(|side| side.commit.clone()).collect(),
        folder: Some(path_text::encode(folder)),
        ..DetectRequest::default()
    };
    let steps = collide::collisions(&request, ctx)?.order;
    let place = |side: &Side| steps.iter().position(|step| step.side == side.commit);
    let mut sides = sides;
    sides.sort_by_key(place);
    Ok(sides)
}

/// Resolves what git left of a side, where that is sure enough or a person has answered.
async fn resolve(
    place: &Place<'_>,
    side: &Side,
    folder: &Path,
    settings: &MergeSettings,
    ctx: &Context,
) -> Result<Vec<Resolved>, AgentError> {
    let request = MergeRequest {
        path: Some(path_text::encode(folder)),
        ours: Some(place.head().await?),
        theirs: Some(side.commit.clone()),
        ..MergeRequest::default()
    };
    let collision = {
        let is_cancelled = || ctx.is_cancelled();
        let watch = Watch::new(&is_cancelled);
        Collision::of_commits(folder, &request, settings, &watch)?
    };
    let answers = answered(ctx, &request, &collision).await?;
    let external = results(&collision, settings, ctx).await?;
    let mut files = merged(&collision, &external, settings);
    answer(&mut files, &answers)?;
    let open: Vec<&FileMerge<'_>> = files
        .iter()
        .filter(|file| file.status() != Status::Applied)
        .collect();
    let unmerged = place.unmerged().await?;
    let is_known = |path: &String| files.iter().any(|file| file.file.path == *path);
    let other: Vec<&String> = unmerged.iter().filter(|path| !is_known(path)).collect();
    if !open.is_empty() || !other.is_empty() {
        let id = keep(ctx, &request, &collision, &answers).await?;
        place.keep_for_later(&side.name).await?;
        return Err(unresolved(side, &open, &other, id.as_deref()));
    }
    let name = side.name.as_str();
    let mut resolved = Vec::new();
    for file in &files {
        if let Some(side) = file.whole {
            place.take(&file.file.path, side).await?;
            resolved.push(Resolved {
                side: name.to_owned(),
                path: file.file.path.clone(),
                hunk: None,
                by: format!("answer: {}", side.name()),
                probability: None,
            });
        } else if let Some(bytes) = file.bytes() {
            place.write(&file.file.path, &bytes).await?;
            resolved.extend(resolved_of(name, file));
        }
    }
    Ok(resolved)
}

/// The hunks of a file that is resolved.
fn resolved_of(side: &str, file: &FileMerge<'_>) -> Vec<Resolved> {
    let hunks = file.merged.iter().flat_map(|merged| &merged.hunks);
    let hunks = hunks.zip(&file.answers).enumerate();
    let resolved = hunks.map(|(at, (hunk, answer))| Resolved {
        side: side.to_owned(),
        path: file.file.path.clone(),
        hunk: Some(file.first + at),
        by: match answer {
            Some(Take::Ours) => "answer: ours".to_owned(),
            Some(Take::Theirs) => "answer: theirs".to_owned(),
            Some(_) => "answer".to_owned(),
            None => hunk.rule.map_or("none", |rule| rule.name()).to_owned(),
        },
        probability: answer.is_none().then_some(hunk.probability),
    });
    resolved.collect()
}

/// That a person has to decide, with all that this takes.
fn unresolved(
    side: &Side,
    open: &[&FileMerge<'_>],
    other: &[&String],
    id: Option<&str>,
) -> AgentError {
    let hunks = |file: &&FileMerge<'_>| match &file.merged {
        Err(why) => format!("{}: {why}", file.file.path),
        Ok(_) => {
            let all = file.first..file.first + file.answers.len();
            let open = all.filter(|at| file.take(at - file.first) == Take::Markers);
            let numbers: Vec<String> = open.map(|at| at.to_string()).collect();
            format!("{} (hunk {})", file.file.path, numbers.join(", "))
        }
    };
    let mut places: Vec<String> = open.iter().map(hunks).collect();
    places.extend(other.iter().map(|path| (*path).clone()));
    let name = &side.name;
    let message = format!(
        "a person has to decide how {name} is merged: {}",
        places.join("; ")
    );
    match id {
        Some(id) => {
            let shows = format!("`guildhall resolve merge --resume {id}` shows what is open");
            AgentError::new(UNRESOLVED, format!("{message}; {shows}")).with_help(format!(
                "answer with `--resume {id} --answer NUMBER=WHAT`, of a whole file with `PATH=ours` or \
                 `PATH=theirs`, then try again: a run by \
                 `guildhall run --resume RUN --retry-failed`"
            ))
        }
        None => AgentError::new(UNRESOLVED, message)
            .with_help("merge these by hand, and name the result as the side"),
    }
}

impl Resolved {
    fn json(&self) -> Value {
        json!({
            "side": self.side, "path": self.path, "hunk": self.hunk, "by": self.by,
            "probability": self.probability,
        })
    }
}

fn report(sides: &[Side], unchanged: &[String], resolved: &[Resolved], made: Value) -> Report {
    let text = |title: &str| Column::new(title, ColumnKind::Text);
    let of_side = |side: &Side| {
        let own = resolved.iter().filter(|it| it.side == side.name).count();
        let what = match own {
            0 => "merged by git".to_owned(),
            1 => "merged, 1 hunk of it resolved".to_owned(),
            own => format!("merged, {own} hunks of it resolved"),
        };
        vec![json!(side.name), json!(what)]
    };
    let mut rows: Vec<Vec<Value>> = sides.iter().map(of_side).collect();
    rows.extend(
        unchanged
            .iter()
            .map(|name| vec![json!(name), json!("changed nothing")]),
    );
    let mut tables = vec![
        Table::new(
            "sides",
            "Sides, as they were merged",
            vec![text("Side"), text("What")],
        )
        .with_rows(rows),
    ];
    if !resolved.is_empty() {
        let columns = ["Where", "Hunk", "By", "Probability"].map(text).to_vec();
        let row = |it: &Resolved| {
            let probability = it.probability.map(|p| format!("{p:.3}"));
            vec![
                json!(it.path),
                json!(it.hunk.map(|hunk| hunk.to_string())),
                json!(it.by),
                json!(probability),
            ]
        };
        let rows = resolved.iter().map(row).collect();
        tables.push(Table::new("resolved", "Resolved", columns).with_rows(rows));
    }
    Report {
        title: Some("Put together".to_owned()),
        outcome: Some(ReportOutcome::Met),
        figures: vec![
            Figure::new("sides", "sides merged", sides.len() as f64),
            Figure::new("resolved", "hunks resolved", resolved.len() as f64),
        ],
        tables,
        extra: Map::from_iter([("merge".to_owned(), made)]),
        ..Report::default()
    }
}
