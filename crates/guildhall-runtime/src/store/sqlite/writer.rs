//! The one connection that writes, and what it commits together.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::{Connection, params};

use super::append::{RecentRuns, append};
use super::failure::Failure;
use super::queue::{Job, Work};
use super::{projections, rows, streams};
use crate::store::event::Durability;

/// How many events are written on a caller's own thread at the most, and how many bytes.
const LIGHT_EVENTS: usize = 64;
const LIGHT_BYTES: usize = 64 * 1024;

/// What a commit writes beside its bodies, roughly: a handful of pages.
const COMMIT_BYTES: u64 = 16 * 1024;

/// What a commit does where another process holds the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    /// It gives up at once.
    None,
    /// It waits as long as the store's options say.
    Full,
}

/// What came of a job: the number of the run's last event.
type Outcome = Result<u64, Failure>;

#[derive(Debug)]
pub(super) struct Writer {
    connection: Connection,
    /// Whether the connection waits where another process holds the store.
    patient: Arc<AtomicBool>,
    recent_runs: RecentRuns,
    /// Whether commits are synced now.
    syncs: bool,
    /// Bytes since the last checkpoint, roughly.
    written: u64,
    /// How the log stands to the disk.
    log: Log,
}

/// How the log stands to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Log {
    /// A commit adds to it, and waits for no disk.
    Grows,
    /// It is being moved into the file: a commit may have to wait.
    IsMoved,
    /// It was moved into the file: the next commit begins it anew, and waits for the disk.
    StartsAnew,
}

impl Writer {
    /// A writer on a connection whose commits are not synced, and which waits for other
    /// processes while `patient` says so.
    pub(super) fn new(connection: Connection, patient: Arc<AtomicBool>) -> Self {
        connection.set_prepared_statement_cache_capacity(32);
        Self {
            connection,
            patient,
            recent_runs: RecentRuns::default(),
            syncs: false,
            written: 0,
            log: Log::StartsAnew,
        }
    }

