//! A plan that agents carry out: what a maintainer sees who has the steps done.

use std::fs;
use std::process::{Child, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};

use super::{PLAN, buildable, contents, rustup_home};
use crate::support::{Plugin, Ran, Sandbox, commit, git};

/// An agent that does each step of the project's plan, as it is told, and notes it down. At the
/// step `bump-1` it waits where there is a pipe `never`.
const AGENT: &str = r#"
set -eu
merge=$(printf '%s\n' "$1" | sed -n 's/^Begin with `git \(merge [^`]*\)`.*/\1/p')
[ -z "$merge" ] || git -c user.name=a -c user.email=a@localhost $merge >&2
case "$1" in
  *"Replace a name"*)
    echo prepare >> "$NOTES/log"
    sed -i 's/coins::value/coins::worth/' till/src/lib.rs ;;
  *"Move coins"*)
    echo bump >> "$NOTES/log"
    if [ -p "$NOTES/never" ]; then echo x > "$NOTES/begun"; read x < "$NOTES/never"; fi
    sed -i 's/coins = "1.4"/coins = "2"/' till/Cargo.toml
    sed -i 's/put(5)/put(5, 1)/' till/src/lib.rs
    if [ ! -e "$NOTES/half" ]; then sed -i '/melt::melt\|coins::old/d' till/src/melt.rs; fi ;;
esac
echo done
"#;

/// The project in a repository, its plan, and an agent.
pub(super) fn ready() -> Sandbox {
    let mut sandbox = buildable();
    sandbox.add_plugins(&crate::support::installed().folder_of(Plugin::Swarm));
    let library = fs::read_to_string(sandbox.work().join("till/src/lib.rs")).unwrap();
    sandbox.write("till/src/lib.rs", format!("pub mod melt;\n{library}"));
    sandbox.write(".gitignore", "target\n");
    fs::write(sandbox.root().join("agent.sh"), AGENT).unwrap();
    let (root, rustup) = (sandbox.root(), rustup_home());
    let (root, rustup) = (root.display(), rustup.display());
    sandbox.user_config(&format!(
        "[agents.hands]\ncommand = \"sh\"\nargs = [\"{root}/agent.sh\", \"{{prompt}}\"]\n\
         set-env = {{ NOTES = \"{root}\", RUSTUP_HOME = \"{rustup}\" }}\n"
    ));
    git(&sandbox, &["init", "--quiet", "--initial-branch", "main"]);
    commit(&sandbox, "begin");
    let plan = [&PLAN[..], &["--format", "json"]].concat();
    let plan = sandbox.run(plan).ended(0).stdout;
    fs::write(sandbox.root().join("plan.json"), plan).unwrap();
    sandbox
}

const RUN: [&str; 5] = ["migrate", "run", "../plan.json", "--agent", "hands"];

pub(super) fn run(sandbox: &Sandbox, arguments: &[&str]) -> Ran {
    let mut command = sandbox.command(arguments);
    command.env("RUSTUP_HOME", rustup_home());
    Ran::of(command.output().unwrap())
}

fn log(sandbox: &Sandbox) -> String {
    fs::read_to_string(sandbox.root().join("log")).unwrap_or_default()
}

/// The branches that there are beside the user's.
fn branches(sandbox: &Sandbox) -> Vec<String> {
    let all = git(
        sandbox,
        &[
            "for-each-ref",
            "--format=%(refname:short)",
            "refs/heads/guildhall",
        ],
    );
    let mut steps: Vec<String> = all
        .lines()
        .map(|branch| branch.rsplit('/').next().unwrap().to_owned())
        .collect();
    steps.sort();
    steps
}

#[test]
fn a_migration_is_done_step_by_step_each_verified_on_a_branch_of_its_own() {
    let sandbox = ready();
    let before = contents(&sandbox.work().join("till"));
    run(&sandbox, &RUN).ended(0);
    assert_eq!(log(&sandbox), "prepare\nbump\n");
    assert_eq!(branches(&sandbox), ["all", "bump-1", "prepare-1"]);
    assert!(
        before == contents(&sandbox.work().join("till")),
        "the checkout was changed"
    );
    assert_eq!(git(&sandbox, &["status", "--porcelain"]), "");
    let branch = git(
        &sandbox,
        &[
            "for-each-ref",
            "--format=%(refname)",
            "refs/heads/guildhall/*/all",
        ],
    );
    let show = |file: &str| git(&sandbox, &["show", &format!("{branch}:{file}")]);
    let library = show("till/src/lib.rs");
    assert!(
        library.contains("put(5, 1)") && library.contains("coins::worth"),
        "{library}"
    );
    // The lock file is the verification's.
    assert!(show("Cargo.lock").contains("version = \"2.0.0\""));
}

