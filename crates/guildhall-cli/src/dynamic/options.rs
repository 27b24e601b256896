//! Options that agents add to the commands that scan.
//!
//! Whatever an agent's scan capability takes beyond a [`guildhall_report::ScanRequest`] is an
//! option of these commands, and goes to no other agent. As with commands, installing an
//! agent never changes what another's option does: one that two want with different types,
//! or that a command has itself, is reached by the agent's id in front.

use std::collections::{BTreeMap, BTreeSet};

use clap::{Arg, ArgMatches, Command};
use guildhall_core::{AgentId, Capability};
use guildhall_host::Host;
use guildhall_report::SCAN_CAPABILITY;
use serde_json::{Map, Value};

use super::arguments;
use crate::exit::Failure;

/// What every agent is asked.
const OF_EVERY_AGENT: [&str; 5] = ["root", "threads", "settings", "cache", "known"];

/// The commands that scan, each by its words.
const COMMANDS: [&[&str]; 4] = [
    &["scan"],
    &["suppressions"],
    &["baseline", "write"],
    &["baseline", "prune"],
];

/// The options of all agents.
pub(crate) struct ScanOptions(Vec<ScanOption>);

/// One option.
#[derive(Debug, Clone, PartialEq)]
struct ScanOption {
    /// Its name on the command line.
    flag: String,
    /// The property of the input.
    name: String,
    schema: Value,
    /// Whose it is.
    agents: Vec<AgentId>,
}

impl ScanOptions {
    /// The options of `host`'s agents beside those that the commands of `root` have.
    pub(crate) fn of(host: &Host, root: &Command) -> Self {
        let agents = host.agents();
        let scans = agents.iter().filter_map(|info| {
            let capabilities = info.manifest.capabilities.iter();
            let scans = capabilities.filter(|it| it.name.as_str() == SCAN_CAPABILITY);
            let newest: Option<&Capability> = scans.max_by(|a, b| a.version.cmp(&b.version));
            Some((info.manifest.id.clone(), newest?.input.clone()))
        });
        Self(settle(scans, &taken(root)))
    }

    /// Adds them to the commands that scan.
    pub(crate) fn add(&self, root: Command) -> Command {
        COMMANDS
            .iter()
            .fold(root, |root, words| self.add_to(root, words))
    }

    /// What was given of the options of `agent`.
    pub(crate) fn given(
        &self,
        matches: &ArgMatches,
        agent: &AgentId,
    ) -> Result<Map<String, Value>, Failure> {
        let mut given = Map::new();
        for option in self.0.iter().filter(|option| option.agents.contains(agent)) {
            let value = arguments::value_of(&option.id(), &option.name, &option.schema, matches)?;
            if let Some(value) = value {
                given.insert(option.name.clone(), value);
            }
        }
        Ok(given)
    }

    fn add_to(&self, command: Command, words: &[&str]) -> Command {
        match words {
            [] => command.args(self.0.iter().map(ScanOption::argument)),
            [word, rest @ ..] => {
                command.mut_subcommand(*word, |command| self.add_to(command, rest))
            }
        }
    }
}

impl ScanOption {
    /// Of the argument; no other argument has such a one.
    fn id(&self) -> String {
        format!("of agents: {}", self.flag)
    }

    fn argument(&self) -> Arg {
        let agents: Vec<&str> = self.agents.iter().map(AgentId::as_str).collect();
        let id = self.id();
        let argument = arguments::optional(&id, &self.name, &self.schema);
        let help = argument
            .get_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        let from = format!("(from {})", agents.join(", "));
        let help = [help, from].join(" ");
        argument
            .long(self.flag.clone())
            .help(help.trim_start().to_owned())
            .help_heading("Options of agents")
    }
}

/// The names that commands which scan have for their own options.
fn taken(root: &Command) -> BTreeSet<String> {
    let commands = COMMANDS.iter().filter_map(|words| {
        words
            .iter()
            .try_fold(root, |command, word| command.find_subcommand(word))
    });
    let arguments = commands.chain([root]).flat_map(Command::get_arguments);
    let names = arguments.filter_map(|argument| argument.get_long().map(str::to_owned));
    names
        .chain(["help".to_owned(), "version".to_owned()])
        .collect()
}

