//! What stands before the message of a line: when, how bad, who. What is not recognised
//! stays in the message.

use std::borrow::Cow;

use super::spans::{MONTHS, is_space};
use super::structured;
use super::times::{self, Stamp};

/// Bytes behind the time in which a level is looked for.
const LEVEL_WITHIN: usize = 120;

/// How bad a line says it is, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Every step.
    Trace,
    /// For whoever looks for a fault.
    Debug,
    /// What is usual.
    Info,
    /// Usual, but worth knowing.
    Notice,
    /// It went on, but should not be so.
    Warning,
    /// Something failed.
    Error,
    /// Nothing goes on.
    Fatal,
}

/// A line in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header<'a> {
    /// When it was written, as far as it says.
    pub stamp: Option<Stamp>,
    /// How bad it says it is.
    pub level: Option<Level>,
    /// The logger, the program or the class that it names.
    pub logger: Option<Cow<'a, [u8]>>,
    /// The rest.
    pub message: Cow<'a, [u8]>,
}

/// The words for levels, as logs write them.
const LEVELS: [(&[u8], Level); 19] = [
    (b"TRACE", Level::Trace),
    (b"DEBUG", Level::Debug),
    (b"INFO", Level::Info),
    (b"NOTICE", Level::Notice),
    (b"WARNING", Level::Warning),
    (b"WARN", Level::Warning),
    (b"ERROR", Level::Error),
    (b"ERR", Level::Error),
    (b"SEVERE", Level::Error),
    (b"CRITICAL", Level::Fatal),
    (b"CRIT", Level::Fatal),
    (b"FATAL", Level::Fatal),
    (b"PANIC", Level::Fatal),
    (b"V", Level::Trace),
    (b"D", Level::Debug),
    (b"I", Level::Info),
    (b"W", Level::Warning),
    (b"E", Level::Error),
    (b"F", Level::Fatal),
];

/// Takes a line apart.
///
/// ```
/// use incident_responder::logs::{Level, header};
///
/// let line = b"2026-11-21 18:02:00,125 ERROR [main] app.Store: disk is full";
/// let header = header(line);
/// assert_eq!(header.level, Some(Level::Error));
/// assert_eq!(header.logger.as_deref(), Some(&b"app.Store"[..]));
/// assert_eq!(&*header.message, b"disk is full");
/// ```
pub fn header(line: &[u8]) -> Header<'_> {
    structured::header(line).unwrap_or_else(|| plain(line))
}

impl Level {
    /// The name, for example `error`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }

    /// The level that a word of any case names; a single letter names none.
    pub(super) fn of(word: &[u8]) -> Option<Self> {
        let word = word.to_ascii_uppercase();
        match word.as_slice() {
            b"ALERT" | b"EMERG" | b"EMERGENCY" => return Some(Self::Fatal),
            b"INFORMATION" => return Some(Self::Info),
            _ => {}
        }
        let mut long = LEVELS.iter().filter(|(name, _)| name.len() > 1);
        let named = long.find(|(name, _)| *name == word.as_slice());
        named.map(|(_, level)| *level)
    }
}

/// A line that begins with a time; the whole line as it is where it does not.
fn plain(line: &[u8]) -> Header<'_> {
    let whole = Header {
        stamp: None,
        level: None,
        logger: None,
        message: line.into(),
    };
    let Some(Opening {
        stamp,
        is_named,
        at,
    }) = opening(line)
    else {
        return whole;
    };
    let timed = Header {
        stamp: Some(stamp),
        ..whole
    };
    let rest = &line[at..];
    if is_named && let Some((program, message)) = syslog(rest) {
        return Header {
            logger: Some(program.into()),
            message: message.into(),
            ..timed
        };
    }
    let Some((level, at)) = level(rest) else {
        return Header {
            message: rest.into(),
            ..timed
        };
    };
    let rest = behind_thread(&rest[at..]);
    let (logger, message) = logger(rest);
    Header {
        level: Some(level),
        logger: logger.map(Into::into),
        message: message.into(),
        ..timed
    }
}

/// What stands at the beginning of a line.
struct Opening {
    stamp: Stamp,
    /// Whether the month is a name, as syslog writes it.
    is_named: bool,
    /// Where what follows begins.
    at: usize,
}

