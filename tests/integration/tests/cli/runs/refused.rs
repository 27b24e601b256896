//! Plans that are not begun, and command lines that make no sense: what is said, and that
//! nothing has happened.

use super::support::{AGENTS, pipe, run, sandbox};
use crate::support::{Plugin, Ran, Sandbox, assert_golden};

/// Fails unless the plan is refused with this code and these words, and no run was made.
#[track_caller]
fn refused(plan: &str, code: i32, words: &[&str]) {
    let sandbox = sandbox();
    let ran = run(&sandbox, plan, &[]).ended(code);
    says(&ran, words);
    made_nothing(&sandbox);
}

#[track_caller]
fn says(ran: &Ran, words: &[&str]) {
    assert_eq!(ran.stdout, "");
    for word in words {
        assert!(ran.stderr.contains(word), "{word:?} is missing: {ran}");
    }
}

#[track_caller]
fn made_nothing(sandbox: &Sandbox) {
    let list = sandbox.run(["runs"]).ended(0).stdout;
    assert!(list.starts_with("There are no runs yet."), "{list}");
}

#[test]
fn a_plan_that_cannot_be_read_ends_with_3() {
    let sandbox = sandbox();
    let missing = sandbox.run(["run", "nowhere.toml"]);
    missing.failed(
        3,
        "error: nowhere.toml cannot be read: No such file or directory (os error 2)\n\n\
         help: give a plan, a TOML or JSON file; docs/plan.md describes plans\n",
    );
    says(&sandbox.run(["run", "."]).ended(3), &[". cannot be read"]);
    sandbox.write("bytes.toml", [0xff, 0xfe]);
    let ran = sandbox.run(["run", "bytes.toml"]).ended(3);
    says(&ran, &["bytes.toml cannot be read", "UTF-8"]);
    // The name of a template is no file.
    let ran = sandbox.run(["run", "feature"]).ended(3);
    says(&ran, &["did you mean `guildhall run --template feature`?"]);
}

#[test]
fn mistakes_are_told_with_line_and_caret() {
    refused(
        "name = \"x\n",
        3,
        &[
            "standard input:1:10: not TOML",
            "1 | name = \"x\n  |          ^",
        ],
    );
    refused("name = 'x'\n", 3, &["the plan has no tasks"]);
    refused("name = 'x'\ntask = []\n", 3, &["the plan has no tasks"]);
    let task = |id: &str, more: &str| format!("[[task]]\nid = '{id}'\nagent = 'shell'\n{more}\n");
    let twice = format!("name = 'x'\n{}{}", task("a", ""), task("a", ""));
    refused(&twice, 3, &["the task id `a` is taken already (line 3)"]);
    let circle = format!(
        "name = 'x'\n{}{}",
        task("a", "needs = ['b']"),
        task("b", "needs = ['a']")
    );
    refused(&circle, 3, &["`a`", "`b`", "standard input:"]);
    let wave = format!(
        "name = 'x'\nstrategy = 'waves'\nlimits = {{ max_wave_size = 1 }}\n{}{}",
        task("a", "wave = 'w'"),
        task("b", "wave = 'w'")
    );
    refused(
        &wave,
        3,
        &["wave `w` has 2 tasks, but `limits.max_wave_size` is 1"],
    );
}

#[test]
fn a_test_run_beside_others_is_refused_before_anything_is_begun() {
    let sandbox = sandbox();
    let plan = r#"
name = "groups"
strategy = "groups"
defaults = { agent = "shell" }

[[task]]
id = "build"
group = 1
prompt = "touch built"

[[task]]
id = "test"
group = 1
kind = "test-run"
prompt = "touch tested"
"#;
    let ran = run(&sandbox, plan, &[]).ended(3);
    says(&ran, &["standard input:", "test-run", "`test`"]);
    made_nothing(&sandbox);
    assert!(!sandbox.work().join("built").exists());
    // The control: what only sounds like a test may stand beside others.
    let harmless = plan.replace("kind = \"test-run\"", "title = \"Test the latest\"");
    run(&sandbox, &harmless, &[]).ended(0);
    assert!(sandbox.work().join("tested").exists());
}

#[test]
fn an_agent_that_nobody_has_is_told_where_the_plan_names_it() {
    let sandbox = Sandbox::new(&[Plugin::Swarm, Plugin::Hello]);
    sandbox.user_config(AGENTS);
    let plan = r#"name = "unknown"

[defaults]
capability = "agent.promt"

[[task]]
id = "a"

[[task]]
id = "b"

[[task]]
id = "misspelt"
agent = "shel"

[[task]]
id = "too-new"
capability = "example.greet@^9"
input = { name = "Ada" }

[[task]]
id = "nobody"
agent = "nobody"

[[task]]
id = "each"
for_each = ["x"]
agent = "somebody"
"#;
    sandbox.write("unknown.toml", plan);
    let ran = sandbox.run(["run", "unknown.toml"]).ended(4);
    assert_golden("run-unknown-agents.text", &ran.to_string());
    made_nothing(&sandbox);
    sandbox.run(["run", "unknown.toml", "--check"]).ended(4);
}

