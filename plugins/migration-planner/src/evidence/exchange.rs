//! Places where values of a crate that moves meet a package that stays on its old version.

use std::collections::BTreeMap;

use guildhall_source::rust::modules::Meaning;
use guildhall_source::rust::uses::{PathKind, Place};

use super::{How, Look};
use crate::api::ItemKind;
use crate::difference::Class;
use crate::plan::Blocker;
use crate::world::ItemId;

impl Look<'_, '_, '_> {
    pub(super) fn exchange(&mut self, blockers: &[Blocker]) {
        let held: Vec<&str> = blockers
            .iter()
            .filter(|blocker| self.uses_package(&blocker.name))
            .map(|blocker| blocker.holds.as_str())
            .collect();
        if held.is_empty() {
            return;
        }
        let own = self.exchangeable();
        let met = held.iter().filter_map(|package| own.get(package).copied());
        let met: Vec<(ItemId, Place)> = met.collect();
        for (item, place) in met {
            let (class, id) = (Class::Exchange, self.id(item));
            self.keep(id, class, place, How::Exchange, class.probability());
        }
    }

    fn uses_package(&self, package: &str) -> bool {
        let paths = self.scene.uses(self.file).paths.iter();
        let mut named = paths.filter(|path| path.kind != PathKind::Glob);
        named.any(|path| {
            let meanings = self.scene.meanings(self.file, path);
            let mut meanings = meanings.iter();
            meanings.any(|meaning| match meaning {
                Meaning::Outside(outside) => outside.package == package,
                _ => false,
            })
        })
    }

    /// What values can be of, by the package that declares it, however it is reached: the
    /// first of each.
    fn exchangeable(&self) -> BTreeMap<&str, (ItemId, Place)> {
        let world = self.scene.world;
        let mut own = BTreeMap::new();
        for path in &self.scene.uses(self.file).paths {
            if path.kind == PathKind::Glob {
                continue;
            }
            for item in self
                .scene
                .named(self.file, path)
                .iter()
                .filter_map(|named| named.item)
            {
                let forms = world.items(item).iter();
                for form in forms.filter(|form| is_exchanged(form.kind())) {
                    let package = form.api.package.name.as_str();
                    own.entry(package).or_insert((item, path.place));
                }
            }
        }
        own
    }
}

fn is_exchanged(kind: ItemKind) -> bool {
    matches!(
        kind,
        ItemKind::Struct | ItemKind::Enum | ItemKind::Constant | ItemKind::Trait | ItemKind::Alias
    )
}
