//! Checks inputs and outputs against the JSON Schemas in the manifests.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use guildhall_core::{AgentError, ErrorCode};
use jsonschema::Validator;
use serde_json::Value;
use serde_json::value::RawValue;

/// Compiles a schema. Nothing is fetched: a reference to another document is an
/// error.
pub(crate) fn compile(schema: &Value) -> Result<Validator, String> {
    jsonschema::draft202012::new(schema).map_err(|error| error.to_string())
}

/// The side of a call that a schema describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Side {
    Input,
    Output,
}

/// Compiled schemas, each compiled when it is first needed.
#[derive(Default)]
pub(crate) struct Validators {
    compiled: Mutex<HashMap<(String, Side), Arc<Validator>>>,
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
        let validator = self.validator(key, side, schema)?;
        let value: Value = serde_json::from_str(json.get())
            .map_err(|error| AgentError::new(code(side), format!("{}: {error}", subject(side))))?;
        if validator.is_valid(&value) {
            return Ok(());
        }
        Err(mismatch(&validator, side, &value))
    }

    fn validator(
        &self,
        key: &str,
        side: Side,
        schema: &Value,
    ) -> Result<Arc<Validator>, AgentError> {
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(validator) = compiled.get(&(key.to_owned(), side)) {
            return Ok(Arc::clone(validator));
        }
        let validator = compile(schema).map_err(|reason| {
            AgentError::new(
                ErrorCode::Unavailable,
                format!("the schema of {key} is broken: {reason}"),
            )
        })?;
        let validator = Arc::new(validator);
        compiled.insert((key.to_owned(), side), Arc::clone(&validator));
        Ok(validator)
    }
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
fn mismatch(validator: &Validator, side: Side, value: &Value) -> AgentError {
    const SHOWN: usize = 5;
    let mut error = AgentError::new(code(side), String::new());
    for problem in validator.iter_errors(value).take(SHOWN) {
        let at = problem.instance_path().to_string();
        let at = if at.is_empty() { "/".to_owned() } else { at };
        error = error.with_label(at, problem.to_string());
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
    fn a_reference_to_the_outside_is_not_fetched() {
        let error = compile(&json!({"$ref": "https://example.invalid/schema"})).unwrap_err();
        assert!(!error.is_empty());
    }
}
