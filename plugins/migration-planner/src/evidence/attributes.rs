//! Attributes that derives of the crates read and that they no longer know.

use guildhall_source::rust::uses::PathKind;

use super::{How, Look};

/// Attributes that derives of many crates read.
const EVERYBODYS: [&str; 2] = ["serde", "derive"];

impl Look<'_, '_, '_> {
    pub(super) fn attributes(&mut self) {
        let crates: Vec<u32> = self.found.mentions.keys().copied().collect();
        let paths = self.scene.uses(self.file).paths.iter();
        let attributes = paths.filter(|path| path.kind == PathKind::Attribute);
        for path in attributes.filter(|path| !EVERYBODYS.contains(&path.path.as_str())) {
            for of in &crates {
                let changes = self.scene.world.of(*of).helper(&path.path);
                self.note(changes, path.place, How::Attribute, 1.0);
            }
        }
    }
}
