//! What is named: imports, functions, types, variants, constants, macros.

use guildhall_source::rust::uses::{PathKind, PathUse};

use super::{How, Look};
use crate::difference::{Change, Class, Member};
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
        let is_written = |class: Class| class != Class::Moved || self.is_written(path, named);
        let of_item = of_item
            .iter()
            .filter(|change| shows(change.class) && is_written(change.class));
        let of_item: Vec<&Change> = of_item.collect();
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

    /// Whether where an item is stands in a path: else another place, which imports it or
    /// passes it on, is edited when it moves.
    fn is_written(&self, path: &PathUse, named: &Named) -> bool {
        let behind = named.rest.len();
        let mut ends = path.path.rmatch_indices("::").map(|(at, _)| at);
        let all = match ends.nth(behind).filter(|end| *end > 0) {
            Some(end) => {
                let around = PathUse {
                    path: path.path[..end].to_owned(),
                    ..path.clone()
                };
                return self.is_outside(&around, named);
            }
            None => &self.scene.uses(self.file).paths,
        };
        // By its name alone: brought in as a part of all that a module has.
        let name = &named.names[named.names.len() - behind - 1];
        let is_imported = |path: &&PathUse| {
            path.kind == PathKind::Import && path.path.rsplit("::").next() == Some(name)
        };
        let mut globs = all.iter().filter(|path| path.kind == PathKind::Glob);
        !all.iter().any(|path| is_imported(&path)) && globs.any(|glob| self.is_outside(glob, named))
    }

    /// Whether a path leads straight to where the item is, and not to the tree.
    fn is_outside(&self, path: &PathUse, named: &Named) -> bool {
        let around = self.scene.named(self.file, path);
        let length = named.names.len() - named.rest.len() - 1;
        let mut around = around.iter();
        around.any(|around| around.of == named.of && around.names == named.names[..length])
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
