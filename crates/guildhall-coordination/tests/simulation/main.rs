//! Simulates whole runs with the shipped ledger, conductor and scheduler: agents that
//! fail, processes that are killed at any write, and results that come too late. Every
//! run follows from its seed; a failing test names it, and
//! `GUILDHALL_SEED=n cargo test -p guildhall-coordination --test simulation one_seed`
//! replays it step by step.
#![expect(
    clippy::unwrap_used,
    reason = "a simulation that goes wrong has to stop"
)]

mod check;
mod coverage;
mod graphs;
mod world;

use coverage::Coverage;
use graphs::Shape;
use world::{Crashes, Guards, World};

/// Seeds that are tried. Each is a run of its own with crashes of its own.
const SEEDS: u64 = 10_000;

fn run(seed: u64, shape: Shape, crashes: Crashes, guards: Guards) -> World {
    let mut world = World::new(seed, shape, crashes, guards);
    world.run();
    world
}

#[test]
fn a_crash_at_any_write_loses_nothing_and_repeats_only_what_was_in_flight() {
    for shape in Shape::ALL {
        let undisturbed = run(1, shape, Crashes::None, Guards::default());
        undisturbed.check();
        let writes = undisturbed.writes();
        assert!(writes > 5, "{shape:?} has only {writes} writes");
        for at in 0..writes {
            for before in [true, false] {
                let world = run(
                    1,
                    shape,
                    Crashes::At { write: at, before },
                    Guards::default(),
                );
                world.check();
                assert_eq!(world.crashes(), 1, "{shape:?} was not killed at write {at}");
            }
        }
    }
}

#[test]
fn thousands_of_seeds_with_many_crashes_keep_every_promise() {
    let mut crashes = 0;
    let mut retried = 0;
    let mut too_late = 0;
    let mut coverage = Coverage::default();
    for seed in 0..SEEDS {
        let shape = Shape::ALL[usize::try_from(seed).unwrap() % Shape::ALL.len()];
        let world = run(
            seed,
            shape,
            Crashes::Random { per_mille: 40 },
            Guards::default(),
        );
        world.check();
        crashes += world.crashes();
        retried += world.retries();
        too_late += world.rejected();
        coverage.add(&world);
    }
    // The simulation must reach what it is for.
    assert!(crashes > SEEDS, "{crashes} crashes");
    assert!(retried > SEEDS, "{retried} retries");
    assert!(too_late > SEEDS / 10, "{too_late} results came too late");
    coverage.check(SEEDS / 100);
}

#[test]
fn a_run_follows_from_its_seed() {
    for shape in Shape::ALL {
        let crashes = Crashes::Random { per_mille: 40 };
        let (a, b) = (
            run(7, shape, crashes, Guards::default()),
            run(7, shape, crashes, Guards::default()),
        );
        assert_eq!(a.journal(), b.journal());
    }
}

#[test]
fn one_seed() {
    let seed = std::env::var("GUILDHALL_SEED").map_or(0, |seed| seed.parse().unwrap());
    let shape = Shape::ALL[usize::try_from(seed).unwrap() % Shape::ALL.len()];
    let world = run(
        seed,
        shape,
        Crashes::Random { per_mille: 40 },
        Guards::default(),
    );
    for recorded in world.journal() {
        println!("{recorded:?}");
    }
    world.check();
}

/// Controls: each guard, switched off, lets something happen that the checks see.
mod controls {
    use super::*;

    fn some_seed_fails(guards: Guards) -> bool {
        (0..2_000).any(|seed| {
            let shape = Shape::ALL[usize::try_from(seed).unwrap() % Shape::ALL.len()];
            let world = run(seed, shape, Crashes::Random { per_mille: 40 }, guards);
            world.problem().is_some()
        })
    }

    #[test]
    fn without_the_epoch_a_late_result_is_taken() {
        let guards = Guards {
            epochs: false,
            ..Guards::default()
        };
        assert!(some_seed_fails(guards));
    }

    #[test]
    fn without_waiting_for_the_write_tasks_are_begun_on_results_that_can_be_lost() {
        let guards = Guards {
            write_before_notice: false,
            ..Guards::default()
        };
        assert!(some_seed_fails(guards));
    }

    #[test]
    fn without_calling_races_off_what_has_lost_is_begun_again() {
        let guards = Guards {
            races_are_called_off: false,
            ..Guards::default()
        };
        assert!(some_seed_fails(guards));
    }

    #[test]
    fn agents_that_spend_more_than_was_set_aside_overrun_the_budget() {
        let guards = Guards {
            agents_keep_to_what_is_set_aside: false,
            ..Guards::default()
        };
        assert!(some_seed_fails(guards));
    }
}
