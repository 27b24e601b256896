//! The loop that acts, on a run in virtual time: bounds, calm, measuring, and everything that can
//! go wrong between it and the host.
#![expect(clippy::unwrap_used, reason = "a test that goes wrong has to stop")]

mod faults;
mod world;

use guildhall_sdk::core::control::{Applied, Change, Limit};
use proptest::prelude::*;
use resource_optimizer::act::Bounds;
use resource_optimizer::observe::Observed;
use resource_optimizer::watch::{Rules, TAKEN_BACK, WINDOW_TICKS, Watch};
use world::{BEGIN_MS, Faults, World, worker};

const TICK_S: f64 = 15.0;

pub(crate) fn rules() -> Rules {
    Rules {
        wait_s: 30.0,
        late_share: 0.05,
        boot_s: 0.0,
        tick_s: TICK_S,
        bounds: Bounds {
            min: 1,
            max: 64,
            max_step: 16,
            actions_per_hour: 120,
        },
        measure_s: 300.0,
        is_committed: true,
    }
}

/// So many seconds of a task every `gap_s` seconds.
fn steady(gap_s: f64, takes_s: f64, for_s: f64) -> Vec<(f64, f64)> {
    let count = (for_s / gap_s) as usize;
    (0..count)
        .map(|task| (task as f64 * gap_s, takes_s))
        .collect()
}

#[test]
fn a_pool_is_widened_under_load_and_the_promise_is_kept() {
    // Eight at work at once, for an hour, and one place to begin with.
    let load = steady(2.5, 20.0, 3600.0);
    let mut left_alone = World::new(load.clone());
    left_alone.advance(3_600_000);
    assert!(left_alone.late_share(30.0) > 0.9);
    let mut watched = World::new(load);
    watched.watched(&mut Watch::new(rules()), TICK_S, 240);
    assert!(
        watched.late_share(30.0) <= 0.05,
        "{}",
        watched.late_share(30.0)
    );
    assert!(watched.places() >= 8, "{}", watched.places());
}

#[test]
fn places_are_given_back_when_the_load_has_gone() {
    let mut load = steady(2.5, 20.0, 1800.0);
    load.extend(
        steady(600.0, 5.0, 7200.0)
            .into_iter()
            .map(|(at, takes)| (1800.0 + at, takes)),
    );
    let mut world = World::new(load);
    let mut watch = Watch::new(rules());
    world.watched(&mut watch, TICK_S, 120);
    assert!(world.places() >= 8);
    world.watched(&mut watch, TICK_S, 400);
    assert!(world.places() <= 2, "{}", world.places());
}

#[test]
fn without_a_users_word_nothing_is_changed() {
    let mut world = World::new(steady(2.5, 20.0, 1800.0));
    let mut watch = Watch::new(Rules {
        is_committed: false,
        ..rules()
    });
    world.watched(&mut watch, TICK_S, 60);
    assert!(world.actions.is_empty());
    assert!(!world.proposed.is_empty());
    // What was proposed once is not proposed at every look.
    assert!(world.proposed.len() < 20, "{}", world.proposed.len());
    assert_eq!(world.places(), 1);
}

#[test]
fn the_runs_concurrency_makes_room_where_it_is_in_the_way_and_goes_back_to_the_plans() {
    let mut load = steady(2.5, 20.0, 1800.0);
    load.extend([(9000.0, 1.0)]);
    let mut world = World::new(load);
    world.limits[0].now = 2;
    world.limits[0].planned = 2;
    world.limits[1].now = 16;
    world.limits[1].planned = 16;
    let mut watch = Watch::new(rules());
    world.watched(&mut watch, TICK_S, 100);
    assert!(world.limits[0].now >= 8, "{:?}", world.limits);
    world.watched(&mut watch, TICK_S, 500);
    assert_eq!(world.limits[0].now, 2, "{:?}", world.limits);
}

fn is_taken_back(action: &Applied) -> bool {
    action.undoes.is_some() || action.change.why.starts_with(TAKEN_BACK)
}

