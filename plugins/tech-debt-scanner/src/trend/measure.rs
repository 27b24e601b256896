//! The numbers of one point: those of a scan of its files.

use std::collections::{BTreeMap, HashMap, HashSet};

use guildhall_report::{Better, Figure, Finding, Severity, Skipped};
use guildhall_source::git::ObjectId;
use guildhall_source::repository::Committed;

use super::blobs::Blobs;
use super::points::Point;
use super::sorted;
use crate::cargo::CargoFiles;
use crate::settings::Settings;
use crate::tree::Tree;
use crate::{duplicates, present, rules, suppress};

/// What is drawn together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    Size,
    Counts,
    Complexity,
    Density,
    Thresholds,
    Debt,
    Severity,
    Rule,
    /// Figures of the scan that belong to none of these.
    Other,
}

/// One number of a point.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Number {
    pub(super) group: Group,
    pub(super) figure: Figure,
}

/// A point with its numbers.
pub(super) struct Measured {
    pub(super) point: Point,
    /// The same ids in the same order at every point, but for those of [`Group::Debt`] and
    /// [`Group::Rule`], of which there are those that were found.
    pub(super) numbers: Vec<Number>,
    pub(super) findings: usize,
    /// Cognitive complexity by file.
    pub(super) files: BTreeMap<String, u64>,
    /// What was not examined, ordered by path.
    pub(super) skipped: Vec<Skipped>,
}

impl Measured {
    /// The number with this id; nought where it is one of what was not found.
    pub(super) fn value(&self, id: &str) -> f64 {
        let number = self.numbers.iter().find(|number| number.figure.id == id);
        number.map_or(0.0, |number| number.figure.value)
    }
}

/// Measures a point. `text_of` reads the text of a content again.
pub(super) fn measure(
    point: Point,
    committed: &Committed,
    blobs: &Blobs,
    settings: &Settings,
    text_of: &dyn Fn(&ObjectId) -> Option<String>,
) -> Measured {
    let (sources, cargos) = committed
        .files
        .iter()
        .partition::<Vec<_>, _>(|file| file.language.is_some());
    let files = sources.iter().map(|file| blobs.file(file));
    let texts = cargos
        .iter()
        .filter_map(|file| Some((file.name.as_str(), text_of(&file.id)?)));
    let cargo = CargoFiles::of_texts(texts);
    let tree = Tree::new(files.collect(), committed.skipped.clone(), cargo);
    let ids = committed.files.iter();
    let ids: HashMap<&str, &ObjectId> = ids.map(|file| (file.name.as_str(), &file.id)).collect();
    let copies = duplicates::check_with(&tree, settings, &|file| {
        ids.get(file.name.as_str()).and_then(|id| text_of(id))
    });
    let findings = rules::check(&tree, copies, settings);
    let findings = suppress::sift(&tree, findings, settings).findings;
    let mut numbers: Vec<Number> = present::figures(&tree)
        .into_iter()
        .filter(|figure| figure.id != "bytes")
        .map(|figure| Number {
            group: group_of(&figure.id),
            figure,
        })
        .collect();
    numbers.push(code_lines(&tree));
    numbers.push(over_thresholds(&findings));
    numbers.extend(debts(&tree));
    numbers.extend(by_severity(&findings));
    numbers.extend(by_rule(&findings));
    let files = tree.files.iter();
    Measured {
        point,
        numbers,
        findings: findings.len(),
        files: files
            .map(|file| (file.name.clone(), file.facts.cognitive()))
            .collect(),
        skipped: sorted(tree.all_skipped()),
    }
}

fn group_of(id: &str) -> Group {
    match id {
        "lines" => Group::Size,
        "files" | "functions" => Group::Counts,
        "cognitive-complexity" => Group::Complexity,
        "cognitive-density" => Group::Density,
        _ => Group::Other,
    }
}

fn code_lines(tree: &Tree) -> Number {
    let lines = tree
        .files
        .iter()
        .map(|file| u64::from(file.facts.lines.code));
    Number {
        group: Group::Size,
        figure: Figure::new("code-lines", "lines with code", lines.sum::<u64>() as f64),
    }
}

/// Functions of which at least one value is above its threshold.
fn over_thresholds(findings: &[Finding]) -> Number {
    let of_functions = findings
        .iter()
        .filter(|finding| rules::is_on_functions(&finding.rule));
    let functions: HashSet<_> = of_functions
        .filter_map(|finding| finding.location.as_ref())
        .map(|at| (&at.path, at.start.map(|start| (start.line, start.column))))
        .collect();
    let label = "functions above a threshold";
    Number {
        group: Group::Thresholds,
        figure: Figure::new("functions-over-threshold", label, functions.len() as f64)
            .with_better(Better::Lower),
    }
}

fn debts(tree: &Tree) -> Vec<Number> {
    let debts = tree.files.iter().flat_map(|file| &file.facts.debts);
    let counted = counted(debts.map(|debt| debt.marker.clone()));
    let number = |(marker, count): (String, usize)| {
        let id = format!("debt-{}", marker.to_lowercase());
        Number {
            group: Group::Debt,
            figure: Figure::new(id, format!("{marker} comments"), count as f64)
                .with_better(Better::Lower),
        }
    };
    counted.into_iter().map(number).collect()
}

fn by_severity(findings: &[Finding]) -> Vec<Number> {
    let all = [
        Severity::Critical,
        Severity::Major,
        Severity::Minor,
        Severity::Info,
    ];
    let number = |severity: Severity| {
        let of_it = findings
            .iter()
            .filter(|finding| finding.severity == severity);
        let id = format!("findings-{}", severity.as_str());
        let label = format!("{} findings", severity.as_str());
        Number {
            group: Group::Severity,
            figure: Figure::new(id, label, of_it.count() as f64).with_better(Better::Lower),
        }
    };
    all.map(number).to_vec()
}

fn by_rule(findings: &[Finding]) -> Vec<Number> {
    let counted = counted(findings.iter().map(|finding| finding.rule.clone()));
    let number = |(rule, count): (String, usize)| Number {
        group: Group::Rule,
        figure: Figure::new(format!("rule-{rule}"), rule, count as f64).with_better(Better::Lower),
    };
    counted.into_iter().map(number).collect()
}

fn counted(words: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for word in words {
        *counts.entry(word).or_default() += 1;
    }
    counts
}
