//! What a user reads where a value does not fit.

use guildhall_schema::Schema;
use serde_json::{Value, json};

/// Each violation as it is shown.
#[track_caller]
fn check(schema: &Value, value: &Value, expected: &[&str]) {
    let compiled = Schema::compile(schema).expect("the schema is one");
    let violations = compiled
        .validate(value)
        .expect_err("the value does not fit");
    let shown: Vec<String> = violations.iter().map(ToString::to_string).collect();
    assert_eq!(shown, expected);
}

#[test]
fn a_message_names_what_was_expected_and_what_is_there() {
    for (schema, value, expected) in [
        (
            json!({"type": "integer"}),
            json!("x"),
            "expected an integer, found the string \"x\" at /",
        ),
        (
            json!({"type": ["string", "null", "number"]}),
            json!([1, 2]),
            "expected a string, a number or null, found an array of 2 items at /",
        ),
        (
            json!({"enum": ["a", 1, null]}),
            json!({}),
            "expected one of \"a\", 1 or null, found an object at /",
        ),
        (json!({"const": 2}), json!(1), "expected 2, found 1 at /"),
        (
            json!(false),
            json!(3),
            "nothing is allowed here, found 3 at /",
        ),
        (
            json!({"maximum": 9}),
            json!(9.5),
            "expected at most 9, found 9.5 at /",
        ),
        (
            json!({"exclusiveMinimum": 0}),
            json!(0),
            "expected more than 0, found 0 at /",
        ),
        (
            json!({"multipleOf": 0.5}),
            json!(0.7),
            "expected a multiple of 0.5, found 0.7 at /",
        ),
        (
            json!({"minLength": 3}),
            json!("ab"),
            "expected at least 3 characters, found 2 in the string \"ab\" at /",
        ),
        (
            json!({"pattern": "^[a-z]+$"}),
            json!("A"),
            "expected a string that matches ^[a-z]+$, found the string \"A\" at /",
        ),
        (
            json!({"maxItems": 1}),
            json!([1, 2]),
            "expected at most 1 item, found 2 at /",
        ),
        (
            json!({"uniqueItems": true}),
            json!([1, 2, 1.0]),
            "expected different items, found equal ones at 0 and 2 at /",
        ),
        (
            json!({"contains": {"type": "string"}, "minContains": 2}),
            json!(["a", 1]),
            "expected at least 2 items that \"contains\" describes, found 1 at /",
        ),
        (
            json!({"required": ["n"]}),
            json!({}),
            "\"n\" is a required property and is missing at /",
        ),
        (
            json!({"dependentRequired": {"a": ["b"]}}),
            json!({"a": 1}),
            "the property \"b\" is required where \"a\" is, and is missing at /",
        ),
        (
            json!({"properties": {"a": true, "b": true}, "additionalProperties": false}),
            json!({"a": 1, "c": 1}),
            "unexpected property \"c\"; expected are \"a\" and \"b\" at /",
        ),
        (
            json!({"propertyNames": {"maxLength": 1}}),
            json!({"ab": 1}),
            "the property name \"ab\" does not fit: expected at most 1 character, found 2 in the string \"ab\" at /",
        ),
        (
            json!({"not": {"type": "null"}}),
            json!(null),
            "found null, which the schema excludes at /",
        ),
        (
            json!({"items": {"properties": {"a/b": {"type": "null"}}}}),
            json!([{}, {"a/b": 1}]),
            "expected null, found 1 at /1/a~1b",
        ),
    ] {
        check(&schema, &value, &[expected]);
    }
}

#[test]
fn every_place_is_told_up_to_sixteen_of_them() {
    let schema = json!({"properties": {"a": {"type": "null"}}, "required": ["b"]});
    check(
        &schema,
        &json!({"a": 1}),
        &[
            "\"b\" is a required property and is missing at /",
            "expected null, found 1 at /a",
        ],
    );
    let schema = Schema::compile(&json!({"items": false})).unwrap();
    let many = Value::from(vec![1; 100]);
    assert_eq!(schema.validate(&many).unwrap_err().len(), 16);
}