#[test]
fn a_run_without_a_coordinator_is_not_begun() {
    let sandbox = Sandbox::new(&[]);
    sandbox.user_config(AGENTS);
    let plan = "name = 'x'\n[[task]]\nid = 'a'\nagent = 'shell'\n";
    let ran = run(&sandbox, plan, &[]).ended(4);
    says(
        &ran,
        &[
            "the run has no coordinator: no agent offers guildhall.coordinate",
            "help: `guildhall doctor`",
        ],
    );
    made_nothing(&sandbox);
    let sandbox = self::sandbox();
    let ran = run(&sandbox, plan, &["--coordinator", "shell"]).ended(4);
    says(&ran, &["shell does not offer guildhall.coordinate"]);
    made_nothing(&sandbox);
}

#[test]
fn wrong_parameters_end_with_2() {
    let sandbox = sandbox();
    let plan = "name = 'x'\n[parameters.what]\ndescription = 'what to build'\n\
                [[task]]\nid = 'a'\nagent = 'shell'\nprompt = 'echo {{ param.what }}'\n";
    let check = |more: &[&str], words: &[&str]| {
        let ran = run(&sandbox, plan, more).ended(2);
        says(&ran, words);
    };
    check(
        &[],
        &[
            "needs a value for `what` (what to build)",
            "--set NAME=VALUE",
        ],
    );
    check(&["--set", "wat=x"], &["no parameter `wat`", "`what`"]);
    check(&["--set", "what"], &["--set \"what\" is not NAME=VALUE"]);
    check(
        &["--set", "what=a", "--set", "what=b"],
        &["gives \"what\" two values"],
    );
    made_nothing(&sandbox);
}

#[test]
fn options_that_exclude_each_other_end_with_2() {
    let sandbox = sandbox();
    sandbox.write(
        "p.toml",
        "name = 'x'\n[[task]]\nid = 'a'\nagent = 'shell'\n",
    );
    for (arguments, word) in [
        (
            ["run"].as_slice(),
            "<PLAN|--template <NAME>|--resume <RUN>>",
        ),
        (&["run", "p.toml", "--resume", "x"], "'--resume <RUN>'"),
        (
            &["run", "p.toml", "--template", "feature"],
            "'--template <NAME>'",
        ),
        (&["run", "p.toml", "--retry", "a"], "'--retry <TASK>'"),
        (&["run", "p.toml", "--retry-failed"], "'--retry-failed'"),
        (&["run", "p.toml", "--accept-changes"], "'--accept-changes'"),
        (
            &["run", "--resume", "x", "--set", "a=b"],
            "'--set <NAME=VALUE>'",
        ),
        (&["run", "--resume", "x", "--check"], "'--check'"),
        (&["run", "p.toml", "--concurrency", "0"], "'0'"),
        (&["run", "p.toml", "--concurrency", "10001"], "'10001'"),
        (
            &["run", "p.toml", "--budget-usd", "-1"],
            "-1 is no amount of money",
        ),
        (
            &["run", "p.toml", "--budget-usd", "nan"],
            "is no amount of money",
        ),
        (&["run", "p.toml", "--budget-seconds", "0"], "'0'"),
        (
            &["run", "p.toml", "--coordinator", "A B"],
            "\"A B\" is not a well-formed agent id",
        ),
        (&["run", "--template", "feture"], "'feature'"),
        (
            &["run", "--resume", "x", "--retry-prompt", "a"],
            "is not TASK=FILE",
        ),
        (
            &["run", "--resume", "x", "--retry", "a b"],
            "\"a b\" is not a well-formed",
        ),
    ] {
        let ran = sandbox.run(arguments).ended(2);
        says(&ran, &[word]);
    }
    made_nothing(&sandbox);
}

#[test]
fn files_and_folders_that_are_not_there_end_with_3() {
    let sandbox = sandbox();
    sandbox.write(
        "p.toml",
        "name = 'x'\n[[task]]\nid = 'a'\nagent = 'shell'\n",
    );
    for (arguments, word) in [
        (
            ["run", "p.toml", "--folder", "nowhere"].as_slice(),
            "nowhere cannot be worked on: No such file",
        ),
        (
            &["run", "p.toml", "--folder", "p.toml"],
            "p.toml cannot be worked on: it is no folder",
        ),
        (
            &["run", "p.toml", "--instructions", "nowhere.md"],
            "nowhere.md cannot be read: No such file",
        ),
        (
            &["run", "--resume", "x", "--retry-prompt", "a=nowhere"],
            "nowhere cannot be read: No such file",
        ),
        (
            &["run", "--resume", "x", "--retry-input", "a=p.toml"],
            "p.toml:1:2: not JSON",
        ),
        (&["run", "--resume", "nowhere"], "there is no run nowhere"),
        (&["run", "--resume", "latest"], "there is no run latest"),
        (&["results", "nowhere"], "there is no run nowhere"),
        (&["report", "nowhere"], "there is no run nowhere"),
        (&["cancel", "nowhere"], "there is no run nowhere"),
    ] {
        let ran = sandbox.run(arguments).ended(3);
        says(&ran, &[word]);
    }
    made_nothing(&sandbox);
}

