//! Figures of runs, their list, and the JSON that programs read, held against its schemas.

use guildhall_schema::Schema;
use serde_json::Value;

use super::support::{pipe, run, sandbox, start, wait_for};
use crate::support::{Ran, Sandbox};

/// Three tasks, of which one fails at first and one tells what it cost.
const PLAN: &str = r#"
name = "figures"
strategy = "parallel"
defaults = { agent = "shell" }

[[task]]
id = "plain"
prompt = "echo plain"

[[task]]
id = "again"
retry = { max = 1, base_seconds = 0.01, on = "any" }
prompt = "test -e once || { touch once; exit 1; }"

[[task]]
id = "costly"
agent = "json"
prompt = "echo '{% raw %}{\"usd\": 0.25, \"tokens\": 120}{% endraw %}'"
"#;

fn schema(sandbox: &Sandbox, name: &str) -> Schema {
    let schema = sandbox.run(["schema", name]).ended(0).json();
    Schema::compile(&schema).unwrap()
}

#[track_caller]
fn fits(sandbox: &Sandbox, name: &str, value: &Value) {
    let schema = schema(sandbox, name);
    if let Err(error) = schema.validate(value) {
        panic!("{name}: {error:?}: {value:#}");
    }
    // The schema says something: it takes no empty object.
    assert!(!schema.is_valid(&serde_json::json!({})), "{name}");
}

