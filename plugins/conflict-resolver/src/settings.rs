//! The agent's part of the user's configuration.

use guildhall_sdk::prelude::*;

use crate::MergeSettings;

/// Checks that one question may cost at the most.
const MOST_CHECKS: u32 = 16;

/// `[plugins.config.conflict-resolver]`. The first three can only keep the agent from acting
/// alone.
#[derive(Debug, Clone, PartialEq, Deserialize, Schema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether it may decide without a person at all.
    pub auto_resolve: bool,
    /// Below this probability it never decides alone, whatever the costs.
    pub escalation_threshold: f64,
    /// Outcomes that must be known before what agents say can decide; 100 at the least.
    pub min_outcomes: u32,
    /// What a wrong decision costs where the question does not say.
    pub cost_wrong: f64,
    /// What asking a person costs where the question does not say.
    pub cost_ask: f64,
    /// Checks and measurements that are made for one question at the most.
    pub max_checks: u32,
    /// The capability that measures files: it answers with a table `metrics`.
    pub measured_by: String,
    /// How edits are merged.
    pub merge: MergeSettings,
}

impl Default for Settings {
    fn default() -> Self {
        let usual = guildhall_verdict::Settings::default();
        Self {
            auto_resolve: usual.auto_resolve,
            escalation_threshold: usual.escalation_threshold,
            min_outcomes: u32::try_from(usual.min_outcomes).unwrap_or(u32::MAX),
            cost_wrong: usual.cost_wrong,
            cost_ask: usual.cost_ask,
            max_checks: 3,
            measured_by: "tech-debt.metrics@^1".to_owned(),
            merge: MergeSettings::default(),
        }
    }
}

impl Settings {
    /// Whether each value can be.
    ///
    /// # Errors
    /// The key, the value and what fits.
    pub(crate) fn validate(&self) -> Result<(), AgentError> {
        let wrong = |key: &str, value: String, fits: &str| {
            let message = format!("`{key}` is {value}; give {fits}");
            Err(AgentError::new(ErrorCode::InvalidInput, message))
        };
        let threshold = self.escalation_threshold;
        if !(0.0..=1.0).contains(&threshold) {
            let fits = "a probability from 0 to 1";
            return wrong("escalation_threshold", threshold.to_string(), fits);
        }
        for (key, cost) in [("cost_wrong", self.cost_wrong), ("cost_ask", self.cost_ask)] {
            if !(cost > 0.0 && cost <= 1e9) {
                return wrong(key, cost.to_string(), "a number over 0, at most 1e9");
            }
        }
        let least = Self::default().min_outcomes;
        if self.min_outcomes < least {
            let fits = format!("a number from {least}");
            return wrong("min_outcomes", self.min_outcomes.to_string(), &fits);
        }
        if self.max_checks > MOST_CHECKS {
            let fits = format!("a number from 0 to {MOST_CHECKS}");
            return wrong("max_checks", self.max_checks.to_string(), &fits);
        }
        self.merge.validate()
    }

    /// The part that the rule needs.
    pub(crate) fn rule(&self) -> guildhall_verdict::Settings {
        guildhall_verdict::Settings {
            auto_resolve: self.auto_resolve,
            escalation_threshold: self.escalation_threshold,
            min_outcomes: u64::from(self.min_outcomes),
            cost_wrong: self.cost_wrong,
            cost_ask: self.cost_ask,
        }
    }
}
