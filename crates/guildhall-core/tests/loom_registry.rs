//! The registry's locks under every order in which two or three threads can meet.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p guildhall-core --test loom_registry --release`
//!
//! The last tests are controls: twins of the registry with the mistakes that the
//! other tests look for. If loom did not find those, it would prove nothing by
//! finding none in the registry.
#![cfg(loom)]
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use std::sync::Arc;
use std::time::Duration;

use guildhall_core::registry::{
    AgentStatus, ManualClock, MemoryStore, RegistrySettings, RegistryStore,
};
use guildhall_core::{AgentId, CapabilityRequest, CoreError, Registration, Registry, TaskId};
use loom::thread;

fn agent() -> AgentId {
    "a".parse().unwrap()
}

fn request() -> CapabilityRequest {
    "x.y".parse().unwrap()
}

fn task(number: u128) -> TaskId {
    uuid::Uuid::from_u128(number).into()
}

fn registration() -> Registration {
    let mut registration = Registration::new(agent(), "1.0.0".parse().unwrap());
    let capability = serde_json::json!({"name": "x.y", "version": "1.0.0"});
    registration
        .capabilities
        .push(serde_json::from_value(capability).unwrap());
    registration.max_concurrent_tasks = 1;
    registration
}

/// A registry with one agent that takes one task at once.
fn registry() -> Registry {
    let clock = Arc::new(ManualClock::new(0));
    let registry = Registry::with(RegistrySettings::default(), clock);
    registry.register(registration()).unwrap();
    registry
}

/// Runs `other` beside `own` and gives both results.
fn beside<A, B: Send + 'static>(
    other: impl FnOnce() -> B + Send + 'static,
    own: impl FnOnce() -> A,
) -> (A, B) {
    let other = thread::spawn(other);
    let own = own();
    (own, other.join().unwrap())
}

#[test]
fn of_two_threads_one_gets_the_only_place() {
    loom::model(|| {
        let registry = registry();
        let theirs = registry.clone();
        let (mine, their) = beside(
            move || theirs.acquire(&request(), task(1)),
            || registry.acquire(&request(), task(2)),
        );
        assert!(mine.is_ok() != their.is_ok(), "{mine:?} {their:?}");
        let refusal = [mine.as_ref().err(), their.as_ref().err()]
            .into_iter()
            .flatten()
            .next();
        assert!(matches!(refusal, Some(CoreError::AllBusy { .. })));
        assert_eq!(registry.statistics().in_flight, 1);
    });
}

#[test]
fn three_threads_share_two_places() {
    loom::model(|| {
        let registry = registry();
        let update = guildhall_core::registry::AgentUpdate {
            max_concurrent_tasks: Some(2),
            ..Default::default()
        };
        registry.update(&agent(), update).unwrap();
        let take = |number| {
            let registry = registry.clone();
            thread::spawn(move || registry.acquire(&request(), task(number)))
        };
        let threads = [take(1), take(2)];
        let mut results = vec![registry.acquire(&request(), task(3))];
        results.extend(threads.map(|thread| thread.join().unwrap()));
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 2);
    });
}

#[test]
fn what_is_taken_beside_an_unregistration_drains_and_nothing_is_taken_after_it() {
    loom::model(|| {
        let registry = registry();
        let theirs = registry.clone();
        let (lease, ()) = beside(
            move || theirs.unregister(&agent()).unwrap(),
            || registry.acquire(&request(), task(1)),
        );
        let status = registry.agent(&agent()).unwrap().status;
        assert!(registry.acquire(&request(), task(2)).is_err());
        match lease {
            Ok(lease) => {
                assert_eq!(status, AgentStatus::Draining);
                lease.release(true, 1).unwrap();
            }
            Err(_) => assert_eq!(status, AgentStatus::Terminated),
        }
        assert_eq!(
            registry.agent(&agent()).unwrap().status,
            AgentStatus::Terminated
        );
    });
}

#[test]
fn a_lease_that_comes_back_beside_the_end_of_the_grace_counts_once() {
    loom::model(|| {
        let registry = registry();
        let lease = registry.acquire(&request(), task(1)).unwrap();
        let theirs = registry.clone();
        let (released, ()) = beside(
            move || theirs.unregister_within(&agent(), Duration::ZERO).unwrap(),
            || lease.release(true, 1),
        );
        let tasks = registry.statistics().tasks;
        let counted = if released.is_ok() { (1, 0) } else { (0, 1) };
        assert_eq!((tasks.completed, tasks.abandoned), counted);
    });
}

