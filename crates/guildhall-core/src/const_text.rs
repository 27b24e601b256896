//! Text written at compile time: the one place that renders schemas and manifests.
//!
//! Constants cannot allocate, so text is written twice: once into an empty buffer,
//! which only counts, and once into an array of the length that the first pass gave.

use crate::schema::Shape;

/// A writer over a byte buffer that also works in a `const fn`. It counts what is
/// pushed and stores as much of it as the buffer holds.
#[derive(Debug)]
pub struct ConstText<'a> {
    buffer: &'a mut [u8],
    length: usize,
}

impl<'a> ConstText<'a> {
    /// A writer into `buffer`; an empty buffer makes a counter.
    pub const fn new(buffer: &'a mut [u8]) -> Self {
        Self { buffer, length: 0 }
    }

    /// Bytes pushed so far.
    pub const fn length(&self) -> usize {
        self.length
    }

    /// Adds one byte.
    pub(crate) const fn push_byte(&mut self, byte: u8) {
        if self.length < self.buffer.len() {
            self.buffer[self.length] = byte;
        }
        self.length += 1;
    }

    /// Adds bytes as they are. They are copied at once, for the compiler counts the steps of
    /// what it evaluates, and gives up on a long manifest that is written byte by byte.
    pub(crate) const fn push_bytes(&mut self, bytes: &[u8]) {
        if let Some((_, rest)) = self.buffer.split_at_mut_checked(self.length) {
            let fits = if bytes.len() < rest.len() {
                bytes.len()
            } else {
                rest.len()
            };
            rest.split_at_mut(fits)
                .0
                .copy_from_slice(bytes.split_at(fits).0);
        }
        self.length += bytes.len();
    }

    /// Adds text as it is.
    pub const fn push(&mut self, text: &str) {
        self.push_bytes(text.as_bytes());
    }

    /// Adds a JSON string with its quotes.
    pub const fn push_json_string(&mut self, text: &str) {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        self.push_byte(b'"');
        let bytes = text.as_bytes();
        let mut at = 0;
        // The first byte that has not been added yet.
        let mut begin = 0;
        while at < bytes.len() {
            let byte = bytes[at];
            if byte == b'"' || byte == b'\\' || byte < 0x20 {
                self.push_bytes(part(bytes, begin, at));
                match byte {
                    b'"' => self.push("\\\""),
                    b'\\' => self.push("\\\\"),
                    b'\n' => self.push("\\n"),
                    byte => {
                        self.push("\\u00");
                        self.push_byte(HEX[(byte >> 4) as usize]);
                        self.push_byte(HEX[(byte & 15) as usize]);
                    }
                }
                begin = at + 1;
            }
            at += 1;
        }
        self.push_bytes(part(bytes, begin, at));
        self.push_byte(b'"');
    }

    /// Adds a whole number in decimal.
    pub const fn push_integer(&mut self, value: i64) {
        if value < 0 {
            self.push_byte(b'-');
        }
        let mut rest = value.unsigned_abs();
        let mut digits = [0_u8; 20];
        let mut count = 0;
        loop {
            digits[count] = b'0' + (rest % 10) as u8;
            rest /= 10;
            count += 1;
            if rest == 0 {
                break;
            }
        }
        while count > 0 {
            count -= 1;
            self.push_byte(digits[count]);
        }
    }
}

/// The bytes from one place to another.
const fn part(bytes: &[u8], from: usize, to: usize) -> &[u8] {
    bytes.split_at(to).0.split_at(from).1
}

/// Length of the JSON text of `shape` in bytes.
pub(crate) const fn measure_shape(shape: &Shape) -> usize {
    let mut counter = ConstText::new(&mut []);
    shape.write(&mut counter, "");
    counter.length()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(write: impl Fn(&mut ConstText<'_>)) -> String {
        let mut counter = ConstText::new(&mut []);
        write(&mut counter);
        let mut buffer = vec![0; counter.length()];
        write(&mut ConstText::new(&mut buffer));
        String::from_utf8(buffer).unwrap()
    }

    proptest! {
        #[test]
        fn any_text_is_written_as_json(text in "\\PC*|[\\x00-\\x7f]*") {
            let json = written(|out| out.push_json_string(&text));
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }

        #[test]
        fn any_integer_is_written_in_decimal(value: i64) {
            prop_assert_eq!(written(|out| out.push_integer(value)), value.to_string());
        }
    }
}
