//! A host that is killed takes along what it has started.

use kill_suite::moment::{Victim, kill};
use kill_suite::plans::ENDLESS_MS;
use kill_suite::sandbox::Sandbox;
use serde_json::json;

use crate::support::{assert_kept, at_work, parallel, resume};

/// Attempts at once.
const MANY: u32 = 100;

#[test]
fn of_a_hundred_programs_none_outlives_the_process_that_works() {
    none_outlives(Victim::Worker);
}

#[test]
fn of_a_hundred_programs_none_outlives_the_process_that_was_started() {
    none_outlives(Victim::Parent);
}

#[test]
fn of_a_hundred_programs_none_outlives_both_processes() {
    none_outlives(Victim::Group);
}

fn none_outlives(victim: Victim) {
    let mut sandbox = Sandbox::new(MANY, &json!({})).unwrap();
    sandbox.plan(&parallel(MANY, ENDLESS_MS)).unwrap();
    let (mut started, worker) = at_work(&mut sandbox, "swarm-coordinator", MANY as usize);
    assert!(sandbox.living().len() > MANY as usize);
    kill(&started, worker, victim);
    started.end().unwrap();
    assert_eq!(sandbox.survivors(), []);
}

/// Even before it has done anything.
#[test]
fn the_process_that_works_never_outlives_the_one_that_was_started() {
    for _ in 0..20 {
        let mut sandbox = Sandbox::new(10, &json!({})).unwrap();
        sandbox.plan(&parallel(10, ENDLESS_MS)).unwrap();
        let mut started = sandbox.begin_or_resume("swarm-coordinator").unwrap();
        let worker = started.worker().unwrap().unwrap();
        kill(&started, worker, Victim::Parent);
        started.end().unwrap();
        assert_eq!(sandbox.survivors(), []);
    }
}

/// Killing the process that the user started kills the other one, so that nothing stands
/// in the way of going on at once.
#[test]
fn a_run_can_be_resumed_right_after_its_parent_was_killed() {
    let mut sandbox = Sandbox::new(10, &json!({})).unwrap();
    sandbox.plan(&parallel(10, 300)).unwrap();
    let (mut started, worker) = at_work(&mut sandbox, "swarm-coordinator", 10);
    kill(&started, worker, Victim::Parent);
    sandbox.was_killed(started.session);
    started.end().unwrap();
    let (code, said) = resume(&mut sandbox, "swarm-coordinator");
    assert_eq!(code, Some(0), "{said}");
    assert_kept(sandbox);
}
