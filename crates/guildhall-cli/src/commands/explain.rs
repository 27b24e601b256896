//! `guildhall explain`: what a rule checks and why, from the agent that has it.

use clap::{Arg, ArgAction, ArgMatches, Command};
use guildhall_core::{CapabilityRequest, CoreError};
use guildhall_host::CallRequest;
use guildhall_report::{
    Format, RULES_CAPABILITY, RULES_VERSIONS, Rule, RuleList, Said, render_rules,
};
use serde_json::json;

use super::BuiltIn;
use crate::app::App;
use crate::args::shared;
use crate::exit::{Failure, code};
use crate::nearest::nearest;
use crate::output::Output;
use crate::{calling, plugins};

pub(crate) const COMMAND: BuiltIn = BuiltIn {
    name: "explain",
    define,
    run,
    runs_plugins: true,
};

/// Those that have room for what a rule says of itself.
const FORMATS: [Format; 5] = [
    Format::Text,
    Format::Json,
    Format::Sarif,
    Format::Markdown,
    Format::Html,
];

fn define() -> Command {
    Command::new("explain")
        .about("Explain a rule: what it checks, why, and how it is measured")
        .override_usage("guildhall explain [OPTIONS] <RULE|--all>")
        .arg(
            Arg::new("rule")
                .value_name("RULE")
                .required_unless_present("all")
                .help("Id of the rule, as it stands in a report"),
        )
        .arg(
            Arg::new("all")
                .long("all")
                .action(ArgAction::SetTrue)
                .conflicts_with("rule")
                .help("Explain every rule of every agent"),
        )
        .arg(
            shared::format_option(FORMATS.map(Format::as_str), "How it is printed")
                .default_value("text"),
        )
}

fn run(app: &App, own: &ArgMatches) -> Result<u8, Failure> {
    plugins::insist(&app.host)?;
    let rules = rules(app)?;
    let shown = match own.get_one::<String>("rule") {
        Some(id) => vec![find(&rules, id)?.clone()],
        None => rules,
    };
    let mut output = Output::open(None)?;
    let format = shared::format_of(own).and_then(|text| text.parse().ok());
    let style = calling::style(app, &output);
    render_rules(&shown, format.unwrap_or_default(), &style, &mut output)?;
    output.finish()?;
    Ok(code::CLEAN)
}

/// The rules of all agents that list theirs, by id.
fn rules(app: &App) -> Result<Vec<Said<Rule>>, Failure> {
    let wanted: CapabilityRequest = format!("{RULES_CAPABILITY}@{RULES_VERSIONS}")
        .parse()
        .map_err(|error: CoreError| Failure::usage(error.to_string(), ""))?;
    let offers = app.host.registry().find(&wanted, false);
    let lists = calling::block_on(async |cancel| {
        let mut lists = Vec::new();
        for offer in offers {
            let request = CallRequest::new(wanted.clone(), &json!({}))?
                .to_agent(offer.agent.clone())
                .cancel_with(cancel.clone());
            let list: RuleList = app.host.call(request).await?.outcome.output()?;
            lists.push((offer.agent, list));
        }
        app.host.stop().await;
        Ok::<_, Failure>(lists)
    })??;
    let mut rules: Vec<Said<Rule>> = lists
        .into_iter()
        .flat_map(|(agent, list)| {
            list.rules.into_iter().map(move |item| Said {
                agent: agent.to_string(),
                item,
            })
        })
        .collect();
    rules.sort_by(|a, b| (&a.id, &a.agent).cmp(&(&b.id, &b.agent)));
    Ok(rules)
}

fn find<'a>(rules: &'a [Said<Rule>], id: &str) -> Result<&'a Said<Rule>, Failure> {
    rules.iter().find(|known| known.id == id).ok_or_else(|| {
        let ids = rules.iter().map(|known| known.id.as_str());
        let help = match nearest(id, ids) {
            Some(nearest) => format!("did you mean {nearest}?"),
            None => "`guildhall explain --all` lists every rule".to_owned(),
        };
        Failure::input(format!("no agent has a rule {id:?}"), help)
    })
}
