//! What the time of day or week will bring, where that can be known and matters.
//!
//! Rates are kept in bins. At each new bin it is measured over the last week whether the shape
//! of the periods before says more of the load one boot ahead than the present does; only then
//! it is used. The errors that were made are a band over what is expected. Where a boot is
//! short beside a bin, the load cannot move while an agent boots, and nothing is forecast.

use serde::{Deserialize, Serialize};

use crate::history::Rates;

const DAY_S: f64 = 86_400.0;
const WEEK_S: f64 = 7.0 * DAY_S;

/// A boot shorter than this share of a bin is no time in which a load changes.
const NOTABLE: f64 = 0.1;

/// A shape must be better than the present by this share ...
const LEAST_GAIN: f64 = 0.1;

/// ... over so many comparisons; a band too needs so many errors.
const LEAST_TIMES: usize = 24;

/// The weight of a period beside the one after it, and how many count.
const FADE: f64 = 0.6;
const PERIODS: usize = 4;

/// By how much a shape changes the rate at the most.
const MOST_RATIO: f64 = 4.0;

/// A bin may be this much short of its width, for sums of ticks are not exact.
const SLACK_S: f64 = 1e-6;

/// A period may be this share of a bin longer or shorter than its bins are.
const MOST_SHIFT: f64 = 0.1;

/// The rates of the past, and what they say of what comes.
#[derive(Debug, Clone)]
pub struct Season {
    bin_s: f64,
    /// When the first bin begins.
    first_s: f64,
    past: Vec<Option<f64>>,
    jobs: f64,
    seconds: f64,
    /// Bins of the period that is used.
    period: Option<usize>,
    gain: f64,
    /// Bins at the last choice.
    chosen_at: usize,
    horizon_s: f64,
    /// Relative errors of what is used, in order of size.
    errors: Vec<f64>,
    /// The quantile of the errors that is made ready for.
    band: f64,
}

/// Whether and by what a load is forecast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// Whether the shape of the periods before is used.
    pub used: bool,
    /// The period, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period_s: Option<f64>,
    /// By how much the mean error is less than that of taking the present for what comes.
    pub gain: f64,
    /// Why it is so.
    pub why: String,
}

impl Season {
    /// What is known before the first tick; bins are of `bin_s` seconds where no history says
    /// otherwise.
    pub fn new(history: Option<&Rates>, bin_s: f64) -> Self {
        let bin_s = history.map_or(bin_s, |rates| rates.bin_s);
        let past = history.map_or_else(Vec::new, |rates| rates.rates.clone());
        Self {
            bin_s,
            first_s: -(past.len() as f64) * bin_s,
            past,
            jobs: 0.0,
            seconds: 0.0,
            period: None,
            gain: 0.0,
            chosen_at: usize::MAX,
            horizon_s: 0.0,
            errors: Vec::new(),
            band: 0.0,
        }
    }

    /// Takes in how many jobs came in the last tick.
    pub fn push(&mut self, jobs: f64, tick_s: f64, horizon_s: f64) {
        self.jobs += jobs;
        self.seconds += tick_s;
        self.horizon_s = horizon_s;
        while self.seconds >= self.bin_s - SLACK_S {
            // What the tick has beyond the bin begins the next one, with its share of the jobs.
            let over_s = (self.seconds - self.bin_s).max(0.0);
            let over = jobs * over_s / tick_s;
            let bin_s = self.seconds - over_s;
            self.past.push(Some((self.jobs - over) / bin_s));
            (self.jobs, self.seconds) = (over, over_s);
        }
        if self.chosen_at != self.past.len() {
            self.chosen_at = self.past.len();
            self.choose();
        }
    }

    /// Sets which quantile of the errors is made ready for.
    pub fn set_band(&mut self, quantile: f64) {
        self.band = quantile;
    }

    /// By how much the rate to come, up to `horizon_s` from now, is that of the last `span_s`.
    pub fn ratio(&self, now_s: f64, span_s: f64, horizon_s: f64) -> f64 {
        self.shape(now_s, span_s, horizon_s) * (1.0 + self.margin())
    }

