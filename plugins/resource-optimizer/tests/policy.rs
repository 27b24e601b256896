//! Properties of the default policy.
#![expect(clippy::unwrap_used, reason = "it is how a test fails")]

mod load;

use std::collections::VecDeque;

use load::{even, model, random};
use proptest::prelude::*;
use resource_optimizer::policy::{self, Policy, Question, Seen, Steered, Tuning, Window};
use resource_optimizer::simulate::{Model, Replayed, replay};
use resource_optimizer::trace::{Job, Trace};

/// The default policy, with every answer.
struct Watched {
    policy: Steered,
    wants: Vec<(f64, u32)>,
}

impl Policy for Watched {
    fn want(&mut self, seen: &Seen<'_>) -> u32 {
        let want = self.policy.want(seen);
        self.wants.push((seen.now_s, want));
        want
    }
}

fn watched(trace: &Trace, model: &Model, tuning: Tuning) -> (Vec<(f64, u32)>, Replayed) {
    let mut policy = Watched {
        policy: Steered::new(tuning, None),
        wants: Vec::new(),
    };
    let replayed = replay(trace, model, &mut policy, &|| false).unwrap();
    (policy.wants, replayed)
}

fn wants(trace: &Trace, model: &Model) -> Vec<(f64, u32)> {
    watched(trace, model, Tuning::promising(0.05)).0
}

/// Moments at which the answer became another.
fn changes(wants: &[(f64, u32)]) -> Vec<f64> {
    let pairs = wants.windows(2).filter(|pair| pair[0].1 != pair[1].1);
    pairs.map(|pair| pair[1].0).collect()
}

fn scaled(trace: &Trace, factor: f64) -> Trace {
    let job = |job: &Job| Job {
        arrival_s: job.arrival_s * factor,
        service_s: job.service_s * factor,
    };
    Trace::new(trace.jobs().iter().map(job).collect()).unwrap()
}

#[test]
fn a_constant_load_is_never_changed_after_its_experience() {
    for every_s in [0.25, 1.0, 10.0] {
        let trace = even((7200.0 / every_s) as u32, every_s, 7.5);
        let wants = wants(&trace, &model(5.0, 30.0));
        let late: Vec<f64> = changes(&wants)
            .into_iter()
            .filter(|at| *at > 1000.0)
            .collect();
        // The last ones are the end of the load.
        let before_the_end = late.iter().filter(|at| **at < 7200.0);
        assert_eq!(before_the_end.count(), 0, "every {every_s} s: {late:?}");
        assert!(wants.iter().any(|(_, agents)| *agents > 1 || every_s > 7.5));
    }
}

#[test]
fn agents_are_taken_away_at_most_once_a_minute() {
    let trace = even(3600, 1.0, 7.5);
    let wants = wants(&trace, &model(5.0, 30.0));
    let mut changed = f64::NEG_INFINITY;
    let mut falls = 0;
    for pair in wants.windows(2) {
        if pair[1].1 < pair[0].1 {
            assert!(pair[1].0 - changed >= 60.0, "at {}", pair[1].0);
            falls += 1;
        }
        if pair[1].1 != pair[0].1 {
            changed = pair[1].0;
        }
    }
    assert!(falls > 0);
}

#[test]
fn a_policy_sees_no_service_time_of_a_job_that_has_not_ended() {
    let model = model(5.0, 30.0);
    let jobs = |long: f64| {
        let job = |number: u32| Job {
            arrival_s: f64::from(number) * 2.0,
            service_s: if number < 200 { 6.0 } else { long },
        };
        Trace::new((0..400).map(job).collect()).unwrap()
    };
    // The two loads differ in work that ends after 500 s only.
    let until = |trace| -> Vec<(f64, u32)> {
        let wants = wants(&trace, &model);
        wants.into_iter().filter(|(at, _)| *at < 500.0).collect()
    };
    let (one, other) = (until(jobs(100.0)), until(jobs(400.0)));
    assert_eq!(one, other);
    assert!(one.len() > 30);
}

#[test]
fn without_jobs_it_goes_to_the_minimum() {
    // Long enough that twenty stretches with work have been seen.
    let busy = (0..1200).map(|n| Job {
        arrival_s: f64::from(n),
        service_s: 10.0,
    });
    let one_much_later = Job {
        arrival_s: 20_000.0,
        service_s: 1.0,
    };
    let trace = Trace::new(busy.chain([one_much_later]).collect()).unwrap();
    let wants = wants(&trace, &model(5.0, 30.0));
    assert!(wants.iter().any(|(_, agents)| *agents >= 10));
    let (_, last) = wants.iter().rfind(|(at, _)| *at < 20_000.0).unwrap();
    assert_eq!(*last, 1);
}

