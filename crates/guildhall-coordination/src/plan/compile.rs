//! Makes tasks of a run of the tasks of a plan, or of those that an agent lists.

use super::links::{self, Link, decompose_id};
use super::model::{Common, PlanExpansion, PlanSource, PlanTask};
use crate::graph;
use crate::id::{TaskIndex, TaskKey};
use crate::task::{Call, Expansion, Items, Need, NeedOn, Source, TaskSpec, Work};
use crate::template::has_tags;

/// Tasks with everything that decides what becomes of them.
pub(crate) struct Compiler<'a> {
    pub(crate) tasks: Vec<&'a PlanTask>,
    pub(crate) links: &'a [Vec<Link>],
    /// The stage of each task; empty where there are none.
    pub(crate) stages: &'a [Option<u32>],
    /// See [`super::stages::Stages::chain`].
    pub(crate) chain: &'a [u32],
    /// What tasks inherit where they say nothing.
    pub(crate) base: TaskSpec,
    /// Put in front of every key, with a `/` at its end.
    pub(crate) folder: String,
    /// The index of the first task.
    pub(crate) first: u32,
    /// Whether each task follows the one before it.
    pub(crate) in_sequence: bool,
    /// Children of an expansion at the most, whatever it says itself.
    pub(crate) most: u32,
    pub(crate) refused_kinds: &'a [String],
}

/// A task that says nothing but what `common` does.
pub(crate) fn base(common: &Common, key: TaskKey) -> TaskSpec {
    let mut base = TaskSpec::new(key, Work::Call(Call::default()));
    take_common(&mut base, common);
    base
}

/// Adds the tag by which the tasks of a kind are limited.
pub(crate) fn with_kind_tag(mut spec: TaskSpec) -> TaskSpec {
    if let Some(tag) = spec.kind.as_deref().map(kind_tag)
        && !spec.tags.contains(&tag)
    {
        spec.tags.push(tag);
    }
    spec
}

/// The tag of a kind.
pub(crate) fn kind_tag(kind: &str) -> String {
    format!("kind:{kind}")
}

/// The task of an agent's call that `task` is where it inherits from `base`.
pub(crate) fn merged(base: &TaskSpec, task: &PlanTask, key: TaskKey) -> TaskSpec {
    let mut spec = base.clone();
    take_common(&mut spec, &task.common);
    spec.title = task.title.clone().unwrap_or_else(|| task.id.to_string());
    spec.key = key;
    spec.description.clone_from(&task.description);
    spec.estimate = task.estimate;
    spec.when.clone_from(&task.when);
    spec.preemptible |= task.preemptible;
    for (slot, given) in [
        (&mut spec.accept, &task.accept),
        (&mut spec.kind, &task.kind),
        (&mut spec.race, &task.race),
    ] {
        if given.is_some() {
            slot.clone_from(given);
        }
    }
    if let Work::Call(call) = &mut spec.work {
        if task.prompt.is_some() || !task.input.is_null() {
            call.prompt.clone_from(&task.prompt);
            call.input.clone_from(&task.input);
        }
        if !task.reads.is_empty() {
            call.reads.clone_from(&task.reads);
        }
    }
    spec
}

