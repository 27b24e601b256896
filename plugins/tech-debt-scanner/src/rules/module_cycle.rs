//! Modules side by side that depend on each other in a circle.

use std::collections::{BTreeMap, BTreeSet};

use guildhall_report::{Finding, Location, Rule, Severity};
use guildhall_source::rust::modules::ModuleId;

use super::limit::structural;
use crate::graph::{Edges, cycles, shortest};
use crate::settings::Settings;
use crate::tree::Tree;

const ID: &str = "module-cycle";

/// Two modules that know each other are common and easily seen as one.
const DEFAULT: u32 = 4;

/// Of the lines that make one step of the circle, so many are named.
const NAMED_LINES: usize = 3;

pub(super) fn rule() -> Rule {
    Rule::new(
        ID,
        Severity::Minor,
        "Modules depend on each other in a circle",
        "Reports sets of modules below one parent in which each depends on every other, directly \
         or through others, where the set has more modules than the threshold. The finding names \
         the shortest circle and the lines that make it.",
        "None of these modules can be understood, tested or taken out without all the others: \
         they are one module in many files. Often a few lines make the whole circle.",
    )
    .with_example(
        "mod order { use crate::price::Price; pub struct Order(Price); }\n\
         mod price { use crate::order::Order; pub struct Price; fn of(order: &Order) {} }",
        "mod order { use crate::price::Price; pub struct Order(Price); }\n\
         mod price { pub struct Price; }",
    )
    .with_language("rust")
    .with_measured(
        "By `use` and written paths, those of tests and `pub use` aside. What a module deep in \
         `a` uses of a module deep in `b` counts for `a` and `b`, the modules below the nearest \
         parent that they share; what is used between a module and one that it stands in does not \
         count, so a child that uses `super::` makes no circle. Strongly connected components are \
         found by R. Tarjan's algorithm (1972); the value is the number of modules in one. The \
         principle is R. C. Martin's of acyclic dependencies. It is minor, and major from four times the \
         threshold.\n\nRemediation: 20 minutes for each module.",
    )
    .with_threshold(f64::from(DEFAULT), format!("scan.rules.{ID}.threshold"))
}

/// Where one module uses another: files with lines.
type Places = BTreeSet<(usize, u32)>;

/// What modules below one parent use of each other.
#[derive(Default)]
struct Siblings {
    edges: Edges,
    places: BTreeMap<(ModuleId, ModuleId), Places>,
}

/// The circles among modules that have a parent in common.
pub(super) fn check(tree: &Tree, settings: &Settings) -> Vec<Finding> {
    let Some(threshold) = settings.threshold(ID) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    for (parent, siblings) in siblings(tree) {
        for members in cycles(&siblings.edges) {
            let count = u32::try_from(members.len()).unwrap_or(u32::MAX);
            if count > threshold {
                findings.push(finding(tree, parent, &siblings, &members, threshold));
            }
        }
    }
    findings
}

/// Dependencies lifted to the modules below the nearest parent in common, by parent.
fn siblings(tree: &Tree) -> BTreeMap<ModuleId, Siblings> {
    let modules = &tree.crates.modules;
    let mut all: BTreeMap<ModuleId, Siblings> = BTreeMap::new();
    for dependency in modules.dependencies() {
        let [from, to] = [dependency.from, dependency.to].map(|module| &modules.modules()[module]);
        let is_own = from.target == to.target && tree.crates.is_source(from.file);
        if !is_own || dependency.is_test || dependency.is_reexport {
            continue;
        }
        let [from_way, to_way] = [dependency.from, dependency.to].map(|module| {
            let mut way: Vec<ModuleId> = modules.around(module).collect();
            way.reverse();
            way
        });
        let same = from_way
            .iter()
            .zip(&to_way)
            .take_while(|(a, b)| a == b)
            .count();
        let (Some(a), Some(b)) = (from_way.get(same), to_way.get(same)) else {
            continue;
        };
        let siblings = all.entry(from_way[same - 1]).or_default();
        siblings.edges.entry(*a).or_default().insert(*b);
        let places = siblings.places.entry((*a, *b)).or_default();
        places.insert((from.file, dependency.line));
    }
    all
}

fn finding(
    tree: &Tree,
    parent: ModuleId,
    siblings: &Siblings,
    members: &[ModuleId],
    threshold: u32,
) -> Finding {
    let modules = &tree.crates.modules;
    let name = |module: ModuleId| modules.modules()[module].name.as_str();
    let circle = shortest(&siblings.edges, members);
    let nexts = circle.iter().cycle().skip(1);
    let steps: Vec<(ModuleId, ModuleId)> = circle.iter().copied().zip(nexts.copied()).collect();
    let evidence = steps.iter().map(|step| said(tree, siblings, *step));
    let places = steps.iter().flat_map(|step| &siblings.places[step]);
    let places: Places = places.copied().collect();
    let place =
        |(file, line): &(usize, u32)| Location::at(tree.files[*file].name.as_str(), *line, 1);
    // The step that the fewest lines make is the one to begin with.
    let least = steps.iter().min_by_key(|step| siblings.places[*step].len());
    let start = least.and_then(|step| siblings.places[step].first());
    let mut names: Vec<&str> = circle.iter().map(|module| name(*module)).collect();
    names.extend(circle.first().map(|module| name(*module)));
    let count = u32::try_from(members.len()).unwrap_or(u32::MAX);
    let parent = modules.path_of(parent);
    let message = format!(
        "{count} modules of `{parent}` depend on each other; the shortest circle is {}",
        names.join(" -> ")
    );
    let mut all: Vec<&str> = members.iter().map(|module| name(*module)).collect();
    all.sort_unstable();
    let mut evidence: Vec<String> = evidence.collect();
    evidence.push(format!("the {count} modules: {}", all.join(", ")));
    Finding::new(ID, structural(count, threshold), start.map(place), message)
        .with_subject(parent.as_str())
        .with_reason("None of them can be understood or taken out without the others.")
        .with_value(f64::from(count))
        .with_threshold(f64::from(threshold))
        .with_remediation_minutes(count.saturating_mul(20))
        .with_evidence(evidence)
        .with_related(places.iter().map(place).collect())
        .with_fingerprint(guildhall_report::Fingerprint::of(
            &[ID, &parent, all.first().copied().unwrap_or_default()],
            0,
        ))
}

/// A step of a circle, with some of the lines that make it.
fn said(tree: &Tree, siblings: &Siblings, step: (ModuleId, ModuleId)) -> String {
    let name = |module: ModuleId| tree.crates.modules.modules()[module].name.as_str();
    let places = &siblings.places[&step];
    let line = |(file, line): &(usize, u32)| format!("{}:{line}", tree.files[*file].name);
    let mut lines: Vec<String> = places.iter().take(NAMED_LINES).map(line).collect();
    if let Some(more) = places.len().checked_sub(NAMED_LINES + 1) {
        lines.push(format!("{} more", more + 1));
    }
    format!(
        "{} uses {}: {}",
        name(step.0),
        name(step.1),
        lines.join(", ")
    )
}