#[test]
fn a_report_counts_and_measures() {
    let sandbox = sandbox();
    run(&sandbox, PLAN, &["--quiet"]).ended(0);
    let report = sandbox
        .run(["report", "figures", "--format", "json"])
        .ended(0)
        .json();
    fits(&sandbox, "run-report", &report);
    assert_eq!(report["status"], "completed");
    assert_eq!(report["tasks"]["total"], 3);
    assert_eq!(report["tasks"]["completed"], 3);
    assert_eq!(report["attempts"]["total"], 4);
    assert_eq!(report["attempts"]["retries"], 1);
    assert_eq!(report["spent"]["usd"], 0.25);
    assert_eq!(report["spent"]["tokens"], 120);
    assert_eq!(report["success_rate"], 1.0);
    assert!(report["speed_up"].is_null(), "it is measured or not there");
    assert!(report["parallelism_ratio"].as_f64().unwrap() >= 1.0);
    let ids: Vec<&Value> = report["agents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|agent| &agent["agent"])
        .collect();
    assert_eq!(ids, ["json", "shell"]);
}

#[test]
fn the_speed_up_is_measured_against_a_serial_run() {
    let sandbox = sandbox();
    let plan = "name = 'fast'\nstrategy = 'parallel'\ndefaults = { agent = 'shell' }\n\
                [[task]]\nid = 'a'\nprompt = 'echo a'\n[[task]]\nid = 'b'\nprompt = 'echo b'\n";
    sandbox.write("plan.toml", plan);
    sandbox
        .run(["run", "plan.toml", "--concurrency", "1"])
        .ended(0);
    sandbox.run(["run", "plan.toml"]).ended(0);
    let list = sandbox.run(["runs", "--format", "json"]).ended(0).json();
    let id = |at: usize| list["runs"][at]["run"].as_str().unwrap().to_owned();
    let (parallel, serial) = (id(0), id(1));
    let report = sandbox.run(["report", &parallel, "--serial", &serial, "--format", "json"]);
    let report = report.ended(0).json();
    fits(&sandbox, "run-report", &report);
    assert_eq!(report["speed_up"]["serial_run"], serial);
    let factor = report["speed_up"]["factor"].as_f64().unwrap();
    let serial_ms = report["speed_up"]["serial_ms"].as_f64().unwrap();
    let own_ms = report["times"]["worked"].as_f64().unwrap();
    assert!((factor - serial_ms / own_ms).abs() < 1e-9, "{report}");
    let markdown = sandbox.run(["report", &parallel, "--serial", &serial, "-o", "r.md"]);
    assert_eq!(markdown.ended(0).stdout, "");
    let markdown = std::fs::read_to_string(sandbox.work().join("r.md")).unwrap();
    assert!(
        markdown.starts_with("# Run of fast: completed\n"),
        "{markdown}"
    );
    let line = format!(" x against run {serial} |");
    assert!(markdown.contains("| speed-up, measured | "), "{markdown}");
    assert!(markdown.contains(&line), "{markdown}");
    assert!(
        markdown.contains("| tasks | 2 of 2 tasks completed |"),
        "{markdown}"
    );
    // The other way round the run that it would be measured against was not serial.
    let ran = sandbox
        .run(["report", &serial, "--serial", &parallel])
        .ended(3);
    assert!(ran.stderr.contains("no speed-up can be given"), "{ran}");
    assert!(ran.stderr.contains("--concurrency 1"), "{ran}");
}

#[test]
fn without_a_serial_run_no_speed_up_is_claimed() {
    let sandbox = sandbox();
    run(&sandbox, PLAN, &["--quiet"]).ended(0);
    let ran = sandbox.run(["report", "latest"]).ended(0);
    assert!(
        ran.stdout
            .contains("| speed-up | not measured: see --serial |"),
        "{ran}"
    );
    assert!(
        ran.stdout
            .contains("| parallelism ratio (sum / longest) | "),
        "{ran}"
    );
}

#[test]
fn everything_in_json_fits_its_schema() {
    let sandbox = sandbox();
    sandbox.write("plan.toml", PLAN);
    let mut list = sandbox.run(["runs", "--format", "json"]).ended(0).json();
    fits(&sandbox, "run-list", &list);
    assert_eq!(list["runs"].as_array().unwrap().len(), 0);
    let results = sandbox
        .run(["run", "plan.toml", "--format", "json", "-q"])
        .ended(0)
        .json();
    fits(&sandbox, "run-results", &results);
    let again = sandbox
        .run(["results", "latest", "--format", "json"])
        .ended(0)
        .json();
    assert_eq!(results, again);
    let paused = "name = 'p'\nbudget = { usd = 0.1 }\n\
                  [[task]]\nid = 'a'\nagent = 'json'\nreserve = { usd = 1 }\nprompt = 'echo 1'\n";
    let results = run(&sandbox, paused, &["--format", "json", "-q"])
        .ended(6)
        .json();
    fits(&sandbox, "run-results", &results);
    assert!(
        results["reason"].as_str().unwrap().contains("budget"),
        "{results}"
    );
    list = sandbox.run(["runs", "--format", "json"]).ended(0).json();
    fits(&sandbox, "run-list", &list);
    assert_eq!(list["runs"][0]["status"], "paused");
    assert_eq!(list["runs"][1]["tasks"]["completed"], 3);
    let report = sandbox
        .run(["report", "p", "--format", "json"])
        .ended(0)
        .json();
    fits(&sandbox, "run-report", &report);
    let receipts = sandbox.run(["receipt", "p", "--format", "json"]).ended(0);
    fits(&sandbox, "receipts", &receipts.json());
    let verified = sandbox
        .run_with_input(&["verify", "-", "--format", "json"], &receipts.stdout)
        .ended(0)
        .json();
    fits(&sandbox, "verification", &verified);
}

#[test]
fn the_schema_of_plans_takes_those_that_are_read() {
    let sandbox = sandbox();
    let schema = schema(&sandbox, "plan");
    let plan = serde_json::json!({"name": "x", "task": [{"id": "a", "agent": "shell"}]});
    assert!(schema.is_valid(&plan));
    assert!(!schema.is_valid(&serde_json::json!({"name": "x", "tasks": []})));
}

#[test]
fn a_run_that_is_worked_on_is_listed_as_running() {
    let sandbox = sandbox();
    pipe(&sandbox, "begun");
    pipe(&sandbox, "end");
    let plan = "name = 'busy'\n[[task]]\nid = 'a'\nagent = 'shell'\n\
                prompt = 'echo x > begun; read x < end'\n";
    sandbox.write("plan.toml", plan);
    let child = start(&sandbox, &["run", "plan.toml"]);
    wait_for(&sandbox, "begun");
    let list = sandbox.run(["runs", "--format", "json"]).ended(0).json();
    assert_eq!(list["runs"][0]["status"], "running");
    assert_eq!(list["runs"][0]["being_worked_on"], true);
    let list = sandbox.run(["runs"]).ended(0).stdout;
    assert!(
        list.lines().all(|line| line.chars().count() <= 80),
        "{list}"
    );
    std::fs::write(sandbox.work().join("end"), "x\n").unwrap();
    Ran::of(child.wait_with_output().unwrap()).ended(0);
    let list = sandbox.run(["runs", "--format", "json"]).ended(0).json();
    assert_eq!(list["runs"][0]["status"], "completed");
    assert_eq!(list["runs"][0]["being_worked_on"], false);
}

#[test]
fn a_terminal_is_told_how_far_a_run_is_and_a_file_is_not() {
    let sandbox = sandbox();
    sandbox.write("plan.toml", PLAN);
    let plain = sandbox.command(["run", "plan.toml"]);
    let program = plain.get_program().to_str().unwrap().to_owned();
    let mut command = std::process::Command::new("script");
    command
        .args(["-qec", &format!("'{program}' run plan.toml"), "/dev/null"])
        .env_clear()
        .current_dir(sandbox.work())
        .stdin(std::process::Stdio::null());
    for (name, value) in plain.get_envs() {
        command.env(name, value.unwrap());
    }
    let output = command.output().unwrap();
    let seen = String::from_utf8(output.stdout).unwrap();
    for line in [
        "> plain (shell)\r\n",
        "+ plain\r\n",
        "> again (shell, attempt 2)\r\n",
    ] {
        assert!(seen.contains(line), "{line:?} is missing: {seen}");
    }
    assert!(seen.contains("of 3 tasks ended, "), "{seen}");
    assert!(!seen.contains("WARN"), "it is told twice: {seen}");
    let file = sandbox.run(["run", "plan.toml"]).ended(0);
    assert!(!file.stderr.contains("> plain"), "{file}");
}
