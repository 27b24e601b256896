//! Negotiation of resources: never more than there is, nobody for ever, nothing lost with who
//! dies.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has to stop")]

use std::collections::{BTreeMap, HashMap};

use guildhall_coordination::resources::{
    AGEING_MS, Asked, Capacity, Negotiator, NeverGranted, Request, Told, Wants,
};
use guildhall_coordination::{Priority, Random};

const HOLD_MS: u64 = 30_000;

fn wants(of: &[(&str, u64)]) -> Wants {
    let wants = of.iter().map(|(name, units)| ((*name).to_owned(), *units));
    wants.collect()
}

fn ask(holder: &str, of: &[(&str, u64)]) -> Asked {
    with(holder, of, Priority::Normal)
}

fn with(holder: &str, of: &[(&str, u64)], priority: Priority) -> Asked {
    Asked::Request(Request {
        holder: holder.to_owned(),
        wants: wants(of),
        hold_ms: HOLD_MS,
        priority,
    })
}

/// Two resources that are counted and one that comes back with time.
fn three() -> Negotiator {
    Negotiator::new([
        ("gpu".to_owned(), Capacity::Count(2)),
        ("memory".to_owned(), Capacity::Count(10)),
        ("tokens".to_owned(), Capacity::PerMinute(60)),
    ])
}

fn granted(told: &[Told]) -> Vec<&str> {
    let granted = told.iter().filter_map(|it| match it {
        Told::Granted { holder, .. } => Some(holder.as_str()),
        _ => None,
    });
    granted.collect()
}

fn lease(told: &[Told]) -> u64 {
    let mut leases = told.iter().filter_map(|it| match it {
        Told::Granted { lease, .. } => Some(*lease),
        _ => None,
    });
    leases.next().unwrap()
}

#[test]
fn two_that_want_each_others_resources_both_end() {
    let mut negotiator = Negotiator::new([
        ("left".to_owned(), Capacity::Count(1)),
        ("right".to_owned(), Capacity::Count(1)),
    ]);
    let ada = lease(&negotiator.step(0, ask("ada", &[("left", 1)])));
    let bob = lease(&negotiator.step(0, ask("bob", &[("right", 1)])));
    // What would be a deadlock: each holds what the other one wants as well.
    for (holder, other) in [("ada", "right"), ("bob", "left")] {
        let told = negotiator.step(1, ask(holder, &[(other, 1)]));
        let why = NeverGranted::HoldsAlready(holder.to_owned());
        let holder = holder.to_owned();
        assert_eq!(told, [Told::Refused { holder, why }]);
    }
    negotiator.step(2, Asked::Release { lease: ada });
    let both = [("left", 1), ("right", 1)];
    assert!(negotiator.step(3, ask("ada", &both)).is_empty());
    let told = negotiator.step(4, Asked::Release { lease: bob });
    assert_eq!(granted(&told), ["ada"]);
}

#[test]
fn a_lease_that_is_not_renewed_is_given_to_the_next_with_a_higher_number() {
    let mut negotiator = three();
    let first = lease(&negotiator.step(0, ask("ada", &[("gpu", 2)])));
    assert!(negotiator.step(1, ask("bob", &[("gpu", 1)])).is_empty());
    negotiator.step(20_000, Asked::Renew { lease: first });
    assert!(
        negotiator.step(HOLD_MS, Asked::Tick).is_empty(),
        "it was renewed"
    );
    assert_eq!(negotiator.next_ms(), Some(50_000));
    let told = negotiator.step(50_000, Asked::Tick);
    let ada = "ada".to_owned();
    assert_eq!(
        told[0],
        Told::Expired {
            holder: ada,
            lease: first
        }
    );
    assert_eq!(granted(&told), ["bob"]);
    assert!(lease(&told) > first);
    // Who was thought dead hears that nothing is its own any more, and takes nothing back.
    for late in [
        Asked::Renew { lease: first },
        Asked::Release { lease: first },
    ] {
        let told = negotiator.step(50_001, late);
        assert_eq!(told, [Told::NoSuchLease { lease: first }]);
    }
    assert_eq!(negotiator.free("gpu"), Some(1));
}

#[test]
fn what_never_fits_is_refused_at_once() {
    let mut negotiator = three();
    let told = negotiator.step(0, ask("ada", &[("memory", 11)]));
    let why = NeverGranted::NeverFits {
        resource: "memory".to_owned(),
        wants: 11,
        capacity: 10,
    };
    assert!(why.to_string().contains("11 of \"memory\""), "{why}");
    let holder = "ada".to_owned();
    assert_eq!(told, [Told::Refused { holder, why }]);
    let told = negotiator.step(0, ask("ada", &[("disk", 1)]));
    let why = NeverGranted::NoSuchResource("disk".to_owned());
    let holder = "ada".to_owned();
    assert_eq!(told, [Told::Refused { holder, why }]);
    assert_eq!(negotiator.waiting(), 0);
}

