//! Which task needs which: names become numbers, and what cannot be is told.

use std::collections::HashMap;

use super::mistakes::{Mistake, Mistakes, Origin};
use super::model::PlanSource;
use super::node::Span;
use super::read_task::ReadTask;
use crate::graph;
use crate::id::TaskKey;
use crate::source_text::nearest;
use crate::task::NeedOn;

/// Helps that are looked for at the most: each is compared with every id.
const MOST_HELPS: usize = 20;
/// Tasks of a cycle that are named at the most.
const MOST_NAMED: usize = 50;

/// A need by the number of the task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) task: u32,
    pub(crate) on: NeedOn,
    /// Where it is stated, or where the result is read.
    pub(crate) place: Span,
    pub(crate) why: Why,
}

/// Why a task needs another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// Its `needs` say so.
    Stated,
    /// It reads its result.
    Read,
    /// It becomes what the other one lists.
    Listed,
}

/// The needs of every task.
pub(crate) struct Links {
    pub(crate) of: Vec<Vec<Link>>,
}

/// Finds the tasks that are named in `needs`, in templates, in conditions and as sources.
pub(crate) fn find(tasks: &[ReadTask], origin: &Origin<'_>, mistakes: &mut Mistakes) -> Links {
    let ids = ids(tasks, origin, mistakes);
    let mut finder = Finder {
        ids,
        helps: 0,
        mistakes,
    };
    let numbers = 0..tasks.len() as u32;
    let of = numbers.zip(tasks).map(|(at, read)| finder.links(at, read));
    Links { of: of.collect() }
}

/// Tells a cycle, where there is one.
pub(crate) fn refuse_cycles(
    tasks: &[ReadTask],
    links: &Links,
    origin: &Origin<'_>,
    mistakes: &mut Mistakes,
) {
    let needs: Vec<Vec<u32>> = links.of.iter().map(|links| numbers(links)).collect();
    let Some(cycle) = graph::find_cycle(&needs) else {
        return;
    };
    let named = |at: &u32| {
        let read = &tasks[*at as usize];
        format!("`{}` {}", read.task.id, origin.place(read.places.id))
    };
    let mut names: Vec<String> = cycle.iter().take(MOST_NAMED).map(named).collect();
    if cycle.len() > MOST_NAMED {
        names.push(format!("{} more", cycle.len() - MOST_NAMED));
    }
    let first = &tasks[cycle[0] as usize];
    names.push(format!("`{}`", first.task.id));
    let message = format!("these tasks wait for one another: {}", names.join(" -> "));
    mistakes.add(Mistake::new(first.places.id, message));
}

/// The numbers of the tasks that are needed.
pub(crate) fn numbers(links: &[Link]) -> Vec<u32> {
    links.iter().map(|link| link.task).collect()
}

/// The number of each id.
fn ids<'t>(
    tasks: &'t [ReadTask],
    origin: &Origin<'_>,
    mistakes: &mut Mistakes,
) -> HashMap<&'t str, u32> {
    let mut ids = HashMap::with_capacity(tasks.len());
    for (at, read) in tasks.iter().enumerate() {
        let id = read.task.id.as_str();
        if let Some(earlier) = ids.insert(id, at as u32) {
            let place = origin.place(tasks[earlier as usize].places.id);
            let message = format!("the task id `{id}` is taken already {place}");
            mistakes.add(Mistake::new(read.places.id, message));
            ids.insert(id, earlier);
        }
    }
    for read in tasks {
        let expansion = read.task.expansion.as_ref();
        let decomposes = expansion.is_some_and(|it| it.source == PlanSource::Decompose);
        let taken = decomposes
            .then(|| decompose_id(&read.task.id))
            .and_then(|id| ids.get(id.as_str()));
        if let Some(other) = taken {
            let other = &tasks[*other as usize];
            let message = format!(
                "the task id `{}` is that of the call with which `{}` is decomposed",
                other.task.id, read.task.id
            );
            mistakes.add(Mistake::new(other.places.id, message));
        }
    }
    ids
}

/// The id of the call that decomposes a task.
pub(crate) fn decompose_id(id: &TaskKey) -> String {
    format!("{id}.decompose")
}

struct Finder<'t, 'm> {
    ids: HashMap<&'t str, u32>,
    helps: usize,
    mistakes: &'m mut Mistakes,
}

impl Finder<'_, '_> {
    fn links(&mut self, at: u32, read: &ReadTask) -> Vec<Link> {
        let (task, places) = (&read.task, &read.places);
        let mut links = Vec::with_capacity(task.needs.len());
        for (need, place) in task.needs.iter().zip(&places.needs) {
            if let Some(task) = self.find(read, "needs", &need.task, *place) {
                add(&mut links, task, need.on, *place, Why::Stated);
            }
        }
        let source = task.expansion.as_ref().map(|expansion| &expansion.source);
        if let Some(
            PlanSource::Output { task: listed, .. } | PlanSource::Tasks { task: listed, .. },
        ) = source
            && let Some(listed) = self.find(read, "is made of the output of", listed, places.source)
        {
            // Without its output there is nothing that it could become.
            links.retain(|link: &Link| link.task != listed);
            add(
                &mut links,
                listed,
                NeedOn::Completed,
                places.source,
                Why::Listed,
            );
        }
        for (name, place) in &places.reads.results {
            match self.find(read, "reads the result of", name, *place) {
                Some(task) if task == at => self.reads_itself(name, *place),
                Some(task) => add(&mut links, task, NeedOn::Ended, *place, Why::Read),
                None => {}
            }
        }
        links
    }

    fn find(&mut self, read: &ReadTask, verb: &str, id: &TaskKey, place: Span) -> Option<u32> {
        let found = self.ids.get(id.as_str()).copied();
        if found.is_none() {
            let reader = &read.task.id;
            let message = format!("`{reader}` {verb} `{id}`, but no task has that id");
            let help = self.help(id);
            self.mistakes
                .add(Mistake::new(place, message).with_help(help));
        }
        found
    }

    fn help(&mut self, id: &TaskKey) -> Option<String> {
        self.helps += 1;
        if self.helps > MOST_HELPS {
            return None;
        }
        let near = nearest(id.as_str(), self.ids.keys().copied());
        near.map(|near| format!("did you mean `{near}`?"))
    }

    fn reads_itself(&mut self, id: &TaskKey, place: Span) {
        let message = format!("`{id}` reads its own result, which is not there before it");
        let help = "only `accept` can read what comes of a task, as `output`";
        self.mistakes
            .add(Mistake::new(place, message).with_help(Some(help.to_owned())));
    }
}

/// Adds a need, unless there is one of the task already.
fn add(links: &mut Vec<Link>, task: u32, on: NeedOn, place: Span, why: Why) {
    if !links.iter().any(|link| link.task == task) {
        links.push(Link {
            task,
            on,
            place,
            why,
        });
    }
}
