//! Templates and conditions of a task: whether they are well formed, and what they read.

use super::mistakes::{Mistake, Mistakes};
use super::node::{Data, Node, Span};
use crate::condition::Condition;
use crate::error::CoordinationError;
use crate::id::TaskKey;
use crate::template::{Template, Uses};

/// What kind of text it is, which says what it can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    /// A title or description: filled in when the task is made.
    Title,
    /// A prompt or a part of an input: filled in before an attempt.
    Input,
    /// Decides before the first attempt.
    When,
    /// Decides after an attempt.
    Accept,
}

/// What the texts of a task read.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    /// Results, with the places of the texts that read them.
    pub(crate) results: Vec<(TaskKey, Span)>,
    /// The first text that reads `item` or `index`.
    pub(crate) item: Option<(Span, Field)>,
}

impl Field {
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Title => &["item", "index"],
            Self::Input => &["task", "item", "index", "run", "shared", "results"],
            Self::When => &["results", "task", "item", "index"],
            Self::Accept => &["output", "task", "item", "index"],
        }
    }
}

impl Reads {
    /// Checks every text within `node`.
    pub(crate) fn templates(
        &mut self,
        key: &str,
        field: Field,
        node: &Node<'_>,
        mistakes: &mut Mistakes,
    ) {
        match &node.data {
            Data::Text(text) => {
                let uses = Template::parse(text).map(Template::all_uses);
                self.take(key, field, node.span, uses, mistakes);
            }
            Data::List(items) => {
                for item in items {
                    self.templates(key, field, item, mistakes);
                }
            }
            Data::Table(entries) => {
                for entry in entries {
                    self.templates(key, field, &entry.node, mistakes);
                }
            }
            _ => {}
        }
    }

    /// Checks the condition in `node`.
    pub(crate) fn condition(
        &mut self,
        key: &str,
        field: Field,
        node: &Node<'_>,
        mistakes: &mut Mistakes,
    ) {
        if let Data::Text(text) = &node.data {
            let uses = Condition::parse(text).map(Condition::all_uses);
            self.take(key, field, node.span, uses, mistakes);
        }
    }

    fn take(
        &mut self,
        key: &str,
        field: Field,
        span: Span,
        uses: Result<Uses, CoordinationError>,
        mistakes: &mut Mistakes,
    ) {
        let uses = match uses {
            Ok(uses) => uses,
            Err(error) => {
                let reason = match error {
                    CoordinationError::BadExpression { what, reason } => {
                        format!("is no valid {what}: {reason}")
                    }
                    other => format!("is not valid: {other}"),
                };
                mistakes.add(Mistake::new(span, format!("`{key}` {reason}")));
                return;
            }
        };
        let names = field.names();
        for name in uses
            .names
            .iter()
            .filter(|name| !names.contains(&name.as_str()))
        {
            // A parameter that the plan does not have was told already.
            if name != "param" || !mistakes.has_one_at(span) {
                mistakes.add(cannot_read(key, field, name, span));
            }
        }
        if !uses.results.is_empty() && !names.contains(&"results") {
            mistakes.add(cannot_read(key, field, "results", span));
        } else {
            let results = uses.results.iter().cloned();
            self.results.extend(results.map(|task| (task, span)));
        }
        if self.item.is_none() && (uses.reads("item") || uses.reads("index")) {
            self.item = Some((span, field));
        }
    }
}

fn cannot_read(key: &str, field: Field, name: &str, span: Span) -> Mistake {
    let message = format!("`{key}` cannot read `{name}`");
    let help = match name {
        "param" => "write param.NAME, and declare NAME in `[parameters]`".to_owned(),
        _ => format!("what it can read is {}", field.names().join(", ")),
    };
    Mistake::new(span, message).with_help(Some(help))
}
