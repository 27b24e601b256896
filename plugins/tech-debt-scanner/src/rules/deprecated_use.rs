//! Items that are deprecated here and still used here.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use guildhall_report::{Finding, Location, Rule, Severity};
use guildhall_source::rust::modules::{Item, ItemKind};

use super::Ordinals;
use crate::rust::{name_of_associated, name_of_method};
use crate::settings::Settings;
use crate::tree::Tree;

const ID: &str = "deprecated-use";

/// Confidence where a path leads to the item, and where only names agree.
const BY_PATH: f64 = 0.95;
const BY_NAME: f64 = 0.7;

pub(super) fn rule() -> Rule {
    Rule::new(
        ID,
        Severity::Minor,
        "Deprecated item is still used here",
        "Reports items of this tree that are marked `#[deprecated]` and still used in other \
         modules of it, tests aside, with the places.",
        "Whoever deprecates something asks others to move away from it. As long as the tree \
         itself has not, the item cannot go, and its users have no example to follow.",
    )
    .with_example(
        "mod old {\n    #[deprecated]\n    pub fn send_all() {}\n}\n\nmod queue {\n    use crate::old::send_all;\n}",
        "mod old {\n    #[deprecated]\n    pub fn send_all() {}\n}\n\nmod queue {\n    use crate::new::send;\n}",
    )
    .with_language("rust")
    .with_measured(
        "A use is a `use` or a written path that leads to the item, `pub use` aside (confidence \
         .95). A method is found by its name where that has an underscore and at least 8 letters \
         and the tree has one function of that name only, and a function of a type as \
         `Type::name` where one type only is called so; both in other files only (confidence \
         .7). Types are not known, so others are left out: this finds too little rather than too \
         much. The compiler warns of each use as well, unless `allow(deprecated)` stands above \
         it; such uses count here.\n\nRemediation: 15 minutes for each place.",
    )
}

/// A deprecated item: its file, and what is said of it.
type Deprecated<'a> = (usize, &'a Item);

/// The deprecated items that are still used.
pub(super) fn check(tree: &Tree, settings: &Settings) -> Vec<Finding> {
    if !settings.enabled(ID) {
        return Vec::new();
    }
    let deprecated = deprecated(tree);
    if deprecated.is_empty() {
        return Vec::new();
    }
    let by_path = uses_by_path(tree);
    let names = NamesOfTree::new(tree);
    let calls = calls(tree);
    let mut findings = Vec::new();
    let mut ordinals = Ordinals::default();
    for (file, item) in deprecated {
        let (places, confidence) = match &item.owner {
            None => {
                let module = tree.crates.modules.at(file, item.scope);
                let places = module.and_then(|module| by_path.get(&(module, item.name.as_str())));
                (places.cloned().unwrap_or_default(), BY_PATH)
            }
            Some(owner) => {
                let keys = names.keys(owner, &item.name);
                let places = keys.iter().filter_map(|key| calls.get(key)).flatten();
                let elsewhere = places.filter(|(at, _)| *at != file).copied();
                (elsewhere.collect(), BY_NAME)
            }
        };
        if !places.is_empty() {
            let subject = match &item.owner {
                Some(owner) => format!("{owner}::{}", item.name),
                None => item.name.clone(),
            };
            let key = format!("{}\n{subject}", tree.files[file].name);
            let ordinal = ordinals.next(key);
            findings.push(finding(
                tree,
                (file, item),
                &subject,
                &places,
                confidence,
                ordinal,
            ));
        }
    }
    findings
}

fn deprecated(tree: &Tree) -> Vec<Deprecated<'_>> {
    let files = tree.files.iter().enumerate();
    let items = files.flat_map(|(file, facts)| {
        let items = facts.facts.modules.items.iter();
        items.map(move |item| (file, item))
    });
    items
        .filter(|(file, item)| item.is_deprecated && !item.is_test && tree.crates.is_source(*file))
        .collect()
}

/// Places by module and item: files with lines.
fn uses_by_path(tree: &Tree) -> HashMap<(usize, &str), BTreeSet<(usize, u32)>> {
    let modules = &tree.crates.modules;
    let mut uses: HashMap<(usize, &str), BTreeSet<(usize, u32)>> = HashMap::new();
    for dependency in modules.dependencies() {
        let file = modules.modules()[dependency.from].file;
        if dependency.is_test || dependency.is_reexport || !tree.crates.is_source(file) {
            continue;
        }
        if let Some(item) = &dependency.item {
            let places = uses.entry((dependency.to, item)).or_default();
            places.insert((file, dependency.line));
        }
    }
    uses
}

/// How often names are given in the tree.
struct NamesOfTree<'a> {
    functions: BTreeMap<&'a str, u32>,
    types: BTreeMap<&'a str, u32>,
}

impl<'a> NamesOfTree<'a> {
    fn new(tree: &'a Tree) -> Self {
        let (mut functions, mut types) = (BTreeMap::new(), BTreeMap::new());
        let items = tree.files.iter().flat_map(|file| &file.facts.modules.items);
        for item in items {
            let names = match item.kind {
                ItemKind::Function | ItemKind::Method | ItemKind::TraitItem => &mut functions,
                _ => &mut types,
            };
            *names.entry(item.name.as_str()).or_insert(0) += 1;
        }
        Self { functions, types }
    }

    /// Under which names calls of a type's function are found for certain.
    fn keys(&self, owner: &str, name: &str) -> Vec<u64> {
        let is_unique = |names: &BTreeMap<&str, u32>, name| names.get(name) == Some(&1);
        let method = name_of_method(name).filter(|_| is_unique(&self.functions, name));
        let associated = is_unique(&self.types, owner).then(|| name_of_associated(owner, name));
        method.into_iter().chain(associated).collect()
    }
}

/// Calls by name: files with lines.
fn calls(tree: &Tree) -> HashMap<u64, Vec<(usize, u32)>> {
    let mut calls: HashMap<u64, Vec<(usize, u32)>> = HashMap::new();
    for (at, file) in tree.files.iter().enumerate() {
        if tree.crates.is_source(at) {
            for call in &file.facts.smells.calls {
                calls.entry(call.name).or_default().push((at, call.line));
            }
        }
    }
    calls
}

fn finding(
    tree: &Tree,
    (file, item): Deprecated<'_>,
    subject: &str,
    places: &BTreeSet<(usize, u32)>,
    confidence: f64,
    ordinal: u32,
) -> Finding {
    let path = tree.files[file].name.as_str();
    let files: BTreeSet<usize> = places.iter().map(|(file, _)| *file).collect();
    let count = u32::try_from(places.len()).unwrap_or(u32::MAX);
    let message = format!(
        "deprecated, and still used {count} {} in {} of this tree",
        if count == 1 { "time" } else { "times" },
        if files.len() == 1 {
            "one file".to_owned()
        } else {
            format!("{} files", files.len())
        },
    );
    let places = places.iter().map(|(file, line)| {
        let path = tree.files[*file].name.as_str();
        Location::at(path, *line, 1)
    });
    Finding::new(
        ID,
        Severity::Minor,
        Location::at(path, item.line, 1),
        message,
    )
    .with_subject(subject)
    .with_reason("It cannot go as long as the tree itself uses it.")
    .with_value(f64::from(count))
    .with_remediation_minutes(count.saturating_mul(15))
    .with_confidence(confidence)
    .with_related(places.collect())
    .with_identity(&[subject], ordinal)
    .with_content(&[subject])
}
