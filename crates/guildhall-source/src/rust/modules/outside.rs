//! What paths mean that lead out of the tree: which package, and which path in it.
//!
//! The [`Resolver`](super::Resolver) says what is in the tree. Here only that counts which
//! is not, however it is reached: by the names under which packages are needed, by imports
//! and re-exports of the tree, and by imports of all that a package has. Of several imports
//! under one name only some are compiled, and all of them count.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::facts::{Import, Visibility};
use super::resolve::{Library, Names, Resolver};
use super::tree::ModuleId;

/// A name is looked for through so many imports.
const MOST_STEPS: u32 = 32;

/// A name is looked for through so many imports of all that a module has.
const MOST_GLOBS: u32 = 6;

/// For one path so many names are looked at: modules that import all of each other would
/// else take a time that grows with the power of their number.
const MOST_LOOKS: u32 = 10_000;

/// Something of a package that is not in the tree.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Outside {
    /// The package, by its own name, not by that under which it is needed; of the language's
    /// own crates `std`, `core`, `alloc` or `proc_macro`.
    pub package: String,
    /// The path in its library, without `::` before it; empty for the library itself.
    pub path: String,
}

/// Says what paths mean that lead out of the tree. Made by [`Resolver::outsides`].
pub struct Outsides<'r, 'a> {
    resolver: &'r Resolver<'a>,
    has: &'r dyn Fn(&Outside, &str) -> bool,
    /// Packages whose libraries have other names than they, by those names.
    libraries: HashMap<String, String>,
    known: RefCell<HashMap<Key, Rc<[Meaning]>>>,
    /// What is being looked for.
    open: RefCell<HashSet<Key>>,
    looks: Cell<u32>,
    /// Whether something was not looked for, because it is being looked for already or
    /// because a limit was met: then only the answer to the whole question is right.
    is_cut: Cell<bool>,
}

/// A name in a module, and how it is asked for.
type Key = (ModuleId, Rc<str>, Asked);

/// How a name in a module is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Asked {
    /// In the module's own code, which sees all that it imports.
    Inside,
    /// From another module, which sees what is passed on.
    FromOutside,
    /// It is the path of an import of all that something has. Its first name is not looked
    /// for through such imports: each would have to be looked for through all others.
    AsGlob,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Meaning {
    Module(ModuleId),
    /// An item of the tree. What is in it is not followed.
    Item,
    Outside(Outside),
}

impl<'a> Resolver<'a> {
    /// Says what paths mean that lead out of the tree. `has` says whether something
    /// outside, a module for example, has a name; it is asked where all that it has is
    /// imported, and must answer the same to the same question.
    ///
    /// ```
    /// use guildhall_source::cargo::Manifest;
    /// use guildhall_source::rust::modules::{ModuleTree, Outside, collect};
    /// use guildhall_source::rust;
    ///
    /// # std::thread::Builder::new().stack_size(rust::WORKER_STACK).spawn(|| {
    /// let manifest = "[package]\nname = 'a'\n[dependencies]\nr = { package = 'rand', version = '0.8' }";
    /// let manifests = [Manifest::read("Cargo.toml", manifest).unwrap()];
    /// let text = "use r::distributions::*;";
    /// let facts = rust::parse(text, &rust::outline(text, drop), collect).unwrap();
    /// let files = [("src/lib.rs", &facts)];
    /// let tree = ModuleTree::new(&manifests, &files);
    /// let resolver = tree.resolver(&manifests, &files);
    /// let has = |at: &Outside, name: &str| at.path == "distributions" && name == "Uniform";
    /// let outsides = resolver.outsides(&has);
    /// let found = outsides.of(tree.of_file(0), "Uniform::new");
    /// assert_eq!(found[0].package, "rand");
    /// assert_eq!(found[0].path, "distributions::Uniform::new");
    /// assert_eq!(outsides.of(tree.of_file(0), "Other"), []);
    /// # }).unwrap().join().unwrap();
    /// ```
    pub fn outsides<'r>(&'r self, has: &'r dyn Fn(&Outside, &str) -> bool) -> Outsides<'r, 'a> {
        Outsides {
            resolver: self,
            has,
            libraries: HashMap::new(),
            known: RefCell::default(),
            open: RefCell::default(),
            looks: Cell::new(0),
            is_cut: Cell::new(false),
        }
    }
}

