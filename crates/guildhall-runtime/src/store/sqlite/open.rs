//! Opening a store's file: made, recognised, upgraded or refused.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use uuid::Uuid;

use super::failure::{Failure, Waited};
use super::projections;
use super::schema::{APPLICATION_ID, Step};
use crate::RuntimeError;
use crate::store::files::{create_private_file, file_error, remove_abandoned, sync_folder};

/// Longest pause between two looks whether another process is done.
const LONGEST_PAUSE: Duration = Duration::from_millis(5);

/// How the name of a copy ends that is not whole yet.
const PARTIAL: &str = ".partial";

/// Makes sure that `path` is a store of the newest of the schemas that `steps` lead to.
///
/// # Errors
/// [`RuntimeError::StoreTooNew`], [`RuntimeError::NotAStore`],
/// [`RuntimeError::StoreDamaged`] and others; the file is as it was then.
pub(super) fn prepare(path: &Path, steps: &[Step], timeout: Duration) -> Result<(), RuntimeError> {
    make_file(path)?;
    let fail = |failure: Failure| failure.into_error(path, Waited(timeout));
    let mut connection = connect(path, timeout).map_err(fail)?;
    let newest = u32::try_from(steps.len()).unwrap_or(u32::MAX);
    let found = look(&connection, path, newest, timeout)?;
    if found == 0 {
        make_log(&connection, timeout).map_err(fail)?;
    } else if found < newest {
        back_up(&connection, path, found, timeout)?;
    }
    if found < newest {
        upgrade(&mut connection, steps).map_err(fail)?;
        sync_parent(path)?;
    }
    Ok(())
}

/// A connection to a store.
///
/// It waits up to `timeout` for other processes. It syncs the log before a checkpoint and
/// not after each commit, and never makes a checkpoint by itself.
pub(super) fn connect(path: &Path, timeout: Duration) -> Result<Connection, Failure> {
    connect_impatiently(path, timeout, Arc::new(AtomicBool::new(true)))
}

/// A connection to a store that waits for other processes while `patient` says so.
pub(super) fn connect_impatiently(
    path: &Path,
    timeout: Duration,
    patient: Arc<AtomicBool>,
) -> Result<Connection, Failure> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    let mut since = Instant::now();
    connection.busy_handler(Some(move |pauses: i32| {
        if pauses == 0 {
            since = Instant::now();
        }
        let goes_on = patient.load(Ordering::Relaxed) && since.elapsed() < timeout;
        if goes_on {
            std::thread::sleep(pause(pauses));
        }
        goes_on
    }))?;
    connection.execute_batch(
        "PRAGMA synchronous = NORMAL;
         PRAGMA wal_autocheckpoint = 0;
         PRAGMA journal_size_limit = 67108864;
         PRAGMA fullfsync = ON;
         PRAGMA checkpoint_fullfsync = ON;
         PRAGMA cache_size = -8000;
         PRAGMA trusted_schema = OFF;",
    )?;
    Ok(connection)
}

/// Longer and longer, so that a short hold is not waited for in vain.
fn pause(pauses: i32) -> Duration {
    let step = u32::try_from(pauses).unwrap_or(0).saturating_add(1);
    Duration::from_micros(100)
        .saturating_mul(step)
        .min(LONGEST_PAUSE)
}

/// SQLite gives the files beside it the same permissions.
fn make_file(path: &Path) -> Result<(), RuntimeError> {
    match create_private_file(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(file_error(path, "created", error)),
    }
}

/// The schema of the file; 0 where it is empty.
fn look(
    connection: &Connection,
    path: &Path,
    newest: u32,
    timeout: Duration,
) -> Result<u32, RuntimeError> {
    let fail = |failure: Failure| failure.into_error(path, Waited(timeout));
    let (application, found, objects) = header(connection).map_err(fail)?;
    let is_empty = application == 0 && found == 0 && objects == 0;
    if !is_empty && application != APPLICATION_ID {
        let reason = "it is the SQLite database of another program".to_owned();
        return Err(fail(Failure::NotAStore(reason)));
    }
    if found > newest {
        return Err(RuntimeError::StoreTooNew {
            path: path.to_owned(),
            found,
            supported: newest,
        });
    }
    Ok(found)
}

/// Id of the program that made the file, its schema, and how many tables and indexes it has.
fn header(connection: &Connection) -> Result<(i32, u32, u32), Failure> {
    let one = |sql: &str| connection.query_row(sql, [], |row| row.get(0));
    let application = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let schema: u32 = one("PRAGMA user_version")?;
    let objects: u32 = one("SELECT count(*) FROM sqlite_master")?;
    Ok((application, schema, objects))
}

