//! What paths mean: from a name in a module to the module of the tree that has it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::rc::Rc;

use super::facts::{FileModules, Import, ImportKind, Visibility};
use super::tree::{ModuleId, ModuleTree, TargetKind};
use crate::cargo::Packages;

/// A path is followed through at most so many imports: nobody writes such chains, and each
/// takes stack.
const MOST_STEPS: u32 = 32;

/// Names are looked for through so many imports of all that a module has.
const MOST_GLOBS: u32 = 2;

/// One module that uses what is in another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// Who uses it.
    pub from: ModuleId,
    /// The module that has it, behind all re-exports.
    pub to: ModuleId,
    /// The item there; `None` for the module itself, for all that is in it, and for a name
    /// that is not known to be there.
    pub item: Option<String>,
    /// The line of the path in the file of `from`.
    pub line: u32,
    /// As in [`Resolved`].
    pub is_certain: bool,
    /// Whether it is used for tests only.
    pub is_test: bool,
    /// Whether it is only passed on, by `pub use`.
    pub is_reexport: bool,
}

/// What a path leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// A module of the tree.
    pub module: ModuleId,
    /// The item in it; `None` where the path means the module.
    pub item: Option<String>,
    /// Whether the item is known to be there, or the path to mean the module. Otherwise a
    /// macro may make it.
    pub is_certain: bool,
}

/// What a name in a module may be.
#[derive(Debug, Default)]
pub(super) struct Names<'a> {
    pub(super) modules: HashMap<&'a str, ModuleId>,
    pub(super) items: HashMap<&'a str, ()>,
    pub(super) imports: HashMap<&'a str, &'a Import>,
    /// Further imports under the same names: of several only one is compiled at a time.
    pub(super) alternatives: HashMap<&'a str, Vec<&'a Import>>,
    pub(super) globs: Vec<&'a Import>,
}

/// What libraries code can name, and by which names.
pub(super) type Libraries = HashMap<String, Library>;

/// A library that code can name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Library {
    /// One of the tree.
    Here(ModuleId),
    /// That of this package, which is not in the tree.
    Outside(Rc<str>),
}

/// What a name means.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place<'a> {
    Module(ModuleId),
    Item(ModuleId, &'a str),
    /// Something in this module that the syntax does not show.
    Within(ModuleId),
    /// Nothing of this tree, as far as is known.
    Elsewhere,
}

type Known<'a> = RefCell<HashMap<(ModuleId, &'a str), Place<'a>>>;

