//! The projections as tables.
//!
//! Their rows follow the journal at a distance: to write them with every append would cost
//! as much as the journal itself. Whoever reads takes in the events that they lack, so the
//! distance is never seen but by other tools that look at the tables.

use guildhall_coordination::RunId;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::failure::Failure;
use super::rows;
use crate::store::projection::{Changed, RunState, fold};

/// How many events the rows of a run may lack at the most.
pub(super) const LAG: u64 = 128;

/// The kinds of events that rows may lack. All others change what is listed of runs.
const MAY_LACK: [&str; 3] = ["started", "completed", "attempt_failed"];

/// Whether rows may go on without an event of this kind.
pub(super) fn may_lack(kind: &str) -> bool {
    MAY_LACK.contains(&kind)
}

/// What is known of a run: its rows, and the events that they lack. The caller sees to it
/// that all is read as of one moment.
pub(super) fn state_of(
    connection: &Connection,
    number: i64,
    run: RunId,
) -> Result<RunState, Failure> {
    let mut state = rows::load_state(connection, number, run)?;
    fold_rest(connection, number, &mut state, &mut Changed::new())?;
    Ok(state)
}

/// Takes in the events of a run that `state` lacks.
pub(super) fn fold_rest(
    connection: &Connection,
    number: i64,
    state: &mut RunState,
    changed: &mut Changed,
) -> Result<(), Failure> {
    rows::each_event(connection, number, state.row.last, usize::MAX, |event| {
        fold(state, &event, changed);
    })
}

/// Writes the rows that are others now.
pub(super) fn write_changed(
    connection: &Connection,
    number: i64,
    state: &RunState,
    changed: &Changed,
) -> Result<(), Failure> {
    for row in changed.iter().filter_map(|task| state.tasks.get(task)) {
        rows::put_task(connection, number, row)?;
    }
    rows::put_run(connection, number, &state.row)
}

/// Writes what the rows lack of runs that nobody works on. One that was killed would cost
/// everybody who reads a fold of its rest for ever. The caller is in no transaction.
pub(super) fn catch_up(connection: &Connection) -> Result<(), Failure> {
    for (number, run) in rows::lagging_runs(connection)? {
        let mut changed = Changed::new();
        let state = {
            let _as_of_one_moment = connection.unchecked_transaction()?;
            let mut state = rows::load_state(connection, number, run)?;
            fold_rest(connection, number, &mut state, &mut changed)?;
            state
        };
        // Loaded outside, so that nobody who appends waits for it.
        let write = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
        let goes_on = rows::last_of(&write, number)? != state.row.last;
        if !goes_on {
            write_changed(&write, number, &state, &changed)?;
        }
        write.commit()?;
    }
    Ok(())
}

/// Drops the projections and folds them anew, within the caller's transaction.
pub(super) fn rebuild(connection: &Connection) -> Result<(), Failure> {
    connection.execute_batch("DELETE FROM runs; DELETE FROM tasks;")?;
    for (number, run) in rows::all_run_ids(connection)? {
        let mut state = RunState::new(run);
        let mut changed = Changed::new();
        fold_rest(connection, number, &mut state, &mut changed)?;
        if state.row.last > 0 {
            write_changed(connection, number, &state, &changed)?;
        }
    }
    Ok(())
}
