//! The runs of a search, kept in an incident: one that was cut off goes on where it was.

use guildhall_sdk::core::{AgentError, Context};

use super::bench::Observed;
use super::line::Line;
use super::{Answer, WrongEnd};
use crate::ResponderError;
use crate::event::{BisectEnded, BisectRun, BisectStarted, CommandRun, IncidentEvent};
use crate::incident::Incident;
use crate::keep::Kept;
use crate::manage::Clock;
use crate::trial::{Commands, evidence_of};

/// Where the runs are kept.
pub(crate) struct Record<'a> {
    /// The incident as it was at the beginning.
    pub(crate) incident: Incident,
    kept: Kept,
    commands: &'a Commands,
    clock: fn() -> Clock,
    /// The search that this one is.
    started: Option<BisectStarted>,
}

impl<'a> Record<'a> {
    /// The incident of a name.
    ///
    /// # Errors
    /// Where there is none, or the store fails.
    pub(crate) async fn of(
        name: &str,
        commands: &'a Commands,
        clock: fn() -> Clock,
        ctx: &Context,
    ) -> Result<Self, AgentError> {
        let kept = Kept::new(ctx);
        let id = kept.find(name).await?;
        let (incident, _) = kept.load(id).await?;
        Ok(Self {
            incident,
            kept,
            commands,
            clock,
            started: None,
        })
    }

    /// Begins with a line, unless that is what was begun last. Gives the runs of a search by the
    /// same commands that was cut off, in this line or another: what a merge brought is searched in
    /// a line of its own.
    pub(super) async fn begin(&mut self, line: &Line) -> Result<Vec<BisectRun>, AgentError> {
        let ids =
            |line: &Line| -> Vec<String> { line.commits.iter().map(ToString::to_string).collect() };
        let started = BisectStarted {
            good: line.good.to_string(),
            bad: line.at(line.commits.len()).to_string(),
            commits: ids(line),
            reproduce: self.commands.reproduce.clone(),
            build: self.commands.build.clone(),
            hang_fails: self.commands.hang_fails,
            seconds: Some(self.commands.timeout.as_secs()),
        };
        let (incident, _) = self.kept.load(self.incident.id).await?;
        let before = incident.bisection.filter(|one| one.ended.is_none());
        if before.as_ref().map(|one| &one.started) != Some(&started) {
            self.add(IncidentEvent::BisectStarted(started.clone()), None)
                .await?;
        }
        let runs = before.filter(|one| one.started.tries_as(&started));
        self.started = Some(started);
        Ok(runs.map_or_else(Vec::new, |before| before.runs))
    }

    /// Keeps a run.
    pub(super) async fn run(&self, observed: &Observed, built: bool) -> Result<(), AgentError> {
        let run = match &observed.trial {
            Some(trial) => trial.kept(),
            None => CommandRun {
                argv: self.commands.build.clone(),
                code: None,
                ended: Some("it is known not to build".to_owned()),
                ms: 0,
                tail: String::new(),
            },
        };
        let event = BisectRun {
            commit: observed.commit.clone(),
            seen: observed.seen,
            run: run.clone(),
            built,
        };
        self.add(IncidentEvent::BisectRun(event), Some(&run)).await
    }

    /// Keeps how it ended.
    pub(super) async fn ended(&self, line: &Line, answer: &Answer) -> Result<(), AgentError> {
        let culprits = match answer.wrong_end {
            Some(_) => Vec::new(),
            None => answer
                .among
                .iter()
                .map(|at| line.at(*at).to_string())
                .collect(),
        };
        let because = match (answer.wrong_end, answer.is_decided) {
            (Some(WrongEnd::BadPasses), _) => "the reproduction passes at the bad commit",
            (Some(WrongEnd::BadIsSkipped), _) => "nothing can be said of the bad commit",
            (Some(WrongEnd::GoodFails), _) => "the reproduction fails at the good commit",
            (None, true) => "it is decided",
            (None, false) => "there were no more runs",
        };
        let event = BisectEnded {
            culprits,
            certainty: answer.chance,
            because: because.to_owned(),
        };
        self.add(IncidentEvent::BisectEnded(event), None).await
    }

    async fn add(&self, event: IncidentEvent, run: Option<&CommandRun>) -> Result<(), AgentError> {
        let author = (self.clock)().author(None, None)?;
        let evidence = run.map(evidence_of);
        let is_begun = !matches!(event, IncidentEvent::BisectStarted(_));
        let change = self.kept.change(self.incident.id, |incident| {
            if is_begun && !self.is_of(incident) {
                return Err(ResponderError::State {
                    incident: incident.id,
                    problem: "has another bisection that was begun meanwhile, so this one ended"
                        .to_owned(),
                });
            }
            Ok(vec![author.entry(event.clone()).with(evidence.clone())])
        });
        change.await?;
        Ok(())
    }

    /// Whether the incident's search is still this one.
    fn is_of(&self, incident: &Incident) -> bool {
        let present = incident.bisection.as_ref();
        let present = present.filter(|one| one.ended.is_none());
        present.map(|one| &one.started) == self.started.as_ref()
    }
}