/// Says what paths mean in the modules of a tree.
#[derive(Debug)]
pub struct Resolver<'a> {
    pub(super) tree: &'a ModuleTree,
    files: &'a [(&'a str, &'a FileModules)],
    /// By module.
    pub(super) names: Vec<Names<'a>>,
    /// By target: the libraries that its code can name.
    pub(super) libraries: Vec<Libraries>,
    /// The same for targets of which no manifest knows, by the package whose folder they
    /// lie in: no more than a guess, so paths within the tree are not resolved by it.
    pub(super) guessed: Vec<Libraries>,
    /// What imports by name mean, by module.
    imports: Known<'a>,
    /// What all-embracing imports mean, by module and path.
    globs: Known<'a>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(
        tree: &'a ModuleTree,
        files: &'a [(&'a str, &'a FileModules)],
        packages: &Packages<'_>,
    ) -> Self {
        let names = names(tree, files);
        let (libraries, guessed) = libraries(tree, files, packages);
        Self {
            tree,
            files,
            names,
            libraries,
            guessed,
            imports: RefCell::default(),
            globs: RefCell::default(),
        }
    }

    /// All dependencies, by file.
    pub(super) fn dependencies(&self) -> Vec<Dependency> {
        let mut all = Vec::new();
        for (file, (_, facts)) in self.files.iter().enumerate() {
            for import in &facts.imports {
                let Some(from) = self.tree.at(file, import.scope) else {
                    continue;
                };
                let Some(resolved) = self.resolve(from, &import.path) else {
                    continue;
                };
                if resolved.module == from {
                    continue;
                }
                let is_test = import.is_test || self.tree.modules()[from].is_test;
                all.push(Dependency {
                    from,
                    to: resolved.module,
                    item: resolved.item,
                    is_certain: resolved.is_certain,
                    line: import.line,
                    is_test,
                    is_reexport: import.visibility == Visibility::Public,
                });
            }
        }
        all
    }

    /// What a path means in the code of `from`; `None` where that is nothing of this tree.
    pub fn resolve(&self, from: ModuleId, path: &str) -> Option<Resolved> {
        match self.place_of(from, path, 0) {
            Place::Module(module) => Some(Resolved {
                module,
                item: None,
                is_certain: true,
            }),
            Place::Item(module, name) => Some(Resolved {
                module,
                item: Some(name.to_owned()),
                is_certain: true,
            }),
            Place::Within(module) => Some(Resolved {
                module,
                item: None,
                is_certain: false,
            }),
            Place::Elsewhere => None,
        }
    }

    fn place_of(&self, from: ModuleId, path: &str, steps: u32) -> Place<'a> {
        if steps > MOST_STEPS {
            return Place::Elsewhere;
        }
        let (is_absolute, path) = match path.strip_prefix("::") {
            Some(rest) => (true, rest),
            None => (false, path),
        };
        let mut names = path.split("::");
        let first = names.next().unwrap_or_default();
        let modules = self.tree.modules();
        let target = modules[from].target;
        let mut place = match first {
            "crate" | "$crate" => Place::Module(self.tree.targets()[target].root),
            "self" => Place::Module(from),
            "super" => match modules[from].parent {
                Some(parent) => Place::Module(parent),
                None => return Place::Elsewhere,
            },
            "Self" => return Place::Elsewhere,
            name if is_absolute => self.library(target, name).unwrap_or(Place::Elsewhere),
            name => match self.own(from, name, steps) {
                Some(place) => place,
                None => match self.library(target, name) {
                    Some(place) => place,
                    None => self.by_globs(from, name, true, steps),
                },
            },
        };
        for name in names {
            let Place::Module(at) = place else {
                // What an item has in it is not followed.
                return place;
            };
            place = match name {
                "super" => match modules[at].parent {
                    Some(parent) => Place::Module(parent),
                    None => Place::Elsewhere,
                },
                "self" => place,
                name => match self.lookup(at, name, steps) {
                    Place::Elsewhere if self.names[at].imports.contains_key(name) => {
                        return Place::Elsewhere;
                    }
                    Place::Elsewhere => return Place::Within(at),
                    found => found,
                },
            };
        }
        place
    }

    /// A name that a crate can use for another; `None` where it is none.
    fn library(&self, target: usize, name: &str) -> Option<Place<'a>> {
        Some(match self.libraries[target].get(name)? {
            Library::Here(root) => Place::Module(*root),
            Library::Outside(_) => Place::Elsewhere,
        })
    }

    /// A name in a module: its own, or brought by what it embraces.
    fn lookup(&self, at: ModuleId, name: &str, steps: u32) -> Place<'a> {
        let own = self.own(at, name, steps);
        own.unwrap_or_else(|| self.by_globs(at, name, false, steps))
    }

    /// A name that is declared in a module or brought in by name; `None` for others.
    fn own(&self, at: ModuleId, name: &str, steps: u32) -> Option<Place<'a>> {
        let names = &self.names[at];
        if let Some(module) = names.modules.get(name) {
            return Some(Place::Module(*module));
        }
        if let Some((name, ())) = names.items.get_key_value(name) {
            return Some(Place::Item(at, name));
        }
        let (name, import) = names.imports.get_key_value(name)?;
        let find = || self.place_of(at, &import.path, steps + 1);
        Some(remembered(&self.imports, (at, name), find))
    }

    /// A name that an all-embracing import brings. Others see those that are passed on. It
    /// is followed through two of them: chains of preludes would make this endless.
    fn by_globs(&self, at: ModuleId, name: &str, is_inside: bool, steps: u32) -> Place<'a> {
        if steps >= MOST_GLOBS {
            return Place::Elsewhere;
        }
        let seen = |glob: &&&Import| is_inside || glob.visibility != Visibility::Private;
        for glob in self.names[at].globs.iter().filter(seen) {
            let find = || self.place_of(at, &glob.path, MOST_GLOBS);
            let place = remembered(&self.globs, (at, glob.path.as_str()), find);
            let Place::Module(module) = place else {
                continue;
            };
            if module != at {
                match self.lookup(module, name, steps + 1) {
                    Place::Elsewhere => {}
                    found => return found,
                }
            }
        }
        Place::Elsewhere
    }
}

