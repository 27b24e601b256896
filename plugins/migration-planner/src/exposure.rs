//! Which items of another package a package shows in its public API.
//!
//! Who uses such an item exchanges values with that other package, so that both must mean the
//! same version of it.

use std::collections::BTreeSet;

use crate::api::{
    self, Api, Detail, ItemRef, Meaning, Method, Name, Paths, Signature, Type, Visibility,
};
use crate::plan::Shown;

/// The items of the package `of` that a public API shows: what it re-exports, and the types in
/// signatures, fields, aliases and constants. Ordered, each once for each place.
///
/// `world` says what paths mean across crates; where the package `of` is not in it, its items
/// are known by their paths alone.
pub fn exposes(paths: &Paths, world: &api::World, of: &str) -> Vec<Shown> {
    let package = &paths.api.package;
    if !package
        .dependencies
        .values()
        .any(|known| known.package == of)
    {
        return Vec::new();
    }
    let mut look = Look {
        paths,
        world,
        of,
        shown: BTreeSet::new(),
    };
    look.passed_on();
    for (path, items) in &paths.by_path {
        for item in items {
            look.item(path, item);
        }
    }
    look.shown.into_iter().collect()
}

struct Look<'a> {
    paths: &'a Paths,
    world: &'a api::World,
    of: &'a str,
    shown: BTreeSet<Shown>,
}

impl Look<'_> {
    /// What is shown by `pub use`.
    fn passed_on(&mut self) {
        for (path, targets) in &self.paths.external {
            for target in targets {
                let api = self.paths.api.clone();
                if let Some(item) = self.of_external(&api, target) {
                    self.add(item, path);
                }
            }
        }
    }

    fn item(&mut self, path: &[Name], item: &ItemRef) {
        if item.api.package.name == self.of {
            let name = item.item().name.clone();
            self.add(name, path);
            return;
        }
        match &item.item().detail {
            Detail::Function(signature) => self.signature(path, item, signature),
            Detail::Value(ty) => self.ty(path, item, ty),
            Detail::Macro { .. } => {}
            Detail::Trait(detail) => {
                for (name, signature) in detail
                    .items
                    .iter()
                    .filter_map(|asked| Some((&asked.name, asked.signature.as_ref()?)))
                {
                    self.signature(&within(path, name), item, signature);
                }
            }
            Detail::Type(detail) => {
                detail
                    .alias_of
                    .iter()
                    .for_each(|ty| self.ty(path, item, ty));
                let fields = detail.fields.iter();
                for field in fields.filter(|field| field.visibility == Visibility::Public) {
                    self.ty(&within(path, &field.name), item, &field.ty);
                }
                for variant in &detail.variants {
                    let path = within(path, &variant.name);
                    variant
                        .fields
                        .iter()
                        .for_each(|field| self.ty(&path, item, &field.ty));
                }
                for (name, methods) in &detail.methods {
                    self.methods(&within(path, name), item, methods);
                }
            }
        }
    }

    fn methods(&mut self, path: &[Name], item: &ItemRef, methods: &[Method]) {
        for signature in methods
            .iter()
            .filter_map(|method| method.signature.as_ref())
        {
            self.signature(path, item, signature);
        }
    }

    fn signature(&mut self, path: &[Name], item: &ItemRef, signature: &Signature) {
        for ty in signature.parameters.iter().chain([&signature.result]) {
            self.ty(path, item, ty);
        }
    }

    fn ty(&mut self, path: &[Name], item: &ItemRef, ty: &Type) {
        for written in paths_in(&ty.written) {
            let module = item.item().module;
            for meaning in self.world.meaning(&item.api, module, &written) {
                let shown = match meaning {
                    Meaning::Item(found) | Meaning::Member(found, _)
                        if found.api.package.name == self.of =>
                    {
                        Some(found.item().name.clone())
                    }
                    Meaning::External(target) => self.of_external(&item.api, &target),
                    _ => None,
                };
                if let Some(shown) = shown {
                    self.add(shown, path);
                }
            }
        }
    }

    /// The path in the package `of` that leads out of `api`.
    fn of_external(&self, api: &Api, target: &[Name]) -> Option<String> {
        let (root, rest) = target.split_first()?;
        let known = api.package.dependencies.get(root)?;
        (known.package == self.of).then(|| rest.join("::"))
    }

    fn add(&mut self, item: String, path: &[Name]) {
        let library = &self.paths.api.package.library;
        let place = [std::slice::from_ref(library), path].concat().join("::");
        let of = self.of.replace('-', "_");
        let item = if item.is_empty() {
            of
        } else {
            format!("{of}::{item}")
        };
        self.shown.insert(Shown {
            name: self.of.to_owned(),
            item,
            place,
        });
    }
}

fn within(path: &[Name], name: &str) -> Vec<Name> {
    [path, &[name.to_owned()]].concat()
}

/// The paths in the text of a type.
fn paths_in(text: &str) -> Vec<Vec<Name>> {
    let is_part = |letter: char| letter.is_alphanumeric() || "_':".contains(letter);
    let words = text.split(|letter| !is_part(letter));
    let paths = words.filter(|word| !word.contains('\''));
    let paths = paths.map(crate::world::split);
    paths.filter(|path| !path.is_empty()).collect()
}
