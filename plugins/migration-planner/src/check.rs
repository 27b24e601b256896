//! `migrate check`: what is done of a plan, what broke, and what has drifted since it was made.
//!
//! A plan holds what stood in the files that must change. A step is done where the project has
//! the new versions and each of its files was changed and holds none of the names any more that
//! the migration takes away; whether a layout is the new one only its command tells. What is none of the migration's doing is drift: such a name stands
//! more often than before, a file is gone before its step is done, or a version is in use that is
//! neither the old nor the new one.

mod reached;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use guildhall_core::Schema;
use guildhall_report::{Column, ColumnKind, Report, ReportOutcome, Table};
use guildhall_sdk::{AgentError, Context};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::PlanError;
use crate::kept::{Kept, kept};
use crate::plan::{File, MigrationPlan, Step, StepKind};
use crate::verify::refusal;
use crate::{present, seen};
use reached::Versions;

/// What is said of a step of which nothing in the files tells whether it is done.
const BY_COMMAND: &str = "only its command shows whether it is done; --verify runs it";

/// Bytes of a manifest or lock file that are read.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// The key under which the answer stands in the report.
pub const KEY: &str = "migration-check";

/// Which plan is to be checked, and against what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct CheckRequest {
    /// The file with the plan, as `migrate plan --format json` printed it.
    #[schema(positional = 1)]
    pub plan: String,
    /// The folder of the project; the current folder where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(positional = 2)]
    pub path: Option<String>,
    /// The plan, of those that `migrate plan --to-latest` made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<String>,
    /// Runs the commands of the steps that are done, in the folder, and says which fail.
    #[serde(default)]
    pub verify: bool,
    /// Succeeds only where every step is done, and runs the commands as `--verify` does.
    #[serde(default)]
    pub done: bool,
}

/// How a project stands to a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    plan: MigrationPlan,
    folder: PathBuf,
    /// Whether open steps are a failure.
    must_be_done: bool,
    /// The steps, in the plan's order.
    pub steps: Vec<Checked>,
    /// What is none of the migration's doing.
    pub drifted: Vec<Told>,
    /// Commands that fail, by step.
    pub broken: Vec<Told>,
}

/// How far a step is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// The step.
    pub step: String,
    /// How far it is.
    pub state: State,
    /// Files of it that are done.
    pub done: usize,
    /// Its files.
    pub files: usize,
    /// What is open, in a few words each.
    pub open: Vec<String>,
}

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Nothing of it is done.
    Open,
    /// Some of it is.
    Begun,
    /// All of it is.
    Done,
}

/// Something that is told of a place or a step.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Told {
    /// The file, the crate or the step.
    pub of: String,
    /// What is told.
    pub what: String,
}

impl Checked {
    fn finish(&mut self) {
        self.state = State::Done;
        self.done = self.files;
        self.open.clear();
    }
}

/// What a file came to.
enum Fate {
    Done,
    Open(String),
    Gone,
    /// More of what is to go stands in it than before.
    Grown(String),
}

/// Holds a project against a plan.
///
/// # Errors
/// [`PlanError::Unreadable`] where there is no plan in the file, [`PlanError::Source`] where
/// there is no such folder.
pub fn check(request: &CheckRequest) -> Result<Check, PlanError> {
    let (only, path) = (request.only.as_deref(), request.path.as_deref());
    let Kept { plan, folder } = kept(&request.plan, only, path)?;
    let mut drifted = BTreeSet::new();
    let versions = Versions::of(&plan, &folder);
    let files = plan.files.iter();
    let project = Held {
        files: files.map(|file| (file.path.as_str(), file)).collect(),
        folder: &folder,
        versions: &versions,
    };
    let steps = plan.steps.iter();
    let steps: Vec<Checked> = steps
        .map(|step| project.checked(step, &mut drifted))
        .collect();
    Ok(Check {
        steps,
        drifted: drifted.into_iter().collect(),
        broken: Vec::new(),
        must_be_done: request.done,
        folder,
        plan,
    })
}

