//! An agent behind the boundary: its reactor, its tasks, its log.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::Poll;
use std::time::{Duration, Instant};

use guildhall_abi::guest::{CallHandle, Guest, HostHandle, Operation};
use guildhall_abi::{Message, Outgoing, Request, codec, encode_error};
use guildhall_core::{AgentError, Context, ErrorCode, Task, TaskId};
use pin_project_lite::pin_project;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::services::CallBridge;
use crate::{Config, Plugin, logging};

/// The plugin's own reactor: timers, files and spawned tasks run here,
/// whoever polls the agent's futures. One for the library, as the library is never
/// unloaded.
static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();

fn runtime() -> Result<Handle, AgentError> {
    let runtime = RUNTIME.get_or_init(|| {
        Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("guildhall-plugin")
            .enable_all()
            .build()
            .ok()
    });
    runtime
        .as_ref()
        .map(|runtime| runtime.handle().clone())
        .ok_or_else(|| {
            AgentError::new(
                ErrorCode::Unavailable,
                "the plugin's reactor could not be started",
            )
            .with_help("the system may be out of threads or file descriptors")
            .retryable()
        })
}

/// An agent behind the boundary.
pub(crate) struct Bridge<P> {
    agent: Arc<P>,
    runtime: Handle,
}

impl<P: Plugin> Guest for Bridge<P> {
    fn create(host: HostHandle, config: &[u8]) -> Result<Self, AgentError> {
        let runtime = runtime()?;
        logging::install(host);
        // A constructor may already want a timer or a file.
        let guard = runtime.enter();
        let agent = Arc::new(P::create(Config::new(config))?);
        drop(guard);
        Ok(Self { agent, runtime })
    }

    fn begin(
        self: &Arc<Self>,
        operation: Operation,
        call: CallHandle,
        request: Request<'_>,
    ) -> Result<Outgoing, AgentError> {
        let task = match operation {
            Operation::Execute => Some(codec::decode_task(request.head, request.attachments)?),
            Operation::Start | Operation::Stop => None,
        };
        let services = CallBridge::new(call, self.runtime.clone());
        let future = run(
            Arc::clone(&self.agent),
            operation,
            task,
            Arc::clone(&services),
        );
        let canceller = Arc::clone(&services);
        let future = Entered::new(future, services, self.runtime.clone());
        Ok(Outgoing::new(future, move || canceller.cancel()))
    }
}

async fn run<P: Plugin>(
    agent: Arc<P>,
    operation: Operation,
    task: Option<Task>,
    services: Arc<CallBridge>,
) -> Result<Message, Message> {
    let id = task.as_ref().map_or_else(TaskId::new, |task| task.id);
    let deadline = task
        .as_ref()
        .and_then(|task| task.deadline_ms)
        .and_then(|ms| Instant::now().checked_add(Duration::from_millis(ms)));
    let ctx = Context::new(id, deadline, services);
    let done = match (operation, task) {
        (Operation::Execute, Some(task)) => agent
            .execute(task, &ctx)
            .await
            .and_then(codec::encode_outcome),
        (Operation::Stop, _) => agent.stop(&ctx).await.map(|()| Message::default()),
        _ => agent.start(&ctx).await.map(|()| Message::default()),
    };
    done.map_err(|error| encode_error(&error))
}

pin_project! {
    /// A future that is polled and dropped inside the plugin's reactor and knows which
    /// call it belongs to. When it is dropped, what the call spawned is aborted.
    pub(crate) struct Entered<F> {
        // An option, so that it can be dropped inside the reactor.
        #[pin]
        future: Option<F>,
        services: Arc<CallBridge>,
        runtime: Handle,
        owns_call: bool,
    }

    impl<F> PinnedDrop for Entered<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            // A future that has ended was dropped in its last poll.
            if this.future.is_none() {
                return;
            }
            let _reactor = this.runtime.enter();
            let _call = logging::enter(this.services);
            if *this.owns_call {
                this.services.end();
            }
            this.future.set(None);
        }
    }
}

impl<F: Future> Entered<F> {
    /// The call's own future.
    fn new(future: F, services: Arc<CallBridge>, runtime: Handle) -> Self {
        Self {
            future: Some(future),
            services,
            runtime,
            owns_call: true,
        }
    }

    /// A future that the call spawned: it knows its call and ends nothing.
    pub(crate) fn beside(future: F, services: Arc<CallBridge>, runtime: Handle) -> Self {
        Self {
            future: Some(future),
            services,
            runtime,
            owns_call: false,
        }
    }
}

impl<F: Future> Future for Entered<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut std::task::Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let _reactor = this.runtime.enter();
        let _call = logging::enter(this.services);
        let Some(future) = this.future.as_mut().as_pin_mut() else {
            // A future is not polled again after its end.
            return Poll::Pending;
        };
        let polled = future.poll(context);
        if polled.is_ready() {
            if *this.owns_call {
                this.services.end();
            }
            this.future.set(None);
        }
        polled
    }
}
