//! The project's tasks, one file each: `cargo xtask help` lists them.
//!
//! In reading order: [`flags`] reads arguments, [`workspace`] asks cargo what is here,
//! [`process`] runs programs and [`watchdog`] ends those that hang, [`artifacts`] builds
//! and [`stage`] puts plugins where the host finds them; the other modules are the
//! commands.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a task talks to the person who runs it"
)]

mod flags;
mod process;
mod watchdog;
mod workspace;

mod artifacts;
mod stage;

mod bench;
mod ci;
mod deny;
mod dist;
mod docs;
mod eval;
mod fuzz;
mod loom;
mod scan;
mod soak;
mod test;
mod tidy;

use std::process::ExitCode;

use anyhow::Error;

use crate::flags::UsageError;

/// A task: its name, its arguments as shown, what it does, and its code.
struct Task {
    name: &'static str,
    arguments: &'static str,
    summary: &'static str,
    run: fn(Vec<String>) -> anyhow::Result<ExitCode>,
}

/// Every task, in the order in which help shows them.
const TASKS: &[Task] = &[
    Task {
        name: "scan",
        arguments: "[PATH] [ARGS...]",
        summary: "build the host and its plugins, and scan PATH (the current folder)",
        run: scan::run,
    },
    Task {
        name: "test",
        arguments: "[--all]",
        summary: "run every test; --all adds loom, fuzzing and cargo-deny",
        run: test::run,
    },
    Task {
        name: "ci",
        arguments: "",
        summary: "run all that must pass before a change is taken",
        run: ci::run,
    },
    Task {
        name: "bench",
        arguments: "NAME [ARGS...]",
        summary: "measure: `boundary`, `coordination`, `logs`, `migrate`, `replay`, or `scan [TREE]`",
        run: bench::run,
    },
    Task {
        name: "eval",
        arguments: "KIND --cases FILE [--repos DIR] [--json]",
        summary: "let the agents answer real cases, and count: `debt`, `outcome`",
        run: eval::run,
    },
    Task {
        name: "docs",
        arguments: "[--check]",
        summary: "write the generated files; --check only compares them",
        run: docs::run,
    },
    Task {
        name: "dist",
        arguments: "",
        summary: "make the archive for machines without Rust, and try it",
        run: dist::run,
    },
    Task {
        name: "tidy",
        arguments: "",
        summary: "check the rules of the code base that no compiler knows",
        run: tidy::run,
    },
    Task {
        name: "fuzz",
        arguments: "[TARGET] [--seconds N]",
        summary: "fuzz one target or all of them, N seconds in total (60)",
        run: fuzz::run,
    },
    Task {
        name: "soak",
        arguments: "[--kills N] [--seed N]",
        summary: "kill runs at work N times (1000), and judge what came of them",
        run: soak::run,
    },
];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_else(|| "help".to_owned());
    if matches!(name.as_str(), "help" | "-h" | "--help") {
        print!("{}", help());
        return ExitCode::SUCCESS;
    }
    let Some(task) = TASKS.iter().find(|task| task.name == name) else {
        eprintln!("error: there is no task {name:?}\n\n{}", help());
        return ExitCode::from(2);
    };
    (task.run)(arguments.collect()).unwrap_or_else(|error| failed(task, &error))
}

fn help() -> String {
    let usage = |task: &Task| format!("{} {}", task.name, task.arguments);
    let width = TASKS
        .iter()
        .map(|task| usage(task).len())
        .max()
        .unwrap_or(0);
    let mut help = String::from("cargo xtask TASK\n\n");
    for task in TASKS {
        help += &format!("  {:width$}  {}\n", usage(task), task.summary);
    }
    help
}

fn failed(task: &Task, error: &Error) -> ExitCode {
    eprintln!("error: {error:#}");
    if error.is::<UsageError>() {
        eprintln!("\nusage: cargo xtask {} {}", task.name, task.arguments);
        return ExitCode::from(2);
    }
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_names_every_task_on_a_line_of_its_own() {
        let help = help();
        for task in TASKS {
            let line = help
                .lines()
                .find(|line| line.trim_start().starts_with(&format!("{} ", task.name)))
                .unwrap();
            assert!(line.ends_with(task.summary));
        }
    }
}
