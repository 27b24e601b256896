//! Each keyword, by values that fit and values that do not, and what is no schema.

use guildhall_schema::{Schema, SchemaProblem};
use serde_json::{Value, json};

/// Puts values to a schema, and to the other implementation, which must agree.
#[track_caller]
fn check(schema: &Value, fitting: &[Value], others: &[Value]) {
    let compiled = Schema::compile(schema).expect("the schema is one");
    let other = jsonschema::draft202012::new(schema).expect("the schema is one for others");
    for (values, expected) in [(fitting, true), (others, false)] {
        for value in values {
            assert_eq!(compiled.is_valid(value), expected, "{schema} {value}");
            assert_eq!(
                compiled.validate(value).is_ok(),
                expected,
                "{schema} {value}"
            );
            assert_eq!(
                other.is_valid(value),
                expected,
                "the other: {schema} {value}"
            );
        }
    }
}

#[test]
fn boolean_schemas_take_all_or_nothing() {
    check(&json!(true), &[json!(1), json!(null)], &[]);
    check(&json!({}), &[json!(1), json!([])], &[]);
    check(&json!(false), &[], &[json!(1), json!(null)]);
    check(
        &json!({"properties": {"a": false}}),
        &[json!({})],
        &[json!({"a": 1})],
    );
}

#[test]
fn a_type_is_one_or_any_of_a_list() {
    check(
        &json!({"type": "integer"}),
        &[
            json!(1),
            json!(-1),
            json!(1.0),
            json!(u64::MAX),
            json!(1e300),
        ],
        &[json!(1.5), json!("1"), json!(true), json!(null)],
    );
    check(
        &json!({"type": "number"}),
        &[json!(1), json!(1.5)],
        &[json!("1")],
    );
    check(
        &json!({"type": ["boolean", "null"]}),
        &[json!(true), json!(null)],
        &[json!(0), json!([]), json!({})],
    );
}

#[test]
fn values_are_equal_by_their_meaning() {
    check(
        &json!({"const": {"a": [1, "x"]}}),
        &[json!({"a": [1.0, "x"]})],
        &[json!({"a": ["x", 1]}), json!({"a": [1, "x"], "b": 1})],
    );
    check(
        &json!({"enum": [0, "a", [], null]}),
        &[json!(0.0), json!("a"), json!([]), json!(null)],
        &[json!(false), json!(""), json!([0]), json!({})],
    );
}

#[test]
fn bounds_are_exact_beyond_what_a_float_can_tell() {
    check(
        &json!({"maximum": 9_007_199_254_740_993_u64}),
        &[json!(9_007_199_254_740_993_u64), json!(-1e300)],
        &[
            json!(9_007_199_254_740_994_u64),
            json!(u64::MAX),
            json!(1e300),
        ],
    );
    check(
        &json!({"exclusiveMinimum": i64::MIN, "exclusiveMaximum": u64::MAX}),
        &[json!(i64::MIN + 1), json!(u64::MAX - 1), json!(0.5)],
        &[json!(i64::MIN), json!(u64::MAX)],
    );
    check(
        &json!({"minimum": 0.5}),
        &[json!(1), json!(0.5), json!("x")],
        &[json!(0), json!(0.4)],
    );
}

#[test]
fn a_multiple_is_one_of_the_decimals_as_written() {
    check(
        &json!({"multipleOf": 0.01}),
        &[json!(19.99), json!(4.35), json!(3), json!(0)],
        &[json!(0.005), json!(1.001)],
    );
    check(
        &json!({"multipleOf": 3}),
        &[json!(9), json!(-9), json!("x")],
        &[json!(1)],
    );
}

#[test]
fn a_length_counts_characters() {
    check(
        &json!({"minLength": 2, "maxLength": 3.0}),
        &[json!("\u{1f600}\u{e4}"), json!("abc"), json!(1)],
        &[json!("\u{1f600}"), json!("abcd")],
    );
}

#[test]
fn a_pattern_is_found_anywhere() {
    check(
        &json!({"pattern": "b\\d"}),
        &[json!("ab1c"), json!(1)],
        &[json!("b"), json!("b\u{661}")],
    );
}

