//! Signs of life: who has given none for a lease is told of.

use std::time::Duration;

use tokio::time::Instant;

/// When something last gave a sign of life, and whether its silence was told.
#[derive(Debug, Clone)]
pub(super) struct SilenceWatch {
    length: Duration,
    renewed: Instant,
    told: bool,
}

impl SilenceWatch {
    pub(super) fn new(length: Duration) -> Self {
        Self {
            length,
            renewed: Instant::now(),
            told: false,
        }
    }

    /// Takes a sign of life.
    pub(super) fn heard(&mut self) {
        self.renewed = Instant::now();
        self.told = false;
    }

    /// How long the silence has lasted, where it is longer than the lease and was not told
    /// yet.
    pub(super) fn expired(&mut self) -> Option<Duration> {
        let silence = self.renewed.elapsed();
        if self.told || silence < self.length {
            return None;
        }
        self.told = true;
        Some(silence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn silence_is_told_once_and_again_after_a_sign_of_life() {
        let mut lease = SilenceWatch::new(Duration::from_secs(30));
        assert_eq!(lease.expired(), None);
        tokio::time::advance(Duration::from_secs(30)).await;
        assert_eq!(lease.expired(), Some(Duration::from_secs(30)));
        assert_eq!(lease.expired(), None);
        lease.heard();
        assert_eq!(lease.expired(), None);
        tokio::time::advance(Duration::from_secs(31)).await;
        assert!(lease.expired().is_some());
    }
}
