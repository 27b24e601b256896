//! One operation of an instance, from its begin to its end, with deadline and
//! cancellation that hold whatever the plugin does.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use guildhall_abi::guest::Operation;
use guildhall_abi::peer::{Begun, CallServices, Instance};
use guildhall_abi::{Canceller, Message, Reply, decode_error};
use guildhall_core::{AgentCall, AgentError, ErrorCode};
use tokio::sync::oneshot;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::pool::Pool;

/// An operation that is to be run.
pub(crate) struct Run<S> {
    pub(crate) instance: Arc<Instance>,
    pub(crate) operation: Operation,
    pub(crate) services: Arc<S>,
    pub(crate) head: Vec<u8>,
    pub(crate) attachments: Vec<Bytes>,
}

/// What bounds an operation.
pub(crate) struct Bounds {
    pub(crate) deadline: Option<Instant>,
    pub(crate) cancel: CancellationToken,
    /// How long the plugin may take to end after it was asked to.
    pub(crate) grace: Duration,
}

/// How an operation failed.
pub(crate) struct Fault {
    pub(crate) error: AgentError,
    /// Whether the plugin itself is at fault, so that its health suffers.
    pub(crate) plugin_at_fault: bool,
    /// Whether the plugin cannot be trusted with another call.
    pub(crate) quarantine: bool,
}

impl Fault {
    /// The agent failed, or was not even asked; it is not at fault.
    pub(crate) fn agent(error: AgentError) -> Self {
        Self {
            error,
            plugin_at_fault: false,
            quarantine: false,
        }
    }

    /// The agent's code is at fault.
    pub(crate) fn plugin(error: AgentError) -> Self {
        Self {
            error,
            plugin_at_fault: true,
            quarantine: false,
        }
    }
}

/// Runs an operation on the pool.
///
/// # Cancel safety
/// Must be polled to its end; whoever withdraws the call cancels `bounds.cancel`.
pub(crate) async fn run<S: CallServices>(
    pool: &Pool,
    run: Run<S>,
    bounds: Bounds,
) -> Result<Message, Fault> {
    let canceller = Arc::new(OnceLock::new());
    let (send, mut reply) = oneshot::channel();
    let job = pool.spawn(perform(run, Arc::clone(&canceller), send));
    let reason = tokio::select! {
        biased;
        reply = &mut reply => return settle(reply),
        reason = withdrawn(bounds.deadline, &bounds.cancel) => reason,
    };
    // Whoever asks sees it from now on: a blocking call, one that is still beginning,
    // and the calls that it made.
    bounds.cancel.cancel();
    if let Some(canceller) = canceller.get().cloned() {
        // The plugin's own cancel code may hang as well, so it runs on the pool too.
        let _ = pool.spawn(async move { Canceller::cancel(&canceller) });
    }
    let in_time = tokio::time::timeout(bounds.grace, &mut reply).await;
    Err(match in_time {
        // What comes after the end was asked for comes too late, unless the plugin
        // broke down on the way, or gives way and leaves its state.
        Ok(reply) => match settle(reply) {
            Err(fault) if fault.plugin_at_fault || fault.error.is(ErrorCode::Yielded) => fault,
            _ => Fault::agent(reason.error()),
        },
        Err(_) => {
            job.abandon();
            given_up(job.polling_for(), &reason, bounds.grace)
        }
    })
}

async fn perform<S: CallServices>(
    run: Run<S>,
    canceller: Arc<OnceLock<Canceller>>,
    send: oneshot::Sender<Result<Reply, AgentError>>,
) {
    let Run {
        instance,
        operation,
        services,
        head,
        attachments,
    } = run;
    let begun = instance.begin(operation, Arc::clone(&services), &head, &attachments);
    drop((head, attachments));
    let reply = match begun {
        Ok(Begun::Future(future)) => {
            let _ = canceller.set(future.canceller());
            if services.is_cancelled() {
                // It was withdrawn before there was anything to cancel.
                future.canceller().cancel();
            }
            Ok(future.await)
        }
        Ok(Begun::Done(reply)) => Ok(reply),
        Err(error) => Err(error),
    };
    // Where nobody waits any more, nobody wants it.
    let _ = send.send(reply);
}

/// Why an operation is to end early.
pub(crate) enum Reason {
    Cancelled,
    DeadlineExceeded,
}

impl Reason {
    pub(crate) fn error(&self) -> AgentError {
        match self {
            Self::Cancelled => AgentError::new(ErrorCode::Cancelled, "the task was cancelled"),
            Self::DeadlineExceeded => {
                AgentError::new(ErrorCode::DeadlineExceeded, "the task's deadline passed")
                    .with_help("give it more time, or less to do")
            }
        }
    }
}

/// Ends when the caller withdraws an operation or its deadline passes.
pub(crate) async fn withdrawn(deadline: Option<Instant>, cancel: &CancellationToken) -> Reason {
    let deadline = async {
        match deadline {
            Some(deadline) => tokio::time::sleep_until(deadline).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = cancel.cancelled() => Reason::Cancelled,
        () = deadline => Reason::DeadlineExceeded,
    }
}

/// What became of an agent that did not end within its grace and was given up. Where it
/// is in the middle of a poll that has lasted that long, it is wedged; else it only
/// waits, and can be dropped.
pub(crate) fn given_up(polling_for: Option<Duration>, reason: &Reason, grace: Duration) -> Fault {
    match polling_for {
        Some(lasted) if lasted >= grace => Fault {
            error: wedged(lasted).with_cause(reason.error()),
            plugin_at_fault: true,
            quarantine: true,
        },
        _ => Fault::agent(reason.error()),
    }
}

fn wedged(lasted: Duration) -> AgentError {
    AgentError::new(
        ErrorCode::Wedged,
        format!(
            "the agent has not come back from one step for {:.1} s and ignores the request to end; it is quarantined",
            lasted.as_secs_f64()
        ),
    )
    .with_help("the agent's author has to check for cancellation in long loops; the host goes on without it")
}

/// The error for a call of another agent while an agent starts or stops.
pub(crate) fn not_between_tasks(call: &AgentCall) -> AgentError {
    AgentError::new(
        ErrorCode::Unavailable,
        format!(
            "{} cannot be called while the agent starts or stops",
            call.capability
        ),
    )
}

fn settle(
    reply: Result<Result<Reply, AgentError>, oneshot::error::RecvError>,
) -> Result<Message, Fault> {
    match reply {
        Ok(Ok(Reply::Ok(message))) => Ok(message),
        Ok(Ok(Reply::Error(record))) => Err(answered(decode_error(&record))),
        Ok(Ok(Reply::Panicked(record))) => Err(Fault::plugin(decode_error(&record))),
        Ok(Err(error)) => Err(of_record(error)),
        Err(_) => Err(Fault::plugin(AgentError::new(
            ErrorCode::Unavailable,
            "no thread for the plugin's code could be started",
        ))),
    }
}

/// An error that the plugin answered with. One that says `panicked` is of another agent
/// that it called: its own panics are told apart by their status.
fn answered(error: AgentError) -> Fault {
    Fault {
        plugin_at_fault: error.is(ErrorCode::Protocol),
        error,
        quarantine: false,
    }
}

/// An error of an operation that did not begin.
fn of_record(error: AgentError) -> Fault {
    let plugin_at_fault = error.is(ErrorCode::Protocol) || error.is(ErrorCode::Panicked);
    Fault {
        error,
        plugin_at_fault,
        quarantine: false,
    }
}
