//! The compile-time schemas accept what serde reads and what schemars describes.
//!
//! Each value is put to all three: serde's `Deserialize`, the schema of our derive,
//! and the schema that schemars builds at run time for the same type.

#![expect(clippy::unwrap_used, reason = "a test fails where its preparations do")]

use std::collections::BTreeMap;

use guildhall_schema::Schema as Compiled;
use guildhall_sdk::Schema;
use guildhall_sdk::core::schema::{Schema as HasSchema, to_value};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Puts each value to serde, to our schema and to schemars's, which must agree.
fn check<T: HasSchema + schemars::JsonSchema + DeserializeOwned>(values: &[Value]) {
    let ours = Compiled::compile(&to_value::<T>()).unwrap();
    let theirs = schemars::schema_for!(T).to_value();
    let theirs = Compiled::compile(&theirs).unwrap();
    let mut accepted = 0;
    for value in values {
        let read = serde_json::from_value::<T>(value.clone());
        assert_eq!(
            ours.is_valid(value),
            read.is_ok(),
            "serde differs on {value}: {:?}",
            read.err()
        );
        assert_eq!(
            ours.is_valid(value),
            theirs.is_valid(value),
            "schemars differs on {value}"
        );
        accepted += usize::from(read.is_ok());
    }
    assert!(
        accepted > 0 && accepted < values.len(),
        "the values must try both ways"
    );
}

#[derive(Deserialize, Schema, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "only the form counts")]
struct Plain {
    /// A name.
    full_name: String,
    #[serde(default)]
    times: u8,
    note: Option<String>,
    #[serde(rename = "kind")]
    r#type: Vec<(bool, f64)>,
    labels: BTreeMap<String, i16>,
    #[serde(skip)]
    cache: u64,
}

#[test]
fn structs_agree() {
    let whole = json!({"fullName": "a", "times": 3, "note": null, "kind": [[true, 1.5]], "labels": {"x": -3}});
    let without = |name: &str| {
        let mut value = whole.clone();
        value.as_object_mut().unwrap().remove(name);
        value
    };
    let with = |name: &str, new: Value| {
        let mut value = whole.clone();
        value[name] = new;
        value
    };
    check::<Plain>(&[
        whole.clone(),
        without("fullName"),
        without("times"),
        without("note"),
        without("kind"),
        with("times", json!(256)),
        with("times", json!(-1)),
        with("kind", json!([[true]])),
        with("kind", json!([[true, 1, 2]])),
        with("labels", json!({"x": "y"})),
        with("novel", json!(1)),
        json!([]),
    ]);
}

#[derive(Deserialize, Schema, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only the form counts")]
struct Closed {
    a: u32,
}

#[test]
fn closed_structs_agree() {
    check::<Closed>(&[json!({"a": 1}), json!({"a": 1, "b": 2}), json!({})]);
}

#[derive(Deserialize, Schema, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Names {
    InProgress,
    #[serde(rename = "gone")]
    Done,
}

#[test]
fn enums_without_data_agree() {
    check::<Names>(&[
        json!("in-progress"),
        json!("gone"),
        json!("done"),
        json!("InProgress"),
        json!(1),
    ]);
    let _ = (Names::InProgress, Names::Done);
}

#[derive(Deserialize, Schema, schemars::JsonSchema)]
#[expect(dead_code, reason = "only the form counts")]
enum External {
    Unit,
    Newtype(u8),
    Pair(u8, bool),
    Named { a: String },
}

#[test]
fn externally_tagged_enums_agree() {
    check::<External>(&[
        json!("Unit"),
        json!({"Newtype": 1}),
        json!({"Newtype": "x"}),
        json!({"Pair": [1, true]}),
        json!({"Pair": [1]}),
        json!({"Named": {"a": "x"}}),
        json!({"Named": {}}),
        json!("Newtype"),
        json!({"Other": 1}),
    ]);
}

#[derive(Deserialize, Schema, schemars::JsonSchema)]
#[serde(
    tag = "kind",
    rename_all = "lowercase",
    rename_all_fields = "camelCase"
)]
#[expect(dead_code, reason = "only the form counts")]
enum Internal {
    Unit,
    Named { some_name: String },
    Wrapped(Closedless),
}

#[derive(Deserialize, Schema, schemars::JsonSchema)]
#[expect(dead_code, reason = "only the form counts")]
struct Closedless {
    a: u32,
}

#[test]
fn internally_tagged_enums_agree() {
    check::<Internal>(&[
        json!({"kind": "unit"}),
        json!({"kind": "named", "someName": "x"}),
        json!({"kind": "named", "some_name": "x"}),
        json!({"kind": "wrapped", "a": 1}),
        json!({"kind": "wrapped"}),
        json!({"kind": "other"}),
        json!({}),
    ]);
}

#[derive(Deserialize, Schema, schemars::JsonSchema)]
#[serde(tag = "t", content = "c")]
#[expect(dead_code, reason = "only the form counts")]
enum Adjacent {
    Unit,
    Newtype(u8),
    Named { a: String },
}

#[test]
fn adjacently_tagged_enums_agree() {
    check::<Adjacent>(&[
        json!({"t": "Unit"}),
        json!({"t": "Newtype", "c": 1}),
        json!({"t": "Newtype"}),
        json!({"t": "Named", "c": {"a": "x"}}),
        json!({"t": "Named", "c": {}}),
        json!({"c": 1}),
    ]);
}

#[derive(Deserialize, Schema, schemars::JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only the form counts")]
enum Untagged {
    Number(i64),
    Named { a: String },
}

#[test]
fn untagged_enums_agree() {
    check::<Untagged>(&[json!(1), json!({"a": "x"}), json!("x"), json!({"a": 1})]);
}

#[derive(Deserialize, Schema, schemars::JsonSchema)]
#[expect(dead_code, reason = "only the form counts")]
struct Outer<T> {
    own: bool,
    #[serde(flatten)]
    inner: T,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[test]
fn flattened_and_generic_structs_agree() {
    check::<Outer<Closedless>>(&[
        json!({"own": true, "a": 1}),
        json!({"own": true, "a": 1, "more": [1]}),
        json!({"own": true}),
        json!({"a": 1}),
    ]);
}

#[derive(Deserialize, Schema)]
#[expect(dead_code, reason = "only the form counts")]
struct Bounded {
    #[schema(minimum = 1, maximum = 9)]
    level: u32,
    #[schema(minimum = -5)]
    offset: Option<i32>,
}

#[test]
fn bounds_stand_in_the_schema() {
    let schema = Compiled::compile(&to_value::<Bounded>()).unwrap();
    assert!(schema.is_valid(&json!({"level": 9})));
    for bad in [
        json!({"level": 0}),
        json!({"level": 10}),
        json!({"level": 1, "offset": -6}),
    ] {
        assert!(!schema.is_valid(&bad), "{bad}");
    }
}

#[test]
fn descriptions_come_from_the_documentation() {
    assert_eq!(
        to_value::<Plain>()["properties"]["fullName"]["description"],
        "A name."
    );
}
