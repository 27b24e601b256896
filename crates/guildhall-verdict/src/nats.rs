//! Scores in billionths of a nat: whole numbers, so that a sum is exact and its order is
//! of no account.

use std::fmt;
use std::ops::{Add, Sub};

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};

/// Billionths of a nat in one nat.
const PER_NAT: f64 = 1e9;

/// A score on the scale of natural logarithms, in billionths.
///
/// ```
/// use guildhall_verdict::Nats;
///
/// let (a, b) = (Nats::of_ratio(0.96 / 0.04), Nats::of_ratio(0.5));
/// assert_eq!(a + b, b + a);
/// assert_eq!(a.to_string(), "3.178053830");
/// ```
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    Schema,
)]
#[serde(transparent)]
pub struct Nats(i64);

impl Nats {
    /// No score at all.
    pub const ZERO: Self = Self(0);

    /// A score in nats, rounded to billionths; what is no number is nothing.
    pub fn new(nats: f64) -> Self {
        // The cast keeps what is beyond the ends at the ends, and makes 0 of what is no number.
        Self((nats * PER_NAT).round() as i64)
    }

    /// The score of a likelihood ratio.
    pub fn of_ratio(ratio: f64) -> Self {
        Self::new(ratio.ln())
    }

    /// The score in nats.
    pub fn value(self) -> f64 {
        self.0 as f64 / PER_NAT
    }

    /// The score in billionths of a nat.
    pub const fn billionths(self) -> i64 {
        self.0
    }
}

impl Add for Nats {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Nats {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl std::iter::Sum for Nats {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Nats {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let all = self.0.unsigned_abs();
        let (whole, part) = (all / 1_000_000_000, all % 1_000_000_000);
        out.pad(&format!("{sign}{whole}.{part:09}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_is_shown_with_nine_digits() {
        assert_eq!(Nats::new(-0.25).to_string(), "-0.250000000");
        assert_eq!(Nats::new(12.000_000_001).to_string(), "12.000000001");
        assert_eq!(format!("{:>13}", Nats::new(1.0)), "  1.000000000");
    }

    #[test]
    fn what_is_no_number_is_nothing_and_the_ends_hold() {
        assert_eq!(Nats::new(f64::NAN), Nats::ZERO);
        let most = Nats::new(f64::INFINITY);
        assert_eq!(most + most, most);
    }
}
