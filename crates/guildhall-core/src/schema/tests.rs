//! The shapes of the standard types, and what the derive writes.

use serde_json::json;

use super::*;

#[test]
fn containers_compose() {
    assert_eq!(
        to_value::<Vec<Option<bool>>>(),
        json!({"type": "array", "items": {"anyOf": [{"type": "boolean"}, {"type": "null"}]}})
    );
    assert_eq!(
        to_value::<std::collections::BTreeMap<String, (u8, String)>>(),
        json!({"type": "object", "additionalProperties": {
            "type": "array", "minItems": 2, "maxItems": 2,
            "prefixItems": [
                {"type": "integer", "format": "uint8", "minimum": 0, "maximum": 255},
                {"type": "string"},
            ],
        }})
    );
}
