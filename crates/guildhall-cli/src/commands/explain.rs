//! `guildhall explain`: what a rule checks and why, from the agent that has it.

use std::io::Write as _;

use clap::{Arg, ArgAction, ArgMatches, Command};
use guildhall_core::{AgentId, CapabilityRequest, CoreError};
use guildhall_host::CallRequest;
use guildhall_report::{RULES_CAPABILITY, RULES_VERSIONS, Rule, RuleList};
use serde_json::json;

use super::BuiltIn;
use crate::app::App;
use crate::args::shared;
use crate::config::shown;
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

fn define() -> Command {
    Command::new("explain")
        .about("Explain a rule: what it checks, why, and how it is measured")
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
            shared::format_option(["text", "json", "markdown"], "How it is printed")
                .default_value("text"),
        )
}

/// A rule and the agent that has it.
struct Known {
    agent: AgentId,
    rule: Rule,
}

fn run(app: &App, own: &ArgMatches) -> Result<u8, Failure> {
    plugins::insist(&app.host)?;
    let rules = rules(app)?;
    let shown: Vec<&Known> = match own.get_one::<String>("rule") {
        Some(id) => vec![find(&rules, id)?],
        None => rules.iter().collect(),
    };
    let mut output = Output::open(None)?;
    match shared::format_of(own) {
        Some("json") => {
            let list: Vec<_> = shown
                .iter()
                .map(|known| json!({"agent": known.agent, "rule": known.rule}))
                .collect();
            output.json(&list)?;
        }
        Some("markdown") => {
            for known in shown {
                output.write_all(shown::lines(&markdown(known)).as_bytes())?;
            }
        }
        _ => {
            let width = output.width();
            for (at, known) in shown.into_iter().enumerate() {
                if at > 0 {
                    writeln!(output)?;
                }
                output.write_all(shown::lines(&text(known, width)).as_bytes())?;
            }
        }
    }
    output.finish()?;
    Ok(code::CLEAN)
}

/// The rules of all agents that list theirs, by id.
fn rules(app: &App) -> Result<Vec<Known>, Failure> {
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
    let mut rules: Vec<Known> = lists
        .into_iter()
        .flat_map(|(agent, list)| {
            list.rules.into_iter().map(move |rule| Known {
                agent: agent.clone(),
                rule,
            })
        })
        .collect();
    rules.sort_by(|a, b| (&a.rule.id, &a.agent).cmp(&(&b.rule.id, &b.agent)));
    Ok(rules)
}

fn find<'a>(rules: &'a [Known], id: &str) -> Result<&'a Known, Failure> {
    rules
        .iter()
        .find(|known| known.rule.id == id)
        .ok_or_else(|| {
            let ids = rules.iter().map(|known| known.rule.id.as_str());
            let help = match nearest(id, ids) {
                Some(nearest) => format!("did you mean {nearest}?"),
                None => "`guildhall explain --all` lists every rule".to_owned(),
            };
            Failure::input(format!("no agent has a rule {id:?}"), help)
        })
}

fn text(known: &Known, width: usize) -> String {
    let Known { agent, rule } = known;
    let mut text = format!(
        "{}: {}\nfrom {agent}, usually {}\n",
        rule.id, rule.title, rule.severity
    );
    for (heading, body) in sections(rule) {
        text.push_str(&format!("\n{heading}\n"));
        let code = heading == "Example" || heading == "Better";
        for line in body.lines() {
            let lines = if code {
                vec![line.to_owned()]
            } else {
                wrapped(line, width.min(100) - 2)
            };
            for line in lines {
                text.push_str(format!("  {line}").trim_end());
                text.push('\n');
            }
        }
    }
    text
}

fn markdown(known: &Known) -> String {
    let Known { agent, rule } = known;
    let mut text = format!(
        "## {}\n\n{} (from `{agent}`, usually {})\n",
        rule.id, rule.title, rule.severity
    );
    for (heading, body) in sections(rule) {
        let code = heading == "Example" || heading == "Better";
        let body = body.trim_end();
        if code {
            text.push_str(&format!("\n**{heading}**\n\n```rust\n{body}\n```\n"));
        } else {
            text.push_str(&format!("\n**{heading}**\n\n{body}\n"));
        }
    }
    text.push('\n');
    text
}

/// What there is to say of a rule, in reading order.
fn sections(rule: &Rule) -> Vec<(&'static str, String)> {
    let setting = match (rule.threshold, &rule.setting) {
        (Some(threshold), Some(setting)) => {
            Some(format!("{threshold} by default; set by {setting}"))
        }
        (Some(threshold), None) => Some(threshold.to_string()),
        (None, setting) => setting.as_ref().map(|setting| format!("set by {setting}")),
    };
    let parts = [
        ("What it does", Some(rule.what.clone())),
        ("Why that is bad", Some(rule.why.clone())),
        ("Example", rule.example.clone()),
        ("Better", rule.better.clone()),
        ("How it is measured", rule.measured.clone()),
        ("Threshold", setting),
    ];
    parts
        .into_iter()
        .filter_map(|(heading, body)| Some((heading, body?)))
        .collect()
}

/// Breaks a line between words.
fn wrapped(line: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in line.split_whitespace() {
        let last = lines.len() - 1;
        let space = usize::from(!lines[last].is_empty());
        if lines[last].chars().count() + space + word.chars().count() > width && space == 1 {
            lines.push(word.to_owned());
        } else {
            lines[last].push_str(if space == 1 { " " } else { "" });
            lines[last].push_str(word);
        }
    }
    lines
}