#[test]
fn a_violation_names_the_keyword_where_it_stands() {
    let schema = json!({
        "$defs": {"name": {"minLength": 1}},
        "properties": {"a": {"$ref": "#/$defs/name"}}
    });
    let violations = Schema::compile(&schema)
        .unwrap()
        .validate(&json!({"a": ""}));
    assert_eq!(
        violations.unwrap_err()[0].schema_path,
        "/$defs/name/minLength"
    );
}

#[test]
fn a_long_value_is_cut_and_a_long_list_is_counted() {
    let long = "\u{e4}".repeat(100);
    let values: Vec<String> = (0..20).map(|n| format!("v{n}")).collect();
    let violations = Schema::compile(&json!({"enum": values}))
        .unwrap()
        .validate(&json!(long));
    let message = violations.unwrap_err().remove(0).message;
    assert!(message.contains("\"v11\" or 8 more, found"), "{message}");
    assert!(message.chars().count() < 240, "{message}");
}

/// An enum of Rust as the derive describes it, tagged inside.
fn tagged() -> Value {
    json!({"oneOf": [
        {"type": "object", "properties": {"kind": {"type": "string", "const": "unit"}}, "required": ["kind"]},
        {"type": "object", "properties": {"kind": {"type": "string", "const": "named"}, "level": {"type": "string", "enum": ["low", "high"]}}, "required": ["kind", "level"]},
        {"type": "object", "properties": {"kind": {"type": "string", "const": "more"}, "a": {"type": "integer"}}, "required": ["kind", "a"]},
    ]})
}

#[test]
fn of_tagged_alternatives_the_one_with_the_tag_is_told() {
    check(
        &tagged(),
        &json!({"kind": "named", "level": "none"}),
        &[
            "expected one of \"low\" or \"high\", found the string \"none\" (by the nearest of 3 alternatives) at /level",
        ],
    );
    check(
        &tagged(),
        &json!({"kind": "more"}),
        &["\"a\" is a required property and is missing (by the nearest of 3 alternatives) at /"],
    );
}

#[test]
fn a_tag_that_none_has_is_told_with_all_that_there_are() {
    check(
        &tagged(),
        &json!({"kind": "other"}),
        &["expected one of \"unit\", \"named\" or \"more\", found the string \"other\" at /kind"],
    );
    check(
        &tagged(),
        &json!("unit"),
        &["expected an object, found the string \"unit\" at /"],
    );
}

#[test]
fn of_alternatives_by_type_the_types_are_told() {
    let optional = json!({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "null"}]});
    check(
        &optional,
        &json!("x"),
        &["expected an integer or null, found the string \"x\" at /"],
    );
    // There is only one alternative for a number, so it goes without saying.
    check(
        &optional,
        &json!(-1),
        &["expected at least 0, found -1 at /"],
    );
}

#[test]
fn of_alternatives_by_name_the_names_are_told() {
    let closed = |name: &str, schema: Value| json!({"type": "object", "properties": {name: schema}, "required": [name], "additionalProperties": false});
    let schema = json!({"oneOf": [
        {"type": "string", "const": "Unit"},
        closed("Newtype", json!({"type": "integer"})),
        closed("Pair", json!({"type": "array"})),
    ]});
    check(
        &schema,
        &json!({"Newtype": "x"}),
        &[
            "expected an integer, found the string \"x\" (by the nearest of 3 alternatives) at /Newtype",
        ],
    );
    check(
        &schema,
        &json!({"Other": 1}),
        &["one of \"Newtype\" or \"Pair\" is a required property, and none is there at /"],
    );
    check(
        &schema,
        &json!("Other"),
        &["expected \"Unit\", found the string \"Other\" at /"],
    );
}

#[test]
fn of_one_alternative_too_many_the_places_are_told() {
    let schema = json!({"oneOf": [{"type": "integer"}, {"type": "string"}, {"minimum": 0}]});
    check(
        &schema,
        &json!(1),
        &["expected exactly one of 3 alternatives to fit, found that those at 0 and 2 do at /"],
    );
}
