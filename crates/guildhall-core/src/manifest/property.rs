//! What the schema of one property says of its values.

use serde_json::Value;

/// The one alternative of a schema that is not null, else the schema itself: what a value
/// is where there is one.
///
/// ```
/// use guildhall_core::manifest::{kind_of, not_null};
///
/// let limit = serde_json::json!({"anyOf": [{"type": "integer"}, {"type": "null"}]});
/// assert_eq!(kind_of(not_null(&limit)), "integer");
/// ```
pub fn not_null(schema: &Value) -> &Value {
    let alternatives = ["anyOf", "oneOf"]
        .iter()
        .find_map(|key| schema[*key].as_array());
    let Some(alternatives) = alternatives else {
        return schema;
    };
    let mut others = alternatives.iter().filter(|one| one["type"] != "null");
    match (others.next(), others.next()) {
        (Some(one), None) => one,
        _ => schema,
    }
}

/// Name of the type that a schema gives its values, `string` for an enumeration; of a list
/// such as `["string", "null"]` the first that is not null, and nothing where none is given.
pub fn kind_of(schema: &Value) -> &str {
    match &schema["type"] {
        Value::String(kind) => kind,
        Value::Array(kinds) => kinds
            .iter()
            .filter_map(Value::as_str)
            .find(|kind| *kind != "null")
            .unwrap_or_default(),
        _ if schema["enum"].is_array() || schema["const"].is_string() => "string",
        _ => "",
    }
}