#[test]
fn a_migration_that_was_killed_goes_on_and_repeats_no_finished_step() {
    let sandbox = ready();
    for name in ["begun", "never"] {
        let made = std::process::Command::new("mkfifo")
            .arg(sandbox.root().join(name))
            .status();
        assert!(made.unwrap().success());
    }
    let mut child = start(&sandbox);
    // The first step is done and verified when the second has begun.
    assert_eq!(
        fs::read_to_string(sandbox.root().join("begun")).unwrap(),
        "x\n"
    );
    kill_process_group(Pid::from_child(&child), Signal::KILL).unwrap();
    child.wait().unwrap();
    assert_eq!(branches(&sandbox), ["prepare-1"]);
    fs::remove_file(sandbox.root().join("never")).unwrap();
    run(&sandbox, &["run", "--resume", "migration"]).ended(0);
    assert_eq!(log(&sandbox), "prepare\nbump\nbump\n");
    assert_eq!(branches(&sandbox), ["all", "bump-1", "prepare-1"]);
}

#[test]
fn a_step_whose_command_fails_leaves_no_branch_and_stops_what_comes_after() {
    let sandbox = ready();
    fs::write(sandbox.root().join("half"), "").unwrap();
    let ran = run(&sandbox, &RUN).ended(1);
    assert!(ran.stdout.contains("cargo check"), "{ran}");
    assert_eq!(branches(&sandbox), ["prepare-1"]);
    let results = run(&sandbox, &["results", "migration", "--format", "json"]).stdout;
    assert!(
        results.contains("E0433") || results.contains("E0425"),
        "{results}"
    );
}

#[test]
fn at_most_three_steps_are_done_at_once_where_nobody_says_otherwise() {
    let sandbox = ready();
    let checked = |more: &[&str]| {
        let ran = run(&sandbox, &[&RUN[..], &["--check"], more].concat());
        ran.ended(0).stdout
    };
    let usual = checked(&[]);
    assert!(usual.contains("up to 3 at once"), "{usual}");
    let other = checked(&["--concurrency", "2"]);
    assert!(other.contains("up to 2 at once"), "{other}");
}

#[test]
fn a_plan_that_cannot_be_carried_out_is_refused_before_anything_is_done() {
    let sandbox = ready();
    let plan = fs::read_to_string(sandbox.root().join("plan.json")).unwrap();
    let changed = |name: &str, edit: &dyn Fn(&mut serde_json::Value)| {
        let mut plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
        edit(&mut plan["migration"]);
        fs::write(sandbox.root().join(name), plan.to_string()).unwrap();
    };
    changed("no-way-back.json", &|plan| {
        plan["steps"][0]["rollback"]["how"] = "".into();
    });
    changed("no-command.json", &|plan| {
        plan["steps"][1]["verify"] = " ".into();
    });
    changed("no-id.json", &|plan| plan["steps"][1]["id"] = "a b".into());
    changed("no-step.json", &|plan| {
        plan["steps"][0]["id"] = "other".into();
    });
    changed("twice.json", &|plan| {
        plan["steps"][1]["id"] = "prepare-1".into();
    });
    changed("elsewhere.json", &|plan| {
        for file in plan["files"].as_array_mut().unwrap() {
            file["path"] = "no/such.rs".into();
        }
    });
    for (file, told) in [
        ("no-way-back.json", "step `prepare-1` has no way back"),
        ("no-command.json", "step `bump-1` has no command"),
        ("no-id.json", "step `a b` has an id that no task can have"),
        (
            "no-step.json",
            "step `bump-1` comes after one that is not in the plan",
        ),
        ("twice.json", "step `prepare-1` is there twice"),
        ("elsewhere.json", "give the folder of the project"),
        ("none.json", "is no plan that can be read"),
    ] {
        let file = format!("../{file}");
        let ran = run(&sandbox, &["migrate", "run", &file, "--agent", "hands"]);
        assert!(ran.stderr.contains(told), "{file}: {ran}");
        assert_eq!(ran.code, Some(3), "{file}: {ran}");
    }
    let ran = run(
        &sandbox,
        &[
            "migrate",
            "run",
            "../plan.json",
            "nowhere",
            "--agent",
            "hands",
        ],
    );
    assert_eq!(ran.code, Some(3), "{ran}");
    let ran = run(
        &sandbox,
        &["migrate", "run", "../plan.json", "--agent", "nobody"],
    );
    assert_eq!(ran.code, Some(4), "{ran}");
    assert_eq!((log(&sandbox).as_str(), branches(&sandbox).len()), ("", 0));
}

#[test]
fn without_an_agent_the_steps_are_printed_for_a_human() {
    let sandbox = ready();
    let said = run(&sandbox, &RUN[..3]).ended(0).stdout;
    for part in [
        "--agent ID",
        "prepare-1: ",
        "bump-1: ",
        "till/src/lib.rs:6",
        "The way back: git revert",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!((log(&sandbox).as_str(), branches(&sandbox).len()), ("", 0));
    // The user's own layer names one for all runs.
    let config = fs::read_to_string(sandbox.root().join("config/config.toml")).unwrap();
    sandbox.user_config(&format!(
        "{config}[plugins.config.migration-planner]\nagent = \"hands\"\n"
    ));
    run(&sandbox, &RUN[..3]).ended(0);
    assert_eq!(log(&sandbox), "prepare\nbump\n");
}

/// The program, in a group of its own.
fn start(sandbox: &Sandbox) -> Child {
    use std::os::unix::process::CommandExt as _;

    let mut command = sandbox.command(RUN);
    command
        .env("RUSTUP_HOME", rustup_home())
        .process_group(0)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().unwrap()
}
