//! How an attempt failed: what it counts as, and what of it is kept.

use guildhall_coordination::{FailureClass, Spend};
use guildhall_core::{AgentError, ErrorCode, Usage};

use crate::process::Redactor;
use crate::{ErrorKind, RuntimeError};

/// How an attempt failed.
pub(super) struct Failure {
    pub(super) class: FailureClass,
    pub(super) error: AgentError,
    pub(super) spent: Option<Spend>,
    /// Where the work was done and could not be kept: no fault of the task's, and to be
    /// mended before anything goes on.
    pub(super) unkept: Option<Box<RuntimeError>>,
}

impl Failure {
    /// The work was done, and the store does not take it.
    pub(super) fn unkept(error: RuntimeError) -> Self {
        let text = error.to_string();
        Self {
            unkept: Some(Box::new(error)),
            ..AgentError::new("store", text).into()
        }
    }
}

impl From<AgentError> for Failure {
    fn from(error: AgentError) -> Self {
        let class = class_of(&error);
        let spent = error.usage().map(spend_of);
        Self {
            class,
            error,
            spent,
            unkept: None,
        }
    }
}

impl From<RuntimeError> for Failure {
    fn from(error: RuntimeError) -> Self {
        let (code, may_pass) = match error.kind() {
            ErrorKind::Request | ErrorKind::Configuration => ("invalid-input", false),
            ErrorKind::Agents => ("unavailable", false),
            ErrorKind::Workspace => ("workspace", true),
            ErrorKind::Store => ("store", true),
        };
        let mut said = AgentError::new(code, error.to_string());
        said.retryable = may_pass;
        Self {
            class: FailureClass::Error,
            error: said,
            spent: None,
            unkept: None,
        }
    }
}

/// How a failed call counts.
fn class_of(error: &AgentError) -> FailureClass {
    let is = |codes: &[ErrorCode]| codes.iter().any(|code| error.is(*code));
    if is(&[ErrorCode::DeadlineExceeded]) {
        FailureClass::Timeout
    } else if is(&[ErrorCode::Cancelled]) {
        FailureClass::Cancelled
    } else if is(&[ErrorCode::Busy, ErrorCode::RateLimited]) {
        FailureClass::Busy
    } else if is(&[ErrorCode::InvalidOutput]) {
        FailureClass::Invalid
    } else if is(&[ErrorCode::Yielded]) {
        FailureClass::Yielded
    } else if is(&[
        ErrorCode::Panicked,
        ErrorCode::Wedged,
        ErrorCode::Protocol,
        ErrorCode::Quarantined,
        ErrorCode::Unavailable,
    ]) || error.code == "crashed"
    {
        FailureClass::Crash
    } else {
        FailureClass::Error
    }
}

/// What counts of what an agent says that it used.
pub(super) fn spend_of(usage: Usage) -> Spend {
    Spend {
        usd: usage.usd.unwrap_or(0.0).max(0.0),
        tokens: usage.tokens.unwrap_or(0),
    }
}

/// Takes secrets out of an error.
pub(super) fn redact(redactor: &Redactor, error: &mut AgentError) {
    error.message = redactor.redact(&error.message).into_owned();
    if let Some(help) = &mut error.help {
        *help = redactor.redact(help).into_owned();
    }
    for label in &mut error.labels {
        label.text = redactor.redact(&label.text).into_owned();
    }
    for value in error.extra.values_mut() {
        redactor.redact_json(value);
    }
    if let Some(cause) = &mut error.cause {
        redact(redactor, cause);
    }
}
