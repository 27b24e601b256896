//! Events and stores to test with.

use std::borrow::Cow;
use std::path::Path;

use guildhall_coordination::RunId;
use guildhall_runtime::RuntimeError;
use guildhall_runtime::store::{Durability, Journal, NewEvent, SqliteStore, StoredEvent};

/// Runs each check against a store in memory and against one in a folder.
macro_rules! both {
    ($($check:ident)*) => {
        mod memory {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $check() {
                    super::$check(std::sync::Arc::new(super::MemoryStore::new())).await;
                }
            )*
        }
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $check() {
                    let folder = tempfile::tempdir().unwrap();
                    let store = super::SqliteStore::open(folder.path()).unwrap();
                    let store = std::sync::Arc::new(store);
                    super::$check(std::sync::Arc::clone(&store) as _).await;
                    crate::support::assert_sound(&store).await;
                }
            )*
        }
    };
}
pub(crate) use both;

/// An event of a run as a whole.
pub(crate) fn event(kind: impl Into<Cow<'static, str>>, body: &str) -> NewEvent {
    NewEvent {
        task: None,
        attempt: None,
        kind: kind.into(),
        epoch: 1,
        at_ms: 1_000,
        body: body.to_owned(),
    }
}

/// An event of a task.
pub(crate) fn of_task(task: u32, kind: impl Into<Cow<'static, str>>, body: &str) -> NewEvent {
    NewEvent {
        task: Some(task),
        ..event(kind, body)
    }
}

/// `count` events that say nothing but their number, from `first`.
pub(crate) fn notes(first: u64, count: u64) -> Vec<NewEvent> {
    (first..first + count)
        .map(|number| event("note", &format!(r#"{{"number":{number}}}"#)))
        .collect()
}

/// What a stored event says, without its number.
pub(crate) fn content(event: StoredEvent) -> NewEvent {
    NewEvent {
        task: event.task,
        attempt: event.attempt,
        kind: event.kind,
        epoch: event.epoch,
        at_ms: event.at_ms,
        body: event.body,
    }
}

pub(crate) async fn append(
    journal: &dyn Journal,
    run: RunId,
    events: Vec<NewEvent>,
    expected: u64,
) -> Result<u64, RuntimeError> {
    journal
        .append(run, events, expected, Durability::Process)
        .await
}

/// All events of a run; checks that they are numbered without gaps.
pub(crate) async fn read_all(journal: &dyn Journal, run: RunId) -> Vec<StoredEvent> {
    let events = journal.read(run, 0, usize::MAX).await.unwrap();
    let numbers: Vec<u64> = events.iter().map(|event| event.seq).collect();
    let expected: Vec<u64> = (1..=events.len() as u64).collect();
    assert_eq!(numbers, expected, "numbered from 1 without gaps");
    assert_eq!(journal.last(run).await.unwrap(), events.len() as u64);
    events
}

pub(crate) async fn assert_sound(store: &SqliteStore) {
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

/// A connection past the store, to do what it would never do.
pub(crate) fn raw(folder: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(folder.join("store.sqlite")).unwrap()
}
