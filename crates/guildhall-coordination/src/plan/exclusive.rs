//! The rule of exclusive kinds: under the strategy `groups`, a task of such a kind is
//! alone in its group. What counts is the kind that a task declares, never a word in its
//! title.

use std::collections::BTreeMap;

use super::mistakes::{Mistake, Mistakes, Origin};
use super::model::PlanSource;
use super::read_task::ReadTask;
use super::stages::size;

/// Tells the first violation in each group. `group_of` gives the group of each task.
pub(crate) fn check(
    tasks: &[ReadTask],
    group_of: impl Fn(usize) -> Option<u32>,
    kinds: &[String],
    origin: &Origin<'_>,
    mistakes: &mut Mistakes,
) {
    let mut groups: BTreeMap<u32, Vec<&ReadTask>> = BTreeMap::new();
    for (at, read) in tasks.iter().enumerate() {
        if let Some(group) = group_of(at) {
            groups.entry(group).or_default().push(read);
        }
    }
    for members in groups.values() {
        if let Some(mistake) = mistake_of(members, kinds, origin) {
            mistakes.add(mistake);
        }
    }
}

fn mistake_of(members: &[&ReadTask], kinds: &[String], origin: &Origin<'_>) -> Option<Mistake> {
    let kind_of = |read: &ReadTask| read.task.kind.clone().filter(|kind| kinds.contains(kind));
    let (at, exclusive) = members
        .iter()
        .enumerate()
        .find(|(_, read)| kind_of(read).is_some())?;
    let kind = kind_of(exclusive)?;
    let named = |read: &ReadTask| format!("`{}` {}", read.task.id, origin.place(read.places.id));
    let others = || members.iter().enumerate().filter(|(other, _)| *other != at);
    if let Some((_, second)) = others().find(|(_, read)| kind_of(read).is_some()) {
        let message = format!(
            "a group has at most one task of an exclusive kind, but {} and {} are in the same, of the kind `{kind}`",
            named(exclusive),
            named(second)
        );
        return Some(Mistake::new(second.places.kind, message).with_help(help()));
    }
    if let Some((_, other)) = others().next() {
        let message = format!(
            "{} is of the exclusive kind `{kind}`, but {} is in the same group",
            named(exclusive),
            named(other)
        );
        return Some(Mistake::new(exclusive.places.kind, message).with_help(help()));
    }
    let becomes_several = exclusive.task.expansion.is_some() && !is_one(exclusive);
    becomes_several.then(|| {
        let message = format!(
            "{} is of the exclusive kind `{kind}`, but becomes several tasks, which would be in the same group",
            named(exclusive)
        );
        Mistake::new(exclusive.places.kind, message)
    })
}

fn help() -> Option<String> {
    Some("give it a group of its own".to_owned())
}

fn is_one(read: &ReadTask) -> bool {
    let source = read.task.expansion.as_ref().map(|it| &it.source);
    matches!(source, Some(PlanSource::Items(_))) && size(&read.task) == 1
}
