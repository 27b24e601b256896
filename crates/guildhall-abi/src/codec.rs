//! Tasks, outcomes and calls as messages: a JSON head, attachments beside it.

use std::time::Duration;

use bytes::Bytes;
use guildhall_core::{
    AgentCall, AgentError, Attachment, AttachmentInfo, CapabilityRequest, ErrorCode, Outcome,
    ServiceRequest, Task,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::message::Message;

/// Bytes of a head beside its payload, as a guess.
const HEAD_AROUND: usize = 384;

/// Writes the head of a task; its attachments stay where they are.
///
/// # Errors
/// [`ErrorCode::InvalidInput`] where the task cannot be written as JSON.
pub fn encode_task(task: &Task) -> Result<Vec<u8>, AgentError> {
    // A buffer that grows costs copies.
    let mut head = Vec::with_capacity(HEAD_AROUND + task.input.get().len());
    serde_json::to_writer(&mut head, task).map_err(|error| {
        AgentError::new(
            ErrorCode::InvalidInput,
            format!("the task cannot be written: {error}"),
        )
    })?;
    Ok(head)
}

/// Reads a task.
///
/// # Errors
/// [`ErrorCode::Protocol`] where the head is no task, or does not name each
/// attachment.
pub fn decode_task(head: &[u8], attachments: Vec<Bytes>) -> Result<Task, AgentError> {
    let mut task: Task = serde_json::from_slice(head).map_err(|error| broken("task", &error))?;
    check_attachments("task", &task.attached, &attachments)?;
    task.attachments = attachments;
    Ok(task)
}

/// Writes an outcome.
///
/// # Errors
/// [`ErrorCode::InvalidOutput`] where it cannot be written as JSON.
pub fn encode_outcome(outcome: Outcome) -> Result<Message, AgentError> {
    let mut head = Vec::with_capacity(HEAD_AROUND + outcome.output.get().len());
    serde_json::to_writer(&mut head, &outcome).map_err(|error| {
        AgentError::new(
            ErrorCode::InvalidOutput,
            format!("the outcome cannot be written: {error}"),
        )
    })?;
    Ok(Message {
        head: head.into(),
        attachments: outcome.attachments,
    })
}

/// Reads an outcome.
///
/// # Errors
/// [`ErrorCode::Protocol`] where the head is no outcome, or does not name each
/// attachment.
pub fn decode_outcome(message: Message) -> Result<Outcome, AgentError> {
    let mut outcome: Outcome =
        serde_json::from_slice(&message.head).map_err(|error| broken("outcome", &error))?;
    check_attachments("outcome", &outcome.attached, &message.attachments)?;
    outcome.attachments = message.attachments;
    Ok(outcome)
}

/// Form of a call to another agent.
#[derive(Serialize, Deserialize)]
struct CallHead {
    capability: CapabilityRequest,
    input: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timeout_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    attached: Vec<AttachmentInfo>,
}

/// Writes a call to another agent.
///
/// # Errors
/// [`ErrorCode::InvalidInput`] where it cannot be written as JSON.
pub fn encode_call(call: AgentCall) -> Result<Message, AgentError> {
    let (attached, attachments) = apart(call.attachments);
    let timeout_ms = call
        .timeout
        .map(|timeout| u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX));
    let head = CallHead {
        capability: call.capability,
        input: call.input,
        timeout_ms,
        attached,
    };
    let head = serde_json::to_vec(&head).map_err(|error| {
        AgentError::new(
            ErrorCode::InvalidInput,
            format!("the call cannot be written: {error}"),
        )
    })?;
    Ok(Message {
        head: head.into(),
        attachments,
    })
}

/// Reads a call to another agent.
///
/// # Errors
/// [`ErrorCode::Protocol`] where the head is no call, or does not name each
/// attachment.
pub fn decode_call(message: Message) -> Result<AgentCall, AgentError> {
    let head: CallHead =
        serde_json::from_slice(&message.head).map_err(|error| broken("call", &error))?;
    check_attachments("call", &head.attached, &message.attachments)?;
    Ok(AgentCall {
        capability: head.capability,
        input: head.input,
        attachments: together(head.attached, message.attachments),
        timeout: head.timeout_ms.map(Duration::from_millis),
    })
}

/// Form of a request to a service.
#[derive(Serialize, Deserialize)]
struct ServiceHead {
    service: String,
    method: String,
    input: Box<RawValue>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    attached: Vec<AttachmentInfo>,
}

