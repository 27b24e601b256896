//! Rates, times, utilisation, queues, errors and cost.

use resource_optimizer::Settings;
use resource_optimizer::figures::quantile;
use resource_optimizer::observe::Observed;
use resource_optimizer::status::{StatusRequest, status};
use serde_json::json;

use crate::made::{attempt, records, run, running, served, told, waiting};

#[test]
fn figures_are_those_of_the_records() {
    let mut attempts = vec![
        attempt("write", 0.0, 2.0, 12.0),
        attempt("write", 0.0, 12.0, 22.0),
        attempt("write", 10.0, 22.0, 42.0),
        attempt("read", 50.0, 50.0, 90.0),
    ];
    attempts[0]["usd"] = json!(0.5);
    attempts[2]["end"] = json!("failed");
    attempts[2]["usd"] = json!(0.1);
    let settings = Settings::default();
    let told = told(records(&attempts, &[run(2, 100.0)], 100.0), &settings);
    assert_eq!(told.figures.active_s, 100.0);
    let [read, write] = told.figures.capabilities.as_slice() else {
        panic!("{:?}", told.figures.capabilities);
    };
    assert_eq!((read.name.as_str(), write.name.as_str()), ("read", "write"));
    assert_eq!((write.arrivals, write.completed, write.failed), (3, 2, 1));
    assert_eq!(write.busy_s, 40.0);
    assert_eq!((write.places, write.utilisation), (2.0, 0.2));
    assert_eq!(write.service_s(), 10.0);
    // 2, 12 and 12 seconds: two of three are late, and 26 seconds of waiting in 100.
    assert_eq!(write.late, 2);
    assert_eq!(write.queue, 0.26);
    assert_eq!(write.error_share(), 1.0 / 3.0);
    assert!((write.usd_each() - 0.3).abs() < 1e-12);
    assert_eq!(told.figures.agents[0].busy_s, 80.0);
    assert_eq!(told.figures.agents[0].utilisation, 0.4);
}

#[test]
fn littles_law_holds_of_a_queue_that_is_empty_at_the_end() {
    let attempts = served("write", 50, 1.0, 3.0, 2);
    let settings = Settings::default();
    let told = told(records(&attempts, &[run(2, 80.0)], 80.0), &settings);
    let write = &told.figures.capabilities[0];
    let mean_wait = write.waited_s / write.waits.len() as f64;
    assert!((write.queue - write.rate() * mean_wait).abs() < 1e-9);
}

#[test]
fn what_was_cached_or_withdrawn_is_no_work_done() {
    let mut attempts = vec![
        attempt("write", 0.0, 0.0, 10.0),
        attempt("write", 0.0, 0.0, 10.0),
    ];
    attempts[0]["end"] = json!("cached");
    attempts[1]["end"] = json!("withdrawn");
    let settings = Settings::default();
    let told = told(records(&attempts, &[run(2, 10.0)], 10.0), &settings);
    let write = &told.figures.capabilities[0];
    assert_eq!((write.completed, write.failed, write.arrivals), (0, 0, 1));
    assert_eq!(write.busy_s, 10.0);
    assert_eq!(write.error_share(), 0.0);
}

#[test]
fn without_runs_the_places_are_the_most_that_worked_at_once() {
    let attempts = served("write", 40, 1.0, 4.0, 3);
    let settings = Settings::default();
    let told = told(records(&attempts, &[], 60.0), &settings);
    let write = &told.figures.capabilities[0];
    assert_eq!(write.places, 3.0);
    assert!(write.are_places_seen);
}

#[test]
fn quantiles_are_by_the_nearest_rank() {
    let sorted: Vec<f64> = (1..=20).map(f64::from).collect();
    assert_eq!(quantile(&sorted, 0.5), Some(10.0));
    assert_eq!(quantile(&sorted, 0.95), Some(19.0));
    assert_eq!(quantile(&sorted, 1.0), Some(20.0));
    assert_eq!(quantile(&sorted, 0.0), Some(1.0));
    assert_eq!(quantile(&[], 0.5), None);
}

