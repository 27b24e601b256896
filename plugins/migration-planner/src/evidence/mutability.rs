//! Bindings that are `mut` for nothing any more, which the compiler warns of.

use guildhall_source::rust::uses::{MethodCall, Origin};

use super::methods::traits_in_scope;
use super::value::Values;
use super::{How, Look};
use crate::api::{Method, Receiver, Signature};
use crate::difference::class::UNNEEDED_MUT_AT_BINDING;
use crate::difference::{Change, Class, Member};
use crate::world::ItemId;

impl Look<'_, '_, '_> {
    pub(super) fn mutability(&mut self, values: &Values<'_, '_, '_>) {
        let uses = self.scene.uses(self.file);
        let mut calls: Vec<Vec<&MethodCall>> = vec![Vec::new(); uses.bindings.len()];
        for call in &uses.calls {
            if let Origin::Binding(binding) = *uses.origin(call.receiver) {
                calls[binding as usize].push(call);
            }
        }
        let traits: Vec<ItemId> = traits_in_scope(self.scene, self.file).into_keys().collect();
        for (binding, at) in uses.bindings.iter().zip(0..) {
            let calls = &calls[at as usize];
            if !binding.is_mutable || binding.is_changed || calls.is_empty() {
                continue;
            }
            for item in values.bound(at).items() {
                if let Some(change) = self.unneeded(item, calls, &traits) {
                    let (id, class) = (change.id.clone(), change.class);
                    let place = binding.place;
                    self.keep(id, class, place, How::Mutability, UNNEEDED_MUT_AT_BINDING);
                }
            }
        }
    }

    /// The change that made `mut` unneeded for a value of this type, where nothing else that
    /// is called on it needs it.
    fn unneeded(&self, item: ItemId, calls: &[&MethodCall], traits: &[ItemId]) -> Option<&Change> {
        let mut first = None;
        for call in calls {
            let changes = self.scene.world.member(item, Member::Named(&call.name));
            let mut unneeded = changes
                .iter()
                .filter(|change| change.class == Class::UnneededMut);
            match unneeded.next() {
                Some(change) => first = first.or(Some(change)),
                None if self.needs_mut(item, &call.name, traits) => return None,
                None => {}
            }
        }
        first
    }

    /// Whether a method of the type, or of a trait in scope, takes `&mut self`.
    fn needs_mut(&self, item: ItemId, name: &str, traits: &[ItemId]) -> bool {
        let world = self.scene.world;
        let details = world
            .items(item)
            .iter()
            .filter_map(|item| item.type_detail());
        let methods = details
            .filter_map(|detail| detail.methods.get(name))
            .flatten();
        let own: Vec<&Method> = methods.collect();
        if !own.is_empty() {
            return own
                .iter()
                .any(|method| is_mutable(method.signature.as_ref()));
        }
        let details = traits.iter().flat_map(|item| world.items(*item));
        let items = details
            .filter_map(|item| item.trait_detail())
            .flat_map(|one| &one.items);
        let mut named = items.filter(|item| item.name == name);
        named.any(|item| is_mutable(item.signature.as_ref()))
    }
}

fn is_mutable(signature: Option<&Signature>) -> bool {
    signature.is_some_and(|signature| signature.receiver == Receiver::Mutable)
}
