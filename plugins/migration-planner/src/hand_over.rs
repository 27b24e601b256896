//! `migrate run`: the steps of a plan as a run of the swarm coordinator.
//!
//! Each step becomes two tasks: one of the user's agent, in a worktree, and one of ours that
//! puts the agent's changes together with what they build on, runs the step's command there and
//! leaves a branch. A step begins where every step before it was verified. At the end all is
//! put together, and the command of the whole plan decides.

use std::path::{Path, PathBuf};

use guildhall_coordination::{TaskKey, literal};
use guildhall_core::{Schema, path_text};
use guildhall_report::{Prose, Report};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::check::to_be_done;
use crate::kept::{Kept, kept};
use crate::plan::{MigrationPlan, Step};
use crate::present;
use crate::{PlanError, Settings};

/// Attempts at once where the user says nothing else.
const AT_ONCE: u32 = 3;

/// What the agent may take for a step, and the command for its answer, in seconds.
const TIME_LIMIT: u32 = 60 * 60;

/// The task that puts everything together.
const WHOLE: &str = "all";

/// What an id of a step becomes at the task that verifies it.
const VERIFIED: &str = ".verified";

/// Which plan is to be carried out, where and by whom.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct RunRequest {
    /// The file with the plan, as `migrate plan --format json` printed it.
    #[schema(positional = 1)]
    pub plan: String,
    /// The folder of the project, in a git repository; the current folder where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(positional = 2)]
    pub path: Option<String>,
    /// The plan, of those that `migrate plan --to-latest` made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<String>,
    /// The id of the agent that does the steps, as `[agents.ID]` configures it; the
    /// instructions are printed where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
}

/// What is to be run.
#[derive(Debug, Clone, PartialEq)]
pub struct Handed {
    /// What the user is shown where nothing is run.
    pub report: Report,
    /// The plan of the run, as `guildhall run` reads it; none where there is no agent, or
    /// nothing to do.
    pub plan: Option<Value>,
    /// The folder that it works on.
    pub folder: PathBuf,
}

/// What has to be run to carry out a plan.
///
/// # Errors
/// [`PlanError::Unreadable`] where there is no plan in the file, [`PlanError::OtherProject`]
/// where it is none of this folder, [`PlanError::Unfit`] where a step has no way back or
/// nothing that shows that it is done.
pub fn run_of(request: &RunRequest, settings: &Settings) -> Result<Handed, PlanError> {
    let (only, path) = (request.only.as_deref(), request.path.as_deref());
    let Kept { plan, folder } = kept(&request.plan, only, path)?;
    check(&plan, &folder)?;
    let configured = Some(settings.agent.as_str()).filter(|agent| !agent.is_empty());
    let agent = request.agent.as_deref().or(configured);
    let run = agent.filter(|_| to_be_done(&plan).next().is_some());
    Ok(Handed {
        report: by_hand(&plan),
        plan: run.map(|agent| run_plan(&plan, agent, &folder)),
        folder,
    })
}

/// Whether the plan is one of this folder, and each step can be undone and verified.
fn check(plan: &MigrationPlan, folder: &Path) -> Result<(), PlanError> {
    let is_there = |path: &String| folder.join(path).exists();
    let mut paths = plan.files.iter().map(|file| &file.path);
    if !plan.files.is_empty() && !paths.any(is_there) {
        return Err(PlanError::OtherProject {
            path: folder.to_owned(),
        });
    }
    for step in &plan.steps {
        let unfit = |lack, needed| {
            Err(PlanError::Unfit {
                step: step.id.clone(),
                lack,
                needed,
            })
        };
        if step.rollback.how.trim().is_empty() {
            return unfit("has no way back", "has one");
        }
        if step.verify.trim().is_empty() {
            return unfit("has no command that shows that it is done", "has one");
        }
        let is_task = TaskKey::new(format!("{}{VERIFIED}", step.id)).is_ok();
        if !is_task || step.id.contains('/') || step.id == WHOLE {
            return unfit(
                "has an id that no task can have",
                "has one of letters, digits, `.`, `_` and `-`",
            );
        }
        let is_step = |id: &str| plan.steps.iter().any(|other| other.id == id);
        if !step.after.iter().all(|after| is_step(&after.step)) {
            return unfit(
                "comes after one that is not in the plan",
                "comes after steps of the plan",
            );
        }
        if plan.steps.iter().filter(|it| it.id == step.id).count() > 1 {
            return unfit("is there twice", "has an id of its own");
        }
    }
    Ok(())
}

