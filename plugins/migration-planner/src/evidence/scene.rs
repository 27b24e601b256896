//! What the paths of a tree mean in the crates that move, and in the tree itself.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use guildhall_source::rust::modules::{Meaning, ModuleId, ModuleTree, Outsides};
use guildhall_source::rust::uses::{
    Definition, DefinitionKind, FileUses, PartKind, PathKind, PathUse, Types,
};

use super::tree::TreeUses;
use super::value::Value;
use crate::world::{ItemId, Named, World};

/// A path as it is asked for: where it stands, and its text.
type Asked = (ModuleId, Rc<str>);

/// A definition: its file, and its place in [`FileUses::definitions`].
pub(super) type DefinitionId = (usize, usize);

/// An item of the tree that a path means.
#[derive(Debug, Clone)]
pub(super) struct Local {
    pub(super) file: usize,
    pub(super) name: Rc<str>,
    /// What stands behind it, such as a method.
    pub(super) rest: Rc<str>,
}

/// What is asked of a tree as a whole.
pub(super) struct Scene<'s, 'a> {
    pub(super) tree: &'a TreeUses,
    pub(super) world: &'a World,
    pub(super) modules: &'a ModuleTree,
    outsides: &'s Outsides<'s, 'a>,
    meanings: RefCell<HashMap<Asked, Rc<[Meaning]>>>,
    named: RefCell<HashMap<Asked, Rc<[Named]>>>,
    /// Definitions by their names.
    definitions: HashMap<&'a str, Vec<DefinitionId>>,
    /// Fields of structures by their names: the definition, and the type.
    fields: HashMap<&'a str, Vec<(DefinitionId, Types)>>,
}

impl<'s, 'a> Scene<'s, 'a> {
    pub(super) fn new(
        tree: &'a TreeUses,
        world: &'a World,
        modules: &'a ModuleTree,
        outsides: &'s Outsides<'s, 'a>,
    ) -> Self {
        let mut scene = Self {
            tree,
            world,
            modules,
            outsides,
            meanings: RefCell::default(),
            named: RefCell::default(),
            definitions: HashMap::new(),
            fields: HashMap::new(),
        };
        for (file, (_, uses)) in tree.files.iter().enumerate() {
            for (at, definition) in uses.definitions.iter().enumerate() {
                scene.keep((file, at), definition);
            }
        }
        scene
    }

    fn keep(&mut self, id: DefinitionId, definition: &'a Definition) {
        let known = self.definitions.entry(&definition.name).or_default();
        known.push(id);
        for part in &definition.parts {
            if let (PartKind::Field, Some(name)) = (part.kind, &part.name) {
                let known = self.fields.entry(name).or_default();
                known.push((id, part.types));
            }
        }
    }

