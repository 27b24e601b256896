//! `guildhall optimize apply`: what is recommended for a run becomes changes of its limits.

use guildhall_report::Report;
use guildhall_sdk::Schema;
use guildhall_sdk::core::control::{Applied, Change, RunLimits};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::act::{self, Bounds};
use crate::recommend::{Goal, PlacesAdvice, Recommendation};
use crate::status::{RecommendRequest, Told};
use crate::{OptimizerError, Settings, present};

/// What is to be applied to which run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Schema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct ApplyRequest {
    /// What `recommend` names, as `places-...`; everything that can be where absent.
    #[schema(positional = 1)]
    pub id: Option<String>,
    /// The run, which has not ended; the latest one where absent.
    pub run: Option<String>,
    /// What is wanted; as configured where absent, `balance` by default.
    pub goal: Option<Goal>,
    /// Seconds that a task may wait; as configured where absent, 30 by default.
    pub wait: Option<f64>,
    /// Whether it is done; else it is only shown.
    pub commit: bool,
    /// Instead, brings back what held before the change of this id.
    pub undo: Option<String>,
}

/// What a recommendation comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Applying {
    /// The recommendation.
    pub id: String,
    /// The changes of limits, in the order in which they are made; none where it cannot be done.
    pub changes: Vec<Change>,
    /// Why it cannot be done.
    pub obstacle: Option<String>,
}

/// A change that was made, or would be.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    /// The change.
    pub change: Change,
    /// What the host says of it; none in a dry run.
    pub applied: Option<Applied>,
}

impl ApplyRequest {
    /// Checks it.
    ///
    /// # Errors
    /// Where parts contradict each other.
    pub fn checked(&self) -> Result<(), OptimizerError> {
        if self.undo.is_some() && (self.id.is_some() || self.run.is_some()) {
            return Err(OptimizerError::Request {
                key: "undo",
                problem: "names a change, and `id` or `run` what to apply; take one of them out"
                    .to_owned(),
            });
        }
        Ok(())
    }

    /// What is asked of the records of one run, by its id.
    pub fn of_run(&self, run: &str) -> RecommendRequest {
        RecommendRequest {
            goal: self.goal,
            run: vec![run.to_owned()],
            wait: self.wait,
            ..RecommendRequest::default()
        }
    }
}

/// What the recommendations, or the one that is named, come to.
///
/// # Errors
/// Where too many records are odd, the run has ended, or nothing of the name is recommended.
pub fn plan(
    told: &Told<'_>,
    limits: &RunLimits,
    id: Option<&str>,
    settings: &Settings,
) -> Result<Vec<Applying>, OptimizerError> {
    if told.observed.is_doubtful() {
        return Err(OptimizerError::Doubtful {
            odd: told.observed.odd_records(),
            sound: told.observed.records.attempts.len(),
        });
    }
    check_goes_on(limits)?;
    let all = &told.recommendations;
    let wanted: Vec<&Recommendation> = all
        .iter()
        .filter(|it| id.is_none_or(|id| it.id() == id))
        .collect();
    if let Some(id) = id.filter(|_| wanted.is_empty()) {
        let known: Vec<&str> = all.iter().map(Recommendation::id).collect();
        let known = match known.is_empty() {
            true => "nothing is recommended for this run".to_owned(),
            false => format!("take {}", known.join(", ")),
        };
        return Err(OptimizerError::Request {
            key: "id",
            problem: format!("is {id:?}, which is not recommended; {known}"),
        });
    }
    let mut limits = limits.clone();
    let bounds = Bounds::of(settings);
    let applying = wanted.into_iter().map(|it| match it {
        Recommendation::Places(advice) => of_places(advice, &mut limits, bounds),
        Recommendation::Route(_) => Applying {
            id: it.id().to_owned(),
            changes: Vec::new(),
            obstacle: Some("which agent does a task is its plan's to say".to_owned()),
        },
    });
    Ok(applying.collect())
}

/// # Errors
/// Where nothing of a run can be changed any more.
pub fn check_goes_on(limits: &RunLimits) -> Result<(), OptimizerError> {
    let is_over = !matches!(limits.status.as_str(), "new" | "running" | "paused");
    if !is_over {
        return Ok(());
    }
    Err(OptimizerError::Request {
        key: "run",
        problem: format!(
            "is {} ({}), which is {}; name one that goes on, `guildhall runs` lists them",
            limits.name, limits.run, limits.status
        ),
    })
}

/// The report of what was done, or would be.
pub fn report(
    limits: &RunLimits,
    applying: &[Applying],
    made: &[Made],
    is_committed: bool,
) -> Report {
    present::applied(limits, applying, made, is_committed)
}

/// The changes for other places of a capability. `limits` are as they would be afterwards.
fn of_places(advice: &PlacesAdvice, limits: &mut RunLimits, bounds: Bounds) -> Applying {
    let not = |obstacle: String| Applying {
        id: advice.id.clone(),
        changes: Vec::new(),
        obstacle: Some(obstacle),
    };
    let [agent] = advice.by.as_slice() else {
        return not(format!(
            "{} share its tasks, and which of them is to have the places nothing says",
            advice.by.join(", ")
        ));
    };
    let places = agent.parse().ok().and_then(|agent| {
        let places = act::places_of(limits, &agent)?;
        Some((agent, places))
    });
    let Some((agent, places)) = places else {
        return not(format!("{agent} is no agent of this run any more"));
    };
    let to = bounds.step(places, advice.then);
    let why = format!(
        "{}: {} of {} tasks late with {} places, {} with {}",
        advice.id,
        percent(advice.at_now.late),
        advice.tasks,
        advice.at_now.places,
        percent(advice.at_then.late),
        advice.at_then.places
    );
    let evidence = json!({ "recommendation": advice.id, "at_now": advice.at_now,
        "at_then": advice.at_then, "price_s": advice.price_s, "tasks": advice.tasks });
    let changes = [
        act::change_of_agent(limits, &agent, to),
        // The run as a whole may have more places for other agents.
        act::change_of_concurrency(limits, to).filter(|change| change.to > change.from),
    ];
    let changes: Vec<Change> = changes
        .into_iter()
        .flatten()
        .map(|change| act::because(change, why.as_str(), evidence.clone()))
        .collect();
    for change in &changes {
        let state = limits.limits.iter_mut().find(|it| it.limit == change.limit);
        if let Some(state) = state {
            state.now = change.to;
        }
    }
    let obstacle = changes.is_empty().then(|| {
        format!(
            "{agent} has {} places and {} are the most that it may have here: by the plan, what \
             the agent takes at once, and `run.control.max-places` of the configuration",
            places.at_once, places.most
        )
    });
    Applying {
        id: advice.id.clone(),
        changes,
        obstacle,
    }
}

fn percent(share: f64) -> String {
    format!("{} %", (1000.0 * share).round() / 10.0)
}
