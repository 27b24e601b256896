//! The parts of a message that are values by their form: dates, numbers with a unit, what
//! stands in quotes or brackets, what follows an equals sign.
//!
//! Each kind is one pass that writes [`VALUE`] in its place, in a fixed order: a date is
//! gone before its numbers could be taken for something else. A pass whose characters the
//! message does not have is left out.

use memchr::{memchr, memmem};

/// What stands for a value.
pub(super) const VALUE: u8 = 1;

/// What stands for a run of dots.
pub(super) const DOTS: u8 = 2;

const DIGIT: u8 = 1;
/// A letter with which the name of a month or of a day begins.
const DATE: u8 = 2;
const QUOTE: u8 = 4;
const EQUALS: u8 = 8;
const OPENING: u8 = 16;
const DOT: u8 = 32;
/// A sign that may stand before a number with a unit.
const ABOUT: u8 = 64;
const WORD: u8 = 128;

const CLASSES: [u8; 256] = classes();

const DAYS: [&[u8; 3]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];

pub(super) const MONTHS: [&[u8; 3]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];

const UNITS: [&[u8]; 18] = [
    b"B", b"s", b"m", b"h", b"ms", b"us", b"ns", b"sec", b"secs", b"min", b"day", b"days", b"hour",
    b"hours", b"second", b"seconds", b"minute", b"minutes",
];

/// The end of a part, and what takes its place.
type Part = (usize, &'static [u8]);

/// Writes marks in the place of values; its buffers are used again for each message.
#[derive(Debug, Default)]
pub(super) struct Spans {
    masked: Vec<u8>,
    next: Vec<u8>,
}

impl Spans {
    /// The message with its values masked.
    pub(super) fn mask(&mut self, message: &[u8]) -> &[u8] {
        self.masked.clear();
        self.masked.extend_from_slice(message);
        let has = message.iter().fold(0, |has, byte| has | class(*byte));
        self.pass(has & DIGIT != 0, DATE, date);
        self.pass(has & DIGIT != 0, DIGIT | ABOUT, quantity);
        self.pass(has & QUOTE != 0, QUOTE, quoted);
        self.pass(has & EQUALS != 0, EQUALS, assigned);
        self.pass(has & OPENING != 0, OPENING, empty);
        self.pass(has & OPENING != 0, OPENING, listed);
        self.pass(has & OPENING != 0, OPENING, enclosed);
        self.pass(has & DOT != 0 && has_dots(message), DOT, dots);
        &self.masked
    }

    /// What was masked last.
    pub(super) fn masked(&self) -> &[u8] {
        &self.masked
    }

    /// Replaces every part that `part` finds at a byte of these classes.
    fn pass(&mut self, is_needed: bool, classes: u8, part: fn(&[u8], usize) -> Option<Part>) {
        if !is_needed {
            return;
        }
        self.next.clear();
        let text = self.masked.as_slice();
        let (mut copied, mut at) = (0, 0);
        while let Some(offset) = text[at..]
            .iter()
            .position(|byte| class(*byte) & classes != 0)
        {
            let start = at + offset;
            at = start + 1;
            if let Some((end, replacement)) = part(text, start) {
                self.next.extend_from_slice(&text[copied..start]);
                self.next.extend_from_slice(replacement);
                (copied, at) = (end, end);
            }
        }
        if copied > 0 {
            self.next.extend_from_slice(&text[copied..]);
            std::mem::swap(&mut self.masked, &mut self.next);
        }
    }
}

/// Whether a byte is of a word: a letter, a digit, `_`, or of a character beyond ASCII.
pub(super) fn is_word(byte: u8) -> bool {
    class(byte) & WORD != 0
}

/// Whether a byte is white space of ASCII.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r' | 0x1c..=0x1f)
}

fn class(byte: u8) -> u8 {
    CLASSES[usize::from(byte)]
}

/// `Fri Jul 01 08:16:53 PDT 2005`, where the day of the week, the seconds, the zone and the
/// year may be left out.
fn date(text: &[u8], start: usize) -> Option<Part> {
    if !is_boundary(text, start) {
        return None;
    }
    let mut at = start;
    if DAYS.iter().any(|day| text[at..].starts_with(*day)) {
        at = spaces(text, at + 3)?;
    }
    let is_month = MONTHS.iter().any(|month| text[at..].starts_with(*month));
    let at = spaces(text, is_month.then_some(at + 3)?)?;
    let day = digits(text, at);
    let at = spaces(text, ((1..=2).contains(&day)).then_some(at + day)?)?;
    let minutes = clock(text, at)?;
    let seconds = (byte(text, minutes) == b':')
        .then(|| two_digits(text, minutes + 1))
        .flatten();
    let ends = [seconds, Some(minutes)];
    let end = ends
        .into_iter()
        .flatten()
        .find_map(|end| zone_and_year(text, end));
    end.map(|end| (end, MARK))
}

