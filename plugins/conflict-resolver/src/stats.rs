//! `guildhall resolve stats`: how many conflicts there were and what became of them.

use std::collections::BTreeMap;

use guildhall_report::Report;
use guildhall_sdk::prelude::*;
use guildhall_verdict::{Experience, OutcomeBy, Verdict};

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
        let outcome = experience.outcomes().find(|outcome| outcome.id == id);
        let outcome = outcome.map(|outcome| (outcome.truth.as_str(), outcome.by));
        stats.count(&history, outcome);
    }
    let mut standings = experience.learn().standings();
    standings.retain(|it| {
        request
            .agent
            .as_ref()
            .is_none_or(|agent| it.agent == *agent)
    });
    standings.retain(|it| request.topic.is_none() || it.topic == request.topic);
    Ok(present::stats(
        &stats,
        &standings,
        &calibration(&experience),
    ))
}

fn calibration(experience: &Experience) -> Vec<guildhall_verdict::Calibration> {
    experience.learn().calibration()
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
        if is_decided {
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