    /// Whether a forecast is used, and why.
    pub fn forecast(&self) -> Forecast {
        let used = self.period.is_some();
        Forecast {
            used,
            period_s: self.period.map(|bins| bins as f64 * self.bin_s),
            gain: (self.gain * 1000.0).round() / 1000.0,
            why: self.why(),
        }
    }

    fn why(&self) -> String {
        let ahead = format!("{:.0} s ahead", self.horizon_s);
        if !self.is_notable() {
            return format!(
                "none: {ahead} is {:.3} of a bin of {:.0} s, in which the load hardly moves",
                self.horizon_s / self.bin_s,
                self.bin_s
            );
        }
        let band = format!("made ready for {:.0} % more", 100.0 * self.margin());
        match self.period {
            Some(period) => format!(
                "{} shape: {:.0} % less error than the present has, {ahead}; {band}",
                if period as f64 * self.bin_s > DAY_S {
                    "weekly"
                } else {
                    "daily"
                },
                100.0 * self.gain
            ),
            None if [DAY_S, WEEK_S].iter().all(|it| self.bins_of(*it).is_none()) => format!(
                "none: neither a day nor a week is a whole number of bins of {} s, {ahead}; {band}",
                self.bin_s
            ),
            None => format!("none: no day or week says more than the present, {ahead}; {band}"),
        }
    }

    fn is_notable(&self) -> bool {
        self.horizon_s >= NOTABLE * self.bin_s
    }

    /// The share by which what comes may exceed what is expected.
    fn margin(&self) -> f64 {
        if self.errors.len() < LEAST_TIMES || self.band <= 0.0 {
            return 0.0;
        }
        let place = self.band * (self.errors.len() - 1) as f64;
        self.errors[place as usize].clamp(0.0, 1.0)
    }

    /// How the greatest expected rate of the time ahead stands to that of the past.
    fn shape(&self, now_s: f64, span_s: f64, horizon_s: f64) -> f64 {
        let shape = |period: usize| {
            let past = (0..5).map(|fifth| now_s - span_s * (f64::from(fifth) + 0.5) / 5.0);
            let past: Option<Vec<f64>> = past.map(|moment| self.at(moment, period)).collect();
            let mean = past?.iter().map(|rate| rate / 5.0).sum::<f64>();
            let ahead = (0..5).map(|quarter| now_s + horizon_s * f64::from(quarter) / 4.0);
            let ahead: Option<Vec<f64>> = ahead.map(|moment| self.at(moment, period)).collect();
            let greatest = ahead?.into_iter().fold(0.0, f64::max);
            (mean > 0.0).then(|| (greatest / mean).clamp(1.0 / MOST_RATIO, MOST_RATIO))
        };
        self.period.and_then(shape).unwrap_or(1.0)
    }

    /// The rate that the periods before have at a moment, between the middles of bins.
    fn at(&self, moment_s: f64, period: usize) -> Option<f64> {
        let place = (moment_s - self.first_s) / self.bin_s - 0.5;
        let before = place.floor();
        let share = place - before;
        let one = profile(&self.past, before as i64, period)?;
        let other = profile(&self.past, before as i64 + 1, period)?;
        Some(one * (1.0 - share) + other * share)
    }

    /// Measures over the last week which period tells most, if any.
    fn choose(&mut self) {
        (self.period, self.gain) = (None, 0.0);
        if !self.is_notable() {
            return;
        }
        let ahead = ((self.horizon_s / self.bin_s).ceil() as usize).max(1);
        self.errors = self.errors_of_the_present(ahead);
        for period_s in [DAY_S, WEEK_S] {
            let Some(period) = self.bins_of(period_s) else {
                continue;
            };
            let Some((gain, errors)) = self.backtest(period, ahead) else {
                continue;
            };
            if gain > self.gain {
                self.gain = gain;
                self.period = Some(period);
                if gain >= LEAST_GAIN {
                    self.errors = errors;
                }
            }
        }
        self.errors.sort_by(f64::total_cmp);
        if self.gain < LEAST_GAIN {
            self.period = None;
        }
    }

