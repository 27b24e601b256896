//! `guildhall incident deploy`: runs the user's deploy command, where the guard lets it.

use std::path::Path;
use std::time::Duration;

use guildhall_report::Report;
use guildhall_sdk::Schema;
use guildhall_sdk::core::programs::Program;
use guildhall_sdk::core::{AgentError, Context};
use serde::{Deserialize, Serialize};

use crate::approve::candidate;
use crate::event::{CandidateId, CommandRun, DeployEnded, DeployStarted, IncidentEvent};
use crate::guard::{DeployOrder, DeploySettings, Place, Refusal, may_deploy};
use crate::incident::{Candidacy, Incident};
use crate::keep::{Kept, is_conflict};
use crate::manage::{Author, Clock};
use crate::trial::{Checkout, TRIAL, USUAL_SECONDS, evidence_of, run_of};
use crate::{ResponderError, Settings, present};

/// The variable by which the command can tell a second try of one content.
const KEY: &str = "GUILDHALL_DEPLOY_KEY";

/// `guildhall incident deploy`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DeployRequest {
    /// The incident: its name, its number, or `last`.
    #[schema(positional = 1)]
    pub incident: String,
    /// The candidate, as C1; the only approved one where absent.
    #[serde(default)]
    pub candidate: Option<String>,
    /// Run the command; without it this says what would be run.
    #[serde(default)]
    pub really: bool,
    /// A folder of the repository; the one of the incident, else the current folder, where absent.
    #[serde(default)]
    pub repo: Option<String>,
    /// Who says so; the name you are logged in by where absent.
    #[serde(default)]
    pub by: Option<String>,
}

/// What came of it.
pub(crate) struct Deployed {
    pub(crate) incident: Incident,
    pub(crate) candidate: CandidateId,
    pub(crate) argv: Vec<String>,
    /// What the command came to; `None` in a dry run.
    pub(crate) run: Option<CommandRun>,
}

/// Deploys a candidate, or says what that would be.
///
/// # Errors
/// Where the guard refuses, or the beginning cannot be kept: then nothing is run.
pub(crate) async fn deploy(
    request: &DeployRequest,
    settings: &Settings,
    clock: fn() -> Clock,
    ctx: &Context,
) -> Result<Report, AgentError> {
    let kept = Kept::new(ctx);
    let author = clock().author(request.by.as_deref(), None)?;
    let id = kept.find(&request.incident).await?;
    let (incident, _) = kept.load(id).await?;
    let one = candidate(&incident, request.candidate.as_deref(), |one| {
        one.approval.is_some()
    })?;
    let checkout = Checkout::of(request.repo.as_deref(), Some(&incident), ctx)?;
    let place = place(&checkout, one)?;
    let command = DeploySettings {
        command: settings.deploy.clone(),
    };
    let candidate = one.candidate.id;
    let ask = |really| may_deploy(&incident, candidate, &command, &place, really);
    let refused = |refusal| ResponderError::Refused {
        incident: id,
        refusal,
    };
    match ask(request.really) {
        Ok(order) => {
            let folder = checkout.folder();
            let deploying = Deploying {
                order,
                settings,
                folder: &folder,
                kept: &kept,
                ctx,
            };
            let argv = deploying.order.argv().to_vec();
            let (incident, run) = deploying.run(&author, clock).await?;
            Ok(present::deployed(&Deployed {
                incident,
                candidate,
                argv,
                run: Some(run),
            }))
        }
        Err(Refusal::DryRun(_)) => {
            // It is shown and dropped.
            let order = ask(true).map_err(refused)?;
            Ok(present::deployed(&Deployed {
                argv: order.argv().to_vec(),
                incident,
                candidate,
                run: None,
            }))
        }
        Err(refusal) => Err(refused(refusal).into()),
    }
}

/// Where the repository stands: what is checked out, and where the candidate's branch is.
fn place(checkout: &Checkout<'_>, one: &Candidacy) -> Result<Place, AgentError> {
    let branch = match &one.candidate.branch {
        Some(branch) => checkout.find(&format!("refs/heads/{branch}"))?,
        None => None,
    };
    Ok(Place {
        head: checkout.head.to_string(),
        branch: branch.map(|id| id.to_string()),
    })
}

/// A deploy that the guard lets be.
struct Deploying<'a> {
    order: DeployOrder,
    settings: &'a Settings,
    folder: &'a Path,
    kept: &'a Kept,
    ctx: &'a Context,
}

impl Deploying<'_> {
    /// Keeps that it begins, runs the command, and keeps how it ended. What begins and is cut
    /// off stays begun, and is not begun again.
    async fn run(
        self,
        author: &Author,
        clock: fn() -> Clock,
    ) -> Result<(Incident, CommandRun), AgentError> {
        let (id, candidate) = (self.order.incident(), self.order.candidate());
        let started = author.entry(IncidentEvent::DeployStarted(DeployStarted {
            candidate,
            digest: self.order.digest().to_owned(),
            argv: self.order.argv().to_vec(),
        }));
        let begun = self.kept.add(id, self.order.version(), vec![started]).await;
        if let Err(error) = begun {
            return Err(match is_conflict(&error) {
                true => ResponderError::State {
                    incident: id,
                    problem:
                        "was changed by somebody else just now, so nothing was deployed; look \
                              at it and try again"
                            .to_owned(),
                }
                .into(),
                false => error.into(),
            });
        }
        let run = self.command().await;
        let at = clock()
            .author(None, None)
            .map_or(author.at, |ended| ended.at);
        let ended = Author {
            at,
            ..author.clone()
        };
        let incident = self
            .kept
            .change(id, |_| {
                let event = IncidentEvent::DeployEnded(DeployEnded {
                    candidate,
                    run: run.clone(),
                });
                Ok(vec![ended.entry(event).with([evidence_of(&run)])])
            })
            .await?;
        Ok((incident, run))
    }

    async fn command(&self) -> CommandRun {
        let seconds = self.settings.command_seconds.unwrap_or(USUAL_SECONDS);
        let argv = self.order.argv();
        let mut program = Program::new(argv.iter().cloned(), self.folder)
            .timeout(Duration::from_secs(seconds.into()))
            .set(KEY, self.order.key())
            .set(TRIAL, "deploy");
        for name in &self.settings.pass {
            program = program.pass(name);
        }
        match self.ctx.programs().run(program).await {
            Ok(ran) => run_of(argv, &ran),
            Err(error) => CommandRun {
                argv: argv.to_vec(),
                code: None,
                ended: Some(error.to_string()),
                ms: 0,
                tail: String::new(),
            },
        }
    }
}
