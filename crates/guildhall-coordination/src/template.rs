//! Templates: prompts and inputs with placeholders, filled in just before an attempt.
//!
//! The language is that of [minijinja](https://docs.rs/minijinja), with the two filters
//! `json` and `compact(tokens, keep)` of our own. A name that is not there is an error.

mod engine;
mod input;
mod tokens;
mod uses;
mod values;

use guildhall_core::{AgentError, ErrorCode};
use minijinja::value::ValueKind;
use serde_json::Value;

use engine::ENGINE;
pub(crate) use engine::{expression, message};
pub use input::{DEFAULT_PROMPT, build_input};
pub(crate) use tokens::{Piece, TokenKind, has_tags, pieces, tokens};
pub(crate) use uses::Uses;
pub use values::{ChildView, ResultView, RunView, TaskView, Values, names_of, output_of_children};

use crate::error::CoordinationError;
use crate::id::TaskKey;
use crate::task::Call;

/// A text with placeholders, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template<'t> {
    text: &'t str,
    uses: Uses,
}

impl<'t> Template<'t> {
    /// Checks `text`.
    ///
    /// # Errors
    /// [`CoordinationError::BadExpression`] where it is no template, or reads results in
    /// a way that does not tell which.
    pub fn parse(text: &'t str) -> Result<Self, CoordinationError> {
        let mut uses = Uses::default();
        if has_tags(text) {
            check(text, &mut uses).map_err(|reason| CoordinationError::BadExpression {
                what: "template",
                reason,
            })?;
        }
        Ok(Self { text, uses })
    }

    /// The tasks whose results it reads, by the names that it uses. See [`names_of`] for
    /// which task a name means.
    ///
    /// ```
    /// use guildhall_coordination::Template;
    /// let template = Template::parse("{{ results.list.output }} and {{ item }}")?;
    /// assert_eq!(template.uses(), ["list".parse()?]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn uses(&self) -> Vec<TaskKey> {
        self.uses.results.clone()
    }

    /// Everything that it reads.
    pub(crate) fn all_uses(self) -> Uses {
        self.uses
    }

    /// The text with `values` filled in.
    ///
    /// # Errors
    /// As [`render`].
    pub fn render(&self, values: &Values) -> Result<String, AgentError> {
        render(self.text, values)
    }
}

/// A template that yields exactly `text`, whatever it holds: for texts that come from
/// elsewhere, such as source code, into a plan's prompts and inputs.
///
/// ```
/// use guildhall_coordination::{Template, literal};
/// assert_eq!(literal("no tag"), "no tag");
/// assert!(Template::parse(&literal("let a = {{ 1 }};"))?.uses().is_empty());
/// # Ok::<(), guildhall_coordination::CoordinationError>(())
/// ```
pub fn literal(text: &str) -> String {
    let mut template = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let begins_tag = letter == '{' && matches!(letters.peek(), Some('{' | '%' | '#'));
        match begins_tag {
            true => template.push_str(r#"{{ "{" }}"#),
            false => template.push(letter),
        }
    }
    template
}

/// The tasks whose results the input of `call` reads, once each, by the names that its
/// templates use. See [`names_of`] for which task a name means.
pub fn results_read_by(call: &Call) -> Vec<TaskKey> {
    let mut read: Vec<TaskKey> = Vec::new();
    let mut add = |text: &str| {
        // What is no template reads nothing, and fails when it is filled in.
        let used = Template::parse(text).map_or_else(|_| Uses::default(), Template::all_uses);
        for name in used.results {
            if !read.contains(&name) {
                read.push(name);
            }
        }
    };
    call.prompt.iter().for_each(|prompt| add(prompt));
    each_text(&call.input, &mut add);
    read
}

/// `text` with `values` filled in.
///
/// # Errors
/// With the code `invalid-input` where it reads what is not there, takes too many steps
/// or becomes too long.
pub fn render(text: &str, values: &Values) -> Result<String, AgentError> {
    if !has_tags(text) {
        return Ok(text.to_owned());
    }
    let rendered = engine::template(text).and_then(|template| {
        let mut output = engine::Bounded::default();
        template.render_captured_to(values.context(), &mut output)?;
        Ok(output.0)
    });
    let bytes = rendered.map_err(|error| cannot_fill(values, &error))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// As [`render`], but a text that is exactly one `{{ expression }}` becomes its value.
fn render_value(text: &str, values: &Values) -> Result<Value, AgentError> {
    let expression = match pieces(text)[..] {
        [Piece::Expression(_, inner)] => inner,
        _ => return render(text, values).map(Value::String),
    };
    let value = engine::expression(expression)
        .and_then(|expression| expression.eval(values.context()))
        .and_then(|value| match value.kind() {
            ValueKind::Undefined => Err(minijinja::ErrorKind::UndefinedError.into()),
            _ => engine::to_json(&value),
        });
    value.map_err(|error| cannot_fill(values, &error))
}

/// Calls `each` with every text within `value`.
pub(crate) fn each_text(value: &Value, each: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => each(text),
        Value::Array(items) => items.iter().for_each(|item| each_text(item, each)),
        Value::Object(entries) => entries.values().for_each(|value| each_text(value, each)),
        _ => {}
    }
}

/// Checks the template `text` and adds what it reads.
fn check(text: &str, uses: &mut Uses) -> Result<(), String> {
    let template = engine::template(text);
    let template = template.map_err(|error| message(&error))?;
    for piece in pieces(text) {
        match piece {
            Piece::Expression(_, inner) | Piece::Statement(_, inner) => uses.scan(inner)?,
            Piece::Text(_) => {}
        }
    }
    if uses.others {
        check_names(template.undeclared_variables(false))?;
    }
    Ok(())
}

/// Refuses names that nothing stands for.
pub(crate) fn check_names(used: impl IntoIterator<Item = String>) -> Result<(), String> {
    const KNOWN: [&str; 8] = [
        "task", "item", "index", "run", "shared", "results", "param", "output",
    ];
    let is_function = |name: &str| ENGINE.globals().any(|(global, _)| global == name);
    let mut unknown = used
        .into_iter()
        .filter(|name| !KNOWN.contains(&name.as_str()) && !is_function(name));
    match unknown.next() {
        Some(name) => Err(format!("it reads `{name}`, which nothing stands for")),
        None => Ok(()),
    }
}

fn cannot_fill(values: &Values, error: &minijinja::Error) -> AgentError {
    let message = format!(
        "the placeholders of task {} cannot be filled in: {}",
        values.task.id,
        message(error)
    );
    AgentError::new(ErrorCode::InvalidInput, message)
}
