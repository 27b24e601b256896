//! What a file says: its settings with their lines, or everything that is wrong with it.

mod agent;

use std::ops::Range;
use std::path::Path;

use guildhall_coordination::source_text::{MOST_TOLD, Problem};
use guildhall_core::{AgentId, LogLevel};
use guildhall_report::{Format, Severity};
use toml::Spanned;
use toml::de::{DeString, DeTable};

use super::error::ConfigError;
use super::file::ConfigFile;
use super::json;
use super::settings::{Color, FailOn, Setting};
use super::shown;
use super::value::{self, Given, Wrong};

/// Most threads of a scan: a project must not be able to exhaust the machine.
const MOST_THREADS: u32 = 1024;

/// Most attempts at once, as in a plan.
const MOST_AT_ONCE: u32 = 10_000;

/// Most changes of a run's limits within an hour: one a second.
const MOST_CHANGES: u32 = 3600;

/// The tables and their keys; `*` stands for any name.
pub(super) const TABLES: [(&[&str], &[&str]); 11] = [
    (
        &[],
        &[
            "scan", "output", "plugins", "agents", "run", "limits", "log",
        ],
    ),
    (
        &["scan"],
        &["fail-on", "baseline", "cache", "threads", "rules"],
    ),
    (&["scan", "rules"], &["*"]),
    (&["scan", "rules", "*"], &["threshold", "enabled"]),
    (&["output"], &["format", "color"]),
    (&["plugins"], &["files", "folders", "config"]),
    (
        &["limits"],
        &["start-seconds", "grace-seconds", "call-timeout-seconds"],
    ),
    (&["log"], &["level"]),
    (&["agents"], &["*"]),
    (
        &["run"],
        &[
            "concurrency",
            "adaptive-agents",
            "timeout-seconds",
            "control",
        ],
    ),
    (&["run", "control"], &["max-places", "changes-per-hour"]),
];

/// The table of tables for plugins, whose keys are ids.
const PLUGIN_CONFIGS: [&str; 2] = ["plugins", "config"];

const LOG_LEVELS: [(&str, LogLevel); 5] = [
    ("error", LogLevel::Error),
    ("warn", LogLevel::Warn),
    ("info", LogLevel::Info),
    ("debug", LogLevel::Debug),
    ("trace", LogLevel::Trace),
];

/// One setting of a file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    /// Its key with dots between the parts, as `scan.fail-on`.
    pub(super) key: String,
    /// Its line, from 1.
    pub(super) line: usize,
    /// What it says.
    pub(super) setting: Setting,
}

/// Reads what `file` says, in the order of the file.
///
/// # Errors
/// [`ConfigError::Invalid`] with everything that is wrong.
pub(super) fn read(file: &ConfigFile) -> Result<Vec<Entry>, ConfigError> {
    let mut reader = Reader {
        file,
        entries: Vec::new(),
        mistakes: Vec::new(),
    };
    match DeTable::parse(&file.text) {
        Ok(root) => reader.table(&mut Vec::new(), root.get_ref()),
        Err(error) => reader.not_toml(&error),
    }
    if reader.mistakes.is_empty() {
        Ok(reader.entries())
    } else {
        Err(reader.error())
    }
}

struct Reader<'a> {
    file: &'a ConfigFile,
    /// The settings; the numbers are the bytes where their keys begin.
    entries: Vec<(usize, String, Setting)>,
    mistakes: Vec<Mistake>,
}

struct Mistake {
    span: Range<usize>,
    message: String,
    help: Option<String>,
}

