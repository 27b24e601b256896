//! A total order on JSON values in which equal means equal by JSON Schema: 1 and 1.0
//! are, and the order of members does not count.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use crate::number;

/// How deep values may be that are compared with one another, since that recurses.
pub(crate) const MAX_DEPTH: usize = 256;

/// Orders two values, of which at least one is no deeper than [`MAX_DEPTH`].
pub(crate) fn compare(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        (Value::Number(left), Value::Number(right)) => number::compare(left, right),
        (Value::String(left), Value::String(right)) => left.cmp(right),
        (Value::Array(left), Value::Array(right)) => arrays(left, right),
        (Value::Object(left), Value::Object(right)) => objects(left, right),
        _ => rank(left).cmp(&rank(right)),
    }
}

/// What a comparison with the value costs: one for each value in it and for each 64
/// bytes of text. Nothing where it is too deep.
pub(crate) fn size(value: &Value) -> Option<u64> {
    let mut size = 0;
    let mut open = vec![(value, 0)];
    while let Some((value, depth)) = open.pop() {
        if depth > MAX_DEPTH {
            return None;
        }
        size += 1;
        match value {
            Value::String(text) => size += text.len() as u64 / 64,
            Value::Array(items) => open.extend(items.iter().map(|item| (item, depth + 1))),
            Value::Object(members) => {
                size += members
                    .keys()
                    .map(|name| name.len() as u64 / 64)
                    .sum::<u64>();
                open.extend(members.values().map(|member| (member, depth + 1)));
            }
            _ => {}
        }
    }
    Some(size)
}

fn arrays(left: &[Value], right: &[Value]) -> Ordering {
    let items = left.iter().zip(right).map(|(l, r)| compare(l, r));
    first_difference(items).then(left.len().cmp(&right.len()))
}

fn objects(left: &Map<String, Value>, right: &Map<String, Value>) -> Ordering {
    if left.len() != right.len() {
        return left.len().cmp(&right.len());
    }
    let members = sorted(left).into_iter().zip(sorted(right));
    first_difference(members.map(|(l, r)| l.0.cmp(r.0).then_with(|| compare(l.1, r.1))))
}

fn first_difference(mut orders: impl Iterator<Item = Ordering>) -> Ordering {
    orders
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// By name, whichever order a map keeps.
fn sorted(members: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_unstable_by_key(|(name, _)| *name);
    sorted
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        Value::Array(_) => 4,
        Value::Object(_) => 5,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn equal_is_equal_in_value() {
        assert!(compare(&json!({"a": [1, 2.0]}), &json!({"a": [1.0, 2]})).is_eq());
        for (left, right) in [
            (json!(0), json!(false)),
            (json!([1]), json!([1, 1])),
            (json!({"a": 1}), json!({"b": 1})),
            (json!({"a": 1}), json!({"a": 2})),
            (json!(""), json!(null)),
        ] {
            assert!(compare(&left, &right).is_ne(), "{left} {right}");
            assert_eq!(compare(&left, &right), compare(&right, &left).reverse());
        }
    }
}
