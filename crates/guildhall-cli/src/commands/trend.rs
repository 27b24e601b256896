//! `guildhall trend`: how a code base has changed, at releases, dates or commits.

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use guildhall_core::AgentError;
use guildhall_report::{Day, Document, Format, MOST_TREND_POINTS, Step, TrendPoints, render};

use super::BuiltIn;
use crate::app::App;
use crate::args::shared;
use crate::calling;
use crate::exit::{Failure, code};
use crate::output::Output;
use crate::scanning::{self, Asked, Scanner};

pub(crate) const COMMAND: BuiltIn = BuiltIn {
    name: "trend",
    define,
    run,
    runs_plugins: true,
};

fn define() -> Command {
    let [path, threads, timeout, _] = scanning::arguments();
    Command::new("trend")
        .about("Tell how a code base has changed over its releases or over time")
        .arg(path.help("The folder, in a repository or a bare one"))
        .args(points_arguments())
        .arg(shared::format_option(
            Format::ALL.map(Format::as_str),
            "How the report is printed [default: text]",
        ))
        .arg(shared::output_option("the report"))
        .arg(threads)
        .arg(timeout)
}

fn points_arguments() -> [Arg; 6] {
    let number = || value_parser!(u32).range(1..=i64::from(MOST_TREND_POINTS));
    [
        Arg::new("releases")
            .long("releases")
            .value_name("N")
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("12")
            .value_parser(number())
            .conflicts_with_all(["every", "count", "since", "refs"])
            .help("The N highest versions among the tags, 12 where N is left out, and HEAD"),
        Arg::new("tag-prefix")
            .long("tag-prefix")
            .value_name("TEXT")
            .requires("releases")
            .help("What stands before the version in the tags [default: the most usual one]"),
        Arg::new("every")
            .long("every")
            .value_name("TIME")
            .value_parser(|text: &str| text.parse::<Step>())
            .help("One point each day, \"2 weeks\", month, quarter or year, back from HEAD [default: month]"),
        Arg::new("count")
            .long("count")
            .value_name("N")
            .value_parser(number())
            .help("How many points [default: 12, or as many as --since gives]"),
        Arg::new("since")
            .long("since")
            .value_name("DATE")
            .value_parser(|text: &str| text.parse::<Day>())
            .help("No point before this day (UTC), for example 2024-12-31"),
        Arg::new("refs")
            .long("refs")
            .value_name("REF,...")
            .value_delimiter(',')
            .action(ArgAction::Append)
            .conflicts_with_all(["every", "count", "since"])
            .help("These branches, tags or commits, in this order"),
    ]
}

fn run(app: &App, own: &ArgMatches) -> Result<u8, Failure> {
    let root = scanning::root(own)?;
    let scanner = Scanner::of(app, own, Asked::TREND)?;
    let mut output = Output::open(shared::output_path(own))?;
    let document = scanner.trend(&root, points(own))?;
    insist_on_one(&document)?;
    let format = shared::format_of(own).and_then(|text| text.parse().ok());
    let format = format.or(app.config.settings.format);
    let style = calling::style(app, &output);
    render(&document, format.unwrap_or_default(), &style, &mut output)?;
    output.finish()?;
    Ok(scanning::code_of_failed(&document).unwrap_or(code::CLEAN))
}

fn points(own: &ArgMatches) -> TrendPoints {
    if let Some(names) = own.get_many::<String>("refs") {
        return TrendPoints::Refs {
            names: names.cloned().collect(),
        };
    }
    if let Some(newest) = own.get_one::<u32>("releases") {
        return TrendPoints::Releases {
            newest: *newest,
            prefix: own.get_one::<String>("tag-prefix").cloned(),
        };
    }
    TrendPoints::Every {
        step: own.get_one::<Step>("every").copied().unwrap_or(Step::MONTH),
        count: own.get_one::<u32>("count").copied(),
        since: own.get_one::<Day>("since").copied(),
    }
}

/// Fails where no agent has a report: there is nothing to show but why.
fn insist_on_one(document: &Document) -> Result<(), Failure> {
    let failed = &document.summary.failed_agents;
    match failed.first() {
        Some(first) if document.agents().len() == failed.len() => {
            Err(AgentError::new(first.code.as_str(), first.message.as_str()).into())
        }
        _ => Ok(()),
    }
}
