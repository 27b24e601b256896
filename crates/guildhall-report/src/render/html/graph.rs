//! Nodes and edges in layers from left to right.

use std::collections::BTreeMap;

use super::super::words::plural;
use super::escape::{clipped, escaped, heading};
use crate::{Edge, Graph};

/// Nodes drawn; a picture of more tells nothing, so only the list is given.
const NODES: usize = 60;

/// Edges that are listed.
const LISTED: usize = 1000;

const NODE_WIDTH: f64 = 150.0;
const NODE_HEIGHT: f64 = 28.0;
const COLUMN: f64 = 220.0;
const ROW: f64 = 44.0;

/// Edges as pairs of node indices.
type Pairs = Vec<(usize, usize)>;

pub(super) fn write(graph: &Graph, by: Option<&str>, page: &mut String) {
    page.push_str("<section>\n");
    page.push_str(&heading(&graph.title, by));
    let size = format!(
        "{} and {}",
        plural(graph.nodes.len(), "node"),
        plural(graph.edges.len(), "edge")
    );
    if graph.nodes.len() <= NODES {
        picture(graph, &size, page);
    } else {
        page.push_str(&format!(
            "<p class=\"muted\">{size}: too many to draw.</p>\n"
        ));
    }
    list(graph, &size, page);
    page.push_str("</section>\n");
}

fn picture(graph: &Graph, size: &str, page: &mut String) {
    let pairs = pairs(graph);
    let layers = layers(graph.nodes.len(), &pairs);
    let places = places(&layers, &pairs);
    let right = places.iter().map(|place| place.0).fold(0.0, f64::max) + NODE_WIDTH + 2.0;
    let bottom = places.iter().map(|place| place.1).fold(0.0, f64::max) + NODE_HEIGHT + 24.0;
    page.push_str(&format!(
        "<figure class=\"chart graph scroll\">\n<svg viewBox=\"0 0 {right} {bottom}\" width=\"{right}\" \
         height=\"{bottom}\" role=\"img\" aria-label=\"{}\">\n",
        escaped(&format!("{}: {size}", graph.title))
    ));
    for &(from, to) in &pairs {
        edge(places[from], places[to], page);
    }
    for (node, (x, y)) in graph.nodes.iter().zip(&places) {
        page.push_str(&format!(
            "<g><title>{}</title><rect class=\"node\" x=\"{x}\" y=\"{y}\" width=\"{NODE_WIDTH}\" \
             height=\"{NODE_HEIGHT}\" rx=\"4\"/><text x=\"{}\" y=\"{}\">{}</text></g>\n",
            escaped(&node.label),
            x + 8.0,
            y + 18.0,
            clipped(&node.label, 21)
        ));
    }
    page.push_str("</svg>\n</figure>\n");
}

/// Edges between nodes that exist, without loops. The first node of an id counts.
fn pairs(graph: &Graph) -> Pairs {
    let mut by_id: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, node) in graph.nodes.iter().enumerate() {
        by_id.entry(&node.id).or_insert(index);
    }
    let pair = |edge: &Edge| {
        Some((
            *by_id.get(edge.from.as_str())?,
            *by_id.get(edge.to.as_str())?,
        ))
    };
    let mut pairs: Pairs = graph.edges.iter().filter_map(pair).collect();
    pairs.retain(|(from, to)| from != to);
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

/// The layer of each node: one more than the last of its predecessors. Nodes are
/// taken when all their predecessors are; in a cycle the first node that remains
/// is taken as it is, and the edges back to it run against the direction.
fn layers(count: usize, pairs: &Pairs) -> Vec<usize> {
    let mut layers = vec![0; count];
    let mut waiting: Vec<usize> = vec![0; count];
    for &(_, to) in pairs {
        waiting[to] += 1;
    }
    let mut remaining: Vec<usize> = (0..count).collect();
    while !remaining.is_empty() {
        let free = remaining.iter().position(|node| waiting[*node] == 0);
        let node = remaining.remove(free.unwrap_or(0));
        for &(_, to) in pairs.iter().filter(|(from, _)| *from == node) {
            waiting[to] = waiting[to].saturating_sub(1);
            if remaining.contains(&to) {
                layers[to] = layers[to].max(layers[node] + 1);
            }
        }
    }
    layers
}

