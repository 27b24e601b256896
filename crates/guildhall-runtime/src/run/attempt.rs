//! One attempt: the input is made, the agent called, its answer judged and kept.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use guildhall_coordination::conductor::Attempt;
use guildhall_coordination::ledger::AttemptEnd;
use guildhall_coordination::{
    AgentIdentity, Call, Completed, Condition, FailureClass, Output, Receipt, RunId, RunSettings,
    Spend, TaskKey, TaskSpec, Values, Work,
};
use guildhall_core::attempt::USAGE_FIELD;
use guildhall_core::{AgentError, AgentId, Capability, ErrorCode, Outcome};
use guildhall_host::{CancellationToken, Host};
use serde_json::{Map, Value};
use tokio::sync::mpsc::UnboundedSender;

use crate::process::Redactor;
use crate::services::Services;
use crate::store::{Digest, Durability, Journal};

use super::agents::Roster;
use super::asking::ask;
use super::cache::{self, SingleFlight};
use super::clock::now_ms;
use super::declared_files::content_of;
use super::failure::{Failure, redact, spend_of};
use super::input::{Asker, Ingredients, input_of};
use super::message::Message;
use super::outputs::{Outputs, ResultSource};

/// What every attempt of a run uses.
pub(crate) struct Workshop {
    pub(crate) run: RunId,
    pub(crate) host: Host,
    pub(crate) agents: Arc<Roster>,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) outputs: Outputs,
    pub(crate) redactor: Redactor,
    pub(crate) services: Services,
    pub(crate) folder: PathBuf,
    pub(crate) state_folder: Option<PathBuf>,
    pub(crate) durability: Durability,
    pub(crate) cache: bool,
    pub(crate) in_progress: SingleFlight<Arc<Answer>>,
    pub(crate) messages: UnboundedSender<Message>,
}

/// An attempt under way: how it is asked to end, and why.
#[derive(Debug, Clone)]
pub(crate) struct Handle {
    pub(crate) cancel: CancellationToken,
    pub(crate) why: Arc<OnceLock<FailureClass>>,
}

impl Handle {
    pub(crate) fn new() -> Self {
        Self {
            cancel: CancellationToken::new(),
            why: Arc::default(),
        }
    }

    /// Asks the attempt to end. The first reason stands.
    pub(crate) fn end(&self, why: FailureClass) {
        let _ = self.why.set(why);
        self.cancel.cancel();
    }
}

/// What the attempt needs of the ledger, taken when it begins.
pub(crate) struct Job {
    pub(crate) attempt: Attempt,
    pub(crate) spec: Arc<TaskSpec>,
    pub(crate) parent: Option<Arc<TaskSpec>>,
    /// The results that its input reads, by the names that it uses.
    pub(crate) results: Vec<(TaskKey, ResultSource)>,
    pub(crate) settings: Arc<RunSettings>,
    /// What the last attempt left when it gave way.
    pub(crate) state: Option<Value>,
    pub(crate) handle: Handle,
}

/// What an agent answered, before it is known for which task.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    output: Output,
    output_hash: String,
    value: Value,
    spent: Option<Spend>,
    exit: Option<String>,
    details: Map<String, Value>,
    cached_from: Option<String>,
}

/// Carries an attempt out and tells the session how it ended, or that its output could not
/// be kept: then it stays in flight, and is done again by whoever goes on with the run.
pub(crate) async fn carry_out(workshop: Arc<Workshop>, job: Job) {
    let teller = Teller::of(&workshop, &job);
    let started_ms = now_ms();
    let mut shortening = Spend::default();
    let done = attempt(&workshop, &job, started_ms, &mut shortening).await;
    let all = |spent: Option<Spend>| match shortening.is_zero() {
        true => spent,
        // What an agent does not say counts as what was set aside for it.
        false => Some(spent.unwrap_or(job.spec.reserve).plus(shortening)),
    };
    let end = match done {
        Err(Failure {
            unkept: Some(error),
            ..
        }) => {
            teller.tell(Message::Unkept { error });
            return;
        }
        Ok((answer, receipt)) => AttemptEnd::Completed {
            output: answer.output.clone(),
            spent: all(answer.spent),
            receipt: Box::new(receipt),
        },
        Err(mut failure) => {
            failure.class = class_as_asked(failure.class, job.handle.why.get().copied());
            redact(&workshop.redactor, &mut failure.error);
            AttemptEnd::Failed {
                class: failure.class,
                error: Box::new(failure.error),
                duration_ms: now_ms().saturating_sub(started_ms),
                spent: all(failure.spent),
            }
        }
    };
    let message = Message::AttemptEnded {
        attempt: job.attempt,
        end: Box::new(end),
    };
    teller.tell(message);
}

