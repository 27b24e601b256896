//! Bottlenecks and health.

use guildhall_sdk::core::records::Records;
use proptest::prelude::*;
use resource_optimizer::Settings;
use resource_optimizer::bottleneck::{Evidence, theil_sen};
use serde_json::{Value, json};

use crate::made::{attempt, midway, records, run, served, told};

fn named(records: Records) -> Vec<(String, Vec<Evidence>)> {
    let settings = Settings::default();
    let told = told(records, &settings);
    let all = told.bottlenecks.into_iter();
    all.map(|bottleneck| (bottleneck.name, bottleneck.evidence))
        .collect()
}

#[test]
fn the_utilisation_law_names_the_only_full_one() {
    let mut attempts = served("full", 95, 1.0, 4.0, 4);
    attempts.extend(served("idle", 20, 5.0, 1.0, 4));
    let found = named(records(&attempts, &[run(4, 100.0)], 100.0));
    let [(name, evidence)] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!(name, "full");
    let [
        Evidence::Saturated {
            utilisation,
            places,
        },
    ] = evidence.as_slice()
    else {
        panic!("{evidence:?}");
    };
    assert_eq!((*utilisation, *places), (0.95, 4.0));
}

#[test]
fn a_queue_that_grows_is_named_and_one_that_stands_is_not() {
    // Two agents work off one task a second and get two.
    let growing = served("write", 200, 0.5, 2.0, 2);
    let found = named(midway(growing, &[run(8, 200.0)], 100.0));
    let evidence: Vec<Evidence> = found
        .into_iter()
        .flat_map(|(_, evidence)| evidence)
        .collect();
    let growth = evidence.iter().find_map(|one| match one {
        Evidence::Growing {
            per_minute,
            least,
            most,
            ..
        } => Some((*per_minute, *least, *most)),
        _ => None,
    });
    let (per_minute, least, most) = growth.expect("it grows");
    assert!((per_minute - 60.0).abs() < 3.0, "{per_minute}");
    assert!(least <= per_minute && per_minute <= most);
    let standing = served("write", 100, 1.0, 2.0, 2);
    assert_eq!(named(midway(standing, &[run(8, 100.0)], 90.0)), []);
}

#[test]
fn a_queue_that_is_empty_for_hours_does_not_grow() {
    let ready = |number: u32| f64::from(number) * 360.0;
    let late: Vec<Value> = (0..10)
        .map(|number| attempt("write", ready(number), 3600.0, 3660.0))
        .collect();
    let all = named(records(&late, &[run(20, 28_800.0)], 28_800.0));
    let is_growth = |evidence: &Evidence| matches!(evidence, Evidence::Growing { .. });
    let mut evidence = all.iter().flat_map(|(_, evidence)| evidence);
    assert!(!evidence.any(is_growth), "{all:?}");
    // At the end of the hour they did wait, and more and more of them.
    let found = named(midway(late, &[run(20, 28_800.0)], 3599.0));
    let [(_, evidence)] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert!(
        matches!(evidence[0], Evidence::Growing { queue: 10.0, .. }),
        "{evidence:?}"
    );
}

#[test]
fn noise_around_a_level_is_no_growth() {
    let mut state = 1_u64;
    let noise: Vec<(f64, f64)> = (0..60)
        .map(|at| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (f64::from(at), (state >> 60) as f64)
        })
        .collect();
    let slope = theil_sen(&noise).unwrap();
    assert!(slope.least < 0.0 && slope.most > 0.0, "{slope:?}");
    let line: Vec<(f64, f64)> = (0..60)
        .map(|at| (f64::from(at), 2.0 * f64::from(at)))
        .collect();
    let slope = theil_sen(&line).unwrap();
    assert_eq!((slope.median, slope.least, slope.most), (2.0, 2.0, 2.0));
    assert!(theil_sen(&line[..2]).is_none());
}

#[test]
fn the_slope_of_an_even_number_of_pairs_lies_between_the_middle_two() {
    // Slopes in order: 1, 2, 3, 4, 5, 6; so few points leave all of them within 95 %.
    let points = [(0.0, 0.0), (1.0, 1.0), (2.0, 4.0), (4.0, 16.0)];
    let slope = theil_sen(&points).unwrap();
    assert_eq!((slope.least, slope.median, slope.most), (1.0, 3.5, 6.0));
}

/// A task with a name and needs, done within [ready, started, ended].
fn step(name: &str, capability: &str, times: [f64; 3], needs: &[&str]) -> Value {
    let [ready, started, ended] = times;
    let mut step = attempt(capability, ready, started, ended);
    step["task"] = json!(name);
    step["needs"] = json!(needs);
    step
}

