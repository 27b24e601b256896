//! Checks inputs and outputs against the JSON Schemas in the manifests.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use guildhall_core::{AgentError, ErrorCode};
use guildhall_schema::{Schema, SchemaError, Violation};
use serde_json::Value;
use serde_json::value::RawValue;

/// The side of a call that a schema describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Side {
    Input,
    Output,
}

/// Compiled schemas, each compiled when it is first needed.
#[derive(Default)]
pub(crate) struct Validators {
    compiled: Mutex<HashMap<(String, Side), Arc<Schema>>>,
}

impl Validators {
    /// Checks `json` against `schema`; `key` names the schema among all.
    pub(crate) fn check(
        &self,
        key: &str,
        side: Side,
        schema: &Value,
        json: &RawValue,
    ) -> Result<(), AgentError> {
        // A schema that takes anything needs no look at the value.
        if *schema == Value::Bool(true) || schema.as_object().is_some_and(|map| map.is_empty()) {
            return Ok(());
        }
        let schema = self.compiled(key, side, schema)?;
        let value: Value = serde_json::from_str(json.get())
            .map_err(|error| AgentError::new(code(side), format!("{}: {error}", subject(side))))?;
        schema
            .validate(&value)
            .map_err(|violations| mismatch(side, violations))
    }

    fn compiled(&self, key: &str, side: Side, schema: &Value) -> Result<Arc<Schema>, AgentError> {
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = compiled.get(&(key.to_owned(), side)) {
            return Ok(Arc::clone(known));
        }
        let schema = Schema::compile(schema).map_err(|error| broken(key, &error))?;
        let schema = Arc::new(schema);
        compiled.insert((key.to_owned(), side), Arc::clone(&schema));
        Ok(schema)
    }
}

fn broken(key: &str, error: &SchemaError) -> AgentError {
    let message = format!("the schema of {key} cannot be used: {error}");
    AgentError::new(ErrorCode::Unavailable, message)
}

fn code(side: Side) -> ErrorCode {
    match side {
        Side::Input => ErrorCode::InvalidInput,
        Side::Output => ErrorCode::InvalidOutput,
    }
}

fn subject(side: Side) -> &'static str {
    match side {
        Side::Input => "the input does not fit the capability's schema",
        Side::Output => "the agent's output does not fit its own schema",
    }
}

/// An error with a label for each place that does not fit, the first few of them.
fn mismatch(side: Side, violations: Vec<Violation>) -> AgentError {
    const SHOWN: usize = 5;
    let mut error = AgentError::new(code(side), String::new());
    for violation in violations.into_iter().take(SHOWN) {
        let at = violation.instance_path;
        let at = if at.is_empty() { "/".to_owned() } else { at };
        error = error.with_label(at, violation.message);
    }
    let first = error
        .labels
        .first()
        .map(|label| format!(": {} at {}", label.text, label.at));
    error.message = format!("{}{}", subject(side), first.unwrap_or_default());
    error
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use serde_json::value::to_raw_value;

    use super::*;

    fn check(schema: &Value, value: &Value) -> Result<(), AgentError> {
        let raw = to_raw_value(value).unwrap();
        Validators::default().check("a.b@1", Side::Input, schema, &raw)
    }

    #[test]
    fn what_does_not_fit_is_named_with_its_place() {
        let schema =
            json!({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]});
        assert!(check(&schema, &json!({"n": 1})).is_ok());
        let error = check(&schema, &json!({"n": "x"})).unwrap_err();
        assert!(error.is(ErrorCode::InvalidInput));
        assert_eq!(error.labels[0].at, "/n");
        let error = check(&schema, &json!({})).unwrap_err();
        assert!(
            error.message.contains("\"n\" is a required property"),
            "{}",
            error.message
        );
    }

    #[test]
    fn a_schema_that_cannot_be_used_is_named_with_its_capability() {
        let schema = json!({"$ref": "https://example.invalid/schema"});
        let error = check(&schema, &json!(1)).unwrap_err();
        assert!(error.is(ErrorCode::Unavailable));
        assert!(error.message.contains("a.b@1"), "{}", error.message);
        assert!(
            error.message.contains("nothing is fetched"),
            "{}",
            error.message
        );
    }
}