/// Sees to it that the session hears of every attempt's end: it would wait for ever for one
/// that a mistake of ours has ended.
struct Teller {
    messages: UnboundedSender<Message>,
    attempt: Attempt,
    has_told: bool,
}

impl Teller {
    fn of(workshop: &Workshop, job: &Job) -> Self {
        Self {
            messages: workshop.messages.clone(),
            attempt: job.attempt.clone(),
            has_told: false,
        }
    }

    fn tell(mut self, message: Message) {
        self.has_told = true;
        // Where the session is gone, so is the run's owner, and the result is void.
        let _ = self.messages.send(message);
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        if self.has_told {
            return;
        }
        let error = AgentError::new(ErrorCode::Failed, "the attempt broke down within the host")
            .with_help("this is a mistake of Guildhall: please report it with the log");
        let end = AttemptEnd::Failed {
            class: FailureClass::Error,
            error: Box::new(error),
            duration_ms: 0,
            spent: None,
        };
        let _ = self.messages.send(Message::AttemptEnded {
            attempt: self.attempt.clone(),
            end: Box::new(end),
        });
    }
}

/// Whoever asked for an end knows best why; what nobody asked for is a failure like any
/// other, whatever the agent calls it, or it would be tried again without end.
fn class_as_asked(class: FailureClass, why: Option<FailureClass>) -> FailureClass {
    match (class, why) {
        (FailureClass::Cancelled | FailureClass::Yielded, None) => FailureClass::Error,
        (FailureClass::Yielded, Some(FailureClass::Yielded)) => FailureClass::Yielded,
        (FailureClass::Cancelled | FailureClass::Yielded, Some(why)) => why,
        (class, _) => class,
    }
}

async fn attempt(
    workshop: &Workshop,
    job: &Job,
    started_ms: u64,
    shortening: &mut Spend,
) -> Result<(Arc<Answer>, Receipt), Failure> {
    let Work::Call(call) = &job.spec.work else {
        return Err(AgentError::new("protocol", "an expansion is not given to an agent").into());
    };
    let agent = &job.attempt.agent;
    let capability = workshop
        .agents
        .capability(agent, call.capability.as_ref())
        .ok_or_else(|| no_capability(agent, call))?;
    let identity = workshop
        .agents
        .identity(agent)
        .ok_or_else(|| no_capability(agent, call))?;
    let asker = Asker {
        host: &workshop.host,
        cancel: &job.handle.cancel,
    };
    let input = input_of(&ingredients(workshop, job), call, asker, shortening).await?;
    let text = to_text(&input)?;
    let input_hash = Digest::of(text.as_bytes()).to_string();
    let reads = content_of(workshop.folder.clone(), call.reads.clone()).await?;
    let answer = if workshop.cache && capability.cacheable {
        let key = cache::key(&identity.hash, capability, &input_hash, reads.as_deref());
        cached(workshop, job, capability, text, &key).await?
    } else {
        let outcome = ask(workshop, job, capability, text).await?;
        Arc::new(answer_of(workshop, outcome).await?)
    };
    accept(job, call, &answer)?;
    let receipt = receipt(identity, capability, &answer, input_hash, reads, started_ms);
    Ok((answer, receipt))
}

fn ingredients<'a>(workshop: &'a Workshop, job: &'a Job) -> Ingredients<'a> {
    Ingredients {
        run: workshop.run,
        settings: &job.settings,
        spec: &job.spec,
        parent: job.parent.as_deref(),
        results: &job.results,
        outputs: &workshop.outputs,
    }
}

