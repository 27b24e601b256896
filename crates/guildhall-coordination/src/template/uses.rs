//! Which names a template or a condition reads.

use super::tokens::{Token, TokenKind, tokens};
use crate::id::TaskKey;
use crate::source_text::nearest;

/// What `task` has in templates.
pub(crate) const TASK_FIELDS: [&str; 8] = [
    "id",
    "title",
    "description",
    "complexity",
    "minutes",
    "kind",
    "tags",
    "parent",
];
/// What `run` has in templates.
pub(crate) const RUN_FIELDS: [&str; 3] = ["id", "name", "description"];
/// What a result has in templates.
pub(crate) const RESULT_FIELDS: [&str; 6] = [
    "status",
    "output",
    "error",
    "attempts",
    "workspace",
    "children",
];

/// Names that templates know, by what they stand for.
const ROOTS: [&str; 8] = [
    "task", "item", "index", "run", "shared", "results", "param", "output",
];
/// Words of the language. Filters and tests are not among them: their place tells them.
const WORDS: [&str; 22] = [
    "if",
    "else",
    "elif",
    "endif",
    "for",
    "endfor",
    "in",
    "is",
    "not",
    "and",
    "or",
    "true",
    "false",
    "none",
    "True",
    "False",
    "None",
    "raw",
    "endraw",
    "recursive",
    "set",
    "endset",
];

/// The filters of templates and conditions.
pub(crate) const FILTERS: [&str; 45] = [
    "abs",
    "attr",
    "batch",
    "bool",
    "capitalize",
    "chain",
    "compact",
    "count",
    "d",
    "default",
    "dictsort",
    "first",
    "float",
    "format",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "json",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "select",
    "selectattr",
    "slice",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "trim",
    "unique",
    "upper",
    "zip",
];
/// The tests of templates and conditions, as in `x is defined`.
pub(crate) const TESTS: [&str; 28] = [
    "boolean",
    "defined",
    "divisibleby",
    "endingwith",
    "eq",
    "equalto",
    "even",
    "false",
    "float",
    "ge",
    "gt",
    "in",
    "integer",
    "iterable",
    "le",
    "lower",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "sequence",
    "startingwith",
    "string",
    "true",
    "undefined",
    "upper",
];

/// What a template or a condition reads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Uses {
    /// The tasks whose results it reads, by the names that it uses, in order and once
    /// each.
    pub(crate) results: Vec<TaskKey>,
    /// The other names at the top: `task`, `item`, `index`, `run`, `shared`, `output`.
    pub(crate) names: Vec<String>,
    /// Whether there are names that only the engine can tell: those of loops, of
    /// assignments and of functions.
    pub(crate) others: bool,
}

impl Uses {
    /// Whether it reads the name `name`.
    pub(crate) fn reads(&self, name: &str) -> bool {
        self.names.iter().any(|used| used == name)
    }

    /// Adds what an expression or the content of a statement reads.
    pub(crate) fn scan(&mut self, expression: &str) -> Result<(), String> {
        let tokens = tokens(expression);
        let names = tokens.iter().enumerate();
        for (at, token) in names.filter(|(_, token)| token.kind == TokenKind::Name) {
            match role(&tokens[..at], token) {
                Role::Name => self.name(token.text, &tokens[at + 1..])?,
                Role::Attribute => {}
                Role::Filter => check_known("filter", token.text, &FILTERS)?,
                Role::Test => check_known("test", token.text, &TESTS)?,
            }
        }
        Ok(())
    }

