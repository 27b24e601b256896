//! What a person would do: the findings and facts of one place put together.
//!
//! Only what is hard to follow makes an opportunity. A long but flat function or file, such
//! as a list of flags, is found by its rules and is not worth a plan; neither are tests and
//! files that do not ship.

use std::collections::{BTreeMap, HashMap};

use guildhall_report::{Finding, Fingerprint, Location};

use super::score::Score;
use crate::facts::File;
use crate::rust::Function;
use crate::tree::Tree;

const COGNITIVE: &str = "cognitive-complexity";
const LARGE: &str = "large-file";
const COPY: &str = "duplicate-code";

/// A large file is worth dividing from so many times the usual complexity for a line on: many
/// plain functions side by side are easily read.
const LEAST_DENSE: f64 = 2.0;

/// Fewer copied lines than this are not worth a plan.
const LEAST_COPIED: u32 = 30;

/// Something to do, and what comes of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Opportunity {
    /// An imperative sentence without a final full stop.
    pub(super) what: String,
    /// The first of them is named beside it.
    pub(super) locations: Vec<Location>,
    pub(super) why: String,
    /// In measured units.
    pub(super) gain: String,
    /// Least and most.
    pub(super) minutes: (u32, u32),
    /// Risk that the place holds, by its share of the file's lines and by how much of it is
    /// above the threshold, for an hour of work.
    pub(super) worth: f64,
}

/// All of them, those worth most for an hour first.
pub(super) fn opportunities(
    tree: &Tree,
    scores: &[Score],
    findings: &[Finding],
) -> Vec<Opportunity> {
    let mut by_path: HashMap<&str, Vec<&Finding>> = HashMap::new();
    for finding in findings {
        if let Some(path) = finding.path() {
            by_path.entry(path).or_default().push(finding);
        }
    }
    let usual = usual_density(tree, scores);
    let mut found = Vec::new();
    for score in scores {
        let file = &tree.files[score.file];
        if let Some(findings) = by_path.get(file.name.as_str()) {
            let functions = of_functions(file, score, findings);
            // To divide a file comes after its hard functions, which it would only move.
            if functions.is_empty() {
                found.extend(of_file(file, score, findings, usual));
            }
            found.extend(functions);
        }
    }
    found.extend(of_copies(tree, scores, findings));
    // Those of equal worth stay in the order of their places.
    found.sort_by(|a, b| b.worth.total_cmp(&a.worth));
    found
}

/// Cognitive complexity for a line of code, over all files that ship.
pub(super) fn usual_density(tree: &Tree, scores: &[Score]) -> f64 {
    let files = scores.iter().map(|score| &tree.files[score.file].facts);
    let (cognitive, lines) = files.fold((0, 0), |(cognitive, lines), facts| {
        (
            cognitive + facts.cognitive(),
            lines + u64::from(facts.lines.code),
        )
    });
    cognitive as f64 / lines.max(1) as f64
}

fn of_functions(file: &File, score: &Score, findings: &[&Finding]) -> Vec<Opportunity> {
    let functions = file.facts.functions.iter();
    // What stands in another function is counted there.
    let own = functions
        .filter(|function| function.outermost && !file.facts.is_test_line(function.start.line));
    let found = own.filter_map(|function| {
        let at: Vec<&Finding> = findings
            .iter()
            .copied()
            .filter(|finding| is_on(finding, function))
            .collect();
        of_function(file, score, function, &at)
    });
    found.collect()
}

fn is_on(finding: &Finding, function: &Function) -> bool {
    let location = finding.location.as_ref();
    location.is_some_and(|at| at.start == Some(function.start) && at.end == Some(function.end))
}

fn of_function(
    file: &File,
    score: &Score,
    function: &Function,
    findings: &[&Finding],
) -> Option<Opportunity> {
    let hard = findings.iter().find(|finding| finding.rule == COGNITIVE)?;
    let over = hard.value? - hard.threshold?;
    let of_file = f64::from(function.lines) / f64::from(file.facts.lines.all.max(1));
    let of_function = over / f64::from(function.cognitive.max(1));
    let minutes = minutes(findings);
    let others = findings.len() - 1;
    let more = match others {
        0 => String::new(),
        1 => "; one more rule finds it".to_owned(),
        _ => format!("; {others} more rules find it"),
    };
    Some(Opportunity {
        what: format!(
            "Split `{}`: cognitive {}, {} lines",
            function.name, function.cognitive, function.lines
        ),
        locations: vec![Location::range(
            file.name.as_str(),
            function.start,
            function.end,
        )],
        why: format!("{}{more}", why(score)),
        gain: format!(
            "{} of cognitive complexity above the threshold; its lines hold {} of the file's risk",
            points(over),
            percent(of_file)
        ),
        minutes,
        worth: worth(score.risk * of_file * of_function, minutes),
    })
}

