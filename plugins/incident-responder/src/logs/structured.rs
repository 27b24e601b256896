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
    let level = field(line, "level").or_else(|| field(line, "lvl"))?;
    let message = field(line, "msg").or_else(|| field(line, "message"))?;
    let time = ["time", "ts", "t"].iter().find_map(|key| field(line, key));
    let message = match ERRORS.iter().find_map(|key| field(line, key)) {
        Some(error) => Cow::Owned([message, b": ", error].concat()),
        None => Cow::Borrowed(message),
    };
    Some(Header {
        stamp: time.and_then(times::read).map(|(stamp, _)| stamp),
        level: Level::of(level),
        logger: field(line, "logger").map(Cow::Borrowed),
        message,
    })
}

/// The value of `key=`, without its quotes.
fn field<'a>(line: &'a [u8], key: &str) -> Option<&'a [u8]> {
    let is_start = |at: usize| at == 0 || line[at - 1] == b' ';
    let at = memmem::find_iter(line, key.as_bytes())
        .find(|at| is_start(*at) && line.get(at + key.len()) == Some(&b'='))?;
    let value = &line[at + key.len() + 1..];
    if let Some(quoted) = value.strip_prefix(b"\"") {
        let mut ends = memchr::memchr_iter(b'"', quoted);
        let end = ends.find(|end| *end == 0 || quoted[end - 1] != b'\\');
        return Some(&quoted[..end.unwrap_or(quoted.len())]);
    }
    let end = memchr::memchr(b' ', value).unwrap_or(value.len());
    (end > 0).then_some(&value[..end])
}

#[cfg(test)]
mod tests {
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
