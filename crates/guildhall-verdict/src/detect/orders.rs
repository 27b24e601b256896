//! Plans that would do the same steps in opposite orders.

use std::collections::{BTreeMap, BTreeSet};

use super::{Account, Contradiction, ContradictionKind, Stance, Step, question, subject};

/// Steps of a plan that are compared, the first; following all ways through more takes too long.
pub const MOST_STEPS: usize = 500;

/// A step and one that comes after it.
type Before<'a> = (&'a str, &'a str);

/// A plan, and whether it has the first step of a pair before the second.
type Says<'a> = (&'a Account, bool);

pub(super) fn detect(accounts: &[&Account]) -> Vec<Contradiction> {
    let orders: Vec<(&Account, BTreeSet<Before<'_>>)> = accounts
        .iter()
        .map(|account| (*account, order(&account.steps)))
        .collect();
    let pairs: BTreeSet<Before<'_>> = orders
        .iter()
        .flat_map(|(_, order)| order)
        .filter(|(first, second)| first < second)
        .copied()
        .collect();
    let states = pairs.into_iter().flat_map(|pair| {
        let states = comparable(&orders, pair);
        states.into_iter().map(move |state| (pair, state))
    });
    states
        .filter_map(|(pair, state)| contradiction(&state, pair))
        .collect()
}

/// The plans that say something of a pair, by the state that they are made for: those of one commit
/// with those that name none.
fn comparable<'a>(
    orders: &[(&'a Account, BTreeSet<Before<'_>>)],
    (one, other): Before<'_>,
) -> Vec<Vec<Says<'a>>> {
    let says = orders.iter().filter_map(|(account, order)| {
        // A plan that goes round in a circle says nothing.
        match (order.contains(&(one, other)), order.contains(&(other, one))) {
            (true, false) => Some((*account, true)),
            (false, true) => Some((*account, false)),
            _ => None,
        }
    });
    let says: Vec<Says<'_>> = says.collect();
    let commits: BTreeSet<&String> = says
        .iter()
        .filter_map(|(account, _)| account.commit.as_ref())
        .collect();
    if commits.is_empty() {
        return vec![says];
    }
    let of = |commit: &String| {
        let is_of =
            |(account, _): &&Says<'_>| account.commit.as_ref().is_none_or(|it| it == commit);
        says.iter().filter(is_of).copied().collect()
    };
    commits.into_iter().map(of).collect()
}

fn contradiction(says: &[Says<'_>], (one, other): Before<'_>) -> Option<Contradiction> {
    let forward = format!("{one} before {other}");
    let backward = format!("{other} before {one}");
    let mut stances: BTreeMap<&str, Stance> = BTreeMap::new();
    for (account, is_forward) in says {
        let option = if *is_forward { &forward } else { &backward };
        stances.entry(&account.agent).or_insert_with(|| Stance {
            option: option.clone(),
            rationale: "so its plan says".to_owned(),
        });
    }
    let accounts: Vec<&Account> = says.iter().map(|(account, _)| *account).collect();
    let text = format!("what comes first, {one} or {other}?");
    let options = [forward.as_str(), backward.as_str()];
    let mut asked = question("plan", text, "order", &options, stances)?;
    asked.subject = subject(&accounts, &[], None);
    Some(Contradiction {
        kind: ContradictionKind::Order,
        question: asked,
    })
}

/// All pairs of steps of which one comes before the other, directly or through others.
fn order(steps: &[Step]) -> BTreeSet<Before<'_>> {
    let steps = &steps[..steps.len().min(MOST_STEPS)];
    let after: BTreeMap<&str, &Vec<String>> = steps
        .iter()
        .map(|step| (step.id.as_str(), &step.after))
        .collect();
    let mut order = BTreeSet::new();
    for step in steps {
        let mut open: Vec<&str> = vec![&step.id];
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        while let Some(next) = open.pop() {
            for before in after.get(next).into_iter().copied().flatten() {
                if seen.insert(before) {
                    order.insert((before.as_str(), step.id.as_str()));
                    open.push(before);
                }
            }
        }
    }
    order
}
