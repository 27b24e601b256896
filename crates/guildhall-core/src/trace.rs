//! W3C trace context: the position of a task or message in a distributed trace.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::CoreError;

/// The `traceparent` of W3C Trace Context level 1: which trace, which parent span,
/// and whether it is sampled.
///
/// ```
/// use guildhall_core::TraceContext;
/// let text = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
/// let trace: TraceContext = text.parse()?;
/// assert!(trace.is_sampled());
/// assert_eq!(trace.to_string(), text);
/// # Ok::<(), guildhall_core::CoreError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TraceContext {
    /// Id of the trace; not zero.
    pub trace_id: u128,
    /// Id of the parent span; not zero.
    pub parent_id: u64,
    /// Flags; bit 0 says "sampled".
    pub flags: u8,
}

impl TraceContext {
    /// Whether the trace is sampled.
    pub fn is_sampled(&self) -> bool {
        self.flags & 1 == 1
    }

    /// The same trace seen from a new span.
    #[must_use]
    pub fn with_parent(self, parent_id: u64) -> Self {
        Self { parent_id, ..self }
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "00-{:032x}-{:016x}-{:02x}",
            self.trace_id, self.parent_id, self.flags
        )
    }
}

impl FromStr for TraceContext {
    type Err = CoreError;

    fn from_str(text: &str) -> Result<Self, CoreError> {
        let bad = |reason| CoreError::BadTraceContext {
            text: text.to_owned(),
            reason,
        };
        let parts: Vec<&str> = text.split('-').collect();
        // A later version may append fields; version ff is never valid.
        let [version, trace_id, parent_id, flags, rest @ ..] = parts.as_slice() else {
            return Err(bad("expected four fields joined by '-'"));
        };
        if hex(version, 2).is_none() || *version == "ff" || (*version == "00" && !rest.is_empty()) {
            return Err(bad("expected version 00, or a later one"));
        }
        let trace_id = hex(trace_id, 32).ok_or_else(|| bad("the trace id is not 32 hex digits"))?;
        let parent_id =
            hex(parent_id, 16).ok_or_else(|| bad("the parent id is not 16 hex digits"))?;
        let flags = hex(flags, 2).ok_or_else(|| bad("the flags are not 2 hex digits"))?;
        if trace_id == 0 || parent_id == 0 {
            return Err(bad("an id is zero"));
        }
        // The casts keep every digit: the lengths were checked.
        Ok(Self {
            trace_id,
            parent_id: parent_id as u64,
            flags: flags as u8,
        })
    }
}

impl TryFrom<String> for TraceContext {
    type Error = CoreError;

    fn try_from(text: String) -> Result<Self, CoreError> {
        text.parse()
    }
}

impl From<TraceContext> for String {
    fn from(trace: TraceContext) -> String {
        trace.to_string()
    }
}

/// A number of exactly `digits` lower-case hexadecimal digits.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if text.len() != digits || !text.bytes().all(is_digit) {
        return None;
    }
    u128::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_context_survives_a_round_trip(trace_id in 1_u128.., parent_id in 1_u64.., flags: u8) {
            let trace = TraceContext { trace_id, parent_id, flags };
            prop_assert_eq!(trace.to_string().parse::<TraceContext>().unwrap(), trace);
        }

        #[test]
        fn no_text_panics(text in "[0-9a-f-]{0,60}|.*") {
            let _ = text.parse::<TraceContext>();
        }
    }

    #[test]
    fn what_the_recommendation_forbids_is_refused() {
        let zero_trace = "00-00000000000000000000000000000000-b7ad6b7169203331-01";
        let upper = "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01";
        let version_ff = "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let too_long = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x";
        for bad in [zero_trace, upper, version_ff, too_long, "", "00"] {
            assert!(bad.parse::<TraceContext>().is_err(), "{bad}");
        }
    }
}
