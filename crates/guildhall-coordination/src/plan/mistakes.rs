//! What is wrong with a plan, collected, and told with its places.

use guildhall_core::{AgentError, ErrorCode};
use serde_json::Value;

use super::node::{self, Entry, Span};
use super::value::{self, Wrong};
use crate::error::CoordinationError;
use crate::source_text::{MOST_TOLD, Problem, code, line_of};

/// Mistakes that are kept at the most; a plan with more is told the first all the same.
const MOST_KEPT: usize = 1_000;

/// One mistake.
#[derive(Debug, Clone)]
pub(crate) struct Mistake {
    pub(crate) span: Span,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Mistakes {
    kept: Vec<Mistake>,
    more: usize,
}

/// Where a plan comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Origin<'a> {
    /// A file with this text.
    File { text: &'a str },
    /// A part of the output of a task.
    Output {
        /// JSON pointer to it.
        pointer: &'a str,
        value: &'a Value,
    },
}

impl Mistake {
    pub(crate) fn new(span: Span, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
            help: None,
        }
    }

    pub(crate) fn with_help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }
}

impl Mistakes {
    pub(crate) fn add(&mut self, mistake: Mistake) {
        if self.kept.len() < MOST_KEPT {
            self.kept.push(mistake);
        } else {
            self.more += 1;
        }
    }

    /// The value, or a mistake in that of `key` in the table that `path` leads to.
    pub(crate) fn take<T>(&mut self, path: &str, key: &str, read: Result<T, Wrong>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(wrong) => {
                let message = format!("{} {}", code(&format!("{path}{key}")), wrong.message);
                self.add(Mistake::new(wrong.span, message).with_help(wrong.help));
                None
            }
        }
    }

    /// An unknown key of `table`, where `known` are the keys.
    pub(crate) fn unknown(&mut self, table: &str, entry: &Entry<'_>, known: &[&str]) {
        let wrong = value::unknown(entry, table, known);
        self.add(Mistake::new(wrong.span, wrong.message).with_help(wrong.help));
    }

    pub(crate) fn has_one_at(&self, span: Span) -> bool {
        self.kept.iter().any(|mistake| mistake.span == span)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// The first ones in the order of the file.
    pub(crate) fn into_error(mut self, shown: &str, text: &str) -> CoordinationError {
        self.kept.sort_by_key(|mistake| mistake.span.start);
        let more = self.more + self.kept.len().saturating_sub(MOST_TOLD);
        let problem =
            |it: Mistake| Problem::new(shown, text, &it.span.range(), it.message, it.help);
        CoordinationError::BadPlan {
            problems: self.kept.into_iter().take(MOST_TOLD).map(problem).collect(),
            more,
        }
    }

    /// The first ones as labels that point into the output of a task.
    pub(crate) fn into_agent_error(mut self, pointer: &str, value: &Value) -> AgentError {
        self.kept.sort_by_key(|mistake| mistake.span.start);
        let count = self.more + self.kept.len();
        let message = match self.kept.first() {
            Some(first) if count == 1 => {
                format!("the listed tasks are no part of a plan: {}", first.message)
            }
            Some(first) => format!(
                "the listed tasks are no part of a plan: {}, and {} more",
                first.message,
                count - 1
            ),
            None => "the listed tasks are no part of a plan".to_owned(),
        };
        let mut error = AgentError::new(ErrorCode::InvalidInput, message);
        error.help = self.kept.iter().find_map(|mistake| mistake.help.clone());
        for mistake in self.kept.into_iter().take(MOST_TOLD) {
            let at = format!("{pointer}{}", node::pointer_of(value, mistake.span.start));
            error = error.with_label(at, mistake.message);
        }
        error
    }
}

impl Origin<'_> {
    /// Where `span` is, in brackets.
    pub(crate) fn place(&self, span: Span) -> String {
        match self {
            Self::File { text } => format!("(line {})", line_of(text, span.range().start)),
            Self::Output { pointer, value } => {
                format!("(at {pointer}{})", node::pointer_of(value, span.start))
            }
        }
    }
}
