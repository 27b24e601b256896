//! Schemas and values made to use up the stack, the time or the memory.

use std::thread;

use guildhall_schema::Schema;
use serde_json::{Value, json};

/// Runs a test on a stack of half the usual size.
fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().stack_size(1 << 20).spawn(test);
    let ended = thread.expect("a thread starts").join();
    assert!(ended.is_ok(), "the test on the small stack failed");
}

/// A value in so many arrays. Taken apart again by [`dismantle`], since dropping recurses.
fn nested(depth: usize) -> Value {
    (0..depth).fold(json!(1), |inner, _| Value::Array(vec![inner]))
}

fn dismantle(mut value: Value) {
    while let Value::Array(mut items) = value {
        value = items.pop().unwrap_or_default();
    }
}

/// `a0` is tried twice by its user, and each tries the next twice, and so on.
fn doubling(levels: usize, last: &Value) -> Value {
    let mut definitions = serde_json::Map::new();
    for level in 0..levels {
        let next = format!("#/$defs/a{}", level + 1);
        definitions.insert(
            format!("a{level}"),
            json!({"anyOf": [{"$ref": next}, {"$ref": next}]}),
        );
    }
    definitions.insert(format!("a{levels}"), last.clone());
    json!({"$defs": definitions, "$ref": "#/$defs/a0"})
}

/// A chain of references that ends in `null`.
fn chain(links: usize) -> Value {
    let mut definitions = serde_json::Map::new();
    for at in 0..links {
        let next = format!("#/$defs/a{}", at + 1);
        definitions.insert(format!("a{at}"), json!({"$ref": next}));
    }
    definitions.insert(format!("a{links}"), json!({"type": "null"}));
    json!({"$defs": definitions, "$ref": "#/$defs/a0"})
}

fn message(schema: &Value, value: &Value) -> String {
    let schema = Schema::compile(schema).expect("the schema is one");
    let violations = schema.validate(value).expect_err("the value does not fit");
    violations[0].message.clone()
}

#[test]
fn alternatives_that_double_at_every_level_are_tried_once_each() {
    // By trying all of them this would take 2 ^ 100 steps.
    let schema = Schema::compile(&doubling(100, &json!({"type": "string"}))).unwrap();
    assert!(schema.is_valid(&json!("x")));
    assert!(!schema.is_valid(&json!(1)));
    // Telling why has a limit of its own.
    assert!(!schema.validate(&json!(1)).unwrap_err().is_empty());
}

#[test]
fn a_recursive_type_with_two_variants_takes_no_exponential_time() {
    let branch = |operator: &str| json!({"properties": {"op": {"const": operator}, "left": {"$ref": "#"}}, "required": ["op"]});
    let schema = Schema::compile(&json!({"anyOf": [branch("a"), branch("b")]})).unwrap();
    let tree = |last: &str| {
        (0..60).fold(
            json!({"op": last}),
            |left, _| json!({"op": "b", "left": left}),
        )
    };
    assert!(schema.is_valid(&tree("b")));
    assert!(!schema.is_valid(&tree("c")));
    assert!(schema.validate(&tree("c")).is_err());
}

#[test]
fn names_that_are_tried_twice_at_every_level_end_too() {
    let names = doubling(100, &json!({"maxLength": 1}));
    let schema = json!({"$defs": names["$defs"], "propertyNames": {"$ref": "#/$defs/a0"}});
    let schema = Schema::compile(&schema).unwrap();
    // One name fits after another that does not: no answer is taken for another's.
    assert!(schema.is_valid(&json!({"a": 1, "b": 2})));
    assert!(!schema.is_valid(&json!({"a": 1, "bb": 2, "c": 3})));
}

