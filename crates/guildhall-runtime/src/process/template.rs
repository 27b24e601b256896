//! Arguments with placeholders. A placeholder is replaced within its argument, which
//! stays one argument whatever the value holds; no shell ever reads it.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One argument, with placeholders such as `{prompt}`; `{{` and `}}` are braces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Value(Placeholder),
}

/// What a placeholder stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placeholder {
    Prompt,
    PromptFile,
    InputFile,
    OutputFile,
    Model,
    Tools,
    Workspace,
    Task,
    Run,
    Attempt,
    IdempotencyKey,
}

/// Each placeholder and its name.
const NAMES: [(Placeholder, &str); 11] = [
    (Placeholder::Prompt, "prompt"),
    (Placeholder::PromptFile, "prompt-file"),
    (Placeholder::InputFile, "input-file"),
    (Placeholder::OutputFile, "output-file"),
    (Placeholder::Model, "model"),
    (Placeholder::Tools, "tools"),
    (Placeholder::Workspace, "workspace"),
    (Placeholder::Task, "task"),
    (Placeholder::Run, "run"),
    (Placeholder::Attempt, "attempt"),
    (Placeholder::IdempotencyKey, "idempotency-key"),
];

impl Placeholder {
    /// The name between the braces.
    pub(super) fn name(self) -> &'static str {
        NAMES
            .iter()
            .find(|(placeholder, _)| *placeholder == self)
            .map_or("", |(_, name)| name)
    }
}

impl Template {
    /// Whether the placeholder stands in it.
    pub(super) fn uses(&self, placeholder: Placeholder) -> bool {
        self.parts.contains(&Part::Value(placeholder))
    }

    /// The argument, with the value of each placeholder from `value`.
    pub(super) fn fill<E>(
        &self,
        mut value: impl FnMut(Placeholder) -> Result<OsString, E>,
    ) -> Result<OsString, E> {
        let mut filled = OsString::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => filled.push(OsStr::new(text)),
                Part::Value(placeholder) => filled.push(value(*placeholder)?),
            }
        }
        Ok(filled)
    }
}

impl FromStr for Template {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                plain.push_str(brace);
                rest = after;
                continue;
            }
            let (placeholder, after) = placeholder(brace, rest, text)?;
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain)));
            }
            parts.push(Part::Value(placeholder));
            rest = after;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self { parts })
    }
}

/// Reads a placeholder whose `{` was read; gives it and what follows its `}`.
fn placeholder<'a>(
    brace: &str,
    rest: &'a str,
    whole: &str,
) -> Result<(Placeholder, &'a str), String> {
    let (name, after) = match rest.split_once('}') {
        Some(found) if brace == "{" => found,
        _ => {
            return Err(format!(
                "{whole:?} has a single {brace:?}; write it twice where a brace is meant"
            ));
        }
    };
    let known = NAMES.iter().find(|(_, known)| *known == name);
    let (placeholder, _) = known.ok_or_else(|| {
        let names: Vec<String> = NAMES.iter().map(|(_, name)| format!("{{{name}}}")).collect();
        format!(
            "{{{name}}} is no placeholder: there are {}; write {{{{ and }}}} where braces are meant",
            names.join(", ")
        )
    })?;
    Ok((*placeholder, after))
}

impl TryFrom<String> for Template {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Template> for String {
    fn from(template: Template) -> String {
        template.to_string()
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            match part {
                Part::Text(text) => f.write_str(&text.replace('{', "{{").replace('}', "}}"))?,
                Part::Value(placeholder) => write!(f, "{{{}}}", placeholder.name())?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    fn filled(text: &str) -> String {
        let template: Template = text.parse().unwrap();
        let filled = template
            .fill(|placeholder| Ok::<_, Infallible>(format!("<{}>", placeholder.name()).into()));
        filled.unwrap().into_string().unwrap()
    }

    #[test]
    fn placeholders_are_filled_and_doubled_braces_are_braces() {
        assert_eq!(filled("--model={model}"), "--model=<model>");
        assert_eq!(
            filled("{prompt}{idempotency-key}"),
            "<prompt><idempotency-key>"
        );
        assert_eq!(filled("{{prompt}} {{{task}}}"), "{prompt} {<task>}");
        assert_eq!(filled(""), "");
    }

    #[test]
    fn what_is_no_placeholder_is_named() {
        let cases = [
            ("{promt}", "{promt} is no placeholder"),
            ("a } b", "single \"}\""),
            ("a { b", "single \"{\""),
            (r#"{"a":1}"#, "is no placeholder"),
        ];
        for (text, expected) in cases {
            let error = text.parse::<Template>().unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_what_is_read_is_written_back(text in ".*") {
            if let Ok(template) = text.parse::<Template>() {
                prop_assert_eq!(template.to_string().parse::<Template>().unwrap(), template);
            }
        }

        #[test]
        fn text_with_doubled_braces_comes_out_as_it_was(text in ".*") {
            let escaped = text.replace('{', "{{").replace('}', "}}");
            prop_assert_eq!(filled(&escaped), text);
        }
    }
}
