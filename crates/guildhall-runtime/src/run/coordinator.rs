//! The coordinator: an agent that is called for as long as a run is worked on, and the
//! service through which it takes its turns.

use guildhall_coordination::RunId;
use guildhall_coordination::turn::{
    COORDINATE_CAPABILITY, COORDINATE_VERSIONS, CoordinateRequest, RUN_SERVICE, TURN_METHOD,
    TurnReply, TurnRequest,
};
use guildhall_core::{AgentError, AgentId, CapabilityRequest, ErrorCode, Outcome, ServiceRequest};
use guildhall_host::{CallRequest, Caller, CancellationToken, Host, Service, async_trait};
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

use super::message::Message;

/// How often a coordinator that fails is called anew.
pub(crate) const RESTARTS: u32 = 2;

/// The service of one coordinator: of one call for one run.
struct RunService {
    /// Which of the run's coordinators it is, so that one that was replaced is told so.
    generation: u32,
    messages: UnboundedSender<Message>,
}

#[async_trait]
impl Service for RunService {
    async fn request(
        &self,
        _caller: &Caller,
        request: ServiceRequest,
    ) -> Result<Outcome, AgentError> {
        if request.method != TURN_METHOD {
            return Err(request.no_such_method());
        }
        let turn: TurnRequest = request.input()?;
        let (reply, replied) = oneshot::channel();
        let message = Message::Turn {
            generation: self.generation,
            request: turn,
            reply,
        };
        let gone = |_| {
            AgentError::new(
                ErrorCode::Cancelled,
                "the run is not coordinated by this call any more",
            )
        };
        self.messages
            .send(message)
            .map_err(|error| gone(error.to_string()))?;
        let reply: TurnReply = replied.await.map_err(|error| gone(error.to_string()))?;
        Outcome::new(&reply)
    }
}

/// Calls the coordinator of a run; the session is told how the call ended.
pub(crate) fn call(
    host: &Host,
    run: RunId,
    agent: Option<&AgentId>,
    generation: u32,
    messages: &UnboundedSender<Message>,
) -> CancellationToken {
    let cancel = CancellationToken::new();
    let request = request(run, agent, generation, messages, cancel.clone());
    let (host, messages) = (host.clone(), messages.clone());
    tokio::spawn(async move {
        let called = match request {
            Ok(request) => host.call(request).await,
            Err(error) => Err(error),
        };
        let error = called.err().map(Box::new);
        // Where the session is gone, nobody asks any more.
        let _ = messages.send(Message::CoordinatorEnded { generation, error });
    });
    cancel
}

fn request(
    run: RunId,
    agent: Option<&AgentId>,
    generation: u32,
    messages: &UnboundedSender<Message>,
    cancel: CancellationToken,
) -> Result<CallRequest, AgentError> {
    let service = RunService {
        generation,
        messages: messages.clone(),
    };
    let request = CallRequest::new(wanted()?, &CoordinateRequest { run })?
        .cancel_with(cancel)
        .offer(RUN_SERVICE, Arc::new(service));
    Ok(match agent {
        Some(agent) => request.to_agent(agent.clone()),
        None => request,
    })
}

/// The capability that a coordinator offers.
pub(crate) fn wanted() -> Result<CapabilityRequest, AgentError> {
    format!("{COORDINATE_CAPABILITY}@{COORDINATE_VERSIONS}")
        .parse()
        .map_err(|error: guildhall_core::CoreError| {
            AgentError::new(ErrorCode::InvalidInput, error.to_string())
        })
}
