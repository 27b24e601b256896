//! Lines that name their parts: one JSON object, or `level=info msg="..."`.

use std::borrow::Cow;

use memchr::memmem;
use serde_json::{Map, Value};

use super::header::{Header, Level};
use super::times::{self, Stamp};
use crate::Moment;

const MESSAGES: [&str; 6] = ["message", "msg", "event", "body", "text", "log"];
const LEVELS: [&str; 6] = [
    "level",
    "severity",
    "lvl",
    "levelname",
    "log.level",
    "loglevel",
];
const TIMES: [&str; 6] = ["time", "timestamp", "ts", "@timestamp", "date", "t"];
const LOGGERS: [&str; 4] = ["logger", "target", "component", "module"];
/// What failed, which belongs to what is said.
const ERRORS: [&str; 3] = ["error", "err", "exception"];

/// Takes such a line apart; `None` where it is none.
pub(super) fn header(line: &[u8]) -> Option<Header<'_>> {
    let line = line.trim_ascii();
    match line.first()? {
        b'{' => json(line),
        _ => pairs(line),
    }
}

fn json(line: &[u8]) -> Option<Header<'_>> {
    let fields: Map<String, Value> = serde_json::from_slice(line).ok()?;
    let text = |keys: &[&str]| keys.iter().find_map(|key| fields.get(*key)?.as_str());
    let message = text(&MESSAGES)?;
    let message = match text(&ERRORS) {
        Some(error) if error != message => format!("{message}: {error}"),
        _ => message.to_owned(),
    };
    let value = |keys: &[&str]| keys.iter().find_map(|key| fields.get(*key));
    Some(Header {
        stamp: value(&TIMES).and_then(stamp),
        level: value(&LEVELS).and_then(level),
        logger: text(&LOGGERS).map(|name| Cow::Owned(name.as_bytes().to_vec())),
        message: Cow::Owned(message.into_bytes()),
    })
}

fn stamp(value: &Value) -> Option<Stamp> {
    if let Value::String(text) = value {
        return times::read(text.as_bytes()).map(|(stamp, _)| stamp);
    }
    let number = value.as_f64()?;
    // Seconds reach this number in the year 5138, milliseconds did in 1973.
    let milliseconds = if number.abs() < 1e11 {
        number * 1e3
    } else {
        number
    };
    Moment::from_milliseconds(milliseconds as i64).map(Stamp::Whole)
}

/// A level by name, or by number as loggers of JavaScript have it: 30 is information.
fn level(value: &Value) -> Option<Level> {
    if let Value::String(name) = value {
        return Level::of(name.as_bytes());
    }
    Some(match value.as_u64()? {
        10..20 => Level::Trace,
        20..30 => Level::Debug,
        30..40 => Level::Info,
        40..50 => Level::Warning,
        50..60 => Level::Error,
        60..70 => Level::Fatal,
        _ => return None,
    })
}

/// `time=... level=info msg="..."`; a line without both level and message is none.
fn pairs(line: &[u8]) -> Option<Header<'_>> {
    // Most lines have no such key, and none of them is walked through.
    memmem::find(line, b"level=").or_else(|| memmem::find(line, b"lvl="))?;
    let pairs: Vec<(&[u8], &[u8])> = Pairs { rest: line }.collect();
    let field = |keys: &[&str]| {
        let mut fields = keys.iter().filter_map(|key| {
            let mut named = pairs.iter().filter(|(name, _)| *name == key.as_bytes());
            named.next().map(|(_, value)| *value)
        });
        fields.next()
    };
    let level = field(&["level", "lvl"])?;
    let message = field(&["msg", "message"])?;
    let message = match field(&ERRORS) {
        Some(error) => Cow::Owned([message, b": ", error].concat()),
        None => Cow::Borrowed(message),
    };
    let time = field(&["time", "ts", "t"]).and_then(times::read);
    Some(Header {
        stamp: time.map(|(stamp, _)| stamp),
        level: Level::of(level),
        logger: field(&["logger"]).map(Cow::Borrowed),
        message,
    })
}

