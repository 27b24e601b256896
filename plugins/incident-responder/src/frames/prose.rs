//! Places in source code that a plain text names: `path:line`, `path:line:column`,
//! `File "path", line 3`.

use std::collections::BTreeSet;

use crate::Frame;

use crate::suspects::is_source;

use super::{MOST, is_foreign};

/// The places that a text names, in its order, each once, without those of others' code.
pub(crate) fn of(text: &str) -> Vec<Frame> {
    let mut known = BTreeSet::new();
    let mut frames = Vec::new();
    for line in text.lines() {
        for (path, number) in python(line).into_iter().chain(plain(line)) {
            if !is_foreign(path) && frames.len() < MOST && known.insert((path, number)) {
                frames.push(Frame {
                    path: path.trim_start_matches("./").to_owned(),
                    line: Some(number),
                    function: None,
                });
            }
        }
    }
    frames
}

/// `File "path", line 3`.
fn python(line: &str) -> Option<(&str, u32)> {
    let (_, rest) = line.split_once("File \"")?;
    let (path, rest) = rest.split_once("\", line ")?;
    Some((path, number(rest)?))
}

/// `path:line` where the path has the extension of source code.
fn plain(line: &str) -> impl Iterator<Item = (&str, u32)> {
    let is_around = |c: char| c.is_whitespace() || "()[]{}<>'\"`,;".contains(c);
    line.split(is_around).filter_map(|word| {
        let (path, rest) = word.split_once(':')?;
        (is_source(path)).then_some(())?;
        Some((path, number(rest)?))
    })
}

fn number(text: &str) -> Option<u32> {
    let end = text.find(|c: char| !c.is_ascii_digit());
    let number: u32 = text[..end.unwrap_or(text.len())].parse().ok()?;
    (number > 0).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_in_what_programs_print() {
        let text = "thread 'main' panicked at src/lock.rs:88:14:\n  at ./a/b.js:3 (x.go:7)\n\
                    File \"app/main.py\", line 12, in f\n\
                    at (~/.cargo/registry/src/y/z.rs:5)\nsee http://a.rs:80 and src/lock.rs:88\n\
                    note: 12:30 is no place, nor is a.txt:5";
        let found: Vec<_> = of(text)
            .into_iter()
            .map(|frame| (frame.path, frame.line.unwrap_or_default()))
            .collect();
        let expected = [
            ("src/lock.rs", 88),
            ("a/b.js", 3),
            ("x.go", 7),
            ("app/main.py", 12),
        ];
        let expected = expected.map(|(path, line)| (path.to_owned(), line));
        assert_eq!(found, expected);
    }
}
