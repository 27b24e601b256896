//! Patterns: the syntax of ECMAScript, as JSON Schema asks for, on the `regex` crate.

use std::iter::Peekable;
use std::str::Chars;

use regex::{Regex, RegexBuilder};

/// How large a compiled pattern may be, in bytes, and what a match then costs for each
/// byte of text, since the worst case grows with both.
const SIZES: [(usize, u64); 3] = [(16 << 10, 1), (256 << 10, 16), (4 << 20, 256)];

/// What `\s` means, as the inside of a class.
const SPACE: &str = r"\t\n\x0B\x0C\r\x{FEFF}\x{2028}\x{2029}\p{Zs}";

/// A pattern, ready to be searched for.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    /// As it is written.
    pub(crate) text: String,
    /// Steps for each byte of text.
    pub(crate) cost: u64,
    /// Bytes that it may take.
    pub(crate) size: usize,
    regex: Regex,
}

impl Pattern {
    /// Reads a pattern; the error says why it cannot be used.
    pub(crate) fn new(text: &str) -> Result<Self, String> {
        let translated = translate(text)?;
        let mut last = String::new();
        for (size, cost) in SIZES {
            let built = RegexBuilder::new(&translated).size_limit(size).build();
            match built {
                Ok(regex) => {
                    return Ok(Self {
                        text: text.to_owned(),
                        cost,
                        size,
                        regex,
                    });
                }
                Err(regex::Error::CompiledTooBig(_)) => {
                    last = "it is too large when compiled".to_owned();
                }
                Err(error) => return Err(one_line(&error)),
            }
        }
        Err(last)
    }

    /// Whether it is found anywhere in the text.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

/// What the error says, without the drawing of the pattern.
fn one_line(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default().trim();
    last.trim_start_matches("error: ").to_owned()
}

/// The pattern in the syntax of the `regex` crate, where some escapes, the full stop
/// and much inside of classes mean something else.
fn translate(pattern: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = pattern.chars().peekable();
    while let Some(next) = rest.next() {
        match next {
            '\\' => escape(&mut rest, false, &mut out)?,
            '[' => class(&mut rest, &mut out)?,
            '.' => out.push_str(r"[^\n\r\x{2028}\x{2029}]"),
            '(' => group(&mut rest, &mut out)?,
            other => out.push(other),
        }
    }
    Ok(out)
}

fn group(rest: &mut Peekable<Chars<'_>>, out: &mut String) -> Result<(), String> {
    out.push('(');
    if rest.next_if_eq(&'?').is_none() {
        return Ok(());
    }
    out.push('?');
    match (rest.next(), rest.peek()) {
        (Some(':'), _) => out.push(':'),
        (Some('<'), Some(next)) if !"=!".contains(*next) => out.push('<'),
        (Some('=' | '!' | '<'), _) => {
            return Err("look-around is not supported".to_owned());
        }
        _ => return Err("groups with flags are not supported".to_owned()),
    }
    Ok(())
}

fn class(rest: &mut Peekable<Chars<'_>>, out: &mut String) -> Result<(), String> {
    let negated = rest.next_if_eq(&'^').is_some();
    if rest.next_if_eq(&']').is_some() {
        // Nothing is in an empty class, and everything in its contrary.
        out.push_str(if negated { r"[\s\S]" } else { r"[^\s\S]" });
        return Ok(());
    }
    out.push_str(if negated { "[^" } else { "[" });
    while let Some(next) = rest.next() {
        match next {
            ']' => {
                out.push(']');
                return Ok(());
            }
            '\\' => escape(rest, true, out)?,
            '-' if rest.peek() == Some(&'-') => {
                return Err("`--` in a class has no clear meaning; write \\-".to_owned());
            }
            '[' | '&' | '~' => out.extend(['\\', next]),
            other => out.push(other),
        }
    }
    Err("a class is not closed".to_owned())
}

fn escape(rest: &mut Peekable<Chars<'_>>, in_class: bool, out: &mut String) -> Result<(), String> {
    let Some(next) = rest.next() else {
        return Err("it ends in a backslash".to_owned());
    };
    let set = |inside: &str| {
        if in_class {
            inside.to_owned()
        } else {
            format!("[{inside}]")
        }
    };
    match next {
        'd' => out.push_str(&set("0-9")),
        'w' => out.push_str(&set("0-9A-Za-z_")),
        's' => out.push_str(&set(SPACE)),
        'D' => out.push_str("[^0-9]"),
        'W' => out.push_str("[^0-9A-Za-z_]"),
        'S' => out.push_str(&format!("[^{SPACE}]")),
        'b' if in_class => out.push_str(r"\x08"),
        'b' => out.push_str(r"(?-u:\b)"),
        'B' if !in_class => out.push_str(r"(?-u:\B)"),
        '0' if !rest.peek().is_some_and(char::is_ascii_digit) => out.push_str(r"\x00"),
        't' | 'n' | 'r' | 'f' | 'v' | 'x' | 'p' | 'P' => out.extend(['\\', next]),
        'c' => out.push_str(&control(rest)?),
        'u' => out.push_str(&unicode(rest)?),
        '0'..='9' | 'k' => return Err("back references are not supported".to_owned()),
        letter if letter.is_ascii_alphabetic() => {
            return Err(format!("\\{letter} has no meaning"));
        }
        sign => out.push_str(&regex::escape(&sign.to_string())),
    }
    Ok(())
}

fn control(rest: &mut Peekable<Chars<'_>>) -> Result<String, String> {
    rest.next_if(char::is_ascii_alphabetic)
        .map(|letter| format!("\\x{{{:x}}}", u32::from(letter) % 32))
        .ok_or_else(|| "a letter must follow \\c".to_owned())
}

/// What follows `\u`: four digits, two times four for a pair of surrogates, or any
/// number of digits in braces.
fn unicode(rest: &mut Peekable<Chars<'_>>) -> Result<String, String> {
    let wrong = || "\\u must be followed by the four digits of a character".to_owned();
    if rest.peek() == Some(&'{') {
        return Ok(r"\u".to_owned());
    }
    let mut code = four_digits(rest).ok_or_else(wrong)?;
    if (0xD800..0xDC00).contains(&code) && rest.next() == Some('\\') && rest.next() == Some('u') {
        let low = four_digits(rest).ok_or_else(wrong)?;
        code = 0x10000 + ((code - 0xD800) << 10) + low.wrapping_sub(0xDC00);
    }
    char::from_u32(code).ok_or_else(wrong)?;
    Ok(format!("\\x{{{code:x}}}"))
}

fn four_digits(rest: &mut Peekable<Chars<'_>>) -> Option<u32> {
    let mut code = 0;
    for _ in 0..4 {
        code = code * 16 + rest.next()?.to_digit(16)?;
    }
    Some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, matching: &[&str], others: &[&str]) {
        let compiled = Pattern::new(pattern).unwrap();
        for text in matching {
            assert!(compiled.is_match(text), "{pattern} {text:?}");
        }
        for text in others {
            assert!(!compiled.is_match(text), "{pattern} {text:?}");
        }
    }

