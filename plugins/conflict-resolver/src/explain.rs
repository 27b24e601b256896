//! `guildhall resolve explain`: a decision that is kept, made again and held against itself.

use guildhall_report::Report;
use guildhall_sdk::prelude::*;

use crate::decide::Decided;
use crate::store::Store;
use crate::{ResolverError, Settings, present};

/// Which decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct ExplainRequest {
    /// The id of a decision that is kept.
    #[schema(positional = 1)]
    pub id: String,
}

/// Decides again by what is known now, and says what has changed since.
///
/// # Errors
/// Where there is no such decision.
pub(crate) async fn explain(
    request: &ExplainRequest,
    settings: &Settings,
    ctx: &Context,
) -> Result<Report, AgentError> {
    let store = Store(ctx);
    let decisions = store.decisions().await?;
    let kept = decisions
        .into_iter()
        .rev()
        .find(|(_, kept)| kept.id == request.id);
    let (_, kept) = kept.ok_or_else(|| ResolverError::NoSuchDecision {
        id: request.id.clone(),
    })?;
    let experience = store.experience().await?;
    let outcome = experience.outcomes().find(|outcome| outcome.id == kept.id);
    let truth = outcome.map(|outcome| (outcome.truth.clone(), outcome.by));
    let decision = guildhall_verdict::decide(&kept.question, &experience.learn(), &settings.rule());
    let decision = decision.map_err(|reason| ResolverError::Nonsense {
        place: format!("{}: ", kept.id),
        reason,
    })?;
    let decided = Decided {
        question: kept.question.clone(),
        decision,
        made: Vec::new(),
        failed: Vec::new(),
    };
    Ok(present::explained(&decided, &kept, truth.as_ref()))
}
