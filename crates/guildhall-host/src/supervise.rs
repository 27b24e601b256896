//! Supervision of an agent's work: deadline and cancellation hold for the caller whatever
//! the agent does.

use std::time::Duration;

use guildhall_core::{AgentError, ErrorCode};

use crate::bounds::{self, Bounds, Reason};
use crate::fault::{Blame, Fault};

/// Work of an agent that is under way, on whatever threads.
pub(crate) trait Supervised: Send {
    /// What comes of it.
    type Output: Send;

    /// Its end. Asked again where the future was dropped before.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    fn ended(&mut self) -> impl Future<Output = Result<Self::Output, Fault>> + Send;

    /// Asks the agent to end it early, beside what `bounds.cancel` tells.
    fn ask_to_end(&self) {}

    /// How long the poll that is under way has lasted, where one is.
    fn polling_for(&self) -> Option<Duration>;

    /// Drops it as soon as no poll is under way, where it has not ended.
    fn abandon(&self);
}

/// Waits for the end of `work`. It is asked to end at the deadline or on a cancel, and
/// abandoned after the grace.
///
/// # Cancel safety
/// Whoever withdraws the work cancels `bounds.cancel` and polls on. Where this is dropped,
/// because its runtime goes, the work is abandoned at once.
pub(crate) async fn supervise<W: Supervised>(work: W, bounds: Bounds) -> Result<W::Output, Fault> {
    let mut work = Waited {
        work,
        bounds,
        ended: false,
    };
    let reason = tokio::select! {
        biased;
        done = work.work.ended() => {
            work.ended = true;
            return done;
        }
        reason = bounds::withdrawn(work.bounds.deadline, &work.bounds.cancel) => reason,
    };
    // Whoever asks sees it from now on: a blocking call, one that is still beginning,
    // and the calls that it made.
    work.bounds.cancel.cancel();
    work.work.ask_to_end();
    let grace = work.bounds.grace;
    let in_time = tokio::time::timeout(grace, work.work.ended()).await;
    Err(match in_time {
        // What comes after the end was asked for comes too late, unless the agent
        // broke down on the way, or gives way and leaves its state.
        Ok(done) => {
            work.ended = true;
            match done {
                Err(fault) if fault.counts() || fault.error.is(ErrorCode::Yielded) => fault,
                _ => Fault::nobodys(reason.error()),
            }
        }
        Err(_) => given_up(work.work.polling_for(), &reason, grace),
    })
}

/// Work that somebody waits for; it is abandoned where nobody does any more.
struct Waited<W: Supervised> {
    work: W,
    bounds: Bounds,
    ended: bool,
}

impl<W: Supervised> Drop for Waited<W> {
    fn drop(&mut self) {
        if !self.ended {
            self.bounds.cancel.cancel();
            self.work.abandon();
        }
    }
}

/// What became of an agent that did not end within its grace. Where it is in the middle
/// of a poll that has lasted that long, it is wedged; else it only waits, and can be
/// dropped.
fn given_up(polling_for: Option<Duration>, reason: &Reason, grace: Duration) -> Fault {
    match polling_for {
        Some(lasted) if lasted >= grace => Fault {
            error: wedged(lasted).with_cause(reason.error()),
            blame: Blame::Wedged,
        },
        _ => Fault::nobodys(reason.error()),
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
