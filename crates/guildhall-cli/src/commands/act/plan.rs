//! The plan of a run that does the chosen items.

use std::collections::HashMap;
use std::fmt::Write as _;

use guildhall_coordination::{TaskKey, literal};
use guildhall_report::{Document, Finding, Location};
use serde_json::{Map, Value, json};

use super::chosen::{Chosen, Item};

/// Findings that one task is told of at the most; the places say where to look for more.
const MOST_FINDINGS: usize = 50;

/// Who does the items, and where.
pub(super) struct Who<'a> {
    pub(super) agent: Option<&'a str>,
    pub(super) capability: Option<&'a str>,
    pub(super) workspace: &'a str,
}

/// The plan, in the form that `guildhall run` reads.
pub(super) fn of(chosen: &Chosen<'_>, report: &Document, who: &Who<'_>) -> Value {
    let ids = ids(chosen);
    let (places, by_id) = (by_path(report), by_id(chosen));
    let tasks: Vec<Value> = chosen
        .items
        .iter()
        .zip(&ids)
        .map(|(item, id)| task(item, id, &places, &needs(item, &by_id, &ids)))
        .collect();
    let mut defaults = Map::new();
    defaults.extend(who.agent.map(|agent| ("agent".to_owned(), json!(agent))));
    defaults.extend(
        who.capability
            .map(|name| ("capability".to_owned(), json!(name))),
    );
    defaults.insert("workspace".to_owned(), json!(who.workspace));
    json!({
        "name": "act",
        "description": "What a scan found worth doing.",
        "strategy": "graph",
        "defaults": defaults,
        "task": tasks,
    })
}

/// The items' own ids where they can be ids of tasks and are not taken, else numbers.
fn ids(chosen: &Chosen<'_>) -> Vec<String> {
    let mut count: HashMap<&str, usize> = HashMap::new();
    for item in &chosen.items {
        *count.entry(&item.action.id).or_default() += 1;
    }
    let of = |(at, item): (usize, &Item<'_>)| {
        let id = item.action.id.as_str();
        let is_task = TaskKey::new(id).is_ok() && !id.contains('/');
        match is_task && count[id] == 1 {
            true => id.to_owned(),
            // No id of an item holds two dots in a row by accident.
            false => format!("item..{}", at + 1),
        }
    };
    chosen.items.iter().enumerate().map(of).collect()
}

/// Where the items of a plan stand by their ids, of which there may be several.
type ById<'a> = HashMap<(usize, &'a str), Vec<usize>>;

fn by_id<'a>(chosen: &Chosen<'a>) -> ById<'a> {
    let mut by_id = ById::new();
    for (at, item) in chosen.items.iter().enumerate() {
        let key = (item.plan, item.action.id.as_str());
        by_id.entry(key).or_default().push(at);
    }
    by_id
}

/// The findings by their paths, with their places in the report.
type ByPath<'a> = HashMap<&'a str, Vec<(usize, &'a Finding)>>;

fn by_path(report: &Document) -> ByPath<'_> {
    let mut by_path = ByPath::new();
    for (at, finding) in report.findings.iter().enumerate() {
        if let Some(location) = &finding.location {
            let of_path = by_path.entry(location.path.as_str()).or_default();
            of_path.push((at, &finding.item));
        }
    }
    by_path
}

/// The tasks of the items that must be done before, in their order.
fn needs<'i>(item: &Item<'_>, by_id: &ById<'_>, ids: &'i [String]) -> Vec<&'i str> {
    let after = item.action.after.iter();
    let before = after.filter_map(|id| by_id.get(&(item.plan, id.as_str())));
    let mut before: Vec<usize> = before.flatten().copied().collect();
    before.sort_unstable();
    before.dedup();
    before.into_iter().map(|at| ids[at].as_str()).collect()
}

fn task(item: &Item<'_>, id: &str, findings: &ByPath<'_>, needs: &[&str]) -> Value {
    let mut task = json!({
        "id": id,
        "title": literal(&item.action.title),
        "prompt": literal(&prompt(item)),
        "input": escaped(input(item, findings)),
    });
    if !needs.is_empty() {
        task["needs"] = json!(needs);
    }
    if let Some((least, most)) = item.action.effort_minutes {
        task["minutes"] = json!((f64::from(least) + f64::from(most)) / 2.0);
    }
    task
}

/// What to do and why, in sentences.
fn prompt(item: &Item<'_>) -> String {
    let action = item.action;
    let mut text = format!("{}.\n\nWhy: {}\n", action.title, action.reason);
    let mut line = |name: &str, what: &Option<String>| {
        if let Some(what) = what {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{name}: {what}");
        }
    };
    line("What can go wrong", &action.risk);
    line("How to see that it is done", &action.verify);
    line("How to undo it", &action.rollback);
    text.push_str(
        "\nThe places and what was found there follow as JSON. Change what this needs and \
         nothing else, and keep what the program does.",
    );
    text
}

/// The places, and what was found there.
fn input(item: &Item<'_>, findings: &ByPath<'_>) -> Value {
    let places = &item.action.locations;
    let mut files: Vec<&str> = places.iter().map(|place| place.path.as_str()).collect();
    files.sort_unstable();
    files.dedup();
    let mut there: Vec<(usize, &Finding)> = Vec::new();
    for place in places {
        let of_path = findings.get(place.path.as_str()).into_iter().flatten();
        let at_place = of_path.filter(|(_, finding)| {
            let location = finding.location.as_ref();
            location.is_some_and(|at| overlap(place, at))
        });
        // More of one place are not needed, whatever there is at others.
        there.extend(at_place.take(MOST_FINDINGS));
    }
    there.sort_unstable_by_key(|(at, _)| *at);
    there.dedup_by_key(|(at, _)| *at);
    let there = there.into_iter().map(|(_, finding)| finding);
    let findings: Vec<&Finding> = there.take(MOST_FINDINGS).collect();
    json!({
        "item": item.action.id,
        "proposed_by": item.agent,
        "files": files,
        "locations": places,
        "findings": findings,
    })
}

/// Whether two places share a line; one without lines is its whole file.
fn overlap(one: &Location, other: &Location) -> bool {
    let lines = |place: &Location| {
        let first = place.start.map_or(1, |start| start.line);
        let last = match (place.end, place.start) {
            (Some(end), _) => end.line,
            (None, Some(start)) => start.line,
            (None, None) => u32::MAX,
        };
        (first, last)
    };
    let ((first, last), (other_first, other_last)) = (lines(one), lines(other));
    one.path == other.path && first <= other_last && other_first <= last
}

/// `value` with its texts as templates that yield them.
fn escaped(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(literal(&text)),
        Value::Array(items) => items.into_iter().map(escaped).collect(),
        Value::Object(entries) => {
            let entries = entries.into_iter();
            Value::Object(entries.map(|(key, value)| (key, escaped(value))).collect())
        }
        other => other,
    }
}
