//! Thresholds and switches, from the settings of a scan request.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use guildhall_report::Rule;
use serde_json::{Map, Value};

use crate::clones::Minimum;
use crate::comments::Markers;
use crate::duplicates;
use crate::rules::{diverging_copy, least_threshold};

/// So many letters may be wrong, left out or exchanged in a name that was meant.
const MOST_SLIPS: usize = 2;

/// Key of the settings that belong to no rule.
const OWN_KEY: &str = "tech-debt-scanner";
const MAX_FILE_BYTES: &str = "max-file-bytes";
const HISTORY: &str = "history";
const BLAME_FILES: &str = "blame-files";
const MAX_CACHE_BYTES: &str = "max-cache-bytes";

/// The rule that looks for words, and the key of its list of them.
const DEBT_COMMENT: &str = "debt-comment";
const MARKERS: &str = "markers";

/// Files of more bytes are not read by default. What people write by hand stays
/// far below; ten times the largest file of the Rust compiler is below as well.
const DEFAULT_MAX_FILE_BYTES: u64 = 10 * 1024 * 1024;

/// No setting lifts the limit above this: positions are 32-bit numbers.
const HIGHEST_MAX_FILE_BYTES: u64 = 1024 * 1024 * 1024;

/// Files whose lines are asked for their age by default. A large file with a long history costs
/// git up to half a second, so this is few.
const DEFAULT_BLAME_FILES: u32 = 8;
/// The cache takes no more bytes by default. A million lines take about twenty million,
/// so this is room for many repositories.
const DEFAULT_MAX_CACHE_BYTES: u64 = 512 * 1024 * 1024;

/// A setting that is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the setting `{key}` {problem}")]
pub struct SettingError {
    /// The key, with dots between its parts.
    pub key: String,
    /// What is wrong with it and what would be right.
    pub problem: String,
}

/// The settings of one scan.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    rules: BTreeMap<String, RuleSetting>,
    pub(crate) reading: Reading,
    /// Whether git is asked what it knows of the files.
    pub(crate) history: bool,
    /// Of how many files at the most the lines are asked for their age.
    pub(crate) blame_files: u32,
    /// How much is kept for the next scans, of all roots together.
    pub(crate) max_cache_bytes: u64,
}

/// What changes the facts of a file, and not only what is thought of them. The cache knows
/// facts by all that stands here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reading {
    /// Files of more bytes are not read.
    pub(crate) max_file_bytes: u64,
    /// The words that mark a comment as debt.
    pub(crate) markers: Markers,
    /// How long clones have to be; none where nobody looks for them.
    pub(crate) clones: Option<Minimum>,
}

#[derive(Debug, Clone, Copy)]
struct RuleSetting {
    enabled: bool,
    threshold: Option<u32>,
}

impl Settings {
    /// Reads the settings of a request; `rules` are those that exist.
    pub(crate) fn read(map: &Map<String, Value>, rules: &[Rule]) -> Result<Self, SettingError> {
        let mut settings = Self::defaults(rules);
        for (key, value) in map {
            let table = table(key, value)?;
            if key == OWN_KEY {
                settings.read_own(table)?;
            } else if key == DEBT_COMMENT {
                settings.read_debt_comment(table)?;
            } else if let Some(rule) = settings.rules.get_mut(key) {
                rule.read(key, table)?;
            } else {
                return Err(unknown(key, settings.rules.keys().map(String::as_str)));
            }
        }
        settings.agree(map)?;
        settings.reading.clones = duplicates::minimum(&settings);
        Ok(settings)
    }

    /// Refuses settings of which one takes away what another asks for.
    fn agree(&self, map: &Map<String, Value>) -> Result<(), SettingError> {
        if self.history {
            return Ok(());
        }
        let asked = |key: &str, name: &str| map.get(key).and_then(|table| table.get(name));
        let off = format!("`{OWN_KEY}.{HISTORY} = false`");
        let both = "take one of the two out";
        if asked(OWN_KEY, BLAME_FILES).is_some() && self.blame_files > 0 {
            let problem = format!("asks for ages of lines, which {off} leaves out; {both}");
            return Err(error(&format!("{OWN_KEY}.{BLAME_FILES}"), &problem));
        }
        let is_asked_for = asked(diverging_copy::ID, "enabled") == Some(&Value::Bool(true))
            || asked(diverging_copy::ID, "threshold").is_some();
        if is_asked_for && self.enabled(diverging_copy::ID) {
            let problem = format!("needs the history, which {off} leaves out; {both}");
            return Err(error(diverging_copy::ID, &problem));
        }
        Ok(())
    }