/// The end of `08:16` at a place.
fn clock(text: &[u8], at: usize) -> Option<usize> {
    let hours = two_digits(text, at)?;
    let is_clock = byte(text, hours) == b':';
    two_digits(text, is_clock.then_some(hours + 1)?)
}

/// The end of a date whose time ends at `end`; the longest that ends a word.
fn zone_and_year(text: &[u8], end: usize) -> Option<usize> {
    let zone = |letters: usize| {
        let start = spaces(text, end)?;
        let name = text.get(start..start + letters)?;
        name.iter()
            .all(u8::is_ascii_uppercase)
            .then_some(start + letters)
    };
    let year = |end: usize| {
        let start = spaces(text, end)?;
        (digits(text, start) >= 4).then_some(start + 4)
    };
    let zones = [zone(4), zone(3), Some(end)];
    let ends = zones
        .into_iter()
        .flatten()
        .flat_map(|end| [year(end), Some(end)]);
    ends.flatten().find(|end| is_boundary(text, *end))
}

/// A number with a unit: `1.16 KB`, `<1 sec`, `12ms`, `7 %`.
fn quantity(text: &[u8], start: usize) -> Option<Part> {
    let before = start.checked_sub(1).map_or(b' ', |before| text[before]);
    if is_word(before) || before == b'.' {
        return None;
    }
    let number = start + usize::from(class(text[start]) & ABOUT != 0);
    let whole = number + digits(text, number);
    if whole == number {
        return None;
    }
    let fraction = digits(text, whole + 1);
    let is_fraction = byte(text, whole) == b'.' && fraction > 0;
    let end = if is_fraction {
        whole + 1 + fraction
    } else {
        whole
    };
    let unit = end + usize::from(text.get(end).copied().is_some_and(is_space));
    unit_end(text, unit).map(|end| (end, MARK))
}

fn unit_end(text: &[u8], start: usize) -> Option<usize> {
    if byte(text, start) == b'%' {
        return (!is_word(byte(text, start + 1))).then_some(start + 1);
    }
    // The longest unit has seven letters.
    let rest = &text[start.min(text.len())..];
    let length = rest
        .iter()
        .take(8)
        .take_while(|byte| is_word(**byte))
        .count();
    is_unit(&rest[..length]).then_some(start + length)
}

fn is_unit(word: &[u8]) -> bool {
    let is_of_bytes = match word {
        [b'k' | b'K' | b'M' | b'G' | b'T' | b'P', b'B'] => true,
        [b'k' | b'K' | b'M' | b'G' | b'T' | b'P', b'i', b'B'] => true,
        [b'b' | b'B', rest @ ..] => matches!(rest, b"yte" | b"ytes"),
        _ => false,
    };
    is_of_bytes || UNITS.contains(&word)
}

/// `"..."`, and `'...'` where no letter touches it from outside, so that `can't` is none.
fn quoted(text: &[u8], start: usize) -> Option<Part> {
    let quote = text[start];
    let before = start.checked_sub(1).map_or(b' ', |before| text[before]);
    if quote == b'\'' && is_word(before) {
        return None;
    }
    let end = start + 1 + memchr(quote, &text[start + 1..])? + 1;
    let is_whole = quote == b'"' || !is_word(byte(text, end));
    is_whole.then_some((end, MARK))
}

/// What follows `name=`.
fn assigned(text: &[u8], start: usize) -> Option<Part> {
    let before = start.checked_sub(1).map(|before| text[before])?;
    let ends = |byte: &u8| is_space(*byte) || matches!(byte, b',' | b';' | b')' | b']');
    let rest = &text[start + 1..];
    let length = rest.iter().position(ends).unwrap_or(rest.len());
    let is_value = is_word(before) && length > 0;
    is_value.then_some((start + 1 + length, b"=\x01"))
}

/// `()` and `[]`, which hold a value that is empty just now.
fn empty(text: &[u8], start: usize) -> Option<Part> {
    let end = start + 1 + count(&text[start + 1..], is_space);
    let is_empty = matches!((text[start], byte(text, end)), (b'(', b')') | (b'[', b']'));
    is_empty.then_some((end + 1, BRACKETED))
}

/// `[a, b]` and `{a, b}`: a list of any length.
fn listed(text: &[u8], start: usize) -> Option<Part> {
    let (opening, closing) = match text[start] {
        b'[' => (b'[', b']'),
        b'{' => (b'{', b'}'),
        _ => return None,
    };
    let rest = &text[start + 1..];
    let end = rest
        .iter()
        .position(|byte| *byte == opening || *byte == closing)?;
    let is_list = rest[end] == closing && memchr(b',', &rest[..end]).is_some();
    is_list.then_some((start + 1 + end + 1, MARK))
}

