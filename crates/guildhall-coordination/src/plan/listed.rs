//! Tasks that an agent lists in its output: read and checked as strictly as a plan.

use std::collections::BTreeMap;

use guildhall_core::{AgentError, TaskKind};
use serde_json::Value;

use super::compile::Compiler;
use super::links::{self, Link, Links, Why};
use super::mistakes::{Mistake, Mistakes, Origin};
use super::model::{PlanPlace, PlanTask};
use super::node::{Data, Node};
use super::read_task::{self, ReadTask};
use super::{exclusive, refuse_without_agent, stages};
use crate::task::{NeedOn, TaskSpec};

/// Needs between listed groups at the most: each task needs all of the group before.
const MOST_GROUP_NEEDS: usize = 1_000_000;

/// Tasks that were listed.
pub(crate) struct Listed {
    pub(crate) tasks: Vec<PlanTask>,
    links: Vec<Vec<Link>>,
}

/// Reads the tasks in `value`, which stands at `pointer` in the output of a task.
pub(crate) fn listed_tasks(
    value: &Value,
    pointer: &str,
    base: &TaskSpec,
    refused_kinds: &[String],
) -> Result<Listed, AgentError> {
    let origin = Origin::Output { pointer, value };
    let mut mistakes = Mistakes::default();
    let node = Node::of_value(value, &mut 0);
    let mut tasks = Vec::new();
    if let Data::List(items) = &node.data {
        for item in items {
            tasks.extend(read_task::task(item, &mut mistakes));
        }
    }
    let mut found = links::find(&tasks, &origin, &mut mistakes);
    refuse_without_agent(&tasks, base, &mut mistakes);
    refuse_places(&tasks, &mut mistakes);
    refuse_kinds(&tasks, refused_kinds, &mut mistakes);
    refuse_items(&tasks, &mut mistakes);
    if mistakes.is_empty() {
        order_groups(&tasks, &mut found, &origin, &mut mistakes);
    }
    if mistakes.is_empty() {
        links::refuse_cycles(&tasks, &found, &origin, &mut mistakes);
    }
    if !mistakes.is_empty() {
        return Err(mistakes.into_agent_error(pointer, value));
    }
    Ok(Listed {
        tasks: tasks.into_iter().map(|read| read.task).collect(),
        links: found.of,
    })
}

impl Listed {
    /// The tasks of the run that these become, from the index `first` on; nothing where a
    /// key would be too long.
    pub(crate) fn compile(
        &self,
        base: &TaskSpec,
        folder: String,
        first: u32,
        most: u32,
        refused_kinds: &[String],
    ) -> Option<Vec<TaskSpec>> {
        let compiler = Compiler {
            tasks: self.tasks.iter().collect(),
            links: &self.links,
            stages: &[],
            chain: &[],
            base: base.clone(),
            folder,
            first,
            in_sequence: false,
            most,
            refused_kinds,
        };
        compiler.compile()
    }
}

fn refuse_places(tasks: &[ReadTask], mistakes: &mut Mistakes) {
    for read in tasks {
        let key = match read.task.place {
            Some(PlanPlace::Wave(_)) => "wave",
            Some(PlanPlace::Stage(_)) => "stage",
            Some(PlanPlace::Group(_)) | None => continue,
        };
        let message = format!("`{key}` belongs in a plan: listed tasks have `needs` and `group`");
        mistakes.add(Mistake::new(read.places.place, message));
    }
}

fn refuse_kinds(tasks: &[ReadTask], refused: &[String], mistakes: &mut Mistakes) {
    for read in tasks {
        if let Some(kind) = read
            .task
            .kind
            .as_ref()
            .filter(|kind| refused.contains(kind))
        {
            let message = format!(
                "`{}` is of the exclusive kind `{kind}`, but would be in a group with others",
                read.task.id
            );
            mistakes.add(Mistake::new(read.places.kind, message));
        }
    }
}

fn refuse_items(tasks: &[ReadTask], mistakes: &mut Mistakes) {
    for read in tasks {
        if let Some((place, field)) = read.places.reads.item
            && let Some(mistake) = stages::no_item(&read.task, None, place, field)
        {
            mistakes.add(mistake);
        }
    }
}

/// Lets each group wait for the one before it, where the tasks have groups.
fn order_groups(
    tasks: &[ReadTask],
    found: &mut Links,
    origin: &Origin<'_>,
    mistakes: &mut Mistakes,
) {
    let group_of = |at: usize| match tasks[at].task.place {
        Some(PlanPlace::Group(number)) => Some(number),
        _ => None,
    };
    let mut groups: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for at in 0..tasks.len() {
        if let Some(number) = group_of(at) {
            groups.entry(number).or_default().push(at as u32);
        }
    }
    if groups.is_empty() {
        return;
    }
    for (at, read) in tasks
        .iter()
        .enumerate()
        .filter(|(at, _)| group_of(*at).is_none())
    {
        let message = format!(
            "`{}` has no `group`: either every listed task has one, or none has",
            tasks[at].task.id
        );
        mistakes.add(Mistake::new(read.places.id, message));
    }
    let kinds = [TaskKind::TEST_RUN.to_owned()];
    exclusive::check(tasks, group_of, &kinds, origin, mistakes);
    let groups: Vec<Vec<u32>> = groups.into_values().collect();
    let needs: usize = groups
        .windows(2)
        .map(|pair| pair[0].len() * pair[1].len())
        .sum();
    if needs > MOST_GROUP_NEEDS {
        let message = "these groups are too large to follow one another: put a task between them";
        mistakes.add(Mistake::new(tasks[0].places.id, message));
        return;
    }
    for pair in groups.windows(2) {
        for at in &pair[1] {
            add_group(&mut found.of[*at as usize], &pair[0], tasks, *at);
        }
    }
}

fn add_group(links: &mut Vec<Link>, before: &[u32], tasks: &[ReadTask], at: u32) {
    for task in before {
        if !links.iter().any(|link| link.task == *task) {
            links.push(Link {
                task: *task,
                on: NeedOn::Ended,
                place: tasks[at as usize].places.place,
                why: Why::Stated,
            });
        }
    }
}
