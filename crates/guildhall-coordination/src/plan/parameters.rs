//! Parameters of a plan: declared in `[parameters]`, and put in wherever a text has
//! `param.NAME`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use super::mistakes::{Mistake, Mistakes};
use super::node::{Data, Entry, Node, Span};
use super::value;
use crate::error::CoordinationError;
use crate::source_text::{code, nearest, printable};
use crate::template::{Piece, TokenKind, has_tags, pieces, tokens};

pub(crate) const PARAMETER_KEYS: &[&str] = &["default", "description"];

/// A parameter of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// What it is for; empty where the plan does not say.
    pub description: String,
    /// Its value where none is given; it must be given where this is absent.
    pub default: Option<Value>,
}

/// How a text takes the value of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// The value itself.
    Plain,
    /// A template, which must not take the value for a part of itself.
    Template,
    /// An expression.
    Condition,
}

/// The parameters that a plan declares, in order of their names.
pub(crate) fn declared(root: &Node<'_>, mistakes: &mut Mistakes) -> Vec<Parameter> {
    let entries = root.entry("parameters").map(|entry| &entry.node);
    let entries = entries.and_then(|node| mistakes.take("", "parameters", value::table(node)));
    let entries = entries.unwrap_or_default().iter();
    let mut declared: Vec<Parameter> = entries
        .filter_map(|entry| parameter(entry, mistakes))
        .collect();
    declared.sort_by(|a, b| a.name.cmp(&b.name));
    declared
}

/// The values of all parameters: those of `given`, else the defaults.
pub(crate) fn values(
    declared: &[Parameter],
    given: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Value>, CoordinationError> {
    let known = || declared.iter().map(|parameter| parameter.name.as_str());
    if let Some(name) = given
        .keys()
        .find(|name| !known().any(|known| known == *name))
    {
        return Err(bad(unknown_parameter(name, known())));
    }
    let missing: Vec<String> = declared
        .iter()
        .filter(|parameter| parameter.default.is_none() && !given.contains_key(&parameter.name))
        .map(described)
        .collect();
    if !missing.is_empty() {
        let reason = format!("the plan needs a value for {}", missing.join(", "));
        return Err(bad(reason));
    }
    declared
        .iter()
        .map(|parameter| {
            let value = value_of(parameter, given.get(&parameter.name))?;
            Ok((parameter.name.clone(), value))
        })
        .collect()
}

/// Puts `values` into every text of the plan.
pub(crate) fn put_in(
    root: &mut Node<'_>,
    values: &BTreeMap<String, Value>,
    mistakes: &mut Mistakes,
) {
    let mut filler = Filler { values, mistakes };
    let Data::Table(entries) = &mut root.data else {
        return;
    };
    for entry in entries.iter_mut().filter(|entry| entry.key != "parameters") {
        match &mut entry.node.data {
            Data::List(tasks) if entry.key == "task" => {
                for task in tasks {
                    filler.task(task);
                }
            }
            _ => filler.node(&mut entry.node, Mode::Plain),
        }
    }
}

fn parameter(entry: &Entry<'_>, mistakes: &mut Mistakes) -> Option<Parameter> {
    let name = entry.key.to_string();
    if !is_name(&name) {
        let message = format!(
            "{} is not the name of a parameter: lower-case letters, digits and `_`, starting with a letter, at most 64 bytes",
            code(&name)
        );
        mistakes.add(Mistake::new(entry.key_span, message));
        return None;
    }
    let mut parameter = Parameter {
        name,
        description: String::new(),
        default: None,
    };
    let path = format!("parameters.{}.", parameter.name);
    let shown = path.trim_end_matches('.');
    for inner in mistakes.take("", shown, value::table(&entry.node))? {
        let (key, node) = (inner.key.as_ref(), &inner.node);
        match key {
            "default" if matches!(node.data, Data::Null) => {
                let message = "a default cannot be null: leave it out where a value must be given";
                mistakes.add(Mistake::new(node.span, message));
            }
            "default" => parameter.default = Some(node.to_value()),
            "description" => {
                let text = mistakes.take(&path, key, value::line(node, 500));
                parameter.description = text.unwrap_or_default();
            }
            _ => mistakes.unknown(shown, inner, PARAMETER_KEYS),
        }
    }
    Some(parameter)
}

fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    name.len() <= 64
        && bytes.next().is_some_and(|first| first.is_ascii_lowercase())
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

fn described(parameter: &Parameter) -> String {
    match parameter.description.as_str() {
        "" => code(&parameter.name),
        description => format!("{} ({})", code(&parameter.name), printable(description)),
    }
}

/// The value that was given as text, or the default. A default that is no text says that
/// the value is JSON of the same kind.
fn value_of(parameter: &Parameter, given: Option<&String>) -> Result<Value, CoordinationError> {
    let Some(given) = given else {
        return Ok(parameter.default.clone().unwrap_or_default());
    };
    let wanted = match &parameter.default {
        None | Some(Value::String(_)) => return Ok(Value::String(given.clone())),
        Some(default) => default,
    };
    let value = serde_json::from_str::<Value>(given).ok();
    let same = |value: &Value| kind(value) == kind(wanted);
    value.filter(same).ok_or_else(|| {
        bad(format!(
            "the parameter {} must be {}, as its default is, but is {}",
            code(&parameter.name),
            kind(wanted),
            value::shown(given)
        ))
    })
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list in JSON",
        Value::Object(_) => "a table in JSON",
    }
}

fn unknown_parameter<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    let help = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "it has none".to_owned(),
        None => format!("it has {}", known.join(", ")),
    };
    format!("the plan has no parameter {}: {help}", code(name))
}

fn bad(reason: String) -> CoordinationError {
    CoordinationError::BadParameters { reason }
}

