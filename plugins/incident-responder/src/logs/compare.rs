//! How what was looked at differs from the baseline: templates that are new, that are gone,
//! and that come more often than chance allows.

use super::header::Level;
use super::miner::{Group, Mined};

/// A burst is this improbable, as a power of ten.
const IMPROBABLE: f64 = 6.0;

/// A burst has at least so many times the lines that were to be expected.
const TIMES: f64 = 3.0;

/// A template that is gone had at least so many lines before.
const LEAST_BEFORE: u64 = 10;

/// And at least so many were to be expected.
const LEAST_EXPECTED: f64 = 5.0;

/// A span with fewer minutes says nothing of what is usual in a minute.
const LEAST_MINUTES: f64 = 10.0;

/// Words by which a line without a level says that something failed.
const FAILURES: [&str; 12] = [
    "abort",
    "broken",
    "cannot",
    "corrupt",
    "crash",
    "denied",
    "error",
    "exception",
    "fail",
    "fatal",
    "panic",
    "refused",
];

/// What happened to a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// It was not there before.
    New,
    /// It comes more often than before, or than in the other minutes.
    Burst,
    /// It was there before and is not any more.
    Vanished,
}

/// A template that changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// Which of [`Mined::groups`].
    pub group: usize,
    /// What happened.
    pub kind: ChangeKind,
    /// Lines that were seen: of a burst within one stream, at least those of its minute.
    pub seen: u64,
    /// Lines that were to be expected.
    pub expected: f64,
    /// How improbable the difference is: the chance is 10 to the minus this.
    pub improbability: f64,
    /// The minute since 1970 of a burst within one stream.
    pub minute: Option<i64>,
}

/// What changed, failures first, then the least probable.
///
/// With a baseline its rate is what is to be expected: lines a minute where nearly all lines
/// of both periods have a time, else lines of all lines. Without one a burst is a minute with
/// more lines than the other minutes of the same template have.
pub fn compare(mined: &Mined) -> Vec<Change> {
    let change = |(at, group): (usize, &Group)| match mined.baseline.lines {
        0 => within(mined, at, group),
        _ => against(group, ratio(mined), at),
    };
    let mut changes: Vec<Change> = mined.groups.iter().enumerate().filter_map(change).collect();
    changes.sort_by(|one, other| {
        let is_failure = |change: &Change| mined.groups[change.group].is_failure();
        let failures = is_failure(other).cmp(&is_failure(one));
        let chances = other.improbability.total_cmp(&one.improbability);
        failures.then(chances).then(one.group.cmp(&other.group))
    });
    changes
}

impl Group {
    /// Whether its lines say that something failed: by their level, or where none has a
    /// level, by a word.
    pub fn is_failure(&self) -> bool {
        self.level.map_or_else(
            || {
                let template = self.template.to_ascii_lowercase();
                FAILURES.iter().any(|word| template.contains(word))
            },
            |level| level >= Level::Error,
        )
    }
}

impl ChangeKind {
    /// The name, for example `new`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Burst => "burst",
            Self::Vanished => "vanished",
        }
    }
}

/// How much of what was looked at there is for each part of the baseline.
fn ratio(mined: &Mined) -> f64 {
    match (mined.baseline.minutes(), mined.examined.minutes()) {
        (Some(before), Some(now)) => now / before,
        _ => mined.examined.lines as f64 / mined.baseline.lines as f64,
    }
}

fn against(group: &Group, ratio: f64, at: usize) -> Option<Change> {
    let expected = group.baseline as f64 * ratio;
    let change = |kind, improbability| {
        Some(Change {
            group: at,
            kind,
            seen: group.examined,
            expected,
            improbability,
            minute: None,
        })
    };
    match (group.baseline, group.examined) {
        // Half a line is what may well have been missed.
        (0, seen) => change(ChangeKind::New, tail(seen, 0.5 * ratio)),
        (before, 0) if before >= LEAST_BEFORE && expected >= LEAST_EXPECTED => {
            change(ChangeKind::Vanished, expected / std::f64::consts::LN_10)
        }
        (_, seen) => {
            let improbability = burst(seen, expected)?;
            change(ChangeKind::Burst, improbability)
        }
    }
}

/// A burst within one stream.
fn within(mined: &Mined, at: usize, group: &Group) -> Option<Change> {
    let minutes = mined
        .examined
        .minutes()
        .filter(|minutes| *minutes >= LEAST_MINUTES)?;
    let (minute, seen) = group.peak?;
    let others = group.examined.saturating_sub(seen).max(1);
    let expected = others as f64 / minutes;
    Some(Change {
        group: at,
        kind: ChangeKind::Burst,
        seen,
        expected,
        improbability: burst(seen, expected)?,
        minute: Some(minute),
    })
}