#[test]
fn a_place_that_is_given_back_is_taken_at_once_or_refused_and_free_afterwards() {
    loom::model(|| {
        let registry = registry();
        let lease = registry.acquire(&request(), task(1)).unwrap();
        let theirs = registry.clone();
        let (taken, ()) = beside(
            // One release by word, as good as one by drop.
            move || drop((theirs, lease)),
            || registry.acquire(&request(), task(2)),
        );
        let in_flight = u64::from(taken.is_ok());
        let statistics = registry.statistics();
        assert_eq!(
            (statistics.in_flight, statistics.tasks.abandoned),
            (in_flight, 1)
        );
        drop(taken);
        registry
            .acquire(&request(), task(3))
            .unwrap()
            .release(true, 1)
            .unwrap();
    });
}

#[test]
fn a_lent_place_goes_to_one_of_those_who_want_it_and_never_to_two() {
    loom::model(|| {
        let registry = registry();
        let parent = registry.acquire(&request(), task(1)).unwrap();
        parent.lend().unwrap();
        let theirs = registry.clone();
        let (resumed, child) = beside(
            move || theirs.acquire(&request(), task(2)),
            || parent.resume().unwrap(),
        );
        assert!(child.is_ok() != resumed, "{child:?} {resumed}");
        drop(child);
        assert!(parent.resume().unwrap());
        assert!(registry.acquire(&request(), task(3)).is_err());
    });
}

#[test]
fn saving_beside_a_change_neither_blocks_nor_keeps_an_older_state_for_good() {
    loom::model(|| {
        let store = Arc::new(MemoryStore::default());
        let clock = Arc::new(ManualClock::new(0));
        let settings = RegistrySettings::default();
        let registry = Registry::open(settings, clock, store.clone()).unwrap();
        let theirs = registry.clone();
        beside(
            move || {
                theirs.register(registration()).unwrap();
                theirs.persist().unwrap();
            },
            || registry.persist().unwrap(),
        );
        // Whoever saved last, the agent that was registered before is in it.
        let kept = store.load().unwrap().unwrap();
        assert_eq!(kept, registry.snapshot());
        assert!(!registry.persist().unwrap());
    });
}

mod controls {
    //! Twins with mistakes, each of which loom must find.

    use std::sync::Arc;

    use loom::sync::Mutex;

    use super::beside;

    const LIMIT: u32 = 1;

    /// Takes a place, with the check and the act under one lock or under two.
    fn take(in_flight: &Mutex<u32>, one_lock: bool) -> bool {
        let mut guard = in_flight.lock().unwrap();
        if *guard >= LIMIT {
            return false;
        }
        if !one_lock {
            drop(guard);
            guard = in_flight.lock().unwrap();
        }
        *guard += 1;
        true
    }

    fn two_threads_take(one_lock: bool) {
        loom::model(move || {
            let in_flight = Arc::new(Mutex::new(0));
            let theirs = Arc::clone(&in_flight);
            beside(
                move || take(&theirs, one_lock),
                || take(&in_flight, one_lock),
            );
            assert!(
                *in_flight.lock().unwrap() <= LIMIT,
                "more in flight than the limit"
            );
        });
    }

    #[test]
    #[should_panic(expected = "more in flight than the limit")]
    fn a_check_under_another_lock_than_its_act_is_found() {
        two_threads_take(false);
    }

    #[test]
    fn the_same_twin_with_one_lock_is_sound() {
        two_threads_take(true);
    }

    #[test]
    #[should_panic(expected = "deadlock")]
    fn locks_taken_in_two_orders_are_found() {
        loom::model(|| {
            let saved = Arc::new(Mutex::new(()));
            let state = Arc::new(Mutex::new(()));
            let (their_saved, their_state) = (Arc::clone(&saved), Arc::clone(&state));
            beside(
                move || {
                    let _state = their_state.lock().unwrap();
                    let _saved = their_saved.lock().unwrap();
                },
                || {
                    let _saved = saved.lock().unwrap();
                    let _state = state.lock().unwrap();
                },
            );
        });
    }
}
