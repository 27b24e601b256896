//! What the user has configured under `[plugins.config.resource-optimizer]`.

use std::collections::BTreeMap;

use guildhall_sdk::Schema;
use serde::Deserialize;

use crate::recommend::Goal;

/// The configuration of the agent.
#[derive(Debug, Clone, PartialEq, Deserialize, Schema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Settings {
    /// The promised wait, in seconds.
    pub wait_seconds: f64,
    /// The share of jobs that may wait longer than that.
    pub late_share: f64,
    /// Seconds from wanting an agent to having it.
    pub boot_seconds: f64,
    /// The fewest agents.
    pub min: u32,
    /// The most agents.
    pub max: u32,
    /// Places that one action gives or takes at the most.
    pub max_step: u32,
    /// Actions within an hour at the most.
    pub actions_per_hour: u32,
    /// Seconds after an action in which its effect is measured, at the least; what was measured
    /// to be worse is rolled back.
    pub rollback_after_seconds: f64,
    /// From this utilisation on, places are full.
    pub max_utilisation: f64,
    /// What is wanted where a request does not say.
    pub goal: Goal,
    /// The share of tasks that an agent must do well, with 95 % confidence, to be recommended
    /// for its price.
    pub quality: f64,
    /// What is known of single agents, by name.
    pub agents: BTreeMap<String, AgentSettings>,
}

/// What is known of an agent.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Schema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct AgentSettings {
    /// US dollars that a place costs in an hour, whether it works or not.
    pub usd_per_hour: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            wait_seconds: 30.0,
            late_share: 0.05,
            boot_seconds: 30.0,
            min: 1,
            max: 500,
            max_step: 16,
            actions_per_hour: 120,
            rollback_after_seconds: 300.0,
            max_utilisation: 0.8,
            goal: Goal::Balance,
            quality: 0.9,
            agents: BTreeMap::new(),
        }
    }
}

/// A configuration that cannot be meant.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SettingError {
    /// A value out of its range.
    #[error("`{key}` is {value}; it must be {expected}")]
    Range {
        /// The key.
        key: &'static str,
        /// What it is.
        value: f64,
        /// What it may be.
        expected: &'static str,
    },
    /// Two keys that contradict each other.
    #[error("`{one}` is {one_value} and `{other}` is {other_value}; make `{one}` no greater")]
    Conflict {
        /// The key that should be less.
        one: &'static str,
        /// What it is.
        one_value: u32,
        /// The other.
        other: &'static str,
        /// What that is.
        other_value: u32,
    },
}

impl Settings {
    /// Checks what a schema cannot.
    ///
    /// # Errors
    /// Where a figure is out of its range, or two contradict each other.
    pub fn checked(self) -> Result<Self, SettingError> {
        let range = |key, value: f64, is_good: bool, expected| match is_good {
            true => Ok(()),
            false => Err(SettingError::Range {
                key,
                value,
                expected,
            }),
        };
        let is_seconds = |value: f64| (0.0..=1e8).contains(&value);
        let seconds = "seconds, from 0 to 100 million";
        let share = self.late_share;
        let is_share = share > 0.0 && share <= 0.5;
        range(
            "late-share",
            share,
            is_share,
            "a share, over 0 and up to 0.5",
        )?;
        range(
            "wait-seconds",
            self.wait_seconds,
            is_seconds(self.wait_seconds),
            seconds,
        )?;
        range(
            "boot-seconds",
            self.boot_seconds,
            is_seconds(self.boot_seconds),
            seconds,
        )?;
        let counts = [
            ("min", self.min),
            ("max-step", self.max_step),
            ("actions-per-hour", self.actions_per_hour),
        ];
        for (key, count) in counts {
            range(key, f64::from(count), count > 0, "1 or more")?;
        }
        range(
            "rollback-after-seconds",
            self.rollback_after_seconds,
            is_seconds(self.rollback_after_seconds),
            seconds,
        )?;
        let full = self.max_utilisation;
        let is_full = full > 0.0 && full < 1.0;
        range(
            "max-utilisation",
            full,
            is_full,
            "a share, over 0 and under 1",
        )?;
        let is_quality = (0.0..1.0).contains(&self.quality);
        range(
            "quality",
            self.quality,
            is_quality,
            "a share, from 0 and under 1",
        )?;
        for agent in self.agents.values() {
            let usd = agent.usd_per_hour;
            range(
                "usd-per-hour",
                usd,
                (0.0..=1e9).contains(&usd),
                "US dollars, 0 or more",
            )?;
        }
        if self.min > self.max {
            return Err(SettingError::Conflict {
                one: "min",
                one_value: self.min,
                other: "max",
                other_value: self.max,
            });
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(change: impl FnOnce(&mut Settings)) -> String {
        let mut settings = Settings::default();
        change(&mut settings);
        settings.checked().unwrap_err().to_string()
    }

    #[test]
    fn settings_name_both_keys_that_conflict() {
        let told = told(|settings| (settings.min, settings.max) = (9, 3));
        assert_eq!(told, "`min` is 9 and `max` is 3; make `min` no greater");
    }

    #[test]
    fn what_is_out_of_range_is_named_with_the_range() {
        assert!(
            told(|it| it.late_share = 0.0).starts_with("`late-share` is 0; it must be a share")
        );
        assert!(told(|it| it.late_share = 0.6).starts_with("`late-share` is 0.6"));
        assert!(told(|it| it.wait_seconds = -1.0).starts_with("`wait-seconds` is -1"));
        assert!(told(|it| it.boot_seconds = f64::NAN).starts_with("`boot-seconds` is NaN"));
        assert!(told(|it| it.max_utilisation = 1.0).starts_with("`max-utilisation` is 1"));
        assert!(told(|it| it.quality = 1.0).starts_with("`quality` is 1"));
        assert!(told(|it| it.max_step = 0).starts_with("`max-step` is 0; it must be 1"));
        assert!(told(|it| it.actions_per_hour = 0).starts_with("`actions-per-hour` is 0"));
        let absurd = told(|it| it.rollback_after_seconds = -1.0);
        assert!(absurd.starts_with("`rollback-after-seconds` is -1"));
        assert!(told(|it| it.min = 0).starts_with("`min` is 0"));
        assert!(Settings::default().checked().is_ok());
    }
}