    fn name(&mut self, name: &str, rest: &[Token<'_>]) -> Result<(), String> {
        match name {
            "results" => self.result(rest),
            "task" => self.field("task", rest, &TASK_FIELDS),
            "run" => self.field("run", rest, &RUN_FIELDS),
            _ if ROOTS.contains(&name) => {
                self.add_name(name);
                Ok(())
            }
            _ => {
                self.others |= !WORDS.contains(&name);
                Ok(())
            }
        }
    }

    fn field(&mut self, name: &str, rest: &[Token<'_>], known: &[&str]) -> Result<(), String> {
        self.add_name(name);
        match rest {
            [dot, field, ..] if dot.is(".") => check_field(name, field, known),
            _ => Ok(()),
        }
    }

    fn result(&mut self, rest: &[Token<'_>]) -> Result<(), String> {
        let (name, rest) = match rest {
            [dot, name, rest @ ..] if dot.is(".") && name.kind == TokenKind::Name => {
                if let Some(id) = dashed(name, rest) {
                    return Err(format!(
                        "the `-` in `results.{id}` is a minus: write results[\"{id}\"]"
                    ));
                }
                (name.text.to_owned(), rest)
            }
            [open, name, close, rest @ ..]
                if open.is("[") && name.kind == TokenKind::Text && close.is("]") =>
            {
                (without_quotes(name.text)?, rest)
            }
            _ => {
                return Err(
                    "`results` is read one task at a time: write results.ID or results[\"ID\"]"
                        .to_owned(),
                );
            }
        };
        if let [dot, field, ..] = rest
            && dot.is(".")
        {
            check_field(&format!("results.{name}"), field, &RESULT_FIELDS)?;
        }
        let key = TaskKey::new(name.as_str());
        let key = key.map_err(|_| format!("`results.{name}` names no task: {name:?} is no id"))?;
        if !self.results.contains(&key) {
            self.results.push(key);
        }
        Ok(())
    }

    fn add_name(&mut self, name: &str) {
        if !self.reads(name) {
            self.names.push(name.to_owned());
        }
    }
}

/// What a word stands for.
enum Role {
    Name,
    Attribute,
    Filter,
    Test,
}

/// What the word `token` stands for after `before`.
fn role(before: &[Token<'_>], token: &Token<'_>) -> Role {
    match before {
        [.., is, not] if is.text == "is" && not.text == "not" => Role::Test,
        [.., is] if is.text == "is" && token.text != "not" => Role::Test,
        [.., dot] if dot.is(".") => Role::Attribute,
        [.., bar] if bar.is("|") => Role::Filter,
        _ => Role::Name,
    }
}

fn check_known(what: &str, name: &str, known: &[&str]) -> Result<(), String> {
    if known.contains(&name) {
        return Ok(());
    }
    let help = match nearest(name, known.iter().copied()) {
        Some(near) => format!(": did you mean `{near}`?"),
        None => String::new(),
    };
    Err(format!("there is no {what} `{name}`{help}"))
}

/// The id that was meant by `results.code-review`, whose `-` is a minus.
fn dashed(name: &Token<'_>, rest: &[Token<'_>]) -> Option<String> {
    let mut id = name.text.to_owned();
    let mut end = name.range.end;
    for pair in rest.chunks(2) {
        let [minus, next] = pair else { break };
        let joined = minus.range.start == end && next.range.start == minus.range.end;
        let is_word = matches!(next.kind, TokenKind::Name | TokenKind::Number);
        if !(minus.is("-") && is_word && joined) {
            break;
        }
        id = format!("{id}-{}", next.text);
        end = next.range.end;
    }
    (id != name.text).then_some(id)
}

fn check_field(owner: &str, field: &Token<'_>, known: &[&str]) -> Result<(), String> {
    if known.contains(&field.text) {
        return Ok(());
    }
    Err(format!(
        "`{owner}` has no `{}`, only {}",
        field.text,
        known.join(", ")
    ))
}

fn without_quotes(text: &str) -> Result<String, String> {
    let inner = text
        .get(1..text.len().saturating_sub(1))
        .unwrap_or_default();
    if inner.contains('\\') {
        return Err("an id in results[\"ID\"] has no escapes".to_owned());
    }
    Ok(inner.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::engine::ENGINE;
    use super::*;

    /// An unknown filter or test is told apart from one that was used in a wrong way.
    fn knows(expression: &str, unknown: minijinja::ErrorKind) -> bool {
        let result = ENGINE.compile_expression(expression).unwrap().eval(());
        !matches!(result, Err(error) if error.kind() == unknown)
    }

    #[test]
    fn the_engine_has_the_filters_and_tests_that_are_listed() {
        for filter in FILTERS {
            let expression = format!("'x'|{filter}");
            assert!(
                knows(&expression, minijinja::ErrorKind::UnknownFilter),
                "{filter}"
            );
        }
        for test in TESTS {
            let expression = format!("'x' is {test}");
            assert!(
                knows(&expression, minijinja::ErrorKind::UnknownTest),
                "{test}"
            );
        }
        assert!(!knows("'x'|shout", minijinja::ErrorKind::UnknownFilter));
        assert!(!knows("'x' is loud", minijinja::ErrorKind::UnknownTest));
    }
}
