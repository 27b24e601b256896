//! What follows from the order of tasks alone: cycles, an order that respects all needs,
//! and the critical path.

use std::borrow::Borrow;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::task::TaskSpec;

/// For each task the length, in milliseconds, of the longest chain from it to an end,
/// itself included: over needs, over stages, and from the children of a task to what
/// needs it. Durations are [`Estimate::duration_ms`](crate::Estimate::duration_ms);
/// needs of tasks that are not in the list are ignored. Takes time in proportion to tasks
/// and needs.
pub fn critical_path_ms<T: Borrow<TaskSpec>>(tasks: &[T]) -> Vec<u64> {
    let tasks: Vec<&TaskSpec> = tasks.iter().map(Borrow::borrow).collect();
    let tasks = &tasks[..];
    let graph = Ordered::new(tasks);
    let mut longest = graph.durations.clone();
    for at in graph.backwards() {
        let after = graph
            .followers(at)
            .iter()
            .map(|next| longest[*next as usize]);
        longest[at] = longest[at].saturating_add(after.max().unwrap_or(0));
    }
    longest.truncate(tasks.len());
    longest
}

/// Tasks that wait for one another, each for the next and the last for the first; none
/// where `needs` has no cycle. `needs[n]` are the tasks that task n needs.
pub fn find_cycle<N: AsRef<[u32]>>(needs: &[N]) -> Option<Vec<u32>> {
    let mut search = Search {
        needs,
        seen: vec![Seen::Never; needs.len()],
        path: Vec::new(),
    };
    (0..needs.len()).find_map(|start| search.from(start as u32))
}

/// All tasks in an order in which each comes after what it needs and otherwise in the
/// order that they have; tasks on a cycle are left out. `needs[n]` are the tasks that
/// task n needs.
pub fn stable_order<N: AsRef<[u32]>>(needs: &[N]) -> Vec<u32> {
    let mut open: Vec<usize> = needs.iter().map(|needs| needs.as_ref().len()).collect();
    let edges = needs.iter().enumerate().flat_map(|(at, needs)| {
        let pair = move |need: &u32| (*need, at as u32);
        needs.as_ref().iter().map(pair)
    });
    let followers = Followers::new(needs.len(), edges);
    let free = (0..needs.len()).filter(|at| open[*at] == 0);
    let mut ready: BinaryHeap<Reverse<u32>> = free.map(|at| Reverse(at as u32)).collect();
    let mut order = Vec::with_capacity(needs.len());
    while let Some(Reverse(at)) = ready.pop() {
        order.push(at);
        for next in followers.of(at as usize) {
            open[*next as usize] -= 1;
            if open[*next as usize] == 0 {
                ready.push(Reverse(*next));
            }
        }
    }
    order
}

/// Depth-first search without recursion: a chain can be as long as a plan.
struct Search<'n, N> {
    needs: &'n [N],
    seen: Vec<Seen>,
    /// The tasks on the way, with how many needs of each were followed.
    path: Vec<(u32, usize)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    Never,
    OnPath,
    Done,
}

impl<N: AsRef<[u32]>> Search<'_, N> {
    fn from(&mut self, start: u32) -> Option<Vec<u32>> {
        self.enter(start);
        while let Some((at, followed)) = self.path.last_mut() {
            let needs = self.needs[*at as usize].as_ref();
            let Some(next) = needs.get(*followed) else {
                self.seen[*at as usize] = Seen::Done;
                self.path.pop();
                continue;
            };
            *followed += 1;
            match self.seen.get(*next as usize) {
                Some(Seen::OnPath) => return Some(self.cycle_to(*next)),
                Some(Seen::Never) => self.enter(*next),
                Some(Seen::Done) | None => {}
            }
        }
        None
    }

    fn enter(&mut self, at: u32) {
        if self.seen[at as usize] == Seen::Never {
            self.seen[at as usize] = Seen::OnPath;
            self.path.push((at, 0));
        }
    }

    fn cycle_to(&self, first: u32) -> Vec<u32> {
        let path = self.path.iter().map(|(at, _)| *at);
        path.skip_while(|at| *at != first).collect()
    }
}

/// Tasks, the ends of those with children, and the borders between stages, as one graph.
struct Ordered {
    durations: Vec<u64>,
    followers: Followers,
}

