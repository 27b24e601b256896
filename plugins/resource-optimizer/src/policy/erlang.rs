//! Agents by Erlang C, as the textbooks size a call centre.

use std::collections::VecDeque;

use super::{Hold, Policy, Seen, agents};
use crate::queueing;

/// Ticks over which arrivals are counted.
const RATE_TICKS: usize = 4;

/// Services that count, the newest.
const SERVICES: usize = 500;

/// Seconds in which a queue is worked off.
const DRAIN_S: f64 = 30.0;

/// Seconds for which the greatest need is kept.
const HOLD_S: f64 = 60.0;

/// As many agents as keep the share of late jobs, were the load calm, and more for a queue.
#[derive(Debug, Clone)]
pub struct Erlang {
    share: f64,
    arrivals: VecDeque<usize>,
    services: VecDeque<f64>,
    sum: f64,
    hold: Hold,
}

impl Erlang {
    /// With this share, between 0 and 1.
    pub fn new(share: f64) -> Self {
        Self {
            share,
            arrivals: VecDeque::new(),
            services: VecDeque::new(),
            sum: 0.0,
            hold: Hold::new(HOLD_S),
        }
    }

    fn observe(&mut self, seen: &Seen<'_>) {
        self.arrivals.push_back(seen.arrived.len());
        while self.arrivals.len() > RATE_TICKS {
            self.arrivals.pop_front();
        }
        for begun in seen.begun {
            self.services.push_back(begun.service_s);
            self.sum += begun.service_s;
        }
        while self.services.len() > SERVICES {
            self.sum -= self.services.pop_front().unwrap_or(0.0);
        }
    }

    fn mean_s(&self) -> f64 {
        match self.services.len() {
            0 => 1.0,
            count => self.sum.max(0.0) / count as f64,
        }
    }
}

impl Policy for Erlang {
    fn want(&mut self, seen: &Seen<'_>) -> u32 {
        self.observe(seen);
        let mean_s = self.mean_s();
        let arrivals: usize = self.arrivals.iter().sum();
        let rate = arrivals as f64 / self.arrivals.len() as f64 / seen.tick_s;
        let standing =
            queueing::size_erlang(rate * mean_s, mean_s, seen.wait_s, self.share, seen.max);
        let behind = seen.waiting.len().saturating_sub(1) as f64;
        let wanted = standing.saturating_add(agents(behind * mean_s / DRAIN_S));
        self.hold.push(seen.now_s, wanted)
    }
}
