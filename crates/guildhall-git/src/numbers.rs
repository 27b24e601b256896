//! Reading decimal and octal numbers out of bytes.

/// A decimal number of digits alone.
pub(crate) fn decimal(bytes: &[u8]) -> Option<u64> {
    digits(bytes, 10)
}

/// An octal number of digits alone that fits 32 bits.
pub(crate) fn octal(bytes: &[u8]) -> Option<u32> {
    digits(bytes, 8).and_then(|value| value.try_into().ok())
}

/// A time in seconds since the beginning of 1970; inside, `None` where git found none in
/// a malformed commit, or one that no clock shows. Outside, `None` where this is no time.
pub(crate) fn time(bytes: &[u8]) -> Option<Option<i64>> {
    let (sign, rest) = match bytes.strip_prefix(b"-") {
        Some(rest) if !rest.is_empty() => (-1, rest),
        _ => (1, bytes),
    };
    if !rest.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = decimal(rest).and_then(|value| i64::try_from(value).ok());
    Some(value.map(|value| sign * value))
}

fn digits(bytes: &[u8], base: u64) -> Option<u64> {
    if bytes.is_empty() {
        return None;
    }
    bytes.iter().try_fold(0_u64, |value, byte| {
        let digit = u64::from(byte.checked_sub(b'0')?);
        let fits = digit < base;
        value.checked_mul(base)?.checked_add(digit).filter(|_| fits)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digits_are_numbers() {
        assert_eq!(decimal(b"0120"), Some(120));
        assert_eq!(octal(b"100644"), Some(0o100_644));
        for bytes in [
            &b""[..],
            b"-1",
            b"+1",
            b" 1",
            b"1a",
            b"99999999999999999999",
        ] {
            assert_eq!(decimal(bytes), None, "{}", bytes.escape_ascii());
        }
        assert_eq!(octal(b"8"), None);
        assert_eq!(octal(b"77777777777777"), None);
    }

    #[test]
    fn a_time_may_be_absent_or_before_1970() {
        assert_eq!(time(b"12"), Some(Some(12)));
        assert_eq!(time(b"-12"), Some(Some(-12)));
        assert_eq!(time(b""), Some(None));
        assert_eq!(time(b"18446744073709551615"), Some(None));
        assert_eq!(time(b"soon"), None);
        assert_eq!(time(b"-"), None);
    }
}
