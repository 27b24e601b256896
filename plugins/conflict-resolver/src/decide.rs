//! `guildhall resolve decide`: a decision, what would tell more, or the question for a person.

use guildhall_report::Report;
use guildhall_sdk::core::path_text;
use guildhall_sdk::prelude::*;
use guildhall_verdict::{Decision, Experience, Learned, Question, WantedKind};

use crate::checks::{Made, Maker};
use crate::store::{Kept, Store};
use crate::{ResolverError, Settings, intake, present};

/// What is to be decided.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Schema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct DecideRequest {
    /// A file with a question as JSON, or with many, one a line; `-` is standard input.
    pub path: Option<String>,
    /// The question itself, as JSON.
    pub question: Option<Question>,
    /// A file with the outcomes to decide by, instead of those that are kept.
    pub outcomes: Option<String>,
    /// The folder that files and commands are relative to; the current one where absent.
    pub folder: Option<String>,
    /// Runs the commands of checks that are worth their price. Read them first: they run as you.
    pub run_checks: bool,
    /// Measures nothing.
    pub no_measure: bool,
    /// Keeps nothing of it.
    pub no_store: bool,
    /// Says of each question only what is decided and how probable each option is.
    pub brief: bool,
}

/// A decision, and what was done for it.
pub(crate) struct Decided {
    pub(crate) question: Question,
    pub(crate) decision: Decision,
    pub(crate) made: Vec<Made>,
    /// What was tried and could not be made: what, and why.
    pub(crate) failed: Vec<(String, String)>,
}

/// Decides each question.
///
/// # Errors
/// Where there is no question, one makes no sense, or what is kept cannot be read or written.
pub(crate) async fn decide(
    request: &DecideRequest,
    settings: &Settings,
    ctx: &Context,
) -> Result<Report, AgentError> {
    let questions = questions(request)?;
    let store = Store(ctx);
    let learned = match &request.outcomes {
        Some(path) => of_file(path)?,
        None => store.experience().await?,
    };
    let learned = learned.learn();
    let maker = Maker {
        ctx,
        settings,
        folder: folder(request)?,
        runs: request.run_checks,
        measures: !request.no_measure,
    };
    let count = questions.len() as u64;
    let mut all = Vec::with_capacity(questions.len());
    for (done, question) in (0_u64..).zip(questions) {
        ctx.check_cancelled()?;
        ctx.progress(done, Some(count), "questions");
        all.push(one(question, &learned, settings, &maker).await?);
    }
    let is_kept = match request.no_store {
        true => false,
        false => {
            let kept: Vec<Kept> = all.iter().map(Kept::of).collect();
            store.keep(&kept).await?
        }
    };
    Ok(present::decisions(&all, request.brief, is_kept))
}

fn questions(request: &DecideRequest) -> Result<Vec<Question>, ResolverError> {
    match (&request.path, &request.question) {
        (Some(path), None) => intake::questions(path),
        (None, Some(question)) => {
            let place = String::new();
            let valid = question.validate();
            valid.map_err(|reason| ResolverError::Nonsense { place, reason })?;
            Ok(vec![question.clone()])
        }
        (Some(_), Some(_)) => Err(ResolverError::Request {
            key: "question",
            problem: "stands beside `path`; give one of them".to_owned(),
        }),
        (None, None) => Err(ResolverError::Request {
            key: "path",
            problem: "is missing; give a file with a question as JSON, or `-`".to_owned(),
        }),
    }
}

/// What the outcomes of a file teach; one that makes no sense is an error here, since what is
/// decided rests on all of them.
fn of_file(path: &str) -> Result<Experience, ResolverError> {
    let told = intake::outcomes(path)?;
    if let Some((place, why)) = told.wrong.into_iter().next() {
        return Err(ResolverError::Told {
            path: place,
            reason: why,
        });
    }
    let mut experience = Experience::default();
    for outcome in told.outcomes {
        experience.add(outcome);
    }
    Ok(experience)
}

fn folder(request: &DecideRequest) -> Result<std::path::PathBuf, ResolverError> {
    let named = request.folder.as_deref().unwrap_or(".");
    let unreadable = |reason| ResolverError::Unreadable {
        path: named.to_owned(),
        reason,
    };
    std::fs::canonicalize(path_text::decode(named)).map_err(unreadable)
}

/// Decides one question, and makes the checks that are worth their price on the way.
async fn one(
    question: Question,
    learned: &Learned,
    settings: &Settings,
    maker: &Maker<'_>,
) -> Result<Decided, AgentError> {
    let rule = settings.rule();
    let mut question = question.canonical();
    // The id stays that of the question as it was asked.
    question.id = Some(question.known_as());
    let (mut made, mut failed) = (Vec::new(), Vec::new());
    loop {
        let decided = guildhall_verdict::decide(&question, learned, &rule);
        let decision = decided.map_err(|reason| ResolverError::Nonsense {
            place: String::new(),
            reason,
        })?;
        let done = made.len() + failed.len();
        let next = decision
            .wanted
            .iter()
            .filter(|it| it.kind != WantedKind::Position)
            .find_map(|it| Some((it, maker.task(&question, &it.id)?)));
        let commit = question.subject.commit.clone();
        let made_now = match next {
            Some((wanted, task)) if done < settings.max_checks as usize => {
                let made = maker.make(&task, commit.as_deref()).await?;
                made.map_err(|why| (wanted.id.clone(), why))
            }
            _ => {
                return Ok(Decided {
                    question,
                    decision,
                    made,
                    failed,
                });
            }
        };
        match made_now {
            Ok(it) => {
                // One of another commit, which says nothing of this one, gives way.
                question.results.retain(|result| result.id != it.id);
                question.results.push(it.result(commit.as_deref()));
                question = question.canonical();
                made.push(it);
            }
            Err(failure) => {
                // What cannot be made is not waited for.
                leave_out(&mut question, &failure.0);
                failed.push(failure);
            }
        }
    }
}

/// Takes away that something can be checked.
fn leave_out(question: &mut Question, id: &str) {
    question.checks.retain(|check| check.id != id);
    let premises = question
        .positions
        .iter_mut()
        .flat_map(|it| &mut it.premises);
    for premise in premises.filter(|premise| premise.id == id) {
        premise.measure = None;
    }
}

impl Kept {
    fn of(decided: &Decided) -> Self {
        let decision = &decided.decision;
        Self {
            question: decided.question.clone(),
            id: decision.id.clone(),
            verdict: decision.verdict,
            option: decision.option.clone(),
            leaning: decision.leaning.clone(),
            inputs: decision.inputs.clone(),
        }
    }
}