impl<'a> Reader<'a> {
    /// Reads a table of ours; the recursion is as deep as [`TABLES`].
    fn table<'t>(&mut self, path: &mut Vec<&'t str>, table: &'t DeTable<'_>) {
        for (key, given) in table {
            path.push(key.get_ref());
            if is_table(path) {
                match value::table(given) {
                    Ok(nested) => self.table(path, nested),
                    Err(wrong) => self.wrong(path, wrong),
                }
            } else {
                self.leaf(path, key, given);
            }
            path.pop();
        }
    }

    fn leaf(&mut self, path: &[&str], key: &Spanned<DeString<'_>>, given: &Given<'_>) {
        let base = self.file.path.parent().unwrap_or(Path::new(""));
        match setting(path, &key.span(), given, base) {
            Some(Ok(setting)) => {
                let start = key.span().start;
                self.entries.push((start, path.join("."), setting));
            }
            Some(Err(wrong)) => self.wrong(path, wrong),
            None => self.unknown(path, key, given),
        }
    }

    fn wrong(&mut self, path: &[&str], wrong: Wrong) {
        let message = format!("{} {}", shown::code(&path.join(".")), wrong.message);
        self.mistake(wrong.span, message, wrong.help);
    }

    fn unknown(&mut self, path: &[&str], key: &Spanned<DeString<'_>>, given: &Given<'_>) {
        let table = &path[..path.len() - 1];
        let place = match table {
            [] => "at the top of the file".to_owned(),
            table => format!("in {}", shown::code(&format!("[{}]", table.join(".")))),
        };
        let message = format!("unknown key {} {place}", shown::code(key.get_ref()));
        let is_table = given.get_ref().is_table();
        self.mistake(key.span(), message, help(table, key.get_ref(), is_table));
    }

    fn not_toml(&mut self, error: &toml::de::Error) {
        let text = &self.file.text;
        let span = error.span().unwrap_or(text.len()..text.len());
        let message = match (error.message(), text.get(span.clone())) {
            ("duplicate key", Some(key)) => format!("the key {} is set twice", shown::code(key)),
            (message, _) => format!("not TOML: {}", shown::text(message)),
        };
        self.mistake(span, message, None);
    }

    fn mistake(&mut self, span: Range<usize>, message: String, help: Option<String>) {
        self.mistakes.push(Mistake {
            span,
            message,
            help,
        });
    }

    /// The settings with their lines, in the order of the file. The lines are counted in
    /// one pass: a file can have very many settings.
    fn entries(mut self) -> Vec<Entry> {
        self.entries.sort_by_key(|(start, ..)| *start);
        let bytes = self.file.text.as_bytes();
        let (mut line, mut counted) = (1, 0);
        let entries = self.entries.into_iter();
        entries
            .map(|(start, key, setting)| {
                let passed = &bytes[counted..start];
                line += passed.iter().filter(|byte| **byte == b'\n').count();
                counted = start;
                Entry { key, line, setting }
            })
            .collect()
    }

    /// The first mistakes with their places.
    fn error(mut self) -> ConfigError {
        self.mistakes.sort_by_key(|mistake| mistake.span.start);
        let more = self.mistakes.len().saturating_sub(MOST_TOLD);
        let file = self.file;
        let told = self.mistakes.into_iter().take(MOST_TOLD);
        let problem =
            |it: Mistake| Problem::new(&file.shown, &file.text, &it.span, it.message, it.help);
        ConfigError::Invalid {
            problems: told.map(problem).collect(),
            more,
        }
    }
}

