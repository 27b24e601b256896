//! A program that is an agent: its table is checked where it stands, so that a mistake is
//! told with its line.

use std::ops::Range;

use guildhall_core::AgentId;
use guildhall_runtime::RuntimeError;
use guildhall_runtime::process::ProcessAgentConfig;
use serde_json::Value;
use toml::de::DeValue;

use crate::config::json;
use crate::config::settings::Setting;
use crate::config::value::{self, Given, Wrong, nearest};

/// Reads and checks the table of an agent.
pub(super) fn config(agent: &str, key: &Range<usize>, given: &Given<'_>) -> Result<Setting, Wrong> {
    let id = AgentId::new(agent).map_err(|_| {
        let message = "is not the id of an agent: lower-case words of letters and digits joined by `-`, at most 64 bytes";
        Wrong::new(key.clone(), message)
    })?;
    let table = json::table(value::table(given)?)?;
    match ProcessAgentConfig::from_json(&id, Value::Object(table.clone())) {
        Ok(_) => Ok(Setting::Agent(id, table)),
        Err(RuntimeError::BadProcessAgent { key, reason, .. }) => Err(wrong(given, &key, &reason)),
        Err(error) => Err(Wrong::new(key.clone(), format!("is wrong: {error}"))),
    }
}

/// The problem, where the key that it names stands.
fn wrong(given: &Given<'_>, key: &str, reason: &str) -> Wrong {
    let unknown = unknown_field(reason);
    let steps = key.split(['.', '[', ']']).filter(|step| !step.is_empty());
    let mut steps: Vec<&str> = steps.collect();
    if let Some(unknown) = &unknown {
        steps.pop_if(|last| *last == unknown.field);
    }
    let (at, depth) = follow(given, &steps);
    let mut wrong = Wrong::new(at.span(), "");
    let named = match depth {
        0 => String::new(),
        depth => format!(" in `{}`", steps[..depth].join(".")),
    };
    if let Some(unknown) = unknown {
        if let DeValue::Table(table) = at.get_ref()
            && let Some((name, _)) = table.iter().find(|(it, _)| *it.get_ref() == unknown.field)
        {
            wrong.span = name.span();
        }
        wrong.message = format!("has an unknown key `{}`{named}", unknown.field);
        wrong.help = Some(unknown.help);
    } else if depth == 0 {
        wrong.message = format!("is wrong: {reason}");
    } else {
        wrong.message = format!("has a wrong `{key}`: {reason}");
    }
    wrong
}

/// The value that `steps` lead to, as far as there is one, and how many steps that is.
fn follow<'g, 'a>(given: &'g Given<'a>, steps: &[&str]) -> (&'g Given<'a>, usize) {
    let mut at = given;
    for (depth, step) in steps.iter().enumerate() {
        let inner = match at.get_ref() {
            DeValue::Table(table) => table.get(*step),
            DeValue::Array(items) => step.parse().ok().and_then(|at: usize| items.get(at)),
            _ => None,
        };
        let Some(inner) = inner else {
            return (at, depth);
        };
        at = inner;
    }
    (at, steps.len())
}

/// A key that there is not.
struct Unknown {
    field: String,
    help: String,
}

/// Serde lists every known field, which is more than anybody reads.
fn unknown_field(reason: &str) -> Option<Unknown> {
    let rest = reason.strip_prefix("unknown field ")?;
    let names: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
    let (field, known) = names.split_first()?;
    let help = match nearest(field, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the keys here are {}", known.join(", ")),
    };
    Some(Unknown {
        field: (*field).to_owned(),
        help,
    })
}
