//! Enumerations whose variants are told apart in many places.

use std::collections::{BTreeMap, BTreeSet};

use guildhall_report::{Finding, Location, Rule, Severity};
use guildhall_source::rust::modules::{Item, ItemKind, ModuleId};

use super::limit::structural;
use crate::crates::facts_of;
use crate::facts::File;
use crate::settings::Settings;
use crate::tree::Tree;

const ID: &str = "scattered-match";

/// A dozen places are more than anyone has in mind who adds a variant.
const DEFAULT: u32 = 12;

/// In fewer files they are seen together.
const LEAST_FILES: usize = 4;

/// Of fewer variants a `match` is an `if`.
const LEAST_VARIANTS: u32 = 3;

pub(super) fn rule() -> Rule {
    Rule::new(
        ID,
        Severity::Minor,
        "Enumeration is told apart in many places",
        "Reports enumerations of this tree of which many functions, in at least four files, have \
         a `match` that names half of the variants or more. All places are listed.",
        "Whoever adds a variant has to visit all of these places, and what is known of one \
         variant is spread over as many files. The compiler names only those that have no `_` arm.",
    )
    .with_example(EXAMPLE, BETTER)
    .with_measured(
        "A `match` counts where its patterns name at least half of the variants, and at least \
         three, as `Type::Variant` or `Self::Variant`, and the path leads to an enumeration of \
         this tree with at least three variants. The value is the number of functions with such a \
         `match`, tests aside. Variants brought in by `use Type::*` are not seen. The smell is \
         M. Fowler's \"shotgun surgery\" (Refactoring, 1999). It is minor, and major from four times the \
         threshold.\n\nRemediation: 30 minutes and 5 \
         for each function above the threshold.",
    )
    .with_threshold(f64::from(DEFAULT), format!("scan.rules.{ID}.threshold"))
}

const EXAMPLE: &str = "\
# file: src/lib.rs
mod area; mod draw; mod name; mod store;
pub enum Shape { Circle, Square, Star }
# file: src/area.rs
use crate::Shape;
fn area(shape: Shape) -> u32 { match shape { Shape::Circle => 3, Shape::Square => 1, Shape::Star => 2 } }
# file: src/draw.rs
use crate::Shape;
fn draw(shape: Shape) { match shape { Shape::Circle => c(), Shape::Square => s(), Shape::Star => t() } }
# file: src/name.rs
use super::*;
fn name(shape: Shape) -> char { match shape { Shape::Circle => 'c', Shape::Square => 's', Shape::Star => 't' } }
# file: src/store.rs
fn store(shape: crate::Shape) -> u8 { match shape { crate::Shape::Circle => 1, crate::Shape::Square => 2, crate::Shape::Star => 3 } }
";

const BETTER: &str = "\
# file: src/lib.rs
/// A shape that is added implements these, and the compiler says which are missing.
pub trait Shape {
    fn area(&self) -> u32;
    fn draw(&self);
    fn name(&self) -> char;
    fn store(&self) -> u8;
}
";

/// Where an enumeration is told apart: files, and the functions there by line.
type Places = BTreeSet<(usize, u32)>;

/// An enumeration: its file and its place among the items there, and how many variants it
/// has.
type Enumeration = ((usize, usize), u32);

/// The enumerations that are told apart in many places.
pub(super) fn check(tree: &Tree, settings: &Settings) -> Vec<Finding> {
    let Some(threshold) = settings.threshold(ID) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    for ((file, item), places) in places(tree) {
        let files: BTreeSet<usize> = places.iter().map(|(file, _)| *file).collect();
        let value = u32::try_from(places.len()).unwrap_or(u32::MAX);
        if value > threshold && files.len() >= LEAST_FILES {
            let item = &tree.files[file].facts.modules.items[item];
            findings.push(finding(tree, (file, item), &places, files.len(), threshold));
        }
    }
    findings
}

/// By enumeration: its file and its place among the items there.
fn places(tree: &Tree) -> BTreeMap<(usize, usize), Places> {
    let facts = facts_of(&tree.files);
    let resolver = tree.crates.resolver(&facts);
    let modules = &tree.crates.modules;
    let enumerations = enumerations(tree);
    let mut all: BTreeMap<(usize, usize), Places> = BTreeMap::new();
    for (at, file) in tree.files.iter().enumerate() {
        if !tree.crates.is_source(at) {
            continue;
        }
        for found in &file.facts.smells.matches {
            let scope = file.facts.modules.scope_at(found.line);
            let resolved = modules
                .at(at, scope)
                .and_then(|module| resolver.resolve(module, &found.path));
            let Some((module, Some(name))) = resolved.map(|found| (found.module, found.item))
            else {
                continue;
            };
            if let Some((place, variants)) = enumerations.get(&(module, name.as_str()))
                && found.named.saturating_mul(2) >= *variants
            {
                let function = function_at(file, found.line);
                all.entry(*place).or_default().insert((at, function));
            }
        }
    }
    all
}

/// By module and name.
fn enumerations(tree: &Tree) -> BTreeMap<(ModuleId, &str), Enumeration> {
    let mut all = BTreeMap::new();
    for (file, facts) in tree.files.iter().enumerate() {
        for (at, item) in facts.facts.modules.items.iter().enumerate() {
            let module = tree.crates.modules.at(file, item.scope);
            if let (ItemKind::Enumeration(variants), Some(module)) = (item.kind, module)
                && variants >= LEAST_VARIANTS
            {
                all.insert((module, item.name.as_str()), ((file, at), variants));
            }
        }
    }
    all
}

/// The line of the innermost function around a line, or the line itself.
fn function_at(file: &File, line: u32) -> u32 {
    let functions = file.facts.functions.iter();
    let around =
        functions.filter(|function| function.start.line <= line && line <= function.end.line);
    around
        .map(|function| function.start.line)
        .max()
        .unwrap_or(line)
}

fn finding(
    tree: &Tree,
    (file, item): (usize, &Item),
    places: &Places,
    files: usize,
    threshold: u32,
) -> Finding {
    let path = tree.files[file].name.as_str();
    let value = u32::try_from(places.len()).unwrap_or(u32::MAX);
    let message = format!(
        "{value} functions in {files} files tell its variants apart, more than {threshold}"
    );
    let minutes = (value - threshold).saturating_mul(5).saturating_add(30);
    let places = places.iter().map(|(file, line)| {
        let path = tree.files[*file].name.as_str();
        Location::at(path, *line, 1)
    });
    Finding::new(
        ID,
        structural(value, threshold),
        Location::at(path, item.line, 1),
        message,
    )
    .with_subject(item.name.as_str())
    .with_reason("A new variant has to be thought of in all of these places.")
    .with_value(f64::from(value))
    .with_threshold(f64::from(threshold))
    .with_remediation_minutes(minutes)
    .with_related(places.collect())
    .with_identity(&[&item.name], 0)
    .with_content(&[&item.name])
}
