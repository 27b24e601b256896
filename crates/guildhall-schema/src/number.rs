//! Numbers without rounding: order between integers and floats, and multiples.

use std::cmp::Ordering;

use serde_json::Number;

/// Above this a float is whole and is no longer compared as an integer.
const LARGE: f64 = 1e30;

/// A number as `mantissa * 10 ^ exponent`, without its sign, exactly as it is written
/// in its shortest form. The mantissa does not end in a zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decimal {
    mantissa: u64,
    exponent: i32,
}

/// Orders two numbers by their exact values.
pub(crate) fn compare(left: &Number, right: &Number) -> Ordering {
    match (whole(left), whole(right)) {
        (Some(left), Some(right)) => left.cmp(&right),
        (Some(left), None) => whole_to_float(left, float(right)),
        (None, Some(right)) => whole_to_float(right, float(left)).reverse(),
        (None, None) => float(left).total_cmp(&float(right)),
    }
}

/// Whether it is an integer in the sense of JSON Schema: 1.0 is one.
pub(crate) fn is_integer(number: &Number) -> bool {
    number.is_u64() || number.is_i64() || float(number).fract() == 0.0
}

impl Decimal {
    pub(crate) fn of(number: &Number) -> Self {
        if let Some(mantissa) = number.as_u64() {
            return Self::new(mantissa, 0);
        }
        if let Some(whole) = number.as_i64() {
            return Self::new(whole.unsigned_abs(), 0);
        }
        let text = format!("{:e}", float(number).abs());
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (head, tail) = digits.split_once('.').unwrap_or((digits, ""));
        // A float's shortest form has at most 17 digits, so both parse.
        let mantissa = format!("{head}{tail}").parse().unwrap_or(0);
        let exponent: i32 = exponent.parse().unwrap_or(0);
        Self::new(mantissa, exponent - tail.len() as i32)
    }

    fn new(mantissa: u64, exponent: i32) -> Self {
        let mut decimal = Self { mantissa, exponent };
        while decimal.mantissa != 0 && decimal.mantissa.is_multiple_of(10) {
            decimal.mantissa /= 10;
            decimal.exponent += 1;
        }
        decimal
    }

    /// Whether it is a whole multiple of another, which is not zero.
    pub(crate) fn is_multiple_of(self, of: Self) -> bool {
        if self.mantissa == 0 {
            return true;
        }
        let shift = self.exponent - of.exponent;
        if shift >= 0 {
            let rest = u128::from(self.mantissa) % u128::from(of.mantissa);
            let power = power_of_ten(shift.unsigned_abs(), of.mantissa);
            return (rest * power).is_multiple_of(u128::from(of.mantissa));
        }
        // A divisor that does not fit is larger than the mantissa.
        10_u128
            .checked_pow(shift.unsigned_abs())
            .and_then(|power| power.checked_mul(u128::from(of.mantissa)))
            .is_some_and(|divisor| u128::from(self.mantissa).is_multiple_of(divisor))
    }
}

/// The number as an integer, where it is one of moderate size.
fn whole(number: &Number) -> Option<i128> {
    if let Some(whole) = number.as_u64() {
        return Some(i128::from(whole));
    }
    if let Some(whole) = number.as_i64() {
        return Some(i128::from(whole));
    }
    let float = float(number);
    (float.fract() == 0.0 && float.abs() < LARGE).then_some(float as i128)
}

/// Orders an integer and a float that is large or has a fraction.
fn whole_to_float(whole: i128, float: f64) -> Ordering {
    if float.abs() >= LARGE {
        return if float > 0.0 {
            Ordering::Less
        } else {
            Ordering::Greater
        };
    }
    let by_fraction = 0.0_f64.total_cmp(&float.fract());
    whole.cmp(&(float.trunc() as i128)).then(by_fraction)
}

fn float(number: &Number) -> f64 {
    number.as_f64().unwrap_or(f64::MAX)
}

/// `10 ^ power` modulo a number.
fn power_of_ten(mut power: u32, modulus: u64) -> u128 {
    let modulus = u128::from(modulus);
    let (mut result, mut base) = (1 % modulus, 10 % modulus);
    while power > 0 {
        if power % 2 == 1 {
            result = result * base % modulus;
        }
        base = base * base % modulus;
        power /= 2;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn numbers_are_ordered_by_their_exact_values() {
        // Each is greater than the one before, though most neighbours are one float.
        let ordered = [
            "-1e300",
            "-9223372036854775808",
            "-9223372036854775807",
            "-1.5",
            "-1",
            "0",
            "0.1",
            "9007199254740992",
            "9007199254740993",
            "18446744073709551614",
            "18446744073709551615",
            "18446744073709551616",
            "1e300",
        ];
        for (at, left) in ordered.iter().enumerate() {
            for (other, right) in ordered.iter().enumerate() {
                let order = compare(&number(left), &number(right));
                assert_eq!(order, at.cmp(&other), "{left} {right}");
            }
        }
        assert_eq!(compare(&number("1.0"), &number("1")), Ordering::Equal);
        assert_eq!(compare(&number("-0.0"), &number("0")), Ordering::Equal);
    }

    #[test]
    fn multiples_are_those_of_the_decimals_as_written() {
        for (value, of, expected) in [
            ("0.3", "0.1", true),
            ("19.99", "0.01", true),
            ("4.35", "0.01", true),
            ("0.35", "0.1", false),
            ("7", "0.5", true),
            ("7", "2", false),
            ("0", "3.7", true),
            ("-9", "3", true),
            ("1e300", "7", false),
            ("1e300", "0.5", true),
            ("1e-300", "1e-301", true),
            ("1e-301", "1e-300", false),
            ("18446744073709551615", "5", true),
            ("18446744073709551614", "5", false),
        ] {
            let is = Decimal::of(&number(value)).is_multiple_of(Decimal::of(&number(of)));
            assert_eq!(is, expected, "{value} of {of}");
        }
    }

    #[test]
    fn a_float_without_a_fraction_is_an_integer() {
        for (text, expected) in [("1.0", true), ("1e300", true), ("-3", true), ("1.5", false)] {
            assert_eq!(is_integer(&number(text)), expected, "{text}");
        }
    }
}
