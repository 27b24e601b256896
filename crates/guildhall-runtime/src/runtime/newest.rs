//! The run that was made last: whoever begins to work on it in the same process need not
//! read its journal, which is its plan once more.

use std::sync::{Arc, Mutex, PoisonError};

use guildhall_coordination::{Ledger, RunId};

use crate::RuntimeError;
use crate::store::Journal;

/// What is true of the run that was made last, until somebody asks.
#[derive(Debug, Clone, Default)]
pub(super) struct Newest {
    made: Arc<Mutex<Option<(RunId, Ledger)>>>,
}

impl Newest {
    pub(super) fn put(&self, run: RunId, ledger: Ledger) {
        *self.made.lock().unwrap_or_else(PoisonError::into_inner) = Some((run, ledger));
    }

    /// What is true of `run`, where it is the newest one and nobody has changed it since.
    ///
    /// # Errors
    /// Where the store fails.
    pub(super) async fn take(
        &self,
        run: RunId,
        journal: &dyn Journal,
    ) -> Result<Option<Ledger>, RuntimeError> {
        let made = {
            let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
            made.take_if(|(newest, _)| *newest == run)
        };
        let Some((_, ledger)) = made else {
            return Ok(None);
        };
        let is_as_it_was = journal.last(run).await? == ledger.last_seq();
        Ok(is_as_it_was.then_some(ledger))
    }
}