impl Ordered {
    fn new(tasks: &[&TaskSpec]) -> Self {
        let ends = Ends::new(tasks);
        let stages = tasks.iter().filter_map(|task| task.stage).max();
        let stages = stages.map_or(0, |last| last as usize + 1).min(tasks.len());
        let mut durations: Vec<u64> = tasks
            .iter()
            .map(|task| task.estimate.duration_ms())
            .collect();
        for parent in &ends.parents {
            // It takes as long as its children do.
            durations[*parent as usize] = 0;
        }
        durations.resize(ends.count + stages, 0);
        let edges = edges(tasks, &ends, stages);
        let followers = Followers::new(durations.len(), edges.into_iter());
        Self {
            durations,
            followers,
        }
    }

    fn followers(&self, at: usize) -> &[u32] {
        self.followers.of(at)
    }

    /// Every node after those that follow it; nodes on a cycle are left out.
    fn backwards(&self) -> Vec<usize> {
        let count = self.durations.len();
        let mut before = vec![0_u32; count];
        for next in &self.followers.targets {
            before[*next as usize] += 1;
        }
        let mut order: Vec<usize> = (0..count).filter(|at| before[*at] == 0).collect();
        let mut done = 0;
        while let Some(at) = order.get(done).copied() {
            done += 1;
            for next in self.followers(at) {
                before[*next as usize] -= 1;
                if before[*next as usize] == 0 {
                    order.push(*next as usize);
                }
            }
        }
        order.reverse();
        order
    }
}

/// The node of each task's end: the task itself, or one of its own where it has children.
struct Ends {
    of: Vec<u32>,
    parents: Vec<u32>,
    count: usize,
}

impl Ends {
    fn new(tasks: &[&TaskSpec]) -> Self {
        let mut ends = Self {
            of: (0..tasks.len() as u32).collect(),
            parents: Vec::new(),
            count: tasks.len(),
        };
        for parent in tasks.iter().filter_map(|task| task.parent) {
            if ends.of.get(parent.at()) == Some(&parent.0) {
                ends.of[parent.at()] = ends.count as u32;
                ends.parents.push(parent.0);
                ends.count += 1;
            }
        }
        ends
    }
}

fn edges(tasks: &[&TaskSpec], ends: &Ends, stages: usize) -> Vec<(u32, u32)> {
    let border = |stage: usize| (ends.count + stage) as u32;
    let mut edges = Vec::with_capacity(tasks.len() * 2);
    for (at, task) in tasks.iter().enumerate() {
        let (start, end) = (at as u32, ends.of[at]);
        let needs = task
            .needs
            .iter()
            .filter_map(|need| ends.of.get(need.task.at()));
        edges.extend(needs.map(|need| (*need, start)));
        if let Some(parent) = task.parent.filter(|parent| parent.at() < tasks.len()) {
            edges.push((parent.0, start));
            edges.push((end, ends.of[parent.at()]));
        }
        if let Some(stage) = task
            .stage
            .map(|stage| stage as usize)
            .filter(|at| *at < stages)
        {
            edges.push((end, border(stage)));
            if stage > 0 {
                edges.push((border(stage - 1), start));
            }
        }
    }
    edges.extend((1..stages).map(|stage| (border(stage - 1), border(stage))));
    edges
}

/// For each node those that follow it, in two lists.
struct Followers {
    starts: Vec<u32>,
    targets: Vec<u32>,
}

impl Followers {
    fn new(count: usize, edges: impl Iterator<Item = (u32, u32)>) -> Self {
        let edges: Vec<(u32, u32)> = edges.filter(|(from, _)| (*from as usize) < count).collect();
        let mut starts = vec![0_u32; count + 1];
        for (from, _) in &edges {
            starts[*from as usize + 1] += 1;
        }
        for at in 0..count {
            starts[at + 1] += starts[at];
        }
        let mut next = starts.clone();
        let mut targets = vec![0_u32; edges.len()];
        for (from, to) in edges {
            let place = &mut next[from as usize];
            targets[*place as usize] = to;
            *place += 1;
        }
        Self { starts, targets }
    }

    fn of(&self, at: usize) -> &[u32] {
        &self.targets[self.starts[at] as usize..self.starts[at + 1] as usize]
    }
}
