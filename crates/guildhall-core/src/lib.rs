//! The agent trait, the protocol and the capability registry of Guildhall.

extern crate self as guildhall_core;

pub mod attempt;
pub mod const_text;
pub mod manifest;
pub mod message;
pub mod path_text;
pub mod registry;
pub mod schema;
pub mod shown;

mod agent;
mod capability;
mod context;
mod error;
mod escalation;
mod handoff;
mod id;
mod service;
mod task;
mod trace;

pub use agent::Agent;
pub use attempt::{AttemptInfo, Usage, Withdrawal};
pub use capability::{Capability, CapabilityRequest, CostHint, TaskKind};
pub use context::{AgentCall, Context, LogLevel, LogLine, Progress, Services};
pub use error::{AgentError, CoreError, ErrorCode, Label};
pub use escalation::{
    AttemptedResolution, Escalation, EscalationOption, EscalationSeverity, OnSilence,
};
pub use handoff::{Handoff, HandoffReason, RemainingTask};
pub use id::{AgentId, CapabilityName, MAX_NAME_LEN, MessageId, TaskId};
pub use manifest::{Command, Manifest, PROTOCOL_VERSION, PanicStrategy, Permission};
pub use message::{Address, Message, MessageIntent, MessagePriority, TaskPayload};
pub use registry::{Lease, Registration, Registry};
pub use schema::Schema;
pub use service::ServiceRequest;
pub use task::{Attachment, AttachmentInfo, Outcome, Task};
pub use trace::TraceContext;