#[test]
fn the_promise_is_kept_on_loads_that_are_none_of_the_measured_ones() {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/steady.csv");
    let trace = Trace::read(data).unwrap();
    let (_, default) = watched(&trace, &model(30.0, 30.0), Tuning::promising(0.05));
    assert!(default.late_percent() <= 5.0, "{}", default.late_percent());
    // One agent alone does not.
    let mut alone = policy::Fixed::new(1);
    let alone = replay(&trace, &model(30.0, 30.0), &mut alone, &|| false).unwrap();
    assert!(alone.late_percent() > 50.0, "{}", alone.late_percent());
}

proptest! {
    #[test]
    fn scaling_all_times_changes_nothing(trace in random(80)) {
        let tuning = Tuning::promising(0.05);
        let model = model(5.0, 30.0);
        // A power of two, so that every product is exact.
        let slow = Tuning {
            past_s: tuning.past_s * 4.0,
            hold_s: tuning.hold_s * 4.0,
            gate_s: tuning.gate_s * 4.0,
            backlog_hold_s: tuning.backlog_hold_s * 4.0,
            bin_s: tuning.bin_s * 4.0,
            ..tuning
        };
        let slow_model = Model {
            wait_s: 20.0,
            boot_s: 120.0,
            tick_s: 60.0,
            ..model
        };
        // The guess before the first job has ended is in seconds, so its work is left out.
        let first = Job { arrival_s: 0.0, service_s: 1.0 };
        let jobs = |trace: &Trace| -> Trace {
            let later = trace.jobs().iter().map(|job| Job { arrival_s: job.arrival_s + 32.0, ..*job });
            Trace::new(std::iter::once(first).chain(later).collect()).unwrap()
        };
        let trace = jobs(&trace);
        let (one, fast) = watched(&trace, &model, tuning);
        let (other, slowly) = watched(&scaled(&trace, 4.0), &slow_model, slow);
        let agents = |wants: &[(f64, u32)]| -> Vec<u32> { wants.iter().map(|it| it.1).collect() };
        prop_assert_eq!(agents(&one), agents(&other));
        prop_assert_eq!(fast.changes, slowly.changes);
    }

    #[test]
    fn never_outside_bounds(trace in random(80), min in 1..5_u32, more in 0..5_u32) {
        let model = Model { min, start: min, max: min + more, ..model(5.0, 30.0) };
        let (_, replayed) = watched(&trace, &model, Tuning::promising(0.05));
        for point in replayed.course.points() {
            prop_assert!(point.agents >= f64::from(min));
            prop_assert!(point.agents <= f64::from(min + more));
        }
    }

    #[test]
    fn the_same_load_gives_the_same_answers(trace in random(80)) {
        let model = model(5.0, 30.0);
        prop_assert_eq!(wants(&trace, &model), wants(&trace, &model));
    }

    #[test]
    fn more_load_never_makes_fewer_jobs_late(trace in random(80), agents in 1..6_usize) {
        let once: VecDeque<policy::Job> = trace.jobs().iter().map(past).collect();
        let twice: VecDeque<policy::Job> =
            trace.jobs().iter().flat_map(|job| [past(job), past(job)]).collect();
        let late = |jobs, agents| policy::late(jobs, agents, 5.0, usize::MAX);
        prop_assert!(late(&once, agents) <= late(&twice, agents));
        prop_assert!(late(&once, agents + 1) <= late(&once, agents));
    }

    #[test]
    fn a_dearer_late_job_never_wants_fewer(price in 1.0..200.0_f64, service in 0.5..20.0_f64) {
        let mut window = Window::default();
        let arrivals: Vec<f64> = (0..300).map(f64::from).collect();
        let done = [policy::Done { number: usize::MAX, wait_s: 0.0, service_s: service }];
        window.end(&done);
        window.add(&arrivals);
        let question = |price_s| Question { now_s: 300.0, span_s: 300.0, wait_s: 5.0, price_s, ratio: 1.0 };
        let cheap = window.cheapest(&question(price), 40);
        let dear = window.cheapest(&question(price * 2.0), 40);
        prop_assert!(cheap <= dear, "{} {}", cheap, dear);
    }
}

fn past(job: &Job) -> policy::Job {
    policy::Job {
        arrival_s: job.arrival_s,
        service_s: job.service_s,
    }
}
