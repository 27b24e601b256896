//! What a queue needs at once: to carry the present rate, and to work the queue off in about
//! the time in which new agents come and the promise runs.

use std::collections::VecDeque;

use crate::policy::{Seen, agents};

/// Ticks whose arrivals are remembered.
const MOST_TICKS: usize = 20_000;

/// The share of the promised wait from which on a queue is more than noise. At the whole of
/// it, rare bursts are seen too late; without it, agents are chased up and down.
const TRIGGER: f64 = 0.5;

/// The share of a boot in which new agents are of no help yet, on average.
const HALF_BOOT: f64 = 0.5;

/// The need of a backlog.
#[derive(Debug, Clone, Default)]
pub(super) struct Backlog {
    arrivals: VecDeque<usize>,
}

impl Backlog {
    pub(super) fn observe(&mut self, seen: &Seen<'_>) {
        self.arrivals.push_back(seen.arrived.len());
        if self.arrivals.len() > MOST_TICKS {
            self.arrivals.pop_front();
        }
    }

    /// Agents in all, where the last in the queue would wait half the promise or longer with
    /// what there is and what boots; else 0.
    pub(super) fn agents(&self, seen: &Seen<'_>, mean_s: f64) -> u32 {
        let queue = seen.waiting.len() as f64;
        let there = (seen.running + seen.booting).max(1) as f64;
        if queue == 0.0 || queue * mean_s / there < TRIGGER * seen.wait_s {
            return 0;
        }
        let in_time = seen.wait_s + HALF_BOOT * seen.boot_s;
        let needed = self.rate(seen, mean_s) * mean_s + queue * mean_s / in_time;
        agents(needed.min(queue + seen.busy as f64))
    }

    /// Arrivals a second of late: over as long as a job takes, or half a boot.
    fn rate(&self, seen: &Seen<'_>, mean_s: f64) -> f64 {
        let recent_s = mean_s.max(HALF_BOOT * seen.boot_s);
        let ticks = (recent_s / seen.tick_s).ceil() as usize;
        let ticks = ticks.clamp(1, self.arrivals.len().max(1));
        let recent: usize = self.arrivals.iter().rev().take(ticks).sum();
        recent as f64 / ticks as f64 / seen.tick_s
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::steered::experience::nothing_seen;

    #[test]
    fn a_queue_that_is_soon_worked_off_needs_nobody() {
        let waiting = [10.0; 20];
        let seen = |running, booting| Seen {
            waiting: &waiting,
            running,
            booting,
            busy: running,
            ..nothing_seen()
        };
        let mut backlog = Backlog::default();
        backlog.observe(&seen(1, 0));
        // Twenty jobs of two seconds: sixteen agents would have them done in half the promise.
        assert_eq!(backlog.agents(&seen(17, 0), 2.0), 0);
        assert_eq!(backlog.agents(&seen(7, 10), 2.0), 0);
        assert_eq!(backlog.agents(&seen(16, 0), 2.0), 2);
        assert_eq!(backlog.agents(&nothing_seen(), 2.0), 0);
    }

    #[test]
    fn never_more_agents_are_wanted_than_there_are_jobs() {
        let (arrived, waiting) = ([14.0; 900], [14.0; 9]);
        let seen = Seen {
            arrived: &arrived,
            waiting: &waiting,
            busy: 1,
            ..nothing_seen()
        };
        let mut backlog = Backlog::default();
        backlog.observe(&seen);
        assert_eq!(backlog.agents(&seen, 60.0), 10);
    }
}
