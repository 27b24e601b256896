//! Capabilities in a configuration: `name@version`, or a table.

use guildhall_core::{AgentId, Capability, CapabilityName, CostHint, TaskKind};
use semver::Version;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// A capability as a table.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Table {
    name: CapabilityName,
    #[serde(default = "super::first_version")]
    version: Version,
    #[serde(default)]
    summary: String,
    #[serde(default = "anything")]
    input: Value,
    #[serde(default = "anything")]
    output: Value,
    #[serde(default)]
    cacheable: bool,
    #[serde(default)]
    task_kinds: Vec<TaskKind>,
}

/// One entry of the list.
struct Entry(Capability);

/// Reads the list.
pub(super) fn list<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<Capability>, D::Error> {
    let entries = Vec::<Entry>::deserialize(deserializer)?;
    Ok(entries.into_iter().map(|Entry(own)| own).collect())
}

/// What an agent offers that names nothing.
pub(super) fn default_of(id: &AgentId) -> Capability {
    // An id may be as long as a name, which leaves no room for the ending.
    let name = CapabilityName::new(format!("{id}.run"))
        .or_else(|_| CapabilityName::new("process.run"))
        .expect("the second is a well-formed name");
    plain(name, super::first_version())
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => from_text(&text).map_err(D::Error::custom),
            table => Table::deserialize(table)
                .map_err(D::Error::custom)
                .and_then(|table| from_table(table).map_err(D::Error::custom)),
        }
        .map(Self)
    }
}

fn from_text(text: &str) -> Result<Capability, String> {
    let (name, version) = text.split_once('@').unwrap_or((text, "1.0.0"));
    let name = CapabilityName::new(name).map_err(|error| error.to_string())?;
    let version = Version::parse(version).map_err(|error| {
        format!("{version:?} in {text:?} is not a version such as 1.2.0: {error}")
    })?;
    Ok(plain(name, version))
}

fn from_table(table: Table) -> Result<Capability, String> {
    for (key, schema) in [("input", &table.input), ("output", &table.output)] {
        if !(schema.is_object() || schema.is_boolean()) {
            return Err(format!("{key} is neither a JSON Schema nor true or false"));
        }
    }
    let mut capability = plain(table.name, table.version);
    capability.summary = table.summary;
    capability.input = table.input;
    capability.output = table.output;
    capability.task_kinds = table.task_kinds;
    capability.cacheable = table.cacheable;
    Ok(capability)
}

fn plain(name: CapabilityName, version: Version) -> Capability {
    Capability {
        name,
        version,
        summary: String::new(),
        input: anything(),
        output: anything(),
        task_kinds: Vec::new(),
        cacheable: false,
        cost: CostHint::default(),
        extra: Map::new(),
    }
}

fn anything() -> Value {
    Value::Bool(true)
}