    /// Whether `jobs` are so little that they may be committed on a caller's thread: a few
    /// microseconds, and no wait for a disk.
    pub(super) fn is_light<'a>(&self, jobs: impl Iterator<Item = &'a Job>) -> bool {
        let mut events = 0_usize;
        let mut bytes = 0_usize;
        self.log == Log::Grows
            && jobs.into_iter().all(|job| {
                events = events.saturating_add(job.events());
                bytes = bytes.saturating_add(job.bytes());
                events <= LIGHT_EVENTS
                    && bytes <= LIGHT_BYTES
                    && job.durability < Durability::Power
                    && self.has_at_hand(&job.work)
            })
    }

    /// Whether no rows have to be loaded for it.
    fn has_at_hand(&self, work: &Work) -> bool {
        match work {
            Work::Append { run, expected, .. } => *expected == 0 || self.recent_runs.knows(*run),
            Work::Remember { .. } | Work::Stream(_) => true,
            Work::Rebuild => false,
        }
    }

    /// Bytes since the last checkpoint, roughly.
    pub(super) const fn written(&self) -> u64 {
        self.written
    }

    /// Whether the log is being moved into the file.
    pub(super) fn is_being_checkpointed(&self) -> bool {
        self.log == Log::IsMoved
    }

    /// The log is being moved into the file from now on.
    pub(super) const fn checkpoint_begins(&mut self) {
        self.log = Log::IsMoved;
        self.written = 0;
    }

    /// The log was moved into the file, wholly or in part.
    pub(super) const fn checkpoint_ended(&mut self, is_whole: bool) {
        self.log = if is_whole {
            Log::StartsAnew
        } else {
            Log::Grows
        };
    }

    /// Commits `jobs` in one transaction and answers each. One that is refused leaves the
    /// others alone.
    ///
    /// # Errors
    /// The jobs, where another process holds the store and there is no patience.
    pub(super) fn commit(&mut self, jobs: Vec<Job>, patience: Patience) -> Result<(), Vec<Job>> {
        if let Err(failure) = self.begin(&jobs, patience) {
            if failure == Failure::Busy && patience == Patience::None {
                return Err(jobs);
            }
            answer_all(jobs, &failure);
            return Ok(());
        }
        let mut jobs = jobs;
        let outcomes = self.carry_out_all(&mut jobs);
        match outcomes.and_then(|outcomes| self.end().map(|()| outcomes)) {
            Ok(outcomes) => {
                if self.log == Log::StartsAnew {
                    self.log = Log::Grows;
                }
                for (job, outcome) in jobs.into_iter().zip(outcomes) {
                    job.answer(outcome);
                }
            }
            Err(failure) => {
                self.recent_runs.clear();
                self.roll_back();
                answer_all(jobs, &failure);
            }
        }
        Ok(())
    }

    fn begin(&mut self, jobs: &[Job], patience: Patience) -> Result<(), Failure> {
        let syncs = jobs.iter().any(|job| job.durability == Durability::Power);
        self.set_syncs(syncs)?;
        let is_patient = patience == Patience::Full;
        self.patient.store(is_patient, Ordering::Relaxed);
        self.execute("BEGIN IMMEDIATE")
    }

    /// A commit that is synced makes those before it safe, too: the log is one file.
    fn set_syncs(&mut self, syncs: bool) -> Result<(), Failure> {
        if self.syncs != syncs {
            let level = if syncs { "FULL" } else { "NORMAL" };
            self.connection
                .execute_batch(&format!("PRAGMA synchronous = {level}"))?;
            self.syncs = syncs;
        }
        Ok(())
    }

    /// Does each of the jobs.
    ///
    /// # Errors
    /// Where the transaction as a whole has failed.
    fn carry_out_all(&mut self, jobs: &mut [Job]) -> Result<Vec<Outcome>, Failure> {
        let is_alone = jobs.len() == 1;
        let each = jobs.iter_mut().map(|job| {
            self.written += COMMIT_BYTES + 2 * job.bytes().min(1 << 30) as u64;
            self.carry_out(&mut job.work, is_alone)
        });
        each.collect()
    }

    /// Does one job, so that it leaves nothing where it is refused.
    fn carry_out(&mut self, work: &mut Work, is_alone: bool) -> Result<Outcome, Failure> {
        if is_alone {
            let outcome = self.write(work);
            if outcome.is_err() {
                self.roll_back();
            }
            return Ok(outcome);
        }
        self.execute("SAVEPOINT job")?;
        let outcome = self.write(work);
        if let Err(failure) = &outcome {
            // A disk that fails may take the whole transaction with it.
            if self.connection.is_autocommit() {
                return Err(failure.clone());
            }
            self.execute("ROLLBACK TO job")?;
        }
        self.execute("RELEASE job")?;
        Ok(outcome)
    }

    fn write(&mut self, work: &mut Work) -> Result<u64, Failure> {
        match work {
            Work::Append {
                run,
                events,
                expected,
            } => append(
                &self.connection,
                &mut self.recent_runs,
                *run,
                std::mem::take(events),
                *expected,
            ),
            Work::Remember { key, run, task } => {
                // A run without a journal has no result to remember.
                if let Some(number) = rows::number_of(&self.connection, *run)? {
                    let mut put = self
                        .connection
                        .prepare_cached("INSERT OR REPLACE INTO cache VALUES(?1, ?2)")?;
                    put.execute(params![&*key, rows::id(number, *task)])?;
                }
                Ok(0)
            }
            Work::Stream(append) => streams::append(&self.connection, append),
            Work::Rebuild => {
                self.recent_runs.clear();
                projections::rebuild(&self.connection).map(|()| 0)
            }
        }
    }

    /// Commits, where there is still something to commit.
    fn end(&mut self) -> Result<(), Failure> {
        if self.connection.is_autocommit() {
            return Ok(());
        }
        self.execute("COMMIT")
    }

    fn roll_back(&mut self) {
        if !self.connection.is_autocommit()
            && let Err(failure) = self.execute("ROLLBACK")
        {
            tracing::warn!(?failure, "a transaction could not be rolled back");
        }
    }

    fn execute(&self, sql: &str) -> Result<(), Failure> {
        self.connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }
}

#[cfg(test)]
impl Writer {
    pub(super) const fn connection(&self) -> &Connection {
        &self.connection
    }
}

fn answer_all(jobs: impl IntoIterator<Item = Job>, failure: &Failure) {
    for job in jobs {
        job.answer(Err(failure.clone()));
    }
}
