//! Durable streams of an agent: what it wants to know again in its next task.
//!
//! A stream is a list of records with a name, kept by the host, numbered from 1 and only
//! ever appended to. Each agent has streams of its own, which no other agent can read: whose
//! they are is told by the host and not by the request. What is true of something is a fold
//! over its records; an append names the last record that it builds on, and is refused where
//! somebody else was faster, so that nothing is lost and nothing is decided on old facts.
//!
//! They are offered to agents whose manifest declares a permission of the kind [`SERVICE`].
//!
//! ```
//! use guildhall_core::streams::{NewRecord, conflict_of};
//! use guildhall_core::{AgentError, Context};
//!
//! /// Counts how often it was called for a name, over all tasks and all processes.
//! async fn count(name: &str, now_ms: i64, ctx: &Context) -> Result<u64, AgentError> {
//!     let streams = ctx.streams();
//!     loop {
//!         let before = streams.read_all(name, 0).await?;
//!         let last = before.last().map_or(0, |record| record.seq);
//!         let called = NewRecord::new("called", now_ms, &())?;
//!         match streams.append(name, vec![called], last).await {
//!             Err(error) if conflict_of(&error).is_some() => {}
//!             appended => return appended,
//!         }
//!     }
//! }
//! ```

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::context::Context;
use crate::error::{AgentError, ErrorCode};
use crate::task::to_raw;

/// The service's name, and the kind of the permission that it takes.
pub const SERVICE: &str = "guildhall.streams";
/// Appends records; see [`Append`]. The answer is the number of the last record.
pub const APPEND: &str = "append";
/// Reads records; see [`Read`]. The answer is a list of [`Record`]s.
pub const READ: &str = "read";
/// Lists the streams; see [`List`]. The answer is a list of [`StreamInfo`]s.
pub const LIST: &str = "list";

/// Code of the error of an append where the stream ends elsewhere than the caller believes.
pub const CONFLICT: &str = "stream-conflict";
/// Field of that error's `extra` with the number of the last record there is.
pub const LAST_FIELD: &str = "last";

/// Bytes of a stream's name at the most.
pub const MAX_NAME: usize = 200;
/// Bytes of a record's kind at the most.
pub const MAX_KIND: usize = 100;
/// Bytes of a record's body at the most. What is larger belongs into a file.
pub const MAX_BODY: usize = 1 << 20;
/// Records of one append, and of one answer, at the most.
pub const MAX_RECORDS: usize = 1000;
/// Bytes of the bodies of one append at the most; an answer holds about as many.
pub const MAX_BODIES: usize = 8 << 20;

/// A record to be appended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewRecord {
    /// What sort of record it is, for example `opened`.
    pub kind: String,
    /// When it happened, in milliseconds since 1970, UTC.
    pub at_ms: i64,
    /// What there is to say, as JSON text.
    pub body: Box<RawValue>,
}

/// A record of a stream.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    /// Its number within the stream, from 1.
    pub seq: u64,
    /// What sort of record it is.
    pub kind: String,
    /// When it happened, in milliseconds since 1970, UTC.
    pub at_ms: i64,
    /// What there is to say, as JSON text.
    pub body: Box<RawValue>,
}

/// What is known of a stream without reading it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamInfo {
    /// Its name.
    pub name: String,
    /// The number of its last record.
    pub last: u64,
    /// When its last record happened, in milliseconds since 1970, UTC.
    pub updated_ms: i64,
}

/// What an append survives before it is acknowledged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Durability {
    /// The sudden death of the host.
    #[default]
    Process,
    /// A loss of power as well. It takes as long as the disk does.
    Power,
}

/// Input of [`APPEND`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Append {
    /// The stream's name.
    pub stream: String,
    /// The records, of which all are appended or none.
    pub records: Vec<NewRecord>,
    /// The number of the stream's last record, as the caller knows it; 0 for a new stream.
    pub expected: u64,
    /// What they survive.
    #[serde(default)]
    pub durability: Durability,
}

