//! TOML as nodes.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::Number;
use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use super::mistakes::Mistake;
use super::node::{DEEPEST, Data, Entry, Node, Span};
use crate::source_text::{code, printable};

/// Reads `text`.
pub(crate) fn read(text: &str) -> Result<Node<'_>, Mistake> {
    let root = DeTable::parse(text).map_err(|error| not_toml(text, &error))?;
    let range = root.span();
    Ok(Node::new(range, table(root.into_inner(), 1)?))
}

fn table<'a>(entries: DeTable<'a>, depth: usize) -> Result<Data<'a>, Mistake> {
    let entry = |(key, value): (Spanned<_>, Spanned<DeValue<'a>>)| {
        let key_span = Span::new(key.span());
        let key: Cow<'a, str> = key.into_inner();
        let node = node(value, depth + 1)?;
        Ok(Entry {
            key,
            key_span,
            node,
        })
    };
    let entries: Result<_, Mistake> = entries.into_iter().map(entry).collect();
    Ok(Data::Table(entries?))
}

fn node<'a>(value: Spanned<DeValue<'a>>, depth: usize) -> Result<Node<'a>, Mistake> {
    let range = value.span();
    if depth > DEEPEST {
        let message = format!("the plan is nested more than {DEEPEST} deep");
        return Err(Mistake::new(Span::new(range), message));
    }
    let data = match value.into_inner() {
        DeValue::String(text) => Data::Text(text),
        DeValue::Boolean(switch) => Data::Switch(switch),
        DeValue::Datetime(moment) => Data::Moment(moment.to_string()),
        DeValue::Integer(integer) => Data::Number(whole(&integer, &range)?),
        DeValue::Float(float) => {
            let number = float.as_str().parse().ok().and_then(Number::from_f64);
            Data::Number(number.ok_or_else(|| no_number(&range, "is not finite"))?)
        }
        DeValue::Array(items) => {
            let items = items.into_iter().map(|item| node(item, depth + 1));
            Data::List(items.collect::<Result<_, _>>()?)
        }
        DeValue::Table(entries) => table(entries, depth)?,
    };
    Ok(Node::new(range, data))
}

fn whole(integer: &DeInteger<'_>, range: &Range<usize>) -> Result<Number, Mistake> {
    let number = i64::from_str_radix(integer.as_str(), integer.radix());
    let number = number.map(Number::from);
    number.map_err(|_| no_number(range, "has more than 64 bits"))
}

fn no_number(range: &Range<usize>, what: &str) -> Mistake {
    Mistake::new(Span::new(range.clone()), format!("the number {what}"))
}

fn not_toml(text: &str, error: &toml::de::Error) -> Mistake {
    let range = error.span().unwrap_or(text.len()..text.len());
    let message = match (error.message(), text.get(range.clone())) {
        ("duplicate key", Some(key)) => format!("the key {} is set twice", code(key)),
        (message, _) => format!("not TOML: {}", printable(message)),
    };
    Mistake::new(Span::new(range), message)
}
