//! The queue model against the yardstick's figures, and laws that every queue obeys.
#![expect(clippy::unwrap_used, reason = "it is how a test fails")]

mod load;

use std::path::Path;

use load::{even, model, random};
use proptest::prelude::*;
use resource_optimizer::policy::{Policy, PolicySpec, Seen};
use resource_optimizer::simulate::{Model, Replayed, replay};
use resource_optimizer::trace::{Job, Trace};

fn tried(trace: &Trace, model: &Model, spec: &str) -> Replayed {
    let spec: PolicySpec = spec.parse().unwrap();
    let model = match spec {
        PolicySpec::Static(agents) => Model {
            start: agents,
            min: agents,
            ..*model
        },
        _ => *model,
    };
    replay(trace, &model, spec.policy(0.05, None).as_mut(), &|| false).unwrap()
}

/// Every figure that the yardstick printed for these loads and policies.
#[test]
fn hpa_keda_erlang_and_static_agree_with_the_yardstick() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let table = std::fs::read_to_string(folder.join("yardstick.csv")).unwrap();
    let mut compared = 0;
    for line in table.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let file = folder.join(format!("{}.csv", cells[0]));
        let trace = Trace::read(file.to_str().unwrap()).unwrap();
        let model = model(cells[1].parse().unwrap(), cells[2].parse().unwrap());
        let ours = tried(&trace, &model, cells[3]);
        let figures = [
            ours.agent_hours,
            ours.wait_at(0.5),
            ours.wait_at(0.95),
            ours.wait_at(0.99),
            ours.late_percent(),
            ours.changes as f64,
        ];
        for (figure, expected) in figures.iter().zip(&cells[4..]) {
            let expected: f64 = expected.parse().unwrap();
            // It prints two decimals.
            assert!((figure - expected).abs() < 0.00501, "{line}: {figures:?}");
        }
        compared += 1;
    }
    assert_eq!(compared, 20);
}

#[test]
fn agents_enough_make_nobody_wait_and_one_too_few_does() {
    let trace = even(100, 1.0, 7.5);
    let enough = tried(&trace, &model(5.0, 30.0), "static:8");
    assert_eq!(enough.wait_at(1.0), 0.0);
    assert_eq!(enough.changes, 0);
    let fewer = tried(&trace, &model(5.0, 30.0), "static:7");
    assert!(fewer.wait_at(1.0) > 0.0);
}

#[test]
fn late_jobs_are_told_by_when_they_came() {
    let jobs = |from: f64, every: f64| {
        (0..40).map(move |n| Job {
            arrival_s: from + f64::from(n) * every,
            service_s: 20.0,
        })
    };
    // The second burst comes at once, before a tick could answer it, the third over several.
    let bursts = jobs(0.0, 0.1)
        .chain(jobs(900.0, 0.1))
        .chain(jobs(1800.0, 1.0));
    let trace = Trace::new(bursts.collect()).unwrap();
    let narrow = Model {
        max: 3,
        ..model(5.0, 30.0)
    };
    let late = tried(&trace, &narrow, "keda:1").late;
    assert_eq!(late.in_first_boot, 39);
    assert!(late.at_most_agents > 0, "{late:?}");
    assert!(
        late.jobs > late.in_first_boot + late.at_most_agents,
        "{late:?}"
    );
    let wide = tried(&trace, &model(5.0, 30.0), "keda:1").late;
    assert_eq!(wide.at_most_agents, 0);
}

#[test]
fn a_replay_that_nobody_waits_for_ends() {
    let trace = even(20_000, 1.0, 1.0);
    let mut policy = PolicySpec::Static(1).policy(0.05, None);
    assert!(replay(&trace, &model(5.0, 30.0), policy.as_mut(), &|| true).is_none());
}

#[test]
fn what_is_never_begun_is_told_and_ends_the_replay() {
    let trace = even(100, 1.0, 9000.0);
    let replayed = tried(&trace, &model(5.0, 30.0), "static:1");
    assert_eq!(replayed.never_begun, 90);
    // They count: they waited over a day.
    assert_eq!(replayed.waits.len(), 100);
    assert!(replayed.late_percent() > 98.0);
    assert!(replayed.wait_at(0.99) > 86_400.0);
}

#[test]
fn late_jobs_of_agents_that_always_stand_wait_for_no_boot() {
    let trace = even(100, 1.0, 9.0);
    let standing = Model {
        start: 2,
        min: 2,
        max: 2,
        ..model(5.0, 30.0)
    };
    let late = {
        let mut policy = PolicySpec::Static(2).policy(0.05, None);
        replay(&trace, &standing, policy.as_mut(), &|| false)
            .unwrap()
            .late
    };
    assert!(late.jobs > 0);
    assert_eq!((late.in_first_boot, late.at_most_agents), (0, late.jobs));
}

/// Wants what a table says, so that every way of the model is gone.
struct Erratic(Vec<u32>, usize);

impl Policy for Erratic {
    fn want(&mut self, seen: &Seen<'_>) -> u32 {
        assert!(seen.utilisation >= 0.0 && seen.utilisation.is_finite());
        assert!(seen.waiting.is_sorted() && seen.arrived.is_sorted());
        self.1 += 1;
        self.0[self.1 % self.0.len()]
    }
}

proptest! {
    #[test]
    fn whatever_is_wanted_every_job_is_begun_once_and_the_work_is_paid_for(
        trace in random(60),
        wants in prop::collection::vec(0..9_u32, 1..20),
        boot in 0.0..100.0_f64,
    ) {
        let mut policy = Erratic(wants, 0);
        let model = model(5.0, boot);
        let replayed = replay(&trace, &model, &mut policy, &|| false).unwrap();
        prop_assert_eq!(replayed.waits.len(), trace.jobs().len());
        prop_assert!(replayed.waits.iter().all(|wait| *wait >= 0.0));
        let work: f64 = trace.jobs().iter().map(|job| job.service_s).sum();
        prop_assert!(replayed.agent_hours * 3600.0 >= work * (1.0 - 1e-9));
        prop_assert_eq!(replayed.never_begun, 0);
    }
}
