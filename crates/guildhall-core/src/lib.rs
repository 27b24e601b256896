//! The agent trait, the protocol and the capability registry of Guildhall.
//!
//! Everything that both sides of the boundary agree on, and nothing of how it is crossed. An
//! author of agents finds it re-exported by the SDK, with what makes an agent of a type; a
//! host uses it directly.
//!
//! | for | there is |
//! |---|---|
//! | agents | [`Agent`], and what it is given and gives: [`Task`], [`Context`], [`Outcome`], [`AgentError`] |
//! | agents in a run | [`attempt`]: which attempt it is, how to give way, what was used |
//! | what the host keeps and does for agents | [`streams`]: durable records; [`programs`]: programs under a supervisor; [`workspaces`]: scratch worktrees |
//! | runs, for agents that look at them | [`records`]: what was done and when; [`control`]: how much is done at once |
//! | an answer that is a run | [`hand_over`] |
//! | what agents offer | [`Manifest`], [`Capability`], [`CapabilityRequest`], [`Schema`] |
//! | hosts | [`registry`]: who offers what, has a free place and is sound; [`Services`] behind a context |
//! | records between agents | [`Message`], [`Handoff`], [`Escalation`], [`TraceContext`]: forms that are fixed; nothing routes them yet |
//! | names and paths | [`AgentId`], [`CapabilityName`], [`TaskId`], [`path_text`] |
//!
//! ```
//! use guildhall_core::{CapabilityRequest, Registration, Registry};
//!
//! let registry = Registry::new();
//! let mut scanner = Registration::new("scanner".parse()?, "1.0.0".parse()?);
//! let capability = r#"{"name": "debt.scan", "version": "1.2.0"}"#;
//! scanner.capabilities.push(serde_json::from_str(capability)?);
//! registry.register(scanner)?;
//! let wanted: CapabilityRequest = "debt.scan@^1".parse()?;
//! let offers = registry.find(&wanted, true);
//! assert_eq!(offers[0].agent.as_str(), "scanner");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What this crate does not know: libraries, pointers, files, async runtimes.

extern crate self as guildhall_core;

pub mod attempt;
pub mod const_text;
pub mod control;
pub mod hand_over;
pub mod manifest;
pub mod message;
pub mod path_text;
pub mod programs;
pub mod records;
pub mod registry;
pub mod schema;
pub mod shown;
pub mod streams;
pub mod workspaces;

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
pub use hand_over::HandOver;
pub use handoff::{Handoff, HandoffReason, RemainingTask};
pub use id::{AgentId, CapabilityName, MAX_NAME_LEN, MessageId, TaskId};
pub use manifest::{Command, Manifest, PROTOCOL_VERSION, PanicStrategy, Permission};
pub use message::{Address, Message, MessageIntent, MessagePriority, TaskPayload};
pub use registry::{Lease, Registration, Registry};
pub use schema::Schema;
pub use service::ServiceRequest;
pub use task::{Attachment, AttachmentInfo, Outcome, Task};
pub use trace::TraceContext;
