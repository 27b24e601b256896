//! The crates and modules that the files of a tree make up, and what each file is for.

use std::collections::{BTreeMap, BTreeSet};

use guildhall_report::Skipped;
use guildhall_source::cargo::{Lock, Manifest, NeedKind, Packages};
use guildhall_source::language::Language;
use guildhall_source::rust::modules::{FileModules, ModuleTree, Resolver, TargetKind};

use crate::cargo::CargoFiles;
use crate::facts::File;
use crate::purpose::{self, Purpose};

/// The crates of a tree.
#[derive(Debug, Default)]
pub(crate) struct Crates {
    pub(crate) manifests: Vec<Manifest>,
    pub(crate) locks: Vec<Lock>,
    /// Cargo's files that could not be understood.
    pub(crate) skipped: Vec<Skipped>,
    pub(crate) modules: ModuleTree,
    /// By file, its package by its place among the manifests.
    pub(crate) package_of: Vec<Option<usize>>,
    /// By file.
    pub(crate) role_of: Vec<Role>,
}

/// How a package stands among the others of the tree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Coupling {
    /// Packages that depend on it (Ca).
    pub(crate) dependents: usize,
    /// Packages on which it depends (Ce).
    pub(crate) dependencies: usize,
}

impl Coupling {
    /// R. C. Martin's instability, Ce / (Ca + Ce), in hundredths, rounded; `None` for one
    /// that stands alone.
    pub(crate) fn instability(self) -> Option<u32> {
        let all = self.dependents + self.dependencies;
        let hundredths = (self.dependencies * 100 + all / 2).checked_div(all)?;
        u32::try_from(hundredths).ok()
    }
}

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// A part of a library or program.
    Source,
    Test,
    /// Examples, benchmarks, build scripts, tools of the project, and what says of itself
    /// that it is generated.
    Other,
}

impl From<Purpose> for Role {
    fn from(purpose: Purpose) -> Self {
        match purpose {
            Purpose::Source => Self::Source,
            Purpose::Test => Self::Test,
            Purpose::Other => Self::Other,
        }
    }
}

/// Folders whose files are for tests, wherever they are.
const TEST_FOLDERS: [&str; 8] = [
    "tests",
    "test",
    "tests-integration",
    "test_cases",
    "testdata",
    "test_data",
    "test-data",
    "fixtures",
];

/// Folders at the top whose programs are for those who work on the project.
const TOOL_FOLDERS: [&str; 4] = ["xtask", "tools", "scripts", "ci"];

impl Crates {
    /// Those of `files`, which are ordered by name.
    pub(crate) fn new(files: &[File], cargo: CargoFiles) -> Self {
        let modules = ModuleTree::new(&cargo.manifests, &facts_of(files));
        let packages = Packages::new(&cargo.manifests);
        let package_of = files.iter().map(|file| packages.of_file(&file.name));
        let package_of: Vec<Option<usize>> = package_of.collect();
        let for_tests = only_for_tests(&packages);
        let role_of = |at: usize, file: &File| match package_of[at] {
            Some(package) if for_tests.contains(&package) => Role::Test,
            _ if file.facts.is_generated => Role::Other,
            _ => match file.facts.language {
                None | Some(Language::Rust) => role(&modules, at, &file.name),
                Some(language) => purpose::of_file(&file.name, language).into(),
            },
        };
        let role_of = files.iter().enumerate().map(|(at, file)| role_of(at, file));
        let role_of = role_of.collect();
        Self {
            manifests: cargo.manifests,
            locks: cargo.locks,
            skipped: cargo.skipped,
            modules,
            package_of,
            role_of,
        }
    }

    /// Whether a file is a part of a library or program.
    pub(crate) fn is_source(&self, file: usize) -> bool {
        self.role_of[file] == Role::Source
    }

    /// The name of a package; of files in no package there is none.
    pub(crate) fn package_name(&self, package: Option<usize>) -> &str {
        let name = package.and_then(|package| self.manifests[package].package.as_deref());
        name.unwrap_or("(no package)")
    }

    /// By package, how it stands among the others.
    pub(crate) fn couplings(&self) -> BTreeMap<usize, Coupling> {
        let mut all: BTreeMap<usize, Coupling> = BTreeMap::new();
        for (package, needs) in self.needs() {
            all.entry(package).or_default().dependencies = needs.len();
            for needed in needs {
                all.entry(needed).or_default().dependents += 1;
            }
        }
        all
    }

    /// By package, those of the tree that it needs to be built, its build script included.
    pub(crate) fn needs(&self) -> BTreeMap<usize, BTreeSet<usize>> {
        let packages = Packages::new(&self.manifests);
        let all = (0..self.manifests.len()).filter(|at| self.manifests[*at].package.is_some());
        let needs = |package: usize| {
            let needed = packages.needed_by(package).into_iter();
            let needed = needed.filter(|(_, _, kind)| *kind != NeedKind::Development);
            needed
                .map(|(_, needed, _)| needed)
                .filter(|needed| *needed != package)
                .collect()
        };
        all.map(|package| (package, needs(package))).collect()
    }

    /// Says what paths mean; `files` are those of [`facts_of`].
    pub(crate) fn resolver<'a>(&'a self, files: &'a [(&'a str, &'a FileModules)]) -> Resolver<'a> {
        self.modules.resolver(&self.manifests, files)
    }
}

/// The facts on modules by file.
pub(crate) fn facts_of(files: &[File]) -> Vec<(&str, &FileModules)> {
    let facts = files
        .iter()
        .map(|file| (file.name.as_str(), &file.facts.modules));
    facts.collect()
}

/// Packages that others of the tree need, and all of them for their tests only.
fn only_for_tests(packages: &Packages<'_>) -> BTreeSet<usize> {
    let mut uses: BTreeMap<usize, bool> = BTreeMap::new();
    for package in 0..packages.manifests.len() {
        for (_, needed, kind) in packages.needed_by(package) {
            let is_for_tests = kind == NeedKind::Development || needed == package;
            *uses.entry(needed).or_insert(true) &= is_for_tests;
        }
    }
    uses.retain(|_, is_for_tests| *is_for_tests);
    uses.into_keys().collect()
}

fn role(modules: &ModuleTree, file: usize, name: &str) -> Role {
    let module = &modules.modules()[modules.of_file(file)];
    let folders = name.split('/').rev().skip(1);
    let is_below = |known: &[&str]| folders.clone().any(|folder| known.contains(&folder));
    match modules.targets()[module.target].kind {
        TargetKind::Test => Role::Test,
        _ if module.is_test || is_below(&TEST_FOLDERS) => Role::Test,
        TargetKind::Benchmark | TargetKind::Example | TargetKind::Build => Role::Other,
        _ if is_below(&["examples", "benches"]) => Role::Other,
        _ if TOOL_FOLDERS.contains(&name.split('/').next().unwrap_or_default()) => Role::Other,
        TargetKind::Library | TargetKind::Binary => Role::Source,
        // Nothing is known of it but its name.
        TargetKind::Unknown if name.ends_with("build.rs") => Role::Other,
        TargetKind::Unknown => Role::Source,
    }
}
