//! Tasks and outcomes: what goes to an agent and what comes back.

use std::fmt;

use bytes::Bytes;
use semver::Version;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::error::{AgentError, ErrorCode, first_version};
use crate::id::{CapabilityName, TaskId};
use crate::trace::TraceContext;

/// One piece of work for an agent.
///
/// The input is kept as the JSON text in which it came, so that a typed agent
/// parses it once. Large binary data travels beside it as [`Attachment`]s, which
/// no codec touches.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Task {
    /// Version of this record's form; 1 today.
    #[serde(default = "first_version")]
    pub version: u32,
    /// Id of the task; with it goes every log line and progress report.
    pub id: TaskId,
    /// The capability asked for.
    pub capability: CapabilityName,
    /// Version of the capability that was chosen for the task.
    pub capability_version: Version,
    /// The input, as JSON text.
    pub input: Box<RawValue>,
    /// Milliseconds left until the deadline at the moment of the call, where
    /// there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<u64>,
    /// The task on whose behalf this one runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<TaskId>,
    /// Equal for every attempt at the same work, so that an agent can recognise a
    /// repetition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// Position in a distributed trace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceContext>,
    /// Names and media types of the attachments, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attached: Vec<AttachmentInfo>,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
    /// The attachments themselves; they travel beside the JSON.
    #[serde(skip)]
    pub attachments: Vec<Bytes>,
}

/// Names of the fields that every task has.
const FIELDS: [&str; 10] = [
    "version",
    "id",
    "capability",
    "capability_version",
    "input",
    "deadline_ms",
    "parent",
    "idempotency_key",
    "trace",
    "attached",
];

/// What came of a task.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome {
    /// Version of this record's form; 1 today.
    #[serde(default = "first_version")]
    pub version: u32,
    /// The output, as JSON text.
    pub output: Box<RawValue>,
    /// Names and media types of the attachments, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attached: Vec<AttachmentInfo>,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
    /// The attachments themselves; they travel beside the JSON.
    #[serde(skip)]
    pub attachments: Vec<Bytes>,
}

/// Name and media type of an attachment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachmentInfo {
    /// Name, for example of a file.
    pub name: String,
    /// Media type (RFC 6838), for example `text/plain`.
    pub media_type: String,
}

/// A large payload: a name, a media type and bytes that are shared, not copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Name and media type.
    pub info: AttachmentInfo,
    /// The bytes.
    pub data: Bytes,
}

impl Attachment {
    /// An attachment from its parts.
    pub fn new(
        name: impl Into<String>,
        media_type: impl Into<String>,
        data: impl Into<Bytes>,
    ) -> Self {
        let info = AttachmentInfo {
            name: name.into(),
            media_type: media_type.into(),
        };
        Self {
            info,
            data: data.into(),
        }
    }
}

impl Task {
    /// A task with a typed input.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidInput`] where `input` cannot be written as JSON.
    pub fn new(
        capability: CapabilityName,
        capability_version: Version,
        input: &impl Serialize,
    ) -> Result<Self, AgentError> {
        let input = to_raw(input, ErrorCode::InvalidInput)?;
        Ok(Self::from_raw(capability, capability_version, input))
    }

    /// A task whose input is JSON text already.
    pub fn from_raw(
        capability: CapabilityName,
        capability_version: Version,
        input: Box<RawValue>,
    ) -> Self {
        Self {
            version: first_version(),
            id: TaskId::new(),
            capability,
            capability_version,
            input,
            deadline_ms: None,
            parent: None,
            idempotency_key: None,
            trace: None,
            attached: Vec::new(),
            extra: Map::new(),
            attachments: Vec::new(),
        }
    }

    /// The input as a type.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidInput`] where it does not fit.
    pub fn input<T: DeserializeOwned>(&self) -> Result<T, AgentError> {
        from_raw(&self.input, ErrorCode::InvalidInput)
    }

    /// Adds fields beside those that every task has.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidInput`] where one of them has the name of a field that tasks
    /// have already.
    pub fn add_fields(&mut self, fields: Map<String, Value>) -> Result<(), AgentError> {
        if let Some(name) = fields.keys().find(|name| FIELDS.contains(&name.as_str())) {
            let text = format!("an extra field of a task cannot be called {name:?}");
            return Err(AgentError::new(ErrorCode::InvalidInput, text)
                .with_help("every task has a field of that name; choose another"));
        }
        self.extra.extend(fields);
        Ok(())
    }

    /// Adds an attachment.
    pub fn attach(&mut self, attachment: Attachment) {
        self.attached.push(attachment.info);
        self.attachments.push(attachment.data);
    }

    /// The attachment of this name.
    pub fn attachment(&self, name: &str) -> Option<&Bytes> {
        find(&self.attached, &self.attachments, name)
    }
}

