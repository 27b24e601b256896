//! What the host sees: the capabilities of the agent.

use std::time::{SystemTime, UNIX_EPOCH};

use guildhall_report::Report;
use guildhall_sdk::prelude::*;

use crate::asking::asking;
use crate::keep::Kept;
use crate::manage::{
    self, Clock, CloseRequest, MitigateRequest, NoteRequest, ReopenRequest, Saying,
    SeverityRequest, Speaker,
};
use crate::present::{self, ListRequest, ShowRequest};
use crate::respond::{self, AssembleRequest, ConcludeRequest, RespondRequest};
use crate::{
    AssessRequest, Hooks, LogsRequest, MetricsRequest, Moment, Settings, SuspectHooks,
    SuspectsRequest, appraise, metrics, open, suspects, suspects_of,
};

struct IncidentResponder {
    settings: Settings,
}

#[agent(
    permission(
        kind = "read",
        reason = "reads the alerts, logs and repositories that it is given"
    ),
    permission(
        kind = "run",
        scope = "git",
        reason = "reads the history of the repository"
    ),
    permission(kind = "guildhall.streams", reason = "keeps the incidents"),
    permission(
        kind = "guildhall.programs",
        reason = "runs the reproduction, build, test and deploy commands that it is given"
    ),
    permission(
        kind = "guildhall.workspaces",
        reason = "tries commits and hotfixes beside the checkout"
    )
)]
impl IncidentResponder {
    #[configure]
    fn new(settings: Settings) -> Result<Self, AgentError> {
        settings.check()?;
        Ok(Self { settings })
    }

