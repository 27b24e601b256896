//! The packages of the project, as far as the order of the steps needs them.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::api::{self, Package};
use crate::exposure::exposes;
use crate::order::Part;
use crate::plan::Shown;
use crate::sources::Folder;
use crate::targets::{Move, Tree, is_same};
use crate::together::Together;

use super::sides::Sides;

/// Every package of the project, in the order of its manifests.
pub(super) fn parts(
    root: &Path,
    tree: &Tree<'_>,
    sides: &Sides,
    moves: &[Move],
    along: &Together,
) -> Vec<Part> {
    let named = moves.iter().map(|it| it.name.as_str());
    let companions = along.companions.iter().map(|it| it.name.as_str());
    let moving: BTreeSet<&str> = named.chain(companions).collect();
    let manifests = &tree.packages.manifests;
    let parts = (0..manifests.len()).filter_map(|at| {
        let manifest = &manifests[at];
        let name = manifest.package.clone()?;
        let needs = tree.packages.needs(at);
        let moved = |package: &str| moving.iter().find(|name| is_same(name, package));
        let requires: BTreeSet<String> = needs
            .iter()
            .filter_map(|need| moved(&need.package).map(|name| (*name).to_owned()))
            .collect();
        let shared = manifest
            .needs
            .iter()
            .filter(|need| need.is_shared)
            .filter_map(|need| moved(&need.package).map(|name| (*name).to_owned()));
        let shows = match requires.is_empty() {
            true => Vec::new(),
            false => shown(root, tree, at, sides, &requires),
        };
        Some(Part {
            name,
            folder: manifest.folder().to_owned(),
            shared: shared.collect(),
            needs: needs.into_iter().map(|need| need.package).collect(),
            shows,
            is_published: !manifest.is_private,
            requires,
        })
    });
    parts.collect()
}

/// The items of what moves that the public API of a package shows.
fn shown(
    root: &Path,
    tree: &Tree<'_>,
    at: usize,
    sides: &Sides,
    requires: &BTreeSet<String>,
) -> Vec<Shown> {
    let package = Package::of(tree.packages, at);
    let folder = Folder::new(root).ok();
    let (Some(package), Some(folder)) = (package, folder) else {
        return Vec::new();
    };
    let api = Arc::new(api::read(&folder, package));
    let mut world = sides.old().world.clone();
    world.add(api.clone());
    let paths = api.paths(&world);
    let shown = requires.iter().flat_map(|of| exposes(&paths, &world, of));
    shown.collect()
}
