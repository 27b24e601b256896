//! Recommendations, and when there is none.

use resource_optimizer::recommend::{
    Confidence, Goal, PlacesAdvice, Recommendation, places_of, wilson_low,
};
use resource_optimizer::status::{RecommendRequest, StatusRequest, explain, recommendations};
use resource_optimizer::{AgentSettings, Settings};
use serde_json::{Value, json};

use crate::made::{attempt, midway, records, run, served, told, told_for};

fn places(attempts: &[Value], settings: &Settings, goal: Option<Goal>) -> Option<PlacesAdvice> {
    let told = told_for(records(attempts, &[run(2, 1000.0)], 1000.0), settings, goal);
    told.recommendations.into_iter().find_map(|one| match one {
        Recommendation::Places(advice) => Some(advice),
        Recommendation::Route(_) => None,
    })
}

/// Two places for a load of four.
fn overloaded() -> Vec<Value> {
    served("write", 240, 1.0, 4.0, 2)
}

#[test]
fn an_overload_is_given_the_places_with_which_nobody_is_late() {
    let settings = Settings::default();
    let advice = places(&overloaded(), &settings, None).expect("it is overloaded");
    assert_eq!((advice.now, advice.then), (2.0, 4));
    assert_eq!((advice.at_then.wait_p95_s, advice.at_then.late), (0.0, 0.0));
    assert!(advice.at_now.late > 0.9, "{:?}", advice.at_now);
    // None that is shown beside it is cheaper.
    let least = advice
        .candidates
        .iter()
        .map(|it| it.cost_s)
        .fold(f64::INFINITY, f64::min);
    assert_eq!(advice.at_then.cost_s, least);
    assert!(advice.second_opinion.erlang >= 1);
}

#[test]
fn what_is_as_it_should_be_is_in_no_recommendation() {
    let settings = Settings::default();
    let fitting = served("write", 490, 2.0, 3.5, 2);
    assert_eq!(places(&fitting, &settings, None), None);
}

#[test]
fn each_goal_has_its_own_answer() {
    let settings = Settings::default();
    // Bursts of forty tasks, each after a long time.
    let burst = |at: u32| (0..40).map(move |_| f64::from(at) * 200.0);
    let ready: Vec<f64> = (0..5).flat_map(burst).collect();
    let attempts: Vec<Value> = ready
        .iter()
        .map(|ready| attempt("write", *ready, ready + 9.0, ready + 12.0))
        .collect();
    let then = |goal| places(&attempts, &settings, Some(goal)).map_or(2, |advice| advice.then);
    let all = [Goal::Cost, Goal::Balance, Goal::Latency].map(then);
    assert!(all.windows(2).all(|pair| pair[0] <= pair[1]), "{all:?}");
    assert!(then(Goal::Throughput) < then(Goal::Balance), "{all:?}");
}

#[test]
fn bounds_hold_and_are_told() {
    let settings = Settings {
        max: 3,
        ..Settings::default()
    };
    let advice = places(&overloaded(), &settings, None).unwrap();
    assert_eq!((advice.then, advice.unbounded), (3, Some(4)));
}

#[test]
fn a_place_that_costs_something_is_paid_for() {
    let mut settings = Settings::default();
    assert_eq!(
        places(&overloaded(), &settings, None).unwrap().usd_per_hour,
        None
    );
    let agent = AgentSettings { usd_per_hour: 1.5 };
    settings.agents.insert("worker".to_owned(), agent);
    assert_eq!(
        places(&overloaded(), &settings, None).unwrap().usd_per_hour,
        Some(3.0)
    );
}

#[test]
fn confidence_follows_from_how_much_is_known() {
    let settings = Settings::default();
    let of = |tasks| places(&served("write", tasks, 0.8, 4.0, 2), &settings, None).unwrap();
    assert_eq!(of(30).confidence, Confidence::Low);
    assert_eq!(of(30).backtest_late, None);
    assert_eq!(of(240).confidence, Confidence::Medium);
    let many = served("write", 1200, 0.8, 4.0, 2);
    let told = told(records(&many, &[run(2, 3000.0)], 3000.0), &settings);
    let [Recommendation::Places(advice)] = told.recommendations.as_slice() else {
        panic!("{:?}", told.recommendations);
    };
    assert_eq!(advice.confidence, Confidence::High);
}

/// Thirty tasks of each of two agents, of which the second is the cheaper one.
fn two_agents(failures_of_the_cheap: usize) -> Vec<Value> {
    let of = |agent: &'static str, usd: f64, failures: usize| {
        (0..60).map(move |number: u32| {
            let at = f64::from(number) * 10.0;
            let mut attempt = attempt("translate", at, at, at + 5.0);
            attempt["agent"] = json!(agent);
            attempt["usd"] = json!(usd);
            if (number as usize) < failures {
                attempt["end"] = json!("failed");
            }
            attempt
        })
    };
    of("dear", 0.10, 0)
        .chain(of("cheap", 0.02, failures_of_the_cheap))
        .collect()
}

#[test]
fn the_cheapest_that_met_the_quality_is_recommended() {
    let settings = Settings::default();
    let route = |failures| {
        let told = told(
            records(&two_agents(failures), &[run(4, 1000.0)], 1000.0),
            &settings,
        );
        told.recommendations.into_iter().find_map(|one| match one {
            Recommendation::Route(advice) => Some(advice),
            Recommendation::Places(_) => None,
        })
    };
    let advice = route(0).expect("one is cheaper");
    assert_eq!(advice.then, "cheap");
    assert!((advice.usd_now - 0.06).abs() < 1e-12);
    assert!((advice.saved_usd - 4.8).abs() < 1e-9);
    // Of 60 outcomes with 5 failures it is not sure that nine in ten are good.
    assert_eq!(route(5), None);
}

