//! The formulas, against published tables and another implementation.

use proptest::prelude::*;
use resource_optimizer::queueing::{
    erlang_b, erlang_c, hayward, late, peakedness, size_erlang, square_root_staffing,
};
use statrs::distribution::{Discrete as _, DiscreteCDF as _, Poisson};

/// Agents, and the loads at which 1 %, 2 %, 5 % and 10 % are turned away, as tables of Erlang B
/// have them since A. K. Erlang's own.
const TABLE: [(u32, [f64; 4]); 8] = [
    (1, [0.0101, 0.0204, 0.0526, 0.111]),
    (2, [0.153, 0.223, 0.381, 0.595]),
    (5, [1.361, 1.657, 2.219, 2.881]),
    (10, [4.461, 5.084, 6.216, 7.511]),
    (20, [12.03, 13.18, 15.25, 17.61]),
    (30, [20.34, 21.93, 24.80, 28.11]),
    (50, [37.90, 40.26, 44.53, 49.56]),
    (100, [84.06, 87.97, 95.24, 104.1]),
];

#[test]
fn erlang_b_is_that_of_published_tables() {
    for (agents, loads) in TABLE {
        for (share, load) in [0.01, 0.02, 0.05, 0.1].into_iter().zip(loads) {
            // The tables have three or four digits of the load.
            let (low, high) = (
                erlang_b(agents, load * 0.995),
                erlang_b(agents, load * 1.005),
            );
            assert!(
                low < share && share < high,
                "{agents} agents, {load}: {low} {high}"
            );
        }
    }
}

#[test]
fn erlang_c_is_that_of_the_textbooks() {
    let near = |agents, load, expected: f64| {
        let waits = erlang_c(agents, load);
        assert!((waits - expected).abs() < 5e-5, "{agents}, {load}: {waits}");
    };
    near(2, 1.0, 1.0 / 3.0);
    near(10, 8.0, 0.4092);
    near(3, 2.0, 4.0 / 9.0);
    for load in [0.1, 0.5, 0.99] {
        near(1, load, load);
    }
    assert_eq!(erlang_c(4, 4.0), 1.0);
    assert_eq!(erlang_c(4, 0.0), 0.0);
}

#[test]
fn erlang_b_is_the_poisson_ratio_of_another_implementation() {
    for agents in [1, 2, 7, 40, 300, 2000] {
        for share in [0.05, 0.5, 0.95] {
            let load = f64::from(agents) * share;
            let poisson = Poisson::new(load).unwrap();
            let expected = poisson.pmf(agents.into()) / poisson.cdf(agents.into());
            let ours = erlang_b(agents, load);
            let error = (ours - expected).abs();
            assert!(
                error <= 1e-9 + 1e-6 * expected,
                "{agents}, {load}: {ours} {expected}"
            );
        }
    }
}

#[test]
fn a_thousand_agents_and_a_load_of_one_do_not_underflow() {
    assert!((0.0..1e-300).contains(&erlang_b(1000, 1.0)));
    assert!(erlang_b(1000, 999.0) > 0.02);
    assert_eq!(size_erlang(1e12, 60.0, 5.0, 0.05, 500), 500);
    assert_eq!(size_erlang(0.0, 60.0, 5.0, 0.05, 500), 1);
    assert_eq!(erlang_b(0, 1.0), 1.0);
    assert_eq!(erlang_b(0, 0.0), 1.0);
}

#[test]
fn a_single_agent_is_late_as_the_exponential_law_says() {
    let share = late(1, 0.5, 2.0, 3.0);
    assert!((share - 0.5 * (-0.75_f64).exp()).abs() < 1e-12, "{share}");
    assert_eq!(late(1, 1.5, 2.0, 3.0), 1.0);
    assert_eq!(late(2, 0.5, 0.0, 0.0), 0.0);
}

#[test]
fn square_root_staffing_is_near_erlang_for_large_loads() {
    // Half of the jobs wait at a beta of about .506 (Halfin and Whitt).
    for load in [100.0, 1000.0] {
        let agents = square_root_staffing(load, 0.506).round() as u32;
        let waits = erlang_c(agents, load);
        assert!((waits - 0.5).abs() < 0.05, "{load}: {waits}");
    }
}

#[test]
fn hayward_with_peakedness_one_is_erlang_and_more_needs_more() {
    let sized = |peakedness| hayward(20.0, peakedness, 10.0, 5.0, 0.05, 500);
    assert_eq!(sized(1.0), size_erlang(20.0, 10.0, 5.0, 0.05, 500));
    assert!(sized(2.0) > sized(1.0));
    assert!(sized(4.0) > sized(2.0));
}

#[test]
fn peakedness_tells_bursts_from_an_even_load() {
    let even: Vec<(f64, f64)> = (0..1000).map(|at| (f64::from(at), 5.5)).collect();
    let bursts: Vec<(f64, f64)> = (0..1000).map(|at| (f64::from(at / 50 * 50), 5.5)).collect();
    let of = |jobs: &[(f64, f64)]| peakedness(jobs, 0.0, 1000.0, 5000).unwrap();
    assert!(of(&even) < 0.2, "{}", of(&even));
    assert!(of(&bursts) > 20.0, "{}", of(&bursts));
    assert_eq!(peakedness(&[], 0.0, 10.0, 5), None);
    assert_eq!(peakedness(&even, 10.0, 10.0, 5), None);
}

proptest! {
    #[test]
    fn more_load_never_needs_fewer(
        load in 0.0..300.0_f64,
        more in 0.0..50.0_f64,
        mean in 0.1..100.0_f64,
        wait in 0.0..60.0_f64,
        share in 0.001..0.5_f64,
    ) {
        let few = size_erlang(load, mean, wait, share, 1000);
        let many = size_erlang(load + more, mean, wait, share, 1000);
        prop_assert!(few <= many);
        prop_assert!(late(few, load, mean, wait) <= share);
        // And none fewer would do.
        prop_assert!(few == 1 || late(few - 1, load, mean, wait) > share);
    }
}