#[test]
fn objects_have_what_they_must_and_may() {
    check(
        &json!({
            "properties": {"a": {"type": "integer"}},
            "patternProperties": {"^x": {"type": "string"}, "y$": {"minLength": 2}},
            "additionalProperties": {"type": "null"},
            "required": ["a"]
        }),
        &[
            json!({"a": 1}),
            json!({"a": 1, "xy": "ab", "z": null}),
            json!([]),
        ],
        &[
            json!({}),
            json!({"a": "1"}),
            json!({"a": 1, "x": 1}),
            json!({"a": 1, "xy": "a"}),
            json!({"a": 1, "z": 1}),
        ],
    );
    check(
        &json!({"minProperties": 1, "maxProperties": 2, "propertyNames": {"maxLength": 2}}),
        &[json!({"a": 1}), json!({"a": 1, "bb": 2})],
        &[
            json!({}),
            json!({"a": 1, "b": 1, "c": 1}),
            json!({"abc": 1}),
        ],
    );
    check(
        &json!({"dependentRequired": {"a": ["b"]}, "dependentSchemas": {"c": {"minProperties": 2}}}),
        &[
            json!({"a": 1, "b": 1}),
            json!({"b": 1}),
            json!({"c": 1, "d": 1}),
        ],
        &[json!({"a": 1}), json!({"c": 1})],
    );
}

#[test]
fn arrays_have_what_they_must_and_may() {
    check(
        &json!({"prefixItems": [{"type": "string"}], "items": {"type": "integer"}}),
        &[json!([]), json!(["a"]), json!(["a", 1, 2]), json!({})],
        &[json!([1]), json!(["a", "b"])],
    );
    check(
        &json!({"contains": {"type": "integer"}, "minContains": 2, "maxContains": 3, "maxItems": 5}),
        &[json!([1, 2]), json!([1, "a", 2, 3, "b"])],
        &[
            json!([1]),
            json!([]),
            json!([1, 2, 3, 4]),
            json!([1, 2, null, null, null, null]),
        ],
    );
    check(
        &json!({"contains": false, "minContains": 0}),
        &[json!([]), json!([1])],
        &[],
    );
    check(
        &json!({"uniqueItems": true, "minItems": 1}),
        &[json!([1, true, "1", [1], {"a": 1}])],
        &[
            json!([]),
            json!([1, 2, 1.0]),
            json!([{"a": 1, "b": 2}, {"b": 2, "a": 1}]),
        ],
    );
    check(&json!({"uniqueItems": false}), &[json!([1, 1])], &[]);
}

#[test]
fn schemas_are_combined() {
    check(
        &json!({"allOf": [{"minimum": 1}, {"maximum": 3}], "not": {"const": 2}}),
        &[json!(1), json!(3), json!("x")],
        &[json!(0), json!(2), json!(4)],
    );
    check(
        &json!({"anyOf": [{"type": "string"}, {"minimum": 5}]}),
        &[json!("a"), json!(5)],
        &[json!(4)],
    );
    check(
        &json!({"oneOf": [{"multipleOf": 2}, {"multipleOf": 3}]}),
        &[json!(2), json!(3)],
        &[json!(1), json!(6)],
    );
    check(
        &json!({"if": {"type": "string"}, "then": {"minLength": 2}, "else": {"minimum": 2}}),
        &[json!("ab"), json!(2)],
        &[json!("a"), json!(1)],
    );
    check(
        &json!({"then": {"type": "string"}, "else": false}),
        &[json!(1)],
        &[],
    );
}

#[test]
fn references_lead_anywhere_in_the_document() {
    check(
        &json!({
            "$defs": {"a/b%": {"type": "integer"}},
            "properties": {"x": {"$ref": "#/$defs/a~1b%25", "minimum": 3}, "y": {"$ref": "#/properties/x"}}
        }),
        &[json!({"x": 3, "y": 4})],
        &[json!({"x": 2}), json!({"y": "a"})],
    );
    // A tree: the reference consumes a level each time.
    check(
        &json!({"type": "object", "properties": {"next": {"$ref": "#"}}, "additionalProperties": false}),
        &[json!({}), json!({"next": {"next": {}}})],
        &[json!({"next": 1}), json!({"next": {"other": 1}})],
    );
}

#[test]
fn annotations_and_unknown_keywords_assert_nothing() {
    check(
        &json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://example.org/a",
            "title": "t", "description": "d", "default": "x", "examples": [1], "format": "uuid",
            "deprecated": true, "readOnly": true, "$comment": "c", "contentSchema": false, "own": {"type": 1}
        }),
        &[json!("no uuid"), json!(1)],
        &[],
    );
}

#[track_caller]
fn refused(schema: &Value, place: &str, words: &str) {
    let error = Schema::compile(schema).expect_err("the schema is refused");
    assert_eq!(error.place(), place, "{error}");
    assert!(error.to_string().contains(words), "{error}");
}

