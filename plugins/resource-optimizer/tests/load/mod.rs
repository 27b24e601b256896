//! Loads and surroundings that several tests use.

use proptest::prelude::*;
use resource_optimizer::simulate::Model;
use resource_optimizer::trace::{Job, Trace};

/// One agent at the beginning, decisions each 15 s.
pub(crate) fn model(wait_s: f64, boot_s: f64) -> Model {
    Model {
        wait_s,
        boot_s,
        tick_s: 15.0,
        start: 1,
        min: 1,
        max: 500,
    }
}

/// Jobs at one distance, of one work.
pub(crate) fn even(jobs: u32, every_s: f64, service_s: f64) -> Trace {
    let job = |number| Job {
        arrival_s: f64::from(number) * every_s,
        service_s,
    };
    Trace::new((0..jobs).map(job).collect()).expect("the jobs are sound")
}

/// Jobs of any distance and work.
pub(crate) fn random(most: usize) -> impl Strategy<Value = Trace> {
    let job = (0.0..40.0_f64, 0.0..60.0_f64);
    prop::collection::vec(job, 1..most).prop_map(|jobs| {
        let mut now = 0.0;
        let jobs = jobs.into_iter().map(|(after, service_s)| {
            // A third of the jobs come at the same moment as another.
            now += if after < 13.0 { 0.0 } else { after };
            Job {
                arrival_s: now,
                service_s,
            }
        });
        Trace::new(jobs.collect()).expect("the jobs are sound")
    })
}