impl Check {
    /// Runs the commands of the steps that are done, those of the steps that only their command
    /// shows to be done, and that of the whole where all are.
    ///
    /// # Errors
    /// Where a command cannot be run.
    pub async fn verify(&mut self, ctx: &Context) -> Result<(), AgentError> {
        let mut said: BTreeMap<&str, Option<String>> = BTreeMap::new();
        for at in 0..self.plan.steps.len() {
            let step = &self.plan.steps[at];
            let is_done = self.is_done(&step.id);
            let only_by_it = self.steps[at].open == [BY_COMMAND];
            let is_next = only_by_it && step.after.iter().all(|it| self.is_done(&it.step));
            if !is_done && !is_next {
                continue;
            }
            let command = step.verify.as_str();
            let what = match said.get(command) {
                // What broke is told once, at the first step with the command.
                Some(known) => known.clone().filter(|_| is_next),
                None => {
                    let what = refusal(command, &self.folder, ctx).await?;
                    said.insert(command, what.clone());
                    what
                }
            };
            match (what, is_done) {
                (Some(what), true) => self.broken.push(Told {
                    of: step.id.clone(),
                    what,
                }),
                (None, false) => self.steps[at].finish(),
                (Some(_), false) | (None, true) => {}
            }
        }
        let mut to_do = to_be_done(&self.plan);
        let command = &self.plan.done;
        let is_new = !command.is_empty() && !said.contains_key(command.as_str());
        if is_new
            && to_do.all(|step| self.is_done(&step.id))
            && let Some(what) = refusal(command, &self.folder, ctx).await?
        {
            let of = "all".to_owned();
            self.broken.push(Told { of, what });
        }
        Ok(())
    }

    fn is_done(&self, id: &str) -> bool {
        let mut steps = self.steps.iter();
        steps.any(|it| it.step == id && it.state == State::Done)
    }

    /// The report, whose outcome is unmet where something broke or drifted.
    pub fn report(&self) -> Report {
        let done = self.steps.iter().filter(|it| it.state == State::Done);
        let (done, all) = (done.count(), self.steps.len());
        let mut report = Report {
            title: Some(format!(
                "{}: {done} of {all} steps done",
                present::title(&self.plan.targets)
            )),
            tables: self.tables(),
            outcome: Some(self.outcome()),
            ..Report::default()
        };
        let value = json!({
            "steps": self.steps,
            "drifted": self.drifted,
            "broken": self.broken,
        });
        report.extra.insert(KEY.to_owned(), value);
        report
    }

    fn outcome(&self) -> ReportOutcome {
        let count = |count: usize, word: &str| (count > 0).then(|| format!("{count} {word}"));
        let open = to_be_done(&self.plan).filter(|step| !self.is_done(&step.id));
        let parts = [
            count(self.broken.len(), "broke"),
            count(self.drifted.len(), "drifted"),
            count(open.count(), "not done").filter(|_| self.must_be_done),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        match parts.is_empty() {
            true => ReportOutcome::Met,
            false => ReportOutcome::unmet(parts.join(", ")),
        }
    }

    fn tables(&self) -> Vec<Table> {
        let steps = self.steps.iter().map(|it| {
            let state = match it.state {
                State::Open => "open",
                State::Begun => "begun",
                State::Done => "done",
            };
            let files = format!("{} of {}", it.done, it.files);
            vec![
                json!(it.step),
                json!(state),
                json!(files),
                json!(it.open.join("; ")),
            ]
        });
        let told = |told: &[Told]| {
            told.iter()
                .map(|it| vec![json!(it.of), json!(it.what)])
                .collect()
        };
        let tables = [
            Table::new(
                "steps",
                "Steps",
                columns(&["Step", "State", "Files done", "Open"]),
            )
            .with_rows(steps.collect()),
            Table::new("drifted", "Drifted", columns(&["Of", "What"]))
                .with_rows(told(&self.drifted)),
            Table::new("broken", "Broken", columns(&["Step", "What"]))
                .with_rows(told(&self.broken)),
        ];
        let tables = tables.into_iter();
        tables.filter(|table| !table.rows.is_empty()).collect()
    }
}

/// The steps that can be done now: what is to be tidied up waits for packages of others.
pub(crate) fn to_be_done(plan: &MigrationPlan) -> impl Iterator<Item = &Step> {
    let steps = plan.steps.iter();
    steps.filter(|step| step.kind != StepKind::Cleanup)
}

fn columns(titles: &[&str]) -> Vec<Column> {
    let titles = titles.iter();
    titles
        .map(|title| Column::new(*title, ColumnKind::Text))
        .collect()
}

/// A project that is held against a plan.
struct Held<'a> {
    /// The plan's files by their paths.
    files: BTreeMap<&'a str, &'a File>,
    folder: &'a Path,
    versions: &'a Versions<'a>,
}

