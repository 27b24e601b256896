//! All modules of all crates of a tree.

use std::collections::HashMap;

use super::facts::{Declaration, FileModules, Placement, Visibility};
use super::resolve::{Dependency, Resolver};
use super::roots::{Root, of_packages, stem};
use crate::cargo::{Manifest, Packages, below, folder_of};

/// A module, by its place in [`ModuleTree::modules`].
pub type ModuleId = usize;

/// The modules of a tree of crates and what they use of each other.
#[derive(Debug, Default)]
pub struct ModuleTree {
    targets: Vec<Target>,
    modules: Vec<Module>,
    /// By file, the module that the file is.
    of_file: Vec<ModuleId>,
    /// Inline modules by their file and their place in it.
    inline: HashMap<(usize, u32), ModuleId>,
    dependencies: Vec<Dependency>,
}

/// A crate: what is compiled as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The manifest, by its place among those given; `None` where there is none.
    pub package: Option<usize>,
    /// Its name in paths.
    pub name: String,
    /// What it is.
    pub kind: TargetKind,
    /// Its outermost module.
    pub root: ModuleId,
}

/// What a target is. A file that is in several belongs to the first of them in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetKind {
    /// A library.
    Library,
    /// A program.
    Binary,
    /// A test of its own.
    Test,
    /// A benchmark.
    Benchmark,
    /// An example.
    Example,
    /// A build script.
    Build,
    /// A file of which no manifest and no module knows.
    Unknown,
}

/// A module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// Its name; the target's name for the outermost one.
    pub name: String,
    /// The module around it.
    pub parent: Option<ModuleId>,
    /// Its crate, by its place in [`ModuleTree::targets`].
    pub target: usize,
    /// The file with its content, by its place among those given.
    pub file: usize,
    /// Where it is inline, its place in [`FileModules::modules`] of that file.
    pub scope: Option<u32>,
    /// Who sees it. Of one that a macro declares this is not known: nobody, then.
    pub visibility: Visibility,
    /// Whether it is compiled for tests only, as a part of a test or of a benchmark.
    pub is_test: bool,
    /// Whether it, or a module around it, is hidden from the documentation.
    pub is_hidden: bool,
}

impl ModuleTree {
    /// The tree of these manifests and files; a file's name is its path below the root.
    ///
    /// A file that no manifest and no `mod` accounts for belongs to the module that its
    /// path suggests, since a macro may declare it, or else is a crate of its own.
    pub fn new(manifests: &[Manifest], files: &[(&str, &FileModules)]) -> Self {
        let mut builder = Builder::new(files);
        let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
        for root in of_packages(manifests, &names) {
            builder.root(root);
        }
        builder.take_what_is_left();
        let Builder { mut tree, .. } = builder;
        let packages = Packages::new(manifests);
        tree.dependencies = Resolver::new(&tree, files, &packages).dependencies();
        tree
    }

    /// The crates.
    pub fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// The modules, outer ones before those in them.
    pub fn modules(&self) -> &[Module] {
        &self.modules
    }

    /// The module that a file is, by the file's place among those given.
    pub fn of_file(&self, file: usize) -> ModuleId {
        self.of_file[file]
    }

    /// What modules use of other modules of the tree, by file and as they stand there.
    pub fn dependencies(&self) -> &[Dependency] {
        &self.dependencies
    }

    /// Its path, such as `name_of_crate::outer::inner`.
    pub fn path_of(&self, module: ModuleId) -> String {
        let mut names: Vec<&str> = self
            .around(module)
            .map(|at| self.modules[at].name.as_str())
            .collect();
        names.reverse();
        names.join("::")
    }

