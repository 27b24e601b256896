//! Keeping a registry across restarts.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use guildhall_core::registry::{
    AgentStatus, ManualClock, MemoryStore, RegistrySettings, RegistryStore, Snapshot,
};
use guildhall_core::{CoreError, Registry, TaskId};
use serde_json::{Value, json};

use crate::support::{START, agent, id, request};

fn open(store: &Arc<impl RegistryStore>) -> Result<Registry, CoreError> {
    let clock = Arc::new(ManualClock::new(START));
    Registry::open(RegistrySettings::default(), clock, store.clone())
}

/// A registry with one agent that completed a task and has one in flight.
fn worked(registry: &Registry) {
    registry.register(agent("a", 2, &["x.y@1.0.0"])).unwrap();
    registry
        .acquire(&request("x.y"), TaskId::new())
        .unwrap()
        .release(true, 8)
        .unwrap();
    // The process ends here, so to speak.
    std::mem::forget(registry.acquire(&request("x.y"), TaskId::new()).unwrap());
}

#[test]
fn agents_come_back_offline_with_what_was_counted_and_register_again() {
    let store = Arc::new(MemoryStore::default());
    let registry = open(&store).unwrap();
    worked(&registry);
    assert_eq!(registry.persist(), Ok(true));

    let registry = open(&store).unwrap();
    let record = registry.agent(&id("a")).unwrap();
    assert_eq!(
        (record.status, record.assigned_tasks.len()),
        (AgentStatus::Offline, 0)
    );
    assert_eq!((record.counts.completed, record.counts.abandoned), (1, 1));
    assert_eq!(
        registry.heartbeat(&id("a")),
        Err(CoreError::NoSuchAgent { agent: id("a") })
    );
    let refusal = registry
        .acquire(&request("x.y"), TaskId::new())
        .unwrap_err()
        .to_string();
    assert!(refusal.contains("a is offline"), "{refusal}");

    registry.register(agent("a", 3, &["x.y@1.1.0"])).unwrap();
    let record = registry.agent(&id("a")).unwrap();
    assert_eq!(
        (record.status, record.counts.completed),
        (AgentStatus::Available, 1)
    );
    assert_eq!(record.health.mean_latency_us, Some(8_000));
    assert_eq!(record.health.problem, None);
    assert_eq!(record.registration.max_concurrent_tasks, 3);
}

#[test]
fn agents_that_were_leaving_do_not_come_back_and_their_counts_stay() {
    let store = Arc::new(MemoryStore::default());
    let registry = open(&store).unwrap();
    worked(&registry);
    registry.unregister(&id("a")).unwrap();
    registry.persist().unwrap();
    let registry = open(&store).unwrap();
    assert_eq!(registry.agent(&id("a")), None);
    let statistics = registry.statistics();
    assert_eq!(
        (statistics.tasks.completed, statistics.tasks.abandoned),
        (1, 1)
    );
    assert_eq!(
        statistics.by_capability[&"x.y".parse().unwrap()].abandoned,
        1
    );
}

#[test]
fn nothing_is_saved_where_nothing_changed() {
    let store = Arc::new(MemoryStore::default());
    let registry = open(&store).unwrap();
    worked(&registry);
    assert_eq!(
        (registry.persist(), registry.persist()),
        (Ok(true), Ok(false))
    );
    registry.unregister(&id("a")).unwrap();
    assert_eq!(registry.persist(), Ok(true));
    assert_eq!(
        Registry::new().persist(),
        Ok(false),
        "there is no store to save to"
    );
}

/// A store whose disk is full until it is not.
#[derive(Default)]
struct FullDisk {
    freed: AtomicBool,
    kept: MemoryStore,
}

impl RegistryStore for FullDisk {
    fn load(&self) -> Result<Option<Snapshot>, CoreError> {
        self.kept.load()
    }

    fn save(&self, snapshot: &Snapshot) -> Result<(), CoreError> {
        if self.freed.load(Ordering::SeqCst) {
            return self.kept.save(snapshot);
        }
        Err(CoreError::RegistryStore {
            reason: "no space left".into(),
        })
    }
}

#[test]
fn a_store_that_fails_loses_nothing_and_is_tried_again() {
    let store = Arc::new(FullDisk::default());
    let registry = open(&store).unwrap();
    worked(&registry);
    let before = registry.snapshot();
    let error = registry.persist().unwrap_err().to_string();
    assert!(
        error.contains("the registry's store failed: no space left"),
        "{error}"
    );
    assert_eq!(registry.snapshot(), before);
    registry.register(agent("b", 1, &["x.y@1.0.0"])).unwrap();

    store.freed.store(true, Ordering::SeqCst);
    assert_eq!(registry.persist(), Ok(true));
    assert_eq!(store.load().unwrap(), Some(registry.snapshot()));
}