impl Held<'_> {
    fn checked(&self, step: &Step, drifted: &mut BTreeSet<Told>) -> Checked {
        let mut checked = Checked {
            step: step.id.clone(),
            state: State::Open,
            done: 0,
            files: step.files.len(),
            open: Vec::new(),
        };
        if step.kind == StepKind::Format {
            checked.open.push(BY_COMMAND.to_owned());
            return checked;
        }
        let mut gone = Vec::new();
        for file in step
            .files
            .iter()
            .filter_map(|path| self.files.get(path.as_str()))
        {
            match fate(file, step, self.folder) {
                Fate::Done => checked.done += 1,
                Fate::Open(what) => checked.open.push(what),
                Fate::Gone => gone.push(file.path.clone()),
                Fate::Grown(what) => {
                    checked.open.push(what.clone());
                    let of = file.path.clone();
                    drifted.insert(Told { of, what });
                }
            }
        }
        let reached = self.versions.of_step(step, drifted);
        let has_moved = reached.iter().any(|it| it.is_there);
        if step.files.is_empty() && reached.is_empty() {
            checked.open.push(BY_COMMAND.to_owned());
        }
        let not_there = reached.into_iter().filter(|it| !it.is_there);
        checked.open.extend(not_there.map(|it| it.open));
        // A file that is removed in the course of the step is as good as mended.
        checked.state = match (checked.open.is_empty(), checked.done > 0 || has_moved) {
            (true, _) => State::Done,
            (false, true) => State::Begun,
            (false, false) => State::Open,
        };
        for path in &gone {
            if checked.state == State::Open {
                drifted.insert(Told {
                    of: path.clone(),
                    what: format!("it is gone, and {} is not begun", step.id),
                });
            }
        }
        checked.done += gone.len();
        checked
    }
}

fn fate(file: &File, step: &Step, folder: &Path) -> Fate {
    let path = &file.path;
    let Some(before) = &file.seen else {
        return Fate::Open(format!("{path}: the plan does not say what stood in it"));
    };
    let names: BTreeSet<String> = before.names.keys().cloned().collect();
    let Some(now) = seen::look(&folder.join(path), &names) else {
        return Fate::Gone;
    };
    let grown = now
        .names
        .iter()
        .find(|(name, count)| before.names.get(*name) < Some(count));
    if let Some((name, count)) = grown {
        let before = before.names.get(name).copied().unwrap_or_default();
        return Fate::Grown(format!(
            "{path}: `{name}` stands there {count} times, and stood {before}"
        ));
    }
    // A name may stand there for another reason too: what the plan found of it is to go. Another
    // step may take other names away.
    let own = seen::names(file, step);
    let is_left = |(name, count): &(&String, &u32)| {
        if !own.contains(*name) {
            return false;
        }
        let before = before.names.get(*name).copied().unwrap_or_default();
        **count > before.saturating_sub(seen::uses_of(file, name))
    };
    match now.names.iter().find(is_left) {
        Some((name, _)) => Fate::Open(format!("{path}: `{name}` is still there")),
        None if now.sha256 == before.sha256 => Fate::Open(format!("{path}: it is as it was")),
        None => Fate::Done,
    }
}

#[cfg(test)]
mod tests;
