//! What a library exports without a word on it.

use std::collections::{BTreeMap, BTreeSet};

use guildhall_report::{Finding, Location, Rule, Severity};
use guildhall_source::rust::modules::{ItemKind, ModuleId, TargetKind, Visibility};

use crate::settings::Settings;
use crate::tree::Tree;

const ID: &str = "missing-docs";

/// Ten are an afternoon; fewer are told by the compiler's own lint.
const DEFAULT: u32 = 10;

pub(super) fn rule() -> Rule {
    Rule::new(
        ID,
        Severity::Minor,
        "Exported items have no documentation",
        "Reports files in which more exported items than the threshold, and at least half of \
         them, have no documentation, in published libraries that document most of what they \
         export.",
        "Users of a library have its documentation and nothing else. Where a name says it all a \
         line suffices; where it does not, everyone has to read the source.",
    )
    .with_example(EXAMPLE, BETTER)
    .with_measured(
        "Items that are `pub` in modules that are `pub` up to the root, or that `pub use` brings \
         there: functions, types, traits, constants, exported macros, inherent methods of such \
         types, and what such traits have. Fields and variants are not counted, nor what is \
         `doc(hidden)` or for tests, nor packages with `publish = false`. As far as syntax shows: \
         what macros make is not seen. A library of which fewer than half of the exported items \
         are documented has no such standard; it is in the report's table, and none of its files \
         is a finding. The compiler's lint `missing_docs` names each item where a \
         crate switches it on.\n\nRemediation: 5 minutes for each item.",
    )
    .with_threshold(f64::from(DEFAULT), format!("scan.rules.{ID}.threshold"))
}

const EXAMPLE: &str = "\
# file: Cargo.toml
[package]
name = \"parcel\"
# file: src/lib.rs
//! Parcels and their weight.
/// How parcels are weighed.
pub mod scales;
/// What is sent.
pub struct Parcel;
/// Where it is sent to.
pub struct Address;
# file: src/scales.rs
pub struct Scales;
pub fn weigh(parcel: &crate::Parcel) -> u32 { 0 }
";

const BETTER: &str = "\
# file: Cargo.toml
[package]
name = \"parcel\"
# file: src/lib.rs
//! Parcels and their weight.
/// How parcels are weighed.
pub mod scales;
/// What is sent.
pub struct Parcel;
/// Where it is sent to.
pub struct Address;
# file: src/scales.rs
/// What parcels are put on.
pub struct Scales;
/// The weight of a parcel in grams.
pub fn weigh(parcel: &crate::Parcel) -> u32 { 0 }
";

/// What a file exports.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Exported {
    pub(crate) all: u32,
    pub(crate) undocumented: u32,
    /// The line of the first one without documentation.
    first: u32,
}

/// The files in which documentation is missing.
pub(super) fn check(tree: &Tree, settings: &Settings) -> Vec<Finding> {
    let Some(threshold) = settings.threshold(ID) else {
        return Vec::new();
    };
    let exported = exported(tree);
    let documented = documenting(tree, &exported);
    let mut findings = Vec::new();
    for (file, exported) in exported {
        if !documented.contains(&tree.crates.package_of[file]) {
            continue;
        }
        let Exported {
            all,
            undocumented: value,
            first,
        } = exported;
        if value <= threshold || value.saturating_mul(2) < all {
            continue;
        }
        let path = tree.files[file].name.as_str();
        let share = f64::from(value) * 100.0 / f64::from(all);
        let message = format!(
            "{value} of {all} exported items ({share:.0} %) have no documentation, more than {threshold}"
        );
        findings.push(
            Finding::new(ID, Severity::Minor, Location::at(path, first, 1), message)
                .with_reason("Who uses the library has to read its source.")
                .with_value(f64::from(value))
                .with_threshold(f64::from(threshold))
                .with_remediation_minutes(value.saturating_mul(5))
                .with_identity(&[], 0)
                .with_content(&[&tree.files[file].content_text()]),
        );
    }
    findings
}

