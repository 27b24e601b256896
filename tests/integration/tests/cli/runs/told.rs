//! What a run says on standard error, at which level, and that standard output has the
//! results alone.

use super::support::{pairs, run, sandbox, statuses};
use crate::support::{Ran, Sandbox};

/// Two tasks, of which one fails at first.
const PLAN: &str = r#"
name = "p"
strategy = "sequential"
defaults = { agent = "shell" }

[[task]]
id = "again"
retry = { max = 1, base_seconds = 0.01, on = "any" }
prompt = "test -e once || { touch once; exit 1; }"

[[task]]
id = "last"
prompt = "echo fine"
"#;

/// One task that fails.
const FAILS: &str = "name = 'p'\n[[task]]\nid = 'a'\nagent = 'shell'\n\
                     retry = { max = 0 }\nprompt = 'exit 3'\n";

/// What the plan says on standard error with these arguments before `run`; its results are
/// always the same, and they alone are on standard output.
#[track_caller]
fn said(arguments: &[&str], variables: &[(&str, &str)]) -> Vec<String> {
    let sandbox = sandbox();
    sandbox.write("plan.toml", PLAN);
    let all = [arguments, &["run", "plan.toml", "--format", "json"]].concat();
    let mut command = sandbox.command(&all);
    let ran = command.envs(variables.iter().copied()).output().unwrap();
    let ran = Ran::of(ran).ended(0);
    let results = ran.json();
    assert_eq!(
        statuses(&results),
        pairs(&[("again", "completed"), ("last", "completed")])
    );
    let run = results["run"].as_str().unwrap().to_owned();
    let lines = ran.stderr.lines();
    lines.map(|line| line.replace(&run, "RUN")).collect()
}

/// The lines of a level, without what differs from run to run.
fn of_level(lines: &[String], level: &str) -> Vec<String> {
    let of_level = lines
        .iter()
        .filter_map(|line| line.trim().strip_prefix(level));
    of_level
        .map(|line| {
            let changing = ["seq=", "epoch=", "ms=", "process="];
            let words = line.split_whitespace();
            let words = words.filter(|word| !changing.iter().any(|it| word.starts_with(it)));
            words.collect::<Vec<_>>().join(" ")
        })
        .collect()
}

/// The one warning of the plan.
const WARNING: &str = "an attempt failed run=RUN task=\"again\" attempt=1 class=\"Error\" \
                       error=the program exited with code 1";

/// What is done in it, step by step.
const STEPS: [&str; 7] = [
    "the run is worked on run=RUN",
    "an attempt begins run=RUN task=\"again\" attempt=1 agent=shell",
    "an attempt begins run=RUN task=\"again\" attempt=2 agent=shell",
    "the task completed run=RUN task=\"again\"",
    "an attempt begins run=RUN task=\"last\" attempt=1 agent=shell",
    "the task completed run=RUN task=\"last\"",
    "the run has ended run=RUN status=\"Completed\"",
];

#[test]
fn without_a_wish_only_what_went_wrong_is_told() {
    let lines = said(&[], &[]);
    assert_eq!(of_level(&lines, "WARN"), [WARNING]);
    assert_eq!(lines.len(), 1, "{lines:#?}");
}

#[test]
fn quiet_tells_nothing_of_a_run_that_completes() {
    assert!(said(&["-q"], &[]).is_empty());
    assert!(said(&["--quiet"], &[]).is_empty());
}

#[test]
fn verbose_tells_every_step_with_run_task_and_attempt() {
    let lines = said(&["-v"], &[]);
    assert_eq!(of_level(&lines, "INFO"), STEPS);
    assert_eq!(of_level(&lines, "WARN"), [WARNING]);
    assert_eq!(lines.len(), STEPS.len() + 1, "{lines:#?}");
}

#[test]
fn twice_verbose_tells_what_is_found_as_well() {
    let lines = said(&["-vv"], &[]);
    assert_eq!(of_level(&lines, "INFO"), STEPS);
    assert_eq!(of_level(&lines, "WARN"), [WARNING]);
    let found = of_level(&lines, "DEBUG");
    let plugin = "a plugin is found id=swarm-coordinator ";
    assert!(found.iter().any(|it| it.starts_with(plugin)), "{found:#?}");
    assert_eq!(lines.len(), STEPS.len() + 1 + found.len(), "{lines:#?}");
}

