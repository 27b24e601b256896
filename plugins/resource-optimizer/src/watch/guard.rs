//! Whether an action made things worse, by what was measured before it and after it.

use std::collections::VecDeque;
use std::fmt;

use guildhall_sdk::core::control::Limit;

use super::{Job, Rules};
use crate::policy::{self, late};

/// Points by which the late share must have risen.
const LATE_POINTS: f64 = 0.02;

/// Points by which the share of failed attempts must have risen, and how sure that must be: the
/// 99.5 % quantile of the normal distribution.
const ERROR_POINTS: f64 = 0.05;
const ERROR_Z: f64 = 2.58;

/// Attempts on either side without which nothing is compared.
const LEAST: usize = 30;

/// Times of an attempt and of a boot that are measured at the least.
const LEAST_TIMES: f64 = 2.0;

/// An action whose effect is measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// When it was taken, in milliseconds since 1970.
    pub since_ms: u64,
    /// Places before it.
    pub from: u32,
    /// Places after it.
    pub to: u32,
    /// The changes it was made of, in their order.
    pub actions: Vec<(String, Limit)>,
}

/// What got worse.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Worse {
    /// More tasks were late, and with the places of before it would have been fewer.
    Late {
        /// The share before.
        before: f64,
        /// The share after.
        after: f64,
    },
    /// More attempts failed.
    Errors {
        /// The share before.
        before: f64,
        /// The share after.
        after: f64,
    },
    /// More places do less work: attempts take longer by more than there are more places.
    Slower {
        /// Seconds of an attempt before.
        before_s: f64,
        /// Seconds of an attempt after.
        after_s: f64,
    },
}

impl Measured {
    /// An action of this moment.
    pub fn new(since_ms: u64, from: u32) -> Self {
        Self {
            since_ms,
            from,
            to: from,
            actions: Vec::new(),
        }
    }

    pub(super) fn is_due(&self, now_ms: u64, measure_ms: u64) -> bool {
        now_ms >= self.since_ms.saturating_add(measure_ms)
    }
}

impl fmt::Display for Worse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |share: f64| (1000.0 * share).round() / 10.0;
        match self {
            Self::Late { before, after } => write!(
                f,
                "{} % of the tasks were late before it and {} % after it, and fewer with the places \
                 of before",
                percent(*before),
                percent(*after)
            ),
            Self::Errors { before, after } => write!(
                f,
                "{} % of the attempts failed before it and {} % after it",
                percent(*before),
                percent(*after)
            ),
            Self::Slower { before_s, after_s } => write!(
                f,
                "an attempt took {before_s:.1} s before it and {after_s:.1} s after it: more places \
                 do less"
            ),
        }
    }
}

/// What measuring says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    /// Too little has happened to say anything.
    TooEarly,
    /// Nothing is worse.
    Fine,
    /// Something is.
    Worse(Worse),
}

/// What an action brought, compared over the same time before it and after it.
pub fn judge(jobs: &[Job], measured: &Measured, now_ms: u64, rules: &Rules) -> Verdict {
    let since_ms = measured.since_ms;
    let span_ms = now_ms.saturating_sub(since_ms);
    let before = Part::of(jobs, since_ms.saturating_sub(span_ms), since_ms, rules);
    let after = Part::of(jobs, since_ms, now_ms, rules);
    let long_s = LEAST_TIMES * (rules.boot_s + after.service_s().max(before.service_s()));
    if (span_ms as f64) < 1000.0 * long_s || after.ended.min(after.come) < LEAST {
        return Verdict::TooEarly;
    }
    let worse = errors(&before, &after)
        .or_else(|| slower(&before, &after, measured))
        .or_else(|| more_late(jobs, &before, &after, measured, rules));
    worse.map_or(Verdict::Fine, Verdict::Worse)
}

/// What happened in a stretch of time.
struct Part {
    /// Tasks that could begin in it, and those of them that waited too long.
    come: usize,
    late: usize,
    /// Attempts that ended in it, and those of them that failed.
    ended: usize,
    failed: usize,
    /// Seconds of the attempts that ended, in sum.
    worked_s: f64,
}

impl Part {
    fn of(jobs: &[Job], from_ms: u64, to_ms: u64, rules: &Rules) -> Self {
        let is_in = |at_ms: u64| from_ms <= at_ms && at_ms < to_ms;
        let come = jobs.iter().filter(|job| is_in(job.ready_ms));
        let ended = jobs.iter().filter(|job| job.ended_ms.is_some_and(is_in));
        Self {
            come: come.clone().count(),
            late: come
                .filter(|job| job.waited_s(to_ms) > rules.wait_s)
                .count(),
            ended: ended.clone().count(),
            failed: ended.clone().filter(|job| job.has_failed).count(),
            worked_s: ended.filter_map(Job::service_s).sum(),
        }
    }

    fn late_share(&self) -> f64 {
        self.late as f64 / self.come.max(1) as f64
    }

    fn error_share(&self) -> f64 {
        self.failed as f64 / self.ended.max(1) as f64
    }

    fn service_s(&self) -> f64 {
        self.worked_s / self.ended.max(1) as f64
    }
}

/// The test of two shares.
fn errors(before: &Part, after: &Part) -> Option<Worse> {
    if before.ended < LEAST {
        return None;
    }
    let (one, other) = (before.error_share(), after.error_share());
    let (n, m) = (before.ended as f64, after.ended as f64);
    let both = (before.failed + after.failed) as f64 / (n + m);
    let deviation = (both * (1.0 - both) * (1.0 / n + 1.0 / m)).sqrt();
    let is_worse = other - one > ERROR_POINTS && other - one > ERROR_Z * deviation;
    is_worse.then_some(Worse::Errors {
        before: one,
        after: other,
    })
}

fn slower(before: &Part, after: &Part, measured: &Measured) -> Option<Worse> {
    if before.ended < LEAST || measured.to <= measured.from {
        return None;
    }
    let more = f64::from(measured.to) / f64::from(measured.from.max(1));
    let (before_s, after_s) = (before.service_s(), after.service_s());
    (after_s > more * before_s).then_some(Worse::Slower { before_s, after_s })
}

/// A late share may have risen with the load: the tasks since the action are replayed with the
/// places of before and with those of after.
fn more_late(
    jobs: &[Job],
    before: &Part,
    after: &Part,
    measured: &Measured,
    rules: &Rules,
) -> Option<Worse> {
    if after.late_share() - before.late_share() <= LATE_POINTS {
        return None;
    }
    let mean_s = after.service_s();
    let since = jobs.iter().filter(|job| {
        let begun_since = job.started_ms.is_none_or(|at| at >= measured.since_ms);
        job.ready_ms >= measured.since_ms || begun_since
    });
    let replayed: VecDeque<policy::Job> = since
        .map(|job| policy::Job {
            arrival_s: job.ready_ms as f64 / 1000.0,
            service_s: job.service_s().unwrap_or(mean_s),
        })
        .collect();
    let with = |places: u32| late(&replayed, places as usize, rules.wait_s, usize::MAX);
    (with(measured.from) < with(measured.to)).then(|| Worse::Late {
        before: before.late_share(),
        after: after.late_share(),
    })
}
