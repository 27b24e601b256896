//! Schemas and values made at random, put to another implementation as well: both must
//! agree on what fits, and what does not fit must be told.

use guildhall_schema::Schema;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(800))]

    #[test]
    fn both_implementations_agree(schema in document(), values in vec(value(), 1..12)) {
        // Both refuse, or take, the same schemas.
        let ours = Schema::compile(&schema);
        let ours = ours.map_err(|error| TestCaseError::fail(format!("{error}: {schema}")))?;
        let theirs = jsonschema::draft202012::new(&schema);
        let theirs = theirs.map_err(|error| TestCaseError::fail(format!("{error}: {schema}")))?;
        for value in values {
            let fits = ours.is_valid(&value);
            prop_assert_eq!(fits, theirs.is_valid(&value), "{} {}", schema, value);
            let told = ours.validate(&value);
            prop_assert_eq!(fits, told.is_ok());
            for violation in told.err().unwrap_or_default() {
                prop_assert!(!violation.message.contains("does not fit the schema"), "{violation}: {schema} {value}");
                prop_assert!(value.pointer(&violation.instance_path).is_some(), "{violation}");
                prop_assert!(schema.pointer(&violation.schema_path).is_some(), "{violation:?} {schema}");
            }
        }
    }

    /// Whatever a third party writes, there is an answer, not a panic.
    #[test]
    fn any_value_is_a_schema_or_refused(schema in anything(), value in value()) {
        if let Ok(schema) = Schema::compile(&schema) {
            prop_assert_eq!(schema.is_valid(&value), schema.validate(&value).is_ok());
        }
    }

    #[test]
    fn any_text_is_a_pattern_or_refused(pattern in "[\\\\\\[\\](){}?*+.^$|\\-&~:<=!bBdDwWsScukxp0-9aAF,]{0,12}", text in ".{0,6}") {
        if let Ok(schema) = Schema::compile(&json!({"pattern": pattern})) {
            let text = json!(text);
            prop_assert_eq!(schema.is_valid(&text), schema.validate(&text).is_ok());
        }
    }
}

/// Without this, schemas that all take nothing would pass the test above.
#[test]
fn what_is_made_fits_sometimes_and_sometimes_not() {
    let mut runner = TestRunner::deterministic();
    let mut fitting = [0, 0];
    for _ in 0..300 {
        let schema = document().new_tree(&mut runner).unwrap().current();
        let value = value().new_tree(&mut runner).unwrap().current();
        let schema = Schema::compile(&schema).unwrap();
        fitting[usize::from(schema.is_valid(&value))] += 1;
    }
    assert!(fitting.iter().all(|count| *count > 60), "{fitting:?}");
}

/// A schema with definitions `a`, `b` and `c`. Each refers only to later ones for the
/// same value, so no reference is without end.
fn document() -> impl Strategy<Value = Value> {
    (schema("abc"), schema("bc"), schema("c"), schema("")).prop_map(|(root, a, b, c)| {
        let mut document = match root {
            Value::Object(members) => members,
            other => Map::from_iter([("allOf".to_owned(), json!([other]))]),
        };
        document.insert("$defs".to_owned(), json!({"a": a, "b": b, "c": c}));
        Value::Object(document)
    })
}

fn schema(references: &'static str) -> BoxedStrategy<Value> {
    let leaf = prop_oneof![1 => any::<bool>().prop_map(Value::from), 6 => object(simple().boxed())];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let keyword = prop_oneof![3 => simple(), 4 => nested(inner), 1 => reference(references)];
        object(keyword.boxed())
    })
    .boxed()
}

fn object(keyword: BoxedStrategy<(String, Value)>) -> impl Strategy<Value = Value> {
    vec(keyword, 1..4).prop_map(|members| Value::Object(Map::from_iter(members)))
}