    /// Says how bad something is that an alert, a log or a person tells, with every reason.
    #[capability(
        name = "incident.assess",
        version = "1.0.0",
        kind = "analysis",
        command = "incident assess"
    )]
    async fn assess(
        &self,
        input: AssessRequest,
        task: &Task,
        ctx: &Context,
    ) -> Result<Report, AgentError> {
        if input.open {
            let kept = Kept::new(ctx);
            let opened = open(&input, &self.settings, &kept, &asked(task)).await;
            return opened.map_err(AgentError::from);
        }
        appraise(&input, &self.settings, now()).map_err(AgentError::from)
    }

    /// Lists the incidents.
    #[capability(
        name = "incident.list",
        version = "1.0.0",
        kind = "incident-response",
        command = "incident list"
    )]
    async fn list(&self, input: ListRequest, ctx: &Context) -> Result<Report, AgentError> {
        let all = Kept::new(ctx).list().await?;
        Ok(present::list(&input, &all))
    }

    /// Shows an incident: what is known of it, and what happened.
    #[capability(
        name = "incident.show",
        version = "1.0.0",
        kind = "incident-response",
        command = "incident show"
    )]
    async fn show(&self, input: ShowRequest, ctx: &Context) -> Result<Report, AgentError> {
        let kept = Kept::new(ctx);
        let id = kept.find(&input.incident).await?;
        Ok(present::incident(&kept.load(id).await?.0))
    }

    /// Plans who does what about an incident, and has it carried out.
    #[capability(
        name = "incident.respond",
        version = "1.0.0",
        kind = "incident-response",
        command = "incident respond",
        hands_over = "run",
        output = Report
    )]
    async fn respond(&self, input: RespondRequest, ctx: &Context) -> Result<Outcome, AgentError> {
        let responded = respond::respond(&input, &self.settings, &Kept::new(ctx)).await;
        responded.map_err(AgentError::from)
    }

    /// Writes down that a response begins: the first task of its plan.
    #[capability(
        name = "incident.assemble",
        version = "1.0.0",
        kind = "incident-response"
    )]
    async fn assemble(&self, input: AssembleRequest, ctx: &Context) -> Result<Report, AgentError> {
        let written = respond::assemble(&input, &Kept::new(ctx), &clock()).await;
        written.map_err(AgentError::from)
    }

    /// Writes down what came of a response: the last task of its plan.
    #[capability(
        name = "incident.conclude",
        version = "1.0.0",
        kind = "incident-response"
    )]
    async fn conclude(&self, input: ConcludeRequest, ctx: &Context) -> Result<Report, AgentError> {
        let written = respond::conclude(&input, &Kept::new(ctx), &clock()).await;
        written.map_err(AgentError::from)
    }

    /// What an incident's record says, in the form in which people learn from one.
    #[capability(
        name = "incident.postmortem",
        version = "1.0.0",
        kind = "incident-response",
        command = "incident postmortem"
    )]
    async fn postmortem(&self, input: ShowRequest, ctx: &Context) -> Result<Report, AgentError> {
        let kept = Kept::new(ctx);
        let id = kept.find(&input.incident).await?;
        Ok(present::postmortem(&kept.load(id).await?.0))
    }

    /// How long incidents took to be detected, acknowledged, mitigated and resolved.
    #[capability(
        name = "incident.metrics",
        version = "1.0.0",
        kind = "incident-response",
        command = "incident metrics"
    )]
    async fn metrics(&self, input: MetricsRequest, ctx: &Context) -> Result<Report, AgentError> {
        let at = clock().author(None, input.at.as_deref())?.at;
        let all = Kept::new(ctx).list().await?;
        Ok(present::metrics(&metrics(&input, &all, at)?))
    }

    /// Writes something down.
    #[capability(
        name = "incident.note",
        version = "1.0.0",
        kind = "incident-response",
        command = "incident note"
    )]
    async fn note(
        &self,
        input: NoteRequest,
        task: &Task,
        ctx: &Context,
    ) -> Result<Report, AgentError> {
        written(&input.speaker, &input, task, ctx).await
    }

    /// Sets how bad an incident is, by a person's word.
    #[capability(
        name = "incident.severity",
        version = "1.0.0",
        kind = "incident-response",
        command = "incident severity"
    )]
    async fn severity(
        &self,
        input: SeverityRequest,
        task: &Task,
        ctx: &Context,
    ) -> Result<Report, AgentError> {
        written(&input.speaker, &input, task, ctx).await
    }

    /// Says that nobody feels an incident any more, though its cause is still there.
    #[capability(
        name = "incident.mitigate",
        version = "1.0.0",
        kind = "incident-response",
        command = "incident mitigate"
    )]
    async fn mitigate(
        &self,
        input: MitigateRequest,
        task: &Task,
        ctx: &Context,
    ) -> Result<Report, AgentError> {
        written(&input.speaker, &input, task, ctx).await
    }

    /// Closes an incident.
    #[capability(
        name = "incident.close",
        version = "1.0.0",
        kind = "incident-response",
        command = "incident close"
    )]
    async fn close(
        &self,
        input: CloseRequest,
        task: &Task,
        ctx: &Context,
    ) -> Result<Report, AgentError> {
        written(&input.speaker, &input, task, ctx).await
    }

    /// Reopens an incident that is not over.
    #[capability(
        name = "incident.reopen",
        version = "1.0.0",
        kind = "incident-response",
        command = "incident reopen"
    )]
    async fn reopen(
        &self,
        input: ReopenRequest,
        task: &Task,
        ctx: &Context,
    ) -> Result<Report, AgentError> {
        written(&input.speaker, &input, task, ctx).await
    }

    /// Groups the lines of a log by template, and says what is new, gone or more than usual.
    #[capability(
        name = "incident.logs",
        version = "1.0.0",
        kind = "analysis",
        command = "incident logs"
    )]
    async fn logs(&self, input: LogsRequest, ctx: &Context) -> Result<Report, AgentError> {
        // Reading never waits, and the host polls agents on threads of their own.
        crate::inspect(&input, &Waiting(ctx)).map_err(AgentError::from)
    }

    /// Ranks the commits that may have brought what was seen.
    #[capability(
        name = "incident.suspects",
        version = "1.0.0",
        kind = "analysis",
        command = "incident suspects"
    )]
    async fn suspects(&self, input: SuspectsRequest, ctx: &Context) -> Result<Report, AgentError> {
        // It waits for git alone, and the host polls agents on threads of their own.
        let (settings, hooks) = (&self.settings.suspects, Searching(ctx));
        if let Some(name) = &input.incident {
            let kept = Kept::new(ctx);
            let found = suspects_of(name, &input, settings, &kept, &clock(), &hooks).await;
            return found.map_err(AgentError::from);
        }
        suspects(&input, settings, &hooks).map_err(AgentError::from)
    }

    /// Finds the commit that brought it, by running a reproduction at commits beside the checkout.
    #[capability(
        name = "incident.bisect",
        version = "1.0.0",
        kind = "analysis",
        command = "incident bisect"
    )]
    async fn bisect(
        &self,
        input: crate::BisectRequest,
        ctx: &Context,
    ) -> Result<Report, AgentError> {
        crate::bisect::bisect(&input, &self.settings, clock, ctx).await
    }

    /// Tries ways out beside the checkout: takes a commit back, or a fix that is there.
    #[capability(
        name = "incident.hotfix",
        version = "1.0.0",
        kind = "test-run",
        command = "incident hotfix"
    )]
    async fn hotfix(
        &self,
        input: crate::HotfixRequest,
        ctx: &Context,
    ) -> Result<Report, AgentError> {
        crate::hotfix::hotfix(&input, &self.settings, clock, ctx).await
    }

    /// Keeps a person's word that a candidate may be deployed, or takes it back.
    #[capability(
        name = "incident.approve",
        version = "1.0.0",
        kind = "incident-response",
        command = "incident approve"
    )]
    async fn approve(
        &self,
        input: crate::ApproveRequest,
        task: &Task,
        ctx: &Context,
    ) -> Result<Report, AgentError> {
        let report = written(&input.speaker, &input, task, ctx).await?;
        Ok(present::approved(report, &input, asked(task).agent))
    }

    /// Runs the configured deploy command for a candidate that is validated and approved.
    #[capability(
        name = "incident.deploy",
        version = "1.0.0",
        kind = "incident-response",
        command = "incident deploy"
    )]
    async fn deploy(
        &self,
        input: crate::DeployRequest,
        ctx: &Context,
    ) -> Result<Report, AgentError> {
        crate::deploy::deploy(&input, &self.settings, clock, ctx).await
    }

    /// Looks in logs whether the symptom of an incident is seen again, and reopens it.
    #[capability(
        name = "incident.watch",
        version = "1.0.0",
        kind = "incident-response",
        command = "incident watch"
    )]
    async fn watch(&self, input: crate::WatchRequest, ctx: &Context) -> Result<Report, AgentError> {
        crate::watch::watch(&input, clock, ctx).await
    }
}

