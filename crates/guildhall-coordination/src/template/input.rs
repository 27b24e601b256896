//! The input of an attempt.

use guildhall_core::AgentError;
use serde_json::{Map, Value, json};

use super::{Values, render, render_value};
use crate::task::Call;

/// The prompt of a task that states neither `prompt` nor `input`.
pub const DEFAULT_PROMPT: &str = "\
{{ task.title }}
{% if task.description %}
{{ task.description }}
{% endif %}{% if task.parent %}
This is a part of: {{ task.parent.title }}
{% if task.parent.description %}
{{ task.parent.description }}
{% endif %}{% endif %}{% if shared %}
Context:

{{ shared }}
{% endif %}";

/// Appended to [`DEFAULT_PROMPT`] where the task was made for an item that is not named
/// by its title.
const ITEM_PROMPT: &str = "
Item:

{{ item }}
";

/// The input of an attempt of `call`, with every placeholder filled in.
///
/// With a prompt it is a table of `prompt` and, where they are given, `input`, `tools`,
/// `model`, `workspace` and `instructions`; without one it is the rendered `input`. A
/// call with neither gets [`DEFAULT_PROMPT`]. A text of `input` that is exactly one
/// `{{ expression }}` becomes the value itself.
///
/// # Errors
/// With the code `invalid-input` where a placeholder cannot be filled in; a label points
/// to it.
pub fn build_input(call: &Call, values: &Values) -> Result<Value, AgentError> {
    let prompt = match &call.prompt {
        Some(prompt) => render(prompt, values).map_err(|error| at(error, "/prompt"))?,
        None if call.input.is_null() => default_prompt(values)?,
        None => return rendered(&call.input, values, &mut String::new()),
    };
    let mut input = Map::new();
    input.insert("prompt".to_owned(), Value::String(prompt));
    if !call.input.is_null() {
        let rendered = rendered(&call.input, values, &mut "/input".to_owned())?;
        input.insert("input".to_owned(), rendered);
    }
    let mut add = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            input.insert(key.to_owned(), value);
        }
    };
    add("tools", call.tools.as_ref().map(|tools| json!(tools)));
    add("model", call.model.as_ref().map(|model| json!(model)));
    add(
        "workspace",
        call.workspace.map(|workspace| json!(workspace)),
    );
    add(
        "instructions",
        values.instructions.as_ref().map(|text| json!(text)),
    );
    Ok(Value::Object(input))
}

fn default_prompt(values: &Values) -> Result<String, AgentError> {
    let prompt = render(DEFAULT_PROMPT, values)?;
    let is_named = match &values.item {
        None => true,
        Some(Value::String(item)) => prompt.contains(item.as_str()),
        Some(_) => false,
    };
    if is_named {
        return Ok(prompt);
    }
    Ok(prompt + &render(ITEM_PROMPT, values)?)
}

fn rendered(value: &Value, values: &Values, pointer: &mut String) -> Result<Value, AgentError> {
    let length = pointer.len();
    let mut step = |name: &str, value: &Value| {
        pointer.push('/');
        pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
        let rendered = rendered(value, values, pointer);
        pointer.truncate(length);
        rendered
    };
    match value {
        Value::String(text) => render_value(text, values).map_err(|error| at(error, pointer)),
        Value::Array(items) => {
            let items = items.iter().enumerate();
            let items = items.map(|(index, item)| step(&index.to_string(), item));
            items.collect::<Result<_, _>>().map(Value::Array)
        }
        Value::Object(entries) => {
            let entries = entries.iter();
            let entries = entries.map(|(key, value)| Ok((key.clone(), step(key, value)?)));
            entries.collect::<Result<_, _>>().map(Value::Object)
        }
        plain => Ok(plain.clone()),
    }
}

fn at(error: AgentError, pointer: &str) -> AgentError {
    let text = error.message.clone();
    error.with_label(pointer, text)
}
