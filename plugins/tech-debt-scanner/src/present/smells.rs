//! Tables of smells: by crate, by lint, and the packages that are locked twice.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use guildhall_report::{Column, ColumnKind, Table};
use serde_json::{Value, json};

use super::{WORST, columns, rounded};
use crate::rules;
use crate::rust::{Panics, Unsafety};
use crate::tree::Tree;

/// The tables that have rows.
pub(super) fn tables(tree: &Tree) -> Vec<Table> {
    let all = [
        panic_table(tree),
        lint_table(tree),
        unsafe_table(tree),
        docs_table(tree),
        test_table(tree),
        instability_table(tree),
        duplicate_table(tree),
    ];
    all.into_iter()
        .filter(|table| !table.rows.is_empty())
        .collect()
}

/// Sums over the sources of a package.
#[derive(Default)]
struct Sums {
    /// Lines of code that is no test.
    code: u64,
    panics: Panics,
    unsafety: Unsafety,
}

fn sums(tree: &Tree) -> BTreeMap<Option<usize>, Sums> {
    let mut all: BTreeMap<Option<usize>, Sums> = BTreeMap::new();
    for (at, file) in tree.files.iter().enumerate() {
        if !tree.crates.is_source(at) || !file.is_rust() {
            continue;
        }
        let smells = &file.facts.smells;
        let sums = all.entry(tree.crates.package_of[at]).or_default();
        sums.code += u64::from(file.facts.lines.code.saturating_sub(smells.test_lines));
        let panics = &mut sums.panics;
        panics.unwrap += smells.panics.unwrap;
        panics.expect += smells.panics.expect;
        panics.panic += smells.panics.panic;
        panics.unreachable += smells.panics.unreachable;
        panics.unfinished += smells.panics.unfinished;
        let unsafety = &mut sums.unsafety;
        unsafety.blocks += smells.unsafety.blocks;
        unsafety.functions += smells.unsafety.functions;
        unsafety.impls += smells.unsafety.impls;
        unsafety.lines += smells.unsafety.lines;
    }
    all
}

fn panic_table(tree: &Tree) -> Table {
    let mut rows: Vec<(u64, Vec<Value>)> = Vec::new();
    for (package, sums) in sums(tree) {
        let panics = sums.panics;
        if panics.all() > 0 {
            let density = per(u64::from(panics.all()), sums.code, 1000.0);
            let row = vec![
                json!(tree.crates.package_name(package)),
                json!(panics.all()),
                json!(density),
                json!(panics.unwrap),
                json!(panics.expect),
                json!(panics.panic),
                json!(panics.unreachable),
                json!(panics.unfinished),
            ];
            rows.push((u64::from(panics.all()), row));
        }
    }
    let numbers = [
        "Panics",
        "In 1,000 lines",
        "unwrap",
        "expect",
        "panic!",
        "unreachable!",
        "todo!",
    ];
    table(
        "crate-panics",
        "Crates by ways to panic outside of tests",
        &numbers,
        rows,
    )
}

fn unsafe_table(tree: &Tree) -> Table {
    let mut rows: Vec<(u64, Vec<Value>)> = Vec::new();
    for (package, Sums { code, unsafety, .. }) in sums(tree) {
        if unsafety.blocks + unsafety.functions + unsafety.impls > 0 {
            let row = vec![
                json!(tree.crates.package_name(package)),
                json!(unsafety.blocks),
                json!(unsafety.functions),
                json!(unsafety.impls),
                json!(unsafety.lines),
                json!(per(u64::from(unsafety.lines), code, 100.0)),
            ];
            rows.push((u64::from(unsafety.lines), row));
        }
    }
    let numbers = [
        "Blocks",
        "Functions",
        "Implementations",
        "Lines",
        "Share of code, %",
    ];
    table("crate-unsafe", "Crates by unsafe code", &numbers, rows)
}

fn lint_table(tree: &Tree) -> Table {
    #[derive(Default)]
    struct Counts {
        all: u32,
        files: u32,
        expected: u32,
        reasoned: u32,
        broad: u32,
    }
    let mut lints: BTreeMap<&str, Counts> = BTreeMap::new();
    for file in &tree.files {
        let mut seen = BTreeSet::new();
        for one in &file.facts.smells.silenced {
            let counts = lints.entry(&one.lint).or_default();
            counts.all += 1;
            counts.expected += u32::from(one.is_expected);
            counts.reasoned += u32::from(one.has_reason);
            counts.broad += u32::from(one.reach != crate::rust::Reach::Item);
            counts.files += u32::from(seen.insert(&one.lint));
        }
    }
    let row = |(lint, counts): (&str, Counts)| {
        let row = vec![
            json!(lint),
            json!(counts.all),
            json!(counts.files),
            json!(counts.broad),
            json!(counts.expected),
            json!(counts.reasoned),
        ];
        (u64::from(counts.all), row)
    };
    let rows = lints.into_iter().map(row).collect();
    let numbers = [
        "Times",
        "Files",
        "For a file or module",
        "By expect",
        "With a reason",
    ];
    named(
        "suppressed-lints",
        "Lints that are switched off",
        "Lint",
        &numbers,
        rows,
    )
}

