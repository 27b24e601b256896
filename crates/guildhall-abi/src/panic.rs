//! Panics and broken rules as error records.

use std::any::Any;

use guildhall_core::{AgentError, ErrorCode};

use crate::message::Message;

/// The record of a panic that was caught.
pub(crate) fn panic_message(payload: Box<dyn Any + Send>) -> Message {
    let text = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a payload that is not text".to_owned());
    // The payload's own destructor may panic once more; leaking it is the only
    // way to be sure that nothing else runs.
    std::mem::forget(payload);
    record_of(
        ErrorCode::Panicked.as_str(),
        &format!("the agent panicked: {text}"),
    )
}

/// An error record as JSON.
pub(crate) fn record_of(code: &str, message: &str) -> Message {
    encode_error(&AgentError::new(code, message))
}

/// An error record as JSON.
pub fn encode_error(error: &AgentError) -> Message {
    let head = serde_json::to_vec(error).unwrap_or_else(|_| {
        br#"{"code":"failed","message":"the error cannot be written as JSON"}"#.to_vec()
    });
    Message::new(head)
}

/// Reads an error record; one that is not readable is itself an error.
pub fn decode_error(message: &Message) -> AgentError {
    serde_json::from_slice(&message.head).unwrap_or_else(|error| {
        AgentError::new(
            ErrorCode::Protocol,
            format!("the plugin answered with an error record that cannot be read: {error}"),
        )
    })
}
