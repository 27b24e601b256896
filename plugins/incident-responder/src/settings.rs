//! The agent's part of the user's configuration.

use std::collections::BTreeMap;

use guildhall_sdk::Schema;
use serde::Deserialize;

use crate::ResponderError;
use crate::severity::{Data, Depth, Fact, Facts, Reach, Rubric};

/// `[plugins.config.incident-responder]`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Schema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Settings {
    /// The numbers by which severity is told.
    pub severity: Rubric,
    /// What labels of alerts say of the impact, by `name=value`.
    pub labels: BTreeMap<String, LabelFacts>,
    /// Builds what is in a folder. A single text is a line for the shell; several are a program
    /// and its arguments.
    pub build: Vec<String>,
    /// Fails where what is looked for is seen, and passes else.
    pub reproduce: Vec<String>,
    /// Passes where all else works.
    pub test: Vec<String>,
    /// Deploys a candidate: a program and its arguments, in which `{branch}`, `{commit}`,
    /// `{incident}` and `{candidate}` are replaced. It is never given to a shell.
    pub deploy: Vec<String>,
    /// Variables of the environment that these commands are given beside the usual few.
    pub pass: Vec<String>,
    /// Seconds that a command may take; 900 where absent.
    #[schema(minimum = 1)]
    pub command_seconds: Option<u32>,
    /// How suspects are looked for.
    pub suspects: SuspectSettings,
    /// How incidents are responded to.
    pub respond: RespondSettings,
}

/// How incidents are responded to.
#[derive(Debug, Clone, PartialEq, Deserialize, Schema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct RespondSettings {
    /// Whether a response tries to take the first suspect back.
    pub auto_create_hotfix: bool,
    /// Folders of runbooks, beneath the repository.
    pub runbooks: Vec<String>,
    /// From how well on, 0 to 1, a runbook fits.
    pub relevance: f64,
}

/// How suspects are looked for.
#[derive(Debug, Clone, PartialEq, Deserialize, Schema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct SuspectSettings {
    /// From this chance on, 0 to 1, a first suspect is called a good one.
    pub high: f64,
    /// Below this chance of the first one, 0 to 1, no suspect is named.
    pub withhold: f64,
    /// Commits that are read at the most, where a command does not say it.
    #[schema(minimum = 1)]
    pub most_commits: u32,
}

/// What a label says of the impact.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Schema)]
#[serde(default, deny_unknown_fields)]
pub struct LabelFacts {
    /// How many are reached.
    pub reach: Option<Reach>,
    /// How much does not work for them.
    pub depth: Option<Depth>,
    /// What became of data.
    pub data: Option<Data>,
    /// Whether something became known to those who may not know it.
    pub exposed: Option<bool>,
    /// Whether money went where it should not.
    pub charges: Option<bool>,
}

impl Default for RespondSettings {
    fn default() -> Self {
        Self {
            auto_create_hotfix: true,
            runbooks: vec!["docs/runbooks".to_owned()],
            relevance: 0.35,
        }
    }
}

impl Default for SuspectSettings {
    fn default() -> Self {
        Self {
            high: 0.55,
            withhold: 0.15,
            most_commits: 2_000,
        }
    }
}

impl Settings {
    /// Whether numbers are such as they can be.
    ///
    /// # Errors
    /// Which is not.
    pub fn check(&self) -> Result<(), ResponderError> {
        let SuspectSettings { high, withhold, .. } = self.suspects;
        let numbers = [
            ("suspects.high", high),
            ("suspects.withhold", withhold),
            ("respond.relevance", self.respond.relevance),
        ];
        match numbers
            .into_iter()
            .find(|(_, it)| !(0.0..=1.0).contains(it))
        {
            None => Ok(()),
            Some((key, number)) => Err(ResponderError::Request {
                key,
                problem: format!(
                    "is {number} in [plugins.config.incident-responder]; it is from 0 to 1"
                ),
            }),
        }
    }

    /// What labels say, each `name=value`; the first that says something counts.
    pub(crate) fn facts_of(&self, labels: &[String]) -> Facts {
        let known = labels
            .iter()
            .filter_map(|label| Some((label, self.labels.get(label)?)));
        known.fold(Facts::default(), |facts, (label, said)| {
            facts.or(Facts {
                reach: told(said.reach, label),
                depth: told(said.depth, label),
                minutes: None,
                data: told(said.data, label),
                exposed: told(said.exposed, label),
                charges: told(said.charges, label),
            })
        })
    }
}

fn told<T>(value: Option<T>, label: &str) -> Option<Fact<T>> {
    value.map(|value| Fact::told(value, label, "label"))
}
