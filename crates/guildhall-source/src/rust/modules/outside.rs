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
use super::resolve::{Libraries, Library, Names, Resolver};
use super::tree::ModuleId;

/// A name is looked for through so many imports of imports: each takes stack.
const MOST_STEPS: u32 = 32;

/// For one path so many names are looked at, so that imports of imports of each other come
/// to an end soon.
const MOST_LOOKS: u32 = 10_000;

/// So many steps of all-embracing imports are followed from one to the next.
const MOST_GLOBS: usize = 16;

/// Something of a package that is not in the tree.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Outside {
    /// The package, by its own name, not by that under which it is needed; of the language's
    /// own crates `std`, `core`, `alloc` or `proc_macro`.
    pub package: String,
    /// The path in its library, without `::` before it; empty for the library itself.
    pub path: String,
}

/// What a path may mean.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Meaning {
    /// A module of the tree.
    Module(ModuleId),
    /// An item of the tree, or something in it.
    Item {
        /// The module that has it.
        module: ModuleId,
        /// Its name there.
        name: String,
        /// What follows in the path, such as the name of a method or a variant.
        rest: String,
    },
    /// Something that is not in the tree.
    Outside(Outside),
}

/// Says what paths mean that lead out of the tree. Made by [`Resolver::outsides`].
pub struct Outsides<'r, 'a> {
    resolver: &'r Resolver<'a>,
    has: &'r dyn Fn(&Outside, &str) -> bool,
    /// Packages whose libraries have other names than they, by those names.
    libraries: HashMap<String, String>,
    /// Whole answers. They are used for the same question only: what is found on the way to
    /// one depends on the limits there, and no answer may depend on what was asked before.
    known: RefCell<HashMap<Key, Rc<[Meaning]>>>,
    /// What each module imports as a whole.
    globs: RefCell<HashMap<ModuleId, Globs>>,
    /// What is reached from a module by such imports.
    reached: RefCell<HashMap<(ModuleId, Asked), Rc<Levels>>>,
}

/// A name in a module, and how it is asked for.
type Key = (ModuleId, Rc<str>, Asked);

/// What a module imports as a whole, and whom it passes that on to.
type Globs = Rc<[(Visibility, Meaning)]>;

/// What is reached by one all-embracing import, by two, and so on; each once. A module comes
/// with how it is asked for names.
type Levels = Vec<Vec<(Meaning, Asked)>>;

/// How a name in a module is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Asked {
    /// In the module's own code or in that of a module in it: both see all that it imports.
    Inside,
    /// From another module, which sees what is passed on.
    FromOutside,
}

