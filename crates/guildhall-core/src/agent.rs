//! The agent trait.

use async_trait::async_trait;

use crate::context::Context;
use crate::error::AgentError;
use crate::manifest::Manifest;
use crate::task::{Outcome, Task};

/// A specialist: something that can carry out tasks of the capabilities in its
/// manifest.
///
/// The SDK's `#[agent]` macro implements this trait from plain async methods; it
/// is implemented by hand where that does not fit.
///
/// The host calls [`Agent::start`] once before the first task, [`Agent::execute`]
/// any number of times (up to `max_concurrent_tasks` at once), and
/// [`Agent::stop`] once after the last task ended.
#[async_trait]
pub trait Agent: Send + Sync + 'static {
    /// What the agent says of itself.
    fn manifest(&self) -> &Manifest;

    /// Gets ready for tasks: opens files, warms caches.
    ///
    /// # Errors
    /// Any failure; the host then calls nothing else on the agent.
    async fn start(&self, _ctx: &Context) -> Result<(), AgentError> {
        Ok(())
    }

    /// Carries out one task.
    ///
    /// # Errors
    /// Any failure, as a record that the host passes on to the caller.
    ///
    /// # Cancel safety
    /// The caller may withdraw a task at any time: [`Context::is_cancelled`] turns
    /// true and [`Context::cancelled`] ends. Where the future does not end within
    /// the host's grace it is dropped at its next suspension point, so state that
    /// must stay whole is to be changed between two of them.
    async fn execute(&self, task: Task, ctx: &Context) -> Result<Outcome, AgentError>;

    /// Ends the agent's work: flushes and closes.
    ///
    /// # Errors
    /// Any failure; the host logs it.
    async fn stop(&self, _ctx: &Context) -> Result<(), AgentError> {
        Ok(())
    }
}
