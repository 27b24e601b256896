//! Resources in plans: how much there is, and what tasks want.

use super::mistakes::{Mistake, Mistakes};
use super::node::{Data, Entry, Node, Span};
use super::read_plan::Draft;
use super::value::{self, LARGEST, Wrong};
use crate::resources::{Capacity, Wants};
use crate::source_text::{code, nearest};

/// The keys of a resource that comes back with time.
pub(crate) const RATE_KEYS: &[&str] = &["per_minute"];

/// Reads `[limits.resources]`.
pub(crate) fn capacities(node: &Node<'_>, mistakes: &mut Mistakes) -> Vec<(String, Capacity)> {
    let path = "limits.resources.";
    let mut capacities = Vec::new();
    let entries = mistakes.take("limits.", "resources", value::table(node));
    for entry in entries.unwrap_or_default() {
        let capacity = mistakes.take(path, &entry.key, capacity(&entry.node));
        let name = name(path, entry, mistakes);
        capacities.extend(name.zip(capacity));
    }
    capacities.sort_by(|a, b| a.0.cmp(&b.0));
    capacities
}

/// Reads the `resources` of a task, or of all of them.
pub(crate) fn wants(path: &str, node: &Node<'_>, mistakes: &mut Mistakes) -> Wants {
    let inner = format!("{path}resources.");
    let mut wants = Wants::new();
    let entries = mistakes.take(path, "resources", value::table(node));
    for entry in entries.unwrap_or_default() {
        let units = value::whole(&entry.node, 1..=LARGEST);
        let units = mistakes.take(&inner, &entry.key, units);
        let name = name(&inner, entry, mistakes);
        wants.extend(name.zip(units));
    }
    wants
}

/// Tells what tasks want and can never have.
pub(crate) fn check(draft: &Draft, mistakes: &mut Mistakes) {
    let of_tasks = draft.tasks.iter().filter_map(|read| {
        let wants = read.task.common.resources.as_ref()?;
        Some((wants, read.places.resources?))
    });
    let of_all = draft.defaults.resources.as_ref();
    let of_all = of_all.zip(draft.resources_place);
    for (wants, place) in of_all.into_iter().chain(of_tasks) {
        for (name, units) in wants {
            if let Some(mistake) = never(draft, name, *units, place) {
                mistakes.add(mistake);
            }
        }
    }
}

fn never(draft: &Draft, name: &str, units: u64, place: Span) -> Option<Mistake> {
    let resources = &draft.settings.limits.resources;
    let Some((_, capacity)) = resources.iter().find(|(own, _)| own == name) else {
        let message = format!("there is no resource {} in `limits.resources`", code(name));
        let names = resources.iter().map(|(own, _)| own.as_str());
        let help = nearest(name, names).map(|near| format!("did you mean `{near}`?"));
        return Some(Mistake::new(place, message).with_help(help));
    };
    let most = match capacity {
        Capacity::Count(most) | Capacity::PerMinute(most) => *most,
    };
    let message = format!(
        "{units} of {} are wanted, but `limits.resources` has {most}",
        code(name)
    );
    (units > most).then(|| Mistake::new(place, message))
}

fn capacity(node: &Node<'_>) -> Result<Capacity, Wrong> {
    let Data::Table(entries) = &node.data else {
        return value::whole(node, 1..=LARGEST).map(Capacity::Count);
    };
    match &entries[..] {
        [entry] if entry.key == RATE_KEYS[0] => {
            value::whole(&entry.node, 1..=LARGEST).map(Capacity::PerMinute)
        }
        _ => Err(Wrong::new(
            node.span,
            "must be a whole number, or a table with `per_minute` alone",
        )),
    }
}

fn name(path: &str, entry: &Entry<'_>, mistakes: &mut Mistakes) -> Option<String> {
    let name = Node {
        span: entry.key_span,
        data: Data::Text(entry.key.clone()),
    };
    mistakes.take(path, &entry.key, value::label(&name))
}