fn docs_table(tree: &Tree) -> Table {
    let mut packages: BTreeMap<Option<usize>, (u64, u64)> = BTreeMap::new();
    for (file, exported) in rules::exported(tree) {
        let sums = packages.entry(tree.crates.package_of[file]).or_default();
        sums.0 += u64::from(exported.all);
        sums.1 += u64::from(exported.undocumented);
    }
    let row = |(package, (all, undocumented)): (Option<usize>, (u64, u64))| {
        let row = vec![
            json!(tree.crates.package_name(package)),
            json!(all),
            json!(undocumented),
            json!(per(undocumented, all, 100.0)),
        ];
        (undocumented, row)
    };
    let rows = packages
        .into_iter()
        .map(row)
        .filter(|(count, _)| *count > 0)
        .collect();
    let numbers = ["Exported", "Undocumented", "Share, %"];
    table(
        "crate-docs",
        "Crates by exported items without documentation",
        &numbers,
        rows,
    )
}

/// Those with the least tests for their size come first.
fn test_table(tree: &Tree) -> Table {
    let all = rules::tested(tree).into_iter();
    let row = |(package, tested): (Option<usize>, _)| {
        let rules::Tested {
            code,
            test_code,
            tests,
        } = tested;
        let row = vec![
            json!(tree.crates.package_name(package)),
            json!(code),
            json!(test_code),
            json!(tests),
            json!(per(u64::from(test_code), u64::from(code), 100.0)),
        ];
        let missing = u64::from(code.saturating_sub(test_code));
        (missing, row)
    };
    let rows = all.map(row).filter(|(missing, _)| *missing > 0).collect();
    let numbers = [
        "Lines of code",
        "Lines of tests",
        "Tests",
        "Tests to code, %",
    ];
    table(
        "crate-tests",
        "Crates by code that exceeds their tests",
        &numbers,
        rows,
    )
}

fn instability_table(tree: &Tree) -> Table {
    let mut rows: Vec<(u64, Vec<Value>)> = Vec::new();
    for (package, coupling) in tree.crates.couplings() {
        let Some(instability) = coupling.instability() else {
            continue;
        };
        let row = vec![
            json!(tree.crates.package_name(Some(package))),
            json!(coupling.dependents),
            json!(coupling.dependencies),
            json!(f64::from(instability) / 100.0),
        ];
        rows.push((coupling.dependents as u64, row));
    }
    let numbers = ["Used by (Ca)", "Uses (Ce)", "Instability"];
    table(
        "crate-instability",
        "Crates by those that use them",
        &numbers,
        rows,
    )
}

fn duplicate_table(tree: &Tree) -> Table {
    let mut rows: Vec<(u64, Vec<Value>)> = Vec::new();
    for lock in &tree.crates.locks {
        for duplicate in rules::duplicates(lock) {
            let ways = duplicate
                .versions
                .iter()
                .map(|(_, way)| rules::way_said(way));
            let row = vec![
                json!(duplicate.name),
                json!(duplicate.versions.len()),
                json!(lock.name),
                json!(ways.collect::<Vec<_>>().join("; ")),
            ];
            rows.push((duplicate.versions.len() as u64, row));
        }
    }
    rows.sort_by_key(|(count, _)| Reverse(*count));
    let columns = vec![
        Column::new("Package", ColumnKind::Text),
        Column::new("Versions", ColumnKind::Number),
        Column::new("Lock file", ColumnKind::Path),
        Column::new("Shortest ways", ColumnKind::Text),
    ];
    let title = "Packages that are locked in several versions";
    Table::new("duplicate-dependencies", title, columns).with_rows(first(rows))
}

/// A table by crate.
fn table(id: &str, title: &str, numbers: &[&str], rows: Vec<(u64, Vec<Value>)>) -> Table {
    named(id, title, "Crate", numbers, rows)
}

/// A table of the rows with the largest values; equal ones stay in their order.
fn named(
    id: &str,
    title: &str,
    of: &str,
    numbers: &[&str],
    mut rows: Vec<(u64, Vec<Value>)>,
) -> Table {
    rows.sort_by_key(|(value, _)| Reverse(*value));
    Table::new(id, title, columns((of, ColumnKind::Text), numbers)).with_rows(first(rows))
}

fn first(rows: Vec<(u64, Vec<Value>)>) -> Vec<Vec<Value>> {
    rows.into_iter().take(WORST).map(|(_, row)| row).collect()
}

/// How many of `count` there are for so many of `all`, to one decimal.
fn per(count: u64, all: u64, so_many: f64) -> f64 {
    if all == 0 {
        return 0.0;
    }
    rounded(count as f64 * so_many / all as f64)
}
