//! The default: the past half hour is replayed with ever other numbers of agents, and the
//! cheapest is taken, where a late job has a price. The price is steered by the share of jobs
//! that were late, so that what was promised is kept and not more.
//!
//! In reading order: `window` is the past and its replay, `price` what a late job costs,
//! `experience` what a short past does not show, `backlog` what a queue needs at once, and
//! `season` what the time of day will bring.

mod backlog;
mod experience;
mod price;
mod season;
mod window;

use crate::history::Rates;

use super::{Hold, Policy, Seen, agents};
use backlog::Backlog;
use experience::Experience;
pub(crate) use price::Price;

pub use season::{Forecast, Season};
pub use window::{Job, Question, Window, cheapest, late, waits};

/// The figures of the policy: one set for every load. Beside each stands what its neighbours
/// did, measured on some fifty loads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tuning {
    /// The share of late jobs that is steered to: less than promised, for what comes too late
    /// to be mended. A sixth more: .6 % cheaper, .3 points more late.
    pub target: f64,
    /// What a late job costs where the share is as it should be, in mean jobs' work. 20: .5 %
    /// cheaper; 40 to 60: 2 % dearer.
    pub price: f64,
    /// How strongly the price answers to the share. Twice as strong broke a promise, half as
    /// strong cost 2 %, not at all 7 % and broke three.
    pub gain: f64,
    /// The least and the greatest exponent of the price.
    pub exponents: (f64, f64),
    /// Jobs that are taken to have kept the share exactly before the first. 20: the same.
    pub prior: f64,
    /// Seconds of the past that are replayed, at the least. 3600: 2 % dearer.
    pub past_s: f64,
    /// The same in times of a boot. Without: 3.2 instead of 2.8 % late where a boot is long.
    pub past_boots: f64,
    /// The quantile that experience extrapolates to, from above. Without: 11 % late in the
    /// first burst of a load.
    pub rare: f64,
    /// The tail of bursts: they fall off with the power of this. 1.5: 6 % dearer.
    pub tail: f64,
    /// Seconds for which the greatest standing need is kept. 0: 1.4 % cheaper, and restless.
    pub hold_s: f64,
    /// Seconds after a change in which agents are not taken away.
    pub gate_s: f64,
    /// Seconds for which the need of a backlog is kept. 300: up to 6 % dearer.
    pub backlog_hold_s: f64,
    /// The quantile of forecast errors that is made ready for, and how it follows the share.
    /// Without: 28 % late where a boot is longer than a burst.
    pub band: (f64, f64),
    /// Seconds of a bin of rates, where no history says otherwise.
    pub bin_s: f64,
}

impl Tuning {
    /// For a promise that at most this share of jobs is late.
    pub fn promising(late_share: f64) -> Self {
        Self {
            target: 0.6 * late_share,
            price: 30.0,
            gain: 4.0,
            exponents: (-4.0, 6.0),
            prior: 50.0,
            past_s: 1800.0,
            past_boots: 4.0,
            rare: 0.05,
            tail: 2.0,
            hold_s: 300.0,
            gate_s: 60.0,
            backlog_hold_s: 60.0,
            band: (0.8, 0.1),
            bin_s: 1800.0,
        }
    }
}

/// The default policy. It sees a job's work only when the job has ended.
#[derive(Debug, Clone)]
pub struct Steered {
    tuning: Tuning,
    price: Price,
    window: Window,
    season: Season,
    experience: Experience,
    backlog: Backlog,
    /// The last standing need, from which the next is searched.
    standing: usize,
    hold: Hold,
    backlog_hold: Hold,
    /// The last answer, and when it became so.
    wanted: u32,
    changed_s: f64,
}

impl Steered {
    /// With these figures, for a load whose earlier rates may be known.
    pub fn new(tuning: Tuning, history: Option<&Rates>) -> Self {
        Self {
            price: Price::new(&tuning),
            window: Window::default(),
            season: Season::new(history, tuning.bin_s),
            experience: Experience::new(&tuning),
            backlog: Backlog::default(),
            standing: 1,
            hold: Hold::new(tuning.hold_s),
            backlog_hold: Hold::new(tuning.backlog_hold_s),
            wanted: 1,
            changed_s: f64::NEG_INFINITY,
            tuning,
        }
    }

    fn observe(&mut self, seen: &Seen<'_>) {
        let past_s = self.past_s(seen);
        self.window.end(seen.done);
        self.window.add(seen.arrived);
        self.window.forget(seen.now_s - past_s);
        self.window.know(seen.done);
        self.experience.observe(seen);
        self.backlog.observe(seen);
        let share = self.price.observe(seen);
        let rate = seen.arrived.len() as f64;
        let horizon_s = seen.boot_s + seen.tick_s;
        self.season.push(rate, seen.tick_s, horizon_s);
        let (band, follows) = self.tuning.band;
        let excess = (share - self.tuning.target) / self.tuning.target;
        self.season
            .set_band((band + follows * excess).clamp(0.5, 0.97));
    }

    fn past_s(&self, seen: &Seen<'_>) -> f64 {
        self.tuning.past_s.max(self.tuning.past_boots * seen.boot_s)
    }

    /// The cheapest number of agents for the past, at the rate to come.
    fn search(&mut self, seen: &Seen<'_>) -> usize {
        let span_s = self.past_s(seen).min(seen.now_s);
        let span_s = span_s.min(self.window.reaches(seen.now_s).unwrap_or(span_s));
        let horizon_s = seen.boot_s + seen.tick_s;
        let question = Question {
            now_s: seen.now_s,
            span_s,
            wait_s: seen.wait_s,
            price_s: self.price.of(self.window.mean_s()),
            ratio: self.season.ratio(seen.now_s, span_s, horizon_s),
        };
        self.window.cheapest(&question, self.standing)
    }

    /// Fewer agents only where nothing was changed a while.
    fn gated(&mut self, now_s: f64, wanted: u32) -> u32 {
        let is_new = now_s - self.changed_s < self.tuning.gate_s;
        if wanted < self.wanted && is_new {
            return self.wanted;
        }
        if wanted != self.wanted {
            self.wanted = wanted;
            self.changed_s = now_s;
        }
        wanted
    }
}

impl Policy for Steered {
    fn want(&mut self, seen: &Seen<'_>) -> u32 {
        self.observe(seen);
        self.standing = self.search(seen);
        let held = self.hold.push(seen.now_s, agents(self.standing as f64));
        let standing = agents(self.experience.factor() * f64::from(held));
        let backlog = self.backlog.agents(seen, self.window.mean_s());
        let backlog = self.backlog_hold.push(seen.now_s, backlog);
        self.gated(seen.now_s, standing.max(backlog))
    }

    fn forecast(&self) -> Option<Forecast> {
        Some(self.season.forecast())
    }
}