/// Sets the mode that is kept in the file itself. SQLite does not wait for other processes
/// then, so this does.
fn make_log(connection: &Connection, timeout: Duration) -> Result<(), Failure> {
    let since = Instant::now();
    let mut pauses = 0;
    let mode: String = loop {
        let set = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0));
        match set.map_err(Failure::from) {
            Err(Failure::Busy) if since.elapsed() < timeout => std::thread::sleep(pause(pauses)),
            set => break set?,
        }
        pauses += 1;
    };
    if mode == "wal" {
        return Ok(());
    }
    Err(Failure::Other(
        "its file system cannot share memory between processes; choose a state folder on a local disk"
            .to_owned(),
    ))
}

/// Takes the steps that are still to be taken, in one transaction.
fn upgrade(connection: &mut Connection, steps: &[Step]) -> Result<(), Failure> {
    connection.execute_batch("PRAGMA synchronous = FULL; BEGIN IMMEDIATE")?;
    // Another process may have been faster.
    let (_, found, _) = header(connection)?;
    let missing = steps.get(found as usize..).unwrap_or_default();
    for step in missing {
        connection.execute_batch(step.sql)?;
    }
    if missing.iter().any(|step| step.refold) {
        projections::rebuild(connection)?;
    }
    if !missing.is_empty() {
        let schema = steps.len();
        connection.execute_batch(&format!(
            "PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {schema};"
        ))?;
    }
    connection.execute_batch("COMMIT")?;
    Ok(())
}

/// Copies the store beside it, under a name that nothing has. The copy has that name only
/// once it is whole: a process that is killed meanwhile leaves nothing that could be taken
/// for one.
fn back_up(
    connection: &Connection,
    path: &Path,
    schema: u32,
    timeout: Duration,
) -> Result<(), RuntimeError> {
    remove_abandoned(path.parent().unwrap_or(path), |name| {
        name.ends_with(PARTIAL)
    });
    let unique = Uuid::now_v7().simple();
    let partial = path.with_extension(format!("schema-{schema}.{unique}{PARTIAL}"));
    let copied = copy_whole(connection, &partial, timeout)
        .and_then(|()| name_copy(&partial, path, schema))
        .and_then(|()| sync_parent(path));
    if copied.is_err() {
        // Best effort: it is removed a day later otherwise.
        let _ = fs::remove_file(&partial);
    }
    copied
}

/// Copies the store to a new file, down to the disk.
fn copy_whole(
    connection: &Connection,
    partial: &Path,
    timeout: Duration,
) -> Result<(), RuntimeError> {
    let file =
        create_private_file(partial).map_err(|source| file_error(partial, "created", source))?;
    copy_to(connection, partial, timeout)
        .map_err(|failure| failure.into_error(partial, Waited(timeout)))?;
    file.sync_all()
        .map_err(|source| file_error(partial, "synced", source))
}

/// Gives a whole copy the first name that nothing has.
fn name_copy(partial: &Path, path: &Path, schema: u32) -> Result<(), RuntimeError> {
    let mut number = 0_u32;
    loop {
        let suffix = match number {
            0 => String::new(),
            number => format!("-{number}"),
        };
        let copy = path.with_extension(format!("schema-{schema}{suffix}.backup"));
        match take_name(partial, &copy) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            named => return named.map_err(|source| file_error(&copy, "created", source)),
        }
    }
}

/// Renames a file without replacing another.
fn take_name(from: &Path, to: &Path) -> io::Result<()> {
    if fs::symlink_metadata(to).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    match fs::hard_link(from, to) {
        Ok(()) => fs::remove_file(from),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        // Not every file system has links.
        Err(_) => fs::rename(from, to),
    }
}

fn copy_to(connection: &Connection, copy: &Path, timeout: Duration) -> Result<(), Failure> {
    let mut target = Connection::open(copy)?;
    let backup = Backup::new(connection, &mut target)?;
    let since = Instant::now();
    let mut pauses = 0;
    loop {
        match backup.step(-1)? {
            StepResult::Done => return Ok(()),
            _ if since.elapsed() < timeout => std::thread::sleep(pause(pauses)),
            _ => return Err(Failure::Busy),
        }
        pauses += 1;
    }
}

fn sync_parent(path: &Path) -> Result<(), RuntimeError> {
    let parent = path.parent().unwrap_or(path);
    sync_folder(parent).map_err(|source| file_error(parent, "synced", source))
}
