//! The steps of a framework: what the old version takes already, and the new version.

use std::collections::BTreeSet;

use super::{instructions, revert, size_of};
use crate::plan::{After, Change, File, Rollback, Step, StepKind, Target, Tier, Use};

/// What a new version of a framework asks for.
#[derive(Debug, Clone, Copy)]
pub struct FrameworkWork<'a> {
    /// What moves.
    pub target: &'a Target,
    /// The packages whose versions move.
    pub packages: &'a [String],
    /// The files that must or may change.
    pub files: &'a [File],
    /// What their uses cite.
    pub changes: &'a [Change],
    /// The ids of the changes that the old version takes.
    pub prepared: &'a BTreeSet<String>,
    /// The command that shows that a step is done.
    pub verify: &'a str,
}

/// The step that prepares, where there is something to prepare, and the one that moves.
pub fn steps(work: &FrameworkWork<'_>) -> Vec<Step> {
    let is_prepared = |it: &Use| work.prepared.contains(&it.change);
    let must = || work.files.iter().filter(|file| file.tier == Tier::Must);
    let with = |counts: &dyn Fn(&Use) -> bool| -> Vec<&File> {
        must().filter(|file| file.uses.iter().any(counts)).collect()
    };
    let (prepared, moved) = (with(&is_prepared), with(&|it| !is_prepared(it)));
    let mut steps = Vec::new();
    let Target { name, to, .. } = work.target;
    if !prepared.is_empty() {
        let title = format!("Prepare for {name} {to} on the version in use");
        let task = format!("{title}: what follows works there already.");
        let step = Written {
            id: "prepare-1",
            kind: StepKind::Prepare,
            title,
            task,
            files: prepared,
        };
        steps.push(step.step(work, &is_prepared));
    }
    let title = format!("Move {name} to {to}");
    let packages = work.packages.join(", ");
    let task = format!(
        "{title}, in one commit: set {packages}, and the packages of their types where there are \
         any, to {to} in package.json, and bring the lock file up to date."
    );
    let step = Written {
        id: "bump-1",
        kind: StepKind::Bump,
        title,
        task,
        files: moved,
    };
    let mut step = step.step(work, &|it| !is_prepared(it));
    step.crates = work.packages.to_vec();
    step.rollback = Rollback {
        how: "git revert the commit of this step; package.json and the lock file are part of it"
            .to_owned(),
        cannot: Vec::new(),
    };
    step.after = steps.iter().map(after).collect();
    steps.push(step);
    steps
}

fn after(step: &Step) -> After {
    After {
        step: step.id.clone(),
        because: String::new(),
    }
}

struct Written<'a> {
    id: &'a str,
    kind: StepKind,
    title: String,
    task: String,
    files: Vec<&'a File>,
}

impl Written<'_> {
    fn step(self, work: &FrameworkWork<'_>, counts: &dyn Fn(&Use) -> bool) -> Step {
        let files = &self.files;
        let uses = files.iter().flat_map(|file| &file.uses);
        let cited: BTreeSet<&str> = uses
            .filter(|it| counts(it))
            .map(|it| it.change.as_str())
            .collect();
        let changes = work
            .changes
            .iter()
            .filter(|it| cited.contains(it.id.as_str()));
        let mut text = instructions::Text::new(&self.task);
        text.changes(changes);
        text.places(files.iter().copied(), counts);
        Step {
            id: self.id.to_owned(),
            kind: self.kind,
            title: self.title,
            crates: Vec::new(),
            packages: Vec::new(),
            files: files.iter().map(|file| file.path.clone()).collect(),
            takes: Vec::new(),
            after: Vec::new(),
            size: size_of(files.iter().copied(), counts),
            verify: work.verify.to_owned(),
            rollback: revert(),
            alternative: None,
            instructions: text.end(work.verify),
        }
    }
}
