//! One hop: files that use what an item of the tree shows of the crates that move.

use std::collections::HashMap;

use guildhall_source::rust::uses::{Definition, DefinitionKind, PathKind};

use super::Findings;
use super::scene::Scene;
use crate::world::ItemId;

/// Adds to each file the items of other files that it uses and that show a type of the crates.
pub(super) fn find(scene: &Scene<'_, '_>, found: &mut [Findings]) {
    let mut shown: HashMap<(usize, &str), ItemId> = HashMap::new();
    for (file, findings) in found.iter().enumerate() {
        if findings.mentions.is_empty() {
            continue;
        }
        for definition in &scene.uses(file).definitions {
            let Some(name) = name_of(scene, file, definition) else {
                continue;
            };
            if shown.contains_key(&(file, name)) {
                continue;
            }
            if let Some(item) = shows(scene, file, definition) {
                shown.insert((file, name), item);
            }
        }
    }
    for (file, findings) in found.iter_mut().enumerate() {
        for path in &scene.uses(file).paths {
            if path.kind == PathKind::Glob {
                continue;
            }
            let Some(local) = scene.local(file, path).filter(|local| local.file != file) else {
                continue;
            };
            if let Some(item) = shown.get(&(local.file, &*local.name)) {
                let difference = &scene.world.of(item.of).difference;
                let id = difference.id(scene.world.path(*item), None);
                let place = (path.place.line, path.place.column);
                findings.exposed.entry(place).or_insert(id);
            }
        }
    }
}

/// Under which name others reach what a definition shows: a method, under that of its type.
fn name_of<'a>(scene: &Scene<'_, 'a>, file: usize, definition: &'a Definition) -> Option<&'a str> {
    match (definition.kind, definition.implementation) {
        (DefinitionKind::Trait | DefinitionKind::Macro | DefinitionKind::TraitMethod, _) => None,
        (DefinitionKind::Method, Some(implementation)) => scene.self_name(file, implementation),
        _ => Some(&definition.name),
    }
}

/// The first type of the crates that a definition shows.
fn shows(scene: &Scene<'_, '_>, file: usize, definition: &Definition) -> Option<ItemId> {
    let parts = definition.parts.iter();
    let mut items = parts.filter_map(|part| scene.written(file, part.types).items().next());
    items.next()
}