/// Keywords without schemas in them.
fn simple() -> impl Strategy<Value = (String, Value)> {
    let types = [
        "string", "integer", "number", "boolean", "array", "object", "null",
    ];
    let kind = select(&types);
    let count = 0_u8..4;
    let names = prop::sample::subsequence(vec!["a", "b", "ab"], 0..3);
    let patterns = [
        "a", "^b", "b$", "^[a-b]+$", "^\\w?$", "\\d", "^.{2}$", "[^a]",
    ];
    prop_oneof![
        3 => kind.clone().prop_map(|name| ("type".to_owned(), json!(name))),
        1 => vec(kind, 1..2).prop_map(|names| ("type".to_owned(), json!(names))),
        1 => vec(value(), 1..4).prop_map(|values| ("enum".to_owned(), distinct(values))),
        1 => value().prop_map(|value| ("const".to_owned(), value)),
        2 => (select(&["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]), number())
            .prop_map(|(name, number)| (name, number)),
        1 => prop::sample::select(vec![json!(1), json!(2), json!(3), json!(0.5)])
            .prop_map(|number| ("multipleOf".to_owned(), number)),
        3 => (select(&["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"]), count)
            .prop_map(|(name, count)| (name, json!(count))),
        1 => select(&patterns).prop_map(|text| ("pattern".to_owned(), json!(text))),
        1 => names.clone().prop_map(|names| ("required".to_owned(), json!(names))),
        1 => names.prop_map(|names| ("dependentRequired".to_owned(), json!({"a": names}))),
        1 => any::<bool>().prop_map(|unique| ("uniqueItems".to_owned(), json!(unique))),
        1 => (select(&["minContains", "maxContains"]), 0_u8..3).prop_map(|(name, count)| (name, json!(count))),
        1 => select(&["title", "$comment", "description", "format"]).prop_map(|name| (name, json!("uuid"))),
    ]
}

/// Keywords with schemas in them.
fn nested(inner: BoxedStrategy<Value>) -> impl Strategy<Value = (String, Value)> {
    let one = select(&[
        "additionalProperties",
        "propertyNames",
        "items",
        "contains",
        "not",
        "if",
        "then",
        "else",
    ]);
    let many = select(&["allOf", "anyOf", "oneOf", "prefixItems"]);
    let named = select(&["properties", "patternProperties", "dependentSchemas"]);
    prop_oneof![
        3 => (one, inner.clone()).prop_map(|(name, schema)| (name, schema)),
        3 => (many, vec(inner.clone(), 1..4)).prop_map(|(name, schemas)| (name, json!(schemas))),
        3 => (named, btree_map(name(), inner, 0..3)).prop_map(|(name, schemas)| (name, json!(schemas))),
    ]
}

/// References: for the same value forwards, for a value inside anywhere.
fn reference(forwards: &'static str) -> BoxedStrategy<(String, Value)> {
    let inside = prop::sample::select(vec!["#", "#/$defs/a", "#/$defs/b"])
        .prop_map(|place| ("items".to_owned(), json!({"$ref": place})));
    if forwards.is_empty() {
        return inside.boxed();
    }
    let names: Vec<char> = forwards.chars().collect();
    let same = prop::sample::select(names)
        .prop_map(|name| ("$ref".to_owned(), json!(format!("#/$defs/{name}"))));
    prop_oneof![inside, same].boxed()
}

fn value() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        3 => number(),
        3 => "[ab1\u{e4}]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(name(), inner, 0..4).prop_map(|members| json!(members)),
        ]
    })
    .boxed()
}

/// Any value whose objects have the names of keywords.
fn anything() -> BoxedStrategy<Value> {
    let keywords = [
        "type",
        "enum",
        "const",
        "properties",
        "patternProperties",
        "additionalProperties",
        "required",
        "items",
        "prefixItems",
        "contains",
        "minContains",
        "allOf",
        "not",
        "if",
        "then",
        "$ref",
        "$defs",
        "minLength",
        "multipleOf",
        "pattern",
        "propertyNames",
        "$schema",
        "$id",
        "dependentSchemas",
    ];
    let leaf = prop_oneof![
        value(),
        Just(json!("string")),
        Just(json!("#")),
        Just(json!("#/$defs/a")),
        Just(json!("#/properties/a"))
    ];
    leaf.prop_recursive(5, 40, 4, move |inner| {
        let key = prop_oneof![3 => select(&keywords), 1 => name()];
        prop_oneof![
            1 => vec(inner.clone(), 0..3).prop_map(Value::from),
            4 => btree_map(key, inner, 0..4).prop_map(|members| json!(members)),
        ]
    })
    .boxed()
}

fn number() -> impl Strategy<Value = Value> {
    let edges = [
        json!(u64::MAX),
        json!(u64::MAX - 1),
        json!(i64::MIN),
        json!(9_007_199_254_740_993_u64),
        json!(9_007_199_254_740_992_u64),
        // A multiple of 3 as it is written, which is ours, and as a double, which is theirs.
        json!(3e300),
        json!(-0.5),
        json!(1.0),
        json!(2.5),
    ];
    prop_oneof![3 => (-3_i8..6).prop_map(Value::from), 1 => prop::sample::select(edges.to_vec())]
}

fn name() -> impl Strategy<Value = String> {
    select(&["a", "b", "ab", "", "a/b~"])
}

fn select<const N: usize>(
    names: &[&'static str; N],
) -> impl Strategy<Value = String> + Clone + use<N> {
    prop::sample::select(names.to_vec()).prop_map(str::to_owned)
}

/// The other implementation's schema of schemas wants different values in a list.
fn distinct(values: Vec<Value>) -> Value {
    let mut distinct: Vec<Value> = Vec::new();
    for value in values {
        if !distinct.contains(&value) {
            distinct.push(value);
        }
    }
    Value::from(distinct)
}
