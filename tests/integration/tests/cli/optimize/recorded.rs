//! `guildhall optimize status`, `recommend` and `explain`: of a file, and of real runs.

use std::fmt::Write as _;

use super::sandbox;
use crate::support::{Plugin, Sandbox, assert_golden};

/// Two places for a load of four tasks at once: CSV, as a CI may keep it.
fn overloaded() -> String {
    let mut csv = "run,task,capability,agent,ready_ms,started_ms,ended_ms,usd\n".to_owned();
    let mut free = [0_u64; 2];
    for task in 0..240_u64 {
        let ready = task * 1000;
        let next = usize::from(free[1] < free[0]);
        let started = free[next].max(ready);
        free[next] = started + 4000;
        let _ = writeln!(
            csv,
            "one,t{task},docs.write,writer,{ready},{started},{},0.02",
            free[next]
        );
    }
    csv
}

fn with_records() -> Sandbox {
    let sandbox = sandbox();
    sandbox.write("work.csv", overloaded());
    sandbox
}

#[test]
fn status_names_the_bottleneck_with_its_evidence() {
    let sandbox = with_records();
    let asked = ["optimize", "status", "--records", "work.csv", "--wait", "5"];
    let ran = sandbox.run(asked).ended(0);
    assert_golden("optimize-status.text", &sandbox.filtered(&ran.stdout));
    let report = sandbox
        .run([&asked[..], &["--json"]].concat())
        .ended(0)
        .json();
    assert_eq!(report["bottlenecks"][0]["name"], "docs.write");
    assert_eq!(report["bottlenecks"][0]["evidence"][0]["kind"], "saturated");
    assert_eq!(report["capabilities"][0]["completed"], 240);
    assert_eq!(report["agents"][0]["name"], "writer");
}

#[test]
fn what_is_recommended_is_explained_by_the_same_figures() {
    let sandbox = with_records();
    let on = ["--records", "work.csv", "--wait", "5"];
    let recommend = [&["optimize", "recommend"], &on[..]].concat();
    let ran = sandbox.run(&recommend).ended(0);
    assert_golden("optimize-recommend.text", &sandbox.filtered(&ran.stdout));
    let report = sandbox
        .run([&recommend[..], &["--json"]].concat())
        .ended(0)
        .json();
    let advice = &report["recommendations"][0];
    assert_eq!(
        (&advice["id"], &advice["then"]),
        (&"places-docs.write".into(), &4.into())
    );
    let explain = [&["optimize", "explain", "places-docs.write"], &on[..]].concat();
    let ran = sandbox.run(&explain).ended(0);
    assert_golden("optimize-explain.text", &sandbox.filtered(&ran.stdout));
    let explained = sandbox
        .run([&explain[..], &["--json"]].concat())
        .ended(0)
        .json();
    for key in ["then", "at_then", "candidates", "price_s", "confidence"] {
        assert_eq!(explained["places"][key], advice[key], "{key}");
    }
}

#[test]
fn recorded_attempts_are_a_load_to_try_policies_on() {
    let sandbox = with_records();
    let on = ["optimize", "replay", "--wait", "5", "--records", "work.csv"];
    let policies = ["--policy", "static:2,static:4", "--json"];
    let report = sandbox.run([&on[..], &policies].concat()).ended(0).json();
    assert_eq!(report["jobs"], 240);
    assert_eq!(report["policies"][1]["miss"], 0.0);
    assert!(
        report["policies"][0]["miss"].as_f64() > Some(90.0),
        "{report}"
    );
    let both = sandbox
        .run([&on[..], &["--trace", "work.csv"]].concat())
        .ended(3);
    assert!(both.stderr.contains("`records` chooses records"), "{both}");
    let two = overloaded() + "one,x,docs.read,reader,1000,1000,2000,0\n";
    sandbox.write("work.csv", two);
    let which = sandbox.run(on).ended(3);
    let told = "`capability` is missing: docs.read, docs.write are recorded";
    assert!(which.stderr.contains(told), "{which}");
}

