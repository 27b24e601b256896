//! One operation of a plugin's instance on the pool, from its begin to its end.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use guildhall_abi::guest::Operation;
use guildhall_abi::host::{Begun, CallServices};
use guildhall_abi::{Canceller, Message, Reply, decode_error};
use guildhall_core::{AgentError, ErrorCode};
use tokio::sync::oneshot;

use crate::agent::Loaded;
use crate::bounds::Bounds;
use crate::fault::{Fault, no_thread};
use crate::pool::{Job, Pool};
use crate::supervise::{Supervised, supervise};

/// An operation that is to be run.
pub(crate) struct Run<S> {
    pub(crate) instance: Arc<Loaded>,
    pub(crate) operation: Operation,
    pub(crate) services: Arc<S>,
    pub(crate) head: Vec<u8>,
    pub(crate) attachments: Vec<Bytes>,
}

/// Runs an operation on the pool.
///
/// # Cancel safety
/// As [`supervise`].
pub(crate) async fn run<S: CallServices>(
    pool: &Pool,
    run: Run<S>,
    bounds: Bounds,
) -> Result<Message, Fault> {
    let canceller = Arc::new(OnceLock::new());
    let (send, reply) = oneshot::channel();
    let loaded = Arc::clone(&run.instance);
    let job = pool.spawn(perform(run, Arc::clone(&canceller), send));
    let operation = Operating {
        pool,
        job,
        reply,
        canceller,
        _loaded: loaded,
    };
    supervise(operation, bounds).await
}

/// An operation on the pool.
struct Operating<'a> {
    pool: &'a Pool,
    job: Arc<Job>,
    reply: oneshot::Receiver<Result<Reply, AgentError>>,
    canceller: Arc<OnceLock<Canceller>>,
    /// The canceller has a reference to the instance that must not be the last: this one
    /// is dropped after it, and the destructor runs on the pool.
    _loaded: Arc<Loaded>,
}

impl Supervised for Operating<'_> {
    type Output = Message;

    async fn ended(&mut self) -> Result<Message, Fault> {
        settle((&mut self.reply).await)
    }

    fn ask_to_end(&self) {
        if let Some(canceller) = self.canceller.get().cloned() {
            // The plugin's own cancel code may hang as well, so it runs on the pool too.
            self.pool.spawn_bound(async move { canceller.cancel() });
        }
    }

    fn polling_for(&self) -> Option<Duration> {
        self.job.polling_for()
    }

    fn abandon(&self) {
        self.job.abandon();
    }
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

fn settle(
    reply: Result<Result<Reply, AgentError>, oneshot::error::RecvError>,
) -> Result<Message, Fault> {
    match reply {
        Ok(Ok(Reply::Ok(message))) => Ok(message),
        Ok(Ok(Reply::Error(record))) => Err(answered(decode_error(&record))),
        Ok(Ok(Reply::Panicked(record))) => Err(Fault::of_agent(decode_error(&record))),
        Ok(Err(error)) => Err(of_record(error)),
        Err(_) => Err(Fault::of_host(no_thread())),
    }
}

/// An error that the plugin answered with. One that says `panicked` is of another agent
/// that it called: its own panics are told apart by their status.
fn answered(error: AgentError) -> Fault {
    if error.is(ErrorCode::Protocol) {
        return Fault::of_agent(error);
    }
    Fault::nobodys(error)
}

/// An error of an operation that did not begin.
fn of_record(error: AgentError) -> Fault {
    if error.is(ErrorCode::Panicked) {
        return Fault::of_agent(error);
    }
    answered(error)
}