#[test]
fn what_would_assert_something_else_is_refused_with_what_to_do() {
    for (keyword, value, words) in [
        ("$dynamicRef", json!("#a"), "use $ref"),
        ("$recursiveRef", json!("#"), "use $ref"),
        ("$vocabulary", json!({}), "take it out"),
        (
            "unevaluatedProperties",
            json!(false),
            "use additionalProperties",
        ),
        ("unevaluatedItems", json!(false), "use items"),
        ("dependencies", json!({}), "use dependentRequired"),
        ("additionalItems", json!(false), "use prefixItems"),
        (
            "$id",
            json!("https://example.org/b"),
            "only the whole schema",
        ),
        ("items", json!([{}]), "use prefixItems"),
    ] {
        let schema = json!({"properties": {"a": {keyword: value}}});
        refused(&schema, &format!("/properties/a/{keyword}"), words);
    }
    refused(
        &json!({"$schema": "http://json-schema.org/draft-04/schema#"}),
        "/$schema",
        "2020-12",
    );
    let older = json!({"$schema": "http://json-schema.org/draft-07/schema#", "$ref": "#/definitions/a", "definitions": {"a": {}}});
    assert!(Schema::compile(&older).is_ok());
    let mut beside = older;
    beside["minimum"] = json!(1);
    refused(&beside, "/$ref", "allOf");
}

#[test]
fn a_reference_that_cannot_be_followed_is_refused() {
    for (reference, words) in [
        (
            json!("https://example.invalid/schema"),
            "nothing is fetched",
        ),
        (json!("other.json#/a"), "nothing is fetched"),
        (json!("#name"), "anchor"),
        (json!("#/$defs/none"), "does not have"),
        (json!("#/%f"), "decoded"),
        (json!(1), "expected a reference"),
    ] {
        refused(&json!({"$ref": reference}), "/$ref", words);
    }
}

#[test]
fn a_schema_that_applies_itself_without_end_is_refused() {
    for schema in [
        json!({"$ref": "#"}),
        json!({"allOf": [{"anyOf": [{"not": {"$ref": "#"}}]}]}),
        json!({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"if": true, "then": {"$ref": "#/$defs/a"}}}}),
        json!({"dependentSchemas": {"a": {"$ref": "#"}}}),
    ] {
        let error = Schema::compile(&schema).expect_err("the schema is refused");
        assert_eq!(error.problem(), &SchemaProblem::Endless, "{schema}");
    }
}

#[test]
fn what_is_no_schema_is_refused_at_its_place() {
    for (schema, place) in [
        (json!(1), ""),
        (json!({"type": "text"}), "/type"),
        (json!({"type": []}), "/type"),
        (json!({"type": ["string", 1]}), "/type"),
        (json!({"enum": 1}), "/enum"),
        (json!({"minimum": "1"}), "/minimum"),
        (json!({"exclusiveMaximum": true}), "/exclusiveMaximum"),
        (json!({"multipleOf": 0}), "/multipleOf"),
        (json!({"minLength": -1}), "/minLength"),
        (json!({"maxItems": 1.5}), "/maxItems"),
        (json!({"maxContains": "1"}), "/maxContains"),
        (json!({"uniqueItems": 1}), "/uniqueItems"),
        (json!({"pattern": "("}), "/pattern"),
        (json!({"pattern": "(?=a)"}), "/pattern"),
        (
            json!({"patternProperties": {"[": {}}}),
            "/patternProperties",
        ),
        (json!({"required": "a"}), "/required"),
        (json!({"required": ["a", "a"]}), "/required"),
        (
            json!({"dependentRequired": {"a": [1]}}),
            "/dependentRequired",
        ),
        (json!({"properties": []}), "/properties"),
        (json!({"properties": {"a": 1}}), "/properties/a"),
        (json!({"allOf": []}), "/allOf"),
        (json!({"anyOf": {}}), "/anyOf"),
        (json!({"oneOf": [1]}), "/oneOf/0"),
        (json!({"not": null}), "/not"),
        (json!({"then": 1}), "/then"),
        (
            json!({"$defs": {"never used": {"type": 1}}}),
            "/$defs/never used/type",
        ),
        (json!({"items": "x"}), "/items"),
    ] {
        let error = Schema::compile(&schema).expect_err("the schema is refused");
        assert_eq!(error.place(), place, "{schema}: {error}");
        assert!(
            jsonschema::draft202012::new(&schema).is_err() || place == "/pattern",
            "{schema}"
        );
    }
}
