//! `migrate check`: what is done of a plan, what broke, and what has drifted since it was made.
//!
//! A plan holds what stood in the files that must change. A step is done where the project has
//! the new versions and each of its files was changed and holds none of the names any more that
//! the migration takes away. What is none of the migration's doing is drift: such a name stands
//! more often than before, a file is gone before its step is done, or a version is in use that is
//! neither the old nor the new one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use guildhall_core::{Schema, path_text};
use guildhall_report::{Column, ColumnKind, Report, ReportOutcome, Table};
use guildhall_sdk::{AgentError, Context};
use guildhall_source::cargo::Lock;
use guildhall_source::{SourceError, read};
use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::PlanError;
use crate::plan::{File, MigrationPlan, Step, StepKind, Target, TargetKind};
use crate::registry::Family;
use crate::show::plan_in;
use crate::targets::is_same;
use crate::verify::refusal;
use crate::{present, project, seen};

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
    /// Runs the commands of the steps that are done, in the folder, and says which fail.
    #[serde(default)]
    pub verify: bool,
}

/// How a project stands to a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    plan: MigrationPlan,
    folder: PathBuf,
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
    let plan = plan_in(&request.plan)?;
    let root = project::root_of(request.path.as_deref());
    let folder = root.canonicalize().map_err(|source| {
        PlanError::Source(SourceError::Root {
            path: path_text::encode(&root),
            source,
        })
    })?;
    let mut drifted = BTreeSet::new();
    let reached = reached(&plan, &folder, &mut drifted);
    let steps: Vec<Checked> = plan
        .steps
        .iter()
        .map(|step| checked(step, &plan, &folder, &reached, &mut drifted))
        .collect();
    Ok(Check {
        steps,
        drifted: drifted.into_iter().collect(),
        broken: Vec::new(),
        folder,
        plan,
    })
}