/// Writes a request to a service.
///
/// # Errors
/// [`ErrorCode::InvalidInput`] where it cannot be written as JSON.
pub fn encode_service(request: ServiceRequest) -> Result<Message, AgentError> {
    let mut text = Vec::with_capacity(HEAD_AROUND + request.input.get().len());
    let (attached, attachments) = apart(request.attachments);
    let head = ServiceHead {
        service: request.service,
        method: request.method,
        input: request.input,
        attached,
    };
    serde_json::to_writer(&mut text, &head).map_err(|error| {
        AgentError::new(
            ErrorCode::InvalidInput,
            format!("the request to a service cannot be written: {error}"),
        )
    })?;
    Ok(Message {
        head: text.into(),
        attachments,
    })
}

/// Reads a request to a service.
///
/// # Errors
/// [`ErrorCode::Protocol`] where the head is no request, or does not name each
/// attachment.
pub fn decode_service(message: Message) -> Result<ServiceRequest, AgentError> {
    let head: ServiceHead = serde_json::from_slice(&message.head)
        .map_err(|error| broken("request to a service", &error))?;
    check_attachments("request to a service", &head.attached, &message.attachments)?;
    Ok(ServiceRequest {
        service: head.service,
        method: head.method,
        input: head.input,
        attachments: together(head.attached, message.attachments),
    })
}

fn apart(attachments: Vec<Attachment>) -> (Vec<AttachmentInfo>, Vec<Bytes>) {
    attachments
        .into_iter()
        .map(|attachment| (attachment.info, attachment.data))
        .unzip()
}

fn together(infos: Vec<AttachmentInfo>, data: Vec<Bytes>) -> Vec<Attachment> {
    infos
        .into_iter()
        .zip(data)
        .map(|(info, data)| Attachment { info, data })
        .collect()
}

fn check_attachments(
    what: &str,
    named: &[AttachmentInfo],
    carried: &[Bytes],
) -> Result<(), AgentError> {
    if named.len() == carried.len() {
        return Ok(());
    }
    Err(AgentError::new(
        ErrorCode::Protocol,
        format!(
            "the {what} names {} attachments but carries {}; `attached` must name each one in order",
            named.len(),
            carried.len()
        ),
    ))
}

fn broken(what: &str, error: &serde_json::Error) -> AgentError {
    AgentError::new(
        ErrorCode::Protocol,
        format!("the {what} is not readable: {error}"),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    proptest! {
        #[test]
        fn no_head_panics(head: Vec<u8>) {
            let _ = decode_task(&head, Vec::new());
            let _ = decode_outcome(Message::new(head.clone()));
            let _ = decode_service(Message::new(head.clone()));
            let _ = decode_call(Message::new(head));
        }

        #[test]
        fn a_call_survives_a_round_trip(text in ".*", data: Vec<u8>, timeout: Option<u32>) {
            let mut call = AgentCall::new("a.b@^1".parse().unwrap(), json!({ "text": text }));
            call.attachments.push(Attachment::new(text, "text/plain", data));
            call.timeout = timeout.map(|ms| Duration::from_millis(ms.into()));
            let back = decode_call(encode_call(call.clone()).unwrap()).unwrap();
            prop_assert_eq!(back.input, call.input);
            prop_assert_eq!(back.attachments, call.attachments);
            prop_assert_eq!(back.timeout, call.timeout);
        }
    }

    proptest! {
        #[test]
        fn a_request_to_a_service_survives_a_round_trip(text in ".*", data: Vec<u8>) {
            let request = ServiceRequest::new(&text, &text, &json!({ "text": text })).unwrap();
            let request = request.attach(Attachment::new(text, "text/plain", data));
            let back = decode_service(encode_service(request.clone()).unwrap()).unwrap();
            prop_assert_eq!(back.service, request.service);
            prop_assert_eq!(back.method, request.method);
            prop_assert_eq!(back.input.get(), request.input.get());
            prop_assert_eq!(back.attachments, request.attachments);
        }
    }

    #[test]
    fn an_attachment_that_is_not_named_is_refused() {
        let mut message = encode_outcome(Outcome::new(&1).unwrap()).unwrap();
        message.attachments.push(vec![1].into());
        let error = decode_outcome(message).unwrap_err();
        assert!(error.is(ErrorCode::Protocol));
        assert!(error.message.contains("names 0 attachments but carries 1"));
    }
}