/// The plan of the run.
fn run_plan(plan: &MigrationPlan, agent: &str, folder: &Path) -> Value {
    let mut tasks: Vec<Value> = Vec::new();
    for step in to_be_done(plan) {
        tasks.push(done(step, agent));
        tasks.push(verified(step, folder));
    }
    tasks.push(whole(plan, folder));
    json!({
        "version": 1,
        "name": "migration",
        "description": literal(&format!("{}.", present::title(&plan.targets))),
        "strategy": "graph",
        "limits": {"concurrency": AT_ONCE},
        "task": tasks,
    })
}

/// The agent's part of a step.
fn done(step: &Step, agent: &str) -> Value {
    let before: Vec<String> = before(step).collect();
    let mut prompt = String::new();
    for id in &before {
        let commit = commit_of(id);
        prompt +=
            &format!("Begin with `git merge --no-edit {commit}`: it has what {id} changed.\n");
    }
    if !before.is_empty() {
        prompt += "\n";
    }
    prompt += &literal(&step.instructions);
    let needs: Vec<String> = before.iter().map(|id| format!("{id}{VERIFIED}")).collect();
    json!({
        "id": step.id,
        "title": literal(&step.title),
        "agent": agent,
        "workspace": "worktree",
        "timeout_seconds": TIME_LIMIT,
        "needs": needs,
        "prompt": prompt,
    })
}

/// Our part of a step.
fn verified(step: &Step, folder: &Path) -> Value {
    let id = &step.id;
    let changed =
        format!("refs/guildhall/{{{{ run.id }}}}/{id}/{{{{ results[\"{id}\"].attempts }}}}");
    let mut merge: Vec<String> = before(step).map(|id| commit_of(&id)).collect();
    merge.push(changed);
    json!({
        "id": format!("{id}{VERIFIED}"),
        "title": literal(&format!("Verify: {}", step.title)),
        "capability": "migration.verify@^1",
        "kind": "test-run",
        "timeout_seconds": TIME_LIMIT,
        "retry": {"max": 0},
        "needs": [id],
        "input": {
            "folder": literal(&path_text::encode(folder)),
            "merge": merge,
            "command": literal(&step.verify),
            "branch": format!("guildhall/{{{{ run.id }}}}/{id}"),
        },
    })
}

/// All steps together.
fn whole(plan: &MigrationPlan, folder: &Path) -> Value {
    let ids: Vec<&str> = to_be_done(plan).map(|step| step.id.as_str()).collect();
    let needs: Vec<String> = ids.iter().map(|id| format!("{id}{VERIFIED}")).collect();
    let merge: Vec<String> = ids.iter().map(|id| commit_of(id)).collect();
    json!({
        "id": WHOLE,
        "title": "Verify the whole migration",
        "capability": "migration.verify@^1",
        "kind": "test-run",
        "timeout_seconds": TIME_LIMIT,
        "retry": {"max": 0},
        "needs": needs,
        "input": {
            "folder": literal(&path_text::encode(folder)),
            "merge": merge,
            "command": literal(&plan.done),
            "branch": format!("guildhall/{{{{ run.id }}}}/{WHOLE}"),
        },
    })
}

/// The steps that come before and are part of the run.
fn before(step: &Step) -> impl Iterator<Item = String> + '_ {
    step.after.iter().map(|after| after.step.clone())
}

/// The commit of a step that was verified, as a template.
fn commit_of(step: &str) -> String {
    format!("{{{{ results[\"{step}{VERIFIED}\"].output.commit }}}}")
}

/// The instructions of the steps, for whoever does them by hand.
fn by_hand(plan: &MigrationPlan) -> Report {
    let mut texts = Vec::new();
    match plan.steps.is_empty() {
        true => texts.push(Prose::new(
            "nothing",
            "Nothing to do",
            "The plan has no step.",
        )),
        false => texts.push(Prose::new(
            "who",
            "No agent is named",
            "To have an agent do the steps, name one that is configured under `[agents.ID]`: \
             `migrate run PLAN --agent ID`, or `agent = \"ID\"` under \
             `[plugins.config.migration-planner]`. These are the steps to do by hand.",
        )),
    }
    texts.extend(plan.steps.iter().map(|step| {
        let body = format!("{}\nThe way back: {}", step.instructions, step.rollback.how);
        Prose::new(&step.id, format!("{}: {}", step.id, step.title), body)
    }));
    Report {
        title: Some(present::title(&plan.targets)),
        texts,
        ..Report::default()
    }
}
