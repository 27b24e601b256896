//! The one configuration of the template engine: strict, bounded, without I/O and time.

use std::io::{self, Write};
use std::sync::LazyLock;

use minijinja::value::ValueKind;
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, Expression, Output, State, Template,
    UndefinedBehavior, Value,
};
use serde_json::Value as Json;

use super::tokens::{Piece, TokenKind, pieces, tag_end, tokens};
use crate::compact::{self, Keep};

/// Steps of the engine for one text.
const FUEL: u64 = 2_000_000;
/// Names and operators of one expression at the most.
const MOST_LINKS: usize = 300;
/// Branches of a template at the most.
const MOST_BRANCHES: usize = 100;
/// Longest text that comes of a template, in bytes.
pub(crate) const LONGEST_RENDERED: usize = 16 << 20;

/// The engine.
pub(crate) static ENGINE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_auto_escape_callback(|_| AutoEscape::None);
    engine.set_keep_trailing_newline(true);
    engine.set_fuel(Some(FUEL));
    engine.set_formatter(format);
    // There is nothing that is escaped, and nothing to debug for.
    for filter in ["safe", "escape", "e", "pprint"] {
        engine.remove_filter(filter);
    }
    engine.remove_global("debug");
    engine.add_filter("json", json);
    engine.add_filter("compact", compact);
    engine
});

/// The template `text`.
pub(crate) fn template(text: &str) -> Result<Template<'_, '_>, Error> {
    let mut branches = 0;
    for piece in pieces(text) {
        match piece {
            Piece::Expression(_, inner) => bound(inner)?,
            Piece::Statement(_, inner) => {
                branches += usize::from(inner.trim_start().starts_with("el"));
                bound(inner)?;
            }
            Piece::Text(_) => {}
        }
    }
    if branches > MOST_BRANCHES {
        let detail = format!("it has more than {MOST_BRANCHES} branches `elif` and `else`");
        return Err(Error::new(ErrorKind::SyntaxError, detail));
    }
    ENGINE.template_from_str(text)
}

/// The expression `text`.
pub(crate) fn expression(text: &str) -> Result<Expression<'_, '_>, Error> {
    // The engine panics where it finds the end of a tag that it has not begun.
    if tag_end(text, "}}").is_some() {
        let detail = "unexpected end of a tag";
        return Err(Error::new(ErrorKind::SyntaxError, detail));
    }
    bound(text)?;
    ENGINE.compile_expression(text)
}

/// Refuses chains of operators that the engine, which follows them by recursion, could
/// not follow on a small stack. Brackets within brackets it bounds by itself.
fn bound(expression: &str) -> Result<(), Error> {
    let links = tokens(expression)
        .into_iter()
        .filter(|token| match token.kind {
            TokenKind::Text | TokenKind::Number => false,
            TokenKind::Name => true,
            TokenKind::Sign => !matches!(token.text, "," | ":" | ")" | "]" | "{" | "}"),
        });
    if links.count() <= MOST_LINKS {
        return Ok(());
    }
    let detail = format!("one of its expressions has more than {MOST_LINKS} names and operators");
    Err(Error::new(ErrorKind::SyntaxError, detail))
}

/// The message of an error of the engine, on one line.
pub(crate) fn message(error: &Error) -> String {
    let mut message = match (error.kind(), error.detail()) {
        (ErrorKind::OutOfFuel, _) => "it takes too many steps".to_owned(),
        (ErrorKind::UndefinedError, None) => "it reads something that is not there".to_owned(),
        (ErrorKind::WriteFailure, _) => {
            format!("its text is longer than {LONGEST_RENDERED} bytes")
        }
        (kind, None) => kind.to_string(),
        (ErrorKind::SyntaxError, Some(detail)) => detail.to_owned(),
        (kind, Some(detail)) => format!("{kind}: {detail}"),
    };
    if let Some(line) = error.line().filter(|line| *line > 1) {
        message = format!("{message} (in its line {line})");
    }
    message
}

/// Collects the text of a template up to the longest that is allowed.
#[derive(Default)]
pub(crate) struct Bounded(pub(crate) Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > LONGEST_RENDERED {
            return Err(io::Error::other("too long"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A value of the engine as JSON.
pub(crate) fn to_json(value: &Value) -> Result<Json, Error> {
    serde_json::to_value(value).map_err(|error| {
        Error::new(
            ErrorKind::BadSerialization,
            format!("it is not JSON: {error}"),
        )
    })
}

/// Texts stand as they are, everything else as JSON.
fn format(output: &mut Output<'_>, _: &State<'_, '_>, value: &Value) -> Result<(), Error> {
    let written = match value.as_str() {
        Some(text) => output.write_str(text),
        None if value.kind() == ValueKind::Undefined => {
            return Err(Error::from(ErrorKind::UndefinedError));
        }
        None => output.write_str(&json(value)?),
    };
    written.map_err(|_| Error::from(ErrorKind::WriteFailure))
}

fn json(value: &Value) -> Result<String, Error> {
    Ok(to_json(value)?.to_string())
}

fn compact(value: &Value, tokens: u32, keep: Option<&str>) -> Result<Value, Error> {
    let keep = match keep {
        None | Some("middle") => Keep::Middle,
        Some("head") => Keep::Head,
        Some("tail") => Keep::Tail,
        Some(_) => {
            let detail = "compact keeps \"head\", \"tail\" or \"middle\"";
            return Err(Error::new(ErrorKind::InvalidOperation, detail));
        }
    };
    if let Some(text) = value.as_str() {
        return Ok(Value::from(compact::text(text, tokens, keep).into_owned()));
    }
    let shortened = compact::value(&to_json(value)?, tokens, keep);
    Ok(Value::from_serialize(&shortened))
}
