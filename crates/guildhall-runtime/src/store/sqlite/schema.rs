//! The tables, and the steps from one schema to the next.

/// Says that a file is a store: "Guld" in ASCII, in the file's header.
pub(super) const APPLICATION_ID: i32 = 0x4775_6c64;

/// The steps from an empty file to the newest schema. A schema's number is the number of
/// steps that were taken, so a step that was released is never changed.
pub(super) const STEPS: &[Step] = &[
    Step {
        sql: TABLES,
        refold: false,
    },
    Step {
        sql: STREAMS,
        refold: false,
    },
];

/// A step from one schema to the next.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    /// What is done.
    pub(super) sql: &'static str,
    /// Whether the projections are folded anew afterwards.
    pub(super) refold: bool,
}

/// `id` of an event holds the number of its run in the upper and its number within the run
/// in the lower 32 bits: a journal is then one stretch of one tree, and an append goes to
/// the end of it. Against a key of two columns without a rowid this is a tenth to a third
/// faster, and half as large with bodies of 2 KB. `id` of a task is made the same way.
///
/// That a task completes once is `completed_once`: no coordinator can get around it.
///
/// `runs` and `tasks` are projections. `cache` holds references to completed tasks.
const TABLES: &str = "
CREATE TABLE run_ids(
    number INTEGER PRIMARY KEY,
    run BLOB NOT NULL UNIQUE CHECK(length(run) = 16)
);
CREATE TABLE events(
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL AS (id >> 32),
    seq INTEGER NOT NULL AS (id & 4294967295),
    task INTEGER,
    attempt INTEGER,
    kind TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    body TEXT NOT NULL
);
CREATE UNIQUE INDEX completed_once ON events(run, task) WHERE kind = 'completed';
CREATE TABLE runs(
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    last INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    pending INTEGER NOT NULL,
    running INTEGER NOT NULL,
    completed INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    cancelled INTEGER NOT NULL,
    skipped INTEGER NOT NULL
);
CREATE TABLE tasks(
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL AS (id >> 32),
    task INTEGER NOT NULL AS (id & 4294967295),
    key TEXT NOT NULL,
    capability TEXT,
    status TEXT NOT NULL,
    expanded INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    agent TEXT,
    started_ms INTEGER,
    ended_ms INTEGER,
    duration_ms INTEGER
);
CREATE TABLE cache(
    key TEXT PRIMARY KEY,
    task INTEGER NOT NULL
) WITHOUT ROWID;
";

/// `id` of a record holds the number of its stream in the upper and its number within the
/// stream in the lower 32 bits, as that of an event does. `last` and `updated_ms` are those
/// of the newest record, so that a list of streams reads no records.
const STREAMS: &str = "
CREATE TABLE streams(
    number INTEGER PRIMARY KEY,
    agent TEXT NOT NULL,
    name TEXT NOT NULL,
    last INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    UNIQUE(agent, name)
);
CREATE TABLE stream_records(
    id INTEGER PRIMARY KEY,
    stream INTEGER NOT NULL AS (id >> 32),
    seq INTEGER NOT NULL AS (id & 4294967295),
    kind TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    body TEXT NOT NULL
);
";
