//! Two processes on one run: the second is refused, and where the lock does not hold the
//! first has lost the run.

use std::fs;

use kill_suite::history;
use kill_suite::moment::{self, pid};
use kill_suite::plans::WIDTH;
use kill_suite::sandbox::Sandbox;
use rustix::process::{Signal, kill_process};
use serde_json::json;

use crate::support::{assert_kept, at_work, held, parallel, resume, wait_until};

const COORDINATOR: &str = "swarm-coordinator";

#[test]
fn a_second_process_is_refused_while_the_first_one_works() {
    let mut sandbox = Sandbox::new(WIDTH, &json!({})).unwrap();
    sandbox.plan(&held(WIDTH)).unwrap();
    let (mut first, _) = at_work(&mut sandbox, COORDINATOR, WIDTH as usize);
    let (code, said) = resume(&mut sandbox, COORDINATOR);
    assert_ne!(code, Some(0));
    assert!(said.contains("another process works on"), "{said}");
    sandbox.release().unwrap();
    assert!(first.end().unwrap().success());
    assert_kept(sandbox);
}

/// As on a file system that takes every lock: the first process is stopped, the second
/// takes the run over, and the first one is too late with what its attempts gave.
#[test]
fn a_process_that_lost_its_run_is_told_so_and_its_results_are_void() {
    let mut sandbox = Sandbox::new(WIDTH, &json!({})).unwrap();
    sandbox.plan(&parallel(WIDTH, 400)).unwrap();
    let (mut first, worker) = at_work(&mut sandbox, COORDINATOR, WIDTH as usize);
    kill_process(pid(worker), Signal::STOP).unwrap();
    let session = first.session;
    wait_until("the attempts of the stopped process have ended", || {
        moment::in_flight(&sandbox, session).unwrap() == 0
    });
    forget_lock(&sandbox);
    let (code, said) = resume(&mut sandbox, COORDINATOR);
    assert_eq!(code, Some(0), "{said}");
    let run = sandbox.run().unwrap().unwrap();
    let before = history::journal(&sandbox.state(), run).unwrap();

    kill_process(pid(worker), Signal::CONT).unwrap();
    let status = first.end().unwrap();
    assert!(!status.success());
    let said = sandbox.said(session);
    assert!(said.contains("has taken run"), "{said}");
    // Not one event more: what it had to say is void.
    assert_eq!(history::journal(&sandbox.state(), run).unwrap(), before);
    // Its attempts had come to their end and were made again, as if it had been killed.
    sandbox.was_killed(session);
    assert_kept(sandbox);
}

/// The same while both live: whoever comes later has the run, and waits for the attempts
/// of the other to end before it repeats them.
#[test]
fn whoever_takes_a_run_over_repeats_nothing_while_it_still_runs() {
    let mut sandbox = Sandbox::new(WIDTH, &json!({})).unwrap();
    sandbox.plan(&parallel(WIDTH, 1_500)).unwrap();
    let (mut first, _) = at_work(&mut sandbox, COORDINATOR, WIDTH as usize);
    forget_lock(&sandbox);
    let (code, said) = resume(&mut sandbox, COORDINATOR);
    assert_eq!(code, Some(0), "{said}");
    assert!(!first.end().unwrap().success());
    let said = sandbox.said(first.session);
    assert!(said.contains("has taken run"), "{said}");
    sandbox.was_killed(first.session);
    assert_kept(sandbox);
}

/// The file that is locked is another one from now on.
fn forget_lock(sandbox: &Sandbox) {
    let run = sandbox.run().unwrap().unwrap();
    fs::remove_file(sandbox.state().join(format!("locks/{run}.lock"))).unwrap();
}