/// Who gets which name, ordered by it.
fn settle(
    scans: impl Iterator<Item = (AgentId, Value)>,
    taken: &BTreeSet<String>,
) -> Vec<ScanOption> {
    let mut wanted: BTreeMap<String, Vec<ScanOption>> = BTreeMap::new();
    for (agent, input) in scans {
        let Some(properties) = input["properties"].as_object() else {
            continue;
        };
        for (name, schema) in properties {
            if OF_EVERY_AGENT.contains(&name.as_str()) {
                continue;
            }
            let flag = arguments::flag(name);
            wanted.entry(flag.clone()).or_default().push(ScanOption {
                flag,
                name: name.clone(),
                schema: schema.clone(),
                agents: vec![agent.clone()],
            });
        }
    }
    let mut settled = Vec::new();
    for (flag, mut all) in wanted {
        all.sort_by(|a, b| a.agents.cmp(&b.agents));
        let first = all[0].clone();
        let is_shared = all.iter().all(|one| is_same(one, &first));
        if is_shared && !taken.contains(&flag) {
            let agents = all.into_iter().flat_map(|one| one.agents).collect();
            settled.push(ScanOption { agents, ..first });
        } else {
            settled.extend(all.into_iter().map(|one| ScanOption {
                flag: format!("{}-{flag}", one.agents[0]),
                ..one
            }));
        }
    }
    settled.sort_by(|a, b| (&a.flag, &a.agents).cmp(&(&b.flag, &b.agents)));
    // An id in front may lead to a name that there is already; the first keeps it.
    settled.dedup_by(|a, b| a.flag == b.flag);
    settled.retain(|option| !taken.contains(&option.flag));
    settled
}

/// Whether one value does for both.
fn is_same(one: &ScanOption, other: &ScanOption) -> bool {
    let form = |option: &ScanOption| arguments::form(&option.schema);
    one.name == other.name && form(one) == form(other)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn options(agents: &[(&str, Value)]) -> ScanOptions {
        let taken = ["format", "fail-on"].map(str::to_owned).into();
        let scans = agents.iter().map(|(agent, properties)| {
            let input = json!({"type": "object", "properties": properties});
            (agent.parse().unwrap(), input)
        });
        ScanOptions(settle(scans, &taken))
    }

    fn flags(options: &ScanOptions) -> Vec<String> {
        let line = |option: &ScanOption| {
            let agents: Vec<&str> = option.agents.iter().map(AgentId::as_str).collect();
            format!("{} {}", option.flag, agents.join(" "))
        };
        options.0.iter().map(line).collect()
    }

    fn text() -> Value {
        json!({"type": "string"})
    }

    #[test]
    fn what_every_agent_is_asked_is_no_option() {
        let own = json!({"root": text(), "threads": text(), "settings": {}, "cache": text(), "known": text(), "with_x": text()});
        assert_eq!(flags(&options(&[("one", own)])), ["with-x one"]);
    }

    #[test]
    fn options_of_one_type_are_shared_and_others_have_the_id_in_front() {
        let text_or_null =
            json!({"anyOf": [{"type": "string"}, {"type": "null"}], "description": "B."});
        let shared = options(&[
            ("two", json!({"x": text_or_null})),
            ("one", json!({"x": text()})),
        ]);
        assert_eq!(flags(&shared), ["x one two"]);
        let number = json!({"x": {"type": "integer"}});
        let apart = options(&[("one", json!({"x": text()})), ("two", number)]);
        assert_eq!(flags(&apart), ["one-x one", "two-x two"]);
    }

    #[test]
    fn an_option_of_the_command_keeps_its_name() {
        let found = options(&[("one", json!({"fail_on": text(), "Format": text()}))]);
        assert_eq!(flags(&found), ["one-fail-on one", "one-format one"]);
    }

    #[test]
    fn only_its_agents_are_given_an_option() {
        let both = options(&[
            (
                "one",
                json!({"x": {"type": "array", "items": {"type": "string"}}}),
            ),
            ("two", json!({"y": {"type": "integer"}})),
        ]);
        let root = ["write", "prune"]
            .into_iter()
            .fold(Command::new("baseline"), |it, name| {
                it.subcommand(Command::new(name))
            });
        let root = Command::new("g")
            .subcommand(Command::new("scan"))
            .subcommand(Command::new("suppressions"))
            .subcommand(root);
        let root = both.add(root);
        let matches = root.try_get_matches_from(["g", "scan", "--x", "-", "--x=b", "--y", "3"]);
        let matches = matches.unwrap();
        let (_, scan) = matches.subcommand().unwrap();
        let given = |agent: &str| Value::Object(both.given(scan, &agent.parse().unwrap()).unwrap());
        assert_eq!(given("one"), json!({"x": ["-", "b"]}));
        assert_eq!(given("two"), json!({"y": 3}));
        assert_eq!(given("three"), json!({}));
    }
}