/// The time between an agent's changes, in milliseconds.
fn gaps(world: &World) -> Vec<u64> {
    let own = world
        .actions
        .iter()
        .filter(|it| it.change.limit == Limit::Agent(worker()));
    let at: Vec<u64> = own.map(|it| it.at_ms).collect();
    at.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn a_constant_load_is_changed_at_most_once_a_window_and_then_not_at_all(
        gap_s in 15.0..60.0_f64,
        load in 0.2..14.0_f64,
        places in 1..16_u32,
    ) {
        let mut world = World::new(steady(gap_s, gap_s * load, 7200.0));
        world.limits[1].now = places;
        let mut watch = Watch::new(rules());
        world.watched(&mut watch, TICK_S, 480);
        let window_ms = (WINDOW_TICKS * TICK_S * 1000.0) as u64;
        prop_assert!(gaps(&world).iter().all(|gap| *gap >= window_ms), "{:?}", gaps(&world));
        // It comes to rest: in the last hour nothing goes up and down.
        let last = world.actions.iter().filter(|it| it.at_ms > BEGIN_MS + 3_600_000);
        prop_assert!(last.count() <= 2, "{:?}", world.actions);
    }

    #[test]
    fn no_action_leaves_the_bounds(
        gap_s in 5.0..30.0_f64,
        takes_s in 1.0..200.0_f64,
        (min, more) in (1..4_u32, 0..12_u32),
        max_step in 1..5_u32,
        most in 1..20_u32,
    ) {
        let mut world = World::new(steady(gap_s, takes_s, 1800.0));
        world.limits[1].most = most;
        let bounds = Bounds { min, max: min + more, max_step, actions_per_hour: 9 };
        let mut watch = Watch::new(Rules { bounds, ..rules() });
        world.watched(&mut watch, TICK_S, 120);
        for action in &world.actions {
            let Change { from, to, .. } = action.change;
            prop_assert!(to <= min + more && to <= most, "{action:?}");
            // One step may not lead all the way to the minimum.
            prop_assert!(to >= min.min(most).min(from), "{action:?}");
            prop_assert!(from.abs_diff(to) <= max_step, "{action:?}");
        }
        let hour = |from: u64| {
            let within = |at: u64| at >= from && at < from + 3_600_000;
            world.actions.iter().filter(|it| within(it.at_ms)).count()
        };
        prop_assert!(world.actions.iter().all(|it| hour(it.at_ms) <= 9));
    }
}

#[test]
fn a_measured_worsening_is_rolled_back_and_barred() {
    // A machine that thrashes: alone a task takes half a second, two at once take two each.
    let thrashing = |service_ms: u64, busy: usize| service_ms * (busy * busy) as u64 / 2;
    let mut load = steady(3.0, 1.0, 900.0);
    load.extend(
        steady(0.45, 1.0, 1200.0)
            .into_iter()
            .map(|(at, takes)| (900.0 + at, takes)),
    );
    let mut world = World::new(load);
    world.limits[1].most = 1;
    world.slowed = thrashing;
    let mut watch = Watch::new(rules());
    world.watched(&mut watch, TICK_S, 60);
    world.limits[1].most = 5;
    world.watched(&mut watch, TICK_S, 140);
    let undone: Vec<_> = world
        .actions
        .iter()
        .filter(|it| is_taken_back(it))
        .collect();
    assert!(!undone.is_empty(), "{:?}", world.actions);
    let at_ms = undone[0].at_ms;
    let up_again = world
        .actions
        .iter()
        .find(|it| !is_taken_back(it) && it.at_ms > at_ms && it.change.to > it.change.from);
    // Not within an hour.
    assert!(
        up_again.is_none_or(|it| it.at_ms >= at_ms + 3_600_000),
        "{up_again:?}"
    );
}