/// A large file whose lines are harder than usual.
fn of_file(file: &File, score: &Score, findings: &[&Finding], usual: f64) -> Option<Opportunity> {
    let large = findings.iter().find(|finding| finding.rule == LARGE)?;
    let facts = &file.facts;
    let shipped = facts.lines.code - facts.lines.tests;
    let threshold = large.threshold?;
    // A file that is large by its tests is mended by moving them, which mends no bug.
    if facts.density() < usual * LEAST_DENSE || f64::from(shipped) <= threshold {
        return None;
    }
    let minutes = minutes(std::slice::from_ref(large));
    let over = f64::from(shipped) - threshold;
    let share = over / f64::from(shipped);
    Some(Opportunity {
        what: format!(
            "Divide the file: {} lines, {} functions",
            facts.lines.all,
            facts.functions.len()
        ),
        locations: vec![Location::file(file.name.as_str())],
        why: why(score),
        gain: format!("{over} of {shipped} lines of code outside of tests are above the threshold"),
        minutes,
        worth: worth(score.risk * share, minutes),
    })
}

/// What is known of the file, in a few words.
fn why(score: &Score) -> String {
    let risk = format!("the file's risk is {:.1} times the mean", score.risk);
    let Some(past) = &score.terms.past else {
        return risk;
    };
    let fixes = match past.fixes_of_year {
        0 => return format!("{risk}, and no fix touched it in a year"),
        1 => "one fix".to_owned(),
        count => format!("{count} fixes"),
    };
    format!("{fixes} in a year; {risk}")
}

/// Copies of the same code, each family once.
fn of_copies<'f>(tree: &Tree, scores: &[Score], findings: &'f [Finding]) -> Vec<Opportunity> {
    let mut by_path: HashMap<&str, &Score> = HashMap::new();
    for score in scores {
        by_path.insert(&tree.files[score.file].name, score);
    }
    let mut families: BTreeMap<&Fingerprint, Vec<&Finding>> = BTreeMap::new();
    let copies = findings.iter().filter(|finding| finding.rule == COPY);
    for finding in copies {
        let family = families.entry(&finding.fingerprint).or_default();
        family.push(finding);
    }
    let found = families.values().filter_map(|family| {
        let ships = |finding: &'f Finding| {
            let score = by_path.get(finding.path()?)?;
            let location = finding.location.as_ref()?;
            let file = &tree.files[score.file];
            let start = location.start?.line;
            let lines = (location.end?.line + 1).saturating_sub(start);
            let of_file = f64::from(lines) / f64::from(file.facts.lines.all.max(1));
            let is_test = file.facts.is_test_line(start);
            (!is_test).then_some((*score, lines, score.risk * of_file, location))
        };
        let parts: Vec<_> = family.iter().copied().filter_map(ships).collect();
        let (score, ..) = parts.iter().max_by(|a, b| a.0.risk.total_cmp(&b.0.risk))?;
        let lines: u32 = parts.iter().map(|part| part.1).sum();
        if lines < LEAST_COPIED {
            return None;
        }
        let held: f64 = parts.iter().map(|part| part.2).sum();
        let minutes = minutes(family);
        Some(Opportunity {
            what: format!(
                "Write the copied code once: {} places, {lines} lines",
                family.len() + 1
            ),
            locations: places(&parts, family),
            why: why(score),
            gain: format!("{lines} lines that repeat others are gone"),
            minutes,
            worth: worth(held, minutes),
        })
    });
    found.collect()
}

/// The copies that ship, and the place that they repeat, of which no finding speaks.
fn places(parts: &[(&Score, u32, f64, &Location)], family: &[&Finding]) -> Vec<Location> {
    let first = family.iter().find_map(|finding| finding.related.first());
    let copies = parts.iter().map(|part| part.3);
    copies.chain(first).cloned().collect()
}

fn points(count: f64) -> String {
    if count == 1.0 {
        "1 point".to_owned()
    } else {
        format!("{count} points")
    }
}

fn percent(share: f64) -> String {
    match (share * 100.0).round() {
        0.0 => "less than 1 %".to_owned(),
        percent => format!("{percent} %"),
    }
}

/// From the dearest finding alone, since mending it may mend the others too, to all of them
/// one by one, and at least twice the former.
fn minutes(findings: &[&Finding]) -> (u32, u32) {
    let each = || {
        findings
            .iter()
            .filter_map(|finding| finding.remediation_minutes)
    };
    let least = each().max().unwrap_or(0);
    let sum = each().fold(0, u32::saturating_add);
    (least, sum.max(least.saturating_mul(2)))
}

fn worth(held: f64, (least, most): (u32, u32)) -> f64 {
    let hours = f64::from(least.saturating_add(most).max(1)) / 120.0;
    held / hours
}
