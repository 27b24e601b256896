//! Which files a store opens, which it refuses, and what a check finds.

use std::fs;
use std::path::Path;

use guildhall_coordination::RunId;
use guildhall_runtime::RuntimeError;
use guildhall_runtime::store::{Durability, Journal as _, SqliteStore};

use crate::support::{append, assert_sound, event, notes, of_task, raw, read_all};

/// A store with a run of `count` events, closed.
async fn closed_store(folder: &Path, count: u64) -> RunId {
    let store = SqliteStore::open(folder).unwrap();
    let run = RunId::new();
    append(&store, run, notes(1, count), 0).await.unwrap();
    run
}

#[tokio::test]
async fn a_store_that_was_closed_opens_with_all_that_was_appended() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunId::new();
    let mut last = 0;
    for durability in [Durability::Relaxed, Durability::Process, Durability::Power] {
        let store = SqliteStore::open(folder.path()).unwrap();
        last = store
            .append(run, notes(last + 1, 5), last, durability)
            .await
            .unwrap();
    }
    // The relaxed one at the end is written when the store is dropped.
    let store = SqliteStore::open(folder.path()).unwrap();
    store
        .append(run, notes(16, 5), last, Durability::Relaxed)
        .await
        .unwrap();
    drop(store);
    let store = SqliteStore::open(folder.path()).unwrap();
    assert_eq!(read_all(&store, run).await.len(), 20);
    assert_sound(&store).await;
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_user_may_read_what_a_store_keeps() {
    use std::os::unix::fs::PermissionsExt as _;

    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("state/guildhall");
    let store = SqliteStore::open(&folder).unwrap();
    append(&store, RunId::new(), notes(1, 1), 0).await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(mode(&folder.join("blobs")), 0o700);
    for name in ["store.sqlite", "store.sqlite-wal", "store.sqlite-shm"] {
        assert_eq!(mode(&folder.join(name)), 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_store_of_a_newer_version_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    closed_store(folder.path(), 3).await;
    raw(folder.path())
        .execute_batch("PRAGMA user_version = 99")
        .unwrap();
    let path = folder.path().join("store.sqlite");
    let before = fs::read(&path).unwrap();
    let refused = SqliteStore::open(folder.path()).unwrap_err();
    assert!(
        matches!(
            refused,
            RuntimeError::StoreTooNew {
                found: 99,
                supported: 2,
                ..
            }
        ),
        "{refused:?}"
    );
    assert!(refused.to_string().contains("newer version"), "{refused}");
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn what_is_no_store_is_refused_and_left_alone() {
    let other = tempfile::tempdir().unwrap();
    raw(other.path())
        .execute_batch("CREATE TABLE notes(text)")
        .unwrap();
    let database = fs::read(other.path().join("store.sqlite")).unwrap();
    for content in [
        b"text, and nothing else".to_vec(),
        vec![0xff; 10_000],
        database,
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.sqlite");
        fs::write(&path, &content).unwrap();
        let refused = SqliteStore::open(folder.path()).unwrap_err();
        assert!(
            matches!(&refused, RuntimeError::NotAStore { path: of, .. } if *of == path),
            "{refused:?}"
        );
        assert!(
            refused.to_string().contains("another state folder"),
            "{refused}"
        );
        assert_eq!(fs::read(&path).unwrap(), content);
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let refused = SqliteStore::open(&file.join("state")).unwrap_err();
    assert!(refused.to_string().contains("file/state"), "{refused}");
}

#[tokio::test]
async fn a_damaged_file_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let run = closed_store(folder.path(), 2_000).await;
    let path = folder.path().join("store.sqlite");
    let whole = fs::read(&path).unwrap();
    let mut damaged = whole.clone();
    // Whole pages: what is wrong within one is not always seen by who reads another.
    let middle = whole.len() / 2 / 4096 * 4096;
    damaged[middle..middle + 8192].fill(0xa5);
    for content in [&damaged[..], &whole[..middle]] {
        fs::write(&path, content).unwrap();
        let read = match SqliteStore::open(folder.path()) {
            Ok(store) => {
                let problems = store.check().await;
                assert!(!matches!(&problems, Ok(none) if none.is_empty()));
                store
                    .read(run, 0, usize::MAX)
                    .await
                    .map(|events| events.len())
            }
            Err(refused) => Err(refused),
        };
        let Err(error @ RuntimeError::StoreDamaged { path: of, .. }) = &read else {
            panic!("{read:?}");
        };
        assert_eq!(of, &path);
        assert!(error.to_string().contains(".recover"), "{error}");
    }
}

#[tokio::test]
async fn a_check_finds_a_gap_and_stale_rows_and_a_rebuild_mends_the_rows() {
    let folder = tempfile::tempdir().unwrap();
    let run = closed_store(folder.path(), 5).await;
    raw(folder.path())
        .execute_batch("UPDATE runs SET name = 'other'")
        .unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    let problems = store.check().await.unwrap();
    assert_eq!(problems.len(), 1);
    assert!(problems[0].contains("rebuild"), "{problems:?}");
    store.rebuild().await.unwrap();
    assert_sound(&store).await;
    raw(folder.path())
        .execute_batch("DELETE FROM events WHERE seq = 3")
        .unwrap();
    let expected = format!("run {run} has 4 events, numbered from 1 to 5");
    assert_eq!(store.check().await.unwrap(), [expected]);
}

#[tokio::test]
async fn the_log_is_moved_into_the_file_while_the_store_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    let run = RunId::new();
    let large = vec![event("note", &"x".repeat(50_000))];
    let mut last = 0;
    // Else it would grow until the store is closed.
    while fs::metadata(store.path()).unwrap().len() < 1_000_000 {
        assert!(last < 4_000, "200 MB are in the log alone");
        last = append(&store, run, large.clone(), last).await.unwrap();
    }
    assert_eq!(read_all(&store, run).await.len() as u64, last);
}

#[tokio::test]
async fn without_its_index_a_task_completes_twice() {
    // The control of `a_task_completes_once`: it is the database that stands guard.
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    let run = RunId::new();
    let completed = || vec![of_task(0, "completed", "{}")];
    append(&store, run, completed(), 0).await.unwrap();
    assert!(append(&store, run, completed(), 1).await.is_err());
    raw(folder.path())
        .execute_batch("DROP INDEX completed_once")
        .unwrap();
    assert_eq!(append(&store, run, completed(), 1).await.unwrap(), 2);
}

#[tokio::test]
async fn a_relaxed_append_that_cannot_be_written_shows_as_a_conflict() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    let run = RunId::new();
    append(&store, run, notes(1, 1), 0).await.unwrap();
    let believed = store.append(run, notes(9, 2), 7, Durability::Relaxed).await;
    assert_eq!(believed.unwrap(), 9, "given before it was compared");
    let next = append(&store, run, notes(11, 1), 9).await;
    assert!(
        matches!(
            next,
            Err(RuntimeError::Conflict {
                expected: 9,
                found: 1,
                ..
            })
        ),
        "{next:?}"
    );
}
