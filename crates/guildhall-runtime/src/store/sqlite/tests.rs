//! What cannot be brought about from outside: an older schema, and a disk that is full.

use std::fs;
use std::path::{Path, PathBuf};

use guildhall_coordination::RunId;
use guildhall_core::streams::NewRecord;

use super::schema::{STEPS, Step};
use super::{SqliteStore, StoreOptions};
use crate::RuntimeError;
use crate::store::{Durability, Journal as _, NewEvent, Streams};

/// A schema that follows the newest one.
const NEXT: &[Step] = &[
    STEPS[0],
    STEPS[1],
    Step {
        sql: "ALTER TABLE events ADD COLUMN host TEXT; UPDATE runs SET name = 'to be folded';",
        refold: true,
    },
];

/// A step that fails half-way.
const BROKEN: &[Step] = &[
    STEPS[0],
    STEPS[1],
    Step {
        sql: "DROP TABLE tasks; CREATE TABLE events(id);",
        refold: false,
    },
];

fn open(folder: &Path, steps: &[Step]) -> Result<SqliteStore, RuntimeError> {
    SqliteStore::open_schema(folder, StoreOptions::default(), steps)
}

fn event(body: &str) -> NewEvent {
    NewEvent {
        task: None,
        attempt: None,
        kind: "created".into(),
        epoch: 1,
        at_ms: 1,
        body: body.to_owned(),
    }
}

async fn append(store: &SqliteStore, run: RunId, body: &str) -> Result<u64, RuntimeError> {
    let last = store.last(run).await?;
    store
        .append(run, vec![event(body)], last, Durability::Process)
        .await
}

/// The copies beside the store, by name.
fn backups(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|it| it == "backup"));
    paths.sort();
    paths
}

#[tokio::test]
async fn an_older_schema_is_upgraded_after_a_copy_was_laid_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunId::new();
    let old = open(folder.path(), STEPS).unwrap();
    append(&old, run, r#"{"name":"mine"}"#).await.unwrap();
    // It is still open, so its last append stands in the log alone.
    let new = open(folder.path(), NEXT).unwrap();
    assert_eq!(new.last(run).await.unwrap(), 1);
    assert_eq!(new.runs().await.unwrap()[0].name, "mine", "folded anew");
    append(&new, run, "{}").await.unwrap();
    drop((old, new));
    let refused = open(folder.path(), STEPS).unwrap_err();
    assert!(
        matches!(refused, RuntimeError::StoreTooNew { .. }),
        "{refused:?}"
    );

    let copies = backups(folder.path());
    let name = folder.path().join("store.schema-2.backup");
    assert_eq!(copies, [name.as_path()]);
    let restored = tempfile::tempdir().unwrap();
    fs::copy(&name, restored.path().join("store.sqlite")).unwrap();
    let store = open(restored.path(), STEPS).unwrap();
    assert_eq!(store.last(run).await.unwrap(), 1);
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn an_upgrade_that_fails_leaves_the_store_as_it_was_and_no_copy_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunId::new();
    append(&open(folder.path(), STEPS).unwrap(), run, "{}")
        .await
        .unwrap();
    let mine = folder.path().join("store.schema-2.backup");
    fs::write(&mine, "mine").unwrap();
    for _ in 0..2 {
        let failed = open(folder.path(), BROKEN).unwrap_err();
        assert!(failed.to_string().contains("already exists"), "{failed}");
    }
    assert_eq!(backups(folder.path()).len(), 3);
    assert_eq!(fs::read(&mine).unwrap(), b"mine");
    let store = open(folder.path(), STEPS).unwrap();
    assert_eq!(store.last(run).await.unwrap(), 1);
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_backup_has_its_name_only_once_it_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunId::new();
    let store = open(folder.path(), STEPS).unwrap();
    let large = format!(r#""{}""#, "x".repeat(1 << 20));
    for _ in 0..16 {
        append(&store, run, &large).await.unwrap();
    }
    drop(store);
    let name = folder.path().join("store.schema-2.backup");
    // A killed process would leave what is seen at any moment.
    let is_over = std::sync::atomic::AtomicBool::new(false);
    let order = std::sync::atomic::Ordering::SeqCst;
    let seen = std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut seen = std::collections::BTreeSet::new();
            while !is_over.load(order) {
                seen.extend(fs::metadata(&name).map(|metadata| metadata.len()));
            }
            seen
        });
        let opened = open(folder.path(), NEXT).map(drop);
        is_over.store(true, order);
        let seen = watch.join().unwrap();
        opened.unwrap();
        seen
    });
    let whole = fs::metadata(&name).unwrap().len();
    assert!(whole > 16 << 20, "{whole}");
    assert!(seen.iter().all(|length| *length == whole), "{seen:?}");
    let left = fs::read_dir(folder.path()).unwrap();
    let partial = left.filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_string_lossy().ends_with(".partial")
    });
    assert_eq!(partial.count(), 0);
}