guildhall_sdk::export!(IncidentResponder);

/// Writes down what somebody says.
async fn written(
    speaker: &Speaker,
    request: &impl Saying,
    task: &Task,
    ctx: &Context,
) -> Result<Report, AgentError> {
    let incident = manage::say(speaker, request, &Kept::new(ctx), &asked(task)).await?;
    Ok(present::said(&incident))
}

/// What time it is, and who asks.
fn clock() -> Clock {
    let names = ["USER", "LOGNAME", "USERNAME"].into_iter();
    let mut names = names.filter_map(|name| std::env::var(name).ok());
    Clock {
        now: now(),
        user: names.find(|name| !name.trim().is_empty()),
        agent: None,
    }
}

/// The same, of a task that may be an agent's or a run's.
fn asked(task: &Task) -> Clock {
    Clock {
        agent: asking(task, |name| std::env::var(name).ok()),
        ..clock()
    }
}

/// The only clock of this agent.
fn now() -> Option<Moment> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    Moment::from_milliseconds(i64::try_from(since.as_millis()).ok()?)
}

/// Leads progress and cancellation to the host.
struct Waiting<'a>(&'a Context);

impl Hooks for Waiting<'_> {
    fn progress(&self, lines: u64) {
        self.0.progress(lines, None, "lines");
    }

    fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}

/// Leads progress and cancellation of a search to the host.
pub(crate) struct Searching<'a>(pub(crate) &'a Context);

impl SuspectHooks for Searching<'_> {
    fn progress(&self, done: u64, all: u64) {
        self.0.progress(done, Some(all), "commits");
    }

    fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}
