//! The tree behind a treemap: folders, files, and what is too small to draw.

use std::collections::BTreeMap;

use super::super::super::words::plural;
use crate::Chart;

/// Files drawn one by one; the smaller ones of a folder share a rectangle, since
/// they would be smaller than a pixel or two.
const DRAWN: usize = 1500;

/// Folder levels that are drawn; deeper paths stay in one piece.
const LEVELS: usize = 12;

/// A file, or the smaller files of a folder.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Leaf {
    pub(super) label: String,
    pub(super) size: f64,
    pub(super) heat: f64,
}

#[derive(Debug, Default)]
pub(super) struct Folder {
    pub(super) folders: BTreeMap<String, Folder>,
    pub(super) leaves: Vec<Leaf>,
}

/// The points of all series with a positive size; equal labels are one leaf.
pub(super) fn leaves(chart: &Chart) -> Vec<Leaf> {
    let mut by_label: BTreeMap<&str, Leaf> = BTreeMap::new();
    for (label, size, heat) in chart.series.iter().flat_map(|series| &series.points) {
        if !size.is_finite() || *size <= 0.0 {
            continue;
        }
        let leaf = by_label.entry(label).or_insert_with(|| Leaf {
            label: label.clone(),
            size: 0.0,
            heat: 0.0,
        });
        leaf.size += size;
        // `max` passes over what is not a number.
        leaf.heat = leaf.heat.max(*heat);
    }
    by_label
        .into_values()
        .filter(|leaf| leaf.size.is_finite())
        .collect()
}

impl Folder {
    /// The tree of `leaves`, which are ordered by size, largest first.
    pub(super) fn of(leaves: &[Leaf]) -> Self {
        let mut root = Self::default();
        let (drawn, small) = leaves.split_at(leaves.len().min(DRAWN));
        for leaf in drawn {
            root.at(&leaf.label).leaves.push(leaf.clone());
        }
        let mut rest: BTreeMap<&str, Vec<&Leaf>> = BTreeMap::new();
        for leaf in small {
            let parent = leaf.label.rsplit_once('/').map_or("", |(parent, _)| parent);
            rest.entry(parent).or_default().push(leaf);
        }
        for leaves in rest.values() {
            root.at(&leaves[0].label).leaves.push(together(leaves));
        }
        root
    }

    /// The folder that holds the leaf of this label.
    fn at(&mut self, label: &str) -> &mut Self {
        let mut parts = label.split('/').filter(|part| !part.is_empty());
        parts.next_back();
        let mut folder = self;
        for part in parts.take(LEVELS) {
            folder = folder.folders.entry(part.to_owned()).or_default();
        }
        folder
    }

    pub(super) fn size(&self) -> f64 {
        let own: f64 = self.leaves.iter().map(|leaf| leaf.size).sum();
        own + self.folders.values().map(Self::size).sum::<f64>()
    }
}

fn together(leaves: &[&Leaf]) -> Leaf {
    let parent = leaves[0]
        .label
        .rsplit_once('/')
        .map_or("", |(parent, _)| parent);
    let slash = if parent.is_empty() { "" } else { "/" };
    Leaf {
        label: format!("{parent}{slash}({})", plural(leaves.len(), "smaller file")),
        size: leaves.iter().map(|leaf| leaf.size).sum(),
        heat: leaves.iter().map(|leaf| leaf.heat).fold(0.0, f64::max),
    }
}

/// Folders that hold nothing but one folder are shown as one: `src/net/http`.
pub(super) fn shortest_chain<'a>(name: &str, mut folder: &'a Folder) -> (String, &'a Folder) {
    let mut name = name.to_owned();
    while folder.leaves.is_empty() && folder.folders.len() == 1 {
        let Some((inner_name, inner)) = folder.folders.first_key_value() else {
            break;
        };
        name = format!("{name}/{inner_name}");
        folder = inner;
    }
    (name, folder)
}