/// The time at the beginning. Before it there may be a dash, a number and a priority.
fn opening(line: &[u8]) -> Option<Opening> {
    let dashes = [line.starts_with(b"- ").then_some(2), Some(0)];
    let numbers = |at: usize| [number(line, at), Some(at)];
    let ways = dashes.into_iter().flatten().flat_map(numbers).flatten();
    let ways = ways.flat_map(|at| priority(line, at).into_iter().flatten());
    let mut ways = ways.map(|at| at + usize::from(line.get(at) == Some(&b'[')));
    ways.find_map(|start| {
        let (stamp, length) = times::read(&line[start..])?;
        let end = start + length;
        let end = end + usize::from(line.get(end) == Some(&b']'));
        Some(Opening {
            stamp: exact(stamp, line),
            is_named: line[start].is_ascii_uppercase(),
            at: end + spaces(&line[end..]),
        })
    })
}

/// The time, or the seconds since 1970 that stand before it, where it is only a day.
fn exact(stamp: Stamp, line: &[u8]) -> Stamp {
    let start = line.strip_prefix(b"- ").unwrap_or(line);
    match times::read(start) {
        Some((seconds @ Stamp::Whole(_), _)) if stamp == Stamp::Unknown => seconds,
        _ => stamp,
    }
}

/// Where a number and the space behind it end.
fn number(line: &[u8], at: usize) -> Option<usize> {
    let digits = times::digits(&line[at..]);
    let is_number = digits > 0 && line.get(at + digits) == Some(&b' ');
    is_number.then_some(at + digits + 1)
}

/// Where `<34>1 ` may end, the longest first, and where nothing of it is read.
fn priority(line: &[u8], at: usize) -> [Option<usize>; 4] {
    let end = || {
        let number = line[at..].strip_prefix(b"<")?;
        let digits = times::digits(number);
        (digits > 0 && number.get(digits) == Some(&b'>')).then_some(at + digits + 2)
    };
    let Some(end) = end() else {
        return [Some(at), None, None, None];
    };
    let space = |at: usize| at + usize::from(line.get(at) == Some(&b' '));
    let version = line.get(end).filter(|byte| byte.is_ascii_digit());
    [
        version.map(|_| space(end + 1)),
        Some(space(end)),
        Some(end),
        Some(at),
    ]
}

/// `host program[4711]: message`.
fn syslog(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let host = rest.iter().position(|byte| is_space(*byte))?;
    let program = rest[host..].strip_prefix(b" ").filter(|_| host > 0)?;
    let is_name = |byte: &u8| is_name(*byte) || matches!(byte, b'(' | b')');
    let length = program.iter().take_while(|byte| is_name(byte)).count();
    let message = behind_pid(&program[length..]).filter(|_| length > 0)?;
    Some((&program[..length], message))
}

/// What stands behind `[4711]: `, of which the number may be missing.
fn behind_pid(text: &[u8]) -> Option<&[u8]> {
    let pid = text.strip_prefix(b"[").and_then(|number| {
        let digits = times::digits(number);
        number[digits..].strip_prefix(b"]").filter(|_| digits > 0)
    });
    pid.unwrap_or(text).strip_prefix(b": ")
}

/// The first word that is a level, and where what follows it begins. Only what belongs to a
/// header may stand before it, since a message may hold such a word too.
fn level(rest: &[u8]) -> Option<(Level, usize)> {
    let start = &rest[..rest.len().min(LEVEL_WITHIN)];
    let begins = |at: usize| match at.checked_sub(1).map(|before| start[before]) {
        None | Some(b'[' | b'|' | b'-') => true,
        Some(before) => is_space(before),
    };
    let is_start = |at: &usize| start[*at].is_ascii_uppercase() && begins(*at);
    (0..start.len()).filter(is_start).find_map(|at| {
        let (word, level) = LEVELS
            .iter()
            .find(|(word, _)| is_level(&start[at..], word))?;
        let end = at + word.len();
        let is_header = match word.len() {
            1 => is_before_letter(&start[..at]) && is_behind_letter(&rest[end..]),
            _ => is_before_level(&start[..at], rest[end]),
        };
        let end = end + usize::from(matches!(rest[end], b']' | b':'));
        is_header.then(|| (*level, end + spaces(&rest[end..])))
    })
}

