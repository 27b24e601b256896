//! Services: what the program offers the agents, beside calls to one another.

mod of_task;
mod request;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use guildhall_core::{AgentError, AgentId, CapabilityName, Outcome, ServiceRequest, TaskId};
use tokio_util::sync::CancellationToken;

pub(crate) use of_task::{Live, TaskServices};

/// Something that the program offers agents under a name: to every task
/// ([`HostBuilder::service`](crate::HostBuilder::service)), or to the tasks that it
/// chooses ([`CallRequest::offer`](crate::CallRequest::offer)).
///
/// It is code of the program, and trusted like it. It runs within the host's tokio
/// runtime: the first poll of a request on the thread of the agent that asks, so that
/// an answer that is there at once costs no change of thread, and every further poll on
/// the runtime's workers. So it must not block. A panic becomes an error with the code
/// `unavailable`.
///
/// ```
/// use guildhall_host::{Caller, Service, async_trait};
/// use guildhall_host::core::{AgentError, Outcome, ServiceRequest};
///
/// struct Notes;
///
/// #[async_trait]
/// impl Service for Notes {
///     async fn request(
///         &self,
///         caller: &Caller,
///         request: ServiceRequest,
///     ) -> Result<Outcome, AgentError> {
///         match request.method.as_str() {
///             "whoami" => Outcome::new(&caller.agent),
///             _ => Err(request.no_such_method()),
///         }
///     }
/// }
/// # let caller = Caller::new("hello".parse().unwrap(), guildhall_host::core::TaskId::new());
/// # let request = ServiceRequest::new("notes", "whoami", &()).unwrap();
/// # let answer = async { Notes.request(&caller, request).await.unwrap().output::<String>() };
/// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// # assert_eq!(runtime.block_on(answer).unwrap(), "hello");
/// ```
#[async_trait]
pub trait Service: Send + Sync + 'static {
    /// Answers a request.
    ///
    /// # Errors
    /// Any failure; it reaches the agent as it is.
    ///
    /// # Cancel safety
    /// The future is dropped where the agent drops the request or is dropped itself.
    /// It is not dropped because the task was withdrawn: an agent may have to tidy up.
    /// A request that waits for long looks at [`Caller::cancelled`].
    async fn request(
        &self,
        caller: &Caller,
        request: ServiceRequest,
    ) -> Result<Outcome, AgentError>;
}

/// Who asks a service: a task at an agent.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Caller {
    /// The agent.
    pub agent: AgentId,
    /// Its task.
    pub task: TaskId,
    /// The capability that the task is of.
    pub capability: Option<CapabilityName>,
    /// The task on whose behalf that one runs, where it is one.
    pub parent: Option<TaskId>,
    /// When the task must have ended, where there is a deadline.
    pub deadline: Option<Instant>,
    pub(crate) cancel: CancellationToken,
}

impl Caller {
    /// A caller whose task nobody withdraws. Services are given one; tests of services
    /// make them.
    pub fn new(agent: AgentId, task: TaskId) -> Self {
        Self {
            agent,
            task,
            capability: None,
            parent: None,
            deadline: None,
            cancel: CancellationToken::new(),
        }
    }

    /// The same with a token that withdraws the task.
    #[must_use]
    pub fn cancel_with(mut self, cancel: CancellationToken) -> Self {
        self.cancel = cancel;
        self
    }

    /// Whether the task was withdrawn or its deadline passed.
    pub fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }

    /// Ends when the task is withdrawn or its deadline passes.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn cancelled(&self) {
        self.cancel.cancelled().await;
    }

    /// A token that is cancelled when the task is withdrawn or its deadline passes;
    /// cancelling it changes nothing for the task.
    pub fn cancel_token(&self) -> CancellationToken {
        self.cancel.child_token()
    }
}

/// Services by name.
#[derive(Clone, Default)]
pub(crate) struct Offers {
    named: BTreeMap<String, Arc<dyn Service>>,
}

impl Offers {
    /// Adds a service; the newest of a name counts.
    pub(crate) fn add(&mut self, name: String, service: Arc<dyn Service>) {
        self.named.insert(name, service);
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Arc<dyn Service>> {
        self.named.get(name)
    }
}

impl fmt::Debug for Offers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.named.keys()).finish()
    }
}
