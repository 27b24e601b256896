//! Methods that are called on values, and fields that are taken of them.

use std::collections::BTreeMap;

use guildhall_source::rust::modules::ImportKind;
use guildhall_source::rust::uses::{MethodCall, PathKind, Place};

use super::names::{is_common_field, is_common_method};
use super::scene::Scene;
use super::value::{Value, Values};
use super::{How, Look};
use crate::difference::{Class, Member};
use crate::world::{ItemId, Namesakes};

/// What a method of a trait in scope counts where the type of the receiver is not known.
const IN_SCOPE: f64 = 0.9;

/// The same where many types have methods of that name.
const IN_SCOPE_AND_COMMON: f64 = 0.3;

impl Look<'_, '_, '_> {
    pub(super) fn methods(&mut self, values: &Values<'_, '_, '_>) {
        let world = self.scene.world;
        let traits = traits_in_scope(self.scene, self.file);
        for call in &self.scene.uses(self.file).calls {
            if !world.has_changed(&call.name) {
                continue;
            }
            let value = values.get(call.receiver);
            if self.of_types(call, value) || self.of_traits(call, value, &traits) {
                continue;
            }
            if !value.is_known() {
                self.of_unknown(call);
            }
        }
    }

    /// Notes what became of the method in the types that the receiver may have, and says
    /// whether it is a method of one of them.
    fn of_types(&mut self, call: &MethodCall, value: &Value) -> bool {
        let world = self.scene.world;
        let mut is_own = false;
        for item in value.items() {
            let changes = world.member(item, Member::Named(&call.name));
            self.note(changes, call.place, How::Receiver, 1.0);
            is_own |= is_inherent(self.scene, item, &call.name);
        }
        is_own
    }

    /// The same in the traits that are in scope.
    fn of_traits(
        &mut self,
        call: &MethodCall,
        value: &Value,
        traits: &BTreeMap<ItemId, Place>,
    ) -> bool {
        let world = self.scene.world;
        let is_common = is_common_method(&call.name);
        let mut is_of_one = false;
        for item in traits.keys().copied() {
            if !has_item(self.scene, item, &call.name) {
                continue;
            }
            is_of_one = true;
            if *value != Value::Other || !is_common {
                let share = if is_common {
                    IN_SCOPE_AND_COMMON
                } else {
                    IN_SCOPE
                };
                let changes = world.member(item, Member::Named(&call.name));
                self.note(changes, call.place, How::Trait, share);
            }
        }
        is_of_one
    }

    /// A method of which only the name is known: how many of the types of the crates that the
    /// file names have changed it.
    fn of_unknown(&mut self, call: &MethodCall) {
        if is_common_method(&call.name) {
            return;
        }
        let crates: Vec<u32> = self.found.mentions.keys().copied().collect();
        for of in crates {
            let namesakes = self.scene.world.of(of).methods(&call.name);
            let Some(namesakes) = namesakes.filter(|known| !known.changed.is_empty()) else {
                continue;
            };
            self.found.unresolved.push(call.place.line);
            let probability = Class::UnknownReceiver.probability() * share(namesakes);
            let change = namesakes.changed[0].id.clone();
            self.keep(
                change,
                Class::UnknownReceiver,
                call.place,
                How::Receiver,
                probability,
            );
        }
    }

    pub(super) fn fields(&mut self, values: &Values<'_, '_, '_>) {
        let world = self.scene.world;
        for field in &self.scene.uses(self.file).fields {
            if !world.has_changed(&field.name) {
                continue;
            }
            let value = values.get(field.base);
            for item in value.items() {
                let changes = world.member(item, Member::Field(&field.name));
                self.note(changes, field.place, How::Receiver, 1.0);
            }
            if !value.is_known() && !is_common_field(&field.name) {
                self.unknown_field(&field.name, field.place);
            }
        }
    }

    /// A field that every type which had it has lost, and that no type of the tree has.
    fn unknown_field(&mut self, name: &str, place: Place) {
        if self.scene.has_field(name) {
            return;
        }
        let crates: Vec<u32> = self.found.mentions.keys().copied().collect();
        for of in crates {
            let Some(namesakes) = self.scene.world.of(of).fields(name) else {
                continue;
            };
            let gone = namesakes.changed.iter();
            let gone = gone.filter(|change| change.class == Class::RemovedField);
            if let Some(change) = namesakes.changed.first()
                && gone.count() == namesakes.all as usize
            {
                let probability = Class::UnknownField.probability();
                let id = change.id.clone();
                self.keep(id, Class::UnknownField, place, How::Receiver, probability);
            }
        }
    }
}

/// How much of what has a method of that name has changed it, weighed by the changes.
fn share(namesakes: &Namesakes) -> f64 {
    let changed = namesakes.changed.iter();
    let sum: f64 = changed.map(|change| change.class.probability()).sum();
    sum / f64::from(namesakes.all)
}

fn is_inherent(scene: &Scene<'_, '_>, item: ItemId, name: &str) -> bool {
    let mut details = scene
        .world
        .items(item)
        .iter()
        .filter_map(|item| item.type_detail());
    details.any(|detail| {
        let methods = detail.methods.get(name);
        methods.is_some_and(|methods| methods.iter().any(|method| method.of_trait.is_none()))
    })
}

fn has_item(scene: &Scene<'_, '_>, item: ItemId, name: &str) -> bool {
    let mut details = scene
        .world
        .items(item)
        .iter()
        .filter_map(|item| item.trait_detail());
    details.any(|detail| detail.items.iter().any(|item| item.name == name))
}

/// The traits of crates that move whose methods can be called in a file, with where they are
/// brought in.
pub(super) fn traits_in_scope(scene: &Scene<'_, '_>, file: usize) -> BTreeMap<ItemId, Place> {
    let mut traits = BTreeMap::new();
    let mut add = |item: ItemId, place: Place| {
        if scene.world.is_trait(item) {
            traits.entry(item).or_insert(place);
        }
    };
    for path in &scene.uses(file).paths {
        let named = scene.named(file, path);
        match path.kind {
            PathKind::Import => {
                let items = named.iter().filter(|named| named.rest.is_empty());
                let items = items.filter_map(|named| named.item);
                items.for_each(|item| add(item, path.place));
            }
            PathKind::Glob => {
                for named in named.iter() {
                    let moving = scene.world.of(named.of);
                    let inside = moving.traits_in(named.of, &named.names).into_iter();
                    inside.for_each(|item| add(item, path.place));
                }
                let inside = scene.local_modules(file, path).into_iter();
                let inside = inside.flat_map(|module| passed_on(scene, module));
                inside.for_each(|item| add(item, path.place));
            }
            _ => {}
        }
    }
    traits
}

/// What a module of the tree brings in by name.
fn passed_on(scene: &Scene<'_, '_>, module: usize) -> Vec<ItemId> {
    let at = &scene.modules.modules()[module];
    let imports = scene.uses(at.file).modules.imports.iter();
    let named = imports
        .filter(|import| import.scope == at.scope && matches!(import.kind, ImportKind::Name(_)));
    let items = named.flat_map(|import| {
        let named = scene.named_in(module, &import.path);
        let whole = named.iter().filter(|named| named.rest.is_empty());
        whole.filter_map(|named| named.item).collect::<Vec<_>>()
    });
    items.collect()
}