impl Check {
    /// Runs the commands of the steps that are done, and that of the whole where all are.
    ///
    /// # Errors
    /// Where a command cannot be run.
    pub async fn verify(&mut self, ctx: &Context) -> Result<(), AgentError> {
        let is_done = |id: &str| {
            let mut steps = self.steps.iter();
            steps.any(|it| it.step == id && it.state == State::Done)
        };
        let done = self.plan.steps.iter().filter(|step| is_done(&step.id));
        let mut commands: Vec<(&str, &str)> = done
            .map(|step| (step.id.as_str(), step.verify.as_str()))
            .collect();
        if commands.len() == self.plan.steps.len() && !self.plan.done.is_empty() {
            commands.push(("all", &self.plan.done));
        }
        let mut ran: BTreeSet<&str> = BTreeSet::new();
        let mut broken = Vec::new();
        for (step, command) in commands {
            if !ran.insert(command) {
                continue;
            }
            if let Some(what) = refusal(command, &self.folder, ctx).await? {
                let of = step.to_owned();
                broken.push(Told { of, what });
            }
        }
        self.broken = broken;
        Ok(())
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
        let count = |told: &[Told], word: &str| match told.len() {
            0 => None,
            1 => Some(format!("1 {word}")),
            several => Some(format!("{several} {word}")),
        };
        let parts = [
            count(&self.broken, "broke"),
            count(&self.drifted, "drifted"),
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

fn columns(titles: &[&str]) -> Vec<Column> {
    let titles = titles.iter();
    titles
        .map(|title| Column::new(*title, ColumnKind::Text))
        .collect()
}

fn checked(
    step: &Step,
    plan: &MigrationPlan,
    folder: &Path,
    reached: &[(String, bool)],
    drifted: &mut BTreeSet<Told>,
) -> Checked {
    let files: Vec<&File> = step
        .files
        .iter()
        .filter_map(|path| plan.files.iter().find(|file| file.path == *path))
        .collect();
    let mut open = Vec::new();
    let (mut done, mut gone) = (0, Vec::new());
    for file in &files {
        match fate(file, folder) {
            Fate::Done => done += 1,
            Fate::Open(what) => open.push(what),
            Fate::Gone => gone.push(file.path.clone()),
            Fate::Grown(what) => {
                open.push(what.clone());
                let of = file.path.clone();
                drifted.insert(Told { of, what });
            }
        }
    }
    let mut has_moved = false;
    if needs_versions(step.kind) {
        let of_step =
            |name: &str| step.crates.is_empty() || step.crates.iter().any(|it| is_same(it, name));
        for (name, is_there) in reached.iter().filter(|(name, _)| of_step(name)) {
            has_moved |= is_there;
            if !is_there {
                open.push(format!("{name} is not at the new version"));
            }
        }
    }
    // A file that is removed in the course of the step is as good as mended.
    let state = match (open.is_empty(), done > 0 || has_moved) {
        (true, _) => State::Done,
        (false, true) => State::Begun,
        (false, false) => State::Open,
    };
    for path in &gone {
        if state == State::Open {
            drifted.insert(Told {
                of: path.clone(),
                what: format!("it is gone, and {} is not begun", step.id),
            });
        }
    }
    Checked {
        step: step.id.clone(),
        state,
        done: done + gone.len(),
        files: files.len(),
        open,
    }
}

/// Whether a step is done only where the versions are the new ones.
fn needs_versions(kind: StepKind) -> bool {
    matches!(kind, StepKind::Bump | StepKind::Adapt | StepKind::Cleanup)
}

fn fate(file: &File, folder: &Path) -> Fate {
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
    // A name may stand there for another reason too: what the plan found of it is to go.
    let is_left = |(name, count): &(&String, &u32)| {
        let before = before.names.get(*name).copied().unwrap_or_default();
        **count > before.saturating_sub(seen::uses_of(file, name))
    };
    match now.names.iter().find(is_left) {
        Some((name, _)) => Fate::Open(format!("{path}: `{name}` is still there")),
        None if now.sha256 == before.sha256 => Fate::Open(format!("{path}: it is as it was")),
        None => Fate::Done,
    }
}

/// Which targets are at their new version.
fn reached(
    plan: &MigrationPlan,
    folder: &Path,
    drifted: &mut BTreeSet<Told>,
) -> Vec<(String, bool)> {
    let targets = plan.targets.iter();
    let reached = targets.map(|target| {
        let is_there = match target.kind {
            TargetKind::Crate => {
                let is_held = plan.blockers.iter().any(|it| it.holds == target.name);
                of_lock(target, is_held, folder, drifted)
            }
            TargetKind::Edition => of_manifests(plan, target, folder),
            TargetKind::Framework | TargetKind::Pack => of_package(target, folder),
        };
        (target.name.clone(), is_there)
    });
    reached.collect()
}

/// Whether the lock file has the new version, and the old one only where a package holds it.
fn of_lock(target: &Target, is_held: bool, folder: &Path, drifted: &mut BTreeSet<Told>) -> bool {
    let name = "Cargo.lock";
    let text = read::read(&folder.join(name), MOST_BYTES).unwrap_or_default();
    let Ok(lock) = Lock::read(name, &text) else {
        return false;
    };
    let family = |text: &str| Version::parse(text).ok().map(|it| Family::of(&it));
    let packages = lock.packages.iter();
    let versions: Vec<&str> = packages
        .filter(|it| is_same(&it.name, &target.name))
        .map(|it| it.version.as_str())
        .collect();
    let has = |wanted: &str| versions.iter().any(|it| family(it) == family(wanted));
    let (has_old, has_new) = (has(&target.from), has(&target.to));
    if let Some(other) = versions.first().filter(|_| !has_old && !has_new) {
        drifted.insert(Told {
            of: target.name.clone(),
            what: format!(
                "it is at {other}, and the plan is from {} to {}",
                target.from, target.to
            ),
        });
    }
    has_new && (is_held || !has_old)
}

/// Whether no manifest of a package names the old edition.
fn of_manifests(plan: &MigrationPlan, target: &Target, folder: &Path) -> bool {
    let names = plan.steps.iter().flat_map(|step| &step.files);
    let names = names.filter(|name| name.ends_with("Cargo.toml")).cloned();
    let mut names: BTreeSet<String> = names.collect();
    names.insert("Cargo.toml".to_owned());
    let old = format!("\"{}\"", target.from);
    let says_old = |name: &String| {
        let text = read::read(&folder.join(name), MOST_BYTES).unwrap_or_default();
        let mut lines = text.lines().map(str::trim);
        lines.any(|line| line.starts_with("edition") && line.contains(&old))
    };
    !names.iter().any(says_old)
}

/// Whether the project's own package.json asks for the new major version.
fn of_package(target: &Target, folder: &Path) -> bool {
    let text = read::read(&folder.join("package.json"), MOST_BYTES).unwrap_or_default();
    let asked = crate::packs::asked_in(&text, &target.name);
    asked.is_some_and(|asked| crate::packs::major(&asked) == crate::packs::major(&target.to))
}
