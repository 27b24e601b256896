//! Everything that can go wrong between the loop and the host, many times over.

use resource_optimizer::act::Bounds;
use resource_optimizer::watch::{Rules, Watch};

use super::rules;
use super::world::{BEGIN_MS, Faults, World};

/// Runs that are tried, each with faults of its own.
const SEEDS: u64 = 600;

/// A small generator: what goes wrong follows from the seed alone.
struct Chance(u64);

impl Chance {
    fn next(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }

    fn is(&mut self, of: u64) -> bool {
        self.next(of) == 0
    }
}

#[test]
fn whatever_goes_wrong_it_stays_within_its_bounds_and_its_pace() {
    let bounds = Bounds {
        min: 2,
        max: 9,
        max_step: 3,
        actions_per_hour: 6,
    };
    let (mut acted, mut refused, mut said) = (0, 0, 0);
    for seed in 1..=SEEDS {
        let mut chance = Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let gap_s = 0.5 + chance.next(100) as f64 / 10.0;
        let takes_s = 1.0 + chance.next(60) as f64;
        let load = (0..60).map(|task| (f64::from(task) * gap_s, takes_s));
        let mut world = World::new(load);
        let mut watch = Watch::new(Rules { bounds, ..rules() });
        for _ in 0..30 {
            world.advance(15_000);
            let faults = Faults {
                loses_the_answer: chance.is(8),
                refuses: chance.is(8),
                tells_twice: chance.is(4),
                late_by_ms: if chance.is(4) { chance.next(20_000) } else { 0 },
            };
            refused += u64::from(faults.refuses);
            if chance.is(40) {
                // A person, who may do as they like.
                world.limits[1].now = 1 + u32::try_from(chance.next(16)).unwrap();
            }
            world.look(&mut watch, faults);
        }
        for action in &world.actions {
            let (from, to) = (action.change.from, action.change.to);
            let is_undoing = action.undoes.is_some();
            assert!(
                is_undoing || (2..=9).contains(&to) || to < from,
                "seed {seed}: {action:?}"
            );
            assert!(from.abs_diff(to) <= 3, "seed {seed}: {action:?}");
            assert!(action.at_ms >= BEGIN_MS);
        }
        // Seven and a half minutes are within one hour. An action whose answer was lost is not
        // known, and is made good for by a minute of standing still.
        assert!(
            world.actions.len() <= 12,
            "seed {seed}: {:?}",
            world.actions
        );
        acted += world.actions.len();
        said += world.said.len();
    }
    assert!(acted > 600, "{acted}");
    assert!(refused > 600 && said > 60, "{refused} {said}");
}
