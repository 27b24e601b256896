//! `guildhall optimize replay`: policies tried on a recorded load.

use std::fmt::Write as _;

use super::sandbox;
use crate::support::{Sandbox, assert_golden};

/// Two bursts of jobs of three seconds, a few minutes apart, and single ones between.
fn trace() -> String {
    let mut trace = "arrival_s,service_s\n".to_owned();
    for job in 0..300_u32 {
        let at = match job {
            0..120 => f64::from(job) * 0.5,
            120..180 => 60.0 + f64::from(job - 120) * 10.0,
            _ => 660.0 + f64::from(job - 180) * 0.5,
        };
        let _ = writeln!(trace, "{at},{}", 2 + job % 3);
    }
    trace
}

fn with_trace() -> Sandbox {
    let sandbox = sandbox();
    sandbox.write("load.csv", trace());
    sandbox
}

const ASKED: [&str; 8] = [
    "optimize", "replay", "--trace", "load.csv", "--wait", "5", "--boot", "30",
];

#[test]
fn replay_prints_the_contract() {
    let sandbox = with_trace();
    let ran = sandbox.run([&ASKED[..], &["--policy", "default", "--json"]].concat());
    let ran = ran.ended(0);
    let report = ran.json();
    for key in ["hours", "p50", "p95", "p99", "miss", "changes"] {
        assert!(report[key].is_number(), "{key}: {report}");
    }
    assert_eq!(report["policy"], "default");
    assert_eq!(report["jobs"], 300);
    assert_eq!(report["forecast"]["used"], false);
    // The default is the default, and the same input gives the same bytes.
    let again = sandbox.run([&ASKED[..], &["--format", "json"]].concat());
    assert_eq!(again.ended(0).stdout, ran.stdout);
}

#[test]
fn policies_are_compared_in_one_table() {
    let sandbox = with_trace();
    let policies = ["--policy", "default,hpa:0.7,keda:1.0,erlang:0.02,static:12"];
    let ran = sandbox.run([&ASKED[..], &policies].concat());
    assert_golden(
        "optimize-replay.text",
        &sandbox.filtered(&ran.ended(0).stdout),
    );
    let ran = sandbox.run([&ASKED[..], &policies, &["--json"]].concat());
    let report = ran.ended(0).json();
    let compared = report["policies"].as_array().unwrap();
    let names: Vec<&str> = compared
        .iter()
        .filter_map(|it| it["policy"].as_str())
        .collect();
    assert_eq!(
        names,
        ["default", "hpa:0.7", "keda:1", "erlang:0.02", "static:12"]
    );
    assert_eq!(compared[4]["hours"], 2.41);
    assert_eq!(compared[4]["changes"], 0);
}

#[test]
fn the_page_has_a_plot() {
    let sandbox = with_trace();
    let ran = sandbox.run([&ASKED[..], &["--format", "html"]].concat());
    let page = ran.ended(0).stdout;
    assert!(page.contains("<svg"), "{page}");
    assert!(page.contains("Agents, work and queue"), "{page}");
}

#[test]
fn a_history_is_read_and_told_of() {
    let sandbox = with_trace();
    let mut history = "bin_s,rate_per_s\n".to_owned();
    for bin in 1..=7 * 48 {
        let _ = writeln!(history, "{},{}", -1800 * bin, 1 + bin % 48 / 24);
    }
    sandbox.write("history.csv", history);
    let asked = ["optimize", "replay", "--trace", "load.csv", "--boot", "600"];
    let ran = sandbox.run([&asked[..], &["--history", "history.csv", "--json"]].concat());
    let report = ran.ended(0).json();
    assert_eq!(report["forecast"]["used"], true, "{report}");
    assert_eq!(report["forecast"]["period_s"], 86_400.0);
    let without = sandbox
        .run([&asked[..], &["--json"]].concat())
        .ended(0)
        .json();
    assert_eq!(without["forecast"]["used"], false);
}

#[test]
fn bad_input_is_refused_with_what_to_do() {
    let sandbox = with_trace();
    sandbox.write("empty.csv", "");
    sandbox.write("headless.csv", "0,1\n1,1\n");
    sandbox.write("no-jobs.csv", "arrival_s,service_s\n");
    sandbox.write("negative.csv", "arrival_s,service_s\n0,1\n1,-1\n");
    sandbox.write("absurd.csv", "arrival_s,service_s\n0,1e300\n");
    sandbox.write("words.csv", "arrival_s,service_s\n0,soon\n");
    sandbox.write("history.csv", "bin_s,rate_per_s\n-20,1\n-10,1\n");
    let on = |trace: &'static str| vec!["--trace", trace];
    let with = |more: &[&'static str]| [&["--trace", "load.csv"], more].concat();
    for (arguments, code, words) in [
        (on("none.csv"), 3, "none.csv cannot be read: No such file"),
        (on("."), 3, ". cannot be read: "),
        (
            on("empty.csv"),
            3,
            "it is empty; the first line must be `arrival_s,service_s`",
        ),
        (on("headless.csv"), 3, "line 1 has other columns"),
        (on("no-jobs.csv"), 3, "it has no job"),
        (on("negative.csv"), 3, "line 3: service_s is -1"),
        (on("absurd.csv"), 3, "line 2: service_s is 1"),
        (
            on("words.csv"),
            3,
            "line 2: service_s is \"soon\", which is no number",
        ),
        (
            with(&["--policy", "best"]),
            3,
            "\"best\" is no policy; take default, hpa:U",
        ),
        (
            with(&["--policy", "default,hpa:9"]),
            3,
            "\"hpa:9\" is no policy",
        ),
        (with(&["--wait=-1"]), 3, "`wait` is -1"),
        (with(&["--tick", "0"]), 3, "`tick` is 0"),
        (with(&["--tick", "1e-9"]), 3, "`tick` is too short"),
        (
            with(&["--min", "9", "--max", "3"]),
            3,
            "`min` is 9 and `max` is 3",
        ),
        (
            with(&["--history", "history.csv"]),
            3,
            "fewer than three bins before 0",
        ),
        (with(&["--wait", "soon"]), 2, "soon"),
        (vec![], 3, "`trace` is missing, and nothing is recorded"),
        (
            with(&["--json", "--format", "text"]),
            2,
            "cannot be used with",
        ),
    ] {
        let ran = sandbox.run([vec!["optimize", "replay"], arguments.clone()].concat());
        let ran = ran.ended(code);
        assert!(ran.stderr.contains(words), "{arguments:?}: {ran}");
        assert_eq!(ran.stdout, "", "{arguments:?}");
    }
}
