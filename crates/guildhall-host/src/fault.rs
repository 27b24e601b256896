//! How an operation of an agent failed, and who is to blame.

use guildhall_core::{AgentCall, AgentError, ErrorCode};

/// How an operation failed.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) error: AgentError,
    pub(crate) blame: Blame,
}

/// Who is to blame for a failure, and so what follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blame {
    /// Nobody: the agent answered with an error of its own, or the task was withdrawn.
    Nobody,
    /// The host or the system: it says nothing about the agent, and may go well next time.
    Host,
    /// The agent's code: its health suffers.
    Agent,
    /// The agent's code, which cannot be trusted with another call.
    Wedged,
}

impl Fault {
    pub(crate) fn nobodys(error: AgentError) -> Self {
        let blame = Blame::Nobody;
        Self { error, blame }
    }

    pub(crate) fn of_host(error: AgentError) -> Self {
        let blame = Blame::Host;
        Self { error, blame }
    }

    pub(crate) fn of_agent(error: AgentError) -> Self {
        let blame = Blame::Agent;
        Self { error, blame }
    }

    /// Whether it counts against the agent's code.
    pub(crate) fn counts(&self) -> bool {
        matches!(self.blame, Blame::Agent | Blame::Wedged)
    }
}

/// The error for what a host that was stopped does not do any more.
pub(crate) fn host_stopped() -> AgentError {
    let text = "the host was stopped and takes no more calls";
    AgentError::new(ErrorCode::Unavailable, text)
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

/// The error for work that the pool gave up before it began.
pub(crate) fn no_thread() -> AgentError {
    let text = "the system has no thread for the plugin's code";
    AgentError::new(ErrorCode::Unavailable, text)
        .with_help("let the process have more threads, or try again later")
        .retryable()
}
