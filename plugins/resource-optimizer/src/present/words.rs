//! Figures as people read them.

use serde_json::{Value, json};

/// Rounded to so many decimals.
pub(super) fn rounded(value: f64, decimals: i32) -> f64 {
    let factor = 10_f64.powi(decimals);
    (value * factor).round() / factor
}

/// A number of a table.
pub(super) fn number(value: f64, decimals: i32) -> Value {
    json!(rounded(value, decimals))
}

/// A share in percent, of a table.
pub(super) fn percent(share: f64) -> Value {
    number(100.0 * share, 1)
}

/// Seconds in the unit in which they are short.
pub(super) fn duration(seconds: f64) -> String {
    let (value, unit) = match seconds {
        0.0 => (0.0, "s"),
        s if s < 0.9995 => (s * 1000.0, "ms"),
        s if s < 120.0 => (s, "s"),
        s if s < 7200.0 => (s / 60.0, "min"),
        s if s < 172_800.0 => (s / 3600.0, "h"),
        s => (s / 86_400.0, "days"),
    };
    let decimals = if value < 10.0 { 1 } else { 0 };
    format!("{} {unit}", rounded(value, decimals))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_the_unit_in_which_they_are_short() {
        let shown = [
            0.0, 0.25, 0.9999, 1.0, 41.0, 119.0, 150.0, 7200.0, 200_000.0,
        ]
        .map(duration);
        let expected = [
            "0 s", "250 ms", "1 s", "1 s", "41 s", "119 s", "2.5 min", "2 h", "2.3 days",
        ];
        assert_eq!(shown, expected);
    }
}
