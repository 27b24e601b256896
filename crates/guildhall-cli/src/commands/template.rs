//! `guildhall template`: the plans that come with Guildhall.

use std::io::Write as _;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, Command};
use guildhall_coordination::{PLAN_TEMPLATES, Parameter, Plan, PlanFormat, PlanTemplate};

use super::BuiltIn;
use crate::app::App;
use crate::exit::{Failure, code};
use crate::output::Output;

pub(crate) const COMMAND: BuiltIn = BuiltIn {
    name: "template",
    define,
    run,
    runs_plugins: false,
};

fn define() -> Command {
    let names = PLAN_TEMPLATES.map(|template| template.name);
    Command::new("template")
        .about("Show the plans that come with Guildhall")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .after_help(
            "`guildhall run --template NAME` carries one out; `guildhall template show NAME > \
             FILE` gives you one to change.",
        )
        .subcommand(Command::new("list").about("List them with their parameters"))
        .subcommand(
            Command::new("show").about("Print the text of one").arg(
                Arg::new("name")
                    .value_name("NAME")
                    .required(true)
                    .value_parser(PossibleValuesParser::new(names)),
            ),
        )
}

fn run(_app: &App, own: &ArgMatches) -> Result<u8, Failure> {
    let mut output = Output::open(None)?;
    match own.subcommand() {
        Some(("show", own)) => {
            let name = own.get_one::<String>("name");
            for template in PLAN_TEMPLATES
                .iter()
                .filter(|it| Some(it.name) == name.map(String::as_str))
            {
                output.write_all(template.text.as_bytes())?;
            }
        }
        _ => {
            for template in PLAN_TEMPLATES {
                list(&mut output, &template)?;
            }
        }
    }
    output.finish()?;
    Ok(code::CLEAN)
}

fn list(output: &mut Output, template: &PlanTemplate) -> Result<(), Failure> {
    let PlanTemplate { name, about, text } = template;
    writeln!(output, "{name}\n  {about}")?;
    let parameters = Plan::parameters_of(text, PlanFormat::Toml, name)?;
    // What must be given stands first.
    let (required, others): (Vec<_>, Vec<_>) = parameters
        .iter()
        .partition(|parameter| parameter.default.is_none());
    for parameter in required.into_iter().chain(others) {
        let Parameter {
            name, description, ..
        } = parameter;
        let default = match &parameter.default {
            None => " (required)".to_owned(),
            Some(value) => format!(" [default: {value}]"),
        };
        writeln!(output, "  --set {name}=...\n      {description}{default}")?;
    }
    Ok(())
}