    /// How many bins a period has; none where that is no whole number, for the same moment of
    /// another period then lies elsewhere in a bin.
    fn bins_of(&self, period_s: f64) -> Option<usize> {
        let bins = (period_s / self.bin_s).round();
        let is_whole = (bins * self.bin_s - period_s).abs() <= MOST_SHIFT * self.bin_s;
        is_whole.then_some(bins as usize)
    }

    /// The relative errors of the last week, had the present been taken for what comes.
    fn errors_of_the_present(&self, ahead: usize) -> Vec<f64> {
        let first = self.a_week_ago().max(ahead);
        let error = |bin: usize| {
            let (was, came) = (self.past[bin - ahead]?, self.past[bin]?);
            (was > 0.0).then(|| came / was - 1.0)
        };
        (first..self.past.len()).filter_map(error).collect()
    }

    /// The gain of a period over the present, and its relative errors.
    fn backtest(&self, period: usize, ahead: usize) -> Option<(f64, Vec<f64>)> {
        let count = self.past.len();
        if period == 0 || count < period + ahead + period / 2 {
            return None;
        }
        let (mut of_shape, mut of_present, mut times) = (0.0, 0.0, 0);
        let mut errors = Vec::new();
        for bin in self.a_week_ago().max(period + ahead)..count {
            // Only what was known at the moment of the forecast.
            let known = &self.past[..=bin - ahead];
            let (Some(then), Some(there)) = (
                profile(known, bin as i64, period),
                profile(known, (bin - ahead) as i64, period),
            ) else {
                continue;
            };
            let (Some(present), Some(came)) = (self.past[bin - ahead], self.past[bin]) else {
                continue;
            };
            if there <= 0.0 {
                continue;
            }
            let expected = present * then / there;
            if present * then > 0.0 {
                errors.push(came / expected - 1.0);
            }
            of_shape += (expected - came).abs();
            of_present += (present - came).abs();
            times += 1;
        }
        let is_enough = times >= LEAST_TIMES && of_present > 0.0;
        is_enough.then(|| (1.0 - of_shape / of_present, errors))
    }

    fn a_week_ago(&self) -> usize {
        let week = (WEEK_S / self.bin_s) as usize;
        self.past.len().saturating_sub(week)
    }
}