#[tokio::test]
async fn what_a_killed_upgrade_left_is_removed_by_the_next_a_day_later() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path(), STEPS).unwrap());
    let leave = |name: &str, age: std::time::Duration| {
        let path = folder.path().join(name);
        let file = fs::File::create(&path).unwrap();
        let at = std::time::SystemTime::now() - age;
        file.set_modified(at).unwrap();
        path
    };
    let day = std::time::Duration::from_hours(24);
    let old = leave("store.schema-1.old.partial", 2 * day);
    let young = leave("store.schema-1.young.partial", day / 2);
    let other = leave("store.schema-1.backup", 2 * day);
    drop(open(folder.path(), NEXT).unwrap());
    assert!(!old.exists() && young.exists() && other.exists());
}

#[tokio::test]
async fn a_store_of_before_there_were_streams_takes_them() {
    let folder = tempfile::tempdir().unwrap();
    let (run, agent) = (RunId::new(), "diarist".parse().unwrap());
    append(&open(folder.path(), &STEPS[..1]).unwrap(), run, "{}")
        .await
        .unwrap();
    let store = open(folder.path(), STEPS).unwrap();
    let record = NewRecord::new("noted", 1, &"x").unwrap();
    let last = store.append_records(&agent, "s", vec![record], 0, Durability::Power);
    assert_eq!(last.await.unwrap(), 1);
    assert_eq!(store.last(run).await.unwrap(), 1);
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_full_disk_is_reported_and_the_store_goes_on_once_there_is_space() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), STEPS).unwrap();
    let run = RunId::new();
    append(&store, run, "{}").await.unwrap();
    let set_pages = |sql: &str| {
        store.committer.with_connection(|connection| {
            connection.query_row(sql, [], |_| Ok(())).unwrap();
        });
    };
    set_pages("PRAGMA max_page_count = 40");
    let large = format!(r#""{}""#, "x".repeat(20_000));
    let full = loop {
        if let Err(error) = append(&store, run, &large).await {
            break error;
        }
    };
    assert!(matches!(full, RuntimeError::StoreFull { .. }), "{full:?}");
    assert!(full.to_string().contains("full"), "{full}");
    let last = store.last(run).await.unwrap();
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    // What is committed together with too much may be refused as well, but it is told so.
    let other = RunId::new();
    let (large_one, small_one) = tokio::join!(
        store.append(run, vec![event(&large)], last, Durability::Process),
        store.append(other, vec![event("{}")], 0, Durability::Process),
    );
    assert!(
        matches!(large_one, Err(RuntimeError::StoreFull { .. })),
        "{large_one:?}"
    );
    let kept = match small_one {
        Ok(last) => last,
        Err(RuntimeError::StoreFull { .. }) => 0,
        Err(error) => panic!("{error}"),
    };
    assert_eq!(store.last(other).await.unwrap(), kept);
    set_pages("PRAGMA max_page_count = 100000");
    assert_eq!(append(&store, run, &large).await.unwrap(), last + 1);
    assert_eq!(append(&store, other, &large).await.unwrap(), kept + 1);
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}
