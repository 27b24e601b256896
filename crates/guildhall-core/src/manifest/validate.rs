//! What makes a manifest contradict itself.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Command, Manifest, positionals};
use crate::capability::Capability;
use crate::error::CoreError;
use crate::id::is_command;

/// Checks what the types alone cannot.
pub(super) fn validate(manifest: &Manifest) -> Result<(), CoreError> {
    capabilities(&manifest.capabilities)?;
    commands(manifest)?;
    if let Some(config) = &manifest.config {
        schema(config, "the configuration's schema")?;
    }
    if manifest.max_concurrent_tasks == 0 {
        return bad(
            "max_concurrent_tasks is 0, so the agent could never be called; give 1 or more",
        );
    }
    Ok(())
}

fn capabilities(capabilities: &[Capability]) -> Result<(), CoreError> {
    if capabilities.is_empty() {
        return bad("it offers no capability; give it at least one");
    }
    let mut seen = BTreeSet::new();
    for capability in capabilities {
        if !seen.insert((&capability.name, &capability.version)) {
            return bad(format!(
                "capability {} {} stands in it twice; remove one",
                capability.name, capability.version
            ));
        }
        schema(
            &capability.input,
            &format!("the input schema of {}", capability.name),
        )?;
        positionals(&capability.input).map_err(|reason| CoreError::BadManifest {
            reason: format!("in the input of {}, {reason}", capability.name),
        })?;
        schema(
            &capability.output,
            &format!("the output schema of {}", capability.name),
        )?;
    }
    Ok(())
}

fn commands(manifest: &Manifest) -> Result<(), CoreError> {
    let mut seen = BTreeSet::new();
    for command in &manifest.commands {
        command_words(command)?;
        if !seen.insert(&command.name) {
            return bad(format!(
                "command {:?} stands in it twice; remove one",
                command.name
            ));
        }
        if manifest.capability(&command.capability).is_none() {
            return bad(format!(
                "command {:?} calls {}, which the plugin does not offer; add the capability or correct the name",
                command.name, command.capability
            ));
        }
    }
    // `licences` and `licences check` cannot both be commands: the second word
    // would be an argument of the first.
    for (shorter, longer) in seen.iter().flat_map(|a| seen.iter().map(move |b| (a, b))) {
        if longer
            .strip_prefix(shorter.as_str())
            .is_some_and(|rest| rest.starts_with(' '))
        {
            return bad(format!(
                "command {shorter:?} is also the group of {longer:?}; rename one of them"
            ));
        }
    }
    Ok(())
}

fn command_words(command: &Command) -> Result<(), CoreError> {
    if is_command(&command.name) {
        return Ok(());
    }
    bad(format!(
        "command {:?} is not one to three lower-case words joined by single spaces",
        command.name
    ))
}

fn schema(schema: &Value, what: &str) -> Result<(), CoreError> {
    if schema.is_object() || schema.is_boolean() {
        return Ok(());
    }
    bad(format!("{what} is neither a JSON object nor a boolean"))
}

fn bad<T>(reason: impl Into<String>) -> Result<T, CoreError> {
    Err(CoreError::BadManifest {
        reason: reason.into(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sample() -> Value {
        json!({
            "id": "hello", "version": "1.0.0", "protocol": "^1", "panic": "unwind",
            "capabilities": [{"name": "a.b", "version": "1.0.0", "input": true}],
            "commands": [{"name": "hello world", "summary": "s", "capability": "a.b"}],
        })
    }

    fn refusal(change: impl FnOnce(&mut Value)) -> String {
        let mut manifest = sample();
        change(&mut manifest);
        Manifest::from_json(manifest.to_string().as_bytes())
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_sound_manifest_is_taken_and_its_unknown_fields_survive() {
        let mut json = sample();
        json["novel"] = json!({"deep": [1]});
        json["capabilities"][0]["also"] = json!(true);
        let manifest = Manifest::from_json(json.to_string().as_bytes()).unwrap();
        let back = serde_json::to_value(&manifest).unwrap();
        assert_eq!(back["novel"], json!({"deep": [1]}));
        assert_eq!(back["capabilities"][0]["also"], json!(true));
        assert_eq!(manifest.max_concurrent_tasks, 10);
    }

    #[test]
    fn each_contradiction_is_named() {
        type Case = (&'static str, fn(&mut Value));
        let cases: [Case; 10] = [
            ("a.b, the properties \"x\" and \"y\" both", |m| {
                let one = json!({"type": "string", "x-positional": 1});
                m["capabilities"][0]["input"] = json!({"properties": {"x": one, "y": one}});
            }),
            ("no capability", |m| m["capabilities"] = json!([])),
            ("stands in it twice", |m| {
                let twin = m["capabilities"][0].clone();
                m["capabilities"] = json!([twin.clone(), twin]);
            }),
            ("which the plugin does not offer", |m| {
                m["commands"][0]["capability"] = json!("x.y");
            }),
            ("lower-case words", |m| {
                m["commands"][0]["name"] = json!("Hello --x");
            }),
            ("is also the group of", |m| {
                let mut group = m["commands"][0].clone();
                group["name"] = json!("hello");
                m["commands"].as_array_mut().unwrap().push(group);
            }),
            ("neither a JSON object", |m| {
                m["capabilities"][0]["output"] = json!("string");
            }),
            ("max_concurrent_tasks is 0", |m| {
                m["max_concurrent_tasks"] = json!(0);
            }),
            ("well-formed agent id", |m| m["id"] = json!("No")),
            ("missing field `panic`", |m| {
                m.as_object_mut().unwrap().remove("panic");
            }),
        ];
        for (expected, change) in cases {
            let error = refusal(change);
            assert!(error.contains(expected), "{expected:?} is not in {error:?}");
        }
    }
}
