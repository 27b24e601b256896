//! What an agent asks of a service of the host.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::error::{AgentError, ErrorCode};
use crate::task::{Attachment, to_raw};

/// A request to a service that the host offers a task: which service, which of its
/// methods, and the input.
///
/// The input is kept as JSON text, so that a typed service parses it once.
#[derive(Debug, Clone)]
pub struct ServiceRequest {
    /// Name of the service, as the host offers it.
    pub service: String,
    /// What the service is to do.
    pub method: String,
    /// The input, as JSON text.
    pub input: Box<RawValue>,
    /// Large payloads beside the input.
    pub attachments: Vec<Attachment>,
}

impl ServiceRequest {
    /// A request with a typed input, without attachments.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidInput`] where `input` cannot be written as JSON.
    pub fn new(
        service: impl Into<String>,
        method: impl Into<String>,
        input: &impl Serialize,
    ) -> Result<Self, AgentError> {
        let input = to_raw(input, ErrorCode::InvalidInput)?;
        Ok(Self {
            service: service.into(),
            method: method.into(),
            input,
            attachments: Vec::new(),
        })
    }

    /// Adds a large payload.
    #[must_use]
    pub fn attach(mut self, attachment: Attachment) -> Self {
        self.attachments.push(attachment);
        self
    }

    /// The input as a type.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidInput`] where it does not fit.
    pub fn input<'a, T: serde::Deserialize<'a>>(&'a self) -> Result<T, AgentError> {
        serde_json::from_str(self.input.get()).map_err(|error| {
            AgentError::new(
                ErrorCode::InvalidInput,
                format!(
                    "the input of {} of the service {} cannot be read: {error}",
                    self.method, self.service
                ),
            )
        })
    }

    /// The error for a service that nobody offers.
    pub fn not_offered(&self) -> AgentError {
        AgentError::new(
            ErrorCode::NoSuchService,
            format!("the host offers this task no service {:?}", self.service),
        )
        .with_help("correct the name, or call the agent where the service is offered")
    }

    /// The error for a method that the service does not have.
    pub fn no_such_method(&self) -> AgentError {
        AgentError::new(
            ErrorCode::NoSuchService,
            format!(
                "the service {} has no method {:?}",
                self.service, self.method
            ),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_that_does_not_fit_is_named_with_service_and_method() {
        let request = ServiceRequest::new("notes", "append", &"text").unwrap();
        assert_eq!(request.input::<&str>().unwrap(), "text");
        let error = request.input::<u32>().unwrap_err();
        assert!(error.is(ErrorCode::InvalidInput));
        assert!(
            error
                .message
                .contains("append of the service notes cannot be read"),
            "{error}"
        );
    }
}
