//! `guildhall act`: hands what a scan found worth doing to agents.

mod chosen;
mod plan;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Command, value_parser};
use guildhall_coordination::PlanFormat;
use guildhall_core::path_text;

use self::chosen::{Chosen, Wanted};
use self::plan::Who;
use super::BuiltIn;
use super::run::{self, Begin, GivenPlan, Source};
use crate::app::App;
use crate::args::shared;
use crate::config::shown;
use crate::exit::{Failure, code};
use crate::output::Output;
use crate::{input, plugins};

pub(crate) const COMMAND: BuiltIn = BuiltIn {
    name: "act",
    define,
    run,
    runs_plugins: true,
};

/// How many items are done where nobody says which.
const DEFAULT_TOP: &str = "5";

fn define() -> Command {
    let command = Command::new("act")
        .about("Hand what a scan found worth doing to agents, as a run")
        .after_help(
            "Each item of the report's plan of action becomes a task: what to do and why is its \
             prompt, the places and the findings there are its input. In worktrees, which is \
             where agents work unless you say otherwise, your checkout stays as it is; `guildhall \
             results` names the reference that holds what each of them did.",
        )
        .group(
            ArgGroup::new("who")
                .args(["agent", "capability"])
                .required(true)
                .multiple(true),
        )
        .arg(
            Arg::new("report")
                .value_name("REPORT")
                .required(true)
                .help("A report, as scan --format json prints it; - reads standard input"),
        );
    let command = what_and_who().into_iter().fold(command, Command::arg);
    run::of_both(run::of_new().into_iter().fold(command, Command::arg))
}

fn what_and_who() -> [Arg; 7] {
    let option = |name: &'static str| Arg::new(name).long(name);
    [
        option("top")
            .value_name("N")
            .value_parser(value_parser!(u32).range(1..))
            .default_value(DEFAULT_TOP)
            .help("Do the first N items"),
        option("item")
            .value_name("ID")
            .action(ArgAction::Append)
            .conflicts_with("top")
            .help("Do this item, and what must be done before it"),
        option("plan")
            .value_name("ID")
            .help("Take the items of this plan of the report only"),
        option("agent")
            .value_name("AGENT")
            .help("The agent that does them"),
        option("capability")
            .value_name("NAME")
            .help("What the agents that do them must be able to do"),
        option("workspace")
            .value_name("WHERE")
            .value_parser(PossibleValuesParser::new([
                "worktree",
                "shared",
                "temporary",
            ]))
            .default_value("worktree")
            .help("Where a program that is an agent works"),
        option("show-plan")
            .action(ArgAction::SetTrue)
            .conflicts_with("check")
            .help("Print the plan, which `guildhall run -` carries out; begin nothing"),
    ]
}

fn run(app: &App, own: &ArgMatches) -> Result<u8, Failure> {
    let name = text(own, "report").unwrap_or_default();
    let report = input::read_report(name)?;
    let chosen = Chosen::of(&report, &wanted(own), input::name_of(name))?;
    insist_on_files(own, &chosen)?;
    let who = Who {
        agent: text(own, "agent"),
        capability: text(own, "capability"),
        workspace: text(own, "workspace").unwrap_or("worktree"),
    };
    let plan = plan::of(&chosen, &report, &who);
    if own.get_flag("show-plan") {
        let mut output = Output::open(shared::output_path(own))?;
        output.json(&plan)?;
        output.finish()?;
        return Ok(code::CLEAN);
    }
    plugins::insist(&app.host)?;
    let source = Source {
        text: plan.to_string(),
        format: PlanFormat::Json,
        shown: "the plan of these items".to_owned(),
    };
    let given = GivenPlan::new(app, own, source, &BTreeMap::new())?;
    run::carry_out(app, own, Begin::New(Box::new(given)))
}

fn wanted(own: &ArgMatches) -> Wanted<'_> {
    let items = own.get_many::<String>("item").into_iter().flatten();
    Wanted {
        plan: text(own, "plan"),
        items: items.map(String::as_str).collect(),
        top: own.get_one::<u32>("top").copied().unwrap_or(u32::MAX),
    }
}

/// A report of another folder, or of one that has changed since, is told before any agent
/// is asked to change what is not there.
fn insist_on_files(own: &ArgMatches, chosen: &Chosen<'_>) -> Result<(), Failure> {
    let folder = own.get_one::<PathBuf>("folder").map(PathBuf::as_path);
    let folder = folder.unwrap_or(Path::new("."));
    let mut places = chosen.items.iter().flat_map(|item| &item.action.locations);
    match places.find(|place| !folder.join(path_text::decode(&place.path)).exists()) {
        None => Ok(()),
        Some(place) => Err(Failure::input(
            format!(
                "the report is about {}, which is not in {}",
                shown::text(&place.path),
                shown::path(folder)
            ),
            "give the folder that was scanned with --folder, or scan anew",
        )),
    }
}

fn text<'a>(own: &'a ArgMatches, name: &str) -> Option<&'a str> {
    own.get_one::<String>(name).map(String::as_str)
}