#[test]
fn work_without_end_is_given_up_and_said_so() {
    // Every item against every alternative: a product that nothing shortens.
    let alternatives: Vec<Value> = (0..3000).map(|n| json!({"minimum": n + 1000})).collect();
    let schema = json!({"items": {"anyOf": alternatives}});
    let value = Value::from(vec![1; 10_000]);
    let message_of_all = message(
        &json!({"contains": schema["items"], "minContains": 10_000}),
        &value,
    );
    assert!(
        message_of_all.contains("too many alternatives"),
        "{message_of_all}"
    );
}

#[test]
fn a_large_value_that_fits_is_not_given_up() {
    let item = json!({"a": 1, "b": "x", "c": [1, 2, 3]});
    let schema = json!({"items": {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "string"}, "c": {"items": {"type": "integer"}}},
        "additionalProperties": false
    }});
    let value = Value::from(vec![item; 100_000]);
    assert!(Schema::compile(&schema).unwrap().is_valid(&value));
}

#[test]
fn a_value_that_nests_too_deeply_leaves_the_stack_whole() {
    on_a_small_stack(|| {
        let schema = json!({"anyOf": [{"type": "integer"}, {"items": {"allOf": [{"$ref": "#"}]}}]});
        let schema = Schema::compile(&schema).unwrap();
        // As deep as JSON can be read.
        assert!(schema.is_valid(&nested(127)));
        let deep = nested(100_000);
        let violations = schema.validate(&deep).unwrap_err();
        assert!(violations[0].message.contains("nests too deeply"));
        // Why something fits nowhere is looked for at the same depth.
        let mut wrong = json!({"a": 1});
        for _ in 0..127 {
            wrong = Value::Array(vec![wrong]);
        }
        assert!(schema.is_valid(&wrong));
        let strict = json!({"anyOf": [{"type": "integer"}, {"type": "array", "items": {"allOf": [{"$ref": "#"}]}}]});
        let violations = Schema::compile(&strict)
            .unwrap()
            .validate(&wrong)
            .unwrap_err();
        assert!(violations[0].message.contains("lies too deep"));
        assert!(violations[0].instance_path.starts_with("/0/0/0"));
        dismantle(deep);
    });
}

#[test]
fn equal_items_that_nest_too_deeply_leave_the_stack_whole() {
    on_a_small_stack(|| {
        let value = Value::Array(vec![nested(100_000), nested(100_000)]);
        let violations = Schema::compile(&json!({"uniqueItems": true}))
            .unwrap()
            .validate(&value);
        assert!(
            violations.unwrap_err()[0]
                .message
                .contains("nests too deeply")
        );
        let Value::Array(items) = value else {
            unreachable!("it was made above")
        };
        items.into_iter().for_each(dismantle);
    });
}

#[test]
fn a_schema_that_nests_deeply_is_read_and_checked_within_the_stack() {
    on_a_small_stack(|| {
        // `json!` would recurse into it.
        let mut constant = serde_json::Map::new();
        constant.insert("const".to_owned(), nested(100_000));
        let mut constant = Value::Object(constant);
        let error = Schema::compile(&constant).unwrap_err();
        assert!(error.to_string().contains("levels"), "{error}");
        dismantle(constant["const"].take());
        // A chain of references is as deep, and no deeper written than any other schema.
        assert!(message(&chain(20_000), &json!(1)).contains("schemas deep"));
        assert!(message(&chain(600), &json!(1)).contains("lies too deep"));
        assert_eq!(message(&chain(150), &json!(1)), "expected null, found 1");
    });
}

#[test]
fn a_schema_too_large_is_refused() {
    let schema = json!({"allOf": vec![true; 100_001]});
    let error = Schema::compile(&schema).unwrap_err();
    assert!(
        error.to_string().contains("more than 100000 schemas"),
        "{error}"
    );
    let patterns: Vec<Value> = (0..40)
        .map(|n| json!({"pattern": format!("^.{{{}}}$", 700 + n)}))
        .collect();
    let error = Schema::compile(&json!({"allOf": patterns})).unwrap_err();
    assert!(
        error.to_string().contains("bytes of compiled patterns"),
        "{error}"
    );
}
