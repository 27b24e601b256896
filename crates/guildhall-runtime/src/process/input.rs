//! What a task asks of a program.

use guildhall_core::{AgentError, ErrorCode};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::config::WorkspaceKind;

/// What a task asks of a program.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct TaskInput {
    pub(super) instructions: Option<String>,
    pub(super) prompt: Option<String>,
    pub(super) input: Option<Value>,
    pub(super) tools: Option<Vec<String>>,
    pub(super) model: Option<String>,
    pub(super) workspace: Option<WorkspaceKind>,
}

/// The keys of an input that is an order; an object with any other key is data.
const KEYS: [&str; 6] = [
    "instructions",
    "prompt",
    "input",
    "tools",
    "model",
    "workspace",
];

impl TaskInput {
    /// Reads the input of a task: an object of none but the known keys, or any other
    /// value, which is the input as it stands.
    pub(super) fn read(value: Value) -> Result<Self, AgentError> {
        match value {
            Value::Object(object) if is_order(&object) => Self::from_order(object),
            value => Ok(Self {
                input: Some(value),
                ..Self::default()
            }),
        }
    }

    fn from_order(mut order: Map<String, Value>) -> Result<Self, AgentError> {
        Ok(Self {
            instructions: take(&mut order, "instructions")?,
            prompt: take(&mut order, "prompt")?,
            input: order.remove("input"),
            tools: take(&mut order, "tools")?,
            model: take(&mut order, "model")?,
            workspace: take(&mut order, "workspace")?,
        })
    }

    /// Everything that the program is told, as one text. The input is left out where
    /// the program is given it in another way and there is a prompt.
    pub(super) fn prompt(&self, input_goes_elsewhere: bool) -> String {
        let leave_out = input_goes_elsewhere && self.prompt.is_some();
        let input = self.input.as_ref().filter(|_| !leave_out).map(as_text);
        let parts = [self.instructions.clone(), self.prompt.clone(), input];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        parts.join("\n\n")
    }
}

fn is_order(object: &Map<String, Value>) -> bool {
    !object.is_empty() && object.keys().all(|key| KEYS.contains(&key.as_str()))
}

fn take<T: DeserializeOwned>(
    order: &mut Map<String, Value>,
    key: &str,
) -> Result<Option<T>, AgentError> {
    let Some(value) = order.remove(key) else {
        return Ok(None);
    };
    serde_json::from_value(value).map_err(|error| {
        AgentError::new(
            ErrorCode::InvalidInput,
            format!("the input's {key} cannot be read: {error}"),
        )
        .with_label(format!("/{key}"), error.to_string())
    })
}

fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => format!("{value:#}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_order_is_told_from_data() {
        let order = TaskInput::read(json!({"prompt": "p", "model": "m"})).unwrap();
        assert_eq!(order.prompt.as_deref(), Some("p"));
        assert_eq!(order.model.as_deref(), Some("m"));
        for data in [json!({"prompt": "p", "file": "f"}), json!({}), json!([1])] {
            let read = TaskInput::read(data.clone()).unwrap();
            assert_eq!(read.input, Some(data));
            assert_eq!(read.prompt, None);
        }
    }

    #[test]
    fn a_text_is_the_prompt_and_other_values_are_their_json() {
        let prompt = |value| TaskInput::read(value).unwrap().prompt(true);
        assert_eq!(prompt(json!("say hello")), "say hello");
        assert_eq!(prompt(json!([1])), "[\n  1\n]");
        assert_eq!(
            prompt(json!({"instructions": "i", "prompt": "p", "input": 1})),
            "i\n\np"
        );
        let order = json!({"instructions": "i", "prompt": "p", "input": "x"});
        assert_eq!(TaskInput::read(order).unwrap().prompt(false), "i\n\np\n\nx");
    }

    #[test]
    fn a_wrong_part_is_named() {
        for (order, key) in [
            (json!({"prompt": 5}), "prompt"),
            (json!({"tools": "Read"}), "tools"),
            (json!({"workspace": "moon"}), "workspace"),
        ] {
            let error = TaskInput::read(order).unwrap_err();
            assert!(error.is(ErrorCode::InvalidInput));
            assert!(error.message.contains(&format!("the input's {key} ")));
        }
    }
}
