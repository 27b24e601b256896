//! The projections folded anew from the events.

use rusqlite::Connection;

use super::append::write_changed;
use super::failure::Failure;
use super::rows;
use crate::store::projection::{Changed, RunState, fold};

/// Drops the projections and folds them anew, within the caller's transaction.
pub(super) fn rebuild(connection: &Connection) -> Result<(), Failure> {
    connection.execute_batch("DELETE FROM runs; DELETE FROM tasks;")?;
    for (number, run) in rows::all_run_ids(connection)? {
        let (state, changed) = fold_run(connection, number, RunState::new(run))?;
        if state.row.last > 0 {
            write_changed(connection, number, &state, &changed)?;
        }
    }
    Ok(())
}

/// `state` with all events of its run taken in.
pub(super) fn fold_run(
    connection: &Connection,
    number: i64,
    mut state: RunState,
) -> Result<(RunState, Changed), Failure> {
    let mut changed = Changed::new();
    rows::each_event(connection, number, 0, usize::MAX, |event| {
        fold(&mut state, &event, &mut changed);
    })?;
    Ok((state, changed))
}
