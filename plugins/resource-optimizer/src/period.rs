//! How long something takes, as people write it: `90s`, `15m`, `2h`, `7d`.

use crate::OptimizerError;

/// Seconds of a text as `15m`.
///
/// # Errors
/// Where it has no number or no unit, or is not over 0. `key` is the part of the request.
pub(crate) fn seconds_of(key: &'static str, text: &str) -> Result<f64, OptimizerError> {
    let wrong = || OptimizerError::Request {
        key,
        problem: format!("is {text:?}; give a number and a unit, as 90s, 15m, 2h or 7d"),
    };
    let units = [('s', 1.0), ('m', 60.0), ('h', 3600.0), ('d', 86_400.0)];
    let parts = units
        .iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(*unit)?, seconds)));
    let (number, seconds) = parts.ok_or_else(wrong)?;
    let number: f64 = number.parse().map_err(|_| wrong())?;
    match number * seconds {
        period if period > 0.0 && period <= 1e11 => Ok(period),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_has_a_unit() {
        for (text, seconds) in [
            ("90s", 90.0),
            ("0.5s", 0.5),
            ("1.5m", 90.0),
            ("2h", 7200.0),
            ("7d", 604_800.0),
        ] {
            assert_eq!(seconds_of("since", text).unwrap(), seconds);
        }
        for text in [
            "", "s", "2", "2w", "-1h", "0s", "90ss", "nan s", "infd", "1e99d", "ü",
        ] {
            let error = seconds_of("since", text).unwrap_err().to_string();
            assert!(
                error.contains("give a number and a unit"),
                "{text}: {error}"
            );
        }
    }
}