#[test]
fn attempts_that_fail_after_an_action_roll_it_back() {
    let mut load = steady(7.0, 20.0, 1200.0);
    load.extend(
        steady(2.5, 20.0, 2400.0)
            .into_iter()
            .map(|(at, takes)| (1200.0 + at, takes)),
    );
    let mut world = World::new(load.clone());
    // Whatever is behind the agent takes four at once and no more.
    world.fails_from = 4;
    (world.limits[1].now, world.limits[1].most) = (4, 4);
    let mut watch = Watch::new(rules());
    world.watched(&mut watch, TICK_S, 80);
    world.limits[1].most = 16;
    world.watched(&mut watch, TICK_S, 70);
    let mut undone = world.actions.iter().filter(|it| is_taken_back(it));
    assert!(undone.any(|it| it.change.to <= 4), "{:?}", world.actions);
    // The same load where nothing fails: nothing is taken back.
    let mut sound = World::new(load);
    (sound.limits[1].now, sound.limits[1].most) = (4, 4);
    let mut watch = Watch::new(rules());
    sound.watched(&mut watch, TICK_S, 80);
    sound.limits[1].most = 16;
    sound.watched(&mut watch, TICK_S, 70);
    assert!(sound.actions.iter().all(|it| !is_taken_back(it)));
    assert!(!sound.actions.is_empty());
}

#[test]
fn an_action_is_kept_where_it_was_the_load_that_made_things_worse() {
    let mut load = steady(5.0, 20.0, 1200.0);
    load.extend(
        steady(1.5, 20.0, 2400.0)
            .into_iter()
            .map(|(at, takes)| (1200.0 + at, takes)),
    );
    let mut world = World::new(load);
    let mut watch = Watch::new(rules());
    world.watched(&mut watch, TICK_S, 240);
    assert!(
        world.actions.iter().all(|it| !is_taken_back(it)),
        "{:?}",
        world.actions
    );
    assert!(world.places() >= 13, "{}", world.places());
}

#[test]
fn a_clock_that_jumps_stops_acting() {
    for jump_ms in [-3_600_000_i64, 3_600_000] {
        let mut world = World::new(steady(1.0, 20.0, 1800.0));
        let mut watch = Watch::new(rules());
        world.look(&mut watch, Faults::default());
        world.advance(15_000);
        let observed = Observed::of(world.records(Faults::default()));
        let odd_ms = world.now_ms.saturating_add_signed(jump_ms);
        world.look_at(&mut watch, &observed, odd_ms, Faults::default());
        assert!(world.actions.is_empty(), "{:?}", world.actions);
        assert!(world.said[0].contains("the clock"), "{:?}", world.said);
    }
    // The control: without a jump the same moment is acted upon.
    let mut world = World::new(steady(1.0, 20.0, 1800.0));
    let mut watch = Watch::new(rules());
    world.look(&mut watch, Faults::default());
    world.advance(15_000);
    world.look(&mut watch, Faults::default());
    assert_eq!(world.actions.len(), 1);
}

#[test]
fn a_persons_change_is_respected_and_ends_the_measuring() {
    let mut world = World::new(steady(2.5, 20.0, 3600.0));
    world.fails_from = 4;
    let mut watch = Watch::new(rules());
    world.watched(&mut watch, TICK_S, 8);
    let before = world.actions.len();
    assert!(before > 0);
    world.limits[1].now = 5;
    world.watched(&mut watch, TICK_S, 3);
    assert_eq!(world.actions.len(), before, "it is left alone for a minute");
    assert!(
        world.said.iter().any(|it| it.contains("somebody else")),
        "{:?}",
        world.said
    );
    // Nothing of what was done before is undone over what the person set.
    world.watched(&mut watch, TICK_S, 12);
    assert!(
        world.actions.iter().all(|it| !is_taken_back(it)),
        "{:?}",
        world.actions
    );
}

#[test]
fn records_that_cannot_be_right_are_never_followed_by_an_action() {
    let mut world = World::new(steady(1.0, 20.0, 1800.0));
    let mut watch = Watch::new(rules());
    for _ in 0..20 {
        world.advance(15_000);
        let mut records = world.records(Faults::default());
        for attempt in &mut records.attempts {
            attempt.ended_ms = Some(attempt.started_ms - 1);
        }
        let observed = Observed::of(records);
        world.look_at(&mut watch, &observed, world.now_ms, Faults::default());
    }
    assert!(world.actions.is_empty(), "{:?}", world.actions);
    assert!(world.second() >= 300.0);
}
