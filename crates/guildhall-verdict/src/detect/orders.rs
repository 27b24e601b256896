//! Plans that would do the same steps in opposite orders.

use std::collections::{BTreeMap, BTreeSet};

use super::{Account, Contradiction, ContradictionKind, Stance, Step, question, subject};

/// Steps of a plan that are compared; following all ways through more takes too long.
const MOST_STEPS: usize = 500;

/// A step and one that comes after it.
type Before<'a> = (&'a str, &'a str);

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
    pairs
        .into_iter()
        .filter_map(|pair| contradiction(&orders, pair))
        .collect()
}

fn contradiction(
    orders: &[(&Account, BTreeSet<Before<'_>>)],
    (one, other): Before<'_>,
) -> Option<Contradiction> {
    let forward = format!("{one} before {other}");
    let backward = format!("{other} before {one}");
    let mut stances: BTreeMap<&str, Stance> = BTreeMap::new();
    let mut accounts = Vec::new();
    for (account, order) in orders {
        // A plan that goes round in a circle says nothing.
        let option = match (order.contains(&(one, other)), order.contains(&(other, one))) {
            (true, false) => &forward,
            (false, true) => &backward,
            _ => continue,
        };
        accounts.push(*account);
        stances.entry(&account.agent).or_insert_with(|| Stance {
            option: option.clone(),
            rationale: "so its plan says".to_owned(),
        });
    }
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
