//! Sums, means and maxima over the functions of a type, file, module or crate.

use std::collections::BTreeMap;

use super::Level;
use super::packages::Packages;
use crate::facts::File;
use crate::rust::Function;

/// How many numbers a function has.
pub(super) const MEASURES: usize = 5;

/// Where cognitive complexity stands among them.
pub(super) const COGNITIVE: usize = 0;

/// What those numbers are, in the order of [`values`].
pub(super) const NAMES: [&str; MEASURES] =
    ["Cognitive", "Cyclomatic", "Nesting", "Parameters", "Lines"];

/// Functions that belong together, added up.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// The path of its file, where it lies in one.
    pub(super) path: Option<String>,
    /// Its name, where a path is not its name.
    pub(super) name: Option<String>,
    pub(super) files: u64,
    /// Lines of its files, where whole files belong to it.
    pub(super) file_lines: u64,
    pub(super) functions: u64,
    pub(super) measures: [Sum; MEASURES],
}

/// One number over many functions.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Sum {
    /// The sum. That of cognitive complexity leaves out functions within functions,
    /// since the outer one's already holds them.
    pub(super) sum: u64,
    /// How much all of them have together.
    all: u64,
    count: u64,
    /// The largest.
    pub(super) max: u32,
}

/// The numbers of a function.
pub(super) fn values(function: &Function) -> [u32; MEASURES] {
    [
        function.cognitive,
        function.cyclomatic,
        function.nesting,
        function.parameters,
        function.lines,
    ]
}

/// All groups of this level, ordered by path and name.
pub(super) fn of(level: Level, files: &[&File], packages: &mut Packages) -> Vec<Group> {
    let mut groups = Groups::default();
    for file in files {
        match level {
            Level::Type => by_type(file, &mut groups),
            Level::Module => by_module(file, packages, &mut groups),
            Level::Crate => {
                let package = packages.home(&file.name).package;
                groups.whole_file((None, Some(package)), file);
            }
            Level::Function | Level::File => {
                groups.whole_file((Some(file.name.clone()), None), file);
            }
        }
    }
    groups.0.into_values().collect()
}

/// Path and name of a group.
type Key = (Option<String>, Option<String>);

#[derive(Default)]
struct Groups(BTreeMap<Key, Group>);

impl Groups {
    fn group(&mut self, key: Key) -> &mut Group {
        self.0.entry(key).or_insert_with_key(|key| Group {
            path: key.0.clone(),
            name: key.1.clone(),
            ..Group::default()
        })
    }

    fn whole_file(&mut self, key: Key, file: &File) {
        let group = self.group(key);
        group.files += 1;
        group.file_lines += u64::from(file.facts.lines.all);
        for function in &file.facts.functions {
            group.add(function);
        }
    }
}

fn by_type(file: &File, groups: &mut Groups) {
    for function in &file.facts.functions {
        if let Some(owner) = &function.owner {
            let name = joined(&function.module, owner);
            let key = (Some(file.name.clone()), Some(name));
            groups.group(key).add(function);
        }
    }
}

fn by_module(file: &File, packages: &mut Packages, groups: &mut Groups) {
    let module = packages.home(&file.name).module;
    let group = groups.group((None, Some(module.clone())));
    group.files += 1;
    for function in &file.facts.functions {
        let name = match function.module.as_str() {
            "" => module.clone(),
            inline => format!("{module}::{inline}"),
        };
        groups.group((None, Some(name))).add(function);
    }
}

fn joined(module: &str, name: &str) -> String {
    match module {
        "" => name.to_owned(),
        module => format!("{module}::{name}"),
    }
}

impl Group {
    fn add(&mut self, function: &Function) {
        self.functions += 1;
        for (at, value) in values(function).into_iter().enumerate() {
            let is_held_elsewhere = at == COGNITIVE && !function.outermost;
            self.measures[at].add(value, !is_held_elsewhere);
        }
    }
}

impl Sum {
    fn add(&mut self, value: u32, in_sum: bool) {
        self.all += u64::from(value);
        self.count += 1;
        self.max = self.max.max(value);
        if in_sum {
            self.sum += u64::from(value);
        }
    }

    /// The mean of all functions; none where there is none.
    pub(super) fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.all as f64 / self.count as f64)
    }
}