fn burst(seen: u64, expected: f64) -> Option<f64> {
    let is_many = seen as f64 >= TIMES * expected;
    let improbability = is_many.then(|| tail(seen, expected))?;
    (improbability > IMPROBABLE).then_some(improbability)
}

/// How improbable it is that at least `seen` come where `expected` do on average, each by
/// itself (Poisson): the chance is 10 to the minus this.
fn tail(seen: u64, expected: f64) -> f64 {
    let seen = seen as f64;
    if expected <= 0.0 || seen <= expected {
        return 0.0;
    }
    let first = seen * expected.ln() - expected - ln_factorial(seen);
    // The terms fall at least as fast as powers of `expected / (seen + 1)`.
    let (mut sum, mut term, mut count) = (1.0, 1.0, seen + 1.0);
    while term > 1e-12 * sum {
        term *= expected / count;
        sum += term;
        count += 1.0;
    }
    (-(first + f64::ln(sum)) / std::f64::consts::LN_10).max(0.0)
}

/// The logarithm of `n!`: exact sums where they are short, else Stirling's series.
fn ln_factorial(n: f64) -> f64 {
    if n < 32.0 {
        return (2..=n as u32).map(|factor| f64::from(factor).ln()).sum();
    }
    let series = 1.0 / (12.0 * n) - 1.0 / (360.0 * n.powi(3));
    n * n.ln() - n + 0.5 * (std::f64::consts::TAU * n).ln() + series
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Moment;
    use crate::logs::{Limits, Miner, Period, Told};

    /// Adds a message once a minute, so many times each.
    fn add(miner: &mut Miner, period: Period, message: &str, minutes: i64, each: u64) {
        for minute in 0..minutes {
            for _ in 0..each {
                let at = Moment::from_milliseconds(minute * 60_000);
                let told = Told {
                    at,
                    ..Told::default()
                };
                miner.add(message.as_bytes(), period, told);
            }
        }
    }

    fn changes(mined: &Mined) -> Vec<(ChangeKind, &str)> {
        let shown = |change: &Change| (change.kind, mined.groups[change.group].template.as_str());
        compare(mined).iter().map(shown).collect()
    }

    #[test]
    fn a_burst_is_found_and_a_steady_rate_is_not() {
        let mut miner = Miner::new(Limits::default());
        for (message, before, now) in [("steady tick", 5, 6), ("retry failed", 1, 9)] {
            add(&mut miner, Period::Baseline, message, 60, before);
            add(&mut miner, Period::Examined, message, 20, now);
        }
        let mined = miner.finish();
        assert_eq!(changes(&mined), [(ChangeKind::Burst, "retry failed")]);
    }

    #[test]
    fn a_template_that_vanished_is_found_and_a_rare_one_is_not_missed() {
        let mut miner = Miner::new(Limits::default());
        add(&mut miner, Period::Baseline, "heartbeat sent", 60, 1);
        add(&mut miner, Period::Baseline, "nightly job done", 1, 1);
        add(&mut miner, Period::Examined, "something else", 60, 1);
        let mined = miner.finish();
        let expected = [
            (ChangeKind::New, "something else"),
            (ChangeKind::Vanished, "heartbeat sent"),
        ];
        assert_eq!(changes(&mined), expected);
    }

    #[test]
    fn new_failures_come_before_other_new_messages() {
        let mut miner = Miner::new(Limits::default());
        add(&mut miner, Period::Baseline, "ready", 9, 1);
        add(&mut miner, Period::Examined, "cache is warm", 10, 30);
        add(&mut miner, Period::Examined, "disk error", 10, 1);
        let mined = miner.finish();
        let expected = [
            (ChangeKind::New, "disk error"),
            (ChangeKind::New, "cache is warm"),
        ];
        assert_eq!(changes(&mined), expected);
    }

    #[test]
    fn a_minute_that_differs_from_the_others_is_a_burst_without_a_baseline() {
        let mut miner = Miner::new(Limits::default());
        add(&mut miner, Period::Examined, "request served", 60, 4);
        add(&mut miner, Period::Examined, "lock timeout", 1, 40);
        let mined = miner.finish();
        assert_eq!(changes(&mined), [(ChangeKind::Burst, "lock timeout")]);
        assert_eq!(compare(&mined)[0].minute, Some(0));
    }

    #[test]
    fn the_tail_is_that_of_the_distribution() {
        // Added up from the definition, with an expectation of 2: 1 - e^-2 (1 + 2 + 2 + 4/3).
        let chance = 1.0 - f64::exp(-2.0) * (5.0 + 4.0 / 3.0);
        assert!((tail(4, 2.0) + chance.log10()).abs() < 1e-9);
        assert!((tail(1, 1e-3) - 3.0).abs() < 0.01);
        assert!((ln_factorial(31.0) + f64::ln(32.0) - ln_factorial(32.0)).abs() < 1e-9);
        assert!(tail(1_000_000, 1.0).is_finite());
    }
}