    /// The threshold of a rule; `None` where the rule is off or has none.
    pub(crate) fn threshold(&self, rule: &str) -> Option<u32> {
        let setting = self.rules.get(rule).filter(|setting| setting.enabled)?;
        setting.threshold
    }

    pub(crate) fn enabled(&self, rule: &str) -> bool {
        self.rules.get(rule).is_some_and(|setting| setting.enabled)
    }

    /// Whether the name is none of a rule of this agent and yet nearly one: a slip, for it
    /// is unlikely that another agent has a rule which is called so.
    pub(crate) fn is_slip(&self, name: &str) -> bool {
        let is_near = |rule: &String| strsim::damerau_levenshtein(rule, name) <= MOST_SLIPS;
        !self.rules.contains_key(name) && self.rules.keys().any(is_near)
    }

    fn defaults(rules: &[Rule]) -> Self {
        let setting = |rule: &Rule| RuleSetting {
            enabled: true,
            // Thresholds are small whole numbers.
            threshold: rule.threshold.map(|threshold| threshold as u32),
        };
        Self {
            rules: rules
                .iter()
                .map(|rule| (rule.id.clone(), setting(rule)))
                .collect(),
            reading: Reading {
                max_file_bytes: DEFAULT_MAX_FILE_BYTES,
                markers: Markers::usual().clone(),
                clones: None,
            },
            history: true,
            blame_files: DEFAULT_BLAME_FILES,
            max_cache_bytes: DEFAULT_MAX_CACHE_BYTES,
        }
    }

    /// The one rule that has a setting of its own.
    fn read_debt_comment(&mut self, table: &Map<String, Value>) -> Result<(), SettingError> {
        let mut others = table.clone();
        if let Some(words) = others.remove(MARKERS) {
            let key = format!("{DEBT_COMMENT}.{MARKERS}");
            self.reading.markers = Markers::read(&key, &words)?;
        }
        match self.rules.get_mut(DEBT_COMMENT) {
            Some(rule) => rule.read(DEBT_COMMENT, &others),
            None => Ok(()),
        }
    }

    fn read_own(&mut self, table: &Map<String, Value>) -> Result<(), SettingError> {
        for (name, value) in table {
            let key = format!("{OWN_KEY}.{name}");
            match name.as_str() {
                MAX_FILE_BYTES => {
                    self.reading.max_file_bytes = whole(&key, value, 1..=HIGHEST_MAX_FILE_BYTES)?;
                }
                MAX_CACHE_BYTES => self.max_cache_bytes = whole(&key, value, 1..=u64::MAX)?,
                HISTORY => {
                    let problem = "must be true or false";
                    self.history = value.as_bool().ok_or_else(|| error(&key, problem))?;
                }
                BLAME_FILES => {
                    let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
                    let problem = "must be a whole number; 0 asks for no ages";
                    self.blame_files = number.ok_or_else(|| error(&key, problem))?;
                }
                _ => {
                    let known = [BLAME_FILES, HISTORY, MAX_CACHE_BYTES, MAX_FILE_BYTES];
                    return Err(unknown(&key, known));
                }
            }
        }
        Ok(())
    }
}

impl RuleSetting {
    fn read(&mut self, rule: &str, table: &Map<String, Value>) -> Result<(), SettingError> {
        for (name, value) in table {
            let key = format!("{rule}.{name}");
            match (name.as_str(), self.threshold) {
                ("enabled", _) => {
                    let problem = "must be true or false";
                    self.enabled = value.as_bool().ok_or_else(|| error(&key, problem))?;
                }
                ("threshold", Some(_)) => {
                    let least = u64::from(least_threshold(rule));
                    let threshold = whole(&key, value, least..=u64::from(u32::MAX))?;
                    self.threshold = u32::try_from(threshold).ok();
                }
                ("threshold", None) => {
                    return Err(error(&key, "does not exist: the rule has no threshold"));
                }
                _ => return Err(unknown(&key, known_keys(rule))),
            }
        }
        Ok(())
    }
}

