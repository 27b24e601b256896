//! `guildhall resolve learn`: what turned out to be right.

use guildhall_report::Report;
use guildhall_sdk::prelude::*;
use guildhall_verdict::{Outcome, OutcomeBy};

use crate::store::Store;
use crate::{ResolverError, intake, present};

/// What turned out to be right: of one decision that is kept, or a file of outcomes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Schema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct LearnRequest {
    /// A file with outcomes: JSON, one a line, or a table with the columns item, topic, truth and
    /// one for each agent; `-` is standard input.
    pub path: Option<String>,
    /// The id of a decision that is kept.
    pub id: Option<String>,
    /// The option of it that was right.
    pub truth: Option<String>,
    /// Who knows: a person where absent. Its own decisions tell nothing.
    pub by: Option<OutcomeBy>,
}

/// Keeps outcomes.
///
/// # Errors
/// Where nothing can be learned from what was told, or it cannot be kept.
pub(crate) async fn learn(request: &LearnRequest, ctx: &Context) -> Result<Report, AgentError> {
    let store = Store(ctx);
    let told = match (&request.path, &request.id, &request.truth) {
        (Some(path), None, None) => intake::outcomes(path)?,
        (None, Some(id), Some(truth)) => intake::Told {
            outcomes: vec![of_decision(&store, id, truth, request.by).await?],
            wrong: Vec::new(),
        },
        _ => {
            return Err(ResolverError::Request {
                key: "path",
                problem: "or `id` with `truth` tells what was right; give one of them".to_owned(),
            }
            .into());
        }
    };
    if told.outcomes.is_empty()
        && let Some((place, why)) = told.wrong.first()
    {
        return Err(ResolverError::Told {
            path: place.clone(),
            reason: why.clone(),
        }
        .into());
    }
    let mut experience = store.experience().await?;
    let before = experience.outcomes().count();
    store.learn(&told.outcomes).await?;
    let count = told.outcomes.len();
    let counts = told.outcomes.into_iter().map(|it| experience.add(it));
    let outranked = counts.filter(|counts| !counts).count();
    Ok(present::learned(
        [count, outranked, before],
        &experience,
        &told.wrong,
    ))
}

async fn of_decision(
    store: &Store<'_>,
    id: &str,
    truth: &str,
    by: Option<OutcomeBy>,
) -> Result<Outcome, AgentError> {
    let decisions = store.decisions().await?;
    let kept = decisions.iter().rev().find(|(_, kept)| kept.id == id);
    let (_, kept) = kept.ok_or_else(|| ResolverError::NoSuchDecision { id: id.to_owned() })?;
    let outcome = Outcome::of(&kept.question, truth, by.unwrap_or(OutcomeBy::Human));
    let outcome = outcome.map_err(|reason| ResolverError::Nonsense {
        place: format!("{id}: "),
        reason,
    });
    Ok(outcome?)
}