    pub(super) fn uses(&self, file: usize) -> &'a FileUses {
        &self.tree.files[file].1
    }

    pub(super) fn definition(&self, id: DefinitionId) -> &'a Definition {
        &self.uses(id.0).definitions[id.1]
    }

    /// The module that a place of a file is in.
    pub(super) fn module(&self, file: usize, scope: Option<u32>) -> ModuleId {
        let inline = self.modules.at(file, scope);
        inline.unwrap_or_else(|| self.modules.of_file(file))
    }

    /// What a path of a file means.
    pub(super) fn meanings(&self, file: usize, path: &PathUse) -> Rc<[Meaning]> {
        self.meanings_in(self.module(file, path.place.scope), &path.path)
    }

    fn meanings_in(&self, module: ModuleId, path: &str) -> Rc<[Meaning]> {
        let asked: Asked = (module, path.into());
        if let Some(known) = self.meanings.borrow().get(&asked) {
            return Rc::clone(known);
        }
        let found: Rc<[Meaning]> = self.outsides.all_of(module, path).into();
        let mut known = self.meanings.borrow_mut();
        known.insert(asked, Rc::clone(&found));
        found
    }

    /// What a path of a file means in the crates that move.
    pub(super) fn named(&self, file: usize, path: &PathUse) -> Rc<[Named]> {
        self.named_in(self.module(file, path.place.scope), &path.path)
    }

    pub(super) fn named_in(&self, module: ModuleId, path: &str) -> Rc<[Named]> {
        let asked: Asked = (module, path.into());
        if let Some(known) = self.named.borrow().get(&asked) {
            return Rc::clone(known);
        }
        let meanings = self.meanings_in(module, path);
        let found = meanings.iter().filter_map(|meaning| match meaning {
            Meaning::Outside(outside) => self.world.named(&outside.package, &outside.path),
            _ => None,
        });
        let found: Rc<[Named]> = found.collect();
        self.named.borrow_mut().insert(asked, Rc::clone(&found));
        found
    }

    /// The first item of the tree that a path means.
    pub(super) fn local(&self, file: usize, path: &PathUse) -> Option<Local> {
        let meanings = self.meanings(file, path);
        let mut items = meanings.iter().filter_map(|meaning| match meaning {
            Meaning::Item { module, name, rest } => Some(Local {
                file: self.modules.modules()[*module].file,
                name: name.as_str().into(),
                rest: rest.as_str().into(),
            }),
            _ => None,
        });
        items.next()
    }

    /// The modules of the tree that a path means.
    pub(super) fn local_modules(&self, file: usize, path: &PathUse) -> Vec<ModuleId> {
        let meanings = self.meanings(file, path);
        let modules = meanings.iter().filter_map(|meaning| match meaning {
            Meaning::Module(module) => Some(*module),
            _ => None,
        });
        modules.collect()
    }

    /// The definitions of a name in a file.
    pub(super) fn defined(&self, file: usize, name: &str) -> impl Iterator<Item = DefinitionId> {
        let known = self.definitions.get(name).into_iter().flatten().copied();
        known.filter(move |id| id.0 == file)
    }

    /// The fields of a name: those of structures of the file, else those of its package.
    pub(super) fn fields(&self, file: usize, name: &str) -> Vec<(DefinitionId, Types)> {
        let all = self.fields.get(name).map_or(&[][..], Vec::as_slice);
        let of = |is_near: &dyn Fn(usize) -> bool| -> Vec<(DefinitionId, Types)> {
            let near = all.iter().filter(|((file, _), _)| is_near(*file));
            near.copied().collect()
        };
        let here = of(&|other| other == file);
        match here.is_empty() {
            true => of(&|other| self.is_one_package(file, other)),
            false => here,
        }
    }

    /// Whether a structure of the tree has a field of this name.
    pub(super) fn has_field(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    fn is_one_package(&self, a: usize, b: usize) -> bool {
        let package = |file: usize| {
            let target = self.modules.modules()[self.modules.of_file(file)].target;
            self.modules.targets()[target].package.ok_or(target)
        };
        package(a) == package(b)
    }

    /// The type that is written in a file, as far as the crates that move have it: the first
    /// one that they have, from the outside in.
    pub(super) fn written(&self, file: usize, types: Types) -> Value {
        let paths = self.uses(file).types(types);
        for (at, path) in paths.iter().enumerate() {
            let named = self.named(file, path);
            let items = named.iter().filter(|named| named.rest.is_empty());
            let items = items.filter_map(|named| named.item);
            let is_type = |item: &ItemId| self.world.is_type(*item) && !self.is_result(*item);
            let items: Vec<_> = items.filter(is_type).collect();
            if !items.is_empty() {
                let is_inner = at > 0;
                return Value::of(items.into_iter().map(|item| (item, is_inner)));
            }
        }
        match paths.iter().any(is_open) {
            true => Value::Unknown,
            false => Value::Other,
        }
    }

    /// Whether a type is a crate's own `Result`, of which what is in it matters.
    fn is_result(&self, item: ItemId) -> bool {
        let name = self.world.path(item).last();
        name.is_some_and(|name| name == "Result")
            && self
                .world
                .detail(item)
                .is_some_and(|detail| detail.alias_of.is_some())
    }

    /// What a function or method of the tree gives, by what its signature says.
    pub(super) fn result(&self, id: DefinitionId) -> Value {
        let parts = &self.definition(id).parts;
        let result = parts.iter().find(|part| part.kind == PartKind::Result);
        result.map_or(Value::Other, |part| self.written(id.0, part.types))
    }

    /// What the functions of a path give, or the values of constants.
    pub(super) fn given(&self, file: usize, path: &PathUse) -> Value {
        let Some(local) = self.local(file, path) else {
            return Value::Unknown;
        };
        let is_item = local.rest.is_empty();
        let name = if is_item { &local.name } else { &local.rest };
        for id in self.defined(local.file, name) {
            let definition = self.definition(id);
            match definition.kind {
                DefinitionKind::Function if is_item => return self.result(id),
                DefinitionKind::Constant if is_item => {
                    let value = definition.parts.first();
                    return value.map_or(Value::Other, |part| self.written(id.0, part.types));
                }
                DefinitionKind::Method if !is_item && self.is_method_of(id, &local.name) => {
                    return self.result(id);
                }
                _ => {}
            }
        }
        Value::Unknown
    }

    /// Whether a method stands in an implementation for a type of this name.
    fn is_method_of(&self, id: DefinitionId, name: &str) -> bool {
        let Some(implementation) = self.definition(id).implementation else {
            return false;
        };
        self.self_name(id.0, implementation) == Some(name)
    }

    /// The own name of the type that an implementation is for.
    pub(super) fn self_name(&self, file: usize, implementation: u32) -> Option<&'a str> {
        let uses = self.uses(file);
        let self_type = uses.implementations[implementation as usize].self_type;
        uses.types(self_type).first()?.path.rsplit("::").next()
    }
}

/// Whether a path in a type leaves open what it is: a parameter, `Self` or a bound.
fn is_open(path: &PathUse) -> bool {
    let name = path.path.as_str();
    let is_parameter = name.len() <= 2
        && name.starts_with(|letter: char| letter.is_ascii_uppercase())
        && name
            .chars()
            .all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit());
    path.kind == PathKind::Bound || name == "Self" || is_parameter
}
