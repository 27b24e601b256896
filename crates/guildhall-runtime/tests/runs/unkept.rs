//! Outputs that the store does not take: no fault of the task's, and nothing is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use guildhall_coordination::TaskStatus;
use guildhall_host::Host;
use guildhall_runtime::store::{Blobs, Digest, Durability, MemoryStore};
use guildhall_runtime::{Runtime, RuntimeError, WorkOptions};

use crate::support::{Coordinator, Worker, create, status};

/// Takes nothing while it is full.
struct Disk {
    full: AtomicBool,
    store: MemoryStore,
}

#[async_trait]
impl Blobs for Disk {
    async fn put(&self, data: Bytes, durability: Durability) -> Result<Digest, RuntimeError> {
        if self.full.load(Ordering::SeqCst) {
            return Err(RuntimeError::StoreFull {
                path: "/disk".into(),
            });
        }
        self.store.put(data, durability).await
    }

    async fn get(&self, digest: &Digest) -> Result<Bytes, RuntimeError> {
        self.store.get(digest).await
    }

    async fn has(&self, digest: &Digest) -> Result<bool, RuntimeError> {
        self.store.has(digest).await
    }
}

const PLAN: &str = r#"
    version = 1
    name = "outgrown"
    [defaults]
    capability = "test.work"
    [[task]]
    id = "small"
    input = { value = "fits" }
    [[task]]
    id = "large"
    needs = ["small"]
    input = { do = "long", bytes = 100000 }
    [[task]]
    id = "next"
    needs = ["large"]
    input = { value = "and on" }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn an_output_without_room_ends_the_work_and_counts_as_no_failure() {
    let disk = Arc::new(Disk {
        full: AtomicBool::new(true),
        store: MemoryStore::new(),
    });
    let worker = Worker::new("worker", 4);
    let host = Host::builder()
        .agent(Coordinator::new())
        .agent(Arc::<Worker>::clone(&worker));
    let runtime = Runtime::builder(host.build().unwrap())
        .store(Arc::new(MemoryStore::new()), Arc::<Disk>::clone(&disk))
        .open()
        .await
        .unwrap();
    let run = create(&runtime, PLAN).await;
    let error = runtime.work(run, WorkOptions::default()).await.unwrap_err();
    assert!(matches!(error, RuntimeError::StoreFull { .. }), "{error:?}");
    assert_eq!(
        worker.all_times(),
        2,
        "what cannot be kept is not done again and again"
    );
    let ledger = runtime.ledger(run).await.unwrap();
    assert_eq!(status(&ledger, "small"), TaskStatus::Completed);
    assert!(!status(&ledger, "large").has_ended());

    disk.full.store(false, Ordering::SeqCst);
    let ledger = runtime.work(run, WorkOptions::default()).await.unwrap();
    for task in ["small", "large", "next"] {
        assert_eq!(status(&ledger, task), TaskStatus::Completed, "{task}");
    }
    // Only what could not be kept was done again.
    assert_eq!(worker.all_times(), 4);
}