/// A store that looks at the registry while it saves.
#[derive(Default)]
struct Curious {
    registry: OnceLock<Registry>,
    seen: AtomicUsize,
}

impl RegistryStore for Curious {
    fn load(&self) -> Result<Option<Snapshot>, CoreError> {
        Ok(None)
    }

    fn save(&self, _: &Snapshot) -> Result<(), CoreError> {
        let agents = self
            .registry
            .get()
            .map_or(0, |registry| registry.active_agents(None).len());
        self.seen.store(agents, Ordering::SeqCst);
        Ok(())
    }
}

#[test]
fn the_registry_is_free_while_the_store_works() {
    let store = Arc::new(Curious::default());
    let registry = open(&store).unwrap();
    worked(&registry);
    assert!(store.registry.set(registry.clone()).is_ok());
    registry.persist().unwrap();
    assert_eq!(store.seen.load(Ordering::SeqCst), 1);
}

fn written() -> Value {
    let registry = Registry::with(
        RegistrySettings::default(),
        Arc::new(ManualClock::new(START)),
    );
    worked(&registry);
    serde_json::to_value(registry.snapshot()).unwrap()
}

#[test]
fn what_is_newer_in_a_snapshot_survives_the_registry() {
    let mut json = written();
    json["novel"] = json!({"a": 1});
    json["agents"][0]["novel"] = json!([2]);
    json["agents"][0]["registration"]["novel"] = json!(3);
    json["agents"][0]["health"]["novel"] = json!(4);
    let snapshot = Snapshot::from_json(json.to_string().as_bytes()).unwrap();
    assert_eq!(serde_json::to_value(&snapshot).unwrap(), json);

    let store = Arc::new(MemoryStore::default());
    store.save(&snapshot).unwrap();
    let back = serde_json::to_value(open(&store).unwrap().snapshot()).unwrap();
    for place in [
        "/novel",
        "/agents/0/novel",
        "/agents/0/registration/novel",
        "/agents/0/health/novel",
    ] {
        assert_eq!(back.pointer(place), json.pointer(place), "{place}");
    }
}

#[test]
fn a_snapshot_that_contradicts_itself_is_refused_by_name() {
    type Case = (&'static str, fn(&mut Value));
    let cases: [Case; 6] = [
        ("agent a stands in it twice", |json| {
            let twin = json["agents"][0].clone();
            json["agents"].as_array_mut().unwrap().push(twin);
        }),
        ("agent a ended 9 tasks but took only 2", |json| {
            json["agents"][0]["counts"]["completed"] = json!(9);
        }),
        ("the agents that are gone ended", |json| {
            json["retired"]["failed"] = json!(1);
        }),
        ("capability x.y ended", |json| {
            json["capabilities"]["x.y"]["failed"] = json!(u64::MAX);
        }),
        ("max_concurrent_tasks is 0", |json| {
            json["agents"][0]["registration"]["max_concurrent_tasks"] = json!(0);
        }),
        ("missing field `taken_at`", |json| {
            json.as_object_mut().unwrap().remove("taken_at");
        }),
    ];
    for (expected, change) in cases {
        let mut json = written();
        change(&mut json);
        let error = Snapshot::from_json(json.to_string().as_bytes())
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{expected:?} is not in {error:?}");
    }
}

#[test]
fn a_store_with_a_bad_snapshot_opens_no_registry() {
    let registry = Registry::new();
    worked(&registry);
    let mut snapshot = registry.snapshot();
    snapshot.agents[0].counts.failed = 100;
    let store = Arc::new(MemoryStore::default());
    store.save(&snapshot).unwrap();
    assert!(matches!(open(&store), Err(CoreError::BadSnapshot { .. })));
}

#[test]
fn an_agent_that_comes_back_begins_with_no_failures_in_a_row() {
    let store = Arc::new(MemoryStore::default());
    let fail = |registry: &Registry| {
        let lease = registry.acquire(&request("x.y"), TaskId::new()).unwrap();
        lease.release(false, 1).unwrap();
    };
    let registry = open(&store).unwrap();
    registry.register(agent("a", 1, &["x.y@1.0.0"])).unwrap();
    (0..2).for_each(|_| fail(&registry));
    registry.persist().unwrap();

    let registry = open(&store).unwrap();
    registry.register(agent("a", 1, &["x.y@1.0.0"])).unwrap();
    (0..2).for_each(|_| fail(&registry));
    let record = registry.agent(&id("a")).unwrap();
    assert_eq!(
        (record.status, record.counts.failed),
        (AgentStatus::Available, 4)
    );
}
