//! Counting what came of tasks.

use serde::{Deserialize, Serialize};

/// What came of tasks. At any time, `acquired` is the sum of the others and of the
/// tasks in flight.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Tasks taken.
    pub acquired: u64,
    /// Tasks that succeeded.
    pub completed: u64,
    /// Tasks that failed.
    pub failed: u64,
    /// Tasks of which nobody said what came of them: the lease was dropped, or the
    /// agent's grace ended first.
    #[serde(default)]
    pub abandoned: u64,
    /// Tasks that the caller took back; they say nothing about the agent.
    #[serde(default)]
    pub withdrawn: u64,
}

/// What came of one task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Completed { time_ms: u64 },
    Failed,
    Abandoned,
    Withdrawn,
}

impl Counts {
    /// Tasks that are over, in whatever way.
    pub fn ended(&self) -> u64 {
        [self.completed, self.failed, self.abandoned, self.withdrawn]
            .into_iter()
            .fold(0, u64::saturating_add)
    }

    /// Tasks that are not over.
    pub fn in_flight(&self) -> u64 {
        self.acquired.saturating_sub(self.ended())
    }

    /// Share of the tasks taken of which a result is known, good or bad; `None`
    /// where none was taken.
    pub fn completion_rate(&self) -> Option<f64> {
        share(self.completed.saturating_add(self.failed), self.acquired)
    }

    /// Share of successes in the tasks that are over and were not taken back; `None`
    /// where there are none.
    pub fn success_rate(&self) -> Option<f64> {
        share(self.completed, self.ended().saturating_sub(self.withdrawn))
    }

    pub(super) fn begin(&mut self) {
        self.acquired = self.acquired.saturating_add(1);
    }

    pub(super) fn end(&mut self, end: End) {
        let count = match end {
            End::Completed { .. } => &mut self.completed,
            End::Failed => &mut self.failed,
            End::Abandoned => &mut self.abandoned,
            End::Withdrawn => &mut self.withdrawn,
        };
        *count = count.saturating_add(1);
    }

    /// Counts every task in flight as abandoned.
    pub(super) fn abandon_rest(&mut self) {
        self.abandoned = self.abandoned.saturating_add(self.in_flight());
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.acquired = self.acquired.saturating_add(other.acquired);
        self.completed = self.completed.saturating_add(other.completed);
        self.failed = self.failed.saturating_add(other.failed);
        self.abandoned = self.abandoned.saturating_add(other.abandoned);
        self.withdrawn = self.withdrawn.saturating_add(other.withdrawn);
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a share needs no more than 52 bits"
)]
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_unknown_where_nothing_happened() {
        let mut counts = Counts::default();
        assert_eq!(
            (counts.completion_rate(), counts.success_rate()),
            (None, None)
        );
        counts.begin();
        assert_eq!(
            (counts.completion_rate(), counts.success_rate()),
            (Some(0.0), None)
        );
        counts.end(End::Withdrawn);
        assert_eq!(counts.success_rate(), None);
    }

    #[test]
    fn rates_are_shares_of_what_was_taken_and_of_what_ended() {
        let counts = Counts {
            acquired: 10,
            completed: 3,
            failed: 1,
            abandoned: 2,
            withdrawn: 2,
        };
        assert_eq!(counts.in_flight(), 2);
        assert_eq!(counts.completion_rate(), Some(0.4));
        assert_eq!(counts.success_rate(), Some(0.5));
    }
}