    /// A module and those around it, the outermost last.
    pub fn around(&self, module: ModuleId) -> impl Iterator<Item = ModuleId> + '_ {
        std::iter::successors(Some(module), |at| self.modules[*at].parent)
    }

    /// The module of this file that a place in it belongs to; `scope` is as in
    /// [`FileModules`].
    pub fn at(&self, file: usize, scope: Option<u32>) -> Option<ModuleId> {
        match scope {
            None => Some(self.of_file[file]),
            Some(scope) => self.inline.get(&(file, scope)).copied(),
        }
    }

    /// Whether a module is reached from outside of its library by `pub` alone, all modules
    /// around it included.
    pub fn is_public(&self, module: ModuleId) -> bool {
        self.around(module).all(|at| {
            let module = &self.modules[at];
            module.parent.is_none() || module.visibility == Visibility::Public
        })
    }

    /// Says what paths mean in its modules; `manifests` and `files` are those that it was
    /// made of.
    pub fn resolver<'a>(
        &'a self,
        manifests: &[Manifest],
        files: &'a [(&'a str, &'a FileModules)],
    ) -> Resolver<'a> {
        Resolver::new(self, files, &Packages::new(manifests))
    }
}

/// Follows `mod` declarations from the roots.
struct Builder<'a> {
    files: &'a [(&'a str, &'a FileModules)],
    by_name: HashMap<&'a str, usize>,
    taken: Vec<bool>,
    /// Modules by the folder in which the files of their children are.
    by_folder: HashMap<String, ModuleId>,
    tree: ModuleTree,
    /// Modules whose declarations are still to be followed, with that folder.
    open: Vec<(ModuleId, String)>,
}

impl<'a> Builder<'a> {
    fn new(files: &'a [(&'a str, &'a FileModules)]) -> Self {
        let names = files.iter().map(|(name, _)| *name);
        Self {
            files,
            by_name: names.zip(0..).collect(),
            taken: vec![false; files.len()],
            by_folder: HashMap::new(),
            tree: ModuleTree {
                of_file: vec![0; files.len()],
                ..ModuleTree::default()
            },
            open: Vec::new(),
        }
    }

    fn root(&mut self, root: Root) {
        if self.taken[root.file] {
            return;
        }
        let target = self.tree.targets.len();
        self.tree.targets.push(Target {
            package: root.package,
            name: root.name.clone(),
            kind: root.kind,
            root: self.tree.modules.len(),
        });
        let is_test = matches!(root.kind, TargetKind::Test | TargetKind::Benchmark);
        let module = Module {
            name: root.name,
            parent: None,
            target,
            file: root.file,
            scope: None,
            visibility: Visibility::Public,
            is_test,
            is_hidden: false,
        };
        let name = self.files[root.file].0;
        let folder = folder_of(name).to_owned();
        let has_children = match root.kind {
            // Files that only lie side by side have nothing to do with each other.
            TargetKind::Unknown => ["lib", "main", "mod"].contains(&stem(name)),
            kind => kind != TargetKind::Build,
        };
        if has_children {
            let id = self.tree.modules.len();
            self.by_folder.entry(folder.clone()).or_insert(id);
        }
        self.file_module(module, folder);
        self.follow();
    }

    /// A module that is a whole file.
    fn file_module(&mut self, mut module: Module, folder: String) {
        module.is_test |= self.files[module.file].1.is_test;
        let id = self.tree.modules.len();
        self.taken[module.file] = true;
        self.tree.of_file[module.file] = id;
        if module.parent.is_some() {
            self.by_folder.entry(folder.clone()).or_insert(id);
        }
        self.tree.modules.push(module);
        self.open.push((id, folder));
    }

    fn follow(&mut self) {
        while let Some((id, folder)) = self.open.pop() {
            let file = self.tree.modules[id].file;
            self.declared(id, file, &folder);
        }
    }