    #[test]
    fn escapes_mean_what_they_mean_in_ecmascript() {
        check(r"^\d+$", &["12"], &["\u{661}", "", "1\n"]);
        check(r"^\w$", &["a", "_"], &["\u{e4}", "-"]);
        check(r"^\s\S$", &["\u{feff}a", "\u{a0}a"], &["\u{85}a"]);
        check(r"^\D\W$", &["a-", "a\u{e4}"], &["1-", "aa"]);
        check(r"a\b", &["a b", "a\u{e4}"], &["ab"]);
        check(r"^\cJ\0\x41\u0042\u{43}$", &["\n\0ABC"], &["J0ABC"]);
        check("^\\ud83d\\ude00$", &["\u{1f600}"], &[""]);
        check(r"^\p{Lu}\/\-\.$", &["A/-."], &["a/-."]);
    }

    #[test]
    fn classes_mean_what_they_mean_in_ecmascript() {
        check("^[a[&&b]$", &["[", "&", "a", "b"], &["", "]"]);
        check(r"^[\d\-x]$", &["7", "-", "x"], &["\\", "d"]);
        check(r"^[^\s]$", &["a"], &[" ", "\u{2028}"]);
        check(r"^[\b]$", &["\u{8}"], &["b"]);
        check("[]", &[], &["", "]"]);
        check("^[^]$", &["\n", "a"], &[""]);
        check("^.$", &["a", "\u{1f600}"], &["\n", "\u{2028}", "ab"]);
    }

    #[test]
    fn what_cannot_be_searched_for_is_refused() {
        for (pattern, why) in [
            ("a(?=b)", "look-around"),
            ("(?<!a)b", "look-around"),
            (r"(a)\1", "back references"),
            ("(?i)a", "flags"),
            (r"\A", "no meaning"),
            (r"\ud83d", "four digits"),
            ("[a", "not closed"),
            ("[+--]", "clear meaning"),
            ("a\\", "backslash"),
            ("(", "unclosed group"),
            ("((a{900}){900}){900}", "too large"),
        ] {
            let error = Pattern::new(pattern).unwrap_err();
            assert!(error.contains(why), "{pattern}: {error}");
        }
    }

    #[test]
    fn a_larger_pattern_costs_more() {
        let cost = |pattern| Pattern::new(pattern).unwrap().cost;
        assert!(cost("^[a-z]+$") < cost("^.{900}$"));
    }
}