#[test]
fn results_that_cannot_be_written_are_told_before_the_work() {
    let sandbox = sandbox();
    let plan = "name = 'x'\n[[task]]\nid = 'a'\nagent = 'shell'\nprompt = 'touch done'\n";
    let ran = run(&sandbox, plan, &["--output", "nowhere/out.json"]).ended(74);
    says(&ran, &["nowhere/out.json"]);
    made_nothing(&sandbox);
    assert!(!sandbox.work().join("done").exists());
}

#[test]
fn tasks_that_a_run_does_not_have_end_with_3() {
    let sandbox = sandbox();
    let plan = "name = 'x'\n[[task]]\nid = 'a'\nagent = 'shell'\nprompt = 'exit 1'\n";
    run(&sandbox, plan, &[]).ended(1);
    for arguments in [
        ["results", "latest", "b"].as_slice(),
        &["run", "--resume", "latest", "--retry", "b"],
    ] {
        let ran = sandbox.run(arguments).ended(3);
        says(&ran, &["has no task b"]);
    }
}

#[test]
fn a_wrong_agent_is_told_where_the_configuration_has_it() {
    for (config, expected) in [
        (
            "[agents.x]\ncomand = \"sh\"\n",
            "config.toml:2:1: `agents.x` has an unknown key `comand`\n  |\n2 | comand = \"sh\"\n  | ^^^^^^\n  = help: did you mean `command`?",
        ),
        (
            "[agents.x]\ncommand = \"sh\"\nstdin = \"both\"\n",
            "config.toml:3:9: `agents.x` has a wrong `stdin`: unknown variant `both`",
        ),
        (
            "[agents.x]\ncommand = \"sh\"\nargs = [\"-c\", \"{promt}\"]\n",
            "config.toml:3:15: `agents.x` has a wrong `args[1]`: {promt} is no placeholder",
        ),
        (
            "[agents.x]\ncommand = \"sh\"\n[agents.x.limits]\nprocesses = 0\n",
            "config.toml:4:13: `agents.x` has a wrong `limits.processes`: ",
        ),
        (
            "[agents.x]\n",
            "`agents.x` is wrong: missing field `command`",
        ),
        (
            "[agents.X]\ncommand = \"sh\"\n",
            "is not the id of an agent",
        ),
        (
            "[run]\nconcurrency = 0\n",
            "config.toml:2:15: `run.concurrency` must be",
        ),
    ] {
        let sandbox = Sandbox::new(&[]);
        sandbox.user_config(config);
        let ran = sandbox.run(["run", "p.toml"]).ended(2);
        assert!(ran.stderr.contains(expected), "{ran}");
        // What is only looked at does not need it.
        sandbox.run(["runs"]).ended(0);
    }
}

#[test]
fn a_projects_file_makes_no_program_an_agent_until_it_is_trusted() {
    let sandbox = Sandbox::new(&[Plugin::Swarm]);
    sandbox.write("guildhall.toml", AGENTS);
    let plan = "name = 'x'\n[[task]]\nid = 'a'\nagent = 'shell'\nprompt = 'echo done'\n";
    let ran = run(&sandbox, plan, &[]).ended(4);
    says(&ran, &["there is no agent shell"]);
    sandbox.run(["trust", "guildhall.toml"]).ended(0);
    run(&sandbox, plan, &[]).ended(0);
}

#[test]
fn a_program_that_is_not_there_is_told_by_doctor_and_fails_its_task() {
    let sandbox = Sandbox::new(&[Plugin::Swarm]);
    sandbox.user_config("[agents.gone]\ncommand = \"no-such-program\"\n");
    let ran = sandbox.run(["doctor"]).ended(4);
    assert!(
        ran.stdout
            .contains("FAILED  gone 1.0.0: the program \"no-such-program\" was not found"),
        "{ran}"
    );
    let plan = "name = 'x'\n[[task]]\nid = 'a'\nagent = 'gone'\nprompt = 'p'\n";
    let ran = run(&sandbox, plan, &[]).ended(1);
    assert!(ran.stdout.contains("no-such-program"), "{ran}");
}

#[test]
fn a_plan_of_bad_output_is_no_reason_to_hang() {
    // A task that waits for a pipe nobody writes to ends at its time limit.
    let sandbox = sandbox();
    pipe(&sandbox, "never");
    let plan = "name = 'x'\nfail_fast = true\n[[task]]\nid = 'a'\nagent = 'shell'\n\
                prompt = 'read x < never'\ntimeout_seconds = 0.1\n";
    let ran = run(&sandbox, plan, &[]).ended(1);
    assert!(ran.stdout.contains("timeout"), "{ran}");
}
