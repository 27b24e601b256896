//! The settings: each one there is, which of them need trust, and how files are merged.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use guildhall_core::{AgentId, LogLevel};
use guildhall_report::{Format, Severity};
use serde_json::{Map, Number, Value};

use super::reader::Entry;

/// Every integer below is exact in an `f64`.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The merged settings. `None` and empty mean that no file says anything.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Settings {
    /// From which severity on findings fail a scan.
    pub(crate) fail_on: Option<FailOn>,
    /// The file of known findings.
    pub(crate) baseline: Option<PathBuf>,
    /// Whether agents may keep what they have measured for the next scan.
    pub(crate) cache: Option<bool>,
    /// Threads of a scan.
    pub(crate) threads: Option<u32>,
    /// Settings of rules by rule id. Whether a rule exists is for the agents to say.
    pub(crate) rules: BTreeMap<String, RuleSettings>,
    /// Format of the report.
    pub(crate) format: Option<Format>,
    /// Whether colours are written.
    pub(crate) color: Option<Color>,
    /// Plugins by file, those of the user first.
    pub(crate) plugin_files: Vec<PathBuf>,
    /// Folders with plugins, those of the user first.
    pub(crate) plugin_folders: Vec<PathBuf>,
    /// Configurations of plugins.
    pub(crate) plugin_configs: BTreeMap<AgentId, Map<String, Value>>,
    /// Programs that are agents.
    pub(crate) agents: BTreeMap<AgentId, Map<String, Value>>,
    /// Attempts of a run at once, where its plan says nothing.
    pub(crate) run_concurrency: Option<u32>,
    /// Whether agents have limits that follow how long their answers take, where the plan
    /// says nothing.
    pub(crate) run_adaptive_agents: Option<bool>,
    /// How far agents may raise the limits of runs above their plans.
    pub(crate) control_places: Option<u32>,
    /// How often agents may change the limits of a run within an hour.
    pub(crate) control_changes: Option<u32>,
    /// Time of an attempt, where the plan says nothing.
    pub(crate) run_timeout: Option<Duration>,
    /// Time for loading and starting a plugin.
    pub(crate) start_time: Option<Duration>,
    /// Time that a plugin has to end after it was asked to.
    pub(crate) grace_time: Option<Duration>,
    /// Time for a call.
    pub(crate) call_timeout: Option<Duration>,
    /// Least important log lines that are shown.
    pub(crate) log_level: Option<LogLevel>,
    /// Which file set what, by dotted key such as `scan.fail-on`; for a list, the last file that adds to it.
    pub(crate) origins: BTreeMap<String, Origin>,
}

/// From which severity on findings fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailOn {
    /// None does.
    Never,
    /// Those of this severity and above.
    At(Severity),
}

/// The settings of a rule.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct RuleSettings {
    /// What values are held against.
    pub(crate) threshold: Option<f64>,
    /// Whether the rule is applied.
    pub(crate) enabled: Option<bool>,
    /// What else the rule's agent understands.
    pub(crate) other: Map<String, Value>,
}

/// When colours are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Color {
    /// To a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Where a setting comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The file.
    pub(crate) path: PathBuf,
    /// The line in it, from 1.
    pub(crate) line: usize,
}

/// One thing that a file says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Setting {
    FailOn(FailOn),
    Baseline(PathBuf),
    Cache(bool),
    Threads(u32),
    RuleThreshold(String, f64),
    RuleEnabled(String, bool),
    RuleOther(String, String, Value),
    Format(Format),
    Color(Color),
    PluginFiles(Vec<PathBuf>),
    PluginFolders(Vec<PathBuf>),
    PluginConfig(AgentId, Map<String, Value>),
    Agent(AgentId, Map<String, Value>),
    RunConcurrency(u32),
    RunAdaptiveAgents(bool),
    ControlPlaces(u32),
    ControlChanges(u32),
    RunTimeout(Duration),
    StartTime(Duration),
    GraceTime(Duration),
    CallTimeout(Duration),
    LogLevel(LogLevel),
}

impl Settings {
    /// What `ScanRequest::settings` of the report crate wants: a table for each rule.
    pub(crate) fn scan_settings(&self) -> Map<String, Value> {
        let tables = self.rules.iter();
        tables
            .map(|(rule, settings)| (rule.clone(), settings.to_json()))
            .collect()
    }

    /// Sets what `entry` says over what was set before. Lists are added to; the
    /// configuration of a plugin is replaced key by key, that of a program as a whole.
    pub(super) fn apply(&mut self, entry: Entry, path: &Path) {
        let origin = Origin {
            path: path.to_owned(),
            line: entry.line,
        };
        self.origins.insert(entry.key, origin);
        match entry.setting {
            Setting::FailOn(severity) => self.fail_on = Some(severity),
            Setting::Baseline(path) => self.baseline = Some(path),
            Setting::Cache(cache) => self.cache = Some(cache),
            Setting::Threads(threads) => self.threads = Some(threads),
            Setting::RuleThreshold(rule, value) => self.rule(rule).threshold = Some(value),
            Setting::RuleEnabled(rule, enabled) => self.rule(rule).enabled = Some(enabled),
            Setting::RuleOther(rule, name, value) => {
                self.rule(rule).other.insert(name, value);
            }
            Setting::Format(format) => self.format = Some(format),
            Setting::Color(color) => self.color = Some(color),
            Setting::PluginFiles(paths) => add(&mut self.plugin_files, paths),
            Setting::PluginFolders(paths) => add(&mut self.plugin_folders, paths),
            Setting::PluginConfig(plugin, table) => {
                self.plugin_configs.entry(plugin).or_default().extend(table);
            }
            Setting::Agent(agent, table) => {
                self.agents.insert(agent, table);
            }
            Setting::RunConcurrency(count) => self.run_concurrency = Some(count),
            Setting::RunAdaptiveAgents(adaptive) => self.run_adaptive_agents = Some(adaptive),
            Setting::ControlPlaces(count) => self.control_places = Some(count),
            Setting::ControlChanges(count) => self.control_changes = Some(count),
            Setting::RunTimeout(time) => self.run_timeout = Some(time),
            Setting::StartTime(time) => self.start_time = Some(time),
            Setting::GraceTime(time) => self.grace_time = Some(time),
            Setting::CallTimeout(time) => self.call_timeout = Some(time),
            Setting::LogLevel(level) => self.log_level = Some(level),
        }
    }