#[test]
fn wilsons_bound_is_that_of_the_published_example() {
    // 95 % of 81 of 263: from .255 (Newcombe 1998).
    assert!((wilson_low(81, 263) - 0.2553).abs() < 5e-5);
    assert_eq!(wilson_low(0, 0), 0.0);
    assert_eq!(wilson_low(0, 10), 0.0);
}

#[test]
fn nothing_is_recommended_by_records_that_cannot_be_right() {
    let settings = Settings::default();
    let mut attempts = overloaded();
    for attempt in attempts.iter_mut().take(20) {
        attempt["ended_ms"] = json!(0);
        attempt["started_ms"] = json!(5);
    }
    let told = told(records(&attempts, &[run(2, 1000.0)], 1000.0), &settings);
    assert!(told.recommendations.is_empty());
    let error = recommendations(&told).unwrap_err().to_string();
    assert!(
        error.starts_with("20 records of 240 cannot be right"),
        "{error}"
    );
    // Nor is it explained, as the figures that do not rest on them alone are.
    let error = explain(&told, "places-write").unwrap_err().to_string();
    assert!(
        error.starts_with("20 records of 240 cannot be right"),
        "{error}"
    );
    assert!(explain(&told, "health").is_ok());
}

#[test]
fn a_mean_that_is_no_whole_number_of_places_is_no_change_by_itself() {
    // A run of three places and then one of four, for a load that needs four.
    let settings = Settings::default();
    let of = |places: u32, from: u64, name: &str| {
        let mut run = run(places, 0.0);
        run["run"] = json!(name);
        run["created_ms"] = json!(from * 1000);
        run["updated_ms"] = json!((from + 500) * 1000);
        run
    };
    let mut attempts = served("write", 490, 2.0, 7.0, 4);
    for attempt in attempts.iter_mut().skip(250) {
        attempt["run"] = json!("two");
    }
    let runs = [of(3, 0, "one"), of(4, 500, "two")];
    let made = told(records(&attempts, &runs, 1000.0), &settings);
    let group = &made.figures.capabilities[0];
    assert_eq!(group.places, 3.5);
    let advice = places_of(&made.figures, "write", &made.aim);
    let advice = advice.unwrap();
    assert_eq!((advice.at_now.places, advice.then), (4, 4), "{advice:?}");
    assert_eq!(made.recommendations, []);
}

#[test]
fn what_is_being_done_is_in_the_size() {
    let settings = Settings::default();
    // Eight that take three hours, of which none has ended, and some of a minute.
    let mut attempts: Vec<Value> = (0..8)
        .map(|_| attempt("write", 0.0, 0.0, 10_800.0))
        .collect();
    let sized = |attempts: &[Value], places| {
        let made = midway(attempts.to_vec(), &[run(places, 3600.0)], 3600.0);
        let told = told(made, &settings);
        let advice = places_of(&told.figures, "write", &told.aim);
        advice.expect("something is done").then
    };
    let long = sized(&attempts, 8);
    assert!(long >= 8, "{long}");
    attempts.extend((0..20).map(|at| {
        let at = f64::from(at) * 120.0;
        attempt("write", at, at, at + 60.0)
    }));
    let both = sized(&attempts, 9);
    assert!(both >= 9, "{both}");
}

#[test]
fn the_backtest_knows_the_first_half_alone() {
    let settings = Settings::default();
    // Bursts of ten, of which only the later ones had to wait: by the earlier ones alone a late
    // task is cheap, and few places are enough.
    let burst = |number: u32| {
        let ready = f64::from(number) * 100.0;
        let wait = if number < 30 { 0.0 } else { 60.0 };
        (0..10).map(move |_| attempt("write", ready, ready + wait, ready + wait + 7.0))
    };
    let attempts: Vec<Value> = (0..60).flat_map(burst).collect();
    let told = told(records(&attempts, &[run(10, 6100.0)], 6100.0), &settings);
    let advice = places_of(&told.figures, "write", &told.aim).unwrap();
    assert_eq!(advice.at_then.late, 0.0, "{advice:?}");
    assert!(advice.backtest_late > Some(0.4), "{advice:?}");
}

#[test]
fn figures_alone_are_told_without_advice() {
    let settings = Settings::default();
    let request = StatusRequest {
        records: Some("made".to_owned()),
        ..StatusRequest::default()
    };
    let observed = || {
        let made = records(&overloaded(), &[run(2, 1000.0)], 1000.0);
        resource_optimizer::observe::Observed::of(made)
    };
    let told = request.asked(&settings).unwrap().told(observed()).unwrap();
    assert!(told.recommendations.is_empty() && told.health.is_some());
    let request = RecommendRequest {
        records: Some("made".to_owned()),
        ..RecommendRequest::default()
    };
    let told = request.asked(&settings).unwrap().told(observed()).unwrap();
    assert_eq!(told.recommendations.len(), 1);
}

#[test]
fn a_capability_that_nobody_asked_for_is_told_with_those_that_were() {
    let settings = Settings::default();
    let request = RecommendRequest {
        capability: Some("wirte".to_owned()),
        records: Some("made".to_owned()),
        ..RecommendRequest::default()
    };
    let observed = resource_optimizer::observe::Observed::of(records(&overloaded(), &[], 1000.0));
    let error = request
        .asked(&settings)
        .unwrap()
        .told(observed)
        .unwrap_err();
    let told = "`capability` is \"wirte\", which no task asked for; recorded are write";
    assert_eq!(error.to_string(), told);
}
