//! Stays with a program until it and all that it has started have ended.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::launch::{Report, Running};
use super::limits::Enforcement;
use super::verdict::{End, Stop};

/// Time that a supervisor has beside the grace: it uses up to ten seconds to end by
/// force what does not end.
const SUPERVISOR_PATIENCE: Duration = Duration::from_secs(15);

/// Time in which the last of the output comes in after everything has ended.
pub(super) const LAST_OUTPUT: Duration = Duration::from_secs(2);

/// How it ended.
pub(super) struct Driven {
    pub(super) end: End,
    /// Why the host asked for the end, where it did.
    pub(super) stop: Option<Stop>,
    pub(super) enforcement: Vec<Enforcement>,
}

/// Waits for the end of the program. When `stop` gives a reason to end it, it is asked to, and
/// has the grace to do so.
pub(super) async fn follow(
    running: &mut Running,
    stop: impl Future<Output = Stop>,
    grace: Duration,
) -> Driven {
    let mut stop = std::pin::pin!(stop);
    let mut driven = Driven {
        end: End::Lost,
        stop: None,
        enforcement: Vec::new(),
    };
    let mut overdue = Instant::now();
    loop {
        tokio::select! {
            report = running.next() => match report {
                Some(Report::Started(enforcement)) => driven.enforcement = enforcement,
                Some(Report::NotStarted(reason)) => {
                    driven.end = End::NotStarted(reason);
                    break;
                }
                Some(Report::Ended(exit)) => {
                    driven.end = End::Ended(exit);
                    break;
                }
                None => break,
            },
            reason = &mut stop, if driven.stop.is_none() => {
                driven.stop = Some(reason);
                running.end().await;
                let grace = grace.min(Duration::from_secs(u32::MAX.into()));
                overdue = Instant::now() + grace + SUPERVISOR_PATIENCE;
            }
            () = sleep_until(overdue), if driven.stop.is_some() => break,
        }
    }
    driven
}