fn is_level(text: &[u8], word: &[u8]) -> bool {
    let Some(behind) = text.strip_prefix(word).and_then(|rest| rest.first()) else {
        return false;
    };
    let ends = is_space(*behind) || *behind == b'/';
    ends || (word.len() > 1 && matches!(behind, b']' | b':' | b'|' | b'-'))
}

/// Whether times, numbers, threads and names are all that stands before a level. An ordinary
/// word is a name where a sign parts it from the level, or the level is marked by one.
fn is_before_level(before: &[u8], behind: u8) -> bool {
    let is_parted = matches!(before.trim_ascii_end().last(), Some(b'-' | b'|' | b'['));
    let is_marked = is_parted || matches!(behind, b':' | b'|');
    let ordinary = words(before).filter(|word| is_ordinary(word)).count();
    ordinary <= usize::from(is_marked)
}

/// Whether only numbers and threads stand before a single letter.
fn is_before_letter(before: &[u8]) -> bool {
    let is_number = |word: &[u8]| word.iter().all(|byte| !byte.is_ascii_alphabetic());
    words(before).all(is_number)
}

/// Whether a name with its colon, or a slash, stands behind a single letter.
fn is_behind_letter(behind: &[u8]) -> bool {
    let mut names = words(behind);
    behind.first() == Some(&b'/') || names.next().is_some_and(|name| name.contains(&b':'))
}

/// The words of a text; what is in brackets is none.
fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut depth = 0_usize;
    let words = text.split(move |byte| {
        depth = match byte {
            b'[' => depth + 1,
            b']' => depth.saturating_sub(1),
            _ => depth,
        };
        is_space(*byte) || depth > 0 || *byte == b']'
    });
    words.filter(|word| !word.is_empty())
}

/// Whether a word is one of a sentence: letters alone, of which only the first may be a
/// capital. One letter, as in "I am", is one too.
fn is_ordinary(word: &[u8]) -> bool {
    let word = word
        .strip_suffix(b":")
        .or(word.strip_suffix(b","))
        .unwrap_or(word);
    let Some((first, rest)) = word.split_first() else {
        return false;
    };
    first.is_ascii_alphabetic()
        && rest
            .iter()
            .all(|byte| byte.is_ascii_lowercase() || *byte == b'\'')
}

/// What follows threads in brackets, numbers, dashes and further times.
fn behind_thread(mut text: &[u8]) -> &[u8] {
    for _ in 0..4 {
        let Some(rest) = [bracketed, digits, dashes, dash, time]
            .iter()
            .find_map(|part| {
                let rest = &text[part(text)?..];
                let is_end = matches!(rest.first(), Some(byte) if is_space(*byte) || *byte == b':');
                is_end.then(|| &rest[1..])
            })
        else {
            return text;
        };
        text = &rest[spaces(rest)..];
    }
    text
}

/// The end of `[...]`, in which there may be brackets once more.
fn bracketed(text: &[u8]) -> Option<usize> {
    let mut at = usize::from(text.first() == Some(&b'['));
    if at == 0 {
        return None;
    }
    loop {
        match text.get(at)? {
            b']' => return Some(at + 1),
            b'[' => at += text[at..].iter().position(|byte| *byte == b']')? + 1,
            _ => at += 1,
        }
    }
}

fn digits(text: &[u8]) -> Option<usize> {
    Some(times::digits(text)).filter(|digits| *digits > 0)
}

fn dashes(text: &[u8]) -> Option<usize> {
    text.starts_with(b"---").then_some(3)
}

fn dash(text: &[u8]) -> Option<usize> {
    text.starts_with(b"-").then_some(1)
}

fn time(text: &[u8]) -> Option<usize> {
    times::read(text).map(|(_, length)| length)
}

