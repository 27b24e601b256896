//! Paths that git writes as a string of C where they hold unusual bytes.

use memchr::memchr;

/// The path that a whole field says: what stands in quotes is read as a string of C,
/// anything else as it is. `None` where the quotes hold no such string.
pub(crate) fn path(field: &[u8]) -> Option<Vec<u8>> {
    if field.first() != Some(&b'"') {
        return Some(field.to_vec());
    }
    match string(field)? {
        (path, []) => Some(path),
        _ => None,
    }
}

/// The string of C that `text` begins with, and what follows it.
pub(crate) fn string(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut rest = text.strip_prefix(b"\"")?;
    let mut read = Vec::new();
    loop {
        let (first, after) = rest.split_first()?;
        rest = after;
        match first {
            b'"' => return Some((read, rest)),
            b'\\' => {
                let (byte, after) = escape(rest)?;
                read.push(byte);
                rest = after;
            }
            byte => read.push(*byte),
        }
    }
}

/// The byte that an escape stands for, after its backslash, and what follows it.
fn escape(text: &[u8]) -> Option<(u8, &[u8])> {
    const LETTERS: &[u8] = b"abtnvfr\"\\";
    const BYTES: &[u8] = b"\x07\x08\t\n\x0b\x0c\r\"\\";
    let (first, rest) = text.split_first()?;
    if let Some(at) = memchr(*first, LETTERS) {
        return Some((BYTES[at], rest));
    }
    let (digits, rest) = text.split_at_checked(3)?;
    let value = crate::numbers::octal(digits)?;
    Some((u8::try_from(value).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_read_and_what_is_not_is_taken() {
        assert_eq!(path(b"a b\tc").unwrap(), b"a b\tc");
        assert_eq!(path(b"").unwrap(), b"");
        assert_eq!(path(br#""a\n\"\\\303\251""#).unwrap(), b"a\n\"\\\xc3\xa9");
        for wrong in [&br#"""#[..], br#""a"b"#, br#""\8""#, br#""\777""#, br#""\"#] {
            assert_eq!(path(wrong), None, "{}", wrong.escape_ascii());
        }
    }
}
