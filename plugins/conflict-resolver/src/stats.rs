//! `guildhall resolve stats`: how many conflicts there were and what became of them.

use std::collections::BTreeMap;

use guildhall_report::Report;
use guildhall_sdk::prelude::*;
use guildhall_verdict::{OutcomeBy, Policy, Verdict};

use crate::present;
use crate::store::{Kept, Store};

/// Which conflicts count.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Schema)]
#[serde(default, deny_unknown_fields)]
pub struct StatsRequest {
    /// Only agents of this name among the reliabilities.
    pub agent: Option<String>,
    /// Only conflicts and reliabilities of this topic.
    pub topic: Option<String>,
}

/// What became of the conflicts that are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Stats {
    /// All conflicts.
    pub(crate) total: u64,
    /// Those that wait for a person or for evidence.
    pub(crate) active: u64,
    /// Those that were decided, or whose outcome is known.
    pub(crate) resolved: u64,
    /// Those that a person was asked about, now or before.
    pub(crate) escalated: u64,
    /// Those that were decided without a person.
    pub(crate) decided_alone: u64,
    /// Those of them whose outcome is known.
    pub(crate) decided_and_known: u64,
    /// Those of them that were not right.
    pub(crate) decided_wrong: u64,
    /// Those of them that were undone.
    pub(crate) reverted: u64,
    /// By type: all, active, escalated.
    pub(crate) by_type: BTreeMap<String, [u64; 3]>,
}

/// Counts.
///
/// # Errors
/// Where the store cannot be read.
pub(crate) async fn stats(request: &StatsRequest, ctx: &Context) -> Result<Report, AgentError> {
    let store = Store(ctx);
    let decisions = store.decisions().await?;
    let experience = store.experience().await?;
    let mut by_id: BTreeMap<&str, Vec<&Kept>> = BTreeMap::new();
    for (_, kept) in &decisions {
        let topic = request.topic.as_deref();
        if topic.is_none_or(|topic| kept.question.topic() == topic) {
            by_id.entry(&kept.id).or_default().push(kept);
        }
    }
    let mut stats = Stats::default();
    for (id, history) in by_id {
        let outcome = experience.outcome(id);
        let outcome = outcome.map(|outcome| (outcome.truth.as_str(), outcome.by));
        stats.count(&history, outcome);
    }
    let learned = experience.learn();
    let mut standings = learned.standings();
    standings.retain(|it| {
        request
            .agent
            .as_ref()
            .is_none_or(|agent| it.agent == *agent)
    });
    standings.retain(|it| request.topic.is_none() || it.topic == request.topic);
    Ok(present::stats(&stats, &standings, &learned.calibration()))
}

impl Kept {
    /// Whether a person had laid down what was chosen.
    fn is_overridden(&self) -> bool {
        let commit = &self.question.subject.commit;
        let chosen = &self.option;
        self.question.policies.iter().any(|policy| {
            matches!(policy, Policy::Override { option, commit: at, .. }
                if Some(option) == chosen.as_ref() && Some(at) == commit.as_ref())
        })
    }
}

impl Stats {
    fn count(&mut self, history: &[&Kept], outcome: Option<(&str, OutcomeBy)>) {
        let Some(last) = history.last() else { return };
        let is_decided = last.verdict == Verdict::Decide;
        let is_active = !is_decided && outcome.is_none();
        let is_escalated = history.iter().any(|kept| kept.verdict == Verdict::Escalate);
        self.total += 1;
        self.active += u64::from(is_active);
        self.resolved += u64::from(!is_active);
        self.escalated += u64::from(is_escalated);
        if is_decided && !last.is_overridden() {
            self.decided_alone += 1;
            if let Some((truth, by)) = outcome {
                let is_wrong = last.option.as_deref() != Some(truth);
                self.decided_and_known += 1;
                self.decided_wrong += u64::from(is_wrong);
                self.reverted += u64::from(is_wrong && by == OutcomeBy::Revert);
            }
        }
        let counts = self.by_type.entry(last.question.kind.clone()).or_default();
        counts[0] += 1;
        counts[1] += u64::from(is_active);
        counts[2] += u64::from(is_escalated);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_has_laid_down_was_not_decided_alone() {
        let kept = |commit: &str| {
            Kept {
            question: serde_json::from_value(json!({
                "question": "which?",
                "options": [{"id": "a"}, {"id": "b"}],
                "subject": {"commit": "c1"},
                "policies": [{
                    "kind": "override", "by": "owner", "option": "a", "commit": commit, "reason": "r",
                }],
            }))
            .unwrap(),
            id: "q".to_owned(),
            verdict: Verdict::Decide,
            option: Some("a".to_owned()),
            leaning: None,
            inputs: String::new(),
        }
        };
        let decided_alone = |kept: &Kept| {
            let mut stats = Stats::default();
            stats.count(&[kept], None);
            assert_eq!(stats.resolved, 1);
            stats.decided_alone
        };
        assert_eq!(decided_alone(&kept("c1")), 0);
        // The control: an override of another commit does not hold.
        assert_eq!(decided_alone(&kept("c2")), 1);
    }
}