#[test]
fn places_are_those_that_held_at_each_moment() {
    let mut run = run(8, 100.0);
    run["limits"] = json!([
        {"since_ms": 0, "concurrency": 2},
        {"since_ms": 50_000, "concurrency": 8, "agents": [["worker", 6]]},
    ]);
    let settings = Settings::default();
    let attempts = [attempt("write", 0.0, 0.0, 100.0)];
    let told = told(records(&attempts, &[run], 100.0), &settings);
    let write = &told.figures.capabilities[0];
    assert_eq!((write.places, write.utilisation), (4.0, 0.25));
}

#[test]
fn a_capability_of_which_nothing_was_begun_waits_and_costs() {
    let mut records = records(&served("read", 60, 60.0, 1.0, 4), &[running(4)], 3600.0);
    records.waiting = (0..10).map(|_| waiting("write", 0.0)).collect();
    let settings = Settings::default();
    let told = told(records, &settings);
    let groups = &told.figures.capabilities;
    let write = groups.iter().find(|group| group.name == "write").unwrap();
    assert_eq!((write.active_s, write.places), (3600.0, 4.0));
    assert_eq!((write.queue, write.waiting, write.late), (10.0, 10, 10));
    assert!(write.rate() > 0.0);
    // What is known from attempts alone is so too.
    let mut alone = crate::made::records(&[attempt("read", 0.0, 0.0, 3600.0)], &[], 3600.0);
    alone.waiting = (0..10).map(|_| waiting("write", 0.0)).collect();
    let told = crate::made::told(alone, &settings);
    assert_eq!(told.figures.capabilities[1].queue, 10.0);
}

#[test]
fn a_run_that_is_worked_on_stays_however_long_nothing_happened_in_it() {
    let mut long = attempt("write", 0.0, 0.0, 0.0);
    long["ended_ms"] = json!(null);
    long["end"] = json!("in-flight");
    let mut quiet = running(2);
    quiet["updated_ms"] = json!(0);
    let mut old = run(7, 10.0);
    old["run"] = json!("old");
    let records = records(&[long], &[quiet, old], 10_800.0);
    let settings = Settings::default();
    let request = StatusRequest {
        since: Some("2h".to_owned()),
        ..StatusRequest::default()
    };
    let asked = request.asked(&settings).unwrap();
    let told = asked.told(Observed::of(records)).unwrap();
    let write = &told.figures.capabilities[0];
    assert_eq!((write.places, write.active_s), (2.0, 7200.0));
    assert_eq!(write.utilisation, 0.5);
    assert_eq!(told.observed.records.runs.len(), 1);
}

#[test]
fn places_are_there_while_a_run_is_worked_on_and_not_while_it_is_paused() {
    // Ten seconds of work, a pause of hours, and ten seconds more; its host was killed then.
    let attempts = [
        attempt("write", 0.0, 0.0, 10.0),
        attempt("write", 7200.0, 7200.0, 7210.0),
    ];
    let mut resumed = running(2);
    resumed["updated_ms"] = json!(7_210_000);
    resumed["worked"] = json!([[0, 10_000], [7_200_000, 7_210_000]]);
    let settings = Settings::default();
    let told = told(records(&attempts, &[resumed], 28_800.0), &settings);
    let write = &told.figures.capabilities[0];
    assert_eq!((write.active_s, write.utilisation), (20.0, 0.5));
    assert_eq!(told.figures.active_s, 20.0);
}

#[test]
fn quantiles_of_few_values_are_not_told_to_programs_either() {
    let settings = Settings::default();
    let json = |tasks| {
        let made = served("write", tasks, 1.0, 1.0, 2);
        let report = status(&told(records(&made, &[run(2, 200.0)], 200.0), &settings));
        report.extra["capabilities"][0]["service"].clone()
    };
    assert_eq!(
        json(19),
        json!({"p50": 1.0, "p95": null, "p99": null, "of": 19})
    );
    assert_eq!(
        json(20),
        json!({"p50": 1.0, "p95": 1.0, "p99": null, "of": 20})
    );
    assert_eq!(json(100)["p99"], 1.0);
}
