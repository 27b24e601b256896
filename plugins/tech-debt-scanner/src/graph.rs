//! Cycles in a directed graph of few nodes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Nodes by number, each with those that it leads to.
pub(crate) type Edges = BTreeMap<usize, BTreeSet<usize>>;

/// From so many nodes a shortest way is looked for: from all of a large set it would take
/// the square of its size.
const MOST_STARTS: usize = 500;

/// The sets of two nodes or more in which each leads to every other, by R. Tarjan's
/// algorithm (Depth-First Search and Linear Graph Algorithms, 1972). Each is ordered, and
/// they are in the order of their first nodes.
pub(crate) fn cycles(edges: &Edges) -> Vec<Vec<usize>> {
    let mut search = Search::empty(edges);
    for node in edges.keys() {
        if !search.order.contains_key(node) {
            search.from(*node);
        }
    }
    search.found.sort();
    search.found
}

/// The shortest way round in a set of nodes that are a cycle, the least where there are
/// several; each node leads to the next and the last one to the first.
pub(crate) fn shortest(edges: &Edges, within: &[usize]) -> Vec<usize> {
    let members: BTreeSet<usize> = within.iter().copied().collect();
    let mut best: Option<Vec<usize>> = None;
    for start in within.iter().take(MOST_STARTS) {
        let round = round(edges, &members, *start);
        let is_shorter =
            |best: &Vec<usize>| round.as_ref().is_some_and(|way| way.len() < best.len());
        if best.as_ref().is_none_or(is_shorter) {
            best = round.or(best);
        }
        if best.as_ref().is_some_and(|best| best.len() == 2) {
            break;
        }
    }
    best.unwrap_or_default()
}

/// The shortest way from a node back to it.
fn round(edges: &Edges, members: &BTreeSet<usize>, start: usize) -> Option<Vec<usize>> {
    let mut before: BTreeMap<usize, usize> = BTreeMap::new();
    let mut open = VecDeque::from([start]);
    while let Some(node) = open.pop_front() {
        for next in edges.get(&node).into_iter().flatten() {
            if *next == start {
                let back = std::iter::successors(Some(node), |node| before.get(node).copied());
                let mut way: Vec<usize> = back.collect();
                way.reverse();
                return Some(way);
            }
            if members.contains(next) && !before.contains_key(next) {
                before.insert(*next, node);
                open.push_back(*next);
            }
        }
    }
    None
}

struct Search<'a> {
    edges: &'a Edges,
    /// When a node was come upon.
    order: BTreeMap<usize, usize>,
    /// The earliest node that it leads back to.
    low: BTreeMap<usize, usize>,
    /// Nodes that are in no set yet.
    stack: Vec<usize>,
    on_stack: BTreeSet<usize>,
    found: Vec<Vec<usize>>,
}

impl<'a> Search<'a> {
    fn empty(edges: &'a Edges) -> Self {
        Self {
            edges,
            order: BTreeMap::new(),
            low: BTreeMap::new(),
            stack: Vec::new(),
            on_stack: BTreeSet::new(),
            found: Vec::new(),
        }
    }

    /// Without recursion: a chain of modules may be long.
    fn from(&mut self, start: usize) {
        let edges = self.edges;
        let next_of = |node: usize| edges.get(&node).into_iter().flatten().copied();
        let mut path = vec![(start, next_of(start).collect::<Vec<_>>().into_iter())];
        self.enter(start);
        while let Some((node, following)) = path.last_mut() {
            let node = *node;
            if let Some(next) = following.next() {
                if !self.order.contains_key(&next) {
                    self.enter(next);
                    path.push((next, next_of(next).collect::<Vec<_>>().into_iter()));
                } else if self.on_stack.contains(&next) {
                    self.lower(node, self.order[&next]);
                }
            } else {
                path.pop();
                if let Some((outer, _)) = path.last() {
                    let (outer, low) = (*outer, self.low[&node]);
                    self.lower(outer, low);
                }
                self.leave(node);
            }
        }
    }

    fn enter(&mut self, node: usize) {
        let order = self.order.len();
        self.order.insert(node, order);
        self.low.insert(node, order);
        self.stack.push(node);
        self.on_stack.insert(node);
    }

    fn lower(&mut self, node: usize, to: usize) {
        let low = self.low.entry(node).or_insert(to);
        *low = to.min(*low);
    }

    /// Where a node leads back to nothing before it, all above it on the stack are a set.
    fn leave(&mut self, node: usize) {
        if self.low[&node] != self.order[&node] {
            return;
        }
        let mut set = Vec::new();
        while let Some(member) = self.stack.pop() {
            self.on_stack.remove(&member);
            set.push(member);
            if member == node {
                break;
            }
        }
        if set.len() > 1 {
            set.sort_unstable();
            self.found.push(set);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edges(all: &[(usize, usize)]) -> Edges {
        let mut edges = Edges::new();
        for (from, to) in all {
            edges.entry(*from).or_default().insert(*to);
        }
        edges
    }

    #[test]
    fn sets_are_told_apart_and_lone_nodes_are_none() {
        let edges = edges(&[
            (1, 2),
            (2, 3),
            (3, 1),
            (3, 4),
            (4, 5),
            (5, 4),
            (6, 1),
            (7, 7),
        ]);
        assert_eq!(cycles(&edges), [vec![1, 2, 3], vec![4, 5]]);
    }

    #[test]
    fn the_shortest_way_round_is_named() {
        let edges = edges(&[(1, 2), (2, 3), (3, 4), (4, 1), (3, 2)]);
        let all = cycles(&edges);
        assert_eq!(all, [vec![1, 2, 3, 4]]);
        assert_eq!(shortest(&edges, &all[0]), [2, 3]);
    }

    #[test]
    fn a_long_way_takes_no_stack() {
        let mut all: Vec<(usize, usize)> = (0..50_000).map(|node| (node, node + 1)).collect();
        all.push((50_000, 0));
        assert_eq!(cycles(&edges(&all))[0].len(), 50_001);
    }
}
