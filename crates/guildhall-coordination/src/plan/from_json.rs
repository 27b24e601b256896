//! JSON (RFC 8259) as nodes: a small reader that keeps the place of every value.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use super::mistakes::Mistake;
use super::node::{DEEPEST, Data, Entry, Node, Span};
use crate::source_text::code;

/// Tables with more keys than this are searched for repeated ones by hashing.
const FEW_KEYS: usize = 16;

/// Reads `text`.
pub(crate) fn read(text: &str) -> Result<Node<'_>, Mistake> {
    let mut reader = Reader { text, at: 0 };
    reader.skip_space();
    let root = reader.value(1)?;
    reader.skip_space();
    match reader.peek() {
        None => Ok(root),
        Some(_) => Err(reader.unexpected("the end of the plan")),
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Result<Node<'a>, Mistake> {
        let start = self.at;
        if depth > DEEPEST {
            let message = format!("the plan is nested more than {DEEPEST} deep");
            return Err(Mistake::new(Span::new(start..start + 1), message));
        }
        let data = match self.peek() {
            Some(b'{') => self.table(depth)?,
            Some(b'[') => self.list(depth)?,
            Some(b'"') => Data::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            _ => self.word()?,
        };
        Ok(Node::new(start..self.at, data))
    }

    fn table(&mut self, depth: usize) -> Result<Data<'a>, Mistake> {
        let mut entries = Vec::new();
        self.at += 1;
        self.skip_space();
        if self.take(b'}') {
            return Ok(Data::Table(entries));
        }
        loop {
            entries.push(self.entry(depth)?);
            if self.closed(b'}', "`,` or `}`")? {
                refuse_repeated(&entries)?;
                return Ok(Data::Table(entries));
            }
        }
    }

    fn entry(&mut self, depth: usize) -> Result<Entry<'a>, Mistake> {
        let start = self.at;
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("a key in double quotes"));
        }
        let key = self.string()?;
        let key_span = Span::new(start..self.at);
        self.skip_space();
        if !self.take(b':') {
            return Err(self.unexpected("`:`"));
        }
        self.skip_space();
        let node = self.value(depth + 1)?;
        Ok(Entry {
            key,
            key_span,
            node,
        })
    }

    fn list(&mut self, depth: usize) -> Result<Data<'a>, Mistake> {
        let mut items = Vec::new();
        self.at += 1;
        self.skip_space();
        if self.take(b']') {
            return Ok(Data::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.closed(b']', "`,` or `]`")? {
                return Ok(Data::List(items));
            }
        }
    }

    /// Whether the table or list ends here; else a comma was read.
    fn closed(&mut self, end: u8, wanted: &str) -> Result<bool, Mistake> {
        self.skip_space();
        if self.take(end) {
            return Ok(true);
        }
        if !self.take(b',') {
            return Err(self.unexpected(wanted));
        }
        self.skip_space();
        Ok(false)
    }

    fn string(&mut self) -> Result<Cow<'a, str>, Mistake> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut escaped = false;
        self.at += 1;
        loop {
            match bytes.get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.at += 2;
                }
                Some(0..0x20) => {
                    let message = "a text has no line breaks and no control characters: write them as escapes, as \\n";
                    return Err(self.wrong(self.at..self.at + 1, message));
                }
                Some(_) => self.at += 1,
                None => return Err(self.wrong(start..start + 1, "the text has no end")),
            }
        }
        self.at += 1;
        let range = start..self.at;
        if !escaped {
            return Ok(Cow::Borrowed(&self.text[range.start + 1..range.end - 1]));
        }
        let text = serde_json::from_str(&self.text[range.clone()]).map(Cow::Owned);
        text.map_err(|_| self.wrong(range, "the text has an escape that JSON does not know"))
    }

    fn number(&mut self) -> Result<Data<'a>, Mistake> {
        let range = self.run_of(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        let number = serde_json::from_str(&self.text[range.clone()]);
        let number = number.map(Data::Number);
        number.map_err(|_| self.wrong(range, "this is not a number as JSON writes it"))
    }

    fn word(&mut self) -> Result<Data<'a>, Mistake> {
        let range = self.run_of(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        match &self.text[range.clone()] {
            "null" => Ok(Data::Null),
            "true" => Ok(Data::Switch(true)),
            "false" => Ok(Data::Switch(false)),
            "" => Err(self.unexpected("a value")),
            word => {
                let message = format!(
                    "{} is not a value: texts stand in double quotes",
                    code(word)
                );
                Err(self.wrong(range, message))
            }
        }
    }

    fn run_of(&mut self, belongs: impl Fn(u8) -> bool) -> Range<usize> {
        let start = self.at;
        let rest = &self.text.as_bytes()[start..];
        let length = rest.iter().position(|byte| !belongs(*byte));
        self.at += length.unwrap_or(rest.len());
        start..self.at
    }

    fn skip_space(&mut self) {
        self.run_of(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let taken = self.peek() == Some(byte);
        self.at += usize::from(taken);
        taken
    }

    fn unexpected(&self, wanted: &str) -> Mistake {
        let found = self.text[self.at..].chars().next();
        let length = found.map_or(0, char::len_utf8);
        let found = found.map_or("the end of the plan".to_owned(), |found| {
            code(found.encode_utf8(&mut [0; 4]))
        });
        let message = format!("not JSON: expected {wanted}, but found {found}");
        self.wrong(self.at..self.at + length, message)
    }

    fn wrong(&self, range: Range<usize>, message: impl Into<String>) -> Mistake {
        Mistake::new(Span::new(range), message.into())
    }
}

fn refuse_repeated(entries: &[Entry<'_>]) -> Result<(), Mistake> {
    let twice = |entry: &Entry<'_>| {
        let message = format!("the key {} is set twice", code(&entry.key));
        Err(Mistake::new(entry.key_span, message))
    };
    if entries.len() <= FEW_KEYS {
        let mut later = entries.iter().enumerate();
        let repeated = later.find(|(at, entry)| {
            let mut before = entries[..*at].iter();
            before.any(|earlier| earlier.key == entry.key)
        });
        return repeated.map_or(Ok(()), |(_, entry)| twice(entry));
    }
    let mut seen = HashMap::with_capacity(entries.len());
    for entry in entries {
        if seen.insert(entry.key.as_ref(), ()).is_some() {
            return twice(entry);
        }
    }
    Ok(())
}
