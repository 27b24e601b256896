//! A linear axis: from values to positions, with ticks at round numbers or round times.

use super::super::moments::on_scale;
use crate::Scale;

/// Ticks aimed at; there may be one more or some fewer.
const TICKS: f64 = 5.0;

/// A range of values drawn from one position to another.
pub(super) struct Axis {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
    step: f64,
}

impl Axis {
    /// An axis that covers all finite `values`, widened to round numbers.
    pub(super) fn over(values: impl Iterator<Item = f64>, from: f64, to: f64) -> Self {
        Self::on(None, values, from, to)
    }

    /// The same on a scale: times are widened to whole seconds, minutes, hours or days.
    pub(super) fn on(
        scale: Option<&Scale>,
        values: impl Iterator<Item = f64>,
        from: f64,
        to: f64,
    ) -> Self {
        let finite = values.filter(|value| value.is_finite() && value.abs() < 1e100);
        let (mut low, mut high) = finite
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                (low.min(value), high.max(value))
            });
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        // Counts and sizes are compared with nothing, so nothing should be in sight.
        if low > 0.0 && low < high * 0.5 && scale != Some(&Scale::Date) {
            low = 0.0;
        }
        if low == high {
            high = low + low.abs().max(1.0);
        }
        let step = match scale {
            Some(Scale::Duration | Scale::Date) => round_time((high - low) / TICKS),
            _ => round_step((high - low) / TICKS),
        };
        Self {
            low: (low / step).floor() * step,
            high: (high / step).ceil() * step,
            from,
            to,
            step,
        }
    }

    /// Where a value is drawn, or nothing for a value off the axis.
    pub(super) fn position(&self, value: f64) -> Option<f64> {
        let share = (value - self.low) / (self.high - self.low);
        let inside = (-1e-9..=1.0 + 1e-9).contains(&share);
        inside.then_some(self.from + share * (self.to - self.from))
    }

    /// Positions and labels of the ticks, plain numbers.
    pub(super) fn ticks(&self) -> Vec<(f64, String)> {
        self.ticks_said(|value| on_scale(value, None))
    }

    /// Positions of the ticks, and what `said` makes of their values.
    pub(super) fn ticks_said(&self, said: impl Fn(f64) -> String) -> Vec<(f64, String)> {
        // At most a dozen, so nothing is lost.
        let count = ((self.high - self.low) / self.step)
            .round()
            .clamp(1.0, 20.0) as u32;
        let tick = |index: u32| {
            let value = self.low + f64::from(index) * self.step;
            self.position(value).map(|position| (position, said(value)))
        };
        (0..=count).filter_map(tick).collect()
    }
}

/// The smallest of 1, 2 and 5 times a power of ten that is not under `step`
/// (Heckbert, "Nice Numbers for Graph Labels", 1990).
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let fraction = step / power;
    let round = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|round| fraction <= *round + 1e-9);
    round.unwrap_or(10.0) * power
}

/// The smallest usual length of time, in milliseconds, that is not under `step`.
fn round_time(step: f64) -> f64 {
    const SECONDS: [f64; 17] = [
        1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_200.0, 1_800.0, 3_600.0,
        7_200.0, 14_400.0, 21_600.0, 43_200.0,
    ];
    const DAY: f64 = 86_400_000.0;
    if step <= 500.0 {
        return round_step(step);
    }
    if step > 43_200_000.0 {
        return round_step(step / DAY).max(1.0) * DAY;
    }
    let usual = SECONDS.into_iter().map(|seconds| seconds * 1000.0);
    usual
        .into_iter()
        .find(|usual| step <= *usual)
        .unwrap_or(DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(values: &[f64]) -> Vec<String> {
        let axis = Axis::over(values.iter().copied(), 0.0, 100.0);
        axis.ticks().into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn ticks_are_round_and_cover_the_values() {
        assert_eq!(labels(&[3.0, 48.0]), ["0", "10", "20", "30", "40", "50"]);
        assert_eq!(labels(&[-4.0, 9.0]), ["-5", "0", "5", "10"]);
        assert_eq!(
            labels(&[1000.0, 1010.0]),
            ["1,000", "1,002", "1,004", "1,006", "1,008", "1,010"]
        );
    }

    #[test]
    fn times_are_marked_at_whole_minutes_hours_and_days() {
        let labels = |scale: Scale, values: [f64; 2]| -> Vec<String> {
            let axis = Axis::on(Some(&scale), values.into_iter(), 0.0, 100.0);
            let ticks = axis.ticks_said(|value| on_scale(value, Some(&scale)));
            ticks.into_iter().map(|(_, label)| label).collect()
        };
        let minutes = labels(Scale::Duration, [0.0, 540_000.0]);
        assert_eq!(
            minutes,
            ["0 ms", "2 min", "4 min", "6 min", "8 min", "10 min"]
        );
        let noon = 1_709_208_000_000.0;
        let days = labels(Scale::Date, [noon, noon + 3.0 * 86_400_000.0]);
        assert_eq!(
            days,
            [
                "2024-02-29",
                "2024-03-01",
                "2024-03-02",
                "2024-03-03",
                "2024-03-04"
            ]
        );
    }

    #[test]
    fn there_is_an_axis_whatever_the_values() {
        assert_eq!(labels(&[]), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert!(labels(&[7.0]).len() > 1);
        assert!(labels(&[f64::NAN, f64::INFINITY, 1e308]).len() > 1);
    }

    #[test]
    fn values_are_placed_in_proportion() {
        let axis = Axis::over([0.0, 10.0].into_iter(), 100.0, 0.0);
        assert_eq!(axis.position(2.5), Some(75.0));
        assert_eq!(axis.position(11.0), None);
        assert_eq!(axis.position(f64::NAN), None);
    }
}
