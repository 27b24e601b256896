//! Finds schemas that apply themselves to the same value: they would be followed for
//! ever. Recursion that goes into the value ends with the value.

use crate::node::{Node, NodeId};

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    New,
    /// On the way that is being followed.
    Open,
    Done,
}

/// A schema on a circle, where there is one.
pub(super) fn find(nodes: &[Node]) -> Option<NodeId> {
    let mut marks = vec![Mark::New; nodes.len()];
    (0..nodes.len()).find_map(|start| follow(nodes, NodeId(start), &mut marks))
}

/// Depth first, with the way in a list: a chain of references may be long.
fn follow(nodes: &[Node], start: NodeId, marks: &mut [Mark]) -> Option<NodeId> {
    if marks[start.0] != Mark::New {
        return None;
    }
    marks[start.0] = Mark::Open;
    let mut way = vec![(start, next_of(nodes, start))];
    while let Some((here, next)) = way.last_mut() {
        let Some(child) = next.pop() else {
            marks[here.0] = Mark::Done;
            way.pop();
            continue;
        };
        match marks[child.0] {
            Mark::Open => return Some(child),
            Mark::Done => {}
            Mark::New => {
                marks[child.0] = Mark::Open;
                way.push((child, next_of(nodes, child)));
            }
        }
    }
    None
}

fn next_of(nodes: &[Node], id: NodeId) -> Vec<NodeId> {
    nodes[id.0].in_place().collect()
}