/// What is known of a name, or is found out now. While it is being found out it means
/// nothing, so that imports of each other come to an end.
fn remembered<'a>(
    known: &Known<'a>,
    key: (ModuleId, &'a str),
    find: impl FnOnce() -> Place<'a>,
) -> Place<'a> {
    if let Some(place) = known.borrow().get(&key) {
        return place.clone();
    }
    known.borrow_mut().insert(key, Place::Elsewhere);
    let place = find();
    known.borrow_mut().insert(key, place.clone());
    place
}

fn names<'a>(tree: &'a ModuleTree, files: &'a [(&'a str, &'a FileModules)]) -> Vec<Names<'a>> {
    let mut all: Vec<Names<'a>> = Vec::new();
    all.resize_with(tree.modules().len(), Names::default);
    for (id, module) in tree.modules().iter().enumerate() {
        if let Some(parent) = module.parent {
            all[parent].modules.entry(&module.name).or_insert(id);
        }
    }
    for (file, (_, facts)) in files.iter().enumerate() {
        for item in facts.items.iter().filter(|item| item.owner.is_none()) {
            if let Some(at) = tree.at(file, item.scope) {
                all[at].items.insert(&item.name, ());
            }
        }
        for import in &facts.imports {
            let Some(at) = tree.at(file, import.scope) else {
                continue;
            };
            match &import.kind {
                ImportKind::Name(name) if name != "_" => {
                    let others = match all[at].imports.entry(name) {
                        Entry::Vacant(free) => {
                            free.insert(import);
                            continue;
                        }
                        Entry::Occupied(_) => all[at].alternatives.entry(name),
                    };
                    others.or_default().push(import);
                }
                ImportKind::Glob => all[at].globs.push(import),
                _ => {}
            }
        }
    }
    all
}

/// What names code has for other crates: its own library, and what its package needs. By
/// target, first where a manifest knows of it and then where none does.
fn libraries(
    tree: &ModuleTree,
    files: &[(&str, &FileModules)],
    packages: &Packages<'_>,
) -> (Vec<Libraries>, Vec<Libraries>) {
    let targets = tree.targets().iter();
    let of_package: HashMap<usize, ModuleId> = targets
        .filter(|target| target.kind == TargetKind::Library)
        .filter_map(|target| Some((target.package?, target.root)))
        .collect();
    let (mut known, mut guessed) = (Vec::new(), Vec::new());
    for target in tree.targets() {
        let is_library = target.kind == TargetKind::Library;
        let file = tree.modules()[target.root].file;
        let (of_manifest, by_folder) = match target.package {
            Some(package) => (Some(package), None),
            None => (None, packages.of_file(files[file].0)),
        };
        let named = |package: Option<usize>| {
            let names = package.map(|at| libraries_of(at, is_library, &of_package, packages));
            names.unwrap_or_default()
        };
        known.push(named(of_manifest));
        guessed.push(named(by_folder));
    }
    (known, guessed)
}