struct Filler<'v> {
    values: &'v BTreeMap<String, Value>,
    mistakes: &'v mut Mistakes,
}

impl Filler<'_> {
    fn task(&mut self, task: &mut Node<'_>) {
        let Data::Table(entries) = &mut task.data else {
            return;
        };
        for entry in entries {
            let mode = match entry.key.as_ref() {
                "title" | "description" | "prompt" | "input" => Mode::Template,
                "when" | "accept" => Mode::Condition,
                _ => Mode::Plain,
            };
            self.node(&mut entry.node, mode);
        }
    }

    fn node(&mut self, node: &mut Node<'_>, mode: Mode) {
        let span = node.span;
        match &mut node.data {
            Data::Text(text) => {
                if let Some(data) = self.text(text, span, mode) {
                    node.data = data;
                }
            }
            Data::List(items) => items.iter_mut().for_each(|item| self.node(item, mode)),
            Data::Table(entries) => {
                for entry in entries {
                    self.node(&mut entry.node, mode);
                }
            }
            _ => {}
        }
    }

    /// What stands in the place of `text`; nothing where it stays as it is.
    fn text(&mut self, text: &str, span: Span, mode: Mode) -> Option<Data<'static>> {
        if !text.contains("param") {
            return None;
        }
        if mode == Mode::Condition {
            let filled = self.expression(text, span);
            return Some(Data::Text(Cow::Owned(filled)));
        }
        if !has_tags(text) {
            return None;
        }
        if let [Piece::Expression(_, inner)] = pieces(text)[..]
            && let Some(name) = alone(inner)
        {
            let value = self.value(name, span)?;
            return match value {
                Value::String(value) => Some(Data::Text(literal_text(&value, mode).into())),
                value => Some(owned(span, &value).data),
            };
        }
        let filled = pieces(text)
            .into_iter()
            .map(|piece| self.piece(piece, span, mode));
        Some(Data::Text(Cow::Owned(filled.collect())))
    }

    fn piece(&mut self, piece: Piece<'_>, span: Span, mode: Mode) -> String {
        match piece {
            Piece::Expression(whole, inner) => match alone(inner) {
                Some(name) => match self.value(name, span) {
                    Some(Value::String(text)) => literal_text(&text, mode),
                    Some(value) => literal_text(&value.to_string(), mode),
                    None => whole.to_owned(),
                },
                None => self.tag(whole, inner, span, mode),
            },
            Piece::Statement(whole, inner) => self.tag(whole, inner, span, mode),
            Piece::Text(text) => text.to_owned(),
        }
    }

    fn tag(&mut self, whole: &str, inner: &str, span: Span, mode: Mode) -> String {
        match whole.find(inner) {
            Some(at) if mode == Mode::Template => {
                let (before, after) = (&whole[..at], &whole[at + inner.len()..]);
                format!("{before}{}{after}", self.expression(inner, span))
            }
            _ => whole.to_owned(),
        }
    }

    /// `expression` with literals in the places of its parameters.
    fn expression(&mut self, expression: &str, span: Span) -> String {
        let found = tokens(expression);
        let mut filled = String::with_capacity(expression.len());
        let mut copied = 0;
        for (at, token) in found.iter().enumerate() {
            let is_part = at > 0 && (found[at - 1].is(".") || found[at - 1].is("|"));
            let (Some(dot), Some(name)) = (found.get(at + 1), found.get(at + 2)) else {
                break;
            };
            let is_parameter = token.kind == TokenKind::Name && token.text == "param" && !is_part;
            if !(is_parameter && dot.is(".") && name.kind == TokenKind::Name) {
                continue;
            }
            if let Some(value) = self.value(name.text, span) {
                filled.push_str(&expression[copied..token.range.start]);
                filled.push_str(&literal(&value));
                copied = name.range.end;
            }
        }
        filled.push_str(&expression[copied..]);
        filled
    }

    fn value(&mut self, name: &str, span: Span) -> Option<Value> {
        let value = self.values.get(name).cloned();
        if value.is_none() {
            let known = self.values.keys().map(String::as_str);
            let message = unknown_parameter(name, known);
            self.mistakes.add(Mistake::new(span, message));
        }
        value
    }
}

/// The name in an expression that is `param.NAME` and nothing else.
fn alone(expression: &str) -> Option<&str> {
    match &tokens(expression)[..] {
        [param, dot, name] if param.text == "param" && dot.is(".") => Some(name.text),
        _ => None,
    }
}

/// `text` as a part of a text: as it is, unless a template would take it for a tag.
fn literal_text(text: &str, mode: Mode) -> String {
    if mode == Mode::Template && text.contains('{') {
        return format!("{{{{ {} }}}}", Value::from(text));
    }
    text.to_owned()
}

/// `value` as a literal of the expression language, which takes JSON but for null.
fn literal(value: &Value) -> String {
    match value {
        Value::String(_) | Value::Bool(_) => value.to_string(),
        value => format!("({value})"),
    }
}

/// `value` as a node at `span` that borrows nothing.
fn owned(span: Span, value: &Value) -> Node<'static> {
    let data = match value {
        Value::Null => Data::Null,
        Value::Bool(switch) => Data::Switch(*switch),
        Value::Number(number) => Data::Number(number.clone()),
        Value::String(text) => Data::Text(Cow::Owned(text.clone())),
        Value::Array(items) => Data::List(items.iter().map(|item| owned(span, item)).collect()),
        Value::Object(entries) => {
            let entry = |(key, value): (&String, &Value)| Entry {
                key: Cow::Owned(key.clone()),
                key_span: span,
                node: owned(span, value),
            };
            Data::Table(entries.iter().map(entry).collect())
        }
    };
    Node { span, data }
}
