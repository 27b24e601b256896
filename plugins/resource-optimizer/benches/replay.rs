//! What the default policy adds to a replay, beside the same replay with a fixed number of
//! agents, which is the queue alone; what one decision costs with a full window; and what `status`
//! takes of as many records.
#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

use std::collections::VecDeque;
use std::hint::black_box;
use std::time::Instant;

use guildhall_sdk::core::records::{AttemptEnd, AttemptRecord, Records, RunRecord};
use resource_optimizer::Settings;
use resource_optimizer::observe::Observed;
use resource_optimizer::policy::{self, PolicySpec, Question, Window};
use resource_optimizer::simulate::{Model, replay};
use resource_optimizer::status::{StatusRequest, status};
use resource_optimizer::trace::{Job, Trace};

/// Jobs of the load.
const JOBS: usize = 100_000;

/// Jobs in the window of one decision.
const WINDOW: usize = 20_000;

/// Passes of each, of which the median counts.
const PASSES: usize = 5;

fn main() {
    let mut numbers = Numbers(1);
    let trace = Trace::new(jobs(&mut numbers)).expect("the jobs are sound");
    let queue = seconds(|| replayed(&trace, PolicySpec::Static(20)));
    let keda = seconds(|| replayed(&trace, PolicySpec::Keda(1.0)));
    let default = seconds(|| replayed(&trace, PolicySpec::Default));
    println!(
        "static:20   {:>8.1} ms, the queue alone ({JOBS} jobs)",
        queue * 1e3
    );
    println!(
        "keda:1      {:>8.1} ms, {:>5.1} times",
        keda * 1e3,
        keda / queue
    );
    println!(
        "default     {:>8.1} ms, {:>5.1} times",
        default * 1e3,
        default / queue
    );
    let question = Question {
        now_s: WINDOW as f64,
        span_s: WINDOW as f64,
        wait_s: 5.0,
        price_s: 100.0,
        ratio: 1.0,
    };
    let arrivals: Vec<f64> = (0..WINDOW).map(|second| second as f64).collect();
    let mut window = Window::default();
    window.add(&arrivals);
    let decision = seconds(|| {
        black_box(window.cheapest(black_box(&question), 24));
    });
    let jobs: VecDeque<policy::Job> = arrivals
        .iter()
        .map(|arrival_s| policy::Job {
            arrival_s: *arrival_s,
            service_s: 7.5,
        })
        .collect();
    let once = seconds(|| {
        black_box(policy::late(black_box(&jobs), 24, 5.0, usize::MAX));
    });
    println!(
        "decision    {:>8.1} ms, {:>5.1} times one pass over its {WINDOW} jobs ({:.2} ms)",
        decision * 1e3,
        decision / once,
        once * 1e3
    );
    status_of_many(&mut numbers);
}

/// What `status` takes, beside a copy of the records that it is of.
fn status_of_many(numbers: &mut Numbers) {
    let records = recorded(numbers);
    let settings = Settings::default();
    let asked = StatusRequest {
        since: Some("7d".to_owned()),
        ..StatusRequest::default()
    };
    let asked = asked.asked(&settings).expect("the request is sound");
    let copied = seconds(|| {
        black_box(records.clone());
    });
    let told = seconds(|| {
        let observed = Observed::of(records.clone());
        let told = asked.told(observed).expect("the records are sound");
        black_box(status(&told));
    });
    println!(
        "status      {:>8.1} ms, {:>5.1} times a copy of the {JOBS} records ({:.1} ms)",
        told * 1e3,
        told / copied,
        copied * 1e3
    );
}

/// Attempts of ten agents at four capabilities in fifty runs.
fn recorded(numbers: &mut Numbers) -> Records {
    let mut records = Records::default();
    let mut now_s = 0.0;
    for at in 0..JOBS {
        now_s += numbers.exponential();
        let (ready, wait) = (now_s, numbers.exponential());
        let ms = |seconds: f64| (seconds * 1000.0) as u64;
        let started_ms = ms(ready + wait);
        let ended_ms = started_ms + ms(numbers.exponential() * 8.0);
        records.now_ms = records.now_ms.max(ended_ms);
        records.attempts.push(AttemptRecord {
            run: format!("run-{}", at % 50),
            task: format!("task-{at}"),
            attempt: 1,
            capability: Some(format!("docs.part{}", at % 4)),
            agent: format!("agent-{}", at % 10).parse().expect("it is an id"),
            ready_ms: ms(ready),
            started_ms,
            ended_ms: Some(ended_ms),
            end: AttemptEnd::Completed,
            usd: 0.01,
            tokens: 100,
            needs: Vec::new(),
            extra: serde_json::Map::new(),
        });
    }
    records.runs = (0..50)
        .map(|run| RunRecord {
            run: format!("run-{run}"),
            name: "made".to_owned(),
            status: "completed".to_owned(),
            worked: Vec::new(),
            created_ms: 0,
            updated_ms: records.now_ms,
            concurrency: 8,
            agents: Vec::new(),
            limits: Vec::new(),
        })
        .collect();
    records
}

fn replayed(trace: &Trace, spec: PolicySpec) {
    let model = Model {
        wait_s: 30.0,
        boot_s: 30.0,
        tick_s: 15.0,
        start: 1,
        min: 1,
        max: 500,
    };
    let mut policy = spec.policy(0.05, None);
    black_box(replay(trace, &model, policy.as_mut(), &|| false));
}

fn seconds(mut pass: impl FnMut()) -> f64 {
    let mut all: Vec<f64> = (0..PASSES)
        .map(|_| {
            let begun = Instant::now();
            pass();
            begun.elapsed().as_secs_f64()
        })
        .collect();
    all.sort_by(f64::total_cmp);
    all[PASSES / 2]
}

/// Ten agents at work in the mean, a minute a job, over a week whose days rise and fall.
fn jobs(numbers: &mut Numbers) -> Vec<Job> {
    let mut now = 0.0;
    let job = |_| {
        let turn = now / 86_400.0 * std::f64::consts::TAU;
        now += numbers.exponential() * 6.0 / (1.0 - 0.6 * turn.cos());
        Job {
            arrival_s: now,
            service_s: numbers.exponential() * 60.0,
        }
    };
    (0..JOBS).map(job).collect()
}

/// A generator that is the same everywhere.
struct Numbers(u64);

impl Numbers {
    fn exponential(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        // Its high bits are the better ones; never 0, of which there is no logarithm.
        let share = ((self.0 >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
        -share.ln()
    }
}
