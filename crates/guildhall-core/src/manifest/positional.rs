//! Which properties of an input are given on the command line without their flags.

use serde_json::Value;

use super::property::{kind_of, not_null};

/// The keyword of a property's schema that says its place among the arguments without
/// flags, from 1.
pub const POSITIONAL: &str = "x-positional";

/// The property that has the first place where the schema says nothing else.
const BY_DEFAULT: &str = "path";

/// The properties of `schema` that need no flag, in their order.
///
/// A text called `path` has the first place by itself; any other has the place that its
/// `x-positional` says.
///
/// ```
/// use guildhall_core::manifest::positionals;
///
/// let schema = serde_json::json!({"properties": {
///     "path": {"type": "string"},
///     "plan": {"type": "string", "x-positional": 2},
///     "verify": {"type": "boolean"},
/// }});
/// assert_eq!(positionals(&schema)?, ["path", "plan"]);
/// # Ok::<(), String>(())
/// ```
///
/// # Errors
/// What is wrong with them, as a sentence with the mend: a place that is none, that two
/// have or that is left out, a property that is no text or number, or one that must be
/// given after one that need not be.
pub fn positionals(schema: &Value) -> Result<Vec<&str>, String> {
    let Some(properties) = schema["properties"].as_object() else {
        return Ok(Vec::new());
    };
    let mut placed = Vec::new();
    for (name, property) in properties {
        if let Some(place) = place(name, property)? {
            placed.push((place, name.as_str(), property));
        }
    }
    placed.sort_by_key(|(place, name, _)| (*place, *name));
    let mut optional = None;
    for (expected, (place, name, property)) in (1..).zip(&placed) {
        if *place != expected {
            return Err(gap(&placed, expected, *place));
        }
        if !is_one_word(property) {
            return Err(format!(
                "the property {name:?} has a place among the arguments, but is no text and no number; \
                 take its {POSITIONAL} out"
            ));
        }
        match (is_required(schema, name), optional) {
            (true, Some(before)) => {
                return Err(format!(
                    "the argument {name:?} must be given and comes after {before:?}, which need not be; \
                     put it before"
                ));
            }
            (false, None) => optional = Some(*name),
            _ => {}
        }
    }
    Ok(placed.into_iter().map(|(_, name, _)| name).collect())
}

/// The place of a property; none where it needs its flag.
fn place(name: &str, property: &Value) -> Result<Option<u64>, String> {
    let Some(place) = property.get(POSITIONAL) else {
        let is_text = kind_of(not_null(property)) == "string";
        return Ok((name == BY_DEFAULT && is_text).then_some(1));
    };
    let number = place.as_u64().filter(|place| *place > 0);
    let number = number.ok_or_else(|| {
        format!(
            "the property {name:?} has the {POSITIONAL} {place}, which is no whole number from 1"
        )
    });
    number.map(Some)
}

/// Two have the place before, or nobody has the expected one.
fn gap(placed: &[(u64, &str, &Value)], expected: u64, found: u64) -> String {
    let twins: Vec<&str> = placed
        .iter()
        .filter(|(place, ..)| *place == found)
        .map(|(_, name, _)| *name)
        .collect();
    match twins.as_slice() {
        [one, other, ..] => {
            let default = if *one == BY_DEFAULT || *other == BY_DEFAULT {
                format!("; {BY_DEFAULT:?} has the first one unless it is given another")
            } else {
                String::new()
            };
            format!(
                "the properties {one:?} and {other:?} both have the place {found} among the arguments{default}"
            )
        }
        _ => {
            format!("no property has the place {expected} among the arguments, and one has {found}")
        }
    }
}

fn is_required(schema: &Value, name: &str) -> bool {
    let required = schema["required"].as_array();
    required.is_some_and(|names| names.iter().any(|one| one == name))
}

/// Whether one word of a command line can say a value.
fn is_one_word(property: &Value) -> bool {
    matches!(kind_of(not_null(property)), "string" | "integer" | "number")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(properties: Value, required: Value) -> String {
        let schema = json!({"properties": properties, "required": required});
        positionals(&schema).unwrap_err()
    }

    #[test]
    fn a_path_comes_first_unless_it_is_given_another_place() {
        let path = json!({"anyOf": [{"type": "string"}, {"type": "null"}]});
        let schema = json!({"properties": {"path": path, "by": {"type": "string"}}});
        assert_eq!(positionals(&schema).unwrap(), ["path"]);
        let mut path = path;
        path[POSITIONAL] = json!(2);
        let plan = json!({"type": "string", "x-positional": 1});
        let schema = json!({"properties": {"path": path, "plan": plan}, "required": ["plan"]});
        assert_eq!(positionals(&schema).unwrap(), ["plan", "path"]);
        let list = json!({"properties": {"path": {"type": "array"}}});
        assert!(positionals(&list).unwrap().is_empty());
        assert!(positionals(&json!(true)).unwrap().is_empty());
    }

    #[test]
    fn each_conflict_is_named() {
        let text = |place: Value| json!({"type": "string", "x-positional": place});
        let none = || json!([]);
        for place in [json!(0), json!(-1), json!("1"), json!(1.5)] {
            let reason = refused(json!({"a": text(place)}), none());
            assert!(reason.contains("no whole number from 1"), "{reason}");
        }
        let twice = refused(
            json!({"a": text(json!(1)), "b": text(json!(1)), "c": text(json!(2))}),
            none(),
        );
        assert!(
            twice.contains("\"a\" and \"b\" both have the place 1"),
            "{twice}"
        );
        let default = refused(
            json!({"path": {"type": "string"}, "b": text(json!(1))}),
            none(),
        );
        assert!(default.contains("unless it is given another"), "{default}");
        let gap = refused(json!({"b": text(json!(2))}), none());
        assert!(gap.contains("no property has the place 1"), "{gap}");
        let list = refused(json!({"b": {"type": "array", "x-positional": 1}}), none());
        assert!(list.contains("no text and no number"), "{list}");
        let order = json!({"a": text(json!(1)), "b": text(json!(2))});
        let order = refused(order, json!(["b"]));
        assert!(
            order.contains("\"b\" must be given and comes after \"a\""),
            "{order}"
        );
    }
}