/// The weighted mean of the same bin one, two, ... periods before.
fn profile(past: &[Option<f64>], bin: i64, period: usize) -> Option<f64> {
    let (mut sum, mut weights, mut weight, mut times) = (0.0, 0.0, 1.0, 0);
    let mut before = bin - period as i64;
    while before >= 0 && times < PERIODS {
        if let Some(Some(rate)) = past.get(before as usize) {
            sum += weight * rate;
            weights += weight;
            weight *= FADE;
            times += 1;
        }
        before -= period as i64;
    }
    (weights > 0.0).then(|| sum / weights)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bins of half an hour, with a rate for each.
    fn season(rates: impl IntoIterator<Item = f64>, horizon_s: f64) -> Season {
        let mut season = Season::new(None, 1800.0);
        for rate in rates {
            season.push(rate * 1800.0, 1800.0, horizon_s);
        }
        season
    }

    /// The rate of a bin of a day that rises by noon.
    fn of_day(bin: u32) -> f64 {
        let turn = f64::from(bin % 48) / 48.0 * std::f64::consts::TAU;
        2.0 - turn.cos()
    }

    #[test]
    fn a_clean_week_is_forecast_and_noise_is_not() {
        let week = season((0..7 * 48).map(of_day), 1800.0);
        let forecast = week.forecast();
        assert!(forecast.used, "{forecast:?}");
        assert_eq!(forecast.period_s, Some(DAY_S));
        assert!(forecast.gain > 0.9, "{forecast:?}");
        // In the morning more will come than came.
        let now_s = 7.0 * DAY_S + 6.0 * 3600.0;
        assert!(week.ratio(now_s, 1800.0, 1800.0) > 1.05);
        // And in the evening less.
        assert!(week.ratio(now_s + 12.0 * 3600.0, 1800.0, 1800.0) < 1.0);
        let mut state = 1_u64;
        let noise = std::iter::repeat_with(|| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            1.0 + (state >> 33) as f64 / (1_u64 << 31) as f64
        });
        let forecast = season(noise.take(7 * 48), 1800.0).forecast();
        assert!(!forecast.used, "{forecast:?}");
        assert!(
            forecast.why.starts_with("none: no day or week"),
            "{forecast:?}"
        );
    }

    /// A week of days that rise by noon, told in ticks of a width.
    fn week(bin_s: f64, tick_s: f64) -> Season {
        let mut season = Season::new(None, bin_s);
        let ticks = (7.0 * DAY_S / tick_s) as u32;
        for tick in 0..ticks {
            let bin = (f64::from(tick) * tick_s / 1800.0) as u32;
            season.push(of_day(bin) * tick_s, tick_s, 1800.0);
        }
        season
    }

    #[test]
    fn bins_stand_where_they_should_whatever_the_tick() {
        for tick_s in [7.0, 15.0, 600.7, 5400.0] {
            let season = week(1800.0, tick_s);
            let told = (7.0 * DAY_S / tick_s).floor() * tick_s;
            let bins = (told / 1800.0 + 1e-9) as usize;
            assert_eq!(season.past.len(), bins, "{tick_s}");
            // No job is told twice and none is lost.
            let rates: f64 = season.past.iter().flatten().sum();
            let jobs = rates * 1800.0 + season.jobs;
            let ticks = (7.0 * DAY_S / tick_s) as u32;
            let expected: f64 = (0..ticks)
                .map(|tick| of_day((f64::from(tick) * tick_s / 1800.0) as u32) * tick_s)
                .sum();
            assert!(
                (jobs - expected).abs() < 1e-3,
                "{tick_s}: {jobs} {expected}"
            );
        }
        let season = week(1800.0, 7.0);
        let last = season.past.len() - 1;
        let rate = season.past[last].unwrap();
        let expected = of_day(u32::try_from(last).unwrap());
        assert!((rate - expected).abs() < 0.01, "{rate} {expected}");
    }

    #[test]
    fn a_day_that_is_no_whole_number_of_bins_is_no_period() {
        let told = week(1000.0, 100.0).forecast();
        assert!(!told.used, "{told:?}");
        assert!(
            told.why
                .contains("neither a day nor a week is a whole number of bins of 1000 s"),
            "{told:?}"
        );
        assert!(week(1200.0, 100.0).forecast().used);
    }

    #[test]
    fn forecasts_are_off_where_boot_is_short() {
        let mut week = season((0..7 * 48).map(of_day), 45.0);
        week.set_band(0.8);
        assert_eq!(week.ratio(7.0 * DAY_S + 6.0 * 3600.0, 1800.0, 45.0), 1.0);
        let forecast = week.forecast();
        assert!(!forecast.used);
        assert!(
            forecast.why.contains("45 s ahead is 0.025 of a bin"),
            "{forecast:?}"
        );
    }

    #[test]
    fn missing_bins_are_no_season_and_what_is_there_counts() {
        let past = [Some(1.0), None, Some(3.0), Some(5.0)];
        assert_eq!(profile(&past, 4, 2), Some((3.0 + 0.6) / 1.6));
        assert_eq!(profile(&past, 5, 2), Some(5.0));
        assert_eq!(profile(&past, 3, 2), None);
        assert_eq!(profile(&past, 1, 2), None);
    }

    #[test]
    fn what_was_in_error_before_is_made_ready_for() {
        // Doubles every other bin.
        let mut restless = season((0..60).map(|bin| f64::from(bin % 2 + 1)), 1800.0);
        assert_eq!(restless.ratio(108_000.0, 1800.0, 1800.0), 1.0);
        restless.set_band(0.9);
        assert_eq!(restless.ratio(108_000.0, 1800.0, 1800.0), 2.0);
    }
}
