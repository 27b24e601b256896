//! The log moved into the file, on a thread of its own: it waits for the disk.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::Connection;

use super::failure::Failure;
use super::writer::Writer;

/// After how many bytes the log is moved into the file.
const DUE_AFTER: u64 = 4 * 1024 * 1024;

/// How often what was appended meanwhile is moved as well.
const ROUNDS: u32 = 4;

/// At how many pages of the log no commit may come between, so that it can begin anew: a
/// log that only grows takes new memory for every page, and makes each commit a quarter
/// slower.
const HOLD_UP_AT: i64 = 4096;

/// For how long readers of the old state are waited for while commits are held up.
pub(super) const PATIENCE: Duration = Duration::from_millis(100);

/// Asks for checkpoints.
#[derive(Debug)]
pub(super) struct Checkpoints {
    /// `None` at the end.
    due: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpoints {
    /// Starts the thread, with a connection of its own.
    ///
    /// # Errors
    /// Where the system starts none.
    pub(super) fn start(writer: Arc<Mutex<Writer>>, connection: Connection) -> io::Result<Self> {
        let (due, asked) = sync_channel(1);
        let thread = CheckpointThread { writer, connection };
        let thread = thread::Builder::new()
            .name("guildhall-checkpoint".to_owned())
            .spawn(move || thread.run(&asked))?;
        Ok(Self {
            due: Some(due),
            thread: Some(thread),
        })
    }

    /// Asks for a checkpoint where much was written since the last one.
    pub(super) fn ask_where_due(&self, writer: &mut Writer) {
        if writer.written() > DUE_AFTER
            && !writer.is_being_checkpointed()
            && let Some(due) = &self.due
        {
            writer.checkpoint_begins();
            // Where the thread is gone, there is nobody to hear of it.
            let _ = due.try_send(());
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.due = None;
        if let Some(thread) = self.thread.take() {
            // A thread that has panicked has said so.
            let _ = thread.join();
        }
    }
}

struct CheckpointThread {
    writer: Arc<Mutex<Writer>>,
    connection: Connection,
}

impl CheckpointThread {
    fn run(&self, asked: &Receiver<()>) {
        while asked.recv().is_ok() {
            let is_whole = self.checkpoint().unwrap_or_else(|failure| {
                // The log grows on, and the next commits ask again.
                tracing::warn!(?failure, "the log could not be moved into the store's file");
                false
            });
            let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
            writer.checkpoint_ended(is_whole);
        }
    }

    /// Whether all of the log was moved. Others go on to append meanwhile, unless the log
    /// has become so large that it must come to its end for once.
    fn checkpoint(&self) -> Result<bool, Failure> {
        let mut before = 0;
        for _ in 0..ROUNDS {
            let (in_log, moved) = self.move_log("PRAGMA wal_checkpoint(PASSIVE)")?;
            if moved == in_log && in_log == before {
                return Ok(true);
            }
            before = in_log;
        }
        if before < HOLD_UP_AT {
            return Ok(false);
        }
        let _held_up = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let (in_log, moved) = self.move_log("PRAGMA wal_checkpoint(RESTART)")?;
        Ok(moved == in_log)
    }

    /// How many pages the log has, and how many of them are moved by now.
    fn move_log(&self, sql: &str) -> Result<(i64, i64), Failure> {
        let pages = self
            .connection
            .query_row(sql, [], |row| Ok((row.get(1)?, row.get(2)?)))?;
        Ok(pages)
    }
}
