//! How far a limit may be changed, and how often.

use guildhall_coordination::turn::AgentOffer;
use guildhall_coordination::{Ledger, Recorded, RunEvent, Work};
use guildhall_core::control::{CONFLICT, Limit, LimitState};
use guildhall_core::{AgentError, AgentId, ErrorCode};

use crate::run::now_ms;

/// Changes of a run within an hour, where nothing else is configured.
const USUAL_CHANGES: u32 = 240;

const HOUR_MS: u64 = 3_600_000;

/// How far agents may change the limits of runs, as the user has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ControlBounds {
    /// A run's concurrency and the places of an agent in it may be raised so far above what its
    /// plan says; where absent, the plan is the bound.
    pub max_places: Option<u32>,
    /// Changes of a run within an hour; 240 where absent.
    pub changes_per_hour: Option<u32>,
}

/// A change before anybody has looked at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) limit: Limit,
    pub(super) from: u32,
    pub(super) to: u32,
}

/// The limits of a run with their bounds.
pub(super) fn states(
    ledger: &Ledger,
    offers: &[AgentOffer],
    control: ControlBounds,
) -> Vec<LimitState> {
    let Some(created) = ledger.created() else {
        return Vec::new();
    };
    let planned = &created.settings.limits;
    let mut limits = vec![Limit::Concurrency];
    limits.extend(agents_of(ledger, offers).into_iter().map(Limit::Agent));
    limits.extend(planned.tags.iter().map(|(tag, _)| Limit::Tag(tag.clone())));
    let states = limits.into_iter();
    states
        .filter_map(|limit| state(ledger, offers, control, limit))
        .collect()
}

/// Whether a change is allowed.
///
/// # Errors
/// [`CONFLICT`] where the limit is another than the change builds on, else
/// [`ErrorCode::InvalidInput`].
pub(super) fn decide(
    ledger: &Ledger,
    offers: &[AgentOffer],
    control: ControlBounds,
    wanted: &Wanted,
) -> Result<(), AgentError> {
    let wrong = |text: String| Err(AgentError::new(ErrorCode::InvalidInput, text));
    let limit = &wanted.limit;
    let Some(state) = state(ledger, offers, control, limit.clone()) else {
        return wrong(format!(
            "the run limits no {limit}, and no agent of this name is known"
        ));
    };
    if state.now != wanted.from {
        let text = format!(
            "the {limit} are {} and not {}: somebody has changed them meanwhile",
            state.now, wanted.from
        );
        return Err(AgentError::new(CONFLICT, text));
    }
    // What is beyond a bound already may come nearer to it.
    let most = state.most.max(state.now);
    if wanted.to == 0 || wanted.to > most {
        return wrong(format!(
            "the {limit} may be from 1 to {most}, and not {}: the plan, what the agent takes \
             at once and `run.control.max-places` of the configuration bound them",
            wanted.to
        ));
    }
    if wanted.to == wanted.from {
        return wrong(format!("the {limit} are {} already", wanted.to));
    }
    Ok(())
}

/// Whether more may be changed now.
///
/// # Errors
/// [`ErrorCode::RateLimited`] where much was changed within the last hour.
pub(super) fn check_pace(events: &[Recorded], control: ControlBounds) -> Result<(), AgentError> {
    let most = control.changes_per_hour.unwrap_or(USUAL_CHANGES);
    let since_ms = now_ms().saturating_sub(HOUR_MS);
    let changes = events.iter().filter(|recorded| {
        recorded.at_ms >= since_ms && matches!(recorded.event, RunEvent::LimitsChanged(_))
    });
    if changes.count() < most as usize {
        return Ok(());
    }
    let text = format!(
        "the limits of the run were changed {most} times within an hour, as often as \
         `run.control.changes-per-hour` of the configuration allows"
    );
    Err(AgentError::new(ErrorCode::RateLimited, text))
}

fn state(
    ledger: &Ledger,
    offers: &[AgentOffer],
    control: ControlBounds,
    limit: Limit,
) -> Option<LimitState> {
    let planned = &ledger.created()?.settings.limits;
    let raised = |planned: u32| control.max_places.map_or(planned, |most| most.max(planned));
    let (now, planned) = (ledger.limits().get(&limit), planned.get(&limit));
    let (now, planned, most) = match &limit {
        Limit::Concurrency => (now?, planned?, raised(planned?)),
        // A limit on a tag says what may not be done at once, so nobody raises it.
        Limit::Tag(_) => (now?, planned?, planned?),
        Limit::Agent(agent) => {
            let own = offers.iter().find(|offer| offer.agent == *agent);
            let own = own.map(|offer| offer.places);
            let most = match (planned, own) {
                (Some(planned), Some(own)) => raised(planned).min(own.max(planned)),
                (Some(planned), None) => raised(planned),
                (None, own) => own?,
            };
            let planned = planned.or(own)?;
            (now.unwrap_or(planned), planned, most)
        }
    };
    Some(LimitState {
        limit,
        now,
        planned,
        most,
    })
}

/// The agents that the run limits or that can do one of its tasks, by name.
fn agents_of(ledger: &Ledger, offers: &[AgentOffer]) -> Vec<AgentId> {
    let limited = ledger.limits().agents.iter().map(|(agent, _)| agent);
    let able = offers.iter().filter(|offer| {
        let mut tasks = ledger.tasks().iter();
        tasks.any(|task| match &task.spec.work {
            Work::Call(call) => offer.can(call),
            Work::Expand(_) => false,
        })
    });
    let mut agents: Vec<AgentId> = limited
        .chain(able.map(|offer| &offer.agent))
        .cloned()
        .collect();
    agents.sort();
    agents.dedup();
    agents
}
