//! An agent as a third party would write it that uses what a host offers beside calls:
//! outcomes that decide an exit code, arguments without flags, durable streams, programs,
//! scratch workspaces, and answers that are runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use guildhall_report::{Prose, Report, ReportOutcome};
use guildhall_sdk::core::programs::{EndedBy, Program};
use guildhall_sdk::core::streams::{NewRecord, conflict_of};
use guildhall_sdk::prelude::*;

/// What to check.
#[derive(Deserialize, Schema)]
struct Check {
    /// What is to be there, one of them a line.
    wanted: Vec<String>,
    /// What there is.
    #[serde(default)]
    present: Vec<String>,
}

/// What to write down.
#[derive(Deserialize, Schema)]
struct Note {
    /// What it is about.
    #[schema(positional = 1)]
    about: String,
    /// What to write; nothing is written without it.
    #[schema(positional = 2)]
    text: Option<String>,
}

/// What was written down about one thing.
#[derive(Serialize, Schema)]
struct Notes {
    /// The texts, the oldest first.
    texts: Vec<String>,
    /// Everything that there are notes about.
    about: Vec<String>,
}

/// What to run.
#[derive(Deserialize, Schema)]
struct Try {
    /// A script for the shell.
    #[schema(positional = 1)]
    script: String,
    /// The folder, in a git repository, at whose commits it is tried.
    #[schema(positional = 2)]
    path: Option<String>,
    /// The commits, each anything that names one; the one that is checked out where there is
    /// none.
    #[serde(default)]
    at: Vec<String>,
    /// Seconds that it may take at each of them.
    seconds: Option<u32>,
    /// The message of a commit of what it has changed.
    message: Option<String>,
}

/// What came of it at one commit.
#[derive(Serialize, Schema)]
struct Tried {
    /// The commit.
    commit: String,
    /// The exit code.
    code: Option<i32>,
    /// Whether it took too long.
    timed_out: bool,
    /// What it wrote.
    output: String,
    /// The patch of what it has changed, where that was committed.
    patch: Option<String>,
}

/// What to have done.
#[derive(Deserialize, Schema)]
struct Order {
    /// A script for the shell.
    #[schema(positional = 1)]
    script: Option<String>,
    /// The folder to do it in.
    folder_of_run: Option<String>,
}

#[derive(Default)]
struct Workbench;

#[agent(
    permission(kind = "guildhall.streams", reason = "keeps notes"),
    permission(
        kind = "guildhall.programs",
        reason = "runs the scripts that it is given"
    ),
    permission(
        kind = "guildhall.workspaces",
        reason = "runs them beside the checkout"
    )
)]
impl Workbench {
    /// Checks that everything is there.
    #[capability(name = "bench.check", version = "1.0.0", command = "bench check")]
    async fn check(&self, input: Check) -> Result<Report, AgentError> {
        let missing = |wanted: &&String| !input.present.contains(wanted);
        let missing: Vec<&str> = input
            .wanted
            .iter()
            .filter(missing)
            .map(String::as_str)
            .collect();
        let outcome = match missing.as_slice() {
            [] => ReportOutcome::Met,
            missing => ReportOutcome::unmet(format!("{} is missing", missing.join(", "))),
        };
        Ok(Report {
            title: Some("Checking the bench".to_owned()),
            outcome: Some(outcome),
            texts: vec![Prose::new(
                "wanted",
                "What was wanted",
                input.wanted.join(", "),
            )],
            ..Report::default()
        })
    }

    /// Writes something down, and shows what was.
    #[capability(name = "bench.note", version = "1.0.0", command = "bench note")]
    async fn note(&self, input: Note, ctx: &Context) -> Result<Notes, AgentError> {
        let streams = ctx.streams();
        let mut all = streams.read_all(&input.about, 0).await?;
        while let Some(text) = &input.text {
            let last = all.last().map_or(0, |record| record.seq);
            let note = NewRecord::new("noted", now_ms(), text)?;
            let written = streams.append(&input.about, vec![note], last).await;
            let is_late = written
                .as_ref()
                .is_err_and(|error| conflict_of(error).is_some());
            if !is_late {
                written?;
            }
            all.extend(streams.read_all(&input.about, last).await?);
            if !is_late {
                break;
            }
        }
        let texts = all.iter().map(|record| record.body());
        let about = streams.list_all().await?.into_iter();
        Ok(Notes {
            texts: texts.collect::<Result<_, _>>()?,
            about: about.map(|stream| stream.name).collect(),
        })
    }

    /// Tries a script at some commits, beside the checkout.
    #[capability(name = "bench.try", version = "1.0.0", command = "bench try")]
    async fn try_script(&self, input: Try, ctx: &Context) -> Result<Vec<Tried>, AgentError> {
        let folder = absolute(input.path.as_deref().unwrap_or("."))?;
        let workspaces = ctx.workspaces();
        let first = input.at.first().map(String::as_str);
        let workspace = workspaces.open(&folder, first).await?;
        let mut tried = vec![attempt(&input, &workspace, workspace.base.clone(), ctx).await?];
        for commit in input.at.iter().skip(1) {
            let id = workspaces.checkout(&workspace, commit).await?;
            tried.push(attempt(&input, &workspace, id, ctx).await?);
        }
        // It is closed with the task.
        Ok(tried)
    }

    /// Has a script run by an agent, or says what it would need.
    #[capability(
        name = "bench.order",
        version = "1.0.0",
        command = "bench order",
        hands_over = "run",
        output = String
    )]
    async fn order(&self, input: Order) -> Result<Outcome, AgentError> {
        let Some(script) = &input.script else {
            return Outcome::new(&"name a script");
        };
        let plan = json!({
            "version": 1,
            "name": "ordered",
            "parameters": {"who": {"default": "nobody"}},
            "task": [
                {"id": "do", "agent": "shell", "prompt": script},
                {"id": "say", "agent": "shell", "prompt": "echo done for {{ param.who }}", "needs": ["do"]},
            ],
        });
        let mut outcome = Outcome::new(&"a run of two tasks")?;
        let folder = input.folder_of_run.as_deref().map(absolute).transpose()?;
        outcome.hand_over_run(&plan, folder.as_deref())?;
        Ok(outcome)
    }
}

/// Runs the script in the workspace as it is.
async fn attempt(
    input: &Try,
    workspace: &guildhall_sdk::core::workspaces::Workspace,
    commit: String,
    ctx: &Context,
) -> Result<Tried, AgentError> {
    let program = Program::new(["sh", "-c", input.script.as_str()], &workspace.path)
        .timeout(Duration::from_secs(input.seconds.unwrap_or(60).into()))
        .grace(Duration::from_millis(200));
    let ran = ctx.programs().run(program).await?;
    let patch = match &input.message {
        Some(message) => {
            let made = ctx.workspaces().commit(workspace, message).await?;
            Some(String::from_utf8_lossy(&made.patch).into_owned())
        }
        None => None,
    };
    Ok(Tried {
        commit,
        code: ran.code,
        timed_out: ran.by == EndedBy::Timeout,
        output: ran.stdout.text(),
        patch,
    })
}

fn absolute(folder: &str) -> Result<PathBuf, AgentError> {
    Ok(fs::canonicalize(Path::new(folder))?)
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let ms = since.map_or(0, |since| since.as_millis());
    i64::try_from(ms).unwrap_or(i64::MAX)
}

guildhall_sdk::export!(Workbench);
