//! Values that are put together or taken apart field by field, and what a `match` covers.

use super::{How, Look};
use crate::difference::Member;

impl Look<'_, '_, '_> {
    pub(super) fn literals(&mut self) {
        let (world, uses) = (self.scene.world, self.scene.uses(self.file));
        for literal in &uses.literals {
            let path = &uses.paths[literal.path as usize];
            for named in self.scene.named(self.file, path).iter() {
                let Some(item) = named.item else { continue };
                for field in &literal.fields {
                    let changes = world.member(item, Member::Field(field));
                    self.note(changes, path.place, How::Literal, 1.0);
                }
                if named.rest.is_empty() && !literal.has_rest {
                    let changes = world.member(item, Member::Literal);
                    self.note(changes, path.place, How::Literal, 1.0);
                }
            }
        }
        self.matches();
    }

    fn matches(&mut self) {
        let (world, uses) = (self.scene.world, self.scene.uses(self.file));
        for path in uses.matched.iter().map(|path| &uses.paths[*path as usize]) {
            for named in self.scene.named(self.file, path).iter() {
                let Some(item) = named.item else { continue };
                let whole = world.whole(item);
                if whole != item || !named.rest.is_empty() {
                    let changes = world.member(whole, Member::Match);
                    self.note(changes, path.place, How::Match, 1.0);
                }
            }
        }
    }
}
