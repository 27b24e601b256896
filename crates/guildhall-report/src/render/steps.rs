//! What is said of a step of a plan beside its title and its reason.

use super::words::{effort, place};
use crate::{Action, ActionPlan};

/// A fact about a step.
#[derive(Debug)]
pub(super) enum Fact {
    /// Places that it changes.
    Where(Vec<String>),
    /// Steps that come before.
    After(String),
    /// What can go wrong.
    Risk(String),
    /// How to undo it.
    Undo(String),
    /// The command that shows that it is done.
    Check(String),
}

impl Fact {
    /// What stands before the fact.
    pub(super) fn label(&self) -> &'static str {
        match self {
            Self::Where(_) => "Where",
            Self::After(_) => "After",
            Self::Risk(_) => "Risk",
            Self::Undo(_) => "To undo",
            Self::Check(_) => "Check",
        }
    }

    /// The fact itself; it may hold anything.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Where(places) => places.join(", "),
            Self::After(text) | Self::Risk(text) | Self::Undo(text) | Self::Check(text) => {
                text.clone()
            }
        }
    }
}

/// All that is known of a step, in reading order.
pub(super) fn facts(plan: &ActionPlan, item: &Action) -> Vec<Fact> {
    let places = (!item.locations.is_empty())
        .then(|| Fact::Where(item.locations.iter().map(place).collect()));
    let after = (!item.after.is_empty()).then(|| Fact::After(after(plan, item)));
    let risk = item.risk.clone().map(Fact::Risk);
    let undo = item.rollback.clone().map(Fact::Undo);
    let check = item.verify.clone().map(Fact::Check);
    let all = [places, after, risk, undo, check];
    all.into_iter().flatten().collect()
}

/// The effort as an interval: `30 min to 2 h`.
pub(super) fn effort_of(item: &Action) -> Option<String> {
    let (least, most) = item.effort_minutes?;
    Some(format!(
        "{} to {}",
        effort(u64::from(least)),
        effort(u64::from(most))
    ))
}

/// What must be done before, by its number in the list where it is in the list.
fn after(plan: &ActionPlan, item: &Action) -> String {
    let number = |id: &String| {
        let at = plan.items.iter().position(|other| other.id == *id);
        at.map_or_else(|| id.clone(), |at| format!("step {}", at + 1))
    };
    item.after.iter().map(number).collect::<Vec<_>>().join(", ")
}
