//! A limit that gives way while agents have no capacity, and comes back.

/// Milliseconds between two reductions: what was begun before the first one says nothing
/// about the limit after it.
const SETTLE_MS: u64 = 1_000;

/// Additive increase, multiplicative decrease (Chiu and Jain, "Analysis of the Increase
/// and Decrease Algorithms for Congestion Avoidance in Computer Networks", 1989): a
/// refusal halves the limit, each limit's worth of successes adds one.
#[derive(Debug, Clone, Default)]
pub(super) struct Adaptive {
    most: u32,
    limit: f64,
    enabled: bool,
    reduced_ms: Option<u64>,
}

impl Adaptive {
    pub(super) fn new(most: u32, enabled: bool) -> Self {
        Self {
            most: most.max(1),
            limit: f64::from(most.max(1)),
            enabled,
            reduced_ms: None,
        }
    }

    /// Another bound. Where the limit stood at the old one it goes with it; where agents had
    /// no capacity it comes back by successes as before.
    pub(super) fn set_most(&mut self, most: u32) {
        let stood_there = self.limit >= f64::from(self.most);
        self.most = most.max(1);
        if stood_there || self.limit > f64::from(self.most) {
            self.limit = f64::from(self.most);
        }
    }

    /// Attempts at once at the most.
    pub(super) fn limit(&self) -> u32 {
        // Between one and `most`, both of which fit.
        (self.limit as u32).clamp(1, self.most.max(1))
    }

    pub(super) fn succeeded(&mut self) {
        if self.limit < f64::from(self.most) {
            self.limit = (self.limit + 1.0 / self.limit).min(f64::from(self.most));
        }
    }

    /// An agent had no capacity.
    pub(super) fn refused(&mut self, now_ms: u64) {
        let settled = self
            .reduced_ms
            .is_none_or(|reduced| now_ms >= reduced + SETTLE_MS);
        if self.enabled && settled {
            self.limit = (self.limit / 2.0).max(1.0);
            self.reduced_ms = Some(now_ms);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_halve_it_once_a_second_and_successes_bring_it_back() {
        let mut adaptive = Adaptive::new(8, true);
        adaptive.refused(0);
        adaptive.refused(SETTLE_MS - 1);
        assert_eq!(adaptive.limit(), 4);
        adaptive.refused(SETTLE_MS);
        assert_eq!(adaptive.limit(), 2);
        for at in 2..20 {
            adaptive.refused(at * SETTLE_MS);
        }
        assert_eq!(adaptive.limit(), 1);
        for _ in 0..100 {
            adaptive.succeeded();
        }
        assert_eq!(adaptive.limit(), 8);
    }

    #[test]
    fn another_bound_is_gone_by_at_once_unless_agents_had_no_capacity() {
        let mut adaptive = Adaptive::new(8, true);
        adaptive.set_most(12);
        assert_eq!(adaptive.limit(), 12);
        adaptive.refused(0);
        adaptive.set_most(20);
        assert_eq!(adaptive.limit(), 6);
        adaptive.set_most(3);
        assert_eq!(adaptive.limit(), 3);
    }

    #[test]
    fn where_it_is_switched_off_the_limit_stays() {
        let mut adaptive = Adaptive::new(8, false);
        adaptive.refused(0);
        assert_eq!(adaptive.limit(), 8);
    }
}
