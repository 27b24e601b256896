//! What the host sees: the capabilities of the agent.

use std::path::Path;

use guildhall_report::{Report, RuleList, ScanRequest, TrendRequest};
use guildhall_sdk::prelude::*;
use serde_json::Map;

use guildhall_source::SourceError;

use crate::scan::{self, Answer, Told};
use crate::{Hooks, HotspotsRequest, MetricsRequest, ScanError};

#[derive(Default)]
struct TechDebtScanner;

/// What to scan: a [`ScanRequest`], and what only this agent takes.
#[derive(Debug, Deserialize, Schema)]
struct Wanted {
    /// Absolute path of the folder, written as `guildhall_core::path_text` writes paths.
    root: String,
    /// Worker threads at the most; as many as there are processors where absent.
    #[serde(default)]
    threads: Option<u32>,
    /// Tables of settings, by rule id and under this agent's own.
    #[serde(default)]
    settings: Map<String, Value>,
    /// Absolute path of a folder of this agent's own, for what it keeps between scans.
    #[serde(default)]
    cache: Option<String>,
    /// The state of a report that the host still has.
    #[serde(default)]
    known: Option<String>,
    /// Report clippy's lints as well, from what `cargo clippy --message-format=json` printed to this file.
    #[serde(default)]
    with_clippy: Option<String>,
}

impl From<Wanted> for ScanRequest {
    fn from(wanted: Wanted) -> Self {
        Self {
            root: wanted.root,
            threads: wanted.threads,
            settings: wanted.settings,
            cache: wanted.cache,
            known: wanted.known,
        }
    }
}

#[agent(
    permission(
        kind = "read",
        reason = "reads the source files of the folder that is scanned"
    ),
    permission(
        kind = "run",
        scope = "git",
        reason = "reads the history of the folder"
    )
)]
impl TechDebtScanner {
    /// Measures the technical debt of a folder of source code.
    #[capability(name = "guildhall.scan", version = "1.0.0", kind = "analysis", output = Report)]
    async fn scan(&self, input: Wanted, ctx: &Context) -> Result<Outcome, AgentError> {
        let clippy = input.with_clippy.clone();
        let request = ScanRequest::from(input);
        let request = ScanRequest {
            settings: request.settings_of(env!("CARGO_PKG_NAME"), &crate::rules()),
            ..request
        };
        // The scan computes and never waits. The host polls agents on threads of
        // their own, so it may take them; cancellation is checked on the way.
        match scan::answer(&request, clippy.as_deref(), &Asking(ctx)) {
            Ok(answer) => outcome_of(answer),
            Err(error) => Err(record_of(&error)),
        }
    }

    /// Measures functions, types, files, modules or crates.
    #[capability(
        name = "tech-debt.metrics",
        version = "1.0.0",
        kind = "analysis",
        command = "metrics"
    )]
    async fn metrics(&self, input: MetricsRequest, ctx: &Context) -> Result<Report, AgentError> {
        crate::metrics(&input, &Asking(ctx)).map_err(|error| record_of(&error))
    }

    /// Ranks files by what looking at them is worth.
    #[capability(
        name = "tech-debt.hotspots",
        version = "1.0.0",
        kind = "analysis",
        command = "hotspots"
    )]
    async fn hotspots(&self, input: HotspotsRequest, ctx: &Context) -> Result<Report, AgentError> {
        crate::hotspots(&input, &Asking(ctx)).map_err(|error| record_of(&error))
    }

    /// Tells how a folder has changed, at releases, at dates or at commits.
    #[capability(name = "guildhall.trend", version = "1.0.0", kind = "analysis")]
    async fn trend(&self, input: TrendRequest, ctx: &Context) -> Result<Report, AgentError> {
        let request = TrendRequest {
            settings: input.settings_of(env!("CARGO_PKG_NAME"), &crate::rules()),
            ..input
        };
        crate::trend(&request, &Asking(ctx)).map_err(|error| record_of(&error))
    }

    /// Lists the rules with their documentation.
    #[capability(name = "guildhall.rules", version = "1.0.0", kind = "analysis")]
    async fn rules(&self) -> Result<RuleList, AgentError> {
        Ok(RuleList {
            rules: crate::rules(),
        })
    }
}

guildhall_sdk::export!(TechDebtScanner);

fn outcome_of(answer: Answer) -> Result<Outcome, AgentError> {
    let mut outcome = match answer.told {
        Told::Made(report) => Outcome::new(&report)?,
        Told::Kept(json) => Outcome::from_raw(json),
        Told::Unchanged(run) => Outcome::new(&Report {
            run,
            ..Report::default()
        })?,
    };
    answer.standing.add_to(&mut outcome.extra);
    Ok(outcome)
}

fn record_of(error: &ScanError) -> AgentError {
    let code = match error {
        ScanError::Root { .. }
        | ScanError::Setting(_)
        | ScanError::Clippy(_)
        | ScanError::Trend(_)
        | ScanError::Source(SourceError::NotARepository { .. }) => ErrorCode::InvalidInput,
        ScanError::Cancelled => ErrorCode::Cancelled,
        ScanError::Source(_) | ScanError::Threads { .. } | ScanError::Broken => ErrorCode::Failed,
    };
    AgentError::new(code, error.to_string())
}

/// Leads progress and cancellation to the host.
struct Asking<'a>(&'a Context);

impl Hooks for Asking<'_> {
    fn progress(&self, files_done: u64, files_found: u64, path: &Path) {
        let path = guildhall_sdk::core::path_text::encode(path);
        self.0.progress(files_done, Some(files_found), path);
    }

    fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}
