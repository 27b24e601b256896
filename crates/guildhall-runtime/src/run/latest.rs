//! The newest report on progress: one that is not looked at is replaced, so that an agent
//! that reports without end fills nothing.

use std::sync::{Arc, Mutex, PoisonError};

use guildhall_core::Progress;

/// The newest report on progress of an attempt.
#[derive(Debug, Clone, Default)]
pub(crate) struct Latest {
    report: Arc<Mutex<Option<Progress>>>,
}

impl Latest {
    /// Replaces the report; gives whether the last one had been taken, so that somebody
    /// has to be told of this one.
    pub(crate) fn put(&self, progress: Progress) -> bool {
        let mut report = self.report.lock().unwrap_or_else(PoisonError::into_inner);
        report.replace(progress).is_none()
    }

    pub(crate) fn take(&self) -> Option<Progress> {
        let mut report = self.report.lock().unwrap_or_else(PoisonError::into_inner);
        report.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_is_kept_and_told_once() {
        let latest = Latest::default();
        let report = |done| Progress {
            done,
            ..Progress::default()
        };
        assert!(latest.put(report(1)));
        assert!(!latest.put(report(2)));
        assert_eq!(latest.take().map(|it| it.done), Some(2));
        assert!(latest.put(report(3)));
    }
}