/// The settings of a rule.
fn known_keys(rule: &str) -> [&'static str; 2] {
    match rule {
        DEBT_COMMENT => ["enabled", MARKERS],
        _ => ["enabled", "threshold"],
    }
}

fn table<'a>(key: &str, value: &'a Value) -> Result<&'a Map<String, Value>, SettingError> {
    let problem = "must be a table such as { threshold = 20 }";
    value.as_object().ok_or_else(|| error(key, problem))
}

fn whole(key: &str, value: &Value, allowed: RangeInclusive<u64>) -> Result<u64, SettingError> {
    let number = value.as_u64().filter(|number| allowed.contains(number));
    let (least, most) = (allowed.start(), allowed.end());
    let problem = format!("must be a whole number from {least} to {most}");
    number.ok_or_else(|| error(key, &problem))
}

fn unknown<'a>(key: &str, known: impl IntoIterator<Item = &'a str>) -> SettingError {
    let known = known.into_iter().collect::<Vec<_>>().join(", ");
    error(key, &format!("is not known; there is {known}"))
}

fn error(key: &str, problem: &str) -> SettingError {
    SettingError {
        key: key.to_owned(),
        problem: problem.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(settings: Value) -> Result<Settings, SettingError> {
        Settings::read(settings.as_object().unwrap(), &crate::rules())
    }

    #[test]
    fn thresholds_and_switches_are_taken_over() {
        let settings = read(json!({
            "cognitive-complexity": {"threshold": 20},
            "long-function": {"enabled": false},
            "tech-debt-scanner": {"max-file-bytes": 5},
            "debt-comment": {"markers": ["todo", "later"]},
        }))
        .unwrap();
        assert_eq!(settings.threshold("cognitive-complexity"), Some(20));
        assert_eq!(settings.threshold("long-function"), None);
        assert_eq!(settings.threshold("cyclomatic-complexity"), Some(15));
        assert_eq!(settings.reading.max_file_bytes, 5);
        assert!(settings.enabled("debt-comment"));
        assert_ne!(settings.reading.markers, *Markers::usual());
    }

    #[test]
    fn what_one_setting_asks_for_and_another_takes_away_is_refused() {
        let off =
            |key: &str, table: Value| json!({"tech-debt-scanner": {"history": false}, key: table});
        for table in [json!({"enabled": true}), json!({"threshold": 60})] {
            let error = read(off("diverging-copy", table)).unwrap_err();
            assert_eq!(error.key, "diverging-copy");
            let said = error.to_string();
            assert!(said.contains("tech-debt-scanner.history = false"), "{said}");
        }
        let own =
            |blame: u32| json!({"tech-debt-scanner": {"history": false, "blame-files": blame}});
        let error = read(own(3)).unwrap_err();
        assert_eq!(error.key, "tech-debt-scanner.blame-files");
        // Nothing is asked for that is not there.
        assert!(read(own(0)).is_ok());
        let disabled = json!({"enabled": false, "threshold": 60});
        assert!(read(off("diverging-copy", disabled)).is_ok());
        assert!(read(json!({"diverging-copy": {"threshold": 60}})).is_ok());
    }

    #[test]
    fn an_error_names_the_key() {
        for (settings, key) in [
            (json!({"no-such-rule": {}}), "no-such-rule"),
            (json!({"long-function": 3}), "long-function"),
            (
                json!({"long-function": {"treshold": 3}}),
                "long-function.treshold",
            ),
            (
                json!({"long-function": {"threshold": "3"}}),
                "long-function.threshold",
            ),
            (
                json!({"long-function": {"threshold": 0}}),
                "long-function.threshold",
            ),
            (
                json!({"long-function": {"threshold": 1.5}}),
                "long-function.threshold",
            ),
            (
                json!({"long-function": {"enabled": 1}}),
                "long-function.enabled",
            ),
            (
                json!({"duplicate-code": {"threshold": 9}}),
                "duplicate-code.threshold",
            ),
            (
                json!({"debt-comment": {"threshold": 1}}),
                "debt-comment.threshold",
            ),
            (
                json!({"debt-comment": {"markers": []}}),
                "debt-comment.markers",
            ),
            (
                json!({"tech-debt-scanner": {"x": 1}}),
                "tech-debt-scanner.x",
            ),
        ] {
            let error = read(settings).unwrap_err();
            assert_eq!(error.key, key);
            assert!(error.to_string().contains(key));
        }
    }
}
