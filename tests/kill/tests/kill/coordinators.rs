//! Coordinators that break down or lie: nothing is lost, and another one finishes.

use guildhall_coordination::Random;
use kill_suite::history;
use kill_suite::plans::{Shape, WIDTH, plan};
use kill_suite::sandbox::Sandbox;
use rustix::process::{Signal, kill_process};
use serde_json::json;

use crate::support::{assert_kept, resume, wait_until};
use kill_suite::moment::pid;

const HOSTILE: &str = "kill-plugin";
const SOUND: &str = "swarm-coordinator";

fn sandbox(shape: Shape, misconduct: &str) -> Sandbox {
    let sandbox = Sandbox::new(WIDTH, &json!({ "misconduct": misconduct })).unwrap();
    let plan = plan(shape, "process", &mut Random::new(7));
    sandbox.plan(&plan).unwrap();
    sandbox
}

/// Every shape of run under a coordinator that lies: it ends as it should.
fn ends_right(misconduct: &str) {
    for shape in Shape::ALL {
        let mut sandbox = sandbox(shape, misconduct);
        let (code, said) = resume(&mut sandbox, HOSTILE);
        assert_eq!(code, Some(0), "{shape:?}: {said}");
        assert_kept(sandbox);
    }
}

/// Every shape of run under a coordinator that breaks down again and again: the user is
/// told so, and another one brings it to its end.
fn can_be_finished_by_another(misconduct: &str) {
    // A race of all tasks ends in fewer turns than it takes to break down so often.
    let long = Shape::ALL
        .into_iter()
        .filter(|it| *it != Shape::ScatterGather);
    for shape in long {
        let mut sandbox = sandbox(shape, misconduct);
        let (code, said) = resume(&mut sandbox, HOSTILE);
        assert_eq!(code, Some(4), "{shape:?}: {said}");
        assert!(said.contains("left the run 3 times"), "{shape:?}: {said}");
        let (code, said) = resume(&mut sandbox, SOUND);
        assert_eq!(code, Some(0), "{shape:?}: {said}");
        assert_kept(sandbox);
    }
}

#[test]
fn a_coordinator_that_panics_loses_nothing() {
    can_be_finished_by_another("panics");
}

#[test]
fn a_coordinator_that_returns_early_loses_nothing() {
    can_be_finished_by_another("returns-early");
}

#[test]
fn a_coordinator_that_fails_loses_nothing() {
    can_be_finished_by_another("fails");
}

#[test]
fn a_coordinator_that_starts_everything_in_every_turn_starts_nothing_twice_or_too_early() {
    ends_right("starts-everything");
}

#[test]
fn a_coordinator_that_ends_the_run_in_every_turn_ends_it_when_all_is_done() {
    ends_right("finishes-early");
}

#[test]
fn a_coordinator_that_adds_garbage_adds_nothing() {
    ends_right("adds-garbage");
}

#[test]
fn a_coordinator_that_floods_the_host_only_takes_its_time() {
    ends_right("floods");
}

/// Nobody can tell a coordinator that hangs from one that has nothing to do, so it is the
/// user who ends it. What was at work is brought to its end before that.
#[test]
fn a_run_whose_coordinator_hangs_can_be_interrupted_and_finished_by_another() {
    let mut sandbox = sandbox(Shape::Waves, "hangs");
    let mut started = sandbox.begin_or_resume(HOSTILE).unwrap();
    let worker = started.worker().unwrap().unwrap();
    sandbox.worker_is(started.session, worker);
    wait_until("nothing is at work any more", || {
        let Some(run) = sandbox.run().unwrap() else {
            return false;
        };
        let events = history::journal(&sandbox.state(), run).unwrap();
        let count = |kind: &str| events.iter().filter(|it| it.event.kind() == kind).count();
        let ended = count("completed") + count("attempt_failed");
        ended > 0 && count("started") == ended
    });
    kill_process(pid(worker), Signal::INT).unwrap();
    let status = started.end().unwrap();
    assert_eq!(
        status.code(),
        Some(130),
        "{}",
        sandbox.said(started.session)
    );
    let (code, said) = resume(&mut sandbox, SOUND);
    assert_eq!(code, Some(0), "{said}");
    assert_kept(sandbox);
}
