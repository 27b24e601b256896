//! What a plan's text says, whatever its format: values that know their places.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::{Map, Number, Value};

/// Deepest nesting of tables and lists.
pub(crate) const DEEPEST: usize = 64;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Node<'a> {
    pub(crate) span: Span,
    pub(crate) data: Data<'a>,
}

/// A value.
#[derive(Debug, Clone)]
pub(crate) enum Data<'a> {
    Null,
    Switch(bool),
    Number(Number),
    Text(Cow<'a, str>),
    /// A date or a time, which only TOML has.
    Moment(String),
    List(Vec<Node<'a>>),
    Table(Vec<Entry<'a>>),
}

/// A key with its value.
#[derive(Debug, Clone)]
pub(crate) struct Entry<'a> {
    pub(crate) key: Cow<'a, str>,
    pub(crate) key_span: Span,
    pub(crate) node: Node<'a>,
}

/// A part of the text in bytes; for a plan that is no text but a JSON value, the number
/// of the value in the order of a walk through it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    /// Plans are far smaller than a 32-bit number can count.
    pub(crate) fn new(range: Range<usize>) -> Self {
        let narrow = |at| u32::try_from(at).unwrap_or(u32::MAX);
        Self {
            start: narrow(range.start),
            end: narrow(range.end),
        }
    }

    pub(crate) fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl<'a> Node<'a> {
    pub(crate) fn new(range: Range<usize>, data: Data<'a>) -> Self {
        Self {
            span: Span::new(range),
            data,
        }
    }

    /// A JSON value, numbered from `next` on.
    pub(crate) fn of_value(value: &'a Value, next: &mut u32) -> Self {
        let span = Span {
            start: *next,
            end: *next,
        };
        *next += 1;
        let data = match value {
            Value::Null => Data::Null,
            Value::Bool(switch) => Data::Switch(*switch),
            Value::Number(number) => Data::Number(number.clone()),
            Value::String(text) => Data::Text(Cow::Borrowed(text)),
            Value::Array(items) => {
                let items = items.iter().map(|item| Self::of_value(item, next));
                Data::List(items.collect())
            }
            Value::Object(entries) => {
                let entries = entries.iter().map(|(key, value)| {
                    let node = Self::of_value(value, next);
                    Entry {
                        key: Cow::Borrowed(key.as_str()),
                        key_span: node.span,
                        node,
                    }
                });
                Data::Table(entries.collect())
            }
        };
        Self { span, data }
    }

    /// The entry of `key`, where it is a table that has one.
    pub(crate) fn entry(&self, key: &str) -> Option<&Entry<'a>> {
        match &self.data {
            Data::Table(entries) => entries.iter().find(|entry| entry.key == key),
            _ => None,
        }
    }

    /// What it is, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.data {
            Data::Null => "null",
            Data::Switch(_) => "true or false",
            Data::Number(number) if number.is_f64() => "a number with a fraction",
            Data::Number(_) => "a whole number",
            Data::Text(_) => "a text",
            Data::Moment(_) => "a date or time",
            Data::List(_) => "a list",
            Data::Table(_) => "a table",
        }
    }

    /// As JSON. Dates and times become their text.
    pub(crate) fn to_value(&self) -> Value {
        match &self.data {
            Data::Null => Value::Null,
            Data::Switch(switch) => Value::Bool(*switch),
            Data::Number(number) => Value::Number(number.clone()),
            Data::Text(text) => Value::String(text.to_string()),
            Data::Moment(text) => Value::String(text.clone()),
            Data::List(items) => Value::Array(items.iter().map(Node::to_value).collect()),
            Data::Table(entries) => {
                let pair = |entry: &Entry<'_>| (entry.key.to_string(), entry.node.to_value());
                Value::Object(entries.iter().map(pair).collect::<Map<_, _>>())
            }
        }
    }
}

/// JSON pointer (RFC 6901) of the value with `number`, in the order of
/// [`Node::of_value`] from 0.
pub(crate) fn pointer_of(root: &Value, number: u32) -> String {
    let mut pointer = String::new();
    find(root, number, &mut 0, &mut pointer);
    pointer
}

fn find(value: &Value, wanted: u32, next: &mut u32, pointer: &mut String) -> bool {
    if *next == wanted {
        return true;
    }
    *next += 1;
    let length = pointer.len();
    let mut step = |name: &str, value: &Value| {
        pointer.push('/');
        pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
        let found = find(value, wanted, next, pointer);
        if !found {
            pointer.truncate(length);
        }
        found
    };
    match value {
        Value::Array(items) => {
            let mut items = items.iter().enumerate();
            items.any(|(index, item)| step(&index.to_string(), item))
        }
        Value::Object(entries) => entries.iter().any(|(key, value)| step(key, value)),
        _ => false,
    }
}
