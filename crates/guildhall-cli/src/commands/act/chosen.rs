//! Which items of a report's plans of action are done.

use std::collections::{HashMap, HashSet};

use guildhall_report::{Action, Document};

use crate::config::shown;
use crate::exit::Failure;
use crate::nearest::nearest;

/// What the command line asks for.
pub(super) struct Wanted<'a> {
    /// The one plan whose items count.
    pub(super) plan: Option<&'a str>,
    /// These items; where there are none, the first `top`.
    pub(super) items: Vec<&'a str>,
    pub(super) top: u32,
}

/// The items, in the order of the report.
pub(super) struct Chosen<'a> {
    pub(super) items: Vec<Item<'a>>,
}

/// An item and who says that it is worth doing.
#[derive(Clone, Copy)]
pub(super) struct Item<'a> {
    pub(super) agent: &'a str,
    /// The plan that it is part of, by its place in the report.
    pub(super) plan: usize,
    pub(super) action: &'a Action,
}

impl<'a> Chosen<'a> {
    /// What is asked for, with everything that must be done before it. `name` is what
    /// messages call the report.
    pub(super) fn of(
        report: &'a Document,
        wanted: &Wanted<'_>,
        name: &str,
    ) -> Result<Self, Failure> {
        let all = all(report, wanted, name)?;
        let first: Vec<usize> = if wanted.items.is_empty() {
            (0..all.len().min(wanted.top as usize)).collect()
        } else {
            named(&all, wanted, name)?
        };
        let with_earlier = with_earlier(&all, first);
        let items = all.into_iter().enumerate();
        let items = items.filter(|(at, _)| with_earlier.contains(at));
        Ok(Self {
            items: items.map(|(_, item)| item).collect(),
        })
    }
}

fn all<'a>(
    report: &'a Document,
    wanted: &Wanted<'_>,
    name: &str,
) -> Result<Vec<Item<'a>>, Failure> {
    let plans = report.plans.iter().enumerate();
    let plans = plans.filter(|(_, plan)| wanted.plan.is_none_or(|id| plan.id == id));
    let items = plans.flat_map(|(at, plan)| {
        let of_plan = plan.items.iter();
        of_plan.map(move |action| Item {
            agent: &plan.agent,
            plan: at,
            action,
        })
    });
    let items: Vec<Item<'a>> = items.collect();
    if !items.is_empty() {
        return Ok(items);
    }
    match wanted.plan {
        None => Err(Failure::input(
            format!("{name} has no plan of action: nothing was found worth doing"),
            "scan a folder where an agent has something to propose",
        )),
        Some(id) => {
            let ids: Vec<&str> = report.plans.iter().map(|plan| plan.id.as_str()).collect();
            Err(unknown("plan", id, &ids, name))
        }
    }
}

/// Those that the command line names.
fn named(all: &[Item<'_>], wanted: &Wanted<'_>, name: &str) -> Result<Vec<usize>, Failure> {
    let mut found = Vec::new();
    for id in &wanted.items {
        let with_id = |at: &usize| all[*at].action.id == *id;
        let same: Vec<usize> = (0..all.len()).filter(with_id).collect();
        match same[..] {
            [one] => found.push(one),
            [] => {
                let ids: Vec<&str> = all.iter().map(|item| item.action.id.as_str()).collect();
                return Err(unknown("item", id, &ids, name));
            }
            _ => {
                return Err(Failure::usage(
                    format!("several plans of {name} have an item {}", shown::text(id)),
                    "say which plan with --plan",
                ));
            }
        }
    }
    Ok(found)
}

/// `first` and everything of the same plans that must be done before.
fn with_earlier(all: &[Item<'_>], first: Vec<usize>) -> HashSet<usize> {
    let keys = all.iter().enumerate();
    let by_id: HashMap<(usize, &str), usize> = keys
        .map(|(at, item)| ((item.plan, item.action.id.as_str()), at))
        .collect();
    let mut chosen = HashSet::new();
    let mut waiting = first;
    while let Some(at) = waiting.pop() {
        if chosen.insert(at) {
            let item = &all[at];
            let before = item.action.after.iter();
            waiting.extend(before.filter_map(|id| by_id.get(&(item.plan, id.as_str()))));
        }
    }
    chosen
}

fn unknown(what: &str, id: &str, known: &[&str], name: &str) -> Failure {
    let help = match nearest(id, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("it has {}", shown::text(&known.join(", "))),
    };
    Failure::usage(format!("{name} has no {what} {}", shown::text(id)), help)
}
