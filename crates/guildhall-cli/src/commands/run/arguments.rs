//! The arguments of `guildhall run`.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgGroup, Command, value_parser};
use guildhall_coordination::PLAN_TEMPLATES;

use crate::args::shared;

/// Heading of what only a new run takes.
const NEW: &str = "A new run";
/// Heading of what only a run that there is takes.
const RESUME: &str = "Going on with a run";

pub(super) fn define() -> Command {
    let command = Command::new("run")
        .about("Carry out a plan with many agents, or go on with a run")
        .override_usage(
            "guildhall run [OPTIONS] <PLAN>\n       \
             guildhall run [OPTIONS] --template <NAME>\n       \
             guildhall run [OPTIONS] --resume <RUN>",
        )
        .after_help(
            "Ctrl-C pauses the run, which loses nothing that has completed; pressed twice it \
             ends the program at once. docs/running-plans.md is the guide, docs/plan.md \
             describes plans.",
        )
        .group(
            ArgGroup::new("what")
                .args(["plan", "template", "resume"])
                .required(true),
        );
    let command = of_new_run(command);
    let command = of_resumed_run(command);
    of_both(command)
}

fn of_new_run(command: Command) -> Command {
    let command = command
        .arg(
            Arg::new("plan")
                .value_name("PLAN")
                .help("The plan, a TOML or JSON file, or - for standard input"),
        )
        .arg(
            Arg::new("template")
                .long("template")
                .conflicts_with("resume")
                .help_heading(NEW)
                .value_name("NAME")
                .value_parser(PossibleValuesParser::new(
                    PLAN_TEMPLATES.map(|template| template.name),
                ))
                .help("Take a plan that comes with Guildhall; see `guildhall template`"),
        )
        .arg(
            Arg::new("set")
                .long("set")
                .conflicts_with("resume")
                .help_heading(NEW)
                .value_name("NAME=VALUE")
                .action(ArgAction::Append)
                .help("Give a parameter of the plan a value"),
        );
    let for_new_only = |argument: Arg| argument.conflicts_with("resume").help_heading(NEW);
    of_new()
        .into_iter()
        .map(for_new_only)
        .fold(command, Command::arg)
}

/// What every command that begins a run takes.
pub(crate) fn of_new() -> [Arg; 4] {
    let new = |name: &'static str| Arg::new(name).long(name);
    [
        new("check")
            .action(ArgAction::SetTrue)
            .help("Check the plan and whether there are agents for it; begin nothing"),
        new("folder")
            .value_name("DIR")
            .value_parser(value_parser!(PathBuf))
            .default_value(".")
            .help("The folder that the run works on"),
        new("instructions")
            .value_name("FILE")
            .value_parser(value_parser!(PathBuf))
            .help("Instructions for every agent that takes a prompt, put before it"),
        new("concurrency")
            .value_name("N")
            .value_parser(value_parser!(u32).range(1..=10_000))
            .help("Attempts at once at the most [default: the plan's, else 10]"),
    ]
}

fn of_resumed_run(command: Command) -> Command {
    let resumed = |name: &'static str| {
        Arg::new(name)
            .long(name)
            // `requires` gives way where something that conflicts with it is present.
            .requires("resume")
            .conflicts_with_all(["plan", "template"])
            .help_heading(RESUME)
    };
    command
        .arg(
            Arg::new("resume")
                .long("resume")
                .value_name("RUN")
                .help_heading(RESUME)
                .help(shared::RUN_HELP),
        )
        .arg(
            resumed("retry-failed")
                .action(ArgAction::SetTrue)
                .help("Try again what failed, and what was skipped for its sake"),
        )
        .arg(
            resumed("retry")
                .value_name("TASK")
                .action(ArgAction::Append)
                .help("Try this task again, which ended without a result"),
        )
        .arg(
            resumed("retry-prompt")
                .value_name("TASK=FILE")
                .action(ArgAction::Append)
                .help("Try this task again with the prompt in this file"),
        )
        .arg(
            resumed("retry-input")
                .value_name("TASK=FILE")
                .action(ArgAction::Append)
                .help("Try this task again with the input in this file, JSON"),
        )
        .arg(
            resumed("accept-changes")
                .action(ArgAction::SetTrue)
                .help("Go on though agents or declared files are others than before"),
        )
}

/// What every command takes that works on a run.
pub(crate) fn of_both(command: Command) -> Command {
    command
        .arg(
            Arg::new("coordinator")
                .long("coordinator")
                .value_name("AGENT")
                .help("The agent that coordinates [default: the plan's, else any that can]"),
        )
        .arg(
            Arg::new("budget-usd")
                .long("budget-usd")
                .value_name("USD")
                .value_parser(value_parser!(f64))
                .allow_negative_numbers(true)
                .help("What the run may cost in all, in US dollars"),
        )
        .arg(
            Arg::new("budget-tokens")
                .long("budget-tokens")
                .value_name("N")
                .value_parser(value_parser!(u64))
                .help("Tokens that the run may take in all"),
        )
        .arg(
            Arg::new("budget-seconds")
                .long("budget-seconds")
                .value_name("SECONDS")
                .value_parser(value_parser!(u64).range(1..))
                .help("How long the run may be worked on in all"),
        )
        .arg(
            shared::format_option(["text", "json"], "How the results are printed")
                .default_value("text"),
        )
        .arg(shared::output_option("the results"))
}