#[test]
fn what_is_kept_for_the_first_is_given_to_nobody_behind_it_and_the_rest_is() {
    let mut negotiator = three();
    let small = lease(&negotiator.step(0, ask("small", &[("memory", 1)])));
    assert!(
        negotiator
            .step(1, ask("large", &[("memory", 10)]))
            .is_empty()
    );
    assert!(
        negotiator
            .step(2, ask("behind", &[("memory", 1)]))
            .is_empty()
    );
    assert_eq!(
        granted(&negotiator.step(3, ask("beside", &[("gpu", 1)]))),
        ["beside"]
    );
    let told = negotiator.step(4, Asked::Release { lease: small });
    assert_eq!(granted(&told), ["large"]);
    let told = negotiator.step(
        5,
        Asked::Release {
            lease: lease(&told),
        },
    );
    assert_eq!(granted(&told), ["behind"]);
}

#[test]
fn tokens_come_back_with_time_and_no_sooner() {
    let mut negotiator = three();
    let told = negotiator.step(0, ask("ada", &[("tokens", 60)]));
    negotiator.step(
        1,
        Asked::Release {
            lease: lease(&told),
        },
    );
    assert_eq!(negotiator.free("tokens"), Some(0), "they are used up");
    assert!(negotiator.step(1, ask("bob", &[("tokens", 15)])).is_empty());
    assert_eq!(negotiator.next_ms(), Some(15_000));
    assert!(negotiator.step(14_999, Asked::Tick).is_empty());
    assert_eq!(granted(&negotiator.step(15_000, Asked::Tick)), ["bob"]);
    // However long nobody asks, a minute's worth is all there is.
    let told = negotiator.step(10 * HOLD_MS, ask("cyd", &[("tokens", 60)]));
    assert_eq!(granted(&told), ["cyd"]);
    assert_eq!(negotiator.free("tokens"), Some(0));
}

#[test]
fn importance_comes_first_and_a_minute_of_waiting_outweighs_a_class() {
    let mut negotiator = three();
    let both = lease(&negotiator.step(0, ask("now", &[("gpu", 2)])));
    let gpu = [("gpu", 2)];
    negotiator.step(1, with("patient", &gpu, Priority::Low));
    negotiator.step(AGEING_MS / 3, with("normal", &gpu, Priority::Normal));
    negotiator.step(AGEING_MS / 3, Asked::Renew { lease: both });
    negotiator.step(AGEING_MS / 2, with("late", &gpu, Priority::High));
    let mut order = Vec::new();
    let mut now_ms = AGEING_MS / 2;
    let mut held = both;
    for _ in 0..3 {
        now_ms += 1;
        let told = negotiator.step(now_ms, Asked::Release { lease: held });
        order.extend(granted(&told).iter().map(|it| (*it).to_owned()));
        held = lease(&told);
    }
    assert_eq!(order, ["late", "normal", "patient"]);
    let mut negotiator = three();
    let first = lease(&negotiator.step(0, ask("now", &gpu)));
    negotiator.step(1, with("patient", &gpu, Priority::Low));
    negotiator.step(25_000, Asked::Renew { lease: first });
    negotiator.step(50_000, Asked::Renew { lease: first });
    negotiator.step(AGEING_MS + 2, with("late", &gpu, Priority::Normal));
    let told = negotiator.step(AGEING_MS + 3, Asked::Release { lease: first });
    assert_eq!(granted(&told), ["patient"]);
}

/// What a made-up world of holders knows: the ledger that the negotiator is held against.
#[derive(Default)]
struct World {
    held: HashMap<u64, (String, Wants, u64)>,
    waiting: BTreeMap<String, (Wants, u64)>,
    /// Tokens that were granted, with when.
    tokens: Vec<(u64, u64)>,
    last_lease: u64,
    longest_wait_ms: u64,
}