/// The pairs of a line from left to right, values without their quotes; what is no pair is
/// passed over.
struct Pairs<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            self.rest = self.rest.trim_ascii_start();
            let end = memchr::memchr3(b'=', b' ', b'"', self.rest)?;
            let (key, rest) = self.rest.split_at(end);
            if rest[0] == b'=' {
                let value = self.value(&rest[1..]);
                if !key.is_empty() && !value.is_empty() {
                    return Some((key, value));
                }
            } else {
                // What is in quotes by itself is no pair, whatever is in it.
                self.value(rest);
            }
        }
    }
}

impl<'a> Pairs<'a> {
    /// The value at the beginning of a text, and goes on behind it.
    fn value(&mut self, text: &'a [u8]) -> &'a [u8] {
        let Some(quoted) = text.strip_prefix(b"\"") else {
            let end = memchr::memchr(b' ', text).unwrap_or(text.len());
            self.rest = &text[end..];
            return &text[..end];
        };
        let end = closing_quote(quoted).unwrap_or(quoted.len());
        self.rest = quoted.get(end + 1..).unwrap_or_default();
        &quoted[..end]
    }
}

/// Where a quoted text ends: a backslash takes the meaning of what is behind it, another
/// backslash too.
fn closing_quote(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts(line: &str) -> Option<(Option<&'static str>, String, Option<String>)> {
        let header = header(line.as_bytes())?;
        let message = String::from_utf8(header.message.into_owned()).unwrap();
        let at = header.stamp.and_then(|stamp| stamp.moment(None));
        Some((
            header.level.map(Level::as_str),
            message,
            at.map(|at| at.to_string()),
        ))
    }

    #[test]
    fn json_and_pairs_are_read_alike() {
        let at = Some("2026-11-21T18:02:00Z".to_owned());
        for line in [
            r#"{"time":"2026-11-21T18:02:00Z","level":"error","msg":"it broke"}"#,
            r#"  {"ts":1795284120,"severity":"ERROR","message":"it broke","n":[{}]}"#,
            r#"{"timestamp":1795284120000,"level":50,"event":"it broke"}"#,
            r#"time=2026-11-21T18:02:00Z level=error msg="it broke" n=4"#,
        ] {
            let expected = Some((Some("error"), "it broke".to_owned(), at.clone()));
            assert_eq!(parts(line), expected, "{line}");
        }
    }

    #[test]
    fn what_stands_in_quotes_is_no_pair() {
        for (line, level, message) in [
            (
                r#"msg="set level=error for x" level=info"#,
                "info",
                "set level=error for x",
            ),
            (r#""level=error msg=x" level=info msg=b"#, "info", "b"),
            (r#"msg="a \\" level=warn"#, "warning", r"a \\"),
            (
                r#"msg="say \"level=error\"" level=info"#,
                "info",
                r#"say \"level=error\""#,
            ),
            (r#"level=info msg="not closed"#, "info", "not closed"),
            (r#"level= lvl=info msg=a"#, "info", "a"),
        ] {
            let parts = parts(line).unwrap();
            assert_eq!(
                (parts.0, parts.1.as_str()),
                (Some(level), message),
                "{line}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_line_is_walked_through(line in "[a-c=\" \\\\]{0,40}") {
            let line = format!("level=info {line}");
            let pairs: Vec<_> = Pairs { rest: line.as_bytes() }.collect();
            prop_assert_eq!(pairs[0], (&b"level"[..], &b"info"[..]));
        }
    }

    #[test]
    fn what_failed_belongs_to_the_message() {
        for line in [
            r#"{"level":"warn","msg":"no answer","error":"timed out"}"#,
            r#"level=warn msg="no answer" err="timed out""#,
        ] {
            assert_eq!(parts(line).unwrap().1, "no answer: timed out");
        }
    }

    #[test]
    fn other_lines_are_not_taken_apart() {
        for line in [
            "",
            "{",
            "{}",
            r#"{"level":"info"}"#,
            "msg=a b",
            "level=",
            "a level=b",
        ] {
            assert_eq!(parts(line), None, "{line}");
        }
    }
}
