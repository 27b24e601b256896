//! Conditions on results.

use guildhall_core::{AgentError, ErrorCode};

use crate::error::CoordinationError;
use crate::id::TaskKey;
use crate::source_text::printable;
use crate::template::{Uses, Values, check_names, expression, message};

/// A condition: an expression that is true or false.
///
/// ```
/// use guildhall_coordination::{Condition, ResultView, TaskStatus, Values};
/// use serde_json::json;
///
/// let condition = Condition::parse("results.list.output.count > 3")?;
/// assert_eq!(condition.uses(), ["list".parse()?]);
/// let mut values = Values::default();
/// let mut list = ResultView::new(TaskStatus::Completed);
/// list.output = Some(json!({"count": 4}));
/// values.results.insert("list".parse()?, list);
/// assert!(condition.holds(&values)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition<'t> {
    text: &'t str,
    uses: Uses,
}

impl<'t> Condition<'t> {
    /// Checks `text`.
    ///
    /// # Errors
    /// [`CoordinationError::BadExpression`] where it is no expression, or reads results
    /// in a way that does not tell which.
    pub fn parse(text: &'t str) -> Result<Self, CoordinationError> {
        let uses = check(text).map_err(|reason| CoordinationError::BadExpression {
            what: "condition",
            reason,
        })?;
        Ok(Self { text, uses })
    }

    /// The tasks whose results it reads, by the names that it uses. See
    /// [`names_of`](crate::names_of) for which task a name means.
    pub fn uses(&self) -> Vec<TaskKey> {
        self.uses.results.clone()
    }

    /// Everything that it reads.
    pub(crate) fn all_uses(self) -> Uses {
        self.uses
    }

    /// Whether it holds.
    ///
    /// # Errors
    /// With the code `invalid-input` where it reads what is not there, or is neither true
    /// nor false.
    pub fn holds(&self, values: &Values) -> Result<bool, AgentError> {
        let fails = |reason: String| {
            let text = printable(self.text);
            let message = format!(
                "the condition `{text}` of task {} cannot be decided: {reason}",
                values.task.id
            );
            AgentError::new(ErrorCode::InvalidInput, message)
        };
        let value = expression(self.text)
            .and_then(|expression| expression.eval(values.context()))
            .map_err(|error| fails(message(&error)))?;
        if value.is_undefined() {
            let missing = minijinja::ErrorKind::UndefinedError;
            return Err(fails(message(&missing.into())));
        }
        let decided = bool::try_from(value.clone());
        decided.map_err(|_| fails(format!("it is {}, not true or false", value.kind())))
    }
}

fn check(text: &str) -> Result<Uses, String> {
    if text.trim_start().starts_with("{{") {
        return Err("a condition is an expression without `{{` and `}}`".to_owned());
    }
    let expression = expression(text);
    let expression = expression.map_err(|error| message(&error))?;
    let mut uses = Uses::default();
    uses.scan(text)?;
    if uses.others {
        check_names(expression.undeclared_variables(false))?;
    }
    Ok(uses)
}