/// One search, and what must not be looked for again in it.
#[derive(Default)]
struct Search {
    /// What is being looked for.
    open: RefCell<HashSet<Key>>,
    /// What was found for certain: nothing was left out on the way.
    found: RefCell<HashMap<Key, Rc<[Meaning]>>>,
    looks: Cell<u32>,
    /// Whether something was left out, because it is being looked for already or because a
    /// limit was met.
    is_cut: Cell<bool>,
    /// Whether all-embracing imports are left out.
    is_plain: bool,
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
            globs: RefCell::default(),
            reached: RefCell::default(),
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
        let all = self.all_of(from, path).into_iter();
        let outside = all.filter_map(|meaning| match meaning {
            Meaning::Outside(outside) => Some(outside),
            _ => None,
        });
        outside.collect()
    }

    /// All that a path in the code of `from` may mean, within the tree and outside, sorted.
    /// Within the tree it follows more than [`Resolver::resolve`], which is certain.
    pub fn all_of(&self, from: ModuleId, path: &str) -> Vec<Meaning> {
        let mut all = self.meanings(from, path, &mut |at, name, asked| {
            let key: Key = (at, name.into(), asked);
            if let Some(known) = self.known.borrow().get(&key) {
                return Rc::clone(known);
            }
            let found = self.look(&Search::default(), at, name, asked, 0);
            self.known.borrow_mut().insert(key, Rc::clone(&found));
            found
        });
        all.sort();
        all.dedup();
        all
    }

    /// What a path means; `look` says what a name in a module does.
    fn meanings(&self, from: ModuleId, path: &str, look: &mut Look<'_>) -> Vec<Meaning> {
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
                None => look(root, name, Asked::Inside).to_vec(),
            },
            name => self.first((from, root), name, look),
        };
        for name in names {
            found = found
                .iter()
                .flat_map(|meaning| self.step(from, meaning, name, look))
                .collect();
        }
        found
    }

    /// What the first name of a path means in a module, the root of which is `root`.
    fn first(
        &self,
        (from, root): (ModuleId, ModuleId),
        name: &str,
        look: &mut Look<'_>,
    ) -> Vec<Meaning> {
        let own = look(from, name, Asked::Inside);
        if !own.is_empty() {
            return own.to_vec();
        }
        let target = self.resolver.tree.modules()[from].target;
        if let Some(library) = self.library(target, name) {
            return vec![library];
        }
        // What the root names by `extern crate` is known everywhere, and before edition
        // 2018 imports begin there.
        match from == root {
            true => Vec::new(),
            false => look(root, name, Asked::Inside).to_vec(),
        }
    }

    /// A name in what was found so far, for the code of `from`.
    fn step(&self, from: ModuleId, at: &Meaning, name: &str, look: &mut Look<'_>) -> Vec<Meaning> {
        match at {
            Meaning::Item {
                module,
                name: item,
                rest,
            } => vec![Meaning::Item {
                module: *module,
                name: item.clone(),
                rest: joined(rest, name),
            }],
            Meaning::Outside(outside) => vec![Meaning::Outside(outside.with(name))],
            Meaning::Module(module) => match name {
                "self" => vec![at.clone()],
                "super" => {
                    let parent = self.resolver.tree.modules()[*module].parent;
                    parent.map(Meaning::Module).into_iter().collect()
                }
                name => look(*module, name, self.asked(from, *module)).to_vec(),
            },
        }
    }

    /// How the code of `from` asks for names of a module.
    fn asked(&self, from: ModuleId, module: ModuleId) -> Asked {
        let mut around = self.resolver.tree.around(from);
        match around.any(|around| around == module) {
            true => Asked::Inside,
            false => Asked::FromOutside,
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
                let needs = |libraries: &Libraries| libraries.contains_key(&key);
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

    /// What a name in a module means: declared there, brought in by name, or else brought in
    /// by what the module imports as a whole, the nearest first.
    fn look(
        &self,
        search: &Search,
        at: ModuleId,
        name: &str,
        asked: Asked,
        steps: u32,
    ) -> Rc<[Meaning]> {
        let key: Key = (at, name.into(), asked);
        if let Some(found) = search.found.borrow().get(&key) {
            return Rc::clone(found);
        }
        let looks = search.looks.get();
        let is_over = looks >= MOST_LOOKS || steps > MOST_STEPS;
        if is_over || !search.open.borrow_mut().insert(key.clone()) {
            search.is_cut.set(true);
            return Rc::default();
        }
        search.looks.set(looks + 1);
        let was_cut = search.is_cut.replace(false);
        let mut found = self.own(search, at, name, asked, steps);
        if found.is_empty() && !search.is_plain {
            found = self.by_globs(search, at, name, asked, steps);
        }
        found.sort();
        found.dedup();
        let found: Rc<[Meaning]> = found.into();
        search.open.borrow_mut().remove(&key);
        if !search.is_cut.get() {
            search.found.borrow_mut().insert(key, Rc::clone(&found));
        }
        search.is_cut.set(was_cut || search.is_cut.get());
        found
    }

    /// A name that is declared in a module or brought in by name.
    fn own(
        &self,
        search: &Search,
        at: ModuleId,
        name: &str,
        asked: Asked,
        steps: u32,
    ) -> Vec<Meaning> {
        let names = &self.resolver.names[at];
        let mut found: Vec<Meaning> = Vec::new();
        found.extend(names.modules.get(name).copied().map(Meaning::Module));
        found.extend(names.items.get(name).map(|()| Meaning::Item {
            module: at,
            name: name.to_owned(),
            rest: String::new(),
        }));
        for import in imports_of(names, name) {
            if asked.sees(import.visibility) {
                found.extend(self.meanings(at, &import.path, &mut |at, name, asked| {
                    self.look(search, at, name, asked, steps + 1)
                }));
            }
        }
        found
    }

    /// A name that is brought in by what a module imports as a whole.
    fn by_globs(
        &self,
        search: &Search,
        at: ModuleId,
        name: &str,
        asked: Asked,
        steps: u32,
    ) -> Vec<Meaning> {
        let mut found = Vec::new();
        for level in self.reached(at, asked).iter() {
            for (place, asked) in level {
                match place {
                    Meaning::Module(module) => {
                        found.extend(self.own(search, *module, name, *asked, steps + 1));
                    }
                    Meaning::Outside(outside) if (self.has)(outside, name) => {
                        found.push(Meaning::Outside(outside.with(name)));
                    }
                    _ => {}
                }
            }
            if !found.is_empty() {
                break;
            }
        }
        found
    }

    fn reached(&self, at: ModuleId, asked: Asked) -> Rc<Levels> {
        if let Some(known) = self.reached.borrow().get(&(at, asked)) {
            return Rc::clone(known);
        }
        let mut levels: Levels = Vec::new();
        let mut seen: HashSet<Meaning> = HashSet::from([Meaning::Module(at)]);
        let mut last = vec![(Meaning::Module(at), asked)];
        while !last.is_empty() && levels.len() < MOST_GLOBS {
            let mut next = Vec::new();
            for (place, asked) in &last {
                let Meaning::Module(module) = place else {
                    continue;
                };
                for (visibility, place) in self.globs_of(*module).iter() {
                    if asked.sees(*visibility) && seen.insert(place.clone()) {
                        let asked = match place {
                            Meaning::Module(place) => self.asked(*module, *place),
                            _ => Asked::FromOutside,
                        };
                        next.push((place.clone(), asked));
                    }
                }
            }
            levels.push(next.clone());
            last = next;
        }
        let levels = Rc::new(levels);
        let mut known = self.reached.borrow_mut();
        known.insert((at, asked), Rc::clone(&levels));
        levels
    }

    /// What a module imports as a whole. The paths of such imports are not themselves looked
    /// for through others: each would have to be looked for through all.
    fn globs_of(&self, at: ModuleId) -> Globs {
        if let Some(known) = self.globs.borrow().get(&at) {
            return Rc::clone(known);
        }
        let mut all = Vec::new();
        for glob in &self.resolver.names[at].globs {
            let search = Search {
                is_plain: true,
                ..Search::default()
            };
            let places = self.meanings(at, &glob.path, &mut |at, name, asked| {
                self.look(&search, at, name, asked, 0)
            });
            all.extend(places.into_iter().map(|place| (glob.visibility, place)));
        }
        let all: Globs = all.into();
        self.globs.borrow_mut().insert(at, Rc::clone(&all));
        all
    }
}

/// Says what a name in a module means.
type Look<'l> = dyn FnMut(ModuleId, &str, Asked) -> Rc<[Meaning]> + 'l;

impl Asked {
    fn sees(self, import: Visibility) -> bool {
        self == Self::Inside || import != Visibility::Private
    }
}

impl Outside {
    /// This name in it.
    fn with(&self, name: &str) -> Self {
        Self {
            package: self.package.clone(),
            path: joined(&self.path, name),
        }
    }
}

fn joined(path: &str, name: &str) -> String {
    match path {
        "" => name.to_owned(),
        path => format!("{path}::{name}"),
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cargo::Manifest;
    use crate::rust::modules::{FileModules, ModuleTree};
    use crate::rust::uses::uses;
    use crate::rust::{outline, parse};

    const MANIFEST: &str = "[package]\nname = 'a'\n[dependencies]\nrand = '0.8'\n\
                            http0 = { package = 'http', version = '0.2' }\nmd-5 = '0.10'\n";

    /// What the packages outside are taken to have.
    fn has(at: &Outside, name: &str) -> bool {
        matches!(
            (at.package.as_str(), at.path.as_str(), name),
            ("rand", "", "Rng" | "prelude" | "thread_rng") | ("rand", "prelude", "StdRng")
        )
    }

    /// All paths of these files that lead out, as `module: package path`, each once.
    fn leading_out(manifests: &[(&str, &str)], files: &[(&str, &str)]) -> Vec<String> {
        let manifests: Vec<Manifest> = manifests
            .iter()
            .map(|(name, text)| Manifest::read(name, text).unwrap())
            .collect();
        let found: Vec<_> = files
            .iter()
            .map(|(name, text)| (*name, parse(text, &outline(text, drop), uses).unwrap()))
            .collect();
        let facts: Vec<(&str, &FileModules)> = found
            .iter()
            .map(|(name, found)| (*name, &found.modules))
            .collect();
        let tree = ModuleTree::new(&manifests, &facts);
        let resolver = tree.resolver(&manifests, &facts);
        let outsides = resolver.outsides(&has).with_library("md-5", "md5");
        let mut all = Vec::new();
        for (file, (_, found)) in found.iter().enumerate() {
            for path in &found.paths {
                let module = tree.at(file, path.place.scope).unwrap();
                for outside in outsides.of(module, &path.path) {
                    let at = tree.path_of(module);
                    let line = format!("{at}: {} {}", outside.package, outside.path);
                    if !all.contains(&line) {
                        all.push(line);
                    }
                }
            }
        }
        all
    }

    /// The same of one file of the package `a`.
    fn of_text(text: &str) -> Vec<String> {
        leading_out(&[("Cargo.toml", MANIFEST)], &[("src/lib.rs", text)])
    }

    #[test]
    fn packages_are_told_by_their_own_names() {
        let text = "use http0::Uri; fn f(x: Uri) { ::rand::random(); md5::Md5::new(); md_5::x(); \
                    serde::y(); std::fs::read(1) }";
        assert_eq!(
            of_text(text),
            [
                "a: http Uri",
                "a: rand random",
                "a: md-5 Md5::new",
                "a: md-5 x",
                "a: std fs::read",
            ]
        );
    }

    #[test]
    fn a_reexport_of_the_workspace_is_followed() {
        let manifests = [
            (
                "Cargo.toml",
                "[workspace]\n[workspace.dependencies]\nr = { package = 'rand', version = '0.8' }\n",
            ),
            (
                "a/Cargo.toml",
                "[package]\nname = 'a'\n[dependencies]\nr.workspace = true\n",
            ),
            (
                "b/Cargo.toml",
                "[package]\nname = 'b'\n[dependencies]\na = { path = '../a' }\n",
            ),
        ];
        let files = [
            (
                "a/src/lib.rs",
                "pub use r; pub mod prelude { pub use r::Rng as Chance; pub use r::prelude::*; use r::Hidden; }",
            ),
            (
                "b/src/lib.rs",
                "use a::prelude::*; fn f(x: Chance, y: StdRng, z: Hidden) { a::r::random(); } mod c;",
            ),
            ("b/src/c.rs", "use super::Chance; fn f(x: Chance) {}"),
        ];
        assert_eq!(
            leading_out(&manifests, &files),
            [
                "a: rand ",
                "a::prelude: rand Rng",
                "a::prelude: rand prelude",
                "a::prelude: rand Hidden",
                "b: rand Rng",
                "b: rand prelude::StdRng",
                "b: rand random",
                "b::c: rand Rng",
            ]
        );
    }

    #[test]
    fn a_local_name_hides_the_crate() {
        let own = "mod rand { pub fn f() {} } fn g() { rand::f(); ::rand::h(); }";
        assert_eq!(of_text(own), ["a: rand h"]);
        let variable = "fn g(rand: u8) { rand.f(); rand; }";
        assert_eq!(of_text(variable), [] as [&str; 0]);
        // The control: without the module of that name it is the package.
        assert_eq!(of_text("fn g() { rand::f(); }"), ["a: rand f"]);
    }

    #[test]
    fn a_glob_brings_only_what_the_api_has() {
        let text = "use rand::*; fn f<T: Rng>(x: Other) { thread_rng(); prelude::StdRng::x(); }";
        assert_eq!(
            of_text(text),
            [
                "a: rand ",
                "a: rand Rng",
                "a: rand thread_rng",
                "a: rand prelude::StdRng::x"
            ]
        );
        let own = "use rand::*; struct Rng; fn f(x: Rng) {}";
        assert_eq!(of_text(own), ["a: rand "]);
    }

    #[test]
    fn modules_see_the_imports_of_those_around_them() {
        let text =
            "use rand::*; use http0::Uri; mod tests { use super::*; fn f(x: Uri, y: Rng) {} }";
        let found = of_text(text);
        assert!(
            found.contains(&"a::tests: http Uri".to_owned()),
            "{found:?}"
        );
        assert!(
            found.contains(&"a::tests: rand Rng".to_owned()),
            "{found:?}"
        );
        let beside = "mod a { use http0::Uri; } mod b { use super::a::*; fn f(x: Uri) {} }";
        assert_eq!(of_text(beside), ["a::a: http Uri"]);
    }

    #[test]
    fn items_of_the_tree_are_told_with_what_follows() {
        let text =
            "mod a { pub mod b { pub struct S; } } use a::*; use b::S as T; fn f() { T::new; b; }";
        let facts = parse(text, &outline(text, drop), crate::rust::modules::collect).unwrap();
        let files = [("src/lib.rs", &facts)];
        let tree = ModuleTree::new(&[], &files);
        let resolver = tree.resolver(&[], &files);
        let outsides = resolver.outsides(&has);
        let root = tree.of_file(0);
        let module = tree
            .modules()
            .iter()
            .position(|module| module.name == "b")
            .unwrap();
        let item = Meaning::Item {
            module,
            name: "S".to_owned(),
            rest: "new".to_owned(),
        };
        assert_eq!(outsides.all_of(root, "T::new"), [item]);
        assert_eq!(outsides.all_of(root, "b"), [Meaning::Module(module)]);
        assert_eq!(outsides.all_of(root, "Vec::new"), []);
    }

    #[test]
    fn of_several_imports_under_one_name_all_count() {
        let text = "#[cfg(x)] use rand::A as T; #[cfg(not(x))] use http0::B as T; fn f(x: T) {}";
        assert_eq!(of_text(text), ["a: rand A", "a: http B"]);
    }

    #[test]
    fn what_the_root_brings_in_by_extern_crate_is_known_everywhere() {
        let text = "extern crate rand as chance; mod b { use chance::Rng; fn f() { chance::g() } }";
        assert_eq!(
            of_text(text),
            ["a: rand ", "a::b: rand Rng", "a::b: rand g"]
        );
        let macros = "cfg_x! { use rand::Rng; } fn f<T: Rng>() {}";
        assert_eq!(of_text(macros), ["a: rand Rng"]);
    }

    #[test]
    fn a_file_that_no_target_has_knows_the_packages_of_its_folder() {
        let files = [("scripts/x.rs", "use rand::Rng;")];
        assert_eq!(
            leading_out(&[("Cargo.toml", MANIFEST)], &files),
            ["crate: rand Rng"]
        );
        assert_eq!(leading_out(&[], &files), [] as [&str; 0]);
    }

    #[test]
    fn modules_that_import_all_of_each_other_come_to_an_end() {
        let all: String = (0..40)
            .map(|at| format!("pub use super::m{at}::*;"))
            .collect();
        let modules: String = (0..40)
            .map(|at| format!("pub mod m{at} {{ {all} }}"))
            .collect();
        let text = format!("{modules} use m7::*; fn f(x: Rng) {{ m3::Rng; }}");
        assert_eq!(of_text(&text), [] as [&str; 0]);
        let text = text.replace("pub mod m0 {", "pub mod m0 { pub use rand::Rng;");
        let found = of_text(&text);
        assert!(found.contains(&"a: rand Rng".to_owned()), "{found:?}");
    }

    proptest! {
        #[test]
        fn the_order_of_questions_changes_no_answer(
            steps in proptest::collection::vec((0..6usize, 0..5usize, 0..6usize, 0..6usize), 0..30),
            order in Just((0..36usize).collect::<Vec<_>>()).prop_shuffle(),
        ) {
            let mut modules = vec![String::new(); 6];
            for (at, how, a, b) in steps {
                modules[at].push_str(&match how {
                    0 => format!("pub use super::m{a}::*;"),
                    1 => format!("pub use super::m{a}::n{b} as n{a};"),
                    2 => format!("pub use rand::n{a};"),
                    3 => "pub use rand::*;".to_owned(),
                    _ => format!("pub use n{a}::n{b};"),
                });
            }
            let modules = modules.iter().enumerate();
            let text: String = modules.map(|(at, text)| format!("pub mod m{at} {{ {text} }}\n")).collect();
            let manifests = [Manifest::read("Cargo.toml", MANIFEST).unwrap()];
            let facts = parse(&text, &outline(&text, drop), crate::rust::modules::collect).unwrap();
            let files = [("src/lib.rs", &facts)];
            let tree = ModuleTree::new(&manifests, &files);
            let resolver = tree.resolver(&manifests, &files);
            let knows = |at: &Outside, name: &str| at.path.is_empty() && name == "n3";
            let ask = |outsides: &Outsides<'_, '_>, at: usize| {
                outsides.of(1 + at / 6, &format!("n{}", at % 6))
            };
            let together = resolver.outsides(&knows);
            for at in order {
                prop_assert_eq!(ask(&together, at), ask(&resolver.outsides(&knows), at));
            }
        }
    }
}