/// The setting at `path`; `None` where there is none of that name.
fn setting(
    path: &[&str],
    key: &Range<usize>,
    given: &Given<'_>,
    base: &Path,
) -> Option<Result<Setting, Wrong>> {
    Some(match path {
        ["scan", "fail-on"] => {
            let named = |severity: Severity| (severity.as_str(), FailOn::At(severity));
            let severities = Severity::ALL.map(named);
            let known = [&severities[..], &[("never", FailOn::Never)]].concat();
            value::word(given, &known).map(Setting::FailOn)
        }
        ["scan", "baseline"] => value::path_beneath(given, base).map(Setting::Baseline),
        ["scan", "cache"] => value::switch(given).map(Setting::Cache),
        ["scan", "threads"] => value::whole(given, 1..=MOST_THREADS).map(Setting::Threads),
        ["scan", "rules", rule, name] => return rule_setting(rule, name, given),
        ["output", "format"] => {
            let known = Format::ALL.map(|format| (format.as_str(), format));
            value::word(given, &known).map(Setting::Format)
        }
        ["output", "color"] => {
            let known = Color::ALL.map(|color| (color.as_str(), color));
            value::word(given, &known).map(Setting::Color)
        }
        ["plugins", "files"] => value::paths(given, base).map(Setting::PluginFiles),
        ["plugins", "folders"] => value::paths(given, base).map(Setting::PluginFolders),
        ["plugins", "config", plugin] => plugin_config(plugin, key, given),
        ["agents", agent] => agent::config(agent, key, given),
        ["run", "concurrency"] => {
            value::whole(given, 1..=MOST_AT_ONCE).map(Setting::RunConcurrency)
        }
        ["run", "adaptive-agents"] => value::switch(given).map(Setting::RunAdaptiveAgents),
        ["run", "control", "max-places"] => {
            value::whole(given, 1..=MOST_AT_ONCE).map(Setting::ControlPlaces)
        }
        ["run", "control", "changes-per-hour"] => {
            value::whole(given, 1..=MOST_CHANGES).map(Setting::ControlChanges)
        }
        ["run", "timeout-seconds"] => value::seconds(given).map(Setting::RunTimeout),
        ["limits", "start-seconds"] => value::seconds(given).map(Setting::StartTime),
        ["limits", "grace-seconds"] => value::seconds(given).map(Setting::GraceTime),
        ["limits", "call-timeout-seconds"] => value::seconds(given).map(Setting::CallTimeout),
        ["log", "level"] => value::word(given, &LOG_LEVELS).map(Setting::LogLevel),
        _ => return None,
    })
}

fn rule_setting(rule: &str, name: &str, given: &Given<'_>) -> Option<Result<Setting, Wrong>> {
    let rule = rule.to_owned();
    Some(match name {
        "threshold" => value::threshold(given).map(|value| Setting::RuleThreshold(rule, value)),
        "enabled" => value::switch(given).map(|enabled| Setting::RuleEnabled(rule, enabled)),
        // Agents may have keys of their own, but this one is a slip.
        _ if value::nearest(name, ["threshold", "enabled"]).is_some() => return None,
        _ => json::value(given).map(|value| Setting::RuleOther(rule, name.to_owned(), value)),
    })
}

fn plugin_config(plugin: &str, key: &Range<usize>, given: &Given<'_>) -> Result<Setting, Wrong> {
    let id = AgentId::new(plugin).map_err(|_| {
        let message = "is not the id of a plugin: lower-case words of letters and digits joined by `-`, at most 64 bytes";
        Wrong::new(key.clone(), message)
    })?;
    let table = json::table(value::table(given)?)?;
    Ok(Setting::PluginConfig(id, table))
}

fn is_table(path: &[&str]) -> bool {
    path == PLUGIN_CONFIGS || TABLES.iter().any(|(table, _)| matches(table, path))
}

fn matches(table: &[&str], path: &[&str]) -> bool {
    let mut pairs = table.iter().zip(path);
    table.len() == path.len() && pairs.all(|(name, part)| *name == "*" || name == part)
}

/// What may have been meant by the unknown `key` of `table`.
fn help(table: &[&str], key: &str, is_table: bool) -> Option<String> {
    let known = TABLES.iter().find(|(path, _)| matches(path, table));
    let known = known.map_or(&[][..], |(_, keys)| *keys);
    if let Some(near) = value::nearest(key, known.iter().copied()) {
        return Some(format!("did you mean `{near}`?"));
    }
    if let Some((path, _)) = TABLES.iter().find(|(_, keys)| keys.contains(&key)) {
        let path = path.join(".").replace('*', "RULE");
        return Some(format!("`{key}` belongs in `[{path}]`"));
    }
    if table == ["scan"] && is_table {
        let header = shown::code(&format!("[scan.rules.{key}]"));
        return Some(format!("the settings of a rule are in {header}"));
    }
    if known.is_empty() {
        return None;
    }
    Some(format!("the keys here are {}", known.join(", ")))
}

#[cfg(test)]
mod tests;