#[test]
fn status_of_recorded_runs() {
    let sandbox = Sandbox::new(&[Plugin::Optimizer, Plugin::Swarm]);
    sandbox.user_config(
        "[agents.shell]\ncommand = \"sh\"\nargs = [\"-c\", \"{prompt}\"]\nworkspace = \"shared\"\n\
         max-concurrent-tasks = 1\n",
    );
    let empty = sandbox.run(["optimize", "status"]).ended(0);
    assert!(
        empty.stdout.contains("No task has run in the last 24 h"),
        "{empty}"
    );
    let mut plan = "name = \"made\"\n".to_owned();
    for task in 0..6 {
        let _ = write!(
            plan,
            "[[task]]\nid = \"t{task}\"\nagent = \"shell\"\nprompt = \"{}\"\n",
            if task == 3 { "exit 3" } else { "true" }
        );
    }
    sandbox.write("plan.toml", plan);
    sandbox.run(["run", "plan.toml"]).ended(1);
    let report = sandbox
        .run(["optimize", "status", "--json"])
        .ended(0)
        .json();
    let shell = &report["capabilities"][0];
    assert_eq!(
        (&shell["name"], &shell["arrivals"]),
        (&"shell".into(), &6.into()),
        "{report}"
    );
    assert_eq!(
        (&shell["completed"], &shell["waiting"]),
        (&5.into(), &0.into()),
        "{report}"
    );
    assert!(shell["failed"].as_u64() >= Some(1), "{report}");
    assert!(shell["busy_s"].as_f64() > Some(0.0), "{report}");
    assert!(report["health"]["score"].as_f64() > Some(0.0), "{report}");
    // By its name, and nothing else.
    let of_run = ["optimize", "status", "--run", "made", "--json"];
    let of_run = sandbox.run(of_run).ended(0).json();
    assert_eq!(of_run["capabilities"][0]["arrivals"], 6);
    let none = sandbox
        .run(["optimize", "status", "--run", "unmade"])
        .ended(3);
    assert!(none.stderr.contains("there is no run \"unmade\""), "{none}");
}

#[test]
fn bad_requests_are_refused_with_what_to_do() {
    let sandbox = with_records();
    sandbox.write("empty.csv", "");
    sandbox.write("other.csv", "a,b\n1,2\n");
    let mut odd = "agent,ready_ms,started_ms,ended_ms\n".to_owned();
    for row in 0..10 {
        let _ = writeln!(odd, "a,1,2,{}", if row < 5 { 1 } else { 3 });
    }
    sandbox.write("odd.csv", odd);
    let on = ["--records", "work.csv"];
    for (arguments, code, words) in [
        (
            vec!["status", "--records", "none.csv"],
            3,
            "none.csv cannot be read",
        ),
        (
            vec!["status", "--records", "empty.csv"],
            3,
            "it is empty; give JSON or CSV",
        ),
        (
            vec!["status", "--records", "other.csv"],
            3,
            "has no column `agent`",
        ),
        (
            vec!["status", "--since", "soon"],
            3,
            "`since` is \"soon\"; give a number and a unit",
        ),
        (
            [&["status", "--wait=-1"], &on[..]].concat(),
            3,
            "`wait` is -1",
        ),
        (
            [&["status", "--run", "x"], &on[..]].concat(),
            3,
            "take one of the two out",
        ),
        (
            [&["status", "--capability", "x"], &on[..]].concat(),
            3,
            "which no task asked for; recorded are docs.write",
        ),
        (
            [&["recommend", "--goal", "glory"], &on[..]].concat(),
            2,
            "glory",
        ),
        (
            vec!["recommend", "--records", "odd.csv"],
            4,
            "5 records of 10 cannot be right",
        ),
        (
            [&["explain", "places-x"], &on[..]].concat(),
            3,
            "take health, bottleneck-docs.write",
        ),
    ] {
        let ran = sandbox
            .run([vec!["optimize"], arguments.clone()].concat())
            .ended(code);
        assert!(ran.stderr.contains(words), "{arguments:?}: {ran}");
        assert_eq!(ran.stdout, "", "{arguments:?}");
    }
}

#[test]
fn settings_that_contradict_each_other_are_refused_by_both_names() {
    let sandbox = with_records();
    sandbox.user_config("[plugins.config.resource-optimizer]\nmin = 9\nmax = 3\n");
    let ran = sandbox.run(["optimize", "status", "--records", "work.csv"]);
    assert!(ran.stderr.contains("`min` is 9 and `max` is 3"), "{ran}");
    assert_eq!(ran.stdout, "");
}
