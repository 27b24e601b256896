//! TOML values as JSON, for the tables that only a plugin understands.

use serde_json::{Map, Number, Value};
use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use super::value::Wrong;

/// Deepest nesting. Plugins read JSON with parsers that bound it as well.
const DEEPEST: usize = 64;

/// A table as JSON. Dates and times become their text.
pub(super) fn table(table: &DeTable<'_>) -> Result<Map<String, Value>, Wrong> {
    nested_table(table, 1)
}

/// A value as JSON.
pub(super) fn value(value: &Spanned<DeValue<'_>>) -> Result<Value, Wrong> {
    nested(value, 1)
}

fn nested_table(table: &DeTable<'_>, depth: usize) -> Result<Map<String, Value>, Wrong> {
    let entries = table.iter();
    entries
        .map(|(key, value)| Ok((key.get_ref().to_string(), nested(value, depth + 1)?)))
        .collect()
}

fn nested(value: &Spanned<DeValue<'_>>, depth: usize) -> Result<Value, Wrong> {
    let wrong = |message: String| Wrong::new(value.span(), message);
    if depth > DEEPEST {
        return Err(wrong(format!("is nested more than {DEEPEST} deep")));
    }
    match value.get_ref() {
        DeValue::String(text) => Ok(Value::String(text.to_string())),
        DeValue::Boolean(switch) => Ok(Value::Bool(*switch)),
        DeValue::Datetime(moment) => Ok(Value::String(moment.to_string())),
        DeValue::Integer(integer) => {
            let number = integer_of(integer).map(Value::from);
            number.ok_or_else(|| wrong("has a number of more than 64 bits".to_owned()))
        }
        DeValue::Float(float) => {
            let number = float.as_str().parse().ok().and_then(Number::from_f64);
            let problem = || wrong("has a number that is not finite".to_owned());
            number.map(Value::Number).ok_or_else(problem)
        }
        DeValue::Array(items) => {
            let items = items.iter().map(|item| nested(item, depth + 1));
            items.collect::<Result<_, _>>().map(Value::Array)
        }
        DeValue::Table(entries) => nested_table(entries, depth).map(Value::Object),
    }
}

/// The integer; `None` where it has more than 64 bits.
pub(super) fn integer_of(integer: &DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}