/// The libraries that code of a package can name.
fn libraries_of(
    package: usize,
    is_library: bool,
    of_package: &HashMap<usize, ModuleId>,
    packages: &Packages<'_>,
) -> Libraries {
    let mut names = HashMap::new();
    for need in packages.needs(package) {
        let outside = Library::Outside(need.package.as_str().into());
        names.insert(need.key.replace('-', "_"), outside);
    }
    for name in ["std", "core", "alloc", "proc_macro"] {
        names.insert(name.to_owned(), Library::Outside(name.into()));
    }
    for (name, needed, _) in packages.needed_by(package) {
        let library = match of_package.get(&needed) {
            Some(root) => Library::Here(*root),
            None => {
                let package = packages.manifests[needed].package.as_deref();
                Library::Outside(package.unwrap_or_default().into())
            }
        };
        names.insert(name, library);
    }
    let manifest = &packages.manifests[package];
    let own = of_package.get(&package).filter(|_| !is_library);
    if let (Some(name), Some(root)) = (manifest.library_name(), own) {
        names.insert(name, Library::Here(*root));
    }
    names
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::collect;
    use super::*;
    use crate::cargo::Manifest;
    use crate::rust::{outline, parse};

    /// What is used in these files of what, as `from -> to item`, each once.
    fn uses(manifests: &[(&str, &str)], files: &[(&str, &str)]) -> Vec<String> {
        let manifests: Vec<Manifest> = manifests
            .iter()
            .map(|(name, text)| Manifest::read(name, text).unwrap())
            .collect();
        let facts: Vec<FileModules> = files
            .iter()
            .map(|(_, text)| parse(text, &outline(text, drop), collect).unwrap())
            .collect();
        let names = files.iter().map(|(name, _)| *name);
        let all: Vec<(&str, &FileModules)> = names.zip(&facts).collect();
        let tree = ModuleTree::new(&manifests, &all);
        let said = tree.dependencies().iter().map(|dependency| {
            let [from, to] = [dependency.from, dependency.to].map(|module| tree.path_of(module));
            let item = dependency.item.as_deref().unwrap_or("-");
            let test = if dependency.is_test { " (test)" } else { "" };
            format!("{from} -> {to} {item}{test}")
        });
        said.collect()
    }

    #[test]
    fn relative_paths_lead_where_rust_says() {
        let lib = "mod a { pub mod b { use super::C; use super::super::D; use self::e::E; pub mod e { pub struct E; }                    fn f() { crate::g::h() } } pub struct C; } struct D; mod g { pub fn h() {} }";
        assert_eq!(
            uses(&[], &[("src/lib.rs", lib)]),
            [
                "crate::a::b -> crate::a C",
                "crate::a::b -> crate D",
                "crate::a::b -> crate::a::b::e E",
                "crate::a::b -> crate::g h",
            ]
        );
    }

    #[test]
    fn re_exports_and_globs_lead_to_the_module_that_has_the_item() {
        let files = [
            (
                "src/lib.rs",
                "mod a; mod b; mod c; pub use a::Thing as Renamed; pub use c::*;",
            ),
            ("src/a.rs", "pub struct Thing;"),
            (
                "src/b.rs",
                "use crate::{Renamed, Deep}; use crate::a as other; fn f() { other::Thing; }",
            ),
            ("src/c.rs", "pub struct Deep;"),
        ];
        assert_eq!(
            uses(&[], &files),
            [
                "crate -> crate::a Thing",
                "crate -> crate::c -",
                "crate::b -> crate::a Thing",
                "crate::b -> crate::c Deep",
                "crate::b -> crate::a -",
                "crate::b -> crate::a Thing",
            ]
        );
    }

    #[test]
    fn files_are_found_by_their_declarations() {
        let files = [
            ("src/flat.rs", "use crate::flat::inner::X;"),
            ("src/flat/inner.rs", "pub struct X;"),
            (
                "src/lib.rs",
                "mod flat; mod nested; #[path = \"odd/name.rs\"] mod moved; mod inline { mod deep; }",
            ),
            ("src/nested/mod.rs", "use crate::moved::Y; mod below;"),
            ("src/nested/below.rs", "use crate::inline::deep::Z;"),
            ("src/odd/name.rs", "pub struct Y;"),
            ("src/inline/deep.rs", "pub struct Z;"),
        ];
        assert_eq!(
            uses(&[], &files),
            [
                "crate::flat -> crate::flat::inner X",
                "crate::nested -> crate::moved Y",
                "crate::nested::below -> crate::inline::deep Z",
            ]
        );
    }

    #[test]
    fn a_module_that_only_a_macro_declares_is_where_its_path_says() {
        let files = [
            ("src/lib.rs", "declare! { pub mod hidden; } mod a;"),
            ("src/a.rs", "use crate::hidden::Thing;"),
            ("src/hidden/mod.rs", "pub struct Thing;"),
        ];
        assert_eq!(uses(&[], &files), ["crate::a -> crate::hidden Thing"]);
    }

    #[test]
    fn other_crates_are_found_by_the_names_under_which_they_are_needed() {
        let manifests = [
            (
                "a/Cargo.toml",
                "[package]
name = 'a'
[dependencies]
b-c = { path = '../b' }
other = { package = 'd', path = '../d' }
                 serde = '1'
",
            ),
            (
                "b/Cargo.toml",
                "[package]
name = 'b-c'
",
            ),
            (
                "d/Cargo.toml",
                "[package]
name = 'd'
[lib]
path = 'lib.rs'
",
            ),
            (
                "s/Cargo.toml",
                "[package]
name = 'serde'
",
            ),
        ];
        let files = [
            (
                "a/src/lib.rs",
                "use b_c::B; use other::m::D; use serde::S; use std::fmt; fn f() { ::b_c::g() }",
            ),
            ("a/tests/t.rs", "use a::Missing;"),
            ("b/src/lib.rs", "pub struct B; pub fn g() {}"),
            ("d/lib.rs", "pub mod m { pub struct D; }"),
            ("s/src/lib.rs", "pub struct S;"),
        ];
        assert_eq!(
            uses(&manifests, &files),
            ["a -> b_c B", "a -> d::m D", "a -> b_c g", "t -> a - (test)",]
        );
    }

    #[test]
    fn names_of_the_module_itself_come_before_crates() {
        let manifests = [
            (
                "a/Cargo.toml",
                "[package]
name = 'a'
[dependencies]
b = { path = '../b' }
",
            ),
            (
                "b/Cargo.toml",
                "[package]
name = 'b'
",
            ),
        ];
        let files = [
            (
                "a/src/lib.rs",
                "mod b { pub struct X; } mod c { use super::b::X; } fn f() { b::X; }",
            ),
            ("b/src/lib.rs", "pub struct X;"),
        ];
        assert_eq!(uses(&manifests, &files), ["a::c -> a::b X", "a -> a::b X"]);
    }

    #[test]
    fn tests_are_told_apart() {
        let lib = "mod a; mod b { pub struct X; } #[cfg(test)] mod tests { use crate::b::X; }                    #[cfg(not(test))] mod other { use crate::b::X; } #[test] fn t() { b::X; }";
        let files = [
            ("src/lib.rs", lib),
            (
                "src/a.rs",
                "#![cfg(all(test, unix))]
use crate::b::X;",
            ),
        ];
        assert_eq!(
            uses(&[], &files),
            [
                "crate::tests -> crate::b X (test)",
                "crate::other -> crate::b X",
                "crate -> crate::b X (test)",
                "crate::a -> crate::b X (test)",
            ]
        );
    }

    #[test]
    fn imports_that_lead_in_a_circle_come_to_an_end() {
        let lib = "mod a { pub use super::b::X; pub use super::b::*; } mod b { pub use super::a::X; pub use super::a::*; }                    use a::X; use b::Y;";
        let found = uses(&[], &[("src/lib.rs", lib)]);
        assert!(found.iter().all(|found| !found.contains(" X")), "{found:?}");
        let chain: String = (0..5_000)
            .map(|number| format!("use x{} as x{number};", number + 1))
            .collect();
        assert_eq!(uses(&[], &[("src/lib.rs", &chain)]), [] as [String; 0]);
    }

    #[test]
    fn files_that_only_lie_side_by_side_have_nothing_to_do_with_each_other() {
        let files = [
            ("one.rs", "pub struct A;"),
            ("two.rs", "use crate::one::A; use super::A;"),
        ];
        assert_eq!(uses(&[], &files), [] as [String; 0]);
    }

    proptest! {
        #[test]
        fn modules_that_import_each_other_in_any_way_come_to_an_end(
            steps in proptest::collection::vec((0..6usize, 0..5usize, 0..6usize, 0..6usize), 0..40),
        ) {
            let mut texts = vec![String::new(); 6];
            for (at, how, a, b) in steps {
                let text = match how {
                    0 => format!("mod m{a};\n"),
                    1 => format!("pub use crate::m{a}::*;\n"),
                    2 => format!("pub use super::m{a}::n{b} as n{a};\n"),
                    3 => format!("mod m{a} {{ use super::super::n{b}; pub use self::m{b}::n{a}; }}\n"),
                    _ => format!("use n{a}::{{self, n{b}}};\npub struct n{a};\n"),
                };
                texts[at].push_str(&text);
            }
            let names = ["src/lib.rs", "src/m0.rs", "src/m1/mod.rs", "src/m0/m2.rs", "src/m3.rs", "m4.rs"];
            let files: Vec<(&str, &str)> = names.into_iter().zip(texts.iter().map(String::as_str)).collect();
            let found = uses(&[], &files);
            prop_assert_eq!(&found, &uses(&[], &files));
        }
    }
}