/// By file, what the published libraries of a tree export.
pub(crate) fn exported(tree: &Tree) -> BTreeMap<usize, Exported> {
    let reach = Reach::new(tree);
    let mut all: BTreeMap<usize, Exported> = BTreeMap::new();
    for (file, facts) in tree.files.iter().enumerate() {
        if !tree.crates.is_source(file) || !is_published(tree, file) {
            continue;
        }
        for item in &facts.facts.modules.items {
            let Some(module) = tree.crates.modules.at(file, item.scope) else {
                continue;
            };
            let is_seen = match item.kind {
                ItemKind::Method => {
                    let owner = item.owner.as_deref().unwrap_or_default();
                    item.visibility == Visibility::Public && reach.has_type(module, owner)
                }
                ItemKind::TraitItem => reach.has(
                    module,
                    item.owner.as_deref().unwrap_or_default(),
                    item.visibility,
                ),
                ItemKind::Macro => true,
                _ => reach.has(module, &item.name, item.visibility),
            };
            if is_seen && !item.is_hidden && !item.is_test && !item.is_deprecated {
                let exported = all.entry(file).or_default();
                exported.all += 1;
                if !item.is_documented {
                    if exported.undocumented == 0 {
                        exported.first = item.line;
                    }
                    exported.undocumented += 1;
                }
            }
        }
    }
    all
}

/// The packages that document at least half of what they export.
fn documenting(tree: &Tree, exported: &BTreeMap<usize, Exported>) -> BTreeSet<Option<usize>> {
    let mut sums: BTreeMap<Option<usize>, (u32, u32)> = BTreeMap::new();
    for (file, exported) in exported {
        let sums = sums.entry(tree.crates.package_of[*file]).or_default();
        sums.0 += exported.all;
        sums.1 += exported.undocumented;
    }
    sums.retain(|_, (all, undocumented)| undocumented.saturating_mul(2) <= *all);
    sums.into_keys().collect()
}

fn is_published(tree: &Tree, file: usize) -> bool {
    let modules = &tree.crates.modules;
    let target = &modules.targets()[modules.modules()[modules.of_file(file)].target];
    let is_private = target
        .package
        .is_some_and(|package| tree.crates.manifests[package].is_private);
    target.kind == TargetKind::Library && !is_private
}

/// What is reached from outside of the libraries.
struct Reach<'a> {
    modules: BTreeSet<ModuleId>,
    items: BTreeSet<(ModuleId, &'a str)>,
    /// Names of the types that are reached, in each target: methods stand in any module.
    types: BTreeSet<(usize, &'a str)>,
    tree: &'a Tree,
}

impl<'a> Reach<'a> {
    fn new(tree: &'a Tree) -> Self {
        let modules = &tree.crates.modules;
        let all = modules.modules().iter().enumerate();
        let public = all.filter(|(at, module)| modules.is_public(*at) && !module.is_hidden);
        let mut reach = Self {
            modules: public.map(|(at, _)| at).collect(),
            items: BTreeSet::new(),
            types: BTreeSet::new(),
            tree,
        };
        reach.follow_exports();
        reach.find_types();
        reach
    }

    /// What reached modules pass on is reached as well.
    fn follow_exports(&mut self) {
        let modules = &self.tree.crates.modules;
        let exports = modules
            .dependencies()
            .iter()
            .filter(|dependency| dependency.is_reexport);
        let exports: Vec<_> = exports.collect();
        loop {
            let before = (self.modules.len(), self.items.len());
            for export in &exports {
                let is_hidden = modules.modules()[export.to].is_hidden;
                if is_hidden || !self.modules.contains(&export.from) {
                    continue;
                }
                match &export.item {
                    Some(item) => {
                        self.items.insert((export.to, item));
                    }
                    None if export.is_certain => {
                        self.modules.insert(export.to);
                    }
                    None => {}
                }
            }
            if before == (self.modules.len(), self.items.len()) {
                break;
            }
        }
    }

    fn find_types(&mut self) {
        let modules = &self.tree.crates.modules;
        for (file, facts) in self.tree.files.iter().enumerate() {
            for item in &facts.facts.modules.items {
                let is_type = matches!(item.kind, ItemKind::Structure | ItemKind::Enumeration(_));
                let module = modules.at(file, item.scope);
                if let Some(module) = module.filter(|_| is_type && !item.is_hidden)
                    && self.has(module, &item.name, item.visibility)
                {
                    let target = modules.modules()[module].target;
                    self.types.insert((target, &item.name));
                }
            }
        }
    }

    fn has(&self, module: ModuleId, name: &str, visibility: Visibility) -> bool {
        let is_passed_on = self.items.contains(&(module, name));
        visibility == Visibility::Public && (is_passed_on || self.modules.contains(&module))
    }

    fn has_type(&self, module: ModuleId, name: &str) -> bool {
        let target = self.tree.crates.modules.modules()[module].target;
        self.types.contains(&(target, name))
    }
}