#[test]
fn waiting_on_the_critical_path_counts_and_beside_it_does_not() {
    let on_path = [
        step("a", "plan", [0.0, 0.0, 10.0], &[]),
        step("b", "write", [10.0, 30.0, 50.0], &["a"]),
        step("c", "test", [10.0, 10.0, 20.0], &["a"]),
        step("d", "ship", [50.0, 50.0, 60.0], &["b", "c"]),
    ];
    let found = named(records(&on_path, &[run(20, 60.0)], 60.0));
    let expected = Evidence::OnCriticalPath {
        share: 20.0 / 60.0,
        runs: 1,
    };
    assert_eq!(found, [("write".to_owned(), vec![expected])]);
    let mut beside = on_path;
    beside[1] = step("b", "write", [10.0, 10.0, 50.0], &["a"]);
    beside[2] = step("c", "test", [10.0, 35.0, 45.0], &["a"]);
    assert_eq!(named(records(&beside, &[run(20, 60.0)], 60.0)), []);
}

#[test]
fn needs_that_go_in_a_circle_end_the_path() {
    let circle = [
        step("a", "plan", [0.0, 0.0, 10.0], &["b"]),
        step("b", "plan", [0.0, 0.0, 10.0], &["a"]),
    ];
    assert_eq!(named(records(&circle, &[run(20, 10.0)], 10.0)), []);
}

#[test]
fn health_is_that_of_its_formula_and_none_without_history() {
    let settings = Settings::default();
    let good = told(
        records(&served("write", 50, 2.0, 1.0, 2), &[run(2, 100.0)], 100.0),
        &settings,
    );
    assert_eq!(good.health.unwrap().score, 100.0);
    assert!(told(records(&[], &[], 100.0), &settings).health.is_none());
    let mut half = served("write", 50, 2.0, 1.0, 2);
    for attempt in half.iter_mut().step_by(2) {
        attempt["end"] = json!("failed");
    }
    let health = told(records(&half, &[run(2, 100.0)], 100.0), &settings)
        .health
        .unwrap();
    assert_eq!(
        (health.attainment, health.success, health.headroom),
        (1.0, 0.5, 1.0)
    );
    assert!((health.score - 100.0 * 0.5_f64.cbrt()).abs() < 1e-9);
}

proptest! {
    #[test]
    fn a_line_that_is_turned_over_has_the_same_slopes_with_the_other_sign(
        heights in prop::collection::vec(-50..50_i32, 3..40),
    ) {
        let points = |sign: f64| -> Vec<(f64, f64)> {
            let heights = heights.iter().enumerate();
            heights.map(|(at, height)| (at as f64, sign * f64::from(*height))).collect()
        };
        let (up, down) = (theil_sen(&points(1.0)).unwrap(), theil_sen(&points(-1.0)).unwrap());
        prop_assert_eq!(up.least, -down.most);
        prop_assert_eq!(up.median, -down.median);
        prop_assert_eq!(up.most, -down.least);
    }

    #[test]
    fn worse_figures_never_make_it_healthier(
        tasks in 10..80_u32,
        every in 0.2..4.0_f64,
        service in 0.1..6.0_f64,
        failing in 1..10_usize,
    ) {
        let settings = Settings::default();
        let score = |attempts: &[Value]| {
            told(records(attempts, &[run(3, 600.0)], 600.0), &settings).health.unwrap().score
        };
        let good = served("write", tasks, every, service, 3);
        let before = score(&good);
        let mut failed = good;
        for attempt in failed.iter_mut().step_by(failing) {
            attempt["end"] = json!("failed");
        }
        prop_assert!(score(&failed) <= before + 1e-9);
        // The same tasks with one place fewer to do them wait longer.
        let slower = served("write", tasks, every, service, 2);
        prop_assert!(score(&slower) <= before + 1e-9);
    }
}

#[test]
fn the_interval_of_a_slope_is_the_same_from_either_end() {
    let points: Vec<(f64, f64)> = (0..60)
        .map(|at| (f64::from(at), f64::from(at * 37 % 11) + 0.1 * f64::from(at)))
        .collect();
    let turned: Vec<(f64, f64)> = points.iter().map(|(at, value)| (*at, -value)).collect();
    let slope = theil_sen(&points).unwrap();
    let other = theil_sen(&turned).unwrap();
    assert!(
        (slope.median + other.median).abs() < 1e-12,
        "{slope:?} {other:?}"
    );
    assert!(
        (slope.least + other.most).abs() < 1e-12,
        "{slope:?} {other:?}"
    );
    assert!(
        (slope.most + other.least).abs() < 1e-12,
        "{slope:?} {other:?}"
    );
}
