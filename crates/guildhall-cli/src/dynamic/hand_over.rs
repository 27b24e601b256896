//! Commands of plugins whose answer is a run: the options of the run, and carrying it out.

use std::collections::BTreeMap;
use std::ffi::OsString;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};
use guildhall_coordination::PlanFormat;
use guildhall_core::hand_over::HandedOver;

use super::Target;
use crate::app::App;
use crate::commands::run::{self, Begin, GivenPlan, Source};
use crate::exit::Failure;

/// What the identifiers of the run's options begin with in a command of a plugin, so that
/// they are not those of its properties.
const PREFIX: &str = "of the run: ";

/// What the results of a run can be printed as.
const FORMATS: [&str; 2] = ["text", "json"];

/// Adds the options of `guildhall run` that a command of a plugin has no property or option
/// of its own for.
pub(super) fn add(command: Command) -> Command {
    let taken: Vec<String> = command
        .get_arguments()
        .filter_map(|own| own.get_long().map(str::to_owned))
        .collect();
    let options = run_command()
        .get_arguments()
        .filter_map(renamed)
        .collect::<Vec<Arg>>();
    let free = |option: &Arg| {
        let long = option.get_long().unwrap_or_default();
        taken.iter().all(|taken| taken != long)
    };
    command.args(options.into_iter().filter(free))
}

/// Carries out the plan that the agent has handed over, as `guildhall run` would.
pub(crate) fn carry_out(
    app: &App,
    target: &Target,
    own: &ArgMatches,
    format: Option<&str>,
    handed_over: &HandedOver,
) -> Result<u8, Failure> {
    let shown = format!("the plan of {}", target.plugin);
    let text = str::from_utf8(&handed_over.plan).map_err(|error| {
        Failure::input(
            format!("{shown} is no text in UTF-8: {error}"),
            "this is a mistake of the plugin",
        )
    })?;
    let options = options(own, format, handed_over)?;
    let values = parameters(own)?;
    let source = Source {
        text: text.to_owned(),
        format: PlanFormat::Json,
        shown,
    };
    let given = GivenPlan::new(app, &options, source, &values)?;
    run::carry_out(app, &options, Begin::New(Box::new(given)))
}

/// Fails where the results of a run cannot be printed like that, before anything is asked.
pub(crate) fn check_format(format: Option<&str>) -> Result<(), Failure> {
    match format {
        Some(format) if !FORMATS.contains(&format) => Err(Failure::usage(
            format!("what comes of a run cannot be printed as {format}"),
            "use --format text or --format json",
        )),
        _ => Ok(()),
    }
}

/// The options of a run as `guildhall run` knows them.
fn run_command() -> Command {
    let parameters = Arg::new("set")
        .long("set")
        .value_name("NAME=VALUE")
        .action(ArgAction::Append)
        .help("Give a parameter of the plan a value");
    run::of_both(Command::new("run").args(run::of_new()).arg(parameters))
}

/// An option of a run as one of a command of a plugin.
fn renamed(option: &Arg) -> Option<Arg> {
    let long = option.get_long()?.to_owned();
    let option = option
        .clone()
        .id(format!("{PREFIX}{long}"))
        .help_heading("The run");
    Some(option)
}

/// What was given of the run's options, read as `guildhall run` reads them.
fn options(
    own: &ArgMatches,
    format: Option<&str>,
    handed_over: &HandedOver,
) -> Result<ArgMatches, Failure> {
    let mut arguments: Vec<OsString> = vec!["run".into()];
    let mut folder_is_given = false;
    for option in run_command().get_arguments() {
        let Some(long) = option.get_long() else {
            continue;
        };
        let id = format!("{PREFIX}{long}");
        if !matches!(own.try_contains_id(&id), Ok(true))
            || own.value_source(&id) != Some(ValueSource::CommandLine)
        {
            continue;
        }
        folder_is_given |= long == "folder";
        if matches!(option.get_action(), ArgAction::SetTrue) {
            arguments.push(format!("--{long}").into());
            continue;
        }
        for value in own.get_raw(&id).into_iter().flatten() {
            let mut argument = OsString::from(format!("--{long}="));
            argument.push(value);
            arguments.push(argument);
        }
    }
    if let (Some(folder), false) = (&handed_over.folder, folder_is_given) {
        let mut argument = OsString::from("--folder=");
        argument.push(folder);
        arguments.push(argument);
    }
    if let Some(format) = format {
        arguments.push(format!("--format={format}").into());
    }
    Ok(run_command().try_get_matches_from(arguments)?)
}

/// What was given of the plan's parameters.
fn parameters(own: &ArgMatches) -> Result<BTreeMap<String, String>, Failure> {
    let id = format!("{PREFIX}set");
    let given = own.try_get_many::<String>(&id).ok().flatten();
    run::parameters_of(given.into_iter().flatten())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use guildhall_core::Outcome;
    use serde_json::json;

    use super::*;
    use crate::dynamic::arguments;

    fn handed_over(folder: Option<&str>) -> HandedOver {
        let mut outcome = Outcome::new(&()).unwrap();
        let folder = folder.map(PathBuf::from);
        outcome
            .hand_over_run(&json!({}), folder.as_deref())
            .unwrap();
        let handed_over = outcome.handed_over_run().unwrap().unwrap();
        assert_eq!(&handed_over.plan[..], b"{}");
        handed_over
    }

    fn read(arguments: &[&str], folder: Option<&str>) -> ArgMatches {
        let schema = json!({"type": "object", "properties": {
            "path": {"type": "string"}, "instructions": {"type": "boolean"},
        }});
        let command = add(arguments::add(Command::new("x"), &schema));
        let own = command.try_get_matches_from(["x"].iter().chain(arguments));
        options(&own.unwrap(), Some("json"), &handed_over(folder)).unwrap()
    }

    fn folder(options: &ArgMatches) -> PathBuf {
        options.get_one::<PathBuf>("folder").cloned().unwrap()
    }

    #[test]
    fn options_of_the_run_are_read_as_the_run_reads_them() {
        let options = read(
            &[
                "--check",
                "--concurrency",
                "3",
                "--coordinator=fifo",
                "--budget-usd",
                "1.5",
                "src",
            ],
            None,
        );
        assert!(options.get_flag("check"));
        assert_eq!(options.get_one::<u32>("concurrency"), Some(&3));
        assert_eq!(options.get_one::<f64>("budget-usd"), Some(&1.5));
        assert_eq!(options.get_one::<String>("coordinator").unwrap(), "fifo");
        assert_eq!(options.get_one::<String>("format").unwrap(), "json");
        assert_eq!(folder(&options), PathBuf::from("."));
    }

    #[test]
    fn a_property_of_the_plugin_keeps_its_name() {
        let options = read(&["--instructions"], None);
        assert_eq!(options.get_one::<PathBuf>("instructions"), None);
    }

    #[test]
    fn the_users_folder_wins_over_that_of_the_agent() {
        assert_eq!(
            folder(&read(&[], Some("/theirs"))),
            PathBuf::from("/theirs")
        );
        assert_eq!(
            folder(&read(&["--folder", "mine"], Some("/theirs"))),
            PathBuf::from("mine")
        );
    }
}