#[test]
fn the_variable_wins_over_the_arguments() {
    let lines = said(&["-q"], &[("GUILDHALL_LOG", "info")]);
    assert_eq!(of_level(&lines, "INFO"), STEPS);
    assert!(said(&["-vv"], &[("GUILDHALL_LOG", "off")]).is_empty());
}

#[test]
fn quiet_tells_of_a_run_that_fails_what_failed_and_how_to_go_on() {
    let sandbox = sandbox();
    let ran = run(&sandbox, FAILS, &["-q"]).ended(1);
    let lines: Vec<&str> = ran.stderr.lines().collect();
    let [failed, told, "", help] = lines[..] else {
        panic!("there are more lines or fewer: {ran}");
    };
    assert!(failed.starts_with("ERROR the task failed run="), "{failed}");
    assert_eq!(told, "error: 1 of 1 tasks failed");
    assert!(help.starts_with("help: `guildhall results "), "{help}");
}

/// A device that takes nothing, as a full disk does.
fn full() -> std::fs::File {
    let full = std::fs::File::options().write(true).open("/dev/full");
    let mut full = full.unwrap();
    // The control: it really is full.
    let refused = std::io::Write::write(&mut full, b"x").unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::StorageFull);
    full
}

/// A pipe whose reader is gone.
fn closed() -> std::io::PipeWriter {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer
}

/// A sandbox with both plans as files.
fn with_plans() -> Sandbox {
    let sandbox = sandbox();
    sandbox.write("plan.toml", PLAN);
    sandbox.write("fails.toml", FAILS);
    sandbox
}

#[test]
fn a_log_that_cannot_be_written_ends_no_run() {
    let sandbox = with_plans();
    let arguments = ["-vv", "run", "plan.toml", "--format", "json"];
    let unwritable = [full().into(), closed().into()];
    for stderr in unwritable {
        let stderr: std::process::Stdio = stderr;
        let mut command = sandbox.command(arguments);
        let ran = Ran::of(command.stderr(stderr).output().unwrap()).ended(0);
        assert_eq!(
            statuses(&ran.json()),
            pairs(&[("again", "completed"), ("last", "completed")])
        );
        assert_eq!(ran.json()["tasks"][1]["result"], "fine");
    }
    let list = sandbox.run(["runs", "--format", "json"]).ended(0).json();
    for at in 0..2 {
        assert_eq!(list["runs"][at]["status"], "completed", "{list:#}");
    }
    // One that fails ends with its own code, and its results are printed.
    let mut command = sandbox.command(["run", "fails.toml", "--format", "json"]);
    let ran = Ran::of(command.stderr(full()).output().unwrap()).ended(1);
    assert_eq!(statuses(&ran.json()), pairs(&[("a", "failed")]));
}

#[test]
fn results_that_cannot_be_written_are_told_and_kept() {
    let sandbox = with_plans();
    for (plan, status) in [("plan.toml", "completed"), ("fails.toml", "failed")] {
        let mut command = sandbox.command(["-q", "run", plan]);
        let ran = Ran::of(command.stdout(full()).output().unwrap()).ended(74);
        let told = "error: the results cannot be written: No space left on device";
        assert!(ran.stderr.contains(told), "{ran}");
        let help = "help: `guildhall results ";
        let (_, id) = ran.stderr.split_once(help).unwrap();
        let results = sandbox.run(["results", &id[..8], "--format", "json"]);
        let results = results.ended(0).json();
        assert_eq!(results["status"], status);
        if status == "completed" {
            assert_eq!(results["tasks"][1]["result"], "fine");
        }
    }
}

#[test]
fn every_command_on_runs_tells_that_it_cannot_print() {
    let sandbox = with_plans();
    sandbox.run(["-q", "run", "plan.toml"]).ended(0);
    for arguments in [
        ["runs"].as_slice(),
        &["results", "p"],
        &["results", "p", "last"],
        &["report", "p"],
        &["log", "p"],
        &["run", "plan.toml", "--check"],
        &["template", "show", "feature"],
        &["schema", "plan"],
    ] {
        let mut command = sandbox.command(arguments);
        let ran = Ran::of(command.stdout(full()).output().unwrap());
        ran.failed(
            74,
            "error: the results cannot be written: No space left on device (os error 28)\n",
        );
        // The control: it is the output that was wrong.
        sandbox.run(arguments).ended(0);
    }
}