/// Input of [`READ`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Read {
    /// The stream's name; one that is not there has no records.
    pub stream: String,
    /// The number of the record after which to begin; 0 for the first.
    #[serde(default)]
    pub after: u64,
    /// Records at the most; [`MAX_RECORDS`] where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// Input of [`LIST`].
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct List {
    /// The name after which to begin; the first where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Streams at the most; [`MAX_RECORDS`] where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// The streams of the agent whose task this is; [`Context::streams`] gives it.
#[derive(Debug, Clone)]
pub struct Streams {
    ctx: Context,
}

impl NewRecord {
    /// A record with a typed body.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidInput`] where `body` cannot be written as JSON.
    pub fn new(
        kind: impl Into<String>,
        at_ms: i64,
        body: &impl Serialize,
    ) -> Result<Self, AgentError> {
        Ok(Self {
            kind: kind.into(),
            at_ms,
            body: to_raw(body, ErrorCode::InvalidInput)?,
        })
    }
}

impl Record {
    /// The body as a type.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidInput`] where it does not fit.
    pub fn body<T: DeserializeOwned>(&self) -> Result<T, AgentError> {
        serde_json::from_str(self.body.get()).map_err(|error| {
            let text = format!(
                "record {} of the kind {:?} cannot be read: {error}",
                self.seq, self.kind
            );
            AgentError::new(ErrorCode::InvalidInput, text)
        })
    }
}

impl Append {
    /// What is wrong with it, where something is.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidInput`] with the limit that it exceeds.
    pub fn check(&self) -> Result<(), AgentError> {
        check_name(&self.stream)?;
        let count = self.records.len();
        if count == 0 || count > MAX_RECORDS {
            return Err(invalid(format!(
                "an append has 1 to {MAX_RECORDS} records, and this one has {count}"
            )));
        }
        let mut bytes = 0;
        for record in &self.records {
            if record.kind.is_empty() || record.kind.len() > MAX_KIND {
                return Err(invalid(format!(
                    "the kind of a record has 1 to {MAX_KIND} bytes, and {:?} has {}",
                    record.kind,
                    record.kind.len()
                )));
            }
            let body = record.body.get().len();
            if body > MAX_BODY {
                return Err(invalid(format!(
                    "the body of a record has {MAX_BODY} bytes at the most, and this one has {body}: \
                     put what is large into a file and its hash into the record"
                )));
            }
            bytes += body;
        }
        if bytes > MAX_BODIES {
            return Err(invalid(format!(
                "the bodies of an append have {MAX_BODIES} bytes at the most, and these have {bytes}: \
                 append them in parts"
            )));
        }
        Ok(())
    }
}

/// Whether a stream may have this name.
///
/// # Errors
/// [`ErrorCode::InvalidInput`] with the reason.
pub fn check_name(name: &str) -> Result<(), AgentError> {
    let reason = match name.len() {
        0 => "it is empty".to_owned(),
        1..=MAX_NAME if !name.chars().any(char::is_control) => return Ok(()),
        1..=MAX_NAME => "it has control characters".to_owned(),
        length => format!("it has {length} bytes, and {MAX_NAME} are the most"),
    };
    Err(invalid(format!(
        "{name:?} is no name of a stream: {reason}"
    )))
}

/// The number of the last record there is, where `error` is that of an append at another
/// place: read what is new, and decide again.
pub fn conflict_of(error: &AgentError) -> Option<u64> {
    let last = (error.code == CONFLICT).then(|| error.extra.get(LAST_FIELD))?;
    last.and_then(serde_json::Value::as_u64)
}

/// The error of an append at another place.
pub fn conflict(stream: &str, expected: u64, found: u64) -> AgentError {
    let text = format!(
        "the stream {stream:?} ends with record {found} and not {expected}: somebody else has appended to it"
    );
    let mut error = AgentError::new(CONFLICT, text).with_help("read what is new and decide again");
    error.extra.insert(LAST_FIELD.to_owned(), found.into());
    error
}

impl Context {
    /// The durable streams of this agent.
    pub fn streams(&self) -> Streams {
        Streams { ctx: self.clone() }
    }
}

impl Streams {
    /// Appends all of `records`, or none, where the last record of `stream` is `expected`;
    /// gives the number of the last record afterwards. What was acknowledged survives the
    /// sudden death of the host. The first append, with `expected` 0, makes the stream.
    ///
    /// # Errors
    /// With the code [`CONFLICT`] where the stream ends elsewhere ([`conflict_of`]);
    /// [`ErrorCode::InvalidInput`] where a limit is exceeded; [`ErrorCode::NoSuchService`]
    /// where the host keeps no streams or the manifest declares no permission for them;
    /// whatever the store gives.
    ///
    /// # Cancel safety
    /// Where the future is dropped the records may be appended all the same.
    pub async fn append(
        &self,
        stream: &str,
        records: Vec<NewRecord>,
        expected: u64,
    ) -> Result<u64, AgentError> {
        self.append_as(stream, records, expected, Durability::Process)
            .await
    }

    /// The same, and a loss of power is survived as well.
    ///
    /// # Errors
    /// As [`Streams::append`].
    ///
    /// # Cancel safety
    /// As [`Streams::append`].
    pub async fn append_durably(
        &self,
        stream: &str,
        records: Vec<NewRecord>,
        expected: u64,
    ) -> Result<u64, AgentError> {
        self.append_as(stream, records, expected, Durability::Power)
            .await
    }

    /// The records of `stream` after the one numbered `after`, in order, `limit` of them at
    /// the most. There may be fewer though more follow; there is none where none follows.
    ///
    /// # Errors
    /// As [`Streams::append`], but for the conflict.
    pub async fn read(
        &self,
        stream: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Record>, AgentError> {
        let input = Read {
            stream: stream.to_owned(),
            after,
            limit: Some(limit),
        };
        self.ctx.service(SERVICE, READ, &input).await?.output()
    }

    /// All records of `stream` after the one numbered `after`.
    ///
    /// # Errors
    /// As [`Streams::read`].
    pub async fn read_all(&self, stream: &str, after: u64) -> Result<Vec<Record>, AgentError> {
        let mut all: Vec<Record> = Vec::new();
        loop {
            let after = all.last().map_or(after, |record| record.seq);
            let page = self.read(stream, after, MAX_RECORDS).await?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }

    /// The streams whose names come after `after`, ordered by their names, `limit` of them
    /// at the most.
    ///
    /// # Errors
    /// As [`Streams::read`].
    pub async fn list(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<StreamInfo>, AgentError> {
        let input = List {
            after: after.map(str::to_owned),
            limit: Some(limit),
        };
        self.ctx.service(SERVICE, LIST, &input).await?.output()
    }

    /// All streams, ordered by their names.
    ///
    /// # Errors
    /// As [`Streams::read`].
    pub async fn list_all(&self) -> Result<Vec<StreamInfo>, AgentError> {
        let mut all: Vec<StreamInfo> = Vec::new();
        loop {
            let after = all.last().map(|stream| stream.name.as_str());
            let page = self.list(after, MAX_RECORDS).await?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }

    async fn append_as(
        &self,
        stream: &str,
        records: Vec<NewRecord>,
        expected: u64,
        durability: Durability,
    ) -> Result<u64, AgentError> {
        let input = Append {
            stream: stream.to_owned(),
            records,
            expected,
            durability,
        };
        self.ctx.service(SERVICE, APPEND, &input).await?.output()
    }
}

fn invalid(text: String) -> AgentError {
    AgentError::new(ErrorCode::InvalidInput, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn append(records: Vec<NewRecord>) -> Append {
        Append {
            stream: "s".to_owned(),
            records,
            expected: 0,
            durability: Durability::Process,
        }
    }

    fn record(kind: &str, length: usize) -> NewRecord {
        // Two bytes are the quotes.
        NewRecord::new(kind, 0, &"x".repeat(length - 2)).unwrap()
    }

    #[test]
    fn each_limit_is_held_and_said() {
        append(vec![record("k", MAX_BODY)]).check().unwrap();
        append(vec![record("k", 9); MAX_RECORDS]).check().unwrap();
        append(vec![record("k", MAX_BODY); 8]).check().unwrap();
        for (records, said) in [
            (vec![], "1 to 1000 records"),
            (vec![record("k", 9); MAX_RECORDS + 1], "1 to 1000 records"),
            (vec![record("", 9)], "kind of a record"),
            (
                vec![record(&"k".repeat(MAX_KIND + 1), 9)],
                "kind of a record",
            ),
            (vec![record("k", MAX_BODY + 1)], "into a file"),
            (vec![record("k", MAX_BODY); 9], "in parts"),
        ] {
            let error = append(records).check().unwrap_err();
            assert!(error.message.contains(said), "{error}");
        }
    }

    #[test]
    fn a_name_is_short_and_steers_no_terminal() {
        for name in ["incident/INC-1", "ä", &"n".repeat(MAX_NAME)] {
            check_name(name).unwrap();
        }
        for name in ["", "a\nb", "\u{1b}[2J", &"n".repeat(MAX_NAME + 1)] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_conflict_says_where_the_stream_ends() {
        assert_eq!(conflict_of(&conflict("s", 3, 7)), Some(7));
        let other = AgentError::new(ErrorCode::Busy, "s");
        assert_eq!(conflict_of(&other), None);
    }
}