    /// The modules that the file of a module declares, inline ones and those in them
    /// included: they stand after the module that they are in.
    fn declared(&mut self, outer: ModuleId, file: usize, folder: &str) {
        let (files, mut inline) = (self.files, HashMap::new());
        for (index, declaration) in files[file].1.modules.iter().enumerate() {
            let around = match declaration.scope {
                None => Some((outer, folder.to_owned())),
                Some(scope) => inline.get(&scope).cloned(),
            };
            let Some((parent, folder)) = around else {
                continue;
            };
            match &declaration.placement {
                Placement::Inline => {
                    let Ok(scope) = u32::try_from(index) else {
                        return;
                    };
                    let id = self.tree.modules.len();
                    let module = self.declared_module(declaration, parent, file, Some(scope));
                    self.tree.modules.push(module);
                    self.tree.inline.insert((file, scope), id);
                    inline.insert(scope, (id, join(&folder, &declaration.name)));
                }
                Placement::File => {
                    let flat = join(&folder, &format!("{}.rs", declaration.name));
                    let nested = join(&folder, &format!("{}/mod.rs", declaration.name));
                    let found = self.free(&flat).or_else(|| self.free(&nested));
                    if let Some(file) = found {
                        let module = self.declared_module(declaration, parent, file, None);
                        self.file_module(module, join(&folder, &declaration.name));
                    }
                }
                Placement::Path(path) => {
                    let start = match declaration.scope {
                        None => folder_of(files[file].0),
                        Some(_) => &folder,
                    };
                    let found = below(start, path).and_then(|path| self.free(&path));
                    if let Some(file) = found {
                        let module = self.declared_module(declaration, parent, file, None);
                        self.file_module(module, folder_of(files[file].0).to_owned());
                    }
                }
            }
        }
    }

    /// The file of this name, unless it is another module already.
    fn free(&self, name: &str) -> Option<usize> {
        let file = self.by_name.get(name).copied();
        file.filter(|file| !self.taken[*file])
    }

    fn declared_module(
        &self,
        declaration: &Declaration,
        parent: ModuleId,
        file: usize,
        scope: Option<u32>,
    ) -> Module {
        let around = &self.tree.modules[parent];
        Module {
            name: declaration.name.clone(),
            parent: Some(parent),
            target: around.target,
            file,
            scope,
            visibility: declaration.visibility,
            is_test: declaration.is_test || around.is_test,
            is_hidden: declaration.is_hidden || around.is_hidden,
        }
    }

    /// The files of which no root knows: outer folders first, and in them those that are
    /// usually roots.
    fn take_what_is_left(&mut self) {
        let is_left = |file: &usize| !self.taken[*file];
        let mut left: Vec<usize> = (0..self.files.len()).filter(is_left).collect();
        left.sort_by_key(|file| {
            let name = self.files[*file].0;
            let is_root = ["lib", "main"].contains(&stem(name));
            let own_folder = usize::from(name.ends_with("/mod.rs"));
            (name.matches('/').count() - own_folder, !is_root, name)
        });
        for file in left {
            if self.taken[file] {
                continue;
            }
            if let Some((parent, name)) = self.suggested(file) {
                let around = &self.tree.modules[parent];
                let module = Module {
                    name,
                    parent: Some(parent),
                    target: around.target,
                    file,
                    scope: None,
                    visibility: Visibility::Private,
                    is_test: around.is_test,
                    is_hidden: around.is_hidden,
                };
                let folder = child_folder(self.files[file].0);
                self.file_module(module, folder);
                self.follow();
            } else {
                let name = "crate".to_owned();
                let kind = TargetKind::Unknown;
                self.root(Root {
                    package: None,
                    name,
                    kind,
                    file,
                });
            }
        }
    }

    /// The module to which a file's path suggests that it belongs, and its name there.
    fn suggested(&self, file: usize) -> Option<(ModuleId, String)> {
        let name = self.files[file].0;
        let own = child_folder(name);
        let (folder, name) = own.rsplit_once('/').unwrap_or(("", &own));
        let parent = self.by_folder.get(folder)?;
        Some((*parent, name.to_owned()))
    }
}

/// The folder with the files of a module's children, where the module's file has no name of
/// its own in it.
fn child_folder(name: &str) -> String {
    match name.strip_suffix("/mod.rs") {
        Some(folder) => folder.to_owned(),
        None => name.strip_suffix(".rs").unwrap_or(name).to_owned(),
    }
}

fn join(folder: &str, name: &str) -> String {
    match folder {
        "" => name.to_owned(),
        folder => format!("{folder}/{name}"),
    }
}
