//! Changing a run, whoever works on it.

use guildhall_coordination::{Ledger, Recorded, RunId};

use crate::RuntimeError;
use crate::store::{Durability, Journal};

use super::{fold, now_ms, to_new_events};

/// How often a change is tried again after another process was first.
const CONFLICTS: u32 = 16;

/// Lets `decide` change a run by events, which are appended where the run is still as it was
/// decided upon; else `decide` is asked again.
///
/// # Errors
/// What `decide` gives, [`RuntimeError::Conflict`] where others are always first, and whatever
/// the store gives.
pub(crate) async fn change_run(
    journal: &dyn Journal,
    run: RunId,
    mut decide: impl FnMut(&mut Ledger, u64, &mut Vec<Recorded>) -> Result<(), RuntimeError>,
) -> Result<(), RuntimeError> {
    let mut conflict = None;
    for _ in 0..CONFLICTS {
        let mut ledger = fold(journal, run).await?;
        let expected = ledger.last_seq();
        let mut events = Vec::new();
        decide(&mut ledger, now_ms(), &mut events)?;
        if events.is_empty() {
            return Ok(());
        }
        let settings = ledger.created().map(|created| created.settings.durability);
        let events = to_new_events(&events, &ledger);
        let safe = Durability::from(settings.unwrap_or_default());
        match journal.append(run, events, expected, safe).await {
            Ok(_) => return Ok(()),
            Err(error @ RuntimeError::Conflict { .. }) => conflict = Some(error),
            Err(error) => return Err(error),
        }
    }
    Err(conflict.unwrap_or(RuntimeError::NoSuchRun {
        run: run.to_string(),
    }))
}