impl Outcome {
    /// An outcome with a typed output.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidOutput`] where `output` cannot be written as JSON.
    pub fn new(output: &impl Serialize) -> Result<Self, AgentError> {
        Ok(Self::from_raw(to_raw(output, ErrorCode::InvalidOutput)?))
    }

    /// An outcome whose output is JSON text already.
    pub fn from_raw(output: Box<RawValue>) -> Self {
        Self {
            version: first_version(),
            output,
            attached: Vec::new(),
            extra: Map::new(),
            attachments: Vec::new(),
        }
    }

    /// The output as a type.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidOutput`] where it does not fit.
    pub fn output<T: DeserializeOwned>(&self) -> Result<T, AgentError> {
        from_raw(&self.output, ErrorCode::InvalidOutput)
    }

    /// Adds an attachment.
    pub fn attach(&mut self, attachment: Attachment) {
        self.attached.push(attachment.info);
        self.attachments.push(attachment.data);
    }

    /// The attachment of this name.
    pub fn attachment(&self, name: &str) -> Option<&Bytes> {
        find(&self.attached, &self.attachments, name)
    }
}

fn find<'a>(infos: &[AttachmentInfo], data: &'a [Bytes], name: &str) -> Option<&'a Bytes> {
    infos
        .iter()
        .zip(data)
        .find(|(info, _)| info.name == name)
        .map(|(_, data)| data)
}

pub(crate) fn to_raw(value: &impl Serialize, code: ErrorCode) -> Result<Box<RawValue>, AgentError> {
    serde_json::value::to_raw_value(value)
        .map_err(|error| mismatch(code, "written as JSON", &error))
}

fn from_raw<T: DeserializeOwned>(raw: &RawValue, code: ErrorCode) -> Result<T, AgentError> {
    serde_json::from_str(raw.get()).map_err(|error| mismatch(code, "read", &error))
}

fn mismatch(code: ErrorCode, verb: &str, error: &dyn fmt::Display) -> AgentError {
    let what = if code == ErrorCode::InvalidInput {
        "input"
    } else {
        "output"
    };
    AgentError::new(code, format!("the {what} cannot be {verb}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_fields_and_the_exact_input_survive_a_round_trip() {
        let text = concat!(
            r#"{"version":3,"id":"01890a5d-ac96-774b-bcce-b302099a8057","capability":"a.b","#,
            r#""capability_version":"1.0.0","input":{"n": 1.50,  "z":null},"novel":{"a":[1]}}"#,
        );
        let task: Task = serde_json::from_str(text).unwrap();
        assert_eq!(task.input.get(), r#"{"n": 1.50,  "z":null}"#);
        assert_eq!(serde_json::to_string(&task).unwrap(), text);
        let text = r#"{"version":2,"output":[ 1 ],"novel":true}"#;
        let outcome: Outcome = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&outcome).unwrap(), text);
    }

    fn full() -> Task {
        let mut task = Task::new("a.b".parse().unwrap(), Version::new(1, 0, 0), &1).unwrap();
        task.deadline_ms = Some(1);
        task.parent = Some(TaskId::new());
        task.idempotency_key = Some("key".into());
        task.trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            .parse()
            .ok();
        task.attach(Attachment::new("a", "text/plain", "b"));
        task
    }

    #[test]
    fn an_extra_field_takes_no_name_that_a_task_has_already() {
        let names = serde_json::to_value(full()).unwrap();
        let names = names.as_object().unwrap();
        assert_eq!(names.len(), FIELDS.len());
        for name in names.keys() {
            let field = Map::from_iter([(name.clone(), Value::Null)]);
            let error = full().add_fields(field).unwrap_err();
            assert!(error.is(ErrorCode::InvalidInput) && error.message.contains(name));
        }
        let mut task = full();
        task.add_fields(Map::from_iter([("attempt".to_owned(), 2.into())]))
            .unwrap();
        let back: Task = serde_json::from_str(&serde_json::to_string(&task).unwrap()).unwrap();
        assert_eq!(back.extra["attempt"], 2);
    }

    #[test]
    fn an_input_of_another_form_is_refused_by_name() {
        let task = Task::new("a.b".parse().unwrap(), Version::new(1, 0, 0), &"text").unwrap();
        let error = task.input::<u32>().unwrap_err();
        assert!(error.is(ErrorCode::InvalidInput));
        assert!(
            error
                .message
                .starts_with("the input cannot be read: invalid type")
        );
    }

    #[test]
    fn attachments_are_found_by_name_and_not_copied() {
        let data = Bytes::from(vec![7; 1000]);
        let mut outcome = Outcome::new(&()).unwrap();
        outcome.attach(Attachment::new(
            "a",
            "application/octet-stream",
            data.clone(),
        ));
        assert_eq!(outcome.attachment("a").unwrap().as_ptr(), data.as_ptr());
        assert!(outcome.attachment("b").is_none());
    }
}
