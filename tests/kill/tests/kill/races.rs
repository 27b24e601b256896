//! What has lost a race ends, and nothing of it begins again, whoever is killed when.

use kill_suite::effects::Did;
use kill_suite::history::{self, History};
use kill_suite::moment::{self, Victim};
use kill_suite::plans::{ENDLESS_MS, WIDTH};
use kill_suite::sandbox::Sandbox;
use serde_json::{Value, json};

use crate::support::{assert_kept, at_work, resume, wait_until};

const COORDINATOR: &str = "swarm-coordinator";

/// One way to an answer that takes as long as told, and of each kind two that never end by
/// themselves: plain programs, such that hide in a session of their own, such that do not
/// listen, and a plugin.
fn race(ms: u64) -> Value {
    let mut tasks = vec![json!({ "id": "wins", "input": { "ms": ms } })];
    for at in 0..2 {
        for (kind, capability, deep) in [
            ("plain", "effect.program", false),
            ("deep", "effect.program", true),
            ("stubborn", "effect.stubborn", false),
            ("plugin", "effect.plugin", false),
        ] {
            tasks.push(json!({
                "id": format!("{kind}-{at}"),
                "capability": capability,
                "input": { "ms": ENDLESS_MS, "deep": deep },
            }));
        }
    }
    json!({
        "name": "race",
        "strategy": "scatter-gather",
        "defaults": { "capability": "effect.program" },
        "task": tasks,
    })
}

/// Tasks of [`race`].
const ALL: usize = 9;

fn sandbox(ms: u64) -> Sandbox {
    let sandbox = Sandbox::new(WIDTH, &json!({})).unwrap();
    sandbox.plan(&race(ms)).unwrap();
    sandbox
}

/// That one task completed and all others were cancelled, and every promise is kept: none
/// of their processes lives, for one.
#[track_caller]
fn assert_one_won(sandbox: Sandbox) {
    let History { events, .. } = sandbox.history().unwrap();
    let count = |kind: &str| events.iter().filter(|it| it.event.kind() == kind).count();
    assert_eq!((count("completed"), count("cancelled")), (1, ALL - 1));
    assert_kept(sandbox);
}

#[test]
fn one_wins_and_the_others_are_ended_however_they_hide() {
    let mut sandbox = sandbox(50);
    let (code, said) = resume(&mut sandbox, COORDINATOR);
    assert_eq!(code, Some(0), "{said}");
    assert_one_won(sandbox);
}

#[test]
fn a_race_that_is_cut_short_before_anybody_has_won_is_run_again() {
    let mut sandbox = sandbox(3_000);
    let (mut started, worker) = at_work(&mut sandbox, COORDINATOR, ALL);
    moment::kill(&started, worker, Victim::Worker);
    sandbox.was_killed(started.session);
    started.end().unwrap();
    let (code, said) = resume(&mut sandbox, COORDINATOR);
    assert_eq!(code, Some(0), "{said}");
    let effects = sandbox.effects().unwrap();
    let again = effects
        .iter()
        .filter(|it| it.session == 2 && it.did == Did::Begin);
    assert_eq!(again.count(), ALL);
    assert_one_won(sandbox);
}

/// The programs that do not listen have a second, in which the kill comes.
#[test]
fn what_has_lost_when_its_process_is_killed_is_not_begun_again() {
    for victim in [Victim::Worker, Victim::Parent, Victim::Group] {
        let sandbox = (0..10).find_map(|_| killed_after_the_win(victim));
        let mut sandbox = sandbox.unwrap();
        let (code, said) = resume(&mut sandbox, COORDINATOR);
        assert_eq!(code, Some(0), "{said}");
        let effects = sandbox.effects().unwrap();
        let again = effects.iter().filter(|it| it.session > 1);
        assert_eq!(again.count(), 0, "{victim:?}");
        assert_one_won(sandbox);
    }
}

/// A race that was won when its process was killed, and whose losers had not all ended;
/// `None` where the kill came too late for that.
fn killed_after_the_win(victim: Victim) -> Option<Sandbox> {
    let mut sandbox = sandbox(300);
    let mut started = sandbox.begin_or_resume(COORDINATOR).unwrap();
    let worker = started.worker().unwrap().unwrap();
    sandbox.worker_is(started.session, worker);
    wait_until("somebody has won", || has(&sandbox, "completed"));
    moment::kill(&started, worker, victim);
    sandbox.was_killed(started.session);
    started.end().unwrap();
    (!has(&sandbox, "ended")).then_some(sandbox)
}

/// Whether an event of this kind is in the run's journal.
fn has(sandbox: &Sandbox, kind: &str) -> bool {
    let Some(run) = sandbox.run().unwrap() else {
        return false;
    };
    let events = history::journal(&sandbox.state(), run).unwrap();
    events.iter().any(|it| it.event.kind() == kind)
}
