//! What makes a configuration contradict itself.

use std::path::{Component, Path};
use std::time::Duration;

use regex::Regex;

use super::{OutputKind, ProcessAgentConfig, UsageConfig};

/// The key that is wrong, and why.
type Problem = (String, String);

/// The first problem that the types alone cannot tell.
pub(super) fn problem(config: &ProcessAgentConfig) -> Option<Problem> {
    command(&config.command)
        .or_else(|| arguments(config))
        .or_else(|| times(config))
        .or_else(|| environment(config))
        .or_else(|| capabilities(config))
        .or_else(|| output(config))
        .or_else(|| usage(config))
        .or_else(|| config.limits.problem())
}

fn found(key: impl Into<String>, reason: impl Into<String>) -> Option<Problem> {
    Some((key.into(), reason.into()))
}

fn command(command: &str) -> Option<Problem> {
    if command.is_empty() || command.contains('\0') {
        return found("command", "give the name of a program, or an absolute path");
    }
    let is_relative = command.contains('/') && !Path::new(command).is_absolute();
    is_relative.then(|| {
        let reason = format!(
            "{command:?} is a relative path; give a name that is in PATH, or an absolute path"
        );
        ("command".to_owned(), reason)
    })
}

fn arguments(config: &ProcessAgentConfig) -> Option<Problem> {
    let at = config
        .args
        .iter()
        .position(|argument| argument.to_string().contains('\0'))?;
    found(format!("args[{at}]"), "an argument cannot hold a zero byte")
}

fn times(config: &ProcessAgentConfig) -> Option<Problem> {
    let is_time = |seconds: f64| Duration::try_from_secs_f64(seconds).is_ok();
    let timeout = config.timeout_seconds.unwrap_or(1.0);
    if timeout == 0.0 || !is_time(timeout) {
        return found("timeout-seconds", "give a number of seconds above 0");
    }
    if !is_time(config.grace_seconds) {
        return found("grace-seconds", "give a number of seconds, 0 or more");
    }
    if config.max_concurrent_tasks == 0 {
        return found(
            "max-concurrent-tasks",
            "give 1 or more; with 0 the agent could never be called",
        );
    }
    if config.max_output_mib == 0 {
        return found("max-output-mib", "give 1 or more");
    }
    None
}

fn environment(config: &ProcessAgentConfig) -> Option<Problem> {
    let is_wrong = |name: &str| name.is_empty() || name.contains(['=', '\0']);
    let names = config.env.iter().map(|name| ("env", name));
    let set = config.set_env.keys().map(|name| ("set-env", name));
    let secret = config.secrets.iter().map(|name| ("secrets", name));
    let wrong = names
        .chain(set)
        .chain(secret)
        .find(|(_, name)| is_wrong(name));
    if let Some((key, name)) = wrong {
        return found(
            key,
            format!("{name:?} is no name of an environment variable"),
        );
    }
    let (name, _) = config
        .set_env
        .iter()
        .find(|(_, value)| value.contains('\0'))?;
    found(format!("set-env.{name}"), "a value cannot hold a zero byte")
}

fn capabilities(config: &ProcessAgentConfig) -> Option<Problem> {
    let all = &config.capabilities;
    let twice = all.iter().enumerate().find(|(at, own)| {
        all[..*at]
            .iter()
            .any(|other| other.name == own.name && other.version == own.version)
    });
    let (at, own) = twice?;
    found(
        format!("capabilities[{at}]"),
        format!(
            "{} {} stands in it twice; remove one",
            own.name, own.version
        ),
    )
}

fn output(config: &ProcessAgentConfig) -> Option<Problem> {
    if let Some(pointer) = &config.output_pointer {
        if config.output == OutputKind::Text {
            return found(
                "output-pointer",
                "text has no parts to point to; set output to \"json\" or \"json-lines\"",
            );
        }
        if let Some(reason) = pointer_problem(pointer) {
            return found("output-pointer", reason);
        }
    }
    let file = config.output_file.as_deref()?;
    let stays_inside = Path::new(file)
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if file.is_empty() || !stays_inside {
        return found(
            "output-file",
            format!("{file:?} is no path below the workspace; give a relative one without \"..\""),
        );
    }
    None
}

fn usage(config: &ProcessAgentConfig) -> Option<Problem> {
    if let Some(usage) = &config.usage {
        if config.output == OutputKind::Text {
            return found(
                "usage",
                "text has no parts to point to; set output to \"json\" or \"json-lines\", or give usage-pattern",
            );
        }
        let wrong = pointers(usage)
            .into_iter()
            .find_map(|(key, pointer)| Some((key, pointer_problem(pointer?)?)));
        if let Some((key, reason)) = wrong {
            return found(format!("usage.{key}"), reason);
        }
    }
    let pattern = config.usage_pattern.as_deref()?;
    match Regex::new(pattern) {
        Err(error) => found("usage-pattern", error.to_string()),
        Ok(regex) => {
            let known = |name: &str| ["tokens", "usd"].contains(&name);
            let has_group = regex.capture_names().flatten().any(known);
            (!has_group).then(|| {
                (
                    "usage-pattern".to_owned(),
                    "it has no group named tokens or usd, such as (?<tokens>[0-9]+)".to_owned(),
                )
            })
        }
    }
}

fn pointers(usage: &UsageConfig) -> [(&'static str, Option<&str>); 4] {
    [
        ("tokens", usage.tokens.as_deref()),
        ("input-tokens", usage.input_tokens.as_deref()),
        ("output-tokens", usage.output_tokens.as_deref()),
        ("usd", usage.usd.as_deref()),
    ]
}

fn pointer_problem(pointer: &str) -> Option<String> {
    (!pointer.is_empty() && !pointer.starts_with('/')).then(|| {
        format!("{pointer:?} is no JSON pointer: it begins with /, for example /result/text")
    })
}
