//! What an agent usually needs: `use guildhall_sdk::prelude::*;`.

pub use crate::{
    Agent, AgentCall, AgentError, Attachment, Config, Context, ErrorCode, LogLevel, Outcome,
    Schema, Task, agent,
};
pub use serde::{Deserialize, Serialize};
pub use serde_json::{Value, json};
