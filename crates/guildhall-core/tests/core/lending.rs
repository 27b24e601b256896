//! Places that are lent while a task waits.

use std::time::Duration;

use guildhall_core::registry::AgentStatus;
use guildhall_core::{CoreError, Lease};

use crate::support::{World, agent, id};

/// One agent that takes this many tasks at once.
fn world(limit: u32) -> World {
    let world = World::new();
    world
        .registry
        .register(agent("a", limit, &["x.y@1.0.0"]))
        .unwrap();
    world
}

fn waiting(world: &World) -> usize {
    world.registry.agent(&id("a")).unwrap().waiting_tasks.len()
}

#[test]
fn a_place_that_is_lent_is_free_for_others_and_its_task_is_still_in_hand() {
    let world = world(1);
    let parent = world.take("x.y");
    // The control: without lending there is no place.
    assert!(world.refusal("x.y").contains("at its limit"));
    parent.lend().unwrap();
    assert_eq!(world.status("a"), Some(AgentStatus::Available));
    assert_eq!(
        (world.registry.statistics().in_flight, waiting(&world)),
        (1, 1)
    );
    let child = world.take("x.y");
    assert_eq!(world.status("a"), Some(AgentStatus::Busy));
    assert!(!parent.resume().unwrap());
    child.release(true, 1).unwrap();
    assert!(parent.resume().unwrap() && parent.resume().unwrap());
    assert_eq!(waiting(&world), 0);
    parent.release(true, 1).unwrap();
    assert_eq!(world.registry.statistics().tasks.completed, 2);
}

#[test]
fn those_that_want_their_places_back_come_before_others_in_the_order_of_asking() {
    let world = world(2);
    let take = || [world.take("x.y"), world.take("x.y")];
    let parents = take();
    parents.iter().for_each(|parent| parent.lend().unwrap());
    let [first, second] = &parents;
    let [one, other] = take();
    assert!(!second.resume().unwrap() && !first.resume().unwrap());
    one.release(true, 1).unwrap();
    world.refusal("x.y");
    assert!(!first.resume().unwrap(), "the second asked before");
    assert!(second.resume().unwrap());
    other.release(true, 1).unwrap();
    world.refusal("x.y");
    assert!(first.resume().unwrap());
}

#[test]
fn a_task_that_no_longer_wants_its_place_makes_room() {
    let give_up: [fn(Lease); 3] = [
        |parent| {
            parent.lend().unwrap();
            // Dropped without a word, it counts as abandoned, and its place is nobody's.
            drop(parent);
        },
        |parent| parent.release(false, 1).unwrap(),
        |parent| parent.withdraw().unwrap(),
    ];
    for give_up in give_up {
        let world = world(1);
        let parent = world.take("x.y");
        parent.lend().unwrap();
        let child = world.take("x.y");
        assert!(!parent.resume().unwrap());
        child.release(true, 1).unwrap();
        world.refusal("x.y");
        give_up(parent);
        world.take("x.y").release(true, 1).unwrap();
    }
}

#[test]
fn a_task_that_cannot_wait_takes_its_place_and_nobody_gets_one_until_it_is_free_again() {
    let world = world(1);
    let parent = world.take("x.y");
    parent.lend().unwrap();
    let child = world.take("x.y");
    parent.resume_at_once().unwrap();
    assert_eq!(waiting(&world), 0);
    child.release(true, 1).unwrap();
    world.refusal("x.y");
    parent.release(true, 1).unwrap();
    world.take("x.y").release(true, 1).unwrap();
}

#[test]
fn a_lease_that_is_lost_can_neither_lend_nor_resume() {
    let world = world(1);
    let parent = world.take("x.y");
    world
        .registry
        .unregister_within(&id("a"), Duration::ZERO)
        .unwrap();
    let lost = [
        parent.lend().unwrap_err(),
        parent.resume().unwrap_err(),
        parent.resume_at_once().unwrap_err(),
    ];
    for error in lost {
        assert!(matches!(error, CoreError::LeaseLost { .. }), "{error:?}");
    }
}
