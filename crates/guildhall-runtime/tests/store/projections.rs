//! Projections of random journals: folded while appending or afterwards, in memory or in a
//! file, they are the same.

use std::sync::LazyLock;

use guildhall_coordination::{RunId, TaskStatus};
use guildhall_runtime::store::{
    Durability, Durations, Journal, MemoryStore, NewEvent, RunRow, SqliteStore, TaskRow,
};
use proptest::prelude::*;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::support::{append, assert_sound, event, of_task, raw};

/// One store for all cases: to make one costs more than a case.
static SHARED: LazyLock<(Runtime, TempDir, SqliteStore)> = LazyLock::new(|| {
    let runtime = Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    (runtime, folder, store)
});

const KINDS: [&str; 17] = [
    "created",
    "added",
    "opened",
    "started",
    "started",
    "completed",
    "completed",
    "attempt_failed",
    "failed",
    "cancelled",
    "skipped",
    "expanded",
    "cancel_requested",
    "reopened",
    "paused",
    "ended",
    "unheard_of",
];

fn body() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(r#"{"name":"n","key":"k","agent":"AGENT","duration_ms":7,"status":"completed"}"#),
        Just(r#"{"work":{"capability":"c@^1"},"receipt":{"started_ms":3,"ended_ms":9}}"#),
        Just(r#"{"receipt":{"agent":"b","started_ms":9,"ended_ms":3}}"#),
        Just(r#"{"name":1,"key":[],"agent":{},"duration_ms":"long","status":null}"#),
        Just(r#"{"duration_ms":18446744073709551615,"receipt":[]}"#),
        Just(r#"{"key":"a","key":"b"}"#),
        Just("not JSON"),
        Just(""),
    ]
    .prop_map(str::to_owned)
}

prop_compose! {
    fn new_event()(
        kind in prop::sample::select(KINDS.as_slice()),
        task in prop::option::weighted(0.9, 0..5_u32),
        attempt in prop::option::of(0..4_u32),
        epoch in 0..4_u32,
        at_ms in prop_oneof![0..1000_u64, Just(u64::MAX)],
        body in body(),
    ) -> NewEvent {
        NewEvent { task, attempt, kind: kind.into(), epoch, at_ms, body }
    }
}

type Rows = (RunRow, Vec<TaskRow>, Option<Durations>);

async fn rows(journal: &dyn Journal, run: RunId, agent: &str) -> Option<Rows> {
    let all = journal.runs().await.unwrap();
    let row = all.into_iter().find(|row| row.run == run)?;
    let tasks = journal.tasks(run).await.unwrap();
    Some((row, tasks, journal.durations(agent).await.unwrap()))
}

/// Appends to both, checks that they say the same, and gives whether it was taken.
async fn append_to_both(
    memory: &MemoryStore,
    sqlite: &SqliteStore,
    run: RunId,
    events: &[NewEvent],
) -> bool {
    let mut outcomes = Vec::new();
    for journal in [memory as &dyn Journal, sqlite] {
        let expected = journal.last(run).await.unwrap();
        let appended = journal
            .append(run, events.to_vec(), expected, Durability::Process)
            .await;
        outcomes.push(appended.map_err(|error| error.to_string()));
    }
    assert_eq!(outcomes[0], outcomes[1]);
    outcomes[0].is_ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn folding_as_events_come_or_afterwards_gives_the_same_rows(
        appends in prop::collection::vec(prop::collection::vec(new_event(), 0..6), 1..12),
    ) {
        let (runtime, _folder, sqlite) = &*SHARED;
        runtime.block_on(async {
            let memory = MemoryStore::new();
            let run = RunId::new();
            let agent = run.to_string();
            for mut events in appends {
                for event in &mut events {
                    event.body = event.body.replace("AGENT", &agent);
                }
                append_to_both(&memory, sqlite, run, &events).await;
            }
            let as_they_came = rows(sqlite, run, &agent).await;
            assert_eq!(rows(&memory, run, &agent).await, as_they_came);
            if let Some((row, tasks, _)) = &as_they_came {
                assert_eq!(row.tasks.total() as usize, tasks.len());
            }
            sqlite.rebuild().await.unwrap();
            memory.rebuild().await.unwrap();
            assert_eq!(rows(sqlite, run, &agent).await, as_they_came);
            assert_eq!(rows(&memory, run, &agent).await, as_they_came);
        });
    }
}

#[test]
fn the_check_of_the_store_agrees() {
    let (runtime, _folder, sqlite) = &*SHARED;
    runtime.block_on(assert_sound(sqlite));
}

/// The last event that the row of the run has, as other tools see it.
fn last_of_row(folder: &std::path::Path) -> u64 {
    let file = raw(folder);
    let last: i64 = file
        .query_row("SELECT last FROM runs", [], |row| row.get(0))
        .unwrap();
    last.unsigned_abs()
}

#[tokio::test]
async fn rows_may_lack_events_and_whoever_reads_sees_them_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunId::new();
    let store = SqliteStore::open(folder.path()).unwrap();
    let made = vec![
        event("created", "{}"),
        of_task(0, "added", r#"{"key":"a"}"#),
    ];
    let mut last = append(&store, run, made, 0).await.unwrap();
    let begun = vec![of_task(0, "started", r#"{"agent":"worker"}"#)];
    last = append(&store, run, begun, last).await.unwrap();
    let done = vec![of_task(0, "completed", r#"{"duration_ms":7}"#)];
    last = append(&store, run, done, last).await.unwrap();
    assert_eq!(
        last_of_row(folder.path()),
        2,
        "nothing lags, this shows nothing"
    );
    // As a process sees them that comes after one that was killed.
    for journal in [&store, &SqliteStore::open(folder.path()).unwrap()] {
        let row = &journal.runs().await.unwrap()[0];
        assert_eq!((row.last, row.tasks.completed), (last, 1));
        let task = &journal.tasks(run).await.unwrap()[0];
        assert_eq!(task.status, TaskStatus::Completed);
        let durations = journal.durations("worker").await.unwrap().unwrap();
        assert_eq!((durations.count, durations.mean_ms), (1, 7));
        assert_sound(journal).await;
    }
}

#[tokio::test]
async fn rows_do_not_lack_many_events_and_none_of_a_run_that_ended() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunId::new();
    let store = SqliteStore::open(folder.path()).unwrap();
    let mut last = append(&store, run, vec![event("created", "{}")], 0)
        .await
        .unwrap();
    for task in 0..1_000 {
        let begun = vec![of_task(task, "started", "{}")];
        last = append(&store, run, begun, last).await.unwrap();
    }
    let lag = last - last_of_row(folder.path());
    assert!(lag <= 128, "{lag} events are in no row");
    last = append(&store, run, vec![event("ended", "{}")], last)
        .await
        .unwrap();
    assert_eq!(last_of_row(folder.path()), last);
}

#[tokio::test]
async fn what_the_rows_of_killed_runs_lack_is_written_when_the_store_is_opened_next() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunId::new();
    let store = SqliteStore::open(folder.path()).unwrap();
    let made = vec![
        event("created", "{}"),
        of_task(0, "added", r#"{"key":"a"}"#),
    ];
    let mut last = append(&store, run, made, 0).await.unwrap();
    for _ in 0..20 {
        let begun = vec![of_task(0, "started", "{}")];
        last = append(&store, run, begun, last).await.unwrap();
    }
    drop(store);
    let before = last_of_row(folder.path());
    assert!(before < last, "nothing lags, this shows nothing");
    let store = SqliteStore::open(folder.path()).unwrap();
    drop(store);
    assert_eq!(last_of_row(folder.path()), last);
    assert_sound(&SqliteStore::open(folder.path()).unwrap()).await;
}