/// `(word)`.
fn enclosed(text: &[u8], start: usize) -> Option<Part> {
    if text[start] != b'(' {
        return None;
    }
    let word = start + 1 + count(&text[start + 1..], is_space);
    let length = count(&text[word..], |byte| {
        !is_space(byte) && !matches!(byte, b'(' | b')')
    });
    let end = word + length + count(&text[word + length..], is_space);
    let is_enclosed = length > 0 && byte(text, end) == b')';
    is_enclosed.then_some((end + 1, BRACKETED))
}

/// Four dots or more, which part words as in `exception......0`.
fn dots(text: &[u8], start: usize) -> Option<Part> {
    let length = count(&text[start..], |byte| byte == b'.');
    (length >= 4).then_some((start + length, b" \x02 "))
}

fn has_dots(text: &[u8]) -> bool {
    memmem::find(text, b"....").is_some()
}

const MARK: &[u8] = &[VALUE];
const BRACKETED: &[u8] = b"(\x01)";

/// The byte at a place; a space behind the end.
fn byte(text: &[u8], at: usize) -> u8 {
    text.get(at).copied().unwrap_or(b' ')
}

/// Whether a word begins or ends at a place.
fn is_boundary(text: &[u8], at: usize) -> bool {
    let before = at
        .checked_sub(1)
        .is_some_and(|before| is_word(text[before]));
    before != is_word(byte(text, at))
}

/// Where white space at a place ends; `None` where there is none.
fn spaces(text: &[u8], at: usize) -> Option<usize> {
    let length = count(text.get(at..)?, is_space);
    (length > 0).then_some(at + length)
}

/// How many digits stand at a place.
fn digits(text: &[u8], at: usize) -> usize {
    count(text.get(at..).unwrap_or_default(), |byte| {
        byte.is_ascii_digit()
    })
}

/// The end of two digits at a place.
fn two_digits(text: &[u8], at: usize) -> Option<usize> {
    let two = text.get(at..at + 2)?;
    two.iter().all(u8::is_ascii_digit).then_some(at + 2)
}

/// How many bytes at the beginning are such ones.
fn count(text: &[u8], is_one: impl Fn(u8) -> bool) -> usize {
    text.iter().take_while(|byte| is_one(**byte)).count()
}

const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        let mut class = match byte {
            b'0'..=b'9' => DIGIT,
            b'J' | b'F' | b'M' | b'A' | b'S' | b'O' | b'N' | b'D' | b'T' | b'W' => DATE,
            b'"' | b'\'' => QUOTE,
            b'=' => EQUALS,
            b'(' | b'[' | b'{' => OPENING,
            b'.' => DOT,
            b'<' | b'>' | b'~' => ABOUT,
            _ => 0,
        };
        if byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 128 {
            class |= WORD;
        }
        classes[at] = class;
        at += 1;
    }
    classes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The message with `*` for each value.
    fn masked(message: &str) -> String {
        let masked = Spans::default().mask(message.as_bytes()).to_vec();
        let text = String::from_utf8(masked).unwrap();
        text.replace('\u{1}', "*").replace('\u{2}', "....")
    }

    #[test]
    fn values_are_known_by_their_form() {
        for (message, expected) in [
            (
                "up since Fri Jul 01 08:16:53 PDT 2005 here",
                "up since * here",
            ),
            ("on Jul 1 08:16, then", "on *, then"),
            ("at Dec 10 06:55x", "at Dec 10 06:55x"),
            ("sent 1.16 KB in <1 sec, 12ms or 7 %", "sent * in *, * or *"),
            ("v1.5 s 3 sections a2 s", "v1.5 s 3 sections a2 s"),
            ("1.2.3 s", "1.2.3 s"),
            (
                "said \"no, thanks\" and 'go', but can't",
                "said * and *, but can't",
            ),
            ("an open \" stays", "an open \" stays"),
            ("user=root, uid=0 (x=[a b])", "user=*, uid=* (x=* b])"),
            ("= alone", "= alone"),
            ("call() of [ ]", "call(*) of (*)"),
            ("[a, b] {c: d, e} [f]", "* * [f]"),
            ("refused (timeout) (two words)", "refused (*) (two words)"),
            ("exception......0 ...", "exception .... 0 ..."),
            ("", ""),
        ] {
            assert_eq!(masked(message), expected, "{message}");
        }
    }

    #[test]
    fn what_is_not_closed_or_ends_early_stays() {
        for message in [
            "(", "a=", "[a, ", "'", "Jan", "Jan 1 1", "<", "5 ", "(x", "{a,",
        ] {
            assert_eq!(masked(message), message);
        }
    }
}
