//! Implementations of traits that ask for more, or for something else.

use super::{How, Look};
use crate::difference::Member;
use crate::difference::class::IMPLEMENTED_ITEM;

impl Look<'_, '_, '_> {
    pub(super) fn implementations(&mut self) {
        let (world, uses) = (self.scene.world, self.scene.uses(self.file));
        for implementation in &uses.implementations {
            let Some(path) = implementation.of_trait else {
                continue;
            };
            let path = &uses.paths[path as usize];
            for item in self
                .scene
                .named(self.file, path)
                .iter()
                .filter_map(|named| named.item)
            {
                let changes = world.member(item, Member::Impl);
                self.note(changes, implementation.place, How::Impl, 1.0);
                for (name, place) in &implementation.items {
                    for change in world.member(item, Member::ImplItem(name)) {
                        let confidence = change.class.probability().max(IMPLEMENTED_ITEM);
                        self.keep(
                            change.id.clone(),
                            change.class,
                            *place,
                            How::Impl,
                            confidence,
                        );
                    }
                }
            }
        }
    }
}
