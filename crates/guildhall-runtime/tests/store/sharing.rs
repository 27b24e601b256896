//! Several stores on one folder, as several processes have them.

use std::sync::Arc;
use std::time::Duration;

use guildhall_coordination::RunId;
use guildhall_runtime::RuntimeError;
use guildhall_runtime::store::{Journal as _, SqliteStore, StoreOptions};

use crate::support::{append, assert_sound, event, notes, of_task, raw, read_all};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_stores_append_to_one_run_and_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunId::new();
    let appenders: Vec<_> = (0..4_u32)
        .map(|who| {
            let store = Arc::new(SqliteStore::open(folder.path()).unwrap());
            tokio::spawn(async move {
                let mut expected = 0;
                for number in 0..50 {
                    let event = of_task(who, "started", &format!(r#"{{"number":{number}}}"#));
                    loop {
                        match append(&*store, run, vec![event.clone()], expected).await {
                            Ok(last) => break expected = last,
                            Err(RuntimeError::Conflict { found, .. }) => expected = found,
                            Err(other) => panic!("{other}"),
                        }
                    }
                }
            })
        })
        .collect();
    for appender in appenders {
        appender.await.unwrap();
    }
    let store = SqliteStore::open(folder.path()).unwrap();
    assert_eq!(read_all(&store, run).await.len(), 200);
    // Each has folded what the others appended.
    assert_sound(&store).await;
}

#[tokio::test]
async fn what_another_store_appends_is_noticed_and_folded() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (
        SqliteStore::open(folder.path()).unwrap(),
        SqliteStore::open(folder.path()).unwrap(),
    );
    let run = RunId::new();
    append(&one, run, vec![event("created", r#"{"name":"n"}"#)], 0)
        .await
        .unwrap();
    let before = one.changed().await.unwrap();
    append(&other, run, vec![event("added", r#"{"key":"k"}"#)], 1)
        .await
        .unwrap();
    assert_ne!(one.changed().await.unwrap(), before);
    assert_eq!(one.last(run).await.unwrap(), 2);
    append(&one, run, vec![of_task(0, "started", "{}")], 2)
        .await
        .unwrap();
    append(&other, run, vec![of_task(0, "completed", "{}")], 3)
        .await
        .unwrap();
    let again = append(&one, run, vec![of_task(0, "completed", "{}")], 4).await;
    assert!(
        matches!(again, Err(RuntimeError::CompletedTwice { .. })),
        "{again:?}"
    );
    assert_sound(&one).await;
}

#[tokio::test]
async fn a_process_that_holds_the_store_for_a_moment_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteStore::open(folder.path()).unwrap());
    let run = RunId::new();
    append(&*store, run, notes(1, 1), 0).await.unwrap();
    let holder = raw(folder.path());
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let waiting = tokio::spawn({
        let store = Arc::clone(&store);
        async move { append(&*store, run, notes(2, 1), 1).await }
    });
    // Readers are not held up.
    for _ in 0..20 {
        assert_eq!(store.last(run).await.unwrap(), 1);
    }
    assert!(!waiting.is_finished());
    holder.execute_batch("COMMIT").unwrap();
    assert_eq!(waiting.await.unwrap().unwrap(), 2);
}

#[tokio::test]
async fn a_process_that_never_lets_go_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = StoreOptions::default();
    assert_eq!(options.busy_timeout, Duration::from_secs(10));
    options.busy_timeout = Duration::from_millis(30);
    let store = SqliteStore::open_with(folder.path(), options).unwrap();
    let run = RunId::new();
    append(&store, run, notes(1, 1), 0).await.unwrap();
    let holder = raw(folder.path());
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = append(&store, run, notes(2, 1), 1).await.unwrap_err();
    assert!(
        matches!(refused, RuntimeError::StoreBusy { waited_ms: 30, .. }),
        "{refused:?}"
    );
    assert_eq!(read_all(&store, run).await.len(), 1, "reading goes on");
    holder.execute_batch("COMMIT").unwrap();
    assert_eq!(append(&store, run, notes(2, 1), 1).await.unwrap(), 2);
}

#[test]
fn many_who_make_the_same_store_at_once_all_open_it() {
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        let openers: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| SqliteStore::open(folder.path()).map(drop)))
            .collect();
        for opener in openers {
            opener.join().unwrap().unwrap();
        }
    });
}