/// The result under `key` where it is known; else it is computed, once for all tasks of
/// this run that want it at the same time.
async fn cached(
    workshop: &Workshop,
    job: &Job,
    capability: &Capability,
    input: String,
    key: &str,
) -> Result<Arc<Answer>, Failure> {
    let cell = workshop.in_progress.join(key);
    let mut own = false;
    let answer = cell
        .get_or_try_init(|| async {
            if let Some((from, completed)) = cache::find(&*workshop.journal, key).await?
                && let Some(answer) =
                    reused(workshop, &from.run.to_string(), from.task, completed).await?
            {
                return Ok::<_, Failure>(Arc::new(answer));
            }
            own = true;
            let outcome = ask(workshop, job, capability, input).await?;
            answer_of(workshop, outcome).await.map(Arc::new)
        })
        .await?;
    if own {
        let task = job.attempt.task.0;
        workshop.journal.cache_put(key, workshop.run, task).await?;
        return Ok(Arc::clone(answer));
    }
    let mut reused = Answer::clone(answer);
    reused.spent = Some(Spend::default());
    reused
        .cached_from
        .get_or_insert_with(|| workshop.run.to_string());
    Ok(Arc::new(reused))
}

async fn reused(
    workshop: &Workshop,
    run: &str,
    task: u32,
    completed: Completed,
) -> Result<Option<Answer>, Failure> {
    let (Some(output), Some(receipt)) = (completed.output, completed.receipt) else {
        return Ok(None);
    };
    // Where its data is gone, the work is done again.
    let Ok(value) = workshop.outputs.read(&output).await else {
        return Ok(None);
    };
    Ok(Some(Answer {
        output,
        output_hash: receipt.output_hash,
        value,
        spent: Some(Spend::default()),
        exit: None,
        details: receipt.details,
        cached_from: Some(format!("{run} task {task}")),
    }))
}

async fn answer_of(workshop: &Workshop, outcome: Outcome) -> Result<Answer, Failure> {
    let mut value: Value = outcome.output()?;
    workshop.redactor.redact_json(&mut value);
    let text = to_text(&value)?;
    let output_hash = Digest::of(text.as_bytes()).to_string();
    let spent = outcome.usage().map(spend_of);
    let mut details = outcome.extra;
    details.remove(USAGE_FIELD);
    let exit = details.remove("exit").as_ref().map(exit_text);
    let output = workshop
        .outputs
        .keep(value.clone(), text, workshop.durability)
        .await
        .map_err(Failure::unkept)?;
    Ok(Answer {
        output,
        output_hash,
        value,
        spent,
        exit,
        details,
        cached_from: None,
    })
}

/// Whether the output is what the plan takes as one.
fn accept(job: &Job, call: &Call, answer: &Answer) -> Result<(), Failure> {
    let Some(accept) = &job.spec.accept else {
        return Ok(());
    };
    let condition = Condition::parse(accept)
        .map_err(|error| AgentError::new("invalid-condition", error.to_string()))?;
    let values = Values {
        output: Some(answer.value.clone()),
        item: call.item.clone(),
        ..Values::of_task(&job.spec)
    };
    if condition.holds(&values)? {
        return Ok(());
    }
    let text = format!("the output is not accepted: {accept}");
    Err(Failure {
        class: FailureClass::Invalid,
        error: AgentError::new("not-accepted", text).retryable(),
        spent: answer.spent,
        unkept: None,
    })
}

fn receipt(
    identity: &AgentIdentity,
    capability: &Capability,
    answer: &Answer,
    input_hash: String,
    reads: Option<String>,
    started_ms: u64,
) -> Receipt {
    let mut details = answer.details.clone();
    if let Some(reads) = reads {
        details.insert("reads".to_owned(), Value::String(reads));
    }
    Receipt {
        agent: identity.agent.clone(),
        version: identity.version.clone(),
        agent_hash: identity.hash.clone(),
        capability: Some(capability.name.clone()),
        capability_version: Some(capability.version.clone()),
        input_hash,
        output_hash: answer.output_hash.clone(),
        started_ms,
        ended_ms: now_ms(),
        exit: answer.exit.clone(),
        cached_from: answer.cached_from.clone(),
        details,
    }
}

fn exit_text(exit: &Value) -> String {
    match (exit.get("code"), exit.get("signal")) {
        (Some(code), _) => format!("code {code}"),
        (None, Some(Value::String(signal))) => format!("signal {signal}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => exit.to_string(),
    }
}

fn to_text(value: &Value) -> Result<String, AgentError> {
    serde_json::to_string(value)
        .map_err(|error| AgentError::new(ErrorCode::Failed, error.to_string()))
}

fn no_capability(agent: &AgentId, call: &Call) -> AgentError {
    let text = match &call.capability {
        Some(capability) => format!("{agent} does not offer {capability}"),
        None => format!("{agent} offers several capabilities, and the task names none"),
    };
    AgentError::new(ErrorCode::NoSuchCapability, text)
        .with_help("name a capability of the agent in the task")
}
