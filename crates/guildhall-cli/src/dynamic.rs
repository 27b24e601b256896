//! Commands that plugins bring: built from their manifests, without loading them.

mod arguments;
pub(crate) mod hand_over;
mod names;
mod options;

use std::collections::BTreeMap;

use clap::{ArgMatches, Command};
use guildhall_core::{AgentId, Capability, HandOver};
use guildhall_host::{AgentInfo, Host};

use crate::config::shown;

pub(crate) use arguments::{Given, add_own, input_of};
pub(crate) use names::Clash;
pub(crate) use options::ScanOptions;

/// The commands of all plugins.
pub(crate) struct PluginCommands {
    /// What each full name calls.
    commands: BTreeMap<Vec<String>, Target>,
    /// Names that two wanted.
    pub(crate) clashes: Vec<Clash>,
}

/// What a command calls.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) plugin: AgentId,
    pub(crate) summary: String,
    pub(crate) capability: Capability,
    /// What the command does with the answer, beside printing it.
    pub(crate) hands_over: Option<HandOver>,
}

impl PluginCommands {
    /// The commands of `host`'s agents beside the built-in ones.
    pub(crate) fn of(host: &Host, built_in: &Command) -> Self {
        let wanted = host.agents().iter().flat_map(targets).collect();
        let reserved = built_in
            .get_subcommands()
            .map(|command| command.get_name().to_owned());
        // Clap adds this one by itself.
        let reserved = reserved.chain(["help".to_owned()]).collect();
        let (commands, clashes) = names::settle(wanted, &reserved);
        Self { commands, clashes }
    }

    /// Adds the commands to the root command.
    pub(crate) fn add(&self, root: Command) -> Command {
        let commands: Vec<(&[String], &Target)> = self
            .commands
            .iter()
            .map(|(name, target)| (name.as_slice(), target))
            .collect();
        add_level(root, &commands)
    }

    /// The command that was matched, and its own matches.
    pub(crate) fn matched<'a>(
        &'a self,
        matches: &'a ArgMatches,
    ) -> Option<(&'a Target, &'a ArgMatches)> {
        let mut name = Vec::new();
        let mut level = matches;
        while let Some((word, inner)) = level.subcommand() {
            name.push(word.to_owned());
            level = inner;
        }
        self.commands.get(&name).map(|target| (target, level))
    }

    /// The full names, for `doctor` and `plugin show`.
    pub(crate) fn names(&self) -> impl Iterator<Item = (String, &Target)> {
        self.commands
            .iter()
            .map(|(words, target)| (words.join(" "), target))
    }
}

/// The commands that an agent wants, each with its words.
fn targets(info: &AgentInfo) -> Vec<(Vec<String>, Target)> {
    let manifest = &info.manifest;
    let target = |command: &guildhall_core::Command| {
        let capability = manifest.capability(&command.capability)?.clone();
        let words = command.name.split(' ').map(str::to_owned).collect();
        let (plugin, summary) = (manifest.id.clone(), command.summary.clone());
        Some((
            words,
            Target {
                plugin,
                summary,
                capability,
                hands_over: command.hands_over,
            },
        ))
    };
    manifest.commands.iter().filter_map(target).collect()
}

/// Adds commands that share their words so far, grouped by the next word.
fn add_level(mut parent: Command, commands: &[(&[String], &Target)]) -> Command {
    let mut groups: BTreeMap<&str, Vec<(&[String], &Target)>> = BTreeMap::new();
    for (words, target) in commands {
        if let [first, rest @ ..] = words {
            groups.entry(first).or_default().push((rest, target));
        }
    }
    for (word, members) in groups {
        let command = match members.as_slice() {
            [([], target)] => leaf(word, target),
            members => group(word, members),
        };
        parent = parent.subcommand(command);
    }
    parent
}

fn leaf(word: &str, target: &Target) -> Command {
    let command = Command::new(word.to_owned())
        .about(shown::text(&target.summary))
        .after_help(format!("From the plugin {}.", target.plugin));
    let command = arguments::add(command, &target.capability.input);
    match target.hands_over {
        Some(HandOver::Run) => hand_over::add(command),
        _ => command,
    }
}

fn group(word: &str, members: &[(&[String], &Target)]) -> Command {
    let mut plugins: Vec<&str> = members
        .iter()
        .map(|(_, target)| target.plugin.as_str())
        .collect();
    plugins.sort_unstable();
    plugins.dedup();
    let command = Command::new(word.to_owned())
        .about(format!("Commands of {}", plugins.join(", ")))
        .subcommand_required(true)
        .arg_required_else_help(true);
    add_level(command, members)
}
