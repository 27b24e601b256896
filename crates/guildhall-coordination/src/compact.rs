//! Shortens texts and JSON values to a number of tokens: the same way every time, on the
//! borders of characters, and with a mark of how much was left out.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// Bytes of UTF-8 that count as one token: a rule of thumb for English and for code, that
/// needs no model.
pub const BYTES_PER_TOKEN: usize = 4;
/// Longest mark, with the longest numbers in it, and its quotes in JSON.
const LONGEST_MARK: usize = 80;
/// Room below which an item of a list is left out rather than shortened.
const LITTLE_ROOM: usize = 64;

/// Which part of a text or of a list is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// The beginning.
    Head,
    /// The end.
    Tail,
    /// The beginning and the end.
    Middle,
}

/// How many tokens `text` counts as.
pub fn tokens(text: &str) -> usize {
    text.len().div_ceil(BYTES_PER_TOKEN)
}

/// `text`, shortened to `tokens`. A mark stands where something was left out; where there
/// is not even room for it, it is all that stays.
///
/// ```
/// use guildhall_coordination::compact::{Keep, text};
/// let long = "0123456789".repeat(20);
/// assert_eq!(text(&long, 10, Keep::Head), "012345678901[… 188 bytes left out …]");
/// assert_eq!(text("short", 10, Keep::Head), "short");
/// ```
pub fn text(text: &str, tokens: u32, keep: Keep) -> Cow<'_, str> {
    shorter_text(text, bytes(tokens), keep)
}

/// `value` with its JSON text shortened to `tokens`. What it is stays: keys are kept and
/// long values shortened, lists lose items; only where there is too little room for that
/// is it the beginning of its JSON as a text.
pub fn value(value: &Value, tokens: u32, keep: Keep) -> Value {
    let room = bytes(tokens);
    let shorter = shorter(value, room, keep);
    if length(&shorter) <= room {
        return shorter;
    }
    fitting_text(&value.to_string(), room, keep)
}

fn bytes(tokens: u32) -> usize {
    (tokens as usize).saturating_mul(BYTES_PER_TOKEN)
}

fn shorter_text(text: &str, room: usize, keep: Keep) -> Cow<'_, str> {
    if text.len() <= room {
        return Cow::Borrowed(text);
    }
    // The number in the real mark is not larger, so it fits as well.
    let kept = room.saturating_sub(mark(text.len()).len());
    let (head, tail) = match keep {
        Keep::Head => (kept, 0),
        Keep::Tail => (0, kept),
        Keep::Middle => (kept - kept / 2, kept / 2),
    };
    let head = text.floor_char_boundary(head);
    let tail = text.ceil_char_boundary(text.len() - tail).max(head);
    let mark = mark(tail - head);
    Cow::Owned(format!("{}{mark}{}", &text[..head], &text[tail..]))
}

fn mark(bytes: usize) -> String {
    format!("[… {bytes} bytes left out …]")
}

fn shorter(value: &Value, room: usize, keep: Keep) -> Value {
    if length(value) <= room {
        return value.clone();
    }
    match value {
        Value::String(text) => fitting_text(text, room, keep),
        Value::Array(items) => shorter_list(items, room, keep),
        Value::Object(entries) => shorter_table(entries, room, keep),
        small => small.clone(),
    }
}

/// The beginning of `text` as a JSON text that takes `room` with its quotes and escapes.
fn fitting_text(text: &str, room: usize, keep: Keep) -> Value {
    let mut target = room.saturating_sub(2).min(text.len());
    loop {
        let shorter = Value::String(shorter_text(text, target, keep).into_owned());
        let taken = length(&shorter);
        if taken <= room || target == 0 {
            return shorter;
        }
        // Escapes take more room than the characters that they stand for.
        target = (target - 1).min(target * room / taken);
    }
}

fn shorter_list(items: &[Value], room: usize, keep: Keep) -> Value {
    let mut left = room.saturating_sub(2 + LONGEST_MARK);
    let mut kept: Vec<Option<Value>> = vec![None; items.len()];
    for at in order(items.len(), keep) {
        let taken = length(&items[at]) + 1;
        if taken > left {
            if left >= LITTLE_ROOM {
                kept[at] = Some(shorter(&items[at], left - 1, keep));
            }
            break;
        }
        left -= taken;
        kept[at] = Some(items[at].clone());
    }
    marked_list(kept)
}

/// The places of a list, those first that are kept first.
fn order(count: usize, keep: Keep) -> Box<dyn Iterator<Item = usize>> {
    match keep {
        Keep::Head => Box::new(0..count),
        Keep::Tail => Box::new((0..count).rev()),
        Keep::Middle => Box::new((0..count).map(move |step| match step % 2 {
            0 => step / 2,
            _ => count - 1 - step / 2,
        })),
    }
}

/// What was kept, with one mark in the place of what was not.
fn marked_list(kept: Vec<Option<Value>>) -> Value {
    let count = kept.len();
    let missing = kept.iter().filter(|item| item.is_none()).count();
    let mut mark = Some(Value::String(format!(
        "… {missing} of {count} items left out …"
    )));
    let items = kept.into_iter();
    Value::Array(
        items
            .filter_map(|item| item.or_else(|| mark.take()))
            .collect(),
    )
}

fn shorter_table(entries: &Map<String, Value>, room: usize, keep: Keep) -> Value {
    // The smallest value takes a byte, beside a colon and a comma.
    let all: usize = entries.keys().map(|key| text_length(key) + 3).sum();
    let mark = if all + 2 > room { LONGEST_MARK } else { 0 };
    let mut left = room.saturating_sub(2 + mark);
    let mut kept = Vec::new();
    for (key, value) in entries {
        let taken = text_length(key) + 3;
        if taken > left {
            break;
        }
        left -= taken;
        kept.push((key, value, length(value)));
    }
    let share = fair_share(kept.iter().map(|(_, _, taken)| *taken).collect(), left);
    let missing = entries.len() - kept.len();
    let pair =
        |(key, value, _): (&String, &Value, usize)| (key.clone(), shorter(value, share, keep));
    let mut table: Map<String, Value> = kept.into_iter().map(pair).collect();
    if missing > 0 {
        let mark = format!("{missing} of {} keys left out", entries.len());
        table.insert("…".to_owned(), Value::String(mark));
    }
    Value::Object(table)
}

/// The most that each may take so that all of them together take `room`: what small ones
/// do not use goes to the large ones.
fn fair_share(mut lengths: Vec<usize>, mut room: usize) -> usize {
    lengths.sort_unstable();
    let count = lengths.len();
    for (at, taken) in lengths.into_iter().enumerate() {
        let share = room / (count - at);
        if taken > share {
            return share;
        }
        room -= taken;
    }
    usize::MAX
}

/// Bytes of the JSON text of `value`.
fn length(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(true) => 4,
        Value::Bool(false) => 5,
        Value::Number(number) => number.to_string().len(),
        Value::String(text) => text_length(text),
        Value::Array(items) => {
            let inner: usize = items.iter().map(|item| length(item) + 1).sum();
            inner.max(1) + 1
        }
        Value::Object(entries) => {
            let pair = |(key, value): (&String, &Value)| text_length(key) + length(value) + 2;
            let inner: usize = entries.iter().map(pair).sum();
            inner.max(1) + 1
        }
    }
}

/// Bytes of the JSON text of `text`, quotes included.
fn text_length(text: &str) -> usize {
    let escaped = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 2,
        0..0x20 => 6,
        _ => 1,
    };
    2 + text.bytes().map(escaped).sum::<usize>()
}
