//! What is named: imports, functions, types, variants, constants, macros.

use guildhall_source::rust::uses::{PathKind, PathUse};

use super::{How, Look};
use crate::difference::{Class, Member};
use crate::world::{ItemId, Named};

impl Look<'_, '_, '_> {
    pub(super) fn paths(&mut self) {
        for path in &self.scene.uses(self.file).paths {
            for named in self.scene.named(self.file, path).iter() {
                self.mention(named.of, path.place);
                self.path(path, named);
            }
        }
    }

    fn path(&mut self, path: &PathUse, named: &Named) {
        if path.kind == PathKind::Macro {
            self.found.macros.push(path.place.line);
        }
        match named.item {
            // A module, or nothing that the old version has.
            None => self.module(path, named),
            Some(_) if path.kind == PathKind::Glob => {}
            Some(item) => self.item(path, named, item),
        }
    }

    fn item(&mut self, path: &PathUse, named: &Named, item: ItemId) {
        let world = self.scene.world;
        let is_called = matches!(path.kind, PathKind::Call(_) | PathKind::Token(true));
        let shows = |class: Class| is_called || !class.is_of_calls();
        let of_item = world.of(item.of).difference.of_path(world.path(item));
        let of_item = of_item.iter().filter(|change| shows(change.class));
        let how = how(path.kind);
        self.note(of_item, path.place, how, 1.0);
        match named.rest.first() {
            Some(name) => {
                let changes = world.member(item, Member::Named(name));
                self.note(changes, path.place, how, 1.0);
            }
            None => self.arguments(path, item),
        }
    }

    /// Type and lifetime parameters, where a type is written.
    fn arguments(&mut self, path: &PathUse, item: ItemId) {
        let world = self.scene.world;
        if matches!(path.kind, PathKind::Type | PathKind::Bound) {
            let changes = world.member(item, Member::Parameters);
            self.note(changes, path.place, How::Path, 1.0);
        }
        if path.lifetimes > 0 {
            let changes = world.member(item, Member::Lifetimes);
            self.note(changes, path.place, How::Path, 1.0);
        }
    }

    /// A module that is gone.
    fn module(&mut self, path: &PathUse, named: &Named) {
        let moving = self.scene.world.of(named.of);
        let is_gone = |names: &&[String]| {
            !names.is_empty() && moving.old.has_module(names) && !moving.new.has_module(names)
        };
        if Some(named.names.as_slice()).filter(is_gone).is_none() {
            return;
        }
        let id = moving.difference.id(&named.names, None);
        let probability = Class::Removed.probability();
        self.keep(id, Class::Removed, path.place, How::Path, probability);
    }
}

fn how(kind: PathKind) -> How {
    match kind {
        PathKind::Attribute | PathKind::Derive => How::Attribute,
        PathKind::Literal => How::Literal,
        _ => How::Path,
    }
}
