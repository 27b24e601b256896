//! `guildhall diff`: two reports side by side.

use clap::{Arg, ArgMatches, Command};
use guildhall_report::{Diff, DiffFormat, render_diff};

use super::BuiltIn;
use crate::app::App;
use crate::args::shared;
use crate::exit::Failure;
use crate::gate::{self, Gate};
use crate::output::Output;
use crate::{calling, input};

pub(crate) const COMMAND: BuiltIn = BuiltIn {
    name: "diff",
    define,
    run,
    runs_plugins: false,
};

const SIDES: [(&str, &str); 2] = [
    (
        "before",
        "The earlier report, as scan --format json prints it; - reads it from standard input",
    ),
    ("after", "The later report; - reads it from standard input"),
];

fn define() -> Command {
    let command = Command::new("diff").about("Compare two reports: what is new, gone and moved");
    let command = SIDES.into_iter().fold(command, |command, (name, help)| {
        let side = Arg::new(name).value_name(value_name(name)).required(true);
        command.arg(side.help(help))
    });
    command
        .arg(shared::format_option(
            DiffFormat::ALL.map(DiffFormat::as_str),
            "How it is printed [default: text]",
        ))
        .arg(shared::output_option("the comparison"))
        .arg(gate::fail_on_argument().help(
            "End with code 1 where a new finding is of this severity or worse [default: any]",
        ))
}

fn value_name(side: &str) -> &'static str {
    match side {
        "before" => "BEFORE",
        _ => "AFTER",
    }
}

fn run(app: &App, own: &ArgMatches) -> Result<u8, Failure> {
    let gate = Gate::of(app, own);
    let [before, after] = SIDES.map(|(name, _)| {
        let given = own.get_one::<String>(name);
        given.cloned().unwrap_or_default()
    });
    if before == "-" && after == "-" {
        return Err(Failure::usage(
            "both reports cannot come from standard input",
            "give a file for one of them",
        ));
    }
    let diff = Diff::of(&input::read_report(&before)?, &input::read_report(&after)?);
    let mut output = Output::open(shared::output_path(own))?;
    let format = shared::format_of(own).and_then(|text| text.parse().ok());
    let style = calling::style(app, &output);
    render_diff(&diff, format.unwrap_or_default(), &style, &mut output)?;
    output.finish()?;
    Ok(gate.code(true, |severity| {
        gate::code_of(diff.new_at_or_over(severity))
    }))
}