/// Top left corners. Within a layer, nodes are ordered by the mean height of
/// their predecessors, which keeps most edges from crossing.
fn places(layers: &[usize], pairs: &Pairs) -> Vec<(f64, f64)> {
    let mut places = vec![(0.0, 0.0); layers.len()];
    for layer in 0..=layers.iter().copied().max().unwrap_or(0) {
        let mut nodes: Vec<usize> = (0..layers.len())
            .filter(|node| layers[*node] == layer)
            .collect();
        let height = |node: usize| {
            let before = pairs
                .iter()
                .filter(|(from, to)| *to == node && layers[*from] < layer);
            let heights: Vec<f64> = before.map(|(from, _)| places[*from].1).collect();
            heights.iter().sum::<f64>() / heights.len().max(1) as f64
        };
        nodes.sort_by(|a, b| height(*a).total_cmp(&height(*b)));
        for (row, node) in nodes.into_iter().enumerate() {
            places[node] = (1.0 + COLUMN * layer as f64, 1.0 + ROW * row as f64);
        }
    }
    places
}

/// A curve from the right side of one node to the left side of another; against
/// the direction, it runs below both, dashed.
fn edge(from: (f64, f64), to: (f64, f64), page: &mut String) {
    let middle = NODE_HEIGHT / 2.0;
    let (x1, y1) = (from.0 + NODE_WIDTH, from.1 + middle);
    let (x2, y2) = (to.0 - 1.0, to.1 + middle);
    if x2 > x1 {
        let bend = (x1 + x2) / 2.0;
        page.push_str(&format!(
            "<path class=\"edge\" d=\"M{x1} {y1}C{bend} {y1} {bend} {y2} {x2} {y2}\"/>\
             <path class=\"head\" d=\"M{x2} {y2}l-7 -3.5v7z\"/>\n"
        ));
        return;
    }
    let (x1, x2) = (from.0 + NODE_WIDTH / 2.0, to.0 + NODE_WIDTH / 2.0);
    let (y1, y2) = (from.1 + NODE_HEIGHT, to.1 + NODE_HEIGHT);
    let below = y1.max(y2) + 20.0;
    page.push_str(&format!(
        "<path class=\"edge back\" d=\"M{x1} {y1}C{x1} {below} {x2} {below} {x2} {y2}\"/>\
         <path class=\"head\" d=\"M{x2} {y2}l-3.5 7h7z\"/>\n"
    ));
}

fn list(graph: &Graph, size: &str, page: &mut String) {
    let labels: BTreeMap<&str, &str> = graph
        .nodes
        .iter()
        .map(|node| (node.id.as_str(), node.label.as_str()))
        .collect();
    let name = |id: &str| escaped(labels.get(id).copied().unwrap_or(id));
    page.push_str(&format!(
        "<details><summary>{size} as a list</summary>\n<ul>\n"
    ));
    for edge in graph.edges.iter().take(LISTED) {
        let label = edge.label.iter();
        let label: String = label
            .map(|label| format!(" ({})", escaped(label)))
            .collect();
        page.push_str(&format!(
            "<li>{} → {}{label}</li>\n",
            name(&edge.from),
            name(&edge.to)
        ));
    }
    let hidden = graph.edges.len().saturating_sub(LISTED);
    if hidden > 0 {
        page.push_str(&format!("<li>and {}</li>\n", plural(hidden, "more edge")));
    }
    page.push_str("</ul>\n</details>\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_stands_right_of_all_its_predecessors() {
        let pairs = vec![(0, 1), (0, 2), (1, 2), (2, 3)];
        assert_eq!(layers(4, &pairs), [0, 1, 2, 3]);
    }

    #[test]
    fn a_cycle_is_cut_at_its_first_node() {
        let pairs = vec![(0, 1), (1, 2), (2, 0)];
        assert_eq!(layers(3, &pairs), [0, 1, 2]);
        let places = places(&[0, 1, 2], &pairs);
        assert_eq!(places, [(1.0, 1.0), (221.0, 1.0), (441.0, 1.0)]);
    }

    #[test]
    fn edges_to_nowhere_are_listed_but_not_drawn() {
        let graph: Graph = serde_json::from_value(serde_json::json!({
            "id": "g", "title": "G", "nodes": [{"id": "a", "label": "A"}],
            "edges": [{"from": "a", "to": "gone"}, {"from": "a", "to": "a"}],
        }))
        .unwrap();
        let mut page = String::new();
        write(&graph, None, &mut page);
        assert!(page.contains("<li>A → gone</li>"));
        assert!(!page.contains("class=\"edge\""));
    }

    #[test]
    fn a_crowd_is_listed_only() {
        let nodes: Vec<_> = (0..61)
            .map(|n| serde_json::json!({"id": n.to_string(), "label": "n"}))
            .collect();
        let graph = serde_json::json!({"id": "g", "title": "G", "nodes": nodes, "edges": []});
        let mut page = String::new();
        write(&serde_json::from_value(graph).unwrap(), None, &mut page);
        assert!(page.contains("61 nodes and 0 edges: too many to draw."));
        assert!(!page.contains("<svg"));
    }
}