impl<'a> Outsides<'_, 'a> {
    /// The same, where code knows the library of `package` as `library`: of a package that
    /// is not in the tree, only whoever has its manifest knows that they differ.
    #[must_use]
    pub fn with_library(mut self, package: &str, library: &str) -> Self {
        self.libraries
            .insert(library.to_owned(), package.to_owned());
        self
    }

    /// What a path in the code of `from` may mean outside of the tree, sorted.
    pub fn of(&self, from: ModuleId, path: &str) -> Vec<Outside> {
        self.looks.set(0);
        self.is_cut.set(false);
        let mut all: Vec<Outside> = Vec::new();
        for meaning in self.meanings(from, path, Asked::Inside, Steps::default()) {
            if let Meaning::Outside(outside) = meaning {
                all.push(outside);
            }
        }
        all.sort();
        all.dedup();
        all
    }

    fn meanings(&self, from: ModuleId, path: &str, asked: Asked, steps: Steps) -> Vec<Meaning> {
        let (is_absolute, path) = match path.strip_prefix("::") {
            Some(rest) => (true, rest),
            None => (false, path),
        };
        let mut names = path.split("::");
        let first = names.next().unwrap_or_default();
        let tree = self.resolver.tree;
        let module = &tree.modules()[from];
        let root = tree.targets()[module.target].root;
        let mut found: Vec<Meaning> = match first {
            "" | "Self" => return Vec::new(),
            "crate" | "$crate" => vec![Meaning::Module(root)],
            "self" => vec![Meaning::Module(from)],
            "super" => module.parent.map(Meaning::Module).into_iter().collect(),
            name if is_absolute => match self.library(module.target, name) {
                Some(library) => vec![library],
                // Before edition 2018 such paths begin at the root.
                None => self.look(root, name, Asked::Inside, steps).to_vec(),
            },
            name => self.first((from, root), name, asked, steps),
        };
        for name in names {
            found = found
                .iter()
                .flat_map(|meaning| self.step(meaning, name, steps))
                .collect();
        }
        found
    }

    /// What the first name of a path means in a module, the root of which is `root`.
    fn first(
        &self,
        (from, root): (ModuleId, ModuleId),
        name: &str,
        asked: Asked,
        steps: Steps,
    ) -> Vec<Meaning> {
        let own = match asked {
            Asked::AsGlob => self.own(from, name, steps),
            _ => self.look(from, name, Asked::Inside, steps).to_vec(),
        };
        if !own.is_empty() {
            return own;
        }
        let target = self.resolver.tree.modules()[from].target;
        if let Some(library) = self.library(target, name) {
            return vec![library];
        }
        // What the root names by `extern crate` is known everywhere, and before edition
        // 2018 imports begin there.
        match from == root {
            true => Vec::new(),
            false => self.look(root, name, Asked::Inside, steps).to_vec(),
        }
    }

    /// A name in what was found so far.
    fn step(&self, at: &Meaning, name: &str, steps: Steps) -> Vec<Meaning> {
        match at {
            Meaning::Item => Vec::new(),
            Meaning::Outside(outside) => vec![Meaning::Outside(outside.with(name))],
            Meaning::Module(module) => match name {
                "self" => vec![at.clone()],
                "super" => {
                    let parent = self.resolver.tree.modules()[*module].parent;
                    parent.map(Meaning::Module).into_iter().collect()
                }
                name => self.look(*module, name, Asked::FromOutside, steps).to_vec(),
            },
        }
    }

    fn library(&self, target: usize, name: &str) -> Option<Meaning> {
        let known = self.resolver.libraries[target].get(name);
        let found = known.or_else(|| self.resolver.guessed[target].get(name));
        let package = match found {
            Some(Library::Here(root)) => return Some(Meaning::Module(*root)),
            Some(Library::Outside(package)) => package.to_string(),
            None => {
                let package = self.libraries.get(name)?;
                let key = package.replace('-', "_");
                let needs = |libraries: &HashMap<String, Library>| libraries.contains_key(&key);
                let of = &self.resolver;
                if !needs(&of.libraries[target]) && !needs(&of.guessed[target]) {
                    return None;
                }
                package.clone()
            }
        };
        Some(Meaning::Outside(Outside {
            package,
            path: String::new(),
        }))
    }

    /// What a name means in a module, or a path of a glob.
    fn look(&self, at: ModuleId, name: &str, asked: Asked, steps: Steps) -> Rc<[Meaning]> {
        let is_first = steps == Steps::default();
        if is_first {
            self.looks.set(0);
        }
        let key: Key = (at, name.into(), asked);
        if let Some(known) = self.known.borrow().get(&key) {
            return Rc::clone(known);
        }
        let looks = self.looks.get() + 1;
        let is_over = looks > MOST_LOOKS || steps.imports > MOST_STEPS || steps.globs > MOST_GLOBS;
        if is_over || !self.open.borrow_mut().insert(key.clone()) {
            self.is_cut.set(true);
            return Rc::default();
        }
        self.looks.set(looks);
        let was_cut = self.is_cut.replace(false);
        let mut found = match asked {
            Asked::AsGlob => self.meanings(at, name, asked, steps),
            _ => self.own(at, name, steps),
        };
        if found.is_empty() && asked != Asked::AsGlob {
            found = self.by_globs(at, name, asked, steps);
        }
        found.sort();
        found.dedup();
        let found: Rc<[Meaning]> = found.into();
        self.open.borrow_mut().remove(&key);
        if is_first || !self.is_cut.get() {
            self.known.borrow_mut().insert(key, Rc::clone(&found));
        }
        self.is_cut.set(was_cut || self.is_cut.get());
        found
    }

    /// A name that is declared in a module or brought in by name.
    fn own(&self, at: ModuleId, name: &str, steps: Steps) -> Vec<Meaning> {
        let names = &self.resolver.names[at];
        let mut found: Vec<Meaning> = Vec::new();
        found.extend(names.modules.get(name).copied().map(Meaning::Module));
        found.extend(names.items.get(name).map(|()| Meaning::Item));
        for import in imports_of(names, name) {
            let steps = steps.through_import();
            found.extend(self.meanings(at, &import.path, Asked::Inside, steps));
        }
        found
    }

    /// A name that is brought in by what a module imports as a whole.
    fn by_globs(&self, at: ModuleId, name: &str, asked: Asked, steps: Steps) -> Vec<Meaning> {
        let mut found = Vec::new();
        let seen =
            |glob: &&&Import| asked == Asked::Inside || glob.visibility != Visibility::Private;
        let steps = steps.through_glob();
        for glob in self.resolver.names[at].globs.iter().filter(seen) {
            for place in self.look(at, &glob.path, Asked::AsGlob, steps).iter() {
                match place {
                    Meaning::Module(module) if *module != at => {
                        let there = self.look(*module, name, Asked::FromOutside, steps);
                        found.extend(there.iter().cloned());
                    }
                    Meaning::Outside(outside) if (self.has)(outside, name) => {
                        found.push(Meaning::Outside(outside.with(name)));
                    }
                    _ => {}
                }
            }
        }
        found
    }
}

/// How many imports a name was looked for through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Steps {
    imports: u32,
    globs: u32,
}

impl Steps {
    fn through_import(self) -> Self {
        let imports = self.imports + 1;
        Self { imports, ..self }
    }

    fn through_glob(self) -> Self {
        let globs = self.globs + 1;
        Self { globs, ..self }
    }
}

impl Outside {
    /// This name in it.
    fn with(&self, name: &str) -> Self {
        let path = match self.path.as_str() {
            "" => name.to_owned(),
            path => format!("{path}::{name}"),
        };
        Self {
            package: self.package.clone(),
            path,
        }
    }
}

fn imports_of<'b, 'a>(
    names: &'b Names<'a>,
    name: &str,
) -> impl Iterator<Item = &'a Import> + use<'a, 'b> {
    let first = names.imports.get(name).copied();
    let others = names.alternatives.get(name).into_iter().flatten().copied();
    first.into_iter().chain(others)
}
