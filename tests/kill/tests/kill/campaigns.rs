//! Hundreds of kills under each coordinator.

use std::time::{SystemTime, UNIX_EPOCH};

use kill_suite::campaign::{Coordinator, campaign};

/// Kills under each coordinator.
const KILLS: usize = 105;

/// Kills of a hundred that must come while attempts are in flight.
const AT_WORK: usize = 80;

/// Variable with the seed of all runs; where it is absent, the time is the seed.
const SEED: &str = "GUILDHALL_KILL_SEED";

#[test]
fn nothing_is_lost_or_done_twice_under_the_coordinator_that_ships() {
    pass(Coordinator::Swarm);
}

#[test]
fn nothing_is_lost_or_done_twice_under_the_smallest_coordinator() {
    pass(Coordinator::Fifo);
}

#[expect(clippy::print_stdout, reason = "a failure is to show its seed")]
fn pass(coordinator: Coordinator) {
    let seed = seed();
    println!("{SEED}={seed}");
    let summary = campaign(coordinator.seeds(seed), KILLS, |_, _| {}).unwrap();
    println!("{summary}");
    assert!(
        summary.failures.is_empty(),
        "{}",
        summary.failures.join("\n\n")
    );
    assert!(summary.kills >= KILLS);
    assert!(summary.percent_at_work() >= AT_WORK);
    assert!(summary.executed_again <= summary.in_flight);
}

fn seed() -> u64 {
    let given = std::env::var(SEED).ok();
    given.map_or_else(
        || {
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap()
                .as_secs()
        },
        |seed| seed.parse().unwrap(),
    )
}