impl Compiler<'_> {
    /// The tasks of the run, each after those that it needs; nothing where a key would be
    /// too long.
    pub(crate) fn compile(&self) -> Option<Vec<TaskSpec>> {
        let order = self.order();
        let indices = self.indices(&order);
        let mut specs = Vec::with_capacity(order.len());
        for at in order {
            self.add(at, &indices, &mut specs)?;
        }
        Some(specs)
    }

    /// The places of tasks in the plan, each after those that it needs.
    fn order(&self) -> Vec<u32> {
        let in_order =
            |(at, links): (usize, &Vec<Link>)| links.iter().all(|link| (link.task as usize) < at);
        let count = self.tasks.len() as u32;
        let mut order: Vec<u32> = if self.links.iter().enumerate().all(in_order) {
            (0..count).collect()
        } else {
            let needs: Vec<Vec<u32>> = self.links.iter().map(|it| links::numbers(it)).collect();
            graph::stable_order(&needs)
        };
        let later_steps = self.chain.get(1..).unwrap_or_default();
        if !later_steps.is_empty() {
            order.retain(|at| !later_steps.contains(at));
        }
        order
    }

    /// The index by which others mean each task.
    fn indices(&self, order: &[u32]) -> Vec<TaskIndex> {
        let mut indices = vec![TaskIndex(0); self.tasks.len()];
        let mut next = self.first;
        for at in order {
            let source = self.tasks[*at as usize].expansion.as_ref();
            // The call that decomposes it comes before.
            next += u32::from(source.is_some_and(|it| it.source == PlanSource::Decompose));
            indices[*at as usize] = TaskIndex(next);
            next += 1;
        }
        if let [first, later @ ..] = self.chain {
            for at in later {
                indices[*at as usize] = indices[*first as usize];
            }
        }
        indices
    }

    fn add(&self, at: u32, indices: &[TaskIndex], specs: &mut Vec<TaskSpec>) -> Option<()> {
        let task = self.tasks[at as usize];
        let spec = self.spec(task)?;
        let needs = self.needs(at, indices);
        let stage = self.stages.get(at as usize).copied().flatten();
        let placed = |mut spec: TaskSpec, needs: Vec<Need>| {
            spec.needs = needs;
            spec.stage = stage.or(self.base.stage);
            spec
        };
        let Some(expansion) = &task.expansion else {
            specs.push(placed(with_kind_tag(spec), needs));
            return Some(());
        };
        if expansion.source == PlanSource::Decompose {
            let call = self.decomposing(task, &spec)?;
            let own = Need {
                task: TaskIndex(indices[at as usize].0 - 1),
                on: NeedOn::Completed,
            };
            specs.push(placed(call, needs));
            let expanded = self.expanded(task, expansion, spec, own.task);
            specs.push(placed(expanded, vec![own]));
            return Some(());
        }
        let listed = self.listed_by(at, indices);
        let expanded = self.expanded(task, expansion, spec, listed);
        specs.push(placed(expanded, needs));
        Some(())
    }

    fn spec(&self, task: &PlanTask) -> Option<TaskSpec> {
        let key = TaskKey::new(format!("{}{}", self.folder, task.id)).ok()?;
        Some(merged(&self.base, task, key))
    }

    fn needs(&self, at: u32, indices: &[TaskIndex]) -> Vec<Need> {
        let links = &self.links[at as usize];
        let need = |link: &Link| Need {
            task: indices[link.task as usize],
            on: link.on,
        };
        if !self.in_sequence {
            return links.iter().map(need).collect();
        }
        let before = at.checked_sub(1).map(|before| Need {
            task: indices[before as usize],
            on: NeedOn::Completed,
        });
        before.into_iter().collect()
    }

    /// The task whose output says what this one becomes, where there is one.
    fn listed_by(&self, at: u32, indices: &[TaskIndex]) -> TaskIndex {
        let mut links = self.links[at as usize].iter();
        let listed = links.find(|link| link.why == links::Why::Listed);
        listed.map_or(TaskIndex(0), |link| indices[link.task as usize])
    }

    /// The call whose output lists the parts of `task`.
    fn decomposing(&self, task: &PlanTask, spec: &TaskSpec) -> Option<TaskSpec> {
        let key = format!("{}{}", self.folder, decompose_id(&task.id));
        Some(TaskSpec {
            key: TaskKey::new(key).ok()?,
            title: format!("decompose: {}", spec.title),
            race: None,
            ..with_kind_tag(spec.clone())
        })
    }

    /// The task that becomes several, each like `child`.
    fn expanded(
        &self,
        task: &PlanTask,
        expansion: &PlanExpansion,
        child: TaskSpec,
        listed: TaskIndex,
    ) -> TaskSpec {
        let mut parent = TaskSpec {
            title: without_tags(&child.title).unwrap_or_else(|| task.id.to_string()),
            description: without_tags(&child.description).unwrap_or_default(),
            priority: child.priority,
            timeout_ms: child.timeout_ms,
            retry: child.retry,
            kind: child.kind.clone(),
            quality: child.quality,
            when: child.when.clone(),
            estimate: child.estimate,
            depth: child.depth,
            parent: child.parent,
            ..TaskSpec::new(child.key.clone(), Work::Call(Call::default()))
        };
        let child = TaskSpec {
            when: None,
            ..child
        };
        let source = match &expansion.source {
            PlanSource::Items(items) => {
                self.items(task, Items::Given(items.clone()), expansion, child)
            }
            PlanSource::Output { pointer, .. } => {
                let items = Items::Output {
                    task: listed,
                    pointer: pointer.clone(),
                };
                self.items(task, items, expansion, child)
            }
            PlanSource::Tasks { pointer, .. } => Source::Tasks {
                task: listed,
                pointer: pointer.clone(),
                template: Box::new(child),
            },
            PlanSource::Decompose => {
                // What the task says of its own call is not for its parts.
                parent.when = None;
                Source::Tasks {
                    task: listed,
                    pointer: String::new(),
                    template: Box::new(TaskSpec {
                        title: child.title,
                        description: child.description,
                        key: child.key,
                        race: child.race,
                        ..self.base.clone()
                    }),
                }
            }
        };
        parent.work = Work::Expand(Expansion {
            source,
            most: expansion.most.min(self.most),
            single: expansion.single,
            refused_kinds: self.refused_kinds.to_vec(),
        });
        parent
    }

    fn items(
        &self,
        task: &PlanTask,
        items: Items,
        expansion: &PlanExpansion,
        mut child: TaskSpec,
    ) -> Source {
        let mut then = Vec::new();
        let passes = self
            .chain
            .first()
            .is_some_and(|first| self.tasks[*first as usize].id == task.id);
        if passes {
            // The children of each item are named by the ids of the plan.
            child.key = task.id.clone();
            for at in &self.chain[1..] {
                let task = self.tasks[*at as usize];
                let step = merged(&self.base, task, task.id.clone());
                then.push(with_kind_tag(step));
            }
        }
        Source::Items {
            items,
            template: Box::new(with_kind_tag(child)),
            then,
            batch: expansion.batch,
        }
    }
}

fn take_common(spec: &mut TaskSpec, common: &Common) {
    spec.timeout_ms = common.timeout_ms.unwrap_or(spec.timeout_ms);
    spec.retry = common.retry.over(spec.retry);
    spec.priority = common.priority.unwrap_or(spec.priority);
    spec.reserve = common.reserve.unwrap_or(spec.reserve);
    take(&mut spec.quality, &common.quality);
    if let Some(resources) = &common.resources {
        spec.resources.clone_from(resources);
    }
    if let Some(tags) = &common.tags {
        spec.tags.clone_from(tags);
    }
    if let Work::Call(call) = &mut spec.work {
        take(&mut call.capability, &common.capability);
        take(&mut call.agent, &common.agent);
        take(&mut call.tools, &common.tools);
        take(&mut call.model, &common.model);
        take(&mut call.workspace, &common.workspace);
    }
}

fn take<T: Clone>(slot: &mut Option<T>, given: &Option<T>) {
    if given.is_some() {
        slot.clone_from(given);
    }
}

/// The text, unless it is a template, which only children can fill in.
fn without_tags(text: &str) -> Option<String> {
    (!has_tags(text)).then(|| text.to_owned())
}