/// A logger before `: `, which has a point, a dollar sign or a capital letter, since a message
/// may begin with an ordinary word and a colon.
fn logger(rest: &[u8]) -> (Option<&[u8]>, &[u8]) {
    let is_part = |byte: &u8| is_name(*byte) || matches!(byte, b'$' | b'<' | b'>');
    let length = rest.iter().take_while(|byte| is_part(byte)).count();
    let name = &rest[..length];
    let is_logger = |byte: &u8| byte.is_ascii_uppercase() || matches!(byte, b'.' | b'$');
    match behind_pid(&rest[length..]) {
        Some(message) if name.iter().any(is_logger) => (Some(name), message),
        _ => (None, rest),
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 128 || matches!(byte, b'_' | b'.' | b'/' | b'-')
}

fn spaces(text: &[u8]) -> usize {
    text.iter().take_while(|byte| is_space(**byte)).count()
}

/// Whether a name of a month stands at the beginning.
pub(super) fn month(text: &[u8]) -> Option<u8> {
    let at = MONTHS.iter().position(|month| text.starts_with(*month))?;
    u8::try_from(at + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(line: &str) -> (Option<&'static str>, String, String) {
        let header = header(line.as_bytes());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (
            header.level.map(Level::as_str),
            text(&header.logger.unwrap_or_default()),
            text(&header.message),
        )
    }

    #[test]
    fn the_usual_headers_are_taken_off() {
        for (line, level, logger, message) in [
            (
                "2026-11-21 18:02:00,125 WARN  [pool-1] a.B: slow",
                Some("warning"),
                "a.B",
                "slow",
            ),
            (
                "2026-11-21T18:02:00.1Z ERROR app: note: it broke",
                Some("error"),
                "",
                "app: note: it broke",
            ),
            (
                "Nov  1 06:55:46 host sshd[24200]: Invalid user x",
                None,
                "sshd",
                "Invalid user x",
            ),
            (
                "<34>1 2026-11-21T18:02:00Z host app - started",
                None,
                "",
                "host app - started",
            ),
            (
                "[10.30 16:49:06] chrome.exe - closed",
                None,
                "",
                "chrome.exe - closed",
            ),
            (
                "081109 203615 148 INFO dfs.Node$X: ready",
                Some("info"),
                "dfs.Node$X",
                "ready",
            ),
            (
                "11-21 18:02:00.125  1702  2395 D Power: went off",
                Some("debug"),
                "Power",
                "went off",
            ),
            ("18:02:00 [ERROR] no disk", Some("error"), "", "no disk"),
            (
                "no header at all: ERROR here",
                None,
                "",
                "no header at all: ERROR here",
            ),
            ("2026-11-21 18:02:00 plain text", None, "", "plain text"),
            ("", None, "", ""),
        ] {
            let (l, n, m) = (level, logger.to_owned(), message.to_owned());
            assert_eq!(parts(line), (l, n, m), "{line}");
        }
    }

    #[test]
    fn of_a_day_and_seconds_the_seconds_are_the_time() {
        let header = header(b"- 1795284120 2026.11.21 node-1 INFO started");
        let at = header.stamp.and_then(|stamp| stamp.moment(None));
        assert_eq!(at.unwrap().to_string(), "2026-11-21T18:02:00Z");
        assert_eq!(&*header.message, b"started");
    }

    #[test]
    fn a_level_behind_words_of_a_message_cuts_nothing() {
        for message in [
            "disk D is full",
            "I am here",
            "the plan B failed: E is missing",
            "could not read ERROR page",
            "Started the job, INFO follows",
            "answer was ERROR: again",
        ] {
            let line = format!("2026-11-21 18:02:00 {message}");
            assert_eq!(parts(&line), (None, String::new(), message.to_owned()));
        }
        for (line, level) in [
            ("2026-11-21 18:02:00,125 - root - ERROR - x", "error"),
            ("2026-11-21 18:02:00 [a thread] WARN x", "warning"),
            ("2026-11-21 18:02:00 R02-M1-N0 RAS KERNEL INFO x", "info"),
            ("2026-11-21 18:02:00 12 my.Logger ERROR x", "error"),
            ("2026-11-21 18:02:00 main [ERROR] x", "error"),
            ("11-21 18:02:00.125 D/Power(17): x", "debug"),
        ] {
            assert_eq!(parts(line).0, Some(level), "the control: {line}");
        }
    }

    #[test]
    fn a_word_in_a_message_is_no_level() {
        let (level, _, message) = parts("2026-11-21 18:02:00 INFORMATION about ERRORS");
        assert_eq!(
            (level, message.as_str()),
            (None, "INFORMATION about ERRORS")
        );
    }
}