impl World {
    fn hear(&mut self, now_ms: u64, told: Vec<Told>) {
        for it in told {
            match it {
                Told::Granted {
                    holder,
                    lease,
                    until_ms,
                } => {
                    assert!(lease > self.last_lease, "numbers grow");
                    self.last_lease = lease;
                    let (wants, since_ms) = self.waiting.remove(&holder).unwrap();
                    self.longest_wait_ms = self.longest_wait_ms.max(now_ms - since_ms);
                    self.tokens
                        .extend(wants.get("tokens").map(|units| (now_ms, *units)));
                    self.held.insert(lease, (holder, wants, until_ms));
                }
                Told::Expired { holder, lease } => {
                    let (whose, _, until_ms) = self.held.remove(&lease).unwrap();
                    assert_eq!(whose, holder);
                    assert!(until_ms <= now_ms, "not before its time");
                }
                Told::Refused { holder, .. } => panic!("{holder} was refused"),
                Told::NoSuchLease { lease } => panic!("{lease} was given back twice"),
            }
        }
        for (resource, most) in [("gpu", 2), ("memory", 10)] {
            let taken = self
                .held
                .values()
                .filter_map(|(_, wants, _)| wants.get(resource));
            assert!(taken.sum::<u64>() <= most, "too much {resource}");
        }
        // Of any minute: what the bucket held at its beginning, and what came meanwhile.
        let recent = self.tokens.iter().filter(|(at, _)| at + 60_000 > now_ms);
        assert!(recent.map(|(_, units)| units).sum::<u64>() <= 120);
    }
}

/// Holders come, ask, give back, are heard of no more, change their minds.
fn live(seed: u64) -> World {
    let mut random = Random::new(seed);
    let (mut negotiator, mut world) = (three(), World::default());
    let mut now_ms = 0;
    for step in 0..200 {
        now_ms += random.up_to(2_000);
        let asked = match random.up_to(9) {
            0..=4 => {
                let names = [("gpu", 2), ("memory", 10), ("tokens", 30)];
                let bits = random.next_u64();
                let picked = names
                    .iter()
                    .zip(0..)
                    .filter(|(_, bit)| bits >> bit & 1 == 1);
                let mut of: Vec<(&str, u64)> = picked.map(|(of, _)| *of).collect();
                for (_, units) in &mut of {
                    *units = 1 + random.up_to(*units - 1);
                }
                let priority = [Priority::Low, Priority::Normal, Priority::High];
                let priority = priority[random.up_to(2) as usize];
                let holder = format!("h{step}");
                world.waiting.insert(holder.clone(), (wants(&of), now_ms));
                with(&holder, &of, priority)
            }
            5..=7 => match world.held.keys().min().copied() {
                // One of ten holders dies, and its lease ends by itself.
                Some(lease) if random.up_to(9) > 0 && world.held[&lease].2 > now_ms => {
                    world.held.remove(&lease);
                    Asked::Release { lease }
                }
                _ => Asked::Tick,
            },
            8 => match world.waiting.keys().next().cloned() {
                Some(holder) if random.up_to(9) == 0 => {
                    world.waiting.remove(&holder);
                    Asked::Withdraw { holder }
                }
                _ => Asked::Tick,
            },
            _ => Asked::Tick,
        };
        let told = negotiator.step(now_ms, asked);
        world.hear(now_ms, told);
    }
    // Nobody gives anything back any more: leases end, and everybody gets what it asked for.
    for _ in 0..2_000 {
        let Some(next_ms) = negotiator.next_ms() else {
            break;
        };
        assert!(next_ms > now_ms, "time goes on");
        now_ms = next_ms;
        let told = negotiator.step(now_ms, Asked::Tick);
        world.hear(now_ms, told);
    }
    assert!(
        world.waiting.is_empty(),
        "seed {seed}: {:?} wait for ever",
        world.waiting
    );
    assert_eq!(negotiator.free("gpu"), Some(2));
    assert_eq!(negotiator.free("memory"), Some(10));
    world
}

#[test]
fn never_more_is_granted_than_there_is_and_nobody_waits_for_ever() {
    let worlds: Vec<World> = (0..200).map(live).collect();
    let longest_ms = worlds
        .iter()
        .map(|world| world.longest_wait_ms)
        .max()
        .unwrap();
    // The control: they do contend, so that the bounds above are bounds on something.
    assert!(longest_ms > HOLD_MS, "{longest_ms}");
    let granted: usize = worlds.iter().map(|world| world.tokens.len()).sum();
    assert!(granted > 1_000, "{granted}");
}

/// Small ones come all the time; a large one is served all the same, after the leases that were
/// there when it came.
#[test]
fn a_large_one_is_not_starved_by_small_ones_that_keep_coming() {
    let mut negotiator = three();
    let mut held = Vec::new();
    for at in 0..10_u64 {
        let told = negotiator.step(at, ask(&format!("first{at}"), &[("memory", 1)]));
        held.push(lease(&told));
    }
    negotiator.step(10, ask("large", &[("memory", 9)]));
    for (at, lease) in held.iter().take(9).enumerate() {
        let now_ms = 100 + at as u64;
        assert!(
            negotiator
                .step(now_ms, ask(&format!("small{at}"), &[("memory", 1)]))
                .is_empty()
        );
        let told = negotiator.step(now_ms, Asked::Release { lease: *lease });
        let expected: &[&str] = if at == 8 { &["large"] } else { &[] };
        assert_eq!(granted(&told), expected);
    }
}