    fn rule(&mut self, rule: String) -> &mut RuleSettings {
        self.rules.entry(rule).or_default()
    }
}

impl Setting {
    /// Whether a project's file must be trusted for this to count: whether it could run
    /// code, or have other files read or written.
    pub(super) fn needs_trust(&self) -> bool {
        match self {
            // The file lies beneath the folder of the configuration, and messages about it
            // repeat nothing of what it says.
            Self::Baseline(_)
            | Self::FailOn(_)
            | Self::Cache(_)
            | Self::Threads(_)
            | Self::RuleThreshold(..)
            | Self::RuleEnabled(..)
            | Self::Format(_)
            | Self::Color(_)
            | Self::RunConcurrency(_)
            | Self::RunAdaptiveAgents(_)
            | Self::RunTimeout(_) => false,
            // What a third party's rule does with a text, nobody here knows: it could be
            // a path or a command. A number or a switch is neither.
            Self::RuleOther(_, _, value) => !(value.is_number() || value.is_boolean()),
            // What a user allows agents is no project's to say.
            Self::ControlPlaces(_) | Self::ControlChanges(_) => true,
            Self::PluginFiles(_)
            | Self::PluginFolders(_)
            | Self::PluginConfig(..)
            | Self::Agent(..)
            | Self::StartTime(_)
            | Self::GraceTime(_)
            | Self::CallTimeout(_)
            | Self::LogLevel(_) => true,
        }
    }
}

impl RuleSettings {
    /// The table as the agents get it.
    pub(crate) fn to_json(&self) -> Value {
        let mut table = self.other.clone();
        if let Some(threshold) = self.threshold {
            table.insert("threshold".to_owned(), number(threshold));
        }
        if let Some(enabled) = self.enabled {
            table.insert("enabled".to_owned(), Value::Bool(enabled));
        }
        Value::Object(table)
    }
}

impl Color {
    /// Every choice.
    pub(crate) const ALL: [Self; 3] = [Self::Auto, Self::Always, Self::Never];

    /// The choice's name.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = super::shown::path_from_here(&self.path);
        write!(formatter, "{path}:{}", self.line)
    }
}

fn add(list: &mut Vec<PathBuf>, more: Vec<PathBuf>) {
    for path in more {
        if !list.contains(&path) {
            list.push(path);
        }
    }
}

/// A whole number as an integer: agents that count want no `20.0`.
fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < EXACT {
        return Value::from(value as i64);
    }
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(key: &str, setting: Setting) -> Entry {
        Entry {
            key: key.to_owned(),
            line: 3,
            setting,
        }
    }

    #[test]
    fn agents_get_whole_thresholds_as_integers() {
        let mut settings = Settings::default();
        let path = Path::new("g.toml");
        for (rule, value) in [("a", 20.0), ("b", 0.5), ("c", 0.0)] {
            let setting = Setting::RuleThreshold(rule.to_owned(), value);
            settings.apply(entry("x", setting), path);
        }
        let off = Setting::RuleEnabled("a".to_owned(), false);
        settings.apply(entry("y", off), path);
        let max = Setting::RuleOther("a".to_owned(), "max".to_owned(), json!([1]));
        settings.apply(entry("z", max), path);
        let text = Value::Object(settings.scan_settings()).to_string();
        let expected = r#"{"a":{"enabled":false,"max":[1],"threshold":20},"b":{"threshold":0.5},"c":{"threshold":0}}"#;
        assert_eq!(text, expected);
    }

    #[test]
    fn lists_grow_and_plugin_configurations_merge_by_key() {
        let mut settings = Settings::default();
        let plugin = AgentId::new("hello").unwrap();
        let layers = [
            (vec!["/a", "/b"], json!({"x": 1, "y": {"z": 1}})),
            (vec!["/b", "/c"], json!({"y": {"w": 2}})),
        ];
        for (index, (folders, config)) in layers.into_iter().enumerate() {
            let path = PathBuf::from(format!("{index}.toml"));
            let folders = folders.into_iter().map(PathBuf::from).collect();
            let folders = entry("plugins.folders", Setting::PluginFolders(folders));
            settings.apply(folders, &path);
            let config = config.as_object().unwrap().clone();
            let config = Setting::PluginConfig(plugin.clone(), config);
            settings.apply(entry("plugins.config.hello", config), &path);
        }
        let folders: Vec<_> = settings.plugin_folders.iter().collect();
        assert_eq!(folders, ["/a", "/b", "/c"].map(Path::new));
        let merged = Value::Object(settings.plugin_configs[&plugin].clone());
        assert_eq!(merged, json!({"x": 1, "y": {"w": 2}}));
        let origin = &settings.origins["plugins.folders"];
        assert_eq!(origin.to_string(), "1.toml:3");
    }
}
